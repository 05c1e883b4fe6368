//! Shares held: what was bought less what was sold, in units after splits.

use bellwether_domain::{Booking, Transaction};
use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::record::Record;
use super::{About, Field, Label, Number, Operation, Source, Unit};
use crate::Position;
use crate::books::SPLIT_DECIMALS;
use crate::exact::Exact;

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

    fn counted_shares(
        &mut self,
        label: Label,
        position: &Position,
        on: NaiveDate,
        counted: Decimal,
    ) -> usize {
        let mut parts: Vec<usize> = Vec::new();
        let mut splits = position.splits.iter().peekable();
        let mut bookings = self.of_symbol(position);
        bookings.retain(|booking| booking.date <= on);
        let days = bookings.iter().map(|booking| (booking.date, Some(*booking))).chain([(on, None)]);
        for (day, booking) in days {
            while let Some(split) = splits.next_if(|split| split.ex_date <= day) {
                if parts.is_empty() {
                    continue;
                }
                let held = Label::new("Quantity before the split", "bought - sold", Unit::Shares);
                let held = self.computed(held, Operation::Sum, std::mem::take(&mut parts));
                let side = Label::new("Side of a split's ratio", "", Unit::Number);
                let source = Source::Split { symbol: position.symbol.clone(), ex_date: split.ex_date };
                let new = self.exactly(side, split.ratio.new, source.clone());
                let old = self.exactly(side, split.ratio.old, source);
                let after = Label::new("Quantity after the split", "quantity x new / old", Unit::Shares);
                let after_split = self.computed(after, Operation::Share, vec![held, new, old]);
                let rounded = Label::new("Quantity after the split", "rounded to 15 decimals", Unit::Shares);
                parts.push(self.computed(rounded, Operation::Rounded(SPLIT_DECIMALS), vec![after_split]));
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
            Ok(rest) if rest.is_zero() => sum,
            Ok(rest) => {
                let other = Label::new("Other changes", "rounding by lot", Unit::Shares);
                parts.push(self.exactly(other, rest, Source::Ledger));
                let sum = self.computed(label, Operation::Sum, parts);
                self.checked(sum, label, &Ok(counted))
            }
            Err(_) => self.exactly(label, counted, Source::Ledger),
        }
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
