//! Quotes with a login, over a scripted service.

use std::future::pending;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use bellwether_domain::{Clock, FixedClock};
use chrono::TimeDelta;

use super::*;
use crate::{Limits, Request, Response, Site, SteppingPause, Transport, TransportError};

#[derive(Default)]
struct Service {
    paths: Mutex<Vec<(String, usize)>>,
    crumbs: AtomicUsize,
    crumbs_are_throttled: AtomicBool,
    nobody_is_let_in: AtomicBool,
    cookies_never_come: AtomicBool,
    /// A batch of more symbols fails; 0 for no limit.
    most: AtomicUsize,
}

struct Line(Arc<Service>);

#[expect(clippy::unnecessary_wraps, reason = "as a transport gives it")]
fn answer(status: u16, body: impl Into<Vec<u8>>) -> Result<Response, TransportError> {
    Ok(Response { status, body: body.into(), ..Response::default() })
}

fn quote_record(symbol: &str) -> Value {
    json!({
        "symbol": symbol, "quoteType": "EQUITY", "exchange": "LSE", "currency": "GBp",
        "regularMarketPrice": 308.8, "regularMarketPreviousClose": 315.2,
        "regularMarketTime": second("2024-03-08T16:35:00Z"), "exchangeDataDelayedBy": 15
    })
}

#[async_trait]
impl Transport for Line {
    async fn send(&self, request: &Request) -> Result<Response, TransportError> {
        let Self(service) = self;
        let query = request.path_and_query.split_once("symbols=").map_or("", |(_, query)| query);
        let list = query.split('&').next().unwrap_or_default();
        let symbols: Vec<&str> = list.split(',').filter(|symbol| !symbol.is_empty()).collect();
        let path = if request.site == Site::Cookie { "cookie" } else { request.path() };
        service.paths.lock().expect("paths").push((path.to_owned(), symbols.len()));
        tokio::task::yield_now().await;
        match path {
            "cookie" if service.cookies_never_come.load(Ordering::SeqCst) => pending().await,
            "cookie" => Ok(Response {
                status: 404,
                cookies: vec!["A3=jar; Max-Age=31557600; Secure".into()],
                body: b"<html>".to_vec(),
                ..Response::default()
            }),
            "/v1/test/getcrumb" if service.crumbs_are_throttled.load(Ordering::SeqCst) => {
                answer(429, "Too Many Requests\r\n")
            }
            "/v1/test/getcrumb" => {
                assert_eq!(request.cookie.as_deref(), Some("A3=jar"));
                answer(200, format!("crumb/.~-{}", service.crumbs.fetch_add(1, Ordering::SeqCst) + 1))
            }
            "/v7/finance/quote" => {
                let good = format!("crumb%2F.~-{}", service.crumbs.load(Ordering::SeqCst));
                let let_in = request.path_and_query.ends_with(&format!("crumb={good}"))
                    && request.cookie.as_deref() == Some("A3=jar")
                    && !service.nobody_is_let_in.load(Ordering::SeqCst);
                if !let_in {
                    let error = json!({ "code": "Unauthorized", "description": "Invalid Crumb" });
                    return answer(401, json!({ "finance": { "result": null, "error": error } }).to_string());
                }
                let most = service.most.load(Ordering::SeqCst);
                if most > 0 && symbols.len() > most {
                    let error =
                        json!({ "code": "internal-error", "description": "Connection is deallocated" });
                    return answer(
                        400,
                        json!({ "quoteResponse": { "result": null, "error": error } }).to_string(),
                    );
                }
                let records: Vec<Value> = symbols.iter().map(|symbol| quote_record(symbol)).collect();
                answer(200, json!({ "quoteResponse": { "result": records, "error": null } }).to_string())
            }
            "/v7/finance/spark" => {
                let entries: Vec<(&str, Value)> =
                    symbols.iter().map(|symbol| (*symbol, batches::closes_of(symbol, 100.0))).collect();
                answer(200, batches::spark_body(&entries))
            }
            other => panic!("asked for {other}"),
        }
    }
}

struct Office {
    yahoo: Yahoo,
    clock: Arc<FixedClock>,
    service: Arc<Service>,
}

fn office(kept: Option<Login>) -> Office {
    let clock = Arc::new(FixedClock::at(now()));
    let service = Arc::<Service>::default();
    let pause = SteppingPause::of(Arc::clone(&clock));
    let line = Line(Arc::clone(&service));
    let gateway = Gateway::timed(line, clock.clone(), pause, Limits::generous(), Box::new(|| 0.5));
    Office { yahoo: Yahoo::through(gateway).with_login(kept), clock, service }
}

impl Office {
    async fn quotes(&self, count: usize) -> Vec<(Symbol, Outcome<Quote>)> {
        let symbols: Vec<Symbol> = (0..count).map(|n| symbol(&format!("S{n}"))).collect();
        let budget = LoadBudget::foreground(100, self.clock.now() + TimeDelta::minutes(1));
        let quotes = self.yahoo.quotes(&symbols, &budget).await;
        assert_eq!(quotes.iter().map(|(symbol, _)| symbol.clone()).collect::<Vec<_>>(), symbols);
        quotes
    }

    /// The paths called since the last look, with the number of symbols in each call.
    fn calls(&self) -> Vec<(String, usize)> {
        let mut paths = self.service.paths.lock().expect("paths");
        let names = paths
            .drain(..)
            .map(|(path, symbols)| (path.rsplit('/').next().unwrap_or_default().to_owned(), symbols));
        names.collect()
    }
}

fn calls(expected: &[(&str, usize)]) -> Vec<(String, usize)> {
    expected.iter().map(|(path, symbols)| ((*path).to_owned(), *symbols)).collect()
}

fn all_answered(quotes: &[(Symbol, Outcome<Quote>)]) -> bool {
    quotes.iter().all(|(_, outcome)| matches!(outcome, Outcome::Answered(_)))
}

#[tokio::test]
async fn a_large_request_logs_in_once_and_asks_fifty_at_a_time() {
    let office = office(None);
    let quotes = office.quotes(120).await;
    let handshake = [("cookie", 0), ("getcrumb", 0)];
    assert_eq!(
        office.calls(),
        calls(&[&handshake[..], &[("quote", 50), ("quote", 50), ("quote", 20)]].concat())
    );
    let quote = quotes[0].1.as_answer().expect("a quote");
    assert_eq!(
        (quote.price, quote.currency.as_str(), quote.delay_minutes),
        (Decimal::new(3_088, 3), "GBP", 15)
    );
    assert_eq!(quote.previous_close, Some(Decimal::new(3_152, 3)));

    assert!(all_answered(&office.quotes(50).await));
    assert_eq!(office.calls(), calls(&[("quote", 50)]), "the login is kept");
}

#[tokio::test]
async fn a_small_request_is_not_worth_a_handshake() {
    let office = office(None);
    assert!(all_answered(&office.quotes(40).await));
    assert_eq!(office.calls(), calls(&[("spark", 20), ("spark", 20)]));
}

#[tokio::test]
async fn a_crumb_that_expired_is_replaced_once_for_all_who_find_out() {
    let office = office(None);
    office.quotes(120).await;
    office.calls();
    office.clock.advance(TimeDelta::minutes(11));
    office.service.crumbs.fetch_add(1, Ordering::SeqCst);
    let many = futures::future::join_all((0..20).map(|_| office.quotes(50))).await;
    assert!(many.iter().all(|quotes| all_answered(quotes)));
    let handshakes = office.calls().iter().filter(|(path, _)| path == "getcrumb").count();
    assert_eq!(handshakes, 1);
}

#[tokio::test]
async fn a_login_outlives_the_process() {
    let first = office(None);
    first.quotes(120).await;
    let stored = serde_json::to_string(&first.yahoo.login()).expect("json");
    let second = office(serde_json::from_str(&stored).expect("a login"));
    second.service.crumbs.store(1, Ordering::SeqCst);
    assert!(all_answered(&second.quotes(50).await));
    assert_eq!(second.calls(), calls(&[("quote", 50)]));
}

#[tokio::test]
async fn a_throttled_handshake_leaves_it_to_sparks() {
    let office = office(None);
    office.service.crumbs_are_throttled.store(true, Ordering::SeqCst);
    assert!(all_answered(&office.quotes(100).await));
    assert_eq!(office.calls().len(), 2 + 5);
    assert_eq!(office.yahoo.login(), None, "the refusal is not taken for a crumb");
    assert!(all_answered(&office.quotes(100).await));
    assert!(office.calls().iter().all(|(path, _)| path == "spark"), "and is not asked again soon");
}

#[tokio::test]
async fn where_fresh_logins_are_refused_sparks_do_for_an_hour() {
    let office = office(None);
    office.service.nobody_is_let_in.store(true, Ordering::SeqCst);
    assert!(all_answered(&office.quotes(100).await));
    let quotes = |office: &Office| office.calls().iter().filter(|(path, _)| path == "quote").count();
    assert!(quotes(&office) <= 2);
    office.clock.advance(TimeDelta::minutes(30));
    assert!(all_answered(&office.quotes(100).await));
    assert_eq!(quotes(&office), 0);
    office.service.nobody_is_let_in.store(false, Ordering::SeqCst);
    office.clock.advance(TimeDelta::minutes(31));
    assert!(all_answered(&office.quotes(100).await));
    assert_eq!(quotes(&office), 2);
}

#[tokio::test]
async fn a_batch_that_has_become_too_large_is_halved() {
    let office = office(None);
    office.service.most.store(30, Ordering::SeqCst);
    assert!(all_answered(&office.quotes(100).await));
    let sizes = |office: &Office| {
        let calls = office.calls();
        calls.into_iter().filter(|(path, _)| path == "quote").map(|(_, symbols)| symbols).collect::<Vec<_>>()
    };
    let mut first = sizes(&office);
    first.sort_unstable();
    assert_eq!(first, [25, 25, 25, 25, 50, 50]);
    assert!(all_answered(&office.quotes(100).await));
    assert!(sizes(&office).iter().all(|size| *size <= 30), "what was learnt is kept");
}

#[test]
fn records_without_a_price_are_told_apart() {
    let record = |change: Value| {
        let mut record = quote_record("S1");
        for (key, value) in change.as_object().expect("an object") {
            record[key] = value.clone();
        }
        let body = json!({ "quoteResponse": { "result": [record], "error": null } }).to_string();
        match read_quotes(200, body.as_bytes(), &[symbol("S1")], |_| None, now()) {
            Ok(Quotes::Read(mut answers)) => answers.remove(0).1,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(record(json!({ "quoteType": "NONE" })), Outcome::Delisted);
    assert_eq!(record(json!({ "exchange": "YHD" })), Outcome::Delisted);
    assert_eq!(record(json!({ "symbol": "S2" })), Outcome::NotAnswered(NotAnswered::Omitted));
    for change in [
        json!({ "currency": null }),
        json!({ "regularMarketPrice": null }),
        json!({ "regularMarketTime": null }),
    ] {
        assert!(matches!(record(change), Outcome::NotAnswered(NotAnswered::Malformed(_))));
    }
    assert!(matches!(record(json!({ "regularMarketPrice": 30_880 })), Outcome::Suspect(_)));
}

#[tokio::test]
async fn who_has_a_deadline_does_not_wait_for_a_handshake_that_takes_longer() {
    let office = office(None);
    office.service.cookies_never_come.store(true, Ordering::SeqCst);
    let set: Vec<Symbol> = (0..200).map(|n| symbol(&format!("S{n}"))).collect();
    let nightly = LoadBudget::background(100);
    let mut nightly = Box::pin(office.yahoo.quotes(&set, &nightly));
    while office.service.paths.lock().expect("paths").is_empty() {
        assert!(futures::poll!(&mut nightly).is_pending());
    }
    assert_eq!(office.yahoo.login(), None, "told at once");

    let budget = LoadBudget::foreground(100, office.clock.now() + TimeDelta::milliseconds(200));
    let quotes = office.yahoo.quotes(&set, &budget).await;
    assert!(quotes.iter().all(|(_, outcome)| outcome.as_answer().is_some()), "by sparks");
    assert!(futures::poll!(&mut nightly).is_pending(), "the handshake goes on");
    assert_eq!(office.calls().iter().filter(|(path, _)| path == "cookie").count(), 1);
}

#[tokio::test]
async fn a_clock_set_back_keeps_a_handshake_away_for_ten_minutes_only() {
    let office = office(None);
    office.service.crumbs_are_throttled.store(true, Ordering::SeqCst);
    office.clock.advance(TimeDelta::days(365));
    office.quotes(200).await;
    office.service.crumbs_are_throttled.store(false, Ordering::SeqCst);
    office.clock.set(now());
    office.quotes(200).await;
    assert_eq!(office.yahoo.login(), None);
    // The first handshake after these minutes finds the circuit open, for the longest rest.
    for minutes in [11, 75] {
        office.clock.advance(TimeDelta::minutes(minutes));
        office.quotes(200).await;
    }
    assert!(office.yahoo.login().is_some());
}
