//! The other venues against the lists they published.

use super::*;

#[test]
fn the_published_closures_of_2025_are_met() {
    for (exchange, closed, half) in [
        (Exchange::Xetra, "01-01 04-18 04-21 05-01 12-24 12-25 12-26 12-31", "12-30"),
        (Exchange::Paris, "01-01 04-18 04-21 05-01 12-25 12-26", "12-24 12-31"),
        (Exchange::Amsterdam, "01-01 04-18 04-21 05-01 12-25 12-26", "12-24 12-31"),
        (Exchange::Milan, "01-01 04-18 04-21 05-01 08-15 12-24 12-25 12-26 12-31", ""),
        (Exchange::Copenhagen, "01-01 04-17 04-18 04-21 05-29 05-30 06-05 06-09 12-24 12-25 12-26 12-31", ""),
        (Exchange::Oslo, "01-01 04-17 04-18 04-21 05-01 05-29 06-09 12-24 12-25 12-26 12-31", "04-16"),
        (
            Exchange::Stockholm,
            "01-01 01-06 04-18 04-21 05-01 05-29 06-06 06-20 12-24 12-25 12-26 12-31",
            "04-17 04-30 05-28 10-31",
        ),
        (Exchange::Zurich, "01-01 01-02 04-18 04-21 05-01 05-29 06-09 08-01 12-24 12-25 12-26 12-31", ""),
        (Exchange::Toronto, "01-01 02-17 04-18 05-19 07-01 08-04 09-01 10-13 12-25 12-26", "12-24"),
        (Exchange::Sydney, "01-01 01-27 04-18 04-21 04-25 06-09 12-25 12-26", "12-24 12-31"),
        (
            Exchange::HongKong,
            "01-01 01-29 01-30 01-31 04-04 04-18 04-21 05-01 05-05 07-01 10-01 10-07 10-29 12-25 12-26",
            "01-28 12-24 12-31",
        ),
        (
            Exchange::Tokyo,
            "01-01 01-02 01-03 01-13 02-11 02-24 03-20 04-29 05-05 05-06 \
             07-21 08-11 09-15 09-23 10-13 11-03 11-24 12-31",
            "",
        ),
        (Exchange::Johannesburg, "01-01 03-21 04-18 04-21 04-28 05-01 06-16 09-24 12-16 12-25 12-26", ""),
        (Exchange::India, "04-14 04-18 05-01 08-15 10-02 12-25", ""),
        (Exchange::Kuwait, "01-01 02-25 02-26", ""),
        (Exchange::Currency, "", ""),
        (Exchange::Crypto, "", ""),
        (Exchange::Futures, "01-01 04-18 12-25", "01-20 02-17 05-26 06-19 07-04 09-01 11-27 11-28 12-24"),
    ] {
        assert_eq!(closures(exchange, 2025), closed, "{exchange}");
        assert_eq!(half_days(exchange, 2025), half, "{exchange}");
    }
}

#[test]
fn sessions_keep_local_hours() {
    for (exchange, day, hours) in [
        (Exchange::Xetra, "2024-06-03", "09:00-17:30"),
        (Exchange::Xetra, "2002-06-03", "09:00-20:00"),
        (Exchange::Xetra, "2024-12-30", "09:00-14:00"),
        (Exchange::Paris, "2024-12-24", "09:00-14:05"),
        (Exchange::Copenhagen, "2024-06-03", "09:00-17:00"),
        (Exchange::Oslo, "2024-06-03", "09:00-16:20"),
        (Exchange::Oslo, "2010-06-03", "09:00-17:20"),
        (Exchange::Stockholm, "2025-04-17", "09:00-13:00"),
        (Exchange::Toronto, "2024-06-03", "09:30-16:00"),
        (Exchange::Sydney, "2024-06-03", "10:00-16:00"),
        (Exchange::HongKong, "2010-06-03", "10:00-16:00"),
        (Exchange::HongKong, "2024-06-03", "09:30-16:00"),
        (Exchange::HongKong, "2024-12-24", "09:30-12:00"),
        (Exchange::Tokyo, "2024-11-01", "09:00-15:00"),
        (Exchange::Tokyo, "2024-11-05", "09:00-15:30"),
        (Exchange::India, "2024-06-03", "09:15-15:30"),
        (Exchange::Johannesburg, "2024-06-03", "09:00-17:00"),
        (Exchange::TelAviv, "2025-06-08", "10:00-15:40"),
        (Exchange::TelAviv, "2025-06-09", "10:00-17:15"),
        (Exchange::TelAviv, "2026-01-09", "10:00-13:50"),
        (Exchange::Kuwait, "2025-10-09", "09:00-12:30"),
        (Exchange::Kuwait, "2025-10-12", "09:00-13:00"),
    ] {
        assert_eq!(local_hours(exchange, day), hours, "{exchange} {day}");
    }
}

#[test]
fn tel_aviv_kept_its_published_schedule() {
    for (year, closed) in [
        (
            2015,
            "03-05 03-17 04-09 04-22 04-23 05-24 07-26 09-13 09-14 09-15 09-22 09-23 09-27 09-28 10-04 10-05",
        ),
        (
            2018,
            "03-01 04-05 04-18 04-19 05-20 07-22 09-09 09-10 09-11 09-18 09-19 09-23 09-24 09-30 10-01 10-30",
        ),
        (
            2019,
            "03-21 04-09 04-25 05-08 05-09 06-09 08-11 09-17 09-29 09-30 10-01 10-08 10-09 10-13 10-14 10-20 10-21",
        ),
    ] {
        assert_eq!(closures(Exchange::TelAviv, year), closed, "{year}");
    }
    assert_eq!(half_days(Exchange::TelAviv, 2018), "04-01 04-02 04-03 04-04 09-25 09-26 09-27");
}

#[test]
fn tel_aviv_moved_its_week_in_january_2026() {
    let week: Vec<_> = Exchange::TelAviv.trading_days(date("2025-12-28"), date("2026-01-11")).collect();
    let expected = ["12-28", "12-29", "12-30", "12-31", "01-01", "01-05", "01-06", "01-07", "01-08", "01-09"];
    assert_eq!(spelled(week.into_iter()), expected.join(" "));
}

#[test]
fn tel_aviv_closes_on_the_friday_before_a_sunday_feast() {
    // Yom Kippur Eve was Sunday, 20 September 2026.
    assert!(!Exchange::TelAviv.is_trading_day(date("2026-09-18")));
    assert!(Exchange::TelAviv.is_trading_day(date("2026-09-17")));
}

#[test]
fn a_week_in_kuwait_runs_from_sunday_to_thursday() {
    let week: Vec<_> = Exchange::Kuwait.trading_days(date("2024-06-01"), date("2024-06-09")).collect();
    assert_eq!(spelled(week.into_iter()), "06-02 06-03 06-04 06-05 06-06 06-09");
}

#[test]
fn japan_makes_up_for_sundays_and_bridges_single_days() {
    let tokyo = Exchange::Tokyo;
    // Constitution Day on a Sunday: made up after the whole run since 2007, not before.
    assert_eq!(tokyo.holiday(date("2009-05-06")), Some("Substitute Holiday"));
    assert_eq!(tokyo.holiday(date("1998-05-04")), Some("Substitute Holiday"));
    assert!(tokyo.is_trading_day(date("1998-05-06")));
    // Between Respect for the Aged Day and the equinox.
    assert_eq!(tokyo.holiday(date("2015-09-22")), Some("Citizens' Holiday"));
    // The ten days of the accession.
    assert_eq!(tokyo.next_trading_day(date("2019-04-26")), date("2019-05-07"));
}

#[test]
fn the_olympic_games_moved_three_japanese_holidays() {
    assert_eq!(
        closures(Exchange::Tokyo, 2021),
        "01-01 01-11 02-11 02-23 04-29 05-03 05-04 05-05 07-22 07-23 08-09 09-20 09-23 11-03 11-23 12-31"
    );
}

#[test]
fn lunar_holidays_of_hong_kong_follow_their_rules() {
    let hong_kong = Exchange::HongKong;
    // Ching Ming met Easter Monday.
    assert_eq!(hong_kong.holiday(date("2021-04-06")), Some("Ching Ming Festival"));
    // New Year's Day was a Saturday, the second day a Sunday: the eve was free until 2012, the fourth day since.
    assert_eq!(hong_kong.holiday(date("2003-01-31")), Some("Lunar New Year"));
    assert_eq!(hong_kong.holiday(date("2024-02-13")), Some("Lunar New Year"));
    assert!(hong_kong.is_half_day(date("2024-02-09")));
    // The day after Mid-Autumn was National Day in 2012 and a Sunday in 2022.
    assert_eq!(hong_kong.holiday(date("2012-10-02")), Some("Day after Mid-Autumn Festival"));
    assert_eq!(hong_kong.holiday(date("2022-09-12")), Some("Day after Mid-Autumn Festival"));
    assert_eq!(hong_kong.holiday(date("2023-09-08")), Some("Black rainstorm"));
}

#[test]
fn currencies_trade_from_monday_to_friday_evening_in_london_days() {
    let friday = Exchange::Currency.session(date("2024-07-05")).unwrap();
    assert_eq!((friday.opens, friday.closes), (at("2024-07-04T23:00:00Z"), at("2024-07-05T21:00:00Z")));
    assert!(Exchange::Currency.status(at("2024-12-25T12:00:00Z")).is_open());
    assert!(!Exchange::Currency.status(at("2024-07-06T12:00:00Z")).is_open());
}

#[test]
fn crypto_never_closes() {
    for moment in ["2024-12-25T00:00:00Z", "2024-12-28T23:59:59Z", "2024-12-29T00:00:00Z"] {
        assert!(Exchange::Crypto.status(at(moment)).is_open(), "{moment}");
    }
}

#[test]
fn the_session_of_a_future_opens_on_the_evening_before() {
    let MarketStatus::Open { session } = Exchange::Futures.status(at("2024-07-07T22:00:00Z")) else {
        panic!("closed on Sunday evening");
    };
    assert_eq!(session.date, date("2024-07-08"));
    assert!(!Exchange::Futures.status(at("2024-07-08T21:30:00Z")).is_open(), "the daily pause");
    assert!(!Exchange::Futures.status(at("2024-07-05T22:30:00Z")).is_open(), "Friday evening");
}
