//! What was changed, in plain words, and taking it back.

use bellwether_domain::{ChangeId, Portfolio, PortfolioId, Transaction, TransactionKind};
use bellwether_portfolio::Options;
use bellwether_storage::audit::{AuditAction, AuditRecord, AuditSubject};
use bellwether_storage::changes::{self, ChangePart, ChangeSummary, PortfolioState};
use bellwether_storage::portfolios::{self, DeletedPortfolio, PortfolioSettings};
use bellwether_storage::{StorageError, audit};
use bellwether_texts::{Sentence, Value};
use chrono::{DateTime, Utc};

use super::{Shortage, TRIES, kept_changing, left_short, of_portfolio};
use crate::live::Event;
use crate::{Tracker, TrackerError, kind_words};

/// What somebody did at once.
#[derive(Debug, Clone, PartialEq)]
pub struct ChangeShown {
    /// Its identifier, by which it is undone.
    pub id: ChangeId,
    /// When.
    pub at: DateTime<Utc>,
    /// Its last audit record: restoring this gives the state just after it.
    pub record: i64,
    /// What was done, in words.
    pub words: String,
    /// Its only record, where it has one only.
    pub only: Option<AuditRecord>,
    /// How much of what was done to what.
    pub parts: Vec<ChangePart>,
}

impl ChangeShown {
    fn of(summary: ChangeSummary, records: &[AuditRecord]) -> Self {
        let ChangeSummary { id, at, last_record: record, parts } = summary;
        let only = parts.iter().map(|part| part.count).sum::<i64>() == 1;
        let last = records.iter().find(|known| known.id == record).filter(|_| only);
        let words = last.and_then(words_of_one).unwrap_or_else(|| words_of_many(&parts));
        Self { id, at, record, words, only: last.cloned(), parts }
    }
}

fn verb(action: AuditAction) -> &'static str {
    match action {
        AuditAction::Created => "added",
        AuditAction::Changed => "changed",
        AuditAction::Deleted => "deleted",
    }
}

fn words_of_many(parts: &[ChangePart]) -> String {
    let part = |part: &ChangePart| {
        let thing = match part.subject {
            AuditSubject::Transaction => "transaction",
            AuditSubject::Portfolio => "portfolio",
            AuditSubject::Import => "import",
            AuditSubject::TargetAllocation => "set of targets",
            AuditSubject::Index => "index",
        };
        match (part.subject, part.count) {
            (_, 1) => format!("1 {thing} {}", verb(part.action)),
            (AuditSubject::TargetAllocation, count) => {
                format!("{count} sets of targets {}", verb(part.action))
            }
            (AuditSubject::Index, count) => format!("{count} indices {}", verb(part.action)),
            (_, count) => format!("{count} {thing}s {}", verb(part.action)),
        }
    };
    let words: Vec<String> = parts.iter().map(part).collect();
    words.join(", ")
}

/// What a record tells, by what it is about.
fn words_of_one(record: &AuditRecord) -> Option<String> {
    let side = record.after.as_ref().or(record.before.as_ref())?;
    let verb = verb(record.action);
    Some(match record.subject {
        AuditSubject::Transaction => {
            let transaction = serde_json::from_value(side.get("transaction")?.clone()).ok()?;
            format!("{} {verb}", said_of(&transaction))
        }
        AuditSubject::Portfolio => format!("Portfolio {} {verb}", side.get("name")?.as_str()?),
        AuditSubject::Import => format!("Import of {} {verb}", side.get("file_name")?.as_str()?),
        AuditSubject::TargetAllocation => format!("Targets {verb}"),
        AuditSubject::Index => format!("Index {} {verb}", side.get("name")?.as_str()?),
    })
}

/// A transaction in a few words, such as `Buy of 10 KO on 2024-03-05`.
pub(crate) fn said_of(transaction: &Transaction) -> Sentence {
    let draft = bellwether_domain::TransactionDraft::of(transaction);
    let (size, currency) = match (draft.quantity, draft.amount) {
        (Some(quantity), _) => (Some(quantity), None),
        (None, Some(amount)) => (Some(amount), Some(draft.currency)),
        (None, None) => (None, None),
    };
    let key = match (size, currency, &draft.symbol) {
        (Some(_), None, Some(_)) => "fault.transaction.shares_of",
        (Some(_), None, None) => "fault.transaction.shares",
        (Some(_), Some(_), Some(_)) => "fault.transaction.amount_of",
        (Some(_), Some(_), None) => "fault.transaction.amount",
        (None, _, Some(_)) => "fault.transaction.of",
        (None, _, None) => "fault.transaction.alone",
    };
    let mut said = Sentence::new(key)
        .with("kind", Value::Begun(Box::new(kind_spoken(draft.kind))))
        .with("day", Value::Date(draft.date));
    if let Some(size) = size {
        said = said.with("size", Value::Exact(size.normalize()));
    }
    if let Some(currency) = currency {
        said = said.with("currency", currency.as_str());
    }
    match draft.symbol {
        Some(symbol) => said.with("symbol", symbol.as_str()),
        None => said,
    }
}

/// The name of a kind without hyphens.
fn kind_spoken(kind: TransactionKind) -> Sentence {
    match kind {
        TransactionKind::SpinOff => Sentence::new("fault.transaction.spin_off"),
        TransactionKind::TickerChange => Sentence::new("fault.transaction.ticker_change"),
        TransactionKind::TransferIn => Sentence::new("fault.transaction.transfer_in"),
        TransactionKind::TransferOut => Sentence::new("fault.transaction.transfer_out"),
        other => kind_words(other),
    }
}

impl Tracker {
    /// The changes of a portfolio, newest first: at most `limit`, all older than the record `before` where given. They
    /// outlive the portfolio.
    ///
    /// # Errors
    /// [`TrackerError::NotFound`] when there never was such a portfolio, and the database's.
    pub async fn changes(
        &self,
        id: PortfolioId,
        before: Option<i64>,
        limit: usize,
    ) -> Result<Vec<ChangeShown>, TrackerError> {
        let (user, limit) = (self.user(), i64::try_from(limit).unwrap_or(i64::MAX));
        let read = self.storage().snapshot(move |connection| {
            let changes = changes::list(connection, user, id, before, limit)?;
            let last: Vec<i64> = changes.iter().map(|change| change.last_record).collect();
            let records = audit::records(connection, user, &last)?;
            Ok((changes, records))
        });
        let (changes, records) = read.await?;
        if changes.is_empty() {
            self.was_once(id).await?;
        }
        Ok(changes.into_iter().map(|change| ChangeShown::of(change, &records)).collect())
    }

    /// The audit records of a portfolio, newest first: at most `limit`, all older than the record `before` where given.
    /// They outlive the portfolio.
    ///
    /// # Errors
    /// [`TrackerError::NotFound`] when there never was such a portfolio, and the database's.
    pub async fn audit_records(
        &self,
        id: PortfolioId,
        before: Option<i64>,
        limit: usize,
    ) -> Result<Vec<AuditRecord>, TrackerError> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let records = self.storage().audit(self.user(), id, before, limit).await?;
        if records.is_empty() {
            self.was_once(id).await?;
        }
        Ok(records)
    }

    async fn was_once(&self, id: PortfolioId) -> Result<(), TrackerError> {
        if self.storage().audit(self.user(), id, None, 1).await?.is_empty() {
            self.portfolio(id).await?;
        }
        Ok(())
    }

    /// The user's portfolios that were deleted and not put back, with the change that undoing puts them back, the last
    /// one first.
    ///
    /// # Errors
    /// The database's.
    pub async fn deleted_portfolios(&self) -> Result<Vec<DeletedPortfolio>, TrackerError> {
        let user = self.user();
        Ok(self.storage().read(move |connection| portfolios::deleted(connection, user)).await?)
    }

    /// Takes back all that was done in one change, and returns the change that this is: undoing that one does it again.
    ///
    /// # Errors
    /// [`TrackerError::NotFound`] when the user's portfolio knows no such change, [`TrackerError::Conflict`] when
    /// something of it was changed again since, or a sale would be left without shares; and the database's.
    pub async fn undo(&self, id: PortfolioId, change: ChangeId) -> Result<ChangeId, TrackerError> {
        for _ in 0..TRIES {
            let (user, now) = (self.user(), self.clock().now());
            let seen = self.storage().snapshot(move |connection| {
                let version = match portfolios::version(connection, user, id) {
                    Ok(version) => Some(version),
                    Err(error) if error.is_not_found() => None,
                    Err(error) => return Err(error),
                };
                let states = changes::before_and_after_undo(connection, user, id, change, now)?;
                let newest = changes::list(connection, user, id, None, 1)?;
                let is_newest = newest.first().is_some_and(|newest| newest.id == change);
                Ok((version, states, is_newest))
            });
            let (version, (current, wanted), is_newest) = seen.await.map_err(of_change)?;
            let is_deleted = wanted.settings.is_none();
            self.check_undo(id, &current, wanted, is_newest).await?;
            let undone = self
                .storage()
                .write(move |connection| changes::undo_as_of(connection, user, id, change, version, now));
            if let Some(done) = undone.await.map_err(of_change)? {
                self.portfolio_changed(id, is_deleted).await;
                return Ok(done);
            }
        }
        Err(kept_changing())
    }

    /// Sales that had shares must keep them.
    async fn check_undo(
        &self,
        id: PortfolioId,
        current: &PortfolioState,
        wanted: PortfolioState,
        is_newest: bool,
    ) -> Result<(), TrackerError> {
        let Some(settings) = &wanted.settings else { return Ok(()) };
        if current.entries == wanted.entries {
            return Ok(());
        }
        let options = Options::of(&as_portfolio(self, id, settings));
        let before = current.entries.values().map(|entry| entry.transaction.clone()).collect();
        let after = wanted.entries.into_values().map(|entry| entry.transaction).collect();
        let short = self.short_sales(before, after, options).await?;
        let left: Vec<&Shortage> = short
            .new
            .iter()
            .filter(|short| !self.may_yet_be_split(short))
            // One step back, what was deleted without its shares comes back as it was.
            .filter(|short| !is_newest || current.entries.contains_key(&short.transaction))
            .collect();
        left_short(&left).map_or(Ok(()), Err)
    }

    /// Gives a portfolio the state that it had after an audit record, and returns the change that this is; `None` when
    /// it has that state already.
    ///
    /// # Errors
    /// [`TrackerError::NotFound`] when there is no such portfolio, or it was not there yet at that record, and the
    /// database's.
    pub async fn restore(&self, id: PortfolioId, record: i64) -> Result<Option<ChangeId>, TrackerError> {
        let restored = self.storage().restore_portfolio(self.user(), id, record).await;
        let change = restored.map_err(of_portfolio)?;
        if change.is_some() {
            self.portfolio_changed(id, false).await;
        }
        Ok(change)
    }

    /// What follows from a changed portfolio.
    pub(crate) async fn portfolio_changed(&self, id: PortfolioId, is_deleted: bool) {
        if is_deleted {
            self.publish(Event::LedgerChanged { portfolio: id });
        } else {
            self.ledger_changed(id).await;
        }
    }
}

/// A portfolio of these settings, for what depends on nothing else of it.
fn as_portfolio(tracker: &Tracker, id: PortfolioId, settings: &PortfolioSettings) -> Portfolio {
    let settings = settings.clone();
    Portfolio {
        id,
        user: tracker.user(),
        name: settings.name,
        description: settings.description,
        base_currency: settings.base_currency,
        cost_method: settings.cost_method,
        dividends: settings.dividends,
        benchmarks: settings.benchmarks,
        demo: settings.demo,
        ledger_version: 0,
    }
}

fn of_change(error: StorageError) -> TrackerError {
    match error {
        StorageError::NotFound => TrackerError::NotFound("such change".to_owned()),
        error => of_portfolio(error),
    }
}
