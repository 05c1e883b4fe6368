//! Daily currency rates.

use std::collections::BTreeMap;

use bellwether_domain::{Currency, PriceColumns, decimal_of_price, epoch_day, from_epoch_day};
use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::price_series::ascending;
use crate::exact::Exact;
use crate::{Figure, Reason};

/// What a unit of one currency can cost in another.
const PLAUSIBLE: std::ops::RangeInclusive<f64> = 1e-12..=1e12;

/// The rate of a day, with the day it is really of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateOn {
    /// Units of the wanted currency for one of the given.
    pub rate: Decimal,
    /// The day it was quoted: the asked one, the last before it, or the first known when the history starts later. Of a
    /// cross, the less fitting of the two days.
    pub quoted: NaiveDate,
}

/// Daily currency rates by pair.
///
/// A rate is the last known on or before the day, before the history the first known one. Pairs are read both ways
/// and crossed through the dollar or the euro, else through another currency that both are known in, else through
/// dollar and euro; a currency in itself is 1.
#[derive(Debug, Clone, Default)]
pub struct Rates {
    pairs: BTreeMap<(Currency, Currency), PriceColumns>,
}

/// One known pair on the way between two currencies.
#[derive(Clone, Copy)]
struct Leg<'a> {
    columns: &'a PriceColumns,
    inverted: bool,
}

impl Rates {
    /// No rates.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a pair: units of `to` for one `from`. What is no rate (zero, negative, absurd) is left out.
    pub fn insert(&mut self, from: Currency, to: Currency, columns: &PriceColumns) {
        let mut usable = PriceColumns::default();
        let columns = ascending(columns.clone());
        for (&day, &rate) in columns.days.iter().zip(&columns.closes) {
            if PLAUSIBLE.contains(&rate) {
                usable.push(day, rate);
            }
        }
        if !usable.is_empty() {
            self.pairs.insert((from, to), usable);
        }
    }

    /// The rate of a day.
    ///
    /// # Errors
    /// [`Reason::NoExchangeRate`] when neither the pair nor a cross is known.
    pub fn on(&self, from: Currency, to: Currency, date: NaiveDate) -> Figure<RateOn> {
        let mut found = RateOn { rate: Decimal::ONE, quoted: date };
        for leg in self.legs(from, to).ok_or(Reason::NoExchangeRate { from, to, on: date })? {
            let (day, rate) = leg.on(date).ok_or(Reason::NoExchangeRate { from, to, on: date })?;
            found.rate = if leg.inverted { found.rate.over(rate)? } else { found.rate.times(rate)? };
            let (earlier, later) = (found.quoted.min(day), found.quoted.max(day));
            found.quoted = if later > date { later } else { earlier };
        }
        Ok(found)
    }

    /// The rate of each day from `first` on as a column; `None` for a currency in itself.
    ///
    /// # Errors
    /// [`Reason::NoExchangeRate`] when neither the pair nor a cross is known.
    pub(crate) fn column(
        &self,
        from: Currency,
        to: Currency,
        first: i32,
        days: usize,
    ) -> Figure<Option<Vec<f64>>> {
        if from == to {
            return Ok(None);
        }
        let on = from_epoch_day(first);
        let mut rates = vec![1.0; days];
        let mut leg_rates = vec![0.0; days];
        for leg in self.legs(from, to).ok_or(Reason::NoExchangeRate { from, to, on })? {
            crate::series::fill_forward(leg.columns, first, &mut leg_rates);
            let first_known = leg.columns.closes.first().copied().unwrap_or(f64::NAN);
            for (rate, leg_rate) in rates.iter_mut().zip(&leg_rates) {
                let known = if leg_rate.is_nan() { first_known } else { *leg_rate };
                *rate = if leg.inverted { *rate / known } else { *rate * known };
            }
        }
        Ok(Some(rates))
    }

    fn legs(&self, from: Currency, to: Currency) -> Option<Vec<Leg<'_>>> {
        if from == to {
            return Some(Vec::new());
        }
        if let Some(leg) = self.leg(from, to) {
            return Some(vec![leg]);
        }
        let (dollar, euro) = (Currency::USD, Currency::EUR);
        let others = self.pairs.keys().flat_map(|(one, other)| [*one, *other]);
        let through_one = |pivot| Some(vec![self.leg(from, pivot)?, self.leg(pivot, to)?]);
        let through_both =
            |(near, far)| Some(vec![self.leg(from, near)?, self.leg(near, far)?, self.leg(far, to)?]);
        let found = [dollar, euro].into_iter().chain(others).find_map(through_one);
        found.or_else(|| [(dollar, euro), (euro, dollar)].into_iter().find_map(through_both))
    }

    fn leg(&self, from: Currency, to: Currency) -> Option<Leg<'_>> {
        let direct = self.pairs.get(&(from, to)).map(|columns| Leg { columns, inverted: false });
        direct.or_else(|| self.pairs.get(&(to, from)).map(|columns| Leg { columns, inverted: true }))
    }
}

impl Leg<'_> {
    fn on(self, date: NaiveDate) -> Option<(NaiveDate, Decimal)> {
        let first = || Some((*self.columns.days.first()?, *self.columns.closes.first()?));
        let (day, rate) = self.columns.at_or_before(epoch_day(date)).or_else(first)?;
        Some((from_epoch_day(day), decimal_of_price(rate).filter(|rate| !rate.is_zero())?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{columns, currency, date, decimal};

    fn rates() -> Rates {
        let mut rates = Rates::new();
        let eur = Currency::EUR;
        rates.insert(eur, Currency::USD, &columns(&[("2024-01-02", 1.25), ("2024-01-05", 1.0)]));
        rates.insert(eur, currency("CHF"), &columns(&[("2024-01-02", 0.5)]));
        rates
    }

    #[test]
    fn a_rate_is_the_last_known_on_or_before_the_day() {
        let on = rates().on(Currency::EUR, Currency::USD, date("2024-01-04")).expect("a rate");
        assert_eq!(on, RateOn { rate: decimal("1.25"), quoted: date("2024-01-02") });
    }

    #[test]
    fn before_the_history_the_first_known_rate_holds_and_says_its_day() {
        let on = rates().on(Currency::EUR, Currency::USD, date("2023-06-01")).expect("a rate");
        assert_eq!(on, RateOn { rate: decimal("1.25"), quoted: date("2024-01-02") });
    }

    #[test]
    fn pairs_are_inverted_and_crossed_through_the_euro() {
        let rates = rates();
        let on = |from, to| rates.on(currency(from), currency(to), date("2024-01-02")).map(|on| on.rate);
        assert_eq!(on("USD", "EUR"), Ok(decimal("0.8")));
        assert_eq!(on("USD", "CHF"), Ok(decimal("0.4")));
        assert_eq!(on("USD", "USD"), Ok(Decimal::ONE));
    }

    #[test]
    fn without_dollar_and_euro_pairs_are_crossed_through_a_currency_that_both_are_known_in() {
        let (franc, dollar) = (currency("CHF"), Currency::USD);
        let mut rates = Rates::new();
        rates.insert(dollar, franc, &columns(&[("2024-01-02", 0.8)]));
        rates.insert(Currency::EUR, franc, &columns(&[("2024-01-02", 1.0)]));
        let on = rates.on(Currency::EUR, dollar, date("2024-01-02")).map(|on| on.rate);
        // 1 EUR = 1 CHF = 1 / 0.8 USD.
        assert_eq!(on, Ok(decimal("1.25")));
    }

    #[test]
    fn a_pair_of_the_euro_and_one_of_the_dollar_are_crossed_through_both() {
        let mut rates = rates();
        rates.insert(Currency::USD, currency("AED"), &columns(&[("2024-01-02", 4.0)]));
        let on = |from, to| rates.on(currency(from), currency(to), date("2024-01-02")).map(|on| on.rate);
        // 1 CHF = 2 EUR = 2.5 USD = 10 AED.
        assert_eq!(on("CHF", "AED"), Ok(decimal("10")));
        assert_eq!(on("AED", "CHF"), Ok(decimal("0.1")));
    }

    #[test]
    fn an_unknown_pair_is_named_and_never_one() {
        let sentence =
            rates().on(currency("JPY"), Currency::USD, date("2024-01-02")).expect_err("unknown").to_string();
        assert_eq!(sentence, "no exchange rate from JPY to USD is known for 2024-01-02");
    }

    #[test]
    fn a_column_agrees_with_the_single_days() {
        let (rates, first) = (rates(), epoch_day(date("2024-01-01")));
        let column =
            rates.column(Currency::USD, currency("CHF"), first, 6).expect("known").expect("a column");
        for (offset, rate) in column.iter().enumerate() {
            let on = rates
                .on(Currency::USD, currency("CHF"), from_epoch_day(first + offset as i32))
                .expect("a rate");
            assert!((on.rate.float() - rate).abs() < 1e-15, "{offset}");
        }
    }
}
