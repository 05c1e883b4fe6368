use super::*;
use crate::PriceSeries;
use crate::testing::{Ledger, columns, decimal, dividend, market, market_with_rates, quoted, split, symbol};

fn close(rate: &Figure<f64>, expected: f64) -> bool {
    rate.as_ref().is_ok_and(|rate| (rate - expected).abs() < 1e-12)
}

#[test]
fn known_dividends_of_twelve_months_count_by_their_ex_dates() {
    // 0.24 + 0.26 = 0.50 a share: 4 % of 12.50, and 5 % of 10. The one of a year ago to the day is too old.
    let apple = quoted(&[("2024-01-02", 10.0), ("2024-12-31", 12.5)]).with_dividends(&[
        dividend("2023-12-31", "0.20"),
        dividend("2024-02-09", "0.24"),
        dividend("2024-12-31", "0.26"),
        dividend("2025-02-07", "0.30"),
    ]);
    let market = market([("AAPL", apple)]);
    let books = Ledger::default().buy("2024-01-02", "AAPL", "10", "10").books(&market, "2024-12-31");
    let found = dividend_yield(&symbol("AAPL"), &books, &market).expect("a yield");
    assert_eq!(found.per_share, decimal("0.50"));
    assert!(close(&found.on_price, 0.04) && close(&found.on_cost, 0.05), "{found:?}");
}

#[test]
fn without_known_dividends_the_recorded_ones_are_divided_by_the_shares_held() {
    // 5 for 10 shares, later 3 for 20: 0.50 + 0.15 = 0.65 on 12.50 a share.
    let market = market([("AAPL", quoted(&[("2024-01-02", 10.0)]))]);
    let ledger = Ledger::default()
        .buy("2024-01-02", "AAPL", "10", "10")
        .dividend("2024-02-15", "AAPL", "5")
        .buy("2024-03-01", "AAPL", "10", "15")
        .dividend("2024-05-15", "AAPL", "3");
    let found = dividend_yield(&symbol("AAPL"), &ledger.books(&market, "2024-12-31"), &market);
    let found = found.expect("a yield");
    assert_eq!(found.per_share, decimal("0.65"));
    assert!(close(&found.on_cost, 0.65 / 12.5) && close(&found.on_price, 0.065), "{found:?}");
}

#[test]
fn a_later_split_divides_what_was_paid_per_share() {
    let apple = quoted(&[("2024-01-02", 10.0), ("2024-06-10", 5.0)])
        .with_splits(&[split("2024-06-10", 2, 1)])
        .with_dividends(&[dividend("2024-02-09", "0.24")]);
    let market = market([("AAPL", apple)]);
    let books = Ledger::default().buy("2024-01-02", "AAPL", "10", "10").books(&market, "2024-12-31");
    let found = dividend_yield(&symbol("AAPL"), &books, &market).expect("a yield");
    assert_eq!(found.per_share, decimal("0.12"));
    assert!(close(&found.on_cost, 0.024) && close(&found.on_price, 0.024), "{found:?}");
}

#[test]
fn dividend_and_cost_are_compared_in_one_currency() {
    // 1 euro a share at 1.20 when paid, on a cost of 10 euros at 1.00: 12 %; on the price at 1.50: 1.2 / 15.
    let mut rates = crate::Rates::new();
    let euros = columns(&[("2024-01-02", 1.0), ("2024-05-15", 1.2), ("2024-12-31", 1.5)]);
    rates.insert(Currency::EUR, Currency::USD, &euros);
    let prices = PriceSeries::as_traded(columns(&[("2024-01-02", 10.0)]));
    let sap = InstrumentData::new(Currency::EUR).with_prices(prices);
    let market = market_with_rates(rates, [("SAP", sap)]);
    let ledger = Ledger::default()
        .buy("2024-01-02", "SAP", "10", "10")
        .in_currency("EUR", None)
        .dividend("2024-05-15", "SAP", "10")
        .in_currency("EUR", None);
    let found = dividend_yield(&symbol("SAP"), &ledger.books(&market, "2024-12-31"), &market);
    let found = found.expect("a yield");
    assert!(close(&found.on_cost, 0.12) && close(&found.on_price, 0.08), "{found:?}");
}

#[test]
fn without_a_price_the_yield_on_cost_is_still_known() {
    let market = market([]);
    let ledger = Ledger::default().buy("2024-01-02", "AAPL", "10", "10").dividend("2024-02-15", "AAPL", "5");
    let found = dividend_yield(&symbol("AAPL"), &ledger.books(&market, "2024-12-31"), &market);
    let found = found.expect("a yield");
    assert_eq!(found.on_price, Err(Reason::no_price(&symbol("AAPL"))));
    assert!(close(&found.on_cost, 0.05));
}

#[test]
fn what_is_not_held_yields_nothing() {
    let market = market([("AAPL", quoted(&[("2024-01-02", 10.0)]))]);
    let ledger =
        Ledger::default().buy("2024-01-02", "AAPL", "10", "10").sell("2024-02-15", "AAPL", "10", "10");
    let books = ledger.books(&market, "2024-12-31");
    assert_eq!(dividend_yield(&symbol("AAPL"), &books, &market), Err(Reason::NotHeld));
    assert_eq!(dividend_yield(&symbol("MSFT"), &books, &market), Err(Reason::NotHeld));
}
