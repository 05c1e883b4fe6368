//! The dashboard as its template takes it.

mod comparison;
mod headline;
mod recent;

use bellwether_portfolio::{Reason, Report};
use bellwether_texts::{Locale, Sentence, direction};
use bellwether_tracker::{Against, Dashboard, Figures, View, fault};
use rust_decimal::Decimal;
use rust_decimal::prelude::FromPrimitive;
use serde::Serialize;

use super::cells::{self, Cells};
use super::chart::{ChartColumns, trade_dots};
use super::figure::{Cell, Fact, headline};
use super::holdings_table::{self, HoldingColumns, HoldingRow, TotalRow};
use super::page::Page;
use super::ranges::{RangeBar, derivations, query};
use crate::charts::{Axis, Line, LineChart, Shape};
use comparison::{ComparisonColumns, ComparisonRow, comparison};
use headline::{BigValue, Change};
use recent::{RecentEntry, recent};

/// The whole page.
#[derive(Debug, Serialize)]
pub(crate) struct DashboardPage {
    page: Page,
    live: LiveMark,
    #[serde(flatten)]
    content: DashboardContent,
}

impl DashboardPage {
    /// The page of a dashboard seen through `view`.
    pub(crate) fn new(locale: Locale, page: Page, dashboard: &Dashboard, view: &View) -> Self {
        let content = DashboardContent::new(locale, dashboard, view);
        let live = LiveMark {
            events: format!("/api/v1/events{}&portfolio={}", query(view, view.range), dashboard.portfolio.id),
            shown: Cells::of(&content).version(),
        };
        Self { page, live, content }
    }
}

/// How the page goes on from what it shows.
#[derive(Debug, Serialize)]
struct LiveMark {
    /// Where its changes are told.
    events: String,
    /// The version of its cells.
    shown: String,
}

/// What a dashboard says, without the frame that all pages have.
#[derive(Debug, Serialize)]
pub(crate) struct DashboardContent {
    freshness: FreshnessPill,
    warnings: Vec<String>,
    /// Empty for the present.
    past_day: String,
    as_of: String,
    cost_method: String,
    import_address: String,
    holdings_address: String,
    /// Of what stands below the holdings, and of the pages that say more about it.
    overview_address: String,
    performance_address: String,
    allocation_address: String,
    /// What stands before and behind a figure's name in the address of its derivation.
    derivations: (String, String),
    value: BigValue,
    changes: Vec<Change>,
    facts: Vec<Fact>,
    ranges: RangeBar,
    chart: Chart,
    tiles: Vec<Fact>,
    holdings: Vec<HoldingRow>,
    total: Option<TotalRow>,
    benchmark_names: Vec<String>,
    benchmark_symbols: Vec<String>,
    holding_columns: Option<HoldingColumns>,
    comparison: Vec<ComparisonRow>,
    comparison_columns: Option<ComparisonColumns>,
    recent: Vec<RecentEntry>,
}

#[derive(Debug, Serialize)]
struct FreshnessPill {
    #[serde(flatten)]
    pill: Cell,
    refreshing: bool,
}

#[derive(Debug, Serialize)]
struct Chart {
    svg: String,
    columns: String,
    currency: String,
    benchmark: Option<String>,
    summary: String,
}

impl DashboardContent {
    /// What a dashboard seen through `view` says.
    pub(crate) fn new(locale: Locale, dashboard: &Dashboard, view: &View) -> Self {
        let id = dashboard.portfolio.id;
        let within = |page: &str| format!("/portfolio/{id}/{page}{}", query(view, view.range));
        let refreshing = dashboard.prices.refreshing && dashboard.prices.is_awaited;
        let mut made = Self {
            freshness: FreshnessPill {
                pill: Cell {
                    name: cells::FRESHNESS.to_owned(),
                    direction: dashboard.prices.worst.as_str(),
                    shown: locale.say(&dashboard.prices.sentence),
                    title: if refreshing { locale.text("prices.all.being_fetched") } else { String::new() },
                    more: dashboard
                        .prices
                        .stale_words
                        .as_ref()
                        .map(|words| locale.say(words))
                        .unwrap_or_default(),
                    ..Cell::default()
                },
                refreshing,
            },
            warnings: dashboard.warnings.iter().map(|warning| locale.say(warning)).collect(),
            past_day: if dashboard.is_past { locale.day(dashboard.as_of) } else { String::new() },
            as_of: locale.day(dashboard.as_of),
            cost_method: locale.text(match dashboard.portfolio.cost_method {
                bellwether_domain::CostMethod::Fifo => "method.fifo",
                bellwether_domain::CostMethod::Lifo => "method.lifo",
                bellwether_domain::CostMethod::HighestCost => "method.highest_cost",
                bellwether_domain::CostMethod::Average => "method.average",
            }),
            import_address: format!("/portfolio/{id}/import"),
            holdings_address: format!("/portfolio/{id}/holdings"),
            overview_address: within("overview"),
            performance_address: within("performance"),
            allocation_address: within("allocation"),
            derivations: derivations(id, view),
            value: BigValue::unknown(String::new()),
            changes: Vec::new(),
            facts: Vec::new(),
            ranges: RangeBar::new(
                locale,
                format!("/dashboard/{id}"),
                view,
                dashboard.today,
                dashboard.transactions.iter().map(|booked| booked.date).min(),
            ),
            chart: Chart {
                svg: String::new(),
                columns: format!("/api/dashboard-chart-data/{id}{}", query(view, view.range)),
                currency: dashboard.portfolio.base_currency.to_string(),
                benchmark: None,
                summary: locale.text("dashboard.nothing_to_draw"),
            },
            tiles: Vec::new(),
            holdings: Vec::new(),
            total: None,
            benchmark_names: Vec::new(),
            benchmark_symbols: Vec::new(),
            holding_columns: None,
            comparison: Vec::new(),
            comparison_columns: None,
            recent: recent(locale, &dashboard.transactions),
        };
        match &dashboard.figures {
            Ok(figures) => made.fill(locale, dashboard, figures),
            Err(error) => made.value = BigValue::unknown(locale.say(&fault(error))),
        }
        made
    }

    fn fill(&mut self, locale: Locale, dashboard: &Dashboard, figures: &Figures) {
        let report = &figures.report;
        let base = report.base;
        self.value = BigValue::of(locale, report);
        self.changes = vec![
            Change::of_day(locale, report, dashboard.is_past),
            Change::of_range(locale, &figures.range, base),
        ];
        self.facts = facts(locale, figures);
        self.tiles = tiles(locale, figures);
        self.holdings = holdings_table::rows(locale, dashboard, figures);
        let total = holdings_table::total(locale, figures);
        self.benchmark_symbols =
            figures.benchmarks.iter().map(|against| against.symbol.to_string()).collect();
        self.benchmark_names = figures.benchmarks.iter().map(|against| against.title().to_owned()).collect();
        self.holding_columns =
            Some(HoldingColumns::of(locale, &self.holdings, &total, &self.benchmark_names));
        self.total = Some(total);
        self.comparison = comparison(locale, figures);
        self.comparison_columns = Some(ComparisonColumns::of(locale, &self.comparison));

        let columns = ChartColumns::of(figures);
        let benchmark = figures.benchmarks.first().filter(|against| against.portfolio.is_ok());
        let name = benchmark.map(|against| against.title().to_owned());
        let summary = columns.summary(locale, base, name.as_deref());
        let empty = Vec::new();
        let beside = columns.benchmarks.first().unwrap_or(&empty);
        let svg = LineChart {
            locale,
            first: columns.first,
            axis: Axis::Amount,
            lines: &[
                Line { values: &columns.value, stroke: "s-value", shape: Shape::Area },
                Line { values: beside, stroke: "s-bench", shape: Shape::Line },
                Line { values: &columns.contributed, stroke: "s-paid", shape: Shape::Steps },
            ],
            trades: &trade_dots(locale, &dashboard.transactions),
            summary: &summary,
        }
        .svg();
        self.chart.svg = svg;
        self.chart.benchmark = name;
        self.chart.summary =
            if dashboard.transactions.is_empty() { locale.text("dashboard.chart_begins") } else { summary };
    }
}

fn facts(locale: Locale, figures: &Figures) -> Vec<Fact> {
    let (report, returns) = (&figures.report, &figures.report.returns);
    let rate = returns.xirr.as_ref().map_err(Clone::clone);
    let (name, explained) = (locale.text("fact.xirr"), locale.text("fact.xirr_explained"));
    let xirr = match rate {
        Ok(rate) => {
            let (shown, words) = headline(rate);
            let fact = Fact::rate(locale, "fact:xirr", name, explained, &Ok(shown));
            let mut fact = fact.with_more(locale.say(&words));
            fact.figure.title = shown.to_string();
            fact
        }
        Err(reason) => Fact::unknown(locale, "fact:xirr", name, explained, &reason),
    };
    let linked = returns.time_weighted.as_ref();
    let (name, explained) = (locale.text("fact.twr"), locale.text("fact.twr_explained"));
    let twr = match linked {
        Ok(linked) => {
            let (rate, words) = match &linked.annualised {
                Ok(annual) => (*annual, "fact.a_year"),
                Err(_) => (linked.total, "fact.twr_since_start"),
            };
            Fact::rate(locale, "fact:twr", name, explained, &Ok(rate)).with_more(locale.text(words))
        }
        Err(reason) => Fact::unknown(locale, "fact:twr", name, explained, reason),
    };
    let is_annual = linked.as_ref().is_ok_and(|linked| linked.annualised.is_ok());
    let linked_name =
        if is_annual { "portfolio:annualised-time-weighted" } else { "portfolio:time-weighted" };
    let mut facts = vec![xirr.derived_as("portfolio:xirr"), twr.derived_as(linked_name)];
    if let Some(against) = figures.benchmarks.first() {
        let name = format!("benchmark:(figure:ahead-by,symbol:'{}')", against.symbol);
        facts.push(ahead(locale, against, report).derived_as(name));
    }
    facts
}

fn ahead(locale: Locale, against: &Against, report: &Report) -> Fact {
    let key = "fact:ahead";
    let named = |key| locale.say(&Sentence::new(key).with("benchmark", against.title()));
    let explained = locale.text("fact.ahead_explained");
    let comparison = match &against.portfolio {
        Ok(comparison) => comparison,
        Err(reason) => return Fact::unknown(locale, key, named("fact.against"), explained, reason),
    };
    let name = named(if comparison.ahead_by < 0.0 { "fact.behind" } else { "fact.ahead" });
    let amount = Decimal::from_f64(comparison.ahead_by).ok_or(Reason::OutOfRange);
    let fact = Fact::money(locale, key, name, explained, &amount, report.base, true);
    match (&comparison.own_xirr, &comparison.xirr) {
        (Ok(own), Ok(other)) if own.is_annual() && other.is_annual() => {
            let points = locale.points_change(own.annual - other.annual);
            fact.with_more(locale.say(&Sentence::new("fact.points_a_year").with("points", points)))
        }
        _ => fact,
    }
}

fn tiles(locale: Locale, figures: &Figures) -> Vec<Fact> {
    let (totals, base) = (&figures.report.totals, figures.report.base);
    let drawdown = figures.report.returns.max_drawdown.as_ref().map_err(Clone::clone);
    let (name, explained) = (locale.text("tile.drawdown"), locale.text("tile.drawdown_explained"));
    let drawdown = match drawdown {
        Ok(fall) => {
            let mut fact = Fact::rate(locale, "tile:drawdown", name, explained, &Ok(fall.depth));
            fact.figure.direction = direction(fall.depth);
            let between = Sentence::new("tile.from_to").with("from", fall.peak).with("to", fall.trough);
            fact.with_more(locale.say(&between))
        }
        Err(reason) => Fact::unknown(locale, "tile:drawdown", name, explained, &reason),
    };
    vec![
        Fact::money(
            locale,
            "tile:income",
            locale.text("tile.income"),
            locale.text("tile.income_explained"),
            &totals.income_12_months,
            base,
            false,
        )
        .derived_as("portfolio:income12-months"),
        Fact::money(
            locale,
            "tile:cash",
            locale.text("tile.cash"),
            locale.text("tile.cash_explained"),
            &totals.cash,
            base,
            false,
        )
        .derived_as("portfolio:cash"),
        Fact::money(
            locale,
            "tile:realised",
            locale.text("tile.realised"),
            locale.text("tile.realised_explained"),
            &totals.realised_this_year,
            base,
            true,
        )
        .derived_as("portfolio:realised-this-year"),
        drawdown.derived_as("portfolio:max-drawdown"),
    ]
}
