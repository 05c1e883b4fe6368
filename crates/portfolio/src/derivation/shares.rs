//! Shares held: what was bought less what was sold, in units after splits.

use std::collections::BTreeMap;

use bellwether_domain::{Booking, Split, Transaction};
use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::record::Record;
use super::{About, Field, Label, Number, Operation, Source, Unit};
use crate::Position;
use crate::books::SPLIT_DECIMALS;
use crate::exact::Exact;

/// The shares of an instrument at the close of days, as nodes.
pub(super) type Counted = BTreeMap<NaiveDate, usize>;

impl Record<'_> {
    /// Shares at the close of a day, of which the books say how many there were.
    pub(super) fn shares(
        &mut self,
        label: Label,
        position: &Position,
        on: NaiveDate,
        counted: Decimal,
    ) -> usize {
        let subject = Some(About::Instrument(position.symbol.clone()));
        self.with_subject(subject, |record| record.counted_shares(label, position, on, counted))
    }

    /// Counts on from the last day that was asked for before, so that asking for many days is not counting anew for
    /// each.
    fn counted_shares(
        &mut self,
        label: Label,
        position: &Position,
        on: NaiveDate,
        counted: Decimal,
    ) -> usize {
        let earlier = self.counted.get(&position.symbol).and_then(|days| days.range(..=on).next_back());
        let earlier = earlier.map(|(day, node)| (*day, *node));
        let since = |date: NaiveDate| earlier.is_none_or(|(day, _)| day < date);
        let bookings = self.places.bookings(&position.symbol);
        let (first, last) = (
            bookings.partition_point(|booking| !since(booking.date)),
            bookings.partition_point(|booking| booking.date <= on),
        );
        let mut splits = position.splits.iter().filter(|split| since(split.ex_date)).peekable();
        let mut parts: Vec<usize> = earlier.map(|(_, node)| node).into_iter().collect();
        let of_days = bookings[first..last].iter().map(|booking| (booking.date, Some(*booking)));
        for (day, booking) in of_days.chain([(on, None)]) {
            while let Some(split) = splits.next_if(|split| split.ex_date <= day) {
                if !parts.is_empty() {
                    parts = vec![self.split_shares(position, split, std::mem::take(&mut parts))];
                }
            }
            if let Some(booking) = booking {
                match self.moved_shares(booking) {
                    Some(moved) => parts.push(moved),
                    None => parts.extend(self.event_moved(position, booking)),
                }
            }
        }
        let sum = self.computed(label, Operation::Sum, parts.clone());
        let explained = self.value(sum).clone().ok().and_then(Number::exact).unwrap_or_default();
        match counted.minus(explained) {
            Ok(rest) if rest.is_zero() => {
                // Only positions of the books are kept: those live as long as the record.
                if let Some(position) = self.books.position(&position.symbol) {
                    self.counted.entry(&position.symbol).or_default().insert(on, sum);
                }
                sum
            }
            Ok(rest) => {
                let other = Label::new("Other changes", "rounding by lot", Unit::Shares);
                parts.push(self.exactly(other, rest, Source::Ledger));
                let sum = self.computed(label, Operation::Sum, parts);
                self.checked(sum, label, &Ok(counted))
            }
            Err(_) => self.exactly(label, counted, Source::Ledger),
        }
    }

    fn split_shares(&mut self, position: &Position, split: &Split, parts: Vec<usize>) -> usize {
        let held = Label::new("Quantity before the split", "bought - sold", Unit::Shares);
        let held = self.computed(held, Operation::Sum, parts);
        let side = Label::new("Side of a split's ratio", "", Unit::Number);
        let source = Source::Split { symbol: position.symbol.clone(), ex_date: split.ex_date };
        let new = self.exactly(side, split.ratio.new, source.clone());
        let old = self.exactly(side, split.ratio.old, source);
        let after = Label::new("Quantity after the split", "quantity x new / old", Unit::Shares);
        let after_split = self.computed(after, Operation::Share, vec![held, new, old]);
        let rounded = Label::new("Quantity after the split", "rounded to 15 decimals", Unit::Shares);
        self.computed(rounded, Operation::Rounded(SPLIT_DECIMALS), vec![after_split])
    }

    /// Shares that a booking brings, or takes as a negative number.
    fn moved_shares(&mut self, transaction: &Transaction) -> Option<usize> {
        let (quantity, leaves) = match &transaction.booking {
            Booking::Buy(trade) | Booking::Reinvestment { purchase: trade, .. } => (trade.quantity, false),
            Booking::TransferIn { quantity, .. } => (*quantity, false),
            Booking::Sell { trade, .. } => (trade.quantity, true),
            Booking::TransferOut { quantity, .. } => (*quantity, true),
            _ => return None,
        };
        let label = Label::new("Quantity", "", Unit::Shares);
        let moved = self.field(label, transaction, Field::Quantity, quantity.get());
        let taken = Label::new("Shares out", "as a negative number", Unit::Shares);
        Some(if leaves { self.computed(taken, Operation::Negation, vec![moved]) } else { moved })
    }
}
