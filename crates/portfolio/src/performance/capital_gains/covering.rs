//! Shares that come without money and close others at once: owed ones, or held ones where they come as owed.

use std::collections::BTreeSet;

use bellwether_domain::TransactionId;
use rust_decimal::Decimal;

use super::{Valuation, sum_of};
use crate::books::{Cost, Position, PositionFlowKind, Sale};
use crate::performance::subject::Member;

impl Valuation<'_> {
    /// What these shares cost, less what the books closed the others at: nothing for a whole position, but one lot alone
    /// has only one of the two. Its gain counts what it handed over at market value.
    pub(super) fn covering(&self, member: &Member<'_>) -> Cost {
        let position = &*member.position;
        let Some(whole) = member.books.position(&position.symbol) else { return Cost::ZERO };
        let came = whole.transfers.iter().filter(|it| it.arrives && self.period.contains(it.date));
        let came: BTreeSet<_> = came.map(|transfer| transfer.transaction).collect();
        if came.is_empty() {
            return Cost::ZERO;
        }
        let arrived = position.transfers.iter().filter(|it| it.arrives && self.period.contains(it.date));
        let opened = position.opened.iter().filter(|lot| self.period.contains(lot.arrived));
        let opened = opened.filter(|lot| came.contains(&lot.brought_by()));
        let closed = position.sales.iter().filter(|sale| self.period.contains(sale.date));
        let closed = closed.filter(|sale| came.contains(&sale.transaction) && is_unpaid(whole, sale));
        sum_of(arrived.map(|transfer| self.seen(&transfer.cost())))
            .minus(&sum_of(opened.map(|lot| self.seen(&lot.cost))))
            .plus(&sum_of(closed.map(|sale| self.seen(&sale.proceeds))))
    }
}

/// Whether shares closed what a sale has, and not the cash that an event pays beside them for fractions that are held.
fn is_unpaid(position: &Position, sale: &Sale) -> bool {
    let is_paid = |transaction: TransactionId| {
        let mut flows = position.flows.iter();
        flows.any(|flow| flow.transaction == Some(transaction) && flow.kind == PositionFlowKind::Sale)
    };
    sale.quantity < Decimal::ZERO || !is_paid(sale.transaction)
}
