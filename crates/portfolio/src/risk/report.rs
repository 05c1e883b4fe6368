//! The risk of a portfolio over a period, beside a benchmark's.

use bellwether_domain::{epoch_day, from_epoch_day};
use chrono::NaiveDate;
use serde::Serialize;

use super::{
    PeriodRate, TRADING_DAYS, alpha, beta, calmar_ratio, correlation, downside_deviation, per_period,
    returns_of, sharpe_ratio, sortino_ratio, tracking_error, ulcer_index, volatility,
};
use crate::drawdown::{Drawdown, current_drawdown, max_drawdown};
use crate::{Benchmark, DailySeries, Figure, LinkedReturn, Reason};

/// What statistics need to be shown: with fewer returns, chance is most of them.
const ENOUGH: usize = 60;

/// What could have been earned without risk.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum RiskFree<'a> {
    /// A yearly rate, spread over the trading days: 0.02 is 2 %.
    Annual(f64),
    /// The total return index of something as good as cash, such as bills: its own return of each day counts.
    Index(&'a DailySeries),
}

/// What returns are measured against.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RiskTerms<'a> {
    /// For Sharpe ratio, beta and alpha.
    pub risk_free: RiskFree<'a>,
    /// The least that is acceptable a year, for downside deviation and Sortino ratio; else the risk-free rate.
    pub minimum_acceptable: Option<f64>,
}

/// The days that count: those without a session, weekends among them, are no returns.
#[derive(Debug, Clone, Copy)]
pub enum TradingDays<'a> {
    /// Those of a benchmark, which the returns are compared with, too.
    Of(&'a Benchmark),
    /// These, which ascend, such as [`trading_days`](super::trading_days); compared with nothing.
    On(&'a [NaiveDate]),
}

/// Risk over a period, from returns on trading days, annualised to 252 of them.
///
/// What rests on deviations is shown from 60 returns on, before that it is [`Reason::TooFewReturns`]; the falls and
/// the Ulcer index from 2.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RiskReport {
    /// The close from which the first return is measured.
    pub opens: NaiveDate,
    /// The day of the last return.
    pub closes: NaiveDate,
    /// How many returns there are: one for each trading day after the opening close.
    pub returns: usize,
    /// Standard deviation a year.
    pub volatility: Figure<f64>,
    /// Reward above the risk-free rate for each unit of deviation.
    pub sharpe_ratio: Figure<f64>,
    /// Deviation of the shortfalls a year.
    pub downside_deviation: Figure<f64>,
    /// Reward above the minimum for each unit of downside deviation.
    pub sortino_ratio: Figure<f64>,
    /// The deepest fall, on calendar days.
    pub max_drawdown: Figure<Drawdown>,
    /// How far the end is below the high.
    pub current_drawdown: Figure<f64>,
    /// Root mean square of the drawdowns.
    pub ulcer_index: Figure<f64>,
    /// Annualised return for the deepest fall.
    pub calmar_ratio: Figure<f64>,
    /// What needs a benchmark; `None` without one.
    pub against: Option<AgainstBenchmark>,
}

/// Risk in relation to a benchmark's.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AgainstBenchmark {
    /// Slope of the returns on the benchmark's.
    pub beta: Figure<f64>,
    /// Return a year beyond what beta explains.
    pub alpha: Figure<f64>,
    /// Pearson's correlation.
    pub correlation: Figure<f64>,
    /// Deviation of the differences a year.
    pub tracking_error: Figure<f64>,
}

impl RiskReport {
    /// Of a return of any subject over any period: [`performance`](crate::performance) has it, and
    /// [`TimeWeighted::over`](crate::TimeWeighted::over) of a series.
    ///
    /// # Errors
    /// [`Reason::TooShort`] for an index without days, [`Reason::TooFewReturns`] without a trading day after its first,
    /// [`Reason::OutOfRange`] for a rate of -100 % or less.
    pub fn new(returns: &LinkedReturn, days: TradingDays<'_>, terms: RiskTerms<'_>) -> Figure<Self> {
        let benchmark = days.benchmark().map(Benchmark::index);
        let days = Closes::new(returns, days, terms.risk_free)?;
        let opens = days.on.first().map(|day| from_epoch_day(*day)).ok_or(Reason::TooShort)?;
        let own = days.returns(&returns.index)?;
        let risk_free = terms.risk_free.on(&days)?;
        let risk_free = risk_free.as_rate();
        let minimum = match terms.minimum_acceptable {
            Some(annual) => PeriodRate::Constant(per_period(annual, TRADING_DAYS)?),
            None => risk_free,
        };
        let enough = |figure: Figure<f64>| match own.len() {
            known if known < ENOUGH => Err(Reason::TooFewReturns { known, needed: ENOUGH }),
            _ => figure,
        };
        let against = |benchmark: DailySeries| {
            let market = days.returns(&benchmark)?;
            Ok(AgainstBenchmark {
                beta: enough(beta(&own, &market, risk_free)),
                alpha: enough(alpha(&own, &market, risk_free, TRADING_DAYS)),
                correlation: enough(correlation(&own, &market)),
                tracking_error: enough(tracking_error(&own, &market, TRADING_DAYS)),
            })
        };
        let max_drawdown = max_drawdown(&returns.index);
        let calmar = |fall: &Drawdown| calmar_ratio(returns.annualised.clone()?, fall.depth);
        Ok(Self {
            opens,
            closes: days.on.last().map_or(opens, |day| from_epoch_day(*day)),
            returns: own.len(),
            volatility: enough(volatility(&own, TRADING_DAYS)),
            sharpe_ratio: enough(sharpe_ratio(&own, risk_free, TRADING_DAYS)),
            downside_deviation: enough(downside_deviation(&own, minimum, TRADING_DAYS)),
            sortino_ratio: enough(sortino_ratio(&own, minimum, TRADING_DAYS)),
            current_drawdown: current_drawdown(&returns.index),
            ulcer_index: ulcer_index(&own),
            calmar_ratio: max_drawdown.as_ref().map_err(Clone::clone).and_then(calmar),
            max_drawdown,
            against: benchmark.map(against).transpose()?,
        })
    }

    /// Whether there is a year of returns: with less, words such as "a year" promise too much.
    pub fn covers_a_year(&self) -> bool {
        self.returns >= TRADING_DAYS as usize
    }
}

impl<'a> TradingDays<'a> {
    fn benchmark(self) -> Option<&'a Benchmark> {
        match self {
            Self::Of(benchmark) => Some(benchmark),
            Self::On(_) => None,
        }
    }

    /// The days in `(after, until]`, behind that day itself.
    fn days_between(self, after: NaiveDate, until: NaiveDate) -> Vec<i32> {
        let (after, until) = (epoch_day(after), epoch_day(until));
        let counts = |day: &i32| after < *day && *day <= until;
        let mut days = vec![after];
        match self {
            Self::Of(benchmark) => {
                days.reserve(benchmark.quoted().len());
                days.extend(benchmark.quoted().iter().copied().filter(counts));
            }
            Self::On(on) => days.extend(on.iter().copied().map(epoch_day).filter(counts)),
        }
        days
    }
}

fn first_day(index: &DailySeries) -> Figure<NaiveDate> {
    if index.is_empty() { Err(Reason::TooShort) } else { Ok(index.first_day) }
}

impl<'a> RiskFree<'a> {
    fn index(self) -> Option<&'a DailySeries> {
        match self {
            Self::Annual(_) => None,
            Self::Index(index) => Some(index),
        }
    }

    fn on(self, days: &Closes) -> Figure<RiskFreeReturns> {
        match self {
            Self::Annual(rate) => per_period(rate, TRADING_DAYS).map(RiskFreeReturns::Constant),
            Self::Index(index) => days.returns(index).map(RiskFreeReturns::ByPeriod),
        }
    }
}

enum RiskFreeReturns {
    Constant(f64),
    ByPeriod(Vec<f64>),
}

impl RiskFreeReturns {
    fn as_rate(&self) -> PeriodRate<'_> {
        match self {
            Self::Constant(rate) => PeriodRate::Constant(*rate),
            Self::ByPeriod(rates) => PeriodRate::ByPeriod(rates),
        }
    }
}

/// The closes between which returns are measured: the opening one, then that of each trading day.
pub(crate) struct Closes {
    pub(crate) on: Vec<i32>,
}

impl Closes {
    /// From the first day on which all that is looked at is known.
    pub(crate) fn new(
        returns: &LinkedReturn,
        days: TradingDays<'_>,
        risk_free: RiskFree<'_>,
    ) -> Figure<Self> {
        let mut opens = first_day(&returns.index)?;
        opens = days.benchmark().map_or(opens, |benchmark| opens.max(benchmark.first_day()));
        if let Some(index) = risk_free.index() {
            opens = opens.max(first_day(index)?);
        }
        let last = returns.ended.unwrap_or(returns.index.day(returns.index.len().saturating_sub(1)));
        Ok(Self { on: days.days_between(opens, last) })
    }

    pub(crate) fn returns(&self, index: &DailySeries) -> Figure<Vec<f64>> {
        let first = i64::from(epoch_day(index.first_day));
        let mut closes = Vec::with_capacity(self.on.len());
        for day in &self.on {
            let place = usize::try_from(i64::from(*day) - first).ok();
            closes.push(*place.and_then(|place| index.values.get(place)).ok_or(Reason::TooShort)?);
        }
        returns_of(&closes)
    }
}
