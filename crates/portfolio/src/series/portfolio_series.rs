//! A portfolio's value on every day of its life.

use std::collections::BTreeMap;

use bellwether_domain::{Currency, Symbol, epoch_day};
use chrono::NaiveDate;

use super::{DailySeries, fill_prices};
use crate::books::Position;
use crate::exact::Exact;
use crate::market::Rates;
use crate::twr::{HoldThenTrade, TimeWeighted, time_weighted};
use crate::{Books, Figure, Market, Reason};

/// A portfolio by calendar day, from its first booking to the books' day, in the base currency.
#[derive(Debug, Clone)]
pub struct PortfolioSeries {
    /// Holdings and cash at the close.
    pub value: DailySeries,
    /// What was held and owned at the close before, at the day's prices and rates: before the day's bookings.
    pub held: DailySeries,
    /// Cash at the close.
    pub cash: DailySeries,
    /// Deposits, withdrawals and transfers of the day, net; positive when money came in.
    pub flows: Figure<DailySeries>,
    /// Sum of the flows so far.
    pub net_contributions: Figure<DailySeries>,
    /// Time-weighted return, with its index by day.
    pub time_weighted: Figure<TimeWeighted>,
    /// Why `value` lacks something on some day: what has no price or rate is left out of it.
    pub gap: Option<Reason>,
}

impl PortfolioSeries {
    /// Values the books on every day.
    ///
    /// The work is one pass over each position's prices and one multiplication per position and day.
    pub fn new(books: &Books, market: &Market) -> Self {
        let mut axis = Valuation::new(books);
        for position in books.positions() {
            axis.add_position(position, market);
        }
        for balance in &books.cash().balances {
            axis.add_cash(balance.currency, &balance.changes, market.rates());
        }
        axis.finished(books)
    }
}

/// The columns while they are summed up.
struct Valuation {
    first: NaiveDate,
    first_day: i32,
    base: Currency,
    value: Vec<f64>,
    held: Vec<f64>,
    cash: Vec<f64>,
    /// One position's prices; reused.
    prices: Vec<f64>,
    rates: BTreeMap<Currency, Figure<Option<Vec<f64>>>>,
    gap: Option<Reason>,
}

impl Valuation {
    fn new(books: &Books) -> Self {
        let first = books.first_day().unwrap_or(books.as_of());
        let first_day = epoch_day(first);
        let days = usize::try_from(epoch_day(books.as_of()) - first_day).unwrap_or(0) + 1;
        let column = || vec![0.0; days];
        Self {
            first,
            first_day,
            base: books.options().base,
            value: column(),
            held: column(),
            cash: column(),
            prices: column(),
            rates: BTreeMap::new(),
            gap: None,
        }
    }

    fn add_position(&mut self, position: &Position, market: &Market) {
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

    fn add_cash(
        &mut self,
        currency: Currency,
        changes: &[(NaiveDate, rust_decimal::Decimal)],
        rates: &Rates,
    ) {
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

    fn finished(self, books: &Books) -> PortfolioSeries {
        let flows = self.flows(books);
        let known = |flows: &Figure<Vec<f64>>| match &self.gap {
            Some(reason) => Err(reason.clone()),
            None => flows.clone(),
        };
        let time_weighted = known(&flows).and_then(|flow| {
            let days = HoldThenTrade { value: &self.value, held: &self.held, flow: &flow };
            time_weighted(self.first, days)
        });
        let series = |values| DailySeries { first_day: self.first, values };
        let net_contributions = flows.clone().map(|flow| series(running_sum(&flow)));
        PortfolioSeries {
            flows: flows.map(series),
            net_contributions,
            time_weighted,
            value: series(self.value),
            held: series(self.held),
            cash: series(self.cash),
            gap: self.gap,
        }
    }

    fn flows(&self, books: &Books) -> Figure<Vec<f64>> {
        let mut flows = vec![0.0; self.value.len()];
        for flow in books.external_flows() {
            flows[self.index(flow.date)] += flow.amount.clone()?.float();
        }
        Ok(flows)
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

fn running_sum(values: &[f64]) -> Vec<f64> {
    values
        .iter()
        .scan(0.0, |sum, value| {
            *sum += value;
            Some(*sum)
        })
        .collect()
}
