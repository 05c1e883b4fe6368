//! What corporate events bring and move: cash, parts of a cost, and shares.

use bellwether_domain::{Booking, Transaction};
use rust_decimal::Decimal;

use super::calculation::money;
use super::record::{Record, turned};
use super::{About, Content, Field, Label, Operation, Side, Source, Unit};
use crate::Position;
use crate::books::{CashByValue, CostOrigin, EventCash, EventPart, Sale, ShareTransfer};
use crate::derivation::costs::Wanted;

impl<'a> Record<'a> {
    /// The cash of an event, in its currency.
    pub(super) fn event_cash(&mut self, cash: EventCash) -> Option<(&'a Transaction, usize)> {
        let transaction = self.by_id.get(&cash.event).copied()?;
        let currency = transaction.currency;
        let node = match (&transaction.booking, cash.shares) {
            (Booking::Merger { cash_per_share, .. }, Some(shares)) => {
                self.cash_for(transaction, *cash_per_share, shares)
            }
            (
                Booking::Merger { cash_in_lieu, .. }
                | Booking::SpinOff { cash_in_lieu, .. }
                | Booking::Split { cash_in_lieu, .. },
                None,
            ) => {
                let label = money(currency, "Cash in lieu", "");
                self.field(label, transaction, Field::CashInLieu, *cash_in_lieu)
            }
            _ => return None,
        };
        Some((transaction, node))
    }

    fn cash_for(&mut self, transaction: &Transaction, cash_per_share: Decimal, shares: Decimal) -> usize {
        let per_share = Label::new("Cash per share", "", Unit::PerShare(transaction.currency));
        let per_share = self.field(per_share, transaction, Field::CashPerShare, cash_per_share);
        let shares = self.event_shares("Shares that the merger takes", transaction, shares);
        let about = About::Transaction { id: transaction.id, date: transaction.date };
        self.with_subject(Some(about), |record| {
            let label = money(transaction.currency, "Cash of the merger", "shares x cash per share");
            record.computed(label, Operation::Product, vec![shares, per_share])
        })
    }

    fn event_shares(&mut self, figure: &'static str, transaction: &Transaction, shares: Decimal) -> usize {
        let about = About::Transaction { id: transaction.id, date: transaction.date };
        let label = Label::new(figure, "", Unit::Shares);
        self.with_subject(Some(about), |record| record.exactly(label, shares, Source::Ledger))
    }

    /// How much of a cost an event moves: as recorded, or by the value of what a merger gives.
    pub(super) fn event_part(&mut self, part: EventPart) -> usize {
        let label = Label::new("Part of the cost that moves", "", Unit::Fraction);
        let Some(transaction) = self.by_id.get(&part.event).copied() else {
            return self.exactly(label, part.share, Source::Ledger);
        };
        let Some(by_value) = part.by_value else {
            return match &transaction.booking {
                Booking::SpinOff { .. } | Booking::Merger { cost_share: Some(_), .. } => {
                    self.field(label, transaction, Field::CostShare, part.share)
                }
                _ => self.exactly(label, part.share, Source::Constant),
            };
        };
        let about = About::Transaction { id: transaction.id, date: transaction.date };
        let node =
            self.with_subject(Some(about), |record| record.part_by_value(label, transaction, by_value));
        self.checked(node, label, &Ok(part.share))
    }

    fn part_by_value(&mut self, label: Label, transaction: &Transaction, of: CashByValue) -> usize {
        let (base, day) = (self.base(), transaction.date);
        let Booking::Merger { into: Some(into), cash_per_share, .. } = &transaction.booking else {
            return self.exactly(label, Decimal::ZERO, Source::Ledger);
        };
        let cash = self.cash_for(transaction, *cash_per_share, of.given);
        let cash = self.in_base(money(base, "Cash in base", "cash x exchange rate"), transaction, cash);
        let received = self.event_shares("Shares that come for them", transaction, of.received);
        let name = self.last_name(into, day);
        let price = match self.books.position(name) {
            Some(position) => self.price_of(position, day, &Ok(of.price)),
            None => self.exactly(
                Label::new("Price", "", Unit::PerShare(of.listed)),
                of.price.price,
                Source::Ledger,
            ),
        };
        let local = money(of.listed, "Market value at the listing", "quantity x price");
        let local = self.computed(local, Operation::Product, vec![received, price]);
        let rate = self.rate_on((of.listed, base), day);
        let worth = money(base, "Market value received", "quantity x price x exchange rate");
        let worth = self.computed(worth, Operation::Product, vec![local, rate]);
        let both = money(base, "Cash and shares", "cash + market value");
        let both = self.computed(both, Operation::Sum, vec![cash, worth]);
        let label = Label { formula: "cash / (cash + market value of the shares)", ..label };
        self.computed(label, Operation::Quotient, vec![cash, both])
    }

    /// What a position had for shares that an event turned into cash, in the event's currency.
    pub(super) fn event_proceeds(&mut self, position: &Position, transaction: &Transaction) -> Option<usize> {
        let sale = sale_of(position, transaction)?;
        let Some(CostOrigin::Event(cash)) = sale.proceeds.origin().map(AsRef::as_ref) else { return None };
        self.event_cash(*cash).map(|(_, node)| node)
    }

    /// The same as a flow out of the position, in base.
    pub(super) fn event_sale_flow(
        &mut self,
        position: &Position,
        transaction: &Transaction,
    ) -> Option<usize> {
        let label = money(self.base(), "Received in base", "received x exchange rate");
        let proceeds = sale_of(position, transaction)?.proceeds.clone();
        let wanted = Wanted { label, side: Side::Base, content: Content::Whole };
        let received = self.cost_of(&proceeds, wanted);
        Some(self.computed(turned(self.base()), Operation::Negation, vec![received]))
    }

    /// What the shares were worth that an event brought: into the position that has them, out of the other.
    pub(super) fn event_worth(&mut self, position: &Position, transaction: &Transaction) -> Option<usize> {
        let base = self.base();
        let leaves = !moved_by(position, transaction).any(|moved| moved.arrives);
        let mut arrivals = self.books.positions().iter().filter_map(|position| {
            moved_by(position, transaction).find(|moved| moved.arrives).map(|moved| (position, moved))
        });
        let (of, moved) = arrivals.next()?;
        let quantity = moved.lots.iter().map(|lot| Ok(lot.quantity)).collect::<Vec<_>>();
        let quantity = crate::figure::total(&quantity).ok()?;
        let quantity = self.event_shares("Shares received", transaction, quantity);
        let price = self.price_of(of, moved.date, &moved.price);
        let rate = self.rate_on((of.currency, base), moved.date);
        let local = money(of.currency, "Market value at the listing", "quantity x price");
        let local = self.computed(local, Operation::Product, vec![quantity, price]);
        let worth = money(base, "Market value transferred", "quantity x price x exchange rate");
        let worth = self.computed(worth, Operation::Product, vec![local, rate]);
        Some(if leaves { self.computed(turned(base), Operation::Negation, vec![worth]) } else { worth })
    }

    /// Shares that an event brought to a position, or took as a negative number: what came, went and was sold.
    pub(super) fn event_moved(&mut self, position: &Position, transaction: &Transaction) -> Vec<usize> {
        let mut parts = Vec::new();
        for moved in moved_by(position, transaction) {
            for lot in &moved.lots {
                let (figure, quantity) = if moved.arrives {
                    ("Shares received", lot.quantity)
                } else {
                    ("Shares given up, as a negative number", -lot.quantity)
                };
                if !quantity.is_zero() {
                    parts.push(self.event_shares(figure, transaction, quantity));
                }
            }
        }
        if let Some(sale) = sale_of(position, transaction).filter(|sale| !sale.quantity.is_zero()) {
            let figure = "Shares turned into cash, as a negative number";
            parts.push(self.event_shares(figure, transaction, -sale.quantity));
        }
        parts
    }
}

fn sale_of<'p>(position: &'p Position, transaction: &Transaction) -> Option<&'p Sale> {
    position.sales.iter().find(|sale| sale.transaction == transaction.id)
}

fn moved_by<'p>(
    position: &'p Position,
    transaction: &Transaction,
) -> impl Iterator<Item = &'p ShareTransfer> {
    let id = transaction.id;
    position.transfers.iter().filter(move |moved| moved.transaction == id)
}
