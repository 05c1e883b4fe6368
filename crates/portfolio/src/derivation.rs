//! Derivations: how a figure came about, down to transactions, prices and rates.
//!
//! Every figure of a report is written down once, as a function of a `Calculation`. `Compute` makes it the number,
//! `Record` a node of a [`Derivation`], so that what is explained is what was computed.

mod allocation;
mod before_fees;
mod benchmarks;
mod calculation;
mod calendar;
mod capital_gains;
mod cash;
mod contributions;
mod costs;
mod decisions;
mod dividends;
mod events;
mod figure_name;
mod gain_parts;
mod market_facts;
mod operation;
mod periods;
mod places;
mod record;
mod returns;
mod risk;
mod shares;
mod tax_year;
#[cfg(test)]
mod tests;
mod text;
mod transactions;
mod tree;

use bellwether_domain::Transaction;
use chrono::NaiveDate;

pub use allocation::{DriftFigure, RebalancingFigure, RebalancingPlan};
pub(crate) use calculation::{
    Calculation, Compute, Content, DayValues, IncomePart, Label, Side, TradeCost, fraction, money,
};
pub use calendar::RollingFigure;
pub use figure_name::{
    AgeGroupFigure, AllocationFigure, BenchmarkFigure, CalendarFigure, CapitalGainsFigure, CashFigure,
    ContributionFigure, DecisionsFigure, DividendYearFigure, FigureName, GainPartFigure, HoldingFigure,
    InvalidFigureName, LotFigure, MultipleFigure, Omitted, PeriodFigure, PortfolioFigure,
    PortfolioYieldFigure, PurchaseFigure, RiskFigure, SaleEffectFigure, TaxYearFigure, TaxYearIncomeFigure,
    YieldFigure,
};
pub use operation::{Operation, Statistic};
pub use risk::RiskBasis;
pub use tree::{About, Column, Derivation, Field, InvalidDerivation, Node, Number, Source, Unit, Working};

use self::record::Record;
use crate::{Books, CustomIndex, LedgerError, Market, Options};

/// Derives figures of a ledger as of a day.
///
/// It replays the ledger once, keeping how each cost came about, and can then be asked for any number of figures.
#[derive(Debug)]
pub struct Derivations<'a> {
    transactions: &'a [Transaction],
    market: &'a Market,
    books: Books,
    indices: Vec<CustomIndex>,
}

impl<'a> Derivations<'a> {
    /// Prepares derivations of a ledger's figures.
    ///
    /// # Errors
    /// Those of [`Books::replay`].
    pub fn new(
        transactions: &'a [Transaction],
        market: &'a Market,
        options: &Options,
        as_of: NaiveDate,
    ) -> Result<Self, LedgerError> {
        let books = Books::replay_explained(transactions, market, *options, as_of)?;
        Ok(Self { transactions, market, books, indices: Vec::new() })
    }

    /// The same with benchmarks of one's own, which figures name as they name other benchmarks.
    #[must_use]
    pub fn with_indices(self, indices: Vec<CustomIndex>) -> Self {
        Self { indices, ..self }
    }

    /// How a figure came about. A figure that does not exist, or is not known, has the reason as its value.
    pub fn derive(&self, figure: &FigureName) -> Derivation {
        let mut record = Record::new(self.transactions, self.market, &self.books, &self.indices);
        let root = figure.derived(&mut record, &self.books, self.market);
        record.finished(root)
    }
}
