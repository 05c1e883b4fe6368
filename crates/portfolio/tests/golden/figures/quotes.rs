//! Quantities, prices, values and rates of a day.

use bellwether_domain::{CostMethod, Currency, Symbol, from_epoch_day};
use bellwether_portfolio::Reason;
use bellwether_portfolio::risk::{AllTimeHigh, all_time_high};
use rust_decimal::Decimal;

use super::cost::{only, positions, units};
use super::name::{Name, Suffix};
use crate::answer::{Answer, Answered, Trouble, amount, number};
use crate::case::Case;
use crate::market::{Backfill, Listing, market, parsed, rate, symbols};
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
    Some(highest(world, name).map(pick))
}

/// The highest of the values, or prices, up to the case's day, and after the opening day of its period.
fn highest(world: &World<'_>, name: &Name) -> Result<AllTimeHigh, Trouble> {
    let case = world.case;
    let mut dated = Vec::new();
    for (value, place) in case.values.iter().zip(0..) {
        dated.push((value.day.unwrap_or_else(|| from_epoch_day(place)), value.value));
    }
    if dated.is_empty() {
        let symbol = match (&name.symbol, symbols(case).first()) {
            (Some(symbol), _) => symbol.clone(),
            (None, Some(symbol)) => parsed(symbol)?,
            (None, None) => return Err("an all-time high needs values or prices".into()),
        };
        let quoted = world.market.instrument(&symbol).ok_or_else(|| format!("{symbol} has no prices"))?;
        let closes = quoted.prices().columns();
        dated =
            closes.days.iter().map(|day| from_epoch_day(*day)).zip(closes.closes.iter().copied()).collect();
    }
    let is_dated = case.values.iter().all(|value| value.day.is_some());
    if case.as_of.is_some() && is_dated {
        dated.retain(|(day, _)| *day <= case.day());
    }
    if let Some((from, to)) = case.period.filter(|_| is_dated) {
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
    let (symbol, price, _) = major_price(world, name)?;
    let Listing { unit, multiplier } = Listing::of_symbol(world.case, &symbol)?;
    amount(Ok(price * Decimal::from(unit.units_in_one) / multiplier))
}

fn price_in_base(world: &World<'_>, name: &Name) -> Answered {
    let (symbol, price, currency) = major_price(world, name)?;
    let rate = world.market.rates().on(currency, world.base, world.as_of)?.rate;
    amount(Ok(price * rate / Listing::of_symbol(world.case, &symbol)?.multiplier))
}

/// The price that values the holding, in its major currency; of what was never booked, the market's.
fn major_price(world: &World<'_>, name: &Name) -> Result<(Symbol, Decimal, Currency), Trouble> {
    let books = world.books(CostMethod::Fifo)?;
    let named = match (&name.symbol, symbols(world.case).first()) {
        (None, Some(symbol)) if books.positions().is_empty() => Some(parsed(symbol)?),
        (named, _) => named.clone(),
    };
    Ok(match named.filter(|symbol| books.position(symbol).is_none()) {
        None => {
            let position = only(&books, name)?;
            let price = position.price_on(world.market.instrument(&position.symbol), world.as_of)?.price;
            (position.symbol.clone(), price, position.currency)
        }
        Some(symbol) => {
            let quoted = world.market.instrument(&symbol).ok_or_else(|| format!("{symbol} is unknown"))?;
            let on = quoted.price_on(world.as_of).ok_or_else(|| Reason::no_price(&symbol))?;
            if quoted.splits().iter().any(|split| on.day < split.ex_date && split.ex_date <= world.as_of) {
                return Err("a price of older shares of what is not held".into());
            }
            (symbol, on.price, quoted.currency())
        }
    })
}
