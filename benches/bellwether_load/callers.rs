//! Callers over kept connections, and how long they waited.

use std::fmt;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

/// One kept connection that asks for one address.
pub(crate) struct Caller {
    stream: BufReader<TcpStream>,
    request: Vec<u8>,
    pub(crate) body: Vec<u8>,
}

impl Caller {
    pub(crate) fn new(address: &str, path: &str, encoding: &str) -> Self {
        let stream = TcpStream::connect(address).expect("the server listens");
        stream.set_nodelay(true).expect("a TCP socket");
        let request =
            format!("GET {path} HTTP/1.1\r\nhost: {address}\r\naccept-encoding: {encoding}\r\n\r\n");
        Self { stream: BufReader::new(stream), request: request.into_bytes(), body: Vec::new() }
    }

    /// Asks and reads the whole answer, which must be a good one; its length.
    pub(crate) fn ask(&mut self) -> usize {
        self.stream.get_mut().write_all(&self.request).expect("the connection is kept");
        let (mut length, mut line) = (0, String::new());
        self.stream.read_line(&mut line).expect("a status");
        assert!(line.starts_with("HTTP/1.1 200"), "{line}");
        while !line.trim().is_empty() {
            line.clear();
            self.stream.read_line(&mut line).expect("a header");
            if let Some(value) = line.strip_prefix("content-length:") {
                length = value.trim().parse().expect("a number");
            }
        }
        self.body.resize(length, 0);
        self.stream.read_exact(&mut self.body).expect("the body");
        length
    }
}

/// How long calls took, of so much time.
#[derive(Default)]
pub(crate) struct Figures {
    calls: Vec<Duration>,
    time: Duration,
}

impl Figures {
    pub(crate) fn add(&mut self, more: Self) {
        self.calls.extend(more.calls);
        self.time += more.time;
    }

    pub(crate) fn time<T>(&mut self, call: impl FnOnce() -> T) {
        let began = Instant::now();
        call();
        self.calls.push(began.elapsed());
        self.time += began.elapsed();
    }

    pub(crate) fn per_second(&self) -> f64 {
        self.calls.len() as f64 / self.time.as_secs_f64()
    }

    pub(crate) fn quantile(&self, part: f64) -> Duration {
        let mut calls = self.calls.clone();
        calls.sort_unstable();
        let place = ((calls.len() as f64 * part) as usize).min(calls.len().saturating_sub(1));
        calls.get(place).copied().unwrap_or_default()
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (median, tail) = (self.quantile(0.5), self.quantile(0.99));
        write!(f, "{:8.0}/s, p50 {median:.1?}, p99 {tail:.1?}", self.per_second())
    }
}

/// Has so many callers ask without pause for a time.
pub(crate) fn call_for(time: Duration, callers: usize, address: &str, path: &str) -> Figures {
    let began = Instant::now();
    let calls = std::thread::scope(|scope| {
        let callers: Vec<_> = (0..callers)
            .map(|_| {
                scope.spawn(|| {
                    let (mut caller, mut figures) = (Caller::new(address, path, "br"), Figures::default());
                    while began.elapsed() < time {
                        figures.time(|| caller.ask());
                    }
                    figures.calls
                })
            })
            .collect();
        callers.into_iter().flat_map(|caller| caller.join().expect("a caller ends well")).collect()
    });
    Figures { calls, time: began.elapsed() }
}
