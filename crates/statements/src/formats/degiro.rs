//! DEGIRO: `Transactions.csv` and `Account.csv`, in the languages of its customers.
//!
//! Columns of currencies have no name of their own: they stand beside the column of their amounts. Instruments have an ISIN
//! and no ticker, so a person says once which symbol each of them is.

mod account;
mod change;
mod transactions;
mod words;

use self::account::AccountLayout;
use self::transactions::TransactionsLayout;
use super::Format;
use crate::header::{Document, Header};
use crate::{ReadOptions, Statement, StatementFormat, UnreadableFile};

/// Transactions and the account.
pub(super) struct Degiro;

impl Format for Degiro {
    fn format(&self) -> StatementFormat {
        StatementFormat::Degiro
    }

    fn confidence(&self, document: &Document<'_>) -> Option<u8> {
        let found = document
            .headers
            .iter()
            .any(|header| AccountLayout::of(header).is_some() || TransactionsLayout::of(header).is_some());
        found.then_some(100)
    }

    fn read(&self, document: &Document<'_>, options: &ReadOptions) -> Result<Statement, UnreadableFile> {
        let mut statement = Statement::new(self.format(), 100);
        if let Some(layout) = document.headers.iter().find_map(AccountLayout::of) {
            account::read(document, &layout, &mut statement, options)?;
        } else if let Some(layout) = document.headers.iter().find_map(TransactionsLayout::of) {
            transactions::read(document, &layout, &mut statement, options)?;
        } else {
            return Err(UnreadableFile::NotOfForm { wanted: self.format() });
        }
        Ok(statement)
    }
}

/// The column whose name is one of these, or begins with one that ends in a star.
fn column(header: &Header, names: &[&str]) -> Option<usize> {
    header.names.iter().position(|name| {
        let name = name.to_lowercase();
        names.iter().any(|known| match known.strip_suffix('*') {
            Some(beginning) => name.starts_with(beginning),
            None => name == *known,
        })
    })
}

/// The column beside another, if it has no name.
fn beside(header: &Header, column: usize) -> Option<usize> {
    let unnamed = header.names.get(column + 1).is_none_or(String::is_empty);
    (unnamed && column + 1 < 64).then_some(column + 1)
}

const DATE: &[&str] = &["date", "datum", "data", "fecha"];
const TIME: &[&str] = &["time", "tijd", "uhrze*", "heure", "hora", "ora", "czas"];
const PRODUCT: &[&str] = &["product", "produkt", "produit", "producto", "produto", "prodotto"];
const ISIN: &[&str] = &["isin", "code isin"];
const ORDER: &[&str] = &["order id", "order-id", "id ord*", "id de*", "id da*", "orden id"];

/// So many characters of an order's number tell it: the rest may stand on the line below.
const ORDER_CHARACTERS: usize = 18;

/// What two bookings of one order have in common.
fn order_of(cell: &str) -> Option<String> {
    let known: String = cell.chars().take(ORDER_CHARACTERS).collect();
    (known.len() == ORDER_CHARACTERS && known.contains('-')).then_some(known)
}
