//! The cached dashboard over HTTP, beside a static answer of the same size from a bare actix server, and beside the
//! same dashboard computed anew.
//!
//! Both servers run on this machine with two workers and answer one client on one connection, so the figures are
//! whole round trips: what counts is their ratio.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use actix_web::{App, HttpResponse, HttpServer, web};
use bytes::Bytes;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};

const BINARY: &str = env!("CARGO_BIN_EXE_bellwether");

/// One kept connection that asks for one address.
struct Client {
    stream: BufReader<TcpStream>,
    request: Vec<u8>,
    body: Vec<u8>,
}

impl Client {
    fn new(address: &str, path: &str, encoding: &str) -> Self {
        let stream = TcpStream::connect(address).expect("the server listens");
        stream.set_nodelay(true).expect("a TCP socket");
        let request =
            format!("GET {path} HTTP/1.1\r\nhost: {address}\r\naccept-encoding: {encoding}\r\n\r\n");
        Self { stream: BufReader::new(stream), request: request.into_bytes(), body: Vec::new() }
    }

    /// Asks and reads the whole answer; its length.
    fn ask(&mut self) -> usize {
        self.stream.get_mut().write_all(&self.request).expect("the connection is kept");
        let (mut length, mut line) = (0, String::new());
        loop {
            line.clear();
            self.stream.read_line(&mut line).expect("a header");
            let lower = line.to_ascii_lowercase();
            if let Some(value) = lower.strip_prefix("content-length:") {
                length = value.trim().parse().expect("a number");
            }
            if line.trim().is_empty() {
                break;
            }
        }
        self.body.resize(length, 0);
        self.stream.read_exact(&mut self.body).expect("the body");
        length
    }
}

/// The program at work; ended with the value.
struct Served {
    process: Child,
    address: String,
}

impl Drop for Served {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn demonstration(folder: &Path) -> Served {
    let mut process = Command::new(BINARY)
        .args(["demo", "--listen", "127.0.0.1:0", "--log", "error"])
        .env("HOME", folder)
        .stdout(Stdio::piped())
        .spawn()
        .expect("the binary was built");
    let mut line = String::new();
    BufReader::new(process.stdout.take().expect("piped")).read_line(&mut line).expect("a line");
    let address = line.trim().rsplit('/').next().expect("an address").to_owned();
    Served { process, address }
}

fn static_server(body: Bytes) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("bound");
    std::thread::spawn(move || {
        actix_web::rt::System::new().block_on(async move {
            let server = HttpServer::new(move || {
                let body = body.clone();
                App::new().route(
                    "/",
                    web::get().to(move || {
                        let body = body.clone();
                        async move { HttpResponse::Ok().content_type("text/html").body(body) }
                    }),
                )
            });
            server.workers(2).listen(listener).expect("bound").run().await
        })
    });
    address
}

/// Where `/` sends to.
fn dashboard_path(address: &str) -> String {
    let mut stream = TcpStream::connect(address).expect("the server listens");
    let request = format!("GET / HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).expect("sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    let location = answer.lines().find_map(|line| line.strip_prefix("location: "));
    location.expect("a redirect").trim().to_owned()
}

fn benchmark(c: &mut Criterion) {
    let folder = tempfile::tempdir().expect("a folder");
    let served = demonstration(folder.path());
    let path = dashboard_path(&served.address);

    for encoding in ["br", "identity"] {
        let mut group = c.benchmark_group(format!("dashboard, {encoding}"));
        let mut kept = Client::new(&served.address, &path, encoding);
        let size = kept.ask();
        group.throughput(Throughput::Bytes(size as u64));
        let static_address = static_server(Bytes::from(kept.body.clone()));
        let mut plain = Client::new(&static_address.to_string(), "/", encoding);
        group.bench_function("static actix answer", |b| b.iter(|| plain.ask()));
        group.bench_function("kept dashboard", |b| b.iter(|| kept.ask()));
        group.finish();
    }

    // Each day of the past is a view of its own: computed, rendered and compressed anew.
    let mut group = c.benchmark_group("dashboard, computed");
    let mut days = (0..).map(|n: i64| {
        chrono::NaiveDate::from_ymd_opt(2026, 10, 30).expect("a date") - chrono::TimeDelta::days(n % 1_700)
    });
    let ranges = ["1D", "1W", "1M", "3M", "YTD", "1Y", "3Y", "5Y", "Max"];
    let mut views = ranges.into_iter().cycle();
    group.sample_size(20);
    group.bench_function("another day", |b| {
        b.iter_batched(
            || {
                let view = format!(
                    "{path}?as_of={}&range={}",
                    days.next().expect("endless"),
                    views.next().expect("endless")
                );
                Client::new(&served.address, &view, "br")
            },
            |mut client| client.ask(),
            criterion::BatchSize::PerIteration,
        );
    });
    group.finish();
}

criterion_group!(benches, benchmark);
criterion_main!(benches);
