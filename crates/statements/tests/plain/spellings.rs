//! Columns, encodings, currencies, numbers and dates as people write them.

use super::*;

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
fn the_separator_line_of_a_spreadsheet_and_odd_columns_do_no_harm() {
    let statement = read("sep=;\nTicker;Date;52 weeks high;Amount\nAAPL;2012-03-25;9;1,5\n");
    assert_eq!(drafts(&statement)[0].amount, Some(number("1.5")));
    assert_eq!(statement.rows[0].verdict, Verdict::Ignored(IgnoredRow::AboveHeader));
}

#[test]
fn binary_fractions_from_spreadsheets_are_rounded_and_said_to_be() {
    let statement = read("Ticker,Type,Date,Price,Shares\nAAPL,Buy,2012-03-25,33.333333333333336,3\n");
    assert_eq!(drafts(&statement)[0].price, Some(number("33.333333333333")));
    assert_eq!(statement.notes, [Note::RoundedAmounts { rows: 1, decimals: 12 }]);
}
