//! What somebody chooses for a file before it is imported.

use std::collections::BTreeMap;

use bellwether_domain::{Currency, Symbol};
use bellwether_statements::{ColumnMapping, Correction, Corrections, Detected, ReadOptions, StatementFormat};
use bellwether_texts::{Sentence, Value};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::{FieldFault, TrackerError};

/// More corrections or symbols than anybody makes by hand.
const MOST_CHOICES: usize = 10_000;
/// More than any cell of a table of trades holds, in bytes.
const LONGEST_CELL: usize = 64 << 10;
/// More than any name of an instrument, in bytes.
const LONGEST_INSTRUMENT: usize = 1 << 10;

/// What was found out about a file, and what somebody chose for it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Choices {
    /// The forms that it may have, the surest first.
    pub detected: Vec<Detected>,
    /// The currency of rows that name none; the portfolio's when `None`.
    pub currency: Option<Currency>,
    /// Its form; the surest when `None`.
    pub format: Option<StatementFormat>,
    /// What its columns hold, where a person says so.
    pub mapping: Option<ColumnMapping>,
    /// Whether the mapping was remembered from an earlier file.
    pub remembered: bool,
    /// What stands in the place of rows, by their place in the file.
    pub corrections: Corrections,
    /// The symbols of instruments that the file names otherwise.
    pub symbols: BTreeMap<String, Symbol>,
}

impl Choices {
    /// Whether nobody can tell yet what its columns hold.
    pub fn need_mapping(&self) -> bool {
        self.detected.is_empty() && self.mapping.is_none() && self.format.is_none()
    }

    pub(crate) fn options(&self, base: Currency, today: NaiveDate) -> ReadOptions {
        ReadOptions {
            format: self.format,
            mapping: self.mapping.clone(),
            corrections: self.corrections.clone(),
            symbols: self.symbols.clone(),
            ..ReadOptions::new(self.currency.unwrap_or(base), today)
        }
    }
}

/// What is to be chosen otherwise: what is `None` stays, and an inner `None` takes a choice back.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DraftChange {
    /// The currency of rows that name none.
    pub currency: Option<Option<Currency>>,
    /// The form of the file.
    pub format: Option<Option<StatementFormat>>,
    /// What its columns hold.
    pub mapping: Option<Option<ColumnMapping>>,
    /// Whether to use the mapping for later files with these columns too.
    pub remember: bool,
    /// What stands in the place of rows, by their place in the file.
    pub corrections: BTreeMap<usize, Option<Correction>>,
    /// The symbols of instruments.
    pub symbols: BTreeMap<String, Option<Symbol>>,
}

impl DraftChange {
    /// The choices with this change.
    pub(super) fn applied_to(self, choices: &Choices) -> Result<Choices, TrackerError> {
        let mut changed = choices.clone();
        if let Some(currency) = self.currency {
            changed.currency = currency;
        }
        if let Some(format) = self.format {
            changed.format = format;
        }
        if let Some(mapping) = self.mapping {
            changed.mapping = mapping;
            changed.remembered = false;
        }
        for (place, correction) in self.corrections {
            if let Some(Correction::Cells(cells)) = &correction {
                check_cells(place, cells)?;
            }
            match correction {
                Some(correction) => changed.corrections.insert(place, correction),
                None => changed.corrections.remove(&place),
            };
        }
        for (instrument, symbol) in self.symbols {
            if instrument.len() > LONGEST_INSTRUMENT {
                return Err(TrackerError::Invalid(vec![FieldFault::of(
                    "symbols",
                    "no instrument of the file has so long a name",
                )]));
            }
            match symbol {
                Some(symbol) => changed.symbols.insert(instrument, symbol),
                None => changed.symbols.remove(&instrument),
            };
        }
        if changed.corrections.len() > MOST_CHOICES || changed.symbols.len() > MOST_CHOICES {
            return Err(TrackerError::refused(
                Sentence::new("refused.corrections_most").with("most", Value::exact(MOST_CHOICES)),
            ));
        }
        Ok(changed)
    }
}

/// Refuses texts that no table has.
fn check_cells(place: usize, cells: &BTreeMap<usize, String>) -> Result<(), TrackerError> {
    let is_unusual = |c: char| c.is_control() && !matches!(c, '\n' | '\r' | '\t');
    for (column, text) in cells {
        let reason = if text.len() > LONGEST_CELL {
            format!("row {place}, column {column} is longer than {} KiB", LONGEST_CELL >> 10)
        } else if text.chars().any(is_unusual) {
            format!("row {place}, column {column} has characters that cannot be printed")
        } else {
            continue;
        };
        return Err(TrackerError::Invalid(vec![FieldFault::of("corrections", reason)]));
    }
    Ok(())
}
