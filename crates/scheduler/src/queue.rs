//! The way into the store for those who want work done.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use bellwether_domain::SharedClock;
use tokio::sync::watch;

use crate::{Cancellation, Enqueued, Job, JobId, JobObserver, JobStore, JobStoreError, NewJob};

/// Where jobs are enqueued and called off. Clones are the same queue.
///
/// The workers of this process learn of new jobs at once; those of other processes when they next look.
#[derive(Clone)]
pub struct Queue {
    pub(crate) store: Arc<dyn JobStore>,
    pub(crate) clock: SharedClock,
    /// Changes with every new job. A watch rather than a notification: no worker can miss it between its look into
    /// the store and its wait.
    pub(crate) news: watch::Sender<()>,
    pub(crate) running: Arc<Running>,
    observer: Option<Arc<dyn JobObserver>>,
}

/// The jobs that run in this process, and how to ask them to end.
#[derive(Default)]
pub(crate) struct Running(Mutex<HashMap<JobId, watch::Sender<bool>>>);

impl Running {
    fn with<T>(&self, act: impl FnOnce(&mut HashMap<JobId, watch::Sender<bool>>) -> T) -> T {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn begin(&self, id: JobId, cancel: watch::Sender<bool>) {
        self.with(|running| running.insert(id, cancel));
    }

    pub(crate) fn end(&self, id: JobId) {
        self.with(|running| running.remove(&id));
    }

    fn cancel(&self, id: JobId) {
        self.with(|running| {
            if let Some(cancel) = running.get(&id) {
                cancel.send_replace(true);
            }
        });
    }
}

impl Queue {
    /// A queue on a store.
    pub fn new(store: Arc<dyn JobStore>, clock: SharedClock) -> Self {
        Self { store, clock, news: watch::Sender::new(()), running: Arc::default(), observer: None }
    }

    /// With somebody who hears what happens to jobs.
    #[must_use]
    pub fn observed_by(self, observer: impl JobObserver) -> Self {
        Self { observer: Some(Arc::new(observer)), ..self }
    }

    /// The store behind it, for questions about jobs.
    pub fn store(&self) -> &Arc<dyn JobStore> {
        &self.store
    }

    /// The clock that it goes by.
    pub fn clock(&self) -> &SharedClock {
        &self.clock
    }

    /// Adds a job unless one waits for its key, and wakes the workers of this process.
    ///
    /// # Errors
    /// [`JobStoreError::Unavailable`] when the store is out of reach: the job was not taken.
    pub async fn enqueue(&self, job: &NewJob) -> Result<Enqueued, JobStoreError> {
        let enqueued = self.store.enqueue(self.clock.now(), job).await?;
        self.announce(enqueued.id()).await;
        Ok(enqueued)
    }

    /// Wakes the workers of this process and tells of a job that was enqueued past this queue, in a transaction of
    /// whoever keeps the store.
    pub async fn announce(&self, id: JobId) {
        self.news.send_replace(());
        self.tell_of(id).await;
    }

    /// Calls a waiting job off, or asks a running one to end: at once when it runs in this process, with its next
    /// heartbeat otherwise.
    ///
    /// # Errors
    /// [`JobStoreError::NotFound`] when there is no such job, [`JobStoreError::Unavailable`] when nobody can tell.
    pub async fn cancel(&self, id: JobId) -> Result<Cancellation, JobStoreError> {
        let answer = self.store.cancel(id, self.clock.now()).await?;
        if answer == Cancellation::Requested {
            self.running.cancel(id);
        }
        self.tell_of(id).await;
        Ok(answer)
    }

    /// Tells of a job as it is now.
    pub(crate) fn tell(&self, job: &Job) {
        if let Some(observer) = &self.observer {
            observer.changed(job);
        }
    }

    /// Tells of a job as the store knows it.
    pub(crate) async fn tell_of(&self, id: JobId) {
        if self.observer.is_none() {
            return;
        }
        match self.store.find(id).await {
            Ok(Some(job)) => self.tell(&job),
            Ok(None) => {}
            Err(error) => tracing::warn!(job = %id, %error, "cannot tell what became of the job"),
        }
    }
}

impl std::fmt::Debug for Queue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Queue").finish_non_exhaustive()
    }
}
