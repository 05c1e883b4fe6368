//! People who look at portfolios, at random, by the rule of the web's snapshots.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::fmt::Write as _;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use bellwether_cache::{Age, Answer, Edition, Encoding, Lag, SnapshotKey, Snapshots};
use bellwether_domain::{Freshness, PortfolioId, Symbol};
use bellwether_tracker::{
    Dashboard, Job, JobContext, JobError, JobHandler, Tracker, TrackerError, Versions, View,
};
use chrono::{DateTime, TimeDelta, Utc};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

/// As the web has it, of what goes out while a newer one is made,
const LAG: Lag = Lag::UpTo { said: TimeDelta::minutes(1), made: TimeDelta::minutes(5) };
/// of how long what was looked at is kept warm,
const LOOKED_AT_FOR: TimeDelta = TimeDelta::days(1);
/// and of how often a look at what was made before counts.
const LOOKS_COUNT_EVERY: TimeDelta = TimeDelta::minutes(1);

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

    /// The part that waited for nothing.
    pub(crate) fn without_waiting(&self) -> f64 {
        self.at_once as f64 / self.all().max(1) as f64
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
    /// The age that was told with it, and the true one.
    pub(crate) minutes: Option<(i64, i64)>,
}

/// What a reader was given.
struct Given {
    was_finished: bool,
    /// For so long what it says was right no more.
    late: TimeDelta,
    /// A newer one was made behind the reader's back.
    is_behind: bool,
    shown: Vec<Shown>,
}

/// All readers, and what came of their reads.
pub(crate) struct Readers {
    chance: StdRng,
    next_visit: DateTime<Utc>,
    /// Ascending.
    coming: Vec<Read>,
    pages: Pages,
    pub(crate) fared: BTreeMap<&'static str, Fared>,
    /// Answers instead of which newer ones were made behind the readers' backs.
    pub(crate) behind: u64,
    /// Those whose words were not right any more, and since when at most.
    pub(crate) late: (u64, TimeDelta),
}

impl Readers {
    pub(crate) fn new(pages: Pages, first: DateTime<Utc>) -> Self {
        Self {
            chance: StdRng::seed_from_u64(1_128),
            next_visit: first,
            coming: Vec::new(),
            pages,
            fared: BTreeMap::new(),
            late: (0, TimeDelta::zero()),
            behind: 0,
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

    /// Lets those ask whose time has come; gives the labels that they were shown.
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
                    let label = price.shown.freshness;
                    shown.push(Shown { symbol: symbol.clone(), label, at: now, minutes: None });
                }
                true
            } else {
                let given = self.pages.look(*portfolio, read.kind).await;
                if given.late > TimeDelta::zero() {
                    self.late = (self.late.0 + 1, self.late.1.max(given.late));
                }
                if given.is_behind {
                    self.behind += 1;
                } else {
                    shown.extend(given.shown);
                }
                given.was_finished
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

/// The answers of the web, each of which here is a line for each price, with its label, its time and its age.
#[derive(Clone)]
pub(crate) struct Pages {
    tracker: Tracker,
    snapshots: Arc<Snapshots>,
    looks: Arc<Mutex<HashMap<(PortfolioId, &'static str), Look>>>,
    computed: Arc<Computed>,
}

/// The last look at an answer.
#[derive(Debug, Clone, Copy)]
struct Look {
    at: DateTime<Utc>,
    counted_at: DateTime<Utc>,
    /// When what it says changes, unless it was asked for anew since then.
    changes_at: Option<DateTime<Utc>>,
}

impl Pages {
    pub(crate) fn of(tracker: &Tracker) -> Self {
        let snapshots = Snapshots::new(64 << 20, None, Arc::clone(tracker.clock()));
        Self {
            tracker: tracker.clone(),
            snapshots: Arc::new(snapshots),
            looks: Arc::default(),
            computed: Arc::default(),
        }
    }

    /// What was looked at lately; and when the first of those answers says what is right no more.
    pub(crate) fn looked_at(&self) -> (Vec<PortfolioId>, Option<DateTime<Utc>>) {
        let now = self.tracker.clock().now();
        let mut looks = self.looks.lock().unwrap();
        looks.retain(|_, look| now - look.at < LOOKED_AT_FOR);
        let mut portfolios: Vec<PortfolioId> = looks.keys().map(|(portfolio, _)| *portfolio).collect();
        portfolios.sort_unstable();
        portfolios.dedup();
        (portfolios, looks.values().filter_map(|look| look.changes_at).min())
    }

    /// Portfolios of which an answer says what is right no more, each once.
    pub(crate) fn outdated(&self) -> Vec<PortfolioId> {
        let now = self.tracker.clock().now();
        let mut looks = self.looks.lock().unwrap();
        let outdated = looks.iter_mut().filter_map(|((portfolio, _), look)| {
            look.changes_at.take_if(|at| *at <= now).map(|_| *portfolio)
        });
        let mut portfolios: Vec<PortfolioId> = outdated.collect();
        portfolios.sort_unstable();
        portfolios.dedup();
        portfolios
    }

    /// Somebody looks.
    async fn look(&self, portfolio: PortfolioId, kind: &'static str) -> Given {
        let (answer, was_finished, is_behind) = self.answer(portfolio, kind, LAG).await;
        let now = self.tracker.clock().now();
        let changes_at = answer.validity().changes_at;
        let counts = {
            let mut looks = self.looks.lock().unwrap();
            let new = Look { at: now, counted_at: now, changes_at };
            let look = looks.entry((portfolio, kind)).or_insert(new);
            let counts = now - look.counted_at >= LOOKS_COUNT_EVERY;
            *look = if counts { new } else { Look { counted_at: look.counted_at, ..new } };
            counts
        };
        if counts {
            self.tracker.look(portfolio, &View::default()).await.unwrap();
        }
        let late = changes_at.map_or(TimeDelta::zero(), |at| (now - at).max(TimeDelta::zero()));
        let body = answer.body(Encoding::Identity).await;
        let lines = std::str::from_utf8(&body).unwrap().lines().filter(|line| !line.is_empty());
        let mut shown: Vec<Shown> = lines.map(|line| read_line(line, now)).collect();
        if kind == "dashboard-page" {
            for price in &mut shown {
                price.minutes = None;
            }
        }
        Given { was_finished, late, is_behind, shown }
    }

    /// The answer, whether it was finished before, and whether a newer one was made behind.
    async fn answer(
        &self,
        portfolio: PortfolioId,
        kind: &'static str,
        lag: Lag,
    ) -> (Arc<Answer>, bool, bool) {
        let seen = self.tracker.versions_beside(portfolio, &[]).await.unwrap();
        let refreshing = self.tracker.is_refreshing();
        let edition = Edition { entered: seen.versions.entered, prices: seen.versions.prices, refreshing };
        let key = SnapshotKey { portfolio, kind, detail: "max".into() };
        let made = Arc::new(Made::default());
        let build = {
            let (tracker, made, computed) =
                (self.tracker.clone(), Arc::clone(&made), Arc::clone(&self.computed));
            move || {
                let (tracker, made, computed) = (tracker.clone(), Arc::clone(&made), Arc::clone(&computed));
                made.under_way.fetch_add(1, SeqCst);
                async move {
                    let answer = make(&tracker, &computed, (portfolio, edition), kind).await;
                    made.under_way.fetch_sub(1, SeqCst);
                    made.any.store(true, SeqCst);
                    answer
                }
            }
        };
        let answer = self.snapshots.get_or_build(key, edition, lag, build).await.unwrap();
        let was_finished = !made.any.load(SeqCst);
        // What is made behind the reader's back is made before the clock moves.
        for _ in 0..10 {
            tokio::task::yield_now().await;
        }
        while made.under_way.load(SeqCst) > 0 {
            tokio::time::sleep(Duration::from_micros(200)).await;
        }
        let is_behind = was_finished && made.any.load(SeqCst);
        (answer, was_finished, is_behind)
    }
}

/// What was made for a reader.
#[derive(Default)]
struct Made {
    any: AtomicBool,
    under_way: AtomicU64,
}

/// Of an instant, edition and portfolio one page is computed for all kinds of answers, so that the week ends today.
type Computed = Mutex<Option<((PortfolioId, Edition, DateTime<Utc>), Arc<Dashboard>)>>;

/// An answer that tells what the web's answer of that kind tells of prices, and is right for as long.
async fn make(
    tracker: &Tracker,
    computed: &Computed,
    (portfolio, edition): (PortfolioId, Edition),
    kind: &str,
) -> Result<Answer, TrackerError> {
    tracker.refresh_if_due(portfolio).await?;
    let of = (portfolio, edition, tracker.clock().now());
    let known = computed.lock().unwrap().as_ref().filter(|(other, _)| *other == of).cloned();
    let page = match known {
        Some((_, page)) if page.prices.refreshing == tracker.is_refreshing() => page,
        _ => Arc::new(tracker.dashboard(portfolio, &View::default()).await?),
    };
    *computed.lock().unwrap() = Some((of, Arc::clone(&page)));
    let is_chart = CHART.contains(&kind);
    let validity = match kind {
        _ if is_chart => page.figures_validity(),
        "dashboard-page" => page.words_validity(),
        _ => page.states_validity(),
    };
    let (body, mut ages) = if is_chart { (String::from("\n"), Vec::new()) } else { lines(&page) };
    if kind == "dashboard-page" {
        // It tells ages in words, which are in its validity.
        ages.clear();
    }
    let answer = Answer::new("text/plain", body.into_bytes()).valid(validity);
    Ok(answer.telling(ages, page.computed_at))
}

fn lines(page: &Dashboard) -> (String, Vec<Age>) {
    let (mut body, mut ages) = (String::new(), Vec::new());
    for holding in &page.figures.as_ref().unwrap().report.holdings {
        let Some(price) = page.prices.of(&holding.symbol) else { continue };
        let Some(since) = price.as_of else { continue };
        write!(body, "{} {} {} ", price.symbol, price.freshness.as_str(), since.timestamp()).unwrap();
        ages.push(Age { offset: body.len(), since });
        writeln!(body, "{}", Age::written(since, page.computed_at)).unwrap();
    }
    (body, ages)
}

fn read_line(line: &str, now: DateTime<Utc>) -> Shown {
    let mut words = line.split_whitespace();
    let mut word = || words.next().unwrap();
    let (symbol, label) = (word().parse().unwrap(), word());
    let label = serde_json::from_value(label.into()).unwrap();
    let (since, told): (i64, i64) = (word().parse().unwrap(), word().parse().unwrap());
    let minutes = Some((told, (now.timestamp() - since).max(0) / 60));
    Shown { symbol, label, at: now, minutes }
}

/// Builds answers at the times of the timetable and after changes, as the program does.
pub(crate) struct Builder {
    pub(crate) pages: Pages,
    pub(crate) kinds: &'static [&'static str],
}

#[async_trait]
impl JobHandler for Builder {
    async fn run(&self, job: &Job, _: &JobContext) -> Result<(), JobError> {
        let id: PortfolioId = serde_json::from_value(job.payload.clone()).unwrap();
        for kind in self.kinds {
            let (answer, ..) = self.pages.answer(id, kind, Lag::None).await;
            if let Some(look) = self.pages.looks.lock().unwrap().get_mut(&(id, *kind)) {
                look.changes_at = answer.validity().changes_at;
            }
        }
        Ok(())
    }
}

/// Asks for answers of what was looked at lately, where their prices or what they say of time changed.
pub(crate) struct Follower {
    pages: Pages,
    /// Prices that came, and when they have settled.
    settled_at: Option<DateTime<Utc>>,
    asked: HashMap<PortfolioId, Versions>,
}

impl Follower {
    /// As the web has it: prices of one round come in batches.
    const SETTLED_AFTER: TimeDelta = TimeDelta::seconds(2);

    pub(crate) fn of(pages: Pages) -> Self {
        Self { pages, settled_at: None, asked: HashMap::new() }
    }

    pub(crate) fn prices_came(&mut self, now: DateTime<Utc>) {
        self.settled_at = Some(now + Self::SETTLED_AFTER);
    }

    /// When there is something to ask for.
    pub(crate) fn next(&self) -> Option<DateTime<Utc>> {
        self.settled_at.into_iter().chain(self.pages.looked_at().1).min()
    }

    pub(crate) async fn follow(&mut self) {
        let tracker = &self.pages.tracker;
        let mut portfolios = self.pages.outdated();
        if self.settled_at.take_if(|at| *at <= tracker.clock().now()).is_some() {
            for portfolio in self.pages.looked_at().0 {
                let versions = tracker.versions(portfolio).await.unwrap();
                if self.asked.insert(portfolio, versions) != Some(versions) {
                    portfolios.push(portfolio);
                }
            }
        }
        for portfolio in portfolios {
            tracker.request_warming(portfolio).await.unwrap();
            tracker.request_chart_data(portfolio).await.unwrap();
        }
    }
}
