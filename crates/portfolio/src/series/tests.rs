use bellwether_domain::{Booking, Currency};

use super::*;
use crate::testing::{
    Ledger, columns, date, decimal, dividend, market, market_with_rates, quoted, split, symbol, trade, usd,
};
use crate::{InstrumentData, Market, PriceSeries, Rates, Reason};

fn series(ledger: &Ledger, market: &Market, as_of: &str) -> PortfolioSeries {
    PortfolioSeries::new(&ledger.books(market, as_of), market)
}

#[test]
fn every_calendar_day_has_a_value_and_weekends_the_last_one() {
    let market = market([("AAPL", quoted(&[("2024-01-05", 10.0), ("2024-01-08", 11.0)]))]);
    let result = series(&Ledger::default().buy("2024-01-05", "AAPL", "2", "10"), &market, "2024-01-09");
    assert_eq!(result.value.first_day, date("2024-01-05"));
    assert_eq!(result.value.values, [20.0, 20.0, 20.0, 22.0, 22.0]);
    assert_eq!(result.net_contributions.expect("known").values, [20.0; 5]);
}

#[test]
fn what_was_held_before_the_day_s_bookings_is_told_apart() {
    let market =
        market([("AAPL", quoted(&[("2024-01-02", 10.0), ("2024-01-03", 11.0), ("2024-01-04", 12.0)]))]);
    let ledger = Ledger::default().buy("2024-01-02", "AAPL", "2", "10").buy("2024-01-03", "AAPL", "3", "11");
    let result = series(&ledger, &market, "2024-01-04");
    assert_eq!(result.value.values, [20.0, 55.0, 60.0]);
    assert_eq!(result.held.values, [0.0, 22.0, 60.0]);
    assert_eq!(result.flows.expect("known").values, [20.0, 33.0, 0.0]);
}

#[test]
fn a_sold_out_position_counts_until_the_day_of_its_sale() {
    let market = market([("AAPL", quoted(&[("2024-01-02", 10.0), ("2024-01-03", 11.0)]))]);
    let ledger = Ledger::default().buy("2024-01-02", "AAPL", "2", "10").sell("2024-01-03", "AAPL", "2", "11");
    let result = series(&ledger, &market, "2024-01-04");
    assert_eq!(result.value.values, [20.0, 22.0, 22.0]);
    assert_eq!(result.held.values, [0.0, 22.0, 22.0]);
    assert_eq!(result.cash.values, [0.0, 22.0, 22.0]);
}

#[test]
fn a_split_changes_no_value_even_while_the_close_is_old() {
    let closes =
        quoted(&[("2024-01-05", 40.0), ("2024-01-09", 11.0)]).with_splits(&[split("2024-01-08", 4, 1)]);
    let result = series(
        &Ledger::default().buy("2024-01-05", "AAPL", "1", "40"),
        &market([("AAPL", closes)]),
        "2024-01-09",
    );
    assert_eq!(result.value.values, [40.0, 40.0, 40.0, 40.0, 44.0]);
    assert!((result.time_weighted.expect("a return").total - 0.1).abs() < 1e-12);
}

#[test]
fn foreign_holdings_and_cash_move_with_their_rate() {
    let mut rates = Rates::new();
    rates.insert(Currency::EUR, usd(), &columns(&[("2024-01-02", 1.25), ("2024-01-04", 1.5)]));
    let closes = PriceSeries::as_traded(columns(&[("2024-01-02", 100.0)]));
    let market =
        market_with_rates(rates, [("SIE.DE", InstrumentData::new(Currency::EUR).with_prices(closes))]);
    let ledger = Ledger::default()
        .buy("2024-01-02", "SIE.DE", "2", "100")
        .in_currency("EUR", None)
        .sell("2024-01-03", "SIE.DE", "1", "100")
        .in_currency("EUR", None);
    let result = series(&ledger, &market, "2024-01-04");
    assert_eq!(result.value.values, [250.0, 250.0, 300.0]);
    assert_eq!(result.cash.values, [0.0, 125.0, 150.0]);
}

#[test]
fn a_holding_without_price_is_left_out_and_named_and_rates_are_unknown() {
    let market = market([("AAPL", quoted(&[("2024-01-02", 10.0)]))]);
    let ledger = Ledger::default().buy("2024-01-02", "AAPL", "2", "10").buy("2024-01-02", "PRIV", "1", "500");
    let result = series(&ledger, &market, "2024-01-03");
    assert_eq!(result.value.values, [20.0, 20.0]);
    assert_eq!(result.gap, Some(Reason::no_price(&symbol("PRIV"))));
    assert!(result.time_weighted.is_err());
    assert!(result.value.values.iter().all(|value| value.is_finite()));
}

#[test]
fn days_and_values_belong_together() {
    let series = DailySeries { first_day: date("2024-02-28"), values: vec![1.0, 2.0, 3.0] };
    assert_eq!(series.at(date("2024-02-29")), Some(2.0));
    assert_eq!(series.at(date("2024-02-27")), None);
    assert_eq!(series.at(date("2024-03-02")), None);
    assert_eq!(series.day(2), date("2024-03-01"));
}

#[test]
fn a_holding_returns_what_its_instrument_does_with_dividends_and_less_fees() {
    let closes = quoted(&[("2024-01-02", 10.0), ("2024-01-03", 11.0), ("2024-01-04", 10.0)]);
    let market = market([("AAPL", closes.with_dividends(&[dividend("2024-01-04", "0.45")]))]);
    let ledger = Ledger::default().booked("2024-01-02", Booking::Buy(trade("AAPL", "10", "10", "1"))).buy(
        "2024-01-03",
        "AAPL",
        "10",
        "11",
    );
    let books = ledger.books(&market, "2024-01-04");
    let position = books.position(&symbol("AAPL")).expect("a position");
    let result = PositionSeries::new(position, &books, &market);
    assert_eq!(result.value.values, [100.0, 220.0, 200.0]);
    assert_eq!(result.flows.expect("known").values, [101.0, 110.0, -9.0]);
    let expected = 100.0 / 101.0 * 1.1 * (209.0 / 220.0) - 1.0;
    assert!((result.time_weighted.expect("a return").total - expected).abs() < 1e-12);
}

#[test]
fn the_part_of_a_period_opens_with_its_opening_day() {
    let series = DailySeries { first_day: date("2024-01-01"), values: vec![1.0, 2.0, 3.0, 4.0] };
    let within = |from, to| {
        let period = crate::Period::new(date(from), date(to)).expect("a period");
        series.within(period).map(|part| (part.first_day, part.values))
    };
    assert_eq!(within("2024-01-02", "2024-01-03"), Ok((date("2024-01-02"), vec![2.0, 3.0])));
    assert_eq!(within("2023-12-01", "2024-01-01"), Ok((date("2024-01-01"), vec![1.0])));
    assert_eq!(within("2024-01-03", "2024-02-03"), Ok((date("2024-01-03"), vec![3.0, 4.0])));
    assert_eq!(within("2023-12-01", "2023-12-31"), Err(crate::Reason::TooShort));
    assert_eq!(within("2024-01-05", "2024-01-31"), Err(crate::Reason::TooShort));
}

#[test]
fn a_dividend_before_the_first_share_is_a_flow_of_its_own_day() {
    let market = market([("AAPL", quoted(&[("2024-01-02", 10.0)]))]);
    let ledger = Ledger::default().dividend("2024-01-02", "AAPL", "3").buy("2024-01-04", "AAPL", "2", "10");
    let books = ledger.books(&market, "2024-01-04");
    let result = PositionSeries::new(books.position(&symbol("AAPL")).expect("a position"), &books, &market);
    assert_eq!(result.value.values, [0.0, 0.0, 20.0]);
    assert_eq!(result.flows.expect("known").values, [-3.0, 0.0, 20.0]);
}

#[test]
fn what_is_paid_in_and_out_on_one_day_is_no_loss() {
    let market = market([("AAPL", quoted(&[("2024-01-02", 10.0)]))]);
    let deposit = |amount| Booking::Deposit { amount: decimal(amount) };
    let ledger = Ledger::default()
        .booked("2024-01-02", deposit("0.1"))
        .booked("2024-01-02", deposit("0.2"))
        .booked("2024-01-02", Booking::Withdrawal { amount: decimal("0.3") });
    let result = series(&ledger, &market, "2024-01-04");
    assert_eq!(result.flows.expect("known").values, [0.0; 3]);
    assert_eq!(result.time_weighted, Err(Reason::NoCapital));
    let later = ledger.buy("2024-01-04", "AAPL", "1", "10");
    assert_eq!(series(&later, &market, "2024-01-05").time_weighted.map(|linked| linked.earlier), Ok(vec![]));
}
