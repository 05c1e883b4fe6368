use bellwether_domain::Booking;
use chrono::NaiveDate;
use rust_decimal::Decimal;

use crate::testing::{Ledger, date, decimal, market, quoted};
use crate::{Books, CashKind, ExternalKind};

fn books(ledger: &Ledger) -> Books {
    let closes = || quoted(&[("2024-01-02", 10.0)]);
    ledger.books(&market([("AAPL", closes()), ("MSFT", closes())]), "2024-12-31")
}

/// Kind, amount and balance after it.
fn entries(books: &Books) -> Vec<(CashKind, Decimal, Decimal)> {
    books.cash().entries.iter().map(|entry| (entry.kind, entry.amount, entry.balance)).collect()
}

fn deposits(books: &Books) -> Vec<(NaiveDate, Decimal)> {
    let inferred = |kind| kind == ExternalKind::Deposit { inferred: true };
    let flows = books.external_flows().iter().filter(|flow| inferred(flow.kind));
    flows.map(|flow| (flow.date, flow.amount.clone().expect("known"))).collect()
}

#[test]
fn an_uncovered_day_is_one_deposit_of_exactly_the_shortfall() {
    let ledger = Ledger::default().deposit("2024-01-02", "30").buy("2024-01-02", "AAPL", "5", "10").buy(
        "2024-01-02",
        "MSFT",
        "2",
        "10.25",
    );
    let books = books(&ledger);
    assert_eq!(deposits(&books), [(date("2024-01-02"), decimal("40.5"))]);
    assert_eq!(books.cash().balances[0].balance, Decimal::ZERO);
}

#[test]
fn an_inferred_deposit_names_the_transactions_that_it_funds() {
    let ledger = Ledger::default()
        .deposit("2024-01-02", "60")
        .buy("2024-01-02", "AAPL", "5", "10")
        .buy("2024-01-02", "MSFT", "2", "10")
        .buy("2024-01-02", "MSFT", "1", "10");
    let books = books(&ledger);
    let inferred = books.cash().entries.iter().find(|entry| entry.inferred).expect("a deposit");
    assert_eq!(inferred.amount, decimal("20"));
    assert_eq!(inferred.funds, [ledger.id(3), ledger.id(4)], "the first purchase was covered");
    assert_eq!(inferred.transaction, None);
}

#[test]
fn proceeds_stay_as_cash_and_are_used_first() {
    let ledger = Ledger::default()
        .buy("2024-01-02", "AAPL", "10", "10")
        .sell("2024-01-03", "AAPL", "5", "12")
        .buy("2024-01-04", "MSFT", "7", "10");
    let books = books(&ledger);
    assert_eq!(deposits(&books), [(date("2024-01-02"), decimal("100")), (date("2024-01-04"), decimal("10"))]);
}

#[test]
fn inflows_of_a_day_go_first_only_where_the_order_would_overdraw() {
    let ledger = Ledger::default()
        .deposit("2024-01-02", "100")
        .buy("2024-01-02", "AAPL", "10", "10")
        .buy("2024-01-03", "MSFT", "5", "10")
        .sell("2024-01-03", "AAPL", "5", "11")
        .deposit("2024-01-03", "7");
    let expected = [
        (CashKind::Deposit, "100", "100"),
        (CashKind::Purchase, "-100", "0"),
        (CashKind::Sale, "55", "55"),
        (CashKind::Purchase, "-50", "5"),
        (CashKind::Deposit, "7", "12"),
    ];
    let expected: Vec<_> = expected.iter().map(|(kind, a, b)| (*kind, decimal(a), decimal(b))).collect();
    assert_eq!(entries(&books(&ledger)), expected);
}

#[test]
fn a_withdrawal_of_more_than_there_is_was_paid_in_before() {
    let ledger = Ledger::default().deposit("2024-01-02", "30").withdraw("2024-01-03", "50");
    let books = books(&ledger);
    assert_eq!(deposits(&books), [(date("2024-01-03"), decimal("20"))]);
    assert!(books.cash().entries.iter().all(|entry| entry.balance >= Decimal::ZERO));
}

#[test]
fn fees_and_charged_interest_are_paid_from_cash() {
    let ledger = Ledger::default()
        .deposit("2024-01-02", "100")
        .booked("2024-01-03", Booking::Fee { symbol: None, amount: decimal("3") })
        .booked("2024-01-04", Booking::Interest { gross: decimal("-2"), tax: Decimal::ZERO })
        .booked("2024-01-05", Booking::Interest { gross: decimal("10"), tax: decimal("2.5") });
    let books = books(&ledger);
    let balances: Vec<_> = books.cash().entries.iter().map(|entry| entry.balance).collect();
    assert_eq!(balances, ["100", "97", "95", "102.5"].map(decimal));
    assert_eq!(books.interest().len(), 2);
    assert_eq!(books.charges()[0].base, Ok(decimal("3")));
}

#[test]
fn the_balance_of_any_day_can_be_asked() {
    let ledger = Ledger::default().deposit("2024-01-02", "100").withdraw("2024-01-05", "40");
    let books = books(&ledger);
    let balance = |day| books.cash().balances[0].on(date(day));
    assert_eq!(
        [balance("2024-01-01"), balance("2024-01-04"), balance("2024-01-05")],
        ["0", "100", "60"].map(decimal)
    );
}
