//! Counts, parts, times and sizes as the page writes them.

use bellwether_domain::Quantiles;
use bellwether_texts::{Locale, Sentence};
use chrono::TimeDelta;

/// What is not known.
pub(super) const UNKNOWN: &str = "—";

/// How somebody reads measures.
#[derive(Clone, Copy)]
pub(super) struct Units(pub(super) Locale);

impl Units {
    pub(super) fn text(self, key: &'static str) -> String {
        self.0.text(key)
    }

    /// Four digits are not grouped: they are taken in at a glance.
    pub(super) fn count(self, count: u64) -> String {
        match i64::try_from(count) {
            Ok(count @ 10_000..) => self.0.count(count),
            _ => count.to_string(),
        }
    }

    /// With so many decimals, always.
    fn decimal(self, value: f64, decimals: usize) -> String {
        format!("{value:.decimals$}").replace('.', self.0.decimal_sign())
    }

    fn unit(self, key: &'static str, number: String) -> String {
        self.0.say(&Sentence::new(key).with("number", number))
    }

    pub(super) fn part(self, ratio: Option<f64>) -> String {
        let percent = |ratio: f64| self.unit("monitoring.unit.percent", self.decimal(ratio * 100.0, 1));
        ratio.map_or_else(|| UNKNOWN.to_owned(), percent)
    }

    pub(super) fn milliseconds(self, took: f64) -> String {
        match took {
            ..10.0 => self.unit("monitoring.unit.milliseconds", self.decimal(took, 2)),
            ..1_000.0 => self.unit("monitoring.unit.milliseconds", self.decimal(took, 0)),
            ..100_000.0 => self.unit("monitoring.unit.seconds", self.decimal(took / 1_000.0, 1)),
            _ => self.lasting(TimeDelta::milliseconds(took as i64)),
        }
    }

    pub(super) fn bytes(self, count: u64) -> String {
        match count {
            0..10_000 => self.unit("monitoring.unit.bytes", count.to_string()),
            10_000..10_000_000 => self.unit("monitoring.unit.kilobytes", self.decimal(count as f64 / 1e3, 1)),
            _ => self.unit("monitoring.unit.megabytes", self.decimal(count as f64 / 1e6, 1)),
        }
    }

    pub(super) fn lasting(self, time: TimeDelta) -> String {
        let (days, hours, minutes) = (time.num_days(), time.num_hours() % 24, time.num_minutes() % 60);
        let days_words = || self.unit("monitoring.unit.days", days.to_string());
        let hours_words = || self.unit("monitoring.unit.hours", hours.to_string());
        let minutes_words = || self.unit("monitoring.unit.minutes", minutes.to_string());
        match (days, hours, minutes) {
            (0, 0, 0) => self.unit("monitoring.unit.seconds", time.num_seconds().max(0).to_string()),
            (0, 0, _) => minutes_words(),
            (0, _, _) => format!("{} {}", hours_words(), minutes_words()),
            _ => format!("{} {}", days_words(), hours_words()),
        }
    }

    pub(super) fn quantiles(self, of: Option<Quantiles>) -> [String; 4] {
        of.map_or_else(
            || [(); 4].map(|()| UNKNOWN.to_owned()),
            |of| [of.p50, of.p90, of.p99, of.max].map(|took| self.milliseconds(took)),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_and_sizes_are_told_in_fitting_units() {
        let units = Units(Locale::english());
        assert_eq!(
            [0.123, 12.4, 1_250.0, 3_700_000.0].map(|took| units.milliseconds(took)),
            ["0.12 ms", "12 ms", "1.2 s", "1 h 1 min"]
        );
        assert_eq!([999, 12_345, 12_345_678].map(|size| units.bytes(size)), ["999 B", "12.3 kB", "12.3 MB"]);
        let seconds = |count| units.lasting(TimeDelta::seconds(count));
        assert_eq!([5, 65, 3_700, 90_000].map(seconds), ["5 s", "1 min", "1 h 1 min", "1 d 1 h"]);
    }

    #[test]
    fn what_is_not_known_is_a_dash() {
        let units = Units(Locale::english());
        assert_eq!(units.part(None), "—");
        assert_eq!(units.part(Some(0.9555)), "95.5 %");
        assert_eq!(units.quantiles(None), ["—", "—", "—", "—"]);
    }

    #[test]
    fn decimals_and_units_are_those_of_the_reader() {
        let units = Units(Locale::accepted("de-DE"));
        assert_eq!(units.part(Some(0.5)), "50,0 %");
        assert_eq!(units.milliseconds(3_700_000.0), "1 Std. 1 Min.");
        assert_eq!([9_999, 12_345].map(|count| units.count(count)), ["9999", "12.345"]);
    }
}
