//! Each way in which people's tables differ, by name.
#![allow(clippy::unwrap_used)]

use bellwether_domain::{Currency, SplitRatio, TransactionDraft, TransactionKind};
use bellwether_statements::{
    IgnoredRow, Note, ReadOptions, Reason, Statement, StatementFormat, UnreadableFile, Verdict, number_twins,
    read_transactions,
};
use chrono::NaiveDate;
use rust_decimal::Decimal;

fn options() -> ReadOptions {
    ReadOptions { default_currency: Currency::USD, today: "2013-03-01".parse().unwrap() }
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

#[test]
fn the_plain_form_of_transactions() {
    let statement = read("Ticker,Type,Date,Price,Shares\nAAPL,Buy,2012-03-25,1234.50,10\n");
    assert_eq!(statement.format, StatementFormat::PlainTransactions);
    assert_eq!((statement.confidence, statement.header_line), (95, 1));
    assert_eq!(statement.notes, []);
    assert_eq!(drafts(&statement), [&purchase()]);
}

#[test]
fn the_plain_form_of_dividends() {
    let statement = read("Ticker,Date,Amount\nAAPL,2012-08-09,265.00\n");
    assert_eq!(statement.format, StatementFormat::PlainDividends);
    let dividend = drafts(&statement)[0].clone();
    assert_eq!((dividend.kind, dividend.amount), (TransactionKind::Dividend, Some(number("265"))));
}

#[test]
fn columns_in_any_order_under_usual_names_beside_others() {
    for file in [
        "Shares,Date,Colour,Ticker,Price,Type\n10,2012-03-25,red,AAPL,1234.50,Buy\n",
        "SYMBOL,ACTION,TRADE DATE,QUANTITY,PRICE\nAAPL,BUY,2012-03-25,10,1234.50\n",
        "stock symbol,Transaction_Type,Settlement Date,Trade-Date,Qty.,Price/Share\n\
         AAPL,Bought,2012-03-28,2012-03-25,10,1234.50\n",
        "Units,Instrument,Side,Date of Trade,Unit Price\n10,AAPL,b,2012-03-25,1234.50\n",
    ] {
        assert_eq!(only(file), purchase(), "{file}");
    }
    let statement = read("Ticker,Type,Date,Price,Shares,Mood\nAAPL,Buy,2012-03-25,1,1,good\n");
    assert_eq!(statement.notes, [Note::IgnoredColumns { names: vec!["Mood".into()] }]);
}

#[test]
fn every_encoding_delimiter_and_line_ending() {
    let table = [
        ["Ticker", "Type", "Date", "Price", "Shares", "Note"],
        ["AAPL", "Buy", "2012-03-25", "1234.50", "10", "für später"],
    ];
    for delimiter in [",", ";", "\t", "|"] {
        for ending in ["\n", "\r\n", "\r"] {
            let text: String = table.iter().map(|row| row.join(delimiter) + ending).collect();
            let utf_16: Vec<u16> = format!("\u{feff}{text}").encode_utf16().collect();
            let windows: Vec<u8> = text.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect();
            for bytes in [
                text.clone().into_bytes(),
                format!("\u{feff}{text}").into_bytes(),
                utf_16.iter().flat_map(|unit| unit.to_le_bytes()).collect(),
                utf_16.iter().flat_map(|unit| unit.to_be_bytes()).collect(),
                windows,
            ] {
                let expected = TransactionDraft { note: "für später".into(), ..purchase() };
                assert_eq!(only(bytes), expected, "{delimiter:?} {ending:?}");
            }
        }
    }
}

#[test]
fn a_file_that_is_not_utf_8_says_so() {
    let statement = read(b"Ticker,Date,Amount,Note\nAAPL,2012-03-25,10,caf\xe9\n");
    assert_eq!(statement.notes, [Note::AssumedWindows1252]);
    assert_eq!(drafts(&statement)[0].note, "café");
}

#[test]
fn quoted_cells_with_line_breaks_keep_the_line_numbers_right() {
    let statement = read(
        "Ticker,Type,Date,Price,Shares,Note\nAAPL,Buy,2012-03-25,\"1,234.50\",10,\"one\ntwo \"\"x\"\"\"\n\
         MSFT,Buy,2012-03-26,30,1,\n",
    );
    assert_eq!(drafts(&statement)[0].note, "one\ntwo \"x\"");
    let lines: Vec<_> = statement.rows.iter().map(|row| (row.line, row.last_line)).collect();
    assert_eq!(lines, [(2, 3), (4, 4)]);
}

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
fn currencies_in_cells_columns_and_headers() {
    let header = "Ticker,Type,Date,Price,Shares";
    let row = |price: &str| only(format!("{header}\nAAPL,Buy,2012-03-25,{price},10\n"));
    assert_eq!(row("\"$1,234.50\""), purchase());
    assert_eq!(row("1234.50 USD"), purchase());
    assert_eq!(row("€1234.50"), TransactionDraft { currency: Currency::EUR, ..purchase() });
    assert_eq!(row("£1234.50").currency, Currency::GBP);
    assert_eq!(row("123450 GBp"), TransactionDraft { currency: Currency::GBP, ..purchase() });

    let euros = TransactionDraft { currency: Currency::EUR, fee: Some(Decimal::ONE), ..purchase() };
    assert_eq!(only(format!("{header},Currency,Fee\nAAPL,Buy,2012-03-25,1234.50,10,EUR,1\n")), euros);
    assert_eq!(only(format!("{header},Currency,Fee\nAAPL,Buy,2012-03-25,1234.50,10,eur,1 €\n")), euros);
    assert_eq!(only("Ticker,Type,Date,Price (EUR),Shares,Fee\nAAPL,Buy,2012-03-25,1234.50,10,1\n"), euros);
    let pounds = only(format!("{header},Currency,Fee\nAAPL,Buy,2012-03-25,123450,10,GBX,100\n"));
    assert_eq!(pounds, TransactionDraft { currency: Currency::GBP, ..euros });

    let canadian = ReadOptions { default_currency: "CAD".parse().unwrap(), ..options() };
    let file = format!("{header}\nAAPL,Buy,2012-03-25,$1234.50,10\n");
    let statement = read_transactions(file.as_bytes(), &canadian).unwrap();
    assert_eq!(
        drafts(&statement)[0].currency,
        canadian.default_currency,
        "a dollar at home is the one at home"
    );

    assert_eq!(
        problems(format!("{header},Currency\nAAPL,Buy,2012-03-25,$1234.50,10,EUR\n")),
        ["Price: the row is in EUR but this is in USD"]
    );
    assert_eq!(
        problems(format!("{header},Currency\nAAPL,Buy,2012-03-25,1,€10,Euro\n")),
        [
            "Currency: \"Euro\" is not a currency code: use three letters such as USD",
            "Shares: \"€10\" is not a number"
        ]
    );
}

#[test]
fn thousands_and_decimals_in_every_style() {
    for price in ["1234.5", "\"1,234.50\"", "1'234.50", "1 234.50", "1\u{202f}234.50", "1\u{a0}234.500"] {
        assert_eq!(
            only(format!("Ticker,Type,Date,Price,Shares\nAAPL,Buy,2012-03-25,{price},10\n")),
            purchase()
        );
    }
    for price in ["1234,5", "1.234,50", "1'234,50", "1 234,50 ", "\"1.234,50\""] {
        assert_eq!(
            only(format!("Ticker;Type;Date;Price;Shares\nAAPL;Buy;2012-03-25;{price};10\n")),
            purchase()
        );
    }
}

#[test]
fn one_number_tells_how_all_are_written() {
    let file = |other: &str| {
        format!(
            "Ticker\tType\tDate\tPrice\tShares\nAAPL\tBuy\t2012-03-25\t1,234\t10\nIBM\tBuy\t2012-03-25\t{other}\t1\n"
        )
    };
    let price = |other: &str| drafts(&read(file(other)))[0].price;
    assert_eq!(price("1,5"), Some(number("1.234")));
    assert_eq!(price("1.5"), Some(number("1234")));

    let open = read(file("7"));
    assert_eq!(drafts(&open)[0].price, Some(number("1234")));
    assert_eq!(open.notes, [Note::AmbiguousNumbers { line: 2, example: "1,234".into(), mark: '.' }]);
    let semicolons = read(file("7").replace('\t', ";"));
    assert_eq!(drafts(&semicolons)[0].price, Some(number("1.234")));
    assert_eq!(semicolons.notes, [Note::AmbiguousNumbers { line: 2, example: "1,234".into(), mark: ',' }]);
}

#[test]
fn a_file_with_both_decimal_marks_is_read_where_it_is_clear() {
    let statement = read("Ticker;Date;Amount\nA;2012-03-25;1,5\nB;2012-03-25;2.5\nC;2012-03-25;1,234\n");
    let amounts: Vec<_> =
        statement.transactions().map(|(_, draft)| draft.amount.unwrap().to_string()).collect();
    assert_eq!(amounts, ["1.5", "2.5"]);
    assert!(matches!(statement.rejected().next().unwrap().1[0].reason, Reason::AmbiguousNumber { .. }));
    assert!(matches!(statement.notes[..], [Note::MixedDecimalMarks { point_line: 3, comma_line: 2 }]));
}

#[test]
fn dates_in_every_form() {
    for date in [
        "2012-03-25",
        "3/25/2012",
        "03/25/12",
        "25.3.2012",
        "25/03/2012",
        "2012/03/25",
        "20120325",
        "25-Mar-2012",
        "\"Mar 25, 2012\"",
        "\"March 25, 2012\"",
        "25 mar 12",
        "2012-03-25T09:30:00Z",
        "3/25/2012 4:00 PM",
    ] {
        assert_eq!(
            only(format!("Ticker,Type,Date,Price,Shares\nAAPL,Buy,{date},1234.50,10\n")),
            purchase(),
            "{date}"
        );
    }
}

#[test]
fn one_date_tells_how_all_are_written() {
    let file = |other: &str| format!("Ticker,Date,Amount\nAAPL,3/5/2012,1\nIBM,{other},1\n");
    let first = |other: &str| drafts(&read(file(other)))[0].date;
    assert_eq!(first("25/12/2011"), day("2012-05-03"));
    assert_eq!(first("12/25/2011"), day("2012-03-05"));

    let open = read(file("4/5/2012"));
    assert_eq!(drafts(&open)[0].date, day("2012-03-05"), "the American order unless something tells");
    assert_eq!(open.notes, [Note::AmbiguousDates { line: 2, example: "3/5/2012".into() }]);
    assert!(read(file("25/12/2011")).notes.is_empty());
}

#[test]
fn a_file_with_both_date_orders_is_read_where_it_is_clear() {
    let statement = read("Ticker,Date,Amount\nA,25/12/2011,1\nB,12/26/2011,1\nC,3/5/2012,1\n");
    let dates: Vec<_> = statement.transactions().map(|(_, draft)| draft.date.to_string()).collect();
    assert_eq!(dates, ["2011-12-25", "2011-12-26"]);
    assert!(matches!(statement.rejected().next().unwrap().1[0].reason, Reason::AmbiguousDate { .. }));
}

#[test]
fn a_slip_in_one_date_is_the_only_one_refused() {
    let file = "Ticker,Date,Amount\nA,12/25/2011,1\nB,12/26/2011,1\nC,3/5/2012,1\nD,1/13/2012,1\nE,1/14/2012,1\n\
                F,14/1/2012,1\n";
    assert_eq!(
        problems(file),
        ["Date: \"14/1/2012\" is not a date with the month first, as the other dates of the file are"]
    );
}

#[test]
fn types_in_any_case_and_words() {
    for kind in ["buy", "BUY", "bUy", " Bought ", "Purchase"] {
        assert_eq!(
            only(format!("Ticker,Type,Date,Price,Shares\naapl,{kind},2012-03-25,1234.50,10\n")),
            purchase()
        );
    }
}

#[test]
fn a_sale_may_have_any_sign() {
    let sale = TransactionDraft { kind: TransactionKind::Sell, ..purchase() };
    for shares in ["10", "-10", "(10)", "10-"] {
        assert_eq!(
            only(format!("Ticker,Type,Date,Price,Shares\nAAPL,Sell,2012-03-25,1234.50,{shares}\n")),
            sale
        );
    }
    let by_amount = TransactionDraft { price: None, amount: Some(number("12345")), ..sale };
    for (shares, amount) in [("-10", "12345"), ("10", "-12345"), ("-10", "(12345.00)")] {
        let file = format!("Ticker,Type,Date,Amount,Shares\nAAPL,Sell,2012-03-25,{amount},{shares}\n");
        assert_eq!(only(file), by_amount);
    }
    assert_eq!(
        problems("Ticker,Type,Date,Price,Shares\nAAPL,Buy,2012-03-25,1234.50,-10\n"),
        ["Shares: the quantity of a buy is negative: is it a sell or a transfer-out?"]
    );
}

#[test]
fn fees_and_taxes_are_added_up_whatever_sign_the_file_gives_them() {
    let header = "Ticker,Type,Date,Price,Shares,Fee,Commission,Tax";
    let costly = TransactionDraft { fee: Some(number("5.45")), tax: Some(number("0.1")), ..purchase() };
    for costs in ["0.50,4.95,0.1", "-0.50,(4.95),-0.1"] {
        assert_eq!(only(format!("{header}\nAAPL,Buy,2012-03-25,1234.50,10,{costs}\n")), costly);
    }
    assert_eq!(only(format!("{header}\nAAPL,Buy,2012-03-25,1234.50,10,,-,0.00\n")), purchase());
    let mixed = format!("{header}\nAAPL,Buy,2012-03-25,1,1,1,,\nAAPL,Buy,2012-03-25,1,1,-1,,\n");
    assert_eq!(problems(mixed), ["Fee: the fee must not be negative"]);
}

#[test]
fn a_net_amount_is_taken_apart() {
    let amount = |row: &str| {
        only(format!("Ticker,Type,Date,Shares,Net Amount,Fee,Tax\n{row}\n"))
            .amount
            .map(|amount| amount.to_string())
    };
    assert_eq!(amount("AAPL,Buy,2012-03-25,10,-105,5,").as_deref(), Some("100"));
    assert_eq!(amount("AAPL,Sell,2012-03-25,10,95,5,").as_deref(), Some("100"));
    assert_eq!(amount("AAPL,Dividend,2012-03-25,,85,,15").as_deref(), Some("100"));
}

#[test]
fn all_kinds_of_transactions() {
    let header = "Ticker,Type,Date,Price,Shares,Amount,Fee,Tax,Ratio,Account,Note";
    let row = |cells: &str| only(format!("{header}\n{cells}\n"));
    let new = |kind| TransactionDraft::new(kind, day("2012-03-25"), Currency::USD);
    let apple = Some("AAPL".parse().unwrap());

    let dividend = TransactionDraft {
        symbol: apple.clone(),
        amount: Some(number("26.5")),
        tax: Some(number("3.98")),
        account: "ISA".into(),
        note: "first in years".into(),
        ..new(TransactionKind::Dividend)
    };
    assert_eq!(row("AAPL,dividend,2012-03-25,,,26.50,,3.98,,ISA,first in years"), dividend);
    let by_share = TransactionDraft { tax: None, account: String::new(), note: String::new(), ..dividend };
    assert_eq!(row("AAPL,div,2012-03-25,2.65,10,,,,,,"), by_share, "per share times shares");

    let cash = |kind, amount| TransactionDraft { amount: Some(number(amount)), ..new(kind) };
    assert_eq!(row(",Deposit,2012-03-25,,,1000,,,,,"), cash(TransactionKind::Deposit, "1000"));
    assert_eq!(row("CASH,Withdrawal,2012-03-25,,,-1000,,,,,"), cash(TransactionKind::Withdrawal, "1000"));
    assert_eq!(row("-,Fee,2012-03-25,,,-12,,,,,"), cash(TransactionKind::Fee, "12"));
    assert_eq!(row(",Fee,2012-03-25,,,,12,,,,"), cash(TransactionKind::Fee, "12"));
    assert_eq!(row(",Interest,2012-03-25,,,-3.5,,,,,"), cash(TransactionKind::Interest, "-3.5"));
    assert_eq!(row(",Margin Interest,2012-03-25,,,3.5,,,,,"), cash(TransactionKind::Interest, "-3.5"));

    let split = TransactionDraft {
        symbol: apple.clone(),
        ratio: SplitRatio::new(Decimal::TWO, Decimal::ONE),
        ..new(TransactionKind::Split)
    };
    for cells in [
        "AAPL,Split,2012-03-25,,,,,,2:1,,",
        "AAPL,Split,2012-03-25,0,,2 for 1,,,,,",
        "AAPL,split,2012-03-25,,2/1,,,,,,",
    ] {
        assert_eq!(row(cells), split);
    }

    let reinvested = TransactionDraft {
        symbol: apple.clone(),
        quantity: Some(number("0.5")),
        price: Some(number("600")),
        amount: Some(number("300")),
        ..new(TransactionKind::Reinvestment)
    };
    assert_eq!(row("AAPL,DRIP,2012-03-25,600,0.5,-300,,,,,"), reinvested);

    let moved =
        TransactionDraft { symbol: apple, quantity: Some(Decimal::TEN), ..new(TransactionKind::TransferOut) };
    assert_eq!(row("AAPL,Transfer Out,2012-03-25,1,-10,,,,,,"), moved);
    let came = TransactionDraft { kind: TransactionKind::TransferIn, price: Some(number("12.5")), ..moved };
    assert_eq!(row("AAPL,Transfer In,2012-03-25,,10,125,,,,,"), came);
}

#[test]
fn a_fee_that_its_kind_cannot_have_is_not_dropped() {
    assert_eq!(
        problems("Type,Date,Amount,Fee,Tax\nDeposit,2012-03-25,100,5,1\n"),
        [
            "Fee: a deposit has no fee of its own: give it a row of its own",
            "Tax: a deposit has no tax of its own: give it a row of its own"
        ]
    );
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
            "Type: \"hold\" is no kind of transaction: use buy, sell, dividend, reinvestment, deposit, withdrawal, fee, interest, split, transfer-in or transfer-out"
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
fn binary_fractions_from_spreadsheets_are_rounded_and_said_to_be() {
    let statement = read("Ticker,Type,Date,Price,Shares\nAAPL,Buy,2012-03-25,33.333333333333336,3\n");
    assert_eq!(drafts(&statement)[0].price, Some(number("33.333333333333")));
    assert_eq!(statement.notes, [Note::RoundedAmounts { rows: 1, decimals: 12 }]);
}

#[test]
fn twins_in_one_file_differ_and_a_second_reading_does_not() {
    let file = "Ticker,Type,Date,Price,Shares\nAAPL,Buy,2012-03-25,1,1\nbad\nAAPL,buy,3/25/2012,$1.00,1.0\nIBM,Buy,2012-03-25,1,1\n";
    let first = number_twins(&read(file).rows);
    assert_eq!(first[1], None);
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
