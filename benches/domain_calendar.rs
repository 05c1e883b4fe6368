//! Questions to a calendar, beside the plainest one of a date: its weekday.

use std::hint::black_box;

use bellwether_domain::{Exchange, decimal_of_price};
use chrono::{Datelike, NaiveDate};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};

fn benchmark(c: &mut Criterion) {
    let first = NaiveDate::from_ymd_opt(2026, 1, 1).expect("a date");
    let days: Vec<NaiveDate> = first.iter_days().take(365).collect();
    let mut group = c.benchmark_group("calendar, a year of days");
    group.throughput(Throughput::Elements(days.len() as u64));
    group.bench_function("weekday", |b| {
        b.iter(|| black_box(&days).iter().filter(|day| day.weekday().num_days_from_monday() < 5).count());
    });
    for exchange in [Exchange::NewYork, Exchange::London, Exchange::Tokyo] {
        group.bench_function(format!("is_trading_day, {}", exchange.code()), |b| {
            b.iter(|| black_box(&days).iter().filter(|day| exchange.is_trading_day(**day)).count());
        });
    }
    group.bench_function("session, XNYS", |b| {
        b.iter(|| black_box(&days).iter().filter_map(|day| Exchange::NewYork.session(*day)).count());
    });
    group.finish();
    c.bench_function("decimal of a price", |b| b.iter(|| decimal_of_price(black_box(4294.279))));
}

criterion_group!(benches, benchmark);
criterion_main!(benches);
