//! Threads of their own for long calculations, so that they delay neither health checks nor other users.

use std::sync::Arc;

use bellwether_domain::Transaction;
use bellwether_portfolio::{Books, LedgerError, Market, Options};
use chrono::NaiveDate;
use rayon::{ThreadPool, ThreadPoolBuilder};

/// The compute pool.
#[derive(Clone)]
pub(crate) struct Compute(Arc<ThreadPool>);

impl Compute {
    /// As many threads as there are cores.
    pub(crate) fn new() -> Self {
        let pool = ThreadPoolBuilder::new().thread_name(|n| format!("compute-{n}")).build();
        Self(Arc::new(pool.expect("threads can be started at start-up")))
    }

    /// Runs `work` on the pool. A panic in it is the caller's.
    pub(crate) async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> T {
        let (answer, result) = tokio::sync::oneshot::channel();
        self.0.spawn(move || {
            let done = std::panic::catch_unwind(std::panic::AssertUnwindSafe(work));
            // Nobody waits any more: the result is of no use to anyone.
            let _ = answer.send(done);
        });
        match result.await.expect("the pool answers whatever happens in the work") {
            Ok(value) => value,
            Err(panic) => std::panic::resume_unwind(panic),
        }
    }
}

/// The books of a ledger, on the pool's threads only: the work grows with the ledger.
///
/// # Errors
/// Those of [`Books::replay`].
pub(crate) fn replay(
    transactions: &[Transaction],
    market: &Market,
    options: Options,
    as_of: NaiveDate,
) -> Result<Books, LedgerError> {
    debug_assert!(rayon::current_thread_index().is_some(), "a ledger is replayed on a thread that serves");
    Books::replay(transactions, market, &options, as_of)
}

/// All that is wrong with a ledger, on the pool's threads only, as [`Books::faults`] finds it.
pub(crate) fn faults(
    transactions: &[Transaction],
    market: &Market,
    options: Options,
    as_of: NaiveDate,
) -> Vec<LedgerError> {
    debug_assert!(rayon::current_thread_index().is_some(), "a ledger is replayed on a thread that serves");
    Books::faults(transactions, market, &options, as_of)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panic_reaches_the_caller_and_leaves_the_pool_usable() {
        let compute = Compute::new();
        let failing = compute.clone();
        let joined = tokio::spawn(async move { failing.run(|| panic!("sum too hard")).await }).await;
        assert!(joined.is_err_and(|error| error.is_panic()));
        assert_eq!(compute.run(|| 2 + 2).await, 4);
    }
}
