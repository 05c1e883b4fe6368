//! Costs and proceeds, from the amounts of transactions through every sale and event that took a part of them.

use std::sync::Arc;

use bellwether_domain::{Booking, Currency, Transaction, TransactionId};
use rust_decimal::Decimal;

use super::record::Record;
use super::{About, Content, Field, Label, Number, Operation, Side, Source, Unit, money};
use crate::books::{CostOrigin, OpeningShares};
use crate::market::splits;
use crate::{Cost, Figure};

/// What is wanted of a cost.
#[derive(Clone, Copy)]
pub(super) struct Wanted {
    pub(super) label: Label,
    pub(super) side: Side,
    pub(super) content: Content,
}

impl Record<'_> {
    pub(super) fn cost_of(&mut self, cost: &Cost, wanted: Wanted) -> usize {
        let Some(root) = cost.origin() else { return self.unexplained(cost, wanted) };
        self.origins.push(Arc::clone(root));
        // Operands first. A pool that many sales have taken from is a chain of as many steps, too long for recursion.
        let mut open = vec![(root, cost, wanted, false)];
        while let Some((origin, of, wanted, has_operands)) = open.pop() {
            let place = (Arc::as_ptr(origin), wanted.side, wanted.content);
            if self.costs.contains_key(&place) {
                continue;
            }
            if has_operands {
                let node = self.step(origin, of, wanted);
                self.costs.insert(place, node);
            } else {
                open.push((origin, of, wanted, true));
                let operands = operands(origin, wanted, self.base()).into_iter().rev();
                open.extend(
                    operands
                        .filter_map(|(operand, wanted)| Some((operand.origin()?, operand, wanted, false))),
                );
            }
        }
        self.operand(cost, wanted)
    }

    /// One step, whose operands are nodes.
    fn step(&mut self, origin: &CostOrigin, cost: &Cost, wanted: Wanted) -> usize {
        let label = wanted.label;
        let operands = operands(origin, wanted, self.base());
        let mut nodes: Vec<_> =
            operands.into_iter().map(|(operand, wanted)| self.operand(operand, wanted)).collect();
        let node = match origin {
            CostOrigin::Booked(id) => match self.booked_cost(*id, wanted) {
                Some(node) => node,
                None => return self.unexplained(cost, wanted),
            },
            CostOrigin::Event(_) | CostOrigin::Opening(_) if wanted.content != Content::Whole => {
                self.nothing(label)
            }
            CostOrigin::Event(cash) => match self.event_cash(*cash) {
                Some((transaction, amount)) => {
                    self.at_rate(transaction, amount, wanted, "cash x exchange rate")
                }
                None => return self.unexplained(cost, wanted),
            },
            CostOrigin::Sum(..) => {
                self.computed(Label { formula: "sum of the costs", ..label }, Operation::Sum, nodes)
            }
            CostOrigin::Difference(..) => {
                let label = Label { formula: "cost before - cost of what left", ..label };
                self.computed(label, Operation::Difference, nodes)
            }
            CostOrigin::Share { part, whole, .. } => {
                let shares = Label::new("Shares", "", Unit::Shares);
                nodes.push(self.exactly(shares, *part, Source::Ledger));
                nodes.push(self.exactly(shares, *whole, Source::Ledger));
                let label = Label { formula: "cost x shares taken / shares", ..label };
                self.computed(label, Operation::Share, nodes)
            }
            CostOrigin::Moved { part, .. } => {
                nodes.push(self.event_part(*part));
                let one = Label::new("All of the cost", "", Unit::Number);
                nodes.push(self.exactly(one, Decimal::ONE, Source::Constant));
                let label = Label { formula: "cost x part that the event moves", ..label };
                self.computed(label, Operation::Share, nodes)
            }
            CostOrigin::Contained { .. } => match nodes.first() {
                Some(contained) => *contained,
                None => self.nothing(label),
            },
            CostOrigin::Opening(shares) => match self.opening_worth(shares, wanted) {
                Some(node) => node,
                None => return self.unexplained(cost, wanted),
            },
            CostOrigin::Relisted { listing, .. } => match (wanted.side, label.unit, nodes.first()) {
                (Side::Listed, Unit::Money(listed), Some(_)) if !listing.into_base => {
                    nodes.push(self.rate_on((listing.from, listed), listing.on));
                    let formula = "cost in the listing's currency before x rate of the day it was acquired";
                    self.computed(Label { formula, ..label }, Operation::Product, nodes)
                }
                (_, _, Some(before)) => *before,
                _ => return self.unexplained(cost, wanted),
            },
        };
        self.checked(node, label, &value(cost, wanted))
    }

    fn operand(&mut self, cost: &Cost, wanted: Wanted) -> usize {
        let place = |origin| (Arc::as_ptr(origin), wanted.side, wanted.content);
        let known = cost.origin().and_then(|origin| self.costs.get(&place(origin)));
        known.copied().unwrap_or_else(|| self.unexplained(cost, wanted))
    }

    fn unexplained(&mut self, cost: &Cost, wanted: Wanted) -> usize {
        let value = value(cost, wanted);
        let source = match &value {
            Err(_) => Source::Unknown,
            Ok(amount) if amount.is_zero() => Source::Constant,
            Ok(_) => Source::Ledger,
        };
        self.given(Label { formula: "", ..wanted.label }, value.map(Number::Exact), source)
    }

    fn nothing(&mut self, label: Label) -> usize {
        self.exactly(Label { formula: "", ..label }, Decimal::ZERO, Source::Constant)
    }

    /// What a transaction paid, received or brought in, at its rate; or what of it were fees or taxes.
    fn booked_cost(&mut self, id: TransactionId, wanted: Wanted) -> Option<usize> {
        let transaction = self.by_id.get(&id).copied()?;
        if wanted.content != Content::Whole {
            return self.booked_charge(transaction, wanted);
        }
        let (amount, formula) = match &transaction.booking {
            Booking::Buy(trade) | Booking::Reinvestment { purchase: trade, .. } => {
                (self.settled(transaction, trade, false), "paid x exchange rate")
            }
            Booking::Sell { trade, .. } => {
                (self.settled(transaction, trade, true), "received x exchange rate")
            }
            Booking::TransferIn { quantity, unit_cost, fee, .. } => (
                self.transferred_cost(transaction, quantity.get(), *unit_cost, *fee),
                "(quantity x cost per share + fee) x exchange rate",
            ),
            _ => return None,
        };
        Some(self.at_rate(transaction, amount, wanted, formula))
    }

    /// The fee or tax in what a transaction paid; in what a sale received as a negative number.
    pub(super) fn booked_charge(&mut self, transaction: &Transaction, wanted: Wanted) -> Option<usize> {
        let (fee, tax) = match &transaction.booking {
            Booking::Buy(trade)
            | Booking::Reinvestment { purchase: trade, .. }
            | Booking::Sell { trade, .. } => (trade.fee, trade.tax),
            Booking::TransferIn { fee, .. } => (*fee, Decimal::ZERO),
            _ => return None,
        };
        let (figure, field, amount) = match wanted.content {
            Content::Fees => ("Fee", Field::Fee, fee),
            _ => ("Tax", Field::Tax, tax),
        };
        if amount.is_zero() {
            return Some(self.nothing(wanted.label));
        }
        let label = money(transaction.currency, figure, "");
        let mut charge = self.field(label, transaction, field, amount);
        if matches!(transaction.booking, Booking::Sell { .. }) {
            let label = Label { formula: "as a negative number", ..label };
            charge = self.computed(label, Operation::Negation, vec![charge]);
        }
        Some(self.at_rate(transaction, charge, wanted, "amount x exchange rate"))
    }

    /// An amount of a transaction at its rate to the currency that is wanted.
    /// Shares at the price and rate of the opening of a period.
    fn opening_worth(&mut self, shares: &OpeningShares, wanted: Wanted) -> Option<usize> {
        let OpeningShares { symbol, day, quantity, units_of } = shares;
        let position = self.books.position(symbol)?;
        let price = position.price_on(self.market.instrument(symbol), *day);
        let listed = money(position.currency, "Value at the listing", "shares x price at the opening");
        self.with_subject(Some(About::Instrument(symbol.clone())), |record| {
            let count = Label::new("Shares held at the opening", "", Unit::Shares);
            let count = record.exactly(count, *quantity, Source::Ledger);
            let price = record.price_of(position, *day, &price);
            let worth = record.computed(listed, Operation::Product, vec![count, price]);
            let since = splits::between(&position.splits, *day, *units_of);
            let worth = record.worth_before(listed, worth, symbol, since);
            if wanted.side == Side::Listed {
                return Some(worth);
            }
            let rate = record.rate_on((position.currency, record.base()), *day);
            let label = Label { formula: "shares x price x exchange rate of the opening", ..wanted.label };
            Some(record.computed(label, Operation::Product, vec![worth, rate]))
        })
    }

    fn at_rate(
        &mut self,
        transaction: &Transaction,
        amount: usize,
        wanted: Wanted,
        formula: &'static str,
    ) -> usize {
        let label = Label { formula, ..wanted.label };
        let about = About::Transaction { id: transaction.id, date: transaction.date };
        self.with_subject(Some(about), |record| {
            let rate = match (wanted.side, label.unit) {
                (Side::Listed, Unit::Money(listed)) => record.rate_to(transaction, listed),
                _ => record.booked_rate(transaction),
            };
            record.computed(label, Operation::Product, vec![amount, rate])
        })
    }

    fn rate_to(&mut self, transaction: &Transaction, listed: Currency) -> usize {
        if listed == self.base() {
            return self.booked_rate(transaction);
        }
        self.rate_on((transaction.currency, listed), transaction.date)
    }

    fn transferred_cost(
        &mut self,
        transaction: &Transaction,
        quantity: Decimal,
        unit_cost: Decimal,
        fee: Decimal,
    ) -> usize {
        let shares = Label::new("Quantity", "", Unit::Shares);
        let shares = self.field(shares, transaction, Field::Quantity, quantity);
        let per_share = Label::new("Cost per share", "", Unit::PerShare(transaction.currency));
        let per_share = self.field(per_share, transaction, Field::UnitCost, unit_cost);
        let label = money(transaction.currency, "Cost brought in", "quantity x cost per share");
        let brought = self.computed(label, Operation::Product, vec![shares, per_share]);
        if fee.is_zero() {
            return brought;
        }
        let fee = self.field(money(transaction.currency, "Fee", ""), transaction, Field::Fee, fee);
        let label = Label { formula: "quantity x cost per share + fee", ..label };
        self.computed(label, Operation::Sum, vec![brought, fee])
    }
}

/// What a cost was made of. What several purchases add up to is one sum.
fn operands(origin: &CostOrigin, wanted: Wanted, base: Currency) -> Vec<(&Cost, Wanted)> {
    match origin {
        CostOrigin::Sum(left, right) => {
            let (mut parts, mut rest) = (vec![right], left);
            while let Some(CostOrigin::Sum(left, right)) = rest.origin().map(Arc::as_ref) {
                parts.push(right);
                rest = left;
            }
            if *rest != Cost::ZERO {
                parts.push(rest);
            }
            parts.into_iter().rev().map(|part| (part, wanted)).collect()
        }
        CostOrigin::Contained { .. } if wanted.content != Content::Whole => Vec::new(),
        CostOrigin::Contained { of, is_fees } => {
            let (figure, content) =
                if *is_fees { ("Fees in it", Content::Fees) } else { ("Taxes in it", Content::Taxes) };
            let label = Label { figure, ..wanted.label };
            vec![(of, Wanted { label, content, ..wanted })]
        }
        CostOrigin::Relisted { of, listing } if wanted.side == Side::Listed => {
            let (side, currency) =
                if listing.into_base { (Side::Base, base) } else { (Side::Listed, listing.from) };
            let label = Label { unit: Unit::Money(currency), ..wanted.label };
            vec![(of, Wanted { label, side, ..wanted })]
        }
        _ => origin.operands().map(|operand| (operand, wanted)).collect(),
    }
}

fn value(cost: &Cost, wanted: Wanted) -> Figure<Decimal> {
    let side = |cost: &Cost| match wanted.side {
        Side::Base => cost.base.clone(),
        Side::Listed => cost.listed.clone(),
    };
    match wanted.content {
        Content::Whole => side(cost),
        Content::Fees => side(&cost.fees()),
        Content::Taxes => side(&cost.taxes()),
    }
}
