//! Columns of value by day, summed up position by position.

use std::collections::BTreeMap;

use bellwether_domain::{Currency, Symbol, epoch_day};
use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::fill_prices;
use crate::books::Position;
use crate::exact::Exact;
use crate::market::Rates;
use crate::twr::{HoldThenTrade, TimeWeighted, time_weighted};
use crate::{Books, Figure, Market, Reason};

/// The columns while they are summed up.
pub(crate) struct Valuation {
    pub(crate) first: NaiveDate,
    first_day: i32,
    base: Currency,
    pub(crate) value: Vec<f64>,
    pub(crate) held: Vec<f64>,
    pub(crate) cash: Vec<f64>,
    /// One position's prices; reused.
    prices: Vec<f64>,
    rates: BTreeMap<Currency, Figure<Option<Vec<f64>>>>,
    pub(crate) gap: Option<Reason>,
}

impl Valuation {
    /// Empty columns from `first` to the books' day.
    pub(crate) fn new(books: &Books, first: NaiveDate) -> Self {
        Self::between(books.options().base, first, books.as_of())
    }

    /// Empty columns from `first` to `last`, in the currency `base`. What is added may begin earlier, but not go on
    /// after `last`; of what begins earlier the first day's `held` means nothing.
    pub(crate) fn between(base: Currency, first: NaiveDate, last: NaiveDate) -> Self {
        let first_day = epoch_day(first);
        let days = usize::try_from(epoch_day(last) - first_day).unwrap_or(0) + 1;
        let column = || vec![0.0; days];
        Self {
            first,
            first_day,
            base,
            value: column(),
            held: column(),
            cash: column(),
            prices: column(),
            rates: BTreeMap::new(),
            gap: None,
        }
    }

    /// Adds a position's value.
    pub(crate) fn add_position(&mut self, position: &Position, market: &Market) {
        let Some((start, end)) = self.days_of(position) else { return };
        let instrument = market.instrument(&position.symbol).filter(|instrument| instrument.has_prices());
        let Some(instrument) = instrument else { return self.leave_out(Reason::no_price(&position.symbol)) };
        let rate = self.rates.entry(position.currency).or_insert_with(|| {
            market.rates().column(position.currency, self.base, self.first_day, self.value.len())
        });
        let rate = match rate {
            Ok(rate) => rate.as_deref(),
            Err(reason) => {
                let reason = reason.clone();
                return self.leave_out(reason);
            }
        };

        let booked: Vec<_> = position
            .booked_prices
            .iter()
            .map(|booked| (epoch_day(booked.date), booked.price.float()))
            .collect();
        let Some(prices) = self.prices.get_mut(start..end) else { return };
        fill_prices(
            &instrument.known_prices(),
            &position.splits,
            &booked,
            self.first_day + start as i32,
            prices,
        );
        if let Some(rate) = rate.and_then(|rate| rate.get(start..end)) {
            prices.iter_mut().zip(rate).for_each(|(price, rate)| *price *= rate);
        }
        let unpriced = prices.iter().take_while(|price| price.is_nan()).count();
        prices.iter_mut().take(unpriced).for_each(|price| *price = 0.0);

        self.add_quantities(position, end);
        if unpriced > 0 {
            self.leave_out_unpriced(&position.symbol);
        }
    }

    /// The part of the axis on which shares are held, the day of the last sale included.
    fn days_of(&self, position: &Position) -> Option<(usize, usize)> {
        let (first, last) = (position.changes.first()?, position.changes.last()?);
        let end = if position.is_open() { self.value.len() } else { self.index(last.date) + 1 };
        Some((self.index(first.date), end))
    }

    fn add_quantities(&mut self, position: &Position, end: usize) {
        let mut changes = position.changes.iter().peekable();
        while let Some(change) = changes.next() {
            let (from, until) =
                (self.index(change.date), changes.peek().map_or(end, |next| self.index(next.date)));
            self.held[from] += change.before.float() * self.prices[from];
            let quantity = change.after.float();
            add_scaled(&mut self.value, &self.prices, from..until, quantity);
            add_scaled(&mut self.held, &self.prices, from + 1..until, quantity);
        }
    }

    /// Adds a currency's balances.
    pub(crate) fn add_cash(&mut self, currency: Currency, changes: &[(NaiveDate, Decimal)], rates: &Rates) {
        let days = self.value.len();
        match rates.column(currency, self.base, self.first_day, days) {
            Ok(Some(rate)) => self.prices.copy_from_slice(&rate),
            Ok(None) => self.prices.fill(1.0),
            Err(reason) => return self.leave_out(reason),
        }
        let mut before = 0.0;
        let mut changes = changes.iter().peekable();
        while let Some((date, balance)) = changes.next() {
            let (from, until) =
                (self.index(*date), changes.peek().map_or(days, |(next, _)| self.index(*next)));
            self.held[from] += before * self.prices[from];
            before = balance.float();
            add_scaled(&mut self.value, &self.prices, from..until, before);
            add_scaled(&mut self.cash, &self.prices, from..until, before);
            add_scaled(&mut self.held, &self.prices, from + 1..until, before);
        }
    }

    /// Money that went in on each day, less what came out.
    pub(crate) fn flows<'a>(
        &self,
        flows: impl Iterator<Item = (NaiveDate, &'a Figure<Decimal>)>,
    ) -> Figure<Vec<f64>> {
        let mut days = vec![0.0; self.value.len()];
        for (date, amount) in flows {
            days[self.index(date)] += amount.clone()?.float();
        }
        Ok(days)
    }

    /// The time-weighted return, where everything is priced and all flows are known.
    pub(crate) fn linked(&self, flows: &Figure<Vec<f64>>) -> Figure<TimeWeighted> {
        if let Some(reason) = &self.gap {
            return Err(reason.clone());
        }
        let flow = flows.as_ref().map_err(Clone::clone)?;
        time_weighted(self.first, HoldThenTrade { value: &self.value, held: &self.held, flow })
    }

    /// Where a day of the books lies on the axis.
    fn index(&self, day: NaiveDate) -> usize {
        usize::try_from(epoch_day(day) - self.first_day).unwrap_or(0).min(self.value.len().saturating_sub(1))
    }

    fn leave_out_unpriced(&mut self, symbol: &Symbol) {
        self.leave_out(Reason::no_price(symbol));
    }

    fn leave_out(&mut self, reason: Reason) {
        self.gap = Some(match self.gap.take() {
            Some(known) => known.and(&reason),
            None => reason,
        });
    }
}

/// `target += factor x source` on some days.
fn add_scaled(target: &mut [f64], source: &[f64], days: std::ops::Range<usize>, factor: f64) {
    if factor == 0.0 {
        return;
    }
    let (Some(target), Some(source)) = (target.get_mut(days.clone()), source.get(days)) else { return };
    for (sum, value) in target.iter_mut().zip(source) {
        *sum += factor * value;
    }
}
