//! The forms of brokers and of other programs: a file of each in its exact layout, and what it comes to.
#![allow(clippy::unwrap_used)]

mod corrections;
mod degiro;
mod ghostfolio;
mod hostile;
mod ibkr;
mod ofx;
mod portfolio_performance;
mod trading_212;
mod wealthfolio;

use std::collections::BTreeMap;
use std::fmt::Write;

use bellwether_domain::{Currency, TransactionDraft};
use bellwether_statements::{
    ReadOptions, Statement, StatementFormat, Verdict, detect, number_twins, read_transactions,
};

fn options(symbols: &[(&str, &str)]) -> ReadOptions {
    let symbols: BTreeMap<_, _> =
        symbols.iter().map(|(named, symbol)| ((*named).to_owned(), symbol.parse().unwrap())).collect();
    ReadOptions { symbols, ..ReadOptions::new(Currency::EUR, "2026-11-20".parse().unwrap()) }
}

fn read(file: &[u8], symbols: &[(&str, &str)]) -> Statement {
    read_transactions(file, &options(symbols)).unwrap()
}

/// A transaction on one line: what it is, and then whatever it tells, by name.
fn told(draft: &TransactionDraft) -> String {
    let mut text = format!("{} {}", draft.date, draft.kind);
    let mut add = |name: &str, value: Option<String>| {
        if let Some(value) = value {
            let _ = write!(text, " {name}{value}");
        }
    };
    add("", draft.symbol.as_ref().map(ToString::to_string));
    add("into ", draft.other_symbol.as_ref().map(ToString::to_string));
    let numbers = [
        ("x", draft.quantity),
        ("at ", draft.price),
        ("amount ", draft.amount),
        ("fee ", draft.fee),
        ("tax ", draft.tax),
        ("lieu ", draft.cash_in_lieu),
        ("cost ", draft.cost_share),
    ];
    for (name, number) in numbers {
        add(name, number.map(|number| number.normalize().to_string()));
    }
    add("ratio ", draft.ratio.map(|ratio| format!("{}:{}", ratio.new, ratio.old)));
    add("acquired ", draft.acquired.map(|day| day.to_string()));
    add("", Some(draft.currency.to_string()));
    add("in ", Some(draft.account.clone()).filter(|account| !account.is_empty()));
    add("; ", Some(draft.note.clone()).filter(|note| !note.is_empty()));
    text
}

/// Each row on one line, and its further transactions on lines of their own.
fn rows(statement: &Statement) -> Vec<String> {
    let mut lines = Vec::new();
    for row in &statement.rows {
        match &row.verdict {
            Verdict::Ignored(why) => lines.push(format!("{}: - {why}", row.line)),
            Verdict::Rejected(problems) => {
                let problems: Vec<String> = problems.iter().map(ToString::to_string).collect();
                lines.push(format!("{}: ! {}", row.line, problems.join("; ")));
            }
            verdict => {
                lines.extend(verdict.drafts().iter().map(|draft| format!("{}: {}", row.line, told(draft))));
            }
        }
    }
    lines
}

/// Compares row by row, so that a difference is easily seen.
fn assert_rows(statement: &Statement, expected: &[&str]) {
    let found = rows(statement);
    for (found, expected) in found.iter().zip(expected) {
        assert_eq!(found, expected);
    }
    assert_eq!(found.len(), expected.len(), "{:#?}", &found[expected.len().min(found.len())..]);
}

/// What holds for every file of a form: it is recognised without doubt, read alike each time, and no two of its
/// transactions have one fingerprint.
fn assert_form(file: &[u8], symbols: &[(&str, &str)], format: StatementFormat) {
    let detected = detect(file).unwrap();
    assert_eq!(detected.first().map(|first| first.format), Some(format), "{detected:?}");
    assert!(detected[0].confidence >= 85, "{detected:?}");
    assert!(detected.iter().skip(1).all(|other| other.confidence < detected[0].confidence), "{detected:?}");
    let (first, again) = (read(file, symbols), read(file, symbols));
    assert_eq!(first, again);
    let mut fingerprints: Vec<String> = number_twins(&first.rows).into_iter().flatten().collect();
    assert_eq!(fingerprints, number_twins(&again.rows).into_iter().flatten().collect::<Vec<_>>());
    let count = fingerprints.len();
    fingerprints.sort();
    fingerprints.dedup();
    assert_eq!(fingerprints.len(), count, "twins are numbered");
}
