//! Which instruments have to be replayed together: those that a spin-off or merger turns into each other.

use std::collections::{BTreeMap, HashMap};

use bellwether_domain::{Booking, Symbol, Transaction, TransactionId};
use chrono::NaiveDate;

use crate::{InstrumentData, LedgerError, Market};

/// Instruments that are replayed together; most are alone.
pub(super) struct Family<'a> {
    pub(super) members: Vec<Member<'a>>,
    /// Spin-offs and mergers between them, in order.
    pub(super) events: Vec<Event<'a>>,
}

impl Family<'_> {
    pub(super) fn leave_out(&mut self, transaction: TransactionId) {
        for member in &mut self.members {
            member.bookings.retain(|booking| booking.id != transaction);
        }
        self.events.retain(|event| event.transaction.id != transaction);
    }
}

/// One instrument with its bookings, in order.
pub(super) struct Member<'a> {
    pub(super) symbol: &'a Symbol,
    pub(super) bookings: Vec<&'a Transaction>,
    pub(super) instrument: Option<&'a InstrumentData>,
}

/// A spin-off or merger, by the places of the members that it concerns.
pub(super) struct Event<'a> {
    pub(super) transaction: &'a Transaction,
    pub(super) of: usize,
    pub(super) into: Option<usize>,
}

/// Ticker changes in order: a booking belongs to the symbol that its instrument has in the end.
#[derive(Debug)]
pub(crate) struct TickerChanges<'a>(Vec<(NaiveDate, &'a Symbol, &'a Symbol)>);

impl<'a> TickerChanges<'a> {
    /// Those of a whole ledger, later ones than the books' day too: what is shown has its newest name on every day.
    pub(crate) fn new(transactions: &'a [Transaction]) -> Self {
        let mut changes: Vec<_> = transactions
            .iter()
            .filter_map(|transaction| match &transaction.booking {
                Booking::TickerChange { symbol, into } => Some((transaction, symbol, into)),
                _ => None,
            })
            .collect();
        changes.sort_by_key(|(transaction, ..)| (transaction.date, transaction.sequence, transaction.id));
        Self(
            changes.into_iter().map(|(transaction, symbol, into)| (transaction.date, symbol, into)).collect(),
        )
    }

    /// The same by themselves.
    pub(super) fn owned(&self) -> Vec<(NaiveDate, Symbol, Symbol)> {
        self.0.iter().map(|(date, old, new)| (*date, (*old).clone(), (*new).clone())).collect()
    }

    pub(crate) fn last_name(&self, symbol: &'a Symbol, on: NaiveDate) -> &'a Symbol {
        last_name(self.0.iter().copied(), symbol, on)
    }
}

/// The last name of what was called so on a day. On the day of a change the old name is another company's already.
pub(super) fn last_name<'a>(
    changes: impl Iterator<Item = (NaiveDate, &'a Symbol, &'a Symbol)>,
    symbol: &'a Symbol,
    on: NaiveDate,
) -> &'a Symbol {
    changes.fold(symbol, |name, (date, old, new)| if date > on && old == name { new } else { name })
}

/// Whether a booking turns an instrument into itself, by the names that it has in the end.
pub(super) fn turns_into_itself<'a>(booking: &'a Transaction, changes: &TickerChanges<'a>) -> bool {
    let name = |symbol: &'a Symbol| changes.last_name(symbol, booking.date);
    let is_change = matches!(booking.booking, Booking::TickerChange { .. });
    let names = booking.booking.symbol().zip(booking.booking.other_symbol()).filter(|_| !is_change);
    names.is_some_and(|(of, into)| name(of) == name(into))
}

pub(super) fn into_itself(booking: &Transaction) -> LedgerError {
    let (transaction, kind, date) = (booking.id, booking.booking.kind(), booking.date);
    LedgerError::IntoItself { transaction, kind, date }
}

/// Sorts bookings, which are in order, by the instruments that they concern.
pub(super) fn families<'a>(
    ordered: &[&'a Transaction],
    changes: &TickerChanges<'a>,
    market: &'a Market,
) -> Result<Vec<Family<'a>>, LedgerError> {
    let mut by_symbol: HashMap<&Symbol, Vec<&Transaction>> = HashMap::new();
    let mut events = Vec::new();
    for booking in ordered.iter().copied() {
        let is_change = matches!(booking.booking, Booking::TickerChange { .. });
        let Some(symbol) = booking.booking.symbol().filter(|_| !is_change) else { continue };
        let symbol = changes.last_name(symbol, booking.date);
        by_symbol.entry(symbol).or_default().push(booking);
        let into = booking.booking.other_symbol().map(|into| changes.last_name(into, booking.date));
        if let Some(into) = into {
            if into == symbol {
                return Err(into_itself(booking));
            }
            by_symbol.entry(into).or_default();
        }
        if matches!(booking.booking, Booking::SpinOff { .. } | Booking::Merger { .. }) {
            events.push((booking, symbol, into));
        }
    }

    // The least symbol of a family stands for it.
    let mut heads: BTreeMap<&Symbol, &Symbol> = BTreeMap::new();
    for (_, symbol, into) in &events {
        let Some(into) = into else { continue };
        let [one, other] = [*symbol, *into].map(|symbol| heads.get(symbol).copied().unwrap_or(symbol));
        let (head, joining) = (one.min(other), one.max(other));
        heads.values_mut().filter(|of| **of == joining).for_each(|of| *of = head);
        heads.extend([(*symbol, head), (*into, head)]);
    }
    let mut by_symbol: Vec<_> = by_symbol.into_iter().collect();
    by_symbol.sort_unstable_by_key(|(symbol, _)| *symbol);
    let mut families: BTreeMap<&Symbol, Family<'_>> = BTreeMap::new();
    for (symbol, bookings) in by_symbol {
        let head = heads.get(symbol).copied().unwrap_or(symbol);
        let family =
            families.entry(head).or_insert_with(|| Family { members: Vec::new(), events: Vec::new() });
        family.members.push(Member { symbol, bookings, instrument: market.instrument(symbol) });
    }
    for (transaction, symbol, into) in events {
        let head = heads.get(symbol).copied().unwrap_or(symbol);
        let Some(family) = families.get_mut(head) else { continue };
        let place = |symbol: &Symbol| family.members.iter().position(|member| member.symbol == symbol);
        let (of, into) = (place(symbol).unwrap_or_default(), into.and_then(place));
        family.events.push(Event { transaction, of, into });
    }
    Ok(families.into_values().collect())
}
