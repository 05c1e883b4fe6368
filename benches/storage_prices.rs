//! What it costs to store and read price history: 50 and 500 instruments with five years of trading days, 63,000 and
//! 630,000 prices, as column chunks and, for comparison in the same run, as a plain table with a row for each price.
//!
//! SQLite always; PostgreSQL as well with the feature `postgres` when `TEST_DATABASE_URL` names one
//! (`scripts/postgres-for-tests start --durable`). At the end it prints the ratios, which hold on any machine.

#![allow(missing_docs, reason = "a program, not a library")]

use std::hint::black_box;
use std::time::{Duration, Instant};

use bellwether_domain::{DailyBar, InstrumentId, PriceSource, Symbol, epoch_day};
use bellwether_storage::prices::{PriceBatch, WriteMode};
use bellwether_storage::{AnyConnection, Storage, StorageError, StorageOptions};
use chrono::{Datelike, NaiveDate};
use criterion::{BatchSize, BenchmarkId, Criterion, Throughput};
use diesel::prelude::*;
use tokio::runtime::Runtime;

const TRADING_DAYS: usize = 1_260;

diesel::table! {
    plain_prices (instrument_id, day) {
        instrument_id -> Integer,
        day -> Integer,
        close -> Double,
    }
}

/// Repeats a statement for whichever database this is.
macro_rules! on_either {
    ($connection:expr, |$inner:ident| $statement:expr) => {
        match $connection {
            AnyConnection::Sqlite($inner) => $statement,
            #[cfg(feature = "postgres")]
            AnyConnection::Postgres($inner) => $statement,
        }
    };
}

/// A database with as many instruments as a benchmark needs.
struct Bench {
    runtime: Runtime,
    storage: Storage,
    ids: Vec<InstrumentId>,
    first: NaiveDate,
    last: NaiveDate,
}

impl Bench {
    fn new(url: &str, instruments: usize) -> Self {
        let runtime = Runtime::new().expect("a runtime starts");
        let days = trading_days();
        let (first, last) = (days[0], days[days.len() - 1]);
        let tickers: Vec<Symbol> =
            (0..instruments).map(|n| format!("T{n}").parse().expect("a symbol")).collect();
        let (storage, ids) = runtime.block_on(async {
            let storage = Storage::open(StorageOptions::new(url)).await.expect("the database opens");
            storage.write(make_plain_table).await.expect("a table is made");
            let registered = storage.find_or_create_instruments(tickers).await.expect("registered");
            (storage, registered.into_iter().map(|instrument| instrument.id).collect())
        });
        Self { runtime, storage, ids, first, last }
    }

    fn history(&self) -> Vec<PriceBatch> {
        let days = trading_days();
        let bar = |id: InstrumentId, (place, date): (usize, &NaiveDate)| {
            DailyBar::close_only(*date, 100.0 + f64::from(id.0) + place as f64 / 64.0)
        };
        self.batches(|id| days.iter().enumerate().map(|day| bar(id, day)).collect())
    }

    fn batches(&self, bars: impl Fn(InstrumentId) -> Vec<DailyBar>) -> Vec<PriceBatch> {
        let batch = |&instrument| PriceBatch {
            instrument,
            source: PriceSource::yahoo(),
            bars: bars(instrument),
            mode: WriteMode::Merge,
        };
        self.ids.iter().map(batch).collect()
    }

    /// Today's bar of each instrument, another one each time.
    fn one_day(&self, round: u32) -> Vec<PriceBatch> {
        self.batches(|_| vec![DailyBar::close_only(self.last, f64::from(round))])
    }

    fn forget_everything(&self) {
        self.write(|connection| {
            let sql = "DELETE FROM price_chunks";
            diesel::sql_query(sql).execute(connection)?;
            diesel::delete(plain_prices::table).execute(connection)?;
            Ok(())
        });
    }

    fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut AnyConnection) -> Result<T, StorageError> + Send + 'static,
    ) -> T {
        self.runtime.block_on(self.storage.write(work)).expect("written")
    }

    fn write_chunks(&self, batches: Vec<PriceBatch>) {
        self.runtime.block_on(self.storage.write_prices(batches)).expect("written");
    }

    fn read_chunks(&self) -> usize {
        let reading = self.storage.read_closes(self.ids.clone(), self.first, self.last);
        let all = self.runtime.block_on(reading).expect("read");
        all.values().flatten().map(|closes| closes.prices.len()).sum()
    }

    fn write_rows(&self, batches: Vec<PriceBatch>) {
        self.write(move |connection| {
            let row = |id: InstrumentId, bar: &DailyBar| {
                (
                    plain_prices::instrument_id.eq(id.0),
                    plain_prices::day.eq(epoch_day(bar.date)),
                    plain_prices::close.eq(bar.close),
                )
            };
            let rows: Vec<_> = batches
                .iter()
                .flat_map(|batch| batch.bars.iter().map(|bar| row(batch.instrument, bar)))
                .collect();
            for rows in rows.chunks(5_000) {
                on_either!(connection, |inner| diesel::insert_into(plain_prices::table)
                    .values(rows)
                    .on_conflict((plain_prices::instrument_id, plain_prices::day))
                    .do_update()
                    .set(plain_prices::close.eq(diesel::upsert::excluded(plain_prices::close)))
                    .execute(inner))?;
            }
            Ok(())
        });
    }

    fn read_rows(&self) -> usize {
        let ids: Vec<i32> = self.ids.iter().map(|id| id.0).collect();
        let (first, last) = (epoch_day(self.first), epoch_day(self.last));
        let reading = self.storage.read(move |connection| {
            let query = plain_prices::table
                .filter(plain_prices::instrument_id.eq_any(ids))
                .filter(plain_prices::day.between(first, last))
                .order((plain_prices::instrument_id, plain_prices::day))
                .select((plain_prices::instrument_id, plain_prices::day, plain_prices::close));
            let rows: Vec<(i32, i32, f64)> = on_either!(connection, |inner| query.load(inner))?;
            Ok(rows.len())
        });
        self.runtime.block_on(reading).expect("read")
    }
}

fn make_plain_table(connection: &mut AnyConnection) -> Result<(), StorageError> {
    let clustered = match connection {
        AnyConnection::Sqlite(_) => "WITHOUT ROWID",
        #[cfg(feature = "postgres")]
        AnyConnection::Postgres(_) => "",
    };
    diesel::sql_query(format!(
        "CREATE TABLE IF NOT EXISTS plain_prices (instrument_id INTEGER NOT NULL, day INTEGER NOT NULL, \
         close DOUBLE PRECISION NOT NULL, PRIMARY KEY (instrument_id, day)) {clustered}"
    ))
    .execute(connection)?;
    Ok(())
}

fn trading_days() -> Vec<NaiveDate> {
    let first = NaiveDate::from_ymd_opt(2019, 5, 6).expect("a date");
    first.iter_days().filter(|date| date.weekday().number_from_monday() <= 5).take(TRADING_DAYS).collect()
}

fn benchmark(criterion: &mut Criterion, back_end: &str, bench: &Bench) {
    let instruments = bench.ids.len();
    let prices = (instruments * TRADING_DAYS) as u64;
    let history = bench.history();
    let id = |way: &str| BenchmarkId::new(way, instruments);

    let mut group = criterion.benchmark_group(format!("{back_end}/write history"));
    group.sample_size(10).throughput(Throughput::Elements(prices));
    let fresh = || {
        bench.forget_everything();
        history.clone()
    };
    group.bench_function(id("rows"), |b| {
        b.iter_batched(fresh, |history| bench.write_rows(history), BatchSize::PerIteration);
    });
    group.bench_function(id("chunks"), |b| {
        b.iter_batched(fresh, |history| bench.write_chunks(history), BatchSize::PerIteration);
    });
    group.finish();

    bench.forget_everything();
    bench.write_rows(history.clone());
    bench.write_chunks(history);
    let mut group = criterion.benchmark_group(format!("{back_end}/read closes"));
    group.sample_size(20).throughput(Throughput::Elements(prices));
    group.bench_function(id("rows"), |b| b.iter(|| black_box(bench.read_rows())));
    group.bench_function(id("chunks"), |b| b.iter(|| black_box(bench.read_chunks())));
    group.finish();

    let mut group = criterion.benchmark_group(format!("{back_end}/one more day"));
    group.sample_size(20).throughput(Throughput::Elements(instruments as u64));
    let mut round = 0;
    let mut next_day = || {
        round += 1;
        bench.one_day(round)
    };
    group.bench_function(id("rows"), |b| {
        b.iter_batched(&mut next_day, |day| bench.write_rows(day), BatchSize::PerIteration);
    });
    group.bench_function(id("chunks"), |b| {
        b.iter_batched(&mut next_day, |day| bench.write_chunks(day), BatchSize::PerIteration);
    });
    group.finish();
}

/// The best of some runs of each, in turns, so that a loaded machine slows both.
fn ratios(back_end: &str, bench: &Bench) {
    let prices = bench.ids.len() * TRADING_DAYS;
    assert_eq!((bench.read_rows(), bench.read_chunks()), (prices, prices), "both hold the same prices");
    let (mut rows, mut chunks) = (Duration::MAX, Duration::MAX);
    for _ in 0..10 {
        rows = rows.min(time(|| bench.read_rows()));
        chunks = chunks.min(time(|| bench.read_chunks()));
    }
    report(back_end, &format!("read {prices} closes"), rows, chunks);

    let (mut rows, mut chunks) = (Duration::MAX, Duration::MAX);
    for _ in 0..3 {
        bench.forget_everything();
        let (one, other) = (bench.history(), bench.history());
        rows = rows.min(time(|| bench.write_rows(one)));
        chunks = chunks.min(time(|| bench.write_chunks(other)));
    }
    report(back_end, &format!("write {prices} prices"), rows, chunks);
}

fn time<T>(work: impl FnOnce() -> T) -> Duration {
    let started = Instant::now();
    black_box(work());
    started.elapsed()
}

fn report(back_end: &str, what: &str, rows: Duration, chunks: Duration) {
    let ratio = rows.as_secs_f64() / chunks.as_secs_f64();
    eprintln!("{back_end}, {what}: as rows {rows:.2?}, as chunks {chunks:.2?}, {ratio:.0} times less");
}

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    let mut summaries: Vec<Box<dyn FnOnce()>> = Vec::new();
    for instruments in [50, 500] {
        let bench = Bench::new("sqlite::memory:", instruments);
        benchmark(&mut criterion, "sqlite", &bench);
        summaries.push(Box::new(move || ratios("sqlite", &bench)));
    }
    #[cfg(feature = "postgres")]
    if let Some(server) = postgres::Server::from_environment() {
        for instruments in [50, 500] {
            let (schema, url) = server.schema();
            let bench = Bench::new(&url, instruments);
            benchmark(&mut criterion, "postgres", &bench);
            summaries.push(Box::new(move || {
                ratios("postgres", &bench);
                drop(bench);
                drop(schema);
            }));
        }
    }
    for summary in summaries {
        summary();
    }
    criterion.final_summary();
}

#[cfg(feature = "postgres")]
mod postgres {
    use diesel::connection::SimpleConnection;
    use diesel::{Connection, PgConnection};

    /// The server that the environment names.
    pub(super) struct Server(String);

    /// A schema that goes away with the benchmark.
    pub(super) struct Schema {
        server: String,
        name: String,
    }

    impl Server {
        pub(super) fn from_environment() -> Option<Self> {
            std::env::var("TEST_DATABASE_URL").ok().map(Self)
        }

        pub(super) fn schema(&self) -> (Schema, String) {
            let name = format!("bench_{}", uuid::Uuid::now_v7().simple());
            let schema = Schema { server: self.0.clone(), name };
            schema.execute(&format!("CREATE SCHEMA {}", schema.name));
            let separator = if self.0.contains('?') { '&' } else { '?' };
            let url = format!("{}{separator}options=-csearch_path%3D{}", self.0, schema.name);
            (schema, url)
        }
    }

    impl Schema {
        fn execute(&self, sql: &str) {
            let mut connection = PgConnection::establish(&self.server).expect("the server answers");
            connection.batch_execute(sql).expect("the server obeys");
        }
    }

    impl Drop for Schema {
        fn drop(&mut self) {
            self.execute(&format!("DROP SCHEMA {} CASCADE", self.name));
        }
    }
}
