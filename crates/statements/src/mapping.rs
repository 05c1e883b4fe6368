//! Which column of an unknown file holds what, as a person says it once and a program remembers it.

use std::collections::{BTreeMap, HashMap};

use bellwether_domain::TransactionKind;
use serde::{Deserialize, Serialize};

/// What a column of an unknown file can hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MappedField {
    /// The day of the transaction. Needed.
    Date,
    /// The word for what the row is.
    Kind,
    /// The ticker.
    Symbol,
    /// The number of shares.
    Quantity,
    /// Per share.
    Price,
    /// In all, before fee and tax.
    Amount,
    /// In all, after fee and tax.
    NetAmount,
    /// Fee; several columns are added up.
    Fee,
    /// Tax; several columns are added up.
    Tax,
    /// The currency of the row's amounts.
    Currency,
    /// The name of the account.
    Account,
    /// Words.
    Note,
    /// New and old shares of a split, spin-off or merger.
    Ratio,
    /// What comes out of a spin-off, merger or ticker change.
    OtherSymbol,
}

/// What a word in the column of kinds means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MappedKind {
    /// This kind of transaction.
    Kind(TransactionKind),
    /// A row that is no transaction here.
    LeaveOut,
}

/// What the signs of numbers say, where no word says what a row is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SignRule {
    /// Nothing: a row without a word for its kind is rejected.
    #[default]
    Nothing,
    /// A negative quantity is a sale, a positive one a purchase.
    Quantity,
    /// A negative amount is a purchase, or a withdrawal where there are no shares; a positive one a sale, a dividend where
    /// there is a symbol and no shares, or a deposit.
    Amount,
}

/// The order of day and month in dates such as 3/5/2012.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MappedDates {
    /// March 5.
    MonthFirst,
    /// 3 May.
    DayFirst,
}

/// What stands before the decimals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MappedDecimals {
    /// `1,234.5`
    Point,
    /// `1.234,5`
    Comma,
}

/// How an unknown file is read. It is remembered under the [`header_key`] of the file's header.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ColumnMapping {
    /// The names of the columns of each field as the file spells them; more than one only of fees and taxes.
    pub columns: BTreeMap<MappedField, Vec<String>>,
    /// What words in the column of kinds mean, whatever their case; others have their usual meaning.
    pub kinds: BTreeMap<String, MappedKind>,
    /// What rows are that name no kind.
    pub kind: Option<TransactionKind>,
    /// What signs say where neither a word nor `kind` does.
    pub signs: SignRule,
    /// The order of the dates; found out from the file when `None`.
    pub dates: Option<MappedDates>,
    /// The decimal mark; found out from the file when `None`.
    pub decimals: Option<MappedDecimals>,
}

impl ColumnMapping {
    /// What words mean here, in lower case.
    pub(crate) fn meanings(&self) -> HashMap<String, MappedKind> {
        self.kinds.iter().map(|(word, kind)| (word.trim().to_lowercase(), *kind)).collect()
    }
}

/// The text under which the mapping of files with these columns is remembered: their names whatever the case, spaces and
/// punctuation, in their order.
pub fn header_key<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let words = |name: &str| {
        let lower = name.to_lowercase();
        let words: Vec<&str> =
            lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
        words.join(" ")
    };
    let names: Vec<String> = names.into_iter().map(words).collect();
    names.join("|").trim_end_matches('|').to_owned()
}

/// What a mapping of an unknown file could be.
#[derive(Debug, Clone, PartialEq)]
pub struct SuggestedMapping {
    /// The names of the columns as the file spells them.
    pub header: Vec<String>,
    /// The physical line of the header, from 1.
    pub header_line: usize,
    /// Under which a mapping of this file is remembered.
    pub header_key: String,
    /// What was guessed.
    pub mapping: ColumnMapping,
    /// How sure that is, in per cent: 100 when every field that rows need was found by the name of its column.
    pub confidence: u8,
    /// The words in the column of kinds, as often as they occur first, with what each usually means.
    pub kind_words: Vec<(String, Option<TransactionKind>)>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_is_known_again_by_its_words() {
        let key = header_key(["Trade_Date", " Ticker ", "Amount (EUR)", ""]);
        assert_eq!(key, "trade date|ticker|amount eur");
        assert_eq!(key, header_key(["trade date", "TICKER", "amount, eur"]));
        assert_ne!(key, header_key(["ticker", "trade date", "amount eur"]));
    }

    #[test]
    fn a_mapping_is_remembered_as_json() {
        let mut mapping = ColumnMapping { signs: SignRule::Amount, ..ColumnMapping::default() };
        mapping.columns.insert(MappedField::NetAmount, vec!["Betrag".into()]);
        mapping.kinds.insert("Kauf".into(), MappedKind::Kind(TransactionKind::Buy));
        mapping.kinds.insert("Info".into(), MappedKind::LeaveOut);
        let json = serde_json::to_string(&mapping).expect("plain data");
        assert!(json.contains(r#""columns":{"net-amount":["Betrag"]}"#), "{json}");
        assert!(json.contains(r#""Info":"leave-out","Kauf":{"kind":"buy"}"#), "{json}");
        assert_eq!(serde_json::from_str::<ColumnMapping>(&json).expect("its own words"), mapping);
        assert_eq!(mapping.meanings().get("kauf"), Some(&MappedKind::Kind(TransactionKind::Buy)));
    }
}
