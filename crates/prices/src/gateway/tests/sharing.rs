//! Several gateways that hold their limits and rests together.

use std::collections::HashMap;
use std::sync::atomic::AtomicBool;

use super::*;
use crate::{Common, Leave, SharedLimits, Unshared, Wish};

/// A common place within the process.
#[derive(Default)]
struct Place {
    kept: Mutex<Kept>,
    is_away: AtomicBool,
}

#[derive(Default)]
struct Kept {
    state: Option<String>,
    /// When calls went out, by their leave.
    calls: BTreeMap<u64, DateTime<Utc>>,
    /// How much is gone of each bucket, and when that was so.
    gone: HashMap<&'static str, (f64, DateTime<Utc>)>,
    leaves: u64,
}

impl Place {
    fn kept(&self) -> Result<MutexGuard<'_, Kept>, Unshared> {
        if self.is_away.load(Ordering::SeqCst) {
            return Err(Unshared("away".to_owned()));
        }
        Ok(self.kept.lock().expect("kept"))
    }

    fn go_away(&self, is_away: bool) {
        self.is_away.store(is_away, Ordering::SeqCst);
    }

    fn lose_everything(&self) {
        *self.kept().expect("there") = Kept::default();
    }

    fn calls(&self) -> usize {
        self.kept().expect("there").calls.len()
    }
}

impl Kept {
    fn count(&mut self, at: DateTime<Utc>) -> u64 {
        self.leaves += 1;
        self.calls.insert(self.leaves, at);
        self.leaves
    }

    fn forget(&mut self, now: DateTime<Utc>) -> u32 {
        self.calls.retain(|_, at| now - *at < TimeDelta::hours(1));
        self.calls.len() as u32
    }
}

#[async_trait]
impl SharedLimits for Place {
    async fn look(&self, now: DateTime<Utc>) -> Result<Common, Unshared> {
        let mut kept = self.kept()?;
        Ok(Common { calls_last_hour: kept.forget(now), state: kept.state.clone() })
    }

    async fn tell(
        &self,
        known: Option<&str>,
        state: &str,
        calls: &[DateTime<Utc>],
    ) -> Result<bool, Unshared> {
        // As over a wire: others come in between.
        tokio::task::yield_now().await;
        let mut kept = self.kept()?;
        if kept.state.as_deref() != known {
            return Ok(false);
        }
        kept.state = Some(state.to_owned());
        for at in calls {
            kept.count(*at);
        }
        Ok(true)
    }

    async fn take(&self, known: &str, wish: &Wish) -> Result<Leave, Unshared> {
        tokio::task::yield_now().await;
        let mut kept = self.kept()?;
        if kept.state.as_deref() != Some(known) {
            return Ok(Leave::Outdated);
        }
        let calls = kept.forget(wish.at);
        let mut not_before = wish.at;
        if calls >= wish.calls_an_hour {
            let oldest = *kept.calls.values().min().expect("one of them");
            not_before = oldest + TimeDelta::hours(1);
        }
        let mut gone = kept.gone.clone();
        for bucket in &wish.buckets {
            let one_per = bucket.one_per.as_secs_f64();
            let (level, at) = gone.get(bucket.name).copied().unwrap_or((0.0, wish.at));
            let passed = (wish.at - at).as_seconds_f64();
            let level = (level - passed / one_per).max(0.0) + 1.0;
            let surplus = level - f64::from(bucket.holds);
            if surplus > 1e-9 {
                let wait = TimeDelta::microseconds((surplus * one_per * 1e6).ceil() as i64);
                not_before = not_before.max(wish.at + wait);
            }
            gone.insert(bucket.name, (level, wish.at));
        }
        if not_before > wish.at {
            return Ok(Leave::NotBefore(not_before));
        }
        kept.gone = gone;
        let leave = kept.count(wish.at).to_string();
        Ok(Leave::Given { leave, calls_last_hour: calls + 1 })
    }

    async fn give(&self, leave: &str) -> Result<(), Unshared> {
        self.kept()?.calls.remove(&leave.parse().expect("one of ours"));
        Ok(())
    }
}

/// Two by one clock and one common place.
fn two(
    limits: &Limits,
    place: &Arc<Place>,
    answer: impl Fn(usize) -> Sent + Clone + Send + Sync + 'static,
) -> [Bench; 2] {
    let clock = Arc::new(FixedClock::at(DateTime::UNIX_EPOCH));
    let member = || {
        let bench = bench_by(Arc::clone(&clock), limits.clone(), answer.clone());
        bench.gateway.share(Arc::<Place>::clone(place));
        bench
    };
    [member(), member()]
}

/// Calls that these make within an hour when all of them ask all the time, alternately.
async fn calls_of_an_hour(benches: &[Bench], priority: fn(u32, DateTime<Utc>) -> LoadBudget) -> usize {
    let end = benches[0].clock.now() + TimeDelta::hours(1);
    let before: usize = benches.iter().map(Bench::calls).sum();
    loop {
        let mut answered = false;
        for bench in benches {
            answered |= bench.ask(&priority(10, end)).await.is_ok();
        }
        if !answered {
            break;
        }
    }
    benches[0].clock.set(end);
    benches.iter().map(Bench::calls).sum::<usize>() - before
}

fn in_background(calls: u32, deadline: DateTime<Utc>) -> LoadBudget {
    LoadBudget::new(calls, Some(deadline), Priority::Background)
}

#[tokio::test]
async fn two_make_no_more_calls_an_hour_than_one() {
    let limits =
        Limits { per_hour: HourlyBounds::fixed(Limits::default().per_hour.start), ..Limits::default() };
    for priority in [LoadBudget::foreground as fn(_, _) -> _, in_background] {
        let alone = [bench(limits.clone(), |_| fine())];
        let together = two(&limits, &Arc::default(), |_| fine());
        for hour in 0..3 {
            let one = calls_of_an_hour(&alone, priority).await;
            let both = calls_of_an_hour(&together, priority).await;
            assert!(both <= one && both + 2 >= one, "hour {hour}: {both} where one makes {one}");
            assert!(together.iter().all(|bench| bench.calls() > 50), "both get their share");
        }
        let counted = together[1].gateway.counters();
        assert_eq!((counted.sharing, counted.hourly_limit), (Sharing::Together, 300));
    }
}

#[tokio::test]
async fn a_second_has_no_more_calls_of_two_than_of_one() {
    let together = two(&Limits::default(), &Arc::default(), |_| fine());
    let budget = LoadBudget::foreground(1_000, together[0].clock.now() + TimeDelta::hours(1));
    for _ in 0..10 {
        for bench in &together {
            bench.ask(&budget).await.expect("an answer");
        }
    }
    // Four at once, then two a second.
    assert_eq!(together[0].seconds(), 8);
}

#[tokio::test]
async fn a_refusal_of_one_rests_both_and_halves_the_hour_once() {
    let [one, other] =
        two(&Limits::default(), &Arc::default(), |nth| if nth == 1 { status(429, "") } else { fine() });
    let budget = LoadBudget::background(100);
    assert_eq!(one.ask(&budget).await, Err(NotAnswered::RateLimited));
    let Err(NotAnswered::CircuitOpen { until }) = other.ask(&budget).await else { panic!("not told") };
    assert_eq!((other.calls(), until.timestamp()), (0, 300));
    assert_eq!(other.gateway.counters().hourly_limit, 150);
    assert!(other.gateway.has_learnt_circuit() && !one.gateway.has_learnt_circuit());
    assert_eq!(other.gateway.counters().refused_by_circuit, 1);
}

#[tokio::test]
async fn two_that_are_refused_at_once_count_it_once() {
    let together = two(&Limits::default(), &Arc::default(), |_| status(429, ""));
    let budget = LoadBudget::background(100);
    let (one, other) = futures::join!(together[0].ask(&budget), together[1].ask(&budget));
    assert!(one.is_err() && other.is_err());
    for bench in &together {
        bench.gateway.catch_up().await;
        let counters = bench.gateway.counters();
        assert_eq!((counters.hourly_limit, counters.anonymous.refusals), (150, 1));
    }
    let [one, other] = together.map(|bench| bench.gateway.counters().anonymous);
    assert_eq!(one, other);
}

#[tokio::test]
async fn one_call_of_all_probes_whether_the_upstream_is_well() {
    let was_refused = Arc::new(AtomicBool::new(false));
    let answer = move |_| if was_refused.swap(true, Ordering::SeqCst) { fine() } else { status(429, "") };
    let together = two(&Limits::generous(), &Arc::default(), answer);
    let [one, other] = &together;
    let budget = LoadBudget::background(100);
    let _ = one.ask(&budget).await;
    let Err(NotAnswered::CircuitOpen { until }) = other.ask(&budget).await else { panic!("not told") };
    one.clock.set(until);

    let asked = futures::join!(one.ask(&budget), other.ask(&budget), one.ask(&budget), other.ask(&budget));
    let answered = [asked.0, asked.1, asked.2, asked.3].iter().filter(|answer| answer.is_ok()).count();
    let calls = || one.calls() + other.calls();
    assert!(answered >= 1 && calls() == answered + 1, "{answered} answers, {} calls", calls());
    assert!(other.ask(&budget).await.is_ok(), "at the latest the second of them closes it");
    one.gateway.catch_up().await;
    assert_eq!(one.gateway.counters().anonymous.state, CircuitState::Closed);
    assert!(calls() <= 4, "a refusal, two probes, and one that followed");
}

#[tokio::test]
async fn without_the_common_place_each_goes_by_its_own_limits_and_later_all_know() {
    let place = Arc::default();
    let together = two(&Limits::default(), &place, |nth| if nth == 8 { status(429, "") } else { fine() });
    let [one, other] = &together;
    let budget = LoadBudget::foreground(1_000, one.clock.now() + TimeDelta::hours(1));
    for bench in &together {
        bench.ask(&budget).await.expect("an answer");
    }
    place.go_away(true);
    let gone_at = one.clock.now();
    for bench in &together {
        for _ in 0..5 {
            bench.ask(&budget).await.expect("an answer");
        }
        let Sharing::Apart { since } = bench.gateway.counters().sharing else { panic!("not told") };
        assert!(since >= gone_at);
        assert_eq!(bench.gateway.counters().calls_last_hour, 6, "its own");
    }
    let _ = one.ask(&budget).await;
    assert_eq!(one.ask(&budget).await, Err(NotAnswered::RateLimited));
    assert!(other.ask(&budget).await.is_ok(), "which the other cannot know");

    place.go_away(false);
    one.gateway.catch_up().await;
    assert!(matches!(other.ask(&budget).await, Err(NotAnswered::CircuitOpen { .. })));
    other.gateway.catch_up().await;
    one.gateway.catch_up().await;
    for bench in &together {
        let counters = bench.gateway.counters();
        assert_eq!((counters.sharing, counters.calls_last_hour), (Sharing::Together, 8 + 7));
    }
}

#[tokio::test]
async fn what_the_common_place_lost_is_told_again() {
    let place = Arc::default();
    let together = two(&Limits::default(), &place, |_| fine());
    let budget = LoadBudget::foreground(1_000, together[0].clock.now() + TimeDelta::hours(1));
    for bench in &together {
        for _ in 0..3 {
            bench.ask(&budget).await.expect("an answer");
        }
    }
    assert_eq!(place.calls(), 6);
    place.lose_everything();
    for bench in &together {
        bench.ask(&budget).await.expect("an answer");
    }
    assert_eq!(place.calls(), 8);
    assert_eq!(together[1].gateway.counters().calls_last_hour, 8);
}

#[tokio::test]
async fn a_restart_of_all_is_no_way_around_the_hour_or_a_rest() {
    let before = bench(Limits::default(), |nth| if nth == 60 { status(429, "") } else { fine() });
    let budget = LoadBudget::foreground(1_000, before.clock.now() + TimeDelta::hours(1));
    for _ in 0..60 {
        let _ = before.ask(&budget).await;
    }
    let place = Arc::<Place>::default();
    for _ in 0..2 {
        let after = bench_by(Arc::clone(&before.clock), Limits::default(), |_| fine());
        after.gateway.restore(&before.gateway.snapshot());
        after.gateway.share(Arc::<Place>::clone(&place));
        assert!(matches!(after.ask(&budget).await, Err(NotAnswered::CircuitOpen { .. })));
        after.gateway.catch_up().await;
        assert_eq!(after.gateway.counters().calls_last_hour, 60);
    }
    // Who knows nothing learns it from the others.
    let newcomer = bench_by(Arc::clone(&before.clock), Limits::default(), |_| fine());
    newcomer.gateway.share(Arc::<Place>::clone(&place));
    assert!(matches!(newcomer.ask(&budget).await, Err(NotAnswered::CircuitOpen { .. })));
    let counters = newcomer.gateway.counters();
    assert_eq!((counters.calls, counters.calls_last_hour, counters.hourly_limit), (0, 60, 150));
}

#[tokio::test]
async fn a_call_that_does_not_go_out_gives_its_leave_back() {
    let place = Arc::<Place>::default();
    let [one, _] = two(&Limits::default(), &place, |_| fine());
    let budget = LoadBudget::background(10);
    let permit = one.gateway.leave(Family::Anonymous, &budget).await.expect("leave").expect("of all");
    assert_eq!(place.calls(), 1);
    drop(permit);
    while place.calls() > 0 {
        tokio::task::yield_now().await;
    }
}
