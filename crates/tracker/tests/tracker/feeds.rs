//! Sources of the user's own, beside the simulated price service.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex};

use bellwether_domain::{Exchange, PortfolioId, Symbol};
use bellwether_tracker::{FeedSettings, Tracker, Upstream, View};
use chrono::NaiveDate;
use rust_decimal::Decimal;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::database::{TestDatabase, clock, on_both};
use crate::refresh::{SATURDAY, look, many, portfolio, simulator, upstream};

/// A server of price files by symbol, and how often each was asked for.
#[derive(Clone, Default)]
struct Files {
    bodies: Arc<Mutex<HashMap<String, String>>>,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Files {
    /// Closes of every trading day since 2024: 90 on all, but for the last.
    fn put(&self, symbol: &str, until: &str, last: &str) {
        let until: NaiveDate = until.parse().unwrap();
        let mut csv = "Date,Close\n".to_owned();
        let mut day: NaiveDate = "2024-01-02".parse().unwrap();
        while day < until {
            writeln!(csv, "{day},90").unwrap();
            day = Exchange::NewYork.next_trading_day(day);
        }
        writeln!(csv, "{until},{last}").unwrap();
        self.bodies.lock().unwrap().insert(symbol.to_owned(), csv);
    }

    fn calls(&self) -> usize {
        self.asked.lock().unwrap().len()
    }

    /// Serves them, and describes the source to the program.
    async fn serve(&self, covered: &str) -> FeedSettings {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let files = self.clone();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let files = files.clone();
                tokio::spawn(async move {
                    let mut head = Vec::new();
                    while !head.ends_with(b"\r\n\r\n") {
                        let Ok(byte) = stream.read_u8().await else { return };
                        head.push(byte);
                    }
                    let head = String::from_utf8_lossy(&head).into_owned();
                    let symbol = head.split([' ', '/', '?']).nth(2).unwrap_or_default().to_owned();
                    let body = files.bodies.lock().unwrap().get(&symbol).cloned();
                    files.asked.lock().unwrap().push(symbol);
                    let (status, body) = body.map_or((500, String::new()), |body| (200, body));
                    let answer = format!(
                        "HTTP/1.1 {status} X\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
                        body.len()
                    );
                    let _ = stream.write_all(answer.as_bytes()).await;
                });
            }
        });
        let settings = format!(
            "name = \"fund-house\"\nbasis = \"as-traded\"\nurl = \"http://{address}/{{symbol}}?from={{from}}\"\n\
             time_zone = \"America/New_York\"\nkind = \"equity\"\ncurrency = \"USD\"\n\
             symbols = [{{ symbol = \"{covered}\" }}]\ncsv = {{ date = \"Date\", close = \"Close\" }}\n"
        );
        FeedSettings::from_toml(&settings).unwrap()
    }
}

async fn told(tracker: &Tracker, symbol: &str) -> (Decimal, String) {
    let symbol: Symbol = symbol.parse().unwrap();
    let price = tracker.current_price(&symbol).await.unwrap().unwrap();
    (price.price, price.source.to_string())
}

async fn close_on(tracker: &Tracker, id: PortfolioId, symbol: &str, day: &str) -> Decimal {
    let view = View { as_of: day.parse().ok(), ..View::default() };
    let page = tracker.dashboard(id, &view).await.unwrap();
    let report = &page.figures.as_ref().unwrap().report;
    report.holding(&symbol.parse().unwrap()).unwrap().price.as_ref().unwrap().price
}

async fn a_source_of_ones_own_is_asked_for_what_it_covers(database: &TestDatabase) {
    let clock = clock(SATURDAY);
    let (simulator, files) = (simulator(&clock), Files::default());
    files.put("WORLD.FUND", "2026-11-20", "91.25");
    let feed = files.serve("WORLD.FUND").await;
    let tracker = database.tracker_with(upstream(&simulator), vec![feed.clone()], &clock).await;
    let id = portfolio(&tracker, &["KO", "WORLD.FUND"]).await;
    tracker.refresh_now(id).await.unwrap();

    assert_eq!(told(&tracker, "WORLD.FUND").await, (Decimal::new(9_125, 2), "fund-house".to_owned()));
    assert_eq!(told(&tracker, "KO").await.1, "yahoo");
    let of_yahoo = simulator.log_since(0).into_iter().flat_map(|call| call.symbols);
    assert!(of_yahoo.into_iter().all(|symbol| symbol != "WORLD.FUND"));
    assert!(files.calls() > 0);
    let names: Vec<String> =
        tracker.upstream_health().sources.iter().map(|source| source.source.to_string()).collect();
    assert_eq!(names, ["fund-house", "yahoo"]);

    // Its rests and limits are kept as Yahoo's are.
    let calls = files.calls();
    drop(tracker);
    let reopened = database.tracker_with(upstream(&simulator), vec![feed], &clock).await;
    let counters = reopened.upstream_health().sources.remove(0).upstream.unwrap();
    assert_eq!(counters.calls_last_hour as usize, calls);
    reopened.refresh_now(id).await.unwrap();
    assert_eq!(files.calls(), calls, "nothing is due");
}

async fn without_yahoo_the_own_source_goes_on_alone(database: &TestDatabase) {
    let clock = clock(SATURDAY);
    let files = Files::default();
    files.put("WORLD.FUND", "2026-11-20", "91");
    let feed = files.serve("WORLD.FUND").await;
    let tracker = database.tracker_with(Upstream::Nobody, vec![feed], &clock).await;
    let id = portfolio(&tracker, &["KO", "WORLD.FUND"]).await;
    tracker.refresh_now(id).await.unwrap();
    assert_eq!(told(&tracker, "WORLD.FUND").await.0, Decimal::from(91));
    let calls = files.calls();
    assert!(!tracker.refresh_if_due(id).await.unwrap(), "nobody covers the others");
    tracker.refresh_now(id).await.unwrap();
    assert_eq!(files.calls(), calls);
}

async fn yahoo_stands_in_and_the_histories_stay_apart(database: &TestDatabase) {
    let clock = clock(SATURDAY);
    let (simulator, files) = (simulator(&clock), Files::default());
    let feed = files.serve("KO").await;
    let tracker = database.tracker_with(upstream(&simulator), vec![feed], &clock).await;
    let id = portfolio(&tracker, &["KO"]).await;
    tracker.refresh_now(id).await.unwrap();
    let (of_yahoo, source) = told(&tracker, "KO").await;
    assert_eq!(source, "yahoo", "the own source is down");
    let thursday = close_on(&tracker, id, "KO", "2026-11-19").await;

    // On Tuesday morning, with Monday's bar final, it is there again: its whole history comes first.
    files.put("KO", "2026-11-23", "90");
    clock.set("2026-11-24T12:00:00Z".parse().unwrap());
    tracker.refresh_now(id).await.unwrap();
    assert_eq!(told(&tracker, "KO").await, (Decimal::from(90), "fund-house".to_owned()));
    assert_eq!(close_on(&tracker, id, "KO", "2026-11-19").await, Decimal::from(90));
    assert_ne!(thursday, Decimal::from(90));
    assert_ne!(of_yahoo, Decimal::from(90));
}

async fn a_year_of_closes_does_not_take_the_place_of_a_longer_history(database: &TestDatabase) {
    let clock = clock(SATURDAY);
    let (simulator, files) = (simulator(&clock), Files::default());
    files.put("ZZ.FUND", "2026-11-20", "90");
    let feed = files.serve("ZZ.FUND").await;
    let tracker = database.tracker_with(upstream(&simulator), vec![feed], &clock).await;
    let symbols = many(30);
    let held: Vec<&str> = symbols.iter().map(String::as_str).chain(["ZZ.FUND"]).collect();
    let id = portfolio(&tracker, &held).await;
    tracker.refresh_now(id).await.unwrap();
    assert_eq!(close_on(&tracker, id, "ZZ.FUND", "2025-06-02").await, Decimal::from(90));

    // All histories lack Monday's bar: more than one load fetches, so that some are asked for a year of closes first.
    files.put("ZZ.FUND", "2026-11-23", "91");
    clock.set("2026-11-24T12:00:00Z".parse().unwrap());
    tracker.refresh_now(id).await.unwrap();
    assert_eq!(close_on(&tracker, id, "ZZ.FUND", "2025-06-02").await, Decimal::from(90));
    assert_eq!(told(&tracker, "ZZ.FUND").await.0, Decimal::from(91));
    assert_eq!(look(&tracker, id).await.figures.unwrap().report.totals.unpriced, []);
}

on_both!(
    a_source_of_ones_own_is_asked_for_what_it_covers,
    without_yahoo_the_own_source_goes_on_alone,
    yahoo_stands_in_and_the_histories_stay_apart,
    a_year_of_closes_does_not_take_the_place_of_a_longer_history,
);
