//! One instrument's closes as they were traded, whatever the sources' bases.

use std::collections::BTreeMap;

use bellwether_domain::{PriceBasis, PriceColumns, PriceSource, QuoteUnit, Split, epoch_day};
use chrono::NaiveDate;

use super::splits;

/// A provider's rank and above: its zero is a hole, where a zero that the user gave is a write-off.
const FIRST_PROVIDER_RANK: u8 = 5;

/// No price of anything is lower or higher, but for zero.
const PLAUSIBLE: std::ops::RangeInclusive<f64> = 1e-12..=1e15;

/// What one source knows of an instrument's closes.
#[derive(Debug, Clone, Copy)]
pub struct SourcePrices<'a> {
    /// Who says so, and on which basis.
    pub source: &'a PriceSource,
    /// The days and closes.
    pub columns: &'a PriceColumns,
    /// The last day whose splits a split-adjusted history already contains: the day it was fetched.
    pub known_up_to: NaiveDate,
}

/// Closes of one instrument in the units of their own day, one per day, in the instrument's currency.
///
/// A split shows as a jump. Each close comes from the best ranked source that knows its day, converted by that
/// source's own basis, so that two bases are never mixed.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct PriceSeries {
    columns: PriceColumns,
}

impl PriceSeries {
    /// Joins the histories of several sources.
    ///
    /// A split-adjusted close is multiplied by the ratios of the splits after its day that its history contains. On
    /// a day that several sources know, the lowest [`PriceSource::rank`] wins. Closes that are no prices (negative,
    /// not finite, absurdly small or large, or a provider's zero) count as absent.
    pub fn new(histories: &[SourcePrices<'_>], splits: &[Split]) -> Self {
        let splits = splits::merged(splits);
        let mut ranked: Vec<_> = histories.iter().collect();
        ranked.sort_by(|a, b| (a.source.rank(), &a.source.name).cmp(&(b.source.rank(), &b.source.name)));
        let columns = ranked
            .into_iter()
            .map(|history| as_traded(history, &splits))
            .reduce(|better, other| filled(&better, &other))
            .unwrap_or_default();
        Self { columns }
    }

    /// Closes that are as traded already, such as a made-up series. What is no price is left out, a zero is kept.
    pub fn as_traded(columns: PriceColumns) -> Self {
        let mut series = Self::default();
        let columns = ascending(columns);
        for (&day, &close) in columns.days.iter().zip(&columns.closes) {
            if is_price(close, true) {
                series.columns.push(day, close);
            }
        }
        series
    }

    /// Closes as traded in the unit of their venue, such as pence: kept in the major currency.
    pub fn quoted_in(unit: QuoteUnit, mut columns: PriceColumns) -> Self {
        if unit.units_in_one != 1 {
            columns.closes.iter_mut().for_each(|close| *close /= f64::from(unit.units_in_one));
        }
        Self::as_traded(columns)
    }

    /// The days and closes, as traded.
    pub fn columns(&self) -> &PriceColumns {
        &self.columns
    }

    /// Whether no close is known at all.
    pub fn is_empty(&self) -> bool {
        self.columns.is_empty()
    }
}

fn is_price(close: f64, may_be_zero: bool) -> bool {
    PLAUSIBLE.contains(&close) || (may_be_zero && close == 0.0)
}

/// Days in order, each once with the value that comes last; a day without value is left out.
pub(super) fn ascending(mut columns: PriceColumns) -> PriceColumns {
    let length = columns.days.len().min(columns.closes.len());
    columns.days.truncate(length);
    columns.closes.truncate(length);
    if columns.days.is_sorted_by(|a, b| a < b) {
        return columns;
    }
    let by_day: BTreeMap<i32, f64> = columns.days.into_iter().zip(columns.closes).collect();
    PriceColumns { days: by_day.keys().copied().collect(), closes: by_day.into_values().collect() }
}

fn as_traded(history: &SourcePrices<'_>, splits: &[Split]) -> PriceColumns {
    let may_be_zero = history.source.rank() < FIRST_PROVIDER_RANK;
    let known = splits.partition_point(|split| split.ex_date <= history.known_up_to);
    let adjusted_for = match history.source.basis {
        PriceBasis::AsTraded => &[],
        PriceBasis::SplitAdjusted => splits.get(..known).unwrap_or_default(),
    };
    let all_prices = history.columns.closes.iter().all(|close| is_price(*close, may_be_zero));
    let given = ascending(history.columns.clone());
    if adjusted_for.is_empty() && all_prices {
        return given;
    }

    let mut later = adjusted_for.iter();
    let mut next = later.next();
    let mut factor: f64 = adjusted_for.iter().map(splits::factor).product();
    let mut columns = PriceColumns::default();
    for (&day, &close) in given.days.iter().zip(&given.closes) {
        while let Some(split) = next.filter(|split| epoch_day(split.ex_date) <= day) {
            next = later.next();
            // Not a division of the old product: that would leave its rounding behind.
            factor = next.into_iter().chain(later.clone()).map(splits::factor).product();
            debug_assert!(split.ex_date <= history.known_up_to, "only splits that the history contains");
        }
        let as_traded = close * factor;
        if is_price(as_traded, may_be_zero) {
            columns.push(day, as_traded);
        }
    }
    columns
}

/// `better` with the days that only `other` knows.
fn filled(better: &PriceColumns, other: &PriceColumns) -> PriceColumns {
    if better.is_empty() {
        return other.clone();
    }
    let mut joined = PriceColumns::default();
    let mut rest = other.days.iter().zip(&other.closes).peekable();
    for (&day, &close) in better.days.iter().zip(&better.closes) {
        while let Some((&earlier, &fill)) = rest.next_if(|(other_day, _)| **other_day < day) {
            joined.push(earlier, fill);
        }
        rest.next_if(|(other_day, _)| **other_day == day);
        joined.push(day, close);
    }
    for (&day, &close) in rest {
        joined.push(day, close);
    }
    joined
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{columns, date, split};

    fn history<'a>(
        source: &'a PriceSource,
        columns: &'a PriceColumns,
        known_up_to: &str,
    ) -> SourcePrices<'a> {
        SourcePrices { source, columns, known_up_to: date(known_up_to) }
    }

    #[test]
    fn split_adjusted_closes_become_as_traded_ones() {
        let yahoo = PriceSource::yahoo();
        let adjusted = columns(&[("2014-06-06", 23.055), ("2014-06-09", 23.425), ("2020-08-31", 129.04)]);
        let splits = [split("2014-06-09", 7, 1), split("2020-08-31", 4, 1)];
        let series = PriceSeries::new(&[history(&yahoo, &adjusted, "2020-09-01")], &splits);
        let expected = [23.055 * 28.0, 93.7, 129.04];
        for (close, expected) in series.columns().closes.iter().zip(expected) {
            assert!((close - expected).abs() < 1e-12, "{close} {expected}");
        }
    }

    #[test]
    fn closes_in_pence_are_kept_in_pounds() {
        let quoted = |unit: &str| {
            let unit = unit.parse().expect("a unit");
            PriceSeries::quoted_in(unit, columns(&[("2024-01-10", 14_906.0)])).columns().closes.clone()
        };
        assert_eq!((quoted("GBX"), quoted("ILA"), quoted("ZAc")), (vec![149.06], vec![149.06], vec![149.06]));
        assert_eq!(quoted("GBP"), [14_906.0]);
    }

    #[test]
    fn a_split_after_the_fetch_is_not_in_the_history_yet() {
        let yahoo = PriceSource::yahoo();
        let fetched_before = columns(&[("2020-08-28", 499.23)]);
        let splits = [split("2020-08-31", 4, 1)];
        let series = PriceSeries::new(&[history(&yahoo, &fetched_before, "2020-08-29")], &splits);
        assert_eq!(series.columns().closes, [499.23]);
    }

    #[test]
    fn the_better_source_wins_a_day_and_others_fill_the_rest_on_their_own_basis() {
        let (csv, yahoo) = (PriceSource::file(PriceBasis::AsTraded), PriceSource::yahoo());
        let raw = columns(&[("2020-08-28", 499.0), ("2020-08-31", 129.0)]);
        let adjusted = columns(&[("2020-08-27", 125.0), ("2020-08-28", 124.8), ("2020-09-01", 134.18)]);
        let splits = [split("2020-08-31", 4, 1)];
        let histories = [history(&yahoo, &adjusted, "2020-09-02"), history(&csv, &raw, "2020-09-02")];
        let series = PriceSeries::new(&histories, &splits);
        assert_eq!(series.columns().closes, [500.0, 499.0, 129.0, 134.18]);
    }

    #[test]
    fn columns_out_of_order_or_of_unequal_length_are_put_right() {
        let muddled = PriceColumns { days: vec![3, 1, 3, 2, 9], closes: vec![30.0, 10.0, 31.0, 20.0] };
        let series = PriceSeries::as_traded(muddled.clone());
        assert_eq!(series.columns(), &PriceColumns { days: vec![1, 2, 3], closes: vec![10.0, 20.0, 31.0] });
        let yahoo = PriceSource::yahoo();
        assert_eq!(PriceSeries::new(&[history(&yahoo, &muddled, "2020-02-01")], &[]), series);
    }

    #[test]
    fn a_providers_zero_is_a_hole_and_the_users_a_write_off() {
        let zero = columns(&[("2020-01-02", 0.0), ("2020-01-03", f64::NAN)]);
        let (manual, yahoo) = (PriceSource::manual(), PriceSource::yahoo());
        assert!(PriceSeries::new(&[history(&yahoo, &zero, "2020-02-01")], &[]).is_empty());
        assert_eq!(PriceSeries::new(&[history(&manual, &zero, "2020-02-01")], &[]).columns().closes, [0.0]);
    }
}
