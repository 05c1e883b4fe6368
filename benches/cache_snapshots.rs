//! What a finished answer costs, beside a plain map lookup of the same key.

use std::collections::HashMap;
use std::hint::black_box;
use std::sync::Arc;

use bellwether_cache::{Answer, Snapshots};
use criterion::{Criterion, criterion_group, criterion_main};

type Key = (u64, i64, i64);

fn benchmark(c: &mut Criterion) {
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let answer = || Answer::new("text/html", vec![b'x'; 30_000]);
    let mut group = c.benchmark_group("kept answer");
    for count in [10_u64, 1_000] {
        let plain: HashMap<Key, Arc<Answer>> = (0..count).map(|n| ((n, 1, 1), Arc::new(answer()))).collect();
        group.bench_function(format!("plain map of {count}"), |b| {
            b.iter(|| plain.get(black_box(&(7, 1, 1))).cloned());
        });
        let snapshots: Snapshots<Key> = Snapshots::new(1 << 30);
        for n in 0..count {
            let built =
                runtime.block_on(snapshots.get_or_build((n, 1, 1), async { Ok::<_, String>(answer()) }));
            assert!(built.is_ok(), "built");
        }
        group.bench_function(format!("snapshots of {count}"), |b| {
            b.to_async(&runtime).iter(|| async {
                let hit = snapshots.get_or_build(black_box((7, 1, 1)), async { Err("it is kept") });
                hit.await.is_ok()
            });
        });
    }
    group.finish();
}

criterion_group!(benches, benchmark);
criterion_main!(benches);
