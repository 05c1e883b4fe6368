//! How far a shown price can be relied on.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The state of a price, from best to worst. `cache` decides it; pages show it as a dot and a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Freshness {
    /// From the running session, within its time to live.
    Live,
    /// From the running session by a venue that publishes late.
    Delayed,
    /// From the running session, a little past its time to live.
    Recent,
    /// The last session's close while the venue is closed: nothing newer exists.
    Closed,
    /// Past its time to live by more, and being refreshed.
    Cached,
    /// Older than the last session that should be known.
    Stale,
    /// Entered or imported by the user.
    Manual,
    /// No price at all.
    Missing,
}

impl Freshness {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Delayed => "delayed",
            Self::Recent => "recent",
            Self::Closed => "closed",
            Self::Cached => "cached",
            Self::Stale => "stale",
            Self::Manual => "manual",
            Self::Missing => "missing",
        }
    }

    /// Whether a newer price should exist.
    pub fn is_stale(self) -> bool {
        matches!(self, Self::Cached | Self::Stale | Self::Missing)
    }
}

impl fmt::Display for Freshness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
