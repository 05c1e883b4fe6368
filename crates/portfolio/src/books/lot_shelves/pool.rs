//! The average cost.

use rust_decimal::Decimal;

use crate::books::Cost;
use crate::exact::Exact;
use crate::{Figure, Reason};

/// Shares and what they cost together.
#[derive(Debug)]
pub(super) struct Pool {
    pub(super) quantity: Decimal,
    cost: Cost,
}

impl Default for Pool {
    fn default() -> Self {
        Self { quantity: Decimal::ZERO, cost: Cost::ZERO }
    }
}

impl Pool {
    pub(super) fn add(&mut self, quantity: Decimal, cost: &Cost) -> Result<(), Reason> {
        self.quantity = self.quantity.plus(quantity)?;
        self.cost = self.cost.plus(cost);
        Ok(())
    }

    /// The cost of some of the shares; the last of them leave nothing behind.
    pub(super) fn take(&mut self, quantity: Decimal) -> Figure<Cost> {
        let cost = self.cost.share(quantity, self.quantity);
        self.quantity = self.quantity.minus(quantity)?;
        self.cost = if self.quantity.is_zero() { Cost::ZERO } else { self.cost.minus(&cost) };
        Ok(cost)
    }
}
