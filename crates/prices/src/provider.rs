//! What every source of prices can be asked for.

use async_trait::async_trait;
use bellwether_domain::{PriceSource, Quote, Symbol};
use chrono::NaiveDate;

use crate::{History, LoadBudget, Outcome, RecentCloses};

/// A source of prices.
///
/// Batches answer one [`Outcome`] for each symbol asked, in the order asked. No method fails as a whole, and none
/// makes more calls than the budget allows.
#[async_trait]
pub trait Provider: Send + Sync {
    /// The source that full history from here is stored under.
    fn source(&self) -> PriceSource;

    /// Current prices.
    async fn quotes(&self, symbols: &[Symbol], budget: &LoadBudget) -> Vec<(Symbol, Outcome<Quote>)>;

    /// Closes of about a year and the current price: cheap, for a first view.
    async fn recent_closes(
        &self,
        symbols: &[Symbol],
        budget: &LoadBudget,
    ) -> Vec<(Symbol, Outcome<RecentCloses>)>;

    /// Full daily history from a day on, with events and the current price.
    async fn history(&self, symbol: &Symbol, from: NaiveDate, budget: &LoadBudget) -> Outcome<History>;
}
