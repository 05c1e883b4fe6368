//! Undoing, and going back to an earlier state.

use bellwether_domain::{ChangeId, PortfolioId, TransactionId};
use bellwether_storage::StorageError;
use bellwether_storage::audit::{AuditAction, AuditSubject};
use bellwether_storage::changes::{ChangePart, PortfolioState};
use bellwether_storage::imports::RejectedRow;
use bellwether_storage::portfolios::PortfolioSettings;
use bellwether_storage::target_allocations::{HOLDINGS, TargetAllocation};
use chrono::{NaiveDate, TimeDelta};

use crate::database::{TestDatabase, on_both};
use crate::samples::{day, decimal, header, import_rows, portfolio, purchase, told};

on_both!(
    what_was_done_at_once_is_one_change,
    each_kind_of_change_is_undone_and_done_again,
    an_undone_import_is_marked_as_such_and_may_come_again,
    a_deleted_portfolio_comes_back_whole,
    what_was_changed_again_is_not_undone,
    what_came_back_in_another_form_is_not_doubled,
    a_stranger_undoes_nothing,
    any_earlier_state_is_restored,
    two_entries_that_traded_their_fingerprints_trade_them_back,
    a_portfolio_with_something_in_it_does_not_go_by_undoing_its_beginning,
    no_half_of_a_change_is_restored,
    records_are_paged_by_their_numbers_whatever_the_clock_says,
);

async fn state(db: &TestDatabase, id: PortfolioId) -> PortfolioState {
    let read = db.storage.portfolio_state(db.user, id).await.unwrap();
    let replayed = db.storage.replayed_state(db.user, id, None).await.unwrap();
    assert_eq!(read, replayed, "the audit log tells what the tables have");
    read
}

async fn last_change(db: &TestDatabase, id: PortfolioId) -> ChangeId {
    db.storage.changes(db.user, id, None, 1).await.unwrap()[0].id
}

async fn ibm(db: &TestDatabase, id: PortfolioId, price: &str) -> TransactionId {
    let entry = told(&purchase("2020-05-04", "IBM", "10", price), 0);
    db.storage.insert_transactions(db.user, id, vec![entry.clone()]).await.unwrap();
    entry.0.id
}

fn rejected() -> Vec<RejectedRow> {
    vec![RejectedRow { line: 9, content: "?,?".to_owned(), reason: "no kind".to_owned() }]
}

fn targets(weights: &[(&str, &str)]) -> TargetAllocation {
    let weights = weights.iter().map(|(symbol, weight)| ((*symbol).to_owned(), decimal(weight)));
    TargetAllocation { since: day("2024-05-03"), weights: weights.collect() }
}

async fn what_was_done_at_once_is_one_change(db: &TestDatabase) {
    let id = portfolio(db).await.id;
    db.clock.advance(TimeDelta::seconds(5));
    db.storage.commit_import(db.user, id, header(), import_rows(0, 3), rejected()).await.unwrap();

    let changes = db.storage.changes(db.user, id, None, 10).await.unwrap();

    let part = |action, subject, count| ChangePart { action, subject, count };
    assert_eq!(changes.len(), 2);
    assert_eq!(
        changes[0].parts,
        [
            part(AuditAction::Created, AuditSubject::Import, 1),
            part(AuditAction::Created, AuditSubject::Transaction, 3),
        ]
    );
    assert_eq!(changes[1].parts, [part(AuditAction::Created, AuditSubject::Portfolio, 1)]);
    assert_eq!(changes[0].at - changes[1].at, TimeDelta::seconds(5));
    let older = db.storage.changes(db.user, id, Some(changes[1].last_record + 1), 10).await.unwrap();
    assert_eq!(older, changes[1..]);
}

async fn each_kind_of_change_is_undone_and_done_again(db: &TestDatabase) {
    let id = portfolio(db).await.id;
    let (storage, user) = (&db.storage, db.user);
    let bought = ibm(db, id, "120").await;
    for step in 0..6 {
        let before = state(db, id).await;
        match step {
            0 => assert_ne!(ibm(db, id, "121").await, bought),
            1 => {
                let draft = purchase("2020-05-05", "IBM", "11", "119");
                let edited = draft.check(bought, 0, NaiveDate::MAX).unwrap();
                storage.update_transaction(user, id, edited, draft.fingerprint()).await.unwrap();
            }
            2 => assert!(storage.delete_transactions(user, id, vec![bought]).await.is_ok()),
            3 => {
                let settings = PortfolioSettings::named("Renamed");
                drop(storage.change_portfolio(user, id, settings).await.unwrap());
            }
            4 => {
                let targets = targets(&[("IBM", "0.6"), ("KO", "0.4")]);
                storage.set_target_allocation(user, id, HOLDINGS, targets).await.unwrap();
            }
            _ => {
                drop(storage.commit_import(user, id, header(), import_rows(0, 4), rejected()).await.unwrap());
            }
        }
        let after = state(db, id).await;
        assert_ne!(before, after, "step {step}");
        let version = storage.ledger_version(user, id).await.unwrap();

        let undone = storage.undo_change(user, id, last_change(db, id).await).await.unwrap();

        let back = state(db, id).await;
        assert_eq!(back.entries, before.entries, "step {step}");
        assert_eq!((&back.settings, &back.targets), (&before.settings, &before.targets), "step {step}");
        assert!(storage.ledger_version(user, id).await.unwrap() > version);
        storage.undo_change(user, id, undone).await.unwrap();
        assert_eq!(state(db, id).await, after, "step {step}");
    }
}

async fn an_undone_import_is_marked_as_such_and_may_come_again(db: &TestDatabase) {
    let id = portfolio(db).await.id;
    let (storage, user) = (&db.storage, db.user);
    storage.commit_import(user, id, header(), import_rows(0, 4), rejected()).await.unwrap();

    storage.undo_change(user, id, last_change(db, id).await).await.unwrap();

    assert_eq!(storage.imports(user, id).await.unwrap()[0].undone_at, Some(storage.now()));
    assert!(state(db, id).await.entries.is_empty());
    let again = storage.commit_import(user, id, header(), import_rows(0, 4), rejected()).await.unwrap();
    assert_eq!(again.inserted.len(), 4);
}

async fn a_deleted_portfolio_comes_back_whole(db: &TestDatabase) {
    let created = portfolio(db).await;
    let (id, storage, user) = (created.id, &db.storage, db.user);
    ibm(db, id, "120").await;
    let import = storage.commit_import(user, id, header(), import_rows(0, 4), rejected()).await.unwrap();
    storage.set_target_allocation(user, id, HOLDINGS, targets(&[("IBM", "1")])).await.unwrap();
    let before = state(db, id).await;
    let version = storage.ledger_version(user, id).await.unwrap();

    storage.delete_portfolio(user, id).await.unwrap();
    assert_eq!(state(db, id).await, PortfolioState::default());
    storage.undo_change(user, id, last_change(db, id).await).await.unwrap();

    assert_eq!(state(db, id).await, before);
    assert!(
        storage.ledger_version(user, id).await.unwrap() > version,
        "kept answers of before are not taken for new"
    );
    let rejects = storage.import_rejects(user, id, import.import.unwrap()).await.unwrap();
    assert_eq!(rejects, rejected());
}

async fn what_was_changed_again_is_not_undone(db: &TestDatabase) {
    let id = portfolio(db).await.id;
    let (storage, user) = (&db.storage, db.user);
    let bought = ibm(db, id, "120").await;
    let first = last_change(db, id).await;
    let draft = purchase("2020-05-05", "IBM", "11", "119");
    let edited = draft.check(bought, 0, NaiveDate::MAX).unwrap();
    storage.update_transaction(user, id, edited, draft.fingerprint()).await.unwrap();
    let before = state(db, id).await;

    let refused = storage.undo_change(user, id, first).await;

    assert!(matches!(refused, Err(StorageError::Refused(words)) if words.contains("changed again since")));
    assert_eq!(state(db, id).await, before);
    storage.undo_change(user, id, last_change(db, id).await).await.unwrap();
    storage.undo_change(user, id, first).await.unwrap();
    assert!(state(db, id).await.entries.is_empty());
    assert!(storage.undo_change(user, id, ChangeId::new()).await.unwrap_err().is_not_found());
}

async fn what_came_back_in_another_form_is_not_doubled(db: &TestDatabase) {
    let id = portfolio(db).await.id;
    let (storage, user) = (&db.storage, db.user);
    let bought = ibm(db, id, "120").await;
    storage.delete_transactions(user, id, vec![bought]).await.unwrap();
    let deletion = last_change(db, id).await;
    ibm(db, id, "120").await;
    let before = state(db, id).await;

    let refused = storage.undo_change(user, id, deletion).await;

    assert!(matches!(refused, Err(StorageError::Duplicate)));
    assert_eq!(state(db, id).await, before);
}

async fn a_stranger_undoes_nothing(db: &TestDatabase) {
    let id = portfolio(db).await.id;
    ibm(db, id, "120").await;
    let before = state(db, id).await;
    let change = db.storage.changes(db.user, id, None, 1).await.unwrap().remove(0);
    let stranger = bellwether_domain::UserId::new();

    assert!(db.storage.changes(stranger, id, None, 10).await.unwrap().is_empty());
    assert!(db.storage.undo_change(stranger, id, change.id).await.unwrap_err().is_not_found());
    assert!(db.storage.restore_portfolio(stranger, id, change.last_record).await.unwrap_err().is_not_found());
    let other = db.storage.create_portfolio(db.user, PortfolioSettings::named("Other")).await.unwrap().id;
    assert!(db.storage.undo_change(db.user, other, change.id).await.unwrap_err().is_not_found());
    assert_eq!(state(db, id).await, before);
}

async fn any_earlier_state_is_restored(db: &TestDatabase) {
    let id = portfolio(db).await.id;
    let (storage, user) = (&db.storage, db.user);
    let mut states =
        vec![(db.storage.changes(user, id, None, 1).await.unwrap()[0].last_record, state(db, id).await)];
    let bought = ibm(db, id, "120").await;
    for step in 0..5 {
        db.clock.advance(TimeDelta::seconds(1));
        match step {
            0 => {
                drop(storage.commit_import(user, id, header(), import_rows(0, 4), rejected()).await.unwrap());
            }
            1 => storage.set_target_allocation(user, id, HOLDINGS, targets(&[("IBM", "1")])).await.unwrap(),
            2 => assert!(storage.delete_transactions(user, id, vec![bought]).await.is_ok()),
            3 => drop(storage.change_portfolio(user, id, PortfolioSettings::named("Renamed")).await.unwrap()),
            _ => {
                let import = storage.imports(user, id).await.unwrap()[0].id;
                storage.undo_import(user, id, import).await.unwrap();
            }
        }
        let record = storage.changes(user, id, None, 1).await.unwrap()[0].last_record;
        states.push((record, state(db, id).await));
    }
    for (record, then) in states.iter().rev().chain(&states) {
        assert_eq!(storage.replayed_state(user, id, Some(*record)).await.unwrap(), *then);
        storage.restore_portfolio(user, id, *record).await.unwrap();
        let now = state(db, id).await;
        assert_eq!(now.entries, then.entries);
        assert_eq!((&now.settings, &now.targets), (&then.settings, &then.targets));
        assert_eq!(
            storage.restore_portfolio(user, id, *record).await.unwrap(),
            None,
            "it has that state already"
        );
    }
    assert!(storage.restore_portfolio(user, id, 0).await.unwrap_err().is_not_found(), "it was not there yet");
}

async fn two_entries_that_traded_their_fingerprints_trade_them_back(db: &TestDatabase) {
    let id = portfolio(db).await.id;
    let (storage, user) = (&db.storage, db.user);
    let (one, other) = (ibm(db, id, "120").await, ibm(db, id, "121").await);
    let record = storage.changes(user, id, None, 1).await.unwrap()[0].last_record;
    let before = state(db, id).await;
    for (transaction, price, name) in [(one, "1", "x"), (other, "120", ""), (one, "121", "")] {
        let draft = purchase("2020-05-04", "IBM", "10", price);
        let fingerprint = if name.is_empty() { draft.fingerprint() } else { name.to_owned() };
        let edited = draft.check(transaction, 0, NaiveDate::MAX).unwrap();
        storage.update_transaction(user, id, edited, fingerprint).await.unwrap();
    }
    assert_ne!(state(db, id).await, before);

    storage.restore_portfolio(user, id, record).await.unwrap();

    assert_eq!(state(db, id).await, before);
}

async fn a_portfolio_with_something_in_it_does_not_go_by_undoing_its_beginning(db: &TestDatabase) {
    let id = portfolio(db).await.id;
    let beginning = last_change(db, id).await;
    let entered = ibm(db, id, "125").await;

    let refused = db.storage.undo_change(db.user, id, beginning).await;

    assert!(matches!(refused, Err(StorageError::Refused(_))), "{refused:?}");
    assert!(state(db, id).await.entries.contains_key(&entered));
    db.storage.delete_transactions(db.user, id, vec![entered]).await.unwrap();
    db.storage.undo_change(db.user, id, beginning).await.unwrap();
    assert_eq!(state(db, id).await.settings, None);
}

async fn no_half_of_a_change_is_restored(db: &TestDatabase) {
    let id = portfolio(db).await.id;
    db.storage.commit_import(db.user, id, header(), import_rows(0, 3), vec![]).await.unwrap();
    let whole = state(db, id).await;
    let records = db.storage.audit(db.user, id, None, 10).await.unwrap();
    ibm(db, id, "125").await;

    // The import's records are those of its three transactions and its own.
    db.storage.restore_portfolio(db.user, id, records[2].id).await.unwrap();

    assert_eq!(state(db, id).await, whole);
}

async fn records_are_paged_by_their_numbers_whatever_the_clock_says(db: &TestDatabase) {
    let id = portfolio(db).await.id;
    for price in ["1", "2", "3"] {
        ibm(db, id, price).await;
        // The clock is set back between one and the next.
        db.clock.advance(TimeDelta::hours(-1));
    }
    let all = db.storage.audit(db.user, id, None, 100).await.unwrap();
    let (mut paged, mut before) = (Vec::new(), None);
    while let Some(next) = db.storage.audit(db.user, id, before, 1).await.unwrap().pop() {
        before = Some(next.id);
        paged.push(next);
    }
    assert!(all.is_sorted_by(|newer, older| newer.id > older.id));
    assert_eq!((paged.len(), paged), (4, all));
}
