//! What a day's corporate events made of what was held.

use bellwether_domain::TransactionId;
use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::{Lot, Position, PositionFlow, Sale};
use crate::Figure;
use crate::exact::Exact;
use crate::figure::total;

/// What the corporate events of a day did to a position, before the day's other bookings.
///
/// What was held at the close before is afterwards worth `(shares before + shares) x price - paid in`: what events
/// brought for it, shares of another instrument or cash, belongs to it.
pub(crate) struct EventEffect<'a> {
    pub(crate) date: NaiveDate,
    /// Shares that came, less those that left, in the units of the day.
    pub(crate) shares: Figure<Decimal>,
    /// Value that went in, and came out as a negative amount, in the base currency.
    pub(crate) flows: Vec<&'a PositionFlow>,
}

impl EventEffect<'_> {
    pub(crate) fn paid_in(&self) -> Figure<Decimal> {
        total(self.flows.iter().map(|flow| &flow.amount))
    }
}

impl Position {
    /// The effects of its events, a day at a time, oldest first.
    pub(crate) fn event_effects(&self) -> impl Iterator<Item = EventEffect<'_>> {
        let is_event = |flow: &&PositionFlow| flow.transaction.is_some_and(|id| self.is_event(id));
        // Most positions never had any.
        let flows = if self.events.is_empty() { Default::default() } else { &self.flows[..] };
        let mut flows = flows.iter().filter(is_event).peekable();
        std::iter::from_fn(move || {
            let date = flows.peek()?.date;
            let today = std::iter::from_fn(|| flows.next_if(|flow| flow.date == date)).collect();
            Some(EventEffect { date, shares: self.moved_by_events(date), flows: today })
        })
    }

    /// Whether a transaction is a corporate event that exchanged or sold its shares.
    pub(crate) fn is_event(&self, transaction: TransactionId) -> bool {
        self.events.contains(&transaction)
    }

    fn moved_by_events(&self, date: NaiveDate) -> Figure<Decimal> {
        // Shares that close others come all the same.
        let is_paid = |sale: &&Sale| !self.closed_by(sale).iter().any(|lot| lot.by_shares);
        let sales = self.sales.iter().filter(|sale| sale.date == date && self.is_event(sale.transaction));
        let sales = sales.filter(is_paid);
        let transfers = self.transfers.iter().filter(|transfer| transfer.date == date);
        let exchanged =
            transfers.filter(|transfer| self.is_event(transfer.transaction)).flat_map(|transfer| {
                let signed = |lot: &Lot| if transfer.arrives { lot.quantity } else { -lot.quantity };
                transfer.lots.iter().map(signed)
            });
        sales.map(|sale| -sale.quantity).chain(exchanged).try_fold(Decimal::ZERO, Exact::plus)
    }
}
