//! Files of splits and dividends: what is read, merged, refused.
#![allow(clippy::unwrap_used)]

use bellwether_domain::{ActionKind, Currency};
use bellwether_statements::{ActionsFile, UnreadableFile, read_actions};

fn read(file: &str) -> ActionsFile {
    read_actions(file.as_bytes()).unwrap()
}

/// `AAPL 2005-02-28 2:1` and `AAPL 2012-08-09 2.65 USD`.
fn lines(file: &ActionsFile) -> Vec<String> {
    let lines = file.actions.iter().map(|action| {
        let what = match action.kind {
            ActionKind::Split(ratio) => format!("{}:{}", ratio.new, ratio.old),
            ActionKind::CashDividend { amount, currency: None } => amount.to_string(),
            ActionKind::CashDividend { amount, currency: Some(currency) } => format!("{amount} {currency}"),
            ActionKind::CapitalGain { amount } => format!("gain {amount}"),
        };
        format!("{} {} {what}", action.symbol, action.ex_date)
    });
    lines.collect()
}

fn problems(file: &ActionsFile) -> Vec<(usize, String)> {
    file.rejected.iter().map(|row| (row.line, row.problems[0].to_string())).collect()
}

#[test]
fn splits_in_two_columns_or_one() {
    let two = read("date,symbol,new,old\n2005-02-28,AAPL,2,1\n2003-02-18,msft,2.0,1\n2011-05-09,C,1,10\n");
    let one =
        read("Ticker;Split Ratio;Ex-Date\nAAPL;2:1;28.2.2005\nMSFT;2 for 1;18.2.2003\nC;0,1;9.5.2011\n");
    assert_eq!(lines(&two), ["AAPL 2005-02-28 2:1", "MSFT 2003-02-18 2:1", "C 2011-05-09 1:10"]);
    assert_eq!(lines(&one), ["AAPL 2005-02-28 2:1", "MSFT 2003-02-18 2:1", "C 2011-05-09 0.1:1"]);
}

#[test]
fn dividends_with_and_without_currency() {
    let file = read("ex_date,symbol,amount\n2012-08-09,AAPL,2.65\n2012-11-07,AAPL,$2.65\n");
    assert_eq!(lines(&file), ["AAPL 2012-08-09 2.65", "AAPL 2012-11-07 2.65"]);
    let file = read(
        "ex_date,symbol,amount,currency\n2012-08-09,AAPL,2.65,USD\n2012-11-07,VOD.L,3.27,GBp\n2012-11-08,SAP.DE,0.75 €,\n",
    );
    assert_eq!(
        lines(&file),
        ["AAPL 2012-08-09 2.65 USD", "VOD.L 2012-11-07 0.0327 GBP", "SAP.DE 2012-11-08 0.75 EUR"]
    );
    assert!(matches!(file.actions[2].kind, ActionKind::CashDividend { currency: Some(Currency::EUR), .. }));
}

#[test]
fn what_is_told_twice_counts_once() {
    let file = read("date,symbol,new,old\n2005-02-28,AAPL,2,1\n2005-02-28,AAPL,4,2\n2005-02-28,AAPL,3,1\n");
    assert_eq!((lines(&file).len(), file.merged), (1, 1));
    assert_eq!(problems(&file), [(4, "date: line 2 says otherwise about the same day".into())]);
    let file = read("ex_date,symbol,amount\n2012-08-09,X,1\n2012-08-09,X,1.00\n2012-08-09,X,5\n");
    assert_eq!(lines(&file), ["X 2012-08-09 1", "X 2012-08-09 5"], "a special dividend may share the day");
    assert_eq!(file.merged, 1);
}

#[test]
fn bad_rows_are_told() {
    let file = read(
        "date,symbol,new,old\nx,AAPL,2,1\n2005-02-28,,2,1\n2005-02-28,AAPL,0,1\n2005-02-28,AAPL,,1\n2005-02-28,@A,2,1\n",
    );
    assert_eq!(
        problems(&file),
        [
            (2, "date: \"x\" is not a date: write it as 2012-03-05".into()),
            (3, "symbol: the symbol is missing".into()),
            (4, "new: \"0:1\" is not a ratio: write new and old shares as 2:1".into()),
            (5, "new: the number of new shares is missing".into()),
            (6, "symbol: \"@A\" begins like a formula and is not taken for a symbol".into()),
        ]
    );
    let file = read(
        "ex_date,symbol,amount,currency\n2012-08-09,AAPL,0,\n2012-08-09,AAPL,,\n2012-08-09,AAPL,€1,USD\n2012-08-09,AAPL,1,dollars\n2012-08-09,AAPL,1E12,\n",
    );
    assert_eq!(
        problems(&file),
        [
            (2, "amount: the amount must be greater than zero".into()),
            (3, "amount: the amount is missing".into()),
            (4, "amount: the row is in USD but this is in EUR".into()),
            (5, "currency: \"dollars\" is not a currency code: use three letters such as USD".into()),
            (6, "amount: \"1000000000000\" is out of range".into()),
        ]
    );
    assert_eq!(file.actions, []);
}

#[test]
fn a_file_that_could_be_both_is_refused() {
    let error = read_actions(b"date,symbol,new,old,amount\n").unwrap_err();
    assert_eq!(error, UnreadableFile::SplitsAndDividends { line: 1 });
    let error = read_actions(b"date,symbol,new\n2005-02-28,AAPL,2\n").unwrap_err().to_string();
    assert!(error.contains("new and old shares or the amount is missing"), "{error}");
}

#[test]
fn real_splits_and_dividends_are_read() {
    let splits = read_actions(include_bytes!("../../../tests/realdata/splits.csv")).unwrap();
    assert_eq!(lines(&splits), ["AAPL 2000-06-21 2:1", "AAPL 2005-02-28 2:1", "MSFT 2003-02-18 2:1"]);
    let dividends = read_actions(include_bytes!("../../../tests/realdata/dividends.csv")).unwrap();
    assert_eq!((dividends.actions.len(), dividends.rejected.len(), dividends.merged), (92, 0, 0));
}
