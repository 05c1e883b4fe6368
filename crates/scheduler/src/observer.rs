//! Who hears of jobs.

use crate::Job;

/// Hears what happens to the jobs of this process: to those that it enqueues, calls off, runs or finds abandoned.
pub trait JobObserver: Send + Sync + 'static {
    /// A job was enqueued, began, came further (as often as progress is stored, at most), was put back or ended.
    /// Called between steps of the worker: it must not take long.
    fn changed(&self, job: &Job);
}
