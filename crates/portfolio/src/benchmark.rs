//! "What if every deposit had bought the index?": the same money, on the same days, in a benchmark.

mod comparison;
#[cfg(test)]
mod tests;

use bellwether_domain::{Currency, PriceColumns, Symbol, epoch_day, from_epoch_day};
use chrono::NaiveDate;

use crate::exact::Exact;
use crate::market::{InstrumentData, Rates, splits};
use crate::{Figure, Market, Reason};

pub use comparison::{Comparison, SessionChange};

/// An instrument as a benchmark: its cash dividends are reinvested at the close of their ex-dates.
#[derive(Debug, Clone)]
pub struct Benchmark {
    symbol: Symbol,
    base: Currency,
    as_of: NaiveDate,
    /// Days with a price, ascending.
    quoted: Vec<i32>,
    /// What one unit bought at the first price is worth on each day since then, in the base currency.
    growth: Vec<f64>,
    /// Units that it has become.
    units: f64,
}

impl Benchmark {
    /// Prepares a benchmark for comparisons up to `as_of` in the currency `base`.
    ///
    /// # Errors
    /// [`Reason::NoPrice`] when no price is known by then, [`Reason::NoExchangeRate`] when its currency or that of a
    /// dividend cannot be converted.
    pub fn new(symbol: &Symbol, market: &Market, base: Currency, as_of: NaiveDate) -> Figure<Self> {
        let no_price = || Reason::no_price(symbol);
        let instrument = market.instrument(symbol).ok_or_else(no_price)?;
        let (index, units) = total_return_index(instrument, market.rates(), as_of)?;
        let first = *index.days.first().ok_or_else(no_price)?;
        let mut growth = vec![0.0; usize::try_from(epoch_day(as_of) - first).unwrap_or(0) + 1];
        crate::series::fill_forward(&index, first, &mut growth);
        if let Some(rates) = market.rates().column(instrument.currency(), base, first, growth.len())? {
            growth.iter_mut().zip(rates).for_each(|(value, rate)| *value *= rate);
        }
        if !growth.iter().all(|worth| worth.is_finite()) {
            return Err(Reason::OutOfRange);
        }
        Ok(Self { symbol: symbol.clone(), base, as_of, quoted: index.days, growth, units })
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
        self.quoted.last().map_or(self.as_of, |day| from_epoch_day(*day))
    }

    /// Its total return since the close of `day`, dividends reinvested, in the base currency; of a closed day since
    /// the next close. 0.1 is 10 %.
    ///
    /// # Errors
    /// [`Reason::NoPrice`] when there is no close from that day on.
    pub fn return_since(&self, day: NaiveDate) -> Figure<f64> {
        let bought = self.buying_day(epoch_day(day)).ok_or_else(|| Reason::no_price(&self.symbol))?;
        let total = self.growth.last().copied().unwrap_or(f64::NAN) / self.worth(bought) - 1.0;
        if total.is_finite() { Ok(total) } else { Err(Reason::OutOfRange) }
    }

    /// The change of its last session against the close before, dividends and exchange rates included.
    ///
    /// # Errors
    /// [`Reason::NoPreviousClose`] when there is but one price.
    pub fn last_session(&self) -> Figure<f64> {
        let day = self.quoted.last().filter(|_| self.quoted.len() > 1).ok_or(Reason::NoPreviousClose)?;
        let rate = self.worth(*day) / self.worth(day - 1) - 1.0;
        if rate.is_finite() { Ok(rate) } else { Err(Reason::OutOfRange) }
    }

    /// The first day with a price from `day` on: a past price cannot be bought.
    fn buying_day(&self, day: i32) -> Option<i32> {
        self.quoted.get(self.quoted.partition_point(|quoted| *quoted < day)).copied()
    }

    /// What a unit of the first price is worth at the close of a day; `NaN` before it.
    fn worth(&self, day: i32) -> f64 {
        let offset = usize::try_from(i64::from(day) - i64::from(self.first()));
        offset.ok().and_then(|offset| self.growth.get(offset)).copied().unwrap_or(f64::NAN)
    }

    fn first(&self) -> i32 {
        self.quoted.first().copied().unwrap_or_default()
    }
}

/// Price times units, where splits multiply the units and each dividend buys more at the close of its ex-date (or the
/// next close, when there is none); with the units at the end.
fn total_return_index(
    instrument: &InstrumentData,
    rates: &Rates,
    as_of: NaiveDate,
) -> Figure<(PriceColumns, f64)> {
    let mut splits_ahead = instrument.splits().iter().peekable();
    let mut dividends = instrument.dividends().iter().peekable();
    let mut units = 1.0;
    let mut index = PriceColumns::default();
    let until = epoch_day(as_of);
    for (day, price) in instrument.known_prices().iter().take_while(|(day, _)| *day <= until) {
        let held_before = !index.is_empty();
        let date = from_epoch_day(day);
        while let Some(split) = splits_ahead.next_if(|split| split.ex_date <= date) {
            if held_before {
                units *= splits::factor(split);
            }
        }
        // Dividends of a day, or of closed days before it, buy together: none earns for the other.
        let mut paid = 0.0;
        while let Some(dividend) = dividends.next_if(|dividend| dividend.ex_date <= date) {
            let currency = dividend.currency.unwrap_or(instrument.currency());
            let rate = rates.on(currency, instrument.currency(), dividend.ex_date)?.rate;
            // Per unit of the ex-date, where the close may be that of a later day after a split.
            let amount = splits::carried(dividend.amount, instrument.splits(), dividend.ex_date, date)?;
            paid += amount.float() * rate.float();
        }
        // Whoever buys at the close of the ex-date has no right to it.
        if held_before && price > 0.0 {
            units *= 1.0 + paid / price;
        }
        index.push(day, price * units);
    }
    Ok((index, units))
}
