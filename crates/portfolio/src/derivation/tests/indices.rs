//! Comparisons with indices of one's own.

use bellwether_domain::Currency;

use super::*;
use crate::testing::{columns, dividend, market, market_with_rates, quoted, split, symbol, usd};
use crate::{Component, CustomIndex, InstrumentData, PriceOrigin, PriceSeries, Rates, Rebalancing};

/// 60 % A and 40 % B, rebalanced at the end of January: A doubles by then, and B pays a dividend of 10 % in February.
#[test]
fn a_comparison_with_an_index_of_the_market_goes_down_to_the_prices_of_its_components() {
    let a = quoted(&[("2024-01-30", 10.0), ("2024-01-31", 20.0), ("2024-02-01", 20.0), ("2024-02-02", 25.0)]);
    let b = quoted(&[("2024-01-30", 50.0), ("2024-01-31", 50.0), ("2024-02-01", 50.0), ("2024-02-02", 60.0)]);
    let mut market = market([("A", a), ("B", b.with_dividends(&[dividend("2024-02-01", "5")]))]);
    let part = |name, weight| Component { symbol: symbol(name), weight: decimal(weight) };
    let parts = vec![part("A", "0.6"), part("B", "0.4")];
    let index = CustomIndex::new(symbol("MINE"), parts, Rebalancing::Monthly).expect("an index");
    market.insert_index(index);
    let mine = symbol("MINE");
    let made_from: Vec<_> = market.made_from(&mine).map(Symbol::as_str).collect();
    assert_eq!(made_from, ["A", "B"]);
    let ledger = Ledger::default().deposit("2024-01-30", "1000").deposit("2024-02-01", "499.2");
    let derivations = derivations(&ledger, &market, "2024-02-02");
    let of = |figure| derivations.derive(&FigureName::Benchmark { symbol: symbol("MINE"), of: None, figure });
    // 1,000 buy 60 A and 8 B: 1,600 on 31 January, of which 960 are 48 A and 640 are 12.8 B. The dividend of 64 is 4 %
    // of 1,600: 49.92 A and 13.312 B, worth 1,664. 499.2 buy 30 % as much again: 64.896 A and 17.3056 B in all.
    let value = of(BenchmarkFigure::Value);
    let Ok(Number::Float(worth)) = value.evaluate() else { panic!("{value}") };
    assert!((worth - (64.896 * 25.0 + 17.3056 * 60.0)).abs() < 1e-9, "{worth}");
    let of_price = |name: &str, day: &str| Source::Price {
        symbol: symbol(name),
        day: date(day),
        origin: PriceOrigin::Close,
        source: None,
        as_of: None,
    };
    for source in [of_price("A", "2024-02-02"), of_price("B", "2024-02-02"), of_price("B", "2024-01-30")] {
        assert!(sources(&value).contains(&&source), "{source}: {value}");
    }
    assert!(
        !sources(&value).iter().any(|source| matches!(
            source,
            Source::Daily { column: Column::Benchmark(_), .. } | Source::Ledger
        )),
        "{value}"
    );
    let ahead = of(BenchmarkFigure::AheadBy).evaluate().expect("an amount").float();
    assert!((ahead - (1499.2 - worth)).abs() < 1e-9, "{ahead}");
}

#[test]
fn a_component_that_was_split_or_is_foreign_goes_down_to_its_price_too() {
    let mut rates = Rates::new();
    rates.insert(Currency::EUR, usd(), &columns(&[("2024-01-02", 1.25), ("2024-01-03", 1.5)]));
    let euro = PriceSeries::as_traded(columns(&[("2024-01-02", 10.0), ("2024-01-03", 10.0)]));
    let euro = InstrumentData::new(Currency::EUR).with_prices(euro);
    let halved =
        quoted(&[("2024-01-02", 100.0), ("2024-01-03", 60.0)]).with_splits(&[split("2024-01-03", 2, 1)]);
    let mut market = market_with_rates(rates, [("E", euro), ("S", halved)]);
    let part = |name, weight| Component { symbol: symbol(name), weight: decimal(weight) };
    let parts = vec![part("E", "0.5"), part("S", "0.5")];
    market.insert_index(CustomIndex::new(symbol("MINE"), parts, Rebalancing::Never).expect("an index"));
    let ledger = Ledger::default().deposit("2024-01-02", "1000");
    let derivations = derivations(&ledger, &market, "2024-01-03");
    let figure = BenchmarkFigure::Value;
    let value = derivations.derive(&FigureName::Benchmark { symbol: symbol("MINE"), of: None, figure });
    // 40 E at 12.50 and 5 S at 100: 40 at 15 and 10 at 60.
    let Ok(Number::Float(worth)) = value.evaluate() else { panic!("{value}") };
    assert!((worth - 1200.0).abs() < 1e-9, "{worth}");
    let prices = sources(&value).into_iter().filter(|source| matches!(source, Source::Price { .. })).count();
    assert_eq!(prices, 4, "{value}");
}
