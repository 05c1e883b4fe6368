//! Income received, by month, year and payer.

use std::collections::BTreeMap;

use bellwether_domain::Symbol;
use chrono::Datelike;
use rust_decimal::Decimal;
use serde::Serialize;

use crate::figure::total;
use crate::{Books, Figure, Income, IncomeKind, Period};

/// Sums of payments in the base currency, each at the rate of its day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct IncomeSum {
    /// Before tax and fee.
    pub gross: Figure<Decimal>,
    /// Withheld.
    pub tax: Figure<Decimal>,
    /// Kept by the broker.
    pub fee: Figure<Decimal>,
    /// What arrived.
    pub net: Figure<Decimal>,
    /// How many payments.
    pub payments: usize,
    /// How many of them the ledger does not record: inferred from known dividends.
    pub inferred: usize,
}

/// The income of one month, year or payer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct IncomeOf<K> {
    /// Which.
    pub of: K,
    /// How much.
    pub sum: IncomeSum,
}

/// What a portfolio received: dividends and interest by the day of payment, inferred dividends by their ex-date.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct IncomeReceived {
    /// All of it.
    pub total: IncomeSum,
    /// Dividends alone.
    pub dividends: IncomeSum,
    /// Interest alone.
    pub interest: IncomeSum,
    /// By year, oldest first; years without any are left out.
    pub by_year: Vec<IncomeOf<i32>>,
    /// By year and month (1 to 12), oldest first; months without any are left out.
    pub by_month: Vec<IncomeOf<(i32, u32)>>,
    /// Dividends by payer, in the order of the symbols.
    pub by_symbol: Vec<IncomeOf<Symbol>>,
}

impl IncomeReceived {
    /// Adds up the income of a period, or all of it when `None`.
    pub fn of(books: &Books, period: Option<Period>) -> Self {
        let mut income = books.income();
        income.retain(|paid| period.is_none_or(|period| period.contains(paid.date)));
        let of_kind = |kind| IncomeSum::of(income.iter().copied().filter(|paid| paid.kind == kind));
        Self {
            total: IncomeSum::of(income.iter().copied()),
            dividends: of_kind(IncomeKind::Dividend),
            interest: of_kind(IncomeKind::Interest),
            by_year: grouped(&income, |paid| Some(paid.date.year())),
            by_month: grouped(&income, |paid| Some((paid.date.year(), paid.date.month()))),
            by_symbol: grouped(&income, |paid| paid.symbol.clone()),
        }
    }
}

impl IncomeSum {
    fn of<'a>(payments: impl Iterator<Item = &'a Income>) -> Self {
        let payments: Vec<_> = payments.collect();
        let sum = |amount: &dyn Fn(&Income) -> Figure<Decimal>| {
            total(&payments.iter().map(|paid| amount(paid)).collect::<Vec<_>>())
        };
        Self {
            gross: sum(&|paid| paid.in_base(paid.gross)),
            tax: sum(&|paid| paid.in_base(paid.tax)),
            fee: sum(&|paid| paid.in_base(paid.fee)),
            net: sum(&Income::net_in_base),
            inferred: payments.iter().filter(|paid| paid.is_inferred()).count(),
            payments: payments.len(),
        }
    }
}

fn grouped<K: Ord>(income: &[&Income], key: impl Fn(&Income) -> Option<K>) -> Vec<IncomeOf<K>> {
    let mut groups: BTreeMap<K, Vec<&Income>> = BTreeMap::new();
    for paid in income {
        if let Some(key) = key(paid) {
            groups.entry(key).or_default().push(paid);
        }
    }
    groups.into_iter().map(|(of, paid)| IncomeOf { of, sum: IncomeSum::of(paid.into_iter()) }).collect()
}
