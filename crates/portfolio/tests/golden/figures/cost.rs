//! Cost, and gains over it, by method, with or without trade costs, in base or price currency.

use bellwether_portfolio::{
    Basis, Books, CapitalGains, Cost, Figure, Period, Position, Sale, TradeCosts, performance, ratio,
};
use rust_decimal::Decimal;

use super::name::{Name, Suffix};
use crate::answer::{Answered, Trouble, amount, number};
use crate::market::Listing;
use crate::params::Scope;
use crate::world::World;

pub(crate) fn answer(world: &World<'_>, name: &Name) -> Option<Answered> {
    Some(match name.stem.as_str() {
        "cost_basis" => held_cost(world, name).and_then(amount),
        "unit_cost" => unit_cost(world, name),
        "unrealised" | "realised" if name.has(Suffix::Percent) => percent(world, name),
        "unrealised" | "realised" if name.has(Suffix::Local) => local_gain(world, name).and_then(amount),
        "unrealised" | "realised" => gains(world, name).and_then(amount),
        "capital_gain_gross" => capital_gain(world, name, TradeCosts::LeftOut),
        "capital_gain_after_fees" => capital_gain(world, name, TradeCosts::Included),
        "total_gain" => total_gain(world, name),
        "total_gain_on_purchases_pct" => gain_on_purchases(world, name),
        _ => return None,
    })
}

/// The positions that a figure is about: one, or all.
pub(crate) fn positions<'b>(books: &'b Books, name: &Name) -> Result<Vec<&'b Position>, Trouble> {
    match &name.symbol {
        None => Ok(books.positions().iter().collect()),
        Some(symbol) => {
            let position = books.position(symbol).ok_or_else(|| format!("{symbol} was never booked"))?;
            Ok(vec![position])
        }
    }
}

/// The one position that a figure in the price's currency is about.
pub(crate) fn only<'b>(books: &'b Books, name: &Name) -> Result<&'b Position, Trouble> {
    match positions(books, name)?.as_slice() {
        [position] => Ok(position),
        several => Err(format!("{} holdings have no common price currency", several.len()).into()),
    }
}

/// How many units of its quotes' unit are one of the position's currency.
pub(crate) fn units(world: &World<'_>, position: &Position) -> Result<Decimal, Trouble> {
    Ok(Decimal::from(Listing::of_symbol(world.case, &position.symbol)?.unit.units_in_one))
}

fn seen(cost: Cost, name: &Name) -> Cost {
    if name.has(Suffix::Gross) { cost.before_fees() } else { cost }
}

/// The cost of what is held, of one holding or of all.
fn held(books: &Books, name: &Name) -> Result<Cost, Trouble> {
    let costs = positions(books, name)?.into_iter().map(|position| seen(position.cost(), name));
    Ok(costs.fold(Cost::ZERO, |sum, cost| sum.plus(&cost)))
}

/// An amount in the currency of the figure: in base, or of the one holding as its prices are quoted.
fn in_currency(
    world: &World<'_>,
    books: &Books,
    name: &Name,
    amount: &Cost,
) -> Result<Figure<Decimal>, Trouble> {
    if !name.has(Suffix::Local) {
        return Ok(amount.base.clone());
    }
    let units = units(world, only(books, name)?)?;
    Ok(amount.listed.clone().map(|listed| listed * units))
}

fn held_cost(world: &World<'_>, name: &Name) -> Result<Figure<Decimal>, Trouble> {
    let books = world.books(name.method())?;
    if !name.has(Suffix::CurrentRate) {
        return in_currency(world, &books, name, &held(&books, name)?);
    }
    let mut sum = Decimal::ZERO;
    for position in positions(&books, name)? {
        let rate = world.market.rates().on(position.currency, world.base, world.as_of)?.rate;
        sum += seen(position.cost(), name).listed? * rate;
    }
    Ok(Ok(sum))
}

fn unit_cost(world: &World<'_>, name: &Name) -> Answered {
    let books = world.books(name.method())?;
    let units = positions(&books, name)?.iter().map(|position| position.quantity).sum();
    amount(in_currency(world, &books, name, &held(&books, name)?.per_unit(units))?)
}

/// Gains of the case's day from purchase cost, or of its period where the opening value is the basis. What is
/// realised counts in the period in any case.
fn gains(world: &World<'_>, name: &Name) -> Result<Figure<Decimal>, Trouble> {
    let books = world.books(name.method())?;
    let rebased = world.case.params.flag("rebase_lots_at_start");
    let in_period = rebased || name.is("realised");
    let period = if in_period { world.period(&books)? } else { life(world, &books)? };
    let basis = if rebased { Basis::OpeningValue } else { Basis::PurchaseCost };
    let costs = if name.has(Suffix::Gross) { TradeCosts::LeftOut } else { TradeCosts::Included };
    let gains = capital_gains(world, name, &books, period, basis, costs)?;
    Ok(match (name.is("realised"), name.has(Suffix::CurrencyPart)) {
        (true, false) => gains.realised,
        (true, true) => gains.realised_currency,
        (false, false) => gains.unrealised,
        (false, true) => gains.unrealised_currency,
    })
}

fn capital_gains(
    world: &World<'_>,
    name: &Name,
    books: &Books,
    period: Period,
    basis: Basis,
    costs: TradeCosts,
) -> Result<CapitalGains, Trouble> {
    let subject = world.subject(books, name.symbol.as_ref())?;
    Ok(CapitalGains::new(&subject, &world.market, period, basis, costs))
}

/// Everything up to the case's day.
fn life(world: &World<'_>, books: &Books) -> Result<Period, Trouble> {
    Ok(Period::since(books.first_day().unwrap_or(world.as_of), world.as_of)?)
}

/// A gain in relation to the cost of the same shares, held or sold.
fn percent(world: &World<'_>, name: &Name) -> Answered {
    let gain = if name.has(Suffix::Local) { local_gain(world, name)? } else { gains(world, name)? };
    let cost = if name.is("realised") { sold_cost(world, name)? } else { held_cost(world, name)? };
    number(ratio(gain?, cost?))
}

/// The sum of an amount of all sales of the case's period.
fn of_sales(
    world: &World<'_>,
    books: &Books,
    name: &Name,
    of: impl Fn(&Sale) -> Cost,
) -> Result<Cost, Trouble> {
    let period = world.period(books)?;
    let mut sum = Cost::ZERO;
    for position in positions(books, name)? {
        let sales = position.sales.iter().filter(|sale| period.contains(sale.date));
        sum = sales.fold(sum, |sum, sale| sum.plus(&of(sale)));
    }
    Ok(sum)
}

fn sold_cost(world: &World<'_>, name: &Name) -> Result<Figure<Decimal>, Trouble> {
    let books = world.books(name.method())?;
    let cost = of_sales(world, &books, name, |sale| seen(sale.cost.clone(), name))?;
    in_currency(world, &books, name, &cost)
}

fn local_gain(world: &World<'_>, name: &Name) -> Result<Figure<Decimal>, Trouble> {
    let books = world.books(name.method())?;
    if name.is("realised") {
        let gain = |sale: &Sale| seen(sale.proceeds.clone(), name).minus(&seen(sale.cost.clone(), name));
        let gains = of_sales(world, &books, name, gain)?;
        return in_currency(world, &books, name, &gains);
    }
    let position = only(&books, name)?;
    let value = position.value_on(world.as_of, &world.market, position.currency)?;
    let cost = in_currency(world, &books, name, &held(&books, name)?)?;
    Ok(Ok(value * units(world, position)? - cost?))
}

/// Realised and unrealised, without income.
fn capital_gain(world: &World<'_>, name: &Name, costs: TradeCosts) -> Answered {
    let books = world.books(name.method())?;
    let period = world.period(&books)?;
    let gains = capital_gains(world, name, &books, period, Basis::PurchaseCost, costs)?;
    if costs == TradeCosts::LeftOut {
        return amount(gains.total());
    }
    let parts = world.parts(&books, name.symbol.as_ref(), period)?;
    let (fees, taxes) = (parts.fees.separate?, parts.taxes.separate?);
    amount(Ok(gains.total()? - fees - taxes))
}

/// From purchase cost, over the whole life, whatever the case's period. What rates do to cash counts where the cash
/// does.
fn total_gain(world: &World<'_>, name: &Name) -> Answered {
    let books = world.books_for_returns(name.method())?;
    let mut parts = world.parts(&books, name.symbol.as_ref(), life(world, &books)?)?;
    if world.scope()? == Scope::Holdings {
        parts.cash_currency_gain = Ok(Decimal::ZERO);
    }
    amount(parts.sum_with(&parts.capital_gains))
}

/// What was gained over the whole life, in relation to all that was bought.
fn gain_on_purchases(world: &World<'_>, name: &Name) -> Answered {
    let books = world.books_for_returns(name.method())?;
    let subject = world.subject(&books, name.symbol.as_ref())?;
    number(performance(&subject, &world.market, life(world, &books)?).returns.on_purchases)
}
