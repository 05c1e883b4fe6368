//! What an answer of the simulator costs, so that it is never the simulator that is measured.
#![allow(missing_docs, clippy::expect_used, reason = "criterion's macros make undocumented items")]

use std::hint::black_box;

use bellwether_yahoo_sim::{SimConfig, SimHandle, Simulator};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};

const SYMBOLS: &str = "AAPL,MSFT,NVDA,GOOGL,AMZN,META,TSLA,AVGO,COST,PEP,KO,JNJ,PG,JPM,V,HD,XOM,VOO,QQQ,VTI";

fn simulator() -> SimHandle {
    let clock = "2026-01-05T15:00:00Z".parse().expect("an instant");
    Simulator::spawn(SimConfig { clock, ..SimConfig::default() }).expect("a free port")
}

fn answers(c: &mut Criterion) {
    let simulator = simulator();
    let mut group = c.benchmark_group("yahoo_sim");
    for (name, target) in [
        ("chart_5y_daily", "/v8/finance/chart/AAPL?range=5y&interval=1d&events=div,splits".to_owned()),
        ("chart_5d_daily", "/v8/finance/chart/AAPL?range=5d&interval=1d".to_owned()),
        ("spark_20_symbols_1d", format!("/v7/finance/spark?symbols={SYMBOLS}&range=1d&interval=1d")),
        ("spark_20_symbols_1y", format!("/v7/finance/spark?symbols={SYMBOLS}&range=1y&interval=1d")),
    ] {
        let (status, body) = simulator.answer(&target);
        assert_eq!(status, 200, "{name}");
        group.throughput(Throughput::Bytes(body.len() as u64));
        group.bench_function(name, |b| b.iter(|| simulator.answer(black_box(&target))));
    }
    group.finish();
}

criterion_group!(benches, answers);
criterion_main!(benches);
