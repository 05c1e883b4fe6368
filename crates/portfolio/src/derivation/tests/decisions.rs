use bellwether_domain::Booking;

use super::*;
use crate::testing::{dividend, market, quoted, split, symbol, trade};
use crate::{Benchmark, Decisions, Figure, Reason};

/// What the library computes.
pub(super) fn known(derivations: &Derivations<'_>, name: &FigureName) -> Figure<Number> {
    let (books, market) = (&derivations.books, derivations.market);
    let decisions = |benchmark: Option<&Symbol>| {
        let of = |symbol| Benchmark::new(symbol, market, books.options().base, books.as_of());
        let benchmarks: Vec<_> = benchmark.map(of).transpose()?.into_iter().collect();
        Ok(Decisions::new(books, market, &benchmarks))
    };
    match name {
        FigureName::Purchase { transaction, figure } => {
            let decisions = decisions(None)?;
            let of = decisions.purchases.iter().find(|of| of.transaction == *transaction);
            let of = of.ok_or(Reason::NotHeld)?;
            let amount = match figure {
                PurchaseFigure::Cost => &of.cost,
                PurchaseFigure::Value => &of.value,
                PurchaseFigure::Proceeds => &of.proceeds,
                PurchaseFigure::Dividends => &of.dividends,
                PurchaseFigure::Effect => &of.effect,
                PurchaseFigure::Multiple => return of.multiple().map(Number::Float),
            };
            amount.clone().map(Number::Exact)
        }
        FigureName::SaleEffect { transaction, figure } => {
            let decisions = decisions(None)?;
            let of = decisions.sales.iter().find(|of| of.transaction == *transaction);
            let of = of.ok_or(Reason::NotHeld)?;
            let amount = match figure {
                SaleEffectFigure::Proceeds => &of.proceeds,
                SaleEffectFigure::KeptValue => &of.kept_value,
                SaleEffectFigure::DividendsMissed => &of.dividends_missed,
                SaleEffectFigure::Effect => &of.effect,
            };
            amount.clone().map(Number::Exact)
        }
        FigureName::AgainstBenchmark { transaction, benchmark } => {
            let decisions = decisions(Some(benchmark))?;
            let purchase = decisions.purchases.iter().find(|of| of.transaction == *transaction);
            let sale = decisions.sales.iter().find(|of| of.transaction == *transaction);
            let against = purchase.map(|of| &of.against).or(sale.map(|of| &of.against));
            against.ok_or(Reason::NotHeld)?[0].clone().map(Number::Float)
        }
        FigureName::Decisions { symbol, benchmark, figure } => {
            let all = decisions(benchmark.as_ref())?.by_symbol();
            let of = all.into_iter().find(|of| of.symbol == *symbol).ok_or(Reason::NotHeld)?;
            let (exact, against) = match figure {
                DecisionsFigure::Purchases => (of.purchases, of.purchases_against),
                DecisionsFigure::Sales => (of.sales, of.sales_against),
            };
            if benchmark.is_some() { against[0].clone().map(Number::Float) } else { exact.map(Number::Exact) }
        }
        FigureName::Multiple { symbol, figure } => {
            let of = decisions(None)?.holdings.into_iter().find(|of| of.symbol == *symbol);
            let of = of.ok_or(Reason::NotHeld)?;
            match figure {
                MultipleFigure::Cost => of.cost.map(Number::Exact),
                MultipleFigure::Returned => of.returned.map(Number::Exact),
                MultipleFigure::Multiple => of.multiple.map(Number::Float),
            }
        }
        FigureName::AgeGroup { benchmark, from_years, to_years, figure } => {
            let borders: Vec<u32> = [*from_years].into_iter().chain(*to_years).collect();
            let groups = decisions(Some(benchmark))?.beaten(0, &borders)?;
            let group = groups.into_iter().find(|group| group.from_years == *from_years);
            let group = group.expect("a group of that age");
            match figure {
                AgeGroupFigure::Share => group.share.map(Number::Float),
                AgeGroupFigure::ShareOfMoney => group.share_of_money.map(Number::Float),
            }
        }
        _ => unreachable!("no decision"),
    }
}

pub(super) fn names(derivations: &Derivations<'_>, benchmark: &Symbol) -> Vec<FigureName> {
    let decisions = Decisions::new(&derivations.books, derivations.market, &[]);
    let mut names = Vec::new();
    for transaction in decisions.purchases.iter().map(|of| of.transaction) {
        names.extend(PurchaseFigure::ALL.iter().map(|of| FigureName::Purchase { transaction, figure: *of }));
        names.push(FigureName::AgainstBenchmark { transaction, benchmark: benchmark.clone() });
    }
    for transaction in decisions.sales.iter().map(|of| of.transaction) {
        names.extend(
            SaleEffectFigure::ALL.iter().map(|of| FigureName::SaleEffect { transaction, figure: *of }),
        );
        names.push(FigureName::AgainstBenchmark { transaction, benchmark: benchmark.clone() });
    }
    for symbol in derivations.books.positions().iter().map(|of| &of.symbol) {
        for figure in DecisionsFigure::ALL.iter().copied() {
            for benchmark in [None, Some(benchmark.clone())] {
                names.push(FigureName::Decisions { symbol: symbol.clone(), benchmark, figure });
            }
        }
        names.extend(
            MultipleFigure::ALL
                .iter()
                .map(|figure| FigureName::Multiple { symbol: symbol.clone(), figure: *figure }),
        );
    }
    for (from_years, to_years) in [(0, Some(1)), (1, None)] {
        names.extend(AgeGroupFigure::ALL.iter().map(|figure| FigureName::AgeGroup {
            benchmark: benchmark.clone(),
            from_years,
            to_years,
            figure: *figure,
        }));
    }
    names
}

/// VOO doubles from the 2nd to the 4th; A is split in two on the 3rd and pays 1 a share on the 4th.
fn halved() -> crate::Market {
    let a = quoted(&[("2024-01-02", 20.0), ("2024-01-03", 12.0), ("2024-01-04", 13.0), ("2024-01-05", 15.0)])
        .with_splits(&[split("2024-01-03", 2, 1)])
        .with_dividends(&[dividend("2024-01-04", "1")]);
    let voo = [("2024-01-02", 100.0), ("2024-01-03", 160.0), ("2024-01-04", 200.0), ("2024-01-05", 200.0)];
    market([("A", a), ("VOO", quoted(&voo))])
}

#[test]
fn the_effect_of_a_purchase_goes_back_to_sales_dividends_and_the_price() {
    let ledger = Ledger::default().booked("2024-01-02", Booking::Buy(trade("A", "10", "20", "2"))).sell(
        "2024-01-03",
        "A",
        "5",
        "12",
    );
    let market = halved();
    let derivations = derivations(&ledger, &market, "2024-01-05");
    let transaction = ledger.id(1);
    // 202 for 20 shares of today; 5 sold for 60, 15 paid 15 and are worth 225.
    let effect = derivations.derive(&FigureName::Purchase { transaction, figure: PurchaseFigure::Effect });
    assert_eq!(effect.evaluate(), Ok(exact("98")));
    let operands: Vec<_> = effect.root().operands().iter().map(|at| &effect.nodes()[*at].value).collect();
    let expected = ["225", "60", "15", "-202"].map(|number| Ok(exact(number)));
    assert_eq!(operands, expected.iter().collect::<Vec<_>>());
    let known = Source::Dividend { symbol: symbol("A"), ex_date: date("2024-01-04") };
    assert!(sources(&effect).contains(&&known), "{effect}");
    // In VOO: 404, less 60 that became 75, less 15: 314, against 225.
    let benchmark = symbol("VOO");
    let against = derivations.derive(&FigureName::AgainstBenchmark { transaction, benchmark });
    let Ok(Number::Float(amount)) = against.evaluate() else { panic!("{against}") };
    assert!((amount - (225.0 - 314.0)).abs() < 1e-9, "{against}");
    assert!(figures(&against).contains(&"The same money in the benchmark"));
}

#[test]
fn the_effect_of_a_sale_names_what_the_shares_would_be_now() {
    let ledger = Ledger::default().buy("2024-01-02", "A", "10", "20").sell("2024-01-02", "A", "4", "21");
    let market = halved();
    let name = FigureName::SaleEffect { transaction: ledger.id(2), figure: SaleEffectFigure::Effect };
    let effect = derivations(&ledger, &market, "2024-01-05").derive(&name);
    // 84 for what would be 8 shares at 15 and 8 of dividend.
    assert_eq!(effect.evaluate(), Ok(exact("-44")));
    assert!(figures(&effect).contains(&"Quantity after the split"), "{effect}");
    assert!(!sources(&effect).contains(&&Source::Ledger), "{effect}");
}
