//! How a cost came about, kept while a replay is to be explained.

use std::sync::Arc;

use bellwether_domain::TransactionId;
use rust_decimal::Decimal;

use super::Cost;

/// What a cost was made of.
#[derive(Debug)]
pub(crate) enum CostOrigin {
    /// The amount of a transaction, at its rates.
    Booked(TransactionId),
    /// The one and the other.
    Sum(Cost, Cost),
    /// The one less the other.
    Difference(Cost, Cost),
    /// The cost of some of the shares.
    Share {
        /// The cost of all.
        of: Cost,
        /// How many.
        part: Decimal,
        /// Of how many.
        whole: Decimal,
    },
}

impl CostOrigin {
    /// The costs it was made of.
    pub(crate) fn operands(&self) -> impl DoubleEndedIterator<Item = &Cost> {
        let (first, second) = match self {
            Self::Booked(_) => (None, None),
            Self::Sum(left, right) | Self::Difference(left, right) => (Some(left), Some(right)),
            Self::Share { of, .. } => (Some(of), None),
        };
        first.into_iter().chain(second)
    }

    fn release(&mut self, into: &mut Vec<Arc<Self>>) {
        match self {
            Self::Booked(_) => {}
            Self::Sum(left, right) | Self::Difference(left, right) => {
                into.extend(left.origin.take());
                into.extend(right.origin.take());
            }
            Self::Share { of, .. } => into.extend(of.origin.take()),
        }
    }
}

/// A pool of many sales is a long chain, which must not be dropped by as deep a recursion.
impl Drop for CostOrigin {
    fn drop(&mut self) {
        let mut open = Vec::new();
        self.release(&mut open);
        while let Some(origin) = open.pop() {
            if let Some(mut alone) = Arc::into_inner(origin) {
                alone.release(&mut open);
            }
        }
    }
}
