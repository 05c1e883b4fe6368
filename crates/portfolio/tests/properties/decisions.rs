//! What a decision brought is what its lot alone did.

use bellwether_domain::Currency;
use bellwether_portfolio::{Benchmark, Decisions, Investment, Period, Subject, performance};
use proptest::prelude::*;
use rust_decimal::Decimal;

use crate::world::*;

proptest! {
    #![proptest_config(many())]

    #[test]
    fn the_effect_of_every_purchase_is_that_of_its_lot_alone(world in worlds(), acts in acts(), method in prop::sample::select(&METHODS)) {
        let market = world.market();
        let ledger = ledger(&acts, &market);
        let whole = Period::since(first_day(), last_day()).unwrap();
        let benchmark = Benchmark::new(&symbol(1), &market, Currency::USD, last_day()).unwrap();
        let books = books(&ledger, &market, method, last_day());
        let decisions = Decisions::new(&books, &market, std::slice::from_ref(&benchmark));
        let mut gains = Decimal::ZERO;
        for purchase in &decisions.purchases {
            let lot = Subject::lot(&books, purchase.transaction).unwrap();
            let effect = purchase.effect.clone().unwrap();
            prop_assert!(nearly(effect, performance(&lot, &market, whole).gain.unwrap()));
            gains += effect;
            let Ok(against) = purchase.against[0] else { continue };
            let alone = benchmark.against(&Investment::of_subject(&lot, &market, whole).unwrap()).unwrap();
            let size = alone.value.abs() + alone.own_value + alone.paid_in;
            prop_assert!(close(against, alone.ahead_by, size), "{against} {}", alone.ahead_by);
        }
        // A dividend recorded for shares that nobody held belongs to no purchase.
        let held_only = books.positions().iter().flat_map(|position| position.income.iter().map(move |paid| (position, paid)));
        if held_only.clone().all(|(position, paid)| paid.is_inferred() && position.quantity_before(paid.date) > Decimal::ZERO) {
            prop_assert!(nearly(gains, performance(&Subject::holdings(&books), &market, whole).gain.unwrap()));
        }
    }
}
