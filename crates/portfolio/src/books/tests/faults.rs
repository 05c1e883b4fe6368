use std::collections::BTreeSet;

use bellwether_domain::{Booking, Quantity, TransactionId};
use proptest::prelude::*;
use rust_decimal::Decimal;

use crate::testing::random_ledger::{Case, cases};
use crate::testing::{Ledger, date, decimal, market, merger, options, quoted, ratio, split, symbol};
use crate::{Books, LedgerError, Market};

fn faults(ledger: &Ledger, market: &Market) -> Vec<LedgerError> {
    Books::faults(&ledger.0, market, &options(), date("2030-01-01"))
}

fn at_fault(ledger: &Ledger, market: &Market) -> Vec<TransactionId> {
    faults(ledger, market).iter().filter_map(LedgerError::transaction).collect()
}

fn nothing_known() -> Market {
    market([])
}

#[test]
fn every_sale_without_shares_is_found_and_takes_none_from_those_after_it() {
    let ledger = Ledger::default()
        .buy("2024-01-02", "AAPL", "10", "10")
        .sell("2024-01-03", "AAPL", "11", "10")
        .sell("2024-01-04", "AAPL", "6", "10")
        .sell("2024-01-05", "AAPL", "6", "10")
        .sell("2024-01-05", "MSFT", "1", "10")
        .sell("2024-01-06", "AAPL", "4", "10");

    let found = faults(&ledger, &nothing_known());

    // 11 of 10; then 6 of 10 go; then 6 of 4; then the 4 go. Of the other there are none.
    let told: Vec<_> = found
        .iter()
        .map(|fault| match fault {
            LedgerError::NotEnoughShares { transaction, held, wanted, .. } => {
                (*transaction, held.to_string(), wanted.to_string())
            }
            other => panic!("{other:?}"),
        })
        .collect();
    let short = |line, held: &str, wanted: &str| (ledger.id(line), held.to_owned(), wanted.to_owned());
    assert_eq!(told, [short(2, "10", "11"), short(4, "4", "6"), short(5, "0", "1")]);
}

#[test]
fn a_transfer_that_lacks_shares_leaves_its_arrival_a_purchase_from_elsewhere() {
    let moved = |quantity: &str| Quantity::new(decimal(quantity)).expect("a quantity");
    let out = Booking::TransferOut {
        symbol: symbol("AAPL"),
        quantity: moved("5"),
        fee: Decimal::ZERO,
        lots: Vec::new(),
    };
    let into = Booking::TransferIn {
        symbol: symbol("AAPL"),
        quantity: moved("5"),
        unit_cost: Decimal::ONE,
        fee: Decimal::ZERO,
        acquired: None,
    };
    for arrival_first in [false, true] {
        let ledger = if arrival_first {
            Ledger::default()
                .booked("2024-01-02", into.clone())
                .account("B")
                .booked("2024-01-02", out.clone())
        } else {
            Ledger::default()
                .booked("2024-01-02", out.clone())
                .booked("2024-01-02", into.clone())
                .account("B")
        };
        let ledger = ledger.sell("2024-01-03", "AAPL", "5", "1").account("B");
        assert_eq!(at_fault(&ledger, &nothing_known()), [ledger.id(if arrival_first { 2 } else { 1 })]);
    }
}

#[test]
fn what_turns_an_instrument_into_itself_does_not_hide_the_rest() {
    let ledger = Ledger::default()
        .booked("2024-01-02", merger("AAPL", Some(("AAPL", ratio(1, 1))), "0", None))
        .sell("2024-01-03", "MSFT", "1", "1");
    assert_eq!(at_fault(&ledger, &nothing_known()), [ledger.id(1), ledger.id(2)]);
}

#[test]
fn a_split_that_cannot_be_counted_does_not_hide_the_sales_before_it() {
    let huge = quoted(&[("2024-01-02", 10.0)])
        .with_splits(&[1, 2, 3, 4, 5].map(|day| split(&format!("2024-02-0{day}"), 1_000_000, 1)));
    let ledger = Ledger::default()
        .buy("2024-01-02", "AAPL", "1000", "1")
        .sell("2024-01-03", "AAPL", "1001", "1")
        .sell("2024-03-03", "AAPL", "1", "1");
    assert_eq!(at_fault(&ledger, &market([("AAPL", huge)])), [ledger.id(2)]);
}

proptest! {
    /// One passage finds what replaying again and again without the earliest fault finds.
    #[test]
    fn it_is_the_same_as_leaving_out_one_after_the_other(case in cases(), in_accounts: bool) {
        let (market, options, as_of) = (case.market(), case.options(), Case::as_of());
        let mut ledger = case.acted();
        for booking in ledger.0.iter_mut().filter(|booking| in_accounts && booking.sequence % 3 == 0) {
            "Other".clone_into(&mut booking.account);
        }
        let at_once = Books::faults(&ledger.0, &market, &options, as_of);
        let at_once: BTreeSet<_> = at_once.iter().filter_map(LedgerError::transaction).collect();
        let mut one_by_one = BTreeSet::new();
        while let Err(error) = Books::replay(&ledger.0, &market, &options, as_of) {
            let at_fault = error.transaction().expect("a transaction");
            one_by_one.insert(at_fault);
            ledger.0.retain(|booking| booking.id != at_fault);
        }
        prop_assert_eq!(at_once, one_by_one);
    }
}

#[test]
fn thousands_of_sales_without_shares_are_all_found() {
    let mut ledger = Ledger::default();
    for _ in 0..5_000 {
        ledger = ledger.sell("2024-01-03", "AAPL", "1", "1").sell("2024-01-03", "MSFT", "1", "1");
    }
    assert_eq!(faults(&ledger, &nothing_known()).len(), 10_000);
}
