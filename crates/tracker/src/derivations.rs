//! How a shown figure came about: a tree down to transactions and prices, a bounded part of it at a time.

mod fetched;
mod tree;

use std::collections::{BTreeMap, BTreeSet};

use bellwether_domain::{Portfolio, PortfolioId, Symbol};
use bellwether_portfolio::{Derivations, FigureName, Omitted, Options, Period};
use chrono::{DateTime, NaiveDate, Utc};

use crate::metrics::day_ends;
use crate::refusals::no_figure;
use crate::stored_market::symbols_of;
use crate::views::Viewed;
use crate::views::allocation::{ASSET_CLASSES, asset_classes, is_of_classes};
use crate::{Tracker, TrackerError, View};

pub use tree::{NodeShown, SourceShown};

/// Which part of a derivation is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DerivationPart {
    /// The way from the figure down to the node to begin with, by the places of operands.
    pub under: Vec<usize>,
    /// So many steps below that node.
    pub depth: usize,
    /// The first of its operands to be shown.
    pub first: usize,
    /// So many operands of any node at most.
    pub most: usize,
}

/// A part of a figure's derivation.
#[derive(Debug)]
pub struct DerivationShown {
    /// The portfolio.
    pub portfolio: Portfolio,
    /// The figure.
    pub figure: FigureName,
    /// The day at whose end it is.
    pub as_of: NaiveDate,
    /// The range that names may leave out begins at the close of this day.
    pub since: NaiveDate,
    /// The day of the first booking.
    pub first_booked: Option<NaiveDate>,
    /// When this was computed.
    pub computed_at: DateTime<Utc>,
    /// When the day that it is of ends; `None` where that is over.
    pub day_ends: Option<DateTime<Utc>>,
    /// The node that was asked for, with what it rests on.
    pub node: NodeShown,
    /// What the owner calls the indices of their own that it names.
    pub index_names: BTreeMap<Symbol, String>,
    /// What the ledger mentions, so that there are pages of it.
    pub traded: BTreeSet<Symbol>,
}

impl DerivationShown {
    /// The same as other views come.
    pub fn viewed(self, today: NaiveDate) -> Viewed<Self> {
        Viewed {
            portfolio: self.portfolio.clone(),
            as_of: self.as_of,
            since: self.since,
            computed_at: self.computed_at,
            today,
            first_booked: self.first_booked,
            day_ends: self.day_ends,
            shown: self,
        }
    }
}

impl Tracker {
    /// How a figure of a portfolio came about, from the same ledger and prices as the dashboard of that view. A name of a
    /// figure of a period may leave the period out: then it is the view's range. Waits for nobody and writes nothing.
    ///
    /// # Errors
    /// [`TrackerError::NotFound`] when there is no such portfolio or no such node, [`TrackerError::Refused`] for a name
    /// of no figure and for a day to come, [`TrackerError::Conflict`] for a ledger that cannot be read, and the
    /// database's.
    pub async fn derivation(
        &self,
        id: PortfolioId,
        view: &View,
        figure: &str,
        part: DerivationPart,
    ) -> Result<DerivationShown, TrackerError> {
        let as_of = self.past_day(view.as_of)?;
        let portfolio = self.portfolio(id).await?;
        let transactions = self.ledger(id).await?;
        let first_booked = transactions.iter().map(|booked| booked.date).filter(|day| *day <= as_of).min();
        let first = first_booked.unwrap_or(as_of);
        // The view's range.
        let since = view.range.begins(as_of, first.pred_opt().unwrap_or(first));
        let mut omitted = Omitted { period: Period::new(since, as_of).ok(), ..Omitted::default() };
        if is_of_classes(figure) {
            omitted.targets = self.targets(id).await?.as_targets();
            let benchmarks = benchmarks_of(view, &portfolio).iter().cloned();
            let symbols = symbols_of(&transactions).into_iter().chain(benchmarks).collect();
            let known = self.storage().instruments_by_symbol(symbols).await?;
            omitted.divisions = vec![(ASSET_CLASSES.to_owned(), asset_classes(&known))];
        }
        let figure =
            FigureName::read(figure, &omitted).map_err(|error| TrackerError::refused(no_figure(&error)))?;
        let benchmarks = benchmarks(view, &portfolio, &figure);
        let market = self.stored_market(&portfolio, &transactions, &benchmarks, as_of).await?;
        let traded = symbols_of(&transactions);
        let computed_at = self.clock().now();
        let options = Options::of(&portfolio);
        let derive = move || {
            let derivations = Derivations::new(&transactions, &market.market, &options, as_of)
                .map_err(|fault| TrackerError::contradiction(&fault))?;
            let derivation = derivations.derive(&figure);
            let no_node = || TrackerError::NotFound("such step in this derivation".to_owned());
            let node = NodeShown::of(&derivation, &part).ok_or_else(no_node)?;
            Ok::<_, TrackerError>((figure, node, market))
        };
        let (figure, mut node, market) = self.compute(derive).await?;
        self.tell_when_fetched(&mut node, &market).await?;
        let day_ends = day_ends(as_of, computed_at);
        let index_names = market.index_names;
        Ok(DerivationShown {
            portfolio,
            figure,
            as_of,
            since,
            first_booked,
            computed_at,
            day_ends,
            node,
            index_names,
            traded,
        })
    }
}

/// Those of the view's dashboard, and what the figure is compared with.
fn benchmarks(view: &View, portfolio: &Portfolio, figure: &FigureName) -> Vec<Symbol> {
    let all: BTreeSet<Symbol> =
        benchmarks_of(view, portfolio).iter().chain(named_in(figure)).cloned().collect();
    all.into_iter().collect()
}

fn benchmarks_of<'a>(view: &'a View, portfolio: &'a Portfolio) -> &'a [Symbol] {
    if view.benchmarks.is_empty() { &portfolio.benchmarks } else { &view.benchmarks }
}

fn named_in(figure: &FigureName) -> Option<&Symbol> {
    match figure {
        FigureName::Benchmark { symbol, .. } | FigureName::BenchmarkReturn { symbol, .. } => Some(symbol),
        FigureName::AgainstBenchmark { benchmark, .. } | FigureName::AgeGroup { benchmark, .. } => {
            Some(benchmark)
        }
        FigureName::Decisions { benchmark, .. } => benchmark.as_ref(),
        FigureName::Risk { basis, .. } => basis.benchmark.as_ref(),
        _ => None,
    }
}

/// The benchmark that a figure's name names: its prices are among those that the figure is made from.
pub fn benchmark_named_in(figure: &str) -> Option<Symbol> {
    // Whatever the period is, the benchmark is the same.
    let some_day = Period::since(NaiveDate::default(), NaiveDate::default()).ok();
    let omitted = Omitted { period: some_day, ..Omitted::default() };
    named_in(&FigureName::read(figure, &omitted).ok()?).cloned()
}
