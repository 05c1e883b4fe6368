//! Risk of a period, from the value of each day.

use bellwether_domain::{Symbol, from_epoch_day};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::calculation::{fraction, money};
use super::figure_name::RiskFigure;
use super::operation::Statistic;
use super::record::Record;
use super::{Column, Label, Number, Operation, Source, Unit};
use crate::exact::Exact;
use crate::performance::Columns;
use crate::risk::{Closes, RiskFree, RiskReport, RiskTerms, TradingDays, trading_days};
use crate::{Benchmark, DailySeries, Figure, LinkedReturn, Period, Subject, performance};

/// What risk is measured against, in [`FigureName::Risk`](super::FigureName::Risk).
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct RiskBasis {
    /// The benchmark, whose trading days count then; else those of what is held.
    pub benchmark: Option<Symbol>,
    /// The risk-free rate a year: 0.02 is 2 %.
    pub risk_free: Decimal,
    /// The least that is acceptable a year; else the risk-free rate.
    pub minimum_acceptable: Option<Decimal>,
}

impl RiskBasis {
    /// The terms of a [`RiskReport`].
    pub fn terms(&self) -> RiskTerms<'static> {
        RiskTerms {
            risk_free: RiskFree::Annual(self.risk_free.float()),
            minimum_acceptable: self.minimum_acceptable.map(Exact::float),
        }
    }
}

impl RiskFigure {
    fn label(self) -> Label {
        let number = |figure, formula| Label::new(figure, formula, Unit::Number);
        match self {
            Self::Volatility => fraction("Volatility", "standard deviation of the daily returns x sqrt(252)"),
            Self::SharpeRatio => {
                number("Sharpe ratio", "mean excess return / its standard deviation x sqrt(252)")
            }
            Self::DownsideDeviation => {
                fraction("Downside deviation", "root mean square of the shortfalls x sqrt(252)")
            }
            Self::SortinoRatio => number("Sortino ratio", "mean excess return x 252 / downside deviation"),
            Self::MaxDrawdown => fraction("Maximum drawdown", "growth at the low / growth at the high - 1"),
            Self::CurrentDrawdown => {
                fraction("Current drawdown", "growth at the end / growth at the high - 1")
            }
            Self::UlcerIndex => fraction("Ulcer index", "root mean square of the drawdowns"),
            Self::CalmarRatio => number("Calmar ratio", "annualised return / depth of the maximum drawdown"),
            Self::Beta => number("Beta", "covariance with the benchmark / variance of the benchmark"),
            Self::Alpha => fraction("Alpha", "(mean excess return - beta x that of the benchmark) x 252"),
            Self::Correlation => {
                number("Correlation", "covariance with the benchmark / both standard deviations")
            }
            Self::TrackingError => {
                fraction("Tracking error", "standard deviation of the differences x sqrt(252)")
            }
        }
    }

    /// The same of a report.
    pub(super) fn of(self, report: &RiskReport) -> Figure<f64> {
        let against = || report.against.as_ref().ok_or(crate::Reason::NotHeld);
        match self {
            Self::Volatility => report.volatility.clone(),
            Self::SharpeRatio => report.sharpe_ratio.clone(),
            Self::DownsideDeviation => report.downside_deviation.clone(),
            Self::SortinoRatio => report.sortino_ratio.clone(),
            Self::MaxDrawdown => report.max_drawdown.clone().map(|fall| fall.depth),
            Self::CurrentDrawdown => report.current_drawdown.clone(),
            Self::UlcerIndex => report.ulcer_index.clone(),
            Self::CalmarRatio => report.calmar_ratio.clone(),
            Self::Beta => against()?.beta.clone(),
            Self::Alpha => against()?.alpha.clone(),
            Self::Correlation => against()?.correlation.clone(),
            Self::TrackingError => against()?.tracking_error.clone(),
        }
    }

    fn statistic(self) -> Option<Statistic> {
        Some(match self {
            Self::Volatility => Statistic::Volatility,
            Self::SharpeRatio => Statistic::SharpeRatio,
            Self::DownsideDeviation => Statistic::DownsideDeviation,
            Self::SortinoRatio => Statistic::SortinoRatio,
            Self::UlcerIndex => Statistic::UlcerIndex,
            Self::Beta => Statistic::Beta,
            Self::Alpha => Statistic::Alpha,
            Self::Correlation => Statistic::Correlation,
            Self::TrackingError => Statistic::TrackingError,
            Self::MaxDrawdown | Self::CurrentDrawdown | Self::CalmarRatio => return None,
        })
    }
}

impl Record<'_> {
    pub(super) fn risk(
        &mut self,
        subject: &Subject<'_>,
        period: Period,
        basis: &RiskBasis,
        figure: RiskFigure,
    ) -> usize {
        let label = figure.label();
        let node = self.known_risk(subject, period, basis, figure);
        node.unwrap_or_else(|reason| self.given(label, Err(reason), Source::Unknown))
    }

    fn known_risk(
        &mut self,
        subject: &Subject<'_>,
        period: Period,
        basis: &RiskBasis,
        figure: RiskFigure,
    ) -> Figure<usize> {
        let (label, terms) = (figure.label(), basis.terms());
        let returns = performance(subject, self.market, period).returns.time_weighted?;
        let benchmark = basis.benchmark.as_ref();
        let benchmark = benchmark.map(|symbol| self.benchmark(symbol)).transpose()?;
        let own_days = trading_days(subject, self.market);
        let days = benchmark.as_ref().map_or(TradingDays::On(&own_days), TradingDays::Of);
        let known = figure.of(&RiskReport::new(&returns, days, terms)?)?;
        let growth = self.growth_by_day(subject, period)?;
        let node = match figure.statistic() {
            Some(statistic) => {
                let closes = Closes::new(&returns, days, terms.risk_free)?.on;
                let closes = closes.into_iter().map(from_epoch_day).collect();
                self.statistic(label, statistic, closes, growth, benchmark.as_ref(), basis)
            }
            None if figure == RiskFigure::CurrentDrawdown => {
                self.computed(label, Operation::FallAtTheEnd, vec![growth])
            }
            None => {
                let fall =
                    self.computed(RiskFigure::MaxDrawdown.label(), Operation::DeepestFall, vec![growth]);
                if figure == RiskFigure::MaxDrawdown {
                    fall
                } else {
                    let annual = self.annualised_growth(growth, period);
                    self.computed(label, Operation::CalmarRatio, vec![annual, fall])
                }
            }
        };
        Ok(self.checked_float(node, label, &Ok(known)))
    }

    fn statistic(
        &mut self,
        label: Label,
        statistic: Statistic,
        closes: Vec<chrono::NaiveDate>,
        growth: usize,
        benchmark: Option<&Benchmark>,
        basis: &RiskBasis,
    ) -> usize {
        let mut operands = vec![growth];
        let is_against = matches!(
            statistic,
            Statistic::Beta | Statistic::Alpha | Statistic::Correlation | Statistic::TrackingError
        );
        if let Some(benchmark) = benchmark.filter(|_| is_against) {
            operands.push(self.benchmark_index(benchmark, &closes));
        }
        match statistic {
            Statistic::SharpeRatio | Statistic::Beta | Statistic::Alpha => {
                operands.push(self.daily_rate("Risk-free rate", basis.risk_free));
            }
            Statistic::DownsideDeviation | Statistic::SortinoRatio => {
                let minimum = basis.minimum_acceptable.unwrap_or(basis.risk_free);
                operands.push(self.daily_rate("Minimum acceptable return", minimum));
            }
            _ => {}
        }
        self.computed(label, Operation::Statistic { statistic, closes }, operands)
    }

    fn benchmark_index(&mut self, benchmark: &Benchmark, closes: &[chrono::NaiveDate]) -> usize {
        let label = Label::new("Benchmark's index", "", Unit::Number);
        let (first, last) = (closes.first().copied(), closes.last().copied());
        let index = benchmark.index();
        let skipped = first.map_or(0, |day| day.signed_duration_since(index.first_day).num_days());
        let days =
            first.zip(last).map_or(0, |(first, last)| last.signed_duration_since(first).num_days() + 1);
        let (skipped, days) = (usize::try_from(skipped).unwrap_or(0), usize::try_from(days).unwrap_or(0));
        let first_day = first.unwrap_or(index.first_day);
        let values = index.values.into_iter().skip(skipped).take(days).collect();
        let column = Column::Benchmark(benchmark.symbol().clone());
        self.series(label, column, &DailySeries { first_day, values })
    }

    fn daily_rate(&mut self, figure: &'static str, yearly: Decimal) -> usize {
        let yearly = self.exactly(fraction(figure, "a year, as asked for"), yearly, Source::Constant);
        let label = fraction("Rate of a trading day", "(1 + yearly rate)^(1 / 252) - 1");
        self.computed(label, Operation::PerTradingDay, vec![yearly])
    }

    /// Growth of 1 by day over a period, from value, holdings and flows by day.
    pub(super) fn growth_by_day(&mut self, subject: &Subject<'_>, period: Period) -> Figure<usize> {
        let columns = Columns::new(subject, self.market, period)?;
        let (base, days) = (self.base(), columns.days());
        let all = [
            ("Value at the close", Column::Value, days.value),
            ("Held before the day's trades", Column::Held, days.held),
            ("Net flow of the day", Column::Flow, days.flow),
        ];
        let operands = all.map(|(figure, column, numbers)| {
            let of = DailySeries { first_day: columns.first, values: numbers.to_vec() };
            self.series(money(base, figure, ""), column, &of)
        });
        let label = Label::new("Growth of 1", "product of (1 + day's return)", Unit::Number);
        Ok(self.computed(label, Operation::GrowthByDay, operands.to_vec()))
    }

    /// The time-weighted return of a period.
    pub(super) fn linked_growth(&mut self, growth: usize) -> usize {
        self.less_one(fraction("Time-weighted return", "growth of 1 - 1"), growth)
    }

    pub(super) fn annualised_growth(&mut self, growth: usize, period: Period) -> usize {
        let total = self.linked_growth(growth);
        let label =
            fraction("Annualised time-weighted return", "(1 + time-weighted return)^(365 / days) - 1");
        self.computed(label, Operation::Annualised { days: period.days() }, vec![total])
    }
}

/// A time-weighted return as a number, or a year.
pub(super) fn linked(returns: Figure<LinkedReturn>, a_year: bool) -> Figure<Number> {
    let returns = returns?;
    if a_year { returns.annualised.map(Number::Float) } else { Ok(Number::Float(returns.total)) }
}
