//! Quantities, prices, values and rates of a day.

use bellwether_domain::CostMethod;
use bellwether_portfolio::risk::{AllTimeHigh, all_time_high};
use rust_decimal::Decimal;

use super::cost::{only, positions, units};
use super::name::{Name, Suffix};
use crate::answer::{Answer, Answered, Trouble, amount, number};
use crate::case::Case;
use crate::market::{Backfill, Listing, market, rate};
use crate::world::World;

pub(crate) fn answer(world: &World<'_>, name: &Name) -> Option<Answered> {
    Some(match name.stem.as_str() {
        "quantity" => quantity(world, name),
        "market_value" if name.has(Suffix::Local) => local_value(world, name),
        "market_value" => market_value(world, name),
        "price" => price(world, name),
        "price_base" => price_in_base(world, name),
        _ => return None,
    })
}

pub(crate) fn high(world: &World<'_>, name: &Name) -> Option<Answered> {
    let pick: fn(AllTimeHigh) -> Answer = match name.stem.as_str() {
        "all_time_high" => |high| Answer::Number(high.value),
        "all_time_high_date" => |high| Answer::Text(high.day.to_string()),
        "distance_from_high" => |high| Answer::Number(high.distance),
        _ => return None,
    };
    Some(highest(world.case).map(pick))
}

/// The highest of the values up to the case's day, and after the opening day of its period.
fn highest(case: &Case) -> Result<AllTimeHigh, Trouble> {
    let mut dated = Vec::with_capacity(case.values.len());
    for value in &case.values {
        dated.push((value.day.ok_or("an all-time high needs dated values")?, value.value));
    }
    if case.as_of.is_some() {
        dated.retain(|(day, _)| *day <= case.day());
    }
    if let Some((from, to)) = case.period {
        dated.retain(|(day, _)| from < *day && *day <= to);
    }
    Ok(all_time_high(&dated)?)
}

/// A rate that the case asks for by itself.
pub(crate) fn looked_up(case: &Case, figure: &str) -> Answered {
    let (from, to, day) = case.fx_lookup.get(figure).ok_or("no rate is asked for")?;
    number(rate(&market(case, Backfill::FirstQuoteHolds)?, from, to, *day)?)
}

fn quantity(world: &World<'_>, name: &Name) -> Answered {
    let books = world.books(CostMethod::Fifo)?;
    amount(Ok(positions(&books, name)?.iter().map(|position| position.quantity).sum()))
}

fn market_value(world: &World<'_>, name: &Name) -> Answered {
    let books = world.books(CostMethod::Fifo)?;
    let mut sum = Decimal::ZERO;
    for position in positions(&books, name)? {
        sum += position.value_on(world.as_of, &world.market, world.base)?;
    }
    amount(Ok(sum))
}

fn local_value(world: &World<'_>, name: &Name) -> Answered {
    let books = world.books(CostMethod::Fifo)?;
    let position = only(&books, name)?;
    let value = position.value_on(world.as_of, &world.market, position.currency)?;
    amount(Ok(value * units(world, position)?))
}

/// As it is quoted, and per underlying unit of a contract.
fn price(world: &World<'_>, name: &Name) -> Answered {
    let books = world.books(CostMethod::Fifo)?;
    let position = only(&books, name)?;
    let price = position.price_on(world.market.instrument(&position.symbol), world.as_of)?.price;
    let multiplier = Listing::of_symbol(world.case, &position.symbol)?.multiplier;
    amount(Ok(price * units(world, position)? / multiplier))
}

fn price_in_base(world: &World<'_>, name: &Name) -> Answered {
    let books = world.books(CostMethod::Fifo)?;
    let position = only(&books, name)?;
    let price = position.price_on(world.market.instrument(&position.symbol), world.as_of)?.price;
    let rate = world.market.rates().on(position.currency, world.base, world.as_of)?.rate;
    let multiplier = Listing::of_symbol(world.case, &position.symbol)?.multiplier;
    amount(Ok(price * rate / multiplier))
}
