//! Income, fees and taxes of the case's period.

use bellwether_domain::CostMethod;

use bellwether_portfolio::DividendYield;

use super::cost::{only, units};
use super::name::{Name, Suffix};
use crate::answer::{Answer, Answered, Trouble, amount, number};
use crate::world::World;

pub(crate) fn answer(world: &World<'_>, name: &Name) -> Option<Answered> {
    Some(match name.stem.as_str() {
        "dividends_gross" | "dividends_net" if name.has(Suffix::Local) => local_dividends(world, name),
        "dividends_gross" | "dividends_net" | "dividend_count" | "dividends_count" | "earnings" | "fees"
        | "total_fees" | "taxes" | "total_taxes" => sum(world, name),
        "dividend_yield_on_cost" | "dividend_yield" => yields(world, name),
        _ => return None,
    })
}

fn sum(world: &World<'_>, name: &Name) -> Answered {
    let books = world.books(CostMethod::Fifo)?;
    let parts = world.parts(&books, name.symbol.as_ref(), world.period(&books)?)?;
    amount(match name.stem.as_str() {
        "dividends_gross" => parts.income.dividends_gross,
        "dividends_net" => parts.income.dividends_net,
        "dividend_count" | "dividends_count" => {
            return Ok(Answer::Number(parts.income.dividend_count as f64));
        }
        "earnings" => parts.income.gross,
        "fees" | "total_fees" => parts.fees.total,
        _ => parts.taxes.total,
    })
}

fn local_dividends(world: &World<'_>, name: &Name) -> Answered {
    let books = world.books(CostMethod::Fifo)?;
    let position = only(&books, name)?;
    let period = world.period(&books)?;
    let mut paid = rust_decimal::Decimal::ZERO;
    for income in position.income.iter().filter(|income| period.contains(income.date)) {
        if income.currency != position.currency {
            return Err(Trouble::from("a dividend in another currency than the price"));
        }
        paid += if name.is("dividends_gross") { income.gross } else { income.net()? };
    }
    amount(Ok(paid * units(world, position)?))
}

fn yields(world: &World<'_>, name: &Name) -> Answered {
    let books = world.books(name.method())?;
    let found = DividendYield::of(only(&books, name)?, &books, &world.market);
    number(if name.is("dividend_yield") { found.trailing } else { found.on_cost })
}
