//! Several instruments held together: their units by day, dividends reinvested, weights restored now and then.

use bellwether_domain::{Currency, Symbol, from_epoch_day};
use chrono::Datelike;

use super::ComponentWeight;
use super::constituent::Constituent;
use crate::custom_index::Rebalancing;
use crate::exact::Exact;
use crate::market::Rates;
use crate::{Figure, Reason};

/// What a benchmark consists of.
#[derive(Debug, Clone)]
pub(super) struct Mix {
    parts: Vec<Part>,
    /// Units of each part from a day of the axis on.
    units: Vec<(usize, Vec<f64>)>,
}

#[derive(Debug, Clone)]
struct Part {
    symbol: Symbol,
    weight: f64,
    /// What one unit is worth by day; empty where there is only one part.
    worth: Vec<f64>,
}

/// A part at the close of a day.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct PartOn {
    pub(crate) symbol: Symbol,
    /// Units of it since the last rebalancing or dividend.
    pub(crate) units: f64,
    /// What one of them is worth.
    pub(crate) worth: f64,
}

/// What happens at the close of a day, in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    /// The dividend of a part, which is that many in its list.
    Dividend { part: usize, number: usize },
    /// The weights are looked at, and restored where the rule says so.
    Rebalancing,
}

impl Mix {
    /// Holds the parts from the first of `quoted` on for `days` days; with the worth of the whole by day. It starts at
    /// the first part's price, so that a single part is worth what it is worth itself.
    pub(super) fn new(
        constituents: Vec<Constituent>,
        quoted: &[i32],
        rebalancing: Rebalancing,
        rates: &Rates,
        (base, days): (Currency, usize),
    ) -> Figure<(Self, Vec<f64>)> {
        let first = quoted.first().copied().unwrap_or_default();
        let events = events(&constituents, quoted, rebalancing, days);
        let worths = constituents
            .iter()
            .map(|part| part.column(rates, base, first, days))
            .collect::<Figure<Vec<_>>>()?;
        let start = worths.first().and_then(|worth| worth.first()).copied().unwrap_or(f64::NAN);
        let units: Vec<f64> = constituents
            .iter()
            .zip(&worths)
            .map(|(part, worth)| part.weight * (start / worth.first().copied().unwrap_or(f64::NAN)))
            .collect();

        let mut held = Held { worths: &worths, history: vec![(0, units.clone())], units };
        let mut growth = vec![0.0; days];
        let mut from = 0;
        for day in events.chunk_by(|(a, _), (b, _)| a == b) {
            let Some((today, _)) = day.first() else { continue };
            held.value(&mut growth, from, *today);
            from = *today;
            held.reinvest(*today, day, &constituents);
            if day.iter().any(|(_, event)| *event == Event::Rebalancing) {
                held.restore(*today, &constituents, rebalancing);
            }
            if held.history.last().is_none_or(|(_, units)| *units != held.units) {
                held.history.push((*today, held.units.clone()));
            }
        }
        held.value(&mut growth, from, days);

        let units = held.history;
        let is_mixed = constituents.len() > 1;
        let parts = constituents
            .into_iter()
            .zip(worths)
            .map(|(part, worth)| Part {
                symbol: part.symbol,
                weight: part.weight,
                worth: if is_mixed { worth } else { Vec::new() },
            })
            .collect();
        Ok((Self { parts, units }, growth))
    }

    /// Units of the first part at the close of a day of the axis.
    pub(super) fn units_at(&self, day: usize) -> f64 {
        self.since(day).and_then(<[f64]>::first).copied().unwrap_or(f64::NAN)
    }

    /// The parts' weights at the close of a day of the axis.
    pub(super) fn weights_at(&self, day: usize) -> Figure<Vec<ComponentWeight>> {
        let weigh = |part: &Part, weight| ComponentWeight { symbol: part.symbol.clone(), weight };
        if let [only] = self.parts.as_slice() {
            return Ok(vec![weigh(only, only.weight)]);
        }
        let units = self.since(day).ok_or(Reason::NoCapital)?;
        let values: Vec<f64> = self
            .parts
            .iter()
            .zip(units)
            .map(|(part, units)| units * part.worth.get(day).copied().unwrap_or(f64::NAN))
            .collect();
        let whole: f64 = values.iter().sum();
        if !whole.is_finite() || whole <= 0.0 {
            return Err(Reason::NoCapital);
        }
        Ok(self.parts.iter().zip(values).map(|(part, value)| weigh(part, value / whole)).collect())
    }

    /// The parts at the close of a day of the axis; none where there is but one, which is all of it.
    pub(super) fn parts_at(&self, day: usize) -> Vec<PartOn> {
        let Some(units) = self.since(day).filter(|units| units.len() > 1) else { return Vec::new() };
        let parts = self.parts.iter().zip(units);
        let part = |(part, units): (&Part, &f64)| {
            let worth = part.worth.get(day).copied()?;
            Some(PartOn { symbol: part.symbol.clone(), units: *units, worth })
        };
        parts.map(part).collect::<Option<_>>().unwrap_or_default()
    }

    /// The reason that its parts have no price together.
    pub(super) fn no_price(&self) -> Reason {
        let mut symbols: Vec<Symbol> = self.parts.iter().map(|part| part.symbol.clone()).collect();
        symbols.sort();
        Reason::NoPrice(symbols.into())
    }

    fn since(&self, day: usize) -> Option<&[f64]> {
        let past = self.units.partition_point(|(from, _)| *from <= day);
        past.checked_sub(1).and_then(|index| self.units.get(index)).map(|(_, units)| units.as_slice())
    }
}

/// The parts while they are held.
struct Held<'a> {
    worths: &'a [Vec<f64>],
    units: Vec<f64>,
    history: Vec<(usize, Vec<f64>)>,
}

impl Held<'_> {
    /// Writes what is held is worth on the days from `from` until `until`.
    fn value(&self, growth: &mut [f64], from: usize, until: usize) {
        let Some(days) = growth.get_mut(from..until) else { return };
        for (worth, units) in self.worths.iter().zip(&self.units) {
            for (sum, worth) in days.iter_mut().zip(worth.iter().skip(from)) {
                *sum += units * worth;
            }
        }
    }

    /// What the parts are worth at the close of a day, and together.
    fn values(&self, day: usize) -> (Vec<f64>, f64) {
        let worth = |worth: &Vec<f64>| worth.get(day).copied().unwrap_or(f64::NAN);
        let values: Vec<f64> =
            self.worths.iter().zip(&self.units).map(|(column, units)| units * worth(column)).collect();
        let whole = values.iter().sum();
        (values, whole)
    }

    /// Buys more of everything with the day's dividends, in the proportions of the day.
    fn reinvest(&mut self, day: usize, events: &[(usize, Event)], constituents: &[Constituent]) {
        let (values, whole) = self.values(day);
        if whole <= 0.0 {
            return;
        }
        let mut paid = 0.0;
        for (_, event) in events {
            if let Event::Dividend { part, number } = event
                && let Some((_, rate)) = constituents.get(*part).and_then(|part| part.dividends.get(*number))
            {
                paid += values.get(*part).copied().unwrap_or(f64::NAN) / whole * rate;
            }
        }
        self.units.iter_mut().for_each(|units| *units *= 1.0 + paid);
    }

    /// Brings the parts back to their weights, unless none has drifted beyond the limit.
    fn restore(&mut self, day: usize, constituents: &[Constituent], rebalancing: Rebalancing) {
        let (values, whole) = self.values(day);
        if let Rebalancing::Drift { limit } = rebalancing {
            let limit = limit.float();
            let mut parts = values.iter().zip(constituents);
            if !parts.any(|(value, part)| (value / whole - part.weight).abs() > limit) {
                return;
            }
        }
        let worths = self.worths.iter().map(|worth| worth.get(day).copied().unwrap_or(f64::NAN));
        self.units = worths.zip(constituents).map(|(worth, part)| part.weight * whole / worth).collect();
    }
}

/// All events in order. Who buys at the close of the first day has no right to that day's dividend.
fn events(
    constituents: &[Constituent],
    quoted: &[i32],
    rebalancing: Rebalancing,
    days: usize,
) -> Vec<(usize, Event)> {
    let first = quoted.first().copied().unwrap_or_default();
    let offset = |day: i32| usize::try_from(day - first).ok().filter(|offset| (1..days).contains(offset));
    let mut events = Vec::new();
    for (part, constituent) in constituents.iter().enumerate() {
        for (number, (day, _)) in constituent.dividends.iter().enumerate() {
            events.extend(offset(*day).map(|day| (day, Event::Dividend { part, number })));
        }
    }
    // One part is all of it at any time.
    if constituents.len() > 1 {
        let last = first.saturating_add(i32::try_from(days).unwrap_or(i32::MAX));
        let next = quoted.iter().skip(1).copied().chain([last]);
        for (day, next) in quoted.iter().copied().zip(next).skip(1) {
            if is_due(rebalancing, day, next) {
                events.extend(offset(day).map(|day| (day, Event::Rebalancing)));
            }
        }
    }
    events.sort_unstable();
    events
}

/// Whether weights are looked at on a trading day whose next one is `next`.
fn is_due(rebalancing: Rebalancing, day: i32, next: i32) -> bool {
    let months = |day: i32| {
        let date = from_epoch_day(day);
        date.year() * 12 + date.month0() as i32
    };
    let ends = |length: i32| months(day).div_euclid(length) != months(next).div_euclid(length);
    match rebalancing {
        Rebalancing::Never => false,
        Rebalancing::Daily | Rebalancing::Drift { .. } => true,
        Rebalancing::Monthly => ends(1),
        Rebalancing::Quarterly => ends(3),
        Rebalancing::Yearly => ends(12),
    }
}
