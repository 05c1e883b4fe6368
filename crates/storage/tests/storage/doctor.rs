//! What the doctor finds in databases that something else damaged, and that it finds nothing in others.

use bellwether_domain::{Booking, PriceSource};
use bellwether_storage::actions::ActionBatch;
use bellwether_storage::imports::RejectedRow;
use bellwether_storage::job_files::{self, JobFile};
use bellwether_storage::jobs::NewJob;
use bellwether_storage::ledger::{Ledger, LedgerEdit};
use bellwether_storage::notifications::{self, NewNotification};
use bellwether_storage::prices::{PriceBatch, WriteMode};
use bellwether_storage::target_allocations::{HOLDINGS, TargetAllocation};
use bellwether_storage::{BackEnd, Storage};
use chrono::TimeDelta;
use diesel::Connection;
use diesel::connection::SimpleConnection;
use serde_json::json;

use crate::database::{TestDatabase, on_both, start};
use crate::samples::{closes, day, decimal, header, import_rows, instrument, portfolio, purchase, told};

on_both!(
    nothing_is_found_where_only_this_program_wrote,
    a_row_of_a_file_may_have_become_another_kind,
    a_long_ledger_is_looked_at_page_by_page,
);

/// A database with something of everything in it.
pub(crate) async fn lived_in(db: &TestDatabase) {
    let (storage, user) = (&db.storage, db.user);
    let id = portfolio(db).await.id;
    let rejects = vec![RejectedRow { line: 9, content: "?".to_owned(), reason: "no kind".to_owned() }];
    storage.commit_import(user, id, header(), numbered(5), rejects).await.unwrap();
    let weights = [("IBM".to_owned(), decimal("0.6")), ("AAPL".to_owned(), decimal("0.4"))].into();
    let targets = TargetAllocation { since: day("2024-05-03"), weights };
    storage.set_target_allocation(user, id, HOLDINGS, targets).await.unwrap();
    let ibm = instrument(db, "IBM").await;
    let bars = closes("2020-01-01", &[100.0, 101.0, 99.5, 102.0, 100.5]);
    let batch = PriceBatch { instrument: ibm, source: PriceSource::yahoo(), bars, mode: WriteMode::Merge };
    storage.write_prices(vec![batch]).await.unwrap();
    let batch = ActionBatch { instrument: ibm, source: PriceSource::yahoo(), actions: Vec::new() };
    storage.write_actions(vec![batch]).await.unwrap();
    let (key, kind) = ("refresh".to_owned(), "refresh".to_owned());
    let wish = NewJob { kind, key, payload: json!(id), priority: 5, run_at: start(), max_attempts: 3 };
    storage.enqueue_job(start(), wish).await.unwrap();
    let news = NewNotification {
        kind: "import-finished".to_owned(),
        severity: "info".to_owned(),
        title: "Imported".to_owned(),
        body: String::new(),
        link: None,
        key: "import".to_owned(),
    };
    storage
        .write(move |c| {
            notifications::record(c, user, &news, &std::collections::BTreeSet::default(), start())
        })
        .await
        .unwrap();
    let deleted = storage
        .create_portfolio(user, bellwether_storage::portfolios::PortfolioSettings::named("Gone"))
        .await
        .unwrap();
    storage
        .insert_transactions(user, deleted.id, vec![told(&purchase("2020-05-04", "KO", "1", "50"), 0)])
        .await
        .unwrap();
    storage.delete_portfolio(user, deleted.id).await.unwrap();
}

/// Rows with fingerprints as files have them.
fn numbered(count: u32) -> Vec<bellwether_storage::imports::ImportedRow> {
    let mut rows = import_rows(0, count);
    for row in &mut rows {
        row.fingerprint.push_str("#1");
    }
    rows
}

async fn nothing_is_found_where_only_this_program_wrote(db: &TestDatabase) {
    assert_eq!(db.storage.examine().await.unwrap(), []);
    lived_in(db).await;
    assert_eq!(db.storage.examine().await.unwrap(), []);
}

async fn a_row_of_a_file_may_have_become_another_kind(db: &TestDatabase) {
    let id = portfolio(db).await.id;
    db.storage.commit_import(db.user, id, header(), numbered(2), Vec::new()).await.unwrap();
    let Ledger { version, transactions } = db.storage.ledger(db.user, id).await.unwrap();
    let entries = db.storage.ledger_entries(db.user, id).await.unwrap();
    let mut sale = transactions[1].clone();
    let Booking::Buy(trade) = sale.booking else { panic!("a purchase") };
    sale.booking = Booking::Sell { trade, lots: Vec::new() };
    let edit = LedgerEdit { changed: vec![(sale, entries[1].fingerprint.clone())], ..LedgerEdit::default() };
    db.clock.advance(TimeDelta::seconds(5));
    db.storage.edit_ledger(db.user, id, version, edit).await.unwrap();
    assert_eq!(db.storage.examine().await.unwrap(), []);
}

async fn a_long_ledger_is_looked_at_page_by_page(db: &TestDatabase) {
    let id = portfolio(db).await.id;
    db.storage.commit_import(db.user, id, header(), numbered(4_100), Vec::new()).await.unwrap();
    assert_eq!(db.storage.examine().await.unwrap(), []);
    execute(db, "UPDATE transactions SET kind = 'gift' WHERE sequence IN (7, 4099)");
    let found = db.storage.examine().await.unwrap();
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(found.iter().all(|finding| finding.about == "transactions" && finding.what.contains("gift")));
}

/// Changes a database as no part of this program would, past all that guards it.
pub(crate) fn execute(db: &TestDatabase, sql: &str) {
    if let Some(path) = db.url.strip_prefix("sqlite:") {
        let mut connection = diesel::SqliteConnection::establish(path).unwrap();
        let free = "PRAGMA foreign_keys = OFF; PRAGMA ignore_check_constraints = ON; PRAGMA busy_timeout = 5000; \
                    DROP TRIGGER IF EXISTS audit_log_is_never_shortened;";
        connection.batch_execute(&format!("{free} {sql}")).unwrap();
    } else {
        #[cfg(feature = "postgres")]
        diesel::PgConnection::establish(&db.url)
            .unwrap()
            .batch_execute(&format!("SET session_replication_role = replica; {sql}"))
            .unwrap();
    }
}

/// What is done to the database, and what the doctor must say: about what, and some of its words.
type Damage = (&'static str, &'static str, &'static str);

const ON_BOTH: &[Damage] = &[
    ("UPDATE transactions SET kind = 'gift' WHERE sequence = 0", "transactions", "gift"),
    ("UPDATE transactions SET lots = '[{' WHERE sequence = 1", "transactions", "cannot be read"),
    ("UPDATE transactions SET price = '7' WHERE sequence = 2", "audit log", "1 transactions differ"),
    ("DELETE FROM transactions WHERE sequence = 2", "audit log", "1 transactions differ"),
    ("UPDATE portfolios SET name = 'Other'", "audit log", "its settings differ"),
    ("UPDATE portfolios SET cost_method = 'luck'", "portfolios", "cannot be read"),
    ("UPDATE portfolios SET base_currency = 'us$'", "portfolios", "cannot be read"),
    ("UPDATE imports SET inserted = 99", "audit log", "its imports differ"),
    ("DELETE FROM import_rows; DELETE FROM imports", "references", "imports"),
    ("UPDATE target_allocations SET weight = '0.9'", "targets", "more than 100 %"),
    ("UPDATE target_allocations SET weight = '-0.1' WHERE target = 'IBM'", "targets", "below 0 %"),
    ("UPDATE target_allocations SET weight = '0.1'", "audit log", "its targets differ"),
    (
        "UPDATE transactions SET fingerprint = 'sell' || substr(fingerprint, 4)",
        "fingerprints",
        "another kind",
    ),
    ("UPDATE transactions SET sequence = -1 WHERE sequence = 0", "transactions", "before the first"),
    ("UPDATE transactions SET trade_date = 80000 WHERE sequence = 0", "transactions", "in the future"),
    ("DELETE FROM users", "users", "0 owners"),
    ("DELETE FROM instruments WHERE symbol = 'IBM'", "references", "refer to rows of instruments"),
    ("UPDATE instruments SET symbol = 'I B M' WHERE symbol = 'IBM'", "instruments", "cannot be read"),
    ("UPDATE price_sources SET name = 'yahoo'; DELETE FROM price_sources", "references", "price_sources"),
    (
        "UPDATE jobs SET state = 'running', lease_until = 1",
        "jobs",
        "counts as running, but its lease ended 1970-01-01",
    ),
    ("UPDATE jobs SET payload = '{'", "jobs", "cannot be read"),
    ("UPDATE notifications SET read_at = 5", "notifications", "read before they were made"),
    ("DELETE FROM portfolios", "references", "portfolios"),
    ("DELETE FROM audit_log WHERE subject = 'import'", "audit log", "its imports differ"),
];

const SQLITE: &[Damage] = &[
    ("UPDATE transactions SET price = '1e5' WHERE sequence = 2", "database file", "CHECK constraint"),
    ("UPDATE transactions SET quantity = '1.2.3' WHERE sequence = 2", "transactions", "cannot be read"),
    ("UPDATE price_chunks SET closes = x'01'", "prices", "only 1 bytes"),
    (
        "UPDATE price_chunks SET closes = CAST(substr(closes, 1, 20) || x'7b' || substr(closes, 22) AS BLOB)",
        "prices",
        "checksum",
    ),
    (
        "INSERT INTO sessions VALUES (zeroblob(32), zeroblob(16), 0, 0, 0, '', '')",
        "references",
        "1 rows of sessions refer to rows of users",
    ),
];

#[cfg(feature = "postgres")]
const POSTGRES: &[Damage] = &[
    (
        "ALTER DOMAIN exact_decimal DROP CONSTRAINT exact_decimal_check; \
         UPDATE transactions SET price = '1e5' WHERE sequence = 2",
        "transactions",
        "cannot be read",
    ),
    ("UPDATE price_chunks SET closes = '\\x01'", "prices", "only 1 bytes"),
    (
        "ALTER TABLE transactions DROP CONSTRAINT transactions_portfolio_id_fingerprint_key; \
         UPDATE transactions SET fingerprint = (SELECT min(fingerprint) FROM transactions)",
        "fingerprints",
        "the fingerprint of another one",
    ),
    (
        "INSERT INTO sessions VALUES (decode(repeat('00', 32), 'hex'), decode(repeat('00', 16), 'hex'), 0, 0, 0, '', '')",
        "references",
        "1 rows of sessions refer to rows of users",
    ),
];

async fn is_found(db: &TestDatabase, (sql, about, words): &Damage) {
    lived_in(db).await;
    execute(db, sql);
    let found = db.storage.examine().await.unwrap();
    let told = found.iter().find(|finding| finding.about == *about && finding.what.contains(words));
    let advice = told.unwrap_or_else(|| panic!("after {sql}: {found:#?}")).advice;
    assert!(advice.len() > 20 && advice.ends_with('.'), "{advice}");
}

#[tokio::test]
async fn every_damage_to_a_sqlite_file_is_found() {
    for damage in ON_BOTH.iter().chain(SQLITE) {
        is_found(&TestDatabase::sqlite().await, damage).await;
    }
}

#[cfg(feature = "postgres")]
#[tokio::test]
async fn every_damage_to_a_postgresql_database_is_found() {
    for damage in ON_BOTH.iter().chain(POSTGRES) {
        is_found(&TestDatabase::postgres().await, damage).await;
    }
}

#[tokio::test]
async fn a_file_with_overwritten_pages_is_found() {
    let db = TestDatabase::sqlite().await;
    lived_in(&db).await;
    assert_eq!(db.storage.back_end(), BackEnd::Sqlite);
    execute(&db, "PRAGMA wal_checkpoint(TRUNCATE)");
    let path = db.url.strip_prefix("sqlite:").unwrap();
    let mut bytes = std::fs::read(path).unwrap();
    // The newest pages are of rows; what is read to open the file comes before them.
    let last = bytes.len() - 8192;
    bytes[last..].fill(0x5a);
    std::fs::write(path, bytes).unwrap();
    let again: Storage = db.opened_again().await;
    let found = again.examine().await.unwrap();
    assert!(found.iter().any(|finding| finding.about == "database file"), "{found:?}");
}

#[tokio::test]
async fn a_day_that_closed_far_from_its_neighbours_is_found_and_a_split_is_none() {
    let db = TestDatabase::sqlite().await;
    let store = async |ticker: &str, prices: &[f64]| {
        let (instrument, bars) = (instrument(&db, ticker).await, closes("2020-01-01", prices));
        let batch = PriceBatch { instrument, source: PriceSource::yahoo(), bars, mode: WriteMode::Merge };
        db.storage.write_prices(vec![batch]).await.unwrap();
    };
    store("IBM", &[100.0, 101.0, 10_500.0, 102.0, 100.5]).await;
    store("FELL", &[100.0, 101.0, 0.5, 0.6, 0.4]).await;
    store("LOST", &[100.0, -3.0, 99.0]).await;
    let found = db.storage.examine().await.unwrap();
    let whats: Vec<&str> = found.iter().map(|finding| finding.what.as_str()).collect();
    assert_eq!(whats.len(), 2, "{whats:?}");
    assert!(whats[0].contains("IBM in 2020 from yahoo: 2020-01-03 closed a hundred times away"), "{whats:?}");
    assert!(whats[1].contains("LOST in 2020 from yahoo: 2020-01-02 has a price beyond"), "{whats:?}");
}

#[tokio::test]
async fn an_old_file_without_a_job_is_found() {
    let db = TestDatabase::sqlite().await;
    let file = JobFile { name: "report.csv".to_owned(), media_type: "text/csv".to_owned(), content: vec![1] };
    let (id, long_ago) = (uuid::Uuid::now_v7(), start() - chrono::TimeDelta::days(30));
    db.storage.write(move |c| job_files::put(c, id, &file, long_ago)).await.unwrap();
    let found = db.storage.examine().await.unwrap();
    assert_eq!(found.len(), 1);
    assert!(found[0].what.contains("\"report.csv\"") && found[0].about == "files of jobs");
}
