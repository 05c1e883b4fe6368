//! One source standing in for another.

use bellwether_domain::SharedClock;
use bellwether_prices::{Chain, CircuitState, Limits, NotAnswered, Outcome, Provider, Yahoo};
use bellwether_yahoo_sim::{FaultAction, FaultBody, FaultRule, SimConfig, Simulator};
use chrono::TimeDelta;

use super::{date, desk, gateway, symbol, symbols};

#[tokio::test]
async fn while_the_first_rests_the_second_answers_and_the_first_is_not_called() {
    let outage = FaultAction::Status { code: 429, body: FaultBody::Usual };
    let desk = desk(Limits::generous(), vec![FaultRule::always(outage)]);
    let stand_in = Simulator::spawn(SimConfig {
        clock: bellwether_yahoo_sim::ClockMode::Shared(desk.clock.clone()),
        ..SimConfig::default()
    })
    .unwrap();
    let clock: SharedClock = desk.clock.clone();
    let second = Yahoo::through(gateway(&stand_in, &desk.clock, Limits::generous()));
    let chain = Chain::new(clock).then(Yahoo::through(gateway(&desk.sim, &desk.clock, Limits::generous())));
    let alone = chain.quotes(&symbols(3), &desk.budget(5)).await;
    assert!(alone.iter().all(|(_, outcome)| *outcome == Outcome::NotAnswered(NotAnswered::RateLimited)));
    let chain = chain.then(second);

    for round in 1..=5 {
        let budget = desk.budget(5);
        let quotes = chain.quotes(&symbols(20), &budget).await;
        assert!(quotes.iter().all(|(_, outcome)| outcome.as_answer().is_some()));
        assert_eq!((budget.spent(), desk.sim.calls(), stand_in.calls()), (1, 1, round));
    }
    let history = chain.history(&symbol("AAPL"), date("2025-06-02"), &desk.budget(2)).await;
    assert!(history.as_answer().is_some());

    let health = chain.health();
    let [first, second] = &health[..] else { panic!("{health:?}") };
    let until = first.rests_until(desk.now()).expect("a rest");
    assert!(second.rests_until(desk.now()).is_none());
    let (told, of_second) = (first.answers.as_ref().unwrap(), second.answers.as_ref().unwrap());
    assert_eq!((told.answered, told.unanswered), (0, 3 + 5 * 20 + 1));
    assert_eq!(told.last_failure.as_ref().unwrap().reason, NotAnswered::RateLimited.to_string());
    assert_eq!((of_second.answered, of_second.unanswered), (5 * 20 + 1, 0));
    assert_eq!(first.upstream.as_ref().unwrap().calls, desk.total().calls);
    assert_eq!(first.upstream.as_ref().unwrap().by_status, desk.total().by_status);
    assert_eq!(second.upstream.as_ref().unwrap().calls, stand_in.calls());

    desk.sim.set_faults(Vec::new());
    desk.clock.set(until);
    for _ in 0..2 {
        let quotes = chain.quotes(&symbols(20), &desk.budget(5)).await;
        assert!(quotes.iter().all(|(_, outcome)| outcome.as_answer().is_some()));
        desk.clock.advance(TimeDelta::seconds(1));
    }
    let health = chain.health();
    assert_eq!(health[0].upstream.as_ref().unwrap().anonymous.state, CircuitState::Closed);
    assert_eq!(health[0].answers.as_ref().unwrap().answered, 40);
    assert_eq!(stand_in.calls(), 6, "the first is well again");
}

#[tokio::test]
async fn health_is_plain_data() {
    let desk = desk(Limits::generous(), Vec::new());
    let chain = Chain::new(desk.clock.clone()).then(desk.yahoo);
    let answered = chain.quotes(&[symbol("AAPL")], &bellwether_prices::LoadBudget::background(1)).await;
    assert!(answered[0].1.as_answer().is_some());
    let json = serde_json::to_value(chain.health()).unwrap();
    assert_eq!(json[0]["source"], "yahoo");
    assert_eq!(json[0]["answers"]["answered"], 1);
    assert_eq!(json[0]["upstream"]["anonymous"]["state"]["state"], "closed");
    assert_eq!(json[0]["upstream"]["calls"], 1);
}
