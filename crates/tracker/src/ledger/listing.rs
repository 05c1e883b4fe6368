//! What a ledger has, in parts.

use std::collections::BTreeSet;

use bellwether_domain::{PortfolioId, Symbol, TransactionId};
use bellwether_storage::StorageError;
use bellwether_storage::ledger::{LedgerEntry, LedgerFilter, LedgerOrder, LedgerPlace};

use super::{SymbolStanding, no_such_transaction, of_portfolio};
use crate::{Tracker, TrackerError};

/// A part of a ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerPage {
    /// Its transactions, in order.
    pub entries: Vec<LedgerEntry>,
    /// Where the next part begins: after this one; `None` where there is none.
    pub next: Option<LedgerPlace>,
    /// Of their symbols, those of which no source of prices has told anything.
    pub unverified: BTreeSet<Symbol>,
}

impl Tracker {
    /// A part of a ledger: at most `limit`, after a place where one is given.
    ///
    /// # Errors
    /// [`TrackerError::NotFound`] when there is no such portfolio, and the database's.
    pub async fn transactions(
        &self,
        id: PortfolioId,
        filter: LedgerFilter,
        order: LedgerOrder,
        after: Option<LedgerPlace>,
        limit: usize,
    ) -> Result<LedgerPage, TrackerError> {
        let one_more = i64::try_from(limit).unwrap_or(i64::MAX).saturating_add(1);
        let read = self.storage().ledger_page(self.user(), id, filter, order, after, one_more).await;
        let mut entries = read.map_err(of_portfolio)?;
        let is_last = entries.len() <= limit;
        entries.truncate(limit);
        let next = entries.last().filter(|_| !is_last).map(LedgerPlace::of);
        let unverified = self.unverified_of(&entries).await?;
        Ok(LedgerPage { entries, next, unverified })
    }

    /// One transaction of a ledger.
    ///
    /// # Errors
    /// [`TrackerError::NotFound`] when the portfolio has no such transaction, and the database's.
    pub async fn transaction(
        &self,
        portfolio: PortfolioId,
        id: TransactionId,
    ) -> Result<LedgerEntry, TrackerError> {
        match self.storage().ledger_entry(self.user(), portfolio, id).await {
            Err(StorageError::NotFound) => Err(no_such_transaction()),
            read => Ok(read?),
        }
    }

    /// Of the symbols of transactions, those of which no source of prices has told anything.
    ///
    /// # Errors
    /// The database's.
    pub async fn unverified_of(&self, entries: &[LedgerEntry]) -> Result<BTreeSet<Symbol>, TrackerError> {
        let symbols: BTreeSet<&Symbol> =
            entries.iter().flat_map(|entry| entry.transaction.booking.symbols()).collect();
        let symbols: Vec<Symbol> = symbols.into_iter().cloned().collect();
        let standing = self.known_standing_of(&symbols).await?;
        let unverified = standing.into_iter().filter(|(_, standing)| *standing == SymbolStanding::Unverified);
        Ok(unverified.map(|(symbol, _)| symbol).collect())
    }
}
