//! Mergers that a broker books as several rows: the shares that leave, those that come, and cash.

use std::collections::BTreeMap;

use bellwether_domain::{Currency, Symbol, TransactionDraft, TransactionKind};
use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::broker::judged;
use crate::ratio::split_ratio;
use crate::verdict::Problems;
use crate::{IgnoredRow, Reason, Row, Verdict};

/// The rows of mergers by their day and account.
#[derive(Debug, Default)]
pub(crate) struct Legs {
    days: BTreeMap<(NaiveDate, String), Vec<Leg>>,
}

/// One of the rows of a merger.
#[derive(Debug)]
pub(crate) struct Leg {
    pub(crate) line: usize,
    pub(crate) symbol: Symbol,
    /// Positive when they came.
    pub(crate) shares: Decimal,
    pub(crate) cash: Decimal,
    pub(crate) currency: Currency,
}

/// What a day's rows come to.
struct Merged {
    from: Symbol,
    left: Decimal,
    into: Option<(Symbol, Decimal)>,
    cash: Decimal,
    currency: Currency,
}

impl Legs {
    /// Keeps a row, with the verdict that it has until [`Legs::join`] knows better.
    pub(crate) fn leg(&mut self, date: NaiveDate, account: String, leg: Leg) -> Verdict {
        self.days.entry((date, account)).or_default().push(leg);
        Verdict::rejected(Reason::Untold {
            kind: TransactionKind::Merger,
            what: "which shares became which, and what was paid for them",
        })
    }

    /// Makes one transaction of the rows of each day and account on which one holding left for at most one other, at the row of the
    /// shares that left. Other days keep their verdicts.
    pub(crate) fn join(self, rows: &mut [Row], today: NaiveDate) {
        for ((date, account), legs) in self.days {
            let Some((at, merged)) = merged(&legs) else { continue };
            let (verdict, _) = judged(vec![merged.draft(date, account)], Problems::default(), today);
            if !matches!(verdict, Verdict::Transaction(_)) {
                continue;
            }
            let mut verdict = Some(verdict);
            for leg in &legs {
                let Ok(row) = rows.binary_search_by_key(&leg.line, |row| row.line) else { continue };
                rows[row].verdict = match verdict.take_if(|_| leg.line == at) {
                    Some(merger) => merger,
                    None => Verdict::Ignored(IgnoredRow::PartOf { line: at }),
                };
            }
        }
    }
}

fn merged(legs: &[Leg]) -> Option<(usize, Merged)> {
    let mut leaving = legs.iter().filter(|leg| leg.shares < Decimal::ZERO);
    let mut coming = legs.iter().filter(|leg| leg.shares > Decimal::ZERO);
    let left = leaving.next()?;
    let came = coming.next();
    let alone = leaving.next().is_none() && coming.next().is_none();
    let named = |symbol: &Symbol| *symbol == left.symbol || came.is_some_and(|came| came.symbol == *symbol);
    if !alone || !legs.iter().all(|leg| named(&leg.symbol) && leg.currency == left.currency) {
        return None;
    }
    let cash = legs.iter().try_fold(Decimal::ZERO, |sum, leg| sum.checked_add(leg.cash))?;
    let into = came.map(|came| (came.symbol.clone(), came.shares));
    let currency = left.currency;
    Some((left.line, Merged { from: left.symbol.clone(), left: -left.shares, into, cash, currency }))
}

impl Merged {
    fn draft(self, date: NaiveDate, account: String) -> TransactionDraft {
        let mut draft = TransactionDraft::new(TransactionKind::Merger, date, self.currency);
        draft.account = account;
        draft.symbol = Some(self.from);
        if let Some((into, came)) = self.into {
            draft.other_symbol = Some(into);
            draft.ratio = split_ratio(came, self.left);
        }
        if !self.cash.is_zero() {
            draft.price = self.cash.checked_div(self.left).map(|each| each.round_dp(18));
        }
        draft
    }
}
