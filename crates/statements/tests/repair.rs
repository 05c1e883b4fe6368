//! What a person does about rows that cannot be used: correct them, or take them away as a file.
#![allow(clippy::unwrap_used)]

use std::fmt::Write as _;

use bellwether_domain::{Currency, TransactionDraft, TransactionKind};
use bellwether_statements::{
    Correction, IgnoredRow, ReadOptions, Statement, UnreadableFile, Verdict, read_transactions, rejects_csv,
};

const FILE: &[u8] = b"Ticker,Type,Date,Price,Shares,Note\nAAPL,Buy,2012-03-05,1,1,\n=cmd,Buy,2012-03-05,1,1,\"a, b\"\nIBM,Buy,soon,-5,1,@home\nMSFT,\"Buy,2012-03-05,1,1,\nIBM,Sell,2012-03-06,2,-1,\n";

fn options(corrections: impl IntoIterator<Item = (usize, Correction)>) -> ReadOptions {
    let options = ReadOptions::new(Currency::USD, "2013-03-01".parse().unwrap());
    ReadOptions { corrections: corrections.into_iter().collect(), ..options }
}

fn read(corrections: impl IntoIterator<Item = (usize, Correction)>) -> Statement {
    read_transactions(FILE, &options(corrections)).unwrap()
}

fn cells(cells: &[(usize, &str)]) -> Correction {
    Correction::Cells(cells.iter().map(|(column, text)| (*column, (*text).to_owned())).collect())
}

#[test]
fn rejected_rows_leave_as_they_came_with_their_reasons() {
    let csv = String::from_utf8(rejects_csv(&read([]))).unwrap();
    let lines: Vec<&str> = csv.strip_prefix('\u{feff}').unwrap().split("\r\n").collect();
    assert_eq!(lines[0], "Ticker,Type,Date,Price,Shares,Note,Reason");
    assert!(lines[1].starts_with("'=cmd,Buy,2012-03-05,1,1,\"a, b\",\"Ticker: "), "{}", lines[1]);
    assert!(lines[2].starts_with("IBM,Buy,soon,-5,1,'@home,\"Date: "), "{}", lines[2]);
    assert!(lines[3].starts_with("MSFT,\"\"\"Buy\",2012-03-05,1,1,,a quotation mark"), "{}", lines[3]);
    assert_eq!(lines.len(), 5);

    let again = read_transactions(&rejects_csv(&read([])), &options([])).unwrap();
    assert_eq!(again.rejected_rows(), 2, "the quotation mark that was never closed now is");
    assert_eq!(again.transactions().count(), 1);
}

#[test]
fn nothing_rejected_is_a_header_alone() {
    let good = read_transactions(b"Ticker,Type,Date,Price,Shares\nAAPL,Buy,2012-03-05,1,1\n", &options([]));
    assert_eq!(rejects_csv(&good.unwrap()), "\u{feff}Ticker,Type,Date,Price,Shares,Reason\r\n".as_bytes());
}

#[test]
fn corrected_cells_are_read_instead_of_the_files() {
    let statement = read([
        (1, cells(&[(0, "GOOG")])),
        (2, cells(&[(2, "3/5/2012"), (3, "5")])),
        (3, cells(&[(1, "Buy")])),
        (4, cells(&[(2, "never")])),
    ]);
    let kinds: Vec<_> = statement.rows.iter().map(|row| row.verdict.drafts().len()).collect();
    assert_eq!(kinds, [1, 1, 1, 1, 0]);
    assert_eq!(statement.rows[1].text.get(0), Some("GOOG"));
    let repaired = &statement.rows[2].verdict.drafts()[0];
    assert_eq!((repaired.date, repaired.price), ("2012-03-05".parse().unwrap(), Some("5".parse().unwrap())));
    let lines: Vec<_> = statement.rows.iter().map(|row| row.line).collect();
    assert_eq!(lines, read([]).rows.iter().map(|row| row.line).collect::<Vec<_>>());
}

#[test]
fn blank_lines_above_a_header_count_as_rows() {
    let headers = [
        "Ticker,Type,Date,Price,Shares",
        "Date,Action,Symbol,Description,Quantity,Price,Fees & Comm,Amount",
        "Account Number,Investment Name,Symbol,Shares,Share Price,Total Value,",
    ];
    for header in headers {
        let file = format!("{}{header}\n", "\n".repeat(250_001));
        let error = read_transactions(file.as_bytes(), &options([])).unwrap_err();
        assert_eq!(error, UnreadableFile::TooManyRows { limit: 250_000 }, "{header}");
    }
}

#[test]
fn as_many_reinvestments_as_a_file_can_hold_are_joined_in_a_moment() {
    let mut file = String::from("Date,Action,Symbol,Description,Quantity,Price,Fees & Comm,Amount\n");
    for cents in 1..=20_000 {
        writeln!(file, "05/04/2012,Cash Dividend,KO,X,,,,$0.{cents:05}").unwrap();
    }
    for cents in (1..=20_000).rev() {
        writeln!(file, "05/04/2012,Reinvest Shares,KO,X,1,,,-$0.{cents:05}").unwrap();
    }
    let statement = read_transactions(file.as_bytes(), &options([])).unwrap();
    let kinds = statement.transactions().map(|(_, draft)| draft.kind);
    assert_eq!(kinds.filter(|kind| *kind == TransactionKind::Reinvestment).count(), 20_000);
}

#[test]
fn a_row_can_become_another_transaction_or_none() {
    let mut deposit =
        TransactionDraft::new(TransactionKind::Deposit, "2012-04-01".parse().unwrap(), Currency::EUR);
    deposit.amount = Some("10".parse().unwrap());
    let nothing = TransactionDraft { amount: None, ..deposit.clone() };
    let statement = read([
        (0, Correction::LeaveOut),
        (1, Correction::Transaction(Box::new(deposit.clone()))),
        (2, Correction::Transaction(Box::new(nothing))),
        (99, Correction::LeaveOut),
    ]);
    assert_eq!(statement.rows[0].verdict, Verdict::Ignored(IgnoredRow::LeftOut));
    assert_eq!(statement.rows[1].verdict, Verdict::Transaction(deposit));
    let Verdict::Rejected(problems) = &statement.rows[2].verdict else { panic!("without its amount") };
    assert_eq!(problems[0].to_string(), "a deposit needs an amount");
}
