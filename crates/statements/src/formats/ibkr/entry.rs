//! What all of Interactive Brokers' files tell, under one set of names.

use std::borrow::Cow;

use crate::IgnoredRow;
use crate::formats::MAX_ROWS;
use crate::verdict::{RawCells, shortened_to};

/// What a section of a file is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Section {
    Trades,
    Cash,
    /// Taxes of trades.
    TradeCosts,
    /// Taxes on what the broker charges.
    SalesTaxes,
    CorporateActions,
    Transfers,
    Positions,
    CashReport,
}

/// What an entry tells, by the names that Flex queries have in XML.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Field {
    Account,
    AssetCategory,
    Currency,
    Symbol,
    Description,
    Isin,
    Exchange,
    TradeId,
    TradeDate,
    DateTime,
    SettleDate,
    ReportDate,
    ToDate,
    Type,
    BuySell,
    TransactionType,
    Notes,
    LevelOfDetail,
    Quantity,
    Price,
    Proceeds,
    Taxes,
    Commission,
    CommissionCurrency,
    Amount,
    ActionId,
    Direction,
    CashTransfer,
    CostBasis,
    EndingCash,
}

/// The names of the fields, without capitals and signs, in each kind of file.
const NAMES: &[(Field, &[&str])] = &[
    (Field::Account, &["accountid", "clientaccountid"]),
    (Field::AssetCategory, &["assetcategory", "assetclass"]),
    (Field::Currency, &["currency", "currencyprimary"]),
    (Field::Symbol, &["symbol"]),
    (Field::Description, &["description", "actiondescription", "taxabledescription"]),
    (Field::Isin, &["isin"]),
    (Field::Exchange, &["listingexchange", "listingexch"]),
    (Field::TradeId, &["tradeid"]),
    (Field::TradeDate, &["tradedate"]),
    (Field::DateTime, &["datetime", "date"]),
    (Field::SettleDate, &["settledate"]),
    (Field::ReportDate, &["reportdate"]),
    (Field::ToDate, &["todate"]),
    (Field::Type, &["type"]),
    (Field::BuySell, &["buysell"]),
    (Field::TransactionType, &["transactiontype"]),
    (Field::Notes, &["notes", "notescodes", "code"]),
    (Field::LevelOfDetail, &["levelofdetail", "datadiscriminator"]),
    (Field::Quantity, &["quantity", "position", "qty"]),
    (Field::Price, &["tradeprice", "tprice", "transferprice", "xferprice", "markprice", "closeprice"]),
    (Field::Proceeds, &["proceeds"]),
    (Field::Taxes, &["taxes", "taxamount", "salestax"]),
    (Field::Commission, &["ibcommission", "commfee"]),
    (Field::CommissionCurrency, &["ibcommissioncurrency"]),
    (Field::Amount, &["amount"]),
    (Field::ActionId, &["actionid"]),
    (Field::Direction, &["direction"]),
    (Field::CashTransfer, &["cashtransfer", "cashamount"]),
    (Field::CostBasis, &["costbasismoney", "costbasis"]),
    (Field::EndingCash, &["endingcash"]),
];

/// What a row of the preview shows.
pub(super) const COLUMNS: [&str; 18] = [
    "section",
    "accountId",
    "assetCategory",
    "symbol",
    "isin",
    "description",
    "date",
    "type",
    "quantity",
    "price",
    "proceeds",
    "amount",
    "taxes",
    "commission",
    "commissionCurrency",
    "currency",
    "levelOfDetail",
    "notes",
];

impl Field {
    /// The field of a name as a file spells it.
    pub(super) fn named(name: &str) -> Option<Self> {
        let mut plain = [0_u8; 24];
        let mut length = 0;
        for byte in name.bytes().filter(u8::is_ascii_alphanumeric) {
            *plain.get_mut(length)? = byte.to_ascii_lowercase();
            length += 1;
        }
        let plain = &plain[..length];
        NAMES
            .iter()
            .find(|(_, names)| names.iter().any(|known| known.as_bytes() == plain))
            .map(|(field, _)| *field)
    }
}

/// One entry of a file.
#[derive(Debug)]
pub(super) struct Entry<'a> {
    pub(super) line: usize,
    pub(super) last_line: usize,
    pub(super) section: Section,
    /// What it tells; of several values for a field the first counts.
    pub(super) values: Vec<(Field, Cow<'a, str>)>,
}

impl Entry<'_> {
    /// What it tells about a field; empty where it tells nothing.
    pub(super) fn text(&self, field: Field) -> &str {
        let value = self.values.iter().find(|(known, _)| *known == field);
        value.map_or("", |(_, value)| value.trim())
    }

    pub(super) fn given(&self, field: Field) -> Option<&str> {
        Some(self.text(field)).filter(|text| !text.is_empty() && *text != "-" && *text != "--")
    }

    /// The first of some fields that tells something.
    pub(super) fn first_of(&self, fields: &[Field]) -> Option<(Field, &str)> {
        fields.iter().find_map(|field| Some((*field, self.given(*field)?)))
    }

    /// Its cells in the order of [`COLUMNS`].
    pub(super) fn cells(&self) -> RawCells {
        let section = match self.section {
            Section::Trades => "Trades",
            Section::Cash => "CashTransactions",
            Section::TradeCosts => "TransactionTaxes",
            Section::SalesTaxes => "SalesTaxes",
            Section::CorporateActions => "CorporateActions",
            Section::Transfers => "Transfers",
            Section::Positions => "OpenPositions",
            Section::CashReport => "CashReport",
        };
        let date = [Field::TradeDate, Field::DateTime, Field::SettleDate, Field::ReportDate, Field::ToDate];
        let amount = [Field::Amount, Field::CashTransfer, Field::EndingCash, Field::CostBasis];
        let kind = [Field::Type, Field::BuySell, Field::Direction];
        let first = |fields: &[Field]| self.first_of(fields).map_or("", |(_, text)| text);
        [
            section,
            self.text(Field::Account),
            self.text(Field::AssetCategory),
            self.text(Field::Symbol),
            self.text(Field::Isin),
            self.text(Field::Description),
            first(&date),
            first(&kind),
            self.text(Field::Quantity),
            self.text(Field::Price),
            self.text(Field::Proceeds),
            first(&amount),
            self.text(Field::Taxes),
            self.text(Field::Commission),
            self.text(Field::CommissionCurrency),
            self.text(Field::Currency),
            self.text(Field::LevelOfDetail),
            self.text(Field::Notes),
        ]
        .into_iter()
        .collect()
    }
}

/// A line that is no entry.
#[derive(Debug)]
pub(super) struct Beside {
    pub(super) line: usize,
    pub(super) last_line: usize,
    pub(super) text: RawCells,
    pub(super) why: IgnoredRow,
}

/// What is known of an instrument from the file's own list of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Listed {
    pub(super) isin: String,
    pub(super) exchange: String,
    /// Empty where the list does not tell it.
    pub(super) currency: String,
}

/// So many listings of one symbol are told apart.
const MAX_LISTINGS: usize = 8;

/// So many characters are kept of what a file tells once and counts for many entries.
pub(super) const MAX_SHARED: usize = 80;

/// All that a file tells.
#[derive(Debug, Default)]
pub(super) struct Told<'a> {
    pub(super) entries: Vec<Entry<'a>>,
    pub(super) beside: Vec<Beside>,
    /// Sections that were not read, where lines of their own do not say so.
    pub(super) unread: Vec<String>,
    /// The instruments that the file lists, by their symbols.
    pub(super) instruments: std::collections::HashMap<String, Vec<Listed>>,
    /// The last day of the statement, where it stands apart from the entries.
    pub(super) to_date: String,
    pub(super) account: String,
}

impl Told<'_> {
    /// Keeps what the list of instruments tells of a symbol.
    pub(super) fn list(&mut self, symbol: &str, isin: &str, exchange: &str, currency: &str) {
        let symbol = shortened_to(MAX_SHARED, symbol);
        if self.instruments.len() >= MAX_ROWS && !self.instruments.contains_key(&symbol) {
            return;
        }
        let short = |text| shortened_to(MAX_SHARED, text);
        let listed = Listed { isin: short(isin), exchange: short(exchange), currency: short(currency) };
        let listings = self.instruments.entry(symbol).or_default();
        if listings.len() < MAX_LISTINGS && !listings.contains(&listed) {
            listings.push(listed);
        }
    }
}
