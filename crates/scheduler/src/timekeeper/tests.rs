#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use bellwether_domain::{Clock, Exchange, FixedClock};
use chrono::{NaiveTime, TimeDelta};

use super::*;
use crate::{JobStore, MemoryJobStore, NewJob, OnDays, Outcome, When};

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn timetable() -> Timetable {
    let exchange = Exchange::NewYork;
    let time = NaiveTime::from_hms_opt(16, 30, 0).unwrap();
    Timetable {
        entries: vec![
            Entry {
                when: When::WhileOpen { exchange, every_seconds: 60 },
                job: NewJob::new("refresh", "quotes"),
            },
            Entry {
                when: When::At { exchange, time, days: OnDays::Trading },
                job: NewJob::new("warm", "warm"),
            },
        ],
    }
}

struct Bench {
    store: Arc<MemoryJobStore>,
    clock: Arc<FixedClock>,
}

impl Bench {
    fn at(now: &str) -> Self {
        Self { store: Arc::default(), clock: Arc::new(FixedClock::at(at(now))) }
    }

    async fn keeper(&self) -> Timekeeper {
        Timekeeper::resume(Queue::new(self.store.clone(), self.clock.clone()), &timetable()).await.unwrap()
    }

    /// The keys that a tick at this instant enqueued, which are then done at once.
    async fn tick(&self, keeper: &mut Timekeeper, now: &str) -> Vec<String> {
        self.clock.set(at(now));
        let mut keys = Vec::new();
        for enqueued in keeper.tick().await.unwrap() {
            keys.push(self.store.find(enqueued.id()).await.unwrap().unwrap().key);
        }
        while let Some(job) =
            self.store.claim(at(now), "w", &["refresh", "warm"], TimeDelta::minutes(1)).await.unwrap()
        {
            self.store.finish(job.id, "w", at(now), &Outcome::Succeeded).await.unwrap();
        }
        keys
    }
}

const NOTHING: [&str; 0] = [];

#[tokio::test]
async fn entries_are_enqueued_when_they_are_due() {
    let bench = Bench::at("2024-11-27T20:57:30Z");
    let mut keeper = bench.keeper().await;

    assert_eq!(bench.tick(&mut keeper, "2024-11-27T20:57:30Z").await, NOTHING, "a first start owes nothing");
    assert_eq!(keeper.next_due(), Some(at("2024-11-27T20:58:00Z")));
    assert_eq!(bench.tick(&mut keeper, "2024-11-27T20:58:01Z").await, ["quotes"]);
    assert_eq!(bench.tick(&mut keeper, "2024-11-27T20:58:59Z").await, NOTHING);
    assert_eq!(bench.tick(&mut keeper, "2024-11-27T20:59:00Z").await, ["quotes"]);
    assert_eq!(bench.tick(&mut keeper, "2024-11-27T21:00:00Z").await, NOTHING);
    assert_eq!(bench.tick(&mut keeper, "2024-11-27T21:30:00Z").await, ["warm"]);
}

#[tokio::test]
async fn what_was_missed_in_sleep_is_caught_up_once() {
    let bench = Bench::at("2024-11-26T15:00:00Z");
    let mut keeper = bench.keeper().await;

    // Asleep over the rest of Tuesday, all of Wednesday, and Thanksgiving.
    assert_eq!(bench.tick(&mut keeper, "2024-11-28T10:00:00Z").await, ["quotes", "warm"]);
    assert_eq!(bench.tick(&mut keeper, "2024-11-28T10:00:01Z").await, NOTHING);
    assert_eq!(keeper.next_due(), Some(at("2024-11-29T14:30:00Z")));
}

#[tokio::test]
async fn what_was_missed_while_the_process_was_down_is_caught_up_once() {
    let bench = Bench::at("2024-11-26T21:00:00Z");
    let mut keeper = bench.keeper().await;
    assert_eq!(bench.tick(&mut keeper, "2024-11-26T21:30:00Z").await, ["warm"]);
    drop(keeper);

    bench.clock.set(at("2024-11-28T10:00:00Z"));
    let mut keeper = bench.keeper().await;

    // Quotes have never been done: they count from now. The warming of Wednesday is owed.
    assert_eq!(bench.tick(&mut keeper, "2024-11-28T10:00:00Z").await, ["warm"]);
    drop(keeper);
    let mut keeper = bench.keeper().await;
    assert_eq!(bench.tick(&mut keeper, "2024-11-28T10:00:01Z").await, NOTHING);
}

#[tokio::test]
async fn two_keepers_of_one_timetable_enqueue_once() {
    let bench = Bench::at("2024-11-27T21:00:00Z");
    let (mut one, mut other) = (bench.keeper().await, bench.keeper().await);

    assert_eq!(bench.tick(&mut one, "2024-11-27T21:30:00Z").await, ["warm"]);
    assert_eq!(bench.tick(&mut other, "2024-11-27T21:30:01Z").await, NOTHING);
    assert_eq!(bench.tick(&mut other, "2024-11-29T14:30:00Z").await, ["quotes"]);
    assert_eq!(bench.tick(&mut one, "2024-11-29T14:30:00Z").await, NOTHING);
}

#[tokio::test]
async fn a_clock_set_back_does_not_silence_the_timetable() {
    let bench = Bench::at("2024-11-27T21:00:00Z");
    let mut keeper = bench.keeper().await;
    // A year ahead by mistake, and put right.
    assert_eq!(bench.tick(&mut keeper, "2025-11-27T21:00:00Z").await, ["quotes", "warm"]);
    assert_eq!(bench.tick(&mut keeper, "2024-11-27T21:00:00Z").await, NOTHING);

    assert_eq!(keeper.next_due(), Some(at("2024-11-27T21:30:00Z")));
    assert_eq!(bench.tick(&mut keeper, "2024-11-27T21:30:00Z").await, ["warm"]);
    assert_eq!(bench.tick(&mut keeper, "2024-11-27T21:30:01Z").await, NOTHING, "once");
    // A process that begins afterwards goes by what was done by the right clock, not by next year's.
    drop(keeper);
    let mut keeper = bench.keeper().await;
    assert_eq!(bench.tick(&mut keeper, "2024-11-29T21:30:00Z").await, ["quotes", "warm"]);
}

#[tokio::test]
async fn a_standing_job_is_begun_anew_when_none_waits_or_runs() {
    let bench = Bench::at("2024-11-27T21:00:00Z");
    let queue = Queue::new(bench.store.clone(), bench.clock.clone());
    let standing =
        Entry { when: When::Standing { look_every_seconds: 10 }, job: NewJob::new("refresh", "keep") };
    let mut keeper = Timekeeper::resume(queue.clone(), &Timetable { entries: vec![standing] }).await.unwrap();
    let mut tick = async |now: &str| {
        bench.clock.set(at(now));
        keeper.tick().await.unwrap().len()
    };
    // Its own successor waits, however long.
    let waiting = NewJob::new("refresh", "keep").run_at(at("2024-11-29T14:30:00Z"));
    let waiting = queue.enqueue(&waiting).await.unwrap().id();
    assert_eq!(tick("2024-11-27T21:00:11Z").await, 0);

    queue.cancel(waiting).await.unwrap();
    assert_eq!(tick("2024-11-27T21:00:20Z").await, 0, "not yet looked at");
    assert_eq!(tick("2024-11-27T21:00:21Z").await, 1, "called off");
    let lease = TimeDelta::minutes(1);
    let running = bench.store.claim(bench.clock.now(), "w", &["refresh"], lease).await.unwrap().unwrap();
    assert_eq!(tick("2024-11-27T21:00:31Z").await, 0, "it runs");
    let dead = Outcome::Dead { error: "a panic".to_owned() };
    bench.store.finish(running.id, "w", bench.clock.now(), &dead).await.unwrap();
    assert_eq!(tick("2024-11-27T21:00:41Z").await, 1, "dead");
}

#[tokio::test]
async fn a_standing_job_that_a_wrong_clock_put_off_comes_at_once() {
    let bench = Bench::at("2025-11-27T21:00:00Z");
    let queue = Queue::new(bench.store.clone(), bench.clock.clone());
    let keep = NewJob::new("refresh", "keep");
    let id = queue.enqueue(&keep.clone().run_at(at("2025-11-28T14:30:00Z"))).await.unwrap().id();
    bench.clock.set(at("2024-11-27T21:00:00Z"));
    let standing = Entry { when: When::Standing { look_every_seconds: 10 }, job: keep };
    let mut keeper = Timekeeper::resume(queue, &Timetable { entries: vec![standing] }).await.unwrap();

    bench.clock.advance(TimeDelta::seconds(10));
    assert_eq!(keeper.tick().await.unwrap(), [Enqueued::AlreadyPending(id)]);
    assert_eq!(bench.store.find(id).await.unwrap().unwrap().run_at, at("2024-11-27T21:00:10Z"));
}

struct Nothing;

#[async_trait::async_trait]
impl crate::JobHandler for Nothing {
    async fn run(&self, _: &crate::Job, _: &crate::JobContext) -> Result<(), crate::JobError> {
        Ok(())
    }
}

#[tokio::test]
async fn a_worker_keeps_its_lines_of_a_timetable() {
    let bench = Bench::at("2024-11-27T21:29:59Z");
    let queue = Queue::new(bench.store.clone(), bench.clock.clone());
    let mut settings = crate::WorkerSettings::named("w");
    settings.poll = std::time::Duration::from_millis(1);
    // The lines of other kinds are left to workers that have handlers for them.
    let running =
        crate::Worker::new(queue, settings).handle("warm", 1, Nothing).timetable(timetable()).start();
    let jobs = async || bench.store.list(&JobFilter::for_key("warm"), 9).await.unwrap().len();
    while bench.store.list(&JobFilter::default(), 9).await.unwrap().is_empty() {
        bench.clock.advance(TimeDelta::milliseconds(10));
        tokio::time::sleep(std::time::Duration::from_millis(1)).await;
    }

    assert_eq!(jobs().await, 1);
    assert_eq!(bench.store.list(&JobFilter::for_key("quotes"), 9).await.unwrap(), []);
    running.stop(std::time::Duration::from_secs(9)).await;
}
