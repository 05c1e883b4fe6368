//! What each purchase and each sale of a ledger brought, and how it did against the benchmarks.

use std::collections::{BTreeSet, HashMap};

use bellwether_domain::{Currency, PortfolioId, Symbol, Transaction, TransactionId};
use bellwether_portfolio::{
    Benchmark, Books, Decisions, Figure, FigureName, LedgerError, Options, PurchaseFigure,
};
use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::figure::FigureShown;
use super::scene::Viewed;
use crate::compute::replay;
use crate::metrics::day_ends;
use crate::stored_market::StoredMarket;
use crate::{Tracker, TrackerError, View};

/// What the trades of a ledger brought, or those of some of its instruments.
#[derive(Debug, Clone, Default)]
pub struct TradesWeighed {
    /// What they are weighed against, each with what its owner calls it where it is an index of their own.
    pub benchmarks: Vec<(Symbol, Option<String>)>,
    /// By transaction.
    pub trades: HashMap<TransactionId, TradeWeighed>,
    /// Names of instruments, where they are known.
    pub names: HashMap<Symbol, String>,
    /// The accounts of the whole ledger.
    pub accounts: BTreeSet<String>,
    /// How many transactions the whole ledger has.
    pub count: usize,
}

/// What a purchase or a sale brought.
#[derive(Debug, Clone, PartialEq)]
pub struct TradeWeighed {
    /// The instrument, under its newest symbol.
    pub symbol: Symbol,
    /// Whether shares were sold.
    pub is_sale: bool,
    /// Of a purchase what it is worth, brought and paid less what it cost; of a sale what it brought less what that had
    /// cost.
    pub gain: Figure<Decimal>,
    /// How far it is ahead of the same money in each benchmark.
    pub against: Vec<Figure<f64>>,
}

impl TradeWeighed {
    /// The name of the gain's derivation.
    pub fn gain_name(&self, transaction: TransactionId) -> FigureName {
        if self.is_sale {
            FigureName::Sale { symbol: self.symbol.clone(), transaction }
        } else {
            FigureName::Purchase { transaction, figure: PurchaseFigure::Effect }
        }
    }

    /// The gain as pages show it.
    pub fn gain_shown(&self, transaction: TransactionId, base: Currency) -> FigureShown {
        FigureShown::money(&self.gain, base, self.gain_name(transaction))
    }

    /// How far it is ahead of each of these benchmarks, as pages show it.
    pub fn against_shown(
        &self,
        transaction: TransactionId,
        benchmarks: &[(Symbol, Option<String>)],
        base: Currency,
    ) -> Vec<FigureShown> {
        let shown = |((benchmark, _), ahead): (&(Symbol, Option<String>), &Figure<f64>)| {
            let name = FigureName::AgainstBenchmark { transaction, benchmark: benchmark.clone() };
            FigureShown::float(ahead.clone(), bellwether_portfolio::derivation::Unit::Money(base), name)
        };
        benchmarks.iter().zip(&self.against).map(shown).collect()
    }
}

impl Tracker {
    /// What the trades of a portfolio brought: those of some instruments, or all. Of some it costs no more than their
    /// own bookings do, however long the ledger is.
    ///
    /// # Errors
    /// [`TrackerError::NotFound`] when there is no such portfolio, [`TrackerError::Refused`] for a day to come,
    /// [`TrackerError::Conflict`] for a ledger that cannot be read, and the database's.
    pub async fn trades_weighed(
        &self,
        id: PortfolioId,
        view: &View,
        of: Option<BTreeSet<Symbol>>,
    ) -> Result<Viewed<TradesWeighed>, TrackerError> {
        let today = self.today();
        let as_of = self.past_day(view.as_of)?;
        let portfolio = self.portfolio(id).await?;
        let transactions = self.ledger(id).await?;
        let first_booked = transactions.iter().map(|booked| booked.date).filter(|day| *day <= as_of).min();
        let before_all = first_booked.unwrap_or(as_of).pred_opt().unwrap_or(as_of);
        let since = view.range.begins(as_of, before_all);
        let accounts: BTreeSet<String> = transactions.iter().map(|booked| booked.account.clone()).collect();
        let count = transactions.len();
        let chosen = if view.benchmarks.is_empty() { &portfolio.benchmarks } else { &view.benchmarks };
        let benchmarks = chosen.clone();
        let transactions = match of {
            Some(symbols) => self.compute(move || related(transactions, symbols)).await,
            None => transactions,
        };
        let stored = self.stored_market(&portfolio, &transactions, &benchmarks, as_of).await?;
        let (options, computed_at) = (Options::of(&portfolio), self.clock().now());
        let compute = move || {
            let books = replay(&transactions, &stored.market, options, as_of)?;
            Ok(TradesWeighed { accounts, count, ..TradesWeighed::of(&books, &stored, &benchmarks, as_of) })
        };
        let shown =
            self.compute(compute).await.map_err(|fault: LedgerError| TrackerError::contradiction(&fault))?;
        let day_ends = day_ends(as_of, computed_at);
        Ok(Viewed { portfolio, as_of, since, computed_at, today, first_booked, day_ends, shown })
    }
}

/// The bookings of instruments, and of all that became of them or that they came from.
fn related(transactions: Vec<Transaction>, mut symbols: BTreeSet<Symbol>) -> Vec<Transaction> {
    let pairs: Vec<(Symbol, Symbol)> = transactions
        .iter()
        .filter_map(|booked| {
            let (one, other) = (booked.booking.symbol()?, booked.booking.other_symbol()?);
            Some((one.clone(), other.clone()))
        })
        .collect();
    loop {
        let known = symbols.len();
        for (one, other) in &pairs {
            if symbols.contains(one) || symbols.contains(other) {
                symbols.extend([one.clone(), other.clone()]);
            }
        }
        if symbols.len() == known {
            break;
        }
    }
    let is_of = |booked: &Transaction| booked.booking.symbols().any(|symbol| symbols.contains(symbol));
    transactions.into_iter().filter(is_of).collect()
}

impl TradesWeighed {
    fn of(books: &Books, stored: &StoredMarket, benchmarks: &[Symbol], as_of: NaiveDate) -> Self {
        let (market, base) = (&stored.market, books.options().base);
        let benchmarks: Vec<Benchmark> = benchmarks
            .iter()
            .filter_map(|benchmark| Benchmark::new(benchmark, market, base, as_of).ok())
            .collect();
        let decisions = Decisions::new(books, market, &benchmarks);
        let mut trades: HashMap<TransactionId, TradeWeighed> = HashMap::new();
        for purchase in decisions.purchases {
            let trade = TradeWeighed {
                symbol: purchase.symbol,
                is_sale: false,
                gain: purchase.effect,
                against: purchase.against,
            };
            trades.insert(purchase.transaction, trade);
        }
        let gains: HashMap<TransactionId, Figure<Decimal>> = books
            .positions()
            .iter()
            .flat_map(|position| &position.sales)
            .map(|sale| (sale.transaction, sale.gain()))
            .collect();
        for sale in decisions.sales {
            let Some(gain) = gains.get(&sale.transaction).cloned() else { continue };
            let trade = TradeWeighed { symbol: sale.symbol, is_sale: true, gain, against: sale.against };
            trades.insert(sale.transaction, trade);
        }
        let name = |benchmark: &Symbol| (benchmark.clone(), stored.index_name(benchmark));
        Self {
            benchmarks: decisions.benchmarks.iter().map(name).collect(),
            trades,
            names: stored
                .instruments
                .iter()
                .filter_map(|(symbol, known)| Some((symbol.clone(), known.name.clone()?)))
                .collect(),
            accounts: BTreeSet::new(),
            count: 0,
        }
    }
}
