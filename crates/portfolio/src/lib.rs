//! Portfolio arithmetic: from a ledger and prices to holdings, gains, returns and a benchmark.
//!
//! Everything here is a function of its arguments. Amounts of the ledger are exact decimals, rates and daily series
//! are `f64`, and a figure that cannot be known is a [`Reason`], never a zero.

mod benchmark;
mod books;
mod drawdown;
mod error;
mod exact;
mod figure;
mod market;
mod modified_dietz;
mod report;
mod series;
#[cfg(test)]
mod testing;
mod twr;
mod xirr;

pub use benchmark::{Benchmark, Comparison, SessionChange};
pub use books::{
    BookedPrice, Books, CashBalance, CashBook, CashEntry, CashKind, Charge, ClosedLot, Cost, ExternalFlow,
    ExternalKind, HoldingPrice, Income, IncomeKind, Lot, Options, Position, PositionFlow, PositionFlowKind,
    PriceOrigin, QuantityChange, Sale,
};
pub use drawdown::{Drawdown, current_drawdown, max_drawdown};
pub use error::LedgerError;
pub use figure::{Figure, Reason};
pub use market::{DatedQuote, InstrumentData, Market, PriceOn, PriceSeries, RateOn, Rates, SourcePrices};
pub use modified_dietz::modified_dietz;
pub use report::{CashHolding, DayChange, Holding, Report, Returns, Totals};
pub use series::{DailySeries, PortfolioSeries};
pub use twr::{HoldThenTrade, TimeWeighted, annualised, time_weighted};
pub use xirr::{Flow, Rate, xirr};
