//! Backups that restore exactly, also while others write, and files that are refused.

use std::io::{Read, Write};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bellwether_storage::archive::{self, ArchiveError, RestoreOptions, Restored};
use bellwether_storage::portfolios::PortfolioSettings;
use bellwether_storage::{Digest, Storage, StorageError, StorageOptions, api_tokens};
use diesel::connection::SimpleConnection;
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use sha2::Digest as _;
use tempfile::TempDir;

use crate::database::{TestDatabase, on_both, start};
use crate::doctor::{execute, lived_in};
use crate::samples::{header, import_rows, portfolio, purchase, told};

on_both!(
    a_backup_restores_into_either_back_end,
    what_came_after_the_backup_is_replaced_and_kept_in_a_file,
    the_audit_log_is_guarded_again_and_numbers_go_on,
    a_backup_under_load_is_a_state_that_there_was,
    keys_come_back_only_when_asked_for_and_sessions_never,
    a_restore_that_fails_at_its_end_changes_nothing,
    what_is_damaged_is_replaced_and_kept_as_it_is,
    nothing_is_replaced_where_only_an_empty_place_is_meant,
    a_record_that_is_long_and_repeats_itself_is_backed_up_and_restored,
    an_archive_of_an_older_schema_is_restored_and_one_of_a_newer_refused,
);

struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    fn file(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }
}

async fn restored(storage: &Storage, path: PathBuf) -> Result<Restored, StorageError> {
    let archive = archive::check(&path)?;
    storage.restore(archive, RestoreOptions::default(), |_| Ok(())).await
}

async fn another(folder: &Folder) -> Storage {
    let url = format!("sqlite:{}", folder.file("other.db").display());
    let other = Storage::open(StorageOptions::new(url)).await.unwrap();
    other.owner().await.unwrap();
    other
}

async fn a_backup_restores_into_either_back_end(db: &TestDatabase) {
    let folder = Folder::new();
    lived_in(db).await;
    let hash = db.storage.database_hash().await.unwrap();
    let backup = db.storage.back_up(folder.file("one")).await.unwrap();
    assert_eq!(backup.ledger, hash);
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(&backup.path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "for its owner only");
    }
    assert_eq!(std::fs::read_dir(folder.0.path()).unwrap().count(), 1, "nothing is left beside it");

    let sqlite = another(&folder).await;
    let restored_rows = restored(&sqlite, folder.file("one")).await.unwrap().rows;

    assert_eq!(restored_rows, backup.rows);
    assert_eq!(sqlite.database_hash().await.unwrap(), hash);
    assert_eq!(sqlite.examine().await.unwrap(), []);
    let again = sqlite.back_up(folder.file("two")).await.unwrap();
    assert_eq!(again.rows, backup.rows);
    // And back to where it came from.
    restored(&db.storage, folder.file("two")).await.unwrap();
    assert_eq!(db.storage.database_hash().await.unwrap(), hash);
    assert_eq!(db.storage.examine().await.unwrap(), []);
    let third = db.storage.back_up(folder.file("three")).await.unwrap();
    assert_eq!(rows_of(&third.path), rows_of(&backup.path), "row by row the same");
}

/// The rows of an archive without spaces, which databases set differently, sorted.
fn rows_of(path: &PathBuf) -> Vec<String> {
    let mut rows: Vec<String> = text_of(path)
        .lines()
        .filter(|line| line.starts_with('['))
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap().to_string())
        .collect();
    rows.sort();
    rows
}

fn text_of(path: &PathBuf) -> String {
    let mut text = String::new();
    GzDecoder::new(std::fs::File::open(path).unwrap()).read_to_string(&mut text).unwrap();
    text
}

async fn what_came_after_the_backup_is_replaced_and_kept_in_a_file(db: &TestDatabase) {
    let folder = Folder::new();
    lived_in(db).await;
    let before = db.storage.database_hash().await.unwrap();
    db.storage.back_up(folder.file("one")).await.unwrap();
    db.storage.create_portfolio(db.user, PortfolioSettings::named("Later")).await.unwrap();
    let later = db.storage.database_hash().await.unwrap();
    let archive = archive::check(&folder.file("one")).unwrap();
    let options = RestoreOptions { keep_old: Some(folder.file("old")), ..RestoreOptions::default() };

    db.storage.restore(archive, options, |_| Ok(())).await.unwrap();

    assert_eq!(db.storage.database_hash().await.unwrap(), before);
    restored(&db.storage, folder.file("old")).await.unwrap();
    assert_eq!(db.storage.database_hash().await.unwrap(), later);
    assert!(db.storage.portfolio_named(db.user, "Later").await.is_ok());
}

async fn the_audit_log_is_guarded_again_and_numbers_go_on(db: &TestDatabase) {
    let folder = Folder::new();
    lived_in(db).await;
    db.storage.back_up(folder.file("one")).await.unwrap();
    restored(&db.storage, folder.file("one")).await.unwrap();
    for sql in ["DELETE FROM audit_log", "UPDATE audit_log SET at = 0"] {
        let refused = db
            .storage
            .write(move |c| {
                use diesel::RunQueryDsl;
                Ok(diesel::sql_query(sql).execute(c)?)
            })
            .await;
        assert!(refused.is_err(), "{sql}");
    }
    let main = db.storage.portfolio_named(db.user, "Main").await.unwrap();
    let entry = told(&purchase("2020-05-04", "NEW", "1", "50"), 9);
    db.storage.insert_transactions(db.user, main.id, vec![(entry.0, entry.1 + "#1")]).await.unwrap();
    assert_eq!(db.storage.examine().await.unwrap(), []);
}

async fn a_backup_under_load_is_a_state_that_there_was(db: &TestDatabase) {
    let folder = Folder::new();
    let main = portfolio(db).await;
    let stop = Arc::new(AtomicBool::new(false));
    let (storage, user, ending) = (db.storage.clone(), db.user, Arc::clone(&stop));
    let writer = tokio::spawn(async move {
        let mut round = 0;
        while !ending.load(Ordering::Relaxed) {
            let rows = import_rows(round * 10, 10);
            storage.commit_import(user, main.id, header(), rows, Vec::new()).await.unwrap();
            if round % 3 == 2 {
                let change = storage.changes(user, main.id, None, 1).await.unwrap()[0].id;
                storage.undo_change(user, main.id, change).await.unwrap();
            }
            round += 1;
        }
        round
    });
    let mut backups = Vec::new();
    for number in 0..5 {
        let seen = db.storage.ledger_version(db.user, main.id).await.unwrap();
        // Somebody wrote since the last one.
        while db.storage.ledger_version(db.user, main.id).await.unwrap() == seen {
            tokio::task::yield_now().await;
        }
        backups.push(db.storage.back_up(folder.file(&number.to_string())).await.unwrap());
    }
    stop.store(true, Ordering::Relaxed);
    assert!(writer.await.unwrap() > 0);
    // Every state that the ledger ever had, told by its audit log after each change.
    let changes = db.storage.changes(db.user, main.id, None, 100_000).await.unwrap();
    let mut ever = Vec::new();
    for change in &changes {
        let state = db.storage.replayed_state(db.user, main.id, Some(change.last_record)).await.unwrap();
        ever.extend(state.hash().unwrap());
    }
    for backup in backups {
        let other = another(&Folder::new()).await;
        restored(&other, backup.path).await.unwrap();
        assert_eq!(other.examine().await.unwrap(), []);
        assert_eq!(other.database_hash().await.unwrap(), backup.ledger);
        let hash = other.portfolio_hash(db.user, main.id).await.unwrap();
        assert!(ever.contains(&hash), "a state that there was");
    }
}

async fn keys_come_back_only_when_asked_for_and_sessions_never(db: &TestDatabase) {
    let folder = Folder::new();
    let user = db.user;
    let token = api_tokens::ApiToken {
        id: uuid::Uuid::now_v7(),
        name: "script".to_owned(),
        scopes: "read".to_owned(),
        created_at: start(),
        expires_at: None,
        last_used_at: None,
    };
    db.storage.write(move |c| api_tokens::add(c, user, &token, Digest([7; 32]))).await.unwrap();
    let zero = if db.url.starts_with("sqlite") { "x'" } else { "'\\x" };
    execute(
        db,
        &format!("INSERT INTO sessions SELECT {zero}{}', id, 0, 0, 9, '', '' FROM users", "00".repeat(32)),
    );
    db.storage.back_up(folder.file("one")).await.unwrap();
    assert!(!text_of(&folder.file("one")).contains("\"sessions\""));
    let tokens = async || db.storage.read(move |c| api_tokens::list(c, user)).await.unwrap().len();

    restored(&db.storage, folder.file("one")).await.unwrap();
    assert_eq!(tokens().await, 0);
    let archive = archive::check(&folder.file("one")).unwrap();
    let options = RestoreOptions { with_keys: true, ..RestoreOptions::default() };
    db.storage.restore(archive, options, |_| Ok(())).await.unwrap();
    assert_eq!(tokens().await, 1);
}

async fn a_restore_that_fails_at_its_end_changes_nothing(db: &TestDatabase) {
    let folder = Folder::new();
    db.storage.back_up(folder.file("empty")).await.unwrap();
    lived_in(db).await;
    let hash = db.storage.database_hash().await.unwrap();
    let archive = archive::check(&folder.file("empty")).unwrap();
    let failed = db
        .storage
        .restore(archive, RestoreOptions::default(), |_| Err(StorageError::Refused("the disk burns".into())))
        .await;
    assert!(failed.is_err());
    // Changed between check and restore, by whoever can write the file.
    db.storage.back_up(folder.file("two")).await.unwrap();
    let archive = archive::check(&folder.file("two")).unwrap();
    let mut other = std::fs::OpenOptions::new().write(true).open(folder.file("two")).unwrap();
    other.write_all(&std::fs::read(folder.file("empty")).unwrap()[..200]).unwrap();
    let failed = db.storage.restore(archive, RestoreOptions::default(), |_| Ok(())).await;
    assert!(matches!(failed, Err(StorageError::Archive(_))), "{failed:?}");
    // The old state must be kept where that is asked for.
    let archive = archive::check(&folder.file("empty")).unwrap();
    let keep_old = Some(folder.file("no/such/folder/old"));
    let options = RestoreOptions { keep_old, ..RestoreOptions::default() };
    assert!(db.storage.restore(archive, options, |_| Ok(())).await.is_err());
    assert_eq!(db.storage.database_hash().await.unwrap(), hash);
    assert_eq!(db.storage.examine().await.unwrap(), []);
}

/// An archive with other lines and right digests.
fn rewritten(text: &str, change: impl Fn(&str) -> Option<String>) -> Vec<u8> {
    let hex = |bytes: &[u8]| {
        use std::fmt::Write;
        sha2::Sha256::digest(bytes).iter().fold(String::new(), |mut text, byte| {
            write!(text, "{byte:02x}").unwrap();
            text
        })
    };
    let (mut out, mut rows, mut table, mut all_rows, mut tables) = (String::new(), 0, String::new(), 0, 0);
    for line in text.lines().filter_map(change) {
        let line = if line.starts_with("{\"end\"") {
            let mut end: serde_json::Value = serde_json::from_str(&line).unwrap();
            (end["rows"], end["sha256"]) = (rows.into(), hex(table.as_bytes()).into());
            tables += 1;
            all_rows += rows;
            (rows, table) = (0, String::new());
            end.to_string()
        } else if line.starts_with("{\"tables\"") {
            let digest = hex(out.as_bytes());
            serde_json::json!({ "tables": tables, "rows": all_rows, "sha256": digest }).to_string()
        } else {
            line
        };
        if line.starts_with('[') {
            rows += 1;
            table.push_str(&line);
            table.push('\n');
        }
        out.push_str(&line);
        out.push('\n');
    }
    packed(out.as_bytes())
}

fn packed(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

async fn an_archive_of_an_older_schema_is_restored_and_one_of_a_newer_refused(db: &TestDatabase) {
    let folder = Folder::new();
    lived_in(db).await;
    let hash = db.storage.database_hash().await.unwrap();
    db.storage.back_up(folder.file("now")).await.unwrap();
    let text = text_of(&folder.file("now"));

    // Before share links and quiet hours came.
    let skipping = std::cell::Cell::new(false);
    let older = rewritten(&text, |line| {
        if line.starts_with("{\"table\":") {
            skipping.set(line.contains("\"share_links\"") || line.contains("\"quiet_hours\""));
        }
        if line.starts_with("{\"format\"") {
            return Some(line.replace("\"0009\",", "").replace("\"0010\"", "\"0007\""));
        }
        let skip = skipping.get() && !line.starts_with("{\"tables\"");
        (!skip).then(|| line.to_owned())
    });
    skipping.set(false);
    std::fs::write(folder.file("older"), older).unwrap();
    restored(&db.storage, folder.file("older")).await.unwrap();
    assert_eq!(db.storage.database_hash().await.unwrap(), hash);

    for (from, to, words) in [
        ("\"0001\"", "\"0001\",\"9999\"", "newer version of Bellwether (0.1.0, with the migration 9999)"),
        ("\"version\":1", "\"version\":2,\"more\":0", "newer version of Bellwether (0.1.0)"),
        ("\"quotes\"", "\"../../etc/passwd\"", "no table"),
        (
            "{\"name\":\"rebalancing\",\"holds\":\"text\"}",
            "{\"name\":\"x\\\"; --\",\"holds\":\"text\"}",
            "no such column",
        ),
        (
            "{\"name\":\"base_currency\",\"holds\":\"text\"}",
            "{\"name\":\"base_currency\",\"holds\":\"real\"}",
            "no such column",
        ),
    ] {
        let other = rewritten(&text, |line| {
            let line = line.replace(from, to);
            // Without rows nothing else is wrong.
            (!line.starts_with('[') || to.contains("9999") || to.contains("more")).then_some(line)
        });
        std::fs::write(folder.file("other"), other).unwrap();
        let refused = restored(&db.storage, folder.file("other")).await;
        let told = refused.err().map(|error| error.to_string()).unwrap_or_default();
        assert!(told.contains(words), "{from} -> {to}: {told}");
    }
    assert_eq!(db.storage.database_hash().await.unwrap(), hash);
}

/// What becomes of a file that says it is a backup.
fn checked(folder: &Folder, bytes: &[u8]) -> Result<(), ArchiveError> {
    std::fs::write(folder.file("tried"), bytes).unwrap();
    archive::check(&folder.file("tried")).map(drop)
}

#[tokio::test]
async fn a_backup_that_is_damaged_anywhere_is_refused() {
    let (db, folder) = (TestDatabase::sqlite().await, Folder::new());
    lived_in(&db).await;
    db.storage.back_up(folder.file("one")).await.unwrap();
    let bytes = std::fs::read(folder.file("one")).unwrap();
    let text = text_of(&folder.file("one"));
    assert!(checked(&folder, &bytes).is_ok());
    for length in [0, 1, 9, 10, 11, bytes.len() / 2, bytes.len() - 9, bytes.len() - 1] {
        assert!(checked(&folder, &bytes[..length]).is_err(), "cut off after {length}");
    }
    for place in (10..bytes.len()).step_by(bytes.len() / 97) {
        let mut other = bytes.clone();
        other[place] ^= 0x10;
        // One bit in some thousand says nothing in a packed file: then nothing is damaged, and all is read as it was.
        let is_refused = checked(&folder, &other).is_err();
        assert!(is_refused || text_of(&folder.file("tried")) == text, "another byte at {place}");
    }
    assert!(matches!(checked(&folder, &[&bytes[..], b"more"].concat()), Err(ArchiveError::NotWhole)));
    assert!(matches!(checked(&folder, &[&bytes[..], &bytes[..]].concat()), Err(ArchiveError::NotWhole)));
    assert!(matches!(checked(&folder, b"PK\x03\x04"), Err(ArchiveError::NotAnArchive)));
    assert!(archive::check(folder.0.path()).is_err(), "a folder");
    assert!(archive::check(&folder.file("nowhere")).is_err());
}

#[tokio::test]
async fn lines_that_no_backup_has_are_refused() {
    let (db, folder) = (TestDatabase::sqlite().await, Folder::new());
    lived_in(&db).await;
    db.storage.back_up(folder.file("one")).await.unwrap();
    let text = text_of(&folder.file("one"));
    let tried = |change: &dyn Fn(&str) -> Option<String>| checked(&folder, &rewritten(&text, change));
    assert!(tried(&|line| Some(line.to_owned())).is_ok());
    // Text where bytes belong, a number too many, a table twice, a row outside, no end.
    let row = |line: &str| line.starts_with("[\"");
    assert!(
        tried(&|line| Some(if row(line) { line.replacen('"', "\"z", 1) } else { line.to_owned() })).is_err()
    );
    assert!(
        tried(&|line| Some(if row(line) { line.replacen('[', "[0,", 1) } else { line.to_owned() })).is_err()
    );
    assert!(tried(&|line| Some(line.replace("\"table\":\"quotes\"", "\"table\":\"users\""))).is_err());
    assert!(tried(&|line| (!line.starts_with("{\"end\"")).then(|| line.to_owned())).is_err());
    assert!(tried(&|line| (!line.starts_with("{\"tables\"")).then(|| line.to_owned())).is_err());
    assert!(tried(&|line| Some(if row(line) { "[".repeat(100_000) } else { line.to_owned() })).is_err());
}

#[test]
fn bombs_are_refused_before_they_are_unpacked() {
    let folder = Folder::new();
    let first = "{\"format\":\"bellwether-backup\",\"version\":1,\"program\":\"0.1.0\",\
                 \"made_at\":\"2024-01-01T00:00:00Z\",\"migrations\":[],\"ledger\":\"\"}\n\
                 {\"table\":\"t\",\"columns\":[{\"name\":\"a\",\"holds\":\"text\"}]}\n";
    let endless_line = [first.as_bytes(), b"[\"", &vec![b'a'; 20 << 20]].concat();
    assert!(matches!(checked(&folder, &packed(&endless_line)), Err(ArchiveError::TooLarge)));
    let many_rows = [first.as_bytes(), &b"[\"a\"]\n".repeat(4 << 20)].concat();
    assert!(matches!(checked(&folder, &packed(&many_rows)), Err(ArchiveError::TooLarge)));
    // The first line too.
    assert!(checked(&folder, &packed(&vec![b' '; 20 << 20])).is_err());
}

#[tokio::test]
async fn nobody_is_kept_from_writing_by_a_backup() {
    let db = TestDatabase::sqlite().await;
    let main = portfolio(&db).await;
    let folder = Folder::new();
    let (one, two) = tokio::join!(
        db.storage.back_up(folder.file("one")),
        db.storage.insert_transactions(
            db.user,
            main.id,
            vec![told(&purchase("2020-05-04", "KO", "1", "50"), 0)]
        ),
    );
    assert!(one.is_ok() && two.is_ok());
    db.storage.write(|c| Ok(SimpleConnection::batch_execute(c, "SELECT 1")?)).await.unwrap();
}

async fn what_is_damaged_is_replaced_and_kept_as_it_is(db: &TestDatabase) {
    let folder = Folder::new();
    lived_in(db).await;
    let hash = db.storage.database_hash().await.unwrap();
    db.storage.back_up(folder.file("good")).await.unwrap();
    execute(db, "UPDATE transactions SET kind = 'gift' WHERE sequence = 0");
    assert!(db.storage.database_hash().await.is_err());
    // A backup of damage is none, but what is replaced is kept.
    assert!(db.storage.back_up(folder.file("bad")).await.is_err());
    let archive = archive::check(&folder.file("good")).unwrap();
    let options = RestoreOptions { keep_old: Some(folder.file("old")), ..RestoreOptions::default() };
    let restored_from = db.storage.restore(archive, options, |_| Ok(())).await.unwrap();
    assert_eq!(restored_from.old, Some(folder.file("old")));
    assert_eq!(db.storage.database_hash().await.unwrap(), hash);
    assert_eq!(db.storage.examine().await.unwrap(), []);
    assert_eq!(archive::check(&folder.file("old")).unwrap().manifest.ledger, "");
    assert!(text_of(&folder.file("old")).contains("\"gift\""));
    restored(&db.storage, folder.file("old")).await.unwrap();
    assert!(db.storage.database_hash().await.is_err(), "as it was");
}

async fn nothing_is_replaced_where_only_an_empty_place_is_meant(db: &TestDatabase) {
    let folder = Folder::new();
    db.storage.back_up(folder.file("empty")).await.unwrap();
    let only = async || {
        let archive = archive::check(&folder.file("empty")).unwrap();
        let keep_old = Some(folder.file("old"));
        let options = RestoreOptions { only_where_nothing_is: true, keep_old, ..RestoreOptions::default() };
        db.storage.restore(archive, options, |_| Ok(())).await
    };
    assert_eq!(only().await.unwrap().old, None);
    assert!(!folder.file("old").exists(), "there was nothing to keep");
    // A portfolio that is gone has a history still.
    let gone = db.storage.create_portfolio(db.user, PortfolioSettings::named("Gone")).await.unwrap();
    db.storage.delete_portfolio(db.user, gone.id).await.unwrap();
    let refused = only().await;
    assert!(matches!(refused, Err(StorageError::Archive(ArchiveError::WouldReplace))), "{refused:?}");
    assert_eq!(db.storage.changes(db.user, gone.id, None, 9).await.unwrap().len(), 2);
}

async fn a_record_that_is_long_and_repeats_itself_is_backed_up_and_restored(db: &TestDatabase) {
    let folder = Folder::new();
    let long = if db.url.starts_with("sqlite") { "hex(zeroblob(12582912))" } else { "repeat('0', 25165824)" };
    execute(
        db,
        &format!(
            "INSERT INTO audit_log (user_id, at, action, subject, subject_id, after)
             SELECT id, 0, 'created', 'index', id, {long} FROM users"
        ),
    );
    let backup = db.storage.back_up(folder.file("one")).await.unwrap();
    // It packs a thousandfold, which would be taken for a bomb.
    assert!(backup.size > 16 << 20, "{}", backup.size);
    restored(&another(&folder).await, folder.file("one")).await.unwrap();
    restored(&db.storage, folder.file("one")).await.unwrap();
    let again = db.storage.back_up(folder.file("two")).await.unwrap();
    assert_eq!(again.rows, backup.rows);
}
