//! Quotes with a login.

use bellwether_prices::{Limits, Outcome, Provider, Yahoo};
use bellwether_yahoo_sim::{FaultAction, FaultRule, Omission, Route};
use chrono::TimeDelta;

use super::{Desk, desk, gateway, symbol, symbols};

fn member(faults: Vec<FaultRule>) -> Desk {
    let Desk { sim, clock, .. } = desk(Limits::generous(), faults);
    let yahoo = Yahoo::through(gateway(&sim, &clock, Limits::generous())).with_login(None);
    Desk { sim, clock, yahoo }
}

#[tokio::test]
async fn five_hundred_quotes_take_ten_calls_and_one_handshake() {
    let desk = member(Vec::new());
    let quotes = desk.yahoo.quotes(&symbols(500), &desk.budget(100)).await;
    assert!(quotes.iter().all(|(_, outcome)| outcome.as_answer().is_some()));
    assert_eq!(desk.total().calls, 12);
    let counters = desk.sim.counters().since_start;
    assert_eq!((counters.handshakes, counters.route(Route::Quote).max_symbols), (1, 50));
    assert!(counters.total.max_url_bytes <= 1_800);
}

#[tokio::test]
async fn twenty_tasks_that_find_the_crumb_expired_shake_hands_once() {
    let desk = member(Vec::new());
    desk.yahoo.quotes(&symbols(200), &desk.budget(100)).await;
    desk.sim.expire_crumbs();
    desk.clock.advance(TimeDelta::minutes(20));
    let (all, budget) = (symbols(45), desk.budget(200));
    let many = futures::future::join_all((0..20).map(|_| desk.yahoo.quotes(&all, &budget))).await;
    assert!(many.iter().flatten().all(|(_, outcome)| outcome.as_answer().is_some()));
    assert_eq!(desk.sim.counters().since_start.handshakes, 2);
}

#[tokio::test]
async fn a_throttled_handshake_leaves_it_to_sparks() {
    let desk = member(Vec::new());
    desk.sim.adjust(|behaviour| behaviour.crumb.throttled = true);
    let quotes = desk.yahoo.quotes(&symbols(100), &desk.budget(100)).await;
    assert!(quotes.iter().all(|(_, outcome)| outcome.as_answer().is_some()));
    assert_eq!(desk.yahoo.login().await, None);
    assert_eq!(desk.sim.counters().since_start.spark_calls(), 5);
}

#[tokio::test]
async fn a_limit_that_moved_is_found_by_halving() {
    let desk = member(Vec::new());
    desk.sim.adjust(|behaviour| behaviour.quote_limit = 30);
    let quotes = desk.yahoo.quotes(&symbols(200), &desk.budget(100)).await;
    assert!(quotes.iter().all(|(_, outcome)| outcome.as_answer().is_some()));
    desk.sim.mark("learnt");
    desk.yahoo.quotes(&symbols(200), &desk.budget(100)).await;
    assert!(desk.sim.calls_since("learnt").unwrap() <= 10);
}

#[tokio::test]
async fn a_batch_of_which_only_the_last_comes_back_is_asked_again() {
    let fault = FaultRule::on(Route::Quote, FaultAction::Omit(Omission::AllButLast)).times(1);
    let desk = member(vec![fault]);
    let quotes = desk.yahoo.quotes(&symbols(70), &desk.budget(100)).await;
    assert!(quotes.iter().all(|(_, outcome)| outcome.as_answer().is_some()));
}

#[tokio::test]
async fn symbols_without_a_price_are_told_apart() {
    let desk = member(Vec::new());
    let mut asked = symbols(100);
    asked.extend(["ZZNONE1", "ZZDEAD1", "ZZUNKNOWN1"].map(symbol));
    let quotes = desk.yahoo.quotes(&asked, &desk.budget(100)).await;
    assert_eq!(quotes[100].1, Outcome::Delisted);
    assert_eq!(quotes[101].1, Outcome::Delisted);
    assert!(matches!(quotes[102].1, Outcome::NotAnswered(_)));
}
