//! London against the bank holidays of England and Wales.

use super::*;

#[test]
fn the_published_bank_holidays_are_met() {
    for (year, closed) in [
        (1995, "01-02 04-14 04-17 05-08 05-29 08-28 12-25 12-26"),
        (1999, "01-01 04-02 04-05 05-03 05-31 08-30 12-27 12-28 12-31"),
        (2000, "01-03 04-21 04-24 05-01 05-29 08-28 12-25 12-26"),
        (2002, "01-01 03-29 04-01 05-06 06-03 06-04 08-26 12-25 12-26"),
        (2011, "01-03 04-22 04-25 04-29 05-02 05-30 08-29 12-26 12-27"),
        (2012, "01-02 04-06 04-09 05-07 06-04 06-05 08-27 12-25 12-26"),
        (2020, "01-01 04-10 04-13 05-08 05-25 08-31 12-25 12-28"),
        (2021, "01-01 04-02 04-05 05-03 05-31 08-30 12-27 12-28"),
        (2022, "01-03 04-15 04-18 05-02 06-02 06-03 08-29 09-19 12-26 12-27"),
        (2023, "01-02 04-07 04-10 05-01 05-08 05-29 08-28 12-25 12-26"),
        (2024, "01-01 03-29 04-01 05-06 05-27 08-26 12-25 12-26"),
        (2025, "01-01 04-18 04-21 05-05 05-26 08-25 12-25 12-26"),
        (2026, "01-01 04-03 04-06 05-04 05-25 08-31 12-25 12-28"),
        (2027, "01-01 03-26 03-29 05-03 05-31 08-30 12-27 12-28"),
    ] {
        assert_eq!(closures(Exchange::London, year), closed, "{year}");
    }
}

#[test]
fn the_last_days_before_christmas_and_new_year_end_at_half_past_twelve() {
    assert_eq!(half_days(Exchange::London, 2024), "12-24 12-31");
    assert_eq!(half_days(Exchange::London, 2022), "12-23 12-30");
    assert_eq!(local_hours(Exchange::London, "2024-12-24"), "08:00-12:30");
    assert_eq!(local_hours(Exchange::London, "2024-12-27"), "08:00-16:30");
}

#[test]
fn the_market_opens_at_eight_since_september_1999() {
    assert_eq!(local_hours(Exchange::London, "1999-09-17"), "09:00-16:30");
    assert_eq!(local_hours(Exchange::London, "1999-09-20"), "08:00-16:30");
}
