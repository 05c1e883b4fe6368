//! One lot as a position of its own.

use std::collections::BTreeSet;

use bellwether_domain::{CostMethod, Split, TransactionId};
use chrono::NaiveDate;
use rust_decimal::Decimal;

use crate::Figure;
use crate::books::{
    ClosedLot, Cost, Income, Lot, Position, PositionFlow, PositionFlowKind, QuantityChange, Sale,
    ShareTransfer, cost_share, restated,
};
use crate::exact::Exact;
use crate::figure::total;
use crate::market::splits;

/// Part of a lot: what of it is held, or left in one go.
struct Piece {
    /// The day it came.
    came: NaiveDate,
    /// The day it left; `None` while it is held.
    left: Option<NaiveDate>,
    /// In the units of the day it left, or of the books' day.
    quantity: Decimal,
    /// What a spin-off took of the cost, and of how much; of such a piece no share leaves.
    taken_cost: Option<(Figure<Decimal>, Figure<Decimal>)>,
}

impl Position {
    /// What one transaction brought, as if it had been the only one: its lots and sold parts, the quantity by day, its
    /// flows, and of each dividend the share of its units on the day before the ex-date. A recorded dividend counts
    /// by its ex-date; without one, or where nothing was held then, the day of its payment or the last
    /// before it with shares. Fees that name the instrument and belong to no trade are not divided among lots. Where
    /// `method` is the average cost, the lot counts at its own.
    ///
    /// `None` when the transaction brought nothing here.
    pub fn of_lot(&self, opened_by: TransactionId, method: CostMethod) -> Option<Figure<Self>> {
        let opened: Vec<_> = self.opened.iter().filter(|lot| lot.transaction == opened_by).cloned().collect();
        let mut alone = self.parts_of(opened_by);
        if opened.is_empty() && alone.transfers.is_empty() {
            return None;
        }
        alone.opened = opened;
        Some(self.completed(alone, method))
    }

    /// Lots, closed lots and transfers of one transaction.
    fn parts_of(&self, opened_by: TransactionId) -> Self {
        let lots: Vec<_> = self.lots.iter().filter(|lot| lot.transaction == opened_by).cloned().collect();
        Self {
            lots,
            closed_lots: self.closed_lots.iter().filter(|lot| lot.opened_by == opened_by).cloned().collect(),
            transfers: self
                .transfers
                .iter()
                .filter_map(|transfer| of_transfer(transfer, opened_by))
                .collect(),
            events: self.events.clone(),
            booked_prices: self.booked_prices.clone(),
            ..Self::new(self.symbol.clone(), self.currency, self.splits.clone())
        }
    }

    fn completed(&self, mut alone: Self, method: CostMethod) -> Figure<Self> {
        let pieces = pieces(&alone);
        alone.changes = changes(&alone.opened, &pieces, &self.splits)?;
        if method == CostMethod::Average {
            alone.cost_alone(&pieces)?;
        }
        alone.quantity = alone.lots.iter().try_fold(Decimal::ZERO, |sum, lot| sum.plus(lot.quantity))?;
        alone.sales = alone.closed_lots.iter().enumerate().map(sale).collect();
        alone.income = self.income_of(&alone)?;
        alone.flows = self.flows_of(&alone)?;
        let trades = alone.flows.iter().filter(|flow| flow.kind != PositionFlowKind::Dividend);
        alone.trade_fees = total(trades.clone().map(|flow| &flow.fee));
        alone.trade_taxes = total(trades.map(|flow| &flow.tax));
        Ok(alone)
    }

    /// Gives each piece its part of what the lot itself cost, where the books have one cost for all.
    fn cost_alone(&mut self, pieces: &[Piece]) -> Figure<()> {
        let mut order: Vec<usize> = (0..pieces.len()).collect();
        // Held pieces last; within a day spin-offs come before sales.
        let place = |piece: &Piece| (piece.left.is_none(), piece.left, piece.taken_cost.is_none());
        order.sort_by_key(|index| pieces.get(*index).map(place));
        let mut costs = vec![Cost::ZERO; pieces.len()];
        for (came, quantity, cost) in arrivals(&self.opened)? {
            let mut left = (quantity, cost);
            for index in order.iter().copied() {
                let Some(piece) = pieces.get(index).filter(|piece| piece.came == came) else { continue };
                let quantity = in_units_of(came, piece, &self.splits)?;
                let cost = match &piece.taken_cost {
                    Some((taken, all)) => left.1.share(taken.clone()?, all.clone()?),
                    None if left.0.is_zero() => Cost::ZERO,
                    None => left.1.share(quantity, left.0),
                };
                left = (left.0.minus(quantity)?, left.1.minus(&cost));
                costs[index] = cost;
            }
        }
        let closed = self.closed_lots.iter_mut().map(|lot| &mut lot.cost);
        let departed = self.transfers.iter_mut().filter(|transfer| !transfer.arrives);
        let departed = departed.flat_map(|out| out.lots.iter_mut().map(|lot| &mut lot.cost));
        let held = self.lots.iter_mut().map(|lot| &mut lot.cost);
        closed.chain(departed).chain(held).zip(costs).for_each(|(cost, own)| *cost = own);
        Ok(())
    }

    fn income_of(&self, alone: &Self) -> Figure<Vec<Income>> {
        let mut incomes = Vec::new();
        for income in &self.income {
            let entitled = self.entitled_on(income);
            let (own, all) = (alone.quantity_before(entitled), self.quantity_before(entitled));
            if own.is_zero() || all.is_zero() {
                continue;
            }
            let part = |amount: Decimal| cost_share(amount, own, all);
            incomes.push(Income {
                units: income.units.map(|_| own),
                gross: part(income.gross)?,
                tax: part(income.tax)?,
                fee: part(income.fee)?,
                ..income.clone()
            });
        }
        Ok(incomes)
    }

    /// The day before whose open shares had to be held for a dividend: its ex-date, or where none were held then the day
    /// of its payment, or the last before it with shares.
    pub(crate) fn entitled_on(&self, income: &Income) -> NaiveDate {
        let ex_date = income.ex_date.unwrap_or(income.date);
        if self.quantity_before(ex_date).is_zero() { self.last_held(income.date) } else { ex_date }
    }

    /// The day itself when shares were held at the close before it, else the last one of which that is true: a payment
    /// without known ex-date may follow the sale of all shares.
    fn last_held(&self, day: NaiveDate) -> NaiveDate {
        if !self.quantity_before(day).is_zero() {
            return day;
        }
        let past = self.changes.partition_point(|change| change.date <= day);
        let changes = self.changes.get(..past).unwrap_or_default();
        changes.iter().rev().find(|change| !change.before.is_zero()).map_or(day, |change| change.date)
    }

    /// The lot's part of each trade and transfer, and its dividends.
    fn flows_of(&self, alone: &Self) -> Figure<Vec<PositionFlow>> {
        let mut flows: Vec<_> = alone.income.iter().map(paid_out).collect();
        for flow in &self.flows {
            let Some(transaction) = flow.transaction else { continue };
            let part = match flow.kind {
                PositionFlowKind::Purchase | PositionFlowKind::Sale => self.traded(alone, flow, transaction),
                PositionFlowKind::TransferIn | PositionFlowKind::TransferOut => {
                    self.handed_over(alone, flow, transaction)?
                }
                PositionFlowKind::Dividend | PositionFlowKind::Fee => None,
            };
            flows.extend(part);
        }
        flows.sort_by_key(|flow| flow.date);
        Ok(flows)
    }

    /// The lot's part of a trade, or of what an event paid: what its shares cost where they came, and what it brought
    /// where they closed.
    fn traded(&self, alone: &Self, flow: &PositionFlow, transaction: TransactionId) -> Option<PositionFlow> {
        // Shares that an event brought may have closed others, which is none of the cash that it paid.
        let is_own = |lot: &&ClosedLot| lot.closed_by == transaction && !lot.by_shares;
        let opens = |lot: &&Lot| lot.transaction == transaction && lot.arrived == flow.date;
        let count =
            |of: &Self| of.closed_lots.iter().filter(is_own).count() + of.opened.iter().filter(opens).count();
        match count(alone) {
            0 => return None,
            all if all == count(self) => return Some(flow.clone()),
            _ => {}
        }
        let closed = alone.closed_lots.iter().filter(is_own).map(|lot| lot.proceeds.negated());
        let opened = alone.opened.iter().filter(opens).map(|lot| lot.cost.clone());
        let paid = closed.chain(opened).fold(Cost::ZERO, |sum, part| sum.plus(&part));
        let part = |of: &Figure<Decimal>, part: Cost| {
            if *of == Ok(Decimal::ZERO) { Ok(Decimal::ZERO) } else { part.base }
        };
        let (fee, tax) = (part(&flow.fee, paid.fees()), part(&flow.tax, paid.taxes()));
        Some(PositionFlow { amount: paid.base, fee, tax, ..flow.clone() })
    }

    /// The lot's part of a transfer, by shares; of a spin-off by those that stay, of a merger by those that were held.
    /// Shares that come and close others are those of the lot that they close.
    fn handed_over(
        &self,
        alone: &Self,
        flow: &PositionFlow,
        transaction: TransactionId,
    ) -> Figure<Option<PositionFlow>> {
        let moved = |of: &Self| {
            let closed = of.closed_lots.iter().filter(|lot| lot.closed_by == transaction);
            if flow.kind == PositionFlowKind::TransferIn {
                let opened = of.opened.iter().filter(|lot| lot.brought_by() == transaction);
                let closed = closed.filter(|lot| lot.by_shares).map(|lot| -lot.quantity);
                return shares(opened.map(|lot| lot.quantity).chain(closed));
            }
            let gone = of.transfers.iter().filter(|it| it.transaction == transaction && !it.arrives);
            let gone = gone.flat_map(ShareTransfer::concerned).map(|lot| lot.quantity);
            shares(gone.chain(closed.map(|lot| lot.quantity)))
        };
        let (part, whole) = (moved(alone)?, moved(self)?);
        if part.is_zero() || whole.is_zero() {
            return Ok(None);
        }
        if part == whole {
            return Ok(Some(flow.clone()));
        }
        let share = |amount: &Figure<Decimal>| amount.clone().and_then(|it| cost_share(it, part, whole));
        let (amount, fee, tax) = (share(&flow.amount), share(&flow.fee), share(&flow.tax));
        Ok(Some(PositionFlow { amount, fee, tax, ..flow.clone() }))
    }
}

fn shares(mut quantities: impl Iterator<Item = Decimal>) -> Figure<Decimal> {
    quantities.try_fold(Decimal::ZERO, Exact::plus)
}

fn paid_out(income: &Income) -> PositionFlow {
    PositionFlow {
        date: income.date,
        kind: PositionFlowKind::Dividend,
        transaction: income.transaction,
        amount: income.net_in_base().map(|net| -net),
        fee: income.in_base(income.fee),
        tax: income.in_base(income.tax),
    }
}

/// The lot's part of a transfer.
fn of_transfer(transfer: &ShareTransfer, opened_by: TransactionId) -> Option<ShareTransfer> {
    let own = |lots: &[Lot]| -> Vec<Lot> {
        lots.iter().filter(|lot| lot.transaction == opened_by).cloned().collect()
    };
    let lots = own(&transfer.lots);
    let (date, transaction, arrives) = (transfer.date, transfer.transaction, transfer.arrives);
    let (kept, cost_share, price) =
        (own(&transfer.kept), transfer.cost_share.clone(), transfer.price.clone());
    (!lots.is_empty()).then_some(ShareTransfer { date, transaction, arrives, lots, kept, cost_share, price })
}

/// What was sold, what left otherwise, and then what is held.
fn pieces(alone: &Position) -> Vec<Piece> {
    let piece = |came, left, quantity| Piece { came, left, quantity, taken_cost: None };
    let sold = alone.closed_lots.iter().map(|lot| piece(lot.arrived, Some(lot.sold), lot.quantity));
    let gone = alone.transfers.iter().filter(|transfer| !transfer.arrives).flat_map(|out| {
        out.lots.iter().enumerate().map(move |(index, lot)| {
            let taken_cost = out.kept.get(index).map(|kept| {
                let all = lot.cost.plus(&kept.cost).base;
                (lot.cost.base.clone(), all)
            });
            Piece { came: lot.arrived, left: Some(out.date), quantity: lot.quantity, taken_cost }
        })
    });
    let held = alone.lots.iter().map(|lot| piece(lot.arrived, None, lot.quantity));
    sold.chain(gone).chain(held).collect()
}

/// What a lot brought by day, and what that cost: one that an event brings back comes twice.
fn arrivals(opened: &[Lot]) -> Figure<Vec<(NaiveDate, Decimal, Cost)>> {
    let mut arrivals: Vec<(NaiveDate, Decimal, Cost)> = Vec::with_capacity(1);
    for lot in opened {
        match arrivals.iter_mut().find(|(came, ..)| *came == lot.arrived) {
            Some((_, quantity, cost)) => {
                *quantity = quantity.plus(lot.quantity)?;
                *cost = cost.plus(&lot.cost);
            }
            None => arrivals.push((lot.arrived, lot.quantity, lot.cost.clone())),
        }
    }
    Ok(arrivals)
}

fn sale((place, lot): (usize, &ClosedLot)) -> Sale {
    Sale {
        transaction: lot.closed_by,
        date: lot.sold,
        quantity: lot.quantity,
        proceeds: lot.proceeds.clone(),
        cost: lot.cost.clone(),
        rate: lot.rate.clone(),
        closed: place..place + 1,
    }
}

/// The quantity on each day on which it changed.
fn changes(opened: &[Lot], pieces: &[Piece], all_splits: &[Split]) -> Figure<Vec<QuantityChange>> {
    let arrivals = arrivals(opened)?;
    let mut stays = arrivals.iter().map(|(came, quantity, _)| {
        let pieces: Vec<_> = pieces.iter().filter(|piece| piece.came == *came).collect();
        stay(*came, *quantity, &pieces, all_splits)
    });
    let first = stays.next().unwrap_or_else(|| Ok(Vec::new()));
    stays.try_fold(first?, |sum, stay| together(&sum, &stay?))
}

/// The quantity of what came on one day. It follows the splits forward from there, as the holding does: carried back
/// from what left later it would miss what the splits have rounded.
fn stay(
    came: NaiveDate,
    opened: Decimal,
    pieces: &[&Piece],
    all_splits: &[Split],
) -> Figure<Vec<QuantityChange>> {
    let after_arrival = splits::between(all_splits, came, NaiveDate::MAX);
    let days: BTreeSet<_> = [came]
        .into_iter()
        .chain(pieces.iter().filter_map(|piece| piece.left))
        .chain(after_arrival.iter().map(|split| split.ex_date))
        .collect();
    let mut changes = Vec::with_capacity(days.len());
    let mut quantity = Decimal::ZERO;
    for date in days {
        let todays = after_arrival.iter().filter(|split| split.ex_date == date);
        let before = todays.clone().try_fold(quantity, |quantity, split| restated(quantity, split.ratio))?;
        let is_last = after_arrival.last().is_none_or(|last| last.ex_date <= date);
        let stays = |piece: &&&Piece| piece.left.is_none_or(|left| left > date);
        quantity = if is_last || pieces.iter().filter(stays).all(|piece| piece.quantity.is_zero()) {
            pieces.iter().filter(stays).try_fold(Decimal::ZERO, |sum, piece| sum.plus(piece.quantity))?
        } else {
            let arriving = if date == came { opened } else { Decimal::ZERO };
            let mut left = pieces.iter().filter(|piece| piece.left == Some(date));
            left.try_fold(before.plus(arriving)?, |rest, piece| rest.minus(piece.quantity))?
        };
        if !before.is_zero() || !quantity.is_zero() {
            changes.push(QuantityChange { date, before, after: quantity });
        }
    }
    Ok(changes)
}

/// The sum of two quantities by day.
fn together(one: &[QuantityChange], other: &[QuantityChange]) -> Figure<Vec<QuantityChange>> {
    let days: BTreeSet<_> = one.iter().chain(other).map(|change| change.date).collect();
    let on = |changes: &[QuantityChange], date: NaiveDate| {
        let past = changes.partition_point(|change| change.date <= date);
        let last = past.checked_sub(1).and_then(|index| changes.get(index));
        match last {
            Some(last) if last.date == date => (last.before, last.after),
            Some(last) => (last.after, last.after),
            None => (Decimal::ZERO, Decimal::ZERO),
        }
    };
    let sum = |date| {
        let (a, b) = (on(one, date), on(other, date));
        Ok(QuantityChange { date, before: a.0.plus(b.0)?, after: a.1.plus(b.1)? })
    };
    days.into_iter().map(sum).collect()
}

/// A piece's quantity in the units of an earlier day.
fn in_units_of(day: NaiveDate, piece: &Piece, all_splits: &[Split]) -> Figure<Decimal> {
    splits::between(all_splits, day, piece.left.unwrap_or(NaiveDate::MAX))
        .iter()
        .try_fold(piece.quantity, |quantity, split| cost_share(quantity, split.ratio.old, split.ratio.new))
}
