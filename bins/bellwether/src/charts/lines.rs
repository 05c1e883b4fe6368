//! Lines over days on one axis: values as an area, others as lines or steps, own trades as dots.

use std::fmt::Write;

use bellwether_texts::Locale;
use chrono::NaiveDate;

use super::path::line;
use super::scale::{day_labels, short_amount, short_percent, ticks};

const WIDTH: f64 = 760.0;
const HEIGHT: f64 = 300.0;
/// Below it stand the days.
const FLOOR: f64 = 274.0;
const CEILING: f64 = 10.0;
const TICKS: u32 = 5;

/// A day with own purchases or sales.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct TradeDot {
    pub(crate) date: NaiveDate,
    pub(crate) sale: bool,
    pub(crate) title: String,
}

/// How a line is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    /// A line above a shade that reaches down to the floor.
    Area,
    /// A line above, or below, a shade that reaches to nought.
    FromNought,
    Line,
    /// Level until the next change.
    Steps,
}

/// One number a day; unknown values are `NaN`.
#[derive(Debug)]
pub(crate) struct Line<'a> {
    pub(crate) values: &'a [f64],
    /// The style sheet's name of its stroke.
    pub(crate) stroke: &'static str,
    pub(crate) shape: Shape,
}

/// What is written on the axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Axis {
    /// Money or prices, which are never below nought where they never were.
    Amount,
    /// Shares of one, in percent.
    Percent,
}

/// Lines of the same days; what comes first in the list stands before the others.
#[derive(Debug)]
pub(crate) struct LineChart<'a> {
    pub(crate) locale: Locale,
    pub(crate) first: NaiveDate,
    pub(crate) axis: Axis,
    pub(crate) lines: &'a [Line<'a>],
    /// Dots on the first line.
    pub(crate) trades: &'a [TradeDot],
    /// What the chart says, for those who do not see it.
    pub(crate) summary: &'a str,
}

impl LineChart<'_> {
    /// The SVG, or nothing when fewer than two values of the first line are known.
    pub(crate) fn svg(&self) -> String {
        let Some(main) = self.lines.first() else { return String::new() };
        if main.values.iter().filter(|value| value.is_finite()).count() < 2 {
            return String::new();
        }
        let (low, high) = self.extent();
        let y = |value: f64| FLOOR - (value - low) / (high - low) * (FLOOR - CEILING);
        let mut svg = String::with_capacity(24_000);
        let _ = write!(
            svg,
            r#"<svg viewBox="0 0 760 300" role="img" aria-label="{}"><defs><linearGradient id="fade" x1="0" y1="0" x2="0" y2="1"><stop offset="0" class="fade-0"/><stop offset="1" class="fade-1"/></linearGradient></defs>"#,
            escaped(self.summary)
        );
        self.draw_amounts(&mut svg, ticks(low, high, TICKS), y);
        self.draw_days(&mut svg);
        let shaded = self.lines.iter().filter_map(|of| match of.shape {
            Shape::Area => Some((of, FLOOR)),
            Shape::FromNought => Some((of, y(0.0_f64.clamp(low, high)))),
            Shape::Line | Shape::Steps => None,
        });
        for (of, floor) in shaded {
            let _ = write!(svg, r#"<path class="area" d="{}"/>"#, area(&line(of.values, WIDTH, y), floor));
        }
        for of in self.lines.iter().rev() {
            let data = if of.shape == Shape::Steps { steps(of.values, y) } else { line(of.values, WIDTH, y) };
            let _ = write!(svg, r#"<path class="{}" d="{data}"/>"#, of.stroke);
        }
        self.draw_trades(&mut svg, main.values, y);
        svg.push_str("</svg>");
        svg
    }

    fn extent(&self) -> (f64, f64) {
        let all = self.lines.iter().flat_map(|of| of.values).copied();
        let (low, high) = all
            .filter(|value| value.is_finite())
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| (l.min(v), h.max(v)));
        let margin = (high - low) * 0.04;
        match self.axis {
            Axis::Percent => {
                let margin = margin.max(0.001);
                // Nought is in sight, and the upper edge where nothing lies above it.
                let floor = if low >= 0.0 { 0.0 } else { low - margin };
                (floor, if high <= 0.0 { 0.0 } else { high + margin })
            }
            Axis::Amount => {
                let margin = margin.max(high.abs() * 0.005).max(0.01);
                let floor = if low >= 0.0 { (low - margin).max(0.0) } else { low - margin };
                (floor, high + margin)
            }
        }
    }

    fn days(&self) -> usize {
        self.lines.iter().map(|of| of.values.len()).max().unwrap_or(0).saturating_sub(1)
    }

    fn x(&self, date: NaiveDate) -> f64 {
        (date - self.first).num_days() as f64 * WIDTH / self.days().max(1) as f64
    }

    fn draw_amounts(&self, svg: &mut String, ticks: Vec<f64>, y: impl Fn(f64) -> f64) {
        let step = ticks.windows(2).map(|pair| pair[1] - pair[0]).next().unwrap_or(1.0);
        for tick in ticks {
            let at = y(tick);
            let label = match self.axis {
                Axis::Amount => short_amount(self.locale, tick),
                Axis::Percent => short_percent(self.locale, tick, step),
            };
            let _ = write!(
                svg,
                r#"<line class="grid" x1="0" x2="{WIDTH}" y1="{at:.1}" y2="{at:.1}"/><text class="tick" x="758" y="{:.1}" text-anchor="end">{label}</text>"#,
                at - 4.0,
            );
        }
    }

    fn draw_days(&self, svg: &mut String) {
        let days = chrono::Days::new(self.days() as u64);
        for (day, label) in day_labels(self.locale, self.first, self.first + days) {
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

    fn draw_trades(&self, svg: &mut String, values: &[f64], y: impl Fn(f64) -> f64) {
        for trade in self.trades {
            let day = usize::try_from((trade.date - self.first).num_days()).ok();
            let Some(value) = day.and_then(|day| values.get(day)).filter(|value| value.is_finite()) else {
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
}

/// A line closed along a level; each run between gaps by itself.
fn area(line: &str, floor: f64) -> String {
    let mut area = String::with_capacity(line.len() + 32);
    for run in line.split('M').filter(|run| !run.is_empty()) {
        let first = run.split(['L', ' ']).next().unwrap_or("0");
        let last = run.rsplit('L').next().and_then(|point| point.split(' ').next()).unwrap_or(first);
        let _ = write!(area, "M{run}L{last} {floor:.1}L{first} {floor:.1}Z");
    }
    area
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

pub(super) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(axis: Axis, shape: Shape, values: &[f64], trades: &[TradeDot]) -> String {
        let lines = [Line { values, stroke: "s-value", shape }];
        LineChart {
            locale: Locale::english(),
            first: NaiveDate::from_ymd_opt(2026, 1, 5).expect("a date"),
            axis,
            lines: &lines,
            trades,
            summary: "Value <rises> & \"shines\"",
        }
        .svg()
    }

    fn chart(values: &[f64], trades: &[TradeDot]) -> String {
        drawn(Axis::Amount, Shape::Area, values, trades)
    }

    #[test]
    fn a_fall_hangs_from_nought() {
        let svg = drawn(Axis::Percent, Shape::FromNought, &[0.0, -0.1, -0.2, 0.0], &[]);
        let area = svg.split("class=\"area\" d=\"").nth(1).and_then(|rest| rest.split('"').next());
        assert!(area.expect("an area").ends_with("L760.0 10.0L0.0 10.0Z"), "{svg}");
        assert!(svg.contains("\u{2212}20%"), "{svg}");
    }

    #[test]
    fn nothing_is_drawn_from_nothing() {
        assert!(chart(&[], &[]).is_empty());
        assert!(chart(&[f64::NAN, 5.0], &[]).is_empty());
    }

    #[test]
    fn words_cannot_become_markup() {
        let svg = chart(&[1.0, 2.0], &[]);
        assert!(svg.contains("Value &lt;rises&gt; &amp; &quot;shines&quot;"));
    }

    #[test]
    fn each_side_of_a_gap_has_its_own_area() {
        let svg = chart(&[1.0, 2.0, f64::NAN, 3.0, 2.0], &[]);
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
        let svg = chart(&[1.0, 2.0, 3.0], &[trade(4), trade(6), trade(8)]);
        assert_eq!(svg.matches("<circle").count(), 1);
    }
}
