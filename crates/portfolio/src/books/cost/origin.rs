//! How a cost came about, kept while a replay is to be explained.

use std::sync::Arc;

use bellwether_domain::{Currency, Symbol, TransactionId};
use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::Cost;
use crate::HoldingPrice;

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
    /// Cash that an event brought, at its rates.
    Event(EventCash),
    /// The part of a cost that an event gives to something else.
    Moved {
        /// The cost of all.
        of: Cost,
        /// How much of it.
        part: EventPart,
    },
    /// The fees, or the taxes, in a cost.
    Contained {
        /// The cost.
        of: Cost,
        /// The fees.
        is_fees: bool,
    },
    /// What shares were worth at the opening of a period.
    Opening(OpeningShares),
    /// The cost of shares that became others, which are listed in another currency.
    Relisted {
        /// The cost before.
        of: Cost,
        /// From where.
        listing: Relisting,
    },
}

/// Cash of a spin-off, merger or split.
#[derive(Debug, Clone, Copy)]
pub(crate) struct EventCash {
    pub(crate) event: TransactionId,
    /// The shares that each had the event's cash; `None` for the cash that fractions were sold for.
    pub(crate) shares: Option<Decimal>,
}

/// How much of a cost an event moves.
#[derive(Debug, Clone, Copy)]
pub(crate) struct EventPart {
    pub(crate) event: TransactionId,
    /// 0 to 1.
    pub(crate) share: Decimal,
    /// What it was found from, where the event does not say it.
    pub(crate) by_value: Option<CashByValue>,
}

/// What the part of a merger that is cash was found from.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CashByValue {
    /// Shares that each had the merger's cash.
    pub(crate) given: Decimal,
    /// Shares that came for them.
    pub(crate) received: Decimal,
    /// The price of those on the day.
    pub(crate) price: HoldingPrice,
    /// The currency of that price.
    pub(crate) listed: Currency,
}

/// Shares that count from the value at the opening of a period.
#[derive(Debug, Clone)]
pub(crate) struct OpeningShares {
    pub(crate) symbol: Symbol,
    /// The day of the opening.
    pub(crate) day: NaiveDate,
    pub(crate) quantity: Decimal,
    /// The day whose units they are counted in.
    pub(crate) units_of: NaiveDate,
}

/// Another listing of the same cost.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Relisting {
    /// The currency of the listing before.
    pub(crate) from: Currency,
    /// The day whose rate counts.
    pub(crate) on: NaiveDate,
    /// The new listing is in the base currency, in which the cost is known.
    pub(crate) into_base: bool,
}

impl CostOrigin {
    /// The costs it was made of.
    pub(crate) fn operands(&self) -> impl DoubleEndedIterator<Item = &Cost> {
        let (first, second) = match self {
            Self::Booked(_) | Self::Event(_) | Self::Opening(_) => (None, None),
            Self::Sum(left, right) | Self::Difference(left, right) => (Some(left), Some(right)),
            Self::Share { of, .. }
            | Self::Moved { of, .. }
            | Self::Relisted { of, .. }
            | Self::Contained { of, .. } => (Some(of), None),
        };
        first.into_iter().chain(second)
    }

    fn release(&mut self, into: &mut Vec<Arc<Self>>) {
        match self {
            Self::Booked(_) | Self::Event(_) | Self::Opening(_) => {}
            Self::Sum(left, right) | Self::Difference(left, right) => {
                into.extend(left.origin.take());
                into.extend(right.origin.take());
            }
            Self::Share { of, .. }
            | Self::Moved { of, .. }
            | Self::Relisted { of, .. }
            | Self::Contained { of, .. } => {
                into.extend(of.origin.take());
            }
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
