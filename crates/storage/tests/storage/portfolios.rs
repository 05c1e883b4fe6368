use bellwether_domain::{CostMethod, Currency, DividendPolicy, PortfolioId, UserId};
use bellwether_storage::StorageError;
use bellwether_storage::audit::{AuditAction, AuditSubject};
use bellwether_storage::portfolios::PortfolioSettings;

use crate::database::{TestDatabase, on_both};
use crate::samples::{header, import_rows, portfolio, purchase, symbol, told};

on_both!(
    the_owner_is_created_once,
    a_new_portfolio_is_compared_with_voo_and_qqq,
    a_portfolio_is_found_by_id_and_by_name,
    every_cost_method_is_kept,
    a_name_is_unique_for_its_user,
    a_portfolio_needs_a_name,
    nobody_sees_the_portfolio_of_another,
    new_settings_raise_the_ledger_version,
    a_deleted_portfolio_takes_its_transactions_and_leaves_the_audit_log,
);

async fn the_owner_is_created_once(db: &TestDatabase) {
    let other = db.opened_again().await;
    let (one, two, three) = tokio::join!(db.storage.owner(), other.owner(), other.owner());

    assert_eq!(one.unwrap(), db.user);
    assert_eq!(two.unwrap(), db.user);
    assert_eq!(three.unwrap(), db.user);
}

async fn a_new_portfolio_is_compared_with_voo_and_qqq(db: &TestDatabase) {
    let created = portfolio(db).await;

    assert_eq!(created.benchmarks, [symbol("VOO"), symbol("QQQ")]);
    assert_eq!(created.ledger_version, 1);
    assert_eq!(db.storage.portfolio(db.user, created.id).await.unwrap(), created);
}

async fn a_portfolio_is_found_by_id_and_by_name(db: &TestDatabase) {
    let settings = PortfolioSettings {
        description: " Retirement ".to_owned(),
        base_currency: Currency::EUR,
        cost_method: CostMethod::Average,
        dividends: DividendPolicy::RecordedOnly,
        benchmarks: vec![symbol("IWDA.AS"), symbol("VOO"), symbol("IWDA.AS")],
        demo: true,
        ..PortfolioSettings::named(" Pension ")
    };
    let first = portfolio(db).await;
    let created = db.storage.create_portfolio(db.user, settings).await.unwrap();

    assert_eq!((created.name.as_str(), created.description.as_str()), ("Pension", "Retirement"));
    assert_eq!(created.benchmarks, [symbol("IWDA.AS"), symbol("VOO")], "each benchmark once");
    assert_eq!(db.storage.portfolio(db.user, created.id).await.unwrap(), created);
    assert_eq!(db.storage.portfolio_named(db.user, "Pension").await.unwrap(), created);
    assert_eq!(db.storage.portfolios(db.user).await.unwrap(), [first, created]);
    assert!(db.storage.portfolio_named(db.user, "pension fund").await.unwrap_err().is_not_found());
    assert!(db.storage.portfolio(db.user, PortfolioId::new()).await.unwrap_err().is_not_found());
}

async fn every_cost_method_is_kept(db: &TestDatabase) {
    for cost_method in CostMethod::ALL {
        let settings = PortfolioSettings { cost_method, ..PortfolioSettings::named(cost_method.as_str()) };
        let created = db.storage.create_portfolio(db.user, settings).await.unwrap();
        let read = db.storage.portfolio(db.user, created.id).await.unwrap();
        assert_eq!(read.cost_method, cost_method);
    }
}

async fn a_name_is_unique_for_its_user(db: &TestDatabase) {
    let first = portfolio(db).await;
    let again = db.storage.create_portfolio(db.user, PortfolioSettings::named("Main")).await;
    assert!(matches!(again, Err(StorageError::Duplicate)));

    let other = db.storage.create_portfolio(db.user, PortfolioSettings::named("Other")).await.unwrap();
    let renamed = db.storage.change_portfolio(db.user, other.id, PortfolioSettings::of(&first)).await;
    assert!(matches!(renamed, Err(StorageError::Duplicate)));
    assert_eq!(db.storage.portfolio(db.user, other.id).await.unwrap(), other, "nothing of it happened");
}

async fn a_portfolio_needs_a_name(db: &TestDatabase) {
    let unnamed = db.storage.create_portfolio(db.user, PortfolioSettings::named("  ")).await;
    assert!(matches!(unnamed, Err(StorageError::Refused(_))));
    let odd = PortfolioSettings { description: "\0".to_owned(), ..PortfolioSettings::named("Odd") };
    for odd in [PortfolioSettings::named("O\0dd"), odd] {
        let refused = db.storage.create_portfolio(db.user, odd).await;
        assert!(matches!(refused, Err(StorageError::Refused(_))), "{refused:?}");
    }
    let nobodys = db.storage.create_portfolio(UserId::new(), PortfolioSettings::named("Lost")).await;
    assert!(nobodys.unwrap_err().is_not_found());
}

async fn nobody_sees_the_portfolio_of_another(db: &TestDatabase) {
    let id = portfolio(db).await.id;
    let stranger = UserId::new();
    let entry = told(&purchase("2020-05-04", "AAPL", "1", "70"), 0);
    let storage = &db.storage;
    storage.insert_transactions(db.user, id, vec![entry.clone()]).await.unwrap();

    assert!(storage.portfolios(stranger).await.unwrap().is_empty());
    assert!(storage.portfolio(stranger, id).await.unwrap_err().is_not_found());
    assert!(storage.portfolio_named(stranger, "Main").await.unwrap_err().is_not_found());
    assert!(storage.ledger(stranger, id).await.unwrap_err().is_not_found());
    assert!(storage.ledger_version(stranger, id).await.unwrap_err().is_not_found());
    assert!(storage.ledger_entries(stranger, id).await.unwrap_err().is_not_found());
    assert!(storage.fingerprints(stranger, id).await.unwrap_err().is_not_found());
    assert!(storage.instruments_of_portfolio(stranger, id).await.unwrap_err().is_not_found());
    assert!(storage.imports(stranger, id).await.unwrap_err().is_not_found());
    assert!(storage.audit(stranger, id, None, 10).await.unwrap().is_empty());
    let other = told(&purchase("2020-05-05", "AAPL", "1", "70"), 1);
    assert!(storage.insert_transactions(stranger, id, vec![other]).await.unwrap_err().is_not_found());
    let edit = storage.update_transaction(stranger, id, entry.0.clone(), "x".to_owned()).await;
    assert!(edit.unwrap_err().is_not_found());
    assert!(storage.delete_transactions(stranger, id, vec![entry.0.id]).await.unwrap_err().is_not_found());
    let import = storage.commit_import(stranger, id, header(), import_rows(0, 1), vec![]).await;
    assert!(import.unwrap_err().is_not_found());
    let settings = PortfolioSettings::named("Mine now");
    assert!(storage.change_portfolio(stranger, id, settings).await.unwrap_err().is_not_found());
    assert!(storage.delete_portfolio(stranger, id).await.unwrap_err().is_not_found());
    assert_eq!(storage.ledger(db.user, id).await.unwrap().transactions, [entry.0]);
}

async fn new_settings_raise_the_ledger_version(db: &TestDatabase) {
    let before = portfolio(db).await;
    let settings = PortfolioSettings {
        name: "Renamed".to_owned(),
        benchmarks: vec![symbol("^GSPC")],
        ..PortfolioSettings::of(&before)
    };

    let after = db.storage.change_portfolio(db.user, before.id, settings).await.unwrap();

    assert_eq!((after.name.as_str(), after.ledger_version), ("Renamed", 2));
    assert_eq!(db.storage.ledger_version(db.user, before.id).await.unwrap(), 2);
    assert_eq!(after.benchmarks, [symbol("^GSPC")]);
    assert_eq!(db.storage.portfolio(db.user, before.id).await.unwrap(), after);
    let audit = db.storage.audit(db.user, before.id, None, 10).await.unwrap();
    assert_eq!(audit[0].action, AuditAction::Changed);
    assert_eq!(audit[0].before.as_ref().unwrap()["name"], "Main");
    assert_eq!(audit[0].after.as_ref().unwrap()["name"], "Renamed");
}

async fn a_deleted_portfolio_takes_its_transactions_and_leaves_the_audit_log(db: &TestDatabase) {
    let id = portfolio(db).await.id;
    db.storage.commit_import(db.user, id, header(), import_rows(0, 3), vec![]).await.unwrap();

    db.storage.delete_portfolio(db.user, id).await.unwrap();

    assert!(db.storage.ledger(db.user, id).await.unwrap_err().is_not_found());
    assert!(db.storage.instruments_in_use().await.unwrap().is_empty());
    let audit = db.storage.audit(db.user, id, None, 100).await.unwrap();
    let of = |action, subject| {
        audit.iter().filter(|record| (record.action, record.subject) == (action, subject)).count()
    };
    assert_eq!(of(AuditAction::Created, AuditSubject::Transaction), 3);
    assert_eq!(of(AuditAction::Deleted, AuditSubject::Transaction), 3);
    assert_eq!(of(AuditAction::Deleted, AuditSubject::Portfolio), 1);
    let again = db.storage.create_portfolio(db.user, PortfolioSettings::named("Main")).await;
    assert!(again.is_ok(), "the name is free again");
}
