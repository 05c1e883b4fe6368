//! What a decision brought is what its lot alone did.

use bellwether_domain::Currency;
use bellwether_portfolio::{Benchmark, Books, Decisions, Investment, Period, Subject, performance};
use proptest::prelude::*;
use rust_decimal::Decimal;

use crate::world::*;

/// How far sums may be apart. A split leaves shares of 15 decimals: what that rounds of a few shares, a dividend for each
/// of them carries to all that was paid.
fn rounding(books: &Books) -> Decimal {
    let of_dividends = books.positions().iter().flat_map(|position| {
        let lots = Decimal::from(position.opened.len() + position.closed_lots.len() + position.lots.len());
        position.income.iter().filter_map(move |paid| {
            let held = position.quantity_before(paid.ex_date.unwrap_or(paid.date));
            let amount = paid.net_in_base().unwrap().abs();
            (held > Decimal::ZERO).then(|| amount * lots * Decimal::new(1, 14) / held)
        })
    });
    Decimal::new(1, 12) + of_dividends.sum::<Decimal>()
}

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
        let (mut gains, rounding) = (Decimal::ZERO, rounding(&books));
        for purchase in &decisions.purchases {
            let lot = Subject::lot(&books, purchase.transaction).unwrap();
            let effect = purchase.effect.clone().unwrap();
            let gain = performance(&lot, &market, whole).gain.unwrap();
            prop_assert!((effect - gain).abs() < rounding, "{effect} {gain}");
            gains += effect;
            let Ok(against) = purchase.against[0] else { continue };
            let alone = benchmark.against(&Investment::of_subject(&lot, &market, whole).unwrap()).unwrap();
            let size = alone.value.abs() + alone.own_value + alone.paid_in;
            prop_assert!(close(against, alone.ahead_by, size), "{against} {}", alone.ahead_by);
        }
        // A dividend recorded for shares that nobody held belongs to no purchase.
        let held_only = books.positions().iter().flat_map(|position| position.income.iter().map(move |paid| (position, paid)));
        if held_only.clone().all(|(position, paid)| paid.is_inferred() && position.quantity_before(paid.date) > Decimal::ZERO) {
            let gain = performance(&Subject::holdings(&books), &market, whole).gain.unwrap();
            prop_assert!((gains - gain).abs() < rounding, "{gains} {gain}");
        }
    }
}
