//! What an hour may cost, and what of it outlives the process.

use bellwether_prices::{CircuitState, GatewaySnapshot, Limits, LoadBudget, Provider, Yahoo};
use bellwether_yahoo_sim::{FaultAction, FaultBody, FaultRule, LatencyProfile, LimiterPolicy};
use chrono::{DateTime, TimeDelta, Utc};
use futures::future::join_all;

use super::{Desk, desk, gateway, symbols};

impl Desk {
    /// One load of so many small calls by somebody who waits for two and a half seconds; how many were answered.
    async fn look_up(&self, calls: u32) -> usize {
        let budget = LoadBudget::foreground(calls, self.now() + TimeDelta::milliseconds(2_500));
        let names: Vec<String> = (0..calls).map(|n| format!("T{n}")).collect();
        let found = join_all(names.iter().map(|name| self.yahoo.search(name, &budget))).await;
        found.iter().filter(|found| found.is_ok()).count()
    }

    /// Such loads one after the other until `end`, each `pause` after the one before.
    async fn look_up_until(&self, end: DateTime<Utc>, pause: TimeDelta, calls: u32) {
        while self.now() < end {
            self.look_up(calls).await;
            self.clock.advance(pause);
        }
    }

    fn hourly_limit(&self) -> u32 {
        self.yahoo.gateway().counters().hourly_limit
    }

    /// When calls came, and whether they were refused.
    fn calls(&self) -> Vec<(DateTime<Utc>, bool)> {
        self.sim.log_since(0).iter().map(|call| (call.at, call.status == 429)).collect()
    }

    /// The first of the refusals that follow each other closely: of calls that were under way together.
    fn refusals(&self) -> Vec<DateTime<Utc>> {
        let mut firsts: Vec<DateTime<Utc>> = Vec::new();
        for (at, _) in self.calls().into_iter().filter(|(_, refused)| *refused) {
            if firsts.last().is_none_or(|first| at - *first > TimeDelta::seconds(10)) {
                firsts.push(at);
            }
        }
        firsts
    }

    fn most_calls_within_an_hour(&self) -> usize {
        let calls = self.calls();
        let within = |from: DateTime<Utc>| {
            let hour = |at: DateTime<Utc>| (from..from + TimeDelta::hours(1)).contains(&at);
            calls.iter().filter(|(at, _)| hour(*at)).count()
        };
        calls.iter().map(|(at, _)| within(*at)).max().unwrap_or(0)
    }

    /// Another process in the place of this one, from what was written down.
    fn restart(&mut self) {
        let stored = serde_json::to_string(&self.yahoo.gateway().snapshot()).unwrap();
        let next = gateway(&self.sim, &self.clock, Limits::default());
        next.restore(&serde_json::from_str::<GatewaySnapshot>(&stored).unwrap());
        self.yahoo = Yahoo::through(next);
    }
}

#[tokio::test]
async fn a_day_without_refusals_grows_the_limit_to_its_most_and_one_refusal_halves_it() {
    let desk = desk(Limits::default(), Vec::new());
    let mut limits = vec![desk.hourly_limit()];
    for _ in 0..24 * 12 {
        assert_eq!(desk.look_up(1).await, 1);
        desk.clock.advance(TimeDelta::minutes(5));
        limits.push(desk.hourly_limit());
    }
    limits.dedup();
    assert_eq!((limits.first(), limits.len(), limits.last()), (Some(&300), 14, Some(&1_000)));

    desk.sim.set_faults(vec![
        FaultRule::always(FaultAction::Status { code: 429, body: FaultBody::Usual }).times(1),
    ]);
    assert_eq!(desk.look_up(1).await, 0);
    assert_eq!(desk.hourly_limit(), 500);
    assert_eq!(desk.total().calls, 24 * 12 + 1);
}

#[tokio::test]
async fn a_strict_service_is_never_called_during_a_block() {
    let desk = desk(Limits::default(), Vec::new());
    desk.sim.adjust(|behaviour| behaviour.limiter = LimiterPolicy::hostile());
    // One call at a time, so that none is under way when the window closes.
    desk.look_up_until(desk.now() + TimeDelta::hours(12), TimeDelta::seconds(20), 1).await;
    let calls = desk.calls();
    let block = TimeDelta::seconds(LimiterPolicy::hostile().block_s);
    for (at, _) in calls.iter().filter(|(_, refused)| *refused) {
        assert!(
            !calls.iter().any(|(other, _)| *other > *at && *other - *at < block),
            "a call during a block"
        );
    }
    // It takes 40 calls in 40 minutes. Finding that out costs a few refusals, and growing again one now and then.
    assert!((3..=8).contains(&desk.refusals().len()), "{:?}", desk.refusals());
    assert!(desk.hourly_limit() <= 75);
    assert_eq!(desk.total().peak_in_flight, 1);
}

#[tokio::test]
async fn what_people_tell_of_the_service_is_learnt_from_one_refusal() {
    let desk = desk(Limits::default(), Vec::new());
    desk.sim.adjust(|behaviour| behaviour.limiter = LimiterPolicy::folk());
    desk.look_up_until(desk.now() + TimeDelta::hours(6), TimeDelta::seconds(20), 10).await;
    assert_eq!(desk.refusals().len(), 1, "{:?}", desk.refusals());
    let refusal = desk.refusals()[0];
    let after: Vec<_> =
        desk.calls().into_iter().filter(|(at, _)| *at > refusal + TimeDelta::seconds(10)).collect();
    assert!(after.iter().all(|(at, _)| *at - refusal >= TimeDelta::minutes(4)), "a rest");
    assert!(after.len() > 400, "and then work again: {}", after.len());
    assert!(desk.total().peak_in_flight <= 4);
}

#[tokio::test]
async fn hundreds_who_ask_at_once_share_four_seats() {
    let desk = desk(Limits::generous(), Vec::new());
    desk.sim.adjust(|behaviour| {
        behaviour.limiter = LimiterPolicy::parallel8();
        behaviour.latency = LatencyProfile { base_ms: 2.0, ..LatencyProfile::zero() };
    });
    let all = symbols(100);
    let (budget, background) = (desk.budget(1_000), LoadBudget::background(1_000));
    let loads = (0..40).map(|n| desk.yahoo.quotes(&all, if n % 2 == 0 { &budget } else { &background }));
    let answers = join_all(loads).await;
    assert!(answers.iter().flatten().all(|(_, outcome)| outcome.as_answer().is_some()));
    let total = desk.total();
    assert_eq!((total.throttled, total.peak_in_flight), (0, 4));
    assert_eq!(desk.yahoo.gateway().counters().peak_in_flight, 4);
}

#[tokio::test]
async fn no_hour_has_more_calls_than_the_limit_and_its_burst() {
    let desk = desk(Limits::default(), Vec::new());
    desk.look_up_until(desk.now() + TimeDelta::minutes(150), TimeDelta::seconds(10), 20).await;
    let most = desk.most_calls_within_an_hour();
    assert!((390..=363 + 100).contains(&most), "{most}");
    assert!(desk.total().peak_in_flight <= 4);
}

#[tokio::test]
async fn restarts_amid_an_hour_add_nothing_to_it() {
    let mut desk = desk(Limits::default(), Vec::new());
    for _ in 0..9 {
        desk.look_up_until(desk.now() + TimeDelta::minutes(10), TimeDelta::seconds(10), 20).await;
        desk.restart();
    }
    let most = desk.most_calls_within_an_hour();
    assert!((390..=330 + 100).contains(&most), "{most}");
    assert_eq!(desk.hourly_limit(), 330, "and the clean hour counts across them");
}

#[tokio::test]
async fn a_restart_amid_a_rest_does_not_end_it() {
    let mut desk = desk(Limits::default(), Vec::new());
    desk.sim.adjust(|behaviour| behaviour.limiter = LimiterPolicy::hostile());
    desk.look_up_until(desk.now() + TimeDelta::seconds(150), TimeDelta::seconds(3), 1).await;
    let CircuitState::Open { until, .. } = desk.yahoo.gateway().counters().anonymous.state else {
        panic!("not refused")
    };
    let calls = desk.total().calls;
    while desk.now() < until {
        desk.restart();
        assert_eq!(desk.look_up(3).await, 0);
        assert_eq!(desk.hourly_limit(), 150);
        desk.clock.advance(TimeDelta::seconds(20).min(until - desk.now()));
    }
    assert_eq!(desk.total().calls, calls, "not a single call");
    desk.restart();
    assert_eq!(desk.look_up(3).await, 1, "one to see whether it is well");
    assert_eq!(desk.total().calls, calls + 1);
}

#[tokio::test]
async fn two_providers_on_one_gateway_share_its_hour() {
    let desk = desk(Limits::default(), Vec::new());
    let other = Yahoo::through(desk.yahoo.gateway().clone());
    let end = desk.now() + TimeDelta::minutes(59);
    while desk.now() < end {
        let budget = LoadBudget::foreground(10, desk.now() + TimeDelta::milliseconds(2_500));
        let both = (0..5)
            .map(|_| async { futures::join!(desk.yahoo.search("T1", &budget), other.search("T2", &budget)) });
        join_all(both).await;
        desk.clock.advance(TimeDelta::seconds(10));
    }
    let calls = desk.total().calls;
    assert!((390..=400).contains(&calls), "{calls}");
}
