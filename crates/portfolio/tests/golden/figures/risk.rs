//! Risk of given returns or values, and of ledgers.

use bellwether_domain::{CostMethod, epoch_day, from_epoch_day};
use bellwether_portfolio::risk::{
    PeriodRate, TRADING_DAYS, alpha, beta, calmar_ratio, common_periods, correlation, downside_deviation,
    returns_of, sharpe_ratio, sortino_ratio, standard_deviation, tracking_error, trading_days, ulcer_index,
    volatility,
};
use bellwether_portfolio::{
    Benchmark, DailySeries, Subject, cagr, drawdowns, linked_sub_periods, max_drawdown,
};

use chrono::NaiveDate;

use super::{Name, linking};
use crate::answer::{Answer, Answered, Trouble, number};
use crate::case::Case;
use crate::market::parsed;
use crate::number::Number;
use crate::params::PerPeriod;
use crate::world::World;

pub(crate) fn answer(world: &World<'_>, name: &Name) -> Option<Answered> {
    let (figure, per_period) = match name.stem.strip_suffix("_per_period") {
        Some(figure) => (figure, true),
        None => (name.stem.as_str(), false),
    };
    let known = matches!(
        figure,
        "max_drawdown"
            | "max_drawdown_duration_days"
            | "volatility"
            | "stdev"
            | "sharpe"
            | "sortino"
            | "downside_deviation"
            | "calmar"
            | "beta"
            | "alpha"
            | "alpha_jensen"
            | "alpha_arithmetic"
            | "correlation"
            | "tracking_error"
            | "ulcer_index"
    );
    known.then(|| statistic(world, name, figure, per_period))
}

fn statistic(world: &World<'_>, name: &Name, figure: &str, per_period: bool) -> Answered {
    let case = world.case;
    match figure {
        "max_drawdown" => return number(max_drawdown(&levels(world, name)?).map(|fall| fall.depth)),
        "max_drawdown_duration_days" => return under_water(&levels(world, name)?),
        "ulcer_index" => return number(ulcer_index(&returns(world, name)?.own)),
        "calmar" => {
            let levels = levels(world, name)?;
            let total = linked_sub_periods(&[(1.0, levels.last().unwrap_or(f64::NAN))])?;
            return number(calmar_ratio(cagr(total, years(world)?)?, max_drawdown(&levels)?.depth));
        }
        _ => {}
    }
    let periods = if per_period || figure == "stdev" { 1.0 } else { periods_per_year(case) };
    let Returns { own, benchmark, risk_free, acceptable } = returns(world, name)?;
    let risk_free = PeriodRate::ByPeriod(&risk_free);
    let acceptable = PeriodRate::ByPeriod(&acceptable);
    number(match figure {
        "volatility" => volatility(&own, periods),
        "stdev" => standard_deviation(&own),
        "sharpe" => sharpe_ratio(&own, risk_free, periods),
        "sortino" => sortino_ratio(&own, acceptable, periods),
        "downside_deviation" => downside_deviation(&own, acceptable, periods),
        "beta" => beta(&own, &benchmark, risk_free),
        "correlation" => correlation(&own, &benchmark),
        "tracking_error" => tracking_error(&own, &benchmark, periods),
        _ => alpha(&own, &benchmark, risk_free, periods),
    })
}

/// Returns of common periods, with the rates that they are measured against.
struct Returns {
    own: Vec<f64>,
    benchmark: Vec<f64>,
    risk_free: Vec<f64>,
    acceptable: Vec<f64>,
}

fn returns(world: &World<'_>, name: &Name) -> Result<Returns, Trouble> {
    let case = world.case;
    let own: Vec<Option<f64>> = if !case.returns.is_empty() {
        case.returns.iter().map(|rate| rate.as_ref().map(Number::float)).collect()
    } else if !case.values.is_empty() {
        let values: Vec<_> = case.values_in_period().iter().map(|value| value.value).collect();
        returns_of(&values)?.into_iter().map(Some).collect()
    } else {
        returns_of_ledger(world, name)?.into_iter().map(Some).collect()
    };
    let benchmark: Vec<Option<f64>> = if !case.benchmark_returns.is_empty() {
        case.benchmark_returns.iter().map(|rate| rate.as_ref().map(Number::float)).collect()
    } else if let Some(symbol) = case.params.word("benchmark").filter(|_| !case.has_numbers()) {
        returns_of_benchmark(world, name, &symbol)?.into_iter().map(Some).collect()
    } else {
        vec![Some(0.0); own.len()]
    };
    let risk_free = by_period(case.params.per_period("risk_free_per_period"), &own)?;
    // Unless told, what is acceptable is the risk-free rate.
    let acceptable = match case.params.per_period("mar_per_period") {
        Some(told) => by_period(Some(told), &own)?,
        None => risk_free.clone(),
    };
    let [own, benchmark, risk_free, acceptable] = common_periods([&own, &benchmark, &risk_free, &acceptable]);
    Ok(Returns { own, benchmark, risk_free, acceptable })
}

/// A rate for each of the returns; a series may leave out the periods that have none.
fn by_period(rate: Option<PerPeriod>, own: &[Option<f64>]) -> Result<Vec<Option<f64>>, Trouble> {
    match rate {
        None => Ok(vec![Some(0.0); own.len()]),
        Some(PerPeriod::Constant(rate)) => Ok(vec![Some(rate); own.len()]),
        Some(PerPeriod::Dated(rates)) if rates.len() == own.len() => {
            Ok(rates.into_iter().map(Some).collect())
        }
        Some(PerPeriod::Dated(rates)) if rates.len() == own.iter().flatten().count() => {
            let mut rates = rates.into_iter();
            Ok(own.iter().map(|value| value.and_then(|_| rates.next())).collect())
        }
        Some(PerPeriod::Dated(rates)) => {
            Err(format!("{} rates are given for {} returns", rates.len(), own.len()).into())
        }
    }
}

fn returns_of_ledger(world: &World<'_>, name: &Name) -> Result<Vec<f64>, Trouble> {
    let index = linking::index(world, name)?;
    on_sessions(world, &index, index.first_day)
}

/// From close to close of the same days.
fn returns_of_benchmark(world: &World<'_>, name: &Name, symbol: &str) -> Result<Vec<f64>, Trouble> {
    let benchmark = Benchmark::new(&parsed(symbol)?, &world.market, world.base, world.as_of)?;
    on_sessions(world, &benchmark.index(), linking::index(world, name)?.first_day)
}

fn on_sessions(world: &World<'_>, index: &DailySeries, first: NaiveDate) -> Result<Vec<f64>, Trouble> {
    let books = world.books_for_returns(CostMethod::Fifo)?;
    let sessions = trading_days(&Subject::portfolio(&books), &world.market);
    let sessions = sessions.into_iter().filter(|day| *day > first && *day <= world.as_of);
    let levels: Vec<_> = std::iter::once(first).chain(sessions).filter_map(|day| index.at(day)).collect();
    Ok(returns_of(&levels)?)
}

/// Growth of 1 by day, the start included. Values without a day are a day apart.
fn levels(world: &World<'_>, name: &Name) -> Result<DailySeries, Trouble> {
    let case = world.case;
    if !case.has_numbers() {
        return linking::index(world, name);
    }
    let given = given_levels(case)?;
    let days: Option<Vec<_>> = case.values_in_period().iter().map(|value| value.day).collect();
    let Some((days, first_day)) = days.and_then(|days| days.first().copied().map(|first| (days, first)))
    else {
        return Ok(DailySeries { first_day: from_epoch_day(0), values: given });
    };
    let mut values: Vec<f64> = Vec::new();
    for (day, level) in days.iter().zip(given) {
        let before = usize::try_from(epoch_day(*day) - epoch_day(first_day)).unwrap_or(0);
        values.resize(before.max(values.len()), values.last().copied().unwrap_or(1.0));
        values.push(level);
    }
    Ok(DailySeries { first_day, values })
}

/// Growth of 1 by given value or return, the start included.
pub(crate) fn given_levels(case: &Case) -> Result<Vec<f64>, Trouble> {
    let mut levels = vec![1.0];
    if let Some((first, rest)) = case.values_in_period().split_first() {
        for value in rest {
            levels.push(1.0 + linked_sub_periods(&[(first.value, value.value)])?);
        }
        return Ok(levels);
    }
    for rate in known_returns(case) {
        levels.push(levels.last().copied().unwrap_or(1.0) * (1.0 + rate));
    }
    Ok(levels)
}

/// Days of the longest fall, from its peak to the recovery, or to the end while there is none.
fn under_water(levels: &DailySeries) -> Answered {
    let last = levels.day(levels.len().saturating_sub(1));
    let falls = drawdowns(levels)?;
    let lengths = falls.iter().map(|fall| fall.recovered.unwrap_or(last).signed_duration_since(fall.peak));
    Ok(Answer::Number(lengths.map(|length| length.num_days()).max().unwrap_or(0) as f64))
}

/// The returns of those periods that have one.
pub(crate) fn known_returns(case: &Case) -> Vec<f64> {
    case.returns.iter().flatten().map(Number::float).collect()
}

fn periods_per_year(case: &Case) -> f64 {
    case.params.number("periods_per_year").unwrap_or(TRADING_DAYS)
}

/// How long the case lasts: its values or returns where it gives any, else its period.
pub(crate) fn years(world: &World<'_>) -> Result<f64, Trouble> {
    let case = world.case;
    if let Some(years) = case.params.number("years") {
        return Ok(years);
    }
    let values = case.values_in_period();
    let is_dated = values.first().is_some_and(|first| first.day.is_some());
    if is_dated || !case.has_numbers() {
        return Ok(linking::days(world)? / case.params.number("year_days").unwrap_or(365.0));
    }
    let periods = if values.is_empty() { known_returns(case).len() } else { values.len() - 1 };
    Ok(periods as f64 / periods_per_year(case))
}
