//! How much an upstream address is asked.

use std::num::NonZeroU32;

/// How fast and how many at once. The defaults are what one address can expect to be served.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Calls a second in the long run.
    pub per_second: NonZeroU32,
    /// Calls that may go out at once after a pause.
    pub burst: NonZeroU32,
    /// Calls an hour in the long run: a tenth more after each hour without a refusal, half after one.
    pub per_hour: HourlyBounds,
    /// Calls that an idle hour saves up: enough for one cold load. In proportion less while the hourly limit is below
    /// its start, but never more.
    pub hourly_burst: NonZeroU32,
    /// The background's share of the calls a second.
    pub background_per_second: NonZeroU32,
    /// The background's share of the calls an hour, at the start; moves in proportion to the hourly limit.
    pub background_per_hour: NonZeroU32,
    /// Calls under way at once.
    pub concurrency: u32,
}

/// Where the hourly limit starts, and between what it moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HourlyBounds {
    /// However often the upstream refuses.
    pub least: NonZeroU32,
    /// Before anything is known of the upstream.
    pub start: NonZeroU32,
    /// However long all is well.
    pub most: NonZeroU32,
}

impl HourlyBounds {
    /// A limit that never moves.
    pub fn fixed(calls: NonZeroU32) -> Self {
        Self { least: calls, start: calls, most: calls }
    }

    pub(super) fn hold(self, calls: u32) -> NonZeroU32 {
        NonZeroU32::new(calls).unwrap_or(NonZeroU32::MIN).max(self.least).min(self.most)
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            per_second: calls(2),
            burst: calls(4),
            // At the least, one call in two minutes: below the strictest limit that anybody has met.
            per_hour: HourlyBounds { least: calls(30), start: calls(300), most: calls(1_000) },
            hourly_burst: calls(100),
            background_per_second: calls(1),
            background_per_hour: calls(200),
            concurrency: 4,
        }
    }
}

impl Limits {
    /// No pace worth mentioning, for an upstream of one's own such as the simulator.
    pub fn generous() -> Self {
        let many = calls(1_000_000);
        Self {
            per_second: many,
            burst: many,
            per_hour: HourlyBounds::fixed(many),
            hourly_burst: many,
            background_per_second: many,
            background_per_hour: many,
            concurrency: 4,
        }
    }

    /// The burst that goes with an hourly limit.
    pub(super) fn hourly_burst_at(&self, limit: NonZeroU32) -> NonZeroU32 {
        self.in_proportion(self.hourly_burst, limit).min(self.hourly_burst)
    }

    /// The background's share of an hourly limit.
    pub(super) fn background_per_hour_at(&self, limit: NonZeroU32) -> NonZeroU32 {
        self.in_proportion(self.background_per_hour, limit)
    }

    fn in_proportion(&self, share: NonZeroU32, limit: NonZeroU32) -> NonZeroU32 {
        let scaled = u64::from(share.get()) * u64::from(limit.get()) / u64::from(self.per_hour.start.get());
        calls(u32::try_from(scaled).unwrap_or(u32::MAX))
    }
}

fn calls(n: u32) -> NonZeroU32 {
    NonZeroU32::new(n).unwrap_or(NonZeroU32::MIN)
}
