//! The same money in a benchmark.

use bellwether_domain::{CostMethod, price_of_decimal};
use bellwether_portfolio::{Benchmark, Comparison};

use super::Name;
use crate::answer::{Answer, Answered, Trouble};
use crate::market::parsed;
use crate::world::World;

pub(crate) fn answer(world: &World<'_>, name: &Name) -> Option<Answered> {
    let pick: fn(&Comparison) -> f64 = match name.stem.as_str() {
        "benchmark_value" => |same| same.value,
        "benchmark_invested" => |same| same.net_invested,
        "benchmark_gain" => |same| same.gain,
        _ => return None,
    };
    Some(comparison(world, name).map(|same| Answer::Number(pick(&same))))
}

/// The flows of the case's subject in its benchmark.
fn comparison(world: &World<'_>, name: &Name) -> Result<Comparison, Trouble> {
    let symbol = world.case.params.word("benchmark").ok_or("no benchmark is named")?;
    let benchmark = Benchmark::new(&parsed(&symbol)?, &world.market, world.base, world.as_of)?;
    if world.case.transactions.is_empty() {
        let flows = world.case.cash_flows.iter().map(|(date, amount)| (*date, -amount.float()));
        return Ok(benchmark.compare(flows.collect(), |_| Ok(0.0))?);
    }
    let books = world.books(CostMethod::Fifo)?;
    let subject = world.subject(&books, name.symbol.as_ref())?;
    let mut flows = Vec::new();
    for flow in subject.flows() {
        flows.push((flow.date, price_of_decimal(flow.amount.clone()?)));
    }
    Ok(benchmark.compare(flows, |day| subject.value_on(day, &world.market).map(price_of_decimal))?)
}
