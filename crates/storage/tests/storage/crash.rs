//! Processes that are killed in the middle of a write, and processes that start at once.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use bellwether_domain::{PortfolioId, UserId};
use bellwether_storage::{Storage, StorageOptions, imports};

use crate::database::{TestDatabase, on_both};
use crate::samples::{header, import_rows, portfolio};
use crate::sequences;

on_both!(
    a_process_killed_before_the_end_of_an_import_leaves_nothing_of_it,
    a_process_killed_at_any_moment_leaves_whole_imports,
    processes_that_start_at_once_all_succeed,
);

const ROWS: u32 = 2_000;

/// What a child process is to do, and where.
const TASK: &str = "BELLWETHER_STORAGE_TEST_TASK";
const URL: &str = "BELLWETHER_STORAGE_TEST_URL";
const PORTFOLIO: &str = "BELLWETHER_STORAGE_TEST_PORTFOLIO";

pub(crate) fn child(task: &str, url: &str, portfolio: Option<PortfolioId>) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "crash::child_process", "--ignored", "--nocapture"])
        .env(TASK, task)
        .env(URL, url)
        .env(PORTFOLIO, portfolio.map(|id| id.to_string()).unwrap_or_default())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// Not a test: the other process of the tests above.
#[tokio::test]
#[ignore = "started by the other tests"]
async fn child_process() {
    let Ok(task) = std::env::var(TASK) else { return };
    let storage = Storage::open(StorageOptions::new(std::env::var(URL).unwrap())).await.unwrap();
    let user = storage.owner().await.unwrap();
    let portfolio = || std::env::var(PORTFOLIO).unwrap().parse().unwrap();
    match task.as_str() {
        "open" => say("opened"),
        "import and wait" => import_and_wait(&storage, user, portfolio()).await,
        "import again and again" => {
            for file in 0.. {
                let rows = import_rows(file * ROWS, ROWS);
                storage.commit_import(user, portfolio(), header(), rows, vec![]).await.unwrap();
                say("committed");
            }
        }
        sequences::TASK => sequences::change_again_and_again(&storage, user, portfolio()).await,
        unknown => panic!("{unknown}"),
    }
}

async fn import_and_wait(storage: &Storage, user: UserId, portfolio: PortfolioId) {
    let now = storage.now();
    storage
        .write(move |connection| {
            imports::commit(connection, user, portfolio, &header(), &import_rows(0, ROWS), &[], now)?;
            say("written");
            std::thread::sleep(Duration::from_secs(60));
            Ok(())
        })
        .await
        .unwrap();
}

pub(crate) fn say(word: &str) {
    let mut out = std::io::stdout();
    writeln!(out, "\n{word}").unwrap();
    out.flush().unwrap();
}

/// Waits until the child said the word.
pub(crate) fn hear_of(child: &mut Child, word: &str) {
    hear(&mut BufReader::new(child.stdout.take().unwrap()).lines(), word);
}

fn hear(lines: &mut impl Iterator<Item = std::io::Result<String>>, word: &str) {
    assert!(lines.any(|line| line.unwrap() == word), "the child ended without saying {word}");
}

async fn a_process_killed_before_the_end_of_an_import_leaves_nothing_of_it(db: &TestDatabase) {
    let id = portfolio(db).await.id;
    let mut child = child("import and wait", &db.url, Some(id));
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    hear(&mut lines, "written");

    child.kill().unwrap();
    child.wait().unwrap();

    let after = db.opened_again().await;
    let ledger = after.ledger(db.user, id).await.unwrap();
    assert_eq!((ledger.version, ledger.transactions.len()), (1, 0));
    assert!(after.imports(db.user, id).await.unwrap().is_empty());
    assert_eq!(after.audit(db.user, id, None, 10).await.unwrap().len(), 1, "the portfolio's own");
    let again = after.commit_import(db.user, id, header(), import_rows(0, ROWS), vec![]).await.unwrap();
    assert_eq!(again.inserted.len(), ROWS as usize);
}

async fn a_process_killed_at_any_moment_leaves_whole_imports(db: &TestDatabase) {
    let id = portfolio(db).await.id;
    let mut child = child("import again and again", &db.url, Some(id));
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    hear(&mut lines, "committed");
    hear(&mut lines, "committed");

    // It is now somewhere in the third import, or at the beginning of the next.
    child.kill().unwrap();
    child.wait().unwrap();

    let after = db.opened_again().await;
    let imports = after.imports(db.user, id).await.unwrap();
    let ledger = after.ledger(db.user, id).await.unwrap();
    assert!(imports.len() >= 2, "what was committed is there");
    assert_eq!(ledger.transactions.len(), imports.len() * ROWS as usize);
    assert_eq!(ledger.version, 1 + imports.len() as i64);
    let audit = after.audit(db.user, id, None, 1_000_000).await.unwrap();
    assert_eq!(audit.len(), 1 + imports.len() * (ROWS as usize + 1));
}

async fn processes_that_start_at_once_all_succeed(db: &TestDatabase) {
    let fresh = fresh_place(db);
    let children: Vec<Child> = (0..4).map(|_| child("open", &fresh.url, None)).collect();
    for child in children {
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success());
        assert!(String::from_utf8(output.stdout).unwrap().lines().any(|line| line == "opened"));
    }
    let opened = Storage::open(StorageOptions::new(&fresh.url)).await.unwrap();
    let owners = opened
        .read(|connection| {
            use diesel::RunQueryDsl;
            #[derive(diesel::QueryableByName)]
            struct Count {
                #[diesel(sql_type = diesel::sql_types::BigInt)]
                n: i64,
            }
            Ok(diesel::sql_query("SELECT count(*) AS n FROM users").get_result::<Count>(connection)?.n)
        })
        .await
        .unwrap();
    assert_eq!(owners, 1);
}

/// A place for a database that does not exist yet, beside the test's own.
struct FreshPlace {
    url: String,
    #[cfg(feature = "postgres")]
    _schema: Option<crate::database::postgres::Schema>,
}

fn fresh_place(db: &TestDatabase) -> FreshPlace {
    #[cfg(feature = "postgres")]
    if db.storage.back_end() == bellwether_storage::BackEnd::Postgres {
        let schema = crate::database::postgres::Schema::create();
        return FreshPlace { url: schema.url(), _schema: Some(schema) };
    }
    FreshPlace {
        url: format!("{}.fresh", db.url),
        #[cfg(feature = "postgres")]
        _schema: None,
    }
}
