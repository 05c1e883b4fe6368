use bellwether_domain::{Booking, Currency};

use super::*;
use crate::Rates;
use crate::testing::{
    Ledger, columns, date, decimal, dividend, market, market_with_rates, quoted, split, symbol, trade, usd,
};
use crate::{InstrumentData, PriceSeries, Reason};

fn contributions(ledger: &Ledger, market: &Market, from: &str, to: &str) -> Contributions {
    let books = ledger.books(market, to);
    let series = PortfolioSeries::new(&books, market);
    Contributions::new(&books, market, &series, Period::new(date(from), date(to)).expect("a period"))
}

fn gains(contributions: &Contributions) -> Vec<Decimal> {
    contributions.lines.iter().map(|line| line.gain.clone().expect("a gain").normalize()).collect()
}

#[track_caller]
fn close(figure: &Figure<f64>, expected: f64) {
    let figure = figure.clone().expect("a figure");
    assert!((figure - expected).abs() < 1e-12, "{figure} instead of {expected}");
}

/// A rises from 10 to 12 to 15, B falls from 20 to 18 to 18.
fn two() -> Market {
    let a = quoted(&[("2024-01-02", 10.0), ("2024-01-03", 12.0), ("2024-01-04", 15.0)]);
    let b = quoted(&[("2024-01-02", 20.0), ("2024-01-03", 18.0), ("2024-01-04", 18.0)]);
    market([("A", a), ("B", b)])
}

#[test]
fn without_flows_a_contribution_is_its_gain_by_the_opening_value() {
    let ledger = Ledger::default().buy("2024-01-02", "A", "40", "10").buy("2024-01-02", "B", "30", "20");
    // 400 in A and 600 in B: 200 of gain and 60 of loss on 1,000.
    let result = contributions(&ledger, &two(), "2024-01-02", "2024-01-04");
    assert_eq!(gains(&result), [decimal("200"), decimal("-60")]);
    close(&result.lines[0].time_weighted, 0.2);
    close(&result.lines[1].time_weighted, -0.06);
    close(&result.time_weighted, 0.14);
    close(&result.lines[0].simple, 0.2);
    close(&result.simple, 0.14);
}

#[test]
fn a_deposit_between_changes_the_capital_that_a_day_s_gain_relates_to() {
    let ledger = Ledger::default().buy("2024-01-02", "A", "40", "10").buy("2024-01-03", "B", "20", "18");
    // Day one: 80 on 400 is 20 %. Day two: A gains 120 on 480 + 360 = 840; 1.2 x 120 / 840 = 0.171428...
    let result = contributions(&ledger, &two(), "2024-01-02", "2024-01-04");
    assert_eq!(gains(&result), [decimal("200"), decimal("0")]);
    close(&result.lines[0].time_weighted, 0.2 + 1.2 * 120.0 / 840.0);
    close(&result.lines[1].time_weighted, 0.0);
    close(&result.time_weighted, 1.2 * (1.0 + 120.0 / 840.0) - 1.0);
    close(&result.simple, 200.0 / 760.0);
}

#[test]
fn interest_charges_and_the_currency_of_cash_have_lines_of_their_own() {
    let mut rates = Rates::new();
    rates.insert(Currency::EUR, usd(), &columns(&[("2024-01-02", 1.25), ("2024-01-04", 1.5)]));
    let market = market_with_rates(rates, []);
    let ledger = Ledger::default()
        .deposit("2024-01-02", "100")
        .in_currency("EUR", None)
        .deposit("2024-01-02", "75")
        .booked("2024-01-03", Booking::Interest { gross: decimal("8"), tax: decimal("2") })
        .booked("2024-01-03", Booking::Fee { symbol: None, amount: decimal("4") });
    // 100 euros from 125 to 150; 6 of interest; 4 of fees; on 200.
    let result = contributions(&ledger, &market, "2024-01-02", "2024-01-04");
    let sources: Vec<_> = result.lines.iter().map(|line| line.source.clone()).collect();
    assert_eq!(
        sources,
        [
            ContributionSource::Interest,
            ContributionSource::Charges,
            ContributionSource::CashCurrency(Currency::EUR)
        ]
    );
    assert_eq!(gains(&result), [decimal("6"), decimal("-4"), decimal("25")]);
    for (line, expected) in result.lines.iter().zip([0.03, -0.02, 0.125]) {
        close(&line.time_weighted, expected);
    }
    close(&result.time_weighted, 0.135);
}

fn busy() -> (Ledger, Market) {
    let mut rates = Rates::new();
    let eur = [("2024-01-02", 1.25), ("2024-01-04", 1.5), ("2024-01-09", 1.1)];
    rates.insert(Currency::EUR, usd(), &columns(&eur));
    let a = quoted(&[("2024-01-02", 10.0), ("2024-01-04", 13.0), ("2024-01-05", 3.7), ("2024-01-09", 4.1)])
        .with_splits(&[split("2024-01-05", 4, 1)])
        .with_dividends(&[dividend("2024-01-08", "0.31")]);
    let e = columns(&[("2024-01-02", 7.0), ("2024-01-03", 8.0), ("2024-01-09", 6.5)]);
    let e = InstrumentData::new(Currency::EUR).with_prices(PriceSeries::as_traded(e));
    let ledger = Ledger::default()
        .deposit("2024-01-02", "500")
        .booked("2024-01-02", Booking::Buy(trade("A", "30", "10.1", "1.5")))
        .booked("2024-01-03", Booking::Buy(trade("E", "20", "7.9", "2")))
        .in_currency("EUR", Some("1.3"))
        .booked("2024-01-03", Booking::Fee { symbol: Some(symbol("A")), amount: decimal("0.7") })
        .booked("2024-01-04", Booking::Sell { trade: trade("E", "5", "8.2", "1"), lots: Vec::new() })
        .in_currency("EUR", None)
        .booked("2024-01-05", Booking::Interest { gross: decimal("1.23"), tax: decimal("0.3") })
        .booked("2024-01-08", Booking::Fee { symbol: None, amount: decimal("2.5") })
        .withdraw("2024-01-08", "40")
        .dividend("2024-01-09", "E", "3.3")
        .in_currency("EUR", None)
        .booked("2024-01-09", Booking::Sell { trade: trade("A", "120", "4", "1"), lots: Vec::new() });
    (ledger, market_with_rates(rates, [("A", a), ("E", e)]))
}

#[test]
fn contributions_sum_to_gain_and_returns_in_any_period() {
    let (ledger, market) = busy();
    let days = ["2024-01-01", "2024-01-02", "2024-01-03", "2024-01-05", "2024-01-08", "2024-01-10"];
    for (index, from) in days.iter().enumerate() {
        for to in &days[index + 1..] {
            let books = ledger.books(&market, to);
            let series = PortfolioSeries::new(&books, &market);
            let period = Period::new(date(from), date(to)).expect("a period");
            let result = Contributions::new(&books, &market, &series, period);
            let index = &series.time_weighted.as_ref().expect("a return").index;
            let growth = |day: &str| index.at(date(day)).unwrap_or(1.0);
            close(&result.time_weighted, growth(to) / growth(from) - 1.0);

            let whole: f64 =
                result.lines.iter().map(|line| line.time_weighted.clone().expect("a part")).sum();
            close(&result.time_weighted, whole);
            let simple: f64 = result.lines.iter().map(|line| line.simple.clone().expect("a part")).sum();
            close(&result.simple, simple);

            let value = |day: &str| series.value.at(date(day)).unwrap_or(0.0);
            let flows = books.external_flows().iter().filter(|flow| period.contains(flow.date));
            let paid_in: f64 = flows.map(|flow| flow.amount.clone().expect("known").float()).sum();
            let gain = value(to) - value(from) - paid_in;
            assert!((result.gain.clone().expect("a gain").float() - gain).abs() < 1e-9, "{from} to {to}");
            assert_eq!(result.gain, total(result.lines.iter().map(|line| &line.gain)));
        }
    }
}

#[test]
fn everything_lost_is_minus_a_hundred_percent_in_sum() {
    let a = quoted(&[("2024-01-02", 10.0), ("2024-01-03", 0.0), ("2024-01-04", 0.0)]);
    let b = quoted(&[("2024-01-02", 30.0), ("2024-01-03", 0.0)]);
    let ledger = Ledger::default().buy("2024-01-02", "A", "10", "10").buy("2024-01-02", "B", "10", "30");
    let result = contributions(&ledger, &market([("A", a), ("B", b)]), "2024-01-01", "2024-01-04");
    close(&result.time_weighted, -1.0);
    close(&result.lines[0].time_weighted, -0.25);
    close(&result.lines[1].time_weighted, -0.75);
}

#[test]
fn a_dividend_from_before_the_first_share_stays_on_its_own_day() {
    let ledger = Ledger::default().dividend("2024-01-02", "A", "100").buy("2024-01-03", "A", "5", "12");
    // 100 of cash, of which 60 buy shares that rise to 75.
    let result = contributions(&ledger, &two(), "2024-01-02", "2024-01-04");
    assert_eq!(gains(&result), [decimal("15")]);
    close(&result.lines[0].time_weighted, 0.15);
    close(&result.time_weighted, 0.15);
}

#[test]
fn after_a_total_loss_contributions_begin_with_the_new_series() {
    let a = quoted(&[("2024-01-02", 10.0), ("2024-01-03", 0.0)]);
    let b = quoted(&[("2024-01-04", 10.0), ("2024-01-05", 12.0)]);
    let ledger = Ledger::default().buy("2024-01-02", "A", "10", "10").buy("2024-01-04", "B", "10", "10");
    let market = market([("A", a), ("B", b)]);
    let anew = contributions(&ledger, &market, "2024-01-03", "2024-01-05");
    close(&anew.time_weighted, 0.2);
    assert_eq!(gains(&anew), [decimal("0"), decimal("20")]);
    close(&anew.lines[1].time_weighted, 0.2);
    let across = contributions(&ledger, &market, "2024-01-01", "2024-01-05");
    assert_eq!(gains(&across), [decimal("-100"), decimal("20")]);
    assert_eq!(across.time_weighted, Err(Reason::LostBefore { on: date("2024-01-03") }));
}

#[test]
fn a_holding_without_a_price_has_a_reason_and_so_has_the_sum() {
    let ledger = Ledger::default().buy("2024-01-02", "A", "10", "10").buy("2024-01-02", "PRIV", "1", "5");
    let result = contributions(&ledger, &two(), "2024-01-02", "2024-01-04");
    let unknown = Reason::no_price(&symbol("PRIV"));
    assert_eq!(result.lines[0].gain, Ok(decimal("50")));
    assert_eq!((&result.lines[1].gain, &result.gain), (&Err(unknown.clone()), &Err(unknown.clone())));
    assert_eq!(result.time_weighted, Err(unknown));
}

#[test]
fn an_empty_portfolio_contributes_nothing_and_has_no_return() {
    let result = contributions(&Ledger::default(), &two(), "2024-01-02", "2024-01-04");
    assert!(result.lines.is_empty());
    assert_eq!((result.gain, result.time_weighted), (Ok(Decimal::ZERO), Err(Reason::NoCapital)));
}
