//! An export restores exactly, and nothing but an export does.

use bellwether_domain::{Currency, UserId};
use bellwether_storage::import_mappings::{self, RememberedMapping};
use bellwether_storage::indices::IndexSettings;
use bellwether_storage::notifications::{self, Destination, NewRule, StoredQuietHours};
use bellwether_storage::portfolios::{self, PortfolioSettings};
use bellwether_storage::users::{self, NewUser};
use bellwether_storage::{AnyConnection, Storage, StorageError, StorageOptions};
use serde_json::Value;

use crate::database::{TestDatabase, on_both};
use crate::doctor::lived_in;

on_both!(
    an_export_restores_exactly_here_and_in_the_other_back_end,
    what_is_there_is_not_mixed_with_an_export,
    what_no_export_says_is_refused,
    what_could_not_be_read_is_refused_by_name_and_nothing_of_it_is_there,
    what_somebody_else_has_is_not_reached_by_an_export,
    what_a_check_refuses_is_not_restored,
    it_is_ones_own_alone,
);

/// The document without the time of its making.
fn timeless(document: &[u8]) -> Value {
    let mut value: Value = serde_json::from_slice(document).unwrap();
    value.as_object_mut().unwrap().remove("exported_at").unwrap();
    value
}

async fn restored(storage: &Storage, user: UserId, document: Vec<u8>) -> Result<(), StorageError> {
    storage.restore_user(user, document, |_| Ok(())).await
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

    restored(&other, owner, document.clone()).await.unwrap();

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
    let refused = restored(&db.storage, db.user, document.clone()).await;
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
    let refused = restored(&db.storage, eve, document).await;
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
        let refused = restored(&other, owner, text.replace(from, to).into_bytes()).await;
        assert!(refused.is_err(), "{from} -> {to}");
        assert_eq!(other.database_hash().await.unwrap(), hash, "{from} -> {to}");
    }
    for nonsense in ["", "{}", "[]", "null", &"[".repeat(100_000)] {
        assert!(restored(&other, owner, nonsense.as_bytes().to_vec()).await.is_err());
    }
    restored(&other, owner, text.into_bytes()).await.unwrap();
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

/// An export with something in each table, and places to break.
async fn full(db: &TestDatabase) -> String {
    lived_in(db).await;
    let (user, now) = (db.user, db.storage.now());
    let settings = IndexSettings {
        name: "Half and half".to_owned(),
        base_currency: Currency::USD,
        rebalancing: "monthly".to_owned(),
        components: [("IBM", "0.55"), ("AAPL", "0.45")]
            .map(|(symbol, weight)| (symbol.parse().unwrap(), weight.parse().unwrap()))
            .into(),
    };
    db.storage.create_index(user, settings).await.unwrap();
    let main = db.storage.portfolio_named(user, "Main").await.unwrap().id;
    let ibm = db.storage.find_or_create_instruments(vec!["IBM".parse().unwrap()]).await.unwrap().remove(0).id;
    let rule = NewRule {
        kind: "price-above".to_owned(),
        portfolio: Some(main),
        instrument: Some(ibm),
        threshold: Some("187.25".parse().unwrap()),
        destination: Destination { channel: "page".to_owned(), address: String::new() },
        enabled: true,
    };
    let hours = StoredQuietHours { begins: 1321, ends: 421, zone: "Europe/Berlin".to_owned() };
    let mapping = RememberedMapping {
        key: "k".to_owned(),
        header: "[]".to_owned(),
        mapping: "{}".to_owned(),
        created_at: now,
        used_at: now,
    };
    db.storage
        .write(move |c| {
            notifications::add_rule(c, user, &rule, now)?;
            notifications::set_quiet_hours(c, user, Some(&hours))?;
            import_mappings::remember(c, user, &mapping, 9)
        })
        .await
        .unwrap();
    String::from_utf8(db.storage.export_user(user).await.unwrap()).unwrap()
}

async fn what_could_not_be_read_is_refused_by_name_and_nothing_of_it_is_there(db: &TestDatabase) {
    let text = full(db).await;
    let (other, owner) = empty().await;
    let hash = other.database_hash().await.unwrap();
    let rows = |table: &str| {
        let told = timeless(text.as_bytes());
        let tables = told["tables"].as_array().unwrap().clone();
        tables.into_iter().find(|told| told["table"] == table).unwrap()["rows"].to_string()
    };
    let version = format!(",{},1714746600000000", rows("portfolios").split(',').nth(7).unwrap());
    let version_of = |version: &str| format!(",{version},1714746600000000");
    for (table, from, to, words) in [
        ("index_components", "\"0.55\"", "\"1.2.3\"", "weight is \"1.2.3\", which is no exact number"),
        ("index_components", "\"IBM\"", "7", "its instrument_id is of another type"),
        ("notification_rules", "\"187.25\"", "\"--5\"", "threshold is \"--5\", which is no exact number"),
        ("notification_rules", "1714746600000000", "-1", "created_at is -1, which cannot be"),
        ("quiet_hours", "1321", "99999999999", "begins is 99999999999, which cannot be"),
        ("quiet_hours", "1321", "1441", "quiet_hours"),
        ("quiet_hours", "\"Europe/Berlin\"", "null", "quiet_hours"),
        ("import_mappings", "\"k\"", "7", "its key is of another type"),
        ("portfolios", &version, &version_of("9223372036854775807"), "ledger_version is 9223372036854775807"),
        ("portfolios", &version, &version_of("-1"), "ledger_version is -1"),
        ("portfolios", "\"USD\"", "\"us$\"", "portfolio"),
        ("portfolios", "\"Main\"", "\"a\\u0000b\"", "name has a NUL"),
        ("indices", "\"USD\"", "\"us$\"", "index"),
        ("transactions", "\"1.5\"", "\"-1.5\"", "transaction"),
        ("imports", "\"0707", "\"07", "sha256 is no identifier or digest"),
        ("import_rows", ",9,\"rejected\"", ",4294967296,\"rejected\"", "line is 4294967296"),
        ("audit_log", "\"index\"", "\"planet\"", "unknown subject planet"),
        ("target_allocations", "\"0.6\"", "\"0.6.0\"", "weight is \"0.6.0\""),
    ] {
        let right = rows(table);
        let wrong = right.replacen(from, to, 1);
        assert!(text.contains(&right) && wrong != right, "{table}: {from}");
        let refused = restored(&other, owner, text.replacen(&right, &wrong, 1).into_bytes()).await;
        let Err(StorageError::Refused(told)) = &refused else { panic!("{table}: {from}: {refused:?}") };
        assert!(told.contains(words), "{table}: {from}: {told}");
        assert_eq!(other.database_hash().await.unwrap(), hash, "{table}: {from}");
    }
    let folder = tempfile::tempdir().unwrap();
    other.back_up(folder.path().join("all")).await.unwrap();
    restored(&other, owner, text.into_bytes()).await.unwrap();
    other.back_up(folder.path().join("all")).await.unwrap();
    assert_eq!(other.examine().await.unwrap(), []);
}

async fn what_somebody_else_has_is_not_reached_by_an_export(db: &TestDatabase) {
    let text = full(db).await;
    let (other, owner) = empty().await;
    let theirs = other.create_portfolio(owner, PortfolioSettings::named("Theirs")).await.unwrap().id;
    let now = other.now();
    let eve = NewUser {
        name: "eve".to_owned(),
        email: None,
        password_hash: Some("x".to_owned()),
        role: bellwether_domain::Role::Member,
    };
    let eve = other.write(move |c| users::add(c, &eve, now)).await.unwrap();
    let told = timeless(text.as_bytes());
    let rules =
        told["tables"].as_array().unwrap().iter().find(|t| t["table"] == "notification_rules").unwrap();
    let mine = rules["rows"][0][1].as_str().unwrap();
    let rows = rules["rows"].to_string();
    let foreign = rows.replace(mine, &theirs.uuid().simple().to_string());
    assert!(text.contains(&rows) && rows != foreign);
    let refused = restored(&other, eve, text.replace(&rows, &foreign).into_bytes()).await;
    assert!(
        matches!(&refused, Err(StorageError::Refused(words)) if words.contains("portfolio_id is of nothing")),
        "{refused:?}"
    );
    restored(&other, eve, text.into_bytes()).await.unwrap();
}

async fn what_a_check_refuses_is_not_restored(db: &TestDatabase) {
    let text = full(db).await;
    let (other, owner) = empty().await;
    let check = move |connection: &mut AnyConnection| {
        let there = portfolios::list(connection, owner)?;
        Err(StorageError::Refused(format!("{} are there", there.len())))
    };
    let refused = other.restore_user(owner, text.into_bytes(), check).await;
    assert!(matches!(&refused, Err(StorageError::Refused(words)) if words == "1 are there"), "{refused:?}");
    assert_eq!(other.portfolios(owner).await.unwrap(), []);
}
