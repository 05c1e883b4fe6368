//! Corporate actions of Interactive Brokers: what leaves and what comes are entries of their own, which belong together by
//! the action's number or, in statements, by their day and words.

use std::collections::HashMap;

use bellwether_domain::{Symbol, TransactionKind};
use rust_decimal::Decimal;

use super::entry::{Entry, Field, Section};
use super::meaning::{Meaning, described};
use crate::number::DecimalStyle;
use crate::ratio::{ratio_of_positions, read_ratio};
use crate::verdict::shortened;
use crate::{IgnoredRow, Reason, Verdict};

/// Judges the entries of each action together.
pub(super) fn judge(meaning: &mut Meaning<'_, '_, '_>, verdicts: &mut [Verdict]) {
    let told = meaning.told;
    let mut actions: Vec<Vec<usize>> = Vec::new();
    let mut places: HashMap<(String, &str), usize> = HashMap::new();
    for (index, entry) in told.entries.iter().enumerate() {
        if entry.section != Section::CorporateActions {
            continue;
        }
        // The words of all entries of an action are the same but for the instrument in the last parentheses.
        let words = entry.text(Field::Description);
        let words = words.rsplit_once(" (").map_or(words, |(words, _)| words.trim_end());
        let number = entry.given(Field::ActionId).map(str::to_owned);
        let day = || entry.first_of(DAYS).map_or("", |(_, day)| day);
        let key = (number.unwrap_or_else(|| format!("{} {words}", day())), entry.text(Field::Account));
        let place = *places.entry(key).or_insert_with(|| {
            actions.push(Vec::new());
            actions.len() - 1
        });
        actions[place].push(index);
    }
    for action in actions {
        judge_one(meaning, &action, verdicts);
    }
}

const DAYS: &[Field] = &[Field::DateTime, Field::ReportDate];

/// What an action is, by its code or, in statements, by its words.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Action {
    Split,
    StockDividend,
    SpinOff,
    Merger,
    NewName,
    Other,
}

fn action_of(entry: &Entry<'_>) -> Action {
    let words = entry.text(Field::Description).to_ascii_uppercase();
    match entry.text(Field::Type) {
        "FS" | "RS" => Action::Split,
        "SD" => Action::StockDividend,
        "SO" => Action::SpinOff,
        "TC" => Action::Merger,
        "IC" => Action::NewName,
        "" if words.contains(" SPLIT ") => Action::Split,
        "" if words.contains(" STOCK DIVIDEND ") => Action::StockDividend,
        "" if words.contains(" SPINOFF ") => Action::SpinOff,
        "" if words.contains(" MERGED(") => Action::Merger,
        "" if words.contains("CUSIP/ISIN CHANGE") => Action::NewName,
        _ => Action::Other,
    }
}

/// `4 FOR 1` in the words of an action.
fn told_ratio(entry: &Entry<'_>) -> Option<bellwether_domain::SplitRatio> {
    let words = entry.text(Field::Description).to_ascii_uppercase();
    let words: Vec<&str> = words.split_whitespace().collect();
    let place = words.iter().position(|word| *word == "FOR")?;
    let (new, old) = (words.get(place.checked_sub(1)?)?, words.get(place + 1)?);
    read_ratio(&format!("{new}:{old}"), DecimalStyle::Point).ok()
}

fn judge_one<'a>(meaning: &mut Meaning<'_, 'a, '_>, action: &[usize], verdicts: &mut [Verdict]) {
    let told = meaning.told;
    let entries: Vec<&Entry<'a>> = action.iter().filter_map(|index| told.entries.get(*index)).collect();
    let Some(first) = entries.first().copied() else { return };
    let all = |verdicts: &mut [Verdict], verdict: &Verdict| {
        for index in action {
            verdicts[*index] = verdict.clone();
        }
    };
    let kind = action_of(first);
    if entries.iter().any(|entry| entry.text(Field::Notes).split(';').any(|code| code == "Ca")) {
        all(verdicts, &Verdict::rejected(Reason::TakesBack(TransactionKind::Split)));
        return;
    }
    let untold = |kind, what| Verdict::rejected(Reason::Untold { kind, what });
    let verdict = match kind {
        Action::Other => {
            let text = shortened(first.text(Field::Description));
            all(verdicts, &Verdict::rejected(Reason::UnknownEntry { text }));
            return;
        }
        Action::SpinOff => {
            let what = "what part of the cost moves to the new shares";
            all(verdicts, &untold(TransactionKind::SpinOff, what));
            return;
        }
        Action::Split | Action::StockDividend => split(meaning, &entries, kind),
        Action::Merger | Action::NewName => exchange(meaning, &entries, kind),
    };
    // The first entry says what the action is, the others belong to it.
    let line = first.line;
    let others = match &verdict {
        Verdict::Transaction(_) | Verdict::Transactions(_) => Verdict::Ignored(IgnoredRow::PartOf { line }),
        // Said in full once, or an action of many entries would say it a million times.
        Verdict::Rejected(problems) => Verdict::Rejected(problems.iter().take(1).cloned().collect()),
        Verdict::Ignored(why) => Verdict::Ignored(*why),
    };
    all(verdicts, &others);
    if let Some(index) = action.first() {
        verdicts[*index] = verdict;
    }
}

fn split<'a>(meaning: &mut Meaning<'_, 'a, '_>, entries: &[&Entry<'a>], kind: Action) -> Verdict {
    let Some(first) = entries.first() else { return Verdict::Ignored(IgnoredRow::Blank) };
    let mut reading = meaning.reading(first);
    let date = reading.date(DAYS);
    let currency = reading.currency(Field::Currency);
    let ratio = told_ratio(first).and_then(|ratio| match kind {
        // New shares for those held, which stay.
        Action::StockDividend => ratio_of_positions(ratio.new.checked_add(ratio.old)?, ratio.old),
        _ => Some(ratio),
    });
    let is_old = |entry: &&&Entry<'_>| entry.text(Field::Symbol).strip_suffix(".OLD").is_some();
    let kept = entries.iter().find(|entry| !is_old(entry)).unwrap_or(first);
    let mut draft = meaning.draft(first, TransactionKind::Split, date, currency);
    draft.symbol = meaning.symbol(kept, currency).map_err(|reason| reading.problems.add(None, reason)).ok();
    draft.ratio = ratio;
    meaning.judged(vec![draft], reading.problems)
}

/// Shares for others, for cash, or for both.
fn exchange<'a>(meaning: &mut Meaning<'_, 'a, '_>, entries: &[&Entry<'a>], kind: Action) -> Verdict {
    let Some(first) = entries.first() else { return Verdict::Ignored(IgnoredRow::Blank) };
    let mut reading = meaning.reading(first);
    let date = reading.date(DAYS);
    let mut left: Option<(Symbol, Decimal)> = None;
    let mut came: Option<(Symbol, Decimal)> = None;
    let mut cash = Decimal::ZERO;
    let mut currency = None;
    let mut several = false;
    for entry in entries {
        let mut one = meaning.reading(entry);
        let own = one.currency(Field::Currency);
        let quantity = one.number(Field::Quantity).unwrap_or_default();
        let proceeds = one.number(Field::Proceeds).unwrap_or_default();
        reading.problems.extend(one.problems);
        cash = cash.checked_add(proceeds).unwrap_or_default();
        currency = currency.or(own);
        if quantity.is_zero() {
            continue;
        }
        // What is described first is what was held; the entry itself is named by its symbol.
        let symbol = meaning.symbol(entry, own);
        let symbol = match symbol {
            Ok(symbol) => symbol,
            Err(reason) => {
                reading.problems.add(None, reason);
                continue;
            }
        };
        let side = if quantity.is_sign_negative() { &mut left } else { &mut came };
        several |= side.is_some();
        *side = Some((symbol, quantity.abs()));
    }
    if !reading.problems.0.is_empty() {
        return Verdict::Rejected(reading.problems.0);
    }
    let untold = |what| Verdict::rejected(Reason::Untold { kind: TransactionKind::Merger, what });
    if several {
        return untold("which of the shares that came are for which that left");
    }
    let Some((symbol, gone)) = left else {
        let held = described(first.text(Field::Description)).map(|(ticker, _)| ticker).unwrap_or_default();
        return if held.is_empty() { untold("which shares left") } else { untold("how many shares left") };
    };
    if kind == Action::NewName {
        return match came {
            Some((into, _)) if into == symbol => {
                Verdict::Ignored(IgnoredRow::WithoutEffect("the same shares under another number"))
            }
            Some((into, _)) => {
                let mut draft = meaning.draft(first, TransactionKind::TickerChange, date, currency);
                (draft.symbol, draft.other_symbol) = (Some(symbol), Some(into));
                meaning.judged(vec![draft], reading.problems)
            }
            None => untold("what the shares became"),
        };
    }
    let mut draft = meaning.draft(first, TransactionKind::Merger, date, currency);
    draft.price = cash.checked_div(gone).filter(|price| !price.is_zero()).map(|price| price.round_dp(12));
    draft.symbol = Some(symbol);
    if let Some((into, received)) = came {
        draft.ratio = told_ratio(first)
            .filter(|_| draft.price.is_none())
            .or_else(|| ratio_of_positions(received, gone));
        draft.other_symbol = Some(into);
    }
    meaning.judged(vec![draft], reading.problems)
}
