use std::sync::atomic::{AtomicU32, Ordering};

use async_trait::async_trait;
use bellwether_domain::{Clock, FixedClock};

use super::*;
use crate::SteppingPause;

mod rests;
mod sharing;

type Sent = Result<Response, TransportError>;

/// When each call came, and how long it was given.
type Calls = Arc<Mutex<Vec<(DateTime<Utc>, Duration)>>>;

/// Answers the n-th call by a function of n, and remembers when calls came.
struct Script<F> {
    clock: Arc<FixedClock>,
    calls: Calls,
    underway: AtomicU32,
    answer: F,
}

#[async_trait]
impl<F: Fn(usize) -> Sent + Send + Sync> Transport for Script<F> {
    async fn send(&self, request: &Request) -> Sent {
        let nth = {
            let mut calls = self.calls.lock().expect("calls");
            calls.push((self.clock.now(), request.timeout));
            calls.len()
        };
        assert!(self.underway.fetch_add(1, Ordering::SeqCst) < 4, "at most four at once");
        let _underway = Underway(&self.underway);
        tokio::task::yield_now().await;
        (self.answer)(nth)
    }
}

struct Underway<'a>(&'a AtomicU32);

impl Drop for Underway<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

struct Bench {
    clock: Arc<FixedClock>,
    gateway: Gateway,
    calls: Calls,
}

fn bench(limits: Limits, answer: impl Fn(usize) -> Sent + Send + Sync + 'static) -> Bench {
    bench_by(Arc::new(FixedClock::at(DateTime::UNIX_EPOCH)), limits, answer)
}

fn bench_by(
    clock: Arc<FixedClock>,
    limits: Limits,
    answer: impl Fn(usize) -> Sent + Send + Sync + 'static,
) -> Bench {
    let calls = Arc::default();
    let script =
        Script { clock: clock.clone(), calls: Arc::clone(&calls), underway: AtomicU32::new(0), answer };
    let pause = SteppingPause::of(Arc::clone(&clock));
    let gateway = Gateway::timed(script, clock.clone(), pause, limits, Box::new(|| 0.5));
    Bench { clock, gateway, calls }
}

impl Bench {
    async fn ask(&self, budget: &LoadBudget) -> Result<String, NotAnswered> {
        self.gateway.ask(request(), budget, |response| Ok(text(response))).await
    }

    fn calls(&self) -> usize {
        self.calls.lock().expect("calls").len()
    }

    fn seconds(&self) -> i64 {
        self.clock.now().timestamp()
    }

    fn within(&self, calls: u32, millis: i64) -> LoadBudget {
        LoadBudget::foreground(calls, self.clock.now() + TimeDelta::milliseconds(millis))
    }
}

fn request() -> Request {
    let path_and_query = "/v7/finance/spark?symbols=AAPL".into();
    Request::get(Family::Anonymous, path_and_query, Duration::from_secs(10))
}

fn text(response: &Response) -> String {
    String::from_utf8_lossy(&response.body).into_owned()
}

#[expect(clippy::unnecessary_wraps, reason = "reads like the errors beside it")]
fn status(status: u16, body: &str) -> Sent {
    Ok(Response { status, body: body.into(), ..Response::default() })
}

fn fine() -> Sent {
    status(200, "{}")
}

#[tokio::test]
async fn a_failure_that_may_pass_is_repeated_and_counted() {
    let bench = bench(Limits::generous(), |nth| if nth < 3 { status(503, "<html>") } else { fine() });
    let budget = LoadBudget::background(10);
    assert_eq!(bench.ask(&budget).await, Ok("{}".into()));
    assert_eq!((bench.calls(), budget.spent(), budget.retries()), (3, 3, 2));
    let counters = bench.gateway.counters();
    assert_eq!((counters.calls, counters.retries, counters.in_flight), (3, 2, 0));
    let endpoints: Vec<_> = counters.by_endpoint.into_values().collect();
    assert_eq!(endpoints, [EndpointCounters { answered: 1, throttled: 0, failed: 2 }]);
    assert_eq!(counters.by_status, BTreeMap::from([(200, 1), (503, 2)]));
}

#[tokio::test]
async fn all_kinds_of_passing_failures_are_repeated() {
    let kinds: [fn() -> Sent; 8] = [
        || Err(TransportError::Unreachable),
        || Err(TransportError::Timeout),
        || Err(TransportError::Interrupted),
        || status(200, ""),
        || status(200, " \r\n"),
        || status(200, "<!DOCTYPE html>"),
        || status(500, "{}"),
        || status(504, ""),
    ];
    for (at, kind) in kinds.into_iter().enumerate() {
        let bench = bench(Limits::generous(), move |nth| if nth == 1 { kind() } else { fine() });
        assert!(bench.ask(&LoadBudget::background(10)).await.is_ok(), "kind {at}");
        assert_eq!(bench.calls(), 2, "kind {at}");
    }
}

#[tokio::test]
async fn a_body_that_breaks_off_is_fetched_again() {
    let bench = bench(Limits::generous(), |nth| status(200, if nth == 1 { "{\"a\":" } else { "{}" }));
    let whole = |response: &Response| match text(response).as_str() {
        "{}" => Ok(()),
        _ => Err(Unreadable::Cut),
    };
    assert_eq!(bench.gateway.ask(request(), &LoadBudget::background(10), whole).await, Ok(()));
    assert_eq!(bench.calls(), 2);
}

#[tokio::test]
async fn facts_and_refusals_are_never_repeated() {
    for code in [400, 404, 422] {
        let bench = bench(Limits::generous(), move |_| status(code, "{\"error\":1}"));
        for _ in 0..20 {
            assert_eq!(bench.ask(&LoadBudget::background(10)).await, Ok("{\"error\":1}".into()));
        }
        assert_eq!(bench.calls(), 20);
        assert_eq!(bench.gateway.counters().anonymous.state, CircuitState::Closed, "facts are no failures");
    }
    for (code, reason) in [
        (429, NotAnswered::RateLimited),
        (999, NotAnswered::RateLimited),
        (403, NotAnswered::Blocked { status: 403 }),
        (302, NotAnswered::Upstream { status: 302 }),
        (501, NotAnswered::Upstream { status: 501 }),
    ] {
        let bench = bench(Limits::generous(), move |_| status(code, "no"));
        assert_eq!(bench.ask(&LoadBudget::background(10)).await, Err(reason));
        assert_eq!(bench.calls(), 1);
    }
}

#[tokio::test]
async fn a_refused_session_is_for_its_family_to_read() {
    let bench = bench(Limits::generous(), |_| status(401, "{\"finance\":1}"));
    let session = Request { family: Family::Authenticated, ..request() };
    let read = |response: &Response| Ok(response.status);
    assert_eq!(bench.gateway.ask(session, &LoadBudget::background(10), read).await, Ok(401));
}

#[tokio::test]
async fn a_load_never_makes_more_calls_than_it_may() {
    let bench = bench(Limits::generous(), |_| status(503, ""));
    let budget = bench.within(4, 60_000);
    let answers = futures::future::join_all((0..10).map(|_| bench.ask(&budget))).await;
    assert_eq!((bench.calls(), budget.spent(), budget.left()), (4, 4, 0));
    assert!(answers.contains(&Err(NotAnswered::BudgetSpent)));
}

#[tokio::test]
async fn a_third_of_failures_costs_a_tenth_more_calls() {
    // Failures come in no pattern that a retry could hide behind, and never five in a row.
    let fails = |nth: usize| nth.wrapping_mul(2_654_435_761) % 1_000 < 300;
    let bench = bench(Limits::generous(), move |nth| if fails(nth) { status(500, "") } else { fine() });
    let budget = LoadBudget::background(10_000);
    for _ in 0..500 {
        let _ = bench.ask(&budget).await;
        bench.clock.advance(TimeDelta::seconds(31));
    }
    let first_attempts = budget.spent() - budget.retries();
    assert!(budget.spent() <= first_attempts + first_attempts / 10 + 3, "{}", budget.spent());
    assert!(budget.retries() > 40);
}

#[tokio::test]
async fn a_wait_beyond_the_deadline_is_refused_at_once() {
    let bench = bench(Limits::default(), |_| fine());
    let budget = bench.within(100, 2_500);
    let mut answers = Vec::new();
    for _ in 0..20 {
        answers.push(bench.ask(&budget).await);
    }
    // Four at once and two a second; one at the deadline itself would be in vain.
    assert_eq!(bench.calls(), 8);
    assert_eq!(answers.last(), Some(&Err(NotAnswered::TooLate)));
    assert_eq!(bench.gateway.counters().refused_by_pace, 12);
}

#[tokio::test]
async fn no_attempt_outlasts_the_deadline_and_no_retry_starts_after_it() {
    let bench = bench(Limits::generous(), |_| Err(TransportError::Timeout));
    let budget = bench.within(10, 700);
    assert_eq!(bench.ask(&budget).await, Err(NotAnswered::Timeout));
    let calls = bench.calls.lock().expect("calls").clone();
    assert_eq!(calls.first().map(|(_, timeout)| *timeout), Some(Duration::from_millis(700)));
    let deadline = budget.deadline().expect("a deadline");
    assert!(
        calls.iter().all(|(at, timeout)| *at + TimeDelta::from_std(*timeout).expect("short") <= deadline)
    );
}

#[tokio::test]
async fn after_the_deadline_nothing_is_asked() {
    let bench = bench(Limits::generous(), |_| fine());
    let budget = bench.within(10, 100);
    bench.clock.advance(TimeDelta::seconds(1));
    assert_eq!(bench.ask(&budget).await, Err(NotAnswered::TooLate));
    assert_eq!(bench.calls(), 0);
}

#[tokio::test]
async fn an_hour_of_the_background_stays_within_its_share() {
    let bench = bench(Limits::default(), |_| fine());
    let budget = LoadBudget::background(10_000);
    while bench.seconds() < 3_600 {
        let _ = bench.ask(&budget).await;
    }
    assert!((295..=301).contains(&bench.calls()), "{}", bench.calls());
    assert_eq!(bench.gateway.counters().calls_last_hour as usize, bench.calls() - 1);
}

#[tokio::test]
async fn waits_before_retries_grow_and_are_never_short() {
    for (dice, waits) in [(0.0, [250, 250]), (0.5, [625, 1_125]), (1.0, [1_000, 2_000])] {
        let clock = Arc::new(FixedClock::at(DateTime::UNIX_EPOCH));
        let calls: Calls = Arc::default();
        let answer = |_| status(503, "");
        let script =
            Script { clock: clock.clone(), calls: Arc::clone(&calls), underway: AtomicU32::new(0), answer };
        let pause = SteppingPause::of(Arc::clone(&clock));
        let gateway = Gateway::timed(script, clock, pause, Limits::generous(), Box::new(move || dice));
        let _ = gateway.ask(request(), &LoadBudget::background(10), |response| Ok(text(response))).await;
        let at: Vec<_> = calls.lock().expect("calls").iter().map(|(at, _)| *at).collect();
        let waited: Vec<_> = at.windows(2).map(|pair| (pair[1] - pair[0]).num_milliseconds()).collect();
        assert_eq!(waited, waits);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_threads_get_no_more_out_of_an_hour_than_one() {
    let bench = bench(Limits::default(), |_| fine());
    let hour = bench.within(10_000, 3_600_000);
    let tasks: Vec<_> = (0..64)
        .map(|_| {
            let (gateway, hour) = (bench.gateway.clone(), hour.clone());
            tokio::spawn(async move {
                for _ in 0..20 {
                    let _ = gateway.ask(request(), &hour, |response| Ok(text(response))).await;
                }
            })
        })
        .collect();
    assert!(futures::future::join_all(tasks).await.into_iter().all(|task| task.is_ok()));
    assert!((100..=400).contains(&bench.calls()), "{}", bench.calls());
    let counters = bench.gateway.counters();
    assert_eq!((counters.calls, counters.in_flight), (bench.calls() as u64, 0));
    assert_eq!(u64::from(hour.spent()), counters.calls);
}

#[tokio::test]
async fn clones_share_one_hour() {
    let bench = bench(Limits::default(), |_| fine());
    let other = bench.gateway.clone();
    let budget = bench.within(1_000, 60_000);
    let ask = async |gateway: &Gateway| gateway.ask(request(), &budget, |response| Ok(text(response))).await;
    let mut went_out = 0;
    while ask(&bench.gateway).await.is_ok() && ask(&other).await.is_ok() {
        went_out += 2;
    }
    assert!((100..=106).contains(&went_out), "the burst and a minute's share, not {went_out}");
    assert_eq!(other.counters(), bench.gateway.counters());
}

#[tokio::test]
async fn an_abandoned_call_frees_its_seat() {
    let bench = bench(Limits::generous(), |_| fine());
    let budget = bench.within(100, 60_000);
    for _ in 0..10 {
        let mut asking = Box::pin(bench.ask(&budget));
        // One poll, so that the call is under way, and gone.
        assert!(futures::poll!(asking.as_mut()).is_pending());
    }
    assert_eq!(bench.gateway.counters().in_flight, 0);
    assert_eq!(budget.spent(), 10);
}
