//! What portfolio arithmetic costs, part by part, beside a plain pass over the same data, and how it grows.
//!
//! `dashboard` is everything that a dashboard shows, from the ledger, in three sizes, and the parts of it. `growth`
//! takes tenfold steps in one direction each; its throughput counts transactions and holdings x days, so that it must
//! not fall. The peak of memory is printed at the end, where the system tells it.
#![allow(missing_docs, clippy::unwrap_used)]

#[path = "portfolio_figures/made_up.rs"]
mod made_up;
#[path = "portfolio_figures/plain_pass.rs"]
mod plain_pass;

use std::hint::black_box;
use std::time::Duration;

use bellwether_domain::epoch_day;
use bellwether_portfolio::{Change, FigureName, Flow, PortfolioFigure, PortfolioSeries, Report, xirr};
use chrono::{Days, NaiveDate};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group};

use self::made_up::{Portfolio, Size};
use self::plain_pass::Columns;

/// The server's own.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const SIZES: [Size; 3] = [
    Size { holdings: 50, transactions: 500, years: 5 },
    Size { holdings: 500, transactions: 10_000, years: 10 },
    Size { holdings: 1_000, transactions: 100_000, years: 30 },
];

fn dashboard(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("dashboard");
    group.sample_size(10).warm_up_time(Duration::from_millis(500)).measurement_time(Duration::from_secs(2));
    for size in SIZES {
        let portfolio = Portfolio::new(size);
        let books = portfolio.books();
        let series = PortfolioSeries::new(&books, &portfolio.market);
        group.bench_function(BenchmarkId::new("all", size), |bencher| {
            bencher.iter(|| black_box(&portfolio).dashboard());
        });
        group.bench_function(BenchmarkId::new("replay", size), |bencher| {
            bencher.iter(|| black_box(&portfolio).books());
        });
        group.bench_function(BenchmarkId::new("series", size), |bencher| {
            bencher.iter(|| PortfolioSeries::new(black_box(&books), &portfolio.market));
        });
        group.bench_function(BenchmarkId::new("report", size), |bencher| {
            bencher.iter(|| Report::new(black_box(&books), &portfolio.market, &series));
        });
        group.bench_function(BenchmarkId::new("benchmark x 2", size), |bencher| {
            bencher.iter(|| portfolio.comparisons(black_box(&books), &series));
        });

        let [benchmark, _] = portfolio.benchmarks();
        group.bench_function(BenchmarkId::new("risk", size), |bencher| {
            bencher.iter(|| portfolio.risk(black_box(&series), &benchmark));
        });

        let days = epoch_day(portfolio.as_of()) - epoch_day(portfolio.first_day()) + 1;
        let mut columns = Columns::new(size.holdings, days as usize);
        group.bench_function(BenchmarkId::new("plain pass over prices", size), |bencher| {
            bencher.iter(|| columns.value());
        });
        group.bench_function(BenchmarkId::new("plain pass over transactions", size), |bencher| {
            bencher.iter(|| plain_pass::paid(black_box(&portfolio.ledger)));
        });
    }
    group.finish();
}

fn growth(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("growth");
    group.sample_size(10).warm_up_time(Duration::from_millis(300)).measurement_time(Duration::from_secs(1));
    let small = Size { holdings: 20, transactions: 2_000, years: 3 };
    let sizes = [
        small,
        Size { holdings: 200, ..small },
        Size { transactions: 20_000, ..small },
        Size { years: 30, ..small },
        Size { holdings: 200, transactions: 20_000, ..small },
    ];
    for size in sizes {
        let portfolio = Portfolio::new(size);
        group.throughput(Throughput::Elements((size.transactions + size.holding_days()) as u64));
        group.bench_function(size.to_string(), |bencher| {
            bencher.iter(|| black_box(&portfolio).dashboard());
        });
    }
    group.finish();
}

/// What is asked for beside the dashboard: how a figure came about, and what another decision would have made of it.
fn questions(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("questions");
    group.sample_size(10).warm_up_time(Duration::from_millis(300)).measurement_time(Duration::from_secs(1));
    let xirr = FigureName::Portfolio(PortfolioFigure::Xirr);
    for size in SIZES.into_iter().take(2) {
        let portfolio = Portfolio::new(size);
        let derivations = portfolio.derivations();
        group.throughput(Throughput::Elements(size.transactions as u64));
        group.bench_function(BenchmarkId::new("derive the portfolio's XIRR", size), |bencher| {
            bencher.iter(|| derivations.derive(black_box(&xirr)));
        });
        let what_if = portfolio.what_if();
        let removed = [Change::Remove(portfolio.ledger[size.transactions / 2].id)];
        group.bench_function(BenchmarkId::new("what if a purchase were left out", size), |bencher| {
            bencher.iter(|| what_if.with(black_box(&removed)).unwrap());
        });
    }
    group.finish();
}

/// Money that goes in again and again, some that comes out, and a closing value, over thirty years.
fn flows(count: u64) -> Vec<Flow> {
    let first = NaiveDate::from_ymd_opt(1990, 1, 2).unwrap();
    let flow = |number: u64| Flow {
        date: first + Days::new(number * 10_950 / count),
        amount: if number % 11 == 10 { 300.0 } else { -100.0 - (number % 13) as f64 },
    };
    let closing = Flow { date: first + Days::new(10_957), amount: count as f64 * 190.0 };
    (0..count - 1).map(flow).chain([closing]).collect()
}

fn money_weighted(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("xirr");
    group.sample_size(20).warm_up_time(Duration::from_millis(300)).measurement_time(Duration::from_secs(1));
    for count in [10, 1_000, 100_000] {
        let flows = flows(count);
        group.throughput(Throughput::Elements(count));
        group.bench_with_input(BenchmarkId::new("flows", count), &flows, |bencher, flows| {
            bencher.iter(|| xirr(black_box(flows)).unwrap());
        });
        group.bench_with_input(BenchmarkId::new("plain sum of", count), &flows, |bencher, flows| {
            bencher.iter(|| black_box(flows).iter().map(|flow| flow.amount).sum::<f64>());
        });
    }
    group.finish();
}

/// Prints the most memory that the process ever had, and what of it the largest market and ledger take.
fn memory() {
    let Some(before) = peak() else { return };
    let portfolio = Portfolio::new(SIZES[2]);
    let data = peak().unwrap_or_default();
    let figures = black_box(portfolio.dashboard());
    let all = peak().unwrap_or_default();
    drop(figures);
    eprintln!(
        "memory: {before} MB at the start, {data} MB with the prices and transactions of {}, {all} MB at most while \
         its dashboard was computed",
        portfolio.size
    );
}

/// The process's largest resident set so far, in MB.
fn peak() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.split_whitespace().next()?.parse::<u64>().ok()? / 1000)
}

criterion_group!(benches, dashboard, growth, questions, money_weighted);

fn main() {
    let filter = std::env::args().skip(1).find(|argument| !argument.starts_with('-'));
    if filter.is_none_or(|filter| filter == "memory") {
        // First, while nothing else has had memory.
        memory();
    }
    benches();
    Criterion::default().configure_from_args().final_summary();
}
