//! Measured durations: histograms of the last minutes, of the last hour and since the start.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Utc};
use hdrhistogram::{Counter, Histogram};
use serde::Serialize;

/// Every percentile is within one part in a hundred.
const DIGITS: u8 = 2;
/// What took longer is noted as this.
const LONGEST: Duration = Duration::from_secs(86_400);
/// Minutes that are kept one by one.
const MINUTES: i64 = 60;

/// Which durations are meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Span {
    /// The running minute and the four before it.
    FiveMinutes,
    /// The running minute and the 59 before it.
    Hour,
    /// All since the process started.
    Start,
}

impl Span {
    /// All of them, the shortest first.
    pub const ALL: [Self; 3] = [Self::FiveMinutes, Self::Hour, Self::Start];

    /// In words.
    pub fn words(self) -> &'static str {
        match self {
            Self::FiveMinutes => "last 5 minutes",
            Self::Hour => "last hour",
            Self::Start => "since the start",
        }
    }
}

/// How long something took, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Quantiles {
    /// How often it happened; at least once.
    pub count: u64,
    /// Half of them took no longer.
    pub p50: f64,
    /// Nine tenths took no longer.
    pub p90: f64,
    /// All but one in a hundred took no longer.
    pub p99: f64,
    /// The longest.
    pub max: f64,
    /// On average.
    pub mean: f64,
}

/// How long something took, again and again.
///
/// ```
/// use std::time::Duration;
/// use bellwether_domain::{Durations, Span};
/// use chrono::{DateTime, TimeDelta};
///
/// let answers = Durations::default();
/// let noon = DateTime::UNIX_EPOCH + TimeDelta::hours(12);
/// for milliseconds in 1..=100 {
///     answers.record(noon, Duration::from_millis(milliseconds));
/// }
/// let quantiles = answers.quantiles(Span::FiveMinutes, noon).expect("some were recorded");
/// assert_eq!(quantiles.count, 100);
/// assert!((quantiles.p90 - 90.0).abs() < 0.9);
/// assert_eq!(answers.quantiles(Span::FiveMinutes, noon + TimeDelta::minutes(5)), None);
/// ```
#[derive(Debug)]
pub struct Durations(Mutex<Recorded>);

#[derive(Debug)]
struct Recorded {
    /// In microseconds, as all here.
    since_start: Histogram<u64>,
    /// Minutes in which something happened, the oldest first.
    minutes: VecDeque<(i64, Histogram<u32>)>,
}

impl Default for Durations {
    fn default() -> Self {
        Self(Mutex::new(Recorded { since_start: empty(), minutes: VecDeque::new() }))
    }
}

fn empty<C: Counter>() -> Histogram<C> {
    Histogram::new(DIGITS).expect("two digits are between none and five")
}

impl Durations {
    /// Notes one that ended at `at`.
    pub fn record(&self, at: DateTime<Utc>, took: Duration) {
        let micros = u64::try_from(took.min(LONGEST).as_micros()).unwrap_or(u64::MAX);
        let minute = at.timestamp().div_euclid(60);
        let mut recorded = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // A histogram that grows refuses nothing, here and below.
        let _ = recorded.since_start.record(micros);
        recorded.minutes.retain(|(kept, _)| (minute - MINUTES..=minute).contains(kept));
        match recorded.minutes.back_mut() {
            Some((last, histogram)) if *last == minute => {
                let _ = histogram.record(micros);
            }
            _ => {
                let mut histogram = empty();
                let _ = histogram.record(micros);
                recorded.minutes.push_back((minute, histogram));
            }
        }
    }

    /// Their quantiles over a span that ends at `now`; `None` when nothing happened in it.
    pub fn quantiles(&self, span: Span, now: DateTime<Utc>) -> Option<Quantiles> {
        let recorded = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let minutes = match span {
            Span::Start => return of(&recorded.since_start),
            Span::FiveMinutes => 5,
            Span::Hour => MINUTES,
        };
        let this = now.timestamp().div_euclid(60);
        let mut together: Histogram<u64> = empty();
        for (minute, histogram) in &recorded.minutes {
            if (this - minutes + 1..=this).contains(minute) {
                for step in histogram.iter_recorded() {
                    let (value, times) = (step.value_iterated_to(), step.count_since_last_iteration());
                    let _ = together.record_n(value, times);
                }
            }
        }
        of(&together)
    }
}

fn of(histogram: &Histogram<u64>) -> Option<Quantiles> {
    let milliseconds = |micros: u64| micros as f64 / 1_000.0;
    let at = |quantile| milliseconds(histogram.value_at_quantile(quantile));
    (!histogram.is_empty()).then(|| Quantiles {
        count: histogram.len(),
        p50: at(0.5),
        p90: at(0.9),
        p99: at(0.99),
        max: milliseconds(histogram.max()),
        mean: histogram.mean() / 1_000.0,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeDelta;

    fn at(minute: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::minutes(minute) + TimeDelta::seconds(30)
    }

    fn recorded(minutes: &[i64]) -> Durations {
        let durations = Durations::default();
        for minute in minutes {
            durations.record(at(*minute), Duration::from_millis(10));
        }
        durations
    }

    fn count(durations: &Durations, span: Span, minute: i64) -> u64 {
        durations.quantiles(span, at(minute)).map_or(0, |quantiles| quantiles.count)
    }

    #[test]
    fn a_span_ends_with_the_running_minute_and_forgets_what_is_older() {
        let durations = recorded(&[100, 101, 104, 105]);
        assert_eq!(count(&durations, Span::FiveMinutes, 105), 3);
        assert_eq!(count(&durations, Span::FiveMinutes, 109), 1);
        assert_eq!(count(&durations, Span::FiveMinutes, 110), 0);
        assert_eq!(count(&durations, Span::Hour, 159), 4);
        assert_eq!(count(&durations, Span::Hour, 160), 3);
        assert_eq!(count(&durations, Span::Start, 10_000), 4);
    }

    #[test]
    fn a_clock_that_is_set_back_leaves_no_minutes_of_the_future() {
        let durations = recorded(&[500, 100]);
        assert_eq!(count(&durations, Span::Hour, 100), 1);
        assert_eq!(count(&durations, Span::Hour, 500), 0);
        assert_eq!(count(&durations, Span::Start, 100), 2);
    }

    #[test]
    fn quantiles_are_those_of_the_values_within_a_hundredth() {
        let durations = Durations::default();
        for micros in 1..=10_000 {
            durations.record(at(0), Duration::from_micros(micros));
        }
        let quantiles = durations.quantiles(Span::Hour, at(0)).expect("recorded");
        for (found, expected) in [
            (quantiles.p50, 5.0),
            (quantiles.p90, 9.0),
            (quantiles.p99, 9.9),
            (quantiles.max, 10.0),
            (quantiles.mean, 5.0),
        ] {
            assert!((found / expected - 1.0).abs() < 0.01, "{found} for {expected}");
        }
    }

    #[test]
    fn an_absurd_duration_is_taken_for_a_day() {
        let durations = Durations::default();
        durations.record(at(0), Duration::MAX);
        let quantiles = durations.quantiles(Span::Start, at(0)).expect("recorded");
        assert!((quantiles.max / 86_400_000.0 - 1.0).abs() < 0.01, "{}", quantiles.max);
    }

    #[test]
    fn minutes_that_are_over_take_no_room() {
        let durations = recorded(&(0..1_000).collect::<Vec<_>>());
        let kept = durations.0.lock().expect("no panic").minutes.len();
        assert!(kept <= 61, "{kept}");
    }
}
