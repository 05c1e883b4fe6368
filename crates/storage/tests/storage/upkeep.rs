use bellwether_domain::InstrumentId;
use bellwether_storage::upkeep::Upkeep;
use chrono::TimeDelta;

use crate::database::{TestDatabase, on_both, start};
use crate::samples::instrument;

on_both!(
    what_is_remembered_survives,
    changes_leave_the_rest_as_it_was,
    nobody_remembers_what_is_not_registered
);

async fn known(db: &TestDatabase, id: InstrumentId) -> Option<Upkeep> {
    db.storage.upkeep(vec![id]).await.unwrap().remove(&id)
}

async fn what_is_remembered_survives(db: &TestDatabase) {
    let id = instrument(db, "AAPL").await;
    assert_eq!(known(db, id).await, None);
    let all = Upkeep {
        closes_fetched_at: Some(start()),
        verified_at: Some(start() + TimeDelta::microseconds(7)),
        doubted_at: Some(start() + TimeDelta::hours(1)),
        refused_since: Some(start() + TimeDelta::hours(2)),
        refused_at: Some(start() + TimeDelta::hours(3)),
        ex_date: "2026-11-30".parse().ok(),
    };
    db.storage.change_upkeep(id, move |upkeep| *upkeep = all).await.unwrap();
    assert_eq!(known(db, id).await, Some(all));
}

async fn changes_leave_the_rest_as_it_was(db: &TestDatabase) {
    let id = instrument(db, "AAPL").await;
    db.storage.change_upkeep(id, |upkeep| upkeep.verified_at = Some(start())).await.unwrap();
    db.storage.change_upkeep(id, |upkeep| upkeep.doubted_at = Some(start())).await.unwrap();
    let both = Upkeep { verified_at: Some(start()), doubted_at: Some(start()), ..Upkeep::default() };
    assert_eq!(known(db, id).await, Some(both));
}

async fn nobody_remembers_what_is_not_registered(db: &TestDatabase) {
    assert!(db.storage.change_upkeep(InstrumentId(99), |_| ()).await.unwrap_err().is_not_found());
}
