//! One number for all that owners entered: two ledgers with the same hash are the same, whatever database they are in
//! and in whatever order their rows lie.
//!
//! It is the SHA-256 of lines of JSON, each led by a word: the settings of a portfolio, its imports by identifier, its
//! transactions in the order of the ledger with every digit, fingerprint and import, and the targets that were decided
//! last. What only tells of the past does not count: imports that were undone, earlier targets, versions, and the audit
//! log. So undoing a change brings the hash back that was before it.

use std::collections::{BTreeMap, HashMap};
use std::fmt;

use bellwether_domain::{InstrumentId, PortfolioId, UserId};
use diesel::prelude::*;
use rust_decimal::Decimal;
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use crate::changes::PortfolioState;
use crate::columns::{Amount, Key};
use crate::connection::AnyConnection;
use crate::imports::ImportRecord;
use crate::ledger::{self, LedgerEntry};
use crate::portfolios::{self, PortfolioSettings};
use crate::schema::{index_components, indices, users};
use crate::target_allocations::{self, HOLDINGS};
use crate::{Storage, StorageError, imports, instruments};

/// The hash of what owners entered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct LedgerHash(pub [u8; 32]);

impl fmt::Display for LedgerHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// Entries that are read at a time.
const PAGE: i64 = 2_000;

/// The hash of one portfolio of a user.
///
/// # Errors
/// [`StorageError::NotFound`] when there is no such portfolio or it is somebody else's.
pub fn of_portfolio(
    connection: &mut AnyConnection,
    user: UserId,
    portfolio: PortfolioId,
) -> Result<LedgerHash, StorageError> {
    let settings = PortfolioSettings::of(&portfolios::find(connection, user, portfolio)?);
    let mut lines = Lines::default();
    lines.settings(&settings)?;
    for import in in_force(imports::list(connection, user, portfolio)?) {
        lines.line("import", &import)?;
    }
    let mut page = ledger::page(connection, portfolio, None, PAGE)?;
    while let Some(last) = page.last().map(|entry| entry.transaction.clone()) {
        for entry in &page {
            lines.line("transaction", entry)?;
        }
        page = ledger::page(connection, portfolio, Some(&last), PAGE)?;
    }
    let targets = target_allocations::latest(connection, portfolio, HOLDINGS)?;
    lines.targets(targets.map(|targets| targets.weights).as_ref())?;
    Ok(lines.hash())
}

/// The hash of all that a user entered: their portfolios and indices. It does not depend on who the user is.
///
/// # Errors
/// [`StorageError::Unavailable`] when the database is, [`StorageError::Corrupt`] for a record that cannot be read.
pub fn of_user(connection: &mut AnyConnection, user: UserId) -> Result<LedgerHash, StorageError> {
    let mut lines = Lines::default();
    let mut ids: Vec<PortfolioId> =
        portfolios::list(connection, user)?.iter().map(|portfolio| portfolio.id).collect();
    ids.sort_unstable_by_key(|id| id.uuid());
    for id in ids {
        let hash = of_portfolio(connection, user, id)?;
        lines.line("portfolio", &(id, hash.to_string()))?;
    }
    for index in indices_of(connection, user)? {
        lines.line("index", &index)?;
    }
    Ok(lines.hash())
}

/// The hash of all that everybody entered.
///
/// # Errors
/// As [`of_user`].
pub fn of_database(connection: &mut AnyConnection) -> Result<LedgerHash, StorageError> {
    let everybody: Vec<Key> = users::table.order(users::id).select(users::id).load(connection)?;
    let mut lines = Lines::default();
    for Key(id) in everybody {
        let hash = of_user(connection, UserId::from_uuid(id))?;
        lines.line("user", &(id, hash.to_string()))?;
    }
    Ok(lines.hash())
}

impl PortfolioState {
    /// The hash of a portfolio in this state, whether tables or the audit log told it; `None` when there is none.
    ///
    /// # Errors
    /// [`StorageError::Refused`] when it cannot be written as JSON, which everything can that was entered.
    pub fn hash(&self) -> Result<Option<LedgerHash>, StorageError> {
        let Some(settings) = &self.settings else { return Ok(None) };
        let mut lines = Lines::default();
        lines.settings(settings)?;
        for import in in_force(self.imports.values().cloned()) {
            lines.line("import", &import)?;
        }
        let mut entries: Vec<&LedgerEntry> = self.entries.values().collect();
        entries.sort_unstable_by_key(|entry| {
            let transaction = &entry.transaction;
            (transaction.date, transaction.sequence, transaction.id.uuid())
        });
        for entry in entries {
            lines.line("transaction", entry)?;
        }
        lines.targets(self.targets.as_ref())?;
        Ok(Some(lines.hash()))
    }
}

/// Imports that were not undone, by identifier.
fn in_force(imports: impl IntoIterator<Item = ImportRecord>) -> Vec<ImportRecord> {
    let mut imports: Vec<_> = imports.into_iter().filter(|import| import.undone_at.is_none()).collect();
    imports.sort_unstable_by_key(|import| import.id.uuid());
    imports
}

/// An index of a user's own, as it was entered.
#[derive(Serialize)]
struct Index {
    id: uuid::Uuid,
    name: String,
    base_currency: String,
    rebalancing: String,
    components: BTreeMap<String, Decimal>,
}

fn indices_of(connection: &mut AnyConnection, user: UserId) -> Result<Vec<Index>, StorageError> {
    let rows: Vec<(Key, String, String, String)> = indices::table
        .filter(indices::user_id.eq(Key(user.uuid())))
        .order(indices::id)
        .select((indices::id, indices::name, indices::base_currency, indices::rebalancing))
        .load(connection)?;
    let mut found = Vec::with_capacity(rows.len());
    for (id, name, base_currency, rebalancing) in rows {
        let weights: Vec<(i32, Amount)> = index_components::table
            .filter(index_components::index_id.eq(id))
            .select((index_components::instrument_id, index_components::weight))
            .load(connection)?;
        let ids: Vec<_> = weights.iter().map(|(instrument, _)| InstrumentId(*instrument)).collect();
        let symbols: HashMap<_, _> = instruments::by_ids(connection, &ids)?
            .into_iter()
            .map(|instrument| (instrument.id.0, instrument.symbol.to_string()))
            .collect();
        let components = weights
            .into_iter()
            .filter_map(|(instrument, weight)| Some((symbols.get(&instrument)?.clone(), weight.0)))
            .collect();
        found.push(Index { id: id.0, name, base_currency, rebalancing, components });
    }
    Ok(found)
}

/// What is hashed, as it comes.
#[derive(Default)]
struct Lines(Sha256);

impl Lines {
    fn line(&mut self, word: &str, content: &impl Serialize) -> Result<(), StorageError> {
        let json =
            serde_json::to_string(content).map_err(|error| StorageError::Refused(error.to_string()))?;
        self.0.update(word);
        self.0.update(" ");
        // JSON has no line breaks outside of its texts, and none in them that are not escaped.
        self.0.update(json);
        self.0.update("\n");
        Ok(())
    }

    fn settings(&mut self, settings: &PortfolioSettings) -> Result<(), StorageError> {
        let PortfolioSettings { name, description, base_currency, cost_method, dividends, benchmarks, demo } =
            settings;
        let words = (name, description, base_currency, cost_method.as_str(), dividends.as_str());
        self.line("settings", &(words, benchmarks, demo))
    }

    fn targets(&mut self, weights: Option<&BTreeMap<String, Decimal>>) -> Result<(), StorageError> {
        weights.map_or(Ok(()), |weights| self.line("targets", weights))
    }

    fn hash(self) -> LedgerHash {
        LedgerHash(self.0.finalize().into())
    }
}

impl Storage {
    /// The hash of one portfolio of a user.
    ///
    /// # Errors
    /// [`StorageError::NotFound`] when there is no such portfolio or it is somebody else's.
    pub async fn portfolio_hash(
        &self,
        user: UserId,
        portfolio: PortfolioId,
    ) -> Result<LedgerHash, StorageError> {
        self.snapshot(move |connection| of_portfolio(connection, user, portfolio)).await
    }

    /// The hash of all that everybody entered.
    ///
    /// # Errors
    /// As [`of_database`].
    pub async fn database_hash(&self) -> Result<LedgerHash, StorageError> {
        self.snapshot(of_database).await
    }
}
