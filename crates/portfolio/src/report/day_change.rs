//! What the last session changed.

use chrono::NaiveDate;
use rust_decimal::Decimal;

use crate::books::{Position, PositionFlowKind};
use crate::exact::Exact;
use crate::market::{InstrumentData, splits};
use crate::twr::day_return;
use crate::{Books, Figure, Market, Reason};

/// The change of a session against the close before, in the base currency: `value - value before - net flow`.
///
/// Shares held through the day count from the previous close, shares traded in it from the price paid or received
/// after fees. Dividends of the day count, because they come out of the price; so do moves of exchange rates.
#[derive(Debug, Clone, PartialEq)]
pub struct DayChange {
    /// The session: the newest day on which something held has a price, or that has a trade.
    pub day: NaiveDate,
    /// In money.
    pub amount: Decimal,
    /// The part of it that is dividends.
    pub dividends: Decimal,
    /// As a return of the day, hold then trade.
    pub rate: Figure<f64>,
}

/// What a session's change consists of.
#[derive(Debug, Clone)]
pub(super) struct DayParts {
    day: NaiveDate,
    /// Value at the close before.
    before: Decimal,
    /// The same holdings at the session's prices and rates.
    held: Decimal,
    /// Value at the close.
    value: Decimal,
    /// Money that went in, less what came out.
    flow: Decimal,
    dividends: Decimal,
}

impl DayParts {
    fn nothing(day: NaiveDate) -> Self {
        let zero = Decimal::ZERO;
        Self { day, before: zero, held: zero, value: zero, flow: zero, dividends: zero }
    }

    pub(super) fn change(self) -> Figure<DayChange> {
        let amount = self.value.minus(self.before)?.minus(self.flow)?;
        let rate = day_return(self.before.float(), self.held.float(), self.value.float(), self.flow.float());
        Ok(DayChange {
            day: self.day,
            amount,
            dividends: self.dividends,
            rate: rate.ok_or(Reason::NoCapital),
        })
    }

    fn add(&mut self, other: &Self) -> Figure<()> {
        self.before = self.before.plus(other.before)?;
        self.held = self.held.plus(other.held)?;
        self.value = self.value.plus(other.value)?;
        self.dividends = self.dividends.plus(other.dividends)?;
        Ok(())
    }
}

/// The newest day on which something held has a price, or on which shares were traded; the books' day when nothing is
/// held.
pub(super) fn session(books: &Books, market: &Market) -> NaiveDate {
    let open = books.positions().iter().filter(|position| position.is_open());
    let priced = open.filter_map(|position| market.instrument(&position.symbol)?.price_on(books.as_of()));
    let Some(priced) = priced.map(|on| on.day).max() else { return books.as_of() };
    books.positions().iter().filter_map(last_trade).fold(priced, NaiveDate::max)
}

/// The last day on which shares came or went, splits aside.
fn last_trade(position: &Position) -> Option<NaiveDate> {
    let moves_shares = |kind| !matches!(kind, PositionFlowKind::Dividend | PositionFlowKind::Fee);
    position.flows.iter().rev().find(|flow| moves_shares(flow.kind)).map(|flow| flow.date)
}

/// The session's change of a position: closed before it, there is none.
pub(super) fn of_position(
    position: &Position,
    books: &Books,
    market: &Market,
    session: NaiveDate,
) -> Figure<DayParts> {
    let before = position.quantity_before(session);
    let after = position.quantity_on(session);
    let mut parts = DayParts::nothing(session);
    for flow in position.flows.iter().rev().take_while(|flow| flow.date >= session) {
        if flow.date == session {
            let amount = flow.amount.clone()?;
            parts.flow = parts.flow.plus(amount)?;
            if flow.kind == PositionFlowKind::Dividend {
                parts.dividends = parts.dividends.minus(amount)?;
            }
        }
    }
    if before.is_zero() && after.is_zero() {
        return if parts.flow.is_zero() { Err(Reason::NotHeld) } else { Ok(parts) };
    }

    let rate = |day| market.rates().on(position.currency, books.options().base, day).map(|on| on.rate);
    let instrument = market.instrument(&position.symbol);
    let price = position.price_on(instrument, session)?.price.times(rate(session)?)?;
    parts.value = after.times(price)?;
    if !before.is_zero() {
        let previous = previous_close(position, instrument, session)?;
        let day_before = session.pred_opt().unwrap_or(session);
        parts.held = before.times(price)?;
        parts.before = before.times(previous)?.times(rate(day_before)?)?;
    }
    Ok(parts)
}

/// The close of the instrument's trading day before the session, in the session's units.
fn previous_close(
    position: &Position,
    instrument: Option<&InstrumentData>,
    session: NaiveDate,
) -> Figure<Decimal> {
    let instrument = instrument.ok_or_else(|| Reason::no_price(&position.symbol))?;
    let quote = instrument.latest().filter(|latest| latest.day == session);
    if let Some(told) =
        quote.and_then(|latest| latest.quote.previous_close).filter(|close| *close > Decimal::ZERO)
    {
        return Ok(told);
    }
    let day_before = session.pred_opt().ok_or(Reason::NoPreviousClose)?;
    let on = instrument.price_on(day_before).ok_or(Reason::NoPreviousClose)?;
    splits::carried(on.price, &position.splits, on.day, session)
}

/// The session's change of the whole portfolio. Holdings whose market is closed change nothing, but count as capital.
pub(super) fn of_portfolio(
    books: &Books,
    market: &Market,
    session: NaiveDate,
    positions: &[Figure<DayParts>],
) -> Figure<DayChange> {
    let mut parts = DayParts::nothing(session);
    for position in positions {
        match position {
            Ok(position) => parts.add(position)?,
            Err(Reason::NotHeld) => {}
            Err(reason) => return Err(reason.clone()),
        }
    }
    let day_before = session.pred_opt().unwrap_or(session);
    for cash in &books.cash().balances {
        let rate = |day| market.rates().on(cash.currency, books.options().base, day).map(|on| on.rate);
        let (before, after) = (cash.on(day_before), cash.on(session));
        if !before.is_zero() || !after.is_zero() {
            let mut of_cash = DayParts::nothing(session);
            of_cash.before = before.times(rate(day_before)?)?;
            of_cash.held = before.times(rate(session)?)?;
            of_cash.value = after.times(rate(session)?)?;
            parts.add(&of_cash)?;
        }
    }
    for flow in books.external_flows().iter().filter(|flow| flow.date == session) {
        parts.flow = parts.flow.plus(flow.amount.clone()?)?;
    }
    parts.change()
}
