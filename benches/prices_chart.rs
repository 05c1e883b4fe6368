//! How long a five-year chart takes from bytes to checked bars, beside merely parsing its JSON.

use std::fmt::Write;
use std::hint::black_box;

use bellwether_prices::{Outcome, yahoo};
use chrono::{DateTime, TimeDelta};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};

/// A chart of 1,256 daily bars as the service writes them: 32-bit prices with 64-bit digits.
fn five_years() -> String {
    const BARS: i64 = 1_256;
    const FIRST: i64 = 1_577_975_400;
    let mut columns: [String; 7] = Default::default();
    for bar in 0..BARS {
        let close = 100.0 + (bar as f32 * 0.37).sin() * 20.0 + bar as f32 * 0.05;
        let close = (close * 100.0).round() / 100.0;
        let comma = if bar == 0 { "" } else { "," };
        let stamp = FIRST + bar * 86_400;
        let prices = [close - 0.5, close + 1.25, close - 1.5, close, close * 0.97].map(f64::from);
        for (column, price) in columns.iter_mut().zip(prices) {
            write!(column, "{comma}{price}").expect("writing to text");
        }
        write!(columns[5], "{comma}{}", 40_000_000 + bar * 1_003).expect("writing to text");
        write!(columns[6], "{comma}{stamp}").expect("writing to text");
    }
    let [open, high, low, close, adjusted, volume, stamps] = columns;
    format!(
        r#"{{"chart":{{"result":[{{"meta":{{"currency":"USD","symbol":"BENCH","exchangeName":"NMS","instrumentType":"EQUITY","firstTradeDate":{FIRST},"regularMarketTime":1700000000,"exchangeTimezoneName":"America/New_York","regularMarketPrice":162.5,"chartPreviousClose":100,"priceHint":2,"dataGranularity":"1d","range":"5y"}},"timestamp":[{stamps}],"indicators":{{"quote":[{{"open":[{open}],"high":[{high}],"low":[{low}],"close":[{close}],"volume":[{volume}]}}],"adjclose":[{{"adjclose":[{adjusted}]}}]}}}}],"error":null}}}}"#
    )
}

fn benchmark(c: &mut Criterion) {
    let body = five_years();
    let now = DateTime::from_timestamp(1_700_000_000, 0).expect("a time") + TimeDelta::days(2);
    let asked = yahoo::Asked::daily("BENCH".parse().expect("a symbol"), now);
    assert!(
        matches!(yahoo::read_chart(200, body.as_bytes(), &asked), Ok(Outcome::Answered(h)) if h.bars.len() > 1_250)
    );

    let mut group = c.benchmark_group("chart of 5 years");
    group.throughput(Throughput::Bytes(body.len() as u64));
    group.bench_function("baseline: JSON alone", |b| {
        b.iter(|| serde_json::from_slice::<serde_json::Value>(black_box(body.as_bytes())));
    });
    group.bench_function("to checked bars", |b| {
        b.iter(|| yahoo::read_chart(200, black_box(body.as_bytes()), &asked));
    });
    group.finish();
}

criterion_group!(benches, benchmark);
criterion_main!(benches);
