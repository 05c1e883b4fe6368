//! Entries of Interactive Brokers that undo others: both come to nothing.

use std::collections::{HashMap, HashSet};

use bellwether_domain::TransactionKind;

use super::entry::{Entry, Field, Section};
use super::meaning::{CASH_DAYS, Meaning, day_of, described};
use crate::{IgnoredRow, Reason, Verdict};

/// Account, instrument, price and quantity of a trade, as they are written.
type TradeKey<'k> = (&'k str, &'k str, &'k str, String);

impl<'t, 'a> Meaning<'t, 'a, '_> {
    /// Finds the trades that were cancelled: both, the trade and its cancellation, come to nothing.
    pub(super) fn cancel_trades(&mut self, verdicts: &mut [Verdict]) {
        let is_cancellation = |entry: &Entry<'_>| {
            entry.section == Section::Trades
                && (entry.text(Field::BuySell).contains("(Ca.)")
                    || entry.text(Field::TransactionType).ends_with("Cancel")
                    || entry.text(Field::LevelOfDetail) == "Trade Cancel"
                    || entry.text(Field::Notes).split(';').any(|code| code == "Ca"))
        };
        let key = |entry: &'t Entry<'a>| -> TradeKey<'t> {
            let quantity = entry.text(Field::Quantity).trim_start_matches('-').replace(',', "");
            (entry.text(Field::Account), entry.text(Field::Symbol), entry.text(Field::Price), quantity)
        };
        if !self.told.entries.iter().any(is_cancellation) {
            return;
        }
        let mut trades: HashMap<TradeKey<'t>, Vec<usize>> = HashMap::new();
        for (index, entry) in self.told.entries.iter().enumerate() {
            let is_trade = !verdicts[index].drafts().is_empty() && entry.section == Section::Trades;
            if is_trade && !is_cancellation(entry) {
                trades.entry(key(entry)).or_default().push(index);
            }
        }
        for (index, entry) in self.told.entries.iter().enumerate().filter(|(_, entry)| is_cancellation(entry))
        {
            if matches!(verdicts[index], Verdict::Ignored(_))
                && entry.text(Field::LevelOfDetail) != "Trade Cancel"
            {
                continue;
            }
            verdicts[index] = match trades.get_mut(&key(entry)).and_then(Vec::pop) {
                Some(cancelled) => {
                    verdicts[cancelled] =
                        Verdict::Ignored(IgnoredRow::WithoutEffect("a trade that was cancelled"));
                    Verdict::Ignored(IgnoredRow::WithoutEffect("the cancellation of a trade"))
                }
                None => Verdict::rejected(Reason::TakesBack(TransactionKind::Buy)),
            };
        }
    }

    /// Finds the dividends that were taken back, by account, instrument, currency and amount; of the same day if there is one.
    pub(super) fn take_back_dividends(&mut self, verdicts: &mut [Verdict]) {
        let mut paid: HashMap<(String, &str, &str, String), Vec<usize>> = HashMap::new();
        let mut paid_on: HashMap<_, Vec<usize>> = HashMap::new();
        let mut taken = HashSet::new();
        let key = |entry: &'t Entry<'a>| {
            let (ticker, isin) = described(entry.text(Field::Description)).unwrap_or_default();
            let instrument = [entry.text(Field::Isin), isin, entry.text(Field::Symbol), ticker]
                .into_iter()
                .find(|name| !name.is_empty())
                .unwrap_or_default();
            let amount = entry.text(Field::Amount).trim_start_matches('-').to_owned();
            (instrument.to_owned(), entry.text(Field::Account), entry.text(Field::Currency), amount)
        };
        let day = |entry: &'t Entry<'a>| entry.first_of(CASH_DAYS).map_or("", |(_, text)| day_of(text));
        let is_reversal = |verdict: &Verdict| {
            matches!(verdict, Verdict::Rejected(problems)
                if problems.iter().any(|problem| problem.reason == Reason::TakesBack(TransactionKind::Dividend)))
        };
        if !verdicts.iter().any(is_reversal) {
            return;
        }
        for (index, entry) in self.told.entries.iter().enumerate() {
            let is_dividend = matches!(&verdicts[index], Verdict::Transaction(draft) if draft.kind == TransactionKind::Dividend);
            if entry.section == Section::Cash && is_dividend {
                paid_on.entry((key(entry), day(entry))).or_default().push(index);
                paid.entry(key(entry)).or_default().push(index);
            }
        }
        for (index, entry) in self.told.entries.iter().enumerate() {
            if entry.section != Section::Cash || !is_reversal(&verdicts[index]) {
                continue;
            }
            let mut of_the_day = paid_on.get_mut(&(key(entry), day(entry)));
            let mut others = paid.get_mut(&key(entry));
            let found = loop {
                let next = of_the_day.as_mut().and_then(|days| days.pop());
                match next.or_else(|| others.as_mut()?.pop()) {
                    Some(candidate) if !taken.insert(candidate) => {}
                    found => break found,
                }
            };
            if let Some(found) = found {
                verdicts[found] =
                    Verdict::Ignored(IgnoredRow::WithoutEffect("a dividend that was taken back"));
                verdicts[index] = Verdict::Ignored(IgnoredRow::WithoutEffect("this takes back a dividend"));
            }
        }
    }
}
