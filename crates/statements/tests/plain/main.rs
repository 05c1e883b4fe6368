//! The plain tables: each way in which people's files differ, by name.
#![allow(clippy::unwrap_used)]

mod kinds;
mod spellings;
mod verdicts;

use bellwether_domain::{Currency, SplitRatio, TransactionDraft, TransactionKind};
use bellwether_statements::{
    IgnoredRow, Note, ReadOptions, Reason, Statement, StatementFormat, UnreadableFile, Verdict, number_twins,
    read_transactions,
};
use chrono::NaiveDate;
use rust_decimal::Decimal;

fn options() -> ReadOptions {
    ReadOptions::new(Currency::USD, "2013-03-01".parse().unwrap())
}

fn read(file: impl AsRef<[u8]>) -> Statement {
    read_transactions(file.as_ref(), &options()).unwrap()
}

fn unreadable(file: impl AsRef<[u8]>) -> UnreadableFile {
    read_transactions(file.as_ref(), &options()).unwrap_err()
}

fn drafts(statement: &Statement) -> Vec<&TransactionDraft> {
    if let Some((row, problems)) = statement.rejected().next() {
        panic!("line {} {:?}: {problems:?}", row.line, row.text);
    }
    statement.transactions().map(|(_, draft)| draft).collect()
}

fn only(file: impl AsRef<[u8]>) -> TransactionDraft {
    let statement = read(file);
    let drafts = drafts(&statement);
    assert_eq!(drafts.len(), 1);
    drafts[0].clone()
}

/// The problems of the only rejected row, as a person sees them.
fn problems(file: impl AsRef<[u8]>) -> Vec<String> {
    let statement = read(file);
    let rejected: Vec<_> = statement.rejected().collect();
    assert_eq!(rejected.len(), 1, "{:?}", statement.rows);
    rejected[0].1.iter().map(ToString::to_string).collect()
}

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn number(text: &str) -> Decimal {
    text.parse().unwrap()
}

/// 10 AAPL bought at 1,234.50 on 2012-03-25.
fn purchase() -> TransactionDraft {
    TransactionDraft {
        symbol: Some("AAPL".parse().unwrap()),
        quantity: Some(Decimal::TEN),
        price: Some(number("1234.50")),
        ..TransactionDraft::new(TransactionKind::Buy, day("2012-03-25"), Currency::USD)
    }
}
