//! Risk, from the returns of equal periods: one statistic a file.
//!
//! Returns are simple ones, 0.01 is 1 %. `periods_per_year` annualises: 252 for trading days, 12 for months; with 1 a
//! statistic is the plain one of a period. The functions compute from two returns on; [`RiskReport`] shows what rests
//! on enough of them.

mod all_time_high;
mod alpha;
mod beta;
mod calmar_ratio;
mod correlation;
mod downside_deviation;
mod period_rate;
mod report;
mod returns;
mod sharpe_ratio;
mod sortino_ratio;
mod spread;
#[cfg(test)]
mod tests;
mod tracking_error;
mod trading_days;
mod ulcer_index;
mod volatility;

pub use all_time_high::{AllTimeHigh, all_time_high};
pub use alpha::alpha;
pub use beta::beta;
pub use calmar_ratio::calmar_ratio;
pub use correlation::correlation;
pub use downside_deviation::downside_deviation;
pub use period_rate::{PeriodRate, per_period};
pub(crate) use report::Closes;
pub use report::{AgainstBenchmark, RiskFree, RiskReport, RiskTerms, TradingDays};
pub use returns::{common_periods, returns_of};
pub use sharpe_ratio::sharpe_ratio;
pub use sortino_ratio::sortino_ratio;
pub use spread::standard_deviation;
pub use tracking_error::tracking_error;
pub use trading_days::trading_days;
pub use ulcer_index::ulcer_index;
pub use volatility::volatility;

/// Trading days of a year.
pub const TRADING_DAYS: f64 = 252.0;
