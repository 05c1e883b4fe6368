//! One lot as a position of its own.

use std::collections::BTreeSet;

use bellwether_domain::{CashDividend, CostMethod, Split, TransactionId};
use chrono::{NaiveDate, TimeDelta};
use rust_decimal::Decimal;

use crate::books::cost_share;
use crate::books::{
    ClosedLot, Cost, Income, Lot, Position, PositionFlow, PositionFlowKind, QuantityChange, Sale,
    ShareTransfer,
};
use crate::exact::Exact;
use crate::figure::total;
use crate::market::splits;
use crate::{Figure, Market};

/// A recorded dividend belongs to the latest ex-date from so many days before it
const LATE_DAYS: i64 = 100;
/// to so many days after it.
const EARLY_DAYS: i64 = 3;

/// Part of a lot: what of it is held, or left in one go.
struct Piece {
    /// The day it left; `None` while it is held.
    left: Option<NaiveDate>,
    /// In the units of the day it left, or of the books' day.
    quantity: Decimal,
}

impl Position {
    /// What one transaction brought, as if it had been the only one: its lots and sold parts, the quantity by day, its
    /// flows, and of each dividend the share of its units on the day before the ex-date. A recorded dividend has the
    /// ex-date that the market knows for it; else, or where nothing was held then, the day of its payment or the last
    /// before it with shares. Fees that name the instrument and belong to no trade are not divided among lots. Where
    /// `method` is the average cost, the lot counts at its own.
    ///
    /// `None` when the transaction opened no lot here.
    pub fn of_lot(
        &self,
        market: &Market,
        opened_by: TransactionId,
        method: CostMethod,
    ) -> Option<Figure<Self>> {
        let opened: Vec<_> = self.opened.iter().filter(|lot| lot.transaction == opened_by).cloned().collect();
        let first = opened.first()?.clone();
        let mut alone = self.parts_of(opened_by);
        alone.opened = opened;
        Some(self.completed(alone, market, &first, method))
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
            booked_prices: self.booked_prices.clone(),
            ..Self::new(self.symbol.clone(), self.currency, self.splits.clone())
        }
    }

    fn completed(&self, mut alone: Self, market: &Market, opened: &Lot, method: CostMethod) -> Figure<Self> {
        let pieces = pieces(&alone);
        alone.changes = changes(&pieces, opened.arrived, &self.splits)?;
        if method == CostMethod::Average {
            alone.cost_alone(&pieces, opened)?;
        }
        alone.quantity = alone.lots.iter().try_fold(Decimal::ZERO, |sum, lot| sum.plus(lot.quantity))?;
        alone.sales = alone.closed_lots.iter().enumerate().map(sale).collect();
        alone.income = self.income_of(market, &alone)?;
        alone.flows = self.flows_of(opened.transaction, &alone)?;
        let trades = alone.flows.iter().filter(|flow| flow.kind != PositionFlowKind::Dividend);
        alone.trade_fees = total(trades.clone().map(|flow| &flow.fee));
        alone.trade_taxes = total(trades.map(|flow| &flow.tax));
        Ok(alone)
    }

    /// Gives each piece its part of what the lot itself cost, where the books have one cost for all.
    fn cost_alone(&mut self, pieces: &[Piece], opened: &Lot) -> Figure<()> {
        let mut left = (opened.quantity, opened.cost.clone());
        let mut costs = Vec::with_capacity(pieces.len());
        for piece in pieces {
            let quantity = in_units_of(opened.arrived, piece, &self.splits)?;
            let cost = if left.0.is_zero() { Cost::ZERO } else { left.1.share(quantity, left.0) };
            left = (left.0.minus(quantity)?, left.1.minus(&cost));
            costs.push(cost);
        }
        let mut costs = costs.into_iter();
        let closed = self.closed_lots.iter_mut().map(|lot| &mut lot.cost);
        let departed = self.transfers.iter_mut().filter(|transfer| !transfer.arrives);
        let departed = departed.flat_map(|out| out.lots.iter_mut().map(|lot| &mut lot.cost));
        let held = self.lots.iter_mut().map(|lot| &mut lot.cost);
        closed.chain(departed).chain(held).zip(&mut costs).for_each(|(cost, own)| *cost = own);
        Ok(())
    }

    fn income_of(&self, market: &Market, alone: &Self) -> Figure<Vec<Income>> {
        let known = market.instrument(&self.symbol).map(crate::InstrumentData::dividends).unwrap_or_default();
        let mut incomes = Vec::new();
        for income in &self.income {
            let entitled = self.entitled_on(income, known);
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

    /// The day before whose opening the shares of a dividend were held: its ex-date, or the last day with any by its
    /// payment where there were none.
    pub(crate) fn entitled_on(&self, income: &Income, known: &[CashDividend]) -> NaiveDate {
        let ex_date = Some(entitled_on(income, known));
        ex_date
            .filter(|ex_date| !self.quantity_before(*ex_date).is_zero())
            .unwrap_or_else(|| self.last_held(income.date))
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

    /// The purchase whole, of each sale and transfer the lot's part, and its dividends.
    fn flows_of(&self, opened_by: TransactionId, alone: &Self) -> Figure<Vec<PositionFlow>> {
        let mut flows: Vec<_> = alone.income.iter().map(paid_out).collect();
        for flow in &self.flows {
            let is_trade = !matches!(flow.kind, PositionFlowKind::Dividend | PositionFlowKind::Fee);
            let Some(transaction) = flow.transaction.filter(|_| is_trade) else { continue };
            if transaction == opened_by {
                flows.push(flow.clone());
                continue;
            }
            let part = alone.quantity_moved_by(transaction)?;
            if !part.is_zero() {
                let whole = self.quantity_moved_by(transaction)?;
                let share =
                    |amount: &Figure<Decimal>| amount.clone().and_then(|it| cost_share(it, part, whole));
                let (amount, fee, tax) = (share(&flow.amount), share(&flow.fee), share(&flow.tax));
                flows.push(PositionFlow { amount, fee, tax, ..flow.clone() });
            }
        }
        flows.sort_by_key(|flow| flow.date);
        Ok(flows)
    }

    /// Shares that were sold or transferred by a booking.
    fn quantity_moved_by(&self, transaction: TransactionId) -> Figure<Decimal> {
        let sold = self.closed_lots.iter().filter(|lot| lot.closed_by == transaction).map(|lot| lot.quantity);
        let moved = self.transfers.iter().filter(|transfer| transfer.transaction == transaction);
        sold.chain(moved.flat_map(|transfer| transfer.lots.iter().map(|lot| lot.quantity)))
            .try_fold(Decimal::ZERO, Exact::plus)
    }
}

/// The ex-date of a dividend: the latest known one that its payment can belong to, else the day of the payment.
fn entitled_on(income: &Income, known: &[CashDividend]) -> NaiveDate {
    let day = |days| income.date.checked_add_signed(TimeDelta::days(days)).unwrap_or(income.date);
    let past = known.partition_point(|dividend| dividend.ex_date <= day(EARLY_DAYS));
    let latest = known.get(..past).and_then(<[_]>::last).map(|dividend| dividend.ex_date);
    let of_payment = latest.filter(|ex_date| !income.is_inferred() && *ex_date >= day(-LATE_DAYS));
    of_payment.unwrap_or(income.date)
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
    let lots: Vec<_> = transfer.lots.iter().filter(|lot| lot.transaction == opened_by).cloned().collect();
    (!lots.is_empty()).then(|| ShareTransfer { lots, ..transfer.clone() })
}

/// What left first, and then what is held.
fn pieces(alone: &Position) -> Vec<Piece> {
    let sold = alone.closed_lots.iter().map(|lot| Piece { left: Some(lot.sold), quantity: lot.quantity });
    let gone = alone.transfers.iter().filter(|transfer| !transfer.arrives);
    let moved = gone
        .flat_map(|out| out.lots.iter().map(|lot| Piece { left: Some(out.date), quantity: lot.quantity }));
    let held = alone.lots.iter().map(|lot| Piece { left: None, quantity: lot.quantity });
    sold.chain(moved).chain(held).collect()
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

/// The quantity on each day on which it changed, worked out from what left when.
fn changes(pieces: &[Piece], arrived: NaiveDate, all_splits: &[Split]) -> Figure<Vec<QuantityChange>> {
    let after_arrival = splits::between(all_splits, arrived, NaiveDate::MAX);
    let days: BTreeSet<_> = [arrived]
        .into_iter()
        .chain(pieces.iter().filter_map(|piece| piece.left))
        .chain(after_arrival.iter().map(|split| split.ex_date))
        .collect();
    let mut changes = Vec::with_capacity(days.len());
    for date in days {
        let held = |still: &dyn Fn(NaiveDate) -> bool| {
            let mut pieces = pieces.iter().filter(|piece| piece.left.is_none_or(still));
            pieces.try_fold(Decimal::ZERO, |sum, piece| sum.plus(in_units_of(date, piece, all_splits)?))
        };
        let before = if date == arrived { Decimal::ZERO } else { held(&|left| left >= date)? };
        let after = held(&|left| left > date)?;
        if !before.is_zero() || !after.is_zero() {
            changes.push(QuantityChange { date, before, after });
        }
    }
    Ok(changes)
}

/// A piece's quantity in the units of an earlier day.
fn in_units_of(day: NaiveDate, piece: &Piece, all_splits: &[Split]) -> Figure<Decimal> {
    splits::between(all_splits, day, piece.left.unwrap_or(NaiveDate::MAX))
        .iter()
        .try_fold(piece.quantity, |quantity, split| cost_share(quantity, split.ratio.old, split.ratio.new))
}
