use bellwether_storage::{BackEnd, Storage, StorageError, StorageOptions};
use diesel::RunQueryDsl;

use crate::database::{TestDatabase, on_both};
use crate::samples::portfolio;

on_both!(
    the_database_answers,
    opening_again_finds_everything,
    a_database_of_a_newer_program_is_refused,
    a_panic_in_a_call_leaves_nothing_and_the_storage_usable,
    a_reader_cannot_write,
    a_snapshot_sees_one_state,
    a_change_by_any_connection_shows_in_the_mark,
);

async fn a_change_by_any_connection_shows_in_the_mark(db: &TestDatabase) {
    let other = db.opened_again().await;
    let before = db.storage.change_mark();
    assert_eq!(before.is_some(), db.storage.back_end() == BackEnd::Sqlite, "only SQLite tells");
    let Some(before) = before else { return };
    db.storage.portfolios(db.user).await.unwrap();
    assert_eq!(db.storage.change_mark(), Some(before), "reading changes nothing");

    let mut seen = vec![before];
    for (number, storage) in [&db.storage, &other, &db.storage].into_iter().enumerate() {
        storage.set_setting("number", number).await.unwrap();
        let mark = db.storage.change_mark().unwrap();
        assert!(!seen.contains(&mark), "{number}");
        seen.push(mark);
    }
}

async fn the_database_answers(db: &TestDatabase) {
    db.storage.ping().await.unwrap();
}

async fn opening_again_finds_everything(db: &TestDatabase) {
    let created = portfolio(db).await;
    let again = db.opened_again().await;
    assert_eq!(again.portfolios(db.user).await.unwrap(), [created]);
}

async fn a_database_of_a_newer_program_is_refused(db: &TestDatabase) {
    db.storage
        .write(|connection| {
            let newer = "INSERT INTO __diesel_schema_migrations (version) VALUES ('9999')";
            Ok(diesel::sql_query(newer).execute(connection)?)
        })
        .await
        .unwrap();
    let refused = Storage::open(StorageOptions::new(&db.url)).await;
    let Err(StorageError::Migration(cause)) = refused else { panic!("opened: {refused:?}") };
    assert!(cause.to_string().contains("9999"), "{cause}");
}

async fn a_panic_in_a_call_leaves_nothing_and_the_storage_usable(db: &TestDatabase) {
    let (storage, user) = (db.storage.clone(), db.user);
    let panicked = tokio::spawn(async move {
        storage
            .write(move |connection| -> Result<(), StorageError> {
                let settings = bellwether_storage::portfolios::PortfolioSettings::named("Main");
                bellwether_storage::portfolios::create(connection, user, &settings, chrono::Utc::now())?;
                panic!("a fault in the caller's code")
            })
            .await
    });
    assert!(panicked.await.unwrap_err().is_panic());

    assert!(db.storage.portfolios(db.user).await.unwrap().is_empty());
    portfolio(db).await;
}

async fn a_reader_cannot_write(db: &TestDatabase) {
    let sql = "DELETE FROM users";
    let refused =
        db.storage.snapshot(move |connection| Ok(diesel::sql_query(sql).execute(connection)?)).await;
    assert!(matches!(refused, Err(StorageError::Query(_))), "{refused:?}");
    assert_eq!(db.opened_again().await.owner().await.unwrap(), db.user);
}

async fn a_snapshot_sees_one_state(db: &TestDatabase) {
    let id = portfolio(db).await.id;
    let (began, beginning) = tokio::sync::oneshot::channel();
    let (changed, change) = std::sync::mpsc::channel::<()>();
    let user = db.user;
    let reading = db.storage.snapshot(move |connection| {
        let before = bellwether_storage::portfolios::version(connection, user, id)?;
        began.send(()).unwrap();
        change.recv().unwrap();
        Ok((before, bellwether_storage::portfolios::version(connection, user, id)?))
    });
    let changing = async {
        beginning.await.unwrap();
        let settings = bellwether_storage::portfolios::PortfolioSettings::named("Renamed");
        db.storage.change_portfolio(db.user, id, settings).await.unwrap();
        changed.send(()).unwrap();
    };
    let (seen, ()) = tokio::join!(reading, changing);
    assert_eq!(seen.unwrap(), (1, 1));
    assert_eq!(db.storage.ledger(db.user, id).await.unwrap().version, 2);
}

#[tokio::test]
async fn a_temporary_database_goes_away() {
    let storage = Storage::open(StorageOptions::new("sqlite::memory:")).await.unwrap();
    assert_eq!(storage.back_end(), BackEnd::Sqlite);
    let owner = storage.owner().await.unwrap();
    assert_eq!(storage.clone().owner().await.unwrap(), owner);
    let other = Storage::open(StorageOptions::new("sqlite::memory:")).await.unwrap();
    assert_ne!(other.owner().await.unwrap(), owner, "each is its own");
}

#[tokio::test]
async fn a_place_that_does_not_exist_is_unavailable() {
    let lost = Storage::open(StorageOptions::new("sqlite:/nowhere/at/all/b.db")).await;
    assert!(lost.unwrap_err().is_transient());
}

#[tokio::test]
async fn a_file_that_is_no_database_is_refused() {
    let folder = tempfile::TempDir::new().unwrap();
    let path = folder.path().join("letter.txt");
    std::fs::write(&path, "Dear Sir or Madam, ".repeat(100)).unwrap();
    let refused = Storage::open(StorageOptions::new(path.to_str().unwrap())).await;
    assert!(refused.is_err());
    assert!(std::fs::read_to_string(&path).unwrap().starts_with("Dear"), "and left as it is");
}

#[tokio::test]
async fn an_unknown_kind_of_database_is_unsupported() {
    let refused = Storage::open(StorageOptions::new("oracle://user:secret@host/db")).await;
    let Err(StorageError::Unsupported(text)) = refused else { panic!("opened: {refused:?}") };
    assert!(!text.contains("secret"), "{text}");
}

#[cfg(feature = "postgres")]
#[tokio::test]
async fn a_server_that_does_not_answer_is_unavailable() {
    let lost =
        Storage::open(StorageOptions::new("postgres://nobody:secret@127.0.0.1:1/db")).await.unwrap_err();
    assert!(lost.is_transient());
    assert!(!format!("{lost:?} {lost}").contains("secret"), "{lost:?}");
}

#[cfg(feature = "postgres")]
#[tokio::test]
async fn a_back_end_that_is_cut_off_is_replaced() {
    let db = TestDatabase::postgres().await;
    let cut = db
        .storage
        .write(|connection| {
            Ok(diesel::sql_query("SELECT pg_terminate_backend(pg_backend_pid())").execute(connection)?)
        })
        .await;
    assert!(cut.unwrap_err().is_transient());
    assert_eq!(db.opened_again().await.owner().await.unwrap(), db.user);
    portfolio(&db).await;
}
