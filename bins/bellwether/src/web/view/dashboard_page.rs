//! The dashboard as its template takes it.

mod comparison;
mod headline;
mod recent;

use std::fmt::Write as _;

use bellwether_portfolio::{Reason, Report};
use bellwether_tracker::{Against, Dashboard, Figures, Range, View};
use chrono::NaiveDate;
use rust_decimal::Decimal;
use rust_decimal::prelude::FromPrimitive;
use serde::Serialize;

use super::cells::{self, Cells};
use super::chart::{ChartColumns, trade_dots};
use super::figure::{Cell, Fact, headline};
use super::holdings_table::{self, HoldingColumns, HoldingRow, TotalRow};
use super::page::Page;
use crate::charts::ValueChart;
use crate::number;
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
    pub(crate) fn new(page: Page, dashboard: &Dashboard, view: &View) -> Self {
        let content = DashboardContent::new(dashboard, view);
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
    as_of_words: String,
    as_of_long: String,
    cost_method: &'static str,
    import_address: String,
    value: BigValue,
    changes: Vec<Change>,
    facts: Vec<Fact>,
    ranges: Vec<RangeLink>,
    chart: Chart,
    tiles: Vec<Fact>,
    holdings: Vec<HoldingRow>,
    total: Option<TotalRow>,
    benchmark_names: Vec<String>,
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
struct RangeLink {
    name: &'static str,
    address: String,
    here: bool,
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
    pub(crate) fn new(dashboard: &Dashboard, view: &View) -> Self {
        let id = dashboard.portfolio.id;
        let refreshing = dashboard.prices.refreshing && dashboard.prices.is_awaited;
        let mut made = Self {
            freshness: FreshnessPill {
                pill: Cell {
                    name: cells::FRESHNESS.to_owned(),
                    direction: dashboard.prices.worst.as_str(),
                    shown: dashboard.prices.sentence.clone(),
                    title: if refreshing {
                        "Newer prices are being fetched.".to_owned()
                    } else {
                        String::new()
                    },
                    more: dashboard.prices.stale_words.clone().unwrap_or_default(),
                    ..Cell::default()
                },
                refreshing,
            },
            warnings: dashboard.warnings.clone(),
            as_of_words: if dashboard.is_past {
                format!(" on {}", long(dashboard.as_of))
            } else {
                String::new()
            },
            as_of_long: long(dashboard.as_of),
            cost_method: match dashboard.portfolio.cost_method {
                bellwether_domain::CostMethod::Fifo => "first in, first out",
                bellwether_domain::CostMethod::Lifo => "last in, first out",
                bellwether_domain::CostMethod::HighestCost => "highest cost first",
                bellwether_domain::CostMethod::Average => "moving average",
            },
            import_address: format!("/portfolio/{id}/import"),
            value: BigValue::unknown(String::new()),
            changes: Vec::new(),
            facts: Vec::new(),
            ranges: ranges(&format!("/dashboard/{id}"), view),
            chart: Chart {
                svg: String::new(),
                columns: format!("/api/dashboard-chart-data/{id}{}", query(view, view.range)),
                currency: dashboard.portfolio.base_currency.to_string(),
                benchmark: None,
                summary: "There is nothing to draw yet.".to_owned(),
            },
            tiles: Vec::new(),
            holdings: Vec::new(),
            total: None,
            benchmark_names: Vec::new(),
            holding_columns: None,
            comparison: Vec::new(),
            comparison_columns: None,
            recent: recent(&dashboard.transactions),
        };
        match &dashboard.figures {
            Ok(figures) => made.fill(dashboard, figures),
            Err(error) => made.value = BigValue::unknown(error.to_string()),
        }
        made
    }

    fn fill(&mut self, dashboard: &Dashboard, figures: &Figures) {
        let report = &figures.report;
        let base = report.base;
        self.value = BigValue::of(report);
        self.changes =
            vec![Change::of_day(report, dashboard.is_past), Change::of_range(&figures.range, base)];
        self.facts = facts(figures);
        self.tiles = tiles(figures);
        self.holdings = holdings_table::rows(dashboard, figures);
        let total = holdings_table::total(figures);
        self.benchmark_names = figures.benchmarks.iter().map(|against| against.symbol.to_string()).collect();
        self.holding_columns = Some(HoldingColumns::of(&self.holdings, &total, &self.benchmark_names));
        self.total = Some(total);
        self.comparison = comparison(figures);
        self.comparison_columns = Some(ComparisonColumns::of(&self.comparison));

        let columns = ChartColumns::of(figures);
        let benchmark = figures.benchmarks.first().filter(|against| against.portfolio.is_ok());
        let name = benchmark.map(|against| against.symbol.to_string());
        let summary = columns.summary(base, name.as_deref());
        let empty = Vec::new();
        let svg = ValueChart {
            first: columns.first,
            value: &columns.value,
            contributed: &columns.contributed,
            benchmark: columns.benchmarks.first().unwrap_or(&empty),
            trades: &trade_dots(&dashboard.transactions),
            summary: &summary,
        }
        .svg();
        self.chart.svg = svg;
        self.chart.benchmark = name;
        self.chart.summary = if dashboard.transactions.is_empty() {
            "The chart begins with the first transaction.".to_owned()
        } else {
            summary
        };
    }
}

fn long(day: NaiveDate) -> String {
    day.format("%-d %b %Y").to_string()
}

/// The query that keeps a view in an address.
fn query(view: &View, range: Range) -> String {
    let mut query = format!("?range={range}");
    if let Some(day) = view.as_of {
        // Writing to a String cannot fail, here and below.
        let _ = write!(query, "&as_of={day}");
    }
    for benchmark in &view.benchmarks {
        // Symbols have `^`, `=` and `&` at most beside letters, digits, dot and dash.
        let name = benchmark.as_str().replace('^', "%5E").replace('=', "%3D").replace('&', "%26");
        let _ = write!(query, "&benchmark={name}");
    }
    query
}

fn ranges(address: &str, view: &View) -> Vec<RangeLink> {
    let link = |range: Range| RangeLink {
        name: range.as_str(),
        address: format!("{address}{}", query(view, range)),
        here: range == view.range,
    };
    Range::ALL.into_iter().map(link).collect()
}

fn facts(figures: &Figures) -> Vec<Fact> {
    let (report, returns) = (&figures.report, &figures.report.returns);
    let rate = returns.xirr.as_ref().map_err(Clone::clone);
    let xirr_explained =
        "Money-weighted return: the yearly rate at which your deposits and withdrawals give today's value";
    let xirr = match rate {
        Ok(rate) => {
            let (shown, words) = headline(rate);
            let mut fact = Fact::rate("fact:xirr", "XIRR", xirr_explained, &Ok(shown)).with_more(words);
            fact.figure.title = shown.to_string();
            fact
        }
        Err(reason) => Fact::unknown("fact:xirr", "XIRR", xirr_explained, &reason),
    };
    let twr_explained =
        "Time-weighted return: what one dollar that was there all the time became, whatever was paid in";
    let linked = returns.time_weighted.as_ref().map_err(Clone::clone);
    let twr = match linked {
        Ok(linked) => match &linked.annualised {
            Ok(annual) => {
                Fact::rate("fact:twr", "Time-weighted", twr_explained, &Ok(*annual)).with_more("a year")
            }
            Err(_) => Fact::rate("fact:twr", "Time-weighted", twr_explained, &Ok(linked.total))
                .with_more("since the start"),
        },
        Err(reason) => Fact::unknown("fact:twr", "Time-weighted", twr_explained, &reason),
    };
    let mut facts = vec![xirr, twr];
    if let Some(against) = figures.benchmarks.first() {
        facts.push(ahead(against, report));
    }
    facts
}

const AHEAD_EXPLAINED: &str = "Your value less what the same deposits, on the same days, would be worth in the benchmark with dividends reinvested";

fn ahead(against: &Against, report: &Report) -> Fact {
    let key = "fact:ahead";
    let comparison = match &against.portfolio {
        Ok(comparison) => comparison,
        Err(reason) => {
            return Fact::unknown(key, format!("Against {}", against.symbol), AHEAD_EXPLAINED, reason);
        }
    };
    let side = if comparison.ahead_by < 0.0 { "Behind" } else { "Ahead of" };
    let amount = Decimal::from_f64(comparison.ahead_by).ok_or(Reason::OutOfRange);
    let fact =
        Fact::money(key, format!("{side} {}", against.symbol), AHEAD_EXPLAINED, &amount, report.base, true);
    match (&comparison.own_xirr, &comparison.xirr) {
        (Ok(own), Ok(other)) if own.is_annual() && other.is_annual() => {
            let points = number::percent_change(own.annual - other.annual).replace('%', "");
            fact.with_more(format!("{points} points a year"))
        }
        _ => fact,
    }
}

fn tiles(figures: &Figures) -> Vec<Fact> {
    let (totals, base) = (&figures.report.totals, figures.report.base);
    let drawdown = figures.report.returns.max_drawdown.as_ref().map_err(Clone::clone);
    let drawdown_explained = "The deepest fall of the time-weighted index from an earlier high";
    let drawdown = match drawdown {
        Ok(fall) => {
            let mut fact =
                Fact::rate("tile:drawdown", "Maximum drawdown", drawdown_explained, &Ok(fall.depth));
            fact.figure.direction = number::direction(fall.depth);
            fact.with_more(format!("{} – {}", long(fall.peak), long(fall.trough)))
        }
        Err(reason) => Fact::unknown("tile:drawdown", "Maximum drawdown", drawdown_explained, &reason),
    };
    vec![
        Fact::money(
            "tile:income",
            "Income, 12 months",
            "Dividends and interest after tax, recorded or inferred from what was held",
            &totals.income_12_months,
            base,
            false,
        ),
        Fact::money(
            "tile:cash",
            "Cash",
            "What sales, dividends and deposits left uninvested",
            &totals.cash,
            base,
            false,
        ),
        Fact::money(
            "tile:realised",
            "Realised this year",
            "Gains of this year's sales, fees included",
            &totals.realised_this_year,
            base,
            true,
        ),
        drawdown,
    ]
}
