//! Many readers at once, who cause few calls.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bellwether_domain::{Quote, Symbol};
use bellwether_prices::{
    Coalescing, FlightCounters, Gateway, HttpTransport, Limits, LoadBudget, NotAnswered, Outcome, Plan,
    Priority, Provider, Request, Response, SteppingPause, Transport, TransportError, Yahoo,
};
use bellwether_yahoo_sim::{FaultAction, FaultBody, FaultRule, Route};
use chrono::{DateTime, TimeDelta, Utc};
use rand::rngs::StdRng;
use rand::seq::index::sample;
use rand::{Rng, SeedableRng};
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;

use super::{Desk, date, desk, gateway, symbol, symbols};

/// A desk whose provider many readers share.
struct Library {
    desk: Desk,
    gateway: Gateway,
    coalescing: Coalescing,
}

fn library(faults: Vec<FaultRule>) -> Library {
    let desk = desk(Limits::generous(), faults);
    let gateway = gateway(&desk.sim, &desk.clock, Limits::generous());
    shared(desk, gateway)
}

fn shared(desk: Desk, gateway: Gateway) -> Library {
    let yahoo = Yahoo::through(gateway.clone());
    shared_over(yahoo, desk, gateway)
}

fn shared_over(yahoo: Yahoo, desk: Desk, gateway: Gateway) -> Library {
    let pause = SteppingPause::of(Arc::clone(&desk.clock));
    let coalescing = Coalescing::timed(Arc::new(yahoo), desk.clock.clone(), pause);
    Library { desk, gateway, coalescing }
}

type Quotes = Vec<(Symbol, Outcome<Quote>)>;

impl Library {
    /// A reader on a task of his own, as requests of a server are.
    fn reader(&self, symbols: &[Symbol], budget: &LoadBudget) -> JoinHandle<Quotes> {
        let (coalescing, symbols, budget) = (self.coalescing.clone(), symbols.to_vec(), budget.clone());
        tokio::spawn(async move { coalescing.quotes(&symbols, &budget).await })
    }

    fn counters(&self) -> FlightCounters {
        self.coalescing.counters().quotes
    }

    /// No call was made that nobody paid for, and nothing is kept.
    fn assert_settled(&self, budgets: &[LoadBudget]) {
        let spent: u32 = budgets.iter().map(LoadBudget::spent).sum();
        assert_eq!(u64::from(spent), self.gateway.counters().calls);
        // A call may be dropped before it is on the wire, when the last who waits for it leaves.
        assert!(self.desk.total().calls <= u64::from(spent));
        assert!(budgets.iter().all(|budget| budget.spent() <= budget.calls()));
        assert_eq!(self.coalescing.counters().total().under_way, 0);
    }
}

fn assert_answered(quotes: &Quotes, asked: &[Symbol]) {
    let order: Vec<&Symbol> = quotes.iter().map(|(symbol, _)| symbol).collect();
    assert_eq!(order, asked.iter().collect::<Vec<_>>());
    for (asked, outcome) in quotes {
        assert_eq!(outcome.as_answer().map(|quote| &quote.symbol), Some(asked), "{outcome:?}");
    }
}

#[tokio::test]
async fn a_hundred_readers_of_the_same_500_symbols_cause_25_calls() {
    let library = library(Vec::new());
    let asked = symbols(500);
    let budgets: Vec<LoadBudget> = (0..100).map(|_| library.desk.budget(25)).collect();
    let readers: Vec<_> = budgets.iter().map(|budget| library.reader(&asked, budget)).collect();
    for reader in readers {
        assert_answered(&reader.await.unwrap(), &asked);
    }
    let total = library.desk.total();
    assert_eq!((total.calls, total.symbols_asked, total.max_symbols), (25, 500, 20));
    assert_eq!(budgets[0].spent(), 25);
    library.assert_settled(&budgets);
    let FlightCounters { flights, asked, joined, asked_again, .. } = library.counters();
    assert_eq!((flights, asked, joined, asked_again), (25, 500, 99 * 500, 0));
}

fn members_library() -> Library {
    let desk = desk(Limits::generous(), Vec::new());
    let gateway = gateway(&desk.sim, &desk.clock, Limits::generous());
    shared_over(Yahoo::through(gateway.clone()).with_login(None), desk, gateway)
}

/// A hundred readers of 500 symbols, all answered.
async fn read_by_a_hundred(library: &Library) {
    let asked = symbols(500);
    let budgets: Vec<LoadBudget> = (0..100).map(|_| library.desk.budget(30)).collect();
    let readers: Vec<_> = budgets.iter().map(|budget| library.reader(&asked, budget)).collect();
    for reader in readers {
        assert_answered(&reader.await.unwrap(), &asked);
    }
}

#[tokio::test]
async fn with_a_login_a_hundred_readers_of_500_symbols_cause_ten_calls_and_one_handshake() {
    let library = members_library();
    read_by_a_hundred(&library).await;
    let counters = library.desk.sim.counters().since_start;
    assert_eq!((counters.total.calls, counters.handshakes, counters.spark_calls()), (12, 1, 0));
    assert_eq!((counters.route(Route::Quote).calls, counters.route(Route::Quote).symbols_asked), (10, 500));

    // The login at hand serves requests of any size that sparks would take more calls for.
    read_by_a_hundred(&library).await;
    let asked = symbols(30);
    assert_answered(&library.reader(&asked, &library.desk.budget(1)).await.unwrap(), &asked);
    let counters = library.desk.sim.counters().since_start;
    assert_eq!((counters.total.calls, counters.handshakes, counters.spark_calls()), (12 + 10 + 1, 1, 0));
}

#[tokio::test]
async fn where_no_login_is_to_be_had_a_hundred_readers_fill_sparks() {
    let library = members_library();
    library.desk.sim.adjust(|behaviour| behaviour.crumb.throttled = true);
    for calls in [25, 50] {
        read_by_a_hundred(&library).await;
        let counters = library.desk.sim.counters().since_start;
        assert_eq!((counters.spark_calls(), counters.route(Route::Quote).calls), (calls, 0));
    }
}

/// Holds all calls back until told.
struct Held(HttpTransport, Arc<Semaphore>);

#[async_trait]
impl Transport for Held {
    async fn send(&self, request: &Request) -> Result<Response, TransportError> {
        let _open = self.1.acquire().await;
        self.0.send(request).await
    }
}

#[tokio::test]
async fn a_hundred_readers_on_four_runtimes_cause_25_calls() {
    let desk = desk(Limits::generous(), Vec::new());
    let gate = Arc::new(Semaphore::new(0));
    let held = Held(HttpTransport::new(&desk.sim.base_url()).unwrap(), Arc::clone(&gate));
    let pause = SteppingPause::of(Arc::clone(&desk.clock));
    let gateway = Gateway::timed(held, desk.clock.clone(), pause, Limits::generous(), Box::new(|| 0.5));
    let library = shared(desk, gateway);

    let asked = symbols(500);
    let budget = library.desk.budget(25);
    let runtime = || tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let runtimes: Vec<_> = (0..4).map(|_| runtime().unwrap()).collect();
    let read = |n: usize| {
        let _inside = runtimes[n % runtimes.len()].enter();
        library.reader(&asked, &budget)
    };
    let readers: Vec<_> = (0..100).map(read).collect();
    while library.counters().joined < 99 * 500 {
        tokio::task::yield_now().await;
    }
    gate.add_permits(100);
    for reader in readers {
        assert_answered(&reader.await.unwrap(), &asked);
    }
    assert_eq!(library.desk.total().calls, 25);
    library.assert_settled(&[budget]);
    runtimes.into_iter().for_each(tokio::runtime::Runtime::shutdown_background);
}

#[tokio::test]
async fn readers_of_overlapping_portfolios_ask_for_each_symbol_once() {
    let library = library(Vec::new());
    let all = symbols(500);
    let mut chance = StdRng::seed_from_u64(7);
    let portfolios: Vec<Vec<Symbol>> = (0..100)
        .map(|_| {
            let size = chance.random_range(1..=120);
            sample(&mut chance, all.len(), size).iter().map(|n| all[n].clone()).collect()
        })
        .collect();
    let budgets: Vec<LoadBudget> = (0..100).map(|_| library.desk.budget(10)).collect();
    let readers: Vec<_> =
        portfolios.iter().zip(&budgets).map(|(asked, budget)| library.reader(asked, budget)).collect();
    for (reader, asked) in readers.into_iter().zip(&portfolios) {
        assert_answered(&reader.await.unwrap(), asked);
    }
    let wanted: std::collections::HashSet<&Symbol> = portfolios.iter().flatten().collect();
    let total = library.desk.total();
    assert_eq!(total.symbols_asked, wanted.len() as u64);
    assert_eq!(total.calls, wanted.len().div_ceil(Plan::BATCH) as u64);
    library.assert_settled(&budgets);
}

#[tokio::test]
async fn readers_of_one_symbol_each_share_full_batches() {
    for count in [1, 19, 20, 21, 90] {
        let library = library(Vec::new());
        let asked = symbols(count);
        let budgets: Vec<LoadBudget> = (0..count).map(|_| library.desk.budget(1)).collect();
        let readers: Vec<_> = asked
            .iter()
            .zip(&budgets)
            .map(|(symbol, budget)| library.reader(std::slice::from_ref(symbol), budget))
            .collect();
        for (reader, asked) in readers.into_iter().zip(&asked) {
            assert_answered(&reader.await.unwrap(), std::slice::from_ref(asked));
        }
        assert_eq!(library.desk.total().calls, count.div_ceil(20) as u64, "{count}");
        library.assert_settled(&budgets);
    }
}

#[tokio::test]
async fn readers_who_leave_take_nobodys_answer_along() {
    let library = library(Vec::new());
    let asked = symbols(100);
    let budgets: Vec<LoadBudget> = (0..20).map(|_| library.desk.budget(10)).collect();
    let readers: Vec<_> = budgets.iter().map(|budget| library.reader(&asked, budget)).collect();
    // The first one has asked and pays for all of it; then he and every other one leave.
    while library.desk.total().calls == 0 {
        tokio::task::yield_now().await;
    }
    readers.iter().step_by(2).for_each(JoinHandle::abort);
    for (n, reader) in readers.into_iter().enumerate() {
        match reader.await {
            Ok(quotes) => assert_answered(&quotes, &asked),
            Err(left) => assert!(left.is_cancelled() && n % 2 == 0),
        }
    }
    assert_eq!(library.desk.total().calls, 5);
    library.assert_settled(&budgets);
}

#[tokio::test]
async fn a_failing_upstream_fails_all_alike_and_the_next_reader_asks_anew() {
    let outage = FaultRule::always(FaultAction::Status { code: 503, body: FaultBody::Usual });
    let library = library(vec![outage]);
    let asked = symbols(20);
    let budgets: Vec<LoadBudget> = (0..30).map(|_| library.desk.budget(9)).collect();
    let readers: Vec<_> = budgets.iter().map(|budget| library.reader(&asked, budget)).collect();
    for reader in readers {
        for (_, outcome) in reader.await.unwrap() {
            assert_eq!(outcome, Outcome::NotAnswered(NotAnswered::Upstream { status: 503 }));
        }
    }
    assert_eq!(library.desk.total().calls, 3, "one call and its retries");
    library.assert_settled(&budgets);

    library.desk.sim.set_faults(Vec::new());
    let next = library.reader(&asked, &library.desk.budget(1)).await.unwrap();
    assert_answered(&next, &asked);
    assert_eq!(library.desk.total().calls, 4);
}

#[tokio::test]
async fn readers_of_one_history_or_of_recent_closes_share_their_calls() {
    let library = library(Vec::new());
    let (aapl, from) = (symbol("AAPL"), date("2025-09-01"));
    let asked = symbols(30);
    let budget = library.desk.budget(9);
    let histories = (0..50).map(|_| library.coalescing.history(&aapl, from, &budget));
    let closes = (0..50).map(|_| library.coalescing.recent_closes(&asked, &budget));
    let (histories, closes) =
        futures::join!(futures::future::join_all(histories), futures::future::join_all(closes));
    assert!(histories.iter().all(|history| history == &histories[0] && history.as_answer().is_some()));
    assert!(closes.iter().flatten().all(|(_, outcome)| outcome.as_answer().is_some()));
    assert_eq!(library.desk.total().calls, 1 + 2);
    library.assert_settled(&[budget]);
}

/// What one reader of the crowd does.
struct Visit {
    asked: Vec<Symbol>,
    budget: LoadBudget,
    arrives_after: u32,
    leaves_after: Option<u32>,
}

fn visits(now: DateTime<Utc>, chance: &mut StdRng) -> Vec<Visit> {
    let shelf = symbols(60);
    (0..80)
        .map(|_| {
            let asked =
                (0..chance.random_range(0..50)).map(|_| shelf[chance.random_range(0..60)].clone()).collect();
            let calls = chance.random_range(0..4);
            // Some come too late already; the others' time is up neither by this clock nor by the wall's.
            let seconds = if chance.random_bool(0.1) { -1 } else { chance.random_range(900..3_600) };
            let deadline = now + TimeDelta::seconds(seconds);
            let budget = if chance.random_bool(0.3) {
                LoadBudget::background(calls)
            } else {
                LoadBudget::foreground(calls, deadline)
            };
            let leaves_after = chance.random_bool(0.3).then(|| chance.random_range(0..200));
            Visit { asked, budget, arrives_after: chance.random_range(0..300), leaves_after }
        })
        .collect()
}

async fn turns(count: u32) {
    for _ in 0..count {
        tokio::task::yield_now().await;
    }
}

/// Everybody gets one outcome for each symbol, for calls within the budgets, whatever happens.
async fn assert_a_crowd_is_served(seed: u64) {
    let is_sick = seed.is_multiple_of(3);
    let mut chance = StdRng::seed_from_u64(seed);
    let outage = FaultAction::Status { code: 502, body: FaultBody::Html };
    let mut rule = FaultRule::always(outage);
    rule.matches.probability = Some(if is_sick { 0.3 } else { 0.0 });
    let library = library(vec![rule]);
    let visits = visits(library.desk.now(), &mut chance);
    let mut readers = Vec::new();
    for visit in &visits {
        let (coalescing, asked) = (library.coalescing.clone(), visit.asked.clone());
        let (budget, arrives_after) = (visit.budget.clone(), visit.arrives_after);
        let reader = tokio::spawn(async move {
            turns(arrives_after).await;
            coalescing.quotes(&asked, &budget).await
        });
        if let Some(leaves_after) = visit.leaves_after {
            let leaver = reader.abort_handle();
            let after = arrives_after + leaves_after;
            tokio::spawn(async move {
                turns(after).await;
                leaver.abort();
            });
        }
        readers.push(reader);
    }
    for (reader, visit) in readers.into_iter().zip(&visits) {
        let quotes = match reader.await {
            Ok(quotes) => quotes,
            Err(left) => {
                assert!(left.is_cancelled() && visit.leaves_after.is_some(), "{left}");
                continue;
            }
        };
        let order: Vec<&Symbol> = quotes.iter().map(|(symbol, _)| symbol).collect();
        assert_eq!(order, visit.asked.iter().collect::<Vec<_>>());
        for (asked, outcome) in &quotes {
            match outcome {
                Outcome::Answered(quote) => assert_eq!(quote.symbol, *asked),
                Outcome::NotAnswered(NotAnswered::BudgetSpent) => {
                    // Calls set aside come back when a breaker, or somebody more urgent, keeps them from going out.
                    let in_the_background = visit.budget.priority() == Priority::Background;
                    assert!(visit.budget.left() == 0 || in_the_background || is_sick);
                }
                Outcome::NotAnswered(
                    NotAnswered::Upstream { status: 502 } | NotAnswered::CircuitOpen { .. },
                ) => assert!(is_sick),
                Outcome::NotAnswered(NotAnswered::TooLate) => {
                    assert!(visit.budget.deadline().is_some_and(|deadline| library.desk.now() >= deadline));
                }
                other => panic!("{seed}: {other:?}"),
            }
        }
    }
    let budgets: Vec<LoadBudget> = visits.into_iter().map(|visit| visit.budget).collect();
    let emptied = async {
        while library.counters().under_way > 0 {
            turns(1).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), emptied).await.expect("nothing is kept");
    library.assert_settled(&budgets);
}

#[tokio::test]
async fn a_crowd_that_comes_and_goes_gets_one_outcome_each_for_calls_within_its_budgets() {
    for seed in 0..6 {
        assert_a_crowd_is_served(seed).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_crowd_on_several_threads_is_served_alike() {
    for seed in 6..12 {
        assert_a_crowd_is_served(seed).await;
    }
}
