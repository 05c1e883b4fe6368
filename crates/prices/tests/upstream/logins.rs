//! Quotes with a login.

use bellwether_domain::{Quote, Symbol};
use bellwether_prices::{Limits, NotAnswered, Outcome, Provider, Yahoo};
use bellwether_yahoo_sim::{
    ConsentMode, FaultAction, FaultBody, FaultMatch, FaultRule, LogEntry, Omission, ResetPoint, Route,
};
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
    assert_eq!(desk.yahoo.login(), None);
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

fn answered(quotes: &[(Symbol, Outcome<Quote>)]) -> usize {
    quotes.iter().filter(|(_, outcome)| outcome.as_answer().is_some()).count()
}

impl Desk {
    /// The routes called since the last look, with their statuses.
    fn trail(&self) -> Vec<(Route, u16)> {
        let log: Vec<LogEntry> = self.sim.log_since(0);
        log.iter().map(|call| (call.route, call.status)).collect()
    }

    fn calls_to(&self, route: Route) -> u64 {
        self.sim.counters().since_start.route(route).calls
    }
}

/// The host that only hands out cookies hands out none.
fn no_cookie() -> FaultRule {
    FaultRule::on(Route::Cookie, FaultAction::Status { code: 404, body: FaultBody::Html })
}

#[tokio::test]
async fn where_the_cookie_host_gives_none_the_web_site_does() {
    let before = [(Route::Cookie, 404), (Route::Page, 200)];
    let bounce = [(Route::Cookie, 404), (Route::Page, 307), (Route::Consent, 302)];
    let form = [
        (Route::Cookie, 404),
        (Route::Page, 307),
        (Route::Consent, 302),
        (Route::Consent, 200),
        (Route::Consent, 302),
        (Route::Consent, 302),
    ];
    for (mode, trail) in
        [(ConsentMode::None, &before[..]), (ConsentMode::Bounce, &bounce[..]), (ConsentMode::Form, &form[..])]
    {
        let desk = member(vec![no_cookie()]);
        desk.sim.adjust(|behaviour| behaviour.consent = mode);
        let quotes = desk.yahoo.quotes(&symbols(200), &desk.budget(30)).await;
        assert_eq!(answered(&quotes), 200, "{mode:?}");
        let rest = [(Route::Crumb, 200), (Route::Quote, 200), (Route::Quote, 200), (Route::Quote, 200)];
        let expected: Vec<_> = trail.iter().copied().chain(rest).chain([(Route::Quote, 200)]).collect();
        assert_eq!(desk.trail(), expected, "{mode:?}");
        let login = desk.yahoo.login().unwrap();
        assert_eq!(format!("{login:?}"), "Login(..)");
    }
}

#[tokio::test]
async fn a_cookie_host_that_cannot_be_reached_is_gone_round() {
    let reset = FaultRule::on(Route::Cookie, FaultAction::Reset(ResetPoint::Before));
    let desk = member(vec![reset]);
    desk.sim.adjust(|behaviour| behaviour.consent = ConsentMode::Form);
    let quotes = desk.yahoo.quotes(&symbols(200), &desk.budget(30)).await;
    assert_eq!((answered(&quotes), desk.calls_to(Route::Quote)), (200, 4));
}

#[tokio::test]
async fn a_cookie_that_is_worth_nothing_is_replaced_once() {
    for text in [false, true] {
        // A cookie that the service does not know.
        let desk = member(Vec::new());
        desk.sim.adjust(|behaviour| behaviour.crumb.invalid_cookie_text = text);
        let code = if text { 200 } else { 401 };
        let refused = FaultAction::Status { code, body: FaultBody::Text("Invalid Cookie".into()) };
        desk.sim.set_faults(vec![FaultRule::on(Route::Crumb, refused).times(1)]);
        let quotes = desk.yahoo.quotes(&symbols(200), &desk.budget(30)).await;
        assert_eq!(answered(&quotes), 200);
        let start = [(Route::Cookie, 404), (Route::Crumb, code), (Route::Page, 200), (Route::Crumb, 200)];
        assert_eq!(desk.trail()[..4], start);
    }
}

#[tokio::test]
async fn pages_with_thirty_kilobytes_of_headers_are_read_and_larger_ones_are_not() {
    for (bytes, quotes) in [(29_000, 4), (40_000, 0)] {
        let huge = FaultRule::on(Route::Page, FaultAction::HugeHeaders { bytes });
        let desk = member(vec![no_cookie(), huge]);
        assert_eq!(answered(&desk.yahoo.quotes(&symbols(200), &desk.budget(40)).await), 200);
        assert_eq!(desk.calls_to(Route::Quote), quotes, "{bytes}");
    }
}

#[tokio::test]
async fn a_handshake_that_led_nowhere_is_not_repeated_for_ten_minutes() {
    let desk = member(vec![no_cookie()]);
    desk.sim.set_faults(vec![no_cookie(), FaultRule::on(Route::Page, FaultAction::Empty200)]);
    for minute in 0..25 {
        assert_eq!(answered(&desk.yahoo.quotes(&symbols(200), &desk.budget(30)).await), 200);
        assert_eq!(desk.calls_to(Route::Cookie), 1 + minute / 10, "{minute}");
        assert_eq!(desk.calls_to(Route::Page), 1 + minute / 10);
        desk.clock.advance(TimeDelta::minutes(1));
    }
    assert_eq!(desk.calls_to(Route::Crumb), 0);
}

#[tokio::test]
async fn a_handshake_that_the_budget_has_no_room_for_is_put_off() {
    let desk = member(Vec::new());
    desk.yahoo.quotes(&symbols(200), &desk.budget(1)).await;
    assert_eq!((desk.calls_to(Route::Cookie), desk.total().calls), (0, 1));
    assert_eq!(answered(&desk.yahoo.quotes(&symbols(200), &desk.budget(10)).await), 200);
    assert_eq!(desk.calls_to(Route::Quote), 4);
}

#[tokio::test]
async fn a_throttled_crumb_is_final_and_nothing_is_kept_of_it() {
    let desk = member(Vec::new());
    desk.sim.adjust(|behaviour| behaviour.crumb.throttled = true);
    for _ in 0..5 {
        assert_eq!(answered(&desk.yahoo.quotes(&symbols(200), &desk.budget(20)).await), 200);
        desk.clock.advance(TimeDelta::minutes(1));
    }
    assert_eq!((desk.calls_to(Route::Cookie), desk.calls_to(Route::Crumb)), (1, 1), "and no way round it");
    assert_eq!((desk.calls_to(Route::Page), desk.calls_to(Route::Quote)), (0, 0));
    assert_eq!(desk.sim.counters().since_start.spark_calls(), 50);
    assert_eq!(desk.yahoo.login(), None);
}

#[tokio::test]
async fn a_refusal_that_speaks_of_the_crumb_is_answered_by_another_login() {
    let words = r#"{"finance":{"result":null,"error":{"code":"Forbidden","description":"Invalid Crumb"}}}"#;
    for code in [401, 403] {
        let refused = FaultAction::Status { code, body: FaultBody::Text(words.into()) };
        let desk = member(Vec::new());
        desk.yahoo.quotes(&symbols(200), &desk.budget(20)).await;
        desk.clock.advance(TimeDelta::minutes(20));
        desk.sim.set_faults(vec![FaultRule::on(Route::Quote, refused.clone()).times(1)]);
        assert_eq!(answered(&desk.yahoo.quotes(&symbols(200), &desk.budget(20)).await), 200);
        assert_eq!(desk.sim.counters().since_start.handshakes, 2, "{code}");
        assert_eq!(desk.calls_to(Route::Quote), 4 + 5, "{code}");

        // Refused again when fresh: sparks for an hour.
        desk.clock.advance(TimeDelta::minutes(20));
        desk.sim.set_faults(vec![FaultRule::on(Route::Quote, refused)]);
        assert_eq!(answered(&desk.yahoo.quotes(&symbols(200), &desk.budget(30)).await), 200);
        let asked = desk.calls_to(Route::Quote);
        desk.sim.set_faults(Vec::new());
        desk.clock.advance(TimeDelta::minutes(59));
        desk.yahoo.quotes(&symbols(200), &desk.budget(20)).await;
        assert_eq!(desk.calls_to(Route::Quote), asked, "{code}");
        desk.clock.advance(TimeDelta::minutes(2));
        desk.yahoo.quotes(&symbols(200), &desk.budget(20)).await;
        assert_eq!(desk.calls_to(Route::Quote), asked + 4, "{code}");
    }
}

#[tokio::test]
async fn a_refusal_that_speaks_of_nothing_is_a_block() {
    let desk = member(Vec::new());
    desk.yahoo.quotes(&symbols(200), &desk.budget(20)).await;
    let refused = FaultAction::Status { code: 403, body: FaultBody::Text("Forbidden".into()) };
    desk.sim.set_faults(vec![FaultRule::on(Route::Quote, refused)]);
    desk.clock.advance(TimeDelta::minutes(20));
    for _ in 0..3 {
        assert_eq!(answered(&desk.yahoo.quotes(&symbols(200), &desk.budget(20)).await), 200, "by sparks");
    }
    assert!(desk.calls_to(Route::Quote) <= 8, "those under way when the first was refused");
    assert_eq!(desk.sim.counters().since_start.handshakes, 1, "another login would not help");
}

#[tokio::test]
async fn a_symbol_that_spoils_quotes_is_left_to_sparks() {
    let bad = r#"{"quoteResponse":{"result":null,"error":{"code":"internal-error","description":"oops"}}}"#;
    let matches =
        FaultMatch { route: Some(Route::Quote), symbol: Some("POISON".into()), ..FaultMatch::default() };
    let action = FaultAction::Status { code: 400, body: FaultBody::Text(bad.into()) };
    let desk = member(vec![FaultRule { matches, action, times: None }]);
    let mut set = symbols(199);
    set.insert(60, symbol("POISON"));
    assert_eq!(answered(&desk.yahoo.quotes(&set, &desk.budget(40)).await), 200);
    // Four and the handshake; two halvings of the one that failed; a spark for the dozen that is left.
    assert_eq!((desk.calls_to(Route::Quote), desk.total().calls), (4 + 4, 2 + 8 + 1));
    desk.clock.advance(TimeDelta::minutes(1));
    assert_eq!(answered(&desk.yahoo.quotes(&set, &desk.budget(40)).await), 200);
    assert_eq!(desk.calls_to(Route::Quote), 8 + 4, "the others' batches are as large as before");
    assert_eq!(desk.sim.counters().since_start.spark_calls(), 2);
}

#[tokio::test]
async fn batches_grow_to_the_ceiling_and_no_address_beyond_its_limit() {
    let desk = member(Vec::new());
    for load in 0..55 {
        desk.yahoo.quotes(&symbols(120), &desk.budget(40)).await;
        desk.clock.advance(TimeDelta::minutes(1));
        assert_eq!(desk.sim.counters().since_start.route(Route::Quote).max_symbols, 99.min(50 + load));
    }
    let wide: Vec<Symbol> = (0..300).map(|n| symbol(&format!("VERY-LONG-SYMBOL-{n:03}.NS"))).collect();
    desk.yahoo.quotes(&wide, &desk.budget(40)).await;
    assert!(desk.total().max_url_bytes <= 1_800, "{}", desk.total().max_url_bytes);
}

#[tokio::test]
async fn every_kind_of_symbol_gets_its_own_outcome_when_most_are_left_out() {
    let fault = FaultRule::on(Route::Quote, FaultAction::Omit(Omission::AllButLast));
    let desk = member(vec![fault]);
    let mut set = symbols(196);
    set.extend(["USDEUR=X", "ZZUNKNOWN1", "ZZDEAD1", "ZZNONE1"].map(symbol));
    let quotes = desk.yahoo.quotes(&set, &desk.budget(60)).await;
    assert_eq!(answered(&quotes), 197, "what quotes leave out, sparks tell");
    assert!(quotes[196].1.as_answer().is_some(), "by another name");
    assert_eq!(quotes[197].1, Outcome::NotAnswered(NotAnswered::Omitted));
    assert_eq!(quotes[199].1, Outcome::Delisted);
    assert!(desk.yahoo.memory().of(&set[199]).absence.is_some_and(|absence| absence.delisted));
    desk.clock.advance(TimeDelta::minutes(1));
    desk.sim.set_faults(Vec::new());
    let quotes = desk.yahoo.quotes(&set, &desk.budget(60)).await;
    assert_eq!((answered(&quotes), &quotes[198].1), (197, &Outcome::Delisted));
}
