//! How many symbols a quote call gets. The service's limit has moved more than once, so it is felt for.

use chrono::{DateTime, TimeDelta, Utc};

/// Symbols a call at present: half of what failed, and one more for each full batch that succeeds. A small size is
/// doubled each hour without a failure, because at one that is below what sparks take nobody would ask, and so learn.
#[derive(Debug, Clone, Copy)]
pub(super) struct BatchSize {
    size: usize,
    failed_at: Option<DateTime<Utc>>,
}

impl BatchSize {
    /// Has always been fine.
    const USUAL: usize = 50;
    /// More has never been.
    const LARGEST: usize = 99;
    pub(super) const SMALLEST: usize = 12;

    pub(super) fn new() -> Self {
        Self { size: Self::USUAL, failed_at: None }
    }

    pub(super) fn at(&mut self, now: DateTime<Utc>) -> usize {
        // A wall clock that was set back must not keep it small.
        self.failed_at = self.failed_at.map(|at| at.min(now));
        let hours = self.failed_at.map_or(0, |at| (now - at).num_hours().clamp(0, 3));
        self.size.max((self.size << hours).min(Self::USUAL))
    }

    /// A call of so many symbols was answered.
    pub(super) fn note_answer(&mut self, asked: usize, now: DateTime<Utc>) {
        let size = self.at(now);
        if asked >= size && asked < Self::LARGEST {
            self.size = size + 1;
            self.failed_at = self.failed_at.filter(|at| now - *at < TimeDelta::hours(1));
        }
    }

    /// A call of so many symbols failed, for no other reason than their number.
    pub(super) fn note_failure(&mut self, asked: usize, now: DateTime<Utc>) {
        self.size = self.at(now).min(asked / 2).max(Self::SMALLEST);
        self.failed_at = Some(now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minutes: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::minutes(minutes)
    }

    #[test]
    fn failures_halve_it_down_to_a_dozen() {
        let mut size = BatchSize::new();
        let sizes = [50, 25, 12, 12].map(|asked| {
            size.note_failure(asked, at(0));
            size.at(at(0))
        });
        assert_eq!(sizes, [25, 12, 12, 12]);
        assert_eq!([60, 120, 180, 999].map(|minutes| size.at(at(minutes))), [24, 48, 50, 50]);
    }

    #[test]
    fn a_clock_set_back_does_not_keep_it_small() {
        let mut size = BatchSize::new();
        size.note_failure(50, at(1_000_000));
        assert_eq!([0, 60].map(|minutes| size.at(at(minutes))), [25, 50]);
    }

    #[test]
    fn it_grows_by_one_for_each_full_batch_up_to_the_ceiling() {
        let mut size = BatchSize::new();
        size.note_answer(49, at(0));
        assert_eq!(size.at(at(0)), 50, "a smaller batch proves nothing");
        for _ in 0..100 {
            let full = size.at(at(1));
            size.note_answer(full, at(1));
        }
        assert_eq!(size.at(at(1)), 99);
        size.note_failure(99, at(2));
        assert_eq!(size.at(at(2)), 49);
        size.note_answer(49, at(3));
        assert_eq!(size.at(at(3)), 50);
    }
}
