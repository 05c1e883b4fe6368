//! What one portfolio of a set sends to another: it does not cross the border of the whole.

use std::collections::BTreeSet;

use bellwether_domain::{Symbol, TransactionId};
use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::SubjectFlow;
use crate::Books;
use crate::books::{ExternalKind, ShareTransfer};
use crate::exact::Exact;

/// Shares moved by a booking less than this apart are the same number.
const DUST: Decimal = Decimal::from_parts(1, 0, 0, false, 9);

/// One side of what may be a move between two portfolios.
struct Side<'a, T> {
    books: usize,
    date: NaiveDate,
    /// What moves.
    what: T,
    quantity: Decimal,
    transaction: &'a TransactionId,
}

/// Takes out transfers of shares and moves of cash between portfolios with cash.
pub(super) fn between_portfolios(set: &[&Books], flows: &mut Vec<SubjectFlow>) {
    take_out(&of_portfolios(set), flows);
}

/// The bookings of shares and cash that one portfolio sends to another.
pub(crate) fn of_portfolios(set: &[&Books]) -> BTreeSet<TransactionId> {
    let (mut paid, mut received) = (Vec::new(), Vec::new());
    for (books, of) in set.iter().enumerate() {
        for flow in of.external_flows() {
            let (Ok(amount), Some(transaction)) = (&flow.amount, &flow.transaction) else { continue };
            let side = Side { books, date: flow.date, what: (), quantity: amount.abs(), transaction };
            match flow.kind {
                ExternalKind::Withdrawal => paid.push(side),
                ExternalKind::Deposit { inferred: false } => received.push(side),
                _ => {}
            }
        }
    }
    let mut own = pairs(&paid, received, Decimal::ZERO);
    own.extend(of_shares(set));
    own
}

/// Takes out transfers of shares between the holdings of several portfolios.
pub(super) fn between_holdings(set: &[&Books], flows: &mut Vec<SubjectFlow>) {
    take_out(&of_shares(set), flows);
}

/// What such a move costs is paid all the same.
fn take_out(own: &BTreeSet<TransactionId>, flows: &mut Vec<SubjectFlow>) {
    flows.retain_mut(|flow| {
        if flow.transaction.is_none_or(|transaction| !own.contains(&transaction)) {
            return true;
        }
        flow.amount.clone_from(&flow.costs);
        flow.amount != Ok(Decimal::ZERO)
    });
}

/// The bookings of shares that one portfolio sends to another.
pub(crate) fn of_shares(set: &[&Books]) -> BTreeSet<TransactionId> {
    let (mut sent, mut received) = (Vec::new(), Vec::new());
    for (books, of) in set.iter().enumerate() {
        for position in of.positions() {
            for transfer in &position.transfers {
                let side = side(books, &position.symbol, transfer);
                if transfer.arrives { received.push(side) } else { sent.push(side) }
            }
        }
    }
    pairs(&sent, received, DUST)
}

fn side<'a>(books: usize, symbol: &'a Symbol, transfer: &'a ShareTransfer) -> Side<'a, &'a Symbol> {
    let quantity = transfer.lots.iter().fold(Decimal::ZERO, |sum, lot| sum.saturating_add(lot.quantity));
    Side { books, date: transfer.date, what: symbol, quantity, transaction: &transfer.transaction }
}

/// The bookings of what left one portfolio and arrived in another on the same day, each used once.
fn pairs<T: PartialEq>(
    sent: &[Side<'_, T>],
    mut received: Vec<Side<'_, T>>,
    tolerance: Decimal,
) -> BTreeSet<TransactionId> {
    received.sort_by_key(|arrival| arrival.date);
    let mut own = BTreeSet::new();
    for out in sent {
        let of_day = received.partition_point(|arrival| arrival.date < out.date);
        let mut candidates = received.iter().skip(of_day).take_while(|arrival| arrival.date == out.date);
        let arrival = candidates.find(|arrival| {
            arrival.what == out.what
                && arrival.books != out.books
                && !own.contains(arrival.transaction)
                && arrival.quantity.minus(out.quantity).is_ok_and(|apart| apart.abs() <= tolerance)
        });
        if let Some(arrival) = arrival {
            own.extend([*out.transaction, *arrival.transaction]);
        }
    }
    own
}
