//! What a company does to its shares: cash for fractions, spin-offs and mergers.

use std::sync::Arc;

use bellwether_domain::{Booking, SplitRatio, Transaction};
use rust_decimal::Decimal;

use super::Replay;
use super::notes::Posted;
use crate::books::cash::CashKind;
use crate::books::cost::{Booked, CashByValue, EventCash, EventPart, Relisting};
use crate::books::lot_shelves::{SPLIT_DECIMALS, restated};
use crate::books::{Cost, Lot, PositionFlowKind};
use crate::exact::Exact;
use crate::{Figure, Reason};

/// Fractions are looked at in so many decimals; finer ones are rounding.
const FRACTION_DECIMALS: u32 = 9;

/// The account that an event concerns: the one it names, else all.
fn account_of(transaction: &Transaction) -> Option<&str> {
    Some(transaction.account.as_str()).filter(|account| !account.is_empty())
}

/// What a merger or spin-off gives for the shares of an instrument.
#[derive(Default)]
struct Exchange {
    /// What leaves, with the cost that leaves.
    given: Vec<Lot>,
    /// What stays of it, where only cost leaves.
    kept: Vec<Lot>,
    /// What comes for it, in the other instrument.
    received: Vec<Lot>,
}

/// Shares of `from` bring shares of `to`, and stay.
pub(super) fn spin_off(
    from: &mut Replay<'_>,
    to: &mut Replay<'_>,
    posted: &Posted<'_>,
) -> Result<(), Reason> {
    let Booking::SpinOff { ratio, cost_share, cash_in_lieu, .. } = &posted.transaction.booking else {
        return Ok(());
    };
    let mut exchange = Exchange::default();
    let part = EventPart { event: posted.transaction.id, share: *cost_share, by_value: None };
    for mut lot in from.shelves.take_all(account_of(posted.transaction)) {
        let moved = lot.cost.moved(part);
        if let Some(received) = received(from, to, posted, &lot, moved.clone(), *ratio)? {
            lot.cost = lot.cost.minus(&moved);
            exchange.given.push(Lot { quantity: Decimal::ZERO, cost: moved, ..lot.clone() });
            exchange.kept.push(lot.clone());
            exchange.received.push(received);
        }
        from.shelves.put(lot)?;
    }
    hand_over(from, to, posted, exchange, *cash_in_lieu)
}

/// All shares become cash, shares of `to`, or both.
pub(super) fn merger(
    from: &mut Replay<'_>,
    mut to: Option<&mut Replay<'_>>,
    posted: &Posted<'_>,
) -> Result<(), Reason> {
    let Booking::Merger { ratio, cash_per_share, cash_in_lieu, cost_share, .. } = &posted.transaction.booking
    else {
        return Ok(());
    };
    let before = from.position.quantity;
    let lots = from.shelves.take_all(account_of(posted.transaction));
    if lots.is_empty() {
        return Ok(());
    }
    from.position.quantity = from.shelves.quantity()?;
    from.note_quantity(posted.date, before);
    let held = lots.iter().try_fold(Decimal::ZERO, |sum, lot| sum.plus(lot.quantity))?;
    let cash = held.times(*cash_per_share)?;
    let ratio = ratio.unwrap_or(SplitRatio { new: Decimal::ONE, old: Decimal::ONE });
    let part = |share| EventPart { event: posted.transaction.id, share, by_value: None };
    let for_cash = match &to {
        None => Ok(part(Decimal::ONE)),
        Some(_) if cash.is_zero() => Ok(part(Decimal::ZERO)),
        Some(to) => match cost_share {
            Some(share) => Ok(part(*share)),
            None => part_by_value(to, posted, (cash, held), restated(held, ratio)?),
        },
    };

    let mut sold = Vec::new();
    let mut exchange = Exchange::default();
    for lot in lots {
        let (paid, rest) = parts(&lot, &for_cash)?;
        if let Some(to) = &mut to {
            exchange.received.extend(received(from, to, posted, &lot, rest.cost.clone(), ratio)?);
            exchange.given.push(rest);
        }
        sold.extend(Some(paid).filter(|paid| !paid.quantity.is_zero()));
    }
    if to.is_none() || !cash.is_zero() {
        from.paid_for(posted, (cash, Some(held)), sold)?;
    }
    to.map_or(Ok(()), |to| hand_over(from, to, posted, exchange, *cash_in_lieu))
}

/// The part of a lot that cash pays for, and the rest. Where that part is not known, neither cost is.
fn parts(lot: &Lot, for_cash: &Figure<EventPart>) -> Figure<(Lot, Lot)> {
    Ok(match for_cash {
        Ok(part) => {
            let quantity = lot.quantity.times(part.share)?.round_dp(SPLIT_DECIMALS);
            let cost = lot.cost.moved(*part);
            let rest =
                Lot { quantity: lot.quantity.minus(quantity)?, cost: lot.cost.minus(&cost), ..lot.clone() };
            (Lot { quantity, cost, ..lot.clone() }, rest)
        }
        Err(reason) => {
            let unknown = Lot { cost: Cost::unknown(reason.clone()), ..lot.clone() };
            (unknown.clone(), unknown)
        }
    })
}

/// The part of what a merger gives that is cash, by value at the close of the day.
fn part_by_value(
    to: &Replay<'_>,
    posted: &Posted<'_>,
    (cash, given): (Decimal, Decimal),
    received: Decimal,
) -> Figure<EventPart> {
    let cash = posted.in_base(cash)?;
    let price = to.price_of_moved(posted.date);
    let worth = to.worth(posted.date, received, &price)?;
    let by_value = CashByValue { given, received, price: price?, listed: to.position.currency };
    Ok(EventPart {
        event: posted.transaction.id,
        share: cash.over(cash.plus(worth)?)?,
        by_value: Some(by_value),
    })
}

/// What one lot brings in the other instrument: of the same age, in the same account. Nothing if it is too small.
fn received(
    from: &Replay<'_>,
    to: &mut Replay<'_>,
    posted: &Posted<'_>,
    lot: &Lot,
    cost: Cost,
    ratio: SplitRatio,
) -> Figure<Option<Lot>> {
    let quantity = restated(lot.quantity, ratio)?;
    let (listed, base) = (to.position.currency, to.terms.options.base);
    let cost = if listed == from.position.currency {
        cost
    } else {
        let listing = Relisting { from: from.position.currency, on: lot.acquired, into_base: listed == base };
        cost.relisted(&to.terms.rate(listing.from, listed, listing.on), listing)
    };
    let account = to.shelves.account(&lot.account);
    let (transaction, acquired, arrived) = (lot.transaction, lot.acquired, posted.date);
    Ok((!quantity.is_zero()).then_some(Lot { transaction, account, acquired, arrived, quantity, cost }))
}

/// Moves shares between two instruments at market value, and pays for fractions.
fn hand_over(
    from: &mut Replay<'_>,
    to: &mut Replay<'_>,
    posted: &Posted<'_>,
    exchange: Exchange,
    cash_in_lieu: Decimal,
) -> Result<(), Reason> {
    if exchange.received.is_empty() {
        return Ok(());
    }
    let posted_to = Posted { date: posted.date, ..to.posted(posted.transaction) };
    let before = to.position.quantity;
    let mut by_account: Vec<(Arc<str>, Decimal)> = Vec::new();
    let mut quantity = Decimal::ZERO;
    for lot in &exchange.received {
        quantity = quantity.plus(lot.quantity)?;
        match by_account.iter_mut().find(|(account, _)| *account == lot.account) {
            Some((_, sum)) => *sum = sum.plus(lot.quantity)?,
            None => by_account.push((Arc::clone(&lot.account), lot.quantity)),
        }
    }
    let price = to.price_of_moved(posted.date);
    let worth = to.worth(posted.date, quantity, &price);
    from.note_event(posted);
    to.note_event(posted);
    let (zero, kinds) = (Decimal::ZERO, (PositionFlowKind::TransferOut, PositionFlowKind::TransferIn));
    from.flow(posted, kinds.0, worth.clone().map(|worth| -worth), zero, zero);
    to.flow(&posted_to, kinds.1, worth, zero, zero);
    from.transferred(posted, false, (exchange.given, exchange.kept), price.clone());
    to.transferred(&posted_to, true, (exchange.received.clone(), Vec::new()), price);
    for lot in exchange.received {
        to.acquire(&posted_to, lot)?;
    }
    to.pay_in_lieu(&posted_to, &by_account, cash_in_lieu)?;
    if to.position.quantity != before {
        to.note_quantity(posted.date, before);
    }
    Ok(())
}

impl Replay<'_> {
    /// Cash for the fractions that a split has left.
    pub(super) fn split_in_lieu(&mut self, posted: &Posted<'_>) -> Result<(), Reason> {
        let Booking::Split { cash_in_lieu, .. } = &posted.transaction.booking else { return Ok(()) };
        let before = self.position.quantity;
        let mut accounts = self.shelves.accounts();
        if let Some(account) = account_of(posted.transaction) {
            accounts.retain(|(name, _)| name.as_ref() == account);
        }
        self.pay_in_lieu(posted, &accounts, *cash_in_lieu)?;
        if self.position.quantity != before {
            self.note_quantity(posted.date, before);
        }
        Ok(())
    }

    /// Sells the fraction of a share in each account for its part of the cash.
    fn pay_in_lieu(
        &mut self,
        posted: &Posted<'_>,
        accounts: &[(Arc<str>, Decimal)],
        cash: Decimal,
    ) -> Result<(), Reason> {
        if cash.is_zero() {
            return Ok(());
        }
        let mut sold = Vec::new();
        for (account, quantity) in accounts {
            let is_whole = quantity.round_dp(FRACTION_DECIMALS).fract().is_zero();
            if !is_whole {
                sold.append(&mut self.shelves.take(account, quantity.fract(), &[])?);
            }
        }
        self.position.quantity = self.shelves.quantity()?;
        self.paid_for(posted, (cash, None), sold)
    }

    fn note_event(&mut self, posted: &Posted<'_>) {
        let event = posted.transaction.id;
        if self.position.events.last() != Some(&event) {
            self.position.events.push(event);
        }
    }

    /// Lots that an event turns into cash, so much for each of some shares, or for fractions.
    fn paid_for(
        &mut self,
        posted: &Posted<'_>,
        (cash, shares): (Decimal, Option<Decimal>),
        lots: Vec<Lot>,
    ) -> Result<(), Reason> {
        self.note_event(posted);
        let quantity = lots.iter().try_fold(Decimal::ZERO, |sum, lot| sum.plus(lot.quantity))?;
        let amount = Booked { net: cash, fee: Decimal::ZERO, tax: Decimal::ZERO };
        let mut proceeds = self.booked(posted, amount);
        if self.terms.explained {
            proceeds = proceeds.paid_by(EventCash { event: posted.transaction.id, shares });
        }
        let received = proceeds.base.clone().map(|received| -received);
        self.flow(posted, PositionFlowKind::Sale, received, Decimal::ZERO, Decimal::ZERO);
        self.moved(posted, CashKind::Sale, cash);
        self.realise(posted, quantity, proceeds, lots)
    }
}
