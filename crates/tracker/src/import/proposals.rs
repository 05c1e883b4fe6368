//! Transactions that the ledger seems to lack, proposed as drafts that the owner can accept.

use std::collections::BTreeSet;

use bellwether_domain::{
    Booking, DividendPolicy, ImportId, Portfolio, PortfolioId, Split, Symbol, Transaction, TransactionDraft,
    TransactionId, TransactionKind,
};
use bellwether_portfolio::{Books, IncomeKind, Market, Options, Position};
use bellwether_storage::imports::{self, ImportHeader, ImportedRow};
use bellwether_storage::portfolios;
use bellwether_texts::{Sentence, Value};
use chrono::{NaiveDate, TimeDelta};
use rust_decimal::Decimal;
use sha2::{Digest, Sha256};

use crate::compute::replay;
use crate::ledger::{Fingerprints, Seen, TRIES, kept_changing, left_short};
use crate::reasons::fault_exactly;
use crate::refusals::invalid;
use crate::{Tracker, TrackerError};

/// Under which accepted proposals stand among the imports.
const NAME: &str = "Proposals";
/// So many decimals a ledger keeps of an amount; what comes out of a calculation may have more.
const AMOUNT_DECIMALS: u32 = 12;
/// A split that the ledger records so near the known day is the same one.
const SAME_SPLIT: TimeDelta = TimeDelta::days(10);

/// A transaction that the ledger seems to lack.
#[derive(Debug, Clone, PartialEq)]
pub struct Proposal {
    /// By which it is accepted; the same as long as the proposal is.
    pub id: String,
    /// The transaction.
    pub transaction: TransactionDraft,
    /// Why it is proposed.
    pub reason: Sentence,
}

impl Proposal {
    pub(super) fn new(transaction: TransactionDraft, reason: Sentence) -> Self {
        let digest = Sha256::digest(transaction.fingerprint());
        let id = digest.iter().take(12).fold(String::new(), |text, byte| format!("{text}{byte:02x}"));
        Self { id, transaction, reason }
    }
}

impl Tracker {
    /// The splits and dividends that upstream data knows and a portfolio's ledger does not record, oldest first.
    ///
    /// # Errors
    /// [`TrackerError::NotFound`] when there is no such portfolio, [`TrackerError::Conflict`] when its ledger cannot be
    /// computed.
    pub async fn proposals(&self, id: PortfolioId) -> Result<Vec<Proposal>, TrackerError> {
        let portfolio = self.portfolio(id).await?;
        let ledger = self.ledger(id).await?;
        let (market, today) = (self.market_of_actions(&ledger).await?, self.today());
        let options = inferring(&portfolio);
        self.compute(move || {
            let books =
                replay(&ledger, &market, options, today).map_err(|error| cannot_be_computed(&error))?;
            let mut found = dividends(&books, &ledger);
            found.extend(splits(&books, &ledger, &market, today));
            found.sort_by(|a, b| (a.transaction.date, &a.id).cmp(&(b.transaction.date, &b.id)));
            Ok(found)
        })
        .await
    }

    /// Records proposals, all that are named or none: those of the portfolio, or those of the reconciliation of a file. They
    /// stand among the imports, where they can be taken back at once.
    ///
    /// # Errors
    /// [`TrackerError::Conflict`] when one of them is proposed no longer, or would leave a transaction without shares;
    /// nothing is changed then.
    pub async fn accept_proposals(
        &self,
        id: PortfolioId,
        of: Option<ImportId>,
        wanted: &BTreeSet<String>,
    ) -> Result<usize, TrackerError> {
        for _ in 0..TRIES {
            let seen = self.ledger_seen(id).await?;
            let accepted = self.wanted_proposals(id, of, wanted).await?;
            let rows = numbered(&seen, &accepted, self.today())?;
            let before = seen.transactions();
            let mut after = before.clone();
            after.extend(rows.iter().map(|row| row.transaction.clone()));
            let short = self.short_sales(before, after, Options::of(&seen.portfolio)).await?.new;
            let left: Vec<_> = short.iter().filter(|short| !self.may_yet_be_split(short)).collect();
            if let Some(refused) = left_short(&left) {
                return Err(refused);
            }
            let (user, now) = (self.user(), self.clock().now());
            let header =
                ImportHeader { file_name: NAME.to_owned(), format: "proposals".to_owned(), sha256: [0; 32] };
            let recorded = self.storage().write(move |connection| {
                if portfolios::lock(connection, user, id)? != seen.version {
                    return Ok(None);
                }
                imports::commit(connection, user, id, &header, &rows, &[], now).map(Some)
            });
            // Where somebody else was faster, what is proposed may be another.
            if let Some(outcome) = recorded.await? {
                self.ledger_changed(id).await;
                return Ok(outcome.inserted.len());
            }
        }
        Err(kept_changing())
    }

    /// Of what is proposed, all that is wanted.
    async fn wanted_proposals(
        &self,
        id: PortfolioId,
        of: Option<ImportId>,
        wanted: &BTreeSet<String>,
    ) -> Result<Vec<TransactionDraft>, TrackerError> {
        let proposed = match of {
            Some(import) => {
                if self.draft(id, import).await.is_ok() {
                    let words = Sentence::new("refused.import_first");
                    return Err(TrackerError::conflict(words));
                }
                self.reconciliation(id, import).await?.proposals()
            }
            None => self.proposals(id).await?,
        };
        let accepted: Vec<TransactionDraft> = proposed
            .into_iter()
            .filter(|proposal| wanted.contains(&proposal.id))
            .map(|proposal| proposal.transaction)
            .collect();
        if accepted.len() != wanted.len() || accepted.is_empty() {
            return Err(TrackerError::conflict(Sentence::new("refused.no_longer_proposed")));
        }
        Ok(accepted)
    }
}

/// Drafts as transactions of a ledger: after all that it has, and each another one of its kind.
fn numbered(
    seen: &Seen,
    accepted: &[TransactionDraft],
    today: NaiveDate,
) -> Result<Vec<ImportedRow>, TrackerError> {
    let mut fingerprints = Fingerprints::of(seen.entries.iter());
    let mut rows = Vec::with_capacity(accepted.len());
    for ((line, draft), sequence) in (1_u32..).zip(accepted).zip(seen.next..) {
        let transaction = draft.check(TransactionId::new(), sequence, today).map_err(|error| {
            TrackerError::conflict(Sentence::new("refused.proposal").with("reason", invalid(&error)))
        })?;
        let fingerprint = fingerprints.of_new(&transaction, draft, true)?;
        rows.push(ImportedRow { line, transaction, fingerprint });
    }
    Ok(rows)
}

/// As the portfolio's owner wants it, with all dividends that are known.
pub(super) fn inferring(portfolio: &Portfolio) -> Options {
    Options { dividends: DividendPolicy::Infer, ..Options::of(portfolio) }
}

pub(super) fn cannot_be_computed(error: &bellwether_portfolio::LedgerError) -> TrackerError {
    TrackerError::conflict(Sentence::new("refused.ledger").with("reason", fault_exactly(error)))
}

/// An amount as a ledger can have it.
pub(super) fn exact(amount: Decimal) -> Decimal {
    amount.round_dp(AMOUNT_DECIMALS).normalize()
}

/// The account of an instrument's bookings, where they name one only.
pub(super) fn account_of(ledger: &[Transaction], symbol: &Symbol) -> String {
    let of_symbol = ledger.iter().filter(|booked| booked.booking.symbol() == Some(symbol));
    let accounts: BTreeSet<&str> = of_symbol.map(|booked| booked.account.as_str()).collect();
    match accounts.into_iter().collect::<Vec<_>>()[..] {
        [only] => only.to_owned(),
        _ => String::new(),
    }
}

/// Known dividends that the ledger does not record, as the books infer them.
pub(super) fn dividends(books: &Books, ledger: &[Transaction]) -> Vec<Proposal> {
    let inferred = books.positions().iter().flat_map(|position| &position.income);
    inferred
        .filter(|paid| paid.is_inferred() && paid.kind == IncomeKind::Dividend)
        .filter_map(|paid| {
            let symbol = paid.symbol.clone()?;
            let reason = match paid.units {
                Some(units) => Sentence::new("imports.reconciled.dividend_on")
                    .with("shares", Value::Exact(units.normalize())),
                None => Sentence::new("imports.reconciled.dividend"),
            };
            let reason = reason.with("day", Value::Date(paid.date));
            let transaction = TransactionDraft {
                account: account_of(ledger, &symbol),
                symbol: Some(symbol),
                amount: Some(exact(paid.gross)),
                ..TransactionDraft::new(TransactionKind::Dividend, paid.date, paid.currency)
            };
            Some(Proposal::new(transaction, reason))
        })
        .collect()
}

/// Known splits of shares that were held and that the ledger does not record.
fn splits(books: &Books, ledger: &[Transaction], market: &Market, until: NaiveDate) -> Vec<Proposal> {
    let mut found = Vec::new();
    for position in books.positions() {
        let Some(instrument) = market.instrument(&position.symbol) else { continue };
        for split in instrument.splits().iter().filter(|split| split.ex_date <= until) {
            if was_held_before(position, split.ex_date) && !is_recorded(ledger, &position.symbol, *split) {
                let transaction = TransactionDraft {
                    symbol: Some(position.symbol.clone()),
                    ratio: Some(split.ratio),
                    ..TransactionDraft::new(TransactionKind::Split, split.ex_date, position.currency)
                };
                let reason = Sentence::new("imports.reconciled.known_split")
                    .with("new", Value::exact(split.ratio.new))
                    .with("old", Value::exact(split.ratio.old));
                found.push(Proposal::new(transaction, reason));
            }
        }
    }
    found
}

fn was_held_before(position: &Position, day: NaiveDate) -> bool {
    let last = position.changes.iter().take_while(|change| change.date < day).last();
    last.is_some_and(|change| !change.after.is_zero())
}

fn is_recorded(ledger: &[Transaction], symbol: &Symbol, split: Split) -> bool {
    ledger.iter().any(|booked| match &booked.booking {
        Booking::Split { symbol: of, ratio, .. } => {
            of == symbol
                && (booked.date - split.ex_date).abs() <= SAME_SPLIT
                && ratio.new.checked_mul(split.ratio.old) == ratio.old.checked_mul(split.ratio.new)
        }
        _ => false,
    })
}
