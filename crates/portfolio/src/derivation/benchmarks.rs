//! The same money in a benchmark: what each flow bought at a close, and what that is worth.

use std::collections::BTreeMap;

use bellwether_domain::{Symbol, epoch_day, from_epoch_day};
use chrono::NaiveDate;

use super::calculation::{Label, fraction, money};
use super::figure_name::BenchmarkFigure;
use super::record::Record;
use super::{About, Column, Number, Operation, Source, Unit};
use crate::{Benchmark, Comparison, Figure, PortfolioSeries, Position};

/// What is compared with the benchmark.
#[derive(Clone, Copy)]
pub(super) enum Compared<'a> {
    Portfolio(&'a PortfolioSeries),
    Holding(&'a Position),
}

impl BenchmarkFigure {
    fn label(self, record: &Record<'_>) -> Label {
        let base = record.base();
        match self {
            Self::Value => {
                money(base, "Benchmark's value", "units x worth of a unit, and money still waiting")
            }
            Self::Gain => money(base, "Benchmark's gain", "value - money in + money out"),
            Self::AheadBy => money(base, "Ahead of the benchmark", "own value - benchmark's value"),
            Self::Xirr => fraction("Benchmark's XIRR", "the yearly rate at which all payments cancel out"),
        }
    }

    fn of(self, comparison: &Comparison) -> Figure<f64> {
        match self {
            Self::Value => Ok(comparison.value),
            Self::Gain => Ok(comparison.gain),
            Self::AheadBy => Ok(comparison.ahead_by),
            Self::Xirr => comparison.xirr.clone().map(|rate| rate.headline()),
        }
    }
}

impl Record<'_> {
    pub(super) fn compared(&mut self, symbol: &Symbol, with: Compared<'_>, figure: BenchmarkFigure) -> usize {
        let about = Some(About::Instrument(symbol.clone()));
        let (label, base, to) = (figure.label(self), self.base(), self.books.as_of());
        let compared = Benchmark::new(symbol, self.market, base, to).and_then(|benchmark| {
            let comparison = match with {
                Compared::Portfolio(series) => benchmark.against_portfolio(self.books, series)?,
                Compared::Holding(position) => benchmark.against_position(position, self.market)?,
            };
            Ok((benchmark, figure.of(&comparison)?, comparison))
        });
        let (benchmark, known, comparison) = match compared {
            Ok(compared) => compared,
            Err(reason) => {
                return self.with_subject(about, |record| record.given(label, Err(reason), Source::Unknown));
            }
        };
        let flows = self.invested_flows(with, &comparison);
        let own = match figure {
            BenchmarkFigure::AheadBy => Some(self.own_value(with, comparison.own_value)),
            _ => None,
        };
        self.with_subject(about, |record| {
            let value = record.invested(&benchmark, &flows, to);
            let node = match figure {
                BenchmarkFigure::Value => value,
                BenchmarkFigure::Gain => {
                    let net = money(base, "Net invested", "sum of money in and out");
                    let amounts = flows.iter().map(|(_, amount)| *amount).collect();
                    let net = record.computed(net, Operation::FloatSum, amounts);
                    record.computed(label, Operation::FloatDifference, vec![value, net])
                }
                BenchmarkFigure::AheadBy => {
                    let operands = own.into_iter().chain([value]).collect();
                    record.computed(label, Operation::FloatDifference, operands)
                }
                BenchmarkFigure::Xirr => {
                    let dates = flows.iter().map(|(date, _)| *date).chain([to]).collect();
                    let operands = flows.iter().map(|(_, amount)| *amount).chain([value]).collect();
                    record.computed(label, Operation::MoneyWeighted { dates }, operands)
                }
            };
            record.checked_float(node, label, &Ok(known))
        })
    }

    fn own_value(&mut self, with: Compared<'_>, value: f64) -> usize {
        let (base, day) = (self.base(), self.books.as_of());
        match with {
            Compared::Portfolio(_) => {
                self.daily(money(base, "Portfolio value", ""), Column::Value, day, value)
            }
            Compared::Holding(position) => self.holding_value_on(position, day),
        }
    }

    /// Money in and out, one amount a day. Where the benchmark's prices begin later, what there was then comes first.
    fn invested_flows(&mut self, with: Compared<'_>, comparison: &Comparison) -> Vec<(NaiveDate, usize)> {
        let base = self.base();
        let mut by_day: BTreeMap<NaiveDate, Vec<usize>> = BTreeMap::new();
        let start = comparison.starts_late;
        let counts = |date: NaiveDate| start.is_none_or(|start| date > start);
        match with {
            Compared::Portfolio(_) => {
                for flow in self.books.external_flows().iter().filter(|flow| counts(flow.date)) {
                    let node = self.external(flow);
                    by_day.entry(flow.date).or_default().push(node);
                }
            }
            Compared::Holding(position) => {
                for flow in position.flows.iter().filter(|flow| counts(flow.date)) {
                    let node = self.flow_of(position, flow);
                    by_day.entry(flow.date).or_default().push(node);
                }
            }
        }
        let mut flows = Vec::new();
        if let Some(start) = start {
            let label = money(base, "Value when the benchmark's prices begin", "");
            let value = match with {
                Compared::Portfolio(series) => {
                    self.daily(label, Column::Value, start, series.value.at(start).unwrap_or(0.0))
                }
                Compared::Holding(position) => self.holding_value_on(position, start),
            };
            flows.push((start, value));
        }
        for (date, amounts) in by_day {
            let label = money(base, "Net flow of the day", "money in - money out");
            let net = self.with_subject(Some(About::Day(date)), |record| record.float_sum(label, amounts));
            flows.push((date, net));
        }
        flows
    }

    /// Each day's money buys units at the close of the day, or the next close.
    fn invested(&mut self, benchmark: &Benchmark, flows: &[(NaiveDate, usize)], to: NaiveDate) -> usize {
        let base = self.base();
        let mut by_close: BTreeMap<Option<i32>, Vec<usize>> = BTreeMap::new();
        for (date, amount) in flows {
            let due = benchmark.buying_day(epoch_day(*date)).filter(|due| *due <= epoch_day(to));
            by_close.entry(due).or_default().push(*amount);
        }
        let waiting = by_close.remove(&None);
        let mut bought = Vec::new();
        for (due, amounts) in by_close {
            let day = due.map_or(to, from_epoch_day);
            let paid = money(base, "Money for the close", "sum of the money of the days up to it");
            let paid = self.float_sum(paid, amounts);
            let close = self.unit_worth(benchmark, day);
            let label = Label::new("Units bought", "money / worth of a unit at the close", Unit::Shares);
            bought.push(self.computed(label, Operation::FloatQuotient, vec![paid, close]));
        }
        let label = money(base, "Benchmark's value", "units x worth of a unit, and money still waiting");
        let mut parts = Vec::new();
        if !bought.is_empty() {
            let units = Label::new("Units", "sum of the units bought", Unit::Shares);
            let units = self.computed(units, Operation::FloatSum, bought);
            let worth = self.unit_worth(benchmark, to);
            let held = money(base, "Worth of the units", "units x worth of a unit");
            parts.push(self.computed(held, Operation::FloatProduct, vec![units, worth]));
        }
        if let Some(waiting) = waiting {
            let still =
                money(base, "Money still waiting", "sum of the money of the days since the last close");
            parts.push(self.computed(still, Operation::FloatSum, waiting));
        }
        self.computed(label, Operation::FloatSum, parts)
    }

    /// The sum; what is alone is its own.
    fn float_sum(&mut self, label: Label, parts: Vec<usize>) -> usize {
        if let [only] = parts[..] { only } else { self.computed(label, Operation::FloatSum, parts) }
    }

    /// What a unit bought at the first price is worth: dividends have bought more of it, splits multiplied it.
    pub(super) fn unit_worth(&mut self, benchmark: &Benchmark, day: NaiveDate) -> usize {
        let label = Label::new("Worth of a unit", "", Unit::PerShare(self.base()));
        let column = Column::Benchmark(benchmark.symbol().clone());
        self.given(label, Ok(Number::Float(benchmark.worth(epoch_day(day)))), Source::Daily { column, day })
    }
}
