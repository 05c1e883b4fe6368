//! What the last session changed.

use bellwether_domain::Currency;
use chrono::NaiveDate;
use rust_decimal::Decimal;

use crate::books::{HoldingPrice, Position, PositionFlowKind, PriceOrigin};
use crate::derivation::{About, Calculation, Compute, DayValues, Label, Unit, fraction, money};
use crate::exact::Exact;
use crate::market::{InstrumentData, splits};
use crate::{Books, CashBalance, Figure, Market, Reason};

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

/// What a session's change consists of, computed or derived.
pub(crate) struct DayParts<C: Calculation> {
    day: DayValues<C::Amount>,
    dividends: C::Amount,
}

/// A session's change, computed or derived. [`DayChange`] says what each is.
pub(crate) struct DayFigures<C: Calculation> {
    pub(crate) amount: C::Amount,
    pub(crate) dividends: C::Amount,
    pub(crate) rate: C::Real,
}

impl<C: Calculation> DayParts<C> {
    pub(crate) fn change(&self, c: &mut C, books: &Books) -> DayFigures<C> {
        let base = books.options().base;
        let day = &self.day;
        let risen =
            c.difference(money(base, "Change of value", "value - value before"), &day.value, &day.before);
        DayFigures {
            amount: c.difference(
                money(base, "Day change", "value - value before - net flow"),
                &risen,
                &day.flow,
            ),
            dividends: self.dividends.clone(),
            rate: c.day_return(
                fraction("Day's return", "held / value before x (value + out) / (held + in) - 1"),
                day,
            ),
        }
    }
}

impl DayFigures<Compute> {
    pub(super) fn known(self, day: NaiveDate) -> Figure<DayChange> {
        Ok(DayChange { day, amount: self.amount?, dividends: self.dividends?, rate: self.rate })
    }
}

/// The newest day on which something held has a price, or on which shares were traded; the books' day when nothing is
/// held.
pub(crate) fn session(books: &Books, market: &Market) -> NaiveDate {
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

/// The session's change of a position; `None` when it was closed before.
pub(crate) fn of_position<C: Calculation>(
    c: &mut C,
    position: &Position,
    books: &Books,
    market: &Market,
    session: NaiveDate,
) -> Option<DayParts<C>> {
    let base = books.options().base;
    let (before, after) = (position.quantity_before(session), position.quantity_on(session));
    let past = position.flows.partition_point(|flow| flow.date < session);
    let until = position.flows.partition_point(|flow| flow.date <= session);
    let flows = position.flows.get(past..until).unwrap_or_default();
    if before.is_zero() && after.is_zero() && flows.is_empty() {
        return None;
    }
    c.about(|| Some(About::Instrument(position.symbol.clone())));
    let flow = c.sum_of(money(base, "Net flow of the day", "money in - money out"), flows, |c, flow| {
        c.position_flow(position, flow)
    });
    let dividends = flows.iter().filter(|flow| flow.kind == PositionFlowKind::Dividend);
    let out =
        c.sum_of(money(base, "Dividends of the day, as flows", "sum of the flows"), dividends, |c, flow| {
            c.position_flow(position, flow)
        });
    let dividends = c.negated(money(base, "Dividends of the day", "what was paid out"), &out);

    let nothing = money(base, "Nothing", "no shares");
    let worth = |c: &mut C,
                 label: Label,
                 quantity: Decimal,
                 price: &Figure<HoldingPrice>,
                 day: (NaiveDate, NaiveDate)| {
        if quantity.is_zero() {
            return c.constant(nothing, Decimal::ZERO);
        }
        let (units_of, rate_of) = day;
        let shares = Label::new("Quantity", "shares held", Unit::Shares);
        let quantity = c.counted(shares, quantity, position, units_of);
        let price = c.price(position, session, price);
        let rate = market.rates().on(position.currency, base, rate_of);
        let rate = c.exchange_rate((position.currency, base), rate_of, &rate);
        let local = money(position.currency, "Market value at the listing", "quantity x price");
        let local = c.product(local, &quantity, &price);
        c.product(label, &local, &rate)
    };
    let instrument = market.instrument(&position.symbol);
    let price = position.price_on(instrument, session);
    let day_before = session.pred_opt().unwrap_or(session);
    let value_label = money(base, "Value at the close", "quantity x price x exchange rate");
    let value = worth(c, value_label, after, &price, (session, session));
    let held_label = money(base, "Held before the day's trades", "quantity before x price x exchange rate");
    let effect = position.event_effects().find(|effect| effect.date == session);
    let held = match effect.map(|effect| (effect.shares.clone().and_then(|it| before.plus(it)), effect.flows))
    {
        None => worth(c, held_label, before, &price, (day_before, session)),
        Some((Err(reason), _)) => c.unknown(held_label, reason),
        Some((Ok(kept), flows)) => {
            let label = money(base, "Held after the day's events", "quantity x price x exchange rate");
            let shares = worth(c, label, kept, &price, (day_before, session));
            let label = money(base, "Net flow of the day's events", "money in - money out");
            let brought = c.sum_of(label, flows, |c, flow| c.position_flow(position, flow));
            let label = money(base, "Held before the day's trades", "held after events - net flow of events");
            c.difference(label, &shares, &brought)
        }
    };
    let previous = previous_close(position, instrument, session);
    let before_label =
        money(base, "Value at the close before", "quantity before x previous close x rate before");
    let before = worth(c, before_label, before, &previous, (day_before, day_before));
    Some(DayParts { day: DayValues { before, held, value, flow }, dividends })
}

/// The close of the instrument's trading day before the session, in the session's units.
fn previous_close(
    position: &Position,
    instrument: Option<&InstrumentData>,
    session: NaiveDate,
) -> Figure<HoldingPrice> {
    let instrument = instrument.ok_or_else(|| Reason::no_price(&position.symbol))?;
    let day_before = session.pred_opt().ok_or(Reason::NoPreviousClose)?;
    let quote = instrument.latest().filter(|latest| latest.day == session);
    if let Some(told) =
        quote.and_then(|latest| latest.quote.previous_close).filter(|close| *close > Decimal::ZERO)
    {
        return Ok(HoldingPrice { price: told, day: day_before, origin: PriceOrigin::Quote });
    }
    let on = instrument.price_on(day_before).ok_or(Reason::NoPreviousClose)?;
    let price = splits::carried(on.price, &position.splits, on.day, session)?;
    Ok(HoldingPrice { price, day: on.day, origin: PriceOrigin::Close })
}

/// The session's change of the whole portfolio. Holdings whose market is closed change nothing, but count as capital.
pub(crate) fn of_portfolio<C: Calculation>(
    c: &mut C,
    books: &Books,
    market: &Market,
    session: NaiveDate,
    positions: &[Option<DayParts<C>>],
) -> DayParts<C> {
    let base = books.options().base;
    let balances = books.cash().balances.iter();
    let of_cash: Vec<_> = balances.filter_map(|cash| of_cash(c, cash, base, market, session)).collect();
    c.about(|| None);
    let sum = |c: &mut C, figure, of: fn(&DayValues<C::Amount>) -> &C::Amount| {
        let holdings = positions.iter().flatten().map(|position| &position.day);
        c.sum_of(money(base, figure, "sum over holdings and cash"), holdings.chain(&of_cash), |_, day| {
            of(day).clone()
        })
    };
    let before = sum(c, "Value at the close before", |day| &day.before);
    let held = sum(c, "Held before the day's trades", |day| &day.held);
    let value = sum(c, "Value at the close", |day| &day.value);
    let dividends = c.sum_of(
        money(base, "Dividends of the day", "sum over the holdings"),
        positions.iter().flatten(),
        |_, position| position.dividends.clone(),
    );
    let flows = books.external_flows().iter().filter(|flow| flow.date == session);
    let flow = c.sum_of(money(base, "Net flow of the day", "money in - money out"), flows, C::external_flow);
    DayParts { day: DayValues { before, held, value, flow }, dividends }
}

/// Cash of one currency over the session; its movements come with what they pay for.
fn of_cash<C: Calculation>(
    c: &mut C,
    cash: &CashBalance,
    base: Currency,
    market: &Market,
    session: NaiveDate,
) -> Option<DayValues<C::Amount>> {
    let day_before = session.pred_opt().unwrap_or(session);
    if cash.on(day_before).is_zero() && cash.on(session).is_zero() {
        return None;
    }
    c.about(|| Some(About::Cash(cash.currency)));
    let rate = |c: &mut C, day| {
        let on = market.rates().on(cash.currency, base, day);
        c.exchange_rate((cash.currency, base), day, &on)
    };
    let (rate_before, rate_now) = (rate(c, day_before), rate(c, session));
    let (before, after) = (c.balance_on(cash, day_before), c.balance_on(cash, session));
    let worth = |c: &mut C, figure, balance, rate| {
        c.product(money(base, figure, "balance x exchange rate"), balance, rate)
    };
    Some(DayValues {
        held: worth(c, "Cash before the day's movements", &before, &rate_now),
        value: worth(c, "Cash at the close", &after, &rate_now),
        before: worth(c, "Cash at the close before", &before, &rate_before),
        flow: c.constant(money(base, "Net flow of cash", ""), Decimal::ZERO),
    })
}
