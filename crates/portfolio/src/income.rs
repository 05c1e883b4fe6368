//! Income: what was received, what it is in relation to price and cost, and how dividends have grown.

mod dividend_growth;
mod dividend_history;
mod dividend_yield;
mod received;
#[cfg(test)]
mod tests;

pub use dividend_growth::{DividendGrowth, DividendYear};
pub use dividend_history::{DividendHistory, PaidDividend};
pub use dividend_yield::{DividendYield, PortfolioYield};
pub use received::{IncomeOf, IncomeReceived, IncomeSum};
