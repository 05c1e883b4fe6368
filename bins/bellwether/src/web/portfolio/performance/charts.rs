//! The return beside the benchmarks', and how far below its high the portfolio was, by day.

use bellwether_texts::{Sentence, Value};
use bellwether_tracker::views::{PerformanceShown, SeriesShown, Viewed};
use serde::Serialize;

use crate::charts::{Axis, Line, LineChart, Shape};
use crate::web::view::reader::Reader;

/// The drawings, each with its words; empty without two days.
#[derive(Serialize)]
pub(super) struct Charts {
    growth: Drawing,
    drawdown: Drawing,
    rolling: Drawing,
}

#[derive(Default, Serialize)]
struct Drawing {
    svg: String,
    summary: String,
    /// What the other line shows; empty where there is none.
    beside: String,
}

impl Charts {
    pub(super) fn new(viewed: &Viewed<PerformanceShown>, reader: &Reader) -> Self {
        let series = &viewed.shown.series;
        Self {
            growth: growth(series, reader),
            drawdown: drawdown(series, reader),
            rolling: rolling(&viewed.shown, reader),
        }
    }
}

/// Growth since the beginning of the range, in percent.
fn growth(series: &SeriesShown, reader: &Reader) -> Drawing {
    let Some(first) = series.growth_first_day else { return Drawing::default() };
    let own: Vec<f64> = series.growth.iter().map(|growth| growth - 1.0).collect();
    let Some(last) = own.iter().rev().find(|rate| rate.is_finite()) else { return Drawing::default() };
    let summary =
        Sentence::new("performance.growth_summary").with("day", first).with("rate", Value::Percent(*last, 2));
    let summary = reader.locale.say(&summary);
    let first_benchmark = series.benchmarks.iter().find(|beside| !beside.growth.is_empty());
    let other: Vec<f64> =
        first_benchmark.map_or_else(Vec::new, |of| of.growth.iter().map(|growth| growth - 1.0).collect());
    let own = Line { values: &own, stroke: "s-value", shape: Shape::FromNought };
    let other = Line { values: &other, stroke: "s-bench", shape: Shape::Line };
    let lines = [own, other];
    let drawn = drawn(reader, first, &lines[..if first_benchmark.is_some() { 2 } else { 1 }], summary);
    let beside = first_benchmark
        .map(|of| of.benchmark_name.clone().unwrap_or_else(|| of.benchmark.to_string()))
        .unwrap_or_default();
    Drawing { beside, ..drawn }
}

fn drawdown(series: &SeriesShown, reader: &Reader) -> Drawing {
    let Some(first) = series.growth_first_day else { return Drawing::default() };
    let deepest = series.drawdown.iter().copied().filter(|depth| depth.is_finite()).fold(0.0, f64::min);
    let summary = Sentence::new("performance.drawdown_summary").with("rate", Value::Percent(deepest, 2));
    let summary = reader.locale.say(&summary);
    let lines = [Line { values: &series.drawdown, stroke: "s-fall", shape: Shape::FromNought }];
    drawn(reader, first, &lines, summary)
}

/// The longest stretches of which there are several, so that one sees how they changed.
fn rolling(shown: &PerformanceShown, reader: &Reader) -> Drawing {
    let longest = shown.rolling.iter().rev().find(|of| of.rates.len() > 60);
    let Some(of) = longest else { return Drawing::default() };
    let summary = Sentence::new("performance.rolling_summary").with("count", of.months);
    let summary = reader.locale.say(&summary);
    let lines = [Line { values: &of.rates, stroke: "s-value", shape: Shape::Line }];
    drawn(reader, of.first_day, &lines, summary)
}

fn drawn(reader: &Reader, first: chrono::NaiveDate, lines: &[Line<'_>], summary: String) -> Drawing {
    let svg = LineChart {
        locale: reader.locale,
        first,
        axis: Axis::Percent,
        lines,
        trades: &[],
        summary: &summary,
    }
    .svg();
    Drawing { svg, summary, beside: String::new() }
}
