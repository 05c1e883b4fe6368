//! Costs and proceeds, from the amounts of transactions through every sale that took a part of them.

use std::sync::Arc;

use bellwether_domain::{Booking, Currency, Transaction, TransactionId};
use rust_decimal::Decimal;

use super::record::Record;
use super::{About, Field, Label, Number, Operation, Side, Source, Unit, money};
use crate::books::CostOrigin;
use crate::{Cost, Figure};

impl Record<'_> {
    pub(super) fn cost_of(&mut self, label: Label, cost: &Cost, side: Side) -> usize {
        let Some(root) = cost.origin() else { return self.unexplained(label, cost, side) };
        // Operands first. A pool that many sales have taken from is a chain of as many steps, too long for recursion.
        let mut open = vec![(root, cost, false)];
        while let Some((origin, of, has_operands)) = open.pop() {
            if self.costs.contains_key(&(Arc::as_ptr(origin), side)) {
                continue;
            }
            if has_operands {
                let node = self.step(label, origin, of, side);
                self.costs.insert((Arc::as_ptr(origin), side), node);
            } else {
                open.push((origin, of, true));
                let operands = operands(origin).into_iter();
                open.extend(operands.rev().filter_map(|operand| Some((operand.origin()?, operand, false))));
            }
        }
        self.costs
            .get(&(Arc::as_ptr(root), side))
            .copied()
            .unwrap_or_else(|| self.unexplained(label, cost, side))
    }

    /// One step, whose operands are nodes.
    fn step(&mut self, label: Label, origin: &CostOrigin, cost: &Cost, side: Side) -> usize {
        let shares = Label::new("Shares", "", Unit::Shares);
        let node = match origin {
            CostOrigin::Booked(id) => match self.booked_cost(*id, label, side) {
                Some(node) => node,
                None => return self.unexplained(label, cost, side),
            },
            CostOrigin::Sum(..) => {
                let parts =
                    operands(origin).into_iter().map(|part| self.operand(label, part, side)).collect();
                self.computed(Label { formula: "sum of the costs", ..label }, Operation::Sum, parts)
            }
            CostOrigin::Difference(left, right) => {
                let operands = vec![self.operand(label, left, side), self.operand(label, right, side)];
                self.computed(
                    Label { formula: "cost before - cost of what left", ..label },
                    Operation::Difference,
                    operands,
                )
            }
            CostOrigin::Share { of, part, whole } => {
                let of = self.operand(label, of, side);
                let part = self.exactly(shares, *part, Source::Ledger);
                let whole = self.exactly(shares, *whole, Source::Ledger);
                let label = Label { formula: "cost x shares taken / shares", ..label };
                self.computed(label, Operation::Share, vec![of, part, whole])
            }
        };
        self.checked(node, label, value(cost, side))
    }

    fn operand(&mut self, label: Label, cost: &Cost, side: Side) -> usize {
        let known = cost.origin().and_then(|origin| self.costs.get(&(Arc::as_ptr(origin), side)));
        known.copied().unwrap_or_else(|| self.unexplained(label, cost, side))
    }

    fn unexplained(&mut self, label: Label, cost: &Cost, side: Side) -> usize {
        let source = if *cost == Cost::ZERO { Source::Constant } else { Source::Ledger };
        self.given(Label { formula: "", ..label }, value(cost, side).clone().map(Number::Exact), source)
    }

    /// What a transaction paid, received or brought in, at its rate.
    fn booked_cost(&mut self, id: TransactionId, label: Label, side: Side) -> Option<usize> {
        let transaction = self.by_id.get(&id).copied()?;
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
        let about = About::Transaction { id, date: transaction.date };
        Some(self.with_subject(Some(about), |record| {
            let rate = match (side, label.unit) {
                (Side::Listed, Unit::Money(listed)) => record.rate_to(transaction, listed),
                _ => record.booked_rate(transaction),
            };
            record.computed(Label { formula, ..label }, Operation::Product, vec![amount, rate])
        }))
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
fn operands(origin: &CostOrigin) -> Vec<&Cost> {
    let CostOrigin::Sum(left, right) = origin else { return origin.operands().collect() };
    let (mut parts, mut rest) = (vec![right], left);
    while let Some(CostOrigin::Sum(left, right)) = rest.origin().map(Arc::as_ref) {
        parts.push(right);
        rest = left;
    }
    if *rest != Cost::ZERO {
        parts.push(rest);
    }
    parts.reverse();
    parts
}

fn value(cost: &Cost, side: Side) -> &Figure<Decimal> {
    match side {
        Side::Base => &cost.base,
        Side::Listed => &cost.listed,
    }
}
