//! The real binary as a process, and asking it over HTTP.

use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::Arc;

use bellwether_domain::{PortfolioId, SystemClock};
use bellwether_tracker::{Tracker, TrackerOptions, Upstream};
use bellwether_yahoo_sim::{SimConfig, Simulator};
use serde_json::Value;
use tempfile::TempDir;

/// The program with nothing of this machine's own settings.
pub(crate) fn bellwether(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_bellwether"));
    command
        .env_clear()
        .env("BELLWETHER_SIGN_IN", "off")
        .env("HOME", folder)
        .current_dir(folder)
        .stdin(Stdio::null());
    command.args(["--database", "test.sqlite", "--log", "warn"]);
    command
}

pub(crate) fn run(folder: &Path, arguments: &[&str]) -> Output {
    bellwether(folder).args(["--upstream", "none"]).args(arguments).output().unwrap()
}

pub(crate) fn said(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// A file of so many purchases and one sale now and then.
pub(crate) fn trades(folder: &Path, rows: usize) -> PathBuf {
    let mut csv = "Ticker,Type,Date,Price,Shares\n".to_owned();
    for row in 0..rows {
        let (month, day) = (row / 28 % 12 + 1, row % 28 + 1);
        writeln!(csv, "T{},Buy,2024-{month:02}-{day:02},{}.5,{}", row % 40, 20 + row % 60, row + 1).unwrap();
    }
    let path = folder.join("trades.csv");
    std::fs::write(&path, csv).unwrap();
    path
}

pub(crate) async fn tracker(folder: &Path) -> Tracker {
    let database = folder.join("test.sqlite").display().to_string();
    let options = TrackerOptions {
        database,
        upstream: Upstream::Nobody,
        feeds: Vec::new(),
        redis: None,
        clock: Arc::new(SystemClock),
    };
    Tracker::open(options).await.unwrap()
}

/// Transactions in the portfolio `Main`; `None` without that portfolio.
pub(crate) async fn booked(folder: &Path) -> Option<usize> {
    let tracker = tracker(folder).await;
    let id = tracker.portfolio_named("Main").await.ok()?.id;
    Some(tracker.ledger(id).await.unwrap().len())
}

/// A running server; killed when dropped.
pub(crate) struct Server {
    pub(crate) process: Child,
    pub(crate) address: String,
    pub(crate) folder: TempDir,
}

impl Server {
    pub(crate) fn start(folder: TempDir, upstream: &str) -> Self {
        Self::told(folder, &["--upstream", upstream, "serve"])
    }

    /// Any command that serves on an address and says on which.
    pub(crate) fn told(folder: TempDir, arguments: &[&str]) -> Self {
        let mut process = bellwether(folder.path())
            .args(["--listen", "127.0.0.1:0"])
            .args(arguments)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim().rsplit_once("http://").unwrap().1.to_owned();
        Self { process, address, folder }
    }

    /// One that knows the simulator's prices of a small portfolio.
    pub(crate) async fn with_a_portfolio() -> (Self, PortfolioId) {
        let folder = TempDir::new().unwrap();
        let csv = "Ticker,Type,Date,Price,Shares\nKO,Buy,2024-03-05,60,10\nMSFT,Buy,2024-03-06,400,2\n";
        std::fs::write(folder.path().join("few.csv"), csv).unwrap();
        assert!(run(folder.path(), &["import", "few.csv"]).status.success());
        let simulator = Simulator::spawn(SimConfig::default()).unwrap();
        let tracker = Tracker::open(TrackerOptions {
            database: folder.path().join("test.sqlite").display().to_string(),
            upstream: Upstream::Simulator(simulator.base_url()),
            feeds: Vec::new(),
            redis: None,
            clock: Arc::new(SystemClock),
        })
        .await
        .unwrap();
        let id = tracker.portfolio_named("Main").await.unwrap().id;
        tracker.refresh_now(id).await.unwrap();
        drop(tracker);
        (Self::start(folder, "none"), id)
    }

    pub(crate) fn send(&self, head: &str, body: &str) -> Answer {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        let length = body.len();
        write!(
            stream,
            "{head}\r\nHost: {}\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{body}",
            self.address
        )
        .unwrap();
        Answer::read(&mut stream)
    }

    pub(crate) fn get(&self, path: &str) -> Answer {
        self.send(&format!("GET {path} HTTP/1.1"), "")
    }

    pub(crate) fn terminate(&self) {
        let pid = self.process.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

pub(crate) struct Answer {
    pub(crate) status: u16,
    head: String,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn read(stream: &mut TcpStream) -> Self {
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).unwrap();
        let end = bytes.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
        let head = said(&bytes[..end]);
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Self { status, head, body: bytes[end + 4..].to_vec() }
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().skip(1).find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then_some(value.trim())
        })
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    #[track_caller]
    pub(crate) fn is_a_problem(&self, status: u16) {
        assert_eq!(self.status, status, "{}", said(&self.body));
        assert_eq!(self.header("content-type"), Some("application/problem+json"));
        let told = self.json();
        assert_eq!(told["status"], status);
        assert!(!told["detail"].as_str().unwrap().is_empty());
    }
}
