use bellwether_storage::StorageError;
use bellwether_storage::audit::{AuditAction, AuditSubject};
use bellwether_storage::imports::RejectedRow;

use crate::database::{TestDatabase, on_both};
use crate::samples::{checked, header, import_rows, portfolio, purchase};

on_both!(
    an_import_adds_its_rows_with_their_records,
    importing_a_file_again_changes_nothing,
    a_longer_file_adds_what_is_new,
    a_twin_within_a_file_is_known_by_its_fingerprint,
    an_import_is_undone_once_with_edited_rows,
    two_imports_at_once_do_not_double,
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
