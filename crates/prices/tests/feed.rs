//! Feeds of the user's own over real HTTP.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use bellwether_domain::{Clock, Currency, FixedClock, InstrumentKind, PriceBasis, Symbol};
use bellwether_prices::{
    Feed, FeedSettings, Gateway, History, LoadBudget, NotAnswered, Outcome, Provider, Request, Response,
    SteppingPause, Suspicion, Transport, TransportError,
};
use chrono::{NaiveDate, TimeDelta};
use proptest::prelude::*;
use rust_decimal::Decimal;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// A Wednesday.
const NOW: &str = "2026-03-04T16:00:00Z";

/// A status and a body.
type Answer = (u16, Vec<u8>);

/// What is sent for each path, and what was asked.
#[derive(Clone, Default)]
struct Served {
    bodies: Arc<Mutex<HashMap<String, Answer>>>,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Served {
    fn put(&self, path: &str, status: u16, body: impl Into<Vec<u8>>) {
        self.bodies.lock().unwrap().insert(path.to_owned(), (status, body.into()));
    }

    /// The requests so far: method, path and headers in lower case.
    fn requests(&self) -> Vec<String> {
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
struct Desk {
    feed: Feed,
    served: Served,
    clock: Arc<FixedClock>,
}

/// Settings with `HOST` in place of the server's address.
async fn desk(settings: &str) -> Desk {
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

fn gateway(transport: impl Transport + 'static, settings: &FeedSettings, clock: &Arc<FixedClock>) -> Gateway {
    let pause = SteppingPause::of(Arc::clone(clock));
    Gateway::timed(transport, clock.clone(), pause, settings.limits(), Box::new(|| 0.5))
}

impl Desk {
    fn budget(&self) -> LoadBudget {
        LoadBudget::foreground(50, self.clock.now() + TimeDelta::hours(12))
    }

    async fn history(&self, name: &str) -> Outcome<History> {
        self.feed.history(&symbol(name), date("2026-01-01"), &self.budget()).await
    }

    async fn malformed(&self, name: &str) -> String {
        match self.history(name).await {
            Outcome::NotAnswered(NotAnswered::Malformed(what)) => what,
            other => panic!("{other:?}"),
        }
    }
}

fn symbol(text: &str) -> Symbol {
    text.parse().unwrap()
}

fn date(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn closes(history: &History) -> Vec<(String, f64)> {
    history.bars.iter().map(|bar| (bar.date.to_string(), bar.close)).collect()
}

const GERMAN: &str = r#"
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

const MINIMAL: &str = r#"
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
fn minimal_json(lines: &str) -> String {
    format!("{}\n{lines}", MINIMAL.replace("csv = { date = \"date\", close = \"close\" }", ""))
}

#[tokio::test]
async fn a_foreign_spelling_newest_first_is_read_exactly() {
    let desk = desk(GERMAN).await;
    let body = "Datum;Eröffnung;Hoch;Tief;Schluss;Stücke\r\n\
                03.03.2026;1.101,5;1.110;1.099,25;1.105,75;1.234\r\n\
                27.02.2026;;;;1.090,1;\r\n\
                02.03.2026;;;;;\r\n\
                31.12.2025;1;1;1;1.000;1\r\n";
    desk.served.put("/kurse/DE0001%2F7.csv", 200, body);
    let history = desk.history("GLOBAL.FUND").await.answer().unwrap();

    assert_eq!(
        closes(&history),
        [("2026-02-27".to_owned(), 1_090.1), ("2026-03-03".to_owned(), 1_105.75)],
        "in order, without the empty row and the day before those asked for"
    );
    let bar = history.bars[1];
    assert_eq!((bar.open, bar.high, bar.low, bar.volume), (1_101.5, 1_110.0, 1_099.25, 1_234));
    assert!(history.bars[0].open.is_nan() && history.bars.iter().all(|bar| !bar.provisional));
    assert_eq!((history.source.name.as_str(), history.source.basis), ("fund-house", PriceBasis::AsTraded));
    assert_eq!(
        (history.listing.kind, history.listing.name.as_deref()),
        (InstrumentKind::Fund, Some("Global Equity"))
    );
    let quote = history.quote.unwrap();
    assert_eq!((quote.price, quote.currency), (Decimal::new(110_575, 2), Currency::EUR));
    assert_eq!(quote.previous_close, Some(Decimal::new(10_901, 1)));
    assert_eq!(quote.source.as_str(), "fund-house");

    let request = desk.served.requests().remove(0).to_lowercase();
    assert!(
        request.starts_with("get /kurse/de0001%2f7.csv?von=01.01.2026&bis=05.03.2026 http/1.1\r\n"),
        "{request}"
    );
    assert!(request.contains("x-api-key: hush-hush\r\n") && request.contains("bellwether/"), "{request}");
}

#[tokio::test]
async fn pence_become_pounds() {
    let desk = desk(GERMAN).await;
    desk.served.put(
        "/kurse/SMALL.FUND.csv",
        200,
        "Datum;Schluss;Eröffnung;Hoch;Tief;Stücke\n03.03.2026;1.234,5;;;;",
    );
    let history = desk.history("SMALL.FUND").await.answer().unwrap();
    assert_eq!((closes(&history)[0].1, history.listing.currency()), (12.345, Currency::GBP));
    assert_eq!(history.listing.kind, InstrumentKind::Etf);
    assert_eq!(history.quote.unwrap().price, Decimal::new(12_345, 3));
}

#[tokio::test]
async fn json_is_read_in_every_usual_shape() {
    let objects = r#"{"prices":[{"d":"2026-03-03","c":"11.5","v":7},{"d":"2026-03-02","c":11},{"d":"2026-03-01","c":null}]}"#;
    let arrays = r#"{"t":[1772409600000,1772496000000],"q":[{"close":[11.0,11.5]}]}"#;
    let pairs = r#"{"prices":[[1772409600,11.0],[1772496000,11.5]]}"#;
    let by_day =
        r#"{"Time Series":{"2026-03-03":{"4. close":"11.5000"},"2026-03-02":{"4. close":"11.0000"}}}"#;
    let fields = r#"{"rows":[{"d":"2026-03-02","c":11},{"d":"2026-03-03","c":11.5}]}"#;
    for (body, json) in [
        (objects, r#"{ rows = "$.prices[*]", date = "$.d", close = "$.c", volume = "$.v" }"#),
        (arrays, r#"{ date = "$.t", close = "$.q[0].close", date_format = "epoch-milliseconds" }"#),
        (pairs, r#"{ rows = "$.prices[*]", date = "$[0]", close = "$[1]", date_format = "epoch-seconds" }"#),
        (by_day, r#"{ rows = "$['Time Series'][*]", close = "$['4. close']" }"#),
        (fields, r#"{ date = "$.rows[*].d", close = "$.rows[*].c" }"#),
    ] {
        let settings = minimal_json(&format!("json = {json}")).replace("America/New_York", "UTC");
        let desk = desk(&settings).await;
        desk.served.put("/A.X", 200, body);
        let history = desk.history("A.X").await.answer().unwrap_or_else(|| panic!("{json}"));
        let expected = [("2026-03-02".to_owned(), 11.0), ("2026-03-03".to_owned(), 11.5)];
        assert_eq!(closes(&history), expected, "{json}");
    }
}

#[tokio::test]
async fn columns_that_do_not_belong_together_are_refused() {
    let desk = desk(&minimal_json(r#"json = { date = "$.rows[*].d", close = "$.rows[*].c" }"#)).await;
    desk.served.put("/A.X", 200, r#"{"rows":[{"d":"2026-03-02"},{"d":"2026-03-03","c":11.5}]}"#);
    assert!(desk.malformed("A.X").await.contains("2 dates but 1 values"));
    // As many dates as closes, but of different rows.
    desk.served.put("/A.X", 200, r#"{"rows":[{"d":"2026-03-02"},{"c":11},{"d":"2026-03-03","c":11.5}]}"#);
    assert!(desk.malformed("A.X").await.contains("stand in different places"));
}

#[tokio::test]
async fn the_currency_can_be_told_by_the_answer() {
    let told = MINIMAL.replace("currency = \"USD\"\n", "");
    let csv = desk(&told.replace("close = \"close\"", "close = \"close\", currency = \"unit\"")).await;
    csv.served.put("/A.X", 200, "date,close,unit\n2026-03-02,1150,GBX\n2026-03-03,1160,GBX\n");
    let history = csv.history("A.X").await.answer().unwrap();
    assert_eq!((history.listing.currency(), history.bars[1].close), (Currency::GBP, 11.6));
    csv.served.put("/A.X", 200, "date,close,unit\n2026-03-02,1150,GBX\n2026-03-03,11.6,GBP\n");
    assert!(csv.malformed("A.X").await.contains("row 3 is in another currency"));
    csv.served.put("/A.X", 200, "date,close,unit\n2026-03-02,1150,\n");
    assert!(csv.malformed("A.X").await.contains("row 2, column \"unit\""));

    let json = r#"json = { date = "$.d", close = "$.c", currency = "$.meta.currency" }"#;
    let json = desk(&minimal_json(json).replace("currency = \"USD\"\n", "")).await;
    json.served.put("/A.X", 200, r#"{"meta":{"currency":"CHF"},"d":["2026-03-03"],"c":[7.5]}"#);
    assert_eq!(json.history("A.X").await.answer().unwrap().listing.currency().as_str(), "CHF");
    json.served.put("/A.X", 200, r#"{"meta":{},"d":["2026-03-03"],"c":[7.5]}"#);
    assert!(json.malformed("A.X").await.contains("currency: the path leads to no text"));
}

#[tokio::test]
async fn what_is_no_price_is_refused_with_its_row_and_column() {
    let desk = desk(MINIMAL).await;
    for (body, expected) in [
        ("date,close\n2026-03-02,11\n2026-03-03,0\n", "row 3, column \"close\": 0 is no price"),
        ("date,close\n2026-03-02,-11\n", "row 2, column \"close\": -11 is no price"),
        ("date,close\n2026-03-02,1e300\n", "the close of 2026-03-02 is beyond all prices"),
        ("date,close\n2026-03-02,NaN\n", "row 2, column \"close\": \"NaN\" is no number"),
        ("date,close\n2026-03-02,12 USD\n", "row 2, column \"close\": \"12 USD\" is no number"),
        ("date,close\n2026-03-02,\"12,34\"\n", "row 2, column \"close\": \"12,34\" is no number"),
        (
            "date,close\n02.03.2026,12\n",
            "row 2, column \"date\": \"02.03.2026\" is no date in the form %Y-%m-%d",
        ),
        ("date,close\n,12\n", "row 2, column \"date\": nothing is no date"),
        ("day,price\n2026-03-02,12\n", "there is no column \"date\"; there are day, price"),
        (
            "date,close\n2026-03-02,12\n2026-03-03,13\n2026-03-02,12.5\n",
            "rows 2 and 4 tell different closes of 2026-03-02",
        ),
        ("{\"error\":\"no quota\"}", "there is no column \"date\""),
    ] {
        desk.served.put("/A.X", 200, body);
        let what = desk.malformed("A.X").await;
        assert!(what.contains(expected), "{body}: {what}");
    }
    let long = format!("date,close\n2026-03-02,{}\n", "x".repeat(100_000));
    desk.served.put("/A.X", 200, long);
    assert!(desk.malformed("A.X").await.len() < 200);
}

#[tokio::test]
async fn the_same_row_twice_is_one_and_tomorrow_is_not_known() {
    let desk = desk(MINIMAL).await;
    desk.served.put(
        "/A.X",
        200,
        "date,close\n2026-03-03,11\n2026-03-03,11\n2026-03-04,11.5\n2026-03-05,99\n",
    );
    let history = desk.history("A.X").await.answer().unwrap();
    assert_eq!(closes(&history), [("2026-03-03".to_owned(), 11.0), ("2026-03-04".to_owned(), 11.5)]);
    assert_eq!(history.bars.iter().map(|bar| bar.provisional).collect::<Vec<_>>(), [false, true]);
    let quote = history.quote.unwrap();
    assert_eq!(
        (quote.price, quote.as_of),
        (Decimal::new(115, 1), desk.clock.now()),
        "the session still runs"
    );
}

#[tokio::test]
async fn the_newest_row_is_as_old_as_its_session() {
    let desk = desk(MINIMAL).await;
    desk.served.put("/A.X", 200, "date,close\n2026-03-02,11\n2026-03-03,11.5\n");
    let (name, outcome) = desk.feed.quotes(&[symbol("A.X")], &desk.budget()).await.remove(0);
    let quote = outcome.answer().unwrap();
    assert_eq!((name, quote.as_of.to_rfc3339()), (symbol("A.X"), "2026-03-03T21:00:00+00:00".to_owned()));
    assert_eq!((quote.fetched_at, quote.previous_close), (desk.clock.now(), Some(Decimal::from(11))));
}

#[tokio::test]
async fn impossible_prices_are_set_aside_like_everybodys() {
    let desk = desk(MINIMAL).await;
    desk.served.put("/A.X", 200, "date,close\n2026-02-27,11\n2026-03-02,1120\n2026-03-03,11.5\n");
    let history = desk.history("A.X").await.answer().unwrap();
    assert_eq!((history.bars.len(), history.suspects.len()), (2, 1));
    assert!(matches!(history.suspects[0].suspicion, Suspicion::OtherScale { .. }));

    desk.served.put("/A.X", 200, "date,close\n2026-02-27,11\n2026-03-02,11.2\n2026-03-03,1150\n");
    let quotes = desk.feed.quotes(&[symbol("A.X")], &desk.budget()).await;
    assert!(matches!(quotes[0].1, Outcome::Suspect(Suspicion::OtherScale { .. })), "{quotes:?}");
}

#[tokio::test]
async fn a_split_of_fifty_is_believed_of_closes_as_traded_once_it_stands() {
    for (basis, aside) in [("as-traded", 0), ("split-adjusted", 3)] {
        let desk = desk(&MINIMAL.replace("split-adjusted", basis)).await;
        let before: Vec<String> = (2..=26).map(|day| format!("2026-01-{day:02},3280\n")).collect();
        let rows = before.concat() + "2026-02-26,65.5\n2026-02-27,66\n2026-03-02,65\n";
        desk.served.put("/A.X", 200, format!("date,close\n{rows}"));
        let history = desk.history("A.X").await.answer().unwrap();
        assert_eq!(history.suspects.len(), aside, "{basis}");
        assert_eq!(history.quote.is_some(), aside == 0, "{basis}");
    }
}

#[tokio::test]
async fn a_price_may_stand_apart() {
    let settings = minimal_json(
        r#"
        json = { date = "$.d", close = "$.c" }
        quote = { url = "HOST/now/{symbol}", price = "$.last", time = "$.at", time_format = "epoch-seconds" }
        "#,
    );
    let desk = desk(&settings).await;
    desk.served.put("/A.X", 200, r#"{"d":["2026-03-03"],"c":[11]}"#);
    desk.served.put("/now/A.X", 200, r#"{"last":"11.75","at":1772640000}"#);
    let asked = desk.feed.quotes(&[symbol("A.X")], &desk.budget()).await.remove(0).1;
    let quote = asked.answer().unwrap();
    assert_eq!((quote.price, quote.as_of.timestamp()), (Decimal::new(1_175, 2), 1_772_640_000));
    let closes =
        desk.feed.recent_closes(&[symbol("A.X")], &desk.budget()).await.remove(0).1.answer().unwrap();
    assert_eq!((closes.bars.len(), closes.quote.unwrap().price), (1, Decimal::from(11)));
    for (body, expected) in [
        (r#"{"at":1772640000}"#, "price: the path leads to 0 places"),
        (r#"{"last":0,"at":1772640000}"#, "price: there is none above zero"),
        (r#"{"last":"soon","at":1772640000}"#, "price: \"soon\" is no number"),
        (r#"{"last":1}"#, "time: the path leads to 0 places"),
        (r#"{"last":1,"at":"noon"}"#, "time: \"noon\" is no time"),
    ] {
        desk.served.put("/now/A.X", 200, body);
        let asked = desk.feed.quotes(&[symbol("A.X")], &desk.budget()).await.remove(0).1;
        let Outcome::NotAnswered(NotAnswered::Malformed(what)) = asked else { panic!("{body}: {asked:?}") };
        assert!(what.contains(expected), "{body}: {what}");
    }
}

#[tokio::test]
async fn a_price_in_the_same_document_is_held_against_its_closes() {
    let settings = minimal_json(
        r#"
        json = { date = "$.d", close = "$.c" }
        quote = { price = "$.last" }
        "#,
    );
    let desk = desk(&settings).await;
    desk.served.put("/A.X", 200, r#"{"d":["2026-03-02","2026-03-03"],"c":[11,11.5],"last":11.6}"#);
    let quote = desk.history("A.X").await.answer().unwrap().quote.unwrap();
    assert_eq!((quote.price, quote.as_of), (Decimal::new(116, 1), desk.clock.now()));
    assert_eq!(quote.previous_close, Some(Decimal::new(115, 1)));
    desk.served.put("/A.X", 200, r#"{"d":["2026-03-02","2026-03-03"],"c":[11,11.5],"last":1160}"#);
    let asked = desk.feed.quotes(&[symbol("A.X")], &desk.budget()).await.remove(0).1;
    assert!(matches!(asked, Outcome::Suspect(Suspicion::OtherScale { .. })), "{asked:?}");
}

#[tokio::test]
async fn days_without_prices_are_no_failure() {
    let desk = desk(MINIMAL).await;
    for body in ["date,close\n", "date,close\n2026-03-02,\n"] {
        desk.served.put("/A.X", 200, body);
        assert_eq!(desk.history("A.X").await, Outcome::NotAnswered(NotAnswered::NothingInWindow), "{body:?}");
    }
}

#[tokio::test]
async fn refusals_mean_what_they_say() {
    for (status, body, expected) in [
        (404, "", Outcome::Unknown),
        (410, "", Outcome::Unknown),
        (400, "", Outcome::NotAnswered(NotAnswered::Refused("status 400".into()))),
        (302, "", Outcome::NotAnswered(NotAnswered::Upstream { status: 302 })),
        (503, "", Outcome::NotAnswered(NotAnswered::Upstream { status: 503 })),
        (200, "", Outcome::NotAnswered(NotAnswered::Upstream { status: 200 })),
        (200, "<html>please log in</html>", Outcome::NotAnswered(NotAnswered::Upstream { status: 200 })),
        (401, "", Outcome::NotAnswered(NotAnswered::Blocked { status: 401 })),
        (429, "", Outcome::NotAnswered(NotAnswered::RateLimited)),
    ] {
        let desk = desk(MINIMAL).await;
        desk.served.put("/A.X", status, body);
        assert_eq!(desk.history("A.X").await, expected, "{status} {body}");
        let calls = desk.served.requests().len();
        assert_eq!(desk.feed.gateway().counters().calls, calls as u64, "{status}");
        let again = desk.history("A.X").await;
        if matches!(status, 401 | 429) {
            assert!(matches!(again, Outcome::NotAnswered(NotAnswered::CircuitOpen { .. })), "{again:?}");
            assert_eq!(desk.served.requests().len(), 1, "a key that is refused is not tried again and again");
        }
    }
}

#[tokio::test]
async fn json_that_is_cut_or_none_at_all_is_the_sources_fault() {
    let desk = desk(&minimal_json(r#"json = { date = "$.d", close = "$.c" }"#)).await;
    desk.served.put("/A.X", 200, r#"{"d":["2026-0"#);
    assert_eq!(desk.history("A.X").await, Outcome::NotAnswered(NotAnswered::Unreachable));
    assert_eq!(desk.served.requests().len(), 3, "worth another try");
    desk.served.put("/A.X", 200, "date,close");
    assert_eq!(desk.history("A.X").await, Outcome::NotAnswered(NotAnswered::Upstream { status: 200 }));
}

#[tokio::test]
async fn a_huge_document_is_not_taken_in() {
    let desk = desk(MINIMAL).await;
    desk.served.put("/A.X", 200, vec![b'1'; 9 * 1024 * 1024]);
    assert!(desk.malformed("A.X").await.contains("too large"));
}

#[tokio::test]
async fn only_what_is_covered_is_asked_for_and_each_symbol_costs_a_call() {
    let desk = desk(MINIMAL).await;
    for name in ["A", "B", "C"] {
        desk.served.put(&format!("/{name}.X"), 200, "date,close\n2026-03-03,11.5\n");
    }
    let symbols = ["A.X", "OTHER", "B.X", ".X", "C.X", "GONE.X"].map(symbol);
    let quotes = desk.feed.quotes(&symbols, &desk.budget()).await;
    let answered: Vec<bool> = quotes.iter().map(|(_, outcome)| outcome.as_answer().is_some()).collect();
    assert_eq!(answered, [true, false, true, false, true, false]);
    assert!(quotes.iter().zip(&symbols).all(|((told, _), asked)| told == asked));
    assert!([1, 3, 5].iter().all(|at| quotes[*at].1 == Outcome::Unknown));
    assert_eq!(desk.served.requests().len(), 4);
    assert!(desk.feed.gateway().counters().peak_in_flight <= 2);
    assert!(desk.feed.covers(&symbol("A.X")) && !desk.feed.covers(&symbol("OTHER")));
}

/// Remembers how much of a budget was left at each call.
struct Watching {
    budget: LoadBudget,
    left: Arc<Mutex<Vec<u32>>>,
}

#[async_trait]
impl Transport for Watching {
    async fn send(&self, _: &Request) -> Result<Response, TransportError> {
        tokio::task::yield_now().await;
        self.left.lock().unwrap().push(self.budget.left());
        let body = b"date,close\n2026-03-03,11.5\n".to_vec();
        Ok(Response { status: 200, body, ..Response::default() })
    }
}

#[tokio::test]
async fn calls_that_wait_hold_only_a_small_share_of_the_budget() {
    let settings = FeedSettings::from_toml(&MINIMAL.replace("HOST", "https://example.org")).unwrap();
    let clock = Arc::new(FixedClock::at(NOW.parse().unwrap()));
    let (budget, left) = (LoadBudget::background(23), Arc::new(Mutex::new(Vec::new())));
    let watching = Watching { budget: budget.clone(), left: Arc::clone(&left) };
    let gateway = gateway(watching, &settings, &clock);
    let symbols: Vec<Symbol> = (0..20).map(|n| symbol(&format!("S{n}.X"))).collect();
    let quotes = Feed::through(settings, gateway).quotes(&symbols, &budget).await;
    assert!(quotes.iter().all(|(_, outcome)| outcome.as_answer().is_some()));
    let left = left.lock().unwrap();
    assert_eq!((left.len(), budget.left()), (20, 3));
    assert!(left.iter().enumerate().all(|(sent, left)| left + sent as u32 + 2 >= 23), "{left:?}");
}

#[tokio::test]
async fn an_hours_calls_are_as_many_as_the_settings_allow() {
    let settings = format!("{MINIMAL}\nlimits = {{ calls_per_hour = 5, concurrency = 1 }}");
    let desk = desk(&settings).await;
    desk.served.put("/A.X", 200, "date,close\n2026-03-03,11.5\n");
    let quote = async || {
        let budget = LoadBudget::foreground(1, desk.clock.now() + TimeDelta::seconds(30));
        desk.feed.quotes(&[symbol("A.X")], &budget).await.remove(0).1
    };
    for _ in 0..5 {
        assert!(quote().await.as_answer().is_some());
        desk.clock.advance(TimeDelta::seconds(2));
    }
    assert_eq!(quote().await, Outcome::NotAnswered(NotAnswered::TooLate));
    assert_eq!(desk.served.requests().len(), 5);
    desk.clock.advance(TimeDelta::hours(1));
    assert!(quote().await.as_answer().is_some());
}

#[tokio::test]
async fn listed_symbols_are_found_by_name_and_number_without_a_call() {
    let desk = desk(GERMAN).await;
    for text in ["global e", "de0001", "GLOBAL.F"] {
        let hits = desk.feed.search(text, &desk.budget()).await.unwrap();
        assert_eq!(hits.len(), 1, "{text}");
        assert_eq!(
            (&hits[0].symbol, hits[0].name.as_deref()),
            (&symbol("GLOBAL.FUND"), Some("Global Equity"))
        );
    }
    assert!(desk.feed.search(" ", &desk.budget()).await.unwrap().is_empty());
    assert!(desk.served.requests().is_empty());
}

#[test]
fn a_description_that_cannot_be_used_says_what_is_wrong_and_where() {
    let change = |from: &str, to: &str| MINIMAL.replace("HOST", "https://example.org").replace(from, to);
    let csv = "csv = { date = \"date\", close = \"close\" }";
    for (settings, expected) in [
        (change("basis = \"split-adjusted\"\n", ""), "line 1: missing field `basis`"),
        (
            change("split-adjusted", "adjusted"),
            "line 3: unknown variant `adjusted`, expected `as-traded` or `split-adjusted`",
        ),
        (change("basis", "bsis"), "line 3: unknown field `bsis`"),
        (change("name = \"own\"", "name = \"yahoo\""), "line 2: \"yahoo\" cannot name a source"),
        (change("{symbol}", "{ticker}"), "line 4: {ticker} is no place"),
        (change("/{symbol}", "/all.csv"), "url: without {symbol} all symbols would have the same prices"),
        (change("America/New_York", "New York"), "line 5: "),
        (change("kind = \"equity\"\n", ""), "kind: say what the instruments are"),
        (change("kind = \"equity\"", "kind = \"share\""), "line 6: unknown variant `share`"),
        (change("currency = \"USD\"\n", ""), "currency: say the currency"),
        (change("\"USD\"", "\"dollars\""), "line 7: \"dollars\" is not a currency code"),
        (change("suffixes = [\".X\"]\n", ""), "symbols: list the symbols"),
        (change("\".X\"", "\" \""), "line 8: \" \" is no end of a symbol"),
        (change(csv, ""), "csv: say how the answers are to be read"),
        (
            change(csv, &format!("{csv}\njson = {{ date = \"$.d\", close = \"$.c\" }}")),
            "csv: an answer is [csv] or [json]",
        ),
        (change("close = \"close\"", "close = \"close\", delimiter = \"é\""), "csv.delimiter: "),
        (
            change("close = \"close\"", "close = \"close\", date_format = \"%d.%m.\""),
            "line 9: \"%d.%m.\" does not tell a whole date",
        ),
        (
            change("close = \"close\"", "close = \"close\", currency = \"c\""),
            "currency: it is told by the answers",
        ),
        (change(csv, "json = { date = \"$.d\", close = \"c\" }"), "line 9: "),
        (change(csv, "json = { close = \"$.c\" }"), "json.date: say where the dates are"),
        (change(csv, &format!("{csv}\nquote = {{ price = \"$.p\" }}")), "quote: a path leads into JSON"),
        (
            change(csv, &format!("{csv}\nquote = {{ url = \"https://example.com/{{symbol}}\" }}")),
            "quote.url: it must be at the same host",
        ),
        (
            change(
                csv,
                "json = { date = \"$.d\", close = \"$.c\" }\nquote = { price = \"$.p\", time = \"$.t\" }",
            ),
            "quote.time_format: ",
        ),
        (
            change(
                csv,
                "json = { date = \"$.d\", close = \"$.c\" }\nquote = { price = \"$.p\", time = \"$.t\", time_format = \"%Y-%m-%d\" }",
            ),
            "quote.time_format: it tells a day, but no time of day",
        ),
        (change(csv, &format!("{csv}\nlimits = {{ calls_per_hour = 0 }}")), "line 10: "),
        (
            change(csv, &format!("{csv}\nheaders = {{ \"a b\" = \"c\" }}")),
            "headers: \"a b\" is no name of a header",
        ),
        (change(csv, &format!("{csv}\nheaders = {{ Key = \"hush\\n\" }}")), "headers: the value of Key"),
        (
            change(csv, &format!("{csv}\nsymbols = [{{ symbol = \"A\" }}, {{ symbol = \"a\" }}]")),
            "symbols: A is listed twice",
        ),
        (change("]\n", "\n"), "line "),
    ] {
        let refusal = FeedSettings::from_toml(&settings).expect_err(&settings).to_string();
        assert!(refusal.starts_with(expected), "{settings}\n{refusal}");
        assert!(!refusal.contains("hush"), "{refusal}");
    }
}

#[test]
fn secrets_are_not_shown() {
    let settings = GERMAN.replace("HOST/kurse", "https://example.org/hush-hush");
    let settings = FeedSettings::from_toml(&settings).unwrap();
    let shown = format!("{settings:?} {:?}", settings.transport().unwrap());
    assert!(!shown.contains("hush"), "{shown}");
    // A mistake in the line of a secret shows where it is, not what it is.
    for mistake in [
        "headers = { Key = [\"4711\"] }",
        "headers = { Key = 4711 }",
        "headers = { Key = 4711.5 }",
        "headers = { Key = 4711-01-02 }",
        "headers = 4711",
        "headers = \"4711, expected 4711\"",
        "headers = { Key = 4711",
        "headers = { Key = 4711x }",
        "headers = { Key = \"4711 }",
        "headers = { Key = \"\\4711\" }",
        "url = \"https://me:4711@bad host/\"",
        "url = \"ftp://me:4711@example.org/\"",
        "url = \"https://me:4711@example.org/\"",
    ] {
        let refusal = FeedSettings::from_toml(mistake).unwrap_err();
        assert!(refusal.place == "line 1" && !refusal.what.is_empty(), "{refusal}");
        assert!(!refusal.to_string().contains("4711"), "{refusal}");
    }
}

#[test]
fn a_folder_holds_one_source_a_file() {
    let folder = std::env::temp_dir().join(format!("bellwether-feeds-{}", std::process::id()));
    assert_eq!(FeedSettings::in_folder(&folder).unwrap().len(), 0, "no folder, no feeds");
    std::fs::create_dir_all(&folder).unwrap();
    let settings = MINIMAL.replace("HOST", "https://example.org");
    std::fs::write(folder.join("b.toml"), &settings).unwrap();
    std::fs::write(folder.join("a.toml"), settings.replace("\"own\"", "\"other\"")).unwrap();
    std::fs::write(folder.join("notes.txt"), "no feed").unwrap();
    let names = |feeds: Vec<FeedSettings>| -> Vec<String> {
        feeds.iter().map(|feed| feed.source().name.as_str().to_owned()).collect()
    };
    assert_eq!(names(FeedSettings::in_folder(&folder).unwrap()), ["other", "own"]);
    std::fs::write(folder.join("c.toml"), &settings).unwrap();
    let refusal = FeedSettings::in_folder(&folder).unwrap_err();
    assert!(refusal.place.ends_with("c.toml") && refusal.what.contains("another source named"), "{refusal}");
    std::fs::write(folder.join("c.toml"), "name = 1").unwrap();
    let refusal = FeedSettings::in_folder(&folder).unwrap_err();
    assert!(refusal.place.ends_with("c.toml") && refusal.what.starts_with("line 1: "), "{refusal}");
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn the_examples_of_the_manual_can_be_used() {
    let manual = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/OPERATIONS.md");
    let manual = std::fs::read_to_string(manual).unwrap();
    let examples: Vec<&str> = manual
        .split("```toml\n")
        .skip(1)
        .filter_map(|block| block.split("```").next())
        .filter(|block| block.contains("basis = "))
        .collect();
    assert!(examples.len() >= 2, "{}", examples.len());
    for example in examples {
        FeedSettings::from_toml(example).unwrap_or_else(|error| panic!("{error}\n{example}"));
    }
}

/// Sends the same bytes whatever is asked.
struct Bytes(Vec<u8>);

#[async_trait]
impl Transport for Bytes {
    async fn send(&self, _: &Request) -> Result<Response, TransportError> {
        Ok(Response { status: 200, body: self.0.clone(), ..Response::default() })
    }
}

fn hostile_body() -> impl Strategy<Value = Vec<u8>> {
    let csv = "date,close\n2026-03-02,11\n2026-03-03,\"11.5\"\n";
    let json = r#"{"d":["2026-03-02","2026-03-03"],"c":[11,"11.5"],"last":11.6,"cur":"USD"}"#;
    let mutated =
        (prop::sample::select(vec![csv, json]), prop::collection::vec((any::<usize>(), any::<u8>()), 0..6))
            .prop_map(|(text, changes)| {
                let mut bytes = text.as_bytes().to_vec();
                for (at, byte) in changes {
                    let at = at % bytes.len();
                    bytes[at] = byte;
                }
                bytes
            });
    let numbers = (any::<f64>(), any::<i64>(), "\\PC{0,12}").prop_map(|(number, day, text)| {
        let text = serde_json::to_string(&text).unwrap();
        format!(r#"{{"d":[{day},"2026-03-03",{text}],"c":[{number:e},{text},11],"last":{number:e}}}"#)
            .into_bytes()
    });
    prop_oneof![prop::collection::vec(any::<u8>(), 0..300), mutated, numbers]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn no_bytes_panic_or_become_an_impossible_price(body in hostile_body(), epoch in any::<bool>(), comma in any::<bool>()) {
        let json = if epoch { "json = { date = \"$.d\", close = \"$.c\", date_format = \"epoch-seconds\" }" }
            else { "json = { date = \"$.d\", close = \"$.c\", open = \"$..c\" }\nquote = { price = \"$.last\" }" };
        let csv = MINIMAL.replace("close = \"close\"", &format!("close = \"close\", decimal_comma = {comma}"));
        for settings in [minimal_json(json), csv] {
            let settings = FeedSettings::from_toml(&settings.replace("HOST", "https://example.org")).unwrap();
            let clock = Arc::new(FixedClock::at(NOW.parse().unwrap()));
            let gateway = gateway(Bytes(body.clone()), &settings, &clock);
            let feed = Feed::through(settings, gateway);
            let asked = async {
                let budget = LoadBudget::background(10);
                let name = symbol("A.X");
                (feed.history(&name, NaiveDate::MIN, &budget).await, feed.quotes(&[name], &budget).await)
            };
            let (history, quotes) = tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(asked);
            if let Outcome::Answered(history) = history {
                prop_assert!(history.bars.iter().all(|bar| bar.close > 0.0 && bar.close.is_finite()));
                prop_assert!(history.bars.windows(2).all(|pair| pair[0].date < pair[1].date));
                prop_assert_eq!(history.bars.len(), history.adjusted_closes.len());
            }
            if let Outcome::Answered(quote) = &quotes[0].1 {
                prop_assert!(quote.price > Decimal::ZERO);
            }
        }
    }
}
