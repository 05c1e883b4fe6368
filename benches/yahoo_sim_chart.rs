//! What an answer of the simulator costs, so that it is never the simulator that is measured.
#![allow(missing_docs, clippy::expect_used, reason = "criterion's macros make undocumented items")]

use std::hint::black_box;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Barrier;
use std::time::{Duration, Instant};

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

/// One connection that is kept, and asks one question after another.
struct Caller {
    reader: BufReader<TcpStream>,
    question: String,
    line: String,
    body: Vec<u8>,
}

impl Caller {
    fn new(address: SocketAddr, target: &str) -> Self {
        let stream = TcpStream::connect(address).expect("the simulator listens");
        stream.set_nodelay(true).expect("an open socket");
        let question = format!("GET {target} HTTP/1.1\r\nHost: y\r\nUser-Agent: bench/1\r\n\r\n");
        Self { reader: BufReader::new(stream), question, line: String::new(), body: Vec::new() }
    }

    fn ask(&mut self) {
        self.reader.get_mut().write_all(self.question.as_bytes()).expect("an open connection");
        let mut length = 0;
        loop {
            self.line.clear();
            self.reader.read_line(&mut self.line).expect("a header");
            if self.line == "\r\n" {
                break;
            }
            if let Some(bytes) = self.line.to_ascii_lowercase().strip_prefix("content-length: ") {
                length = bytes.trim().parse().expect("a length");
            }
        }
        self.body.resize(length, 0);
        self.reader.read_exact(&mut self.body).expect("a body");
    }
}

/// How long it takes to ask so often over so many connections, the callers' own work included.
fn time_to_ask(address: SocketAddr, target: &str, connections: u64, times: u64) -> Duration {
    let each = times.div_ceil(connections);
    let start = Barrier::new(connections as usize);
    let call = || {
        let mut caller = Caller::new(address, target);
        caller.ask();
        start.wait();
        let began = Instant::now();
        (0..each).for_each(|_| caller.ask());
        (began, Instant::now())
    };
    let spans: Vec<(Instant, Instant)> = std::thread::scope(|scope| {
        let callers: Vec<_> = (0..connections).map(|_| scope.spawn(call)).collect();
        callers.into_iter().map(|caller| caller.join().expect("a caller that does not panic")).collect()
    });
    let began = spans.iter().map(|(began, _)| *began).min().expect("a caller");
    let ended = spans.iter().map(|(_, ended)| *ended).max().expect("a caller");
    (ended - began).mul_f64(times as f64 / (each * connections) as f64)
}

fn served(c: &mut Criterion) {
    let simulator = simulator();
    let mut group = c.benchmark_group("yahoo_sim_http");
    group.throughput(Throughput::Elements(1));
    for connections in [1, 8] {
        for (name, target) in [
            ("price_of_one_symbol", "/v7/finance/spark?symbols=AAPL&range=1d&interval=1d"),
            ("unknown_symbol", "/v8/finance/chart/ZZUNKNOWN1"),
        ] {
            group.bench_function(format!("{name}_over_{connections}"), |b| {
                b.iter_custom(|times| time_to_ask(simulator.addr, target, connections, times));
            });
        }
    }
    group.finish();
}

criterion_group!(benches, answers, served);
criterion_main!(benches);
