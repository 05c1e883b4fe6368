//! How far a job came.

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Real items done, of how many.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Progress {
    /// Items done.
    pub done: u32,
    /// Items in all; 0 while unknown.
    pub total: u32,
    /// What happens, in words for a reader.
    pub note: Option<String>,
    /// More, in a form that is the kind's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<Value>,
}

impl Progress {
    /// `done` of `total` items.
    pub fn of(done: u32, total: u32) -> Self {
        Self { done, total, note: None, detail: None }
    }

    /// With words for a reader.
    #[must_use]
    pub fn note(self, note: impl Into<String>) -> Self {
        Self { note: Some(note.into()), ..self }
    }

    /// With more, in a form that is the kind's own.
    #[must_use]
    pub fn detail(self, detail: Value) -> Self {
        Self { detail: Some(detail), ..self }
    }

    /// How long the rest will take if it goes on as in the `elapsed` time; `None` before the first item is done or
    /// while the total is unknown.
    pub fn remaining(&self, elapsed: TimeDelta) -> Option<TimeDelta> {
        if self.done == 0 || self.total == 0 {
            return None;
        }
        let left = i64::from(self.total.saturating_sub(self.done));
        let elapsed = elapsed.num_milliseconds().max(0);
        TimeDelta::try_milliseconds(elapsed.checked_mul(left)? / i64::from(self.done))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rest_takes_as_long_as_measured() {
        assert_eq!(Progress::of(34, 50).remaining(TimeDelta::seconds(17)), Some(TimeDelta::seconds(8)));
        assert_eq!(Progress::of(50, 50).remaining(TimeDelta::seconds(17)), Some(TimeDelta::zero()));
    }

    #[test]
    fn nothing_is_guessed_before_something_was_measured() {
        assert_eq!(Progress::of(0, 50).remaining(TimeDelta::seconds(17)), None);
        assert_eq!(Progress::of(3, 0).remaining(TimeDelta::seconds(17)), None);
    }

    #[test]
    fn more_done_than_expected_leaves_no_rest() {
        assert_eq!(Progress::of(60, 50).remaining(TimeDelta::seconds(6)), Some(TimeDelta::zero()));
    }
}
