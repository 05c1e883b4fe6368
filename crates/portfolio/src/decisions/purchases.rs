//! The purchases of one instrument.

use std::collections::{BTreeMap, BTreeSet};

use bellwether_domain::TransactionId;
use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::PurchaseEffect;
use super::units::{Payment, Payments, PerShare, Units, add, add_each, decided};
use crate::books::{Cost, Lot, PositionFlow, PositionFlowKind, cost_share};
use crate::exact::Exact;
use crate::figure::{finite, total};
use crate::{Figure, Income, Position, Reason};

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
pub(crate) struct Piece<'a> {
    pub(crate) opened_by: TransactionId,
    pub(crate) came: NaiveDate,
    pub(crate) left: Option<NaiveDate>,
    /// In the units of the day it left, or of the books' day.
    pub(crate) quantity: Decimal,
    pub(crate) for_what: Exchange<'a>,
}

/// What shares left for.
#[derive(Clone)]
pub(crate) enum Exchange<'a> {
    /// Nothing: they are held, or are another instrument's now.
    Nothing,
    /// What a sale brought for them.
    Proceeds(&'a Cost),
    /// Their part of the market value of so many shares.
    Worth { of_all: &'a PositionFlow, shares: Figure<Decimal> },
}

/// The purchases of all positions. A lot that a merger or spin-off carries into another instrument keeps the purchase
/// that opened it, and is followed there.
pub(super) fn effects(positions: &[Units<'_>]) -> Vec<PurchaseEffect> {
    let mut purchases = BTreeMap::new();
    let mut order = Vec::new();
    for units in positions {
        order.extend(opened(units, &mut purchases).into_iter().map(|transaction| (transaction, units)));
    }
    let arrivals = arrivals(positions);
    for units in positions {
        let payments = units.payments(&dividends(units));
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

/// The transactions that brought shares without buying them.
pub(crate) fn arrivals(positions: &[Units<'_>]) -> BTreeSet<TransactionId> {
    let moved = positions.iter().flat_map(|units| &units.position.transfers);
    moved.filter(|transfer| transfer.arrives).map(|transfer| transfer.transaction).collect()
}

/// The lots that a purchase of the position opened, each with it.
pub(crate) fn bought(position: &Position) -> impl Iterator<Item = &Lot> {
    let flows = position.flows.iter().filter(|flow| flow.kind == PositionFlowKind::Purchase);
    let bought: BTreeSet<TransactionId> = flows.filter_map(|flow| flow.transaction).collect();
    let opened = position.opened.iter().filter(|lot| lot.quantity > Decimal::ZERO);
    opened.filter(move |lot| bought.contains(&lot.transaction))
}

/// The lots that were bought, by transaction, and their order. What was transferred in was bought elsewhere, and a
/// short sale buys nothing.
fn opened(units: &Units<'_>, purchases: &mut BTreeMap<TransactionId, Purchase>) -> Vec<TransactionId> {
    let mut order = Vec::new();
    for lot in bought(units.position) {
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

/// Dividends for one share of the books' day, in the order of their ex-dates.
pub(crate) fn dividends<'a>(units: &Units<'a>) -> Vec<PerShare<'a>> {
    let position = units.position;
    let per_share = |income: &Income, ex_date| {
        let held = units.of_today(position.quantity_before(ex_date), ex_date)?;
        income.net_in_base()?.over(held)
    };
    let incomes = position.income.iter().map(|income| (income, position.entitled_on(income)));
    let incomes = incomes.filter(|(_, ex_date)| position.quantity_before(*ex_date) > Decimal::ZERO);
    let mut paid: Vec<_> = incomes
        .map(|(income, ex_date)| {
            let (amount, of) = (per_share(income, ex_date), Payment::Received(income));
            PerShare { ex_date, paid: income.date, amount, of }
        })
        .collect();
    paid.sort_by_key(|payment| payment.ex_date);
    paid
}

pub(crate) fn pieces<'a>(
    units: &Units<'a>,
    arrivals: &'a BTreeSet<TransactionId>,
) -> impl Iterator<Item = Piece<'a>> {
    let position = units.position;
    let held = position.lots.iter().map(|lot| Piece {
        opened_by: lot.transaction,
        came: lot.arrived,
        left: None,
        quantity: lot.quantity,
        for_what: Exchange::Nothing,
    });
    let sold = position.closed_lots.iter().map(|lot| Piece {
        opened_by: lot.opened_by,
        came: lot.arrived,
        left: Some(lot.sold),
        quantity: lot.quantity,
        for_what: Exchange::Proceeds(&lot.proceeds),
    });
    held.chain(sold).chain(transferred(units, arrivals))
}

/// Shares that left: for elsewhere at market value, into another instrument for nothing but what they are there.
fn transferred<'a>(
    units: &Units<'a>,
    arrivals: &'a BTreeSet<TransactionId>,
) -> impl Iterator<Item = Piece<'a>> {
    let flows = units.position.flows.iter().filter(|flow| flow.kind == PositionFlowKind::TransferOut);
    let worth: BTreeMap<TransactionId, &PositionFlow> =
        flows.filter_map(|flow| Some((flow.transaction?, flow))).collect();
    let gone = units.position.transfers.iter().filter(|transfer| !transfer.arrives);
    gone.flat_map(move |transfer| {
        let whole = transfer.lots.iter().try_fold(Decimal::ZERO, |sum, lot| sum.plus(lot.quantity));
        let worth = worth.get(&transfer.transaction).filter(|_| !arrivals.contains(&transfer.transaction));
        let for_what = match worth {
            Some(of_all) => Exchange::Worth { of_all, shares: whole },
            None => Exchange::Nothing,
        };
        transfer.lots.iter().map(move |lot: &Lot| Piece {
            opened_by: lot.transaction,
            came: lot.arrived,
            left: Some(transfer.date),
            quantity: lot.quantity,
            for_what: for_what.clone(),
        })
    })
}

impl Piece<'_> {
    fn proceeds(&self) -> Figure<Decimal> {
        match &self.for_what {
            Exchange::Nothing => Ok(Decimal::ZERO),
            Exchange::Proceeds(proceeds) => proceeds.base.clone(),
            Exchange::Worth { of_all, shares } => {
                cost_share(-of_all.amount.clone()?, self.quantity, shares.clone()?)
            }
        }
    }
}

impl Purchase {
    fn add(&mut self, piece: &Piece<'_>, units: &Units<'_>, payments: &Payments) {
        let quantity = match piece.left {
            Some(left) => units.of_today(piece.quantity, left),
            None => Ok(piece.quantity),
        };
        let range = payments.between(piece.came, piece.left);
        if piece.left.is_none() {
            add(&mut self.value, quantity.clone().and_then(|quantity| units.value(quantity)));
        }
        if let Some(left) = piece.left {
            let proceeds = piece.proceeds();
            add_each(&mut self.taken_out, units.invested(&proceeds, left));
            add(&mut self.proceeds, proceeds);
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
        self.decided(benchmark).map(|(effect, cost)| is_ahead(effect, cost))
    }

    /// The effect against a benchmark, and the cost that it is of.
    pub(crate) fn decided(&self, benchmark: usize) -> Figure<(f64, Decimal)> {
        let effect = self.against.get(benchmark).ok_or(Reason::NoCapital)?.clone()?;
        Ok((effect, self.cost.clone()?))
    }
}

/// Whether an effect is one, beside rounding.
pub(crate) fn is_ahead(effect: f64, cost: Decimal) -> bool {
    effect > 1e-9 * cost.float().abs()
}
