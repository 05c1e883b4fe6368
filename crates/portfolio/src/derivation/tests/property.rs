use proptest::prelude::*;

use super::*;
use crate::Period;
use crate::testing::random_ledger::{Case, cases, day};
use crate::testing::{date, symbol};

proptest! {
    #![proptest_config(ProptestConfig { cases: ProptestConfig::default().cases.max(1_000), ..ProptestConfig::default() })]

    #[test]
    fn deriving_equals_computing(case in cases()) {
        let (market, options, as_of) = (case.market(), case.options(), Case::as_of());
        let ledger = case.ledger(&market, options, as_of);
        let derivations = Derivations::new(&ledger.0, &market, &options, as_of).expect("a ledger");
        let report = report(&derivations);
        // A part of the figures of each ledger: a thousand ledgers ask for each of them often enough.
        let period = Period::new(date(&day(case.acts.len() as u64 * 13)), date(&day(290))).expect("a period");
        let mut names = names(&report);
        names.extend(names_beyond(&derivations, &symbol("MSFT"), period));
        for name in names.into_iter().skip(case.acts.len() % 9).step_by(9) {
            let derivation = derivations.derive(&name);
            let figure = reported(&derivations, &report, &name);
            prop_assert_eq!(derivation.value(), &figure, "{:?}\n{}", name, derivation);
            prop_assert_eq!(&derivation.evaluate(), &figure, "{:?}\n{}", name, derivation);
            // Money always goes back to transactions and prices; only shares are counted by the replay.
            let unexplained = derivation.nodes().iter().find(|node| {
                node.working == Working::Given(Source::Ledger) && node.unit != Unit::Shares
            });
            prop_assert!(unexplained.is_none(), "{:?}: {:?}\n{}", name, unexplained, derivation);
            if let (Ok(Number::Float(evaluated)), Ok(Number::Float(known))) = (derivation.evaluate(), figure) {
                prop_assert_eq!(evaluated.to_bits(), known.to_bits());
            }
        }
    }
}
