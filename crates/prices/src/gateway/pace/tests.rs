use super::*;
use crate::SteppingPause;
use bellwether_domain::{Clock as _, FixedClock};
use proptest::prelude::*;

struct Track {
    clock: Arc<FixedClock>,
    pause: SteppingPause,
    pace: Pace,
}

fn track() -> Track {
    let clock = Arc::new(FixedClock::at(DateTime::UNIX_EPOCH));
    let pause = SteppingPause::of(Arc::clone(&clock));
    let pace = Pace::new(Limits::default(), clock.clone());
    Track { clock, pause, pace }
}

impl Track {
    async fn calls_within(&self, priority: Priority, seconds: i64) -> u32 {
        let deadline = Some(self.clock.now() + TimeDelta::seconds(seconds) + TimeDelta::microseconds(1));
        let mut calls = 0;
        while let Ok(passage) = self.pace.wait(priority, deadline, &self.pause).await {
            passage.spend(self.clock.now());
            calls += 1;
        }
        calls
    }
}

#[tokio::test]
async fn four_go_at_once_and_two_a_second_after() {
    let track = track();
    assert_eq!(track.calls_within(Priority::Foreground, 0).await, 4);
    assert_eq!(track.calls_within(Priority::Foreground, 10).await, 20);
}

#[tokio::test]
async fn an_hour_lets_out_its_burst_and_three_hundred() {
    let track = track();
    let calls = track.calls_within(Priority::Foreground, 3600).await;
    assert!((398..=400).contains(&calls), "{calls}");
}

#[tokio::test]
async fn the_background_has_the_smaller_share_and_leaves_the_rest() {
    let track = track();
    assert_eq!(track.calls_within(Priority::Background, 0).await, 1);
    assert_eq!(track.calls_within(Priority::Background, 10).await, 10);
    let hour = track.calls_within(Priority::Background, 3_590).await;
    assert!((280..=290).contains(&hour), "{hour}");
    assert!(track.calls_within(Priority::Foreground, 30).await >= 60);
}

#[tokio::test]
async fn a_wait_beyond_the_deadline_is_not_begun() {
    let track = track();
    track.calls_within(Priority::Foreground, 0).await;
    let before = track.clock.now();
    let deadline = Some(before + TimeDelta::milliseconds(100));
    let waited = track.pace.wait(Priority::Foreground, deadline, &track.pause).await;
    assert_eq!(waited.err(), Some(NotAnswered::TooLate));
    assert_eq!(track.clock.now(), before);
}

#[tokio::test]
async fn a_clock_set_back_does_not_stop_the_calls() {
    let track = track();
    track.clock.set(DateTime::UNIX_EPOCH + TimeDelta::hours(2));
    track.calls_within(Priority::Foreground, 0).await;
    track.clock.set(DateTime::UNIX_EPOCH);
    assert_eq!(track.calls_within(Priority::Foreground, 10).await, 20);
}

#[tokio::test]
async fn a_clock_that_stands_still_does_not_hang_the_caller() {
    struct NoPause;
    #[async_trait::async_trait]
    impl Pause for NoPause {
        async fn until(&self, _: DateTime<Utc>) {}
    }
    let track = track();
    track.calls_within(Priority::Foreground, 0).await;
    let waited = track.pace.wait(Priority::Foreground, None, &NoPause).await;
    assert_eq!(waited.err(), Some(NotAnswered::TooLate));
}

#[tokio::test]
async fn calls_of_an_earlier_process_count() {
    let track = track();
    track.pace.restore(None, None, &[track.clock.now(); 99]);
    let calls = track.calls_within(Priority::Foreground, 60).await;
    assert!((1..=7).contains(&calls), "{calls}");
}

#[tokio::test]
async fn all_of_an_earlier_process_hour_counts_and_not_only_its_burst() {
    let track = track();
    let spent: Vec<_> = (0..400).map(|n| track.clock.now() - TimeDelta::seconds(9 * n)).collect();
    track.pace.restore(Some(150), None, &spent);
    // 150 and a burst of 50: of the 400 calls, 201 have to be an hour old first.
    track.clock.advance(TimeDelta::seconds(9 * 200));
    assert_eq!(track.calls_within(Priority::Foreground, 0).await, 0);
    track.clock.advance(TimeDelta::seconds(9));
    assert_eq!(track.calls_within(Priority::Foreground, 0).await, 1);
}

#[tokio::test]
async fn a_refusal_halves_the_pace_of_the_hour_and_of_the_background() {
    let track = track();
    track.calls_within(Priority::Foreground, 600).await;
    track.pace.refused(true);
    assert_eq!(track.calls_within(Priority::Foreground, 600).await, 25, "150 an hour, nothing saved up");
    // Long enough for a clean hour, too.
    track.clock.advance(TimeDelta::hours(2));
    track.calls_within(Priority::Background, 900).await;
    assert_eq!(track.calls_within(Priority::Background, 360).await, 11, "two thirds of 165 an hour");
}

#[tokio::test]
async fn a_refused_probe_tells_nothing_of_the_pace() {
    let track = track();
    track.pace.refused(false);
    assert_eq!(track.pace.budget(|budget| budget.limit().get()), 300);
}

#[tokio::test]
async fn a_clean_hour_quickens_the_next_and_forgets_nothing() {
    let track = track();
    track.calls_within(Priority::Foreground, 3_600).await;
    assert_eq!(track.pace.budget(|budget| budget.limit().get()), 330);
    let calls = track.calls_within(Priority::Foreground, 600).await;
    assert!((54..=56).contains(&calls), "{calls}: no new burst comes with the new limit");
}

#[tokio::test]
async fn a_place_in_the_hour_that_is_not_used_is_free_again() {
    let track = track();
    track.pace.restore(Some(30), None, &[track.clock.now(); 38]);
    track.clock.advance(TimeDelta::minutes(30));
    let mut passages = Vec::new();
    while let Ok(passage) = track.pace.enter_hour() {
        passages.push(passage);
    }
    assert_eq!(passages.len(), 2, "30 and a burst of 10 an hour");
    drop(passages);
    assert_eq!(track.pace.budget(|budget| budget.calls(track.clock.now()).len()), 38);
    assert!(track.pace.enter_hour().is_ok());
}

#[derive(Debug, Clone, Copy)]
enum Event {
    Calls(Priority, i64),
    Idle(i64),
    Refused,
    Restart,
}

fn event() -> impl Strategy<Value = Event> {
    let priority = prop_oneof![Just(Priority::Foreground), Just(Priority::Background)];
    prop_oneof![
        6 => (priority, 0..1_500_i64).prop_map(|(priority, seconds)| Event::Calls(priority, seconds)),
        2 => (0..7_200_i64).prop_map(Event::Idle),
        1 => Just(Event::Refused),
        1 => Just(Event::Restart),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_hour_has_more_calls_than_its_limit_and_burst(events in prop::collection::vec(event(), 1..20)) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        let mut track = track();
        let mut calls: Vec<DateTime<Utc>> = Vec::new();
        for event in events {
            match event {
                Event::Calls(priority, seconds) => {
                    let end = Some(track.clock.now() + TimeDelta::seconds(seconds));
                    let wait = async |track: &Track| {
                        let passage = track.pace.wait(priority, end, &track.pause).await;
                        passage.map(|passage| passage.spend(track.clock.now()))
                    };
                    while runtime.block_on(wait(&track)).is_ok() {
                        let now = track.clock.now();
                        calls.push(now);
                        let limit = track.pace.budget(|budget| budget.limit());
                        let most = limit.get() + track.pace.limits.hourly_burst_at(limit).get();
                        let within = calls.iter().filter(|at| now - **at < TimeDelta::hours(1)).count();
                        prop_assert!(within <= most as usize, "{within} calls, {most} allowed");
                    }
                }
                Event::Idle(seconds) => track.clock.advance(TimeDelta::seconds(seconds)),
                Event::Refused => track.pace.refused(true),
                Event::Restart => {
                    let now = track.clock.now();
                    let (limit, since, recent) = track.pace.budget(|budget| {
                        (budget.limit().get(), budget.clean_since(), budget.calls(now).clone())
                    });
                    let next = Pace::new(Limits::default(), track.clock.clone());
                    next.restore(Some(limit), since, &recent.into_iter().collect::<Vec<_>>());
                    track.pace = next;
                }
            }
        }
    }
}
