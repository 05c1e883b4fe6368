//! All figures of a portfolio at the end of a day, exactly: what `bellwether report` prints.

use std::collections::BTreeMap;

use actix_web::web;
use bellwether_domain::{PortfolioId, Symbol};
use bellwether_portfolio::{Figure, Holding, Rate, Totals};
use bellwether_tracker::{Against, Dashboard, Figures, Range, Tracker, TrackerError, View};
use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::Answer;
use super::answer::fresh;
use super::schema::{Amount, Benchmark, CurrencyCode, Ticker};
use crate::web::caller::Caller;
use crate::web::problem::{Fault, Problem};

/// A report compares with so many at most.
const MOST_BENCHMARKS: usize = 20;

/// Amounts are in the portfolio's currency, rates numbers of which 0.1 is 10 %. What is not known is null, with its reason
/// under the same name in `unknown`.
#[derive(Serialize, ToSchema)]
struct ReportTold {
    /// The portfolio's name.
    portfolio: String,
    /// The day at whose end the figures are.
    as_of: NaiveDate,
    #[schema(value_type = CurrencyCode)]
    currency: String,
    /// `fifo`, `lifo`, `highest-cost` or `average`.
    #[schema(value_type = String)]
    cost_method: &'static str,
    /// What the reader should know, in sentences.
    warnings: Vec<String>,
    /// What is wrong with the ledger; then there are no figures.
    error: Option<String>,
    totals: Option<TotalsTold>,
    xirr: Option<RateTold>,
    time_weighted_return: Option<LinkedTold>,
    max_drawdown: Option<DrawdownTold>,
    benchmarks: Vec<ElsewhereTold>,
    holdings: Vec<HeldTold>,
    /// Why totals and rates are null, by their names.
    unknown: BTreeMap<&'static str, String>,
}

/// Sums of a portfolio.
#[derive(Serialize, ToSchema)]
struct TotalsTold {
    #[schema(value_type = Option<Amount>)]
    value: Option<String>,
    #[schema(value_type = Option<Amount>)]
    holdings_value: Option<String>,
    #[schema(value_type = Option<Amount>)]
    cash: Option<String>,
    #[schema(value_type = Option<Amount>)]
    cost: Option<String>,
    #[schema(value_type = Option<Amount>)]
    unrealised: Option<String>,
    #[schema(value_type = Option<Amount>)]
    realised: Option<String>,
    #[schema(value_type = Option<Amount>)]
    income: Option<String>,
    #[schema(value_type = Option<Amount>)]
    fees: Option<String>,
    #[schema(value_type = Option<Amount>)]
    taxes: Option<String>,
    #[schema(value_type = Option<Amount>)]
    total_gain: Option<String>,
    #[schema(value_type = Option<Amount>)]
    net_deposits: Option<String>,
    day_change: Option<SessionTold>,
}

/// What the last session brought.
#[derive(Serialize, ToSchema)]
struct SessionTold {
    day: NaiveDate,
    #[schema(value_type = Amount)]
    amount: String,
    rate: Option<f64>,
}

/// A money-weighted return.
#[derive(Serialize, ToSchema)]
struct RateTold {
    /// A year.
    annual: f64,
    /// Over the whole time.
    period: f64,
    /// The one to show: a year from one year on, before that of the whole time.
    headline: f64,
    days: i64,
    /// Whether other rates solve the equation too.
    ambiguous: bool,
}

impl From<&Rate> for RateTold {
    fn from(rate: &Rate) -> Self {
        let Rate { annual, period, days, ambiguous } = *rate;
        Self { annual, period, headline: rate.headline(), days, ambiguous }
    }
}

/// A time-weighted return.
#[derive(Serialize, ToSchema)]
struct LinkedTold {
    total: f64,
    annualised: Option<f64>,
    days: i64,
}

/// The deepest fall.
#[derive(Serialize, ToSchema)]
struct DrawdownTold {
    /// -0.25 is a quarter lost.
    depth: f64,
    peak: NaiveDate,
    trough: NaiveDate,
    recovered: Option<NaiveDate>,
}

/// The same money in something else.
#[derive(Serialize, ToSchema)]
struct ElsewhereTold {
    #[schema(value_type = Benchmark)]
    symbol: Symbol,
    /// What you call it, where it is an index of your own.
    name: Option<String>,
    value: Option<f64>,
    units: Option<f64>,
    gain: Option<f64>,
    /// The portfolio's value less this one's.
    ahead_by: Option<f64>,
    /// A year.
    xirr: Option<f64>,
    /// Of the benchmark itself.
    total_return: Option<f64>,
    /// Its first close, where that is later than the first payment.
    starts_late: Option<NaiveDate>,
    /// Why there are no figures.
    unknown: Option<String>,
}

/// What is held of an instrument.
#[derive(Serialize, ToSchema)]
struct HeldTold {
    #[schema(value_type = Ticker)]
    symbol: Symbol,
    name: Option<String>,
    #[schema(value_type = Amount)]
    quantity: String,
    /// Of the price.
    #[schema(value_type = CurrencyCode)]
    currency: String,
    #[schema(value_type = Option<Amount>)]
    price: Option<String>,
    price_day: Option<NaiveDate>,
    #[schema(value_type = Option<Amount>)]
    value: Option<String>,
    #[schema(value_type = Option<Amount>)]
    cost: Option<String>,
    #[schema(value_type = Option<Amount>)]
    unrealised: Option<String>,
    #[schema(value_type = Option<Amount>)]
    realised: Option<String>,
    #[schema(value_type = Option<Amount>)]
    income: Option<String>,
    /// Part of the whole.
    weight: Option<f64>,
}

fn exact(figure: &Figure<Decimal>) -> Option<String> {
    figure.as_ref().ok().map(told)
}

fn told(amount: &Decimal) -> String {
    amount.normalize().to_string()
}

fn known(figure: &Figure<f64>) -> Option<f64> {
    figure.as_ref().ok().copied()
}

impl TotalsTold {
    fn of(totals: &Totals) -> Self {
        Self {
            value: exact(&totals.value),
            holdings_value: exact(&totals.holdings_value),
            cash: exact(&totals.cash),
            cost: exact(&totals.cost),
            unrealised: exact(&totals.unrealised),
            realised: exact(&totals.realised),
            income: exact(&totals.income),
            fees: exact(&totals.fees),
            taxes: exact(&totals.taxes),
            total_gain: exact(&totals.total_gain),
            net_deposits: exact(&totals.net_deposits),
            day_change: totals.day_change.as_ref().ok().map(|session| SessionTold {
                day: session.day,
                amount: told(&session.amount),
                rate: known(&session.rate),
            }),
        }
    }
}

impl ElsewhereTold {
    fn of(against: &Against) -> Self {
        let comparison = against.portfolio.as_ref();
        let figure = |pick: fn(&bellwether_portfolio::Comparison) -> f64| comparison.ok().map(pick);
        Self {
            symbol: against.symbol.clone(),
            name: against.name.clone(),
            value: figure(|comparison| comparison.value),
            units: figure(|comparison| comparison.units),
            gain: figure(|comparison| comparison.gain),
            ahead_by: figure(|comparison| comparison.ahead_by),
            xirr: comparison.ok().and_then(|told| told.xirr.as_ref().ok()).map(|rate| rate.annual),
            total_return: figure(|comparison| comparison.total_return),
            starts_late: comparison.ok().and_then(|comparison| comparison.starts_late),
            unknown: comparison.err().map(ToString::to_string),
        }
    }
}

impl HeldTold {
    fn of(figures: &Figures, held: &Holding) -> Self {
        Self {
            symbol: held.symbol.clone(),
            name: figures.instrument(&held.symbol).name,
            quantity: told(&held.quantity),
            currency: held.currency.to_string(),
            price: held.price.as_ref().ok().map(|on| told(&on.price)),
            price_day: held.price.as_ref().ok().map(|on| on.day),
            value: exact(&held.value),
            cost: exact(&held.cost),
            unrealised: exact(&held.unrealised),
            realised: exact(&held.realised),
            income: exact(&held.income),
            weight: known(&held.weight),
        }
    }
}

/// Why figures are not known.
fn unknown(figures: &Figures) -> BTreeMap<&'static str, String> {
    let (totals, returns) = (&figures.report.totals, &figures.report.returns);
    let amounts = [
        ("value", &totals.value),
        ("holdings_value", &totals.holdings_value),
        ("cash", &totals.cash),
        ("cost", &totals.cost),
        ("unrealised", &totals.unrealised),
        ("realised", &totals.realised),
        ("income", &totals.income),
        ("fees", &totals.fees),
        ("taxes", &totals.taxes),
        ("total_gain", &totals.total_gain),
        ("net_deposits", &totals.net_deposits),
    ];
    let rates = [
        ("xirr", returns.xirr.as_ref().err()),
        ("time_weighted_return", returns.time_weighted.as_ref().err()),
        ("max_drawdown", returns.max_drawdown.as_ref().err()),
    ];
    let amounts = amounts.into_iter().map(|(name, figure)| (name, figure.as_ref().err()));
    amounts.chain(rates).filter_map(|(name, reason)| Some((name, reason?.to_string()))).collect()
}

impl ReportTold {
    fn of(dashboard: &Dashboard) -> Self {
        let portfolio = &dashboard.portfolio;
        let figures = dashboard.figures.as_ref();
        let known = figures.ok();
        let returns = known.map(|figures| &figures.report.returns);
        Self {
            portfolio: portfolio.name.clone(),
            as_of: dashboard.as_of,
            currency: portfolio.base_currency.to_string(),
            cost_method: portfolio.cost_method.as_str(),
            warnings: dashboard.warnings.iter().map(ToString::to_string).collect(),
            error: figures.err().map(ToString::to_string),
            totals: known.map(|figures| TotalsTold::of(&figures.report.totals)),
            xirr: returns.and_then(|returns| returns.xirr.as_ref().ok()).map(RateTold::from),
            time_weighted_return: returns.and_then(|returns| returns.time_weighted.as_ref().ok()).map(
                |linked| LinkedTold {
                    total: linked.total,
                    annualised: linked.annualised.as_ref().ok().copied(),
                    days: linked.days,
                },
            ),
            max_drawdown: returns.and_then(|returns| returns.max_drawdown.as_ref().ok()).map(|fall| {
                DrawdownTold {
                    depth: fall.depth,
                    peak: fall.peak,
                    trough: fall.trough,
                    recovered: fall.recovered,
                }
            }),
            benchmarks: known
                .map(|figures| figures.benchmarks.iter().map(ElsewhereTold::of).collect())
                .unwrap_or_default(),
            holdings: known
                .map(|figures| {
                    figures.report.open_holdings().map(|held| HeldTold::of(figures, held)).collect()
                })
                .unwrap_or_default(),
            unknown: known.map(unknown).unwrap_or_default(),
        }
    }
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct ReportQuery {
    /// As it was on that day; now unless told.
    as_of: Option<NaiveDate>,
    /// What to compare with in the place of the portfolio's own, with commas between: symbols, and indices of your own as
    /// `=` and their name.
    #[param(
        value_type = Option<String>,
        pattern = r"^([\^.&-]{0,3}[A-Za-z0-9][A-Za-z0-9^.=&-]{0,20}|=[^,\x00-\x1f\x7f-\x9f]{1,100})(,([\^.&-]{0,3}[A-Za-z0-9][A-Za-z0-9^.=&-]{0,20}|=[^,\x00-\x1f\x7f-\x9f]{1,100})){0,19}$",
        example = "VOO,QQQ"
    )]
    benchmark: Option<String>,
}

impl ReportQuery {
    async fn view(self, tracker: &Tracker) -> Result<View, Problem> {
        let named: Vec<&str> =
            self.benchmark.as_deref().map(|names| names.split(',').collect()).unwrap_or_default();
        if named.iter().any(|name| name.is_empty() || name.trim() != *name) {
            let words = "give symbols with commas between, and nothing else: VOO,QQQ";
            return Err(Fault::new("benchmark", words).into());
        }
        if named.len() > MOST_BENCHMARKS {
            return Err(Fault::new("benchmark", format!("name {MOST_BENCHMARKS} at most")).into());
        }
        let benchmarks = tracker.benchmarks_named(&named).await.map_err(|error| match error {
            TrackerError::Refused(words) => Problem::from(Fault::new("benchmark", words)),
            error => error.into(),
        })?;
        Ok(View { as_of: self.as_of, range: Range::Max, benchmarks })
    }
}

/// All figures of a portfolio at the end of a day, with every digit of its amounts.
#[utoipa::path(
    get,
    path = "/api/v1/portfolios/{portfolio}/report",
    params(("portfolio" = Uuid, Path, description = "The portfolio."), ReportQuery),
    responses((status = 200, description = "The figures.", body = ReportTold))
)]
pub(super) async fn report(
    caller: Caller,
    id: web::Path<PortfolioId>,
    query: web::Query<ReportQuery>,
) -> Answer {
    // What is not theirs is not there, however it is asked for.
    caller.tracker.portfolio(*id).await?;
    let view = query.into_inner().view(&caller.tracker).await?;
    let dashboard = caller.tracker.dashboard(*id, &view).await?;
    Ok(fresh(&ReportTold::of(&dashboard)))
}
