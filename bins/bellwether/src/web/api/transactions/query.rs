//! Which transactions of a ledger are looked for, and in which order.

use actix_web::web;
use bellwether_domain::{Symbol, TransactionId};
use bellwether_texts::{Sentence, Value};
use bellwether_tracker::{LedgerEntry, LedgerFilter, LedgerOrder, LedgerPlace, Origin, no_kind, no_symbol};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::web::api::schema::{KindName, Ticker};
use crate::web::problem::{Fault, Problem};

/// What is looked for.
#[derive(Debug, Clone, Default, Deserialize, Serialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub(in crate::web) struct TransactionQuery {
    /// Of this instrument.
    #[param(value_type = Option<Ticker>)]
    pub(in crate::web) symbol: String,
    /// Of this kind.
    #[param(value_type = Option<KindName>, inline)]
    pub(in crate::web) kind: String,
    /// Not before this day.
    #[param(value_type = Option<String>, format = Date)]
    pub(in crate::web) from: String,
    /// Not after this day.
    #[param(value_type = Option<String>, format = Date)]
    pub(in crate::web) to: String,
    /// With these words in note, symbol or the instrument's name.
    #[param(value_type = Option<String>, max_length = 200, pattern = r"^[^\x00-\x1f\x7f-\x9f]*[^\s\x00-\x1f\x7f-\x9f][^\x00-\x1f\x7f-\x9f]*$")]
    pub(in crate::web) q: String,
    /// In this account.
    #[param(value_type = Option<String>, max_length = 200, pattern = r"^[^\x00-\x1f\x7f-\x9f]*[^\s\x00-\x1f\x7f-\x9f][^\x00-\x1f\x7f-\x9f]*$")]
    pub(in crate::web) account: String,
    /// How it came.
    #[param(value_type = Option<SourceName>, inline)]
    pub(in crate::web) source: String,
    /// `-date` (the latest first, as always), `date`, `-entered`, `entered`, `symbol` or `-symbol`.
    #[param(value_type = Option<SortName>, inline)]
    pub(in crate::web) sort: String,
}

/// How a transaction came.
#[derive(ToSchema)]
#[schema(rename_all = "lowercase")]
#[expect(dead_code, reason = "names the words in the documentation")]
enum SourceName {
    Import,
    Manual,
}

/// An order of transactions.
#[derive(ToSchema)]
#[expect(dead_code, reason = "names the words in the documentation")]
enum SortName {
    #[serde(rename = "-date")]
    Newest,
    #[serde(rename = "date")]
    Oldest,
    #[serde(rename = "-entered")]
    LastEntered,
    #[serde(rename = "entered")]
    FirstEntered,
    #[serde(rename = "symbol")]
    FirstSymbol,
    #[serde(rename = "-symbol")]
    LastSymbol,
}

/// Refuses what is given as nothing: forms send that, programs leave out what they do not look for.
pub(super) fn refuse_empty(query: &str) -> Result<(), Problem> {
    let web::Query(given) = web::Query::<Vec<(String, String)>>::from_query(query)
        .map_err(|error| Problem::bad_request(format!("That address cannot be read: {error}.")))?;
    let empty: Vec<Fault> = given
        .into_iter()
        .filter(|(name, value)| LOOKED_FOR.contains(&name.as_str()) && value.trim().is_empty())
        .map(|(name, _)| Fault::new(name, "leave it out, or say what is looked for"))
        .collect();
    if empty.is_empty() { Ok(()) } else { Err(Problem::Invalid(empty)) }
}

/// Words that are looked for have so many characters at most.
const LONGEST: usize = 200;

/// The names of what can be looked for.
const LOOKED_FOR: [&str; 8] = ["symbol", "kind", "from", "to", "q", "account", "source", "sort"];

impl TransactionQuery {
    /// What is looked for, and in which order, by the names of the fields; what is left open is left out.
    pub(in crate::web) fn given(&self) -> Vec<(&'static str, String)> {
        let Self { symbol, kind, from, to, q, account, source, sort } = self;
        let values = [symbol, kind, from, to, q, account, source, sort];
        let given = LOOKED_FOR.into_iter().zip(values).filter(|(_, value)| !value.is_empty());
        given.map(|(name, value)| (name, value.clone())).collect()
    }

    /// Whether only some are looked for.
    pub(in crate::web) fn is_any(&self) -> bool {
        let said = [&self.symbol, &self.kind, &self.from, &self.to, &self.q, &self.account, &self.source];
        said.iter().any(|text| !text.trim().is_empty())
    }

    /// What the texts say, or all that is wrong with them.
    pub(in crate::web) fn read(&self) -> Result<(LedgerFilter, LedgerOrder), Problem> {
        let mut faults = Vec::new();
        let mut filter = LedgerFilter::default();
        let mut fault = |field: &str, reason: Sentence| faults.push(Fault::new(field, reason));
        let printable = || Sentence::new("refused.asked.printable").with("most", Value::exact(LONGEST));
        let given = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
        if let Some(text) = given(&self.symbol) {
            match text.parse() {
                Ok(symbol) => filter.symbol = Some(symbol),
                Err(error) => fault("symbol", no_symbol(&error)),
            }
        }
        if let Some(text) = given(&self.kind) {
            match text.parse() {
                Ok(kind) => filter.kind = Some(kind),
                Err(error) => fault("kind", no_kind(&error)),
            }
        }
        for (field, text, day) in [("from", &self.from, &mut filter.from), ("to", &self.to, &mut filter.to)] {
            if let Some(text) = given(text) {
                match text.parse() {
                    Ok(read) => *day = Some(read),
                    Err(_) => fault(field, Sentence::new("refused.asked.day")),
                }
            }
        }
        if let Some(text) = given(&self.q) {
            if text.chars().count() > LONGEST || text.chars().any(char::is_control) {
                fault("q", printable());
            }
            filter.text = Some(text);
        }
        if let Some(text) = given(&self.account) {
            if text.chars().count() > LONGEST || text.chars().any(char::is_control) {
                fault("account", printable());
            }
            filter.account = Some(text);
        }
        match self.source.trim() {
            "" => {}
            "import" => filter.origin = Some(Origin::Import),
            "manual" => filter.origin = Some(Origin::Manual),
            _ => fault("source", Sentence::new("refused.asked.source")),
        }
        let order = match self.sort.trim() {
            "" | "-date" => LedgerOrder::Newest,
            "date" => LedgerOrder::Oldest,
            "-entered" => LedgerOrder::LastEntered,
            "entered" => LedgerOrder::FirstEntered,
            "symbol" => LedgerOrder::Symbol,
            "-symbol" => LedgerOrder::SymbolBackwards,
            _ => {
                fault("sort", Sentence::new("refused.asked.sort"));
                LedgerOrder::Newest
            }
        };
        if faults.is_empty() { Ok((filter, order)) } else { Err(Problem::Invalid(faults)) }
    }
}

/// What is needed to go on behind a transaction.
pub(in crate::web) type Cursor = (Option<Symbol>, (chrono::NaiveDate, (i64, (DateTime<Utc>, TransactionId))));

pub(in crate::web) fn place((symbol, (date, (sequence, (created_at, id)))): Cursor) -> LedgerPlace {
    LedgerPlace { symbol, date, sequence, created_at, id }
}

pub(in crate::web) fn cursor(entry: &LedgerEntry) -> Cursor {
    let LedgerPlace { symbol, date, sequence, created_at, id } = LedgerPlace::of(entry);
    (symbol, (date, (sequence, (created_at, id))))
}
