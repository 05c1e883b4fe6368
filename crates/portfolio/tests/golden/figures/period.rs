//! Values at both ends of the case's period, and what was gained in it.

use bellwether_domain::CostMethod;
use bellwether_portfolio::Subject;

use super::{Name, cash};
use crate::answer::{Answered, amount};
use crate::params::Scope;
use crate::world::World;

pub(crate) fn answer(world: &World<'_>, name: &Name) -> Option<Answered> {
    Some(match name.stem.as_str() {
        "opening_value_period" | "closing_value_period" => value(world, name),
        "period_gain" | "currency_gain_residual" | "cash_fx_gain" => gain(world, name),
        _ => return None,
    })
}

/// With cash as it was recorded, which may be less than nothing.
fn value(world: &World<'_>, name: &Name) -> Answered {
    let books = world.books(CostMethod::Fifo)?;
    let period = world.period(&books)?;
    let day = if name.is("opening_value_period") { period.from } else { period.to };
    if name.symbol.is_none() && world.scope()? == Scope::Portfolio {
        let holdings = Subject::holdings(&books).value_on(day, &world.market)?;
        return amount(Ok(holdings + cash::recorded_in_base(world, day)?));
    }
    amount(world.subject(&books, name.symbol.as_ref())?.value_on(day, &world.market))
}

fn gain(world: &World<'_>, name: &Name) -> Answered {
    let books = world.books(CostMethod::Fifo)?;
    let performance = world.performance(&books, name.symbol.as_ref())?;
    amount(if name.is("period_gain") { performance.gain } else { performance.parts.cash_currency_gain })
}
