//! Holdings and purchases that have become a multiple of their cost.

use std::collections::BTreeSet;

use bellwether_domain::{Symbol, TransactionId};
use rust_decimal::Decimal;
use serde::Serialize;

use super::Decisions;
use super::units::Units;
use crate::Figure;
use crate::books::PositionFlowKind;
use crate::exact::{Exact, ratio};
use crate::figure::total;

/// What a holding has become of its cost, whether it was bought or transferred in. Dividends are left out: a
/// multi-bagger is one by its price.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct HoldingMultiple {
    /// The instrument.
    pub symbol: Symbol,
    /// Cost of all that was ever bought or transferred in, with fees.
    pub cost: Figure<Decimal>,
    /// Market value and proceeds; shares transferred away at market value.
    pub returned: Figure<Decimal>,
    /// How many times the cost that is.
    pub multiple: Figure<f64>,
}

/// What has become so many times its cost.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MultiBaggers {
    /// The multiple.
    pub times: Decimal,
    /// Holdings that have reached it, closed ones included.
    pub holdings: Vec<Symbol>,
    /// Purchases that have reached it.
    pub purchases: Vec<TransactionId>,
}

/// Without what one portfolio of a set sent to another, its `own`.
pub(super) fn of_holding(units: &Units<'_>, own: &BTreeSet<TransactionId>) -> Option<HoldingMultiple> {
    let position = units.position;
    let opened = position.opened.iter().filter(|lot| lot.quantity > Decimal::ZERO);
    let opened: Vec<_> = opened.filter(|lot| !own.contains(&lot.brought_by())).collect();
    opened.first()?;
    let sold = position.sales.iter().filter(|sale| sale.quantity > Decimal::ZERO);
    let gone = position.flows.iter().filter(|flow| flow.kind == PositionFlowKind::TransferOut);
    let gone: Vec<_> = gone.map(|flow| flow.amount.clone().map(|amount| -amount)).collect();
    let value = units.value(position.quantity.max(Decimal::ZERO));
    let returned = total([&value].into_iter().chain(sold.map(|sale| &sale.proceeds.base)).chain(&gone));
    let cost = total(opened.iter().map(|lot| &lot.cost.base));
    let multiple = returned.clone().and_then(|returned| ratio(returned, cost.clone()?));
    Some(HoldingMultiple { symbol: position.symbol.clone(), cost, returned, multiple })
}

impl Decisions {
    /// The holdings and purchases whose value and proceeds have reached a multiple of their cost, for each of several
    /// multiples. What cost nothing is none.
    pub fn multi_baggers(&self, times: &[Decimal]) -> Vec<MultiBaggers> {
        let reached =
            |returned: &Figure<Decimal>, cost: &Figure<Decimal>, times: Decimal| match (returned, cost) {
                (Ok(returned), Ok(cost)) => {
                    *cost > Decimal::ZERO && cost.times(times).is_ok_and(|aim| *returned >= aim)
                }
                _ => false,
            };
        times
            .iter()
            .map(|&times| MultiBaggers {
                times,
                holdings: self
                    .holdings
                    .iter()
                    .filter(|holding| reached(&holding.returned, &holding.cost, times))
                    .map(|holding| holding.symbol.clone())
                    .collect(),
                purchases: self
                    .purchases
                    .iter()
                    .filter(|purchase| reached(&purchase.returned(), &purchase.cost, times))
                    .map(|purchase| purchase.transaction)
                    .collect(),
            })
            .collect()
    }
}
