//! Prices, splits and dividends that the user brings as files.

use std::collections::BTreeMap;

use bellwether_domain::{CorporateAction, Currency, PriceBasis, PriceSource, Symbol};
use bellwether_statements::{PriceOptions, read_actions, read_prices};
use bellwether_storage::AnyConnection;
use bellwether_storage::actions::{self, ActionBatch};
use bellwether_storage::instruments::InstrumentFacts;
use bellwether_storage::prices::{self, PriceBatch, WriteMode};
use serde::Serialize;

use crate::import::{RejectedRow, counted};
use crate::versions::prices_entered;
use crate::{Tracker, TrackerError};

/// What became of a file of prices or corporate actions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MarketFileReport {
    /// What happened.
    pub sentence: String,
    /// Rows that were stored, new or not.
    pub stored: usize,
    /// Rows that were not stored, with every reason.
    pub rejected: Vec<RejectedRow>,
    /// What had to be assumed.
    pub notes: Vec<String>,
}

impl Tracker {
    /// Stores daily prices from a file under a source of their own, whose basis is fixed.
    ///
    /// # Errors
    /// [`TrackerError::File`] when the file gives no rows, does not say its basis, or contradicts `basis`;
    /// [`TrackerError::Conflict`] when an instrument is known in another currency; and the database's. Nothing is
    /// stored then.
    pub async fn import_prices(
        &self,
        bytes: Vec<u8>,
        basis: Option<PriceBasis>,
        currency: Currency,
    ) -> Result<MarketFileReport, TrackerError> {
        let options = PriceOptions { basis, today: self.today() };
        let file = self.compute(move || read_prices(&bytes, &options)).await?;
        let symbols: Vec<Symbol> = file.series.iter().map(|(symbol, _)| symbol.clone()).collect();
        let instruments = self.storage().find_or_create_instruments(symbols).await?;
        for known in &instruments {
            if let Some(other) = known.currency.filter(|other| *other != currency) {
                return Err(TrackerError::conflict(format!(
                    "{} is known in {other}, the file is said to be in {currency}: give the right currency",
                    known.symbol
                )));
            }
        }
        let stored = file.bars();
        let source = PriceSource::file(file.basis);
        let facts = instruments
            .iter()
            .map(|known| {
                (known.id, InstrumentFacts { currency: Some(currency), ..InstrumentFacts::default() })
            })
            .collect();
        let count = instruments.len();
        let batches: Vec<PriceBatch> = instruments
            .iter()
            .zip(file.series)
            .map(|(known, (_, bars))| PriceBatch {
                instrument: known.id,
                source: source.clone(),
                bars,
                mode: WriteMode::Merge,
            })
            .collect();
        self.storage().learn_about_instruments(facts).await?;
        let now = self.clock().now();
        let write = move |connection: &mut AnyConnection| {
            prices::write(connection, &batches)?;
            prices_entered(connection, now)
        };
        self.storage().write(write).await?;
        self.prices_changed(instruments.iter().map(|known| known.symbol.clone()).collect());
        Ok(MarketFileReport {
            sentence: sentence(
                stored,
                "price",
                &format!("of {}, {}", counted(count, "instrument"), file.basis),
                file.rejected.len(),
            ),
            stored,
            rejected: file.rejected.into_iter().flat_map(rejects).collect(),
            notes: file.notes.iter().map(ToString::to_string).collect(),
        })
    }

    /// Stores splits or dividends from a file.
    ///
    /// # Errors
    /// [`TrackerError::File`] when the file gives no rows, and the database's. Nothing is stored then.
    pub async fn import_actions(
        &self,
        bytes: Vec<u8>,
        basis: PriceBasis,
    ) -> Result<MarketFileReport, TrackerError> {
        let file = self.compute(move || read_actions(&bytes)).await?;
        let stored = file.actions.len();
        let mut by_symbol: BTreeMap<Symbol, Vec<CorporateAction>> = BTreeMap::new();
        for action in file.actions {
            by_symbol.entry(action.symbol.clone()).or_default().push(action);
        }
        let instruments =
            self.storage().find_or_create_instruments(by_symbol.keys().cloned().collect()).await?;
        let count = instruments.len();
        let source = PriceSource::file(basis);
        let batches: Vec<ActionBatch> = instruments
            .iter()
            .zip(by_symbol.into_values())
            .map(|(known, actions)| ActionBatch { instrument: known.id, source: source.clone(), actions })
            .collect();
        let now = self.clock().now();
        let write = move |connection: &mut AnyConnection| {
            actions::upsert(connection, &batches)?;
            prices_entered(connection, now)
        };
        self.storage().write(write).await?;
        self.prices_changed(instruments.iter().map(|known| known.symbol.clone()).collect());
        Ok(MarketFileReport {
            sentence: sentence(
                stored,
                "action",
                &format!("of {}", counted(count, "instrument")),
                file.rejected.len(),
            ),
            stored,
            rejected: file.rejected.into_iter().flat_map(rejects).collect(),
            notes: file.notes.iter().map(ToString::to_string).collect(),
        })
    }
}

fn sentence(stored: usize, what: &str, of: &str, rejected: usize) -> String {
    let rejects = match rejected {
        0 => String::new(),
        rejected => format!(", {} rejected", counted(rejected, "row")),
    };
    format!("{} {of} stored{rejects}.", counted(stored, what))
}

fn rejects(row: bellwether_statements::RejectedRow) -> impl Iterator<Item = RejectedRow> {
    let line = row.line;
    row.problems.into_iter().map(move |problem| RejectedRow {
        line,
        reason: problem.reason.to_string(),
        column: problem.column,
    })
}
