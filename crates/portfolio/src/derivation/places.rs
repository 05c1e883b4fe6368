//! Where the facts are that figures go back to: found once, however many figures need them.

use std::collections::HashMap;
use std::rc::Rc;

use bellwether_domain::{Currency, Symbol, Transaction, TransactionId};

use crate::books::{Income, TickerChanges};
use crate::{Books, Position};

/// Places of bookings, payments and movements.
#[derive(Debug)]
pub(super) struct Places<'a> {
    by_symbol: HashMap<&'a Symbol, Rc<[&'a Transaction]>>,
    by_currency: HashMap<Currency, Vec<usize>>,
    income: HashMap<TransactionId, &'a Income>,
    transfers: HashMap<TransactionId, &'a Position>,
}

impl<'a> Places<'a> {
    /// Of transactions in the order of the replay and the books that they made.
    pub(super) fn new(ordered: &[&'a Transaction], names: &TickerChanges<'a>, books: &'a Books) -> Self {
        let mut by_symbol: HashMap<&Symbol, Vec<&Transaction>> = HashMap::new();
        for booking in ordered.iter().copied() {
            let mut earlier = None;
            for symbol in booking.booking.symbols() {
                let symbol = names.last_name(symbol, booking.date);
                if earlier != Some(symbol) {
                    by_symbol.entry(symbol).or_default().push(booking);
                }
                earlier = Some(symbol);
            }
        }
        let mut by_currency: HashMap<Currency, Vec<usize>> = HashMap::new();
        for (place, entry) in books.cash().entries.iter().enumerate() {
            by_currency.entry(entry.currency).or_default().push(place);
        }
        let paid = books.positions().iter().flat_map(|position| &position.income).chain(books.interest());
        let moved = books.positions().iter().rev().flat_map(|position| {
            position.transfers.iter().map(move |transfer| (transfer.transaction, position))
        });
        Self {
            by_symbol: by_symbol.into_iter().map(|(symbol, bookings)| (symbol, bookings.into())).collect(),
            by_currency,
            income: paid.filter_map(|paid| Some((paid.transaction?, paid))).collect(),
            transfers: moved.collect(),
        }
    }

    /// The transactions that name the instrument, by its last name or an earlier one, in order.
    pub(super) fn bookings(&self, symbol: &Symbol) -> Rc<[&'a Transaction]> {
        self.by_symbol.get(symbol).cloned().unwrap_or_default()
    }

    /// The movements of cash of a currency, as places in the cash book.
    pub(super) fn movements(&self, currency: Currency) -> &[usize] {
        self.by_currency.get(&currency).map_or(&[], Vec::as_slice)
    }

    /// The dividend or interest that a transaction records.
    pub(super) fn income(&self, transaction: TransactionId) -> Option<&'a Income> {
        self.income.get(&transaction).copied()
    }

    /// The first position that a transfer or event brought shares to or took them from.
    pub(super) fn moved(&self, transaction: TransactionId) -> Option<&'a Position> {
        self.transfers.get(&transaction).copied()
    }
}
