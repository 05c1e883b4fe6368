//! Risk of given returns or values, and of ledgers.

use bellwether_domain::{CostMethod, epoch_day, from_epoch_day};
use bellwether_portfolio::risk::{
    PeriodRate, TRADING_DAYS, alpha, beta, calmar_ratio, common_periods, correlation, downside_deviation,
    returns_of, sharpe_ratio, sortino_ratio, standard_deviation, tracking_error, trading_days, ulcer_index,
    volatility,
};
use bellwether_portfolio::{DailySeries, Subject, cagr, drawdowns, linked_sub_periods, max_drawdown};

use super::{Name, linking};
use crate::answer::{Answer, Answered, Trouble, number};
use crate::case::Case;
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
            return number(calmar_ratio(cagr(total, years(case))?, max_drawdown(&levels)?.depth));
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
    let benchmark: Vec<Option<f64>> = if case.benchmark_returns.is_empty() {
        vec![Some(0.0); own.len()]
    } else {
        case.benchmark_returns.iter().map(|rate| rate.as_ref().map(Number::float)).collect()
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
    let books = world.books_for_returns(CostMethod::Fifo)?;
    let sessions = trading_days(&Subject::portfolio(&books), &world.market);
    let days = sessions.into_iter().filter(|day| *day > index.first_day).filter_map(|day| index.at(day));
    let levels: Vec<_> = index.values.first().copied().into_iter().chain(days).collect();
    Ok(returns_of(&levels)?)
}

/// Growth of 1 by day, the start included.
fn levels(world: &World<'_>, name: &Name) -> Result<DailySeries, Trouble> {
    let case = world.case;
    if case.values.is_empty() && case.returns.is_empty() {
        return linking::index(world, name);
    }
    let mut levels = vec![1.0];
    if let Some((first, rest)) = case.values_in_period().split_first() {
        let first_day = first.day.unwrap_or_default();
        for (place, value) in rest.iter().enumerate() {
            let level = 1.0 + linked_sub_periods(&[(first.value, value.value)])?;
            let day = value.day.unwrap_or_else(|| from_epoch_day(place as i32 + 1));
            let days = usize::try_from(epoch_day(day) - epoch_day(first_day)).unwrap_or(0);
            levels.resize(days.max(levels.len()), levels.last().copied().unwrap_or(1.0));
            levels.push(level);
        }
        return Ok(DailySeries { first_day, values: levels });
    }
    for rate in known_returns(case) {
        levels.push(levels.last().copied().unwrap_or(1.0) * (1.0 + rate));
    }
    Ok(DailySeries { first_day: from_epoch_day(0), values: levels })
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

/// How long the given values or returns last.
pub(crate) fn years(case: &Case) -> f64 {
    if let Some(years) = case.params.number("years") {
        return years;
    }
    let values = case.values_in_period();
    let dated = values.first().and_then(|first| first.day).zip(values.last().and_then(|last| last.day));
    if let Some((first, last)) = dated {
        let days = last.signed_duration_since(first).num_days() as f64;
        return days / case.params.number("year_days").unwrap_or(365.0);
    }
    let periods = if values.is_empty() { known_returns(case).len() } else { values.len() - 1 };
    periods as f64 / periods_per_year(case)
}
