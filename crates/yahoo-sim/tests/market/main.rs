//! The market and the demonstration's ledger, as a library.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

mod demo;
mod history;
mod plausible;

use bellwether_domain::{Exchange, Symbol};
use chrono::NaiveDate;

/// A date.
fn day(year: i32, month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, day).expect("a date")
}

/// A symbol.
fn symbol(text: &str) -> Symbol {
    text.parse().expect("a symbol")
}

/// A trading day of New York, so many after another.
fn sessions_after(date: NaiveDate, count: usize) -> NaiveDate {
    (0..count).fold(date, |date, _| Exchange::NewYork.next_trading_day(date))
}
