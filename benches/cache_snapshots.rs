//! What handing out a finished answer costs, beside a lookup of the same key in a plain map, and what making its
//! compressed forms costs once.

use std::collections::HashMap;
use std::hint::black_box;
use std::sync::Arc;

use bellwether_cache::{Answer, Edition, Lag, SnapshotKey, Snapshots};
use bellwether_domain::{PortfolioId, SystemClock};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};

const EDITION: Edition = Edition { entered: 7, prices: 1, refreshing: false };

fn key(portfolio: PortfolioId, number: i64) -> SnapshotKey {
    SnapshotKey { portfolio, kind: "dashboard", detail: number.to_string().into() }
}

/// A table of figures, of the size of a dashboard.
fn page() -> Vec<u8> {
    (0..500)
        .fold(String::new(), |page, row| {
            page + &format!("<tr><td>S{row}</td><td>{}.{row}</td></tr>", row * 7919)
        })
        .into()
}

fn benchmark(c: &mut Criterion) {
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime starts");
    let portfolio = PortfolioId::new();
    let answer = || Answer::new("text/html", page());
    let mut group = c.benchmark_group("kept answer");
    for count in [10, 1_000] {
        let wanted = key(portfolio, 7);
        let plain: HashMap<SnapshotKey, Arc<Answer>> =
            (0..count).map(|version| (key(portfolio, version), Arc::new(answer()))).collect();
        group.bench_function(BenchmarkId::new("plain map", count), |b| {
            b.iter(|| plain.get(black_box(&wanted.clone())).cloned());
        });
        let snapshots = Arc::new(Snapshots::new(1 << 30, None, Arc::new(SystemClock)));
        for number in 0..count {
            let build = || async { Ok::<_, String>(Answer::new("text/html", page())) };
            let made = snapshots.get_or_build(key(portfolio, number), EDITION, Lag::None, build);
            runtime.block_on(made).expect("it is built");
        }
        group.bench_function(BenchmarkId::new("snapshots", count), |b| {
            b.to_async(&runtime).iter(|| async {
                let hit = snapshots.get_or_build(black_box(wanted.clone()), EDITION, Lag::None, || async {
                    Err::<Answer, _>("it is kept")
                });
                hit.await.is_ok()
            });
        });
    }
    group.finish();

    let mut group = c.benchmark_group("compressed form made once");
    group.throughput(Throughput::Bytes(page().len() as u64));
    for encoding in ["gzip", "br"] {
        group.bench_function(encoding, |b| {
            b.to_async(&runtime).iter(|| async { answer().for_encoding(Some(encoding)).await });
        });
    }
    group.finish();
}

criterion_group!(benches, benchmark);
criterion_main!(benches);
