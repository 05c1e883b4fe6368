//! The splits of an instrument as one list, and prices carried over them.

use bellwether_domain::{Split, SplitRatio};
use chrono::NaiveDate;
use rust_decimal::Decimal;

use crate::Figure;
use crate::exact::Exact;

/// Two tellings of one split may differ by so many days.
const SAME_SPLIT_DAYS: i64 = 5;

/// Joins splits told twice: same ratio within five days is one split, on the date of the first list that tells it.
pub(crate) fn merged<'a>(tellings: impl IntoIterator<Item = &'a Split>) -> Vec<Split> {
    let mut splits: Vec<Split> = Vec::new();
    for split in tellings {
        if !splits.iter().any(|known| same(known, split)) {
            splits.push(*split);
        }
    }
    splits.sort_by_key(|split| split.ex_date);
    splits
}

/// The split among these that a record of it means.
pub(crate) fn told(splits: &[Split], date: NaiveDate, ratio: SplitRatio) -> Option<&Split> {
    let record = Split { ex_date: date, ratio };
    splits.iter().find(|split| same(split, &record))
}

fn same(a: &Split, b: &Split) -> bool {
    let apart = a.ex_date.signed_duration_since(b.ex_date).num_days().abs();
    let left = a.ratio.new.checked_mul(b.ratio.old);
    apart <= SAME_SPLIT_DAYS && left.is_some() && left == b.ratio.new.checked_mul(a.ratio.old)
}

/// The splits whose ex-date lies in `(after, until]`.
pub(crate) fn between(splits: &[Split], after: NaiveDate, until: NaiveDate) -> &[Split] {
    let start = splits.partition_point(|split| split.ex_date <= after);
    let end = splits.partition_point(|split| split.ex_date <= until);
    splits.get(start..end).unwrap_or_default()
}

/// A price of day `from` in the units of day `to`: divided by the ratios in between.
pub(crate) fn carried(price: Decimal, splits: &[Split], from: NaiveDate, to: NaiveDate) -> Figure<Decimal> {
    between(splits, from, to)
        .iter()
        .try_fold(price, |price, split| price.times(split.ratio.old)?.over(split.ratio.new))
}

/// New units for one old one.
pub(crate) fn factor(split: &Split) -> f64 {
    split.ratio.new.float() / split.ratio.old.float()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{date, decimal, split};

    #[test]
    fn one_split_told_on_two_dates_counts_once() {
        let told = [
            split("2020-08-31", 4, 1),
            split("2020-08-28", 8, 2),
            split("2014-06-09", 7, 1),
            split("2020-09-10", 4, 1),
        ];
        let dates: Vec<_> = merged(&told).iter().map(|split| split.ex_date).collect();
        assert_eq!(dates, [date("2014-06-09"), date("2020-08-31"), date("2020-09-10")]);
    }

    #[test]
    fn a_price_carried_over_a_split_is_divided_by_its_ratio() {
        let splits = [split("2020-08-31", 4, 1)];
        let carry = |from, to| carried(decimal("499.23"), &splits, date(from), date(to));
        assert_eq!(carry("2020-08-28", "2020-08-30"), Ok(decimal("499.23")));
        assert_eq!(carry("2020-08-28", "2020-08-31"), Ok(decimal("124.8075")));
        assert_eq!(carry("2020-08-31", "2020-09-01"), Ok(decimal("499.23")));
    }
}
