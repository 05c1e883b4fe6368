//! Two routes to the same closes, and an edge that serves old answers.

use bellwether_domain::{Quote, Symbol};
use bellwether_prices::{Limits, NotAnswered, Outcome, Provider};
use bellwether_yahoo_sim::{FaultAction, FaultBody, FaultRule, Route};
use chrono::TimeDelta;

use super::{Desk, desk, symbol, symbols};

fn answered(quotes: &[(Symbol, Outcome<Quote>)]) -> usize {
    quotes.iter().filter(|(_, outcome)| outcome.as_answer().is_some()).count()
}

impl Desk {
    /// Calls to version 7 and version 8 so far.
    fn by_version(&self) -> (u64, u64) {
        let counters = self.sim.counters().since_start;
        (counters.route(Route::SparkV7).calls, counters.route(Route::SparkV8).calls)
    }
}

fn status(code: u16, body: &str) -> FaultAction {
    FaultAction::Status { code, body: FaultBody::Text(body.to_owned()) }
}

#[tokio::test]
async fn where_version_7_is_out_of_order_version_8_stands_in() {
    let not_found = r#"{"spark":{"result":null,"error":{"code":"Not Found","description":"No data found for spark symbols"}}}"#;
    let nothing_here =
        r#"{"finance":{"result":null,"error":{"code":"Not Found","description":"HTTP 404 Not Found"}}}"#;
    let bad = r#"{"spark":{"result":null,"error":{"code":"Bad Request","description":"Invalid cookie"}}}"#;
    // How often version 7 is asked before version 8.
    for (fault, asked) in [
        (FaultAction::Status { code: 404, body: FaultBody::Html }, 1),
        (status(404, nothing_here), 1),
        (status(404, not_found), 3),
        (status(400, bad), 3),
        (FaultAction::StatusCode200, 1),
        (FaultAction::NullChart, 1),
        (FaultAction::Html200, 3),
        (FaultAction::Empty200, 3),
    ] {
        let desk = desk(Limits::generous(), Vec::new());
        let set = symbols(20);
        let quotes = desk.yahoo.quotes(&set, &desk.budget(1)).await;
        let units: Vec<_> = quotes.iter().map(|(_, outcome)| outcome.as_answer().unwrap().currency).collect();
        desk.sim.set_faults(vec![FaultRule::on(Route::SparkV7, fault.clone())]);
        for round in 1..=4 {
            desk.clock.advance(TimeDelta::minutes(1));
            let quotes = desk.yahoo.quotes(&set, &desk.budget(9)).await;
            let now: Vec<_> =
                quotes.iter().filter_map(|(_, outcome)| Some(outcome.as_answer()?.currency)).collect();
            assert_eq!(now, units, "{fault:?}");
            assert_eq!(desk.by_version(), (1 + asked * round.min(2), round), "{fault:?}");
        }
        desk.sim.set_faults(Vec::new());
        desk.clock.advance(TimeDelta::minutes(61));
        assert_eq!(answered(&desk.yahoo.quotes(&set, &desk.budget(1)).await), 20);
        assert_eq!(desk.by_version(), (2 + asked * 2, 4), "{fault:?}: version 7 is asked again");
    }
}

#[tokio::test]
async fn what_version_8_cannot_tell_has_to_be_known() {
    let gone = FaultRule::on(Route::SparkV7, FaultAction::Status { code: 404, body: FaultBody::Html });
    let desk = desk(Limits::generous(), Vec::new());
    desk.yahoo.quotes(&[symbol("VOD.L")], &desk.budget(1)).await;
    desk.sim.set_faults(vec![gone]);
    let quotes = desk.yahoo.quotes(&[symbol("VOD.L"), symbol("BP.L")], &desk.budget(2)).await;
    assert_eq!(quotes[0].1.as_answer().unwrap().currency.as_str(), "GBP");
    assert!(
        matches!(&quotes[1].1, Outcome::NotAnswered(NotAnswered::Malformed(what)) if what == "no currency")
    );
}

#[tokio::test]
async fn an_edge_that_freezes_addresses_does_not_freeze_prices() {
    for count in [1, 2, 20, 50] {
        let desk = desk(Limits::generous(), Vec::new());
        desk.sim.adjust(|behaviour| {
            behaviour.edge_cache = true;
            behaviour.freeze_s = 300;
        });
        let set = symbols(count);
        for _ in 0..30 {
            desk.clock.advance(TimeDelta::minutes(1));
            for (symbol, outcome) in desk.yahoo.quotes(&set, &desk.budget(9)).await {
                let quote = outcome.answer().unwrap();
                let late =
                    if symbol.as_str().contains('.') { TimeDelta::hours(2) } else { TimeDelta::minutes(1) };
                assert!(desk.now() - quote.as_of <= late, "{count} {symbol}: {}", quote.as_of);
            }
        }
        assert_eq!(desk.total().edge_hits, 0);
    }
}

#[tokio::test]
async fn the_same_question_within_seconds_may_be_served_by_the_edge_all_the_same() {
    let desk = desk(Limits::generous(), Vec::new());
    desk.sim.adjust(|behaviour| behaviour.edge_cache = true);
    for _ in 0..7 {
        desk.yahoo.quotes(&[symbol("AAPL")], &desk.budget(9)).await;
    }
    assert_eq!(desk.total().edge_hits, 1, "no address is unlike all others");
}
