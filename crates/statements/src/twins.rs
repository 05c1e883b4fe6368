//! Fingerprints that tell a second import of a row from a second, identical trade.

use std::collections::HashMap;

use bellwether_domain::TransactionDraft;

use crate::Row;

/// The fingerprints of each row's transactions: what the transaction says, `#`, and the how-manieth of its like it is in
/// the file, from 1.
///
/// Two identical trades in one file so differ, and the same file read again gives the same fingerprints.
pub fn number_twins(rows: &[Row]) -> Vec<Vec<String>> {
    let mut twins = Twins::default();
    rows.iter()
        .map(|row| row.verdict.drafts().iter().map(|draft| twins.fingerprint(draft)).collect())
        .collect()
}

/// Numbers the twins among drafts that come one by one, such as rows that a person corrected.
#[derive(Debug, Default)]
pub struct Twins {
    seen: HashMap<String, usize>,
}

impl Twins {
    /// The fingerprint of the next draft in the order of the file.
    pub fn fingerprint(&mut self, draft: &TransactionDraft) -> String {
        let fingerprint = draft.fingerprint();
        let occurrence = self.seen.entry(fingerprint.clone()).or_default();
        *occurrence += 1;
        format!("{fingerprint}#{occurrence}")
    }
}
