//! The last session against the close before.

use bellwether_domain::CostMethod;
use bellwether_portfolio::{Books, DayChange, Figure, Holding, Period, Reason, Subject, performance};

use super::Name;
use crate::answer::{Answered, Trouble, amount, number};
use crate::params::Scope;
use crate::world::World;

pub(crate) fn answer(world: &World<'_>, name: &Name) -> Option<Answered> {
    matches!(name.stem.as_str(), "day_change" | "day_change_pct" | "previous_value")
        .then(|| change(world, name))
}

fn change(world: &World<'_>, name: &Name) -> Answered {
    // A quote of a later day is no previous close.
    let world = World::as_quoted(world.case)?;
    let books = world.books_for_returns(CostMethod::Fifo)?;
    let report = world.report(&books);
    let told = match (&name.symbol, world.scope()?) {
        (Some(symbol), _) => report.holding(symbol).map(|holding| holding.day_change.clone()),
        (None, Scope::Portfolio) => Some(report.totals.day_change.clone()),
        (None, Scope::Holdings) => return of_holdings(&world, name, &books, &report.holdings),
    };
    let told = told.ok_or("the holding was never booked")?;
    if name.is("previous_value") {
        return previous_value(&world, name, &books, &told?);
    }
    figure(name, told)
}

fn figure(name: &Name, told: Figure<DayChange>) -> Answered {
    let told = told?;
    if name.is("day_change") { amount(Ok(told.amount)) } else { number(told.rate) }
}

fn previous_value(world: &World<'_>, name: &Name, books: &Books, told: &DayChange) -> Answered {
    let before = told.day.pred_opt().ok_or(Reason::NoPreviousClose)?;
    let subject = world.subject(books, name.symbol.as_ref())?;
    amount(subject.value_on(before, &world.market))
}

/// The holdings without the cash: each must have a change, or nothing to change.
fn of_holdings(world: &World<'_>, name: &Name, books: &Books, holdings: &[Holding]) -> Answered {
    let mut session = None;
    for holding in holdings {
        match &holding.day_change {
            Ok(change) => session = session.max(Some(change.day)),
            Err(Reason::NotHeld) => {}
            Err(reason) => return Err(reason.clone().into()),
        }
    }
    let session = session.ok_or(Trouble::from(Reason::NotHeld))?;
    let before = session.pred_opt().ok_or(Reason::NoPreviousClose)?;
    let of_day = performance(&Subject::holdings(books), &world.market, Period::new(before, session)?);
    match name.stem.as_str() {
        "day_change" => amount(of_day.gain),
        "previous_value" => amount(of_day.opening),
        _ => number(of_day.returns.time_weighted.map(|linked| linked.total)),
    }
}
