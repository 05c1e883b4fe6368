//! How long an answer takes.

use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::config::UnknownPreset;
use crate::market::{mix, shock, unit};

/// The time that an answer takes: a base, a part for its size, and chance.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LatencyProfile {
    /// Milliseconds of every answer.
    pub base_ms: f64,
    /// Microseconds for each symbol asked for.
    pub per_symbol_us: f64,
    /// Microseconds for each KiB of the body.
    pub per_kb_us: f64,
    /// Milliseconds by chance.
    pub draw: Draw,
    /// Moves the simulator's own fixed clock instead of sleeping. On any other clock nothing is waited for and the
    /// log alone tells the time.
    #[serde(rename = "virtual")]
    pub virtual_sleep: bool,
}

/// Chance in the time of an answer, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Draw {
    /// None.
    #[default]
    Zero,
    /// Always the same.
    Const(f64),
    /// Evenly between two times.
    Uniform(f64, f64),
    /// Half of the answers take less than `median`, one in a hundred more than `p99`.
    Lognormal {
        /// Milliseconds.
        median: f64,
        /// Milliseconds.
        p99: f64,
    },
    /// At least `min`, with a tail that is the heavier the smaller `alpha` is.
    Pareto {
        /// Milliseconds.
        min: f64,
        /// Above 1 for a mean that exists.
        alpha: f64,
    },
}

impl Default for LatencyProfile {
    fn default() -> Self {
        Self::zero()
    }
}

impl LatencyProfile {
    /// At once.
    pub fn zero() -> Self {
        Self { base_ms: 0.0, per_symbol_us: 0.0, per_kb_us: 0.0, draw: Draw::Zero, virtual_sleep: false }
    }

    /// As over a good line: 250 ms, seldom 900.
    pub fn home() -> Self {
        Self { per_kb_us: 300.0, ..Self::lognormal(250.0, 900.0) }
    }

    /// As from another continent: 600 ms, seldom 2.5 s.
    pub fn far() -> Self {
        Self { per_kb_us: 800.0, ..Self::lognormal(600.0, 2_500.0) }
    }

    /// As on a bad day: 2 s, seldom 20.
    pub fn sick() -> Self {
        Self::lognormal(2_000.0, 20_000.0)
    }

    /// The profile of a name: `zero`, `home`, `far`, `sick`.
    pub fn preset(name: &str) -> Option<Self> {
        Some(match name {
            "zero" => Self::zero(),
            "home" => Self::home(),
            "far" => Self::far(),
            "sick" => Self::sick(),
            _ => return None,
        })
    }

    fn lognormal(median: f64, p99: f64) -> Self {
        Self { draw: Draw::Lognormal { median, p99 }, ..Self::zero() }
    }

    /// The time of the `nth` answer of a simulator.
    pub(crate) fn of(&self, seed: u64, nth: u64, symbols: usize, bytes: usize) -> Duration {
        let bits = mix(seed ^ 0x6c61_7465, nth);
        let chance = match self.draw {
            Draw::Zero => 0.0,
            Draw::Const(ms) => ms,
            Draw::Uniform(low, high) => low + (high - low) * unit(bits),
            // 2.326 standard deviations leave one in a hundred above.
            Draw::Lognormal { median, p99 } => median * ((p99 / median).ln() / 2.326 * shock(bits)).exp(),
            Draw::Pareto { min, alpha } => min * (1.0 - unit(bits)).powf(-1.0 / alpha.max(0.1)),
        };
        let parts = self.per_symbol_us * symbols as f64 + self.per_kb_us * bytes as f64 / 1024.0;
        let ms = (self.base_ms + parts / 1000.0 + chance).clamp(0.0, 600_000.0);
        if ms.is_finite() { Duration::from_secs_f64(ms / 1000.0) } else { Duration::ZERO }
    }
}

impl FromStr for LatencyProfile {
    type Err = UnknownPreset;

    /// The profile of a preset's name.
    fn from_str(name: &str) -> Result<Self, UnknownPreset> {
        let known = "zero, home, far and sick";
        Self::preset(name).ok_or_else(|| UnknownPreset { name: name.to_owned(), known })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn half_of_the_answers_from_home_take_less_than_the_median() {
        let mut times: Vec<_> = (0..2_000).map(|nth| LatencyProfile::home().of(1, nth, 0, 0)).collect();
        times.sort();
        assert!((200..300).contains(&times[1_000].as_millis()), "{:?}", times[1_000]);
        assert!((600..1_500).contains(&times[1_980].as_millis()), "{:?}", times[1_980]);
    }

    #[test]
    fn size_costs_time() {
        let profile = LatencyProfile { per_symbol_us: 1_000.0, per_kb_us: 500.0, ..LatencyProfile::zero() };
        assert_eq!(profile.of(1, 0, 20, 4_096), Duration::from_millis(22));
        assert_eq!(LatencyProfile::zero().of(1, 0, 20, 4_096), Duration::ZERO);
    }

    #[test]
    fn profiles_are_read_from_json() {
        let profile: LatencyProfile =
            serde_json::from_str(r#"{"base_ms": 5, "draw": {"lognormal": {"median": 10, "p99": 40}}}"#)
                .unwrap();
        assert_eq!(profile.draw, Draw::Lognormal { median: 10.0, p99: 40.0 });
        assert_eq!(LatencyProfile::preset("far"), Some(LatencyProfile::far()));
        assert!("mars".parse::<LatencyProfile>().is_err());
    }
}
