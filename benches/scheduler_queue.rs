//! What the queue costs beside the work: adding a job and claiming it, with few and with many waiting.
//!
//! The cost must not grow with the backlog by more than the depth of a tree.

use std::hint::black_box;

use bellwether_scheduler::{JobStore, MemoryJobStore, NewJob, Outcome, Priority};
use chrono::{DateTime, TimeDelta, Utc};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use tokio::runtime::Runtime;

const LEASE: TimeDelta = TimeDelta::seconds(60);

fn wish(number: usize) -> NewJob {
    let priority = Priority::new((number % 10) as u8 + 1).unwrap_or_default();
    NewJob::new("refresh-quotes", format!("refresh-quotes:{number}")).priority(priority)
}

async fn backlog(jobs: usize, now: DateTime<Utc>) -> MemoryJobStore {
    let store = MemoryJobStore::new();
    for number in 0..jobs {
        store.enqueue(now, &wish(number)).await.expect("memory takes every job");
    }
    store
}

fn benchmark(c: &mut Criterion) {
    let runtime = Runtime::new().expect("a runtime starts");
    let now = DateTime::UNIX_EPOCH;
    let mut group = c.benchmark_group("scheduler");
    for waiting in [1_000, 10_000] {
        let store = runtime.block_on(backlog(waiting, now));
        group.throughput(Throughput::Elements(1));
        let mut number = waiting;
        group.bench_function(BenchmarkId::new("enqueue, claim and finish one of", waiting), |b| {
            b.to_async(&runtime).iter(|| {
                number += 1;
                let (store, wish) = (&store, wish(number));
                async move {
                    store.enqueue(now, &wish).await.expect("memory takes every job");
                    let job =
                        store.claim(now, "w", &["refresh-quotes"], LEASE).await.expect("memory answers");
                    let job = job.expect("a job waits");
                    store.finish(job.id, "w", now, &Outcome::Succeeded).await.expect("the lease is held");
                    black_box(job)
                }
            });
        });
        group.bench_function(BenchmarkId::new("notice that one waits already, of", waiting), |b| {
            let again = wish(number + 9);
            runtime.block_on(store.enqueue(now, &again)).expect("memory takes every job");
            b.to_async(&runtime).iter(|| async { black_box(store.enqueue(now, &again).await) });
        });
    }
    for jobs in [1_000, 10_000] {
        group.throughput(Throughput::Elements(jobs as u64));
        group.bench_function(BenchmarkId::new("enqueue and claim all of", jobs), |b| {
            b.to_async(&runtime).iter(|| async {
                let store = backlog(jobs, now).await;
                let mut claimed = 0;
                while let Ok(Some(_)) = store.claim(now, "w", &["refresh-quotes"], LEASE).await {
                    claimed += 1;
                }
                assert_eq!(claimed, jobs);
            });
        });
    }
    group.finish();
}

criterion_group!(benches, benchmark);
criterion_main!(benches);
