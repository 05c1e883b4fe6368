//! The purchases of one instrument.

use std::collections::{BTreeMap, BTreeSet};

use bellwether_domain::TransactionId;
use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::PurchaseEffect;
use super::units::{Payments, PerShare, Units, add, add_each, decided};
use crate::books::{Lot, PositionFlowKind};
use crate::exact::Exact;
use crate::figure::{finite, total};
use crate::{Figure, Income, Reason};

/// A purchase while its parts are added up.
struct Purchase {
    date: NaiveDate,
    cost: Figure<Decimal>,
    value: Figure<Decimal>,
    proceeds: Figure<Decimal>,
    dividends: Figure<Decimal>,
    /// What proceeds and dividends would have become in each benchmark.
    taken_out: Vec<Figure<f64>>,
}

/// Part of a purchase that is held, or was sold or transferred in one go.
struct Piece {
    opened_by: TransactionId,
    came: NaiveDate,
    left: Option<NaiveDate>,
    /// In the units of the day it left, or of the books' day.
    quantity: Decimal,
    proceeds: Figure<Decimal>,
}

/// The purchases of all positions. A lot that a merger or spin-off carries into another instrument keeps the purchase
/// that opened it, and is followed there.
pub(super) fn effects(positions: &[Units<'_>]) -> Vec<PurchaseEffect> {
    let mut purchases = BTreeMap::new();
    let mut order = Vec::new();
    for units in positions {
        order.extend(opened(units, &mut purchases).into_iter().map(|transaction| (transaction, units)));
    }
    let arrivals = positions.iter().flat_map(|units| &units.position.transfers);
    let arrivals =
        arrivals.filter(|transfer| transfer.arrives).map(|transfer| transfer.transaction).collect();
    for units in positions {
        let payments = units.payments(dividends(units));
        for piece in pieces(units, &arrivals) {
            if let Some(purchase) = purchases.get_mut(&piece.opened_by) {
                purchase.add(&piece, units, &payments);
            }
        }
    }
    let finished = order.into_iter().filter_map(|(id, units)| Some((id, units, purchases.remove(&id)?)));
    let mut effects: Vec<_> =
        finished.map(|(transaction, units, purchase)| purchase.finished(transaction, units)).collect();
    effects.sort_by(|a, b| (&a.symbol, a.date).cmp(&(&b.symbol, b.date)));
    effects
}

/// The lots that were bought, by transaction, and their order. What was transferred in was bought elsewhere, and a
/// short sale buys nothing.
fn opened(units: &Units<'_>, purchases: &mut BTreeMap<TransactionId, Purchase>) -> Vec<TransactionId> {
    let flows = units.position.flows.iter().filter(|flow| flow.kind == PositionFlowKind::Purchase);
    let bought: BTreeSet<TransactionId> = flows.filter_map(|flow| flow.transaction).collect();
    let mut order = Vec::new();
    for lot in units.position.opened.iter().filter(|lot| lot.quantity > Decimal::ZERO) {
        if !bought.contains(&lot.transaction) {
            continue;
        }
        let purchase = purchases.entry(lot.transaction).or_insert_with(|| {
            order.push(lot.transaction);
            Purchase {
                date: lot.arrived,
                cost: Ok(Decimal::ZERO),
                value: Ok(Decimal::ZERO),
                proceeds: Ok(Decimal::ZERO),
                dividends: Ok(Decimal::ZERO),
                taken_out: vec![Ok(0.0); units.benchmarks.len()],
            }
        });
        add(&mut purchase.cost, lot.cost.base.clone());
    }
    order
}

/// Dividends for one share of the books' day.
fn dividends(units: &Units<'_>) -> Vec<PerShare> {
    let position = units.position;
    let per_share = |income: &Income, ex_date| {
        let held = units.of_today(position.quantity_before(ex_date), ex_date)?;
        income.net_in_base()?.over(held)
    };
    let incomes = position.income.iter().map(|income| (income, position.entitled_on(income)));
    incomes
        .filter(|(_, ex_date)| position.quantity_before(*ex_date) > Decimal::ZERO)
        .map(|(income, ex_date)| PerShare { ex_date, paid: income.date, amount: per_share(income, ex_date) })
        .collect()
}

fn pieces<'a>(
    units: &'a Units<'_>,
    arrivals: &'a BTreeSet<TransactionId>,
) -> impl Iterator<Item = Piece> + 'a {
    let position = units.position;
    let held = position.lots.iter().map(|lot| Piece {
        opened_by: lot.transaction,
        came: lot.arrived,
        left: None,
        quantity: lot.quantity,
        proceeds: Ok(Decimal::ZERO),
    });
    let sold = position.closed_lots.iter().map(|lot| Piece {
        opened_by: lot.opened_by,
        came: lot.arrived,
        left: Some(lot.sold),
        quantity: lot.quantity,
        proceeds: lot.proceeds.base.clone(),
    });
    held.chain(sold).chain(transferred(units, arrivals))
}

/// Shares that left: for elsewhere at market value, into another instrument for nothing but what they are there.
fn transferred<'a>(
    units: &'a Units<'_>,
    arrivals: &'a BTreeSet<TransactionId>,
) -> impl Iterator<Item = Piece> + 'a {
    let flows = units.position.flows.iter().filter(|flow| flow.kind == PositionFlowKind::TransferOut);
    let worth: BTreeMap<TransactionId, &Figure<Decimal>> =
        flows.filter_map(|flow| Some((flow.transaction?, &flow.amount))).collect();
    let gone = units.position.transfers.iter().filter(|transfer| !transfer.arrives);
    gone.flat_map(move |transfer| {
        let whole = transfer.lots.iter().try_fold(Decimal::ZERO, |sum, lot| sum.plus(lot.quantity));
        let worth = worth.get(&transfer.transaction).filter(|_| !arrivals.contains(&transfer.transaction));
        let worth = worth.map(|worth| (*worth).clone());
        transfer.lots.iter().map(move |lot: &Lot| {
            let part = |worth: &Figure<Decimal>| {
                crate::books::cost_share(-worth.clone()?, lot.quantity, whole.clone()?)
            };
            Piece {
                opened_by: lot.transaction,
                came: lot.arrived,
                left: Some(transfer.date),
                quantity: lot.quantity,
                proceeds: worth.as_ref().map_or(Ok(Decimal::ZERO), part),
            }
        })
    })
}

impl Purchase {
    fn add(&mut self, piece: &Piece, units: &Units<'_>, payments: &Payments) {
        let quantity = match piece.left {
            Some(left) => units.of_today(piece.quantity, left),
            None => Ok(piece.quantity),
        };
        let range = payments.between(piece.came, piece.left);
        if piece.left.is_none() {
            add(&mut self.value, quantity.clone().and_then(|quantity| units.value(quantity)));
        }
        if let Some(left) = piece.left {
            add(&mut self.proceeds, piece.proceeds.clone());
            add_each(&mut self.taken_out, units.invested(&piece.proceeds, left));
        }
        match quantity {
            Ok(quantity) => {
                add(&mut self.dividends, payments.received(&range, quantity));
                add_each(&mut self.taken_out, payments.invested(&range, quantity));
            }
            Err(reason) => {
                self.dividends = Err(reason.clone());
                self.taken_out.iter_mut().for_each(|sum| *sum = Err(reason.clone()));
            }
        }
    }

    fn finished(self, transaction: TransactionId, units: &Units<'_>) -> PurchaseEffect {
        let value = self.value;
        let lost = self.cost.clone().map(|cost| -cost);
        let effect = total([&value, &self.proceeds, &self.dividends, &lost]);
        let against = |(invested, taken_out): (Figure<f64>, Figure<f64>)| {
            decided(self.date, units.as_of())?;
            finite(value.clone()?.float() - (invested? - taken_out?))
        };
        let invested = units.invested(&self.cost, self.date);
        PurchaseEffect {
            transaction,
            symbol: units.position.symbol.clone(),
            date: self.date,
            against: invested.into_iter().zip(self.taken_out).map(against).collect(),
            effect,
            cost: self.cost,
            proceeds: self.proceeds,
            dividends: self.dividends,
            value,
        }
    }
}

impl PurchaseEffect {
    /// What has come of the cost, as a multiple of it: `(value + proceeds) / cost`.
    ///
    /// # Errors
    /// When one of them is unknown, [`Reason::NoCapital`] when it cost nothing.
    pub fn multiple(&self) -> Figure<f64> {
        crate::exact::ratio(self.returned()?, self.cost.clone()?)
    }

    pub(super) fn returned(&self) -> Figure<Decimal> {
        total([&self.value, &self.proceeds])
    }

    /// Whether it was better than the same money in the benchmark of a place in the list; what is equal but for
    /// rounding was not.
    ///
    /// # Errors
    /// When it is not yet decided, or something about it is unknown.
    pub fn is_ahead(&self, benchmark: usize) -> Figure<bool> {
        let effect = self.against.get(benchmark).ok_or(Reason::NoCapital)?.clone()?;
        Ok(effect > 1e-9 * self.cost.clone()?.float().abs())
    }
}
