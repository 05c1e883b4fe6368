use bellwether_domain::{Booking, CostMethod, Currency};
use rust_decimal::Decimal;

use super::*;
use crate::testing::{
    Ledger, columns, currency, date, decimal, dividend, latest, market, market_with_rates, options, quoted,
    split, symbol, trade, usd,
};
use crate::{InstrumentData, Options, PriceOrigin, PriceSeries, Rates, Reason};

fn report(ledger: &Ledger, market: &Market, as_of: &str) -> Report {
    let books = ledger.books(market, as_of);
    Report::new(&books, market, &PortfolioSeries::new(&books, market))
}

fn holding(report: &Report, name: &str) -> Holding {
    report.holding(&symbol(name)).expect("a holding").clone()
}

fn close(left: f64, right: f64) -> bool {
    (left - right).abs() < 1e-12
}

/// Closes of 10, 11 and 12 on a Thursday, Friday and Monday.
fn apple() -> InstrumentData {
    quoted(&[("2024-01-04", 10.0), ("2024-01-05", 11.0), ("2024-01-08", 12.0)])
}

#[test]
fn a_holding_has_value_cost_gain_and_weight() {
    let ledger = Ledger::default()
        .deposit("2024-01-04", "110")
        .booked("2024-01-04", Booking::Buy(trade("AAPL", "8", "10", "2")));
    let report = report(&ledger, &market([("AAPL", apple())]), "2024-01-08");
    let apple = holding(&report, "AAPL");
    assert_eq!(apple.value, Ok(decimal("96")));
    assert_eq!(apple.cost, Ok(decimal("82")));
    assert_eq!(apple.unit_cost, Ok(decimal("10.25")));
    assert_eq!(apple.unrealised, Ok(decimal("14")));
    assert!(close(apple.unrealised_rate.expect("a rate"), 14.0 / 82.0));
    assert!(close(apple.weight.expect("a weight"), 96.0 / 124.0), "28 of cash count");
    assert_eq!(report.totals.value, Ok(decimal("124")));
    assert_eq!(report.totals.total_gain, Ok(decimal("14")));
    assert_eq!(report.totals.fees, Ok(decimal("2")));
    assert!(close(report.returns.simple.expect("a rate"), 14.0 / 110.0));
}

#[test]
fn a_past_day_is_in_the_units_and_prices_of_that_day() {
    let ledger =
        Ledger::default().buy("2024-01-04", "AAPL", "10", "10").sell("2024-01-08", "AAPL", "15", "6");
    let closes = quoted(&[("2024-01-04", 10.0), ("2024-01-05", 11.0), ("2024-01-08", 6.0)]);
    let market = market([("AAPL", closes.with_splits(&[split("2024-01-08", 2, 1)]))]);
    let friday = holding(&report(&ledger, &market, "2024-01-07"), "AAPL");
    assert_eq!((friday.quantity, friday.value), (decimal("10"), Ok(decimal("110"))));
    let monday = holding(&report(&ledger, &market, "2024-01-08"), "AAPL");
    assert_eq!((monday.quantity, monday.value), (decimal("5"), Ok(decimal("30"))));
}

#[test]
fn a_price_of_an_earlier_day_says_its_day() {
    let ledger = Ledger::default().buy("2024-01-04", "AAPL", "10", "10");
    let sunday = holding(&report(&ledger, &market([("AAPL", apple())]), "2024-01-07"), "AAPL");
    let price = sunday.price.clone().expect("a price");
    assert_eq!(
        (price.price, price.day, price.origin),
        (decimal("11"), date("2024-01-05"), PriceOrigin::Close)
    );
    assert!(sunday.is_priced_before(date("2024-01-07")));
}

#[test]
fn the_newest_quote_prices_the_day_and_says_so() {
    let ledger = Ledger::default().buy("2024-01-04", "AAPL", "10", "10");
    let quoted = apple().with_latest(latest("AAPL", "2024-01-09", "12.5", None));
    let tuesday = holding(&report(&ledger, &market([("AAPL", quoted)]), "2024-01-09"), "AAPL");
    assert_eq!(tuesday.price.expect("a price").origin, PriceOrigin::Quote);
    assert_eq!(tuesday.value, Ok(decimal("125")));
    assert_eq!(tuesday.day_change.expect("a change").amount, decimal("5"));
}

#[test]
fn before_the_first_quote_the_booked_price_counts_and_is_marked() {
    let ledger = Ledger::default().buy("2024-01-02", "AAPL", "10", "9");
    let early = holding(&report(&ledger, &market([("AAPL", apple())]), "2024-01-03"), "AAPL");
    assert_eq!(early.price.expect("a price").origin, PriceOrigin::Booked);
    assert_eq!(early.value, Ok(decimal("90")));
}

#[test]
fn a_holding_without_any_price_makes_the_total_unknown_and_is_named() {
    let ledger =
        Ledger::default().buy("2024-01-04", "AAPL", "10", "10").buy("2024-01-04", "PRIV", "1", "500");
    let report = report(&ledger, &market([("AAPL", apple())]), "2024-01-08");
    let unknown = Reason::no_price(&symbol("PRIV"));
    assert_eq!(holding(&report, "PRIV").value, Err(unknown.clone()));
    assert_eq!(holding(&report, "PRIV").cost, Ok(decimal("500")));
    assert_eq!(report.totals.value, Err(unknown.clone()));
    assert_eq!(report.totals.known_holdings_value, decimal("120"));
    assert_eq!(report.totals.unpriced, [symbol("PRIV")]);
    assert_eq!(report.returns.xirr, Err(unknown.clone()));
    assert!(holding(&report, "AAPL").weight.is_err());
    assert_eq!(report.returns.time_weighted.expect_err("unknown"), unknown);
}

#[test]
fn a_closed_holding_keeps_its_gains() {
    let ledger =
        Ledger::default().buy("2024-01-04", "AAPL", "10", "10").sell("2024-01-05", "AAPL", "10", "11");
    let report = report(&ledger, &market([("AAPL", apple())]), "2024-01-08");
    let apple = holding(&report, "AAPL");
    assert_eq!(
        (apple.value, apple.unrealised, apple.realised),
        (Ok(Decimal::ZERO), Ok(Decimal::ZERO), Ok(decimal("10")))
    );
    assert_eq!(apple.unit_cost, Err(Reason::NotHeld));
    assert_eq!(report.open_holdings().count(), 0);
    assert_eq!(report.totals.cash, Ok(decimal("110")));
}

#[test]
fn the_day_s_change_is_against_the_previous_close() {
    let ledger = Ledger::default().buy("2024-01-04", "AAPL", "10", "10");
    let monday = report(&ledger, &market([("AAPL", apple())]), "2024-01-08");
    for change in [holding(&monday, "AAPL").day_change, monday.totals.day_change] {
        let change = change.expect("a change");
        assert_eq!((change.day, change.amount), (date("2024-01-08"), decimal("10")));
        assert!(close(change.rate.expect("a rate"), 1.0 / 11.0));
    }
}

#[test]
fn on_a_weekend_the_last_session_s_change_is_shown_with_its_day() {
    let ledger = Ledger::default().buy("2024-01-04", "AAPL", "10", "10");
    let sunday =
        report(&ledger, &market([("AAPL", apple())]), "2024-01-07").totals.day_change.expect("a change");
    assert_eq!((sunday.day, sunday.amount), (date("2024-01-05"), decimal("10")));
}

#[test]
fn a_split_before_the_day_s_first_price_does_not_begin_a_session() {
    let ledger = Ledger::default().buy("2024-01-04", "AAPL", "10", "10");
    let market = market([("AAPL", apple().with_splits(&[split("2024-01-09", 2, 1)]))]);
    let change = report(&ledger, &market, "2024-01-09").totals.day_change.expect("a change");
    assert_eq!((change.day, change.amount), (date("2024-01-08"), decimal("10")));
}

#[test]
fn nothing_changes_where_everything_was_sold_long_ago() {
    let ledger =
        Ledger::default().buy("2024-01-04", "AAPL", "10", "10").sell("2024-01-05", "AAPL", "10", "11");
    let change =
        report(&ledger, &market([("AAPL", apple())]), "2024-03-01").totals.day_change.expect("a change");
    assert_eq!((change.day, change.amount), (date("2024-03-01"), Decimal::ZERO));
}

#[test]
fn shares_traded_today_count_from_the_price_paid() {
    let ledger = Ledger::default()
        .buy("2024-01-04", "AAPL", "10", "10")
        .buy("2024-01-08", "AAPL", "5", "11.5")
        .sell("2024-01-08", "AAPL", "3", "11.8");
    let monday = report(&ledger, &market([("AAPL", apple())]), "2024-01-08");
    // 7 x (12 - 11) + 5 x (12 - 11.5) + 3 x (11.8 - 11)
    let change = holding(&monday, "AAPL").day_change.expect("a change");
    assert_eq!(change.amount, decimal("11.9"));
    assert_eq!(monday.totals.day_change.expect("a change").amount, decimal("11.9"));
}

#[test]
fn the_previous_close_is_in_new_units_after_a_split() {
    let ledger = Ledger::default().buy("2024-01-04", "AAPL", "10", "10");
    let closes =
        quoted(&[("2024-01-05", 11.0), ("2024-01-08", 6.0)]).with_splits(&[split("2024-01-08", 2, 1)]);
    let change = holding(&report(&ledger, &market([("AAPL", closes)]), "2024-01-08"), "AAPL").day_change;
    assert_eq!(change.expect("a change").amount, decimal("10"));
}

#[test]
fn the_quote_s_own_previous_close_goes_before_an_older_bar() {
    let ledger = Ledger::default().buy("2024-01-04", "AAPL", "10", "10");
    let quoted = apple().with_latest(latest("AAPL", "2024-01-10", "13", Some("12.8")));
    let change = holding(&report(&ledger, &market([("AAPL", quoted)]), "2024-01-10"), "AAPL").day_change;
    assert_eq!(change.expect("a change").amount, decimal("2"));
}

#[test]
fn an_ex_dividend_drop_shows_the_dividend_with_it() {
    let ledger = Ledger::default().buy("2024-01-04", "AAPL", "10", "10");
    let data = quoted(&[("2024-01-05", 11.0), ("2024-01-08", 10.0)])
        .with_dividends(&[dividend("2024-01-08", "1.2")]);
    let monday = report(&ledger, &market([("AAPL", data)]), "2024-01-08");
    let change = monday.totals.day_change.expect("a change");
    assert_eq!((change.amount, change.dividends), (decimal("2"), decimal("12")));
    assert!(close(change.rate.expect("a rate"), 2.0 / 110.0));
}

#[test]
fn without_an_earlier_close_there_is_no_change_rather_than_zero() {
    let ledger = Ledger::default().buy("2024-01-02", "AAPL", "10", "9");
    let first = report(&ledger, &market([("AAPL", apple())]), "2024-01-04");
    assert_eq!(holding(&first, "AAPL").day_change, Err(Reason::NoPreviousClose));
    assert_eq!(first.totals.day_change, Err(Reason::NoPreviousClose));
}

#[test]
fn a_closed_market_changes_nothing_but_counts_as_capital() {
    let ledger =
        Ledger::default().buy("2024-01-04", "AAPL", "10", "10").buy("2024-01-04", "7203.T", "10", "10");
    let closed = quoted(&[("2024-01-04", 10.0), ("2024-01-05", 10.0)]);
    let monday = report(&ledger, &market([("AAPL", apple()), ("7203.T", closed)]), "2024-01-08");
    let change = monday.totals.day_change.clone().expect("a change");
    assert_eq!(change.amount, decimal("10"));
    assert!(close(change.rate.expect("a rate"), 10.0 / 210.0));
    assert_eq!(holding(&monday, "7203.T").day_change.expect("a change").amount, Decimal::ZERO);
}

/// A euro costs 1.25 dollars, from the fifth on 1.5.
fn euro_world() -> Market {
    let mut rates = Rates::new();
    rates.insert(Currency::EUR, usd(), &columns(&[("2024-01-02", 1.25), ("2024-01-05", 1.5)]));
    let closes = PriceSeries::as_traded(columns(&[("2024-01-04", 100.0), ("2024-01-05", 110.0)]));
    market_with_rates(rates, [("SIE.DE", InstrumentData::new(Currency::EUR).with_prices(closes))])
}

#[test]
fn a_foreign_gain_is_split_into_price_and_currency() {
    let ledger = Ledger::default().buy("2024-01-04", "SIE.DE", "2", "100").in_currency("EUR", None);
    let report = report(&ledger, &euro_world(), "2024-01-05");
    let siemens = holding(&report, "SIE.DE");
    // 220 euros at 1.5 less 200 euros at 1.25
    assert_eq!(siemens.unrealised, Ok(decimal("80")));
    assert_eq!(siemens.currency_effect, Ok(decimal("50")), "200 x (1.5 - 1.25)");
    let change = siemens.day_change.expect("a change");
    assert_eq!(change.amount, decimal("80"), "both days at their own rates");
}

#[test]
fn foreign_cash_gains_with_its_currency_and_the_gain_adds_up() {
    let ledger = Ledger::default()
        .buy("2024-01-02", "SIE.DE", "2", "100")
        .in_currency("EUR", None)
        .sell("2024-01-04", "SIE.DE", "1", "100")
        .in_currency("EUR", None);
    let totals = report(&ledger, &euro_world(), "2024-01-05").totals;
    assert_eq!(totals.cash, Ok(decimal("150")));
    assert_eq!(totals.cash_currency_gain, Ok(decimal("25")));
    let gain = totals.value.expect("known") - totals.net_deposits.expect("known");
    assert_eq!(totals.total_gain, Ok(gain));
}

#[test]
fn income_and_gains_are_told_by_period() {
    let ledger = Ledger::default()
        .buy("2022-12-01", "AAPL", "10", "5")
        .dividend("2022-12-30", "AAPL", "1")
        .dividend("2023-03-15", "AAPL", "2")
        .sell("2023-12-29", "AAPL", "2", "9")
        .dividend("2024-01-04", "AAPL", "4")
        .sell("2024-01-05", "AAPL", "1", "11");
    let totals = report(&ledger, &market([("AAPL", apple())]), "2024-01-08").totals;
    assert_eq!(totals.income, Ok(decimal("7")));
    assert_eq!(totals.income_12_months, Ok(decimal("6")));
    assert_eq!(totals.realised, Ok(decimal("14")));
    assert_eq!(totals.realised_this_year, Ok(decimal("6")));
}

#[test]
fn transfers_count_at_market_value_for_rates_and_at_cost_for_gains() {
    let quantity = bellwether_domain::Quantity::new(decimal("10")).expect("a quantity");
    let arrival = Booking::TransferIn {
        symbol: symbol("AAPL"),
        quantity,
        unit_cost: decimal("4"),
        fee: Decimal::ZERO,
        acquired: None,
    };
    let ledger = Ledger::default().booked("2024-01-04", arrival);
    let report = report(&ledger, &market([("AAPL", apple())]), "2024-01-08");
    assert_eq!(report.totals.net_transfers, Ok(decimal("100")));
    assert_eq!(report.totals.total_gain, Ok(decimal("80")));
    assert!(close(report.returns.time_weighted.expect("a return").total, 0.2));
    assert!(close(report.returns.xirr.expect("a rate").period, 0.2));
}

#[test]
fn the_average_method_uses_the_average_everywhere() {
    let ledger = Ledger::default()
        .buy("2024-01-04", "AAPL", "10", "10")
        .buy("2024-01-05", "AAPL", "10", "11")
        .sell("2024-01-08", "AAPL", "10", "12");
    let market = market([("AAPL", apple())]);
    let options = Options { method: CostMethod::Average, ..options() };
    let books = Books::replay(&ledger.0, &market, &options, date("2024-01-08")).expect("books");
    let report = Report::new(&books, &market, &PortfolioSeries::new(&books, &market));
    assert_eq!(report.totals.cost, Ok(decimal("105")));
    assert_eq!(report.totals.realised, Ok(decimal("15")));
    assert_eq!(report.totals.total_gain, Ok(decimal("30")));
}

#[test]
fn an_empty_ledger_has_no_rates_and_a_value_of_nothing() {
    let report = report(&Ledger::default(), &Market::default(), "2024-01-08");
    assert_eq!(report.totals.value, Ok(Decimal::ZERO));
    assert_eq!(report.returns.xirr, Err(Reason::NoCapital));
    assert_eq!(report.returns.time_weighted.expect_err("nothing held"), Reason::NoCapital);
    assert_eq!(report.returns.simple, Err(Reason::NoCapital));
    assert_eq!(report.totals.unrealised_rate, Err(Reason::NoCapital));
}

#[test]
fn one_missing_exchange_rate_leaves_the_rest_standing() {
    let ledger = Ledger::default()
        .buy("2024-01-04", "AAPL", "10", "10")
        .buy("2024-01-04", "7203.T", "1", "2000")
        .in_currency("JPY", None);
    let toyota = PriceSeries::as_traded(columns(&[("2024-01-04", 2000.0)]));
    let toyota = InstrumentData::new(currency("JPY")).with_prices(toyota);
    let report = report(&ledger, &market([("AAPL", apple()), ("7203.T", toyota)]), "2024-01-08");
    assert_eq!(holding(&report, "AAPL").value, Ok(decimal("120")));
    assert!(matches!(holding(&report, "7203.T").value, Err(Reason::NoExchangeRate { .. })));
    assert_eq!(holding(&report, "7203.T").price.expect("a price").price, decimal("2000"));
    assert!(matches!(report.totals.value, Err(Reason::NoExchangeRate { .. })));
    assert_eq!(report.totals.known_holdings_value, decimal("120"));
}
