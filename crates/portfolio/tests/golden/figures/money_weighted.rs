//! Rates and present values of payments.

use bellwether_domain::CostMethod;
use bellwether_portfolio::{Flow, irr, npv, xirr};

use super::Name;
use crate::answer::{Answer, Answered, Trouble, number};
use crate::case::Case;
use crate::number::Number;
use crate::world::World;

pub(crate) fn answer(world: &World<'_>, name: &Name) -> Option<Answered> {
    Some(match name.stem.as_str() {
        "xirr" => money_weighted(world, name),
        "irr" => periodic(world.case),
        "xnpv" => present_value(world.case),
        _ => return None,
    })
}

fn money_weighted(world: &World<'_>, name: &Name) -> Answered {
    let rate = if world.case.cash_flows.is_empty() {
        let books = world.books_for_returns(CostMethod::Fifo)?;
        world.performance(&books, name.symbol.as_ref())?.returns.money_weighted?
    } else {
        xirr(&payments(world.case))?
    };
    Ok(Answer::Root { rate: rate.annual, ambiguous: rate.ambiguous })
}

fn periodic(case: &Case) -> Answered {
    let payments: Vec<_> = case.periodic_flows.iter().map(Number::float).collect();
    let found = irr(&payments)?;
    Ok(Answer::Root { rate: found.rate, ambiguous: found.ambiguous })
}

fn present_value(case: &Case) -> Answered {
    let rate = case.params.number("rate").ok_or_else(|| Trouble::from("xnpv needs a rate"))?;
    number(npv(&payments(case), rate))
}

fn payments(case: &Case) -> Vec<Flow> {
    case.cash_flows.iter().map(|(date, amount)| Flow { date: *date, amount: amount.float() }).collect()
}
