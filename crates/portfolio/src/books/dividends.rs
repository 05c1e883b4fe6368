//! To which of an instrument's known dividends the recorded payments belong.

use std::collections::{BTreeMap, HashMap, HashSet};

use bellwether_domain::{Booking, CashDividend, Transaction, TransactionId};
use chrono::{NaiveDate, TimeDelta};

/// A payment may be recorded so many days before the ex-date that sources name.
const EARLY_DAYS: i64 = 3;
/// A payment follows its ex-date within so many days.
const LATE_DAYS: i64 = 100;

/// The ex-date of each recorded dividend and reinvestment for which one is known.
///
/// Each payment, oldest first, takes the latest ex-date that is still free, from a hundred days before its own date to
/// three days after it; where all of them are taken, it shares the latest. Payments of one day in several accounts are
/// one payment.
pub(super) fn ex_dates(
    known: &[CashDividend],
    bookings: &[&Transaction],
) -> HashMap<TransactionId, NaiveDate> {
    let mut matched = HashMap::new();
    let mut taken = HashSet::new();
    for (date, accounts) in payments_by_day(bookings) {
        let until = date.checked_add_signed(TimeDelta::days(EARLY_DAYS)).unwrap_or(date);
        let from = date.checked_sub_signed(TimeDelta::days(LATE_DAYS)).unwrap_or(date);
        let past = known.partition_point(|dividend| dividend.ex_date <= until);
        let possible = || {
            let latest_first = known[..past].iter().rev().map(|dividend| dividend.ex_date);
            latest_first.take_while(|ex_date| *ex_date >= from)
        };
        for place in 0..accounts.values().map(Vec::len).max().unwrap_or(0) {
            let free = possible().find(|ex_date| !taken.contains(ex_date));
            let Some(ex_date) = free.or_else(|| possible().next()) else { break };
            taken.insert(ex_date);
            matched.extend(
                accounts
                    .values()
                    .filter_map(|payments| payments.get(place))
                    .map(|payment| (*payment, ex_date)),
            );
        }
    }
    matched
}

/// The known dividends that no recorded payment belongs to.
pub(super) fn unrecorded<'a>(
    known: &'a [CashDividend],
    matched: &HashMap<TransactionId, NaiveDate>,
) -> impl Iterator<Item = &'a CashDividend> {
    let taken: HashSet<NaiveDate> = matched.values().copied().collect();
    known.iter().filter(move |dividend| !taken.contains(&dividend.ex_date))
}

/// The recorded payments of each day, by account.
fn payments_by_day<'a>(
    bookings: &[&'a Transaction],
) -> BTreeMap<NaiveDate, BTreeMap<&'a str, Vec<TransactionId>>> {
    let mut days: BTreeMap<NaiveDate, BTreeMap<&str, Vec<TransactionId>>> = BTreeMap::new();
    for booking in bookings {
        if matches!(booking.booking, Booking::Dividend { .. } | Booking::Reinvestment { .. }) {
            days.entry(booking.date).or_default().entry(&booking.account).or_default().push(booking.id);
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
        unrecorded(known, &ex_dates(known, &bookings)).map(|dividend| dividend.ex_date).collect()
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

    #[test]
    fn a_payment_without_a_free_ex_date_shares_the_latest() {
        let known = [dividend("2024-05-10", "0.25")];
        let ledger = Ledger::default().dividend("2024-05-16", "O", "2").dividend("2024-05-20", "O", "1");
        let bookings: Vec<_> = ledger.0.iter().collect();
        let matched = ex_dates(&known, &bookings);
        assert_eq!([1, 2].map(|line| matched[&ledger.id(line)]), [date("2024-05-10"); 2]);
    }
}
