//! Streams over real connections, and viewers by themselves.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use bellwether_domain::SystemClock;
use bellwether_texts::Locale;
use bellwether_tracker::{
    Event, ImportFile, ImportTarget, PortfolioSettings, Tracker, TrackerOptions, Upstream, View,
};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep, timeout, timeout_at};

use super::*;
use crate::web::EventLog;

const PATIENCE: Duration = Duration::from_secs(20);

/// A served portfolio of KO and MSFT with prices of today.
struct Site {
    state: web::Data<State>,
    address: SocketAddr,
    id: PortfolioId,
}

impl Site {
    async fn open() -> Self {
        let tracker = Tracker::open(TrackerOptions {
            database: "sqlite::memory:".to_owned(),
            upstream: Upstream::Nobody,
            feeds: Vec::new(),
            redis: None,
            clock: Arc::new(SystemClock),
        })
        .await
        .expect("a tracker");
        let file = ImportFile {
            name: "few.csv".to_owned(),
            bytes: b"Ticker,Type,Date,Price,Shares\nKO,Buy,2024-03-05,60,10\nMSFT,Buy,2024-03-06,400,2\n"
                .to_vec(),
            currency: None,
        };
        tracker
            .import(ImportTarget::Named(PortfolioSettings::named("Main")), file, false)
            .await
            .expect("imported");
        let id = tracker.portfolio_named("Main").await.expect("there").id;
        let listener = crate::web::bind(SocketAddr::from(([127, 0, 0, 1], 0))).expect("a port");
        let address = listener.local_addr().expect("bound");
        let state = web::Data::new(State::new(tracker, Vec::new(), EventLog::default()));
        actix_web::rt::spawn(crate::web::server(listener, state.clone()).expect("a server"));
        let site = Self { state, address, id };
        site.price("KO", "62.00").await;
        site.price("MSFT", "410.00").await;
        site
    }

    async fn price(&self, symbol: &str, price: &str) {
        let (symbol, price) = (symbol.parse().expect("a symbol"), price.parse().expect("a price"));
        let currency = "USD".parse().ok();
        self.state.tracker.record_price(symbol, None, price, currency).await.expect("recorded");
    }

    async fn listen(&self, query: &str, head: &str) -> Client {
        let mut stream = TcpStream::connect(self.address).await.expect("connected");
        let request = format!("GET /api/v1/events?{query} HTTP/1.1\r\nHost: {}\r\n{head}\r\n", self.address);
        stream.write_all(request.as_bytes()).await.expect("asked");
        Client { stream, text: String::new() }
    }

    async fn page(&self) -> String {
        let mut stream = TcpStream::connect(self.address).await.expect("connected");
        let request = format!(
            "GET /dashboard/{} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n",
            self.id, self.address
        );
        stream.write_all(request.as_bytes()).await.expect("asked");
        let mut page = String::new();
        stream.read_to_string(&mut page).await.expect("a page");
        page
    }

    fn log(&self, words: &str) {
        let event = Event::Logged { level: "info".to_owned(), words: words.to_owned() };
        self.state.tracker.bus().publish(self.state.tracker.clock().now(), event);
    }

    fn watched(&self) -> Watched {
        let reader = Reader { user: self.state.tracker.owner(), is_owner: true };
        Watched { reader, portfolio: Some(self.id), view: View::default(), locale: Locale::english() }
    }

    fn viewer(&self, after: Option<u64>) -> Viewer {
        let events = &self.state.events;
        let watch = events.watch(&self.state, self.watched()).expect("not over");
        let seat = events.seats.take(self.address.ip()).expect("a seat");
        let wire = Wire::of(self.state.tracker.bus().process());
        let id = after.map(|number| format!("{}-{number}", self.state.tracker.bus().process()));
        Viewer::join(watch, seat, &wire, id.as_deref(), None)
    }

    /// A purchase that makes another row.
    async fn buy_another(&self) {
        let file = ImportFile {
            name: "more.csv".to_owned(),
            bytes: b"Ticker,Type,Date,Price,Shares\nPG,Buy,2024-05-06,160,1\n".to_vec(),
            currency: None,
        };
        self.state.tracker.import(ImportTarget::Portfolio(self.id), file, false).await.expect("imported");
    }

    async fn streams_are(&self, count: usize) {
        let until = async {
            while self.state.events.seats.taken() != count {
                sleep(Duration::from_millis(5)).await;
            }
        };
        timeout(Duration::from_secs(8), until).await.expect("before any heartbeat finds out");
    }
}

struct Client {
    stream: TcpStream,
    text: String,
}

impl Client {
    /// Reads on until the answer has these words; `None` when it ends before.
    async fn try_until(&mut self, words: &str) -> Option<&str> {
        let mut bytes = vec![0; 65_536];
        let until = Instant::now() + PATIENCE;
        while !self.text.contains(words) {
            let read = timeout_at(until, self.stream.read(&mut bytes)).await;
            let read = read.unwrap_or_else(|_| panic!("{words:?} never came:\n{}", self.text)).ok()?;
            if read == 0 {
                return None;
            }
            self.text.push_str(&String::from_utf8_lossy(&bytes[..read]));
        }
        Some(&self.text)
    }

    async fn until(&mut self, words: &str) -> &str {
        self.try_until(words).await.expect("an open stream")
    }

    /// The data of the first event of that kind.
    async fn data(&mut self, event: &str) -> Value {
        let mark = format!("event: {event}\ndata: ");
        self.until(&mark).await;
        loop {
            let (_, rest) = self.text.split_once(&mark).expect("it came");
            if let Some((data, _)) = rest.split_once("\n\n") {
                return serde_json::from_str(data).expect("JSON");
            }
            let length = self.text.len();
            let mut bytes = vec![0; 65_536];
            let read =
                timeout(PATIENCE, self.stream.read(&mut bytes)).await.expect("the rest").expect("read");
            self.text.push_str(&String::from_utf8_lossy(&bytes[..read]));
            assert!(self.text.len() > length);
        }
    }
}

/// Title and text of each cell of a page, as its HTML has them.
fn cells_of(page: &str) -> BTreeMap<String, (String, String)> {
    let plain = |text: &str| {
        text.replace("&quot;", "\"").replace("&#39;", "'").replace("&#x27;", "'").replace("&amp;", "&")
    };
    let mut cells = BTreeMap::new();
    for part in page.split(" data-cell=\"").skip(1) {
        let (name, rest) = part.split_once('"').expect("a name");
        let (attributes, inner) = rest.split_once('>').expect("an element");
        let title =
            attributes.split_once("title=\"").map_or("", |(_, title)| title.split('"').next().unwrap_or(""));
        let end = if name.starts_with("freshness") { "</div>" } else { "data-cell" };
        let inner = inner.split(end).next().unwrap_or(inner);
        let text = match inner.split_once("data-text>") {
            Some((before, text)) if !before.contains("</td>") && !before.contains("</dt>") => text,
            _ => inner,
        };
        cells.insert(plain(name), (plain(title), plain(text.split('<').next().unwrap_or(""))));
    }
    cells
}

fn shown(page: &str) -> &str {
    page.split_once("data-shown=\"").and_then(|(_, rest)| rest.split('"').next()).expect("a version")
}

#[actix_web::test]
async fn an_open_page_with_the_changes_put_in_is_the_page_that_a_reload_shows() {
    let site = Site::open().await;
    let before = site.page().await;
    let mut client = site.listen(&format!("portfolio={}&shown={}", site.id, shown(&before)), "").await;
    client.until(": listening").await;
    let watch = site.state.events.watch(&site.state, site.watched()).expect("not over");
    while watch.all(None).is_none() {
        sleep(Duration::from_millis(1)).await;
    }

    site.price("KO", "70.50").await;
    let told = client.data("figures").await;
    let after = site.page().await;

    assert_eq!(told["version"], shown(&after));
    let cells = told["cells"].as_object().expect("cells");
    assert_eq!(cells["holding:KO:price"]["text"], "70.50");
    // 10 x 70.50 + 2 x 410
    assert_eq!(
        (cells["value"]["text"].as_str(), cells["value"]["more"].as_str()),
        (Some("1,525"), Some(".00"))
    );
    assert!(!cells.contains_key("holding:MSFT:price"), "{cells:?}");
    let mut patched = cells_of(&before);
    assert!(patched.len() > 40, "{}", patched.len());
    for (name, cell) in cells {
        let known = patched.get_mut(name).unwrap_or_else(|| panic!("{name} is not on the page"));
        let text = |key: &str| cell[key].as_str().unwrap_or_default().to_owned();
        *known = (text("title"), text("text"));
    }
    assert_eq!(patched, cells_of(&after));
}

#[actix_web::test]
async fn a_page_that_shows_what_is_known_is_told_nothing_and_an_older_one_everything() {
    let site = Site::open().await;
    let page = site.page().await;
    let mut old = site.listen(&format!("portfolio={}&shown=older", site.id), "").await;
    let everything = old.data("figures").await;
    assert_eq!(everything["version"], shown(&page));
    // The pill is an event of its own.
    assert_eq!(everything["cells"].as_object().map(|cells| cells.len() + 1), Some(cells_of(&page).len()));

    let mut same = site.listen(&format!("portfolio={}&shown={}", site.id, shown(&page)), "").await;
    same.until(": listening").await;
    site.log("after the greeting");
    assert!(!same.until("after the greeting").await.contains("figures"));
}

#[actix_web::test]
async fn a_changed_ledger_makes_pages_fetch_themselves_anew() {
    let site = Site::open().await;
    let mut client = site.listen(&format!("portfolio={}", site.id), "").await;
    client.data("figures").await;
    site.buy_another().await;
    assert_eq!(client.data("resync").await["because"], "the ledger changed");
}

#[actix_web::test]
async fn a_page_that_missed_new_rows_is_sent_for_them_and_gets_no_figures_for_its_old_ones() {
    let site = Site::open().await;
    let before = site.page().await;
    site.buy_another().await;
    let number = site.state.tracker.bus().listen().told;
    let id = format!("{}-{number}", site.state.tracker.bus().process());

    for (query, head) in [
        (format!("portfolio={}&shown={}&after={id}", site.id, shown(&before)), String::new()),
        (format!("portfolio={}&shown={}", site.id, shown(&before)), format!("Last-Event-ID: {id}\r\n")),
    ] {
        let mut back = site.listen(&query, &head).await;
        assert_eq!(back.data("resync").await["because"], "the page has other rows now");
        assert!(!back.text.contains("event: figures"), "{}", back.text);
    }

    let after = site.page().await;
    let mut current = site.listen(&format!("portfolio={}&shown={}", site.id, shown(&after)), "").await;
    current.until(": listening").await;
    site.price("KO", "70.50").await;
    let told = current.data("figures").await;
    assert_eq!(told["cells"]["holding:KO:price"]["text"], "70.50");
    assert!(!current.text.contains("event: resync"), "{}", current.text);
}

#[actix_web::test]
async fn who_comes_back_gets_what_was_missed_or_learns_that_it_cannot() {
    let site = Site::open().await;
    let process = site.state.tracker.bus().process().to_owned();
    let number = site.state.tracker.bus().listen().told;
    site.log("first");
    site.log("second");

    let mut back = site.listen("", &format!("Last-Event-ID: {process}-{}\r\n", number + 1)).await;
    let text = back.until("second").await;
    assert!(text.contains(&format!("id: {process}-{}\nevent: log\n", number + 2)) && !text.contains("first"));
    let mut after = site.listen(&format!("after={process}-{number}"), "").await;
    assert!(after.until("second").await.contains("first"));

    let mut stranger = site.listen("", "Last-Event-ID: 0123456789ab-1\r\n").await;
    assert_eq!(stranger.data("resync").await["because"], "the server was started anew");
}

#[actix_web::test]
async fn a_slow_viewer_catches_up_with_what_is_kept_and_is_sent_for_the_page_beyond() {
    let site = Site::open().await;
    let mut viewer = site.viewer(None);
    assert_eq!(viewer.next().await, Some(GREETING));
    let number = site.state.tracker.bus().listen().told;
    let heard = async |number: u64| {
        let watch = site.state.events.watch(&site.state, site.watched()).expect("not over");
        while watch.join(None, None).number < number {
            sleep(Duration::from_millis(1)).await;
        }
    };
    for n in 0..100 {
        site.log(&format!("kept {n}"));
    }
    heard(number + 100).await;
    let mut text = String::new();
    while !text.contains("kept 99\"") {
        text.push_str(&String::from_utf8_lossy(&viewer.next().await.expect("open")));
    }
    for n in 0..100 {
        assert_eq!(text.matches(&format!("\"kept {n}\"")).count(), 1, "kept {n}");
    }

    for n in 0..2_000 {
        site.log(&format!("lost {n}"));
        if n % 500 == 0 {
            heard(number + 101 + n).await;
        }
    }
    heard(number + 2_100).await;
    let mut text = String::new();
    while !text.contains("event: resync") {
        text = String::from_utf8_lossy(&viewer.next().await.expect("open")).into_owned();
    }
    assert!(text.len() < 20_000, "{} bytes at once", text.len());
}

#[actix_web::test]
async fn a_client_that_is_gone_leaves_nothing_behind() {
    let site = Site::open().await;
    let mut clients = Vec::new();
    for _ in 0..20 {
        let mut client = site.listen(&format!("portfolio={}", site.id), "").await;
        client.until(": listening").await;
        clients.push(client);
    }
    site.streams_are(20).await;
    let watches = || {
        let watches = site.state.events.watches.lock().expect("unpoisoned");
        watches.values().filter(|watch| watch.strong_count() > 0).count()
    };
    assert_eq!(watches(), 1, "one computation for all");

    drop(clients);

    site.streams_are(0).await;
    assert_eq!(watches(), 0, "nobody looks, nothing is computed");
}

#[actix_web::test]
async fn streams_end_when_the_server_stops_and_none_begins() {
    let site = Site::open().await;
    let mut client = site.listen("", "").await;
    client.until(": listening").await;
    site.state.events.end();
    assert_eq!(client.try_until("never").await, None);
    assert!(client.text.ends_with("\r\n0\r\n\r\n"), "a clean end: {:?}", client.text);
    let mut late = site.listen("", "").await;
    assert!(late.until("about to stop").await.starts_with("HTTP/1.1 503"));
}

#[actix_web::test]
async fn the_answer_cannot_be_kept_gathered_or_read_by_another_site() {
    let site = Site::open().await;
    let mut client = site.listen("", "Accept-Encoding: gzip, br\r\n").await;
    let head = client.until(": listening").await.to_ascii_lowercase();
    for line in
        ["content-type: text/event-stream\r\n", "cache-control: no-store\r\n", "x-accel-buffering: no\r\n"]
    {
        assert!(head.contains(line), "{head}");
    }
    assert!(!head.contains("content-encoding"), "{head}");
    let mut foreign = site.listen("", "Sec-Fetch-Site: cross-site\r\n").await;
    assert!(foreign.until("other sites").await.starts_with("HTTP/1.1 403"));
    let mut nowhere = site.listen(&format!("portfolio={}", PortfolioId::new()), "").await;
    assert!(nowhere.until("There is").await.starts_with("HTTP/1.1 404"));
}

#[actix_web::test]
async fn too_many_streams_are_refused_with_advice() {
    let site = Site::open().await;
    let mut held = Vec::new();
    while let Ok(seat) = site.state.events.seats.take(SocketAddr::from(([127, 0, 0, 1], 1)).ip()) {
        held.push(seat);
    }
    let mut refused = site.listen("", "").await;
    let answer = refused.until("Close some").await;
    assert!(answer.starts_with("HTTP/1.1 503") && answer.contains("application/problem+json"), "{answer}");
    held.pop();
    site.listen("", "").await.until(": listening").await;
}
