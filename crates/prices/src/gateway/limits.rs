//! How much an upstream address is asked.

use std::num::NonZeroU32;

/// How fast and how many at once. The defaults are what one address can expect to be served.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Calls a second in the long run.
    pub per_second: NonZeroU32,
    /// Calls that may go out at once after a pause.
    pub burst: NonZeroU32,
    /// Calls an hour in the long run.
    pub per_hour: NonZeroU32,
    /// Calls that an idle hour saves up: enough for one cold load.
    pub hourly_burst: NonZeroU32,
    /// The background's share of the calls a second.
    pub background_per_second: NonZeroU32,
    /// The background's share of the calls an hour.
    pub background_per_hour: NonZeroU32,
    /// Calls under way at once.
    pub concurrency: u32,
}

impl Default for Limits {
    fn default() -> Self {
        let calls = |n| NonZeroU32::new(n).unwrap_or(NonZeroU32::MIN);
        Self {
            per_second: calls(2),
            burst: calls(4),
            per_hour: calls(300),
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
        let many = NonZeroU32::new(1_000_000).unwrap_or(NonZeroU32::MIN);
        Self {
            per_second: many,
            burst: many,
            per_hour: many,
            hourly_burst: many,
            background_per_second: many,
            background_per_hour: many,
            concurrency: 4,
        }
    }
}
