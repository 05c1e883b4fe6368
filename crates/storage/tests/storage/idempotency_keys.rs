use bellwether_domain::UserId;
use bellwether_storage::Digest;
use bellwether_storage::idempotency_keys::{KeptAnswer, Sent, forget, keep, remove_outdated, send};
use chrono::TimeDelta;

use crate::database::{TestDatabase, on_both};

on_both!(
    of_many_at_once_one_is_the_first,
    an_answer_is_kept_until_it_is_outdated,
    what_was_forgotten_is_carried_out_again,
);

const REQUEST: Digest = Digest([7; 32]);

async fn sent(db: &TestDatabase, user: UserId, key: &'static str, request: Digest) -> Sent {
    let now = db.storage.now();
    db.storage.write(move |connection| send(connection, user, key, request, now)).await.unwrap()
}

async fn of_many_at_once_one_is_the_first(db: &TestDatabase) {
    let user = db.storage.owner().await.unwrap();
    let senders = (0..20).map(|_| {
        let storage = db.storage.clone();
        tokio::spawn(async move {
            let now = storage.now();
            storage.write(move |connection| send(connection, user, "k", REQUEST, now)).await.unwrap()
        })
    });
    let mut first = 0;
    for sender in senders.collect::<Vec<_>>() {
        match sender.await.unwrap() {
            Sent::First => first += 1,
            other => assert_eq!(other, Sent::Unanswered),
        }
    }
    assert_eq!(first, 1);
}

async fn an_answer_is_kept_until_it_is_outdated(db: &TestDatabase) {
    let user = db.storage.owner().await.unwrap();
    assert_eq!(sent(db, user, "k", REQUEST).await, Sent::First);
    assert_eq!(sent(db, user, "k", Digest([8; 32])).await, Sent::Another);
    let answer = KeptAnswer {
        status: 201,
        headers: vec![("location".to_owned(), "/there".to_owned())],
        body: b"{\"id\": 1}".to_vec(),
    };
    let kept = answer.clone();
    db.storage.write(move |connection| keep(connection, user, "k", &kept)).await.unwrap();
    assert_eq!(sent(db, user, "k", REQUEST).await, Sent::Answered(answer));
    assert_eq!(sent(db, user, "other", REQUEST).await, Sent::First);
    assert_eq!(sent(db, user, "k", Digest([8; 32])).await, Sent::Another);

    let later = db.storage.now() + TimeDelta::seconds(1);
    let removed = db.storage.write(move |connection| remove_outdated(connection, later)).await.unwrap();
    assert_eq!(removed, 2);
    assert_eq!(sent(db, user, "k", Digest([8; 32])).await, Sent::First);
}

async fn what_was_forgotten_is_carried_out_again(db: &TestDatabase) {
    let user = db.storage.owner().await.unwrap();
    assert_eq!(sent(db, user, "k", REQUEST).await, Sent::First);
    db.storage.write(move |connection| forget(connection, user, "k")).await.unwrap();
    assert_eq!(sent(db, user, "k", REQUEST).await, Sent::First);
}
