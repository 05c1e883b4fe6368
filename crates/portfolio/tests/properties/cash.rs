//! Cash is never less than nothing.

use bellwether_domain::CostMethod;
use proptest::prelude::*;
use rust_decimal::Decimal;

use crate::world::*;

proptest! {
    #![proptest_config(many())]

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
