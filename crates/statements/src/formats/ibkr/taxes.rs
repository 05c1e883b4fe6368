//! Taxes of Interactive Brokers that belong to a trade or a dividend.

use std::collections::{HashMap, HashSet};

use bellwether_domain::{Currency, Symbol, TransactionDraft, TransactionKind};
use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::entry::{Entry, Field, Section, Told};
use super::meaning::{TRADE_DAYS, day_of};
use crate::{IgnoredRow, Verdict};

/// Which trades tell their taxes, by their numbers and by account, instrument and day.
pub(super) struct TaxedTrades<'t> {
    numbers: HashSet<&'t str>,
    days: HashSet<(&'t str, &'t str, &'t str)>,
}

impl<'t> TaxedTrades<'t> {
    pub(super) fn of(told: &'t Told<'_>) -> Self {
        let taxes = |entry: &Entry<'_>| entry.text(Field::Taxes).bytes().any(|b| matches!(b, b'1'..=b'9'));
        let taxed = |entry: &&Entry<'_>| entry.section == Section::Trades && taxes(entry);
        let trades = || told.entries.iter().filter(taxed);
        Self {
            numbers: trades().filter_map(|trade| trade.given(Field::TradeId)).collect(),
            days: trades().map(|trade| Self::day(trade)).collect(),
        }
    }

    fn day<'e>(entry: &'e Entry<'_>) -> (&'e str, &'e str, &'e str) {
        let day = entry.first_of(TRADE_DAYS).map_or("", |(_, text)| day_of(text));
        (entry.text(Field::Account), entry.text(Field::Symbol), day)
    }

    /// Whether the trade that a tax is of tells it.
    pub(super) fn contain(&self, tax: &Entry<'_>) -> bool {
        let by_number = tax.given(Field::TradeId).is_some_and(|number| self.numbers.contains(number));
        by_number || self.days.contains(&Self::day(tax))
    }
}

/// Puts the tax that was withheld into the dividend of the same day, instrument and currency.
pub(super) fn join_withheld(told: &Told<'_>, verdicts: &mut [Verdict]) {
    let mut dividends: HashMap<(NaiveDate, Symbol, Currency, String), usize> = HashMap::new();
    let key = |draft: &TransactionDraft| {
        Some((draft.date, draft.symbol.clone()?, draft.currency, draft.account.clone()))
    };
    for (index, verdict) in verdicts.iter().enumerate() {
        if let Verdict::Transaction(draft) = verdict
            && draft.kind == TransactionKind::Dividend
            && let Some(key) = key(draft)
        {
            dividends.entry(key).or_insert(index);
        }
    }
    for (index, entry) in told.entries.iter().enumerate() {
        let Verdict::Transaction(tax) = &verdicts[index] else { continue };
        if entry.section != Section::Cash || tax.kind != TransactionKind::Tax {
            continue;
        }
        let (Some(dividend), Some(amount)) =
            (key(tax).and_then(|key| dividends.get(&key).copied()), tax.amount)
        else {
            continue;
        };
        let Verdict::Transaction(paid) = &mut verdicts[dividend] else { continue };
        let sum = paid.tax.unwrap_or_default().checked_add(amount);
        let Some(sum) = sum.filter(|sum| *sum >= Decimal::ZERO) else { continue };
        paid.tax = Some(sum).filter(|sum| !sum.is_zero());
        verdicts[index] = Verdict::Ignored(IgnoredRow::PartOf { line: told.entries[dividend].line });
    }
}
