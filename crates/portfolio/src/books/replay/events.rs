//! What a company does to its shares: cash for fractions, spin-offs and mergers.

use std::collections::BTreeMap;
use std::sync::Arc;

use bellwether_domain::{Booking, SplitRatio, Transaction};
use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::Replay;
use super::notes::Posted;
use crate::books::cash::CashKind;
use crate::books::cost::{Booked, CashByValue, EventCash, EventPart, Relisting};
use crate::books::lot_shelves::{SPLIT_DECIMALS, restated};
use crate::books::{BookedPrice, Brought, Cost, Lot, Passage, PositionFlowKind, ShareTransfer, Step};
use crate::exact::Exact;
use crate::figure::total;
use crate::{Figure, Reason};

/// Fractions are looked at in so many decimals; finer ones are rounding.
const FRACTION_DECIMALS: u32 = 9;

/// What an event pays.
#[derive(Clone, Copy)]
enum Paid {
    /// So much for each share.
    PerShare(Decimal),
    /// So much in all, for fractions of shares.
    InLieu(Decimal),
}

/// A lot that closes, with the shares by which it has its part of what is paid: more than close where others came too.
type Closing = (Decimal, Lot);

/// The account that an event concerns: the one it names, else all.
fn account_of(transaction: &Transaction) -> Option<&str> {
    Some(transaction.account.as_str()).filter(|account| !account.is_empty())
}

/// What a merger or spin-off gives for the shares of an instrument.
struct Exchange {
    /// Which share of the cost of the lots concerned leaves.
    cost_share: Figure<Decimal>,
    /// What leaves, with the cost that leaves.
    given: Vec<Lot>,
    /// What stays of it, where only cost leaves.
    kept: Vec<Lot>,
    /// What comes for it, in the other instrument.
    received: Vec<Lot>,
}

impl Exchange {
    fn new(cost_share: Figure<Decimal>) -> Self {
        Self { cost_share, given: Vec::new(), kept: Vec::new(), received: Vec::new() }
    }

    fn receive(&mut self, posted: &Posted<'_>, lot: Lot) {
        let (event, place) = (posted.transaction.id, self.received.len());
        let came = Step::Came(Brought { event, place, shares: lot.quantity });
        self.received.push(Lot { passage: Some(Passage::new(posted.date, came, None)), ..lot });
    }
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
    let mut exchange = Exchange::new(Ok(*cost_share));
    let part = EventPart { event: posted.transaction.id, share: *cost_share, by_value: None };
    for mut lot in from.shelves.take_all(account_of(posted.transaction))? {
        let moved = lot.cost.moved(part);
        if let Some(received) = received(from, to, posted, &lot, moved.clone(), *ratio)? {
            lot.cost = lot.cost.minus(&moved);
            exchange.given.push(Lot { quantity: Decimal::ZERO, cost: moved, ..lot.clone() });
            lot.passage = Some(Passage::new(posted.date, Step::Gave(*cost_share), lot.passage.take()));
            exchange.kept.push(lot.clone());
            exchange.receive(posted, received);
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
    let lots = from.shelves.take_all(account_of(posted.transaction))?;
    if lots.is_empty() {
        return Ok(());
    }
    from.position.quantity = from.shelves.quantity()?;
    from.note_quantity(posted.date, before);
    let is_paid = to.is_none() || !cash_per_share.is_zero();
    let ratio = ratio.unwrap_or(SplitRatio { new: Decimal::ONE, old: Decimal::ONE });
    let part = |share| EventPart { event: posted.transaction.id, share, by_value: None };
    let for_cash = match &to {
        None => Ok(part(Decimal::ONE)),
        Some(_) if !is_paid => Ok(part(Decimal::ZERO)),
        Some(to) => match cost_share {
            Some(share) => Ok(part(*share)),
            None => part_by_value(to, posted, &lots, (*cash_per_share, ratio)),
        },
    };

    let mut sold = Vec::new();
    let mut exchange = Exchange::new(for_cash.clone().map(|_| Decimal::ONE));
    for lot in lots {
        let (paid, rest) = parts(&lot, &for_cash)?;
        let received = match &mut to {
            Some(to) => received(from, to, posted, &lot, rest.cost.clone(), ratio)?,
            None => None,
        };
        match received {
            Some(received) => {
                exchange.receive(posted, received);
                exchange.given.push(rest);
                sold.extend(is_paid.then_some((lot.quantity, paid)));
            }
            // What brings no share closes with all that it cost.
            None => sold.push((lot.quantity, lot)),
        }
    }
    if !sold.is_empty() {
        from.paid_for(posted, Paid::PerShare(*cash_per_share), sold)?;
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

/// The part of what a merger gives that is cash, by value at the close of the day. What some accounts hold and others
/// owe may be nothing together, but is given at one ratio.
fn part_by_value(
    to: &Replay<'_>,
    posted: &Posted<'_>,
    lots: &[Lot],
    (cash_per_share, ratio): (Decimal, SplitRatio),
) -> Figure<EventPart> {
    let held = |lot: &Lot| lot.quantity.is_sign_positive();
    let alike = lots.iter().filter(|lot| lots.first().map(held) == Some(held(lot)));
    let given = alike.map(|lot| lot.quantity).try_fold(Decimal::ZERO, Exact::plus)?;
    let received = restated(given, ratio)?;
    let cash = posted.in_base(given.times(cash_per_share)?)?;
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
    let lot = Lot { transaction, account, acquired, arrived, quantity, cost, passage: None };
    Ok((!quantity.is_zero()).then_some(lot))
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
    let quantity = exchange.received.iter().try_fold(Decimal::ZERO, |sum, lot| sum.plus(lot.quantity))?;
    to.price_by_cost(posted.date, &exchange.received, quantity);
    let price = to.price_of_moved(posted.date);
    let worth = to.worth(posted.date, quantity, &price);
    from.note_event(posted);
    to.note_event(posted);
    let (zero, kinds) = (Decimal::ZERO, (PositionFlowKind::TransferOut, PositionFlowKind::TransferIn));
    from.flow(posted, kinds.0, worth.clone().map(|worth| -worth), zero, zero);
    to.flow(&posted_to, kinds.1, worth, zero, zero);
    let Exchange { cost_share, given, kept, received } = exchange;
    let (date, transaction) = (posted.date, posted.transaction.id);
    let came = received.clone();
    from.position.transfers.push(ShareTransfer {
        date,
        transaction,
        arrives: false,
        lots: given,
        kept,
        cost_share,
        price: price.clone(),
    });
    to.position.transfers.push(ShareTransfer {
        date,
        transaction,
        arrives: true,
        lots: came,
        kept: Vec::new(),
        cost_share: Ok(Decimal::ONE),
        price,
    });
    for lot in received.iter().cloned() {
        to.acquire(&posted_to, lot)?;
    }
    to.pay_in_lieu(&posted_to, &received, cash_in_lieu)?;
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
        let lots = self.shelves.lots(account_of(posted.transaction));
        self.pay_in_lieu(posted, &lots, *cash_in_lieu)?;
        if self.position.quantity != before {
            self.note_quantity(posted.date, before);
        }
        Ok(())
    }

    /// Sells the fraction that lots leave in each account which holds shares, for its part of the cash. Where none is
    /// left the cash is the lots' all the same, by their shares; where nothing is held there is none.
    fn pay_in_lieu(&mut self, posted: &Posted<'_>, lots: &[Lot], cash: Decimal) -> Result<(), Reason> {
        if cash.is_zero() {
            return Ok(());
        }
        let mut by_account: BTreeMap<&Arc<str>, Decimal> = BTreeMap::new();
        for lot in lots {
            let sum = by_account.entry(&lot.account).or_default();
            *sum = sum.plus(lot.quantity)?;
        }
        by_account.retain(|account, shares| {
            *shares > Decimal::ZERO && self.shelves.net(account).is_ok_and(|net| net > Decimal::ZERO)
        });
        let mut sold: Vec<Closing> = Vec::new();
        for (account, shares) in &by_account {
            if !shares.round_dp(FRACTION_DECIMALS).fract().is_zero() {
                let fraction = shares.fract().min(self.shelves.net(account)?);
                let taken = self.shelves.take(account, fraction, &[])?;
                sold.extend(taken.into_iter().map(|lot| (lot.quantity, lot)));
            }
        }
        if sold.is_empty() {
            let is_paid =
                |lot: &&Lot| lot.quantity.is_sign_positive() && by_account.contains_key(&lot.account);
            let whole = lots.iter().filter(is_paid);
            let nothing_of = |lot: &Lot| Lot { quantity: Decimal::ZERO, cost: Cost::ZERO, ..lot.clone() };
            sold.extend(whole.map(|lot| (lot.quantity, nothing_of(lot))));
        }
        if sold.is_empty() {
            return Ok(());
        }
        self.position.quantity = self.shelves.quantity()?;
        self.paid_for(posted, Paid::InLieu(cash), sold)
    }

    /// Lets what shares cost be their price, where no other is known when an event brings them: their first quote is
    /// often of the day after.
    fn price_by_cost(&mut self, date: NaiveDate, lots: &[Lot], quantity: Decimal) {
        if self.price_of_moved(date).is_ok() {
            return;
        }
        let costs: Vec<_> = lots.iter().map(|lot| lot.cost.listed.clone()).collect();
        let price = total(&costs).and_then(|cost| cost.over(quantity));
        if let Ok(price) = price
            && price > Decimal::ZERO
        {
            self.position.booked_prices.push(BookedPrice { date, price });
        }
    }

    fn note_event(&mut self, posted: &Posted<'_>) {
        let event = posted.transaction.id;
        if self.position.events.last() != Some(&event) {
            self.position.events.push(event);
        }
    }

    /// Lots that an event turns into cash. Those that were owed are paid for, and are a sale of their own.
    fn paid_for(&mut self, posted: &Posted<'_>, paid: Paid, lots: Vec<Closing>) -> Result<(), Reason> {
        self.note_event(posted);
        let (held, owed): (Vec<_>, Vec<_>) =
            lots.into_iter().partition(|(shares, _)| shares.is_sign_positive());
        let mut sales = Vec::with_capacity(1);
        let mut received = Decimal::ZERO;
        for lots in [held, owed].into_iter().filter(|lots| !lots.is_empty()) {
            let whole = lots.iter().try_fold(Decimal::ZERO, |sum, (shares, _)| sum.plus(*shares))?;
            let (net, shares) = match paid {
                Paid::PerShare(cash) => (whole.times(cash)?, Some(whole)),
                Paid::InLieu(cash) => (cash, None),
            };
            received = received.plus(net)?;
            let mut proceeds = self.booked(posted, Booked { net, fee: Decimal::ZERO, tax: Decimal::ZERO });
            if self.terms.explained {
                proceeds = proceeds.paid_by(EventCash { event: posted.transaction.id, shares });
            }
            sales.push((whole, proceeds, lots));
        }
        let amounts: Vec<_> = sales.iter().map(|(_, proceeds, _)| proceeds.base.clone()).collect();
        let flow = total(&amounts).map(|received| -received);
        self.flow(posted, PositionFlowKind::Sale, flow, Decimal::ZERO, Decimal::ZERO);
        self.moved(posted, CashKind::Sale, received);
        for (whole, proceeds, lots) in sales {
            let quantity = lots.iter().try_fold(Decimal::ZERO, |sum, (_, lot)| sum.plus(lot.quantity))?;
            self.realise(posted, quantity, proceeds, (whole, lots), false)?;
        }
        Ok(())
    }
}
