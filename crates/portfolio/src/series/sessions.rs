//! Values summed up on the days of trading, and spread over the closed days once for all.
//!
//! The instruments of an exchange have closes on the same days. Multiplying them where they lie, and carrying only the
//! sums over weekends, is what makes a portfolio's series cost little more than reading its prices.

use std::ops::Range;

use super::valuation::add_scaled;
use crate::market::KnownPrices;

/// The days of trading that many positions share, with what was held on each.
pub(super) struct Sessions<'a> {
    days: &'a [i32],
    /// How many of them there are up to each day of the axis.
    begun: Vec<usize>,
    /// What was held from the close of each of them to the next.
    sums: Vec<f64>,
    first: i32,
}

/// Closes of an instrument that traded on days of the sessions.
pub(super) struct Traded<'a> {
    /// The place of the first among the sessions.
    from: usize,
    closes: &'a [f64],
    /// From which place of the axis on the newest price holds instead.
    latest: Option<(usize, f64)>,
}

impl<'a> Sessions<'a> {
    /// Those of an instrument, on an axis of `length` days from `first` on.
    pub(super) fn new(known: &KnownPrices<'a>, first: i32, length: usize) -> Self {
        let days = known.columns().days.as_slice();
        let mut next = 0;
        let begun = (first..).take(length).map(|day| {
            while days.get(next).is_some_and(|session| *session <= day) {
                next += 1;
            }
            next
        });
        Self { days, begun: begun.collect(), sums: vec![0.0; days.len()], first }
    }

    /// The closes of an instrument over some days of the axis, if it has one for the first of them and traded on
    /// exactly these sessions since.
    pub(super) fn closes(&self, known: &KnownPrices<'a>, days: &Range<usize>) -> Option<Traded<'a>> {
        let columns = known.columns();
        let latest = known.latest().map(|(day, price)| (self.place(day), price));
        let end = latest.map_or(days.end, |(from, _)| days.end.min(from)).max(days.start + 1);
        let from = self.begun.get(days.start)?.checked_sub(1)?;
        let own = columns.days.binary_search(self.days.get(from)?).ok()?;
        let sessions = self.days.get(from..*self.begun.get(end - 1)?)?;
        let traded = columns.days.get(own..own + sessions.len())?;
        // None of its own between them or after the last.
        let is_complete = columns.days.get(own + sessions.len()).is_none_or(|next| self.place(*next) >= end);
        let closes = columns.closes.get(own..own + sessions.len())?;
        (traded == sessions && is_complete).then_some(Traded { from, closes, latest })
    }

    /// The price of a day of the axis.
    pub(super) fn price(&self, traded: &Traded<'_>, day: usize) -> f64 {
        match traded.latest {
            Some((from, price)) if from <= day => price,
            _ => traded.closes.get(self.begun[day] - 1 - traded.from).copied().unwrap_or(f64::NAN),
        }
    }

    /// Adds what a quantity is worth on some days of the axis: to the sums of the sessions that they contain up to the
    /// next one, and to the days themselves where the quantity changes in between.
    pub(super) fn add(&mut self, traded: &Traded<'_>, days: Range<usize>, quantity: f64, values: &mut [f64]) {
        let until = traded.latest.map_or(days.end, |(from, _)| days.end.min(from).max(days.start));
        if let Some((_, price)) = traded.latest {
            add(values, until..days.end, quantity * price);
        }
        if days.start >= until {
            return;
        }
        let opened = self.begun[days.start] - 1;
        let last = self.begun[until - 1] - 1;
        let reaches_next =
            self.days.get(last + 1).map_or(self.begun.len(), |next| self.place(*next)) == until;
        let starts_with_session = self.place(self.days[opened]) == days.start;
        let whole =
            if starts_with_session { opened } else { opened + 1 }..if reaches_next { last + 1 } else { last };
        if !starts_with_session {
            let next = self.days.get(opened + 1).map_or(until, |next| self.place(*next).min(until));
            add(values, days.start..next, quantity * traded.closes[opened - traded.from]);
        }
        if !reaches_next && (last > opened || starts_with_session) {
            add(values, self.place(self.days[last])..until, quantity * traded.closes[last - traded.from]);
        }
        if whole.start < whole.end {
            let of_sessions = whole.start - traded.from..whole.end - traded.from;
            let closes = traded.closes.get(of_sessions).unwrap_or_default();
            add_scaled(self.sums.get_mut(whole).unwrap_or_default(), closes, quantity);
        }
    }

    /// Carries the sums to the next session each and adds them to the days of the axis.
    pub(super) fn spread(self, values: &mut [f64]) {
        for (value, begun) in values.iter_mut().zip(&self.begun) {
            *value += begun.checked_sub(1).map_or(0.0, |session| self.sums[session]);
        }
    }

    /// Where a day lies on the axis; 0 when before it.
    fn place(&self, day: i32) -> usize {
        usize::try_from(i64::from(day) - i64::from(self.first)).unwrap_or(0).min(self.begun.len())
    }
}

fn add(values: &mut [f64], days: Range<usize>, amount: f64) {
    values.get_mut(days).unwrap_or_default().iter_mut().for_each(|value| *value += amount);
}

#[cfg(test)]
mod tests {
    use bellwether_domain::{PriceColumns, from_epoch_day};
    use proptest::prelude::*;

    use super::*;
    use crate::testing::{latest, usd};
    use crate::{InstrumentData, PriceSeries};

    const DAYS: usize = 30;
    /// The axis begins after the first closes.
    const FIRST: i32 = 5;

    fn instrument(days: &[bool], price: f64, quoted_on: Option<i32>) -> InstrumentData {
        let days: Vec<_> = (0..).zip(days).filter(|(_, trades)| **trades).map(|(day, _)| day).collect();
        let closes = days.iter().map(|day| price + f64::from(*day)).collect();
        let data =
            InstrumentData::new(usd()).with_prices(PriceSeries::as_traded(PriceColumns { days, closes }));
        match quoted_on {
            Some(day) => data.with_latest(latest("A", &from_epoch_day(day).to_string(), "99.5", None)),
            None => data,
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        #[test]
        fn sums_of_sessions_are_those_of_the_days(
            sessions in prop::collection::vec(prop::bool::weighted(0.7), DAYS + 8),
            own in prop::collection::vec(prop::bool::weighted(0.98), DAYS + 8),
            late in 0..20_usize,
            quoted_on in prop::option::of(20..50_i32),
            (start, length) in (0..DAYS, 1..DAYS),
            change in 1..DAYS,
        ) {
            let common = instrument(&sessions, 10.0, None);
            let traded: Vec<_> =
                sessions.iter().zip(own).enumerate().map(|(day, (a, b))| *a && b && day >= late).collect();
            let other = instrument(&traded, 50.0, quoted_on);
            let days = start..(start + length).min(DAYS);
            let change = (start + change).min(days.end);
            let known = other.known_prices();
            let mut shared = Sessions::new(&common.known_prices(), FIRST, DAYS);
            if let Some(traded) = shared.closes(&known, &days) {
                let mut sums = vec![0.0; DAYS];
                shared.add(&traded, start..change, 2.0, &mut sums);
                shared.add(&traded, change..days.end, 3.0, &mut sums);
                let mut prices = vec![0.0; DAYS];
                known.fill(FIRST, &mut prices);
                for day in days.clone() {
                    prop_assert_eq!(shared.price(&traded, day).to_bits(), prices[day].to_bits());
                }
                shared.spread(&mut sums);
                for (day, sum) in sums.iter().enumerate() {
                    let quantity = f64::from(u8::from(days.contains(&day)) * if day < change { 2 } else { 3 });
                    let expected = if quantity > 0.0 { quantity * prices[day] } else { 0.0 };
                    prop_assert_eq!(sum.to_bits(), expected.to_bits(), "{}: {} {}", day, sum, expected);
                }
            }
        }
    }

    #[test]
    fn instruments_of_one_exchange_share_their_sessions_whenever_they_were_listed() {
        let always = instrument(&[true; DAYS + 8], 10.0, None);
        let listed_late: Vec<_> = (0..DAYS + 8).map(|day| day > 12).collect();
        let halted: Vec<_> = (0..DAYS + 8).map(|day| day != 20).collect();
        let sessions = Sessions::new(&always.known_prices(), FIRST, DAYS);
        let shares = |days: &[bool]| {
            sessions.closes(&instrument(days, 5.0, None).known_prices(), &(10..DAYS)).is_some()
        };
        assert!(shares(&[true; DAYS + 8]) && shares(&listed_late) && !shares(&halted));
    }
}
