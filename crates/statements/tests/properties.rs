//! What holds for every file: what was written is read, no line is lost, and nothing panics.
#![allow(clippy::unwrap_used)]

use bellwether_domain::{Currency, PriceBasis, TransactionDraft, TransactionId, TransactionKind};
use bellwether_statements::{
    PriceOptions, ReadOptions, Statement, Verdict, number_twins, read_actions, read_prices,
    read_transactions, rejects_csv, suggest_mapping,
};
use chrono::NaiveDate;
use proptest::prelude::*;
use rust_decimal::Decimal;

fn options() -> ReadOptions {
    ReadOptions::new(Currency::USD, NaiveDate::from_ymd_opt(2026, 6, 30).unwrap())
}

/// How one spreadsheet writes.
#[derive(Debug, Clone)]
struct Spelling {
    delimiter: char,
    ending: &'static str,
    date: DateForm,
    /// Before the decimals.
    mark: char,
    /// Between thousands.
    group: &'static str,
    negative: Negative,
    currency: (&'static str, &'static str),
    encoding: Encoding,
}

#[derive(Debug, Clone, Copy)]
enum DateForm {
    Format(&'static str),
    American,
    European,
}

#[derive(Debug, Clone, Copy)]
enum Negative {
    Before,
    After,
    Parentheses,
}

#[derive(Debug, Clone, Copy)]
enum Encoding {
    Utf8,
    Utf8Marked,
    Utf16Little,
    Utf16Big,
}

impl Spelling {
    fn date(&self, date: NaiveDate) -> String {
        match self.date {
            DateForm::Format(format) => date.format(format).to_string(),
            DateForm::American => date.format("%-m/%-d/%Y").to_string(),
            DateForm::European => date.format("%d/%m/%y").to_string(),
        }
    }

    fn number(&self, value: Decimal) -> String {
        let text = value.abs().to_string();
        let (whole, decimals) = text.split_once('.').unwrap_or((&text, ""));
        let mut spelled = String::new();
        for (index, digit) in whole.chars().enumerate() {
            if index > 0 && (whole.len() - index).is_multiple_of(3) {
                spelled.push_str(self.group);
            }
            spelled.push(digit);
        }
        if !decimals.is_empty() {
            spelled.push(self.mark);
            spelled.push_str(decimals);
        }
        match (value.is_sign_negative(), self.negative) {
            (false, _) => spelled,
            (true, Negative::Before) => format!("-{spelled}"),
            (true, Negative::After) => format!("{spelled}-"),
            (true, Negative::Parentheses) => format!("({spelled})"),
        }
    }

    fn money(&self, value: Decimal) -> String {
        format!("{}{}{}", self.currency.0, self.number(value), self.currency.1)
    }

    fn write(&self, header: &[&str], rows: &[Vec<String>]) -> Vec<u8> {
        let header = header.iter().map(|name| (*name).to_owned()).collect();
        let lines = std::iter::once(&header).chain(rows).map(|cells: &Vec<String>| {
            let cells: Vec<String> = cells.iter().map(|cell| self.cell(cell)).collect();
            cells.join(&self.delimiter.to_string()) + self.ending
        });
        let text: String = lines.collect();
        let utf_16 = |bytes_of: fn(u16) -> [u8; 2]| {
            std::iter::once(0xfeff).chain(text.encode_utf16()).flat_map(bytes_of).collect()
        };
        match self.encoding {
            Encoding::Utf8 => text.into_bytes(),
            Encoding::Utf8Marked => format!("\u{feff}{text}").into_bytes(),
            Encoding::Utf16Little => utf_16(u16::to_le_bytes),
            Encoding::Utf16Big => utf_16(u16::to_be_bytes),
        }
    }

    fn cell(&self, cell: &str) -> String {
        if cell.contains([self.delimiter, '"', '\n', '\r']) {
            format!("\"{}\"", cell.replace('"', "\"\""))
        } else {
            cell.to_owned()
        }
    }
}

fn spellings() -> impl Strategy<Value = Spelling> {
    let dates = vec![
        DateForm::American,
        DateForm::European,
        DateForm::Format("%Y-%m-%d"),
        DateForm::Format("%Y/%m/%d"),
        DateForm::Format("%Y%m%d"),
        DateForm::Format("%d.%m.%Y"),
        DateForm::Format("%-d.%-m.%y"),
        DateForm::Format("%b %-d, %Y"),
        DateForm::Format("%B %d, %Y"),
        DateForm::Format("%d-%b-%Y"),
        DateForm::Format("%d %b %y"),
        DateForm::Format("%A, %d %B %Y"),
        DateForm::Format("%Y-%m-%dT09:30:00Z"),
    ];
    let marks = vec![
        ('.', ""),
        ('.', ","),
        ('.', "'"),
        ('.', " "),
        (',', ""),
        (',', "."),
        (',', "\u{202f}"),
        (',', "\u{a0}"),
    ];
    let currencies = vec![("", ""), ("$", ""), ("", " $"), ("USD ", ""), ("", "USD"), ("US$", "")];
    (
        prop::sample::select(vec![',', ';', '\t', '|']),
        prop::sample::select(vec!["\n", "\r\n", "\r"]),
        prop::sample::select(dates),
        prop::sample::select(marks),
        prop::sample::select(vec![Negative::Before, Negative::After, Negative::Parentheses]),
        prop::sample::select(currencies),
        prop::sample::select(vec![
            Encoding::Utf8,
            Encoding::Utf8Marked,
            Encoding::Utf16Little,
            Encoding::Utf16Big,
        ]),
    )
        .prop_map(|(delimiter, ending, date, (mark, group), negative, currency, encoding)| Spelling {
            delimiter,
            ending,
            date,
            mark,
            group,
            negative,
            currency,
            encoding,
        })
}

fn days() -> impl Strategy<Value = NaiveDate> {
    // As far as two digits of a year reach.
    (0..20_000_i64).prop_map(|day| NaiveDate::default() + chrono::TimeDelta::days(day))
}

fn numbers(digits: u32, decimals: u32) -> impl Strategy<Value = Decimal> {
    (1..10_i64.pow(digits), 0..=decimals).prop_map(|(mantissa, scale)| Decimal::new(mantissa, scale))
}

fn trades() -> impl Strategy<Value = TransactionDraft> {
    (
        any::<bool>(),
        days(),
        "[A-Z][A-Z0-9]{0,5}([.-][A-Z]{1,2})?",
        numbers(12, 9),
        numbers(12, 8),
        prop::option::of(numbers(5, 2)),
        "[a-zäß ,;\"'|.\n]{0,12}",
    )
        .prop_map(|(buys, date, symbol, quantity, price, fee, note)| TransactionDraft {
            symbol: symbol.parse().ok(),
            quantity: Some(quantity),
            price: Some(price),
            fee,
            note: note.trim().to_owned(),
            ..TransactionDraft::new(
                if buys { TransactionKind::Buy } else { TransactionKind::Sell },
                date,
                Currency::USD,
            )
        })
}

/// A trade that leaves no doubt how its file writes dates and numbers.
fn anchor() -> TransactionDraft {
    TransactionDraft {
        symbol: "ANCHOR".parse().ok(),
        quantity: Some(Decimal::new(5, 1)),
        price: Some(Decimal::new(25, 1)),
        ..TransactionDraft::new(
            TransactionKind::Buy,
            NaiveDate::from_ymd_opt(2001, 12, 25).unwrap(),
            Currency::USD,
        )
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn what_any_spreadsheet_writes_is_read_back(
        spelling in spellings(),
        mut trades in prop::collection::vec(trades(), 0..12),
        anchor_at in any::<prop::sample::Index>(),
    ) {
        trades.insert(anchor_at.index(trades.len() + 1), anchor());
        let rows: Vec<Vec<String>> = trades
            .iter()
            .map(|trade| {
                let sells = trade.kind == TransactionKind::Sell;
                let quantity = trade.quantity.unwrap();
                vec![
                    trade.symbol.as_ref().unwrap().to_string(),
                    if sells { "SELL" } else { "Buy" }.to_owned(),
                    spelling.date(trade.date),
                    spelling.money(trade.price.unwrap()),
                    spelling.number(if sells { -quantity } else { quantity }),
                    trade.fee.map(|fee| spelling.money(fee)).unwrap_or_default(),
                    trade.note.clone(),
                ]
            })
            .collect();
        let file = spelling.write(&["Ticker", "Type", "Date", "Price", "Shares", "Fee", "Note"], &rows);
        let statement = read_transactions(&file, &options()).unwrap();
        let read: Vec<TransactionDraft> = statement.transactions().map(|(_, draft)| draft.clone()).collect();
        prop_assert_eq!(statement.rejected().next(), None);
        prop_assert_eq!(read, trades);
    }

    #[test]
    fn prices_are_read_to_the_last_digit(
        spelling in spellings(),
        closes in prop::collection::btree_map(days(), numbers(12, 8), 1..20),
    ) {
        let mut rows = vec![vec![
            spelling.date(NaiveDate::from_ymd_opt(2025, 12, 25).unwrap()),
            "X".to_owned(),
            spelling.money(Decimal::new(5, 1)),
        ]];
        for (date, close) in closes.iter().rev() {
            rows.push(vec![spelling.date(*date), "AAPL".to_owned(), spelling.money(*close)]);
        }
        let file = spelling.write(&["date", "symbol", "close"], &rows);
        let options = PriceOptions { basis: Some(PriceBasis::AsTraded), today: options().today };
        let file = read_prices(&file, &options).unwrap();
        prop_assert_eq!(&file.rejected, &[]);
        let read: Vec<(NaiveDate, f64)> = file.series[0].1.iter().map(|bar| (bar.date, bar.close)).collect();
        let written: Vec<(NaiveDate, f64)> =
            closes.iter().map(|(date, close)| (*date, close.to_string().parse().unwrap())).collect();
        prop_assert_eq!(read, written);
    }

    #[test]
    fn no_bytes_make_a_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        read_everything(&bytes);
    }

    #[test]
    fn no_text_makes_a_reader_panic(text in "[a-z0-9,;\t\"\n\r$€(). '/:#-]{0,200}", header in 0..HEADERS.len()) {
        read_everything(format!("{}\n{text}", HEADERS[header]).as_bytes());
    }

    #[test]
    fn a_damaged_sample_of_a_broker_loses_no_line(
        sample in prop::sample::select(SAMPLES.to_vec()),
        damages in prop::collection::vec((any::<prop::sample::Index>(), damages()), 1..8),
    ) {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(sample);
        read_everything(&damaged(std::fs::read(path).unwrap(), damages));
    }

    #[test]
    fn a_damaged_file_loses_no_line(
        damages in prop::collection::vec((any::<prop::sample::Index>(), damages()), 0..8),
        spelling in spellings(),
    ) {
        let rows: Vec<Vec<String>> = (1..=9)
            .map(|row| {
                let date = NaiveDate::from_ymd_opt(2012, row, 2 * row).unwrap();
                let price = spelling.money(Decimal::new(123_450 + i64::from(row), 2));
                vec!["AAPL".into(), "Buy".into(), spelling.date(date), price, row.to_string()]
            })
            .collect();
        let spelling = Spelling { encoding: Encoding::Utf8, ..spelling };
        let file = spelling.write(&["Ticker", "Type", "Date", "Price", "Shares"], &rows);
        read_everything(&damaged(file, damages));
    }
}

const SAMPLES: [&str; 6] = [
    "robinhood/account_activity.csv",
    "schwab/transactions.csv",
    "fidelity/Accounts_History.csv",
    "vanguard/OfxDownload.csv",
    "etrade/DownloadTxnHistory.csv",
    "etrade/AllTransactions.csv",
];

fn damaged(mut file: Vec<u8>, damages: Vec<(prop::sample::Index, Damage)>) -> Vec<u8> {
    for (at, damage) in damages {
        if file.is_empty() {
            break;
        }
        let at = at.index(file.len());
        match damage {
            Damage::Replace(byte) => file[at] = byte,
            Damage::Insert(byte) => file.insert(at, byte),
            Damage::Remove => {
                file.remove(at);
            }
            Damage::Cut => file.truncate(at + 1),
        }
    }
    file
}

#[derive(Debug, Clone, Copy)]
enum Damage {
    Replace(u8),
    Insert(u8),
    Remove,
    Cut,
}

fn damages() -> impl Strategy<Value = Damage> {
    let telling = prop::sample::select(b"\"\n\r,;\t|-.#0\xff ".to_vec());
    prop_oneof![
        4 => telling.clone().prop_map(Damage::Replace),
        4 => telling.prop_map(Damage::Insert),
        2 => any::<u8>().prop_map(Damage::Replace),
        2 => Just(Damage::Remove),
        1 => Just(Damage::Cut),
    ]
}

const HEADERS: [&str; 12] = [
    "Ticker,Type,Date,Price,Shares,Fee,Tax,Amount,Currency,Ratio",
    "Ticker;Date;Net Amount;Tax",
    "date,symbol,close,open,high,low,volume",
    "date,symbol,new,old",
    "ex_date,symbol,amount,currency",
    "Activity Date,Process Date,Settle Date,Instrument,Description,Trans Code,Quantity,Price,Amount",
    "Date,Action,Symbol,Description,Quantity,Price,Fees & Comm,Amount",
    "Run Date,Account,Action,Symbol,Description,Type,Currency,Price,Quantity,Commission,Fees,Amount,Settlement Date",
    "Account Number,Investment Name,Symbol,Shares,Share Price,Total Value,",
    "Account Number,Trade Date,Transaction Type,Transaction Description,Symbol,Shares,Share Price,Commission Fees,Net Amount,",
    "TransactionDate,TransactionType,SecurityType,Symbol,Quantity,Amount,Price,Commission,Description",
    "Activity/Trade Date,Activity Type,Description,Symbol,Quantity #,Price $,Amount $,Commission",
];

/// Reads bytes in every way, and checks what holds whenever they can be read.
fn read_everything(bytes: &[u8]) {
    if let Ok(statement) = read_transactions(bytes, &options()) {
        every_line_is_in_one_row(&statement, bytes);
        verdicts_keep_their_word(&statement);
        let fingerprints = number_twins(&statement.rows);
        let mut unique: Vec<&String> = fingerprints.iter().flatten().collect();
        unique.sort_unstable();
        unique.dedup();
        assert_eq!(unique.len(), statement.transactions().count());
        let again = read_transactions(bytes, &ReadOptions { format: Some(statement.format), ..options() });
        assert_eq!(again.as_ref(), Ok(&statement));
        let rejects = String::from_utf8(rejects_csv(&statement)).expect("text in, text out");
        assert!(statement.rejected_rows() < rejects.lines().count());
    }
    if let Ok(Some(guess)) = suggest_mapping(bytes) {
        let options = ReadOptions { mapping: Some(guess.mapping), ..options() };
        if let Ok(statement) = read_transactions(bytes, &options) {
            verdicts_keep_their_word(&statement);
        }
    }
    let options = PriceOptions { basis: Some(PriceBasis::SplitAdjusted), today: options().today };
    if let Ok(file) = read_prices(bytes, &options) {
        for (_, bars) in &file.series {
            assert!(bars.windows(2).all(|pair| pair[0].date < pair[1].date));
            assert!(
                bars.iter().all(|bar| bar.close.is_finite() && bar.close > 0.0 && bar.date <= options.today)
            );
        }
    }
    if let Ok(file) = read_actions(bytes) {
        assert!(file.rejected.iter().all(|row| !row.problems.is_empty()));
    }
}

fn every_line_is_in_one_row(statement: &Statement, bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes).replace("\r\n", "\n").replace('\r', "\n");
    let lines = text.strip_suffix('\n').unwrap_or(&text).split('\n').count();
    let mut next = 1;
    for row in &statement.rows {
        if next == statement.header_line {
            assert!(row.line > next, "the header has a line of its own");
        } else {
            assert_eq!(row.line, next);
        }
        assert!(row.last_line >= row.line);
        next = row.last_line + 1;
    }
    assert!(next == lines + 1 || next <= statement.header_line, "{next} of {lines}");
}

fn verdicts_keep_their_word(statement: &Statement) {
    for row in &statement.rows {
        match &row.verdict {
            Verdict::Rejected(problems) => assert!(!problems.is_empty()),
            Verdict::Transactions(drafts) => assert!(drafts.len() > 1),
            Verdict::Transaction(_) | Verdict::Ignored(_) => {}
        }
        for draft in row.verdict.drafts() {
            let checked = draft.check(TransactionId::new(), 0, options().today).expect("it was checked");
            let again = TransactionDraft::of(&checked);
            assert_eq!((again.kind, again.date, &again.symbol), (draft.kind, draft.date, &draft.symbol));
        }
    }
}
