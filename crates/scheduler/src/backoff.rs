//! How long to wait before another attempt.

use chrono::TimeDelta;
use rand::Rng;

/// Exponential backoff with full jitter: before attempt n + 1 a random time from nothing to `first` x 2^(n - 1), at
/// most `longest`.
///
/// Full jitter, because jobs that failed together would otherwise come back together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backoff {
    /// The longest wait after the first attempt.
    pub first: TimeDelta,
    /// The longest wait after any attempt.
    pub longest: TimeDelta,
}

impl Backoff {
    /// The longest wait after so many attempts.
    pub fn ceiling(&self, attempts: u16) -> TimeDelta {
        let doublings = u32::from(attempts.saturating_sub(1)).min(30);
        self.first.checked_mul(1 << doublings).map_or(self.longest, |wait| wait.min(self.longest))
    }

    /// A wait after so many attempts.
    pub fn wait(&self, attempts: u16, random: &mut impl Rng) -> TimeDelta {
        let ceiling = self.ceiling(attempts).num_milliseconds().max(0);
        TimeDelta::milliseconds(random.random_range(0..=ceiling))
    }
}

impl Default for Backoff {
    /// 5 s at first, an hour at most.
    fn default() -> Self {
        Self { first: TimeDelta::seconds(5), longest: TimeDelta::hours(1) }
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand::rngs::StdRng;

    use super::*;

    #[test]
    fn the_ceiling_doubles_up_to_the_longest_wait() {
        let backoff = Backoff { first: TimeDelta::seconds(5), longest: TimeDelta::seconds(60) };
        let ceilings = [0, 1, 2, 3, 4, 5, 6, u16::MAX].map(|n| backoff.ceiling(n).num_seconds());
        assert_eq!(ceilings, [5, 5, 10, 20, 40, 60, 60, 60]);
    }

    #[test]
    fn waits_spread_over_the_whole_range() {
        let backoff = Backoff { first: TimeDelta::seconds(8), longest: TimeDelta::hours(1) };
        let mut random = StdRng::seed_from_u64(7);
        let waits: Vec<_> = (0..200).map(|_| backoff.wait(3, &mut random)).collect();

        assert!(waits.iter().all(|wait| (0..=32_000).contains(&wait.num_milliseconds())));
        assert!(waits.iter().any(|wait| wait.num_seconds() < 8));
        assert!(waits.iter().any(|wait| wait.num_seconds() >= 24));
    }
}
