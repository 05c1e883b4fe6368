//! A server of feeds, and who asks it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use bellwether_domain::{Clock, FixedClock, Symbol};
use bellwether_prices::{
    Feed, FeedSettings, Gateway, History, LoadBudget, NotAnswered, Outcome, Provider, SteppingPause,
    Transport,
};
use chrono::{NaiveDate, TimeDelta};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// A Wednesday.
pub(crate) const NOW: &str = "2026-03-04T16:00:00Z";

/// A status and a body.
pub(crate) type Answer = (u16, Vec<u8>);

/// What is sent for each path, and what was asked.
#[derive(Clone, Default)]
pub(crate) struct Served {
    bodies: Arc<Mutex<HashMap<String, Answer>>>,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Served {
    pub(crate) fn put(&self, path: &str, status: u16, body: impl Into<Vec<u8>>) {
        self.bodies.lock().unwrap().insert(path.to_owned(), (status, body.into()));
    }

    /// The requests so far: method, path and headers in lower case.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }

    async fn serve(self, mut stream: TcpStream) {
        let mut request = Vec::new();
        loop {
            match stream.read_u8().await {
                Ok(byte) => request.push(byte),
                Err(_) => return,
            }
            if !request.ends_with(b"\r\n\r\n") {
                continue;
            }
            let text = String::from_utf8_lossy(&std::mem::take(&mut request)).into_owned();
            let path = text.split(' ').nth(1).unwrap_or_default().to_owned();
            self.requests.lock().unwrap().push(text);
            let by_path = |path: &str| self.bodies.lock().unwrap().get(path).cloned();
            let without_query = path.split('?').next().unwrap_or_default();
            let (status, body) =
                by_path(&path).or_else(|| by_path(without_query)).unwrap_or((404, b"no such page".to_vec()));
            let head = format!(
                "HTTP/1.1 {status} X\r\nLocation: /elsewhere\r\nContent-Length: {}\r\n\r\n",
                body.len()
            );
            if stream.write_all(head.as_bytes()).await.is_err() || stream.write_all(&body).await.is_err() {
                return;
            }
        }
    }
}

/// A feed, the server it asks and the clock of both.
pub(crate) struct Desk {
    pub(crate) feed: Feed,
    pub(crate) served: Served,
    pub(crate) clock: Arc<FixedClock>,
}

/// Settings with `HOST` in place of the server's address.
pub(crate) async fn desk(settings: &str) -> Desk {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let host = format!("http://{}", listener.local_addr().unwrap());
    let served = Served::default();
    let server = served.clone();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(server.clone().serve(stream));
        }
    });
    let settings = FeedSettings::from_toml(&settings.replace("HOST", &host)).unwrap();
    let clock = Arc::new(FixedClock::at(NOW.parse().unwrap()));
    let gateway = gateway(settings.transport().unwrap(), &settings, &clock);
    Desk { feed: Feed::through(settings, gateway), served, clock }
}

pub(crate) fn gateway(
    transport: impl Transport + 'static,
    settings: &FeedSettings,
    clock: &Arc<FixedClock>,
) -> Gateway {
    let pause = SteppingPause::of(Arc::clone(clock));
    Gateway::timed(transport, clock.clone(), pause, settings.limits(), Box::new(|| 0.5))
}

impl Desk {
    pub(crate) fn budget(&self) -> LoadBudget {
        LoadBudget::foreground(50, self.clock.now() + TimeDelta::hours(12))
    }

    pub(crate) async fn history(&self, name: &str) -> Outcome<History> {
        self.feed.history(&symbol(name), date("2026-01-01"), &self.budget()).await
    }

    pub(crate) async fn malformed(&self, name: &str) -> String {
        match self.history(name).await {
            Outcome::NotAnswered(NotAnswered::Malformed(what)) => what,
            other => panic!("{other:?}"),
        }
    }
}

pub(crate) fn symbol(text: &str) -> Symbol {
    text.parse().unwrap()
}

pub(crate) fn date(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

pub(crate) fn closes(history: &History) -> Vec<(String, f64)> {
    history.bars.iter().map(|bar| (bar.date.to_string(), bar.close)).collect()
}

pub(crate) const GERMAN: &str = r#"
name = "fund-house"
basis = "as-traded"
url = "HOST/kurse/{symbol}.csv?von={from:%d.%m.%Y}&bis={to:%d.%m.%Y}"
time_zone = "Europe/Berlin"
kind = "fund"
currency = "EUR"
symbols = [
    { symbol = "GLOBAL.FUND", id = "DE0001/7", name = "Global Equity" },
    { symbol = "SMALL.FUND", kind = "etf", currency = "GBp" },
]

[headers]
X-Api-Key = "hush-hush"

[csv]
delimiter = ";"
date = "Datum"
close = "Schluss"
open = "Eröffnung"
high = "Hoch"
low = "Tief"
volume = "Stücke"
date_format = "%d.%m.%Y"
decimal_comma = true
"#;

pub(crate) const MINIMAL: &str = r#"
name = "own"
basis = "split-adjusted"
url = "HOST/{symbol}"
time_zone = "America/New_York"
kind = "equity"
currency = "USD"
suffixes = [".X"]
csv = { date = "date", close = "close" }
"#;

/// [`MINIMAL`] with other lines in place of that of the CSV.
pub(crate) fn minimal_json(lines: &str) -> String {
    format!("{}\n{lines}", MINIMAL.replace("csv = { date = \"date\", close = \"close\" }", ""))
}
