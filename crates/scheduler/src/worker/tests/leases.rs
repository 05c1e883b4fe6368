//! Workers that stop, crash, or lose their lease.

use super::order::fill;
use super::*;

#[tokio::test(start_paused = true)]
async fn a_long_job_keeps_its_lease_by_heartbeats() {
    let (queue, clock) = queue();
    let ticking = clock.clone();
    // Ten minutes of work under a lease of one, with the clock and the timer in step.
    let handler = Does(move |_, _| {
        let ticking = ticking.clone();
        async move {
            for _ in 0..600 {
                tokio::time::sleep(Duration::from_secs(1)).await;
                ticking.advance(TimeDelta::seconds(1));
            }
            Ok(())
        }
    });
    let id = enqueue(&queue, "refresh", "k").await;
    let _first = worker(&queue, "first").handle("refresh", 1, handler).start();
    until_state(&queue, id, JobState::Running).await;
    let _second = worker(&queue, "second").handle("refresh", 1, Does(async |_, _| Ok(()))).start();

    let job = until_state(&queue, id, JobState::Succeeded).await;

    assert_eq!((job.worker.as_deref(), job.attempts), (Some("first"), 1));
}

/// Tells when it is dropped.
struct Noticed(Arc<AtomicBool>);

impl Drop for Noticed {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

#[tokio::test(start_paused = true)]
async fn the_jobs_of_a_crashed_worker_are_taken_over() {
    let (queue, clock) = queue();
    let broken_off = Arc::new(AtomicBool::new(false));
    let noticed = broken_off.clone();
    let handler = Does(move |_, _| {
        let noticed = Noticed(noticed.clone());
        async move {
            let _noticed = noticed;
            std::future::pending().await
        }
    });
    let id = enqueue(&queue, "refresh", "k").await;
    let crashing = worker(&queue, "crashing").handle("refresh", 1, handler).start();
    until_state(&queue, id, JobState::Running).await;

    drop(crashing);

    until("the handler ends", async || broken_off.load(Ordering::SeqCst)).await;
    let _heir = worker(&queue, "heir").handle("refresh", 1, Does(async |_, _| Ok(()))).start();
    tokio::time::sleep(Duration::from_secs(10)).await;
    assert_eq!(job(&queue, id).await.worker.as_deref(), Some("crashing"), "the lease still holds");
    clock.advance(TimeDelta::seconds(61));
    let job = until_state(&queue, id, JobState::Succeeded).await;
    assert_eq!((job.worker.as_deref(), job.attempts), (Some("heir"), 2));
}

#[tokio::test(start_paused = true)]
async fn a_worker_that_lost_its_lease_breaks_the_job_off() {
    let (queue, clock) = queue();
    let id = enqueue(&queue, "refresh", "k").await;
    let slow = worker(&queue, "slow").handle("refresh", 1, Does(async |_, _| std::future::pending().await));
    let slow = slow.start();
    until_state(&queue, id, JobState::Running).await;
    clock.advance(TimeDelta::seconds(61));

    // Somebody else finds the lease expired, before the slow worker's heartbeat.
    queue.store().release_expired(clock.now(), TimeDelta::minutes(1)).await.unwrap();
    let taken = queue.store().claim(clock.now(), "heir", &["refresh"], TimeDelta::hours(9)).await.unwrap();

    assert_eq!(taken.map(|job| job.id), Some(id));
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert_eq!(slow.stop(Duration::ZERO).await, Stopped::default(), "nothing is left to release");
    assert_eq!(job(&queue, id).await.worker.as_deref(), Some("heir"));
}

#[tokio::test(start_paused = true)]
async fn a_lease_given_by_a_clock_that_ran_ahead_does_not_hold_for_as_long() {
    let (queue, clock) = queue();
    let right = clock.now();
    clock.advance(TimeDelta::days(365));
    let id = enqueue(&queue, "refresh", "k").await;
    let crashing = worker(&queue, "crashing");
    let crashing = crashing.handle("refresh", 1, Does(async |_, _| std::future::pending().await)).start();
    until_state(&queue, id, JobState::Running).await;
    drop(crashing);
    clock.set(right);

    let _heir = worker(&queue, "heir").handle("refresh", 1, Does(async |_, _| Ok(()))).start();
    tokio::time::sleep(Duration::from_secs(10)).await;
    assert_eq!(job(&queue, id).await.worker.as_deref(), Some("crashing"), "it may live, and extend it");
    clock.advance(TimeDelta::seconds(61));
    let job = until_state(&queue, id, JobState::Succeeded).await;

    assert_eq!((job.worker.as_deref(), job.attempts), (Some("heir"), 2));
}

#[tokio::test(start_paused = true)]
async fn stopping_lets_running_jobs_end() {
    let (queue, _) = queue();
    let handler = Does(async |_, _| {
        tokio::time::sleep(Duration::from_secs(20)).await;
        Ok(())
    });
    let running = worker(&queue, "w").handle("refresh", 1, handler).start();
    let first = enqueue(&queue, "refresh", "first").await;
    until_state(&queue, first, JobState::Running).await;
    let second = enqueue(&queue, "refresh", "second").await;

    let stopped = running.stop(Duration::from_secs(60)).await;

    assert_eq!(stopped, Stopped { finished: 1, released: 0 });
    assert_eq!(job(&queue, first).await.state, JobState::Succeeded);
    assert_eq!(job(&queue, second).await.state, JobState::Queued);
}

#[tokio::test(start_paused = true)]
async fn stopping_gives_back_what_does_not_end_in_time() {
    let (queue, _) = queue();
    let handler = Does(async |_, _| std::future::pending().await);
    let running = worker(&queue, "w").handle("refresh", 1, handler).start();
    let id = enqueue(&queue, "refresh", "k").await;
    until_state(&queue, id, JobState::Running).await;

    let stopped = running.stop(Duration::from_secs(5)).await;

    assert_eq!(stopped, Stopped { finished: 0, released: 1 });
    let job = job(&queue, id).await;
    assert_eq!((job.state, job.attempts, job.error), (JobState::Queued, 0, None));
}

#[tokio::test(start_paused = true)]
async fn crashes_lose_no_job() {
    const JOBS: usize = 100;
    let (queue, clock) = queue();
    fill(&queue, JOBS).await;
    let done = Arc::new(Mutex::new(HashSet::new()));
    let handler = || {
        let done = done.clone();
        Does(move |job: Job, _| {
            let done = done.clone();
            async move {
                tokio::time::sleep(Duration::from_secs(3)).await;
                done.lock().unwrap().insert(job.key);
                Ok(())
            }
        })
    };
    // Each generation of workers dies after a few jobs, in the middle of others.
    for generation in 0.. {
        let running = worker(&queue, &format!("w{generation}")).handle("refresh", 4, handler()).start();
        tokio::time::sleep(Duration::from_millis(3500)).await;
        drop(running);
        clock.advance(TimeDelta::seconds(61));
        let open = JobFilter { state: Some(JobState::Queued), ..JobFilter::default() };
        let running = JobFilter { state: Some(JobState::Running), ..JobFilter::default() };
        let left = queue.store().list(&open, 1).await.unwrap().len()
            + queue.store().list(&running, 1).await.unwrap().len();
        if left == 0 {
            break;
        }
        assert!(generation < 200, "it never ends");
    }

    let dead = JobFilter { state: Some(JobState::Dead), ..JobFilter::default() };
    assert_eq!(queue.store().list(&dead, JOBS).await.unwrap(), []);
    assert_eq!(done.lock().unwrap().len(), JOBS);
}
