use std::collections::BTreeMap;

use bellwether_domain::{CashDividend, Symbol};

use super::*;
use crate::testing::{Ledger, date, decimal, dividend, market, quoted, split, symbol};
use crate::{InstrumentData, Market, Reason};

fn none() -> BTreeMap<Symbol, Vec<CashDividend>> {
    BTreeMap::new()
}

/// Quarterly in the middle of February, May, August and November, from 0.20 to 0.23.
fn payer() -> InstrumentData {
    let paid =
        [("2023-02-09", "0.20"), ("2023-05-11", "0.21"), ("2023-08-10", "0.22"), ("2023-11-16", "0.23")];
    quoted(&[("2023-01-02", 10.0)]).with_dividends(&paid.map(|(day, amount)| dividend(day, amount)))
}

fn books(market: &Market, as_of: &str) -> Books {
    Ledger::default().buy("2023-01-02", "KO", "100", "10").books(market, as_of)
}

fn days(calendar: &DividendCalendar) -> Vec<(String, bool)> {
    calendar.coming.iter().map(|coming| (coming.ex_date.to_string(), coming.is_estimate)).collect()
}

#[test]
fn the_next_year_repeats_the_last_one_s_days_at_the_newest_amount() {
    let market = market([("KO", payer())]);
    let calendar = DividendCalendar::new(&books(&market, "2023-12-31"), &market, &none());
    let expected = ["2024-02-09", "2024-05-11", "2024-08-10", "2024-11-16"].map(|day| (day.to_owned(), true));
    assert_eq!(days(&calendar), expected);
    let first = &calendar.coming[0];
    assert_eq!(
        (first.per_unit, first.units, first.amount.clone()),
        (decimal("0.23"), decimal("100"), Ok(decimal("23")))
    );
    assert_eq!((first.earliest, first.latest), (date("2024-01-26"), date("2024-02-23")));
    assert_eq!((&calendar.total, &calendar.declared), (&Ok(decimal("92")), &Ok(decimal("0"))));
    assert_eq!(calendar.by_month[1], ((2024, 5), Ok(decimal("23"))));
}

#[test]
fn a_declared_dividend_takes_the_place_of_its_forecast_and_sets_the_amount() {
    let declared = payer().with_dividends(&[payer().dividends(), &[dividend("2024-02-12", "0.25")]].concat());
    let market = market([("KO", declared)]);
    let books = books(&market, "2023-12-31");
    let known = declared_dividends(&books, &market);
    let calendar = DividendCalendar::new(&books, &market, &known);
    let expected = [("2024-02-12", false), ("2024-05-11", true), ("2024-08-10", true), ("2024-11-16", true)];
    assert_eq!(days(&calendar), expected.map(|(day, estimate)| (day.to_owned(), estimate)));
    assert_eq!((calendar.total, calendar.declared), (Ok(decimal("100")), Ok(decimal("25"))));
    // On a day in the past it was not known.
    let then = DividendCalendar::new(&books, &market, &none());
    assert_eq!(then.total, Ok(decimal("92")));
}

#[test]
fn a_declared_special_stands_beside_the_forecast() {
    let market = market([("KO", payer())]);
    let books = books(&market, "2023-12-31");
    let special = BTreeMap::from([(symbol("KO"), vec![dividend("2024-02-12", "2")])]);
    let calendar = DividendCalendar::new(&books, &market, &special);
    assert_eq!(calendar.coming.len(), 5);
    let found: Vec<_> = calendar.coming.iter().filter(|coming| coming.is_special).collect();
    assert_eq!((found.len(), found[0].ex_date, found[0].is_estimate), (1, date("2024-02-12"), false));
    assert_eq!(calendar.total, Ok(decimal("292")));
}

#[test]
fn an_expected_day_that_has_passed_is_expected_from_tomorrow_on_until_it_has_stopped() {
    let market = market([("KO", payer())]);
    let late = DividendCalendar::new(&books(&market, "2024-02-15"), &market, &none());
    assert_eq!((late.coming[0].ex_date, late.coming[0].latest), (date("2024-02-16"), date("2024-02-23")));
    let stopped = DividendCalendar::new(&books(&market, "2024-02-23"), &market, &none());
    assert_eq!(stopped.coming, []);
    assert_eq!(stopped.without_forecast, [(symbol("KO"), Reason::NoDividendPattern)]);
    assert_eq!(stopped.total, Ok(decimal("0")));
}

#[test]
fn amounts_are_those_of_today_s_units_and_only_what_is_held_pays() {
    let data = payer().with_splits(&[split("2023-12-01", 2, 1)]);
    let market = market([("KO", data), ("GONE", payer()), ("NEW", quoted(&[("2023-01-02", 1.0)]))]);
    let ledger = Ledger::default()
        .buy("2023-01-02", "KO", "100", "10")
        .buy("2023-01-02", "GONE", "1", "10")
        .sell("2023-03-01", "GONE", "1", "10")
        .buy("2023-03-01", "NEW", "1", "1");
    let calendar = DividendCalendar::new(&ledger.books(&market, "2023-12-31"), &market, &none());
    assert_eq!((calendar.coming[0].per_unit, calendar.coming[0].units), (decimal("0.115"), decimal("200")));
    assert_eq!(calendar.total, Ok(decimal("92")));
    assert_eq!(calendar.without_forecast, [(symbol("NEW"), Reason::NoDividends)]);
}

#[test]
fn the_middle_gap_tells_how_often_dividends_come() {
    let of = |days: &[&str]| DividendFrequency::of(&days.iter().map(|day| date(day)).collect::<Vec<_>>());
    assert_eq!(of(&["2024-01-02", "2024-01-09", "2024-01-16"]), Some(DividendFrequency::Weekly));
    assert_eq!(of(&["2024-01-31", "2024-02-28", "2024-03-28"]), Some(DividendFrequency::Monthly));
    assert_eq!(of(&["2024-02-09", "2024-05-10", "2024-08-12"]), Some(DividendFrequency::Quarterly));
    assert_eq!(of(&["2023-03-20", "2023-09-20", "2024-03-20"]), Some(DividendFrequency::HalfYearly));
    assert_eq!(of(&["2022-05-09", "2023-05-08"]), Some(DividendFrequency::Yearly));
    assert_eq!(of(&["2022-05-09", "2022-07-01"]), None);
    assert_eq!(of(&["2022-05-09"]), None);
}

#[test]
fn monthly_payers_pay_twelve_times_and_yearly_ones_once() {
    let monthly: Vec<_> = (1..=12).map(|month| dividend(&format!("2023-{month:02}-28"), "0.1")).collect();
    let yearly = [dividend("2022-05-09", "4"), dividend("2023-05-08", "5")];
    let market = market([
        ("O", quoted(&[("2023-01-02", 10.0)]).with_dividends(&monthly)),
        ("SIE", quoted(&[("2023-01-02", 10.0)]).with_dividends(&yearly)),
    ]);
    let ledger = Ledger::default().buy("2023-01-02", "O", "1", "10").buy("2023-01-02", "SIE", "1", "10");
    let calendar = DividendCalendar::new(&ledger.books(&market, "2023-12-31"), &market, &none());
    let of = |name: &str| calendar.coming.iter().filter(|coming| coming.symbol.as_str() == name).count();
    assert_eq!((of("O"), of("SIE")), (12, 1));
    assert_eq!(calendar.total, Ok(decimal("6.2")));
}
