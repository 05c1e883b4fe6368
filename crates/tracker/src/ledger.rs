//! What a person or a program changes in a portfolio's ledger: one by one or many at once, always all of it or nothing.

mod entered;
mod history;
mod listing;
mod shares;
mod symbols;
mod twins;

use std::collections::{BTreeSet, HashMap, HashSet};
use std::fmt;

use bellwether_domain::{ChangeId, Portfolio, PortfolioId, Symbol, Transaction, TransactionId};
use bellwether_portfolio::Options;
use bellwether_storage::ledger::{Edited, LedgerEdit, LedgerEntry};
use bellwether_storage::{StorageError, ledger, portfolios};
use bellwether_texts::{Sentence, Value};
use chrono::NaiveDate;

use crate::error::sentence;
use crate::refusals::invalid;
use crate::{Tracker, TrackerError};

pub(crate) use entered::number;
pub use entered::{EnteredLot, EnteredTransaction};
pub use history::ChangeShown;
pub(crate) use history::said_of;
pub use listing::LedgerPage;
pub(crate) use shares::{Shortage, left_short};
pub use symbols::SymbolStanding;
pub(crate) use twins::Fingerprints;

/// So many additions, changes and deletions at once, at most.
pub const MOST_AT_ONCE: usize = 1_000;
/// A ledger that others keep changing is looked at so often.
pub(crate) const TRIES: usize = 8;

/// A transaction to be recorded.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct NewTransaction {
    /// What was entered.
    pub entered: EnteredTransaction,
    /// Whether it is to be recorded although the same transaction is there already: a true twin.
    pub accept_duplicate: bool,
    /// Whether its symbols are the user's own, which no source of prices knows.
    pub custom: bool,
}

/// A transaction that is to have other facts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EditedTransaction {
    /// Which.
    pub id: TransactionId,
    /// All its facts.
    pub facts: NewTransaction,
    /// How its author saw it; whoever was overtaken is told so. Any way where `None`.
    pub seen: Option<LedgerEntry>,
}

/// A transaction that is to go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeletedTransaction {
    /// Which.
    pub id: TransactionId,
    /// How its author saw it; whoever was overtaken is told so. Any way where `None`.
    pub seen: Option<LedgerEntry>,
}

/// What is to be done to a ledger as one change.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LedgerChange {
    /// What comes.
    pub creates: Vec<NewTransaction>,
    /// What becomes another.
    pub edits: Vec<EditedTransaction>,
    /// What goes.
    pub deletes: Vec<DeletedTransaction>,
}

/// What became of it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LedgerChanged {
    /// The change, by which it can be undone; `None` when all was so already, or of a trial.
    pub change: Option<ChangeId>,
    /// The identifiers of what came, in order.
    pub created: Vec<TransactionId>,
    /// What was accepted but needs attention.
    pub warnings: Vec<String>,
}

/// Which part of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Part {
    /// Of what comes, the one in that place, from 0.
    Create(usize),
    /// Of what becomes another.
    Edit(usize),
    /// Of what goes.
    Delete(usize),
    /// What there is only one of, such as settings.
    Whole,
}

/// What is wrong with a field.
#[derive(Debug, Clone, PartialEq)]
pub struct FieldFault {
    /// Of which part.
    pub part: Part,
    /// The field's name; empty when it is the part as a whole.
    pub field: &'static str,
    /// What is wrong, and what to do: a sentence without its first capital and its point.
    pub reason: Sentence,
}

impl FieldFault {
    /// A fault of a field of the only part.
    pub(crate) fn of(field: &'static str, reason: impl Into<Sentence>) -> Self {
        Self { part: Part::Whole, field, reason: reason.into() }
    }

    /// As a whole sentence.
    pub fn said(&self) -> Sentence {
        self.reason.clone().whole()
    }

    fn in_part(part: Part) -> impl Fn(Self) -> Self {
        move |fault| Self { part, ..fault }
    }
}

impl fmt::Display for FieldFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.said().fmt(f)
    }
}

impl Tracker {
    /// Makes a change of a ledger, all of it or nothing; with `dry_run`, says what that would do.
    ///
    /// What is entered by hand, comes from programs and from files is checked by the same rules: those of a draft, and
    /// shares enough for every sale on its day, in the ledger as it would become. Symbols that are new here are asked
    /// for upstream, for two seconds at the most.
    ///
    /// # Errors
    /// [`TrackerError::Invalid`] with all that is wrong, [`TrackerError::Twin`] when the same transaction is there and
    /// was not accepted twice, [`TrackerError::Conflict`] when a sale would be left without shares,
    /// [`TrackerError::Overtaken`] when what was seen is another since, [`TrackerError::NotFound`] when there is no such
    /// portfolio or transaction, and the database's. Nothing is changed then.
    pub async fn change_ledger(
        &self,
        id: PortfolioId,
        mut wanted: LedgerChange,
        dry_run: bool,
    ) -> Result<LedgerChanged, TrackerError> {
        if wanted.creates.len() + wanted.edits.len() + wanted.deletes.len() > MOST_AT_ONCE {
            return Err(TrackerError::refused(
                Sentence::new("refused.asked.changes_most").with("most", Value::exact(MOST_AT_ONCE)),
            ));
        }
        let mut standing: Option<HashMap<Symbol, SymbolStanding>> = None;
        for _ in 0..TRIES {
            let (mut seen, today) = (self.ledger_seen(id).await?, self.today());
            let planned;
            // The work grows with the ledger.
            (seen, wanted, planned) = self
                .compute(move || {
                    let planned = Planned::of(today, &seen, &wanted);
                    (seen, wanted, planned)
                })
                .await;
            let planned = planned?;
            if standing.is_none() {
                standing = Some(self.standing_of(&planned.new_symbols).await?);
            }
            let mut changed = LedgerChanged { created: planned.created(), ..LedgerChanged::default() };
            check_symbols(&planned, &wanted, standing.as_ref(), &mut changed.warnings)?;
            self.check_shares(&seen, &planned, &mut changed.warnings).await?;
            if dry_run {
                return Ok(changed);
            }
            match self.storage().edit_ledger(self.user(), id, seen.version, planned.edit).await {
                Ok(Edited::Made(change)) => {
                    changed.change = Some(change);
                    self.ledger_changed(id).await;
                    return Ok(changed);
                }
                Ok(Edited::Nothing) => return Ok(changed),
                // Somebody else was faster: what was checked is checked again over their ledger.
                Ok(Edited::Overtaken) => {}
                Err(error) => return Err(of_portfolio(error)),
            }
        }
        Err(kept_changing())
    }

    /// A portfolio's ledger with its version, at one moment.
    pub(crate) async fn ledger_seen(&self, id: PortfolioId) -> Result<Seen, TrackerError> {
        let user = self.user();
        let read = self.storage().snapshot(move |connection| {
            Ok(Seen {
                portfolio: portfolios::find(connection, user, id)?,
                version: portfolios::version(connection, user, id)?,
                entries: ledger::entries(connection, user, id)?,
                next: ledger::next_sequence(connection, user, id)?,
            })
        });
        read.await.map_err(of_portfolio)
    }

    /// Refuses what would leave sales without shares that had them, and what is entered without shares itself.
    async fn check_shares(
        &self,
        seen: &Seen,
        planned: &Planned,
        warnings: &mut Vec<String>,
    ) -> Result<(), TrackerError> {
        let options = Options::of(&seen.portfolio);
        let short = self.short_sales(seen.transactions(), planned.after(seen), options).await?;
        let touched = planned.touched(seen);
        let (mut faults, mut left) = (Vec::new(), Vec::new());
        let was_short = short.old.iter().filter(|short| touched.contains_key(&short.transaction));
        for short in short.new.iter().chain(was_short) {
            if self.may_yet_be_split(short) {
                let words = short.reason.clone().whole();
                warnings.push(format!("{words} Splits may be missing; prices bring them along."));
            } else if let Some(part) = touched.get(&short.transaction) {
                let reason = short.reason.clone();
                faults.push(FieldFault { part: *part, field: "quantity", reason });
            } else {
                left.push(short);
            }
        }
        if let Some(refused) = left_short(&left) {
            return Err(refused);
        }
        if faults.is_empty() { Ok(()) } else { Err(TrackerError::Invalid(faults)) }
    }
}

/// Refuses symbols that do not exist, and warns of those of which nobody knows.
fn check_symbols(
    planned: &Planned,
    wanted: &LedgerChange,
    standing: Option<&HashMap<Symbol, SymbolStanding>>,
    warnings: &mut Vec<String>,
) -> Result<(), TrackerError> {
    let standing_of =
        |symbol: &Symbol| standing.and_then(|known| known.get(symbol)).copied().unwrap_or_default();
    let mut faults = Vec::new();
    let mut unverified = BTreeSet::new();
    for (part, transaction) in planned.entered() {
        for symbol in transaction.booking.symbols().filter(|symbol| planned.is_new(symbol)) {
            match standing_of(symbol) {
                SymbolStanding::Unknown if !wanted.is_custom(part) => {
                    let is_other = transaction.booking.symbol() != Some(symbol);
                    let reason = Sentence::new("fault.unknown_symbol").with("symbol", symbol.as_str());
                    let field = if is_other { "other_symbol" } else { "symbol" };
                    faults.push(FieldFault { part, field, reason });
                }
                SymbolStanding::Verified | SymbolStanding::Unknown => {}
                SymbolStanding::Unverified => {
                    unverified.insert(symbol.clone());
                }
            }
        }
    }
    warnings.extend(
        unverified
            .into_iter()
            .map(|symbol| format!("{symbol} could not be verified: no source of prices has told of it yet.")),
    );
    if faults.is_empty() { Ok(()) } else { Err(TrackerError::Invalid(faults)) }
}

/// A ledger as it is.
pub(crate) struct Seen {
    pub(crate) portfolio: Portfolio,
    pub(crate) version: i64,
    pub(crate) entries: Vec<LedgerEntry>,
    /// The lowest sequence number after all of them.
    pub(crate) next: i64,
}

impl Seen {
    pub(crate) fn transactions(&self) -> Vec<Transaction> {
        self.entries.iter().map(|entry| entry.transaction.clone()).collect()
    }
}

/// A change whose parts are right each by itself.
struct Planned {
    edit: LedgerEdit,
    /// Symbols that the ledger does not have yet.
    new_symbols: Vec<Symbol>,
}

impl LedgerChange {
    fn is_custom(&self, part: Part) -> bool {
        match part {
            Part::Create(at) => self.creates.get(at).is_some_and(|create| create.custom),
            Part::Edit(at) => self.edits.get(at).is_some_and(|edit| edit.facts.custom),
            Part::Delete(_) | Part::Whole => false,
        }
    }
}

impl Planned {
    fn of(today: NaiveDate, seen: &Seen, wanted: &LedgerChange) -> Result<Self, TrackerError> {
        let base = seen.portfolio.base_currency;
        let by_id: HashMap<TransactionId, &LedgerEntry> =
            seen.entries.iter().map(|entry| (entry.transaction.id, entry)).collect();
        let mut named = HashSet::new();
        let mut find = |id: TransactionId, as_seen: Option<&LedgerEntry>| {
            let entry = *by_id.get(&id).ok_or_else(no_such_transaction)?;
            if as_seen.is_some_and(|as_seen| as_seen != entry) {
                return Err(TrackerError::Overtaken);
            }
            if named.insert(id) {
                return Ok(entry);
            }
            Err(TrackerError::refused(Sentence::new("refused.asked.named_twice").with("id", id.to_string())))
        };
        let mut deleted = Vec::with_capacity(wanted.deletes.len());
        for delete in &wanted.deletes {
            find(delete.id, delete.seen.as_ref())?;
            deleted.push(delete.id);
        }
        let mut faults = Vec::new();
        let mut read = |part: Part, new: &NewTransaction| match new.entered.read(base, today) {
            Ok(draft) => Some(draft),
            Err(found) => {
                faults.extend(found.into_iter().map(FieldFault::in_part(part)));
                None
            }
        };
        let mut edits = Vec::with_capacity(wanted.edits.len());
        for (at, edit) in wanted.edits.iter().enumerate() {
            let before = find(edit.id, edit.seen.as_ref())?;
            edits.extend(read(Part::Edit(at), &edit.facts).map(|draft| (edit, before, draft)));
        }
        let drafts: Vec<_> =
            (0..).zip(&wanted.creates).map(|(at, new)| (new, read(Part::Create(at), new))).collect();
        if !faults.is_empty() {
            return Err(TrackerError::Invalid(faults));
        }
        let gone: HashSet<TransactionId> =
            deleted.iter().copied().chain(edits.iter().map(|(edit, ..)| edit.id)).collect();
        let mut fingerprints =
            Fingerprints::of(seen.entries.iter().filter(|entry| !gone.contains(&entry.transaction.id)));
        for (_, before, _) in &edits {
            fingerprints.keep_for_its_file(before);
        }
        let refused = |error: bellwether_domain::InvalidTransaction| {
            TrackerError::Invalid(vec![FieldFault::of("", invalid(&error))])
        };
        let mut plan = LedgerEdit { deleted, ..LedgerEdit::default() };
        for (edit, before, draft) in edits {
            let transaction = draft.check(edit.id, before.transaction.sequence, today).map_err(refused)?;
            let fingerprint =
                fingerprints.of_edited(before, &transaction, &draft, edit.facts.accept_duplicate)?;
            plan.changed.push((transaction, fingerprint));
        }
        for ((new, draft), sequence) in drafts.into_iter().zip(seen.next..) {
            let Some(draft) = draft else { continue };
            let transaction = draft.check(TransactionId::new(), sequence, today).map_err(refused)?;
            let fingerprint = fingerprints.of_new(&transaction, &draft, new.accept_duplicate)?;
            plan.added.push((transaction, fingerprint));
        }
        let known: HashSet<&Symbol> =
            seen.entries.iter().flat_map(|entry| entry.transaction.booking.symbols()).collect();
        let entered = plan.changed.iter().chain(&plan.added);
        let new_symbols: BTreeSet<Symbol> = entered
            .flat_map(|(transaction, _)| transaction.booking.symbols())
            .filter(|symbol| !known.contains(symbol))
            .cloned()
            .collect();
        Ok(Self { edit: plan, new_symbols: new_symbols.into_iter().collect() })
    }

    fn is_new(&self, symbol: &Symbol) -> bool {
        self.new_symbols.binary_search(symbol).is_ok()
    }

    fn created(&self) -> Vec<TransactionId> {
        self.edit.added.iter().map(|(transaction, _)| transaction.id).collect()
    }

    /// What was entered, with the part of the change that each is.
    fn entered(&self) -> impl Iterator<Item = (Part, &Transaction)> {
        let edits = (0..).map(Part::Edit).zip(&self.edit.changed);
        let creates = (0..).map(Part::Create).zip(&self.edit.added);
        edits.chain(creates).map(|(part, (transaction, _))| (part, transaction))
    }

    /// What was entered and counts otherwise than before.
    fn touched(&self, seen: &Seen) -> HashMap<TransactionId, Part> {
        let counts = |transaction: &Transaction| {
            (transaction.date, transaction.booking.clone(), transaction.account.clone())
        };
        let before: HashMap<TransactionId, _> =
            seen.entries.iter().map(|entry| (entry.transaction.id, counts(&entry.transaction))).collect();
        self.entered()
            .filter(|(_, transaction)| before.get(&transaction.id) != Some(&counts(transaction)))
            .map(|(part, transaction)| (transaction.id, part))
            .collect()
    }

    /// The ledger as it would become.
    fn after(&self, seen: &Seen) -> Vec<Transaction> {
        let gone: HashSet<TransactionId> = self
            .edit
            .deleted
            .iter()
            .copied()
            .chain(self.edit.changed.iter().map(|(transaction, _)| transaction.id))
            .collect();
        let kept = seen.entries.iter().map(|entry| &entry.transaction);
        let entered = self.entered().map(|(_, transaction)| transaction);
        kept.filter(|transaction| !gone.contains(&transaction.id)).chain(entered).cloned().collect()
    }
}

/// The refusal of a change that others overtook again and again.
pub(crate) fn kept_changing() -> TrackerError {
    TrackerError::conflict(Sentence::new("fault.kept_changing"))
}

fn no_such_transaction() -> TrackerError {
    TrackerError::NotFound("such transaction".to_owned())
}

/// What the database says of a portfolio and what hangs on it.
pub(crate) fn of_portfolio(error: StorageError) -> TrackerError {
    match error {
        StorageError::NotFound => TrackerError::NotFound("such portfolio".to_owned()),
        StorageError::Refused(words) => TrackerError::conflict(sentence(&words)),
        StorageError::Duplicate => TrackerError::conflict(Sentence::new("fault.there_already")),
        error => error.into(),
    }
}
