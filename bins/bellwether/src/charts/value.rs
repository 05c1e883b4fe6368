//! The dashboard's chart: value as an area, money paid in as a step line, the benchmark dashed, own trades as dots.

use std::fmt::Write;

use chrono::NaiveDate;

use super::path::line;
use super::scale::{day_labels, short_amount, ticks};

const WIDTH: f64 = 760.0;
const HEIGHT: f64 = 300.0;
/// Below it stand the days.
const FLOOR: f64 = 274.0;
const CEILING: f64 = 10.0;

/// A day with own purchases or sales.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct TradeDot {
    pub(crate) date: NaiveDate,
    pub(crate) sale: bool,
    pub(crate) title: String,
}

/// Columns on one axis of days; unknown values are `NaN`.
#[derive(Debug)]
pub(crate) struct ValueChart<'a> {
    pub(crate) first: NaiveDate,
    pub(crate) value: &'a [f64],
    pub(crate) contributed: &'a [f64],
    pub(crate) benchmark: &'a [f64],
    pub(crate) trades: &'a [TradeDot],
    /// What the chart says, for those who do not see it.
    pub(crate) summary: &'a str,
}

impl ValueChart<'_> {
    /// The SVG, or nothing when fewer than two values are known.
    pub(crate) fn svg(&self) -> String {
        let (low, high) = self.extent();
        if self.value.iter().filter(|value| value.is_finite()).count() < 2 {
            return String::new();
        }
        let y = |value: f64| FLOOR - (value - low) / (high - low) * (FLOOR - CEILING);
        let mut svg = String::with_capacity(24_000);
        let _ = write!(
            svg,
            r#"<svg viewBox="0 0 760 300" role="img" aria-label="{}"><defs><linearGradient id="fade" x1="0" y1="0" x2="0" y2="1"><stop offset="0" class="fade-0"/><stop offset="1" class="fade-1"/></linearGradient></defs>"#,
            escaped(self.summary)
        );
        for tick in ticks(low, high, 5) {
            let at = y(tick);
            let _ = write!(
                svg,
                r#"<line class="grid" x1="0" x2="{WIDTH}" y1="{at:.1}" y2="{at:.1}"/><text class="tick" x="758" y="{:.1}" text-anchor="end">{}</text>"#,
                at - 4.0,
                short_amount(tick)
            );
        }
        self.draw_days(&mut svg);
        let value = line(self.value, WIDTH, y);
        let _ = write!(svg, r#"<path class="area" d="{}"/>"#, Self::area(&value));
        let _ = write!(svg, r#"<path class="s-paid" d="{}"/>"#, steps(self.contributed, y));
        let _ = write!(svg, r#"<path class="s-bench" d="{}"/>"#, line(self.benchmark, WIDTH, y));
        let _ = write!(svg, r#"<path class="s-value" d="{value}"/>"#);
        self.draw_trades(&mut svg, y);
        svg.push_str("</svg>");
        svg
    }

    fn extent(&self) -> (f64, f64) {
        let all = self.value.iter().chain(self.contributed).chain(self.benchmark).copied();
        let (low, high) = all
            .filter(|value| value.is_finite())
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| (l.min(v), h.max(v)));
        let margin = ((high - low) * 0.04).max(high.abs() * 0.005).max(0.01);
        // Never an axis below zero for what never was below zero.
        let floor = if low >= 0.0 { (low - margin).max(0.0) } else { low - margin };
        (floor, high + margin)
    }

    fn x(&self, date: NaiveDate) -> f64 {
        let steps = self.value.len().saturating_sub(1).max(1) as f64;
        (date - self.first).num_days() as f64 * WIDTH / steps
    }

    fn draw_days(&self, svg: &mut String) {
        let days = chrono::Days::new(self.value.len().saturating_sub(1) as u64);
        for (day, label) in day_labels(self.first, self.first + days) {
            let x = self.x(day);
            if (16.0..=WIDTH - 24.0).contains(&x) {
                let _ = write!(
                    svg,
                    r#"<text class="tick" x="{x:.1}" y="{:.0}" text-anchor="middle">{label}</text>"#,
                    HEIGHT - 4.0
                );
            }
        }
    }

    fn draw_trades(&self, svg: &mut String, y: impl Fn(f64) -> f64) {
        for trade in self.trades {
            let day = usize::try_from((trade.date - self.first).num_days()).ok();
            let Some(value) = day.and_then(|day| self.value.get(day)).filter(|value| value.is_finite())
            else {
                continue;
            };
            let _ = write!(
                svg,
                r#"<circle class="trade{}" cx="{:.1}" cy="{:.1}" r="3"><title>{}</title></circle>"#,
                if trade.sale { " sale" } else { "" },
                self.x(trade.date),
                y(*value),
                escaped(&trade.title)
            );
        }
    }

    /// The value's line closed along the floor; each run between gaps by itself.
    fn area(line: &str) -> String {
        let mut area = String::with_capacity(line.len() + 32);
        for run in line.split('M').filter(|run| !run.is_empty()) {
            let first = run.split(['L', ' ']).next().unwrap_or("0");
            let last = run.rsplit('L').next().and_then(|point| point.split(' ').next()).unwrap_or(first);
            let _ = write!(area, "M{run}L{last} {FLOOR}L{first} {FLOOR}Z");
        }
        area
    }
}

/// A step line: level until the next change.
fn steps(values: &[f64], y: impl Fn(f64) -> f64) -> String {
    let step = if values.len() > 1 { WIDTH / (values.len() - 1) as f64 } else { 0.0 };
    let mut data = String::new();
    let mut level: Option<f64> = None;
    for (index, value) in values.iter().enumerate() {
        let x = index as f64 * step;
        match level {
            _ if !value.is_finite() => level = None,
            None => {
                let _ = write!(data, "M{x:.1} {:.1}", y(*value));
                level = Some(*value);
            }
            Some(before) if (before - value).abs() > f64::EPSILON * before.abs() => {
                let _ = write!(data, "H{x:.1}V{:.1}", y(*value));
                level = Some(*value);
            }
            Some(_) => {}
        }
    }
    if level.is_some() {
        let _ = write!(data, "H{WIDTH}");
    }
    data
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chart<'a>(value: &'a [f64], trades: &'a [TradeDot]) -> ValueChart<'a> {
        ValueChart {
            first: NaiveDate::from_ymd_opt(2026, 1, 5).expect("a date"),
            value,
            contributed: &[],
            benchmark: &[],
            trades,
            summary: "Value <rises> & \"shines\"",
        }
    }

    #[test]
    fn nothing_is_drawn_from_nothing() {
        assert!(chart(&[], &[]).svg().is_empty());
        assert!(chart(&[f64::NAN, 5.0], &[]).svg().is_empty());
    }

    #[test]
    fn words_cannot_become_markup() {
        let svg = chart(&[1.0, 2.0], &[]).svg();
        assert!(svg.contains("Value &lt;rises&gt; &amp; &quot;shines&quot;"));
    }

    #[test]
    fn each_side_of_a_gap_has_its_own_area() {
        let svg = chart(&[1.0, 2.0, f64::NAN, 3.0, 2.0], &[]).svg();
        let area =
            svg.split("class=\"area\" d=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("an area");
        assert_eq!(area.matches('Z').count(), 2);
    }

    #[test]
    fn a_level_sum_is_one_step() {
        assert_eq!(steps(&[100.0, 100.0, 150.0], |value| 300.0 - value), "M0.0 200.0H760.0V150.0H760");
    }

    #[test]
    fn trades_outside_of_the_range_are_left_out() {
        let trade = |day| TradeDot {
            date: NaiveDate::from_ymd_opt(2026, 1, day).expect("a date"),
            sale: false,
            title: "Bought".to_owned(),
        };
        let svg = chart(&[1.0, 2.0, 3.0], &[trade(4), trade(6), trade(8)]).svg();
        assert_eq!(svg.matches("<circle").count(), 1);
    }
}
