//! Whether the same transaction is there already, and how its true twins are told apart.

use std::collections::{HashMap, HashSet};

use bellwether_domain::{Transaction, TransactionDraft};
use bellwether_storage::ledger::LedgerEntry;
use chrono::DateTime;

use crate::TrackerError;

/// The fingerprints of a ledger: what somebody said of a transaction, `#`, and which of its like it is, from 1. A file
/// that has two of a kind numbers them in the same way, so it finds both here.
#[derive(Default)]
pub(crate) struct Fingerprints {
    taken: HashSet<String>,
    /// By what they come to, whatever was said: a price, or the amount that it was found by.
    first_of: HashMap<String, LedgerEntry>,
}

impl Fingerprints {
    pub(crate) fn of<'a>(entries: impl Iterator<Item = &'a LedgerEntry>) -> Self {
        let mut all = Self::default();
        for entry in entries {
            all.add(entry.clone());
        }
        all
    }

    fn add(&mut self, entry: LedgerEntry) {
        self.taken.insert(entry.fingerprint.clone());
        self.first_of.entry(come_to(&entry.transaction)).or_insert(entry);
    }

    /// The fingerprint of a new transaction.
    ///
    /// # Errors
    /// [`TrackerError::Twin`] when there is one of the kind, and two are not accepted.
    pub(crate) fn of_new(
        &mut self,
        transaction: &Transaction,
        draft: &TransactionDraft,
        accept_duplicate: bool,
    ) -> Result<String, TrackerError> {
        self.refuse_twin(transaction, accept_duplicate)?;
        let said = draft.fingerprint();
        let numbered = (1_u64..).map(|number| format!("{said}#{number}"));
        let fingerprint = numbered
            .into_iter()
            .find(|numbered| !self.taken.contains(numbered))
            .expect("a ledger has fewer transactions than there are numbers");
        // It was not entered at any time yet.
        let (import, created_at) = (None, DateTime::UNIX_EPOCH);
        let (transaction, fingerprint_of_it) = (transaction.clone(), fingerprint.clone());
        self.add(LedgerEntry { transaction, fingerprint: fingerprint_of_it, import, created_at });
        Ok(fingerprint)
    }

    /// Keeps the fingerprint of a row that came with a file for it, whatever becomes of the transaction: so the next file
    /// with that row does not bring it again.
    pub(crate) fn keep_for_its_file(&mut self, entry: &LedgerEntry) {
        if entry.import.is_some() {
            self.taken.insert(entry.fingerprint.clone());
        }
    }

    /// The fingerprint of a transaction that has other facts: its own where they come to the same, and where a file
    /// brought it, for which that is [kept](Self::keep_for_its_file).
    ///
    /// # Errors
    /// As [`of_new`](Self::of_new).
    pub(crate) fn of_edited(
        &mut self,
        before: &LedgerEntry,
        transaction: &Transaction,
        draft: &TransactionDraft,
        accept_duplicate: bool,
    ) -> Result<String, TrackerError> {
        let is_same = come_to(&before.transaction) == come_to(transaction);
        let is_own = before.import.is_some() || (is_same && !self.taken.contains(&before.fingerprint));
        if !is_own {
            return self.of_new(transaction, draft, accept_duplicate);
        }
        if !is_same {
            self.refuse_twin(transaction, accept_duplicate)?;
        }
        self.add(LedgerEntry { transaction: transaction.clone(), ..before.clone() });
        Ok(before.fingerprint.clone())
    }

    fn refuse_twin(&self, transaction: &Transaction, accept_duplicate: bool) -> Result<(), TrackerError> {
        match self.first_of.get(&come_to(transaction)) {
            Some(twin) if !accept_duplicate => Err(TrackerError::Twin(Box::new(twin.clone()))),
            _ => Ok(()),
        }
    }
}

/// What any telling of a transaction comes to.
fn come_to(transaction: &Transaction) -> String {
    TransactionDraft::of(transaction).fingerprint()
}
