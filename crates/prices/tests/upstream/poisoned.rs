//! Batches that fail for the sake of one symbol.

use bellwether_domain::{Quote, Symbol};
use bellwether_prices::yahoo::Memory;
use bellwether_prices::{Limits, NotAnswered, Outcome, Provider, Yahoo};
use bellwether_yahoo_sim::{FaultAction, FaultBody, FaultMatch, FaultRule, Route};
use chrono::TimeDelta;

use super::{Desk, date, desk, gateway, symbol, symbols};

const BAD_REQUEST: &str =
    r#"{"spark":{"result":null,"error":{"code":"Bad Request","description":"Invalid input"}}}"#;
const NOT_FOUND: &str = r#"{"spark":{"result":null,"error":{"code":"Not Found","description":"No data found for spark symbols"}}}"#;

/// Every spark call with the symbol is answered like this.
fn poison(name: &str, code: u16, body: FaultBody) -> FaultRule {
    let matches = FaultMatch { symbol: Some(name.to_owned()), ..FaultMatch::default() };
    FaultRule { matches, action: FaultAction::Status { code, body }, times: None }
}

fn words(text: &str) -> FaultBody {
    FaultBody::Text(text.to_owned())
}

impl Desk {
    /// One load, with the calls that it made.
    async fn load(&self, symbols: &[Symbol]) -> (Vec<(Symbol, Outcome<Quote>)>, u64) {
        let before = self.total().calls;
        let quotes = self.yahoo.quotes(symbols, &self.budget(60)).await;
        (quotes, self.total().calls - before)
    }
}

fn answered(quotes: &[(Symbol, Outcome<Quote>)]) -> usize {
    quotes.iter().filter(|(_, outcome)| outcome.as_answer().is_some()).count()
}

/// Nineteen good symbols and a bad one, the eighth.
fn spoilt() -> Vec<Symbol> {
    let mut set = symbols(19);
    set.insert(7, symbol("POISON"));
    set
}

#[tokio::test]
async fn a_symbol_that_spoils_batches_is_found_kept_apart_and_parked_for_a_day() {
    let desk = desk(Limits::generous(), vec![poison("POISON", 400, words(BAD_REQUEST))]);
    let set = spoilt();
    let mut calls = Vec::new();
    for _ in 0..5 {
        let (quotes, made) = desk.load(&set).await;
        assert_eq!(answered(&quotes), 19);
        calls.push(made);
        desk.clock.advance(TimeDelta::minutes(1));
    }
    // Twenty, then two for each of four halvings; twice apart from the others; then not at all.
    assert_eq!(calls, [9, 2, 2, 1, 1]);
    let (quotes, _) = desk.load(&set).await;
    let Outcome::NotAnswered(NotAnswered::Parked { until }) = quotes[7].1 else { panic!("{:?}", quotes[7]) };
    assert_eq!(until, desk.now() - TimeDelta::minutes(3) + TimeDelta::hours(24));

    desk.clock.set(until);
    assert_eq!(desk.load(&set).await.1, 2, "tried once a day");
    assert_eq!(desk.load(&set).await.1, 1);
    desk.clock.advance(TimeDelta::hours(24));
    desk.sim.set_faults(Vec::new());
    assert_eq!(answered(&desk.load(&set).await.0), 20);
    assert_eq!(desk.load(&set).await.1, 1, "forgiven");
}

#[tokio::test]
async fn a_parked_symbol_stays_parked_over_a_restart() {
    let mut desk = desk(Limits::generous(), vec![poison("POISON", 400, words(BAD_REQUEST))]);
    for _ in 0..3 {
        desk.load(&spoilt()).await;
        desk.clock.advance(TimeDelta::minutes(1));
    }
    let stored = serde_json::to_string(&desk.yahoo.memory()).unwrap();
    desk.yahoo = Yahoo::through(gateway(&desk.sim, &desk.clock, Limits::generous()));
    desk.yahoo.recall(serde_json::from_str::<Memory>(&stored).unwrap());
    let (quotes, calls) = desk.load(&spoilt()).await;
    assert_eq!((answered(&quotes), calls), (19, 1));
    assert!(matches!(quotes[7].1, Outcome::NotAnswered(NotAnswered::Parked { .. })));
}

#[tokio::test]
async fn a_symbol_that_fails_alone_is_parked_after_three_loads() {
    let desk = desk(Limits::generous(), vec![poison("POISON", 400, words(BAD_REQUEST))]);
    let lone = [symbol("POISON")];
    let mut calls = Vec::new();
    for _ in 0..4 {
        calls.push(desk.load(&lone).await.1);
        desk.clock.advance(TimeDelta::minutes(1));
    }
    // As nobody else vouches for the route, the other one is tried too, once.
    assert_eq!(calls, [2, 1, 1, 0]);
}

#[tokio::test]
async fn nothing_found_for_good_symbols_is_the_fault_of_one() {
    let desk = desk(Limits::generous(), Vec::new());
    let set = spoilt();
    assert_eq!(answered(&desk.load(&set).await.0), 20);
    desk.sim.set_faults(vec![poison("POISON", 404, words(NOT_FOUND))]);
    let (quotes, calls) = desk.load(&set).await;
    assert_eq!((answered(&quotes), calls), (19, 9));
    assert_eq!(quotes[7].1, Outcome::Unknown, "alone, it is what the service says");
    assert_eq!(desk.load(&set).await.1, 1, "and is remembered");
}

#[tokio::test]
async fn an_outage_for_the_sake_of_one_symbol_is_narrowed_down_over_loads() {
    // One call after the other, so that every run counts the same failures in a row.
    let limits = Limits { concurrency: 1, ..Limits::generous() };
    let desk = desk(limits, vec![poison("POISON", 503, FaultBody::Usual)]);
    let set = spoilt();
    let mut last = Vec::new();
    for _ in 0..14 {
        let before = desk.total().calls;
        let quotes = desk.yahoo.quotes(&set, &desk.budget(23)).await;
        last = quotes;
        assert!(desk.total().calls - before <= 23);
        // Longer than the circuit rests after failures.
        desk.clock.advance(TimeDelta::minutes(6));
    }
    assert_eq!(answered(&last), 19);
    assert!(matches!(last[7].1, Outcome::NotAnswered(NotAnswered::Parked { .. })), "{:?}", last[7]);
    assert_eq!(desk.load(&set).await.1, 1);
}

#[tokio::test]
async fn two_bad_symbols_cost_their_batch_nothing_but_calls() {
    let rules = vec![poison("POISON", 400, words(BAD_REQUEST)), poison("T16", 400, words(BAD_REQUEST))];
    let desk = desk(Limits::generous(), rules);
    let (quotes, calls) = desk.load(&spoilt()).await;
    assert_eq!(answered(&quotes), 18);
    assert!(calls <= 1 + 2 + 1 + 4 + 4 + 4, "{calls}");
    assert_eq!(desk.load(&spoilt()).await.1, 3);
}

#[tokio::test]
async fn the_search_for_a_bad_symbol_stays_within_the_budget_and_goes_on_in_the_next_load() {
    let desk = desk(Limits::generous(), vec![poison("POISON", 400, words(BAD_REQUEST))]);
    let set = spoilt();
    for (budget, sure) in [(4, 10), (4, 19), (4, 19), (4, 19), (4, 19)] {
        let budget = desk.budget(budget);
        let quotes = desk.yahoo.quotes(&set, &budget).await;
        assert!(budget.spent() <= 4);
        assert!(answered(&quotes) >= sure.min(15), "{}", answered(&quotes));
        desk.clock.advance(TimeDelta::minutes(1));
    }
    assert_eq!(answered(&desk.load(&set).await.0), 19);
    assert!(desk.load(&set).await.1 <= 2);
}

#[tokio::test]
async fn when_nobody_is_answered_nobody_is_blamed() {
    for code in [400, 503] {
        let body = if code == 400 { words(BAD_REQUEST) } else { FaultBody::Usual };
        let rule = FaultRule::always(FaultAction::Status { code, body });
        let desk = desk(Limits::generous(), vec![rule]);
        for _ in 0..10 {
            assert_eq!(answered(&desk.load(&symbols(20)).await.0), 0);
            desk.clock.advance(TimeDelta::minutes(6));
        }
        // The first load learns that it is the route; later ones ask each route once.
        assert!(desk.total().calls <= 8 + 9 * 6, "{code}: {}", desk.total().calls);
        desk.sim.set_faults(Vec::new());
        let (quotes, calls) = desk.load(&symbols(20)).await;
        assert_eq!((answered(&quotes), calls), (20, if code == 400 { 1 } else { 2 }), "{code}");
    }
}

#[tokio::test]
async fn a_smaller_limit_is_learnt_from_the_refusal() {
    let desk = desk(Limits::generous(), Vec::new());
    desk.sim.adjust(|behaviour| behaviour.spark_limit = 8);
    let (quotes, calls) = desk.load(&symbols(20)).await;
    assert_eq!((answered(&quotes), calls), (20, 4));
    let (quotes, calls) = desk.load(&symbols(40)).await;
    assert_eq!((answered(&quotes), calls), (40, 5));
    let memory = desk.yahoo.memory();
    assert!(symbols(40).iter().all(|symbol| memory.of(symbol).in_batches.is_none()), "nobody is blamed");
}

#[tokio::test]
async fn a_chart_that_fails_again_and_again_is_not_asked_for() {
    let matches =
        FaultMatch { route: Some(Route::Chart), symbol: Some("RAGGED".into()), ..FaultMatch::default() };
    let desk =
        desk(Limits::generous(), vec![FaultRule { matches, action: FaultAction::Ragged, times: None }]);
    for _ in 0..30 {
        let bad = desk.yahoo.history(&symbol("RAGGED"), date("2026-01-02"), &desk.budget(3)).await;
        assert!(matches!(bad, Outcome::NotAnswered(_)));
        desk.yahoo.history(&symbol("GOOD"), date("2026-01-02"), &desk.budget(3)).await.answer().unwrap();
        desk.clock.advance(TimeDelta::minutes(1));
    }
    assert_eq!(desk.total().calls, 30 + 3);
    assert_eq!(answered(&desk.load(&[symbol("RAGGED")]).await.0), 1, "sparks are another matter");
}
