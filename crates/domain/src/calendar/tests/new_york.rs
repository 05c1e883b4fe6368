//! New York against its own trades from 2000 to 2013 and its published lists.

use std::collections::BTreeSet;

use super::*;

/// The weekdays from 2000-03-01 to 2013-03-01 without a trade in IBM, AAPL or MSFT, from prices in the public domain.
const WITHOUT_TRADES: &str = include_str!("../nyse_closed_weekdays_2000_2013.txt");

#[test]
fn thirteen_years_of_trades_agree_with_the_rules_to_the_day() {
    let without_trades: BTreeSet<NaiveDate> = WITHOUT_TRADES.lines().map(date).collect();
    assert_eq!(without_trades.len(), 123);

    let days = date("2000-03-01").iter_days().take_while(|day| *day <= date("2013-03-01"));
    let weekdays = days.filter(|day| day.weekday().num_days_from_monday() < 5);
    let closed: BTreeSet<NaiveDate> =
        weekdays.filter(|&day| !Exchange::NewYork.is_trading_day(day)).collect();

    assert_eq!(closed, without_trades);
    assert_eq!(Exchange::NewYork.trading_days(date("2000-03-01"), date("2013-03-01")).count(), 3_270);
}

#[test]
fn the_published_lists_of_recent_years_are_met() {
    for (year, closed, half) in [
        (2024, "01-01 01-15 02-19 03-29 05-27 06-19 07-04 09-02 11-28 12-25", "07-03 11-29 12-24"),
        (2025, "01-01 01-09 01-20 02-17 04-18 05-26 06-19 07-04 09-01 11-27 12-25", "07-03 11-28 12-24"),
        (2026, "01-01 01-19 02-16 04-03 05-25 06-19 07-03 09-07 11-26 12-25", "11-27 12-24"),
        (2027, "01-01 01-18 02-15 03-26 05-31 06-18 07-05 09-06 11-25 12-24", "11-26"),
        (2028, "01-17 02-21 04-14 05-29 06-19 07-04 09-04 11-23 12-25", "07-03 11-24"),
    ] {
        assert_eq!(closures(Exchange::NewYork, year), closed, "{year}");
        assert_eq!(half_days(Exchange::NewYork, year), half, "{year}");
    }
}

#[test]
fn the_half_days_since_1990_are_those_of_its_history() {
    for (year, half) in [
        (1990, "12-24"),
        (1991, "12-24"),
        (1992, "11-27 12-24"),
        (1993, "11-26"),
        (1994, "02-11 11-25"),
        (1995, "07-03 11-24"),
        (1996, "01-08 07-05 11-29 12-24"),
        (1997, "07-03 11-28 12-24 12-26"),
        (1998, "11-27 12-24"),
        (1999, "11-26 12-31"),
        (2000, "07-03 11-24"),
        (2001, "07-03 11-23 12-24"),
        (2002, "07-05 11-29 12-24"),
        (2003, "07-03 11-28 12-24 12-26"),
        (2004, "11-26"),
        (2005, "11-25"),
        (2006, "07-03 11-24"),
        (2007, "07-03 11-23 12-24"),
        (2008, "07-03 11-28 12-24"),
        (2009, "11-27 12-24"),
        (2010, "11-26"),
        (2011, "11-25"),
        (2012, "07-03 11-23 12-24"),
        (2013, "07-03 11-29 12-24"),
        (2014, "07-03 11-28 12-24"),
        (2015, "11-27 12-24"),
        (2016, "11-25"),
        (2017, "07-03 11-24"),
        (2018, "07-03 11-23 12-24"),
        (2019, "07-03 11-29 12-24"),
        (2020, "11-27 12-24"),
    ] {
        assert_eq!(half_days(Exchange::NewYork, year), half, "{year}");
    }
}

#[test]
fn a_half_day_ended_at_two_until_1992_and_at_one_since() {
    assert_eq!(local_hours(Exchange::NewYork, "1992-11-27"), "09:30-14:00");
    assert_eq!(local_hours(Exchange::NewYork, "1993-11-26"), "09:30-13:00");
    assert_eq!(local_hours(Exchange::NewYork, "1994-02-11"), "09:30-14:30");
    assert_eq!(local_hours(Exchange::NewYork, "2024-07-05"), "09:30-16:00");
}

#[test]
fn a_new_years_day_on_a_saturday_is_not_made_up() {
    for friday in ["1993-12-31", "1999-12-31", "2004-12-31", "2010-12-31", "2021-12-31", "2027-12-31"] {
        assert!(Exchange::NewYork.is_trading_day(date(friday)), "{friday}");
    }
    assert!(!Exchange::NewYork.is_trading_day(date("2023-01-02")));
}

#[test]
fn holidays_begin_in_their_first_year() {
    assert!(Exchange::NewYork.is_trading_day(date("1997-01-20")));
    assert!(!Exchange::NewYork.is_trading_day(date("1998-01-19")));
    assert!(Exchange::NewYork.is_trading_day(date("2020-06-19")));
    assert_eq!(Exchange::NewYork.holiday(date("2022-06-20")), Some("Juneteenth"));
}

#[test]
fn the_exchange_stood_still_on_days_that_no_rule_foresees() {
    for day in [
        "1994-04-27",
        "2001-09-11",
        "2001-09-14",
        "2004-06-11",
        "2007-01-02",
        "2012-10-29",
        "2012-10-30",
        "2018-12-05",
        "2025-01-09",
    ] {
        assert!(Exchange::NewYork.holiday(date(day)).is_some(), "{day}");
    }
    assert_eq!(Exchange::NewYork.next_trading_day(date("2001-09-10")), date("2001-09-17"));
}
