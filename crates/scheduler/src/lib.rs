//! Background work: a queue of jobs over a small store trait, a worker that runs them under leases with retries,
//! and a timetable in exchange time that enqueues what is due.
//!
//! A job that was taken is never lost: whoever began it holds a lease, and when its heartbeat stops, another worker
//! takes over. Every instant comes from a [`Clock`](bellwether_domain::Clock).
//!
//! ```
//! use std::sync::Arc;
//! use bellwether_domain::SystemClock;
//! use bellwether_scheduler::{Enqueued, MemoryJobStore, NewJob, Queue};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let queue = Queue::new(Arc::new(MemoryJobStore::new()), Arc::new(SystemClock));
//! let wish = NewJob::new("refresh-quotes", "refresh-quotes:new-york");
//! let Enqueued::New(id) = queue.enqueue(&wish).await? else { panic!("the queue was empty") };
//! assert_eq!(queue.enqueue(&wish).await?, Enqueued::AlreadyPending(id));
//! # Ok(())
//! # }
//! ```

mod backoff;
#[cfg(any(test, feature = "conformance"))]
pub mod conformance;
mod error;
mod handler;
mod job;
mod memory;
mod observer;
mod progress;
mod queue;
mod store;
mod timekeeper;
mod timetable;
mod worker;

pub use backoff::Backoff;
pub use error::{JobError, JobStoreError};
pub use handler::{JobContext, JobHandler};
pub use job::{InvalidPriority, Job, JobId, JobState, NewJob, Priority};
pub use memory::MemoryJobStore;
pub use observer::JobObserver;
pub use progress::Progress;
pub use queue::Queue;
pub use store::{Cancellation, Enqueued, Expired, Heartbeat, JobFilter, JobStore, Outcome};
pub use timekeeper::Timekeeper;
pub use timetable::{Entry, OnDays, Timetable, When};
pub use worker::{RunningWorker, Stopped, Worker, WorkerSettings};
