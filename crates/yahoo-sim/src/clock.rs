//! The simulator's own time.

use std::fmt;
use std::str::FromStr;
use std::sync::{PoisonError, RwLock};
use std::time::Instant;

use bellwether_domain::{Clock, SharedClock, SystemClock};
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

/// What the simulator's time follows.
#[derive(Clone, Default)]
pub enum ClockMode {
    /// The machine's clock.
    #[default]
    Real,
    /// Stands still until it is moved.
    Fixed(DateTime<Utc>),
    /// The machine's clock, shifted.
    Offset(TimeDelta),
    /// Starts at an instant and runs faster, or slower, than the machine's clock.
    Accelerated {
        /// What it shows when it starts.
        from: DateTime<Utc>,
        /// Virtual seconds in a real one.
        factor: f64,
    },
    /// The caller's own clock, which only the caller moves.
    Shared(SharedClock),
}

impl fmt::Debug for ClockMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Real => f.write_str("Real"),
            Self::Fixed(at) => f.debug_tuple("Fixed").field(at).finish(),
            Self::Offset(by) => f.debug_tuple("Offset").field(by).finish(),
            Self::Accelerated { from, factor } => {
                f.debug_struct("Accelerated").field("from", from).field("factor", factor).finish()
            }
            Self::Shared(_) => f.write_str("Shared"),
        }
    }
}

/// The text names no clock.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is no clock: use real, an instant such as 2026-01-05T15:00:00Z, an offset in seconds such as +3600, or 60x@2026-01-05T15:00:00Z"
)]
pub struct InvalidClock(String);

impl FromStr for ClockMode {
    type Err = InvalidClock;

    /// `real`, an instant, `+seconds` or `-seconds`, or `60x@` an instant.
    fn from_str(text: &str) -> Result<Self, InvalidClock> {
        let invalid = || InvalidClock(text.chars().take(60).collect());
        if text == "real" {
            return Ok(Self::Real);
        }
        if let Some((factor, from)) = text.split_once("x@") {
            let factor: f64 =
                factor.parse().ok().filter(|f: &f64| f.is_finite() && *f > 0.0).ok_or_else(invalid)?;
            return Ok(Self::Accelerated { from: from.parse().map_err(|_unreadable| invalid())?, factor });
        }
        if text.starts_with(['+', '-']) {
            let seconds: i64 = text.parse().map_err(|_unreadable| invalid())?;
            return TimeDelta::try_seconds(seconds).map(Self::Offset).ok_or_else(invalid);
        }
        text.parse().map(Self::Fixed).map_err(|_unreadable| invalid())
    }
}

/// The clock belongs to the caller, who alone moves it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the clock is shared with the caller: move it there")]
pub struct ClockIsShared;

/// The clock of a simulator: it can be read, set and moved while requests are served.
///
/// ```
/// use bellwether_domain::Clock;
/// use bellwether_yahoo_sim::{ClockMode, SimClock};
/// use chrono::TimeDelta;
///
/// let clock = SimClock::new("2026-01-05T15:00:00Z".parse::<ClockMode>()?);
/// clock.advance(TimeDelta::hours(2))?;
/// assert_eq!(clock.now().to_rfc3339(), "2026-01-05T17:00:00+00:00");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct SimClock {
    state: RwLock<(ClockMode, Instant)>,
}

impl SimClock {
    /// A clock that starts now.
    pub fn new(mode: ClockMode) -> Self {
        Self { state: RwLock::new((mode, Instant::now())) }
    }

    /// Follows something else from now on.
    pub fn follow(&self, mode: ClockMode) {
        *self.state.write().unwrap_or_else(PoisonError::into_inner) = (mode, Instant::now());
    }

    /// Shows another instant from now on, and goes on as before.
    ///
    /// # Errors
    /// [`ClockIsShared`] for a clock of the caller's.
    pub fn set(&self, at: DateTime<Utc>) -> Result<(), ClockIsShared> {
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        let mode = match &state.0 {
            ClockMode::Fixed(_) => ClockMode::Fixed(at),
            ClockMode::Real | ClockMode::Offset(_) => ClockMode::Offset(at - SystemClock.now()),
            ClockMode::Accelerated { factor, .. } => ClockMode::Accelerated { from: at, factor: *factor },
            ClockMode::Shared(_) => return Err(ClockIsShared),
        };
        *state = (mode, Instant::now());
        Ok(())
    }

    /// Moves on, or back where `by` is negative.
    ///
    /// # Errors
    /// [`ClockIsShared`] for a clock of the caller's.
    pub fn advance(&self, by: TimeDelta) -> Result<(), ClockIsShared> {
        self.set(self.now() + by)
    }

    /// Whether time only passes when somebody moves it.
    pub(crate) fn stands_still(&self) -> bool {
        matches!(self.state.read().unwrap_or_else(PoisonError::into_inner).0, ClockMode::Fixed(_))
    }
}

impl Clock for SimClock {
    fn now(&self) -> DateTime<Utc> {
        let state = self.state.read().unwrap_or_else(PoisonError::into_inner);
        match &state.0 {
            ClockMode::Real => SystemClock.now(),
            ClockMode::Fixed(at) => *at,
            ClockMode::Offset(by) => SystemClock.now() + *by,
            ClockMode::Accelerated { from, factor } => {
                let micros = state.1.elapsed().as_secs_f64() * factor * 1e6;
                *from + TimeDelta::microseconds(micros as i64)
            }
            ClockMode::Shared(clock) => clock.now(),
        }
    }
}

/// What the control plane says about the clock.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ClockOrder {
    /// Another mode, as [`ClockMode`]'s text.
    pub(crate) mode: Option<String>,
    /// Another instant, in the mode that there is.
    pub(crate) at: Option<DateTime<Utc>>,
    /// Seconds to move on by.
    pub(crate) seconds: Option<i64>,
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::sync::Arc;

    use bellwether_domain::FixedClock;

    use super::*;

    #[test]
    fn a_shared_clock_moves_only_with_its_owner() {
        let owned = Arc::new(FixedClock::at(DateTime::UNIX_EPOCH));
        let clock = SimClock::new(ClockMode::Shared(owned.clone()));
        assert_eq!(clock.advance(TimeDelta::seconds(1)), Err(ClockIsShared));
        owned.advance(TimeDelta::seconds(5));
        assert_eq!(clock.now().timestamp(), 5);
    }

    #[test]
    fn a_real_clock_that_is_set_goes_on_from_there() {
        let clock = SimClock::new(ClockMode::Real);
        clock.set(DateTime::UNIX_EPOCH).unwrap();
        assert!((0..60).contains(&clock.now().timestamp()));
    }

    #[test]
    fn modes_are_read_from_text() {
        let text = |text: &str| text.parse::<ClockMode>().map(|mode| format!("{mode:?}")).ok();
        assert_eq!(text("real").as_deref(), Some("Real"));
        assert_eq!(text("2026-01-05T15:00:00Z").as_deref(), Some("Fixed(2026-01-05T15:00:00Z)"));
        assert!(text("+3600").is_some_and(|offset| offset.starts_with("Offset")));
        assert!(text("60x@2026-01-05T15:00:00Z").is_some_and(|fast| fast.contains("60.0")));
        for wrong in ["", "soon", "+x", "0x@2026-01-05T15:00:00Z", "2026-01-05"] {
            assert_eq!(text(wrong), None, "{wrong}");
        }
    }
}
