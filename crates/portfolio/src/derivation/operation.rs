//! The operations of derivations: the very functions that compute the figures.

use bellwether_domain::epoch_day;
use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::Number;
use super::allocation::Rebalanced;
use super::calendar::{self, RollingFigure};
use super::figure_name::CalendarFigure;
use crate::books::cost_share;
use crate::contribution::Linking;
use crate::decisions::Running;
use crate::decisions::age_groups::{share_ahead, share_of_money_ahead};
use crate::exact::{Exact, ratio};
use crate::figure::{self, total};
use crate::modified_dietz::modified_dietz;
use crate::risk::{
    Closes, PeriodRate, TRADING_DAYS, alpha, beta, calmar_ratio, correlation, downside_deviation, per_period,
    sharpe_ratio, sortino_ratio, tracking_error, ulcer_index, volatility,
};
use crate::twr::{HoldThenTrade, day_return, time_weighted};
use crate::xirr::{Flow, Rate, xirr};
use crate::{
    CalendarUnit, DailySeries, Figure, Period, Reason, RollingWindow, cagr, current_drawdown, max_drawdown,
};

/// What is done with the operands. Unknown operands make the result unknown, for their reason.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Operation {
    /// `a + b + ...`, exactly.
    Sum,
    /// `a - b`, exactly.
    Difference,
    /// `a x b`, exactly.
    Product,
    /// `a / b`, rounded once; unknown where `b` is zero.
    Quotient,
    /// `a x b / c`: the product first.
    Share,
    /// `a + b + ...`, less the sum of so many at the start that do not count.
    SumSince {
        /// How many.
        first: usize,
    },
    /// `-a`.
    Negation,
    /// `a` rounded to so many decimals.
    Rounded(u32),
    /// `a / b` as a rate; unknown unless `b` is positive.
    Ratio,
    /// XIRR of money that went in on these days (negative where it came out), the last operand being the closing
    /// value, on the last day: the yearly rate from a year on, else the rate of the whole time.
    MoneyWeighted {
        /// The day of each operand.
        dates: Vec<NaiveDate>,
    },
    /// The return of one day, hold then trade, of value before, what was held, value and net flow.
    DayReturn,
    /// `(1 + a) x (1 + b) x ...`: growth of 1; a return of -100 % ends the chain at 0.
    Growth,
    /// `(1 + a)^(365 / days) - 1`, from 365 days on.
    Annualised {
        /// How many days the return took.
        days: i64,
    },
    /// `(1 + a)^(1 / years) - 1`.
    CompoundAnnual {
        /// How many years the growth took.
        years: i32,
    },
    /// Modified Dietz return of opening value, closing value and money that went in on these days.
    ModifiedDietz {
        /// The day of each flow, which are the operands after the first two.
        dates: Vec<NaiveDate>,
        /// The day of the opening value.
        from: NaiveDate,
        /// The day of the closing value.
        to: NaiveDate,
    },
    /// `a + b + ...` in binary.
    FloatSum,
    /// `a + b + ...` in binary, less the sum of so many at the start that do not count.
    FloatSumSince {
        /// How many.
        first: usize,
    },
    /// What to trade to come to targets, of the values of the classes and the prices and values of what is traded.
    Rebalanced(Box<Rebalanced>),
    /// The part of purchases that are ahead, of the effect and the cost of each.
    ShareAhead,
    /// The part of their cost, of the same.
    ShareOfMoneyAhead,
    /// `a - b` in binary.
    FloatDifference,
    /// `a x b` in binary.
    FloatProduct,
    /// `a / b` in binary.
    FloatQuotient,
    /// A series: growth of 1 by day, hold then trade, of the series of value, of what was held and of net flow. Its
    /// value is that of the last day.
    GrowthByDay,
    /// The deepest fall of a series of growth; the start at 1 is a high too.
    DeepestFall,
    /// The return of a calendar unit, of a series of growth.
    CalendarReturn {
        /// Which length.
        unit: CalendarUnit,
        /// The year.
        year: i32,
        /// Which of the year.
        number: u32,
    },
    /// A figure of all calendar returns of a series of growth.
    CalendarReturns {
        /// Which length.
        unit: CalendarUnit,
        /// The figure.
        figure: CalendarFigure,
    },
    /// A figure of the rolling returns of a series of growth.
    RollingReturn {
        /// Which length.
        window: RollingWindow,
        /// The figure.
        figure: RollingFigure,
    },
    /// How far the end of a series of growth is below its high.
    FallAtTheEnd,
    /// The rate of one trading day that compounds to a yearly one.
    PerTradingDay,
    /// Annualised return for the deepest fall.
    CalmarRatio,
    /// What a part's changes of value are of the time-weighted return of the whole: of the series of value, of what was
    /// held and of net flow of the whole, and of value and of what was held of the part.
    ContributionOfValue {
        /// The days that count.
        period: Period,
    },
    /// What money of these days is of the time-weighted return of the whole: of the series of value, of what was held and
    /// of net flow of the whole, and of the amounts.
    ContributionOfMoney {
        /// The days that count.
        period: Period,
        /// The day of each amount.
        dates: Vec<NaiveDate>,
    },
    /// A statistic of the returns between these closes: of a series of growth, of a benchmark's where it needs one, less
    /// a rate for each day where it needs that.
    Statistic {
        /// Which.
        statistic: Statistic,
        /// The opening close, then that of each trading day.
        closes: Vec<NaiveDate>,
    },
}

/// Statistics of daily returns, as [`risk`](crate::risk) defines them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Statistic {
    /// Standard deviation a year.
    Volatility,
    /// Reward above the rate for each unit of deviation.
    SharpeRatio,
    /// Deviation of the shortfalls below the rate a year.
    DownsideDeviation,
    /// Reward above the rate for each unit of downside deviation.
    SortinoRatio,
    /// Root mean square of the drawdowns.
    UlcerIndex,
    /// Slope of the returns on the benchmark's, both above the rate.
    Beta,
    /// Return a year beyond what beta explains.
    Alpha,
    /// Pearson's correlation with the benchmark.
    Correlation,
    /// Deviation of the differences to the benchmark a year.
    TrackingError,
}

/// What an operation works on: a number, or a series whose last number that is.
#[derive(Clone, Copy)]
pub(super) struct Operand<'a> {
    pub(super) value: &'a Figure<Number>,
    pub(super) series: Option<&'a DailySeries>,
}

/// What it makes.
pub(super) struct Made {
    pub(super) value: Figure<Number>,
    pub(super) series: Option<DailySeries>,
}

impl Made {
    pub(super) fn as_operand(&self) -> Operand<'_> {
        Operand { value: &self.value, series: self.series.as_ref() }
    }

    fn of_series(series: Figure<DailySeries>) -> Self {
        match series {
            Ok(series) => {
                Self { value: series.last().map(Number::Float).ok_or(Reason::TooShort), series: Some(series) }
            }
            Err(reason) => Self { value: Err(reason), series: None },
        }
    }
}

impl Operation {
    /// Whether it makes a series, which those that use it need whole.
    pub(super) fn makes_series(&self) -> bool {
        matches!(self, Self::GrowthByDay)
    }

    /// What it makes of its operands.
    pub(super) fn apply(&self, operands: &[Operand<'_>]) -> Made {
        if self.makes_series() {
            return Made::of_series(growth_by_day(operands));
        }
        Made { value: self.number(operands), series: None }
    }

    fn number(&self, operands: &[Operand<'_>]) -> Figure<Number> {
        let series = |at: usize| series(operands, at);
        let operands: Vec<_> = operands.iter().map(|operand| operand.value).collect();
        let exact = |at: usize| exact(operands.get(at).copied());
        let float = |at: usize| float(operands.get(at).copied());
        let all = || operands.iter().map(|operand| float_of(operand)).collect::<Figure<Vec<f64>>>();
        match self {
            Self::Sum => {
                let parts: Vec<_> = operands.iter().map(|operand| self::exact(Some(operand))).collect();
                total(&parts).map(Number::Exact)
            }
            Self::Difference => difference(&exact(0), &exact(1)).map(Number::Exact),
            Self::Product => product(&exact(0), &exact(1)).map(Number::Exact),
            Self::Quotient => quotient(&exact(0), &exact(1)).map(Number::Exact),
            Self::Share => cost_share(exact(0)?, exact(1)?, exact(2)?).map(Number::Exact),
            Self::Negation => exact(0).map(|amount| Number::Exact(-amount)),
            Self::Rounded(decimals) => exact(0).map(|amount| Number::Exact(amount.round_dp(*decimals))),
            Self::Ratio => related(&exact(0), &exact(1)).map(Number::Float),
            Self::MoneyWeighted { dates } => {
                let flows = dates.iter().zip(operands).map(|(date, flow)| (*date, float_of(flow)));
                let mut flows: Vec<_> = flows.collect();
                let (as_of, value) = flows.pop().ok_or(Reason::NoCapital)?;
                money_weighted(flows, as_of, value).map(|rate| Number::Float(rate.headline()))
            }
            Self::DayReturn => returned(&float(0), &float(1), &float(2), &float(3)).map(Number::Float),
            Self::Growth => finite(growth(&all()?)),
            Self::Annualised { days } => crate::twr::annualised(float(0)?, *days).map(Number::Float),
            Self::CompoundAnnual { years } => cagr(float(0)?, f64::from(*years)).map(Number::Float),
            Self::ModifiedDietz { dates, from, to } => {
                let numbers = all()?;
                let [opening, closing, flows @ ..] = numbers.as_slice() else {
                    return Err(Reason::NoCapital);
                };
                let flows: Vec<_> = dates
                    .iter()
                    .zip(flows)
                    .map(|(date, amount)| Flow { date: *date, amount: -amount })
                    .collect();
                modified_dietz(*opening, *closing, &flows, *from, *to).map(Number::Float)
            }
            Self::GrowthByDay => Err(Reason::OutOfRange),
            Self::DeepestFall => max_drawdown(series(0)?).map(|fall| Number::Float(fall.depth)),
            Self::FallAtTheEnd => current_drawdown(series(0)?).map(Number::Float),
            Self::CalendarReturn { unit, year, number } => {
                calendar::cell(series(0)?, *unit, *year, *number).map(Number::Float)
            }
            Self::CalendarReturns { unit, figure } => {
                calendar::together(series(0)?, *unit, *figure).map(Number::Float)
            }
            Self::RollingReturn { window, figure } => figure.of(series(0)?, *window).map(Number::Float),
            Self::PerTradingDay => per_period(float(0)?, TRADING_DAYS).map(Number::Float),
            Self::CalmarRatio => calmar_ratio(float(0)?, float(1)?).map(Number::Float),
            Self::Statistic { statistic, closes } => {
                let closes = Closes { on: closes.iter().copied().map(epoch_day).collect() };
                let returns = |at: usize| closes.returns(series(at)?);
                let rate = |at: usize| Ok(PeriodRate::Constant(float(at)?));
                statistic.of(returns, rate).map(Number::Float)
            }
            Self::ContributionOfValue { period } => {
                let linking = Linking::new([series(0)?, series(1)?, series(2)?], *period);
                finite(linking.moved(series(3)?, series(4)?))
            }
            Self::ContributionOfMoney { period, dates } => {
                let linking = Linking::new([series(0)?, series(1)?, series(2)?], *period);
                let amounts = operands.iter().skip(3).map(|amount| float_of(amount));
                linking.booked(dates.iter().copied().zip(amounts)).map(Number::Float)
            }
            Self::SumSince { first } => {
                let parts = operands.iter().map(|operand| self::exact(Some(operand)));
                let sums = Running::new(parts, Decimal::ZERO, Exact::plus, Exact::minus);
                sums.over(&(*first..operands.len())).map(Number::Exact)
            }
            Self::FloatSumSince { first } => {
                let (plus, minus) =
                    (|sum, part| figure::finite(sum + part), |sum, part| figure::finite(sum - part));
                let sums = Running::new(operands.iter().map(|operand| float_of(operand)), 0.0, plus, minus);
                sums.over(&(*first..operands.len())).map(Number::Float)
            }
            Self::Rebalanced(rebalanced) => {
                let known: Vec<_> = operands.iter().map(|operand| self::exact(Some(operand))).collect();
                rebalanced.figure(&known).map(Number::Exact)
            }
            Self::ShareAhead => share_ahead(&decided(&operands)?).map(Number::Float),
            Self::ShareOfMoneyAhead => share_of_money_ahead(&decided(&operands)?).map(Number::Float),
            Self::FloatSum => finite(all()?.iter().fold(0.0, |sum, part| sum + part)),
            Self::FloatDifference => finite(float(0)? - float(1)?),
            Self::FloatProduct => finite(float(0)? * float(1)?),
            Self::FloatQuotient => finite(float(0)? / float(1)?),
        }
    }
}

impl Statistic {
    /// Of the returns that are the operand of a place, and the rate that is another.
    fn of<'r>(
        self,
        returns: impl Fn(usize) -> Figure<Vec<f64>>,
        rate: impl Fn(usize) -> Figure<PeriodRate<'r>>,
    ) -> Figure<f64> {
        let own = returns(0)?;
        match self {
            Self::Volatility => volatility(&own, TRADING_DAYS),
            Self::SharpeRatio => sharpe_ratio(&own, rate(1)?, TRADING_DAYS),
            Self::DownsideDeviation => downside_deviation(&own, rate(1)?, TRADING_DAYS),
            Self::SortinoRatio => sortino_ratio(&own, rate(1)?, TRADING_DAYS),
            Self::UlcerIndex => ulcer_index(&own),
            Self::Beta => beta(&own, &returns(1)?, rate(2)?),
            Self::Alpha => alpha(&own, &returns(1)?, rate(2)?, TRADING_DAYS),
            Self::Correlation => correlation(&own, &returns(1)?),
            Self::TrackingError => tracking_error(&own, &returns(1)?, TRADING_DAYS),
        }
    }
}

fn series<'a>(operands: &[Operand<'a>], at: usize) -> Figure<&'a DailySeries> {
    let operand = operands.get(at).ok_or(Reason::OutOfRange)?;
    match (operand.series, operand.value) {
        (Some(series), _) => Ok(series),
        (None, Err(reason)) => Err(reason.clone()),
        (None, Ok(_)) => Err(Reason::OutOfRange),
    }
}

fn growth_by_day(operands: &[Operand<'_>]) -> Figure<DailySeries> {
    let [value, held, flow] = [series(operands, 0)?, series(operands, 1)?, series(operands, 2)?];
    let days = HoldThenTrade { value: &value.values, held: &held.values, flow: &flow.values };
    Ok(time_weighted(value.first_day, days)?.index)
}

/// Pairs of effect and cost.
fn decided(operands: &[&Figure<Number>]) -> Figure<Vec<(f64, Decimal)>> {
    let pairs = operands.chunks_exact(2);
    pairs.map(|pair| Ok((float(pair.first().copied())?, exact(pair.get(1).copied())?))).collect()
}

fn exact(operand: Option<&Figure<Number>>) -> Figure<Decimal> {
    let number = operand.cloned().unwrap_or(Err(Reason::OutOfRange))?;
    number.exact().ok_or(Reason::OutOfRange)
}

fn float(operand: Option<&Figure<Number>>) -> Figure<f64> {
    float_of(operand.unwrap_or(&Err(Reason::OutOfRange)))
}

fn float_of(operand: &Figure<Number>) -> Figure<f64> {
    operand.clone().map(Number::float)
}

fn finite(number: f64) -> Figure<Number> {
    if number.is_finite() { Ok(Number::Float(number)) } else { Err(Reason::OutOfRange) }
}

pub(super) fn difference(left: &Figure<Decimal>, right: &Figure<Decimal>) -> Figure<Decimal> {
    match (left, right) {
        (Ok(left), Ok(right)) => left.minus(*right),
        (Err(reason), Err(other)) => Err(reason.clone().and(other)),
        (Err(reason), Ok(_)) | (Ok(_), Err(reason)) => Err(reason.clone()),
    }
}

pub(super) fn product(left: &Figure<Decimal>, right: &Figure<Decimal>) -> Figure<Decimal> {
    match (left, right) {
        (Ok(left), Ok(right)) => left.times(*right),
        (Err(reason), _) | (Ok(_), Err(reason)) => Err(reason.clone()),
    }
}

pub(super) fn quotient(part: &Figure<Decimal>, whole: &Figure<Decimal>) -> Figure<Decimal> {
    part.clone()?.over(whole.clone()?)
}

pub(super) fn related(part: &Figure<Decimal>, whole: &Figure<Decimal>) -> Figure<f64> {
    ratio(part.clone()?, whole.clone()?)
}

/// The return of a day, hold then trade.
pub(super) fn returned(
    before: &Figure<f64>,
    held: &Figure<f64>,
    value: &Figure<f64>,
    flow: &Figure<f64>,
) -> Figure<f64> {
    let reasons = [value, before, flow, held].into_iter().filter_map(|figure| figure.as_ref().err());
    if let Some(reason) = reasons.cloned().reduce(|reason, other| reason.and(&other)) {
        return Err(reason);
    }
    let rate = day_return(before.clone()?, held.clone()?, value.clone()?, flow.clone()?);
    rate.ok_or(Reason::NoCapital)
}

/// XIRR of money that went into something (positive) and came out of it, against its closing value.
pub(super) fn money_weighted(
    flows: impl IntoIterator<Item = (NaiveDate, Figure<f64>)>,
    as_of: NaiveDate,
    value: Figure<f64>,
) -> Figure<Rate> {
    let flows = flows.into_iter();
    let mut payments = Vec::with_capacity(flows.size_hint().0 + 1);
    for (date, amount) in flows {
        payments.push(Flow { date, amount: -amount? });
    }
    payments.push(Flow { date: as_of, amount: value? });
    xirr(&payments)
}

fn growth(returns: &[f64]) -> f64 {
    let until = returns.iter().position(|rate| *rate <= -1.0);
    if until.is_some() { 0.0 } else { returns.iter().fold(1.0, |growth, rate| growth * (1.0 + rate)) }
}
