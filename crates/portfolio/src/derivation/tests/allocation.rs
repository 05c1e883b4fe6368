use super::*;
use crate::testing::{market, quoted, symbol};
use crate::{
    Allocation, Assets, Class, Classification, Division, Figure, Funding, Reason, RebalancingTerms, Targets,
};

/// What the library computes.
pub(super) fn known(derivations: &Derivations<'_>, name: &FigureName) -> Figure<Number> {
    let assets = Assets::new(&[&derivations.books], derivations.market)?;
    let exact = match name {
        FigureName::Allocation { by, class, figure } => {
            let allocation = Allocation::divided(&assets, by)?;
            let share = allocation.class(class).ok_or(Reason::NotHeld)?;
            if *figure == AllocationFigure::Value { share.value } else { share.weight }
        }
        FigureName::Drift { by, targets, figure } => {
            let drift = Allocation::divided(&assets, by)?.drift(targets)?;
            match figure {
                DriftFigure::Points(class) => drift.class(class).ok_or(Reason::NotHeld)?.points,
                DriftFigure::Money(class) => drift.class(class).ok_or(Reason::NotHeld)?.money,
                DriftFigure::Relative(class) => {
                    drift.class(class).ok_or(Reason::NotHeld)?.relative.clone()?
                }
                DriftFigure::Misplaced => drift.misplaced,
                DriftFigure::Largest => drift.largest,
            }
        }
        FigureName::Rebalancing { by, plan, figure } => {
            let allocation = Allocation::divided(&assets, by)?;
            let proposal = allocation.rebalance(&plan.targets, &assets.vehicles(), &plan.terms);
            let proposal = proposal.expect("small amounts without sales");
            let trade = |class: &Class| proposal.trades.iter().find(|trade| trade.class == *class);
            match figure {
                RebalancingFigure::Trade(class) => trade(class).map_or(decimal("0"), |trade| trade.amount),
                RebalancingFigure::Shares(class) => {
                    trade(class).map_or(Ok(decimal("0")), |trade| trade.shares.clone())?
                }
                RebalancingFigure::Cash => proposal.cash,
                RebalancingFigure::Total => proposal.total,
                RebalancingFigure::Misplaced => proposal.after.misplaced,
            }
        }
        _ => unreachable!("no allocation"),
    };
    Ok(Number::Exact(exact))
}

/// A third of the first holding is technology, and seven tenths of the second are industry.
fn sectors(derivations: &Derivations<'_>) -> Division {
    let mut classification = Classification::default();
    let parts = [&["0.3333"][..], &["0.7", "0.3"]];
    for (position, parts) in derivations.books.positions().iter().zip(parts) {
        let parts = ["Technology", "Industry"].into_iter().zip(parts).map(|(of, part)| (of, decimal(part)));
        classification.spread(position.symbol.clone(), parts).expect("parts");
    }
    Division::Classes(classification)
}

pub(super) fn names(derivations: &Derivations<'_>) -> Vec<FigureName> {
    let mut names = Vec::new();
    let Ok(assets) = Assets::new(&[&derivations.books], derivations.market) else { return names };
    for by in [Division::Holdings, Division::Currencies, sectors(derivations)] {
        let Ok(allocation) = Allocation::divided(&assets, &by) else { continue };
        let largest =
            allocation.classes.iter().map(|share| &share.class).find(|of| **of != Class::Unclassified);
        let Some(largest) = largest.cloned() else { continue };
        let targets = [(largest, decimal("0.55")), (Class::named("MSFT"), decimal("0.45"))];
        let whole = [(Class::named("MSFT"), decimal("1"))];
        let targets = Targets::new(targets).or_else(|_| Targets::new(whole)).expect("targets");
        let terms = RebalancingTerms {
            funding: Funding::CashOnly { new: decimal("1000"), held: decimal("0") },
            smallest_trade: decimal("10"),
            whole_shares: false,
        };
        let vehicles = assets.vehicles().into_iter().map(|(class, of)| (class, of.symbol)).collect();
        let plan = RebalancingPlan { targets: targets.clone(), vehicles, terms };
        for class in allocation.classes.iter().map(|share| share.class.clone()) {
            let named = |figure: &AllocationFigure| {
                let (by, class) = (by.clone(), class.clone());
                FigureName::Allocation { by, class, figure: *figure }
            };
            names.extend(AllocationFigure::ALL.iter().map(named));
            let drift = |figure| FigureName::Drift { by: by.clone(), targets: targets.clone(), figure };
            names.extend(
                [DriftFigure::Points, DriftFigure::Money, DriftFigure::Relative]
                    .map(|figure| drift(figure(class.clone()))),
            );
            names.extend([drift(DriftFigure::Misplaced), drift(DriftFigure::Largest)]);
            let figures = [RebalancingFigure::Trade(class.clone()), RebalancingFigure::Shares(class)];
            let others = [RebalancingFigure::Cash, RebalancingFigure::Total, RebalancingFigure::Misplaced];
            for figure in figures.into_iter().chain(others) {
                names.push(FigureName::Rebalancing { by: by.clone(), plan: plan.clone(), figure });
            }
        }
    }
    names
}

#[test]
fn a_weight_goes_back_to_shares_prices_and_cash() {
    let market =
        market([("AAPL", quoted(&[("2024-01-02", 10.0)])), ("MSFT", quoted(&[("2024-01-02", 5.0)]))]);
    let ledger = Ledger::default().deposit("2024-01-02", "300").buy("2024-01-02", "AAPL", "10", "10").buy(
        "2024-01-02",
        "MSFT",
        "20",
        "5",
    );
    let derivations = derivations(&ledger, &market, "2024-01-02");
    let (by, class) = (Division::Holdings, Class::named("AAPL"));
    let weight = derivations.derive(&FigureName::Allocation {
        by: by.clone(),
        class: class.clone(),
        figure: AllocationFigure::Weight,
    });
    // A third of 300 each: 18 decimals, and the last of the three takes what that lacks.
    assert_eq!(weight.evaluate(), Ok(exact("0.333333333333333333")));
    assert!(figures(&weight).contains(&"Price") && figures(&weight).contains(&"Cash balance"), "{weight}");
    let targets =
        Targets::new([(class.clone(), decimal("0.6")), (Class::Cash, decimal("0.4"))]).expect("whole");
    let money = DriftFigure::Money(class.clone());
    let off =
        derivations.derive(&FigureName::Drift { by: by.clone(), targets: targets.clone(), figure: money });
    // 100 less 0.6 of 300.
    assert_eq!(off.evaluate(), Ok(exact("-80")));
    let terms = RebalancingTerms {
        funding: Funding::WithSales { new: decimal("0") },
        smallest_trade: decimal("0"),
        whole_shares: true,
    };
    let vehicles = vec![(class.clone(), symbol("AAPL")), (Class::named("MSFT"), symbol("MSFT"))];
    let plan = RebalancingPlan { targets, vehicles, terms };
    let trade =
        |figure| derivations.derive(&FigureName::Rebalancing { by: by.clone(), plan: plan.clone(), figure });
    assert_eq!(trade(RebalancingFigure::Trade(class.clone())).evaluate(), Ok(exact("80")));
    assert_eq!(trade(RebalancingFigure::Shares(class)).evaluate(), Ok(exact("8")));
    assert_eq!(trade(RebalancingFigure::Shares(Class::named("MSFT"))).evaluate(), Ok(exact("-20")));
    assert_eq!(trade(RebalancingFigure::Cash).evaluate(), Ok(exact("120")));
    let text = serde_json::to_string(&trade(RebalancingFigure::Total)).expect("json");
    let read: Derivation = serde_json::from_str(&text).expect("a derivation");
    assert_eq!(read.evaluate(), Ok(exact("300")));
}
