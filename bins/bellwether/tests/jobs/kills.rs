//! The real binary, killed at random moments of refreshes, warming and imports: after each restart every job ends,
//! nothing was done twice, and nothing is lost.
//!
//! `BELLWETHER_KILLS` is the number of kills on each database (20 unless said), `BELLWETHER_KILL_SEED` repeats a run.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use bellwether_domain::PortfolioId;
use bellwether_storage::audit::AuditSubject;
use bellwether_storage::{Storage, StorageOptions};
use bellwether_yahoo_sim::{SimConfig, SimHandle, Simulator};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use serde_json::Value;

use crate::server::{Asked, Server};

/// Seconds after which a restarted process takes over the jobs of the killed one.
const LEASE: u32 = 2;
/// Rows of the large file.
const ROWS: usize = 2_000;
/// Kills of one database; then a new one begins, so that the upstream's hourly budget suffices.
const KILLS_OF_A_WORLD: usize = 50;
/// Far more than anything takes.
const PATIENCE: Duration = Duration::from_secs(120);

/// A portfolio of the test's, and what it must have in the end.
struct Expected {
    id: PortfolioId,
    /// Transactions of files whose import was acknowledged.
    sure: Vec<usize>,
    /// Those of a file whose sender heard nothing: all of them or none.
    unsure: Vec<usize>,
}

struct World {
    database: String,
    simulator: SimHandle,
    random: StdRng,
    server: Server,
    portfolios: Vec<Expected>,
    /// Jobs that imports were promised by.
    promised: Vec<String>,
    symbols: usize,
    slowest_takeover: f64,
    interrupted: usize,
}

impl World {
    fn new(database: String, seed: u64) -> Self {
        let simulator = Simulator::spawn(SimConfig::default()).unwrap();
        let server = Server::start(&database, &simulator.base_url(), LEASE);
        let random = StdRng::seed_from_u64(seed);
        let (portfolios, promised) = (Vec::new(), Vec::new());
        Self {
            database,
            simulator,
            random,
            server,
            portfolios,
            promised,
            symbols: 0,
            slowest_takeover: 0.0,
            interrupted: 0,
        }
    }

    fn new_portfolio(&mut self) -> PortfolioId {
        let name = format!("P{}", self.portfolios.len());
        let id = self.server.new_portfolio(&name);
        self.portfolios.push(Expected { id, sure: Vec::new(), unsure: Vec::new() });
        id
    }

    /// A file of so many purchases, each unlike any other of the test; of new symbols or of the same few.
    fn file(&mut self, rows: usize, new_symbols: usize) -> String {
        let first = self.symbols;
        self.symbols += new_symbols;
        let letter = |n: usize| char::from(b'A' + u8::try_from(n % 26).unwrap());
        let symbol = |n: usize| format!("K{}{}{}", letter(n / 676), letter(n / 26), letter(n));
        let batch: u32 = self.random.random_range(1..1_000_000);
        let mut csv = "Ticker,Type,Date,Price,Shares\n".to_owned();
        for row in 0..rows {
            let of = if new_symbols > 0 { first + row % new_symbols } else { row % 3 };
            let (month, day) = (row / 28 % 12 + 1, row % 28 + 1);
            writeln!(csv, "{},Buy,2025-{month:02}-{day:02},{row}.5,{batch}.{row:04}", symbol(of)).unwrap();
        }
        csv
    }

    /// One kill: something is asked for, and at a random moment the process ends.
    fn round(&mut self) {
        let kind = self.random.random_range(0..3);
        let index = match kind {
            // Prices of new instruments, a large file into a portfolio of its own, answers for what changed.
            1 => {
                self.new_portfolio();
                self.portfolios.len() - 1
            }
            _ => self.random.random_range(0..self.portfolios.len()),
        };
        let (rows, new_symbols) = match kind {
            0 => (3, 3),
            1 => (ROWS, 0),
            _ => (2, 0),
        };
        let file = self.file(rows, new_symbols);
        let id = self.portfolios[index].id;
        let wait = Duration::from_millis(self.random.random_range(0..[900, 2_500, 900][kind]));
        let asked = self.server.upload_in_background(id, &file);
        std::thread::sleep(wait);
        self.server.kill();
        let asked = asked.join().unwrap();
        if let Some(job) = asked.redirect().and_then(|location| location.split_once("job=")) {
            self.promised.push(job.1.to_owned());
        }
        match asked {
            Asked::Answered { status: 200 | 303, .. } => self.portfolios[index].sure.push(rows),
            Asked::Broken => self.portfolios[index].unsure.push(rows),
            other @ Asked::Answered { .. } => panic!("{other:?}"),
        }
        // Now and then the heir is killed too, wherever it is.
        if self.random.random_range(0..4) == 0 {
            self.restart();
            std::thread::sleep(Duration::from_millis(self.random.random_range(0..1_500)));
            self.server.kill();
        }
        self.restart();
        self.all_jobs_end();
    }

    fn restart(&mut self) {
        self.server = Server::start(&self.database, &self.simulator.base_url(), LEASE);
    }

    /// Waits until nothing runs and nothing waits but for its time.
    fn all_jobs_end(&mut self) {
        let begun = Instant::now();
        let jobs = |state: &str| {
            let told = self.server.get(&format!("/api/v1/jobs?limit=500&state={state}")).json();
            told["jobs"].as_array().unwrap().clone()
        };
        let text = |job: &Value, key: &str| job[key].as_str().unwrap_or_default().to_owned();
        let strangers: Vec<Value> =
            jobs("running").into_iter().filter(|job| !self.server.holds(job)).collect();
        self.interrupted += strangers.len();
        let mut taken_over = strangers.is_empty();
        loop {
            let running = jobs("running");
            if !taken_over && running.iter().all(|job| self.server.holds(job)) {
                taken_over = true;
                self.slowest_takeover = self.slowest_takeover.max(begun.elapsed().as_secs_f64());
            }
            let now = chrono::Utc::now().to_rfc3339_opts(chrono::SecondsFormat::Millis, true);
            let due: Vec<Value> =
                jobs("queued").into_iter().filter(|job| text(job, "run_at") <= now).collect();
            if running.is_empty() && due.is_empty() {
                break;
            }
            assert!(begun.elapsed() < PATIENCE, "jobs do not end: {running:?} {due:?}");
            std::thread::sleep(Duration::from_millis(50));
        }
        for state in ["failed", "dead"] {
            let lost = jobs(state);
            // A repeated job gives way to a newer one for its key, which does the same.
            let gave_way = |job: &Value| {
                let error = text(job, "error");
                error.contains("newer job") || error.contains("stopped answering")
            };
            assert!(lost.iter().all(|job| state == "failed" && gave_way(job)), "{state}: {lost:?}");
        }
        for job in self.promised.drain(..) {
            let told = || self.server.get(&format!("/api/v1/jobs/{job}")).json();
            // It may wait for its next attempt.
            while told()["state"] == "queued" || told()["state"] == "running" {
                assert!(begun.elapsed() < PATIENCE, "{}", told());
                std::thread::sleep(Duration::from_millis(50));
            }
            assert_eq!(told()["state"], "succeeded", "{}", told());
            let report = self.server.get(&format!("/api/v1/jobs/{job}/result")).json();
            assert_eq!(report["imported"], ROWS, "{report}");
        }
    }

    /// What is in the database is what was asked for, once.
    async fn check(&mut self) {
        let storage = Storage::open(StorageOptions::new(self.database.clone())).await.unwrap();
        let user = storage.owner().await.unwrap();
        for portfolio in &self.portfolios {
            let ledger = storage.ledger(user, portfolio.id).await.unwrap();
            let imports = storage.imports(user, portfolio.id).await.unwrap();
            let booked = ledger.transactions.len();
            let sure: usize = portfolio.sure.iter().sum();
            let mut sizes: Vec<usize> = imports.iter().map(|import| import.inserted as usize).collect();
            assert_eq!(sizes.iter().sum::<usize>(), booked, "each transaction is of an import");
            for size in &portfolio.sure {
                let at = sizes.iter().position(|other| other == size);
                sizes.remove(at.unwrap_or_else(|| panic!("an import of {size} is lost")));
            }
            let mut unsure = portfolio.unsure.clone();
            for size in sizes {
                let at = unsure.iter().position(|other| *other == size);
                unsure.remove(at.unwrap_or_else(|| panic!("{size} rows came twice beside {sure}")));
            }
            assert!(imports.iter().all(|import| import.duplicates == 0 && import.rejected == 0));

            let records = storage.audit(user, portfolio.id, None, i64::MAX).await.unwrap();
            let of = |subject| {
                let mut ids: Vec<_> = records
                    .iter()
                    .filter(|record| record.subject == subject)
                    .map(|record| record.subject_id)
                    .collect();
                let all = ids.len();
                ids.sort_unstable();
                ids.dedup();
                assert_eq!(ids.len(), all, "a record of the audit is there twice");
                all
            };
            assert_eq!((of(AuditSubject::Transaction), of(AuditSubject::Import)), (booked, imports.len()));
            assert!(self.server.get(&format!("/dashboard/{}", portfolio.id)).status() == 200);
        }
        // What a killed refresh did not get is due as before, and a look at the portfolios brings it.
        let mut held = Vec::new();
        for portfolio in &self.portfolios {
            let ledger = storage.ledger(user, portfolio.id).await.unwrap();
            held.extend(ledger.transactions.iter().filter_map(|booked| booked.booking.symbol().cloned()));
        }
        held.sort_unstable();
        held.dedup();
        let begun = Instant::now();
        for symbol in held {
            while self.server.get(&format!("/api/current-price/{symbol}")).status() != 200 {
                assert!(begun.elapsed() < PATIENCE, "no price of {symbol}");
                std::thread::sleep(Duration::from_millis(200));
            }
        }
        self.all_jobs_end();
    }
}

#[expect(clippy::print_stderr, reason = "the seed repeats a failed run")]
async fn kills(new_database: impl Fn() -> (String, Box<dyn std::any::Any>)) {
    let number = |name: &str| std::env::var(name).ok().map(|text| text.parse::<u64>().unwrap());
    let seed = number("BELLWETHER_KILL_SEED").unwrap_or_else(|| rand::rng().random());
    let all = number("BELLWETHER_KILLS").unwrap_or(20) as usize;
    eprintln!("seed {seed}: BELLWETHER_KILL_SEED={seed} repeats the run");
    let begun = Instant::now();
    let mut killed = 0;
    while killed < all {
        let (database, _place) = new_database();
        let mut world = World::new(database, seed.wrapping_add(killed as u64));
        world.new_portfolio();
        for _ in 0..KILLS_OF_A_WORLD.min(all - killed) {
            world.round();
            killed += 1;
        }
        world.check().await;
        eprintln!(
            "{killed} kills in {:.0} s, {} running jobs interrupted, taken over after {:.2} s at most",
            begun.elapsed().as_secs_f64(),
            world.interrupted,
            world.slowest_takeover
        );
        assert!(world.interrupted > 0, "no kill met a job");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_over_sqlite_all_ends_and_nothing_is_doubled_or_lost() {
    kills(|| {
        let folder = tempfile::TempDir::new().unwrap();
        (folder.path().join("test.sqlite").display().to_string(), Box::new(folder) as _)
    })
    .await;
}

#[cfg(feature = "postgres")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_over_postgresql_all_ends_and_nothing_is_doubled_or_lost() {
    kills(|| {
        let schema = crate::postgres::Schema::create();
        (schema.url(), Box::new(schema) as _)
    })
    .await;
}
