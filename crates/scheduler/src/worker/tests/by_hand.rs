//! A worker whose clock somebody else leads, and whoever hears of its jobs.

use bellwether_domain::Exchange;
use chrono::NaiveTime;

use super::*;
use crate::{Entry, JobObserver, OnDays, When};

#[tokio::test]
async fn what_is_due_runs_with_all_that_follows_and_what_is_not_waits() {
    let (queue, clock) = queue();
    let followers = queue.clone();
    let handler = Does(move |job: Job, _| {
        let queue = followers.clone();
        async move {
            let generation = job.payload.as_u64().unwrap_or_default();
            if generation < 5 {
                let next = NewJob::new("step", "step").payload((generation + 1).into());
                queue.enqueue(&next).await.map_err(|error| JobError::retry(error.to_string()))?;
            }
            Ok(())
        }
    });
    let mut worker = worker(&queue, "w").handle("step", 1, handler);
    enqueue(&queue, "step", "step").await;
    let later = clock.now() + TimeDelta::hours(1);
    let waiting = queue.enqueue(&NewJob::new("step", "later").payload(5.into()).run_at(later)).await.unwrap();

    assert_eq!(worker.run_due().await.unwrap(), 6);
    assert_eq!(worker.run_due().await.unwrap(), 0);
    assert_eq!(job(&queue, waiting.id()).await.state, JobState::Queued);
    clock.set(later);
    assert_eq!(worker.run_due().await.unwrap(), 1);
    assert_eq!(job(&queue, waiting.id()).await.state, JobState::Succeeded);
}

#[tokio::test]
async fn days_can_be_stepped_through_by_the_timetable() {
    let (queue, clock) = queue();
    clock.set("2024-11-27T12:00:00Z".parse().unwrap());
    let when = When::At {
        exchange: Exchange::NewYork,
        time: NaiveTime::from_hms_opt(16, 30, 0).unwrap(),
        days: OnDays::Trading,
    };
    let timetable = Timetable { entries: vec![Entry { when, job: NewJob::new("warm", "warm") }] };
    let mut worker = worker(&queue, "w").handle("warm", 1, Does(async |_, _| Ok(()))).timetable(timetable);
    let mut ran = Vec::new();
    // From Wednesday over Thanksgiving to Sunday, an hour at a time.
    for _ in 0..4 * 24 {
        if worker.run_due().await.unwrap() > 0 {
            ran.push(clock.now().format("%d %H").to_string());
        }
        clock.advance(TimeDelta::hours(1));
    }
    assert_eq!(ran, ["27 22", "29 22"]);
}

/// Notes state, progress and attempt of each job that it hears of.
#[derive(Clone, Default)]
struct Notes(Arc<Mutex<Vec<(JobState, u32, u16)>>>);

impl JobObserver for Notes {
    fn changed(&self, job: &Job) {
        self.0.lock().unwrap().push((job.state, job.progress.done, job.attempts));
    }
}

#[tokio::test(start_paused = true)]
async fn whoever_listens_hears_of_each_step_of_a_job() {
    let (queue, clock) = queue();
    let notes = Notes::default();
    let queue = queue.observed_by(notes.clone());
    let handler = Does(async |job: Job, context: JobContext| {
        if job.attempts == 1 {
            return Err(JobError::retry_after("busy", TimeDelta::seconds(5)));
        }
        // A hundred steps in two and a half seconds are told of at most twice a second.
        for done in 1..=100 {
            context.report(Progress::of(done, 100));
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        Ok(())
    });
    let mut worker = worker(&queue, "w").handle("refresh", 1, handler);
    enqueue(&queue, "refresh", "k").await;
    worker.run_due().await.unwrap();
    clock.advance(TimeDelta::seconds(5));
    worker.run_due().await.unwrap();
    let called_off = enqueue(&queue, "refresh", "k").await;
    queue.cancel(called_off).await.unwrap();

    let notes = notes.0.lock().unwrap().clone();
    let [before @ .., off, gone] = &notes[..] else { panic!("{notes:?}") };
    assert_eq!((*off, *gone), ((JobState::Queued, 0, 0), (JobState::Cancelled, 0, 0)));
    assert_eq!(
        before[..4],
        [
            (JobState::Queued, 0, 0),
            (JobState::Running, 0, 1),
            (JobState::Queued, 0, 1),
            (JobState::Running, 0, 2),
        ]
    );
    let progress = &before[4..before.len() - 1];
    assert!((4..=6).contains(&progress.len()), "{progress:?}");
    assert!(progress.is_sorted_by_key(|(_, done, _)| *done));
    assert_eq!(before.last(), Some(&(JobState::Succeeded, 100, 2)));
}
