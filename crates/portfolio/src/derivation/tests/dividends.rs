use super::*;
use crate::testing::{dividend, market, quoted, split, symbol};

/// Two shares bought at 100 and split in two; paid 1 and 1.4 before the split, and three times after it.
fn derived(name: &FigureName) -> Derivation {
    let closes = quoted(&[("2021-01-04", 100.0), ("2023-12-28", 44.0)]);
    let paid = [
        ("2021-03-01", "1"),
        ("2021-09-01", "1.4"),
        ("2022-03-01", "0.62"),
        ("2022-09-01", "0.7"),
        ("2023-03-01", "0.4"),
    ];
    let paid = paid.map(|(day, amount)| dividend(day, amount));
    let data = closes.with_dividends(&paid).with_splits(&[split("2021-12-01", 2, 1)]);
    let market = market([("AAPL", data)]);
    let ledger = Ledger::default().buy("2021-01-04", "AAPL", "2", "100");
    derivations(&ledger, &market, "2023-12-29").derive(name)
}

#[test]
fn a_yield_is_the_dividends_of_a_year_to_the_price_or_the_cost() {
    let of = |figure| FigureName::DividendYield { symbol: symbol("AAPL"), figure };
    assert_eq!(derived(&of(YieldFigure::PerUnit)).evaluate(), Ok(exact("0.4")));
    // 0.4 of 44, and of a cost of 200 for 4 shares.
    let trailing = derived(&of(YieldFigure::Trailing));
    assert_eq!(trailing.evaluate(), Ok(Number::Float(0.4 / 44.0)));
    let known = Source::Dividend { symbol: symbol("AAPL"), ex_date: date("2023-03-01") };
    assert!(sources(&trailing).contains(&&known), "{trailing}");
    assert_eq!(derived(&of(YieldFigure::OnCost)).evaluate(), Ok(Number::Float(0.4 / 50.0)));
    let all = derived(&FigureName::PortfolioYield(PortfolioYieldFigure::Dividends));
    assert_eq!(all.evaluate(), Ok(exact("1.6")));
}

#[test]
fn the_dividends_of_a_year_are_carried_over_splits_before_they_are_compared() {
    let of = |year, figure| FigureName::DividendYear { symbol: symbol("AAPL"), year, figure };
    let first = derived(&of(2021, DividendYearFigure::Regular));
    assert_eq!(
        first.to_string(),
        "Dividends of the year (AAPL): 1.2 USD per share = sum of the regular ones\n  \
         Dividend (AAPL): 0.5 USD per share = amount in old units x old shares / new shares\n    \
         Dividend (AAPL): 1 USD per share = amount in old units x old shares\n      \
         Dividend (AAPL): 1 USD per share [known dividend of AAPL of 2021-03-01]\n      \
         Side of a split's ratio (AAPL): 1 [split of AAPL of 2021-12-01]\n    \
         Side of a split's ratio (AAPL): 2 [split of AAPL of 2021-12-01]\n  \
         Dividend (AAPL): 0.7 USD per share = amount in old units x old shares / new shares\n    \
         Dividend (AAPL): 1.4 USD per share = amount in old units x old shares\n      \
         Dividend (AAPL): 1.4 USD per share [known dividend of AAPL of 2021-09-01]\n      \
         Side of a split's ratio (AAPL): 1 [split of AAPL of 2021-12-01]\n    \
         Side of a split's ratio (AAPL): 2 [split of AAPL of 2021-12-01]"
    );
    let Ok(Number::Float(growth)) = derived(&of(2022, DividendYearFigure::Growth)).evaluate() else {
        panic!("a rate")
    };
    assert!((growth - 0.1).abs() < 1e-12, "1.32 after 1.2: {growth}");
}
