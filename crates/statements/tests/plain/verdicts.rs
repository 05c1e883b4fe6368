//! What is said about rows that are bad or none, and about files that are no tables.

use std::fmt::Write;

use super::*;

#[test]
fn an_unclosed_quotation_mark_costs_one_row() {
    let statement = read(
        "Ticker,Type,Date,Price,Shares\n\"AAPL,Buy,2012-03-25,1,1\nMSFT,Buy,2012-03-25,\"1\",1\nIBM,Buy,2012-03-25,1,1",
    );
    let rejected: Vec<_> =
        statement.rejected().map(|(row, problems)| (row.line, problems[0].reason.clone())).collect();
    assert_eq!(rejected, [(2, Reason::UnclosedQuote)]);
    assert_eq!(statement.transactions().count(), 2);
}

#[test]
fn everything_that_is_wrong_with_a_row_is_told() {
    assert_eq!(
        problems("Ticker,Type,Date,Price,Shares,Fee\nA B,Buy,2014-01-01,-1,ten,x\n"),
        [
            "Shares: \"ten\" is not a number",
            "Fee: \"x\" is not a number",
            "Ticker: \"A B\" is not a ticker symbol: use letters, digits and . - ^ = & only, at most 24 of them",
            "Date: the date 2014-01-01 is in the future",
            "Price: the price must not be negative",
        ]
    );
    assert_eq!(
        problems("Ticker,Type,Date,Price,Shares\n,hold,,,\n"),
        [
            "Date: the date is missing",
            "Type: \"hold\" is no kind of transaction: use buy, sell, dividend, reinvestment, deposit, withdrawal, fee, tax, interest, split, spin-off, merger, ticker-change, transfer-in or transfer-out"
        ]
    );
    assert_eq!(
        problems("Ticker,Type,Date,Price,Shares\n,Sell,1812-01-01,,\n"),
        [
            "Date: the date 1812-01-01 is before 1900",
            "Shares: a sell needs a quantity",
            "Price: a sell needs a price",
            "Ticker: a sell needs a symbol",
        ]
    );
    assert_eq!(
        problems("Ticker,Type,Date,Price,Shares\nAAPL,Deposit,2012-03-25,,\n"),
        ["a deposit needs an amount"],
        "a column that the file has not is not named"
    );
}

#[test]
fn five_bad_rows_among_two_hundred_are_the_only_ones_refused() {
    let bad = [
        "AAPL,Buy,31/12/2012,1,1",
        "AAPL,Buy,2/30/2012,1,1",
        "A B,Hold,1/1/2031,1,1",
        "IBM,Sell,5/1/2012,,-",
        "\"IBM,Buy",
    ];
    let mut file = String::from("Ticker,Type,Date,Price,Shares\n");
    for row in 0..200 {
        match (row % 40, bad.get(row / 40)) {
            (20, Some(bad)) => file.push_str(bad),
            _ => write!(file, "AAPL,Buy,{}/{}/2012,{row}.25,1", 1 + row % 12, 1 + row % 28).unwrap(),
        }
        file.push('\n');
    }
    let statement = read(&file);
    assert_eq!(statement.transactions().count(), 195);
    let rejected: Vec<(usize, Vec<Option<&str>>)> = statement
        .rejected()
        .map(|(row, problems)| (row.line, problems.iter().map(|problem| problem.column.as_deref()).collect()))
        .collect();
    assert_eq!(
        rejected,
        [
            (22, vec![Some("Date")]),
            (62, vec![Some("Date")]),
            (102, vec![Some("Type"), Some("Ticker"), Some("Date")]),
            (142, vec![Some("Shares"), Some("Price")]),
            (182, vec![None]),
        ]
    );
}

#[test]
fn real_trades_are_read() {
    let file = include_bytes!("../../../../tests/realdata/trades.csv");
    let statement = read(file);
    assert_eq!(drafts(&statement).len(), String::from_utf8_lossy(file).lines().count() - 1);
    assert_eq!(drafts(&statement)[0].note, "first trade");
}

#[test]
fn a_row_with_too_many_cells_is_not_misread() {
    assert_eq!(
        problems("Ticker,Type,Date,Price,Shares\nAAPL,Buy,2012-03-25,1,234.50,10\n"),
        [
            "the row has 6 cells but there are 5 columns: put cells that contain the delimiter in quotation marks"
        ]
    );
    assert_eq!(only("Ticker,Type,Date,Price,Shares\nAAPL,Buy,2012-03-25,1234.50,10,,,\n"), purchase());
}

#[test]
fn formulas_are_no_symbols() {
    for cell in ["=AAPL", "+AAPL", "@AAPL", "-AAPL", "\"=HYPERLINK(\"\"x\"\")\""] {
        let problems = problems(format!("Ticker,Date,Amount\n{cell},2012-03-25,1\n"));
        assert!(problems[0].ends_with("begins like a formula and is not taken for a symbol"), "{problems:?}");
    }
    for symbol in ["BRK-B", "^GSPC", "EURUSD=X", "NA", "TRUE", "M&M.NS"] {
        assert_eq!(only(format!("Ticker,Date,Amount\n{symbol},2012-03-25,1\n")).symbol, symbol.parse().ok());
    }
}

#[test]
fn lines_that_are_no_rows_are_said_to_be_none() {
    let statement = read(
        "Account 12345\n\nTicker,Type,Date,Price,Shares\n# January\nAAPL,Buy,2012-03-25,1,1\n  , ,,,\n\n\
         ticker,type,date,price,shares\nMSFT,Buy,2012-03-25,1,1\nTotal,,,2,2\n,,Grand Total:,2,2\n",
    );
    let verdicts: Vec<_> = statement
        .rows
        .iter()
        .map(|row| match &row.verdict {
            Verdict::Ignored(why) => (row.line, Some(*why)),
            _ => (row.line, None),
        })
        .collect();
    assert_eq!(
        verdicts,
        [
            (1, Some(IgnoredRow::AboveHeader)),
            (2, Some(IgnoredRow::Blank)),
            (4, Some(IgnoredRow::Comment)),
            (5, None),
            (6, Some(IgnoredRow::Blank)),
            (7, Some(IgnoredRow::Blank)),
            (8, Some(IgnoredRow::RepeatedHeader)),
            (9, None),
            (10, Some(IgnoredRow::Total)),
            (11, Some(IgnoredRow::Total)),
        ]
    );
    assert_eq!(statement.header_line, 3);
    assert_eq!(statement.rejected().count(), 0);
}

#[test]
fn twins_in_one_file_differ_and_a_second_reading_does_not() {
    let file = "Ticker,Type,Date,Price,Shares\nAAPL,Buy,2012-03-25,1,1\nbad\nAAPL,buy,3/25/2012,$1.00,1.0\nIBM,Buy,2012-03-25,1,1\n";
    let first = number_twins(&read(file).rows);
    assert!(first[1].is_empty());
    let ends: Vec<_> = first.iter().flatten().map(|text| text.rsplit_once('#').unwrap()).collect();
    assert_eq!((ends[0].0, ends[0].1, ends[1].1, ends[2].1), (ends[1].0, "1", "2", "1"));
    assert_eq!(first, number_twins(&read(file).rows));
}

#[test]
fn files_that_are_no_tables_come_with_advice() {
    assert_eq!(unreadable(""), UnreadableFile::Empty);
    let text = unreadable("Dear customer,\nplease find enclosed nothing.\n").to_string();
    assert!(text.contains("Ticker,Type,Date,Price,Shares"), "{text}");
    let text = unreadable("Ticker,Date,Price,Shares\nAAPL,2012-03-25,1,1\n").to_string();
    assert!(text.contains("Type (buy, sell, dividend ...) is missing"), "{text}");
    assert_eq!(unreadable("a,b\n1,\0\n"), UnreadableFile::Binary { line: 2 });
    assert!(matches!(unreadable(b"PK\x03\x04\x14\0\0\0"), UnreadableFile::OtherKind { .. }));
    assert!(matches!(unreadable(vec![b'x'; (32 << 20) + 1]), UnreadableFile::TooLarge { limit_mib: 32 }));

    let names: Vec<String> = (0..300).map(|column| format!("c{column}")).collect();
    assert!(matches!(unreadable(names.join(",")), UnreadableFile::TooManyColumns { line: 1, limit: 256 }));
    let wide = format!("Ticker,Date,Amount\nAAPL,2012-03-25,1{}\n", ",x".repeat(400));
    assert_eq!(unreadable(wide), UnreadableFile::TooManyColumns { line: 2, limit: 256 });
    let long = format!("Ticker,Date,Amount\n{}", "\n".repeat(250_001));
    assert_eq!(unreadable(long), UnreadableFile::TooManyRows { limit: 250_000 });
}

#[test]
fn a_hundred_thousand_rows_and_as_many_bad_ones() {
    let mut file = String::from("Ticker,Type,Date,Price,Shares\n");
    for row in 0..100_000 {
        file.push_str(if row % 2 == 0 { "AAPL,Buy,2012-03-25,1,1\n" } else { "\"AAPL,Buy\n" });
    }
    let statement = read(&file);
    assert_eq!(statement.rows.len(), 100_000);
    assert_eq!(statement.transactions().count(), 50_000);
    let last = number_twins(&statement.rows).into_iter().flatten().next_back().unwrap();
    assert!(last.ends_with("#50000"));
}
