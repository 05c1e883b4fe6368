//! An instrument as part of a benchmark: its price in units that splits multiply, and its dividends as rates.

use bellwether_domain::{Currency, InstrumentKind, PriceColumns, Symbol, epoch_day, from_epoch_day};
use chrono::NaiveDate;

use crate::exact::Exact;
use crate::market::{InstrumentData, Rates, splits};
use crate::{Figure, Market, Reason};

/// What a benchmark needs to know of one of its instruments, up to its day.
#[derive(Debug, Clone)]
pub(super) struct Constituent {
    pub(super) symbol: Symbol,
    pub(super) weight: f64,
    currency: Currency,
    /// What one unit of the first price is worth at each close, in the currency of the listing.
    worth: PriceColumns,
    /// Units that splits have made of one, from the day of a close on.
    pub(super) split_units: Vec<(i32, f64)>,
    is_index: bool,
    /// Days and rates of dividends: what is paid for each unit of money at the close.
    pub(super) dividends: Vec<(i32, f64)>,
}

impl Constituent {
    pub(super) fn new(symbol: &Symbol, weight: f64, market: &Market, as_of: NaiveDate) -> Figure<Self> {
        let instrument = market.instrument(symbol).ok_or_else(|| Reason::no_price(symbol))?;
        let mut part = Self {
            symbol: symbol.clone(),
            weight,
            currency: instrument.currency(),
            worth: PriceColumns::default(),
            split_units: Vec::new(),
            is_index: symbol.as_str().starts_with('^') || instrument.kind() == Some(InstrumentKind::Index),
            dividends: Vec::new(),
        };
        part.read(instrument, market.rates(), epoch_day(as_of))?;
        if part.worth.is_empty() { Err(Reason::no_price(symbol)) } else { Ok(part) }
    }

    /// Whether it is an index, of prices alone as far as anybody tells: it has no dividends.
    pub(super) fn is_price_index(&self) -> bool {
        self.is_index && self.dividends.is_empty()
    }

    /// What one unit is worth on each of `days` days from `first` on, in the base currency.
    pub(super) fn column(&self, rates: &Rates, base: Currency, first: i32, days: usize) -> Figure<Vec<f64>> {
        let mut column = vec![0.0; days];
        crate::series::fill_forward(&self.worth, first, &mut column);
        if let Some(rates) = rates.column(self.currency, base, first, days)? {
            column.iter_mut().zip(rates).for_each(|(value, rate)| *value *= rate);
        }
        Ok(column)
    }

    /// Splits multiply the units; each dividend is paid at the close of its ex-date, or the next close when there is
    /// none.
    fn read(&mut self, instrument: &InstrumentData, rates: &Rates, until: i32) -> Figure<()> {
        let mut splits_ahead = instrument.splits().iter().peekable();
        let mut dividends = instrument.dividends().iter().peekable();
        let mut units = 1.0;
        let known = instrument.known_prices();
        let most = known.columns().len() + 1;
        self.worth.days.reserve_exact(most);
        self.worth.closes.reserve_exact(most);
        // On most days there is nothing but a price.
        let mut eventful = i32::MIN;
        for (day, price) in known.iter().take_while(|(day, _)| *day <= until) {
            if day < eventful {
                self.worth.push(day, price * units);
                continue;
            }
            let held_before = !self.worth.is_empty();
            while let Some(split) = splits_ahead.next_if(|split| epoch_day(split.ex_date) <= day) {
                if held_before {
                    units *= splits::factor(split);
                    self.split_units.push((day, units));
                }
            }
            // Dividends of a day, or of closed days before it, buy together: none earns for the other.
            let mut paid = 0.0;
            while let Some(dividend) = dividends.next_if(|dividend| epoch_day(dividend.ex_date) <= day) {
                let currency = dividend.currency.unwrap_or(instrument.currency());
                let rate = rates.on(currency, instrument.currency(), dividend.ex_date)?.rate;
                // Per unit of the ex-date, where the close may be that of a later day after a split.
                let date = from_epoch_day(day);
                let amount = splits::carried(dividend.amount, instrument.splits(), dividend.ex_date, date)?;
                paid += amount.float() * rate.float();
            }
            // Whoever buys at the close of the ex-date has no right to it.
            if held_before && paid > 0.0 && price > 0.0 {
                self.dividends.push((day, paid / price));
            }
            self.worth.push(day, price * units);
            let split = splits_ahead.peek().map(|split| split.ex_date);
            let dividend = dividends.peek().map(|dividend| dividend.ex_date);
            eventful = split.into_iter().chain(dividend).min().map_or(i32::MAX, epoch_day);
        }
        Ok(())
    }
}

/// The days on which all of them have a close, from the first on which none is worthless.
pub(super) fn common_days(parts: &[Constituent]) -> Figure<Vec<i32>> {
    let (first, others) = parts.split_first().ok_or(Reason::NoCapital)?;
    let mut days = first.worth.days.clone();
    for part in others {
        let mut known = part.worth.days.iter().peekable();
        days.retain(|day| {
            while known.next_if(|other| *other < day).is_some() {}
            known.peek() == Some(&day)
        });
    }
    let has_value = |day: &i32| {
        parts.iter().all(|part| part.worth.at_or_before(*day).is_some_and(|(_, worth)| worth > 0.0))
    };
    let start = days.iter().position(has_value).ok_or_else(|| nothing_in_common(parts))?;
    days.drain(..start);
    Ok(days)
}

fn nothing_in_common(parts: &[Constituent]) -> Reason {
    let mut symbols: Vec<Symbol> = parts.iter().map(|part| part.symbol.clone()).collect();
    symbols.sort();
    Reason::NoPrice(symbols.into())
}
