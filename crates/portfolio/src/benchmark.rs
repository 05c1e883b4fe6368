//! "What if every deposit had bought the index?": the same money, on the same days, in a benchmark.

mod comparison;
mod constituent;
mod investment;
mod investor;
mod linked;
mod mix;
mod single_purchase;
#[cfg(test)]
mod tests;

use bellwether_domain::{Currency, Symbol, epoch_day, from_epoch_day};
use chrono::NaiveDate;
use serde::Serialize;

use self::constituent::Constituent;
use self::mix::Mix;
pub(crate) use self::mix::PartOn;
use crate::custom_index::{CustomIndex, Rebalancing};
use crate::exact::Exact;
use crate::figure::finite;
use crate::{DailySeries, Figure, Market, Period, Reason};

pub use comparison::{BenchmarkNote, Comparison, SessionChange};
pub use investment::Investment;
pub use linked::LinkedComparison;
pub use single_purchase::SinglePurchase;

/// The level at which the index of a benchmark starts.
const FIRST_LEVEL: f64 = 100.0;

/// An instrument or a custom index as a benchmark: cash dividends are reinvested at the close of their ex-dates.
#[derive(Debug, Clone)]
pub struct Benchmark {
    symbol: Symbol,
    base: Currency,
    as_of: NaiveDate,
    /// Days on which it can be bought, ascending.
    quoted: Vec<i32>,
    /// What one unit bought at the first price is worth on each day since then, in the base currency.
    growth: Vec<f64>,
    /// What it consists of.
    mix: Mix,
    shares: Shares,
    /// Whether part of it is an index of prices, whose dividends nobody knows.
    is_price_index: bool,
}

/// What one of its shares is.
#[derive(Debug, Clone)]
enum Shares {
    /// The instrument's: units from a day of the axis on that splits have made of one.
    Listed(Vec<(usize, f64)>),
    /// What costs 100 at the first close.
    Made,
}

/// The weight of a component on a day.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ComponentWeight {
    /// The component.
    pub symbol: Symbol,
    /// Its part of the whole; 0.1 is 10 %.
    pub weight: f64,
}

impl Benchmark {
    /// Prepares a benchmark for comparisons up to `as_of` in the currency `base`: the market's index of that name, as
    /// [`custom`](Self::custom), or else the instrument.
    ///
    /// # Errors
    /// [`Reason::NoPrice`] when no price is known by then, [`Reason::NoExchangeRate`] when its currency or that of a
    /// dividend cannot be converted.
    pub fn new(symbol: &Symbol, market: &Market, base: Currency, as_of: NaiveDate) -> Figure<Self> {
        if let Some(index) = market.index(symbol) {
            return Self::custom(index, market, base, as_of);
        }
        let only = Constituent::new(symbol, 1.0, market, as_of)?;
        let splits = only.split_units.clone();
        let mut single = Self::mixed(symbol, vec![only], Rebalancing::Never, market, (base, as_of))?;
        let offset = |day| usize::try_from(day - single.first()).unwrap_or(0);
        let shares = splits.into_iter().map(|(day, units)| (offset(day), units)).collect();
        single.shares = Shares::Listed(shares);
        Ok(single)
    }

    /// Prepares a custom index for comparisons up to `as_of` in the currency `base`. It starts on the first day on
    /// which all of its components have a close, and is bought on such days.
    ///
    /// # Errors
    /// [`Reason::NoPrice`] with every component that has no price by then, or with all of them when no day has a close
    /// of each; [`Reason::NoExchangeRate`] as for an instrument.
    pub fn custom(index: &CustomIndex, market: &Market, base: Currency, as_of: NaiveDate) -> Figure<Self> {
        let mut parts: Figure<Vec<Constituent>> = Ok(Vec::new());
        for component in index.components() {
            let part = Constituent::new(&component.symbol, component.weight.float(), market, as_of);
            parts = match (parts, part) {
                (Ok(mut parts), Ok(part)) => {
                    parts.push(part);
                    Ok(parts)
                }
                (Err(reason), Err(other)) => Err(reason.and(&other)),
                (Err(reason), Ok(_)) | (Ok(_), Err(reason)) => Err(reason),
            };
        }
        Self::mixed(index.name(), parts?, index.rebalancing(), market, (base, as_of))
    }

    fn mixed(
        symbol: &Symbol,
        parts: Vec<Constituent>,
        rebalancing: Rebalancing,
        market: &Market,
        (base, as_of): (Currency, NaiveDate),
    ) -> Figure<Self> {
        let quoted = constituent::common_days(&parts)?;
        let first = quoted.first().copied().unwrap_or_default();
        let days = usize::try_from(epoch_day(as_of) - first).unwrap_or(0) + 1;
        let is_price_index = parts.iter().any(Constituent::is_price_index);
        let (mix, growth) = Mix::new(parts, &quoted, rebalancing, market.rates(), (base, days))?;
        if !growth.iter().all(|worth| worth.is_finite()) {
            return Err(Reason::OutOfRange);
        }
        let shares = Shares::Made;
        Ok(Self { symbol: symbol.clone(), base, as_of, quoted, growth, mix, shares, is_price_index })
    }

    /// Whose benchmark it is.
    pub fn symbol(&self) -> &Symbol {
        &self.symbol
    }

    /// The first day with a price.
    pub fn first_day(&self) -> NaiveDate {
        from_epoch_day(self.first())
    }

    /// The day of its last price.
    pub fn priced_on(&self) -> NaiveDate {
        self.priced_by(self.as_of)
    }

    /// Its level by day, in the base currency, from 100 at its first close; dividends are in it.
    pub fn index(&self) -> DailySeries {
        let scale = FIRST_LEVEL / self.growth.first().copied().unwrap_or(f64::NAN);
        let values = self.growth.iter().map(|worth| worth * scale).collect();
        DailySeries { first_day: self.first_day(), values }
    }

    /// The weights of its components at the close of a day, after that day's rebalancing; an instrument is 100 % of
    /// itself.
    ///
    /// # Errors
    /// [`Reason::NoPrice`] before the first day or after the last, [`Reason::NoCapital`] when all of it is worth
    /// nothing.
    pub fn weights_on(&self, day: NaiveDate) -> Figure<Vec<ComponentWeight>> {
        let offset = usize::try_from(i64::from(epoch_day(day)) - i64::from(self.first())).ok();
        let known = offset.filter(|offset| *offset < self.growth.len());
        self.mix.weights_at(known.ok_or_else(|| self.no_price())?)
    }

    /// The same as numbers.
    pub(crate) fn quoted(&self) -> &[i32] {
        &self.quoted
    }

    /// The days on which it traded, in order.
    pub fn sessions(&self) -> impl Iterator<Item = NaiveDate> {
        self.quoted.iter().map(|day| from_epoch_day(*day))
    }

    /// Its total return since the close of `day`, dividends reinvested, in the base currency; of a closed day since
    /// the next close. 0.1 is 10 %.
    ///
    /// # Errors
    /// [`Reason::NoPrice`] when there is no close from that day on.
    pub fn return_since(&self, day: NaiveDate) -> Figure<f64> {
        let bought = self.buying_day(epoch_day(day)).ok_or_else(|| self.no_price())?;
        self.return_between(from_epoch_day(bought), self.as_of)
    }

    /// Its total return over a period, dividends reinvested, in the base currency; on closed days the last close
    /// counts. 0.1 is 10 %.
    ///
    /// # Errors
    /// [`Reason::NoPrice`] when the period begins before its first close or ends after the day that it was prepared
    /// for.
    pub fn return_over(&self, period: Period) -> Figure<f64> {
        self.return_between(period.from, period.to)
    }

    /// What one unit of money put into it on a day has become by another, or waits as when no close has come since.
    ///
    /// # Errors
    /// [`Reason::NoPrice`] when its prices begin too long after the day or it was not prepared up to the other.
    pub(crate) fn growth_of(&self, day: NaiveDate, to: NaiveDate) -> Figure<f64> {
        if self.starts_late(day).is_some() || to > self.as_of {
            return Err(self.no_price());
        }
        match self.buying_day(epoch_day(day)).map(from_epoch_day).filter(|bought| *bought <= to) {
            Some(bought) => self.growth_between(bought, to),
            None => Ok(1.0),
        }
    }

    /// Growth of 1 by day over a period, dividends reinvested, in the base currency, from the close of its first day on.
    ///
    /// # Errors
    /// As [`Benchmark::return_over`].
    pub fn growth_over(&self, period: Period) -> Figure<DailySeries> {
        let days = period.from.iter_days().take_while(|day| *day <= period.to);
        let values: Figure<Vec<f64>> = days.map(|day| self.growth_between(period.from, day)).collect();
        Ok(DailySeries { first_day: period.from, values: values? })
    }

    /// The change of its last session against the close before, dividends and exchange rates included.
    ///
    /// # Errors
    /// [`Reason::NoPreviousClose`] when there is but one price.
    pub fn last_session(&self) -> Figure<f64> {
        self.session_by(self.as_of).map(|(_, rate)| rate)
    }

    /// The reason that it has no price: that its instruments have none together, for an index has no price of its own.
    fn no_price(&self) -> Reason {
        self.mix.no_price()
    }

    fn return_between(&self, from: NaiveDate, to: NaiveDate) -> Figure<f64> {
        self.growth_between(from, to).map(|growth| growth - 1.0)
    }

    fn growth_between(&self, from: NaiveDate, to: NaiveDate) -> Figure<f64> {
        let (before, after) = (self.worth(epoch_day(from)), self.worth(epoch_day(to)));
        if before.is_nan() || after.is_nan() {
            return Err(self.no_price());
        }
        finite(after / before)
    }

    /// The day of the last price up to a day.
    fn priced_by(&self, day: NaiveDate) -> NaiveDate {
        let past = self.quoted.partition_point(|quoted| *quoted <= epoch_day(day));
        let last = past.checked_sub(1).and_then(|index| self.quoted.get(index));
        last.map_or(day, |day| from_epoch_day(*day))
    }

    /// The last session up to a day, and its change.
    fn session_by(&self, day: NaiveDate) -> Figure<(NaiveDate, f64)> {
        let last = self.priced_by(day);
        let session = epoch_day(last);
        if session <= self.first() {
            return Err(Reason::NoPreviousClose);
        }
        let rate = self.worth(session) / self.worth(session - 1) - 1.0;
        finite(rate).map(|rate| (last, rate))
    }

    /// How many of its shares one unit of the first price is at the close of a day.
    pub(crate) fn shares_on(&self, day: NaiveDate) -> f64 {
        let offset = usize::try_from(epoch_day(day) - self.first()).unwrap_or(0);
        match &self.shares {
            Shares::Made => self.growth.first().copied().unwrap_or(f64::NAN) / FIRST_LEVEL,
            Shares::Listed(splits) => {
                let past = splits.partition_point(|(from, _)| *from <= offset);
                let split = past.checked_sub(1).and_then(|index| splits.get(index));
                self.mix.units_at(offset) * split.map_or(1.0, |(_, units)| *units)
            }
        }
    }

    /// Its components, where it is an index of one's own, with their units for one unit of the first price at the close
    /// of a day and what one unit is worth then.
    pub(crate) fn parts_on(&self, day: NaiveDate) -> Vec<PartOn> {
        let offset = usize::try_from(epoch_day(day) - self.first());
        match (&self.shares, offset) {
            (Shares::Made, Ok(offset)) => self.mix.parts_at(offset),
            _ => Vec::new(),
        }
    }

    /// The first day with a price from `day` on: a past price cannot be bought.
    pub(crate) fn buying_day(&self, day: i32) -> Option<i32> {
        self.quoted.get(self.quoted.partition_point(|quoted| *quoted < day)).copied()
    }

    /// What a unit of the first price is worth at the close of a day; `NaN` before it.
    pub(crate) fn worth(&self, day: i32) -> f64 {
        let offset = usize::try_from(i64::from(day) - i64::from(self.first()));
        offset.ok().and_then(|offset| self.growth.get(offset)).copied().unwrap_or(f64::NAN)
    }

    fn first(&self) -> i32 {
        self.quoted.first().copied().unwrap_or_default()
    }
}
