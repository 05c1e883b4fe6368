//! What pages show of a portfolio beside its dashboard: one file for each page.
//!
//! Every figure comes with the name by which its derivation is asked for, where it has one.

mod figure;
mod holdings;
mod summary;

pub use figure::FigureShown;
pub use holdings::{BesideBenchmark, FreshnessShown, HoldingRow, Holdings};
pub use summary::{BenchmarkSummary, Summary};
