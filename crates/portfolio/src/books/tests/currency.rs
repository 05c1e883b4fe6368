use bellwether_domain::Currency;
use rust_decimal::Decimal;

use crate::testing::{
    Ledger, columns, currency, date, decimal, market_with_rates, options, quoted, symbol, usd,
};
use crate::{Books, CashKind, InstrumentData, LaterRate, Market, Options, PriceSeries, Rates, Reason};

/// A euro costs 1.25 dollars, from the fifth on 1.5.
fn rates() -> Rates {
    let mut rates = Rates::new();
    rates.insert(Currency::EUR, usd(), &columns(&[("2024-01-02", 1.25), ("2024-01-05", 1.5)]));
    rates
}

fn siemens() -> InstrumentData {
    let closes = PriceSeries::as_traded(columns(&[("2024-01-02", 100.0)]));
    InstrumentData::new(Currency::EUR).with_prices(closes)
}

fn world() -> Market {
    market_with_rates(rates(), [("SIE.DE", siemens()), ("AAPL", quoted(&[("2024-01-02", 10.0)]))])
}

fn cash(books: &Books) -> Vec<(CashKind, String, Decimal, Decimal)> {
    let entries = books.cash().entries.iter();
    entries.map(|entry| (entry.kind, entry.currency.to_string(), entry.amount, entry.balance)).collect()
}

#[test]
fn a_foreign_purchase_is_settled_from_base_cash_at_the_day_s_rate() {
    let ledger = Ledger::default()
        .deposit("2024-01-02", "200")
        .buy("2024-01-03", "SIE.DE", "2", "100")
        .in_currency("EUR", None);
    let books = ledger.books(&world(), "2024-01-04");
    let entry = |kind, currency: &str, amount, balance| {
        (kind, currency.to_owned(), decimal(amount), decimal(balance))
    };
    assert_eq!(
        cash(&books),
        [
            entry(CashKind::Deposit, "USD", "200", "200"),
            entry(CashKind::Exchange, "EUR", "200", "200"),
            entry(CashKind::Purchase, "EUR", "-200", "0"),
            entry(CashKind::Deposit, "USD", "50", "250"),
            entry(CashKind::Exchange, "USD", "-250", "0"),
        ]
    );
    assert_eq!(books.cash().entries[3].funds, [ledger.id(2)]);
}

#[test]
fn the_recorded_balance_is_what_is_left_without_what_was_inferred() {
    let ledger = Ledger::default()
        .deposit("2024-01-02", "200")
        .buy("2024-01-03", "SIE.DE", "2", "100")
        .in_currency("EUR", None);
    let cash = ledger.books(&world(), "2024-01-04").cash().clone();
    assert_eq!(cash.recorded_balance(Currency::EUR), Ok(decimal("-200")));
    assert_eq!(cash.recorded_balance(usd()), Ok(decimal("200")));
}

#[test]
fn the_recorded_rate_goes_before_the_day_s() {
    let ledger = Ledger::default().buy("2024-01-03", "SIE.DE", "2", "100").in_currency("EUR", Some("1.3"));
    let books = ledger.books(&world(), "2024-01-04");
    let position = books.position(&symbol("SIE.DE")).expect("a position");
    assert_eq!(position.cost().base, Ok(decimal("260")));
    assert_eq!(position.cost().listed, Ok(decimal("200")));
    assert_eq!(books.external_flows()[0].amount, Ok(decimal("260")));
}

#[test]
fn foreign_cash_pays_first_and_only_the_rest_is_exchanged() {
    let ledger = Ledger::default()
        .deposit("2024-01-02", "150")
        .in_currency("EUR", None)
        .buy("2024-01-03", "SIE.DE", "2", "100")
        .in_currency("EUR", None);
    let books = ledger.books(&world(), "2024-01-04");
    let exchanged: Vec<_> = books
        .cash()
        .entries
        .iter()
        .filter(|entry| entry.kind == CashKind::Exchange)
        .map(|entry| (entry.currency.to_string(), entry.amount))
        .collect();
    assert_eq!(exchanged, [("EUR".to_owned(), decimal("50")), ("USD".to_owned(), decimal("-62.5"))]);
    let paid_in: Vec<_> = books.external_flows().iter().map(|flow| flow.amount.clone()).collect();
    assert_eq!(paid_in, [Ok(decimal("187.5")), Ok(decimal("62.5"))]);
}

#[test]
fn proceeds_stay_in_their_currency() {
    let ledger = Ledger::default()
        .buy("2024-01-02", "SIE.DE", "2", "100")
        .in_currency("EUR", None)
        .sell("2024-01-05", "SIE.DE", "2", "110")
        .in_currency("EUR", None);
    let books = ledger.books(&world(), "2024-01-05");
    let euros = books.cash().balances.iter().find(|cash| cash.currency == Currency::EUR).expect("euros");
    assert_eq!(euros.balance, decimal("220"));
    assert_eq!(euros.booked, Ok(decimal("330")));
    let gain = books.position(&symbol("SIE.DE")).expect("a position").realised(None);
    assert_eq!(gain, Ok(decimal("80")), "330 received at 1.5 for 250 paid at 1.25");
}

#[test]
fn shares_bought_in_another_currency_have_their_cost_in_that_of_the_listing_too() {
    let ledger = Ledger::default().buy("2024-01-03", "AAPL", "10", "150").in_currency("EUR", None);
    let options = Options { base: Currency::EUR, ..options() };
    let books = Books::replay(&ledger.0, &world(), &options, date("2024-01-04")).expect("books");
    let cost = books.position(&symbol("AAPL")).expect("a position").cost();
    assert_eq!((cost.base, cost.listed), (Ok(decimal("1500")), Ok(decimal("1875"))));
}

#[test]
fn a_missing_rate_makes_amounts_unknown_and_stops_nothing() {
    let ledger = Ledger::default()
        .buy("2024-01-02", "AAPL", "1", "10")
        .buy("2024-01-03", "7203.T", "100", "2000")
        .in_currency("JPY", None);
    let books = ledger.books(&world(), "2024-01-04");
    let unknown = Reason::NoExchangeRate { from: currency("JPY"), to: usd(), on: date("2024-01-03") };
    let toyota = books.position(&symbol("7203.T")).expect("a position");
    assert_eq!(toyota.quantity, decimal("100"));
    assert_eq!(toyota.cost().base, Err(unknown.clone()));
    assert_eq!(toyota.cost().listed, Ok(decimal("200000")));
    let last = books.external_flows().last().expect("paid in in yen");
    assert_eq!(last.amount, Err(unknown));
    assert_eq!(books.position(&symbol("AAPL")).expect("a position").cost().base, Ok(decimal("10")));
}

#[test]
fn a_booking_before_the_first_known_rate_takes_that_one_and_is_named() {
    let ledger = Ledger::default().buy("2024-01-01", "SIE.DE", "2", "100").in_currency("EUR", None);
    let books = ledger.books(&world(), "2024-01-04");
    assert_eq!(books.position(&symbol("SIE.DE")).expect("a position").cost().base, Ok(decimal("250")));
    let later = LaterRate {
        transaction: ledger.id(1),
        currency: Currency::EUR,
        date: date("2024-01-01"),
        quoted: date("2024-01-02"),
    };
    assert_eq!(books.later_rates(), [later]);
    let recorded = Ledger::default().buy("2024-01-01", "SIE.DE", "2", "100").in_currency("EUR", Some("1.3"));
    assert!(recorded.books(&world(), "2024-01-04").later_rates().is_empty());
}
