//! Keeping the timetable.

use chrono::{DateTime, Utc};

use crate::{Enqueued, Entry, JobFilter, JobState, JobStoreError, Queue, Timetable, When};

/// Enqueues what is due by a timetable, each entry at most once at a time.
///
/// What became due while the machine slept or the process was down is caught up once, however often it was due. The
/// store's history says what was done already, so restarts need no memory of their own, and several processes may
/// keep the same timetable.
#[derive(Debug)]
pub struct Timekeeper {
    queue: Queue,
    kept: Vec<Kept>,
}

#[derive(Debug)]
struct Kept {
    entry: Entry,
    /// Everything due up to here is done.
    since: DateTime<Utc>,
}

impl Timekeeper {
    /// Takes up the timetable where the last process left it: an entry is done up to the creation of the last job
    /// for its key. One that has never been done counts from now.
    ///
    /// # Errors
    /// [`JobStoreError::Unavailable`] when the history cannot be read.
    pub async fn resume(queue: Queue, timetable: &Timetable) -> Result<Self, JobStoreError> {
        let now = queue.clock().now();
        let mut kept = Vec::with_capacity(timetable.entries.len());
        for entry in &timetable.entries {
            let since = last_created(&queue, &entry.job.key, now).await?.unwrap_or(now);
            kept.push(Kept { entry: entry.clone(), since });
        }
        Ok(Self { queue, kept })
    }

    /// Enqueues what became due since the last tick.
    ///
    /// # Errors
    /// [`JobStoreError::Unavailable`] when something could not be enqueued: the next tick tries it again.
    pub async fn tick(&mut self) -> Result<Vec<Enqueued>, JobStoreError> {
        let now = self.queue.clock().now();
        let mut enqueued = Vec::new();
        for kept in &mut self.kept {
            // A clock that was set back must not silence the timetable until it has caught up.
            kept.since = kept.since.min(now);
            let Some(due) = kept.entry.when.next_after(kept.since).filter(|due| *due <= now) else {
                continue;
            };
            let key = &kept.entry.job.key;
            let is_done = match kept.entry.when {
                When::Standing { .. } => is_open(&self.queue, key, now).await?,
                _ => last_created(&self.queue, key, now).await?.is_some_and(|created| created >= due),
            };
            if !is_done {
                let job = crate::NewJob { run_at: None, ..kept.entry.job.clone() };
                enqueued.push(self.queue.enqueue(&job).await?);
            }
            kept.since = now;
        }
        Ok(enqueued)
    }

    /// When the next entry is due.
    pub fn next_due(&self) -> Option<DateTime<Utc>> {
        self.kept.iter().filter_map(|kept| kept.entry.when.next_after(kept.since)).min()
    }
}

/// What a clock that ran ahead dated later than `now` says nothing about what is due.
async fn last_created(
    queue: &Queue,
    key: &str,
    now: DateTime<Utc>,
) -> Result<Option<DateTime<Utc>>, JobStoreError> {
    let filter = JobFilter { created_until: Some(now), ..JobFilter::for_key(key) };
    let last = queue.store().list(&filter, 1).await?;
    Ok(last.first().map(|job| job.created_at))
}

/// Whether a job for the key waits or runs; one that a clock which ran ahead made would wait for too long.
async fn is_open(queue: &Queue, key: &str, now: DateTime<Utc>) -> Result<bool, JobStoreError> {
    for state in [JobState::Queued, JobState::Running] {
        let filter = JobFilter { state: Some(state), created_until: Some(now), ..JobFilter::for_key(key) };
        if !queue.store().list(&filter, 1).await?.is_empty() {
            return Ok(true);
        }
    }
    Ok(false)
}

#[cfg(test)]
mod tests;
