use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use async_trait::async_trait;
use bellwether_domain::{Clock, FixedClock, Quote};
use bellwether_prices::{Found, NotAnswered, RecentCloses, SourceHealth};
use bellwether_storage::portfolios::PortfolioSettings;
use bellwether_yahoo_sim::{ClockMode, SimConfig, SimHandle, Simulator};
use rust_decimal::Decimal;

use super::*;
use crate::{ImportFile, ImportTarget, TrackerOptions, Upstream};

/// The simulated service, whose histories are spoiled on their way.
struct Spoiled<'a, F> {
    inner: &'a dyn Provider,
    spoil: F,
    histories: AtomicU32,
}

#[async_trait]
impl<F: Fn(&mut History) + Send + Sync> Provider for Spoiled<'_, F> {
    fn covers(&self, symbol: &Symbol) -> bool {
        self.inner.covers(symbol)
    }

    fn source_of(&self, symbol: &Symbol) -> Option<PriceSource> {
        self.inner.source_of(symbol)
    }

    fn health(&self) -> Vec<SourceHealth> {
        self.inner.health()
    }

    async fn quotes(&self, symbols: &[Symbol], budget: &LoadBudget) -> Vec<(Symbol, Outcome<Quote>)> {
        self.inner.quotes(symbols, budget).await
    }

    async fn recent_closes(
        &self,
        symbols: &[Symbol],
        budget: &LoadBudget,
    ) -> Vec<(Symbol, Outcome<RecentCloses>)> {
        self.inner.recent_closes(symbols, budget).await
    }

    async fn history(&self, symbol: &Symbol, from: NaiveDate, budget: &LoadBudget) -> Outcome<History> {
        self.histories.fetch_add(1, Ordering::SeqCst);
        let mut outcome = self.inner.history(symbol, from, budget).await;
        if let Outcome::Answered(history) = &mut outcome {
            (self.spoil)(history);
        }
        outcome
    }

    async fn search(&self, text: &str, budget: &LoadBudget) -> Result<Vec<Found>, NotAnswered> {
        self.inner.search(text, budget).await
    }
}

/// One holding whose history was fetched on a Saturday, and is due again later.
struct Stage {
    tracker: Tracker,
    _simulator: SimHandle,
    clock: Arc<FixedClock>,
    portfolio: bellwether_domain::PortfolioId,
    symbol: Symbol,
}

/// What is stored of the holding: the bars, and the current price.
type Stored = (Vec<DailyBar>, Quote);

impl Stage {
    async fn set(symbol: &str, later: &str) -> Self {
        let clock = Arc::new(FixedClock::at("2026-11-21T12:00:00Z".parse().expect("an instant")));
        let mode = ClockMode::Shared(Arc::<FixedClock>::clone(&clock));
        let config = SimConfig { clock: mode, ..SimConfig::default() };
        let simulator = Simulator::spawn(config).expect("a simulator");
        let options = TrackerOptions {
            database: "sqlite::memory:".to_owned(),
            upstream: Upstream::Simulator(simulator.base_url()),
            feeds: Vec::new(),
            redis: None,
            clock: Arc::<FixedClock>::clone(&clock),
        };
        let tracker = Tracker::open(options).await.expect("a tracker");
        let csv = format!("Ticker,Type,Date,Price,Shares\n{symbol},Buy,2025-03-05,100,10\n");
        let file = ImportFile { name: "trades.csv".to_owned(), bytes: csv.into(), currency: None };
        let target = ImportTarget::Named(PortfolioSettings::named("Main"));
        tracker.import(target, file, false).await.expect("an import");
        let portfolio = tracker.portfolio_named("Main").await.expect("a portfolio").id;
        tracker.refresh_now(portfolio).await.expect("a refresh");
        clock.set(later.parse().expect("an instant"));
        let symbol = symbol.parse().expect("a symbol");
        Self { tracker, _simulator: simulator, clock, portfolio, symbol }
    }

    async fn need(&self) -> Need {
        let needs = self.tracker.needs(self.portfolio).await.expect("needs");
        needs.into_iter().find(|need| *need.symbol() == self.symbol).expect("a due history")
    }

    /// Fetches what is due with answers spoiled; gives how many.
    async fn fetch(&self, need: &Need, spoil: impl Fn(&mut History) + Send + Sync) -> u32 {
        let sources = self.tracker.sources().expect("a provider");
        let provider = Spoiled { inner: sources.provider(), spoil, histories: AtomicU32::new(0) };
        let budget = LoadBudget::foreground(20, self.clock.now() + TimeDelta::seconds(90));
        self.tracker.fetch_history(&provider, need, false, &budget).await.expect("a database");
        provider.histories.into_inner()
    }

    async fn stored(&self, need: &Need) -> Stored {
        let id = need.instrument.id;
        let bars = self.tracker.stored_bars(id, &PriceSource::yahoo()).await.expect("bars");
        let mut quotes = self.tracker.storage().read_quotes(vec![id]).await.expect("quotes");
        (bars, quotes.remove(&id).expect("a price"))
    }

    fn is_quiet(&self) -> bool {
        self.tracker.refresh_state().quiet.holds(&self.symbol, self.clock.now())
    }
}

fn scaled(bar: &mut DailyBar, by: f64) {
    for price in [&mut bar.open, &mut bar.high, &mut bar.low, &mut bar.close] {
        *price *= by;
    }
}

const MONDAY_NIGHT: &str = "2026-11-24T02:00:00Z";
/// After the session in which four shares became of one.
const SPLIT_NIGHT: &str = "2026-12-02T02:00:00Z";

#[tokio::test]
async fn a_history_on_another_scale_leaves_what_is_stored() {
    let stage = Stage::set("KO", MONDAY_NIGHT).await;
    let need = stage.need().await;
    let before = stage.stored(&need).await;
    let calls = stage
        .fetch(&need, |history| {
            history.bars.iter_mut().for_each(|bar| scaled(bar, 100.0));
            history.quote.iter_mut().for_each(|quote| quote.price *= Decimal::ONE_HUNDRED);
        })
        .await;
    assert_eq!(calls, 2, "the missing days, and the whole to see whether all is restated");
    assert_eq!(stage.stored(&need).await, before);
    assert!(stage.is_quiet());

    // An hour later the service is sound again.
    stage.clock.advance(TimeDelta::hours(1));
    assert_eq!(stage.fetch(&stage.need().await, |_| ()).await, 1);
    assert_eq!(stage.stored(&need).await.0.len(), before.0.len() + 1);
}

#[tokio::test]
async fn a_split_explains_no_other_scale() {
    let stage = Stage::set("ZZSPLIT1", SPLIT_NIGHT).await;
    let need = stage.need().await;
    let before = stage.stored(&need).await;
    stage.fetch(&need, |history| history.bars.iter_mut().for_each(|bar| scaled(bar, 100.0))).await;
    assert_eq!(stage.stored(&need).await, before);
}

#[tokio::test]
async fn days_that_a_full_history_lacks_are_kept() {
    let stage = Stage::set("KO", MONDAY_NIGHT).await;
    let mut need = stage.need().await;
    need.whole = true;
    let before = stage.stored(&need).await.0;
    let calls = stage
        .fetch(&need, |history| {
            history.bars.drain(100..130);
            history.bars.drain(..20);
        })
        .await;
    assert_eq!(calls, 1);
    let after = stage.stored(&need).await.0;
    let closes = |bars: &[DailyBar]| bars.iter().map(|bar| (bar.date, bar.close)).collect::<Vec<_>>();
    assert_eq!(closes(&after).get(..before.len()), Some(closes(&before).as_slice()));
    assert_eq!(after.len(), before.len() + 1, "and Monday");
}

#[tokio::test]
async fn days_that_a_restated_history_lacks_are_restated_with_it() {
    let stage = Stage::set("ZZSPLIT1", SPLIT_NIGHT).await;
    let need = stage.need().await;
    let before = stage.stored(&need).await.0;
    let calls = stage
        .fetch(&need, |history| {
            let middle = history.bars.len() / 2;
            history.bars.drain(middle..middle + 30.min(history.bars.len() / 4));
            if history.bars.len() > 100 {
                history.bars.drain(..20);
            }
        })
        .await;
    assert_eq!(calls, 2);
    let after = stage.stored(&need).await.0;
    assert!(after.len() > before.len());
    for (old, new) in before.iter().zip(&after) {
        assert_eq!(old.date, new.date);
        assert!((old.close / new.close / 4.0 - 1.0).abs() < 1e-4, "{old:?} {new:?}");
    }
}

#[tokio::test]
async fn a_history_that_stays_mixed_is_fetched_in_full_once_and_refused() {
    let stage = Stage::set("KO", MONDAY_NIGHT).await;
    let need = stage.need().await;
    let before = stage.stored(&need).await;
    let calls = stage
        .fetch(&need, |history| {
            let half = history.bars.len() / 2;
            history.bars.iter_mut().take(half).for_each(|bar| scaled(bar, 1.5));
        })
        .await;
    assert_eq!(calls, 2);
    assert_eq!(stage.stored(&need).await, before);
    assert!(stage.is_quiet());
}

#[tokio::test]
async fn a_corrected_close_takes_the_place_of_the_stored_one() {
    let stage = Stage::set("KO", MONDAY_NIGHT).await;
    let need = stage.need().await;
    let before = stage.stored(&need).await.0;
    let thursday: NaiveDate = "2026-11-19".parse().expect("a date");
    let calls = stage
        .fetch(&need, |history| {
            history.bars.iter_mut().filter(|bar| bar.date == thursday).for_each(|bar| scaled(bar, 1.03));
        })
        .await;
    assert_eq!(calls, 2);
    let after = stage.stored(&need).await.0;
    assert_eq!(after.len(), before.len() + 1);
    let close = |bars: &[DailyBar]| bars.iter().find(|bar| bar.date == thursday).map(|bar| bar.close);
    let (old, new) = (close(&before).expect("Thursday"), close(&after).expect("Thursday"));
    assert!((new / old - 1.03).abs() < 1e-9);
}
