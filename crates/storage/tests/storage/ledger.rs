use bellwether_domain::{
    Booking, Currency, LotChoice, SplitRatio, Transaction, TransactionDraft, TransactionId, TransactionKind,
};
use bellwether_storage::StorageError;
use bellwether_storage::audit::AuditAction;
use bellwether_storage::ledger::LedgerEntry;
use diesel::RunQueryDsl;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use rust_decimal::Decimal;

use crate::database::{TestDatabase, on_both};
use crate::samples::{checked, day, decimal, portfolio, purchase, symbol, told};

on_both!(
    every_kind_of_transaction_survives,
    decimals_survive_exactly,
    a_price_worked_out_from_an_amount_survives,
    a_ledger_is_in_order_of_date_and_sequence,
    a_change_raises_the_version_and_is_recorded,
    an_edit_that_changes_nothing_leaves_no_trace,
    a_fingerprint_is_taken_once_in_a_portfolio,
    a_failed_insertion_leaves_nothing,
    deletion_is_of_all_or_none,
    the_audit_log_cannot_be_rewritten,
    the_audit_log_is_read_in_pages,
    sequence_numbers_go_on,
);

fn full(kind: TransactionKind) -> TransactionDraft {
    let opened_by = TransactionId::new();
    TransactionDraft {
        symbol: Some(symbol("MSFT")),
        other_symbol: Some(symbol("ATVI")),
        quantity: Some(decimal("1.5")),
        price: Some(decimal("20.000001")),
        amount: Some(decimal("31.25")),
        fee: Some(decimal("0.5")),
        tax: Some(decimal("0.4")),
        ratio: SplitRatio::new(decimal("3"), decimal("2")),
        cost_share: Some(decimal("0.2536")),
        cash_in_lieu: Some(decimal("7.51")),
        lots: vec![LotChoice { opened_by, quantity: "1.5".parse().unwrap() }],
        acquired: Some(day("2012-03-25")),
        fx_rate: Some(decimal("1.0871")),
        account: "Depot".to_owned(),
        note: "O'Neill; \"quoted\" — ünïcödé".to_owned(),
        ..TransactionDraft::new(kind, day("2020-05-04"), Currency::EUR)
    }
}

async fn every_kind_of_transaction_survives(db: &TestDatabase) {
    let id = portfolio(db).await.id;
    let mut drafts: Vec<TransactionDraft> = TransactionKind::ALL.into_iter().map(full).collect();
    drafts.push(TransactionDraft { symbol: None, ..full(TransactionKind::Fee) });
    drafts.push(TransactionDraft { amount: Some(decimal("-2.5")), ..full(TransactionKind::Interest) });
    drafts.push(TransactionDraft { amount: Some(decimal("-1.25")), ..full(TransactionKind::Fee) });
    drafts.push(TransactionDraft { symbol: None, ..full(TransactionKind::Tax) });
    drafts.push(TransactionDraft { other_symbol: None, ..full(TransactionKind::Merger) });
    drafts.push(TransactionDraft {
        cost_share: Some(Decimal::ZERO),
        cash_in_lieu: None,
        ..full(TransactionKind::Merger)
    });
    drafts.push(TransactionDraft { cost_share: None, ..full(TransactionKind::Merger) });
    drafts.push(TransactionDraft { lots: Vec::new(), ..full(TransactionKind::Sell) });
    drafts.push(TransactionDraft { acquired: None, ..full(TransactionKind::TransferIn) });
    drafts.push(TransactionDraft { fx_rate: None, price: Some(Decimal::ZERO), ..full(TransactionKind::Buy) });
    let added: Vec<(Transaction, String)> =
        (0..).zip(&drafts).map(|(sequence, draft)| told(draft, sequence)).collect();

    let version = db.storage.insert_transactions(db.user, id, added.clone()).await.unwrap();

    let ledger = db.storage.ledger(db.user, id).await.unwrap();
    assert_eq!((version, ledger.version), (2, 2));
    assert_eq!(
        ledger.transactions,
        added.into_iter().map(|(transaction, _)| transaction).collect::<Vec<_>>()
    );
}

async fn decimals_survive_exactly(db: &TestDatabase) {
    let id = portfolio(db).await.id;
    let mut runner = TestRunner::deterministic();
    let quantity =
        (1..=999_999_999_999_i64, 0..=9_u32).prop_map(|(digits, scale)| Decimal::new(digits, scale));
    let price =
        (0..=9_999_999_999_999_i64, 0..=12_u32).prop_map(|(digits, scale)| Decimal::new(digits, scale));
    let added: Vec<(Transaction, String)> = (0..600)
        .map(|sequence| {
            let draft = TransactionDraft {
                quantity: Some(quantity.new_tree(&mut runner).unwrap().current()),
                price: Some(price.new_tree(&mut runner).unwrap().current()),
                ..full(TransactionKind::Buy)
            };
            (checked(&draft, sequence), format!("{sequence}"))
        })
        .collect();
    db.storage.insert_transactions(db.user, id, added.clone()).await.unwrap();

    let ledger = db.storage.ledger(db.user, id).await.unwrap();

    for (stored, (wanted, _)) in ledger.transactions.iter().zip(&added) {
        let (Booking::Buy(stored), Booking::Buy(wanted)) = (&stored.booking, &wanted.booking) else {
            panic!("purchases")
        };
        assert_eq!(stored, wanted);
        assert_eq!(stored.price.to_string(), wanted.price.to_string(), "digit for digit");
    }
}

async fn a_price_worked_out_from_an_amount_survives(db: &TestDatabase) {
    let id = portfolio(db).await.id;
    let draft = TransactionDraft {
        quantity: Some(decimal("3")),
        price: None,
        amount: Some(decimal("100")),
        ..full(TransactionKind::Buy)
    };
    let added = told(&draft, 0);
    db.storage.insert_transactions(db.user, id, vec![added.clone()]).await.unwrap();
    assert_eq!(db.storage.ledger(db.user, id).await.unwrap().transactions, [added.0]);
}

async fn a_ledger_is_in_order_of_date_and_sequence(db: &TestDatabase) {
    let id = portfolio(db).await.id;
    let at =
        |date: &str, sequence| told(&purchase(date, "AAPL", "1", &format!("{}", sequence + 1)), sequence);
    let added = vec![at("2021-03-01", 2), at("2020-01-02", 5), at("2021-03-01", 1), at("1999-12-31", 9)];
    db.storage.insert_transactions(db.user, id, added).await.unwrap();

    let ledger = db.storage.ledger(db.user, id).await.unwrap();

    let order: Vec<i64> = ledger.transactions.iter().map(|t| t.sequence).collect();
    assert_eq!(order, [9, 5, 1, 2]);
}

async fn a_change_raises_the_version_and_is_recorded(db: &TestDatabase) {
    let id = portfolio(db).await.id;
    let first = told(&purchase("2020-05-04", "AAPL", "10", "73.25"), 0);
    let storage = &db.storage;
    assert_eq!(storage.insert_transactions(db.user, id, vec![first.clone()]).await.unwrap(), 2);
    let draft = purchase("2020-05-05", "MSFT", "11", "180");
    let edited = draft.check(first.0.id, 0, day("2024-01-01")).unwrap();
    let update = storage.update_transaction(db.user, id, edited.clone(), draft.fingerprint());
    assert_eq!(update.await.unwrap(), 3);
    assert_eq!(storage.ledger(db.user, id).await.unwrap().transactions, std::slice::from_ref(&edited));
    assert_eq!(storage.ledger_entry(db.user, id, edited.id).await.unwrap().fingerprint, draft.fingerprint());
    assert_eq!(storage.delete_transactions(db.user, id, vec![edited.id]).await.unwrap(), 4);
    let ledger = storage.ledger(db.user, id).await.unwrap();
    assert_eq!((ledger.version, ledger.transactions.len()), (4, 0));

    let audit = storage.audit(db.user, id, None, 10).await.unwrap();
    let entry = |value: &Option<serde_json::Value>| -> Option<Transaction> {
        let entry: LedgerEntry = serde_json::from_value(value.clone()?).unwrap();
        Some(entry.transaction)
    };
    let changes: Vec<_> = audit
        .iter()
        .take(3)
        .map(|record| (record.action, entry(&record.before), entry(&record.after)))
        .collect();
    assert_eq!(
        changes,
        [
            (AuditAction::Deleted, Some(edited.clone()), None),
            (AuditAction::Changed, Some(first.0.clone()), Some(edited)),
            (AuditAction::Created, None, Some(first.0.clone())),
        ]
    );
    assert!(audit.iter().all(|record| record.user == Some(db.user) && record.at == storage.now()));
}

async fn an_edit_that_changes_nothing_leaves_no_trace(db: &TestDatabase) {
    let id = portfolio(db).await.id;
    let (transaction, fingerprint) = told(&purchase("2020-05-04", "AAPL", "10", "73.25"), 0);
    let storage = &db.storage;
    storage.insert_transactions(db.user, id, vec![(transaction.clone(), fingerprint.clone())]).await.unwrap();

    assert_eq!(storage.update_transaction(db.user, id, transaction, fingerprint).await.unwrap(), 2);
    assert_eq!(storage.insert_transactions(db.user, id, vec![]).await.unwrap(), 2);
    assert_eq!(storage.delete_transactions(db.user, id, vec![]).await.unwrap(), 2);
    assert_eq!(storage.audit(db.user, id, None, 10).await.unwrap().len(), 2);
    let unknown = told(&purchase("2020-05-04", "AAPL", "1", "1"), 0);
    let edit = storage.update_transaction(db.user, id, unknown.0, unknown.1).await;
    assert!(edit.unwrap_err().is_not_found());
}

async fn a_fingerprint_is_taken_once_in_a_portfolio(db: &TestDatabase) {
    let id = portfolio(db).await.id;
    let draft = purchase("2020-05-04", "AAPL", "10", "73.25");
    let storage = &db.storage;
    storage.insert_transactions(db.user, id, vec![told(&draft, 0)]).await.unwrap();

    let twin = storage.insert_transactions(db.user, id, vec![told(&draft, 1)]).await;
    assert!(matches!(twin, Err(StorageError::Duplicate)));
    let second = (checked(&draft, 1), format!("{}#2", draft.fingerprint()));
    storage.insert_transactions(db.user, id, vec![second]).await.unwrap();
    let known = storage.fingerprints(db.user, id).await.unwrap();
    assert_eq!(known, [draft.fingerprint(), format!("{}#2", draft.fingerprint())].into());
}

async fn a_failed_insertion_leaves_nothing(db: &TestDatabase) {
    let id = portfolio(db).await.id;
    let good = told(&purchase("2020-05-04", "AAPL", "10", "73.25"), 0);
    let twin = (checked(&purchase("2020-05-05", "IBM", "1", "120"), 1), good.1.clone());

    let failed = db.storage.insert_transactions(db.user, id, vec![good, twin]).await;

    assert!(matches!(failed, Err(StorageError::Duplicate)));
    let ledger = db.storage.ledger(db.user, id).await.unwrap();
    assert_eq!((ledger.version, ledger.transactions.len()), (1, 0));
    assert_eq!(db.storage.audit(db.user, id, None, 10).await.unwrap().len(), 1, "the portfolio's own");
    assert!(db.storage.instruments_in_use().await.unwrap().is_empty());
}

async fn deletion_is_of_all_or_none(db: &TestDatabase) {
    let id = portfolio(db).await.id;
    let other = db
        .storage
        .create_portfolio(db.user, bellwether_storage::portfolios::PortfolioSettings::named("Other"))
        .await
        .unwrap()
        .id;
    let own = told(&purchase("2020-05-04", "AAPL", "10", "73.25"), 0);
    let foreign = told(&purchase("2020-05-04", "AAPL", "10", "73.25"), 0);
    let storage = &db.storage;
    storage.insert_transactions(db.user, id, vec![own.clone()]).await.unwrap();
    storage.insert_transactions(db.user, other, vec![foreign.clone()]).await.unwrap();

    let mixed = storage.delete_transactions(db.user, id, vec![own.0.id, foreign.0.id]).await;
    assert!(mixed.unwrap_err().is_not_found());
    let unknown = storage.delete_transactions(db.user, id, vec![own.0.id, TransactionId::new()]).await;
    assert!(unknown.unwrap_err().is_not_found());
    assert_eq!(storage.ledger(db.user, id).await.unwrap().transactions, [own.0]);
    assert_eq!(storage.ledger(db.user, other).await.unwrap().transactions, [foreign.0]);
}

async fn the_audit_log_cannot_be_rewritten(db: &TestDatabase) {
    let id = portfolio(db).await.id;
    for sql in ["UPDATE audit_log SET action = 'deleted'", "DELETE FROM audit_log"] {
        let refused =
            db.storage.write(move |connection| Ok(diesel::sql_query(sql).execute(connection)?)).await;
        assert!(matches!(refused, Err(StorageError::Query(_))), "{sql}");
    }
    assert_eq!(db.storage.audit(db.user, id, None, 10).await.unwrap().len(), 1);
}

async fn the_audit_log_is_read_in_pages(db: &TestDatabase) {
    let id = portfolio(db).await.id;
    for sequence in 0..5 {
        let added = told(&purchase("2020-05-04", "AAPL", "1", &format!("{}", sequence + 1)), sequence);
        db.storage.insert_transactions(db.user, id, vec![added]).await.unwrap();
    }
    let first = db.storage.audit(db.user, id, None, 4).await.unwrap();
    let second = db.storage.audit(db.user, id, Some(first[3].id), 4).await.unwrap();
    let ids: Vec<i64> = first.iter().chain(&second).map(|record| record.id).collect();
    assert_eq!(ids.len(), 6);
    assert!(ids.is_sorted_by(|newer, older| newer > older));
}

async fn sequence_numbers_go_on(db: &TestDatabase) {
    let id = portfolio(db).await.id;
    assert_eq!(db.storage.next_sequence(db.user, id).await.unwrap(), 0);
    let added = told(&purchase("2020-05-04", "AAPL", "1", "1"), 41);
    db.storage.insert_transactions(db.user, id, vec![added]).await.unwrap();
    assert_eq!(db.storage.next_sequence(db.user, id).await.unwrap(), 42);
}
