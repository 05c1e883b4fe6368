//! What every source of prices can be asked for.

use async_trait::async_trait;
use bellwether_domain::{Currency, InstrumentKind, PriceSource, Quote, Symbol};
use chrono::NaiveDate;

use crate::{History, LoadBudget, NotAnswered, Outcome, RecentCloses};

/// A source of prices.
///
/// Batches answer one [`Outcome`] for each symbol asked, in the order asked. No method fails as a whole, and none
/// makes more calls than the budget allows.
#[async_trait]
pub trait Provider: Send + Sync {
    /// The source that full history from here is stored under.
    fn source(&self) -> PriceSource;

    /// The symbol under which the price of one `from` in `to` can be asked for, now and in history. `None` when the
    /// currencies are the same, or no rates are given here.
    fn rate_symbol(&self, from: Currency, to: Currency) -> Option<Symbol>;

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

    /// Instruments that match a name, ticker or number, best first.
    async fn search(&self, text: &str, budget: &LoadBudget) -> Result<Vec<Found>, NotAnswered>;
}

/// An instrument found by a search.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Its ticker.
    pub symbol: Symbol,
    /// Its name.
    pub name: Option<String>,
    /// What it is.
    pub kind: InstrumentKind,
    /// The name or code of its venue.
    pub venue: Option<String>,
}
