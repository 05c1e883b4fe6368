use bellwether_domain::{PortfolioId, UserId};
use bellwether_storage::audit::{AuditAction, AuditSubject};
use bellwether_storage::target_allocations::{HOLDINGS, TargetAllocation};

use crate::database::{TestDatabase, on_both};
use crate::samples::{day, decimal, portfolio};

on_both!(
    targets_are_in_force_from_their_day_until_others_are,
    the_targets_of_a_day_replace_those_of_the_same_day,
    a_set_without_targets_ends_the_one_before,
    the_same_targets_again_change_nothing,
    what_is_decided_last_holds_although_the_clock_was_set_back,
    nobody_sets_the_targets_of_another,
);

fn targets(since: &str, weights: &[(&str, &str)]) -> TargetAllocation {
    let weights = weights.iter().map(|(target, weight)| ((*target).to_owned(), decimal(weight))).collect();
    TargetAllocation { since: day(since), weights }
}

async fn set(db: &TestDatabase, id: PortfolioId, set: TargetAllocation) {
    db.storage.set_target_allocation(db.user, id, HOLDINGS, set).await.unwrap();
}

async fn on(db: &TestDatabase, id: PortfolioId, on: &str) -> Option<TargetAllocation> {
    db.storage.target_allocation(db.user, id, HOLDINGS, day(on)).await.unwrap()
}

async fn targets_are_in_force_from_their_day_until_others_are(db: &TestDatabase) {
    let id = portfolio(db).await.id;
    let exact = "0.333333333333333333";
    let first = targets("2026-01-05", &[("AAPL", "0.60"), ("BRK-B", exact)]);
    let second = targets("2026-03-02", &[("AAPL", "1")]);
    set(db, id, first.clone()).await;
    set(db, id, second.clone()).await;

    assert_eq!(on(db, id, "2026-01-04").await, None);
    assert_eq!(on(db, id, "2026-01-05").await, Some(first.clone()));
    assert_eq!(on(db, id, "2026-03-01").await.unwrap().weights["BRK-B"].to_string(), exact);
    assert_eq!(on(db, id, "2026-12-31").await, Some(second));
    let sectors = db.storage.target_allocation(db.user, id, "sector", day("2026-12-31")).await.unwrap();
    assert_eq!(sectors, None, "each dimension has its own");
}

async fn the_targets_of_a_day_replace_those_of_the_same_day(db: &TestDatabase) {
    let id = portfolio(db).await.id;
    set(db, id, targets("2026-01-05", &[("AAPL", "0.6"), ("KO", "0.4")])).await;
    let second = targets("2026-01-05", &[("AAPL", "0.7")]);
    set(db, id, second.clone()).await;

    assert_eq!(on(db, id, "2026-01-05").await, Some(second));
    let audit = db.storage.audit(db.user, id, None, 10).await.unwrap();
    let record = &audit[0];
    assert_eq!((record.action, record.subject), (AuditAction::Changed, AuditSubject::TargetAllocation));
    assert_eq!(record.before.as_ref().unwrap()["weights"]["KO"], "0.4");
    assert_eq!(record.after.as_ref().unwrap()["weights"], serde_json::json!({ "AAPL": "0.7" }));
}

async fn a_set_without_targets_ends_the_one_before(db: &TestDatabase) {
    let id = portfolio(db).await.id;
    set(db, id, targets("2026-01-05", &[("AAPL", "0.6")])).await;
    set(db, id, targets("2026-03-02", &[])).await;

    assert!(on(db, id, "2026-03-01").await.is_some());
    assert_eq!(on(db, id, "2026-03-02").await, None);
    let audit = db.storage.audit(db.user, id, None, 10).await.unwrap();
    assert_eq!(audit[0].action, AuditAction::Deleted);
}

async fn the_same_targets_again_change_nothing(db: &TestDatabase) {
    let id = portfolio(db).await.id;
    set(db, id, targets("2026-01-05", &[("AAPL", "0.6")])).await;
    let records = db.storage.audit(db.user, id, None, 10).await.unwrap().len();
    set(db, id, targets("2026-03-02", &[("AAPL", "0.60")])).await;

    assert_eq!(on(db, id, "2026-03-02").await.unwrap().since, day("2026-01-05"));
    assert_eq!(db.storage.audit(db.user, id, None, 10).await.unwrap().len(), records);
}

async fn nobody_sets_the_targets_of_another(db: &TestDatabase) {
    let id = portfolio(db).await.id;
    let (stranger, wanted) = (UserId::new(), targets("2026-01-05", &[("AAPL", "1")]));
    let storage = &db.storage;
    let foreign = storage.set_target_allocation(stranger, id, HOLDINGS, wanted.clone()).await;
    assert!(foreign.unwrap_err().is_not_found());
    set(db, id, wanted).await;
    let seen = storage.target_allocation(stranger, id, HOLDINGS, day("2026-01-05")).await;
    assert!(seen.unwrap_err().is_not_found());
    storage.delete_portfolio(db.user, id).await.unwrap();
}

async fn what_is_decided_last_holds_although_the_clock_was_set_back(db: &TestDatabase) {
    let id = portfolio(db).await.id;
    let weights: [&[(&str, &str)]; 4] = [&[("AAPL", "0.6")], &[("KO", "1")], &[], &[("IBM", "0.2")]];
    for (day, weights) in ["2026-03-02", "2026-03-01", "2026-02-28", "2026-02-27"].into_iter().zip(weights) {
        set(db, id, targets(day, weights)).await;

        let wanted = (!weights.is_empty()).then(|| targets("2026-03-02", weights));
        assert_eq!(on(db, id, "2026-03-02").await, wanted);
        let told = db.storage.replayed_state(db.user, id, None).await.unwrap();
        assert_eq!(told, db.storage.portfolio_state(db.user, id).await.unwrap());
    }
}
