//! What owners entered: whether it can be read, is what the audit log tells, and is possible at all.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use bellwether_domain::{PortfolioId, TransactionDraft, TransactionId, UserId, epoch_day};
use chrono::{NaiveDate, TimeDelta};
use diesel::prelude::*;
use rust_decimal::Decimal;

use super::{Findings, RESTORE};
use crate::StorageError;
use crate::changes::{self, PortfolioState};
use crate::columns::{Amount, Key};
use crate::connection::AnyConnection;
use crate::ledger::{self, LedgerEntry};
use crate::schema::{audit_log, portfolios, target_allocations, transactions, users};
use crate::{imports, target_allocations as targets};

/// Entries that are read at a time.
const PAGE: i64 = 2_000;
const CORRECT: &str = "Open the portfolio, look at the transaction and correct it.";

pub(super) fn examine(connection: &mut AnyConnection, findings: &mut Findings) -> Result<(), StorageError> {
    let people: Vec<(Key, String)> =
        users::table.order(users::id).select((users::id, users::name)).load(connection)?;
    for (Key(id), name) in people {
        let user = UserId::from_uuid(id);
        let found = crate::users::find(connection, user);
        if findings.readable("users", found)?.is_none() {
            continue;
        }
        let known: Vec<(Key, String)> = portfolios::table
            .filter(portfolios::user_id.eq(Key(id)))
            .order(portfolios::id)
            .select((portfolios::id, portfolios::name))
            .load(connection)?;
        let known: BTreeMap<Key, String> = known.into_iter().collect();
        let told: Vec<Option<Key>> = audit_log::table
            .filter(audit_log::user_id.eq(Key(id)))
            .select(audit_log::portfolio_id)
            .distinct()
            .load(connection)?;
        let all: BTreeSet<Key> = known.keys().copied().chain(told.into_iter().flatten()).collect();
        for Key(portfolio) in all {
            let title = known.get(&Key(portfolio));
            let words = title.map_or_else(
                || format!("A deleted portfolio of {name}"),
                |title| format!("The portfolio {title:?} of {name}"),
            );
            let portfolio = PortfolioId::from_uuid(portfolio);
            let is_readable = match title {
                Some(_) => tables(connection, findings, user, portfolio, &words)?,
                None => true,
            };
            if is_readable {
                follow_the_log(connection, findings, user, portfolio, &words)?;
            }
        }
    }
    Ok(())
}

/// Reads what the tables have of a portfolio; says whether all of it could be.
fn tables(
    connection: &mut AnyConnection,
    findings: &mut Findings,
    user: UserId,
    portfolio: PortfolioId,
    words: &str,
) -> Result<bool, StorageError> {
    let before = findings.found.len();
    let found = crate::portfolios::find(connection, user, portfolio);
    findings.readable("portfolios", found)?;
    let listed = imports::list(connection, user, portfolio);
    findings.readable("imports", listed)?;
    let latest = targets::latest(connection, portfolio, targets::HOLDINGS);
    if findings.readable("targets", latest)?.is_some() {
        weights(connection, findings, portfolio, words)?;
    }
    let mut seen = Seen::default();
    let mut page = ledger::page(connection, portfolio, None, PAGE);
    loop {
        match page {
            Ok(entries) => {
                let Some(last) = entries.last().map(|entry| entry.transaction.clone()) else { break };
                for entry in &entries {
                    seen.look_at(entry, findings, words);
                }
                page = ledger::page(connection, portfolio, Some(&last), PAGE);
            }
            Err(error) if error.is_transient() => return Err(error),
            // One that cannot be read spoils its page: then each is read by itself.
            Err(_) => {
                unreadable(connection, findings, portfolio, words)?;
                break;
            }
        }
    }
    if !seen.of_another_kind.is_empty() {
        let edited = edited(connection, portfolio)?;
        seen.of_another_kind.retain(|(id, _)| !edited.contains(id));
    }
    seen.tell(findings);
    Ok(findings.found.len() == before)
}

/// The transactions that are no longer as they were entered. One from a file keeps its fingerprint whatever it becomes,
/// so that its file does not bring it again.
fn edited(
    connection: &mut AnyConnection,
    portfolio: PortfolioId,
) -> Result<HashSet<TransactionId>, StorageError> {
    let ids: Vec<Key> = transactions::table
        .filter(transactions::portfolio_id.eq(Key(portfolio.uuid())))
        .filter(transactions::updated_at.gt(transactions::created_at))
        .select(transactions::id)
        .load(connection)?;
    Ok(ids.into_iter().map(|Key(id)| TransactionId::from_uuid(id)).collect())
}

fn unreadable(
    connection: &mut AnyConnection,
    findings: &mut Findings,
    portfolio: PortfolioId,
    words: &str,
) -> Result<(), StorageError> {
    let ids: Vec<Key> = transactions::table
        .filter(transactions::portfolio_id.eq(Key(portfolio.uuid())))
        .order(transactions::id)
        .select(transactions::id)
        .load(connection)?;
    let mut whats = Vec::new();
    for Key(id) in ids {
        match ledger::load(connection, portfolio, Some(&[TransactionId::from_uuid(id)])) {
            Ok(_) => {}
            Err(error) if error.is_transient() => return Err(error),
            Err(error) => {
                let cause = std::error::Error::source(&error).map(|cause| format!(" ({cause})"));
                let cause = cause.unwrap_or_default();
                whats.push(format!("{words}: the transaction {id} cannot be read: {error}{cause}."));
            }
        }
    }
    findings.add_all("transactions", RESTORE, whats);
    Ok(())
}

/// What must hold among all entries of a portfolio.
#[derive(Default)]
struct Seen {
    /// Digests, which take less memory than texts.
    fingerprints: HashSet<u64>,
    twice: Vec<String>,
    of_another_kind: Vec<(TransactionId, String)>,
    impossible: Vec<String>,
}

impl Seen {
    fn look_at(&mut self, entry: &LedgerEntry, findings: &Findings, words: &str) {
        use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};

        let LedgerEntry { transaction, fingerprint, .. } = entry;
        let what = format!("the transaction {} of {}", transaction.id, transaction.date);
        let digest = BuildHasherDefault::<DefaultHasher>::default().hash_one(fingerprint);
        if !self.fingerprints.insert(digest) {
            self.twice.push(format!("{words}: {what} has the fingerprint of another one."));
        }
        if !is_of(fingerprint, &TransactionDraft::of(transaction)) {
            let what =
                format!("{words}: {what} has a fingerprint that tells of another kind of transaction.");
            self.of_another_kind.push((transaction.id, what));
        }
        if transaction.sequence < 0 {
            self.impossible.push(format!("{words}: {what} has a place before the first of its day."));
        }
        let latest = (findings.now + TimeDelta::days(2)).date_naive();
        if transaction.date > latest {
            self.impossible.push(format!("{words}: {what} lies in the future."));
        }
        if transaction.date < NaiveDate::from_ymd_opt(1800, 1, 1).unwrap_or(NaiveDate::MIN) {
            self.impossible.push(format!("{words}: {what} lies before there were exchanges."));
        }
    }

    fn tell(self, findings: &mut Findings) {
        findings.add_all("fingerprints", RESTORE, self.twice);
        let advice = "Importing the file again could add it a second time: edit and save the transaction.";
        let wrong = self.of_another_kind.into_iter().map(|(_, what)| what).collect();
        findings.add_all("fingerprints", advice, wrong);
        findings.add_all("transactions", CORRECT, self.impossible);
    }
}

/// Whether a fingerprint can be of what a draft says. Which of price and amount was told it knows and the ledger does
/// not.
fn is_of(fingerprint: &str, draft: &TransactionDraft) -> bool {
    let text = draft.fingerprint();
    let fields = |text: &str| text.split('|').count();
    let kind = |text: &str| text.split('|').next().unwrap_or_default().to_owned();
    fields(fingerprint) >= 10 && kind(fingerprint) == kind(&text)
}

fn weights(
    connection: &mut AnyConnection,
    findings: &mut Findings,
    portfolio: PortfolioId,
    words: &str,
) -> Result<(), StorageError> {
    let rows: Result<Vec<(i32, String, Amount)>, _> = target_allocations::table
        .filter(target_allocations::portfolio_id.eq(Key(portfolio.uuid())))
        .order((target_allocations::date, target_allocations::dimension))
        .select((target_allocations::date, target_allocations::dimension, target_allocations::weight))
        .load(connection);
    let Some(rows) = findings.readable("targets", rows.map_err(StorageError::from))? else { return Ok(()) };
    let mut whats = Vec::new();
    for set in rows.chunk_by(|one, next| (one.0, &one.1) == (next.0, &next.1)) {
        let Some((date, dimension, _)) = set.first() else { continue };
        let day = bellwether_domain::from_epoch_day(*date);
        let sum = set.iter().try_fold(Decimal::ZERO, |sum, (_, _, weight)| sum.checked_add(weight.0));
        if set.iter().any(|(_, _, weight)| weight.0.is_sign_negative() && !weight.0.is_zero()) {
            whats.push(format!("{words}: a target of {day} is below 0 %."));
        }
        if sum.is_none_or(|sum| sum > Decimal::ONE) {
            whats.push(format!("{words}: the targets by {dimension} of {day} are more than 100 % together."));
        }
        if *date > epoch_day((findings.now + TimeDelta::days(366)).date_naive()) {
            whats.push(format!("{words}: targets are in force from {day} only."));
        }
    }
    findings.add_all("targets", "Set the portfolio's targets again.", whats);
    Ok(())
}

/// The audit log must tell from nothing what the tables have.
fn follow_the_log(
    connection: &mut AnyConnection,
    findings: &mut Findings,
    user: UserId,
    portfolio: PortfolioId,
    words: &str,
) -> Result<(), StorageError> {
    let replayed = changes::replay(connection, user, portfolio, None);
    let Some(told) = findings.readable("audit log", replayed)? else { return Ok(()) };
    let read = changes::read(connection, user, portfolio);
    let Some(read) = findings.readable("portfolios", read)? else { return Ok(()) };
    if told != read {
        let what = format!("{words} is not what its audit log tells: {}.", differences(&told, &read));
        let advice = "Something other than Bellwether changed the database. Restore the portfolio's state from its \
                      audit log, or the last good backup with \"bellwether restore\".";
        findings.add("audit log", what, advice);
    }
    Ok(())
}

fn differences(told: &PortfolioState, read: &PortfolioState) -> String {
    let mut words = Vec::new();
    if told.settings != read.settings {
        words.push("its settings differ".to_owned());
    }
    let differing = |id: &&TransactionId| told.entries.get(*id) != read.entries.get(*id);
    let ids: BTreeSet<&TransactionId> = told.entries.keys().chain(read.entries.keys()).collect();
    let ids: Vec<&TransactionId> = ids.into_iter().filter(differing).collect();
    if let Some(first) = ids.first() {
        words.push(format!("{} transactions differ, {first} first", ids.len()));
    }
    if told.imports != read.imports {
        words.push("its imports differ".to_owned());
    }
    if told.targets != read.targets {
        words.push("its targets differ".to_owned());
    }
    words.join(", ")
}
