//! How a portfolio did in a range: returns side by side, risk, falls, months and what made the gain.

mod charts;
mod explained;

use actix_web::{HttpRequest, web};
use bellwether_domain::PortfolioId;
use bellwether_portfolio::ContributionSource;
use bellwether_texts::{Locale, Sentence};
use bellwether_tracker::views::{
    CalendarReturnShown, ContributionShown, DrawdownShown, FigureShown, PerformanceShown, RollingShown,
    Viewed, YearShown,
};
use bellwether_tracker::{Tracker, View};
use chrono::NaiveDate;
use serde::Serialize;

use super::frame::{Asked, What, for_the_day};
use crate::web::State;
use crate::web::caller::Caller;
use crate::web::filled::Filled;
use crate::web::pages::{Answer, ViewQuery};
use crate::web::view::page::Place;
use crate::web::view::ranges::segment;
use crate::web::view::reader::{Reader, Told};
use charts::Charts;

/// A month's return of so much has the deepest colour: a fixed scale, so that today can be compared with yesterday.
const DEEPEST_MONTH: f64 = 0.10;
/// The same for a year's.
const DEEPEST_YEAR: f64 = 0.30;
/// Shades on each side of nought.
const SHADES: f64 = 5.0;
/// So many falls are listed.
const FALLS: usize = 10;

pub(super) async fn page(
    state: web::Data<State>,
    caller: Caller,
    request: HttpRequest,
    id: web::Path<PortfolioId>,
    Filled(query): Filled<ViewQuery>,
) -> Answer {
    let what = What::new("performance.html", Place::Performance, "performance");
    let id = *id;
    let ask = move |tracker: Tracker, view: View| async move {
        Ok(for_the_day(tracker.performance_shown(id, &view).await?))
    };
    let tell = |viewed: Viewed<PerformanceShown>, reader: &Reader| PerformancePage::new(&viewed, reader);
    let asked = Asked { state, request, caller, id, query, beside: Vec::new() };
    asked.answer(what, ask, tell).await
}

#[derive(Serialize)]
struct PerformancePage {
    gain: Told,
    opening: Told,
    closing: Told,
    net_flows: Told,
    returns: Vec<Named>,
    explanation: String,
    charts: Charts,
    benchmarks: Vec<Named>,
    risk: Vec<Named>,
    risk_beside: String,
    falls: Vec<Fall>,
    month_names: Vec<String>,
    years: Vec<HeatRow>,
    months: Vec<Named>,
    rolling: Vec<Rolling>,
    contributions: Vec<Contribution>,
}

/// A figure under its name, with a line that explains it.
#[derive(Serialize)]
struct Named {
    name: String,
    explained: String,
    figure: Told,
}

#[derive(Serialize)]
struct Fall {
    depth: Told,
    peak: String,
    trough: String,
    recovered: String,
    days_down: String,
    days_recovering: String,
}

/// A year of monthly returns.
#[derive(Serialize)]
pub(super) struct HeatRow {
    year: i32,
    months: Vec<Option<Month>>,
    total: Month,
}

#[derive(Serialize)]
struct Month {
    figure: Told,
    /// The return in per cent without its unit, for a cell of a narrow table.
    points: String,
    /// The colour of its cell: `h-5` to `h5`.
    shade: String,
    partial: bool,
}

#[derive(Serialize)]
struct Rolling {
    length: String,
    best: Told,
    worst: Told,
    average: Told,
}

/// What made a part of the gain.
#[derive(Serialize)]
pub(super) struct Contribution {
    name: String,
    /// Empty for what is no holding.
    address: String,
    gain: Told,
    time_weighted: Told,
    /// The bar's beginning and length, of 100.
    from: f64,
    length: f64,
}

impl PerformancePage {
    fn new(viewed: &Viewed<PerformanceShown>, reader: &Reader) -> Self {
        let (shown, locale) = (&viewed.shown, reader.locale);
        let named = |key, explained, figure: Told| Named {
            name: locale.text(key),
            explained: locale.text(explained),
            figure,
        };
        let rate = |key, explained, figure: &FigureShown| named(key, explained, reader.change(figure));
        let plain = |key, explained, figure: &FigureShown| named(key, explained, reader.figure(figure));
        let (returns, risk) = (&shown.returns, &shown.risk);
        let money_weighted = if returns.money_weighted_is_annual {
            "performance.money_weighted_a_year"
        } else {
            "performance.money_weighted"
        };
        Self {
            gain: reader.change_alone(&shown.gain),
            opening: reader.alone(&shown.opening),
            closing: reader.alone(&shown.closing),
            net_flows: reader.alone(&shown.net_flows),
            returns: vec![
                rate(
                    "performance.time_weighted",
                    "performance.time_weighted_explained",
                    &returns.time_weighted,
                ),
                rate(
                    "performance.time_weighted_a_year",
                    "performance.time_weighted_explained",
                    &returns.annualised_time_weighted,
                ),
                rate(money_weighted, "performance.money_weighted_explained", &returns.money_weighted),
                rate("performance.dietz", "performance.dietz_explained", &returns.modified_dietz),
                rate("performance.simple", "performance.simple_explained", &returns.simple),
            ],
            explanation: returns
                .explanation
                .as_ref()
                .map(|why| explained::explained(locale, why))
                .unwrap_or_default(),
            charts: Charts::new(viewed, reader),
            benchmarks: shown
                .benchmarks
                .iter()
                .map(|of| Named {
                    name: of.benchmark_name.clone().unwrap_or_else(|| of.benchmark.to_string()),
                    explained: locale.text("performance.benchmark_explained"),
                    figure: reader.change(&of.total_return),
                })
                .collect(),
            risk: vec![
                plain("performance.volatility", "performance.volatility_explained", &risk.volatility),
                plain("performance.sharpe", "performance.sharpe_explained", &risk.sharpe_ratio),
                plain("performance.sortino", "performance.sortino_explained", &risk.sortino_ratio),
                rate("performance.max_drawdown", "performance.max_drawdown_explained", &risk.max_drawdown),
                plain("performance.calmar", "performance.calmar_explained", &risk.calmar_ratio),
                plain("performance.beta", "performance.beta_explained", &risk.beta),
                rate("performance.alpha", "performance.alpha_explained", &risk.alpha),
                plain("performance.correlation", "performance.correlation_explained", &risk.correlation),
                plain("performance.tracking", "performance.tracking_explained", &risk.tracking_error),
                plain("performance.ulcer", "performance.ulcer_explained", &risk.ulcer_index),
            ],
            risk_beside: risk
                .benchmark_name
                .clone()
                .or(risk.benchmark.as_ref().map(ToString::to_string))
                .unwrap_or_default(),
            falls: shown.drawdowns.iter().take(FALLS).map(|fall| Fall::new(fall, reader)).collect(),
            month_names: month_names(locale),
            years: shown.years.iter().rev().map(|year| HeatRow::new(year, reader)).collect(),
            months: shown.months.as_ref().map_or_else(Vec::new, |months| {
                vec![
                    rate("performance.best_month", "performance.whole_months", &months.best),
                    rate("performance.worst_month", "performance.whole_months", &months.worst),
                    rate("performance.average_month", "performance.whole_months", &months.average),
                ]
            }),
            rolling: shown.rolling.iter().map(|of| Rolling::new(of, reader)).collect(),
            contributions: contributions(&shown.contributions, reader),
        }
    }
}

/// January to December.
pub(super) fn month_names(locale: Locale) -> Vec<String> {
    let days = (1..=12).filter_map(|month| NaiveDate::from_ymd_opt(2024, month, 1));
    days.map(|day| locale.month(day)).collect()
}

impl Fall {
    fn new(fall: &DrawdownShown, reader: &Reader) -> Self {
        let locale = reader.locale;
        let days = |count: i64| locale.say(&Sentence::new("performance.days").with("count", count));
        Self {
            depth: reader.change(&fall.depth),
            peak: locale.day(fall.peak),
            trough: locale.day(fall.trough),
            recovered: fall.recovered.map(|day| locale.day(day)).unwrap_or_default(),
            days_down: days(fall.days_down),
            days_recovering: fall.days_recovering.map(days).unwrap_or_default(),
        }
    }
}

impl HeatRow {
    pub(super) fn new(year: &YearShown, reader: &Reader) -> Self {
        let month = |of: &CalendarReturnShown| Month::new(of, DEEPEST_MONTH, reader);
        Self {
            year: year.year,
            months: year.months.iter().map(|of| of.as_ref().map(month)).collect(),
            total: Month::new(&year.total, DEEPEST_YEAR, reader),
        }
    }
}

impl Month {
    fn new(of: &CalendarReturnShown, deepest: f64, reader: &Reader) -> Self {
        let mut figure = reader.change(&of.rate);
        if let Some(rate) = of.rate.number() {
            // In a narrow cell one decimal says enough; the rest is in the title.
            figure.shown = reader.locale.percent_change_with(rate, 1);
        }
        let shade = of.rate.number().map(|rate| (rate / deepest * SHADES).round().clamp(-SHADES, SHADES));
        let points = of.rate.number().map(|rate| reader.locale.points_change_with(rate, 1));
        Self {
            points: points.unwrap_or_else(|| figure.shown.clone()),
            figure,
            shade: shade.map(|shade| format!("h{shade:.0}")).unwrap_or_default(),
            partial: of.partial,
        }
    }
}

impl Rolling {
    fn new(of: &RollingShown, reader: &Reader) -> Self {
        let key = if of.annualised { "performance.rolling_a_year" } else { "performance.rolling" };
        Self {
            length: reader.locale.say(&Sentence::new(key).with("count", of.months)),
            best: reader.change(&of.best),
            worst: reader.change(&of.worst),
            average: reader.change(&of.average),
        }
    }
}

/// What made the gain, the largest gain first, with bars on one scale.
pub(super) fn contributions(shown: &[ContributionShown], reader: &Reader) -> Vec<Contribution> {
    let gain = |of: &ContributionShown| of.gain.number().unwrap_or(0.0);
    let (low, high) = shown.iter().map(gain).fold((0.0_f64, 0.0_f64), |(l, h), g| (l.min(g), h.max(g)));
    let span = if high > low { high - low } else { 1.0 };
    let place = |value: f64| ((value - low) / span * 1000.0).round() / 10.0;
    let mut sorted: Vec<&ContributionShown> = shown.iter().collect();
    sorted.sort_by(|one, other| gain(other).total_cmp(&gain(one)));
    let told = sorted.into_iter().map(|of| {
        let (from, to) = (place(gain(of).min(0.0)), place(gain(of).max(0.0)));
        let (name, address) = match &of.source {
            ContributionSource::Holding(symbol) => {
                (symbol.to_string(), reader.within(&format!("holdings/{}", segment(symbol.as_str()))))
            }
            other => (source_words(other, reader), String::new()),
        };
        Contribution {
            name,
            address,
            gain: reader.change(&of.gain),
            time_weighted: reader.change(&of.time_weighted),
            from,
            length: to - from,
        }
    });
    told.collect()
}

fn source_words(source: &ContributionSource, reader: &Reader) -> String {
    let locale = reader.locale;
    match source {
        ContributionSource::Holding(symbol) => symbol.to_string(),
        ContributionSource::Interest => locale.text("contribution.interest"),
        ContributionSource::Charges => locale.text("contribution.charges"),
        ContributionSource::CashCurrency(currency) => {
            locale.say(&Sentence::new("contribution.cash_currency").with("currency", currency.as_str()))
        }
    }
}
