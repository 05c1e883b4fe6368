use super::*;
use crate::testing::{market, quoted, symbol};
use crate::{ContributionSource, Period};

#[test]
fn a_holding_s_contribution_is_its_change_of_value_less_what_went_into_it() {
    let market = market([
        ("AAPL", quoted(&[("2024-01-01", 100.0), ("2024-01-02", 110.0), ("2024-01-03", 121.0)])),
        ("MSFT", quoted(&[("2024-01-01", 50.0)])),
    ]);
    let ledger = Ledger::default()
        .buy("2024-01-01", "AAPL", "4", "100")
        .buy("2024-01-01", "MSFT", "12", "50")
        .buy("2024-01-03", "AAPL", "1", "121");
    let derivations = derivations(&ledger, &market, "2024-01-03");
    let derived = |figure| {
        let source = ContributionSource::Holding(symbol("AAPL"));
        let period = Period::new(date("2024-01-01"), date("2024-01-03")).expect("a period");
        derivations.derive(&FigureName::Contribution { source, period, figure })
    };
    // 605 - 400 - 121.
    let gain = derived(ContributionFigure::Gain);
    assert_eq!(gain.evaluate(), Ok(exact("84")));
    assert!(sources(&gain).iter().any(|source| matches!(source, Source::Price { .. })), "{gain}");
    // 84 of 1000 at the opening and 121 paid in.
    let simple = derived(ContributionFigure::Simple);
    assert_eq!(simple.evaluate(), Ok(Number::Float(84.0 / 1121.0)));
    // 40 of 1000, then 44 of 1040 on a growth of 1.04: in all 0.084.
    let Ok(Number::Float(linked)) = derived(ContributionFigure::TimeWeighted).evaluate() else {
        panic!("a rate")
    };
    assert!((linked - 0.084).abs() < 1e-12, "{linked}");
}
