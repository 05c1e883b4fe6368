//! What every source of prices can be asked for.

use async_trait::async_trait;
use bellwether_domain::{Currency, InstrumentKind, PriceSource, Quote, Symbol};
use chrono::NaiveDate;

use crate::{History, LoadBudget, NotAnswered, Outcome, Plan, RecentCloses, SourceHealth};

/// A source of prices.
///
/// Batches answer one [`Outcome`] for each symbol asked, in the order asked. No method fails as a whole, and none
/// makes more calls than the budget allows. Symbols are spelled in one way for all providers; one whose service has
/// other names for them translates.
#[async_trait]
pub trait Provider: Send + Sync {
    /// The source whose history of the symbol is asked for first here, for comparing an answer with what is stored
    /// of it; whose the answer is, it says itself. `None` for a symbol that is not covered.
    fn source_of(&self, symbol: &Symbol) -> Option<PriceSource>;

    /// Whether asking for the symbol here is of any use.
    fn covers(&self, symbol: &Symbol) -> bool {
        self.source_of(symbol).is_some()
    }

    /// The symbol under which the price of one `from` in `to` can be asked for, now and in history. `None` when the
    /// currencies are the same, or their rate is not covered here.
    fn rate_symbol(&self, from: Currency, to: Currency) -> Option<Symbol> {
        Symbol::of_pair(from, to).filter(|pair| self.covers(pair))
    }

    /// How the sources behind this fared, in the order in which they are asked.
    fn health(&self) -> Vec<SourceHealth>;

    /// For how many symbols current prices are best asked for at once, as things are: what fills its calls. More are
    /// taken as well, in more calls.
    fn quotes_at_once(&self) -> usize {
        Plan::BATCH
    }

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
