//! What pages show of a portfolio beside its dashboard: one file for each page.
//!
//! Every figure comes with the name by which its derivation is asked for, where it has one.

pub(crate) mod allocation;
mod booked;
mod cash_flows;
mod figure;
mod holding;
mod holdings;
mod income;
mod performance;
mod picks;
mod scene;
mod summary;

use bellwether_portfolio::Reason;
use serde::Serializer;

pub use allocation::{
    AllocationView, ClassDriftShown, ClassShown, DivisionShown, DriftShown, ProposalShown, TradeShown,
    WantedProposal,
};
pub use booked::{TradeWeighed, TradesWeighed};
pub use cash_flows::{
    CashBalanceShown, CashBenchmark, CashEntryShown, CashFlowsShown, CashOfShown, CashSumsShown, CashTotals,
};
pub use figure::FigureShown;
pub use holding::{
    CoverageShown, DecisionBeside, DividendShown, HoldingShown, LotShown, PricesOfRange, PurchaseShown,
    SaleShown, TradeOnChart,
};
pub use holdings::{BesideBenchmark, FreshnessShown, HoldingRow, Holdings};
pub use income::{
    ComingMonth, ComingPayment, ComingShown, IncomeOfMonth, IncomeOfPayer, IncomeOfYear, IncomeShown,
    IncomeSumShown, PayerShown, PayerYear, PortfolioYieldShown, ReceivedShown, WithoutForecast,
};
pub use performance::{
    BenchmarkReturnShown, BenchmarkSeriesShown, CalendarReturnShown, ContributionShown, DrawdownShown,
    MonthsShown, PerformanceShown, ReturnsShown, RiskShown, RollingShown, SeriesShown, YearShown,
};
pub use picks::{AgeShown, BenchmarkPicks, MoneyBeside, MultipleReached, MultipleShown, PicksShown};
pub use scene::Viewed;
pub use summary::{BenchmarkSummary, Summary};

/// Why something is unknown, in the words that programs get.
fn words<S: Serializer>(reason: &Reason, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(reason)
}

#[expect(clippy::ref_option, reason = "serde passes references to fields")]
fn words_if_any<S: Serializer>(reason: &Option<Reason>, serializer: S) -> Result<S::Ok, S::Error> {
    match reason {
        Some(reason) => serializer.serialize_some(&reason.to_string()),
        None => serializer.serialize_none(),
    }
}
