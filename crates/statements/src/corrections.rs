//! What a person corrects in the rows of a file before it is imported.

use std::collections::{BTreeMap, HashMap};

use bellwether_domain::{TransactionDraft, TransactionId};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{IgnoredRow, Statement, Verdict};

/// What becomes of a row instead of what its file says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Correction {
    /// Other texts in some of its cells, by the number of the column from 0. Only rows below the header of a table have
    /// cells; elsewhere this changes nothing.
    Cells(BTreeMap<usize, String>),
    /// This transaction, whatever the row says.
    Transaction(Box<TransactionDraft>),
    /// Nothing: the row is left out.
    LeaveOut,
}

/// Corrections by the place of the row in [`Statement::rows`], from 0.
pub type Corrections = BTreeMap<usize, Correction>;

/// Corrected cells by the line on which their record begins.
pub(crate) type CorrectedCells = HashMap<usize, BTreeMap<usize, String>>;

/// Where the corrected cells stand in the file that was read as `statement`.
pub(crate) fn cells_by_line(statement: &Statement, corrections: &Corrections) -> CorrectedCells {
    let of_table = |line: usize| statement.header_line > 0 && line > statement.header_line;
    corrections
        .iter()
        .filter_map(|(place, correction)| {
            let Correction::Cells(cells) = correction else { return None };
            let line = statement.rows.get(*place)?.line;
            of_table(line).then(|| (line, cells.clone()))
        })
        .collect()
}

/// Puts whole transactions in the place of rows, and takes out what is to be left out.
pub(crate) fn apply(statement: &mut Statement, corrections: &Corrections, today: NaiveDate) {
    for (place, correction) in corrections {
        let Some(row) = statement.rows.get_mut(*place) else { continue };
        row.verdict = match correction {
            Correction::Cells(_) => continue,
            Correction::LeaveOut => Verdict::Ignored(IgnoredRow::LeftOut),
            Correction::Transaction(draft) => {
                match draft.check(TransactionId::from_uuid(Uuid::nil()), 0, today) {
                    Ok(_) => Verdict::Transaction(draft.as_ref().clone()),
                    Err(error) => Verdict::rejected(error.into()),
                }
            }
        };
    }
}
