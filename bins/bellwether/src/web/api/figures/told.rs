//! Keys of the answers, for the documentation: the tracker's views write them.

use chrono::NaiveDate;
use utoipa::ToSchema;
use uuid::Uuid;

use super::figure::FigureTold;
use crate::web::api::schema::{Benchmark, CurrencyCode, Instant, RangeName, Ticker};

/// What each answer begins with.
#[derive(ToSchema)]
#[expect(dead_code, reason = "names the keys in the documentation")]
pub(super) struct HeadTold {
    portfolio_id: Uuid,
    name: String,
    base_currency: CurrencyCode,
    /// The day at whose end the figures are.
    as_of: NaiveDate,
    range: RangeName,
    /// The range begins at the close of this day.
    since: NaiveDate,
    computed_at: Instant,
}

/// A page of holdings, with the portfolio as a whole.
#[derive(ToSchema)]
#[expect(dead_code, reason = "names the keys in the documentation")]
pub(super) struct HoldingsTold {
    #[serde(flatten)]
    head: HeadTold,
    total: SummaryTold,
    /// By symbol.
    items: Vec<HoldingTold>,
    /// The `cursor` of the next page; null on the last one.
    next: Option<String>,
}

/// The portfolio as a whole, in the base currency.
#[derive(ToSchema)]
#[expect(dead_code, reason = "names the keys in the documentation")]
pub(super) struct SummaryTold {
    /// Holdings and cash.
    value: FigureTold,
    holdings_value: FigureTold,
    cash: FigureTold,
    /// Cost of what is held.
    cost: FigureTold,
    unrealised: FigureTold,
    unrealised_rate: FigureTold,
    /// Gains of all sales.
    realised: FigureTold,
    realised_this_year: FigureTold,
    /// Dividends and interest after tax and fee.
    income: FigureTold,
    income_12_months: FigureTold,
    /// Fees that belong to no trade.
    charges: FigureTold,
    /// All of them.
    fees: FigureTold,
    taxes: FigureTold,
    cash_currency_gain: FigureTold,
    total_gain: FigureTold,
    deposits: FigureTold,
    /// The part of them that nobody recorded.
    inferred_deposits: FigureTold,
    withdrawals: FigureTold,
    net_deposits: FigureTold,
    net_transfers: FigureTold,
    /// Of the last session.
    day_change: FigureTold,
    day_return: FigureTold,
    range_change: FigureTold,
    range_return: FigureTold,
    simple_return: FigureTold,
    /// A year from one year on, else of the whole time.
    xirr: FigureTold,
    time_weighted: FigureTold,
    annualised_time_weighted: FigureTold,
    max_drawdown: FigureTold,
    benchmarks: Vec<BenchmarkTold>,
}

/// The same money in a benchmark.
#[derive(ToSchema)]
#[schema(as = BenchmarkFigures)]
#[expect(dead_code, reason = "names the keys in the documentation")]
pub(super) struct BenchmarkTold {
    benchmark: Benchmark,
    /// What you call it, where it is an index of your own; else it is not told.
    #[schema(required = false)]
    benchmark_name: Option<String>,
    value: FigureTold,
    gain: FigureTold,
    gain_rate: FigureTold,
    /// What the portfolio is ahead by.
    ahead_by: FigureTold,
    xirr: FigureTold,
    total_return: FigureTold,
    annualised_return: FigureTold,
    paid_in: FigureTold,
    /// Its first close, where that is later than the first flow: both sides begin there.
    starts_late: Option<NaiveDate>,
    /// What to say beside the figures.
    note: Option<String>,
}

/// A holding, in the base currency but for its price.
#[derive(ToSchema)]
#[schema(as = HoldingFigures)]
#[expect(dead_code, reason = "names the keys in the documentation")]
pub(super) struct HoldingTold {
    symbol: Ticker,
    name: Option<String>,
    /// Whether shares are held.
    is_open: bool,
    currency: CurrencyCode,
    price: FigureTold,
    price_day: Option<NaiveDate>,
    /// `close`, `quote` or `booked`.
    price_origin: Option<String>,
    freshness: Option<FreshnessTold>,
    day_change: FigureTold,
    day_return: FigureTold,
    quantity: FigureTold,
    average_cost: FigureTold,
    cost: FigureTold,
    value: FigureTold,
    weight: FigureTold,
    unrealised: FigureTold,
    unrealised_rate: FigureTold,
    currency_effect: FigureTold,
    realised: FigureTold,
    income: FigureTold,
    total_gain: FigureTold,
    xirr: FigureTold,
    against: Vec<BesideTold>,
    /// Closes of the last days.
    sparkline: Vec<Option<f64>>,
}

/// How far a price can be relied on.
#[derive(ToSchema)]
#[expect(dead_code, reason = "names the keys in the documentation")]
pub(super) struct FreshnessTold {
    state: String,
    /// In a few words.
    words: String,
    /// In a sentence.
    explained: String,
    as_of: Option<Instant>,
}

/// A holding beside the same money in a benchmark.
#[derive(ToSchema)]
#[expect(dead_code, reason = "names the keys in the documentation")]
pub(super) struct BesideTold {
    benchmark: Benchmark,
    /// What you call it, where it is an index of your own; else it is not told.
    #[schema(required = false)]
    benchmark_name: Option<String>,
    /// What the holding is ahead by.
    ahead_by: FigureTold,
    value: FigureTold,
    gain_rate: FigureTold,
    xirr: FigureTold,
    paid_in: FigureTold,
}

/// How a portfolio did in a range.
#[derive(ToSchema)]
#[expect(dead_code, reason = "names the keys in the documentation")]
pub(super) struct PerformanceTold {
    #[serde(flatten)]
    head: HeadTold,
    opening: FigureTold,
    closing: FigureTold,
    paid_in: FigureTold,
    paid_out: FigureTold,
    net_flows: FigureTold,
    /// Closing less opening less net flows.
    gain: FigureTold,
    returns: ReturnsTold,
    /// `volatility`, `sharpe_ratio`, `downside_deviation`, `sortino_ratio`, `max_drawdown`, `current_drawdown`,
    /// `ulcer_index`, `calmar_ratio`, and beside the `benchmark` `beta`, `alpha`, `correlation`, `tracking_error`.
    #[schema(value_type = Object)]
    risk: (),
    /// The deepest first, each with `depth`, `peak`, `trough`, `recovered`, `days_down` and `days_recovering`.
    #[schema(value_type = Vec<Object>)]
    drawdowns: (),
    /// Each with `year`, twelve `months` and the `total`.
    #[schema(value_type = Vec<Object>)]
    years: (),
    /// The whole months together: `best`, `worst`, `average`, and `gaining` of `count`.
    #[schema(value_type = Option<Object>)]
    months: (),
    /// Returns of all stretches of 1, 12, 36 and 60 months that fit: `best`, `worst`, `average`, and by day.
    #[schema(value_type = Vec<Object>)]
    rolling: (),
    /// By `source`: `gain`, and what of the returns it made.
    #[schema(value_type = Vec<Object>)]
    contributions: (),
    /// What each `benchmark` returned.
    #[schema(value_type = Vec<Object>)]
    benchmarks: (),
    /// By day from `first_day` on: `value`, `contributed`, the `benchmarks`; from `growth_first_day` on `growth` of 1, also of
    /// the benchmarks, and `drawdown`.
    #[schema(value_type = Object)]
    series: (),
}

/// Rates of return, side by side.
#[derive(ToSchema)]
#[expect(dead_code, reason = "names the keys in the documentation")]
pub(super) struct ReturnsTold {
    money_weighted: FigureTold,
    /// Whether that is a yearly rate; else it is one of the range.
    money_weighted_is_annual: bool,
    time_weighted: FigureTold,
    annualised_time_weighted: FigureTold,
    modified_dietz: FigureTold,
    simple: FigureTold,
    on_purchases: FigureTold,
    /// Why they differ, or do not, in a sentence.
    explanation: Option<String>,
}

/// How well a portfolio's owner picked.
#[derive(ToSchema)]
#[expect(dead_code, reason = "names the keys in the documentation")]
pub(super) struct PicksTold {
    #[serde(flatten)]
    head: HeadTold,
    /// Purchases beside each `benchmark`, in `ages`: how many are `decided`, how many of them `ahead`, and which `share`
    /// that is, also by cost.
    #[schema(value_type = Vec<Object>)]
    benchmarks: (),
    /// How many `holdings` have become at least so many `times` their cost.
    #[schema(value_type = Vec<Object>)]
    reached: (),
    /// Of each holding the `cost`, what it `returned`, and which `multiple` that is; the largest first.
    #[schema(value_type = Vec<Object>)]
    multiples: (),
    /// The portfolio, whose `benchmark` is null, and the same money in each benchmark: `invested`, `income`, `gain` and
    /// `value`.
    #[schema(value_type = Vec<Object>)]
    beside: (),
}

/// What a portfolio received and is to receive.
#[derive(ToSchema)]
#[expect(dead_code, reason = "names the keys in the documentation")]
pub(super) struct IncomeTold {
    #[serde(flatten)]
    head: HeadTold,
    /// Of the range: the `total`, dividends and interest before and after tax and fee.
    #[schema(value_type = Object)]
    received: (),
    /// Since the first payment: `gross`, `tax`, `fee`, `net`, and how many.
    #[schema(value_type = Vec<Object>)]
    by_year: (),
    /// Likewise.
    #[schema(value_type = Vec<Object>)]
    by_month: (),
    /// Dividends of the range.
    #[schema(value_type = Vec<Object>)]
    by_symbol: (),
    /// Of the next twelve months: `total`, `declared`, `payments`, `by_month`, and what is `without_forecast`.
    #[schema(value_type = Object)]
    coming: (),
    /// Of all that is held: `dividends` of twelve months, `trailing` yield, and yield `on_cost`.
    #[schema(value_type = Object)]
    yields: (),
    /// Of each that pays: yields, `growth` a year, and `years`.
    #[schema(value_type = Vec<Object>)]
    holdings: (),
}

/// Where money came from and where it went.
#[derive(ToSchema)]
#[expect(dead_code, reason = "names the keys in the documentation")]
pub(super) struct CashFlowsTold {
    #[serde(flatten)]
    head: HeadTold,
    /// Since the first booking.
    #[schema(value_type = Object)]
    total: (),
    /// Into the portfolio, in the range.
    paid_in: FigureTold,
    paid_out: FigureTold,
    net_flows: FigureTold,
    /// Movements of the range by kind: sources and uses.
    #[schema(value_type = Object)]
    in_range: (),
    /// Of each currency.
    #[schema(value_type = Vec<Object>)]
    balances: (),
    /// Movements by kind, of each month in which there were any.
    #[schema(value_type = Vec<Object>)]
    by_month: (),
    #[schema(value_type = Vec<Object>)]
    by_quarter: (),
    #[schema(value_type = Vec<Object>)]
    by_year: (),
    /// The same deposits in each benchmark.
    #[schema(value_type = Vec<Object>)]
    benchmarks: (),
    /// Movements of the range, the newest first, each with the balance after it; an inferred deposit with the transactions
    /// that it `funds`.
    #[schema(value_type = Vec<Object>)]
    entries: (),
    /// The `cursor` of the next page of them; null on the last one.
    next: Option<String>,
}

/// What a portfolio consists of.
#[derive(ToSchema)]
#[expect(dead_code, reason = "names the keys in the documentation")]
pub(super) struct AllocationTold {
    #[serde(flatten)]
    head: HeadTold,
    /// By `holdings`, `currencies` and `asset-classes`: the `classes` with `value` and `weight`, or the `reason` why not.
    #[schema(value_type = Vec<Object>)]
    divisions: (),
    /// Each class beside its target; null without targets.
    #[schema(value_type = Option<Object>)]
    targets: (),
    /// What to trade for them; null without targets.
    #[schema(value_type = Option<Object>)]
    proposal: (),
}

/// One holding.
#[derive(ToSchema)]
#[expect(dead_code, reason = "names the keys in the documentation")]
pub(super) struct OneHoldingTold {
    #[serde(flatten)]
    head: HeadTold,
    row: HoldingTold,
    time_weighted: FigureTold,
    /// What is held of each purchase: `quantity`, `cost`, `value`, `unrealised`.
    #[schema(value_type = Vec<Object>)]
    lots: (),
    /// What each purchase did, alone and `against` each benchmark.
    #[schema(value_type = Vec<Object>)]
    purchases: (),
    /// What each sale did, against keeping the shares and `against` each benchmark.
    #[schema(value_type = Vec<Object>)]
    sales: (),
    /// Oldest first.
    #[schema(value_type = Vec<Object>)]
    dividends: (),
    /// Closes of the range as traded, with own `trades` and `splits`.
    #[schema(value_type = Object)]
    prices: (),
    /// Who told closes of which days.
    #[schema(value_type = Vec<Object>)]
    coverage: (),
    history_fetched_at: Option<Instant>,
}
