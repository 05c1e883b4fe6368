//! Several portfolios as one: the same books that one ledger of all their bookings would be, but for their methods.

use std::collections::{BTreeMap, BTreeSet};

use bellwether_domain::{Currency, Symbol, TransactionId};
use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::{Books, CashBalance, CashBook, Position, PositionFlow, QuantityChange, Sale};
use crate::exact::Exact;
use crate::figure::{add, total};
use crate::performance::own_transfers;
use crate::{Figure, Reason};

impl Books {
    /// Several portfolios with their cash as one, for all figures that one portfolio has. An instrument that several
    /// hold is one position; shares and cash that one of them sends to another on the same day cross no border.
    ///
    /// The lots stay what each portfolio's cost method made of them; [`Books::options`] are those of the first. What
    /// was [decided](crate::Decisions::of_set) is asked of the portfolios themselves.
    ///
    /// # Errors
    /// [`Reason::NotHeld`] for none, [`Reason::MixedCurrencies`] for portfolios of different base currencies or when an
    /// instrument that the market does not know is booked in several, [`Reason::NotYetKnown`] unless all were replayed
    /// up to the same day, [`Reason::OutOfRange`] for amounts that no ledger has.
    pub fn together(set: &[&Self]) -> Figure<Self> {
        let (first, others) = set.split_first().ok_or(Reason::NotHeld)?;
        let mut whole = (*first).clone();
        if others.is_empty() {
            return Ok(whole);
        }
        if others.iter().any(|books| books.options.base != first.options.base) {
            return Err(Reason::MixedCurrencies);
        }
        let earliest = set.iter().map(|books| books.as_of).min().unwrap_or(first.as_of);
        if set.iter().any(|books| books.as_of != earliest) {
            return Err(Reason::NotYetKnown { as_of: earliest });
        }
        let (own, own_shares) = (own_transfers::of_portfolios(set), own_transfers::of_shares(set));
        whole.first_day = set.iter().filter_map(|books| books.first_day).min();
        whole.cash = cash(set)?;
        whole.positions = positions(set, &own_shares)?;
        whole.interest = merged(set, |books| &books.interest, |paid| paid.date);
        whole.charges = merged(set, |books| &books.charges, |charge| charge.date);
        whole.external = merged(set, |books| &books.external, |flow| flow.date);
        whole.external.retain(|flow| flow.transaction.is_none_or(|id| !own.contains(&id)));
        whole.later_rates = merged(set, |books| &books.later_rates, |later| later.date);
        whole.renamed = merged(set, |books| &books.renamed, |(date, ..)| *date);
        whole.renamed.dedup();
        Ok(whole)
    }
}

/// What all have, oldest first; of a day in the order of the portfolios.
fn merged<'a, O, T: Clone + 'a>(
    set: &[&'a O],
    of: impl Fn(&'a O) -> &'a Vec<T>,
    date: impl Fn(&T) -> NaiveDate,
) -> Vec<T> {
    let mut all: Vec<T> = set.iter().flat_map(|one| of(one)).cloned().collect();
    all.sort_by_key(date);
    all
}

fn days<T>(all: impl IntoIterator<Item = T>) -> BTreeSet<T>
where
    T: Ord,
{
    all.into_iter().collect()
}

fn cash(set: &[&Books]) -> Figure<CashBook> {
    let mut entries = merged(set, |books| &books.cash.entries, |entry| entry.date);
    let mut running: BTreeMap<Currency, Decimal> = BTreeMap::new();
    for entry in &mut entries {
        let balance = running.entry(entry.currency).or_default();
        *balance = balance.plus(entry.amount)?;
        entry.balance = *balance;
    }
    let mut by_currency: Vec<(Currency, Vec<&CashBalance>)> = Vec::new();
    for balance in set.iter().flat_map(|books| &books.cash.balances) {
        match by_currency.iter_mut().find(|(currency, _)| *currency == balance.currency) {
            Some((_, of)) => of.push(balance),
            None => by_currency.push((balance.currency, vec![balance])),
        }
    }
    let base = set.first().map(|books| books.options.base);
    by_currency.sort_by_key(|(currency, _)| Some(*currency) != base);
    let balances = by_currency.into_iter().map(|(currency, of)| {
        let on = |day| sum(of.iter().map(|balance| balance.on(day)));
        let dates = days(of.iter().flat_map(|balance| balance.changes.iter().map(|(date, _)| *date)));
        Ok(CashBalance {
            currency,
            balance: sum(of.iter().map(|balance| balance.balance))?,
            changes: dates.into_iter().map(|day| Ok((day, on(day)?))).collect::<Figure<_>>()?,
            booked: total(of.iter().map(|balance| &balance.booked)),
        })
    });
    Ok(CashBook { balances: balances.collect::<Figure<_>>()?, entries })
}

fn sum(mut amounts: impl Iterator<Item = Decimal>) -> Figure<Decimal> {
    amounts.try_fold(Decimal::ZERO, Exact::plus)
}

fn positions(set: &[&Books], own: &BTreeSet<TransactionId>) -> Figure<Vec<Position>> {
    let mut by_symbol: BTreeMap<&Symbol, Vec<&Position>> = BTreeMap::new();
    for position in set.iter().flat_map(|books| &books.positions) {
        by_symbol.entry(&position.symbol).or_default().push(position);
    }
    by_symbol.into_values().map(|of| position(&of, own)).collect()
}

fn position(of: &[&Position], own: &BTreeSet<TransactionId>) -> Figure<Position> {
    let [first, ..] = of else { return Err(Reason::NotHeld) };
    if of.iter().any(|position| position.currency != first.currency) {
        return Err(Reason::MixedCurrencies);
    }
    let mut whole = Position::new(first.symbol.clone(), first.currency, Vec::new());
    whole.quantity = sum(of.iter().map(|position| position.quantity))?;
    whole.lots = of.iter().flat_map(|position| &position.lots).cloned().collect();
    whole.opened = merged(of, |position| &position.opened, |lot| lot.arrived);
    (whole.sales, whole.closed_lots) = sales(of);
    whole.income = merged(of, |position| &position.income, |paid| paid.date);
    whole.charges = merged(of, |position| &position.charges, |charge| charge.date);
    for position in of {
        whole.trade_fees = add(whole.trade_fees, &position.trade_fees);
        whole.trade_taxes = add(whole.trade_taxes, &position.trade_taxes);
    }
    whole.flows = merged(of, |position| &position.flows, |flow| flow.date);
    whole.flows = whole.flows.into_iter().filter_map(|flow| across_the_border(flow, own)).collect();
    whole.transfers = merged(of, |position| &position.transfers, |moved| moved.date);
    whole.events = of.iter().flat_map(|position| position.events.iter().copied()).collect();
    let dates = days(of.iter().flat_map(|position| position.changes.iter().map(|change| change.date)));
    let change = |date| {
        Ok(QuantityChange {
            date,
            before: sum(of.iter().map(|position| position.quantity_before(date)))?,
            after: sum(of.iter().map(|position| position.quantity_on(date)))?,
        })
    };
    whole.changes = dates.into_iter().map(change).collect::<Figure<_>>()?;
    whole.booked_prices = merged(of, |position| &position.booked_prices, |booked| booked.date);
    whole.splits = merged(of, |position| &position.splits, |split| split.ex_date);
    whole.splits.dedup();
    Ok(whole)
}

/// Of a move between the portfolios only what it cost.
fn across_the_border(flow: PositionFlow, own: &BTreeSet<TransactionId>) -> Option<PositionFlow> {
    if flow.transaction.is_none_or(|transaction| !own.contains(&transaction)) {
        return Some(flow);
    }
    let amount = add(flow.fee.clone(), &flow.tax);
    (amount != Ok(Decimal::ZERO)).then_some(PositionFlow { amount, ..flow })
}

/// The sales, each with the lots that it closed.
fn sales(of: &[&Position]) -> (Vec<Sale>, Vec<super::ClosedLot>) {
    let mut each: Vec<(&Position, &Sale)> =
        of.iter().flat_map(|position| position.sales.iter().map(move |sale| (*position, sale))).collect();
    each.sort_by_key(|(_, sale)| sale.date);
    let (mut sales, mut closed) = (Vec::with_capacity(each.len()), Vec::new());
    for (position, sale) in each {
        let start = closed.len();
        closed.extend_from_slice(position.closed_by(sale));
        sales.push(Sale { closed: start..closed.len(), ..sale.clone() });
    }
    (sales, closed)
}
