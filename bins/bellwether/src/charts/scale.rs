//! Axes: round steps for amounts, and where days begin to matter.

use bellwether_texts::{Locale, Sentence, Value};
use chrono::{Datelike, NaiveDate};
use rust_decimal::Decimal;
use rust_decimal::prelude::FromPrimitive;

/// Round values inside `[low, high]`, about `wanted` of them, ascending.
pub(super) fn ticks(low: f64, high: f64, wanted: u32) -> Vec<f64> {
    let span = high - low;
    if !(span.is_finite() && span > 0.0) || wanted == 0 {
        return Vec::new();
    }
    let rough = span / f64::from(wanted);
    let magnitude = 10_f64.powf(rough.log10().floor());
    let step = [1.0, 2.0, 2.5, 5.0, 10.0].into_iter().map(|m| m * magnitude).find(|s| *s >= rough);
    let step = step.unwrap_or(magnitude * 10.0);
    let first = (low / step).ceil();
    (0..32).map(|n| (first + f64::from(n)) * step).take_while(|tick| *tick <= high).collect()
}

/// An amount in few characters: `850`, `12.5k`, `260k`, `1.2m`.
pub(super) fn short_amount(locale: Locale, value: f64) -> String {
    let (scaled, key) = match value.abs() {
        size if size >= 999_500.0 => (value / 1e6, Some("chart.millions")),
        size if size >= 1_000.0 => (value / 1e3, Some("chart.thousands")),
        _ => (value, None),
    };
    let Some(scaled) = Decimal::from_f64(scaled) else { return String::new() };
    let scaled = scaled.round_dp(2).normalize();
    match key {
        Some(key) => locale.say(&Sentence::new(key).with("number", Value::Number(scaled, scaled.scale()))),
        None => locale.number(scaled, scaled.scale()),
    }
}

/// A share in percent, with as many decimals as neighbours `step` apart need to differ.
pub(super) fn short_percent(locale: Locale, share: f64, step: f64) -> String {
    locale.percent_with(share, u32::from(step < 0.01))
}

/// Days to label between two days, with their labels: years on a long axis, months on a shorter, else days.
pub(super) fn day_labels(locale: Locale, first: NaiveDate, last: NaiveDate) -> Vec<(NaiveDate, String)> {
    let days = (last - first).num_days();
    let months = |every: u32| move |day: &NaiveDate| day.day() == 1 && day.month0().is_multiple_of(every);
    let all = || first.iter_days().take_while(move |day| *day <= last);
    let labelled =
        |days: Vec<NaiveDate>, label: fn(Locale, NaiveDate) -> String| -> Vec<(NaiveDate, String)> {
            days.into_iter().map(|day| (day, label(locale, day))).collect()
        };
    match days {
        0..=13 => labelled(all().step_by(2).collect(), Locale::short_day),
        14..=75 => {
            labelled(all().filter(|d| matches!(d.day(), 1 | 8 | 15 | 22)).collect(), Locale::short_day)
        }
        76..=240 => labelled(all().filter(months(1)).collect(), Locale::month),
        241..=500 => labelled(all().filter(months(2)).collect(), Locale::month),
        501..=1_200 => labelled(all().filter(months(6)).collect(), Locale::month_of_year),
        _ => {
            let every = i32::try_from(days / 365 / 8 + 1).unwrap_or(1);
            let starts = all().filter(|d| d.ordinal() == 1 && d.year() % every == 0).collect();
            labelled(starts, |_, day| day.year().to_string())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_inside() {
        assert_eq!(ticks(203_000.0, 289_000.0, 5), [220_000.0, 240_000.0, 260_000.0, 280_000.0]);
        assert!(ticks(5.0, 5.0, 4).is_empty());
        assert!(ticks(f64::NAN, 1.0, 4).is_empty());
    }

    #[test]
    fn amounts_are_short() {
        let short = |value| short_amount(Locale::english(), value);
        assert_eq!(short(260_000.0), "260k");
        assert_eq!(short(12_500.0), "12.5k");
        assert_eq!(short(1_250_000.0), "1.25m");
        assert_eq!(short(-40.0), "\u{2212}40");
        assert_eq!(short_amount(Locale::accepted("de"), 12_500.0), "12,5\u{a0}Tsd.");
    }

    #[test]
    fn an_axis_of_any_length_has_a_few_labels() {
        let last = NaiveDate::from_ymd_opt(2026, 11, 20).expect("a date");
        for days in [3, 7, 30, 91, 200, 365, 730, 1_826, 4_748, 12_000] {
            let labels = day_labels(Locale::english(), last - chrono::Days::new(days), last).len();
            assert!((1..=12).contains(&labels), "{labels} labels for {days} days");
        }
    }
}
