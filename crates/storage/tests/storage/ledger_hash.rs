//! One number for all that was entered.

use bellwether_storage::portfolios::PortfolioSettings;
use bellwether_storage::target_allocations::{HOLDINGS, TargetAllocation};
use bellwether_storage::{Storage, StorageOptions};
use chrono::NaiveDate;

use crate::database::{TestDatabase, on_both};
use crate::samples::{day, decimal, header, import_rows, portfolio, purchase, told};

on_both!(
    every_kind_of_change_changes_it_and_undoing_brings_it_back,
    a_digit_more_is_another_hash,
    it_does_not_depend_on_the_order_of_rows_or_on_the_database,
    tables_and_audit_log_have_the_same_one,
    a_long_ledger_is_read_in_pages,
);

async fn every_kind_of_change_changes_it_and_undoing_brings_it_back(db: &TestDatabase) {
    let id = portfolio(db).await.id;
    let (storage, user) = (&db.storage, db.user);
    let first = told(&purchase("2020-05-04", "IBM", "10", "120"), 0);
    storage.insert_transactions(user, id, vec![first.clone()]).await.unwrap();
    for step in 0..6 {
        let before = storage.portfolio_hash(user, id).await.unwrap();
        let whole = storage.database_hash().await.unwrap();
        match step {
            0 => {
                let more = told(&purchase("2020-05-04", "IBM", "1", "120"), 1);
                storage.insert_transactions(user, id, vec![more]).await.map(drop).unwrap();
            }
            1 => {
                let draft = purchase("2020-05-05", "IBM", "11", "119");
                let edited = draft.check(first.0.id, 0, NaiveDate::MAX).unwrap();
                storage.update_transaction(user, id, edited, draft.fingerprint()).await.map(drop).unwrap();
            }
            2 => storage.delete_transactions(user, id, vec![first.0.id]).await.map(drop).unwrap(),
            3 => {
                let settings =
                    PortfolioSettings { benchmarks: Vec::new(), ..PortfolioSettings::named("Main") };
                storage.change_portfolio(user, id, settings).await.map(drop).unwrap();
            }
            4 => {
                let weights = [("IBM".to_owned(), decimal("0.6"))].into();
                let targets = TargetAllocation { since: day("2024-05-03"), weights };
                storage.set_target_allocation(user, id, HOLDINGS, targets).await.unwrap();
            }
            _ => storage
                .commit_import(user, id, header(), import_rows(0, 4), Vec::new())
                .await
                .map(drop)
                .unwrap(),
        }
        assert_ne!(storage.portfolio_hash(user, id).await.unwrap(), before, "step {step}");
        assert_ne!(storage.database_hash().await.unwrap(), whole, "step {step}");

        let change = storage.changes(user, id, None, 1).await.unwrap()[0].id;
        storage.undo_change(user, id, change).await.unwrap();

        assert_eq!(storage.portfolio_hash(user, id).await.unwrap(), before, "step {step}");
        assert_eq!(storage.database_hash().await.unwrap(), whole, "step {step}");
    }
}

async fn a_digit_more_is_another_hash(db: &TestDatabase) {
    let id = portfolio(db).await.id;
    let draft = purchase("2020-05-04", "IBM", "10", "120.000000001");
    let bought = told(&draft, 0);
    db.storage.insert_transactions(db.user, id, vec![bought.clone()]).await.unwrap();
    let before = db.storage.portfolio_hash(db.user, id).await.unwrap();
    let draft = purchase("2020-05-04", "IBM", "10", "120.0000000011");
    let edited = draft.check(bought.0.id, 0, NaiveDate::MAX).unwrap();
    db.storage.update_transaction(db.user, id, edited, draft.fingerprint()).await.unwrap();
    assert_ne!(db.storage.portfolio_hash(db.user, id).await.unwrap(), before);
    assert_eq!(before.to_string().len(), 64);
}

async fn it_does_not_depend_on_the_order_of_rows_or_on_the_database(db: &TestDatabase) {
    let other = Storage::open(StorageOptions::new("sqlite::memory:")).await.unwrap();
    let stranger = other.owner().await.unwrap();
    let entries: Vec<_> =
        (0..5).map(|n| told(&purchase("2020-05-04", "IBM", "1", &format!("{}", 100 + n)), n)).collect();
    let here = portfolio(db).await;
    db.storage.insert_transactions(db.user, here.id, entries.clone()).await.unwrap();
    // What the audit log says of a portfolio's beginning is told from nothing: the same identifier elsewhere.
    let there = other.create_portfolio(stranger, PortfolioSettings::named("Main")).await.unwrap();
    other.find_or_create_instruments(vec!["KO".parse().unwrap()]).await.unwrap();
    for entry in entries.into_iter().rev() {
        other.insert_transactions(stranger, there.id, vec![entry]).await.unwrap();
    }
    let (one, two) = (
        db.storage.portfolio_state(db.user, here.id).await.unwrap(),
        other.portfolio_state(stranger, there.id).await.unwrap(),
    );
    let mut moved = two.clone();
    // Entered at another time by the real clock there.
    for (id, entry) in &mut moved.entries {
        entry.created_at = one.entries[id].created_at;
    }
    assert_eq!(moved.hash().unwrap(), one.hash().unwrap());
    assert_eq!(other.portfolio_hash(stranger, there.id).await.ok(), two.hash().unwrap());
}

async fn tables_and_audit_log_have_the_same_one(db: &TestDatabase) {
    let id = portfolio(db).await.id;
    db.storage.commit_import(db.user, id, header(), import_rows(0, 7), Vec::new()).await.unwrap();
    let replayed = db.storage.replayed_state(db.user, id, None).await.unwrap();
    let hash = db.storage.portfolio_hash(db.user, id).await.unwrap();
    assert_eq!(replayed.hash().unwrap(), Some(hash));
    db.storage.delete_portfolio(db.user, id).await.unwrap();
    assert_eq!(db.storage.replayed_state(db.user, id, None).await.unwrap().hash().unwrap(), None);
}

async fn a_long_ledger_is_read_in_pages(db: &TestDatabase) {
    let id = portfolio(db).await.id;
    db.storage.commit_import(db.user, id, header(), import_rows(0, 4_321), Vec::new()).await.unwrap();
    let state = db.storage.portfolio_state(db.user, id).await.unwrap();
    let hash = db.storage.portfolio_hash(db.user, id).await.unwrap();
    assert_eq!(state.hash().unwrap(), Some(hash));
}
