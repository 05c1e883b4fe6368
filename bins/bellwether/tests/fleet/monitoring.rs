//! What `/monitoring` says of PostgreSQL, against what the server itself counted.

use std::thread;
use std::time::{Duration, Instant};

use diesel::sql_types::{BigInt, Text};
use diesel::{Connection, PgConnection, QueryableByName, RunQueryDsl, sql_query};
use serde_json::Value;

use crate::cluster::Cluster;
use crate::fleet::{eventually, import, purchases};
use crate::server::Server;

/// The extension counts statements only where the server loads it at its start.
const COUNTING: &str = "-c shared_preload_libraries=pg_stat_statements -c pg_stat_statements.track=top";
/// As which connections of the program show on the server.
const NAME: &str = "bellwether-counted";

/// Somebody else who is connected to the server.
struct Onlooker(PgConnection);

#[derive(QueryableByName)]
struct Counted {
    #[diesel(sql_type = Text)]
    what: String,
    #[diesel(sql_type = BigInt)]
    count: i64,
}

/// What the server was asked, since the last reset, by others than the onlooker.
#[derive(Debug, Default)]
struct Asked {
    /// Whether a connection lives, once before each call.
    checks: u64,
    /// Transactions that may write.
    writes: u64,
    /// Transactions that read only.
    snapshots: u64,
    /// Statements, other than those that begin or end something.
    statements: u64,
}

impl Onlooker {
    fn arrive(cluster: &Cluster) -> Self {
        let mut connection = PgConnection::establish(&cluster.url()).unwrap();
        sql_query("CREATE EXTENSION pg_stat_statements").execute(&mut connection).unwrap();
        Self(connection)
    }

    fn count(&mut self, sql: &str) -> Vec<(String, u64)> {
        let counted: Vec<Counted> = sql_query(sql).load(&mut self.0).unwrap();
        counted.into_iter().map(|row| (row.what, u64::try_from(row.count).unwrap())).collect()
    }

    fn reset(&mut self) {
        sql_query("SELECT pg_stat_statements_reset()").execute(&mut self.0).unwrap();
    }

    fn asked(&mut self) -> Asked {
        let mut asked = Asked::default();
        for (statement, calls) in self.count("SELECT query AS what, calls AS count FROM pg_stat_statements") {
            if statement.contains("pg_stat_") {
                continue;
            }
            let place = match statement.as_str() {
                // Constants are told of what was prepared before the reset only.
                "SELECT $1" | "SELECT 1" => &mut asked.checks,
                "BEGIN" => &mut asked.writes,
                "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY" => &mut asked.snapshots,
                "COMMIT" | "ROLLBACK" => continue,
                nested if nested.contains("SAVEPOINT") => continue,
                // Of a connection that was opened.
                set if set.starts_with("SET ") => continue,
                _ => &mut asked.statements,
            };
            *place += calls;
        }
        asked
    }

    /// The program's connections by their state.
    fn connections(&mut self) -> Vec<(String, u64)> {
        self.count(&format!(
            "SELECT coalesce(state, '') AS what, count(*) AS count FROM pg_stat_activity \
             WHERE application_name = '{NAME}' GROUP BY state"
        ))
    }
}

fn told(server: &Server) -> Value {
    server.get("/api/v1/monitoring").json()["database"].clone()
}

/// A sample of the text for Prometheus.
fn sample(text: &str, name: &str) -> u64 {
    let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    line.unwrap_or_else(|| panic!("{name} is not in\n{text}")).parse().unwrap()
}

/// What stands under a name on the page.
fn fact(page: &str, name: &str) -> String {
    let after = page.split_once(&format!("<dt>{name}</dt><dd>")).unwrap_or_else(|| panic!("no {name}")).1;
    after.split_once("</dd>").unwrap().0.to_owned()
}

#[test]
fn reads_writes_and_connections_are_those_that_the_server_counted() {
    let cluster = Cluster::with(COUNTING);
    let mut onlooker = Onlooker::arrive(&cluster);
    let separator = if cluster.url().contains('?') { '&' } else { '?' };
    let database = format!("{}{separator}application_name={NAME}", cluster.url());
    // Nothing of its own accord: no jobs, nobody to ask for prices.
    let server = Server::told(&database, "none", &["--redis", "none", "serve", "--no-worker"]);
    let number = |value: &Value| value.as_u64().unwrap_or_else(|| panic!("no number: {value}"));

    let before = told(&server);
    onlooker.reset();
    let id = server.new_portfolio("Main");
    import(&server, id, &purchases(&["KO", "MSFT", "PEP"]));
    let price = br#"{"ticker": "KO", "price": "70", "date": "2025-03-06", "currency": "USD"}"#;
    assert_eq!(server.post("/api/prices", "application/json", price).status(), 200);
    let addresses = [
        format!("/dashboard/{id}"),
        format!("/api/dashboard-initial-data/{id}"),
        format!("/api/dashboard-chart-data/{id}?range=1Y"),
        "/api/v1/jobs".to_owned(),
        "/api/current-price/KO".to_owned(),
    ];
    thread::scope(|scope| {
        for address in &addresses {
            let server = &server;
            scope.spawn(move || {
                for _ in 0..3 {
                    assert_eq!(server.get(address).status(), 200, "{address}");
                }
            });
        }
    });

    let risen = |after: &Value, name: &str| number(&after[name]) - number(&before[name]);
    let begun = Instant::now();
    let (after, asked) = loop {
        let (after, asked) = (told(&server), onlooker.asked());
        let told = ["reads", "writes", "queries"].map(|name| risen(&after, name));
        let counted = [asked.checks.saturating_sub(asked.writes), asked.writes, asked.statements];
        if told == counted {
            break (after, asked);
        }
        // Answers may still be built behind those that were given.
        assert!(begun.elapsed() < Duration::from_secs(30), "told {told:?}, the server counted {asked:?}");
        thread::sleep(Duration::from_millis(100));
    };
    assert_eq!(after["kind"], "postgres");
    assert!(
        asked.writes >= 3 && asked.snapshots >= 3 && asked.checks > asked.writes + asked.snapshots,
        "{asked:?}"
    );
    assert_eq!(after["failed_queries"], 0);
    let counted: u64 =
        ["five_minutes", "hour", "start"].iter().map(|span| number(&after[span]["count"])).sum();
    assert_eq!(counted, 3 * number(&after["queries"]));

    // Each look at the monitoring is one call that reads.
    let metrics = server.get("/metrics").text();
    let calls = |kind: &str| sample(&metrics, &format!("bellwether_database_calls_total{{kind=\"{kind}\"}}"));
    assert_eq!((calls("read"), calls("write")), (number(&after["reads"]) + 1, number(&after["writes"])));
    let page = server.get("/monitoring").text();
    assert_eq!(fact(&page, "Reads"), (number(&after["reads"]) + 2).to_string());
    assert_eq!(fact(&page, "Writes"), after["writes"].to_string());

    // All are at rest now, and the server has them as such.
    eventually("connections at rest", || {
        let (told, counted) = (told(&server), onlooker.connections());
        let [open, idle] = ["connections", "idle_connections"].map(|name| number(&told[name]));
        assert!(open <= number(&told["connection_limit"]));
        open > 1 && idle == open && counted == [("idle".to_owned(), open)]
    });
    let open = number(&told(&server)["connections"]);
    let page = server.get("/monitoring").text();
    assert_eq!(fact(&page, "Connections"), format!("{open} of 8, {open} idle"));
    let metrics = server.get("/metrics").text();
    assert_eq!(sample(&metrics, "bellwether_database_connections{state=\"idle\"}"), open);
    assert_eq!(sample(&metrics, "bellwether_database_connections{state=\"used\"}"), 0);
}

#[test]
fn a_connection_that_waits_for_a_lock_is_told_as_used() {
    let cluster = Cluster::start();
    let server = Server::told(&cluster.url(), "none", &["--redis", "none", "serve", "--no-worker"]);
    let id = server.new_portfolio("Main");
    let mut other = PgConnection::establish(&cluster.url()).unwrap();
    sql_query("BEGIN").execute(&mut other).unwrap();
    sql_query("LOCK TABLE transactions IN ACCESS EXCLUSIVE MODE").execute(&mut other).unwrap();
    let used = |told: &Value| {
        let [open, idle] = ["connections", "idle_connections"].map(|name| told[name].as_u64().unwrap());
        open - idle
    };
    thread::scope(|scope| {
        let readers: Vec<_> = (0..3)
            .map(|month| {
                let address = format!("/api/dashboard-holdings-data/{id}?as_of=2025-0{}-03", month + 1);
                let server = &server;
                scope.spawn(move || server.get(&address).status())
            })
            .collect();
        eventually("three wait", || used(&told(&server)) == 3);
        sql_query("ROLLBACK").execute(&mut other).unwrap();
        assert!(readers.into_iter().all(|reader| reader.join().unwrap() == 200));
    });
    eventually("none is used", || used(&told(&server)) == 0);
    let waited = told(&server)["five_minutes"]["max"].as_f64().unwrap();
    assert!(waited > 0.0, "{waited}");
}
