//! The same money in a benchmark: what each flow bought at a close, and what that is worth.

use std::collections::BTreeMap;

use bellwether_domain::{Symbol, epoch_day, from_epoch_day};
use chrono::NaiveDate;

use super::calculation::{Label, fraction, money};
use super::figure_name::BenchmarkFigure;
use super::record::Record;
use super::{About, Column, Number, Operation, Source, Unit};
use crate::benchmark::PartOn;
use crate::market::splits;
use crate::{Benchmark, Comparison, Figure, InstrumentData, Period, PortfolioSeries, Position, PriceOrigin};

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
            Self::AheadRate => {
                fraction("Ahead of the benchmark, of what was paid in", "ahead of the benchmark / paid in")
            }
            Self::Xirr => fraction("Benchmark's XIRR", "the yearly rate at which all payments cancel out"),
            Self::NetInvested => money(base, "Net invested", "sum of money in and out"),
            Self::PaidIn => money(base, "Paid in", "sum of the days on which more came in"),
            Self::GainRate => fraction("Benchmark's gain on what was paid in", "gain / paid in"),
            Self::Units => {
                Label::new("Benchmark's shares", "units x shares that a unit has become", Unit::Shares)
            }
            Self::TotalReturn => {
                fraction("Benchmark's return", "worth of a unit / worth at the first purchase - 1")
            }
            Self::AnnualisedReturn => fraction("Benchmark's return a year", "(1 + return)^(365 / days) - 1"),
        }
    }

    fn of(self, comparison: &Comparison) -> Figure<f64> {
        match self {
            Self::Value => Ok(comparison.value),
            Self::Gain => Ok(comparison.gain),
            Self::AheadBy => Ok(comparison.ahead_by),
            Self::AheadRate => comparison.ahead_rate(),
            Self::Xirr => comparison.xirr.clone().map(|rate| rate.headline()),
            Self::NetInvested => Ok(comparison.net_invested),
            Self::PaidIn => Ok(comparison.paid_in),
            Self::GainRate => comparison.gain_rate.clone(),
            Self::Units => Ok(comparison.units),
            Self::TotalReturn => Ok(comparison.total_return),
            Self::AnnualisedReturn => comparison.annualised_return.clone(),
        }
    }
}

impl Record<'_> {
    pub(super) fn compared(&mut self, symbol: &Symbol, with: Compared<'_>, figure: BenchmarkFigure) -> usize {
        let about = Some(About::Instrument(symbol.clone()));
        let (label, to) = (figure.label(self), self.books.as_of());
        let compared = self.benchmark(symbol).and_then(|benchmark| {
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
            BenchmarkFigure::AheadBy | BenchmarkFigure::AheadRate => {
                Some(self.own_value(with, comparison.own_value))
            }
            _ => None,
        };
        self.with_subject(about, |record| {
            let value = record.invested(&benchmark, &flows, to);
            let amounts: Vec<_> = flows.iter().map(|(_, amount)| *amount).collect();
            let node = match figure {
                BenchmarkFigure::Value => value,
                BenchmarkFigure::Gain => record.invested_gain(value, amounts),
                BenchmarkFigure::NetInvested => record.computed(label, Operation::FloatSum, amounts),
                BenchmarkFigure::PaidIn => record.paid_into(amounts),
                BenchmarkFigure::GainRate => {
                    let operands =
                        vec![record.invested_gain(value, amounts.clone()), record.paid_into(amounts)];
                    record.computed(label, Operation::FloatQuotient, operands)
                }
                BenchmarkFigure::Units => {
                    let units = record.units_bought(&benchmark, &flows, to).0;
                    let shares = Label::new("Shares that a unit has become", "", Unit::Number);
                    let column = Column::SharesOf(benchmark.symbol().clone());
                    let shares = record.daily(shares, column, to, benchmark.shares_on(to));
                    let units = units.unwrap_or_else(|| record.one("Units"));
                    record.computed(label, Operation::FloatProduct, vec![units, shares])
                }
                BenchmarkFigure::TotalReturn | BenchmarkFigure::AnnualisedReturn => {
                    let begun = flows.first().map_or(to, |(date, _)| *date);
                    let bought = benchmark.buying_day(epoch_day(begun)).map_or(to, from_epoch_day);
                    let total = record.return_of(&benchmark, bought, to);
                    if figure == BenchmarkFigure::TotalReturn {
                        total
                    } else {
                        let days = to.signed_duration_since(bought).num_days();
                        record.computed(label, Operation::Annualised { days }, vec![total])
                    }
                }
                BenchmarkFigure::AheadBy => {
                    let operands = own.into_iter().chain([value]).collect();
                    record.computed(label, Operation::FloatDifference, operands)
                }
                BenchmarkFigure::AheadRate => {
                    let by = BenchmarkFigure::AheadBy.label(record);
                    let operands = own.into_iter().chain([value]).collect();
                    let ahead = record.computed(by, Operation::FloatDifference, operands);
                    let paid_in = record.paid_into(amounts);
                    record.computed(label, Operation::FloatQuotient, vec![ahead, paid_in])
                }
                BenchmarkFigure::Xirr => {
                    let dates = flows.iter().map(|(date, _)| *date).chain([to]).collect();
                    let operands = amounts.into_iter().chain([value]).collect();
                    record.computed(label, Operation::MoneyWeighted { dates }, operands)
                }
            };
            record.checked_float(node, label, &Ok(known))
        })
    }

    /// The benchmark of a name: an index of one's own, or an instrument.
    pub(super) fn benchmark(&self, symbol: &Symbol) -> Figure<Benchmark> {
        let (base, as_of) = (self.base(), self.books.as_of());
        match self.indices.iter().find(|index| index.name() == symbol) {
            Some(index) => Benchmark::custom(index, self.market, base, as_of),
            None => Benchmark::new(symbol, self.market, base, as_of),
        }
    }

    /// What a benchmark returned over a period.
    pub(super) fn benchmark_return(&mut self, symbol: &Symbol, period: Period) -> usize {
        let label = BenchmarkFigure::TotalReturn.label(self);
        let about = Some(About::Instrument(symbol.clone()));
        let known = self.benchmark(symbol).and_then(|of| Ok((of.return_over(period)?, of)));
        self.with_subject(about, |record| match known {
            Err(reason) => record.given(label, Err(reason), Source::Unknown),
            Ok((known, benchmark)) => {
                let node = record.return_of(&benchmark, period.from, period.to);
                record.checked_float(node, label, &Ok(known))
            }
        })
    }

    fn return_of(&mut self, benchmark: &Benchmark, from: NaiveDate, to: NaiveDate) -> usize {
        let label = BenchmarkFigure::TotalReturn.label(self);
        let operands = [to, from].map(|day| self.unit_worth(benchmark, day)).to_vec();
        let growth = Label::new("Growth of a unit", "worth of a unit / worth of it before", Unit::Number);
        let growth = self.computed(growth, Operation::FloatQuotient, operands);
        self.less_one(label, growth)
    }

    fn invested_gain(&mut self, value: usize, amounts: Vec<usize>) -> usize {
        let net = BenchmarkFigure::NetInvested.label(self);
        let net = self.computed(net, Operation::FloatSum, amounts);
        self.computed(BenchmarkFigure::Gain.label(self), Operation::FloatDifference, vec![value, net])
    }

    fn paid_into(&mut self, amounts: Vec<usize>) -> usize {
        let comes_in = |amount: &usize| self.value(*amount).clone().is_ok_and(|amount| amount.float() > 0.0);
        let amounts = amounts.into_iter().filter(comes_in).collect();
        self.computed(BenchmarkFigure::PaidIn.label(self), Operation::FloatSum, amounts)
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
        let (units, waiting) = self.units_bought(benchmark, flows, to);
        let label = money(base, "Benchmark's value", "units x worth of a unit, and money still waiting");
        let mut parts = Vec::new();
        if let Some(units) = units {
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

    /// The units, and the money that has not bought any yet.
    fn units_bought(
        &mut self,
        benchmark: &Benchmark,
        flows: &[(NaiveDate, usize)],
        to: NaiveDate,
    ) -> (Option<usize>, Option<Vec<usize>>) {
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
        let label = Label::new("Units", "sum of the units bought", Unit::Shares);
        let units = (!bought.is_empty()).then(|| self.computed(label, Operation::FloatSum, bought));
        (units, waiting)
    }

    /// The sum; what is alone is its own.
    fn float_sum(&mut self, label: Label, parts: Vec<usize>) -> usize {
        if let [only] = parts[..] { only } else { self.computed(label, Operation::FloatSum, parts) }
    }

    /// What a unit bought at the first price is worth: dividends have bought more of it, splits multiplied it.
    /// That of an index of one's own is the sum of its components.
    pub(super) fn unit_worth(&mut self, benchmark: &Benchmark, day: NaiveDate) -> usize {
        let label = Label::new("Worth of a unit", "", Unit::PerShare(self.base()));
        let known = benchmark.worth(epoch_day(day));
        let parts = benchmark.parts_on(day);
        if !parts.is_empty() {
            let formula = "sum of the components' units x worth";
            let components = parts.iter().map(|part| self.component(benchmark, part, day)).collect();
            let sum = self.computed(Label { formula, ..label }, Operation::FloatSum, components);
            if *self.value(sum) == Ok(Number::Float(known)) {
                return sum;
            }
        }
        let column = Column::Benchmark(benchmark.symbol().clone());
        self.given(label, Ok(Number::Float(known)), Source::Daily { column, day })
    }

    /// A component of an index of one's own: its units since the last rebalancing or dividend, and their price.
    fn component(&mut self, benchmark: &Benchmark, part: &PartOn, day: NaiveDate) -> usize {
        let base = self.base();
        self.with_subject(Some(About::Instrument(part.symbol.clone())), |record| {
            let units = Label::new("Units of the component", "", Unit::Shares);
            let column = Column::UnitsIn { index: benchmark.symbol().clone(), of: part.symbol.clone() };
            let units = record.daily(units, column, day, part.units);
            let worth = record.component_worth(benchmark, part, day);
            let label = money(base, "Worth of the component", "units x worth of one");
            record.computed(label, Operation::FloatProduct, vec![units, worth])
        })
    }

    /// What one unit of a component is worth: its price, times what splits have made of it, in the base currency.
    fn component_worth(&mut self, benchmark: &Benchmark, part: &PartOn, day: NaiveDate) -> usize {
        let label = Label::new("Worth of one", "price x shares x exchange rate", Unit::PerShare(self.base()));
        let known = Ok(Number::Float(part.worth));
        if let Some(data) = self.market.instrument(&part.symbol)
            && let Some(price) = data.price_on(day)
        {
            let currency = data.currency();
            let quoted = Label::new("Price", "", Unit::PerShare(currency));
            let source = listed_price(&part.symbol, data, price.day);
            let mut worth = self.exactly(quoted, price.price, source);
            let since = splits::between(data.splits(), benchmark.first_day(), price.day);
            if !since.is_empty() {
                let shares = Label::new("Shares that one has become", "", Unit::Number);
                let became = since.iter().map(splits::factor).fold(1.0, |shares, split| shares * split);
                let shares = self.daily(shares, Column::SharesOf(part.symbol.clone()), price.day, became);
                worth = self.computed(label, Operation::FloatProduct, vec![worth, shares]);
            }
            if currency != self.base() {
                let rate = self.rate_on((currency, self.base()), day);
                worth = self.computed(label, Operation::FloatProduct, vec![worth, rate]);
            }
            // An exact number as well as a binary one.
            if self
                .value(worth)
                .as_ref()
                .is_ok_and(|worth| Number::Float(worth.float()) == Number::Float(part.worth))
            {
                return worth;
            }
        }
        let column = Column::Benchmark(part.symbol.clone());
        self.given(label, known, Source::Daily { column, day })
    }
}

/// Where the price of an instrument of a day comes from.
fn listed_price(symbol: &Symbol, data: &InstrumentData, day: NaiveDate) -> Source {
    let quote = data.latest().filter(|latest| latest.day == day).map(|latest| &latest.quote);
    Source::Price {
        symbol: symbol.clone(),
        day,
        origin: if quote.is_some() { PriceOrigin::Quote } else { PriceOrigin::Close },
        source: quote.map(|quote| quote.source.clone()),
        as_of: quote.map(|quote| quote.as_of),
    }
}
