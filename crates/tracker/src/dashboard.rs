//! Everything a dashboard shows, computed whole from the ledger and the stored prices.

mod range;
mod warnings;

use std::collections::{BTreeMap, BTreeSet};

use bellwether_cache::Validity;
use bellwether_domain::{Currency, Portfolio, PortfolioId, Symbol, Transaction};
use bellwether_portfolio::{
    Benchmark, Books, Comparison, DailySeries, Figure, Holding, Investment, LedgerError, Market, Options,
    Period, PortfolioSeries, Position, Reason, Report,
};
use bellwether_texts::Sentence;
use chrono::{DateTime, NaiveDate, Utc};

use crate::compute::replay;
use crate::metrics::day_ends;
use crate::prices_shown::{Moment, PriceShown, PricesShown, Subject};
use crate::stored_market::{StoredMarket, symbols_of};
use crate::{Tracker, TrackerError};

pub use range::{InvalidRange, Range, RangeChange};

/// Days that a holding's small chart covers.
const SPARKLINE_DAYS: usize = 90;

/// What of a portfolio is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct View {
    /// At the end of this day; now when `None`.
    pub as_of: Option<NaiveDate>,
    /// The span that the chart and the range's change look at.
    pub range: Range,
    /// Compare with these instead of the portfolio's own benchmarks, unless empty.
    pub benchmarks: Vec<Symbol>,
}

/// A portfolio's figures as of a day, with what a page needs to show them.
#[derive(Debug)]
pub struct Dashboard {
    /// The portfolio.
    pub portfolio: Portfolio,
    /// The day at whose end the figures are.
    pub as_of: NaiveDate,
    /// The day that it is.
    pub today: NaiveDate,
    /// Whether the figures' day is over, rather than today.
    pub is_past: bool,
    /// When this was computed.
    pub computed_at: DateTime<Utc>,
    /// When the day that it shows ends; `None` where that is over.
    pub day_ends: Option<DateTime<Utc>>,
    /// The figures, or what is wrong with the ledger.
    pub figures: Result<Figures, LedgerError>,
    /// How old the shown prices are.
    pub prices: PricesShown,
    /// The ledger by that day, in its order.
    pub transactions: Vec<Transaction>,
    /// What the reader should know, in sentences.
    pub warnings: Vec<Sentence>,
    /// All whose prices it is made from, benchmarks and pairs of currencies among them, known or not.
    pub made_from: BTreeSet<Symbol>,
}

/// What can be computed from a sound ledger.
#[derive(Debug)]
pub struct Figures {
    /// Positions, cash and flows.
    pub books: Books,
    /// Sums and rates.
    pub report: Report,
    /// By day.
    pub series: PortfolioSeries,
    /// The same money elsewhere, in the order asked for.
    pub benchmarks: Vec<Against>,
    /// What happened in the range.
    pub range: RangeChange,
    /// Names of all that was ever held, and small charts of what is.
    pub instruments: BTreeMap<Symbol, InstrumentShown>,
}

/// A portfolio and its holdings beside one benchmark.
#[derive(Debug)]
pub struct Against {
    /// The benchmark.
    pub symbol: Symbol,
    /// What the owner calls it, where it is an index of their own.
    pub name: Option<String>,
    /// The portfolio's flows in it.
    pub portfolio: Figure<Comparison>,
    /// Its own growth of 1 by day over the range.
    pub growth: Figure<DailySeries>,
    /// Each held instrument's flows in it.
    pub holdings: BTreeMap<Symbol, Figure<Comparison>>,
}

/// What a page shows of an instrument beside its figures.
#[derive(Debug, Clone, Default)]
pub struct InstrumentShown {
    /// Its name, where a source told it.
    pub name: Option<String>,
    /// Closes of the last days in the units of the page's day; `NaN` where there is none.
    pub sparkline: Vec<f64>,
}

impl Tracker {
    /// A portfolio's dashboard. Never waits for a provider. Notes what else it is compared with, so that prices of
    /// that come, and writes nothing more.
    ///
    /// # Errors
    /// [`TrackerError::NotFound`] when there is no such portfolio, [`TrackerError::Refused`] for a day to come, and
    /// the database's.
    pub async fn dashboard(&self, id: PortfolioId, view: &View) -> Result<Dashboard, TrackerError> {
        let now = self.clock().now();
        let today = self.today();
        let as_of = self.past_day(view.as_of)?;
        let portfolio = self.portfolio(id).await?;
        let transactions = self.ledger(id).await?;
        let benchmarks =
            if view.benchmarks.is_empty() { portfolio.benchmarks.clone() } else { view.benchmarks.clone() };
        let others = view.beside(&portfolio);
        if let Err(error) = self.look_beside(&portfolio, &transactions, others).await {
            // The page is made of what is there; the next look is noted again.
            tracing::warn!(%error, "upkeep.look_not_noted");
        }
        let market = self.stored_market(&portfolio, &transactions, &benchmarks, as_of).await?;
        let refreshing = self.is_refreshing();
        let range = view.range;
        let input = Input { portfolio, transactions, benchmarks, market, as_of, today, now, refreshing };
        Ok(self.compute(move || input.dashboard(range)).await)
    }

    /// What a look at a portfolio's dashboard sets off: prices come that are due, and of what else it is compared with.
    /// Computes nothing, for answers that were made before.
    ///
    /// # Errors
    /// [`TrackerError::NotFound`] when there is no such portfolio, and the database's.
    pub async fn look(&self, id: PortfolioId, view: &View) -> Result<(), TrackerError> {
        self.refresh_if_due(id).await?;
        let portfolio = self.portfolio(id).await?;
        let others = view.beside(&portfolio);
        if others.is_empty() {
            return Ok(());
        }
        let transactions = self.ledger(id).await?;
        self.look_beside(&portfolio, &transactions, others).await
    }
}

impl View {
    /// The benchmarks that are not the portfolio's own.
    fn beside(&self, portfolio: &Portfolio) -> Vec<Symbol> {
        let own = &portfolio.benchmarks;
        self.benchmarks.iter().filter(|symbol| !own.contains(symbol)).cloned().collect()
    }
}

impl Dashboard {
    /// For how long its figures alone are right.
    pub fn figures_validity(&self) -> Validity {
        Validity { changes_at: self.day_ends, refreshing: None }
    }

    /// The same together with how far each price can be relied on.
    pub fn states_validity(&self) -> Validity {
        self.validity_until(self.prices.lasting.states_change_at)
    }

    /// The same together with the words for that.
    pub fn words_validity(&self) -> Validity {
        self.validity_until(self.prices.lasting.words_change_at)
    }

    fn validity_until(&self, changes_at: Option<DateTime<Utc>>) -> Validity {
        Validity {
            changes_at: changes_at.into_iter().chain(self.day_ends).min(),
            refreshing: self.prices.is_awaited.then_some(self.prices.refreshing),
        }
    }
}

/// A portfolio and what it holds, each to be compared with every benchmark.
struct Investments<'a> {
    base: Currency,
    portfolio: Figure<Investment<'a>>,
    holdings: Vec<(Symbol, Figure<Investment<'a>>)>,
}

impl<'a> Investments<'a> {
    fn new(books: &'a Books, series: &'a PortfolioSeries, report: &Report, market: &'a Market) -> Self {
        let held = books
            .positions()
            .iter()
            .filter(|position| report.holding(&position.symbol).is_some_and(Holding::is_open));
        let investment = |position: &'a Position| Investment::of_position(position, books, market);
        Self {
            base: books.options().base,
            portfolio: Investment::of_portfolio(books, series),
            holdings: held.map(|position| (position.symbol.clone(), investment(position))).collect(),
        }
    }
}

/// What a dashboard is computed from.
struct Input {
    portfolio: Portfolio,
    transactions: Vec<Transaction>,
    benchmarks: Vec<Symbol>,
    market: StoredMarket,
    as_of: NaiveDate,
    today: NaiveDate,
    now: DateTime<Utc>,
    refreshing: bool,
}

impl Input {
    fn dashboard(mut self, range: Range) -> Dashboard {
        let is_past = self.as_of < self.today;
        // What comes now changes nothing about a day that is over.
        self.refreshing &= !is_past;
        let figures = self.figures(range);
        let prices = match &figures {
            Ok(figures) => self.prices_shown(figures, is_past),
            Err(_) => PricesShown::none(self.refreshing),
        };
        let warnings = warnings::of(figures.as_ref(), &self.market, &prices, is_past);
        let made_from = self.made_from();
        let mut transactions = self.transactions;
        transactions.retain(|booked| booked.date <= self.as_of);
        Dashboard {
            transactions,
            as_of: self.as_of,
            today: self.today,
            is_past,
            computed_at: self.now,
            day_ends: day_ends(self.as_of, self.now),
            figures,
            prices,
            warnings,
            made_from,
            portfolio: self.portfolio,
        }
    }

    fn made_from(&self) -> BTreeSet<Symbol> {
        let booked_in = self.transactions.iter().map(|booked| booked.currency);
        let traded_in = self.market.instruments.values().filter_map(|known| known.currency);
        let pairs = booked_in
            .chain(traded_in)
            .filter_map(|currency| Symbol::of_pair(currency, self.portfolio.base_currency));
        let mut symbols = symbols_of(&self.transactions);
        let compared = self.benchmarks.iter().flat_map(|symbol| self.market.market.made_from(symbol));
        symbols.extend(compared.cloned().chain(pairs));
        symbols
    }

    fn figures(&self, range: Range) -> Result<Figures, LedgerError> {
        let options = Options::of(&self.portfolio);
        let market = &self.market.market;
        let books = replay(&self.transactions, market, options, self.as_of)?;
        let series = PortfolioSeries::new(&books, market);
        let report = Report::new(&books, market, &series);
        let before_all = series.value.first_day.pred_opt().unwrap_or(series.value.first_day);
        let range = RangeChange::of(&books, market, range.begins(self.as_of, before_all));
        let benchmarks =
            self.beside_benchmarks(&Investments::new(&books, &series, &report, market), range.since);
        let instruments =
            report.holdings.iter().map(|holding| (holding.symbol.clone(), self.shown(holding))).collect();
        Ok(Figures { books, report, series, benchmarks, range, instruments })
    }

    fn beside_benchmarks(&self, investments: &Investments<'_>, since: NaiveDate) -> Vec<Against> {
        self.benchmarks.iter().map(|symbol| self.against(symbol, investments, since)).collect()
    }

    fn against(&self, symbol: &Symbol, investments: &Investments<'_>, since: NaiveDate) -> Against {
        let benchmark = Benchmark::new(symbol, &self.market.market, investments.base, self.as_of);
        let compared = |investment: &Figure<Investment<'_>>| match (&benchmark, investment) {
            (Ok(benchmark), Ok(investment)) => benchmark.against(investment),
            (Err(reason), _) | (_, Err(reason)) => Err(reason.clone()),
        };
        let growth = benchmark.as_ref().map_err(Clone::clone);
        let growth = growth.and_then(|of| of.growth_over(Period::new(since, self.as_of)?));
        let holdings = investments.holdings.iter();
        Against {
            growth,
            symbol: symbol.clone(),
            name: self.market.index_name(symbol),
            portfolio: compared(&investments.portfolio),
            holdings: holdings.map(|(symbol, held)| (symbol.clone(), compared(held))).collect(),
        }
    }

    fn shown(&self, holding: &Holding) -> InstrumentShown {
        let name = self.market.instruments.get(&holding.symbol).and_then(|known| known.name.clone());
        if !holding.is_open() {
            return InstrumentShown { name, sparkline: Vec::new() };
        }
        let sparkline = self.market.market.instrument(&holding.symbol).map_or_else(Vec::new, |data| {
            let columns = data.prices().columns();
            let until = columns.days.partition_point(|day| *day <= bellwether_domain::epoch_day(self.as_of));
            let from = until.saturating_sub(SPARKLINE_DAYS * 5 / 7);
            let days = columns.days.get(from..until).unwrap_or_default();
            let closes = columns.closes.get(from..until).unwrap_or_default();
            let units = |day: i32| {
                let later = data.splits().iter().filter(|split| {
                    bellwether_domain::epoch_day(split.ex_date) > day && split.ex_date <= self.as_of
                });
                later.map(|split| bellwether_domain::price_of_decimal(split.ratio.factor())).product::<f64>()
            };
            days.iter().zip(closes).map(|(day, close)| close / units(*day)).collect()
        });
        InstrumentShown { name, sparkline }
    }

    fn prices_shown(&self, figures: &Figures, is_past: bool) -> PricesShown {
        let moment = Moment { as_of: self.as_of, is_past, now: self.now, refreshing: self.refreshing };
        let held = figures.report.open_holdings().map(|holding| {
            let subject = Subject {
                symbol: &holding.symbol,
                price: holding.price.as_ref().ok().map(|price| (price.day, price.origin)),
                state: self.market.price_states.get(&holding.symbol),
            };
            (PriceShown::assess(&subject, moment), holding.value.as_ref().ok().copied())
        });
        PricesShown::new(held.collect(), moment)
    }
}

impl Against {
    /// What people call the benchmark: an index of one's own by its name, an instrument by its symbol.
    pub fn title(&self) -> &str {
        self.name.as_deref().unwrap_or(self.symbol.as_str())
    }
}

impl Figures {
    /// The instrument's page facts; none for what is not held.
    pub fn instrument(&self, symbol: &Symbol) -> InstrumentShown {
        self.instruments.get(symbol).cloned().unwrap_or_default()
    }

    /// The first benchmark's comparison, which the chart shows.
    pub fn first_comparison(&self) -> Figure<&Comparison> {
        match self.benchmarks.first() {
            Some(against) => against.portfolio.as_ref().map_err(Clone::clone),
            None => Err(Reason::NotHeld),
        }
    }
}
