//! What a broker's file costs to read: every row checked and turned into a transaction, beside the plain splitting
//! of the same bytes into cells.

use std::fmt::Write;
use std::hint::black_box;

use bellwether_domain::Currency;
use bellwether_statements::{ReadOptions, number_twins, read_transactions};
use chrono::NaiveDate;
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};

/// Trades in a few symbols, written as an American spreadsheet would.
fn trades(rows: u64) -> String {
    let symbols = ["AAPL", "IBM", "MSFT", "GOOG", "BRK-B", "VOD.L"];
    let mut text = String::from("Ticker,Type,Date,Price,Shares,Commission\n");
    for row in 0..rows {
        let symbol = symbols[(row % 6) as usize];
        let kind = if row % 5 == 4 { "Sell" } else { "Buy" };
        let (month, day, year) = (1 + row % 12, 1 + row % 28, 2000 + row % 20);
        writeln!(
            text,
            "{symbol},{kind},{month}/{day}/{year},\"${},{:03}.{:02}\",{}.{:03},4.95",
            1 + row % 3,
            row % 1000,
            row % 100,
            1 + row % 90,
            row % 1000
        )
        .expect("memory does not fail");
    }
    text
}

fn reading(c: &mut Criterion) {
    let options = ReadOptions::new(Currency::USD, NaiveDate::from_ymd_opt(2026, 1, 2).expect("a date"));
    let mut group = c.benchmark_group("statements_csv");
    for rows in [500, 5_000] {
        let text = trades(rows);
        let statement = read_transactions(text.as_bytes(), &options).expect("a table");
        assert_eq!(statement.transactions().count() as u64, rows);

        group.throughput(Throughput::Elements(rows));
        group.bench_with_input(BenchmarkId::new("transactions", rows), &text, |b, text| {
            b.iter(|| read_transactions(black_box(text.as_bytes()), &options));
        });
        group.bench_with_input(BenchmarkId::new("fingerprints", rows), &statement, |b, statement| {
            b.iter(|| number_twins(black_box(&statement.rows)));
        });
        group.bench_with_input(BenchmarkId::new("cells alone, by the csv crate", rows), &text, |b, text| {
            b.iter(|| {
                let mut reader = csv::Reader::from_reader(black_box(text.as_bytes()));
                let mut record = csv::StringRecord::new();
                let mut cells = 0;
                while reader.read_record(&mut record).expect("a table") {
                    cells += record.len();
                }
                cells
            });
        });
    }
    group.finish();
}

criterion_group!(benches, reading);
criterion_main!(benches);
