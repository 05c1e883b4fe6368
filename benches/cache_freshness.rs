//! What labelling the prices of a page costs, and finding out how long the labels stay right.

use std::hint::black_box;

use bellwether_cache::freshness::{HeldPrice, PortfolioFreshness, PriceState, Teller};
use bellwether_domain::Exchange;
use chrono::{DateTime, TimeDelta, Utc};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use rust_decimal::Decimal;

fn prices(count: i64, now: DateTime<Utc>) -> Vec<HeldPrice> {
    let venues = [Exchange::NewYork, Exchange::NewYork, Exchange::London, Exchange::Crypto];
    let held = |number: i64| {
        let fetched_at = now - TimeDelta::seconds(number % 200);
        let price = PriceState {
            exchange: venues.get(number as usize % venues.len()).copied().unwrap_or(Exchange::NewYork),
            as_of: fetched_at,
            fetched_at,
            delay_minutes: 0,
            teller: Teller::Provider,
        };
        HeldPrice { value: Some(Decimal::from(number + 1)), price: Some(price), refreshing: false }
    };
    (0..count).map(held).collect()
}

fn benchmark(c: &mut Criterion) {
    // A Wednesday noon in New York.
    let now = DateTime::from_timestamp(1_732_726_800, 0).expect("a known instant");
    let mut group = c.benchmark_group("freshness");
    for count in [50, 5_000] {
        let prices = prices(count, now);
        group.throughput(Throughput::Elements(count as u64));
        group.bench_with_input(BenchmarkId::new("states", count), &prices, |b, prices| {
            b.iter(|| {
                let states = prices.iter().filter_map(|held| held.price);
                states.map(|price| price.assess(black_box(now)).is_stale()).filter(|stale| *stale).count()
            });
        });
        group.bench_with_input(BenchmarkId::new("portfolio", count), &prices, |b, prices| {
            b.iter(|| PortfolioFreshness::of(prices, black_box(now)));
        });
    }
    group.finish();
}

criterion_group!(benches, benchmark);
criterion_main!(benches);
