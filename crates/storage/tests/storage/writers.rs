use bellwether_storage::jobs::NewJob;
use bellwether_storage::noting_changes;
use serde_json::Value;

use crate::database::{TestDatabase, on_both};
use crate::samples::{portfolio, purchase, told};

on_both!(
    writers_of_several_processes_wait_for_one_another,
    readers_are_not_held_up_by_a_writer,
    many_calls_share_few_connections,
    whoever_asks_is_told_whether_something_was_changed,
);

async fn writers_of_several_processes_wait_for_one_another(db: &TestDatabase) {
    let id = portfolio(db).await.id;
    let mut processes = Vec::new();
    for process in 0..4_i64 {
        let storage = db.opened_again().await;
        let user = db.user;
        processes.push(tokio::spawn(async move {
            for round in 0..15 {
                let sequence = process * 100 + round;
                let draft = purchase("2020-05-04", "AAPL", "1", &format!("{}", sequence + 1));
                storage.insert_transactions(user, id, vec![told(&draft, sequence)]).await.unwrap();
                let wish = NewJob {
                    kind: "refresh".to_owned(),
                    key: format!("key {}", sequence % 7),
                    payload: Value::Null,
                    priority: 5,
                    run_at: storage.now(),
                    max_attempts: 1,
                };
                storage.enqueue_job(storage.now(), wish).await.unwrap();
            }
        }));
    }
    for process in processes {
        process.await.unwrap();
    }

    let ledger = db.storage.ledger(db.user, id).await.unwrap();
    assert_eq!((ledger.transactions.len(), ledger.version), (60, 61));
}

async fn readers_are_not_held_up_by_a_writer(db: &TestDatabase) {
    let id = portfolio(db).await.id;
    let (began, beginning) = tokio::sync::oneshot::channel();
    let (done, doing) = std::sync::mpsc::channel::<()>();
    let (user, now) = (db.user, db.storage.now());
    let writing = db.storage.write(move |connection| {
        let added = [told(&purchase("2020-05-04", "AAPL", "1", "1"), 0)];
        bellwether_storage::ledger::insert(connection, user, id, &added, now)?;
        began.send(()).unwrap();
        doing.recv().unwrap();
        Ok(())
    });
    let reading = async {
        beginning.await.unwrap();
        let ledger = db.storage.ledger(db.user, id).await.unwrap();
        done.send(()).unwrap();
        ledger
    };
    let (written, during) = tokio::join!(writing, reading);
    written.unwrap();
    assert_eq!((during.version, during.transactions.len()), (1, 0));
    assert_eq!(db.storage.ledger(db.user, id).await.unwrap().version, 2);
}

async fn many_calls_share_few_connections(db: &TestDatabase) {
    let id = portfolio(db).await.id;
    let user = db.user;
    let calls: Vec<_> = (0..200)
        .map(|_| {
            let storage = db.storage.clone();
            tokio::spawn(async move { storage.ledger(user, id).await.unwrap().version })
        })
        .collect();
    for call in calls {
        assert_eq!(call.await.unwrap(), 1);
    }
    assert!(db.storage.statistics().reads >= 200);
}

async fn whoever_asks_is_told_whether_something_was_changed(db: &TestDatabase) {
    let id = portfolio(db).await.id;
    let (read, changed) = noting_changes(db.storage.ledger(db.user, id)).await;
    assert!(read.is_ok() && !changed);
    let (refused, changed) = noting_changes(db.storage.delete_transactions(
        db.user,
        id,
        vec![bellwether_domain::TransactionId::new()],
    ))
    .await;
    assert!(refused.is_err() && !changed);
    let entry = told(&purchase("2020-05-04", "KO", "1", "50"), 0);
    let (added, changed) = noting_changes(db.storage.insert_transactions(db.user, id, vec![entry])).await;
    assert!(added.is_ok() && changed);
}
