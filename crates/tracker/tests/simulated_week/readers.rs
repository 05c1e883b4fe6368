//! People who look at portfolios, at random, by the rule of the web's snapshots.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use bellwether_cache::{Answer, Edition, Lag, SnapshotKey, Snapshots};
use bellwether_domain::{Freshness, PortfolioId, Symbol};
use bellwether_tracker::{Job, JobContext, JobError, JobHandler, Tracker, TrackerError, View};
use chrono::{DateTime, TimeDelta, Utc};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

/// As the web has it: an older answer goes out while a newer one is made, but none older than this.
const LONGEST_LAG: TimeDelta = TimeDelta::minutes(5);

/// What readers ask for; of each kind the web makes an answer of its own.
pub(crate) const PAGES: &[&str] = &["dashboard-page", "initial-data", "holdings-data"];
pub(crate) const CHART: &[&str] = &["chart-data"];
pub(crate) const PRICE: &str = "current-price";

/// How reads of one kind fared.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Fared {
    /// A finished answer went out.
    pub(crate) at_once: u64,
    /// It was computed first from what is stored.
    pub(crate) computed: u64,
    /// Somebody was asked upstream meanwhile.
    pub(crate) waited: u64,
    pub(crate) computing: Duration,
}

impl Fared {
    pub(crate) fn all(&self) -> u64 {
        self.at_once + self.computed + self.waited
    }

    /// The part that did not wait for the upstream.
    pub(crate) fn without_waiting(&self) -> f64 {
        1.0 - self.waited as f64 / self.all().max(1) as f64
    }
}

impl fmt::Display for Fared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let part = |count: u64| 100.0 * count as f64 / self.all().max(1) as f64;
        let mean = self.computing.as_secs_f64() * 1e3 / self.computed.max(1) as f64;
        write!(
            f,
            "{:>6} reads, {:>6.2} % finished before, {:>6.2} % computed from what is stored ({mean:.1} ms), {:>5.2} % waited",
            self.all(),
            part(self.at_once),
            part(self.computed),
            part(self.waited),
        )
    }
}

/// What a reader is about to ask for.
#[derive(Debug, Clone)]
struct Read {
    at: DateTime<Utc>,
    portfolio: usize,
    kind: &'static str,
}

/// A price as it was shown.
#[derive(Debug, Clone)]
pub(crate) struct Shown {
    pub(crate) symbol: Symbol,
    pub(crate) label: Freshness,
    pub(crate) at: DateTime<Utc>,
}

/// All readers, and what came of their reads.
pub(crate) struct Readers {
    chance: StdRng,
    next_visit: DateTime<Utc>,
    /// Ascending.
    coming: Vec<Read>,
    pages: Pages,
    pub(crate) fared: BTreeMap<&'static str, Fared>,
}

impl Readers {
    pub(crate) fn new(pages: Pages, first: DateTime<Utc>) -> Self {
        Self {
            chance: StdRng::seed_from_u64(1_128),
            next_visit: first,
            coming: Vec::new(),
            pages,
            fared: BTreeMap::new(),
        }
    }

    /// When the next of them asks for something.
    pub(crate) fn next(&self) -> DateTime<Utc> {
        self.coming.first().map_or(self.next_visit, |read| read.at.min(self.next_visit))
    }

    /// Nobody comes before then.
    pub(crate) fn skip_to(&mut self, at: DateTime<Utc>) {
        self.next_visit = self.next_visit.max(at);
    }

    /// Lets those ask whose time has come; gives the labels of all that was computed for them.
    pub(crate) async fn ask(
        &mut self,
        tracker: &Tracker,
        portfolios: &[(PortfolioId, Vec<Symbol>)],
        calls: impl Fn() -> u64,
    ) -> Vec<Shown> {
        let now = tracker.clock().now();
        while self.next_visit <= now {
            self.visit(portfolios.len());
        }
        let mut shown = Vec::new();
        while self.coming.first().is_some_and(|read| read.at <= now) {
            let read = self.coming.remove(0);
            let (portfolio, symbols) = &portfolios[read.portfolio];
            let before = calls();
            let started = Instant::now();
            let was_finished = if read.kind == PRICE {
                let symbol = &symbols[self.chance.random_range(0..symbols.len())];
                if let Some(price) = tracker.current_price(symbol).await.unwrap() {
                    shown.push(Shown { symbol: symbol.clone(), label: price.shown.freshness, at: now });
                }
                true
            } else {
                let (was_finished, labels) =
                    self.pages.answer(*portfolio, read.kind, Lag::UpTo(LONGEST_LAG)).await;
                shown.extend(labels);
                was_finished
            };
            let fared = self.fared.entry(read.kind).or_default();
            if calls() > before || tracker.clock().now() > now {
                fared.waited += 1;
            } else if was_finished {
                fared.at_once += 1;
            } else {
                fared.computed += 1;
                fared.computing += started.elapsed();
            }
        }
        shown
    }

    /// Somebody comes: a page with its figures, and for a while a look now and then.
    fn visit(&mut self, portfolios: usize) {
        let portfolio = self.chance.random_range(0..portfolios);
        let mut at = self.next_visit;
        let mut read = |kind: &&'static str, at| self.coming.push(Read { at, portfolio, kind });
        for (kind, later) in PAGES.iter().chain(CHART).zip([0, 1, 1, 2]) {
            read(kind, at + TimeDelta::seconds(later));
        }
        for _ in 0..self.chance.random_range(0..12) {
            at += TimeDelta::seconds(self.chance.random_range(5..120));
            let kind = [PAGES[0], PAGES[1], PAGES[2], CHART[0], PRICE, PRICE][self.chance.random_range(0..6)];
            self.coming.push(Read { at, portfolio, kind });
        }
        self.coming.sort_by_key(|read| read.at);
        self.next_visit += TimeDelta::seconds(self.chance.random_range(600..3_600));
    }
}

/// The answers of the web, each of which here is the line that says how old the prices are.
#[derive(Clone)]
pub(crate) struct Pages {
    tracker: Tracker,
    snapshots: Arc<Snapshots>,
}

impl Pages {
    pub(crate) fn of(tracker: &Tracker) -> Self {
        let snapshots = Snapshots::new(64 << 20, None, Arc::clone(tracker.clock()));
        Self { tracker: tracker.clone(), snapshots: Arc::new(snapshots) }
    }

    /// Whether a finished answer went out, and the labels in the one that was made.
    async fn answer(&self, portfolio: PortfolioId, kind: &'static str, lag: Lag) -> (bool, Vec<Shown>) {
        let seen = self.tracker.versions_beside(portfolio, &[]).await.unwrap();
        let now = self.tracker.clock().now();
        let moment = now.timestamp() / 60 * 2 + i64::from(self.tracker.is_refreshing());
        let edition = Edition { entered: seen.versions.entered, prices: seen.versions.prices, moment };
        let key = SnapshotKey { portfolio, kind, detail: "max".into() };
        let made = Arc::new(Made::default());
        let build = {
            let (tracker, made) = (self.tracker.clone(), Arc::clone(&made));
            move || {
                let (tracker, made) = (tracker.clone(), Arc::clone(&made));
                made.under_way.fetch_add(1, SeqCst);
                async move {
                    let page = look(&tracker, portfolio).await;
                    made.under_way.fetch_sub(1, SeqCst);
                    let (labels, words) = page?;
                    made.labels.lock().unwrap().extend(labels);
                    made.any.store(true, SeqCst);
                    Ok::<_, TrackerError>(Answer::new("text/plain", words.into_bytes()))
                }
            }
        };
        self.snapshots.get_or_build(key, edition, lag, build).await.unwrap();
        let was_finished = !made.any.load(SeqCst);
        // What is made behind the reader's back is made before the clock moves.
        for _ in 0..10 {
            tokio::task::yield_now().await;
        }
        while made.under_way.load(SeqCst) > 0 {
            tokio::time::sleep(Duration::from_micros(200)).await;
        }
        let labels = std::mem::take(&mut *made.labels.lock().unwrap());
        (was_finished, labels)
    }
}

/// What was made for a reader.
#[derive(Default)]
struct Made {
    labels: Mutex<Vec<Shown>>,
    any: AtomicBool,
    under_way: AtomicU64,
}

async fn look(tracker: &Tracker, portfolio: PortfolioId) -> Result<(Vec<Shown>, String), TrackerError> {
    tracker.refresh_if_due(portfolio).await?;
    let page = tracker.dashboard(portfolio, &View::default()).await?;
    let held = page.figures.as_ref().unwrap().report.holdings.iter();
    let labels = held.filter_map(|holding| page.prices.of(&holding.symbol)).map(|price| Shown {
        symbol: price.symbol.clone(),
        label: price.freshness,
        at: page.computed_at,
    });
    Ok((labels.collect(), page.prices.sentence))
}

/// Builds answers at the times of the timetable, as the program does.
pub(crate) struct Builder {
    pub(crate) pages: Pages,
    pub(crate) kinds: &'static [&'static str],
}

#[async_trait]
impl JobHandler for Builder {
    async fn run(&self, job: &Job, _: &JobContext) -> Result<(), JobError> {
        let id: PortfolioId = serde_json::from_value(job.payload.clone()).unwrap();
        for kind in self.kinds {
            self.pages.answer(id, kind, Lag::None).await;
        }
        Ok(())
    }
}
