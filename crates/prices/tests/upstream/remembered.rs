//! What is answered from memory instead of by a call.

use bellwether_prices::{Limits, NotAnswered, Outcome, Provider, Yahoo};
use bellwether_yahoo_sim::{FaultAction, FaultBody, FaultRule, Route};
use chrono::TimeDelta;

use super::{date, desk, gateway, symbol, symbols};

#[tokio::test]
async fn an_unknown_symbol_asked_every_minute_for_a_day_costs_one_call() {
    let desk = desk(Limits::generous(), Vec::new());
    let unknown = [symbol("ZZUNKNOWN1")];
    for _ in 0..24 * 60 {
        let quotes = desk.yahoo.quotes(&unknown, &desk.budget(1)).await;
        assert_eq!(quotes[0].1, Outcome::Unknown);
        desk.clock.advance(TimeDelta::minutes(1));
    }
    assert_eq!(desk.total().calls, 1);
    assert_eq!(desk.yahoo.silent_until(&unknown[0]), None);
    desk.yahoo.quotes(&unknown, &desk.budget(1)).await;
    assert_eq!(desk.total().calls, 2, "once a day");
}

#[tokio::test]
async fn what_is_gone_is_asked_daily_at_first_and_then_weekly_by_whichever_way() {
    for name in ["ZZUNKNOWN1", "ZZDEAD1"] {
        let desk = desk(Limits::generous(), Vec::new());
        let gone = symbol(name);
        let mut asked_on = Vec::new();
        for hour in 0..24 * 20 {
            let before = desk.total().calls;
            let history = desk.yahoo.history(&gone, date("2026-01-02"), &desk.budget(1)).await;
            assert!(matches!(history, Outcome::Unknown | Outcome::Delisted), "{history:?}");
            let closes = desk.yahoo.recent_closes(std::slice::from_ref(&gone), &desk.budget(1)).await;
            assert_eq!(closes[0].1.clone().map(drop), history.map(drop));
            if desk.total().calls > before {
                asked_on.push(hour / 24);
            }
            desk.clock.advance(TimeDelta::hours(1));
        }
        assert_eq!(asked_on, [0, 1, 2, 9, 16], "{name}");
        assert_eq!(desk.total().calls, 5, "{name}");
    }
}

#[tokio::test]
async fn what_is_unknown_stays_so_over_a_restart() {
    let mut desk = desk(Limits::generous(), Vec::new());
    let unknown = symbol("ZZUNKNOWN1");
    desk.yahoo.history(&unknown, date("2026-01-02"), &desk.budget(1)).await;
    let stored = serde_json::to_string(&desk.yahoo.memory()).unwrap();
    desk.yahoo = Yahoo::through(gateway(&desk.sim, &desk.clock, Limits::generous()));
    desk.yahoo.recall(serde_json::from_str(&stored).unwrap());
    assert_eq!(desk.yahoo.silent_until(&unknown), Some(desk.now() + TimeDelta::hours(24)));
    let history = desk.yahoo.history(&unknown, date("2026-01-02"), &desk.budget(1)).await;
    assert_eq!((history, desk.total().calls), (Outcome::Unknown, 1));
}

#[tokio::test]
async fn what_a_batch_leaves_out_is_not_unknown() {
    let desk = desk(Limits::generous(), Vec::new());
    let mut set = symbols(19);
    set.push(symbol("ZZUNKNOWN1"));
    for _ in 0..3 {
        let quotes = desk.yahoo.quotes(&set, &desk.budget(1)).await;
        assert_eq!(quotes[19].1, Outcome::NotAnswered(NotAnswered::Omitted));
        desk.clock.advance(TimeDelta::minutes(1));
    }
    assert!(desk.yahoo.memory().of(&set[19]).absence.is_none());
}

#[tokio::test]
async fn a_batch_of_unknown_symbols_is_unknown_as_a_whole() {
    let desk = desk(Limits::generous(), Vec::new());
    let set = ["ZZUNKNOWN1", "ZZUNKNOWN2", "ZZUNKNOWN3"].map(symbol);
    for _ in 0..10 {
        let quotes = desk.yahoo.quotes(&set, &desk.budget(5)).await;
        assert!(quotes.iter().all(|(_, outcome)| *outcome == Outcome::Unknown));
    }
    assert_eq!(desk.total().calls, 1);
}

#[tokio::test]
async fn a_symbol_that_comes_back_is_noticed_within_a_day() {
    let desk = desk(Limits::generous(), Vec::new());
    desk.sim.adjust(|behaviour| behaviour.excluded = vec!["AAPL".into()]);
    let (apple, budget) = ([symbol("AAPL")], desk.budget(9));
    assert_eq!(desk.yahoo.quotes(&apple, &budget).await[0].1, Outcome::Unknown);
    desk.sim.adjust(|behaviour| behaviour.excluded.clear());
    desk.clock.advance(TimeDelta::hours(24));
    assert!(desk.yahoo.quotes(&apple, &desk.budget(9)).await[0].1.as_answer().is_some());
    assert!(desk.yahoo.memory().of(&apple[0]).absence.is_none());
}

#[tokio::test]
async fn a_service_that_forgets_all_its_symbols_is_not_believed() {
    let desk = desk(Limits::generous(), Vec::new());
    let set = symbols(20);
    desk.yahoo.quotes(&set, &desk.budget(1)).await;
    let gone = r#"{"chart":{"result":null,"error":{"code":"Not Found","description":"No data found, symbol may be delisted"}}}"#;
    let status = FaultAction::Status { code: 404, body: FaultBody::Text(gone.into()) };
    desk.sim.set_faults(vec![FaultRule::on(Route::Chart, status)]);
    let mut unknown = 0;
    for symbol in &set {
        let history = desk.yahoo.history(symbol, date("2026-01-02"), &desk.budget(1)).await;
        unknown += usize::from(history == Outcome::Unknown);
    }
    assert_eq!(unknown, 1, "the first could not be told from one that is gone");
    let quotes = desk.yahoo.quotes(&set, &desk.budget(1)).await;
    assert_eq!(quotes.iter().filter(|(_, outcome)| outcome.as_answer().is_some()).count(), 19);
}
