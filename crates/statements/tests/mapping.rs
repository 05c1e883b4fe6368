//! Files in no known form: a person says once which column is which.
#![allow(clippy::unwrap_used)]

use bellwether_domain::{Currency, TransactionDraft, TransactionKind};
use bellwether_statements::{
    ColumnMapping, IgnoredRow, MappedDates, MappedDecimals, MappedField, MappedKind, ReadOptions, SignRule,
    Statement, StatementFormat, UnreadableFile, Verdict, detect, read_transactions, suggest_mapping,
};

const GERMAN: &str = "Umsätze des Depots\n\nTag;Vorgang;Kürzel;Stück;Kurs;Betrag;Gebühr;Bemerkung\n\
    03.05.2024;Kauf;SAP;10;150,25;-1.502,50;4,90;Sparplan\n\
    04.05.2024;Verkauf;SAP;-2;160;320,00;;\n\
    05.05.2024;Ausschüttung;SAP;;;12,30;;\n\
    06.05.2024;Info;SAP;;;;;nur zur Kenntnis\n\
    07.05.2024;Orakel;SAP;;;1,00;;\n";

fn options(mapping: ColumnMapping) -> ReadOptions {
    let options = ReadOptions::new(Currency::EUR, "2026-06-30".parse().unwrap());
    ReadOptions { mapping: Some(mapping), ..options }
}

fn mapping(columns: &[(MappedField, &str)]) -> ColumnMapping {
    let columns = columns.iter().map(|(field, name)| (*field, vec![(*name).to_owned()])).collect();
    ColumnMapping { columns, ..ColumnMapping::default() }
}

fn german() -> ColumnMapping {
    use TransactionKind::{Buy, Dividend, Sell};
    let mut mapping = mapping(&[
        (MappedField::Date, "Tag"),
        (MappedField::Kind, "Vorgang"),
        (MappedField::Symbol, "Kürzel"),
        (MappedField::Quantity, "Stück"),
        (MappedField::Price, "Kurs"),
        (MappedField::Amount, "betrag"),
        (MappedField::Fee, "Gebühr"),
        (MappedField::Note, "Bemerkung"),
    ]);
    for (word, kind) in [("kauf", Buy), ("Verkauf", Sell), ("Ausschüttung", Dividend)] {
        mapping.kinds.insert(word.into(), MappedKind::Kind(kind));
    }
    mapping.kinds.insert("Info".into(), MappedKind::LeaveOut);
    mapping
}

fn drafts(statement: &Statement) -> Vec<&TransactionDraft> {
    statement.transactions().map(|(_, draft)| draft).collect()
}

#[test]
fn a_mapping_reads_what_no_form_knows() {
    assert_eq!(detect(GERMAN.as_bytes()).unwrap(), []);
    let statement = read_transactions(GERMAN.as_bytes(), &options(german())).unwrap();
    assert_eq!((statement.format, statement.confidence), (StatementFormat::Mapped, 100));
    let drafts = drafts(&statement);
    assert_eq!(drafts.len(), 3);
    let purchase = TransactionDraft {
        symbol: Some("SAP".parse().unwrap()),
        quantity: Some("10".parse().unwrap()),
        price: Some("150.25".parse().unwrap()),
        fee: Some("4.90".parse().unwrap()),
        note: "Sparplan".into(),
        ..TransactionDraft::new(TransactionKind::Buy, "2024-05-03".parse().unwrap(), Currency::EUR)
    };
    assert_eq!(drafts[0], &purchase);
    assert_eq!((drafts[1].kind, drafts[1].quantity), (TransactionKind::Sell, Some("2".parse().unwrap())));
    assert_eq!(
        (drafts[2].kind, drafts[2].amount),
        (TransactionKind::Dividend, Some("12.30".parse().unwrap()))
    );
    let rejected: Vec<_> = statement.rejected().map(|(row, _)| row.line).collect();
    assert_eq!(rejected, [8], "a word that nobody explained");
    assert!(statement.rows.iter().any(|row| row.verdict == Verdict::Ignored(IgnoredRow::LeftOut)));
}

#[test]
fn a_mapping_says_how_dates_and_numbers_are_written() {
    let file = "When,What,Units,Each\n3/5/2024,AAPL,2,\"1,234\"\n4/5/2024,AAPL,-1,\"1,300\"\n";
    let mut mapping = mapping(&[
        (MappedField::Date, "When"),
        (MappedField::Symbol, "What"),
        (MappedField::Quantity, "Units"),
        (MappedField::Price, "Each"),
    ]);
    mapping.signs = SignRule::Quantity;
    mapping.dates = Some(MappedDates::DayFirst);
    mapping.decimals = Some(MappedDecimals::Comma);
    let statement = read_transactions(file.as_bytes(), &options(mapping)).unwrap();
    let told: Vec<_> = drafts(&statement)
        .iter()
        .map(|draft| (draft.kind, draft.date.to_string(), draft.price.unwrap().normalize().to_string()))
        .collect();
    assert_eq!(
        told,
        [
            (TransactionKind::Buy, "2024-05-03".into(), "1.234".into()),
            (TransactionKind::Sell, "2024-05-04".into(), "1.3".into())
        ]
    );
}

#[test]
fn the_sign_of_the_amount_can_say_what_a_row_is() {
    use TransactionKind::{Buy, Deposit, Dividend, Sell, Withdrawal};

    let file = "Day,Paper,Number,Money\n2024-05-03,AAPL,2,-300\n2024-05-04,AAPL,1,160\n2024-05-05,AAPL,,1.5\n2024-05-06,,,1000\n2024-05-07,,,-50\n";
    let mut mapping = mapping(&[
        (MappedField::Date, "Day"),
        (MappedField::Symbol, "Paper"),
        (MappedField::Quantity, "Number"),
        (MappedField::Amount, "Money"),
    ]);
    let silent = read_transactions(file.as_bytes(), &options(mapping.clone())).unwrap();
    assert_eq!(silent.rejected_rows(), 5, "nothing says what the rows are");
    mapping.signs = SignRule::Amount;
    let statement = read_transactions(file.as_bytes(), &options(mapping)).unwrap();
    let kinds: Vec<_> = drafts(&statement).iter().map(|draft| draft.kind).collect();
    assert_eq!(kinds, [Buy, Sell, Dividend, Deposit, Withdrawal]);
}

#[test]
fn a_mapping_for_another_file_says_which_column_is_missing() {
    let error = read_transactions(b"Tag;Art\n1;2\n", &options(german())).unwrap_err();
    assert!(matches!(&error, UnreadableFile::MissingColumns { line: 1, .. }), "{error}");
    assert!(error.to_string().contains("Vorgang"), "{error}");
    let none = read_transactions(GERMAN.as_bytes(), &options(ColumnMapping::default())).unwrap_err();
    assert!(none.to_string().contains("a column of dates"), "{none}");
}

#[test]
fn columns_are_guessed_by_name_and_then_by_content() {
    let english = suggest_mapping(b"Trade Date,Type,Ticker,Shares,Price\n2024-05-03,Buy,AAPL,1,2\n").unwrap();
    let english = english.unwrap();
    assert_eq!(english.confidence, 100);
    assert_eq!(english.header_key, "trade date|type|ticker|shares|price");
    assert_eq!(english.kind_words, [("Buy".to_owned(), Some(TransactionKind::Buy))]);

    let german = suggest_mapping(GERMAN.as_bytes()).unwrap().unwrap();
    assert_eq!(german.header_line, 3);
    let column = |field| german.mapping.columns.get(&field).map(|names| names[0].as_str());
    assert_eq!(column(MappedField::Date), Some("Tag"));
    assert_eq!(column(MappedField::Symbol), Some("Kürzel"));
    assert_eq!(column(MappedField::Kind), None, "its words are German");
    assert!(german.confidence < 50);

    assert_eq!(suggest_mapping(b"nothing here\n").unwrap(), None);
}

#[test]
fn what_was_guessed_of_a_known_table_reads_it() {
    let file = b"Trade Date,Type,Ticker,Shares,Price\n2024-05-03,Buy,AAPL,1,2\n2024-05-04,Sell,AAPL,1,3\n";
    let guess = suggest_mapping(file).unwrap().unwrap();
    let mapped = read_transactions(file, &options(guess.mapping)).unwrap();
    let plain = ReadOptions { mapping: None, ..options(ColumnMapping::default()) };
    let plain = read_transactions(file, &plain).unwrap();
    assert_eq!(drafts(&mapped), drafts(&plain));
    assert_eq!(drafts(&mapped).len(), 2);
}
