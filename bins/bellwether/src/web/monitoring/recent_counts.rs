//! By how much counters rose lately: they count from the start on, and are noted once a minute.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, PoisonError};

use bellwether_domain::Span;
use chrono::{DateTime, TimeDelta, Utc};

/// Counters by name.
pub(super) type Counts = BTreeMap<String, u64>;

/// The counters as they were each minute of the last hour.
#[derive(Debug, Default)]
pub(super) struct RecentCounts(Mutex<VecDeque<(DateTime<Utc>, Counts)>>);

impl RecentCounts {
    /// Notes the counters as they are now.
    pub(super) fn note(&self, now: DateTime<Utc>, counts: Counts) {
        let mut noted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        noted.retain(|(at, _)| *at <= now && now - *at <= TimeDelta::minutes(62));
        noted.push_back((now, counts));
    }

    /// By how much each counter rose within the span up to now, to the minute; those that did not are left out.
    pub(super) fn risen(&self, span: Span, now: DateTime<Utc>, counts: &Counts) -> Counts {
        let length = match span {
            Span::FiveMinutes => Some(TimeDelta::minutes(5)),
            Span::Hour => Some(TimeDelta::hours(1)),
            Span::Start => None,
        };
        let noted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let before = length
            .and_then(|length| noted.iter().rev().find(|(at, _)| *at <= now - length))
            .map(|(_, counts)| counts);
        let base = |name| before.and_then(|before| before.get(name)).copied().unwrap_or(0);
        let rises = counts.iter().map(|(name, count)| (name.clone(), count.saturating_sub(base(name))));
        rises.filter(|(_, rise)| *rise > 0).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minute: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::minutes(minute)
    }

    fn counts(count: u64) -> Counts {
        Counts::from([("asked".to_owned(), count)])
    }

    fn risen(noted: &RecentCounts, span: Span, minute: i64, count: u64) -> u64 {
        noted.risen(span, at(minute), &counts(count)).get("asked").copied().unwrap_or(0)
    }

    #[test]
    fn a_rise_is_told_over_each_span() {
        let noted = RecentCounts::default();
        for minute in 0..=120 {
            noted.note(at(minute), counts(minute as u64 * 10));
        }
        assert_eq!(risen(&noted, Span::FiveMinutes, 120, 1_200), 50);
        assert_eq!(risen(&noted, Span::Hour, 120, 1_207), 607);
        assert_eq!(risen(&noted, Span::Start, 120, 1_200), 1_200);
    }

    #[test]
    fn before_a_span_has_passed_all_counts_since_the_start() {
        let noted = RecentCounts::default();
        noted.note(at(0), counts(3));
        assert_eq!(risen(&noted, Span::Hour, 2, 8), 8);
        assert_eq!(risen(&RecentCounts::default(), Span::FiveMinutes, 2, 8), 8);
    }

    #[test]
    fn a_clock_that_is_set_back_forgets_the_future() {
        let noted = RecentCounts::default();
        noted.note(at(500), counts(3));
        noted.note(at(10), counts(5));
        assert_eq!(risen(&noted, Span::FiveMinutes, 20, 7), 2);
    }
}
