use bellwether_domain::ImportId;
use bellwether_storage::audit::{AuditAction, AuditSubject};
use bellwether_storage::import_drafts::{self, ImportDraft};
use bellwether_storage::imports::{self, NewImport, RejectedRow};
use bellwether_storage::{StorageError, portfolios};

use crate::database::{TestDatabase, on_both};
use crate::samples::{checked, header, import_rows, portfolio, purchase};

on_both!(
    an_import_adds_its_rows_with_their_records,
    importing_a_file_again_changes_nothing,
    a_longer_file_adds_what_is_new,
    a_twin_within_a_file_is_known_by_its_fingerprint,
    an_import_is_undone_once_with_edited_rows,
    two_imports_at_once_do_not_double,
    an_import_is_undone_over_the_ledger_that_was_looked_at,
    a_draft_is_either_discarded_or_imported,
);

fn rejected() -> Vec<RejectedRow> {
    let reject = |line, reason: &str| RejectedRow {
        line,
        content: format!("AAPL,Buy,line {line}"),
        reason: reason.to_owned(),
    };
    vec![reject(9, "no date"), reject(3, "no price")]
}

async fn an_import_adds_its_rows_with_their_records(db: &TestDatabase) {
    let id = portfolio(db).await.id;
    let rows = import_rows(0, 1_200);

    let outcome = db.storage.commit_import(db.user, id, header(), rows.clone(), rejected()).await.unwrap();

    assert_eq!(outcome.inserted, rows.iter().map(|row| row.transaction.id).collect::<Vec<_>>());
    assert_eq!((outcome.ledger_version, outcome.already_there.len()), (2, 0));
    let ledger = db.storage.ledger(db.user, id).await.unwrap();
    assert_eq!(ledger.version, 2);
    assert_eq!(ledger.transactions, rows.into_iter().map(|row| row.transaction).collect::<Vec<_>>());
    let audit = db.storage.audit(db.user, id, None, 5_000).await.unwrap();
    let created =
        |subject| audit.iter().filter(|r| r.subject == subject && r.action == AuditAction::Created).count();
    assert_eq!((created(AuditSubject::Transaction), created(AuditSubject::Import)), (1_200, 1));
    let imports = db.storage.imports(db.user, id).await.unwrap();
    assert_eq!((imports.len(), imports[0].inserted, imports[0].rejected), (1, 1_200, 2));
    assert_eq!(Some(imports[0].id), outcome.import);
    let rejects = db.storage.import_rejects(db.user, id, imports[0].id).await.unwrap();
    assert_eq!(rejects, rejected().into_iter().rev().collect::<Vec<_>>(), "in the order of the file");
}

async fn importing_a_file_again_changes_nothing(db: &TestDatabase) {
    let id = portfolio(db).await.id;
    db.storage.commit_import(db.user, id, header(), import_rows(0, 200), rejected()).await.unwrap();
    let before = db.storage.ledger_entries(db.user, id).await.unwrap();
    let audit = db.storage.audit(db.user, id, None, 5_000).await.unwrap();

    let again =
        db.storage.commit_import(db.user, id, header(), import_rows(0, 200), rejected()).await.unwrap();

    assert_eq!((again.import, again.inserted.len(), again.already_there.len()), (None, 0, 200));
    assert_eq!(again.ledger_version, 2);
    assert_eq!(db.storage.ledger_entries(db.user, id).await.unwrap(), before);
    assert_eq!(db.storage.audit(db.user, id, None, 5_000).await.unwrap(), audit);
    assert_eq!(db.storage.imports(db.user, id).await.unwrap().len(), 1);
}

async fn a_longer_file_adds_what_is_new(db: &TestDatabase) {
    let id = portfolio(db).await.id;
    db.storage.commit_import(db.user, id, header(), import_rows(0, 10), vec![]).await.unwrap();

    let longer = db.storage.commit_import(db.user, id, header(), import_rows(0, 13), vec![]).await.unwrap();

    assert_eq!((longer.inserted.len(), longer.already_there.len(), longer.ledger_version), (3, 10, 3));
    assert_eq!(longer.already_there, (2..12).collect::<Vec<u32>>(), "their lines");
    assert_eq!(db.storage.ledger(db.user, id).await.unwrap().transactions.len(), 13);
}

async fn a_twin_within_a_file_is_known_by_its_fingerprint(db: &TestDatabase) {
    let id = portfolio(db).await.id;
    let mut rows = import_rows(0, 2);
    let mut twin = rows[0].clone();
    twin.transaction = checked(&purchase("2020-01-02", "AAPL", "1.5", "1.25"), 2);
    twin.fingerprint.push_str("#2");
    let again = import_rows(0, 1).remove(0);
    rows.extend([twin, again]);

    let outcome = db.storage.commit_import(db.user, id, header(), rows, vec![]).await.unwrap();

    assert_eq!((outcome.inserted.len(), outcome.already_there), (3, vec![2]));
}

async fn an_import_is_undone_once_with_edited_rows(db: &TestDatabase) {
    let id = portfolio(db).await.id;
    let storage = &db.storage;
    let own = import_rows(500, 1).remove(0);
    storage.insert_transactions(db.user, id, vec![(own.transaction.clone(), own.fingerprint)]).await.unwrap();
    let outcome = storage.commit_import(db.user, id, header(), import_rows(0, 20), vec![]).await.unwrap();
    let import = outcome.import.unwrap();
    let edited =
        purchase("2020-02-03", "IBM", "7", "99").check(outcome.inserted[4], 0, chrono::NaiveDate::MAX);
    storage.update_transaction(db.user, id, edited.unwrap(), "edited".to_owned()).await.unwrap();
    storage.delete_transactions(db.user, id, vec![outcome.inserted[5]]).await.unwrap();

    let version = storage.undo_import(db.user, id, import).await.unwrap();

    let ledger = storage.ledger(db.user, id).await.unwrap();
    assert_eq!((ledger.version, ledger.transactions), (version, vec![own.transaction]));
    assert_eq!(storage.imports(db.user, id).await.unwrap()[0].undone_at, Some(storage.now()));
    let twice = storage.undo_import(db.user, id, import).await;
    assert!(matches!(twice, Err(StorageError::Refused(_))));
    let again = storage.commit_import(db.user, id, header(), import_rows(0, 20), vec![]).await.unwrap();
    assert_eq!(again.inserted.len(), 20, "what was undone can be imported again");
}

async fn two_imports_at_once_do_not_double(db: &TestDatabase) {
    let id = portfolio(db).await.id;
    let other = db.opened_again().await;
    let (one, two) = tokio::join!(
        db.storage.commit_import(db.user, id, header(), import_rows(0, 300), vec![]),
        other.commit_import(db.user, id, header(), import_rows(0, 300), vec![]),
    );
    let (one, two) = (one.unwrap(), two.unwrap());
    assert_eq!(one.inserted.len() + two.inserted.len(), 300);
    let ledger = db.storage.ledger(db.user, id).await.unwrap();
    assert_eq!((ledger.version, ledger.transactions.len()), (2, 300));
}

async fn an_import_is_undone_over_the_ledger_that_was_looked_at(db: &TestDatabase) {
    let id = portfolio(db).await.id;
    let (user, now) = (db.user, db.storage.now());
    let outcome = db.storage.commit_import(user, id, header(), import_rows(0, 2), vec![]).await.unwrap();
    let import = outcome.import.unwrap();
    let undo = |version| {
        db.storage.write(move |connection| imports::undo_as_of(connection, user, id, import, version, now))
    };
    assert_eq!(undo(outcome.ledger_version - 1).await.unwrap(), None);
    assert_eq!(db.storage.ledger(user, id).await.unwrap().transactions.len(), 2);
    assert_eq!(undo(outcome.ledger_version).await.unwrap(), Some(outcome.ledger_version + 1));
}

/// Who discards a draft while it is imported is told that it is no longer there.
async fn a_draft_is_either_discarded_or_imported(db: &TestDatabase) {
    let id = portfolio(db).await.id;
    let (user, now) = (db.user, db.storage.now());
    let draft = ImportDraft {
        id: ImportId::new(),
        portfolio: id,
        file_name: "trades.csv".to_owned(),
        sha256: [0; 32],
        choices: "{}".to_owned(),
        version: 1,
        created_at: now,
        expires_at: now + chrono::TimeDelta::days(1),
    };
    let (draft_id, added) = (draft.id, draft.clone());
    db.storage.write(move |connection| import_drafts::add(connection, user, &added, b"x")).await.unwrap();
    let other = db.opened_again().await;
    let (is_found, found) = tokio::sync::oneshot::channel();
    let (is_discarded, discarded) = std::sync::mpsc::channel();
    let committing = db.storage.write(move |connection| {
        portfolios::lock(connection, user, id)?;
        import_drafts::find(connection, user, id, draft_id, now)?;
        is_found.send(()).unwrap();
        // It cannot be discarded before this ends; where it is, that is known at once.
        let _ = discarded.recv_timeout(std::time::Duration::from_secs(1));
        let new = NewImport { id: draft_id, stated: None };
        imports::commit_as(connection, user, id, new, &header(), &import_rows(0, 1), &[], now)?;
        import_drafts::remove(connection, user, id, draft_id, None)
    });
    let discarding = async move {
        found.await.unwrap();
        let removed =
            other.write(move |connection| import_drafts::remove(connection, user, id, draft_id, Some(1)));
        let removed = removed.await.unwrap();
        // The other one may have waited long enough.
        let _ = is_discarded.send(());
        removed
    };

    let (committed, discarded) = tokio::join!(committing, discarding);

    assert_eq!((committed.unwrap(), discarded), (true, false));
    assert_eq!(db.storage.imports(user, id).await.unwrap().len(), 1);
}
