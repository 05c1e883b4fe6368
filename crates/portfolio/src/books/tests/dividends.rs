use bellwether_domain::{Booking, DividendPolicy};
use rust_decimal::Decimal;

use crate::testing::{Ledger, date, decimal, dividend, market, options, quoted, split, symbol, trade};
use crate::{Books, CashKind, InstrumentData, Options};

fn apple() -> InstrumentData {
    quoted(&[("2024-01-02", 10.0)])
        .with_dividends(&[dividend("2024-02-09", "0.24"), dividend("2024-05-10", "0.25")])
}

fn income(ledger: &Ledger, data: InstrumentData, as_of: &str) -> Vec<(chrono::NaiveDate, Decimal, bool)> {
    let books = ledger.books(&market([("AAPL", data)]), as_of);
    books.income().iter().map(|paid| (paid.date, paid.gross, paid.is_inferred())).collect()
}

#[test]
fn a_known_dividend_is_inferred_from_the_shares_held_before_its_ex_date() {
    let ledger = Ledger::default().buy("2024-02-08", "AAPL", "10", "10").buy("2024-02-09", "AAPL", "5", "10");
    assert_eq!(income(&ledger, apple(), "2024-02-09"), [(date("2024-02-09"), decimal("2.4"), true)]);
}

#[test]
fn shares_sold_on_the_ex_date_keep_its_dividend() {
    let ledger =
        Ledger::default().buy("2024-02-08", "AAPL", "10", "10").sell("2024-02-09", "AAPL", "10", "10");
    assert_eq!(income(&ledger, apple(), "2024-12-31"), [(date("2024-02-09"), decimal("2.4"), true)]);
}

#[test]
fn a_recorded_dividend_takes_the_place_of_the_known_one() {
    let ledger =
        Ledger::default().buy("2024-01-02", "AAPL", "10", "10").dividend("2024-02-15", "AAPL", "2.04");
    let expected = [(date("2024-02-15"), decimal("2.04"), false), (date("2024-05-10"), decimal("2.5"), true)];
    assert_eq!(income(&ledger, apple(), "2024-12-31"), expected);
}

#[test]
fn nothing_is_inferred_when_only_recorded_dividends_count() {
    let ledger = Ledger::default().buy("2024-01-02", "AAPL", "10", "10");
    let options = Options { dividends: DividendPolicy::RecordedOnly, ..options() };
    let books =
        Books::replay(&ledger.0, &market([("AAPL", apple())]), &options, date("2024-12-31")).expect("books");
    assert!(books.income().is_empty());
}

#[test]
fn a_split_on_the_ex_date_comes_before_the_dividend() {
    let ledger = Ledger::default().buy("2024-01-02", "AAPL", "10", "10");
    let data = apple().with_splits(&[split("2024-02-09", 2, 1)]);
    assert_eq!(income(&ledger, data, "2024-02-09"), [(date("2024-02-09"), decimal("4.8"), true)]);
}

#[test]
fn a_reinvestment_is_income_and_purchase_without_external_flow() {
    let purchase = trade("AAPL", "0.2", "10", "0");
    let reinvested = Booking::Reinvestment { purchase, gross: decimal("2.4"), withheld: decimal("0.36") };
    let ledger = Ledger::default().buy("2024-01-02", "AAPL", "10", "10").booked("2024-02-12", reinvested);
    let books = ledger.books(&market([("AAPL", apple())]), "2024-02-28");
    let position = books.position(&symbol("AAPL")).expect("a position");
    assert_eq!(position.quantity, decimal("10.2"));
    assert_eq!(position.income[0].net(), Ok(decimal("2.04")));
    assert_eq!(position.income.len(), 1, "the known dividend is the reinvested one");
    assert_eq!(books.cash().balances[0].balance, decimal("0.04"), "what the purchase left");
    assert_eq!(books.external_flows().len(), 1, "the deposit for the first purchase");
}

#[test]
fn an_inferred_dividend_is_cash_that_later_purchases_use_first() {
    let ledger = Ledger::default().buy("2024-01-02", "AAPL", "10", "10").buy("2024-02-12", "AAPL", "1", "10");
    let books = ledger.books(&market([("AAPL", apple())]), "2024-02-28");
    let deposits: Vec<_> = books
        .cash()
        .entries
        .iter()
        .filter(|entry| entry.kind == CashKind::Deposit)
        .map(|entry| entry.amount)
        .collect();
    assert_eq!(deposits, [decimal("100"), decimal("7.6")]);
}
