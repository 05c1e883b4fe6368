//! An export restores exactly, and nothing but an export does.

use bellwether_domain::UserId;
use bellwether_storage::users::{self, NewUser};
use bellwether_storage::{Storage, StorageError, StorageOptions};
use serde_json::Value;

use crate::database::{TestDatabase, on_both};
use crate::doctor::lived_in;

on_both!(
    an_export_restores_exactly_here_and_in_the_other_back_end,
    what_is_there_is_not_mixed_with_an_export,
    what_no_export_says_is_refused,
    it_is_ones_own_alone,
);

/// The document without the time of its making.
fn timeless(document: &[u8]) -> Value {
    let mut value: Value = serde_json::from_slice(document).unwrap();
    value.as_object_mut().unwrap().remove("exported_at").unwrap();
    value
}

async fn empty() -> (Storage, UserId) {
    let storage = Storage::open(StorageOptions::new("sqlite::memory:")).await.unwrap();
    let owner = storage.owner().await.unwrap();
    (storage, owner)
}

async fn an_export_restores_exactly_here_and_in_the_other_back_end(db: &TestDatabase) {
    lived_in(db).await;
    let document = db.storage.export_user(db.user).await.unwrap();
    let hash = async |storage: &Storage, user| {
        let main = storage.portfolio_named(user, "Main").await.unwrap();
        storage.portfolio_hash(user, main.id).await.unwrap()
    };
    let (other, owner) = empty().await;
    // Instruments bear other numbers there.
    other.find_or_create_instruments(vec!["ZZZ".parse().unwrap(), "IBM".parse().unwrap()]).await.unwrap();

    other.restore_user(owner, document.clone()).await.unwrap();

    let again = other.export_user(owner).await.unwrap();
    assert_eq!(timeless(&again), timeless(&document));
    let without_time = |document: &[u8]| {
        let text = String::from_utf8(document.to_vec()).unwrap();
        let at = serde_json::from_slice::<Value>(document).unwrap()["exported_at"].to_string();
        text.replace(&at, "")
    };
    assert_eq!(without_time(&again), without_time(&document), "byte by byte");
    assert_eq!(hash(&other, owner).await, hash(&db.storage, db.user).await);
    assert_eq!(other.examine().await.unwrap(), []);
}

async fn what_is_there_is_not_mixed_with_an_export(db: &TestDatabase) {
    lived_in(db).await;
    let document = db.storage.export_user(db.user).await.unwrap();
    let before = db.storage.database_hash().await.unwrap();
    let refused = db.storage.restore_user(db.user, document.clone()).await;
    assert!(
        matches!(&refused, Err(StorageError::Refused(words)) if words.contains("already")),
        "{refused:?}"
    );
    // Nor does it take what is somebody else's.
    let now = db.storage.now();
    let eve = NewUser {
        name: "eve".to_owned(),
        email: None,
        password_hash: Some("x".to_owned()),
        role: bellwether_domain::Role::Member,
    };
    let eve = db.storage.write(move |c| users::add(c, &eve, now)).await.unwrap();
    let refused = db.storage.restore_user(eve, document).await;
    assert!(matches!(refused, Err(StorageError::Duplicate)), "{refused:?}");
    assert_eq!(db.storage.portfolios(eve).await.unwrap(), []);
    db.storage.write(move |c| users::remove(c, eve)).await.unwrap();
    assert_eq!(db.storage.database_hash().await.unwrap(), before);
}

async fn what_no_export_says_is_refused(db: &TestDatabase) {
    lived_in(db).await;
    let text = String::from_utf8(db.storage.export_user(db.user).await.unwrap()).unwrap();
    let (other, owner) = empty().await;
    let hash = other.database_hash().await.unwrap();
    for (from, to) in [
        ("bellwether-export", "something"),
        ("\"version\":1", "\"version\":2"),
        ("\"table\":\"imports\"", "\"table\":\"users\""),
        ("\"columns\":[\"id\",\"name\"", "\"columns\":[\"name\",\"id\""),
        ("\"AAPL\"", "\"A A\""),
        ("\"buy\"", "\"gift\""),
        ("\"1.5\"", "\"NaN\""),
        ("\"fifo\"", "\"luck\""),
        ("\"0.6\"", "\"0.7\""),
        ("[\"", "[\"00"),
        ("]]}]}", "]]}"),
    ] {
        assert!(text.contains(from), "{from}");
        let refused = other.restore_user(owner, text.replace(from, to).into_bytes()).await;
        assert!(refused.is_err(), "{from} -> {to}");
        assert_eq!(other.database_hash().await.unwrap(), hash, "{from} -> {to}");
    }
    for nonsense in ["", "{}", "[]", "null", &"[".repeat(100_000)] {
        assert!(other.restore_user(owner, nonsense.as_bytes().to_vec()).await.is_err());
    }
    other.restore_user(owner, text.into_bytes()).await.unwrap();
}

async fn it_is_ones_own_alone(db: &TestDatabase) {
    lived_in(db).await;
    let (other, now) = (
        NewUser {
            name: "eve".to_owned(),
            email: None,
            password_hash: Some("secret-hash".to_owned()),
            role: bellwether_domain::Role::Member,
        },
        db.storage.now(),
    );
    let eve = db.storage.write(move |c| users::add(c, &other, now)).await.unwrap();
    let document = timeless(&db.storage.export_user(eve).await.unwrap());
    let tables = document["tables"].as_array().unwrap();
    assert!(tables.iter().all(|table| table["rows"].as_array().unwrap().is_empty()), "{document}");
    let owners = db.storage.export_user(db.user).await.unwrap();
    let owners = String::from_utf8(owners).unwrap();
    assert!(!owners.contains("secret-hash") && !owners.contains("password"));
}
