//! How SQLite answers what pages and workers ask all the time: through an index and, where there is much, in its order.

use std::sync::{Arc, Mutex};

use bellwether_domain::{InstrumentId, PortfolioId, TransactionId, UserId};
use bellwether_storage::jobs::NewJob;
use bellwether_storage::ledger::{LedgerFilter, LedgerOrder, LedgerPlace};
use bellwether_storage::notifications::{self, NotificationFilter};
use bellwether_storage::{
    AnyConnection, StorageError, actions, audit, imports, instruments, jobs, ledger, portfolios, prices,
    quotes,
};
use chrono::TimeDelta;
use diesel::connection::{Instrumentation, InstrumentationEvent};
use diesel::sql_types::Text;
use diesel::{Connection, RunQueryDsl};

use crate::database::{TestDatabase, start};
use crate::samples::day;

#[derive(diesel::QueryableByName)]
struct Step {
    #[diesel(sql_type = Text)]
    detail: String,
}

/// The plans of all statements that `work` runs.
async fn plans<T: 'static>(
    db: &TestDatabase,
    work: impl FnOnce(&mut AnyConnection) -> Result<T, StorageError> + Send + 'static,
) -> Vec<String> {
    db.storage
        .write(move |connection| {
            let heard: Arc<Mutex<Vec<String>>> = Arc::default();
            let listener = Arc::clone(&heard);
            connection.set_instrumentation(move |event: InstrumentationEvent<'_>| {
                if let InstrumentationEvent::StartQuery { query, .. } = event {
                    listener.lock().unwrap().push(query.to_string());
                }
            });
            work(connection)?;
            connection.set_instrumentation(None::<Box<dyn Instrumentation>>);
            let mut plans = Vec::new();
            for statement in heard.lock().unwrap().iter() {
                let sql = statement.split(" -- binds").next().unwrap_or(statement);
                let steps =
                    diesel::sql_query(format!("EXPLAIN QUERY PLAN {sql}")).load::<Step>(connection)?;
                plans.extend(steps.into_iter().map(|step| format!("{} in {sql}", step.detail)));
            }
            Ok(plans)
        })
        .await
        .unwrap()
}

/// No statement looks at every row of a table that grows.
fn assert_indexed(plans: &[String]) {
    const GROWING: [&str; 12] = [
        "transactions",
        "price_chunks",
        "corporate_actions",
        "quotes",
        "audit_log",
        "imports",
        "import_rows",
        "jobs",
        "notifications",
        "notification_deliveries",
        "portfolios",
        "instruments",
    ];
    assert!(!plans.is_empty());
    for plan in plans {
        let scans = |table: &str| plan.starts_with(&format!("SCAN {table}")) && !plan.contains("USING");
        assert!(!GROWING.iter().any(|table| scans(table)), "{plan}");
    }
}

/// Nor does it sort afterwards.
fn assert_in_order(plans: &[String]) {
    assert_indexed(plans);
    for plan in plans {
        assert!(!plan.starts_with("USE TEMP B-TREE"), "{plan}");
    }
}

#[tokio::test]
async fn what_a_dashboard_reads_is_found_by_index() {
    let db = TestDatabase::sqlite().await;
    let portfolio = crate::samples::portfolio(&db).await.id;
    let user = db.user;
    let of: fn() -> Vec<InstrumentId> = || (1..=50).map(InstrumentId).collect();

    assert_in_order(&plans(&db, move |c| ledger::read(c, user, portfolio)).await);
    assert_indexed(&plans(&db, move |c| portfolios::list(c, user)).await);
    let (from, to) = (day("2019-01-01"), day("2024-01-01"));
    assert_in_order(&plans(&db, move |c| prices::read_closes(c, &of(), from, to)).await);
    assert_in_order(&plans(&db, move |c| quotes::read(c, &of())).await);
    assert_indexed(&plans(&db, move |c| actions::read(c, &of())).await);
    assert_in_order(&plans(&db, move |c| instruments::price_version_of(c, &of())).await);
    assert_indexed(&plans(&db, move |c| instruments::of_portfolio(c, user, portfolio)).await);
}

#[tokio::test]
async fn histories_are_read_in_the_order_of_an_index() {
    let db = TestDatabase::sqlite().await;
    let portfolio: PortfolioId = crate::samples::portfolio(&db).await.id;
    let user: UserId = db.user;

    // In the order of their numbers, by which they are paged.
    for before in [None, Some(1_000)] {
        let records = plans(&db, move |c| audit::list(c, user, portfolio, before, 50)).await;
        assert_in_order(&records);
        assert!(records.iter().all(|plan| plan.contains("audit_of_portfolio")), "{records:?}");
    }
    assert_indexed(&plans(&db, move |c| imports::list(c, user, portfolio)).await);
    assert_in_order(&plans(&db, move |c| ledger::fingerprints(c, user, portfolio)).await);
}

#[tokio::test]
async fn a_ledger_by_symbol_is_read_in_the_order_of_an_index() {
    let db = TestDatabase::sqlite().await;
    let (portfolio, user) = (crate::samples::portfolio(&db).await.id, db.user);
    let told = ["KO", "MSFT", "VOO"].iter().zip(1..).map(|(ticker, sequence)| {
        crate::samples::told(&crate::samples::purchase("2024-03-05", ticker, "1", "60"), sequence)
    });
    db.storage.insert_transactions(user, portfolio, told.collect()).await.unwrap();
    for (order, of) in [(LedgerOrder::Symbol, "KO"), (LedgerOrder::SymbolBackwards, "VOO")] {
        for ticker in [Some(of), None] {
            let place = ticker.map(|ticker| LedgerPlace {
                symbol: Some(crate::samples::symbol(ticker)),
                date: day("2024-03-05"),
                sequence: 2,
                created_at: start(),
                id: TransactionId::new(),
            });
            let all = LedgerFilter::default();
            let plans = plans(&db, move |c| ledger::search(c, user, portfolio, &all, order, place, 1)).await;
            assert_indexed(&plans);
            let parts: Vec<&String> =
                plans.iter().filter(|plan| plan.starts_with("SEARCH transactions")).collect();
            assert!(!parts.is_empty(), "{plans:?}");
            assert!(parts.iter().all(|plan| plan.contains("transactions_by_instrument")), "{plans:?}");
            // A part of one instrument is read in order; the instruments themselves are few.
            let sorted = plans.iter().filter(|plan| plan.starts_with("USE TEMP B-TREE"));
            assert!(sorted.clone().all(|plan| !plan.contains("LIMIT")), "{plans:?}");
        }
    }
}

#[tokio::test]
async fn a_worker_finds_its_next_job_by_index() {
    let db = TestDatabase::sqlite().await;
    let wish = NewJob {
        kind: "refresh".to_owned(),
        key: "k".to_owned(),
        payload: serde_json::Value::Null,
        priority: 5,
        run_at: start(),
        max_attempts: 1,
    };
    assert_in_order(&plans(&db, move |c| jobs::enqueue(c, start(), &wish)).await);
    let kinds = ["refresh".to_owned(), "report".to_owned()];
    let claim = move |c: &mut AnyConnection| jobs::claim(c, start(), "w", &kinds, TimeDelta::minutes(1));
    assert_in_order(&plans(&db, claim).await);
    assert_in_order(&plans(&db, move |c| jobs::list(c, &jobs::JobFilter::default(), 50)).await);
}

#[tokio::test]
async fn what_was_told_is_found_by_index() {
    let db = TestDatabase::sqlite().await;
    let user = db.user;
    let id = uuid::Uuid::now_v7();
    let unread = NotificationFilter { unread: true, before: None };
    assert_indexed(&plans(&db, move |c| notifications::list(c, user, &unread, 50)).await);
    assert_indexed(&plans(&db, move |c| notifications::told(c, user, &["import:1".to_owned()])).await);
    assert_indexed(&plans(&db, move |c| notifications::unread(c, user)).await);
    assert_indexed(&plans(&db, move |c| notifications::deliveries_of(c, &[id])).await);
    assert_indexed(&plans(&db, move |c| notifications::delivery_tried(c, id)).await);
}
