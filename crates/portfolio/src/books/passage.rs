//! The corporate events that a lot has come through.

use std::sync::Arc;

use bellwether_domain::TransactionId;
use chrono::NaiveDate;
use rust_decimal::Decimal;

/// The last event that concerned a lot of a position, and through it those before.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Passage {
    pub(crate) date: NaiveDate,
    pub(crate) step: Step,
    before: Option<Arc<Self>>,
}

/// What an event did to a lot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// A spin-off took this share of its cost.
    Gave(Decimal),
    /// It came for another lot.
    Came(Brought),
}

/// What an event brought for a lot of another position.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Brought {
    pub(crate) event: TransactionId,
    /// The other lot's place among those of the event's transfer.
    pub(crate) place: usize,
    /// In the units of the day.
    pub(crate) shares: Decimal,
}

impl Passage {
    pub(crate) fn new(date: NaiveDate, step: Step, before: Option<Arc<Self>>) -> Arc<Self> {
        Arc::new(Self { date, step, before })
    }

    /// This one and those before it.
    pub(crate) fn backwards(last: Option<&Self>) -> impl Iterator<Item = &Self> {
        std::iter::successors(last, |passage| passage.before.as_deref())
    }
}

/// Many spin-offs are a long chain, which must not be dropped by as deep a recursion.
impl Drop for Passage {
    fn drop(&mut self) {
        let mut before = self.before.take();
        while let Some(mut alone) = before.and_then(Arc::into_inner) {
            before = alone.before.take();
        }
    }
}
