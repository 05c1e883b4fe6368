//! Which rows of a file take the shares of sales that the ledger has already.

use std::collections::{HashMap, HashSet};

use bellwether_domain::{Booking, Symbol, Transaction, TransactionId};
use bellwether_texts::Sentence;
use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::super::preview::Doubt;
use crate::ledger::Shortage;

/// A place in the order of the ledger.
type Place = (NaiveDate, i64);

/// The news of a file, beside the ledger that they come into.
pub(super) struct Blame<'a> {
    kin: Kin<'a>,
    in_ledger: HashMap<TransactionId, &'a Transaction>,
    /// By the head of their instruments' kin.
    news: HashMap<&'a Symbol, Vec<&'a Transaction>>,
    /// What of the news has no shares itself takes none.
    short: HashSet<TransactionId>,
}

impl<'a> Blame<'a> {
    pub(super) fn new(
        ledger: &'a [Transaction],
        news: impl Iterator<Item = &'a Transaction> + Clone,
        short: &[&Shortage],
    ) -> Self {
        let kin = Kin::of(ledger.iter().chain(news.clone()));
        let mut by_head: HashMap<&Symbol, Vec<&Transaction>> = HashMap::new();
        for booking in news {
            if let Some(symbol) = booking.booking.symbol() {
                by_head.entry(kin.head(symbol)).or_default().push(booking);
            }
        }
        for news in by_head.values_mut() {
            news.sort_by_key(|booking| place(booking));
        }
        Self {
            kin,
            in_ledger: ledger.iter().map(|booking| (booking.id, booking)).collect(),
            news: by_head,
            short: short.iter().map(|short| short.transaction).collect(),
        }
    }

    /// The news that these sales of the ledger lack their shares by, with words that name the sale: the last departures
    /// before each, as many as it lacks. Where there are none, and when it is `thorough`, all that concerns its
    /// instrument.
    pub(super) fn of(&self, robbed: &[&Shortage], thorough: bool) -> Vec<(TransactionId, Doubt)> {
        let mut by_shelf: HashMap<(&Symbol, &str), Vec<(&Transaction, &Shortage)>> = HashMap::new();
        for short in robbed {
            let Some((sale, head)) = self.sale(short) else { continue };
            by_shelf.entry((head, &sale.account)).or_default().push((sale, short));
        }
        let mut blamed = Vec::new();
        for ((head, account), mut robbed) in by_shelf {
            let Some(news) = self.news.get(head) else { continue };
            robbed.sort_by_key(|(sale, _)| place(sale));
            let departures = if thorough { Vec::new() } else { self.departures(news, account, &robbed) };
            if departures.is_empty() {
                let Some(doubt) = robbed.first().map(|(_, short)| doubt(short)) else { continue };
                blamed.extend(news.iter().map(|booking| (booking.id, doubt.clone())));
            } else {
                blamed.extend(departures);
            }
        }
        blamed
    }

    /// Whether something of the news comes after one of these sales of its instrument.
    pub(super) fn waits(&self, short: &Shortage, robbed: &[&Shortage]) -> bool {
        let Some(symbol) = short.lacking.as_ref().map(|lacking| self.kin.head(&lacking.symbol)) else {
            return false;
        };
        robbed.iter().any(|robbed| {
            robbed.date <= short.date && self.sale(robbed).is_some_and(|(_, head)| head == symbol)
        })
    }

    /// A sale of the ledger, and the head of its instrument's kin.
    fn sale(&self, short: &Shortage) -> Option<(&'a Transaction, &Symbol)> {
        let sale = *self.in_ledger.get(&short.transaction)?;
        Some((sale, self.kin.head(sale.booking.symbol()?)))
    }

    fn departures(
        &self,
        news: &[&Transaction],
        account: &str,
        robbed: &[(&Transaction, &Shortage)],
    ) -> Vec<(TransactionId, Doubt)> {
        let mut leaving = news
            .iter()
            .filter(|booking| booking.account == account && !self.short.contains(&booking.id))
            .filter_map(|booking| Some((*booking, departing(&booking.booking)?)))
            .peekable();
        let (mut before, mut blamed) = (Vec::new(), Vec::new());
        for (sale, short) in robbed {
            while let Some(earlier) = leaving.next_if(|(booking, _)| place(booking) < place(sale)) {
                before.push(earlier);
            }
            let mut lacking = short.lacking.as_ref().map_or(Decimal::ZERO, |lacking| lacking.quantity);
            while lacking > Decimal::ZERO
                && let Some((booking, quantity)) = before.pop()
            {
                lacking = lacking.saturating_sub(quantity);
                blamed.push((booking.id, doubt(short)));
            }
        }
        blamed
    }
}

fn place(booking: &Transaction) -> Place {
    (booking.date, booking.sequence)
}

fn doubt(short: &Shortage) -> Doubt {
    Doubt {
        words: format!("it would leave a transaction that is in the ledger without shares: {}", short.reason),
        said: Sentence::new("row.takes_shares").with("fault", short.said.clone()),
    }
}

/// Shares that a booking takes away.
fn departing(booking: &Booking) -> Option<Decimal> {
    match booking {
        Booking::Sell { trade, .. } => Some(trade.quantity.get()),
        Booking::TransferOut { quantity, .. } => Some(quantity.get()),
        _ => None,
    }
}

/// Instruments that bookings turn into each other, at whatever time. Most are alone.
struct Kin<'a>(HashMap<&'a Symbol, &'a Symbol>);

impl<'a> Kin<'a> {
    fn of(bookings: impl Iterator<Item = &'a Transaction>) -> Self {
        let mut kin = Self(HashMap::new());
        for booking in bookings {
            if let (Some(of), Some(into)) = (booking.booking.symbol(), booking.booking.other_symbol()) {
                let (of, into) = (kin.head(of), kin.head(into));
                if of != into {
                    kin.0.insert(of.max(into), of.min(into));
                }
            }
        }
        kin
    }

    /// The one that stands for an instrument and its kin.
    fn head<'b>(&self, symbol: &'b Symbol) -> &'b Symbol
    where
        'a: 'b,
    {
        let mut head = symbol;
        while let Some(next) = self.0.get(head) {
            head = next;
        }
        head
    }
}
