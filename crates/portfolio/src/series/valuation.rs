//! Columns of value by day, summed up position by position.

use std::collections::BTreeMap;
use std::iter;
use std::ops::Range;

use bellwether_domain::{Currency, epoch_day};
use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::fill_prices;
use super::sessions::{Sessions, Traded};
use crate::books::{EventEffect, Position};
use crate::exact::Exact;
use crate::market::{KnownPrices, Rates};
use crate::twr::{HoldThenTrade, TimeWeighted, time_weighted};
use crate::{Books, Figure, Market, Reason};

/// Calendars of trading days that are told apart. Instruments of more exchanges are valued day by day.
const MOST_SESSIONS: usize = 8;

/// The columns while they are summed up.
///
/// What is held unchanged through a day is the same before and after its bookings; only the rest is summed twice.
pub(crate) struct Valuation<'a> {
    first: NaiveDate,
    axis: Axis,
    base: Currency,
    unchanged: Vec<f64>,
    /// What changes on a day, as it was at the close before, at the day's prices, and after its corporate events.
    before: Vec<f64>,
    /// The same at the day's close.
    after: Vec<f64>,
    cash: Vec<f64>,
    sessions: Vec<Sessions<'a>>,
    /// One position's prices; reused.
    prices: Vec<f64>,
    rates: BTreeMap<Currency, Figure<Option<Vec<f64>>>>,
    gap: Option<Reason>,
}

/// The columns, one value a day.
pub(crate) struct Valued {
    pub(crate) first: NaiveDate,
    axis: Axis,
    pub(crate) value: Vec<f64>,
    pub(crate) held: Vec<f64>,
    pub(crate) cash: Vec<f64>,
    pub(crate) gap: Option<Reason>,
}

/// The days that the columns have a value for.
#[derive(Clone, Copy)]
struct Axis {
    first_day: i32,
    days: usize,
}

/// A quantity from the day of its change to before the day of the next one, as places of the axis.
struct Step {
    day: usize,
    next: usize,
    before: f64,
    after: f64,
}

impl Axis {
    /// Where a day lies: the first or the last place for days outside.
    fn index(self, day: NaiveDate) -> usize {
        usize::try_from(epoch_day(day) - self.first_day).unwrap_or(0).min(self.days.saturating_sub(1))
    }

    /// Where a day lies that is one of them.
    fn place(self, day: NaiveDate) -> Option<usize> {
        usize::try_from(epoch_day(day) - self.first_day).ok().filter(|place| *place < self.days)
    }

    /// The days, quantities before and quantities after of changes in their order, the last of which holds until `end`.
    /// Of those before the axis only the last counts.
    fn steps(
        self,
        changes: impl Iterator<Item = (NaiveDate, f64, f64)>,
        end: usize,
    ) -> impl Iterator<Item = Step> {
        let mut changes =
            changes.map(move |(date, before, after)| (self.index(date), before, after)).peekable();
        iter::from_fn(move || {
            let (day, before, after) = changes.next()?;
            let next = changes.peek().map_or(end, |(next, ..)| *next);
            Some(Step { day, next, before, after })
        })
        .filter(|step| step.day < step.next)
    }
}

fn quantities(position: &Position) -> impl Iterator<Item = (NaiveDate, f64, f64)> {
    position.changes.iter().map(|change| (change.date, change.before.float(), change.after.float()))
}

impl<'a> Valuation<'a> {
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
            axis: Axis { first_day, days },
            base,
            unchanged: column(),
            before: column(),
            after: column(),
            cash: column(),
            sessions: Vec::new(),
            prices: column(),
            rates: BTreeMap::new(),
            gap: None,
        }
    }

    /// Adds a position's value.
    pub(crate) fn add_position(&mut self, position: &Position, market: &'a Market) {
        let Some(days) = self.days_of(position) else { return };
        let instrument = market.instrument(&position.symbol).filter(|instrument| instrument.has_prices());
        let Some(instrument) = instrument else { return self.leave_out(Reason::no_price(&position.symbol)) };
        let known = instrument.known_prices();
        if position.currency == self.base && self.is_quoted(position, &known, &days) {
            for place in 0..MOST_SESSIONS {
                if place == self.sessions.len() {
                    self.sessions.push(Sessions::new(&known, self.axis.first_day, self.axis.days));
                }
                if let Some(closes) = self.sessions[place].closes(&known, &days) {
                    return self.add_closes(position, place, &closes, &days);
                }
            }
        }
        let rate = self.rates.entry(position.currency).or_insert_with(|| {
            market.rates().column(position.currency, self.base, self.axis.first_day, self.axis.days)
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
        let first_day = self.axis.first_day + days.start as i32;
        let Some(prices) = self.prices.get_mut(days.clone()) else { return };
        fill_prices(&known, &position.splits, &booked, first_day, prices);
        if let Some(rate) = rate.and_then(|rate| rate.get(days.clone())) {
            prices.iter_mut().zip(rate).for_each(|(price, rate)| *price *= rate);
        }
        let unpriced = prices.iter().take_while(|price| price.is_nan()).count();
        prices.iter_mut().take(unpriced).for_each(|price| *price = 0.0);

        for step in self.axis.steps(quantities(position), days.end) {
            self.add_step(&step);
        }
        for effect in position.event_effects() {
            if let Some(day) = self.axis.place(effect.date).filter(|day| days.contains(day)) {
                let price = self.prices.get(day).copied().unwrap_or(0.0);
                self.add_event(day, &effect, price);
            }
        }
        if unpriced > 0 {
            self.leave_out(Reason::no_price(&position.symbol));
        }
    }

    /// Whether the prices of these days are closes as they were quoted: neither booked ones nor carried over a split.
    fn is_quoted(&self, position: &Position, known: &KnownPrices<'_>, days: &Range<usize>) -> bool {
        let (first, end) = (self.axis.first_day + days.start as i32, self.axis.first_day + days.end as i32);
        let quoted_after =
            |ex_day: i32| known.next_priced(ex_day).is_some_and(|next| next <= ex_day.max(first));
        known.columns().days.first().is_some_and(|day| *day <= first)
            && position
                .splits
                .iter()
                .map(|split| epoch_day(split.ex_date))
                .all(|ex_day| ex_day >= end || quoted_after(ex_day))
    }

    /// The part of the axis on which shares are held, the day of the last sale included.
    fn days_of(&self, position: &Position) -> Option<Range<usize>> {
        let (first, last) = (position.changes.first()?, position.changes.last()?);
        let end = if position.is_open() { self.axis.days } else { self.axis.index(last.date) + 1 };
        Some(self.axis.index(first.date)..end)
    }

    /// Adds a position's quantities at the closes of common sessions.
    fn add_closes(&mut self, position: &Position, place: usize, traded: &Traded<'_>, days: &Range<usize>) {
        let sessions = &mut self.sessions[place];
        for step in self.axis.steps(quantities(position), days.end) {
            let price = sessions.price(traded, step.day);
            self.before[step.day] += step.before * price;
            self.after[step.day] += step.after * price;
            if step.after != 0.0 {
                sessions.add(traded, step.day + 1..step.next, step.after, &mut self.unchanged);
            }
        }
        for effect in position.event_effects() {
            if let Some(day) = self.axis.place(effect.date).filter(|day| days.contains(day)) {
                let price = self.sessions[place].price(traded, day);
                self.add_event(day, &effect, price);
            }
        }
    }

    /// Counts what events brought for shares among what was held before the day's bookings.
    fn add_event(&mut self, day: usize, effect: &EventEffect<'_>, price: f64) {
        match effect.shares.clone().and_then(|shares| Ok((shares, effect.paid_in()?))) {
            Ok((shares, paid_in)) => self.before[day] += shares.float() * price - paid_in.float(),
            Err(reason) => self.leave_out(reason),
        }
    }

    /// Adds a currency's balances.
    pub(crate) fn add_cash(&mut self, currency: Currency, changes: &[(NaiveDate, Decimal)], rates: &Rates) {
        let days = self.axis.days;
        match rates.column(currency, self.base, self.axis.first_day, days) {
            Ok(Some(rate)) => self.prices.copy_from_slice(&rate),
            Ok(None) => self.prices.fill(1.0),
            Err(reason) => return self.leave_out(reason),
        }
        let before = iter::once(0.0).chain(changes.iter().map(|(_, balance)| balance.float()));
        let changes =
            changes.iter().zip(before).map(|((date, after), before)| (*date, before, after.float()));
        for step in self.axis.steps(changes, days) {
            self.add_step(&step);
            add_scaled(&mut self.cash[step.day..step.next], &self.prices[step.day..step.next], step.after);
        }
    }

    /// Adds a quantity at `prices`.
    fn add_step(&mut self, step: &Step) {
        self.before[step.day] += step.before * self.prices[step.day];
        self.after[step.day] += step.after * self.prices[step.day];
        if step.after != 0.0 {
            let days = step.day + 1..step.next;
            add_scaled(&mut self.unchanged[days.clone()], &self.prices[days], step.after);
        }
    }

    /// The columns when everything has been added.
    pub(crate) fn finished(mut self) -> Valued {
        for sessions in self.sessions {
            sessions.spread(&mut self.unchanged);
        }
        for ((unchanged, before), after) in self.unchanged.iter().zip(&mut self.before).zip(&mut self.after) {
            *before += unchanged;
            *after += unchanged;
        }
        Valued {
            first: self.first,
            axis: self.axis,
            value: self.after,
            held: self.before,
            cash: self.cash,
            gap: self.gap,
        }
    }

    fn leave_out(&mut self, reason: Reason) {
        self.gap = Some(match self.gap.take() {
            Some(known) => known.and(&reason),
            None => reason,
        });
    }
}

impl Valued {
    /// Money that went in on each day, less what came out. `flows` are in the order of their days.
    ///
    /// A day's are summed up exactly: of those that cancel, rounding would leave capital that a day lost whole.
    pub(crate) fn flows<'a>(
        &self,
        flows: impl Iterator<Item = (NaiveDate, &'a Figure<Decimal>)>,
    ) -> Figure<Vec<f64>> {
        let mut days = vec![0.0; self.value.len()];
        let (mut place, mut net) = (0, Decimal::ZERO);
        for (date, amount) in flows {
            let next = self.axis.index(date);
            if next != place {
                (place, net) = (next, Decimal::ZERO);
            }
            net = net.plus(amount.clone()?)?;
            days[place] = net.float();
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
}

/// `target += factor x source`, value by value.
pub(crate) fn add_scaled(target: &mut [f64], source: &[f64], factor: f64) {
    for (sum, value) in target.iter_mut().zip(source) {
        *sum += factor * value;
    }
}
