//! What is asked, how often, and what needs no call.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use bellwether_domain::{Clock, FixedClock, Symbol};
use bellwether_prices::{
    Feed, FeedSettings, LoadBudget, NotAnswered, Outcome, Provider, Request, Response, Transport,
    TransportError,
};
use chrono::TimeDelta;

use crate::server::{GERMAN, MINIMAL, NOW, desk, gateway, symbol};

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
