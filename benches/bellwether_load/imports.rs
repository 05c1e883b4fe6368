//! A large file on its way into the ledger, and what others notice of it.

use std::fmt::Write as _;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use bellwether_domain::PortfolioId;

use crate::callers::{Caller, Figures};
use crate::process::Served;
use crate::say;

/// Purchases of forty instruments over twenty years.
fn file(rows: usize) -> String {
    let mut csv = "Ticker,Type,Date,Price,Shares\n".to_owned();
    for row in 0..rows {
        let (year, month, day) = (2005 + row / 336 % 20, row / 28 % 12 + 1, row % 28 + 1);
        let ticker = row % 40;
        // Writing to a String cannot fail.
        let _ = writeln!(csv, "T{ticker},Buy,{year}-{month:02}-{day:02},{}.5,{}", 20 + row % 60, row + 1);
    }
    csv
}

fn send(address: &str, head: &str, body: &str) -> String {
    let mut stream = TcpStream::connect(address).expect("it listens");
    let length = body.len();
    write!(
        stream,
        "{head} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{body}"
    )
    .expect("it reads");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("it answers");
    assert!(answer.starts_with("HTTP/1.1 2"), "{answer:.200}");
    answer
}

/// How long each step takes, the peak of the memory, and the answers of a warm dashboard meanwhile.
pub(crate) fn import(folder: &Path, id: PortfolioId, rows: usize) {
    let served = Served::start(folder);
    let csv = file(rows);
    let dashboard = format!("/dashboard/{id}");
    Caller::new(&served.address, &dashboard, "br").ask();
    let ask_until = |ended: &dyn Fn() -> bool| {
        let mut caller = Caller::new(&served.address, &dashboard, "br");
        let mut figures = Figures::default();
        while !ended() {
            figures.time(|| caller.ask());
            std::thread::sleep(Duration::from_millis(2));
        }
        figures
    };
    let began = Instant::now();
    let idle = ask_until(&|| began.elapsed() > Duration::from_secs(10));
    let before = served.memory_mb();
    let ended = AtomicBool::new(false);
    let (steps, beside) = std::thread::scope(|scope| {
        let work = scope.spawn(|| {
            let all = format!("/api/v1/portfolios/{id}/imports");
            let mut steps = Vec::new();
            let mut step = |name: &'static str, head: &str, body: &str| {
                let began = Instant::now();
                let answer = send(&served.address, head, body);
                steps.push((name, began.elapsed()));
                answer
            };
            let begun = step("upload and preview", &format!("POST {all}"), &csv);
            let location = begun.lines().find_map(|line| line.strip_prefix("location: "));
            let place = location.expect("a draft has an address").trim().to_owned();
            step("a page of rows", &format!("GET {place}/rows?limit=500"), "");
            step("commit", &format!("POST {place}/commit"), "");
            step("undo", &format!("POST {place}/undo"), "");
            ended.store(true, Ordering::Relaxed);
            steps
        });
        let beside = ask_until(&|| ended.load(Ordering::Relaxed));
        (work.join().expect("each step is answered"), beside)
    });
    say(&format!("import of {rows} rows, with a warm dashboard asked for meanwhile"));
    for (name, took) in steps {
        say(&format!("  {took:9.1?}  {name}"));
    }
    say(&format!("  memory {before} MB before, {} MB at the peak", served.peak_memory_mb()));
    say(&format!("  idle    {idle}"));
    say(&format!("  beside  {beside}"));
    say(&format!(
        "  beside to idle: p99 {:.2}",
        beside.quantile(0.99).as_secs_f64() / idle.quantile(0.99).as_secs_f64()
    ));
}
