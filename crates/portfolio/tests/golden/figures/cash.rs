//! Cash as recorded, and what crossed the portfolio's border.

use bellwether_domain::CostMethod;
use bellwether_portfolio::ExternalKind;
use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::Name;
use crate::answer::{Answered, Trouble, amount};
use crate::market::unit;
use crate::params::Scope;
use crate::world::World;

pub(crate) fn answer(world: &World<'_>, name: &Name) -> Option<Answered> {
    Some(match name.stem.as_str() {
        "cash" => total(world),
        "portfolio_value" => portfolio_value(world),
        "net_deposits" | "net_transfers" => net_flows(world, name),
        stem => balance(world, stem.strip_prefix("cash_").filter(|code| unit(code).is_ok())?),
    })
}

/// What the recorded movements alone left of all currencies at the close of a day, at its rates: it may be negative.
pub(crate) fn recorded_in_base(world: &World<'_>, day: NaiveDate) -> Result<Decimal, Trouble> {
    let books = world.books_on(day)?;
    let mut sum = Decimal::ZERO;
    for cash in &books.cash().balances {
        let recorded = books.cash().recorded_balance(cash.currency)?;
        if !recorded.is_zero() {
            sum += recorded * world.market.rates().on(cash.currency, world.base, day)?.rate;
        }
    }
    Ok(sum)
}

fn total(world: &World<'_>) -> Answered {
    amount(Ok(recorded_in_base(world, world.as_of)?))
}

fn balance(world: &World<'_>, code: &str) -> Answered {
    let unit = unit(code)?;
    let balance = world.books(CostMethod::Fifo)?.cash().recorded_balance(unit.currency)?;
    amount(Ok(balance * Decimal::from(unit.units_in_one)))
}

fn portfolio_value(world: &World<'_>) -> Answered {
    let books = world.books(CostMethod::Fifo)?;
    let holdings = world.report(&books).totals.holdings_value?;
    // Cash leaves it only where the case says so.
    amount(Ok(match world.case.params.scope()? {
        Some(Scope::Holdings) => holdings,
        Some(Scope::Portfolio) | None => holdings + recorded_in_base(world, world.as_of)?,
    }))
}

/// Recorded deposits less withdrawals; as transfers with the shares that were delivered across the border.
fn net_flows(world: &World<'_>, name: &Name) -> Answered {
    let books = world.books(CostMethod::Fifo)?;
    let period = world.period(&books)?;
    let mut net = Decimal::ZERO;
    for flow in books.external_flows().iter().filter(|flow| period.contains(flow.date)) {
        let counts = match flow.kind {
            ExternalKind::Deposit { inferred } => !inferred,
            ExternalKind::Withdrawal => true,
            ExternalKind::TransferIn | ExternalKind::TransferOut => name.is("net_transfers"),
        };
        if counts {
            net += flow.amount.clone()?;
        }
    }
    amount(Ok(net))
}
