//! Shares that come without money and close others at once: owed ones, or held ones where they come as owed.

use std::collections::BTreeSet;

use super::{Valuation, sum_of};
use crate::books::{Cost, Position};

impl Valuation<'_> {
    /// What these shares cost, less what the books closed the others at: nothing for a whole position, but one lot alone
    /// has only one of the two. What it hands over is transferred at market value.
    pub(super) fn covering(&self, position: &Position) -> Cost {
        let arrived = position.transfers.iter().filter(|it| it.arrives && self.period.contains(it.date));
        let came: BTreeSet<_> = arrived.clone().map(|transfer| transfer.transaction).collect();
        let opened = position.opened.iter().filter(|lot| self.period.contains(lot.arrived));
        let opened = opened.filter(|lot| came.contains(&lot.brought_by()));
        let closed =
            position.closed_lots.iter().filter(|lot| lot.by_shares && self.period.contains(lot.sold));
        sum_of(arrived.map(|transfer| self.seen(&transfer.cost())))
            .minus(&sum_of(opened.map(|lot| self.seen(&lot.cost))))
            .plus(&sum_of(closed.map(|lot| self.seen(&lot.proceeds))))
    }
}
