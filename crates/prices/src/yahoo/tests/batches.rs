//! Sparks, and the provider over a scripted transport.

use std::collections::HashSet;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use bellwether_domain::{Clock, FixedClock};
use chrono::TimeDelta;

use super::*;
use crate::{Limits, Request, Response, SteppingPause, Transport, TransportError};

/// A share that closed at `price` on the last of five days.
pub(super) fn closes_of(name: &str, price: f64) -> Value {
    let open = |day: i64| second("2024-03-04T14:30:00Z") + day * 86_400;
    json!({
        "meta": {
            "symbol": name, "currency": "USD", "exchangeName": "NMS", "instrumentType": "EQUITY",
            "exchangeTimezoneName": "America/New_York", "priceHint": 2, "dataGranularity": "1d",
            "regularMarketTime": second("2024-03-08T21:00:01Z"), "regularMarketPrice": price
        },
        "timestamp": [open(0), open(1), open(2), open(3), second("2024-03-08T21:00:01Z")],
        "indicators": { "quote": [{ "close": [price - 4.0, price - 3.0, null, price - 1.0, price] }] }
    })
}

pub(super) fn spark_body(entries: &[(&str, Value)]) -> String {
    let result: Vec<Value> = entries
        .iter()
        .map(|(symbol, response)| json!({ "symbol": symbol, "response": [response] }))
        .collect();
    json!({ "spark": { "result": result, "error": null } }).to_string()
}

fn read_batch(body: &str, asked: &[&str]) -> Vec<(Symbol, Outcome<RecentCloses>)> {
    let asked: Vec<Symbol> = asked.iter().map(|text| symbol(text)).collect();
    read_spark(200, body.as_bytes(), &asked, |_| None, now()).expect("an answer")
}

#[test]
fn a_batch_is_answered_by_symbol_in_the_order_asked() {
    let body = spark_body(&[("MSFT", closes_of("MSFT", 400.0)), ("AAPL", closes_of("AAPL", 170.5))]);
    let read = read_batch(&body, &["AAPL", "GONE", "MSFT"]);
    let prices: Vec<_> = read
        .iter()
        .map(|(_, outcome)| {
            outcome.as_answer().and_then(|closes| closes.quote.as_ref()).map(|quote| quote.price)
        })
        .collect();
    assert_eq!(prices, [Some(Decimal::new(1_705, 1)), None, Some(Decimal::from(400))]);
    assert_eq!(read[1], (symbol("GONE"), Outcome::NotAnswered(NotAnswered::Omitted)));
}

#[test]
fn closes_are_dated_one_by_one_and_gaps_stay_gaps() {
    let read = read_batch(&spark_body(&[("AAPL", closes_of("AAPL", 170.5))]), &["AAPL"]);
    let closes = read[0].1.as_answer().expect("closes");
    let days: Vec<_> = closes.bars.iter().map(|bar| (bar.date.to_string(), bar.close)).collect();
    let expected =
        [("2024-03-04", 166.5), ("2024-03-05", 167.5), ("2024-03-07", 169.5), ("2024-03-08", 170.5)];
    assert_eq!(days, expected.map(|(day, close)| (day.to_owned(), close)));
    assert!(closes.bars[0].open.is_nan());
    let quote = closes.quote.as_ref().expect("a quote");
    assert_eq!(quote.previous_close, Some(Decimal::new(1_695, 1)));
}

#[test]
fn one_bad_symbol_spoils_no_other() {
    let mut ragged = closes_of("BAD", 10.0);
    ragged["timestamp"].as_array_mut().expect("times").pop();
    let body = spark_body(&[
        ("BAD", ragged),
        ("GOOD", closes_of("GOOD", 20.0)),
        ("SWAP", closes_of("OTHER", 30.0)),
        ("NULL", Value::Null),
    ]);
    // A response that is null is no list of results.
    let body = body.replace("[null]", "null");
    let read = read_batch(&body, &["BAD", "GOOD", "SWAP", "NULL"]);
    assert!(matches!(read[0].1, Outcome::NotAnswered(NotAnswered::Malformed(_))));
    assert!(matches!(read[1].1, Outcome::Answered(_)));
    assert!(matches!(read[2].1, Outcome::Suspect(Suspicion::WrongSymbol { .. })));
    assert_eq!(read[3].1, Outcome::NotAnswered(NotAnswered::Omitted));
}

#[test]
fn aliases_are_matched() {
    let body = spark_body(&[("EUR=X", closes_of("EUR=X", 0.92))]);
    assert!(matches!(read_batch(&body, &["USDEUR=X"])[0].1, Outcome::Answered(_)));
}

#[test]
fn the_flat_shape_is_read_where_currency_and_zone_are_known() {
    let stamps = [second("2024-03-07T14:30:00Z"), second("2024-03-08T21:00:01Z")];
    let flat = json!({
        "AAPL": {
            "symbol": "AAPL", "timestamp": stamps, "close": [169.0, 170.5], "previousClose": null,
            "chartPreviousClose": 168.0, "start": null, "end": null, "dataGranularity": 300
        },
        "QUIET.NS": { "symbol": "QUIET.NS", "timestamp": [], "close": null, "fulldayPrice": 1035.0 }
    })
    .to_string();
    let asked = ["AAPL", "QUIET.NS", "GONE"].map(symbol);
    let unknown = read_spark(200, flat.as_bytes(), &asked, |_| None, now()).expect("an answer");
    assert!(
        matches!(&unknown[0].1, Outcome::NotAnswered(NotAnswered::Malformed(what)) if what == "no currency")
    );
    let known = Known { unit: "USD".parse().expect("dollars"), zone: chrono_tz::America::New_York };
    let read = read_spark(200, flat.as_bytes(), &asked, |_| Some(known), now()).expect("an answer");
    let quote = read[0].1.as_answer().and_then(|closes| closes.quote.clone()).expect("a quote");
    assert_eq!((quote.price, quote.previous_close), (Decimal::new(1_705, 1), Some(Decimal::from(169))));
    assert!(read[1].1.as_answer().expect("closes").quote.is_none());
    assert_eq!(read[2].1, Outcome::NotAnswered(NotAnswered::Omitted));
}

#[test]
fn when_none_is_known_all_are_unknown() {
    let body = r#"{"spark":{"result":null,"error":{"code":"Not Found","description":"No data found for spark symbols"}}}"#;
    let asked = ["A", "B"].map(symbol);
    let read = read_spark(404, body.as_bytes(), &asked, |_| None, now()).expect("an answer");
    assert!(read.iter().all(|(_, outcome)| *outcome == Outcome::Unknown));
}

#[test]
fn what_stands_in_the_place_of_sparks_is_told_apart() {
    use spark::Batch;

    let asked = ["A", "B"].map(symbol);
    let read = |status, body: &str| spark::read(status, body.as_bytes(), &asked, |_| None, now());
    let error = |envelope: &str, code: &str, words: &str| {
        json!({ envelope: { "result": null, "error": { "code": code, "description": words } } }).to_string()
    };
    let not_found = error("spark", "Not Found", "No data found for spark symbols");
    assert!(matches!(read(404, &not_found), Ok(Batch::NothingFound)));
    let elsewhere = error("finance", "Not Found", "HTTP 404 Not Found");
    assert!(matches!(read(404, &elsewhere), Ok(Batch::NoSuchRoute)), "it is not sparks that say so");
    assert!(matches!(read(404, "<html>"), Ok(Batch::NoSuchRoute)));
    let too_many = error("spark", "Bad Request", "Number of symbols needs to be less than or equal to 20");
    assert!(matches!(read(400, &too_many), Ok(Batch::TooMany { most: Some(20), .. })));
    let refused = error("spark", "Bad Request", "Invalid input");
    assert!(matches!(read(400, &refused), Ok(Batch::Refused(words)) if words == "Invalid input"));
    for body in
        [r#"{"spark":null}"#, r#"{"status_code":500,"message":"oops"}"#, r#"{"finance":{"result":[]}}"#]
    {
        assert_eq!(read(200, body).err(), Some(Unreadable::Foreign), "{body}");
    }
    let mut with_status: Value =
        serde_json::from_str(&spark_body(&[("A", closes_of("A", 1.5))])).expect("json");
    with_status["status_code"] = json!(503);
    assert_eq!(read(200, &with_status.to_string()).err(), Some(Unreadable::Foreign));
}

/// A service of made-up symbols. `TURN…` exists but poisons a batch; `GONE…` is left out.
struct Service {
    requests: Arc<Mutex<Vec<Vec<String>>>>,
    faults: Faults,
}

#[derive(Clone, Copy, Default)]
struct Faults {
    /// Only the last symbol of a batch is answered, in the first so many calls.
    only_the_last: usize,
}

#[async_trait]
impl Transport for Service {
    async fn send(&self, request: &Request) -> Result<Response, TransportError> {
        let (_, query) = request.path_and_query.split_once("symbols=").expect("a spark");
        let list = query.split('&').next().unwrap_or_default();
        let asked: Vec<String> = list.split(',').map(str::to_owned).collect();
        let nth = {
            let mut requests = self.requests.lock().expect("requests");
            requests.push(asked.clone());
            requests.len()
        };
        let answer = |status, body: String| Ok(Response { status, body: body.into(), ..Response::default() });
        if asked.len() > 1 && asked.iter().any(|symbol| symbol.starts_with("TURN")) {
            let error = json!({ "code": "Bad Request", "description": "Invalid input" });
            return answer(400, json!({ "spark": { "result": null, "error": error } }).to_string());
        }
        let mut known: Vec<&String> = asked.iter().filter(|symbol| !symbol.starts_with("GONE")).collect();
        if nth <= self.faults.only_the_last {
            known = known.split_off(known.len().saturating_sub(1));
        }
        let entries: Vec<(&str, Value)> =
            known.iter().map(|symbol| (symbol.as_str(), closes_of(symbol, 100.0))).collect();
        answer(200, spark_body(&entries))
    }
}

struct Desk {
    yahoo: Yahoo,
    clock: Arc<FixedClock>,
    requests: Arc<Mutex<Vec<Vec<String>>>>,
}

fn desk(faults: Faults) -> Desk {
    let clock = Arc::new(FixedClock::at(now()));
    let requests = Arc::default();
    let service = Service { requests: Arc::clone(&requests), faults };
    let pause = SteppingPause::of(Arc::clone(&clock));
    let gateway = Gateway::timed(service, clock.clone(), pause, Limits::generous(), Box::new(|| 0.5));
    Desk { yahoo: Yahoo::through(gateway), clock, requests }
}

impl Desk {
    fn budget(&self, calls: u32) -> LoadBudget {
        LoadBudget::foreground(calls, self.clock.now() + TimeDelta::minutes(1))
    }

    fn batch_sizes(&self) -> Vec<usize> {
        self.requests.lock().expect("requests").iter().map(Vec::len).collect()
    }
}

fn numbered(prefix: &str, count: usize) -> Vec<Symbol> {
    (0..count).map(|n| symbol(&format!("{prefix}{n}"))).collect()
}

#[tokio::test]
async fn twenty_symbols_share_a_call() {
    let desk = desk(Faults::default());
    let symbols = numbered("S", 50);
    let quotes = desk.yahoo.quotes(&symbols, &desk.budget(10)).await;
    assert_eq!(desk.batch_sizes(), [20, 20, 10]);
    assert!(quotes.iter().all(|(_, outcome)| matches!(outcome, Outcome::Answered(_))));
    assert_eq!(quotes.into_iter().map(|(symbol, _)| symbol).collect::<Vec<_>>(), symbols);
}

#[tokio::test]
async fn nothing_asked_is_nothing_called() {
    let desk = desk(Faults::default());
    assert!(desk.yahoo.quotes(&[], &desk.budget(10)).await.is_empty());
    assert!(desk.batch_sizes().is_empty());
}

#[tokio::test]
async fn the_budget_bounds_a_large_portfolio() {
    let desk = desk(Faults::default());
    let budget = desk.budget(2);
    let quotes = desk.yahoo.quotes(&numbered("S", 100), &budget).await;
    assert_eq!(budget.spent(), 2);
    let unanswered = |outcome: &Outcome<_>| *outcome == Outcome::NotAnswered(NotAnswered::BudgetSpent);
    assert_eq!(quotes.iter().filter(|(_, outcome)| unanswered(outcome)).count(), 60);
}

#[tokio::test]
async fn a_batch_of_which_only_the_last_came_back_is_asked_again_in_halves() {
    let desk = desk(Faults { only_the_last: 1 });
    let quotes = desk.yahoo.quotes(&numbered("S", 20), &desk.budget(10)).await;
    assert_eq!(desk.batch_sizes(), [20, 10, 9]);
    assert!(quotes.iter().all(|(_, outcome)| matches!(outcome, Outcome::Answered(_))));
}

#[tokio::test]
async fn a_lasting_fault_is_not_asked_about_for_ever() {
    let desk = desk(Faults { only_the_last: usize::MAX });
    let quotes = desk.yahoo.quotes(&numbered("S", 20), &desk.budget(100)).await;
    assert_eq!(desk.batch_sizes().len(), 3);
    let omitted = |outcome: &Outcome<_>| *outcome == Outcome::NotAnswered(NotAnswered::Omitted);
    assert_eq!(quotes.iter().filter(|(_, outcome)| omitted(outcome)).count(), 17);
}

#[tokio::test]
async fn a_few_symbols_left_out_are_no_fault() {
    let desk = desk(Faults::default());
    let mut symbols = numbered("S", 17);
    symbols.extend(numbered("GONE", 3));
    let quotes = desk.yahoo.quotes(&symbols, &desk.budget(10)).await;
    assert_eq!(desk.batch_sizes(), [20]);
    let omitted: HashSet<&Symbol> = quotes
        .iter()
        .filter(|(_, outcome)| *outcome == Outcome::NotAnswered(NotAnswered::Omitted))
        .map(|(symbol, _)| symbol)
        .collect();
    assert_eq!(omitted, symbols[17..].iter().collect());
}

#[tokio::test]
async fn a_symbol_that_spoils_its_batch_is_found_by_halving() {
    let desk = desk(Faults::default());
    let mut symbols = numbered("S", 19);
    symbols.insert(7, symbol("TURNIP"));
    let quotes = desk.yahoo.quotes(&symbols, &desk.budget(30)).await;
    assert!(quotes.iter().all(|(_, outcome)| matches!(outcome, Outcome::Answered(_))));
    // 20, then ten and ten, and so on down: two for each halving.
    assert!(desk.batch_sizes().len() <= 11, "{:?}", desk.batch_sizes());
}

#[tokio::test]
async fn what_one_answer_said_helps_to_read_the_next() {
    let desk = desk(Faults::default());
    desk.yahoo.recent_closes(&[symbol("S1")], &desk.budget(1)).await;
    let known = desk.yahoo.known(&symbol("S1")).expect("remembered");
    assert_eq!(known.zone, chrono_tz::America::New_York);
}
