//! A file of each broker in its exact layout, with every kind of row that it has: what each row becomes.
#![allow(clippy::unwrap_used)]

#[path = "samples/corrections.rs"]
mod corrections;
#[path = "samples/etrade.rs"]
mod etrade;
#[path = "samples/fidelity.rs"]
mod fidelity;
#[path = "samples/robinhood.rs"]
mod robinhood;
#[path = "samples/schwab.rs"]
mod schwab;
#[path = "samples/vanguard.rs"]
mod vanguard;

use std::path::Path;

use bellwether_domain::{Currency, TransactionDraft};
use bellwether_statements::{
    ReadOptions, Statement, StatementFormat, Verdict, detect, number_twins, read_transactions,
};

/// The file in the folder `tests` of the crate.
fn bytes(file: &str) -> Vec<u8> {
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(file)).unwrap()
}

/// For a portfolio in euros, so that dollars have to come from the file.
fn options() -> ReadOptions {
    ReadOptions::new(Currency::EUR, "2026-06-30".parse().unwrap())
}

/// Reads a sample, and checks what holds of every one: that it is recognised, that it reads the same again, that no two
/// rows share a fingerprint, and that no line is missing.
fn sample(file: &str, format: StatementFormat) -> Statement {
    let bytes = bytes(file);
    let detected = detect(&bytes).unwrap();
    assert_eq!(detected[0].format, format);
    let statement = read_transactions(&bytes, &options()).unwrap();
    assert_eq!((statement.format, statement.confidence), (format, detected[0].confidence));
    let again = read_transactions(&bytes, &ReadOptions { format: Some(format), ..options() }).unwrap();
    assert_eq!(again, statement);

    let fingerprints = number_twins(&statement.rows);
    assert_eq!(fingerprints, number_twins(&again.rows));
    let mut unique: Vec<&String> = fingerprints.iter().flatten().collect();
    unique.sort_unstable();
    unique.dedup();
    assert_eq!(unique.len(), statement.transactions().count());
    statement
}

/// Each row on one line: its physical line and what it became.
fn told(statement: &Statement) -> Vec<String> {
    statement
        .rows
        .iter()
        .map(|row| {
            let what = match &row.verdict {
                Verdict::Rejected(problems) => {
                    let problems: Vec<String> = problems.iter().map(ToString::to_string).collect();
                    format!("rejected: {}", problems.join("; "))
                }
                Verdict::Ignored(why) => format!("ignored: {why}"),
                verdict => verdict.drafts().iter().map(spelled).collect::<Vec<_>>().join(" + "),
            };
            format!("{}: {what}", row.line)
        })
        .collect()
}

/// A draft in one line, with everything that it says except account and note.
fn spelled(draft: &TransactionDraft) -> String {
    let mut text = format!("{} {}", draft.date, draft.kind);
    let mut told = |name: &str, value: Option<String>| {
        if let Some(value) = value {
            text.push(' ');
            text.push_str(name);
            text.push_str(&value);
        }
    };
    told("", draft.symbol.as_ref().map(ToString::to_string));
    told("into ", draft.other_symbol.as_ref().map(ToString::to_string));
    told("", draft.quantity.map(|v| v.normalize().to_string()));
    told("@ ", draft.price.map(|v| v.normalize().to_string()));
    told("= ", draft.amount.map(|v| v.normalize().to_string()));
    told("fee ", draft.fee.map(|v| v.normalize().to_string()));
    told("tax ", draft.tax.map(|v| v.normalize().to_string()));
    told("ratio ", draft.ratio.map(|r| format!("{}:{}", r.new.normalize(), r.old.normalize())));
    told("cost share ", draft.cost_share.map(|v| v.to_string()));
    told("in lieu ", draft.cash_in_lieu.map(|v| v.normalize().to_string()));
    told("acquired ", draft.acquired.map(|v| v.to_string()));
    told("", Some(draft.currency.to_string()));
    text
}

/// Compares line by line, so that a difference shows where it is.
fn assert_told(statement: &Statement, expected: &[&str]) {
    let told = told(statement);
    for (told, expected) in told.iter().zip(expected) {
        assert_eq!(told, expected);
    }
    assert_eq!(told.len(), expected.len(), "{:?}", told.get(expected.len()));
}
