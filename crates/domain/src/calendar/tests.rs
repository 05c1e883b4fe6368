//! What the calendars say, held against what happened and what the venues publish.

#![allow(clippy::unwrap_used)]

use chrono::{Datelike, Days, TimeDelta};
use proptest::prelude::*;

use super::*;

mod elsewhere;
mod london;
mod new_york;

fn date(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn days_of(year: i32) -> impl Iterator<Item = NaiveDate> {
    NaiveDate::from_yo_opt(year, 1).unwrap().iter_days().take_while(move |day| day.year() == year)
}

/// The days of a year on which a holiday closes the venue, as `01-15 07-04`.
fn closures(exchange: Exchange, year: i32) -> String {
    spelled(days_of(year).filter(|&day| exchange.holiday(day).is_some()))
}

/// The half days of a year, in the same form.
fn half_days(exchange: Exchange, year: i32) -> String {
    spelled(days_of(year).filter(|&day| exchange.is_half_day(day)))
}

fn spelled(days: impl Iterator<Item = NaiveDate>) -> String {
    days.map(|day| day.format("%m-%d").to_string()).collect::<Vec<_>>().join(" ")
}

/// Opening and closing time of a session on the venue's own clocks.
fn local_hours(exchange: Exchange, day: &str) -> String {
    let session = exchange.session(date(day)).unwrap();
    let clock = |instant: DateTime<Utc>| instant.with_timezone(&exchange.zone()).format("%H:%M").to_string();
    format!("{}-{}", clock(session.opens), clock(session.closes))
}

#[test]
fn friday_is_the_last_session_all_weekend() {
    for moment in ["2024-11-29T18:00:00Z", "2024-12-01T12:00:00Z", "2024-12-02T14:29:59Z"] {
        let MarketStatus::Closed { last, next } = Exchange::NewYork.status(at(moment)) else {
            panic!("open at {moment}");
        };
        assert_eq!((last.date, next.date), (date("2024-11-29"), date("2024-12-02")), "{moment}");
    }
}

#[test]
fn the_opening_instant_is_open_and_the_closing_instant_is_not() {
    let session = Exchange::London.session(date("2024-07-01")).unwrap();
    assert_eq!((session.opens, session.closes), (at("2024-07-01T07:00:00Z"), at("2024-07-01T15:30:00Z")));

    assert_eq!(Exchange::London.status(session.opens), MarketStatus::Open { session });
    assert_eq!(
        Exchange::London.status(session.closes - TimeDelta::nanoseconds(1)),
        MarketStatus::Open { session }
    );
    assert!(!Exchange::London.status(session.closes).is_open());
    assert!(!Exchange::London.status(session.opens - TimeDelta::nanoseconds(1)).is_open());
}

#[test]
fn a_session_follows_the_clocks_of_its_venue_through_summer_time() {
    let opens = |day| Exchange::NewYork.session(date(day)).unwrap().opens;
    assert_eq!(opens("2024-03-08"), at("2024-03-08T14:30:00Z"));
    assert_eq!(opens("2024-03-11"), at("2024-03-11T13:30:00Z"));
    assert_eq!(opens("2024-11-04"), at("2024-11-04T14:30:00Z"));
}

#[test]
fn the_local_date_is_that_of_the_venue() {
    let evening = at("2024-05-06T23:30:00Z");
    assert_eq!(Exchange::NewYork.local_date(evening), date("2024-05-06"));
    assert_eq!(Exchange::Currency.local_date(evening), date("2024-05-07"));
    assert_eq!(Exchange::Tokyo.local_date(evening), date("2024-05-07"));
    assert_eq!(Exchange::Crypto.local_date(evening), date("2024-05-06"));
}

#[test]
fn a_holiday_has_a_name_and_a_weekend_has_none() {
    assert_eq!(Exchange::NewYork.holiday(date("2021-07-05")), Some("Independence Day"));
    assert_eq!(Exchange::NewYork.holiday(date("2021-07-04")), None);
    assert_eq!(Exchange::NewYork.holiday(date("2021-07-06")), None);
    assert_eq!(Exchange::Kuwait.holiday(date("2024-02-25")), Some("National Day"));
}

#[test]
fn trading_days_include_both_ends() {
    let days = |from, to| Exchange::NewYork.trading_days(date(from), date(to)).collect::<Vec<_>>();
    assert_eq!(
        days("2024-07-03", "2024-07-08"),
        [date("2024-07-03"), date("2024-07-05"), date("2024-07-08")]
    );
    assert_eq!(days("2024-07-04", "2024-07-04"), []);
    assert_eq!(days("2024-07-08", "2024-07-03"), []);
    assert_eq!(Exchange::NewYork.trading_days(date("2024-01-01"), date("2024-12-31")).count(), 252);
}

#[test]
fn the_neighbours_of_a_holiday_are_found() {
    let new_york = Exchange::NewYork;
    assert_eq!(new_york.previous_trading_day(date("2024-12-26")), date("2024-12-24"));
    assert_eq!(new_york.next_trading_day(date("2024-12-24")), date("2024-12-26"));
    assert_eq!(new_york.trading_day_on_or_before(date("2024-12-25")), date("2024-12-24"));
    assert_eq!(new_york.trading_day_on_or_before(date("2024-12-24")), date("2024-12-24"));
}

#[test]
fn the_ends_of_time_are_no_trap() {
    for exchange in Exchange::ALL {
        for day in [NaiveDate::MIN, NaiveDate::MAX] {
            let _ = (exchange.session(day), exchange.holiday(day), exchange.is_half_day(day));
            assert!(exchange.previous_trading_day(day) <= day && exchange.next_trading_day(day) >= day);
            assert!(exchange.trading_days(day, day).count() <= 1);
        }
        for moment in [DateTime::<Utc>::MIN_UTC, DateTime::<Utc>::MAX_UTC] {
            let _ = (exchange.local_date(moment), exchange.status(moment));
        }
    }
}

#[test]
fn each_session_ends_before_the_next_begins_and_not_after_its_own_midnight() {
    for exchange in Exchange::ALL {
        let mut before: Option<Session> = None;
        for day in exchange.trading_days(date("1997-01-01"), date("2036-12-31")) {
            let session = exchange.session(day).unwrap();
            assert!(session.opens < session.closes, "{exchange} {day}");
            assert!(
                exchange.local_date(session.closes - TimeDelta::nanoseconds(1)) <= day,
                "{exchange} {day}"
            );
            assert!(before.is_none_or(|b| b.closes <= session.opens), "{exchange} {day}");
            assert_eq!(session.half_day, exchange.is_half_day(day), "{exchange} {day}");
            before = Some(session);
        }
    }
}

#[test]
fn a_session_keeps_its_instants_in_json() {
    let session = Exchange::Crypto.session(date("2024-02-29")).unwrap();
    let json = serde_json::to_string(&session).unwrap();
    assert_eq!(
        json,
        r#"{"date":"2024-02-29","opens":"2024-02-29T00:00:00Z","closes":"2024-03-01T00:00:00Z","half_day":false}"#
    );
    assert_eq!(serde_json::from_str::<Session>(&json).unwrap(), session);
}

fn any_exchange() -> impl Strategy<Value = Exchange> {
    prop::sample::select(&Exchange::ALL[..])
}

/// A date from 1990 to 2049.
fn any_date() -> impl Strategy<Value = NaiveDate> {
    (0..21_915u64).prop_map(|days| date("1990-01-01") + Days::new(days))
}

proptest! {
    #[test]
    fn previous_and_next_are_inverse_on_trading_days(exchange in any_exchange(), day in any_date()) {
        let trading_day = exchange.trading_day_on_or_before(day);

        prop_assert!(trading_day <= day && exchange.is_trading_day(trading_day));
        prop_assert_eq!(exchange.previous_trading_day(exchange.next_trading_day(trading_day)), trading_day);
        prop_assert_eq!(exchange.next_trading_day(exchange.previous_trading_day(trading_day)), trading_day);
    }

    #[test]
    fn no_trading_day_lies_between_neighbours(exchange in any_exchange(), day in any_date()) {
        let (before, after) = (exchange.previous_trading_day(day), exchange.next_trading_day(day));

        let between = exchange.trading_days(before, after).filter(|&d| d != before && d != after && d != day);
        prop_assert_eq!(between.count(), 0);
        prop_assert!(before < day && day < after);
    }

    #[test]
    fn a_day_is_trading_weekend_or_holiday_and_only_one_of_them(exchange in any_exchange(), day in any_date()) {
        let trading = exchange.is_trading_day(day);

        prop_assert_eq!(trading, exchange.session(day).is_some());
        prop_assert!(!(trading && exchange.holiday(day).is_some()));
        prop_assert!(trading || !exchange.is_half_day(day));
    }

    #[test]
    fn the_status_agrees_with_the_sessions(exchange in any_exchange(), day in any_date(), minute in 0..1_440i64) {
        let moment = day.and_time(chrono::NaiveTime::MIN).and_utc() + TimeDelta::minutes(minute);

        match exchange.status(moment) {
            MarketStatus::Open { session } => {
                prop_assert!(session.contains(moment));
                prop_assert_eq!(exchange.session(session.date), Some(session));
            }
            MarketStatus::Closed { last, next } => {
                prop_assert!(last.closes <= moment && moment < next.opens);
                prop_assert_eq!(exchange.session(last.date), Some(last));
                prop_assert_eq!(exchange.next_trading_day(last.date), next.date);
                let around = [day.pred_opt(), Some(day), day.succ_opt()].into_iter().flatten();
                let open = around.filter_map(|d| exchange.session(d)).any(|s| s.contains(moment));
                prop_assert!(!open);
            }
        }
    }
}
