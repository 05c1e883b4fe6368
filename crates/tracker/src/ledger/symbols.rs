//! Whether a symbol is one, as far as the sources of prices tell within a moment.

use std::collections::HashMap;
use std::time::Duration;

use bellwether_domain::{Instrument, Quote, Symbol};
use bellwether_prices::{LoadBudget, Outcome};
use chrono::TimeDelta;

use crate::{Tracker, TrackerError};

/// Who enters a transaction waits no longer for the sources of prices.
const PATIENCE: Duration = Duration::from_secs(2);
/// Calls that a question may take.
const CALLS: u32 = 4;

/// What is known of a symbol.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SymbolStanding {
    /// A source told of it.
    Verified,
    /// Nobody told of it yet, and nobody said that it does not exist.
    #[default]
    Unverified,
    /// The source of prices says that it does not exist.
    Unknown,
}

/// Whether somebody has told anything of an instrument.
fn is_told_of(instrument: &Instrument) -> bool {
    instrument.name.is_some() || instrument.currency.is_some() || instrument.history_fetched_at.is_some()
}

fn standing(outcome: &Outcome<Quote>) -> SymbolStanding {
    match outcome {
        Outcome::Answered(_) | Outcome::Suspect(_) | Outcome::Delisted => SymbolStanding::Verified,
        Outcome::Unknown => SymbolStanding::Unknown,
        Outcome::NotAnswered(_) => SymbolStanding::Unverified,
    }
}

impl Tracker {
    /// What is known of symbols, by what is stored.
    ///
    /// # Errors
    /// The database's.
    pub async fn known_standing_of(
        &self,
        symbols: &[Symbol],
    ) -> Result<HashMap<Symbol, SymbolStanding>, TrackerError> {
        let known = self.storage().instruments_by_symbol(symbols.to_vec()).await?;
        let standing = |symbol: &Symbol| match known.get(symbol) {
            Some(instrument) if is_told_of(instrument) => SymbolStanding::Verified,
            _ => SymbolStanding::Unverified,
        };
        Ok(symbols.iter().map(|symbol| (symbol.clone(), standing(symbol))).collect())
    }

    /// The same, after asking the sources of prices for those of whom nothing is known, for two seconds at the most.
    pub(super) async fn standing_of(
        &self,
        symbols: &[Symbol],
    ) -> Result<HashMap<Symbol, SymbolStanding>, TrackerError> {
        if symbols.is_empty() {
            return Ok(HashMap::new());
        }
        let mut known = self.known_standing_of(symbols).await?;
        let open: Vec<Symbol> = known
            .iter()
            .filter(|(_, standing)| **standing == SymbolStanding::Unverified)
            .map(|(symbol, _)| symbol.clone())
            .collect();
        let Some(sources) = self.sources().filter(|_| !open.is_empty()) else { return Ok(known) };
        let deadline = self.clock().now() + TimeDelta::seconds(2);
        let budget = LoadBudget::foreground(CALLS, deadline);
        let asked = sources.provider().quotes(&open, &budget);
        // Whoever does not answer in time has not said anything.
        if let Ok(told) = tokio::time::timeout(PATIENCE, asked).await {
            known.extend(told.into_iter().map(|(symbol, outcome)| (symbol, standing(&outcome))));
        }
        sources.keep_memory(self.storage()).await;
        sources.keep_gateways(self.storage()).await;
        Ok(known)
    }
}
