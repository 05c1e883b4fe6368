//! One lot as a position of its own.

use std::collections::BTreeSet;

use bellwether_domain::{CashDividend, Split, TransactionId};
use chrono::{NaiveDate, TimeDelta};
use rust_decimal::Decimal;

use crate::books::cost_share;
use crate::books::{
    ClosedLot, Income, Lot, Position, PositionFlow, PositionFlowKind, QuantityChange, Sale, ShareTransfer,
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
    /// ex-date that the market knows for it, else the day of its payment. Fees that name the instrument and belong to
    /// no trade are not divided among lots.
    ///
    /// `None` when the transaction opened no lot here.
    pub fn of_lot(&self, market: &Market, opened_by: TransactionId) -> Option<Figure<Self>> {
        let opened: Vec<_> = self.opened.iter().filter(|lot| lot.transaction == opened_by).cloned().collect();
        let arrived = opened.first()?.arrived;
        Some(self.alone(market, opened_by, opened, arrived))
    }

    fn alone(
        &self,
        market: &Market,
        opened_by: TransactionId,
        opened: Vec<Lot>,
        arrived: NaiveDate,
    ) -> Figure<Self> {
        let lots: Vec<_> = self.lots.iter().filter(|lot| lot.transaction == opened_by).cloned().collect();
        let closed: Vec<_> =
            self.closed_lots.iter().filter(|lot| lot.opened_by == opened_by).cloned().collect();
        let transfers: Vec<_> =
            self.transfers.iter().filter_map(|transfer| of_transfer(transfer, opened_by)).collect();
        let pieces = pieces(&lots, &closed, &transfers);
        let mut alone = Self {
            quantity: lots.iter().try_fold(Decimal::ZERO, |sum, lot| sum.plus(lot.quantity))?,
            sales: closed.iter().enumerate().map(sale).collect(),
            changes: changes(&pieces, arrived, &self.splits)?,
            booked_prices: self.booked_prices.clone(),
            opened,
            ..Self::new(self.symbol.clone(), self.currency, self.splits.clone())
        };
        alone.income = self.income_of(market, &alone)?;
        alone.flows = self.flows_of(opened_by, &closed, &transfers, &alone.income)?;
        let trades = alone.flows.iter().filter(|flow| flow.kind != PositionFlowKind::Dividend);
        alone.trade_fees = total(trades.clone().map(|flow| &flow.fee));
        alone.trade_taxes = total(trades.map(|flow| &flow.tax));
        (alone.lots, alone.closed_lots, alone.transfers) = (lots, closed, transfers);
        Ok(alone)
    }

    fn income_of(&self, market: &Market, alone: &Self) -> Figure<Vec<Income>> {
        let known = market.instrument(&self.symbol).map(crate::InstrumentData::dividends).unwrap_or_default();
        let mut incomes = Vec::new();
        for income in &self.income {
            let ex_date = entitled_on(income, known);
            let (own, all) = (alone.quantity_before(ex_date), self.quantity_before(ex_date));
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

    /// The purchase whole, of each sale and transfer the lot's part, and its dividends.
    fn flows_of(
        &self,
        opened_by: TransactionId,
        closed: &[ClosedLot],
        transfers: &[ShareTransfer],
        income: &[Income],
    ) -> Figure<Vec<PositionFlow>> {
        let mut flows = Vec::new();
        for flow in &self.flows {
            let Some(transaction) = flow.transaction.filter(|_| flow.kind != PositionFlowKind::Dividend)
            else {
                continue;
            };
            if transaction == opened_by && flow.kind != PositionFlowKind::Fee {
                flows.push(flow.clone());
            }
            let sold = closed.iter().filter(|lot| lot.closed_by == transaction).map(|lot| lot.quantity);
            let left = transfers.iter().filter(|out| !out.arrives && out.transaction == transaction);
            let part = sold
                .chain(left.flat_map(|out| out.lots.iter().map(|lot| lot.quantity)))
                .try_fold(Decimal::ZERO, Exact::plus)?;
            if !part.is_zero() {
                let whole = self.quantity_of(transaction)?;
                let share =
                    |amount: &Figure<Decimal>| amount.clone().and_then(|it| cost_share(it, part, whole));
                flows.push(PositionFlow {
                    amount: share(&flow.amount),
                    fee: share(&flow.fee),
                    tax: share(&flow.tax),
                    ..flow.clone()
                });
            }
        }
        flows.extend(income.iter().map(paid_out));
        flows.sort_by_key(|flow| flow.date);
        Ok(flows)
    }

    /// Shares that left by a booking.
    fn quantity_of(&self, transaction: TransactionId) -> Figure<Decimal> {
        let sold = self.closed_lots.iter().filter(|lot| lot.closed_by == transaction).map(|lot| lot.quantity);
        let moved = self.transfers.iter().filter(|out| !out.arrives && out.transaction == transaction);
        sold.chain(moved.flat_map(|out| out.lots.iter().map(|lot| lot.quantity)))
            .try_fold(Decimal::ZERO, Exact::plus)
    }
}

/// The ex-date of a dividend: the latest known one that its payment can belong to, else the day of the payment.
pub(crate) fn entitled_on(income: &Income, known: &[CashDividend]) -> NaiveDate {
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

fn pieces(lots: &[Lot], closed: &[ClosedLot], transfers: &[ShareTransfer]) -> Vec<Piece> {
    let held = lots.iter().map(|lot| Piece { left: None, quantity: lot.quantity });
    let sold = closed.iter().map(|lot| Piece { left: Some(lot.sold), quantity: lot.quantity });
    let gone = transfers.iter().filter(|transfer| !transfer.arrives);
    let moved = gone
        .flat_map(|out| out.lots.iter().map(|lot| Piece { left: Some(out.date), quantity: lot.quantity }));
    held.chain(sold).chain(moved).collect()
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
