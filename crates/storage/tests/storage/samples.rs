//! Transactions, bars and settings to test with.

use bellwether_domain::{
    Currency, DailyBar, InstrumentId, Portfolio, Symbol, Transaction, TransactionDraft, TransactionId,
    TransactionKind,
};
use bellwether_storage::imports::{ImportHeader, ImportedRow};
use bellwether_storage::portfolios::PortfolioSettings;
use chrono::{Days, NaiveDate};
use rust_decimal::Decimal;

use crate::database::TestDatabase;

pub(crate) fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

pub(crate) fn symbol(text: &str) -> Symbol {
    text.parse().unwrap()
}

pub(crate) fn decimal(text: &str) -> Decimal {
    text.parse().unwrap()
}

pub(crate) async fn portfolio(db: &TestDatabase) -> Portfolio {
    db.storage.create_portfolio(db.user, PortfolioSettings::named("Main")).await.unwrap()
}

pub(crate) async fn instrument(db: &TestDatabase, ticker: &str) -> InstrumentId {
    db.storage.find_or_create_instruments(vec![symbol(ticker)]).await.unwrap().remove(0).id
}

pub(crate) fn checked(draft: &TransactionDraft, sequence: i64) -> Transaction {
    draft.check(TransactionId::new(), sequence, NaiveDate::MAX).unwrap()
}

pub(crate) fn purchase(date: &str, ticker: &str, quantity: &str, price: &str) -> TransactionDraft {
    TransactionDraft {
        symbol: Some(symbol(ticker)),
        quantity: Some(decimal(quantity)),
        price: Some(decimal(price)),
        ..TransactionDraft::new(TransactionKind::Buy, day(date), Currency::USD)
    }
}

/// A transaction with its fingerprint.
pub(crate) fn told(draft: &TransactionDraft, sequence: i64) -> (Transaction, String) {
    (checked(draft, sequence), draft.fingerprint())
}

pub(crate) fn header() -> ImportHeader {
    ImportHeader { file_name: "trades.csv".to_owned(), format: "plain-csv".to_owned(), sha256: [7; 32] }
}

/// Rows of purchases, each unlike the others; `from` sets the numbers apart from other files'.
pub(crate) fn import_rows(from: u32, count: u32) -> Vec<ImportedRow> {
    (0..count)
        .map(|row| {
            let price = format!("{}.25", from + row + 1);
            let ticker = ["AAPL", "IBM", "MSFT"][row as usize % 3];
            let draft = purchase("2020-01-02", ticker, "1.5", &price);
            let (transaction, fingerprint) = told(&draft, i64::from(from + row));
            ImportedRow { line: row + 2, transaction, fingerprint }
        })
        .collect()
}

/// Bars of consecutive days.
pub(crate) fn closes(first: &str, closes: &[f64]) -> Vec<DailyBar> {
    let first = day(first);
    let at = |place: usize| first + Days::new(place as u64);
    closes.iter().enumerate().map(|(place, close)| DailyBar::close_only(at(place), *close)).collect()
}
