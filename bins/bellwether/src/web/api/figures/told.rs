//! Keys of the answers, for the documentation: the tracker's views write them.

use chrono::NaiveDate;
use utoipa::ToSchema;
use uuid::Uuid;

use super::figure::FigureTold;
use crate::web::api::schema::{CurrencyCode, Instant, RangeName, Ticker};

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
    benchmark: Ticker,
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
    benchmark: Ticker,
    /// What the holding is ahead by.
    ahead_by: FigureTold,
    value: FigureTold,
    gain_rate: FigureTold,
    xirr: FigureTold,
    paid_in: FigureTold,
}
