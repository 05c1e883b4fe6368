//! What portfolio arithmetic costs, and how it grows.
//!
//! `valuation` values holdings on every day of a series; the plain loop beside it multiplies and adds the same number
//! of floats, which is the least that valuing can cost. `xirr` and `recompute` (replay, series, report and two
//! benchmarks) show the growth with flows and transactions.
#![allow(missing_docs, clippy::unwrap_used)]

use std::hint::black_box;

use bellwether_domain::{
    Booking, CashDividend, CostMethod, Currency, DividendPolicy, PriceColumns, Quantity, Symbol, Trade,
    Transaction, TransactionId, epoch_day,
};
use bellwether_portfolio::{
    Benchmark, Books, Flow, InstrumentData, Market, Options, PortfolioSeries, PriceSeries, Rates, Report,
    xirr,
};
use chrono::{Datelike, Days, NaiveDate, Weekday};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use rust_decimal::Decimal;
use uuid::Uuid;

const OPTIONS: Options =
    Options { base: Currency::USD, method: CostMethod::Fifo, dividends: DividendPolicy::Infer };

fn first_day() -> NaiveDate {
    NaiveDate::from_ymd_opt(1990, 1, 2).unwrap()
}

fn symbol(number: usize) -> Symbol {
    format!("S{number}").parse().unwrap()
}

/// Trading days, weekends left out.
fn trading_days(count: usize) -> Vec<NaiveDate> {
    let weekday = |day: &NaiveDate| !matches!(day.weekday(), Weekday::Sat | Weekday::Sun);
    first_day().iter_days().filter(weekday).take(count).collect()
}

/// Holdings with prices on every trading day and four dividends a year; the last two are benchmarks.
fn market(holdings: usize, days: &[NaiveDate]) -> Market {
    let mut market = Market::new(Rates::new());
    for number in 0..holdings + 2 {
        let mut columns = PriceColumns::default();
        let mut price = 40.0 + number as f64;
        for (at, day) in days.iter().enumerate() {
            price *= 1.0 + (((at * 7919 + number * 104_729) % 601) as f64 - 298.0) / 20_000.0;
            columns.push(epoch_day(*day), (price * 100.0).round() / 100.0);
        }
        let dividends: Vec<_> = days
            .iter()
            .skip(40 + number % 20)
            .step_by(63)
            .map(|ex_date| CashDividend { ex_date: *ex_date, amount: Decimal::new(25, 2), currency: None })
            .collect();
        let data = InstrumentData::new(Currency::USD)
            .with_prices(PriceSeries::as_traded(columns))
            .with_dividends(&dividends);
        market.insert(symbol(number), data);
    }
    market
}

/// Trades spread over the days: four purchases of each holding, then a sale of a part.
fn ledger(transactions: usize, holdings: usize, days: &[NaiveDate]) -> Vec<Transaction> {
    let booked = |number: usize| {
        let day = days[number * (days.len() - 1) / transactions];
        let trade = |shares: i64| Trade {
            symbol: symbol(number % holdings),
            quantity: Quantity::new(Decimal::new(shares, 3)).unwrap(),
            price: Decimal::new(4_000 + (number % 977) as i64, 2),
            fee: Decimal::ONE,
            tax: Decimal::ZERO,
        };
        let round = number / holdings;
        Transaction {
            id: TransactionId::from_uuid(Uuid::from_u128(number as u128)),
            date: day,
            sequence: number as i64,
            booking: if round % 5 == 4 { Booking::Sell(trade(15_500)) } else { Booking::Buy(trade(10_250)) },
            currency: Currency::USD,
            fx_rate: None,
            account: String::new(),
            note: String::new(),
        }
    };
    (0..transactions).map(booked).collect()
}

fn books(ledger: &[Transaction], market: &Market, days: &[NaiveDate]) -> Books {
    Books::replay(ledger, market, &OPTIONS, *days.last().unwrap()).unwrap()
}

fn valuation(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("valuation");
    for (holdings, trading) in [(50, 1_260), (500, 1_260), (50, 12_600)] {
        let days = trading_days(trading);
        let market = market(holdings, &days);
        let books = books(&ledger(holdings, holdings, &days[..1]), &market, &days);
        let calendar_days = (*days.last().unwrap() - days[0]).num_days() as usize + 1;
        let size = format!("{holdings} holdings x {trading} days");
        group.throughput(Throughput::Elements((holdings * trading) as u64));
        group.bench_function(BenchmarkId::new("series", &size), |bencher| {
            bencher.iter(|| PortfolioSeries::new(black_box(&books), black_box(&market)));
        });

        let columns: Vec<Vec<f64>> =
            (0..holdings).map(|number| vec![40.0 + number as f64; calendar_days]).collect();
        let mut sums = vec![0.0; calendar_days];
        group.bench_function(BenchmarkId::new("plain multiply and add", &size), |bencher| {
            bencher.iter(|| {
                sums.fill(0.0);
                for (column, quantity) in columns.iter().zip(1..) {
                    let quantity = f64::from(quantity);
                    for (sum, price) in sums.iter_mut().zip(black_box(column)) {
                        *sum += quantity * price;
                    }
                }
                black_box(sums.last().copied())
            });
        });
    }
    group.finish();
}

fn money_weighted(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("xirr");
    for count in [50_u64, 500, 5_000] {
        let flow = |number: u64| Flow {
            date: first_day() + Days::new(number * 3_650 / count),
            amount: if number % 11 == 10 { 300.0 } else { -100.0 - (number % 13) as f64 },
        };
        let mut flows: Vec<_> = (0..count).map(flow).collect();
        flows.push(Flow { date: first_day() + Days::new(3_660), amount: count as f64 * 120.0 });
        group.throughput(Throughput::Elements(count));
        group.bench_with_input(BenchmarkId::new("flows", count), &flows, |bencher, flows| {
            bencher.iter(|| xirr(black_box(flows)).unwrap());
        });
    }
    group.finish();
}

/// Everything a dashboard shows, from the ledger.
fn recompute(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("recompute");
    group.sample_size(20);
    for (transactions, holdings, trading) in [(500, 50, 1_260), (5_000, 50, 1_260), (10_000, 500, 2_520)] {
        let days = trading_days(trading);
        let market = market(holdings, &days);
        let ledger = ledger(transactions, holdings, &days);
        let size = format!("{transactions} transactions, {holdings} holdings, {trading} days");
        group.throughput(Throughput::Elements(transactions as u64));
        group.bench_function(BenchmarkId::new("replay", &size), |bencher| {
            bencher.iter(|| books(black_box(&ledger), black_box(&market), &days));
        });
        group.bench_function(BenchmarkId::new("dashboard", &size), |bencher| {
            bencher.iter(|| {
                let books = books(black_box(&ledger), black_box(&market), &days);
                let series = PortfolioSeries::new(&books, &market);
                let report = Report::new(&books, &market, &series);
                let comparisons = [holdings, holdings + 1].map(|number| {
                    let benchmark = Benchmark::new(&symbol(number), &market, Currency::USD, books.as_of());
                    benchmark.and_then(|benchmark| benchmark.against_portfolio(&books, &series)).unwrap()
                });
                black_box((report, comparisons))
            });
        });
    }
    group.finish();
}

criterion_group!(benches, valuation, money_weighted, recompute);
criterion_main!(benches);
