//! The dashboard as its template takes it.

use std::fmt::Write as _;

use bellwether_domain::{Booking, Currency, Transaction};
use bellwether_portfolio::{Figure, Rate, Reason, Report};
use bellwether_tracker::{Against, Dashboard, Figures, Range, RangeChange, View};
use chrono::NaiveDate;
use rust_decimal::prelude::FromPrimitive;
use rust_decimal::{Decimal, RoundingStrategy};
use serde::Serialize;

use super::cells::{self, Cells};
use super::chart::{ChartColumns, trade_dots};
use super::column_width::ColumnWidth;
use super::figure::{Cell, Fact, exact_money, headline};
use super::holdings_table::{self, HoldingColumns, HoldingRow, TotalRow};
use super::page::Page;
use crate::charts::ValueChart;
use crate::number;

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

/// The largest number of the page in its parts.
#[derive(Debug, Serialize)]
struct BigValue {
    known: bool,
    sign: String,
    /// The whole units; the fraction beside them.
    #[serde(flatten)]
    figure: Cell,
    reason: String,
}

#[derive(Debug, Serialize)]
struct Change {
    known: bool,
    /// The amount, with the rate beside it.
    #[serde(flatten)]
    moved: Cell,
    arrow: Cell,
    period: Cell,
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

#[derive(Debug, Serialize)]
struct ComparisonRow {
    name: String,
    note: Option<String>,
    value: Cell,
    gain: Cell,
    xirr: Cell,
    twr: Cell,
}

/// How wide the columns of the comparison are.
#[derive(Debug, Serialize)]
struct ComparisonColumns {
    value: ColumnWidth,
    gain: ColumnWidth,
    xirr: ColumnWidth,
    twr: ColumnWidth,
}

#[derive(Debug, Serialize)]
struct RecentEntry {
    date: String,
    day: String,
    words: String,
    amount: String,
}

impl DashboardContent {
    /// What a dashboard seen through `view` says.
    pub(crate) fn new(dashboard: &Dashboard, view: &View) -> Self {
        let id = dashboard.portfolio.id;
        let mut made = Self {
            freshness: FreshnessPill {
                pill: Cell {
                    name: cells::FRESHNESS.to_owned(),
                    direction: dashboard.prices.worst.as_str(),
                    shown: dashboard.prices.sentence.clone(),
                    title: if dashboard.prices.refreshing {
                        "Newer prices are being fetched.".to_owned()
                    } else {
                        String::new()
                    },
                    more: dashboard.prices.stale_words.clone().unwrap_or_default(),
                    ..Cell::default()
                },
                refreshing: dashboard.prices.refreshing,
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

impl ComparisonColumns {
    fn of(rows: &[ComparisonRow]) -> Self {
        let column = |heading: &str, text: fn(&ComparisonRow) -> &str| {
            rows.iter().fold(ColumnWidth::under(heading), |width, row| width.fits(text(row)))
        };
        Self {
            value: column("Worth", |row| &row.value.shown),
            gain: column("Gain", |row| &row.gain.shown),
            xirr: column("XIRR", |row| &row.xirr.shown),
            twr: column("Time-weighted", |row| &row.twr.shown),
        }
    }
}

impl BigValue {
    fn unknown(reason: String) -> Self {
        Self { known: false, sign: String::new(), figure: Cell::default(), reason }
    }

    fn of(report: &Report) -> Self {
        let value = match &report.totals.value {
            Ok(value) => *value,
            Err(reason) => return Self::unknown(reason.to_string()),
        };
        let digits = report.base.minor_digits();
        let rounded = value.round_dp_with_strategy(digits, RoundingStrategy::MidpointAwayFromZero);
        // The largest figure keeps its cents, small, where a table would drop them.
        let cents = format!("{:.*}", digits as usize, rounded.abs());
        let fraction = cents.split_once('.').map(|(_, fraction)| format!(".{fraction}")).unwrap_or_default();
        let (sign, whole) = (number::currency_sign(report.base), number::quantity(rounded.trunc()));
        let figure = Cell {
            name: "value".to_owned(),
            shown: whole,
            more: fraction,
            title: exact_money(value, report.base),
            ..Cell::default()
        };
        Self { known: true, sign, figure, reason: String::new() }
    }
}

impl Change {
    fn unknown(key: &'static str, period: String, reason: String) -> Self {
        let moved = Cell {
            name: format!("{key}:unknown"),
            shown: "n/a".to_owned(),
            title: reason,
            ..Cell::unknown("")
        };
        Self { known: false, moved, arrow: Cell::default(), period: Self::told(key, period) }
    }

    fn known(
        key: &'static str,
        amount: Decimal,
        rate: &Figure<f64>,
        currency: Currency,
        period: String,
    ) -> Self {
        let direction = number::direction_of(amount);
        let arrow = match direction {
            "up" => "▲",
            "down" => "▼",
            _ => "■",
        };
        let moved = Cell {
            name: key.to_owned(),
            direction,
            shown: number::money_change(amount, currency),
            title: exact_money(amount, currency),
            more: rate
                .as_ref()
                .map_or_else(|_| number::UNKNOWN.to_owned(), |rate| number::percent_change(*rate)),
            ..Cell::default()
        };
        let arrow =
            Cell { shown: arrow.to_owned(), direction, ..Cell::default() }.named(format!("{key}:arrow"));
        Self { known: true, moved, arrow, period: Self::told(key, period) }
    }

    fn told(key: &str, period: String) -> Cell {
        Cell { shown: period, ..Cell::default() }.named(format!("{key}:period"))
    }

    fn of_day(report: &Report, is_past: bool) -> Self {
        match &report.totals.day_change {
            Ok(change) => {
                let period = if change.day == report.as_of && !is_past {
                    "today".to_owned()
                } else {
                    change.day.format("on %a %-d %b").to_string()
                };
                Self::known("change:day", change.amount, &change.rate, report.base, period)
            }
            Err(reason) => Self::unknown("change:day", "in the last session".to_owned(), reason.to_string()),
        }
    }

    fn of_range(range: &RangeChange, base: Currency) -> Self {
        let (key, period) = ("change:range", format!("since {}", long(range.since)));
        match &range.amount {
            Ok(amount) => match Decimal::from_f64(*amount) {
                Some(amount) => Self::known(key, amount, &range.rate, base, period),
                None => Self::unknown(key, period, "the amount is out of range".to_owned()),
            },
            Err(reason) => Self::unknown(key, period, reason.to_string()),
        }
    }
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

fn comparison(figures: &Figures) -> Vec<ComparisonRow> {
    let (report, base) = (&figures.report, figures.report.base);
    let (totals, returns) = (&report.totals, &report.returns);
    let linked = returns.time_weighted.as_ref().map(|linked| linked.total).map_err(Clone::clone);
    let own = (&totals.value, &totals.total_gain, &returns.xirr, linked);
    let mut rows = vec![ComparisonRow::new("This portfolio".to_owned(), None, own, base)];
    let decimal = |value: f64| Decimal::from_f64(value).ok_or(Reason::OutOfRange);
    for against in &figures.benchmarks {
        let name = against.symbol.to_string();
        rows.push(match &against.portfolio {
            Ok(other) => {
                let note =
                    other.starts_late.map(|day| format!("from {} on, when its prices begin", long(day)));
                let theirs =
                    (&decimal(other.value), &decimal(other.gain), &other.xirr, Ok(other.total_return));
                ComparisonRow::new(name, note, theirs, base)
            }
            Err(reason) => {
                let unknown = || Err(reason.clone());
                let none = (&unknown(), &unknown(), &Err(reason.clone()), Err(reason.clone()));
                ComparisonRow::new(name, Some(reason.to_string()), none, base)
            }
        });
    }
    rows
}

impl ComparisonRow {
    fn new(
        name: String,
        note: Option<String>,
        (value, gain, xirr, twr): (&Figure<Decimal>, &Figure<Decimal>, &Figure<Rate>, Figure<f64>),
        base: Currency,
    ) -> Self {
        let named = |cell: Cell, column: &str| cell.named(format!("beside:{name}:{column}"));
        let value = Cell::of(value, |value| Cell {
            shown: number::money(*value, base),
            title: exact_money(*value, base),
            ..Cell::default()
        });
        let gain = Cell::of(gain, |gain| Cell {
            shown: number::money_change(*gain, base),
            title: exact_money(*gain, base),
            direction: number::direction_of(*gain),
            ..Cell::default()
        });
        let xirr = xirr.as_ref().map(Rate::headline).map_err(Clone::clone);
        Self {
            value: named(value, "value"),
            gain: named(gain, "gain"),
            xirr: named(rate_alone(&xirr), "xirr"),
            twr: named(rate_alone(&twr), "twr"),
            name,
            note,
        }
    }
}

/// A rate that its column does not colour.
fn rate_alone(rate: &Figure<f64>) -> Cell {
    Cell { direction: "", ..Cell::rate(rate) }
}

/// The five newest transactions, newest first.
fn recent(transactions: &[Transaction]) -> Vec<RecentEntry> {
    transactions.iter().rev().take(5).map(RecentEntry::of).collect()
}

impl RecentEntry {
    fn of(booked: &Transaction) -> Self {
        let (words, amount) = told(booked);
        Self {
            date: booked.date.to_string(),
            day: long(booked.date),
            words,
            amount: amount.map(|amount| number::money(amount, booked.currency)).unwrap_or_default(),
        }
    }
}

/// A transaction in words, and the money that moved.
pub(crate) fn told(booked: &Transaction) -> (String, Option<Decimal>) {
    let shares = |quantity: bellwether_domain::Quantity| number::quantity(quantity.get());
    match &booked.booking {
        Booking::Buy(trade) => {
            (format!("Bought {} {}", shares(trade.quantity), trade.symbol), Some(trade.cost()))
        }
        Booking::Sell { trade, .. } => {
            (format!("Sold {} {}", shares(trade.quantity), trade.symbol), Some(trade.proceeds()))
        }
        Booking::Dividend { symbol, gross, tax, fee } => {
            (format!("Dividend of {symbol}"), Some(gross - tax - fee))
        }
        Booking::Reinvestment { purchase, gross, .. } => (
            format!("Reinvested dividend in {} {}", shares(purchase.quantity), purchase.symbol),
            Some(*gross),
        ),
        Booking::Deposit { amount } => ("Deposit".to_owned(), Some(*amount)),
        Booking::Withdrawal { amount } => ("Withdrawal".to_owned(), Some(*amount)),
        Booking::Fee { symbol, amount } => (
            symbol.as_ref().map_or_else(|| "Fee".to_owned(), |symbol| format!("Fee for {symbol}")),
            Some(*amount),
        ),
        Booking::Tax { symbol, amount } => (
            symbol.as_ref().map_or_else(|| "Tax".to_owned(), |symbol| format!("Tax for {symbol}")),
            Some(*amount),
        ),
        Booking::Interest { gross, tax } => ("Interest".to_owned(), Some(gross - tax)),
        Booking::Split { symbol, ratio, cash_in_lieu } => {
            (format!("Split of {symbol}, {} for {}", ratio.new, ratio.old), unless_zero(*cash_in_lieu))
        }
        Booking::TransferIn { symbol, quantity, .. } => {
            (format!("{} {symbol} came in", shares(*quantity)), None)
        }
        Booking::TransferOut { symbol, quantity, .. } => {
            (format!("{} {symbol} went out", shares(*quantity)), None)
        }
        Booking::SpinOff { symbol, into, ratio, cash_in_lieu, .. } => (
            format!("{into} spun off from {symbol}, {} for {}", ratio.new, ratio.old),
            unless_zero(*cash_in_lieu),
        ),
        Booking::Merger { symbol, into, ratio, cash_per_share, cash_in_lieu, .. } => {
            let shares = into
                .as_ref()
                .zip(*ratio)
                .map(|(into, ratio)| format!("{symbol} merged into {into}, {} for {}", ratio.new, ratio.old));
            let cash = (!cash_per_share.is_zero())
                .then(|| format!("{} a share", number::money(*cash_per_share, booked.currency)));
            let words = match (shares, cash) {
                (Some(shares), Some(cash)) => format!("{shares} and {cash}"),
                (Some(shares), None) => shares,
                (None, cash) => format!("{symbol} taken over for {}", cash.unwrap_or_default()),
            };
            (words, unless_zero(*cash_in_lieu))
        }
        Booking::TickerChange { symbol, into } => (format!("{symbol} became {into}"), None),
    }
}

fn unless_zero(amount: Decimal) -> Option<Decimal> {
    (!amount.is_zero()).then_some(amount)
}
