//! Cash is never less than nothing.

use bellwether_domain::CostMethod;
use proptest::prelude::*;
use rust_decimal::Decimal;

use crate::event_world::{event_books, event_worlds};
use crate::world::*;

proptest! {
    #![proptest_config(many())]

    /// It is what it funds less the cash that was there: nothing is left of the currency at the close of its day.
    #[test]
    fn an_inferred_deposit_is_what_it_funds_less_the_cash_used(
        world in event_worlds(false),
        method in prop::sample::select(&METHODS),
    ) {
        let books = event_books(&world.ledger(method), &world.market(), method, last_day());
        let entries = &books.cash().entries;
        prop_assert!(entries.iter().all(|entry| entry.balance >= Decimal::ZERO));
        for (place, deposit) in entries.iter().enumerate().filter(|(_, entry)| !entry.funds.is_empty()) {
            let funded = entries[place + 1..].iter();
            let funded = funded.filter(|it| (it.date, it.currency) == (deposit.date, deposit.currency));
            prop_assert!(funded.clone().all(|it| it.transaction.is_some_and(|id| deposit.funds.contains(&id))));
            let (funded, used) = (funded.map(|it| it.amount).sum::<Decimal>(), deposit.balance - deposit.amount);
            prop_assert_eq!(deposit.amount, -funded - used);
        }
    }

    #[test]
    fn cash_is_never_negative_and_its_entries_add_up(world in worlds(), acts in acts()) {
        let market = world.market();
        let books = books(&ledger(&acts, &market), &market, CostMethod::Fifo, last_day());
        for balance in &books.cash().balances {
            let mut sum = Decimal::ZERO;
            for entry in books.cash().entries.iter().filter(|entry| entry.currency == balance.currency) {
                sum += entry.amount;
                prop_assert_eq!(entry.balance, sum);
                prop_assert!(sum >= Decimal::ZERO);
            }
            prop_assert_eq!(sum, balance.balance);
        }
        let mut inferred: Vec<_> = books
            .cash()
            .entries
            .iter()
            .filter(|entry| entry.inferred && entry.amount > Decimal::ZERO && !entry.funds.is_empty())
            .map(|entry| (entry.date, entry.currency))
            .collect();
        let all = inferred.len();
        inferred.dedup();
        prop_assert_eq!(inferred.len(), all, "one inferred deposit a day and currency");
    }
}
