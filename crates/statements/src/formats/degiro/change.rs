//! Changes of a position that the broker books as a sale and a purchase: splits, mergers, new names and numbers.

use bellwether_domain::{Currency, Symbol, TransactionDraft, TransactionKind};
use chrono::NaiveDate;
use rust_decimal::Decimal;

use crate::formats::broker::judged;
use crate::ratio::ratio_of_positions;
use crate::verdict::Problems;
use crate::{IgnoredRow, ReadOptions, Reason, Verdict};

/// What the broker says that a change is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Change {
    Split,
    Merger,
    NewName,
}

/// One side of a change.
pub(super) struct Side {
    pub(super) symbol: Result<Symbol, Reason>,
    pub(super) shares: Decimal,
}

/// The verdict on the row on which the new shares come.
pub(super) fn verdict(
    change: Change,
    (date, currency): (NaiveDate, Currency),
    old: Side,
    new: Side,
    options: &ReadOptions,
) -> Verdict {
    let mut problems = Problems::default();
    let mut named = |side: Result<Symbol, Reason>| side.map_err(|reason| problems.add(None, reason)).ok();
    let (Some(held), Some(into)) = (named(old.symbol), named(new.symbol)) else {
        return Verdict::Rejected(problems.0);
    };
    let draft =
        |kind| TransactionDraft { symbol: Some(held.clone()), ..TransactionDraft::new(kind, date, currency) };
    let renamed =
        || TransactionDraft { other_symbol: Some(into.clone()), ..draft(TransactionKind::TickerChange) };
    let ratio = ratio_of_positions(new.shares, old.shares);
    let mut drafts = Vec::new();
    match change {
        Change::Merger if held != into => drafts.push(TransactionDraft {
            other_symbol: Some(into.clone()),
            ratio,
            ..draft(TransactionKind::Merger)
        }),
        _ => {
            if old.shares != new.shares {
                drafts.push(TransactionDraft { ratio, ..draft(TransactionKind::Split) });
            }
            if held != into {
                drafts.push(renamed());
            }
        }
    }
    if drafts.is_empty() {
        return Verdict::Ignored(IgnoredRow::WithoutEffect("the same shares under another number"));
    }
    judged(drafts, problems, options.today).0
}
