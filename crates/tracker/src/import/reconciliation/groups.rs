//! What a file states, by the accounts and days that can be compared.

use std::collections::{BTreeMap, BTreeSet};

use bellwether_domain::{Currency, Symbol};
use bellwether_texts::{Sentence, Value};
use chrono::NaiveDate;
use rust_decimal::Decimal;

use crate::import::stated::Stated;

/// More accounts and days than this are not compared: each needs the ledger computed anew.
pub(super) const MOST_LEDGERS: usize = 24;

/// What is stated of an account on a day: quantity, cost and currency of shares, and cash.
#[derive(Default)]
pub(super) struct Shown {
    pub(super) shares: BTreeMap<Symbol, (Decimal, Option<Decimal>, Currency)>,
    pub(super) cash: BTreeMap<Currency, Decimal>,
}

impl Shown {
    fn add(&mut self, more: Self) {
        for (symbol, (quantity, cost, currency)) in more.shares {
            self.add_shares(symbol, quantity, cost, currency);
        }
        for (currency, amount) in more.cash {
            self.add_cash(currency, amount);
        }
    }

    fn add_shares(&mut self, symbol: Symbol, more: Decimal, more_cost: Option<Decimal>, currency: Currency) {
        let of_symbol = self.shares.entry(symbol).or_insert((Decimal::ZERO, Some(Decimal::ZERO), currency));
        let (quantity, cost, _) = of_symbol;
        *quantity = quantity.saturating_add(more);
        *cost = cost.zip(more_cost).and_then(|(sum, more)| sum.checked_add(more));
    }

    fn add_cash(&mut self, currency: Currency, more: Decimal) {
        let cash = self.cash.entry(currency).or_default();
        *cash = cash.saturating_add(more);
    }
}

/// What is stated, by account and day.
pub(super) type Groups = BTreeMap<(String, NaiveDate), Shown>;

/// What is stated by account and day, and whether there is more.
pub(super) fn grouped(
    stated: &Stated,
    came: NaiveDate,
    today: NaiveDate,
    notes: &mut Vec<Sentence>,
) -> (Groups, bool) {
    let last = stated.days.map(|(_, last)| last);
    let undated = last.unwrap_or(came).min(today);
    let mut groups = Groups::new();
    let mut more = false;
    let mut assumed = false;
    let mut group = |account: &str, date: Option<NaiveDate>| -> Option<(String, NaiveDate)> {
        assumed |= date.is_none();
        Some((account.to_owned(), date.unwrap_or(undated).min(today)))
    };
    for position in &stated.positions {
        let Some(key) = group(&position.account, position.date) else { continue };
        if groups.len() >= MOST_LEDGERS && !groups.contains_key(&key) {
            more = true;
            continue;
        }
        let shown = groups.entry(key).or_default();
        shown.add_shares(position.symbol.clone(), position.quantity, position.cost, position.currency);
    }
    for balance in &stated.cash {
        let Some(key) = group(&balance.account, balance.date) else { continue };
        if groups.len() >= MOST_LEDGERS && !groups.contains_key(&key) {
            more = true;
            continue;
        }
        groups.entry(key).or_default().add_cash(balance.currency, balance.amount);
    }
    if assumed {
        notes.push(Sentence::new("imports.reconciled.undated").with("day", Value::Date(undated)));
    }
    (groups, more)
}

/// Accounts of the file that the ledger does not tell apart are one in it: what is stated of them on one day is summed.
pub(super) fn together(groups: Groups, unknown: &BTreeSet<String>, notes: &mut Vec<Sentence>) -> Groups {
    if unknown.len() < 2 {
        return groups;
    }
    let (apart, kept): (Groups, Groups) =
        groups.into_iter().partition(|((account, _), _)| unknown.contains(account));
    let mut by_day: BTreeMap<NaiveDate, (usize, Shown)> = BTreeMap::new();
    for ((_, day), shown) in apart {
        let (accounts, whole) = by_day.entry(day).or_default();
        *accounts += 1;
        whole.add(shown);
    }
    let count = by_day.len();
    by_day.retain(|_, (accounts, _)| *accounts == unknown.len());
    if by_day.len() < count {
        let named = unknown.iter().map(|account| {
            if account.is_empty() {
                Sentence::new("imports.reconciled.nameless")
            } else {
                Sentence::verbatim(account.as_str())
            }
        });
        notes.push(
            Sentence::new("imports.reconciled.together").with("accounts", Value::Enumerated(named.collect())),
        );
    }
    let whole = by_day.into_iter().map(|(day, (_, shown))| ((String::new(), day), shown));
    kept.into_iter().chain(whole).collect()
}
