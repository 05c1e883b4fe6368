//! From quoted days to every day.

use bellwether_domain::{PriceColumns, Split, epoch_day};

use crate::market::{KnownPrices, splits};

/// Writes the value of each day from `first` on: the day's own, else the last before it, `NaN` before the first.
///
/// The columns ascend and are of one length, as those of a price series and of rates are.
pub(crate) fn fill_forward(columns: &PriceColumns, first: i32, days: &mut [f64]) {
    let length = days.len();
    let offset = |day: i32| usize::try_from(i64::from(day) - i64::from(first)).unwrap_or(0).min(length);
    let begun = columns.days.partition_point(|day| *day <= first);
    let until = begun + columns.days[begun..].partition_point(|day| offset(*day) < length);
    let before = begun.checked_sub(1).and_then(|index| columns.closes.get(index)).copied();
    let (later, closes) = (&columns.days[begun..until], &columns.closes[begun..until]);
    let first_later = later.first().map_or(length, |day| offset(*day));
    days[..first_later].fill(before.unwrap_or(f64::NAN));
    let Some((&last, known)) = later.split_last() else { return };
    for ((&day, &next), &close) in known.iter().zip(&later[1..]).zip(closes) {
        let (at, gap) = ((day - first) as usize, (next - day) as usize);
        // Most gaps are a day or a weekend: four days at once, of which the next closes overwrite what is theirs.
        match days.get_mut(at..).and_then(|rest| rest.first_chunk_mut::<4>()) {
            Some(four) if gap <= 4 => *four = [close; 4],
            _ => days[at..at + gap].fill(close),
        }
    }
    let last_at = offset(last);
    days[last_at..].fill(closes.last().copied().unwrap_or(f64::NAN));
}

/// Writes the price of each day in the units of that day, carried over weekends and divided by splits, from the
/// market where it is known and before that from the prices that were booked.
///
/// `booked` are days and prices in the same currency, ascending. Days without either are `NaN`.
pub(crate) fn fill_prices(
    known: &KnownPrices<'_>,
    applied: &[Split],
    booked: &[(i32, f64)],
    first: i32,
    days: &mut [f64],
) {
    known.fill(first, days);
    let unpriced = days.iter().take_while(|price| price.is_nan()).count();
    if unpriced > 0 && !booked.is_empty() {
        let (unquoted, _) = days.split_at_mut(unpriced);
        let mut prices = booked.iter().peekable();
        let mut carried = f64::NAN;
        for (day, value) in (first..).zip(unquoted) {
            while let Some((_, price)) = prices.next_if(|(booked_on, _)| *booked_on <= day) {
                carried = *price;
            }
            *value = carried;
        }
    }
    for split in applied {
        divide_until_next_price(known, split, booked, first, days);
    }
}

/// A price carried over a split is one in old units until the next quoted or booked price.
fn divide_until_next_price(
    known: &KnownPrices<'_>,
    split: &Split,
    booked: &[(i32, f64)],
    first: i32,
    days: &mut [f64],
) {
    let ex_day = epoch_day(split.ex_date);
    let offset = |day: i32| usize::try_from(i64::from(day) - i64::from(first)).unwrap_or(0).min(days.len());
    let quoted = known.next_priced(ex_day);
    let is_quoted_before = known.iter().next().is_some_and(|(day, _)| day < ex_day);
    let rebooked =
        booked.iter().map(|(day, _)| *day).find(|day| *day >= ex_day).filter(|_| !is_quoted_before);
    let next = [quoted, rebooked].into_iter().flatten().min();
    let until = next.map_or(days.len(), offset);
    let (from, factor) = (offset(ex_day), splits::factor(split));
    if let Some(carried) = days.get_mut(from..until) {
        for price in carried {
            *price /= factor;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::market::{InstrumentData, PriceSeries};
    use crate::testing::{columns, date, latest, split, usd};

    fn filled(data: &InstrumentData, booked: &[(&str, f64)], first: &str, days: usize) -> Vec<f64> {
        let mut prices = vec![0.0; days];
        let booked: Vec<_> = booked.iter().map(|(day, price)| (epoch_day(date(day)), *price)).collect();
        fill_prices(&data.known_prices(), data.splits(), &booked, epoch_day(date(first)), &mut prices);
        prices
    }

    fn quoted(days: &[(&str, f64)]) -> InstrumentData {
        InstrumentData::new(usd()).with_prices(PriceSeries::as_traded(columns(days)))
    }

    #[test]
    fn closed_days_have_the_last_close() {
        let data = quoted(&[("2024-05-03", 10.0), ("2024-05-06", 11.0), ("2024-05-08", 12.0)]);
        assert_eq!(filled(&data, &[], "2024-05-04", 6), [10.0, 10.0, 11.0, 11.0, 12.0, 12.0]);
        assert_eq!(filled(&data, &[], "2024-05-10", 1), [12.0]);
        assert!(filled(&data, &[], "2024-05-01", 3).iter().take(2).all(|price| price.is_nan()));
    }

    #[test]
    fn the_booked_price_holds_until_the_first_quote() {
        let data = quoted(&[("2024-05-06", 11.0)]);
        assert_eq!(filled(&data, &[("2024-05-03", 9.0)], "2024-05-03", 4), [9.0, 9.0, 9.0, 11.0]);
    }

    #[test]
    fn a_close_carried_over_a_split_is_divided_until_the_next_close() {
        let data =
            quoted(&[("2024-05-03", 40.0), ("2024-05-08", 11.0)]).with_splits(&[split("2024-05-06", 4, 1)]);
        assert_eq!(filled(&data, &[], "2024-05-04", 6), [40.0, 40.0, 10.0, 10.0, 11.0, 11.0]);
    }

    #[test]
    fn the_newest_quote_ends_the_column() {
        let data = quoted(&[("2024-05-03", 10.0)]).with_latest(latest("AAPL", "2024-05-05", "12.5", None));
        assert_eq!(filled(&data, &[], "2024-05-03", 4), [10.0, 10.0, 12.5, 12.5]);
    }
}
