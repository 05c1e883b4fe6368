//! Time-weighted returns, of ledgers and of given numbers, and what a year they make.

use bellwether_domain::CostMethod;
use bellwether_portfolio::{
    DailySeries, Figure, Flow, Reason, annualised, cagr, linked, linked_sub_periods, modified_dietz,
};

use super::{Name, risk};
use crate::answer::{Answer, Answered, Trouble, number};
use crate::case::{Case, Dietz};
use crate::expected::Expected;
use crate::number::Number;
use crate::world::World;

pub(crate) fn answer(world: &World<'_>, name: &Name) -> Option<Answered> {
    let case = world.case;
    Some(match name.stem.as_str() {
        "twr" => time_weighted(world, name).and_then(number),
        "twr_annualised" => yearly(world, name),
        "modified_dietz" => match &case.dietz {
            Some(given) => dietz(given),
            None => dietz_of_ledger(world, name),
        },
        "daily_returns" => by_day(world, name, |levels| {
            levels.windows(2).map(|pair| linked_sub_periods(&[(pair[0], pair[1])])).collect()
        }),
        "cumulative_returns" => by_day(world, name, |levels| {
            levels.iter().skip(1).map(|level| linked_sub_periods(&[(levels[0], *level)])).collect()
        }),
        "annualised" => annualise(world, name),
        "total_return" => total_return(world, name).and_then(number),
        "cagr" | "annual_return" => total_over_years(world, name),
        _ => return None,
    })
}

fn time_weighted(world: &World<'_>, name: &Name) -> Result<Figure<f64>, Trouble> {
    let case = world.case;
    if !case.sub_periods.is_empty() {
        let values: Vec<_> =
            case.sub_periods.iter().map(|(start, end)| (start.float(), end.float())).collect();
        return Ok(linked_sub_periods(&values));
    }
    if !case.linked_returns.is_empty() {
        return Ok(linked(&case.linked_returns.iter().map(Number::float).collect::<Vec<_>>()));
    }
    if case.transactions.is_empty() && case.has_numbers() {
        return Ok(total(case));
    }
    let books = world.books_for_returns(CostMethod::Fifo)?;
    let returns = world.performance(&books, name.symbol.as_ref())?.returns;
    Ok(returns.time_weighted.map(|linked| linked.total))
}

/// The growth of 1 on each day of the period, its opening day first; 1 before anything was held.
pub(crate) fn index(world: &World<'_>, name: &Name) -> Result<DailySeries, Trouble> {
    let books = world.books_for_returns(CostMethod::Fifo)?;
    let performance = world.performance(&books, name.symbol.as_ref())?;
    let index = performance.returns.time_weighted?.index;
    let days = performance.period.from.iter_days().take_while(|day| *day <= performance.period.to);
    let values = days.map(|day| index.at(day).unwrap_or(1.0)).collect();
    Ok(DailySeries { first_day: performance.period.from, values })
}

/// Of a ledger by day, of given numbers by number.
fn by_day(world: &World<'_>, name: &Name, rates: fn(&[f64]) -> Figure<Vec<f64>>) -> Answered {
    let case = world.case;
    let levels = if case.transactions.is_empty() && case.has_numbers() {
        risk::given_levels(case)?
    } else {
        index(world, name)?.values
    };
    Ok(Answer::List(rates(&levels)?))
}

fn yearly(world: &World<'_>, name: &Name) -> Answered {
    let total = time_weighted(world, name)??;
    let case = world.case;
    if let Some(years) = case.params.number("years") {
        return number(cagr(total, years));
    }
    extrapolated(case, "twr_annualised", total, days(world)?)
}

/// How many days the case lasts: from its first dated value to the last, else its period.
pub(crate) fn days(world: &World<'_>) -> Result<f64, Trouble> {
    let values = world.case.values_in_period();
    let dated = values.first().and_then(|first| first.day).zip(values.last().and_then(|last| last.day));
    if let Some((first, last)) = dated.filter(|_| world.case.transactions.is_empty()) {
        return Ok(last.signed_duration_since(first).num_days() as f64);
    }
    Ok(world.period(&world.books(CostMethod::Fifo)?)?.days() as f64)
}

/// A yearly rate: refused below one year, unless a number is asked for all the same.
fn extrapolated(case: &Case, figure: &str, total: f64, days: f64) -> Answered {
    let year = case.params.number("year_days").unwrap_or(365.0);
    let refused = annualised(total, days as i64) == Err(Reason::UnderAYear);
    if refused && case.expected.get(figure) == Some(&Expected::Undefined) {
        return Err(Reason::UnderAYear.into());
    }
    number(cagr(total, days / year))
}

fn annualise(world: &World<'_>, name: &Name) -> Answered {
    match &world.case.annualise {
        Some(given) => extrapolated(world.case, "annualised", given.total.float(), given.days.float()),
        None => extrapolated(world.case, "annualised", total_return(world, name)??, days(world)?),
    }
}

fn dietz(given: &Dietz) -> Answered {
    let flows: Vec<_> =
        given.flows.iter().map(|(date, paid_in)| Flow { date: *date, amount: -paid_in.float() }).collect();
    let (opening, closing) = (given.start_value.float(), given.end_value.float());
    number(modified_dietz(opening, closing, &flows, given.start, given.end))
}

fn dietz_of_ledger(world: &World<'_>, name: &Name) -> Answered {
    let books = world.books_for_returns(CostMethod::Fifo)?;
    number(world.performance(&books, name.symbol.as_ref())?.returns.modified_dietz)
}

/// The return over all given values or returns.
pub(crate) fn total(case: &Case) -> Figure<f64> {
    if case.values.is_empty() {
        return linked(&risk::known_returns(case));
    }
    let values: Vec<_> = case.values_in_period().iter().map(|value| value.value).collect();
    linked_sub_periods(&values.windows(2).map(|pair| (pair[0], pair[1])).collect::<Vec<_>>())
}

/// The same, or the time-weighted return where none are given.
fn total_return(world: &World<'_>, name: &Name) -> Result<Figure<f64>, Trouble> {
    if world.case.has_numbers() { Ok(total(world.case)) } else { time_weighted(world, name) }
}

fn total_over_years(world: &World<'_>, name: &Name) -> Answered {
    if let Some(given) = &world.case.annualise {
        let year = world.case.params.number("year_days").unwrap_or(365.0);
        return number(cagr(given.total.float(), given.days.float() / year));
    }
    number(cagr(total_return(world, name)??, risk::years(world)?))
}
