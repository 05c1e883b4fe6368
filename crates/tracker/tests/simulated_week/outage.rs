//! The same week with the upstream away from Friday evening to the Friday after.

use std::sync::Arc;

use bellwether_domain::{Clock, Currency, FixedClock, Freshness, PortfolioId, Symbol};
use bellwether_prices::{CircuitState, SteppingPause};
use bellwether_tracker::{
    Dashboard, ImportFile, ImportTarget, JobFilter, JobState, PortfolioSettings, Tracker, TrackerOptions,
    Upstream, View, Worker, WorkerPlan,
};
use bellwether_yahoo_sim::{ClockMode, SimConfig, SimHandle, Simulator};
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use crate::at;
use crate::table::{Kind, Table, Venue};

const SHARES: [&str; 4] = ["KO", "PEP", "MSFT", "JNJ"];
const FUND: &str = "0P0000AAAA";
/// A look at the figures so often.
const LOOKS: TimeDelta = TimeDelta::minutes(30);

struct House {
    clock: Arc<FixedClock>,
    simulator: SimHandle,
    tracker: Tracker,
    worker: Worker,
    portfolio: PortfolioId,
    /// Attempts of each window from one opening of the circuit to the next.
    windows: Vec<u64>,
    rest: Option<DateTime<Utc>>,
    calls: u64,
}

impl House {
    async fn open(from: DateTime<Utc>) -> Self {
        let clock = Arc::new(FixedClock::at(from));
        let mode = ClockMode::Shared(Arc::<FixedClock>::clone(&clock));
        let simulator = Simulator::spawn(SimConfig { clock: mode, ..SimConfig::default() }).unwrap();
        let options = TrackerOptions {
            database: "sqlite::memory:".to_owned(),
            upstream: Upstream::At(simulator.base_url()),
            feeds: Vec::new(),
            redis: None,
            clock: Arc::<FixedClock>::clone(&clock),
        };
        let tracker = Tracker::open_pausing(options, SteppingPause::of(Arc::clone(&clock))).await.unwrap();
        let bought = SHARES.iter().chain([&FUND]).map(|symbol| format!("{symbol},Buy,2024-11-04,100,10\n"));
        let csv = format!("Ticker,Type,Date,Price,Shares\n{}", bought.collect::<String>());
        let file =
            ImportFile { name: "trades.csv".to_owned(), bytes: csv.into(), currency: Some(Currency::USD) };
        tracker.import(ImportTarget::Named(PortfolioSettings::named("Main")), file, false).await.unwrap();
        let portfolio = tracker.portfolio_named("Main").await.unwrap().id;
        let worker = tracker.worker(WorkerPlan::default().lease(TimeDelta::minutes(10)));
        Self { clock, simulator, tracker, worker, portfolio, windows: vec![0], rest: None, calls: 0 }
    }

    /// Lets time pass until then, job by job.
    async fn lead(&mut self, until: DateTime<Utc>) {
        loop {
            self.worker.run_due().await.unwrap();
            let health = self.tracker.upstream_health();
            let counters = health.sources[0].upstream.as_ref().unwrap();
            *self.windows.last_mut().unwrap() += counters.calls - self.calls;
            self.calls = counters.calls;
            if let CircuitState::Open { until, .. } = counters.anonymous.state
                && self.rest.replace(until) != Some(until)
            {
                self.windows.push(0);
            }
            if self.clock.now() >= until {
                return;
            }
            // Answers are built by the binary, which is not here.
            let waiting = JobFilter { state: Some(JobState::Queued), ..JobFilter::default() };
            let waiting = self.tracker.jobs(&waiting, 100).await.unwrap().into_iter();
            let mine = waiting.filter(|job| job.kind != Tracker::WARM && job.kind != Tracker::CHART_DATA);
            let next = mine.map(|job| job.run_at).min().unwrap_or(until).min(until);
            self.clock.set(next.max(self.clock.now()));
        }
    }

    async fn look(&self) -> Dashboard {
        self.tracker.refresh_if_due(self.portfolio).await.unwrap();
        self.tracker.dashboard(self.portfolio, &View::default()).await.unwrap()
    }
}

fn value(page: &Dashboard) -> Decimal {
    *page.figures.as_ref().unwrap().report.totals.holdings_value.as_ref().unwrap()
}

fn price(page: &Dashboard, symbol: &Symbol) -> Decimal {
    let report = &page.figures.as_ref().unwrap().report;
    report.holding(symbol).unwrap().price.as_ref().unwrap().price
}

#[tokio::test]
async fn a_week_without_the_upstream() {
    let (away, back) = (at("11-22T23:30"), at("11-29T15:00"));
    let mut house = House::open(at("11-22T20:00")).await;
    house.lead(away).await;
    let table = Table::new();
    let symbols: Vec<(Symbol, Kind)> = SHARES
        .iter()
        .map(|symbol| (symbol.parse().unwrap(), Kind::Share))
        .chain([(FUND.parse().unwrap(), Kind::Fund)])
        .collect();
    let friday: NaiveDate = "2024-11-22".parse().unwrap();
    let before = house.look().await;
    let closes: Vec<Decimal> = symbols.iter().map(|(symbol, _)| price(&before, symbol)).collect();
    for ((symbol, _), close) in symbols.iter().zip(&closes) {
        let truth = house.simulator.truth(symbol, friday, friday, friday).unwrap().bars[0].bar.close;
        assert!((close.to_f64().unwrap() - truth).abs() < 0.006, "{symbol}: {close}, truly {truth}");
    }
    let expected = closes.iter().sum::<Decimal>() * Decimal::TEN;
    assert_eq!(value(&before), expected);

    house.simulator.pause().await;
    house.windows = vec![0];
    let (mut looks, mut stale) = (0, 0);
    while house.clock.now() < back {
        house.lead((house.clock.now() + LOOKS).min(back)).await;
        let page = house.look().await;
        let now = page.computed_at;
        assert_eq!(value(&page), expected, "{now}");
        for ((symbol, kind), close) in symbols.iter().zip(&closes) {
            assert_eq!(price(&page, symbol), *close, "{now}: {symbol}");
            let shown = page.prices.of(symbol).unwrap().freshness;
            // A look that asks for newer prices makes the old ones cached until the answer is known.
            let label = if shown == Freshness::Cached { Freshness::Stale } else { shown };
            assert_eq!(label, table.label(Venue::NewYork, *kind, away, now), "{now}: {symbol}");
            stale += u32::from(shown.is_stale());
        }
        looks += 1;
    }
    // The first window is of the calls that open the circuit.
    let opening = house.windows[0];
    let most = house.windows.iter().skip(1).max().copied().unwrap_or_default();
    let calls: u64 = house.windows.iter().sum();
    println!(
        "{looks} looks, {stale} stale labels, {} windows, {calls} calls: {opening} before the first, then at most {most}",
        house.windows.len() - 1
    );
    assert!(most <= 2 && opening <= 5, "{:?}", house.windows);

    // The longest rest is of five minutes, give or take a fifth.
    house.simulator.resume().unwrap();
    house.lead(back + TimeDelta::minutes(7)).await;
    let page = house.look().await;
    for (symbol, kind) in &symbols {
        let label = page.prices.of(symbol).unwrap().freshness;
        let right = if *kind == Kind::Fund { Freshness::Closed } else { Freshness::Live };
        assert_eq!(label, right, "{symbol}");
    }
    assert_ne!(value(&page), expected);
}
