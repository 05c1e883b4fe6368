use bellwether_domain::{Booking, Currency};

use super::*;
use crate::testing::{
    Ledger, columns, date, decimal, dividend, market, market_with_rates, quoted, split, symbol, usd,
};
use crate::{Books, Figure, InstrumentData, Market, Period, PriceSeries, Rates, Reason};

fn close(figure: &Figure<f64>, expected: f64) -> bool {
    figure.as_ref().is_ok_and(|figure| (figure - expected).abs() < 1e-12)
}

fn history(data: &InstrumentData, as_of: &str) -> DividendHistory {
    DividendHistory::of_instrument(data, &Rates::new(), date(as_of)).expect("a history")
}

fn yield_of(books: &Books, market: &Market, name: &str) -> DividendYield {
    DividendYield::of(books.position(&symbol(name)).expect("a position"), books, market)
}

#[test]
fn income_is_summed_by_month_year_and_payer() {
    let market =
        market([("AAPL", quoted(&[("2023-01-02", 10.0)])), ("MSFT", quoted(&[("2023-01-02", 10.0)]))]);
    let taxed = |gross: &str, tax: &str| Booking::Dividend {
        symbol: symbol("MSFT"),
        gross: decimal(gross),
        tax: decimal(tax),
        fee: decimal("0.5"),
    };
    let interest = Booking::Interest { gross: decimal("7"), tax: decimal("1") };
    let ledger = Ledger::default()
        .buy("2023-01-02", "AAPL", "1", "10")
        .buy("2023-01-02", "MSFT", "1", "10")
        .dividend("2023-11-03", "AAPL", "4")
        .booked("2023-11-20", taxed("10", "1.5"))
        .booked("2024-02-01", taxed("20", "3"))
        .booked("2024-02-28", interest);
    let books = ledger.books(&market, "2024-03-01");
    let received = IncomeReceived::of(&books, None);
    assert_eq!([&received.total.gross, &received.total.net], [&Ok(decimal("41")), &Ok(decimal("34.5"))]);
    assert_eq!(received.dividends.tax, Ok(decimal("4.5")));
    assert_eq!(received.interest.net, Ok(decimal("6")));
    let months: Vec<_> = received.by_month.iter().map(|month| (month.of, month.sum.net.clone())).collect();
    assert_eq!(months, [((2023, 11), Ok(decimal("12"))), ((2024, 2), Ok(decimal("22.5")))]);
    let payers: Vec<_> = received.by_symbol.iter().map(|of| (of.of.as_str(), of.sum.payments)).collect();
    assert_eq!(payers, [("AAPL", 1), ("MSFT", 2)]);
    let of_2023 = Period::new(date("2022-12-31"), date("2023-12-31")).expect("a period");
    let received = IncomeReceived::of(&books, Some(of_2023));
    assert_eq!(received.by_year.iter().map(|year| year.of).collect::<Vec<_>>(), [2023]);
}

#[test]
fn inferred_payments_are_counted_apart_and_unknown_rates_are_a_reason() {
    let euros = InstrumentData::new(Currency::EUR)
        .with_prices(PriceSeries::as_traded(columns(&[("2023-01-02", 10.0)])))
        .with_dividends(&[dividend("2023-05-05", "0.5")]);
    let market = market([("SIE.DE", euros)]);
    let ledger = Ledger::default().buy("2023-01-02", "SIE.DE", "4", "10").in_currency("EUR", Some("1.1"));
    let received = IncomeReceived::of(&ledger.books(&market, "2023-12-31"), None);
    assert_eq!((received.total.payments, received.total.inferred), (1, 1));
    assert!(matches!(received.total.net, Err(Reason::NoExchangeRate { .. })));
}

#[test]
fn yields_relate_the_last_twelve_months_to_price_and_cost() {
    // 0.24 is a year old to the day and does not count; 0.25 + 0.25 + 0.26 = 0.76 on 40 and on a cost of 20.
    let paid = ["2023-03-01", "2023-06-01", "2023-12-01", "2024-02-29"].map(date);
    let dividends: Vec<_> = paid
        .iter()
        .zip(["0.24", "0.25", "0.25", "0.26"])
        .map(|(day, amount)| dividend(&day.to_string(), amount))
        .collect();
    let data = quoted(&[("2023-01-02", 20.0), ("2024-02-28", 40.0)]).with_dividends(&dividends);
    let market = market([("AAPL", data)]);
    let books = Ledger::default().buy("2023-01-02", "AAPL", "10", "20").books(&market, "2024-03-01");
    let of = yield_of(&books, &market, "AAPL");
    assert_eq!(of.per_unit, Ok(decimal("0.76")));
    assert!(close(&of.trailing, 0.019) && close(&of.on_cost, 0.038) && close(&of.regular, 0.019));
    let all = PortfolioYield::of(&books, &market);
    assert_eq!(all.dividends, Ok(decimal("7.6")));
    assert!(close(&all.trailing, 0.019) && close(&all.on_cost, 0.038));
}

#[test]
fn splits_after_the_ex_date_divide_and_the_future_is_not_looked_at() {
    let data = quoted(&[("2023-01-02", 80.0), ("2023-08-01", 20.0)])
        .with_splits(&[split("2023-08-01", 4, 1)])
        .with_dividends(&[
            dividend("2023-06-01", "0.8"),
            dividend("2023-09-01", "0.3"),
            dividend("2023-12-01", "9"),
        ]);
    let market = market([("AAPL", data)]);
    let books = Ledger::default().buy("2023-01-02", "AAPL", "1", "80").books(&market, "2023-09-30");
    let of = yield_of(&books, &market, "AAPL");
    assert_eq!(of.per_unit, Ok(decimal("0.5")));
    assert!(close(&of.trailing, 0.025) && close(&of.on_cost, 0.025));
    let before = Ledger::default().buy("2023-01-02", "AAPL", "1", "80").books(&market, "2023-07-31");
    assert_eq!(yield_of(&before, &market, "AAPL").per_unit, Ok(decimal("0.8")));
}

#[test]
fn yield_on_cost_keeps_to_one_currency() {
    let mut rates = Rates::new();
    rates.insert(Currency::EUR, usd(), &columns(&[("2023-01-02", 2.0), ("2023-06-01", 1.0)]));
    let data = InstrumentData::new(Currency::EUR)
        .with_prices(PriceSeries::as_traded(columns(&[("2023-01-02", 50.0), ("2023-07-03", 40.0)])))
        .with_dividends(&[dividend("2023-06-01", "2")]);
    let market = market_with_rates(rates, [("SIE.DE", data)]);
    let ledger = Ledger::default().buy("2023-01-02", "SIE.DE", "3", "50").in_currency("EUR", None);
    let of = yield_of(&ledger.books(&market, "2023-12-31"), &market, "SIE.DE");
    assert!(close(&of.trailing, 0.05) && close(&of.on_cost, 0.04), "{of:?}");
}

#[test]
fn without_known_dividends_the_recorded_ones_make_the_history() {
    let market =
        market([("AAPL", quoted(&[("2023-01-02", 10.0)]).with_splits(&[split("2023-08-01", 2, 1)]))]);
    let ledger = Ledger::default().buy("2023-01-02", "AAPL", "4", "10").dividend("2023-06-15", "AAPL", "6");
    let books = ledger.books(&market, "2023-12-31");
    // 6 for 4 shares are 1.5, and after the split 0.75 on a price of 5.
    let of = yield_of(&books, &market, "AAPL");
    assert_eq!(of.per_unit, Ok(decimal("0.75")));
    assert!(close(&of.trailing, 0.15));
}

#[test]
fn what_was_sold_has_no_yield_on_cost() {
    let data = quoted(&[("2023-01-02", 10.0)]).with_dividends(&[dividend("2023-06-01", "1")]);
    let market = market([("AAPL", data)]);
    let ledger = Ledger::default().buy("2023-01-02", "AAPL", "4", "10").sell("2023-07-01", "AAPL", "4", "10");
    let of = yield_of(&ledger.books(&market, "2023-12-31"), &market, "AAPL");
    assert_eq!((of.on_cost, of.per_unit), (Err(Reason::NotHeld), Ok(decimal("1"))));
}

fn quarterly() -> InstrumentData {
    let paid: Vec<_> = (2020..=2023)
        .flat_map(|year| ["02", "05", "08", "11"].map(|month| (year, month)))
        .map(|(year, month)| dividend(&format!("{year}-{month}-10"), &format!("0.{}", 10 * (year - 2018))))
        .collect();
    let special = dividend("2022-12-20", "3");
    InstrumentData::new(usd()).with_dividends(&[paid, vec![special]].concat())
}

#[test]
fn a_dividend_of_more_than_twice_the_others_median_is_special() {
    let history = history(&quarterly(), "2023-12-31");
    let special: Vec<_> =
        history.paid.iter().filter(|paid| paid.is_special).map(|paid| paid.ex_date).collect();
    assert_eq!(special, [date("2022-12-20")]);
    assert_eq!(history.regular().count(), 16);
    // Beside two others only, nothing is called special.
    let few = InstrumentData::new(usd()).with_dividends(&[
        dividend("2023-01-10", "1"),
        dividend("2023-04-10", "1"),
        dividend("2023-07-10", "9"),
    ]);
    let few = DividendHistory::of_instrument(&few, &Rates::new(), date("2023-12-31")).expect("a history");
    assert!(few.paid.iter().all(|paid| !paid.is_special));
}

#[test]
fn growth_compares_complete_years_of_regular_dividends() {
    let growth = DividendGrowth::of(&history(&quarterly(), "2023-06-30")).expect("growth");
    let years: Vec<_> =
        growth.years.iter().map(|year| (year.year, year.regular.clone(), year.is_complete)).collect();
    assert_eq!(
        years,
        [
            (2020, Ok(decimal("0.8")), true),
            (2021, Ok(decimal("1.2")), true),
            (2022, Ok(decimal("1.6")), true),
            (2023, Ok(decimal("1.0")), false),
        ]
    );
    assert_eq!(growth.years[2].special, Ok(decimal("3")));
    assert!(close(&growth.years[1].growth, 0.5) && growth.years[3].growth.is_err());
    // 0.8 to 1.6 in two years: the root of two.
    assert!(close(&growth.annual, 2.0_f64.sqrt() - 1.0));
}

#[test]
fn a_first_year_with_fewer_payments_is_not_complete() {
    let growth = DividendGrowth::of(&history(&quarterly(), "2020-12-31")).expect("growth");
    assert!(growth.years[0].is_complete);
    let data = InstrumentData::new(usd()).with_dividends(&[
        dividend("2021-11-10", "1"),
        dividend("2022-05-10", "1"),
        dividend("2022-11-10", "1"),
        dividend("2023-05-10", "1.5"),
        dividend("2023-11-10", "1.5"),
    ]);
    let growth = DividendGrowth::of(&history(&data, "2023-12-31")).expect("growth");
    assert!(!growth.years[0].is_complete && close(&growth.annual, 0.5));
    assert_eq!(DividendGrowth::of(&history(&data, "2021-01-01")), Err(Reason::NoDividends));
}
