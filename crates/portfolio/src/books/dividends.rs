//! Which of an instrument's known dividends the ledger records already.

use std::collections::BTreeMap;

use bellwether_domain::{Booking, CashDividend, Transaction};
use chrono::{NaiveDate, TimeDelta};

/// A payment may be recorded so many days before the ex-date that sources name.
const EARLY_DAYS: i64 = 3;
/// A payment follows its ex-date within so many days.
const LATE_DAYS: i64 = 100;

/// The known dividends that no recorded dividend or reinvestment matches.
///
/// Each recorded payment, oldest first, takes the latest ex-date that is still free, from a hundred days before its
/// own date to three days after it. Payments of one day in several accounts are one payment.
pub(super) fn unrecorded<'a>(
    known: &'a [CashDividend],
    bookings: &[&Transaction],
) -> impl Iterator<Item = &'a CashDividend> {
    let mut ex_dates: Vec<NaiveDate> = known.iter().map(|dividend| dividend.ex_date).collect();
    ex_dates.dedup();
    let mut taken = vec![false; ex_dates.len()];
    for (date, payments) in payments_by_day(bookings) {
        for _ in 0..payments {
            let until = date.checked_add_signed(TimeDelta::days(EARLY_DAYS)).unwrap_or(date);
            let from = date.checked_sub_signed(TimeDelta::days(LATE_DAYS)).unwrap_or(date);
            let past = ex_dates.partition_point(|ex_date| *ex_date <= until);
            let free =
                (0..past).rev().take_while(|index| ex_dates[*index] >= from).find(|index| !taken[*index]);
            if let Some(index) = free {
                taken[index] = true;
            }
        }
    }
    known
        .iter()
        .filter(move |dividend| ex_dates.binary_search(&dividend.ex_date).is_ok_and(|index| !taken[index]))
}

/// How many payments each day records: the most that one account has.
fn payments_by_day(bookings: &[&Transaction]) -> Vec<(NaiveDate, usize)> {
    let mut by_account: BTreeMap<(NaiveDate, &str), usize> = BTreeMap::new();
    for booking in bookings {
        if matches!(booking.booking, Booking::Dividend { .. } | Booking::Reinvestment { .. }) {
            *by_account.entry((booking.date, &booking.account)).or_default() += 1;
        }
    }
    let mut days: Vec<(NaiveDate, usize)> = Vec::new();
    for ((date, _), payments) in by_account {
        match days.last_mut().filter(|(last, _)| *last == date) {
            Some((_, most)) => *most = payments.max(*most),
            None => days.push((date, payments)),
        }
    }
    days
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Ledger, date, dividend};

    fn left(known: &[CashDividend], ledger: &Ledger) -> Vec<NaiveDate> {
        let bookings: Vec<_> = ledger.0.iter().collect();
        unrecorded(known, &bookings).map(|dividend| dividend.ex_date).collect()
    }

    #[test]
    fn a_recorded_payment_takes_the_latest_ex_date_before_it() {
        let known = [dividend("2024-02-09", "0.24"), dividend("2024-05-10", "0.25")];
        let ledger = Ledger::default().dividend("2024-05-16", "AAPL", "2.50");
        assert_eq!(left(&known, &ledger), [date("2024-02-09")]);
    }

    #[test]
    fn two_payments_take_two_ex_dates_even_when_both_came_late() {
        let known = [dividend("2024-02-09", "0.24"), dividend("2024-03-08", "0.25")];
        let ledger = Ledger::default().dividend("2024-04-01", "O", "2.4").dividend("2024-04-15", "O", "2.5");
        assert_eq!(left(&known, &ledger), []);
    }

    #[test]
    fn a_payment_matches_from_three_days_early_to_a_hundred_days_late() {
        let known = [dividend("2024-05-10", "0.25")];
        let matches = |day| left(&known, &Ledger::default().dividend(day, "AAPL", "1")).is_empty();
        assert!(matches("2024-05-07") && matches("2024-08-18"));
        assert!(!matches("2024-05-06") && !matches("2024-08-19"));
    }

    #[test]
    fn the_same_payment_in_two_accounts_takes_one_ex_date() {
        let known = [dividend("2024-04-10", "0.25"), dividend("2024-05-10", "0.25")];
        let ledger = Ledger::default()
            .dividend("2024-05-16", "O", "1")
            .account("a")
            .dividend("2024-05-16", "O", "2")
            .account("b");
        assert_eq!(left(&known, &ledger), [date("2024-04-10")]);
    }
}
