//! The household: portfolios, what the upstream was asked, and what is shown minute by minute.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Instant;

use bellwether_cache::freshness::PriceState;
use bellwether_domain::{Clock, Currency, FixedClock, Freshness, Instrument, PortfolioId, Symbol};
use bellwether_prices::SteppingPause;
use bellwether_storage::{Storage, StorageOptions};
use bellwether_tracker::{
    ImportFile, ImportTarget, JobFilter, JobState, PortfolioSettings, Tracker, TrackerOptions, Upstream,
    Worker, WorkerPlan,
};
use bellwether_yahoo_sim::{ClockMode, LogEntry, Route, SimConfig, SimHandle, Simulator};
use chrono::{DateTime, TimeDelta, Timelike, Utc};
use tempfile::TempDir;

use crate::readers::{Builder, CHART, Follower, PAGES, Pages, Readers, Shown};
use crate::table::{Kind, Table, Venue};

/// What the upstream tells of an instant reaches the store so much later at the most: calls wait for each other.
const ON_THE_WAY: TimeDelta = TimeDelta::seconds(3);
/// Of complaints, so many are enough.
const ENOUGH: usize = 12;

/// One line of a portfolio.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Line {
    pub(crate) venue: Venue,
    pub(crate) kind: Kind,
}

pub(crate) struct World {
    pub(crate) clock: Arc<FixedClock>,
    pub(crate) simulator: SimHandle,
    pub(crate) tracker: Tracker,
    pub(crate) readers: Readers,
    pub(crate) portfolios: Vec<(PortfolioId, Vec<Symbol>)>,
    pub(crate) lines: BTreeMap<Symbol, Line>,
    pub(crate) wrong_labels: Vec<String>,
    pub(crate) unhealthy: Vec<String>,
    pub(crate) wrong_ages: Vec<String>,
    follower: Follower,
    storage: Storage,
    worker: Worker,
    table: Table,
    next_job: DateTime<Utc>,
    instruments: HashMap<Symbol, Instrument>,
    states: HashMap<Symbol, PriceState>,
    /// When each was last told by the upstream, by its own log.
    asked: HashMap<Symbol, DateTime<Utc>>,
    log: Vec<LogEntry>,
    /// What an hour was allowed, from when on.
    limits: Vec<(DateTime<Utc>, u32)>,
    minutes: BTreeMap<(Venue, Kind, Freshness), u64>,
    labels_on_pages: u64,
    began: (DateTime<Utc>, Instant),
    _folder: TempDir,
}

fn names(entry: &LogEntry, symbol: &str) -> bool {
    entry.symbols.iter().any(|asked| asked == symbol)
}

/// So many symbols of a venue.
fn symbols(count: usize, first: char, suffix: &str) -> Vec<String> {
    let letter = |n: usize| char::from(b'A' + (n % 26) as u8);
    (0..count).map(|n| format!("{first}{}{}{suffix}", letter(n / 26), letter(n))).collect()
}

impl World {
    pub(crate) async fn open(from: DateTime<Utc>) -> Self {
        let clock = Arc::new(FixedClock::at(from));
        let mode = ClockMode::Shared(Arc::<FixedClock>::clone(&clock));
        let simulator = Simulator::spawn(SimConfig { clock: mode, ..SimConfig::default() }).unwrap();
        let folder = TempDir::new().unwrap();
        let database = format!("sqlite:{}", folder.path().join("week.db").display());
        let options = TrackerOptions {
            database: database.clone(),
            // Not the simulator's own limits: those that Yahoo has.
            upstream: Upstream::At(simulator.base_url()),
            feeds: Vec::new(),
            redis: None,
            clock: Arc::<FixedClock>::clone(&clock),
        };
        let pause = SteppingPause::of(Arc::clone(&clock));
        let tracker = Tracker::open_pausing(options, pause).await.unwrap();
        let storage = StorageOptions::new(database).clock(Arc::<FixedClock>::clone(&clock));
        let pages = Pages::of(&tracker);
        let builder = |kinds| Builder { pages: pages.clone(), kinds };
        let plan = WorkerPlan::default()
            .lease(TimeDelta::minutes(10))
            .handle(Tracker::WARM, 1, builder(PAGES))
            .handle(Tracker::CHART_DATA, 1, builder(CHART));
        let worker = tracker.worker(plan);
        let mut world = Self {
            follower: Follower::of(pages.clone()),
            readers: Readers::new(pages, from),
            storage: Storage::open(storage).await.unwrap(),
            clock,
            simulator,
            tracker,
            worker,
            portfolios: Vec::new(),
            lines: BTreeMap::new(),
            wrong_labels: Vec::new(),
            unhealthy: Vec::new(),
            wrong_ages: Vec::new(),
            table: Table::new(),
            next_job: from,
            instruments: HashMap::new(),
            states: HashMap::new(),
            asked: HashMap::new(),
            log: Vec::new(),
            limits: Vec::new(),
            minutes: BTreeMap::new(),
            labels_on_pages: 0,
            began: (from, Instant::now()),
            _folder: folder,
        };
        world.buy().await;
        world
    }

    /// Fifty lines in New York, fifty on the continent and fifty in Toronto.
    async fn buy(&mut self) {
        let share = |venue| Line { venue, kind: Kind::Share };
        let fund = |venue| Line { venue, kind: Kind::Fund };
        let odd = |kind| Line { venue: Venue::NewYork, kind };
        let mut american: Vec<(String, Line)> =
            symbols(46, 'H', "").into_iter().map(|symbol| (symbol, share(Venue::NewYork))).collect();
        american.extend([
            ("0P0000AAAA".to_owned(), fund(Venue::NewYork)),
            ("0P0000BBBB".to_owned(), fund(Venue::NewYork)),
            ("ZZHALT1".to_owned(), odd(Kind::Halted)),
            ("ZZUNKNOWN1".to_owned(), odd(Kind::Typed)),
        ]);
        let mut european = Vec::new();
        for (count, suffix) in [(20, ".DE"), (15, ".PA"), (10, ".AS"), (5, ".MI")] {
            let some = symbols(count, 'H', suffix).into_iter();
            european.extend(some.map(|symbol| (symbol, share(Venue::Continent))));
        }
        let mut canadian: Vec<(String, Line)> =
            symbols(49, 'H', ".TO").into_iter().map(|symbol| (symbol, share(Venue::Toronto))).collect();
        canadian.push(("0P0000CCCC.TO".to_owned(), fund(Venue::Toronto)));
        for (name, currency, lines) in [
            ("American", Currency::USD, american),
            ("European", Currency::EUR, european),
            ("Canadian", "CAD".parse().unwrap(), canadian),
        ] {
            let mut settings = PortfolioSettings::named(name);
            settings.base_currency = currency;
            if currency != Currency::USD {
                // Compared with what it holds, so that nothing else is kept for it.
                settings.benchmarks = vec![lines[0].0.parse().unwrap()];
            }
            let mut csv = "Ticker,Type,Date,Price,Shares\n".to_owned();
            for (symbol, _) in &lines {
                writeln!(csv, "{symbol},Buy,2024-11-04,100,10").unwrap();
            }
            let file =
                ImportFile { name: "trades.csv".to_owned(), bytes: csv.into(), currency: Some(currency) };
            let report = self.tracker.import(ImportTarget::Named(settings), file, false).await.unwrap();
            assert_eq!(report.imported, 50, "{report:?}");
            let id = self.tracker.portfolio_named(name).await.unwrap().id;
            let lines: Vec<(Symbol, Line)> =
                lines.into_iter().map(|(symbol, line)| (symbol.parse().unwrap(), line)).collect();
            self.portfolios.push((id, lines.iter().map(|(symbol, _)| symbol.clone()).collect()));
            self.lines.extend(lines);
        }
        let typed: Symbol = "ZZUNKNOWN1".parse().unwrap();
        let price = "120.25".parse().unwrap();
        self.tracker.record_price(typed, None, price, Some(Currency::USD)).await.unwrap();
    }

    /// Lets time pass until then, event by event: jobs at their time, readers at theirs, a look at every minute.
    pub(crate) async fn lead(&mut self, until: DateTime<Utc>, watched: bool) {
        let mut minute = self.clock.now();
        if !watched {
            self.readers.skip_to(until);
        }
        while self.clock.now() < until {
            let now = self.clock.now();
            // Every line of the timetable is at a multiple of five minutes.
            if now >= self.next_job || (now >= minute && minute.minute().is_multiple_of(5)) {
                self.work().await;
            }
            if watched && self.readers.next() <= self.clock.now() {
                let simulator = &self.simulator;
                let shown = self.readers.ask(&self.tracker, &self.portfolios, || simulator.calls()).await;
                self.labels_on_pages += shown.len() as u64;
                self.judge_shown(&shown);
                self.find_next_job().await;
            }
            if self.follower.next().is_some_and(|at| at <= self.clock.now()) {
                self.follower.follow().await;
                self.work().await;
            }
            let now = self.clock.now();
            if now >= minute {
                if watched {
                    self.judge_minute(now);
                }
                minute = (now + TimeDelta::minutes(1)).with_second(0).unwrap().with_nanosecond(0).unwrap();
            }
            let follows = self.follower.next().unwrap_or(until);
            let next = minute.min(self.readers.next()).min(self.next_job).min(follows).min(until);
            self.clock.set(next.max(now));
        }
    }

    /// Runs what is due, and takes note of what came of it.
    async fn work(&mut self) {
        self.worker.run_due().await.unwrap();
        self.find_next_job().await;
        let since = self.log.last().map_or(0, |entry| entry.sequence);
        let news = self.simulator.log_since(since);
        for entry in news.iter().filter(|entry| entry.status == 200) {
            for symbol in &entry.symbols {
                self.asked.insert(symbol.parse().unwrap(), entry.at);
            }
        }
        if !news.is_empty() {
            self.follower.prices_came(self.clock.now());
            self.read_states().await;
        }
        self.log.extend(news);
        let health = self.tracker.upstream_health();
        let limit = health.sources[0].upstream.as_ref().unwrap().hourly_limit;
        if self.limits.last().is_none_or(|(_, known)| *known != limit) {
            self.limits.push((self.clock.now(), limit));
        }
    }

    async fn find_next_job(&mut self) {
        let filter = JobFilter { state: Some(JobState::Queued), ..JobFilter::default() };
        let waiting = self.tracker.jobs(&filter, 100).await.unwrap();
        self.next_job = waiting.iter().map(|job| job.run_at).min().unwrap_or(DateTime::<Utc>::MAX_UTC);
    }

    async fn read_states(&mut self) {
        let symbols: Vec<Symbol> = self.lines.keys().cloned().collect();
        self.instruments = self.storage.instruments_by_symbol(symbols).await.unwrap();
        let ids = self.instruments.values().map(|known| known.id).collect();
        let quotes = self.storage.read_quotes(ids).await.unwrap();
        self.states = self
            .instruments
            .values()
            .filter_map(|known| {
                let state = PriceState::of_quote(quotes.get(&known.id)?, known.exchange, known.kind);
                Some((known.symbol.clone(), state))
            })
            .collect();
    }

    /// Begins to measure.
    pub(crate) fn begin(&mut self) {
        self.began = (self.clock.now(), Instant::now());
    }

    /// Every line's label now, as it would be shown, against the table.
    fn judge_minute(&mut self, now: DateTime<Utc>) {
        let states = std::mem::take(&mut self.states);
        for (symbol, state) in &states {
            let label = state.assess(now);
            self.judge(symbol, label, now, "stored");
            if let Some(Line { venue, kind }) = self.lines.get(symbol).copied() {
                *self.minutes.entry((venue, kind, label)).or_default() += 1;
            }
        }
        self.states = states;
    }

    fn judge_shown(&mut self, shown: &[Shown]) {
        for price in shown {
            // Ages are told as of the full minute.
            if let Some((told, true_age)) = price.minutes
                && told.abs_diff(true_age) > 1
                && self.wrong_ages.len() < ENOUGH
            {
                let said = format!(
                    "{}: {} is told to be {told} minutes old, not {true_age}",
                    price.at, price.symbol
                );
                self.wrong_ages.push(said);
            }
            self.judge(&price.symbol, price.label, price.at, "on a page");
        }
    }

    fn judge(&mut self, symbol: &Symbol, label: Freshness, now: DateTime<Utc>, place: &str) {
        let Some(Line { venue, kind }) = self.lines.get(symbol).copied() else { return };
        let asked = self.asked.get(symbol).copied().unwrap_or(self.began.0);
        let right = [asked, asked + ON_THE_WAY].map(|asked| self.table.label(venue, kind, asked, now));
        let told = || {
            format!("{now} {place}: {symbol} ({venue:?}, {kind:?}), asked {asked}, is {label}, not {right:?}")
        };
        if !right.contains(&label) && self.wrong_labels.len() < ENOUGH {
            self.wrong_labels.push(told());
        }
        if !self.table.healthy(venue, kind, now).contains(&label) && self.unhealthy.len() < ENOUGH {
            self.unhealthy.push(told());
        }
    }

    /// What went out since the measuring began.
    fn calls(&self) -> impl Iterator<Item = &LogEntry> {
        self.log.iter().filter(|entry| entry.at >= self.began.0)
    }

    /// Calls that went out while the hour before already had as many as it was allowed.
    pub(crate) fn beyond_the_budget(&self) -> usize {
        let mut times: Vec<DateTime<Utc>> = self.log.iter().map(|entry| entry.at).collect();
        times.sort_unstable();
        let beyond = times.iter().enumerate().filter(|(index, at)| {
            let before = times.partition_point(|other| *other <= **at - TimeDelta::hours(1));
            let known = self.limits.partition_point(|(from, _)| from <= *at);
            let limit = self.limits.get(known.saturating_sub(1)).map_or(300, |(_, limit)| *limit);
            index + 1 - before > limit as usize
        });
        beyond.count()
    }

    /// Calls while all of the venues were closed that are neither for what just closed nor for funds that owe a price
    /// nor whole histories of the night, a thirtieth a day and what went ex-dividend, or of Saturday's run.
    pub(crate) fn calls_without_reason(&self) -> Vec<String> {
        let venues = [Venue::NewYork, Venue::Toronto, Venue::Continent];
        // The service tells a suspended line as a fund; one that owes its price is asked every six hours or so.
        let owing: Vec<DateTime<Utc>> =
            self.log.iter().filter(|entry| names(entry, "ZZHALT1")).map(|entry| entry.at).collect();
        let owes = |entry: &LogEntry| {
            let before = owing.iter().rev().find(|at| **at < entry.at);
            names(entry, "ZZHALT1") && before.is_none_or(|at| entry.at - *at > TimeDelta::hours(5))
        };
        let mut charts: BTreeMap<_, usize> = BTreeMap::new();
        let mut without = Vec::new();
        for entry in self.calls() {
            if venues.iter().any(|venue| self.table.is_open(*venue, entry.at)) {
                continue;
            }
            let just_closed = venues.iter().any(|venue| {
                self.table.closed_for(*venue, entry.at).is_some_and(|ago| ago < TimeDelta::minutes(50))
            });
            if entry.route == Route::Chart {
                let day = entry.at.date_naive();
                let most = if day == "2024-11-30".parse().unwrap() { 6 + 2 + 20 } else { 6 + 2 };
                let count = charts.entry(day).or_default();
                *count += 1;
                if *count > most {
                    without.push(format!("{}: {} is the {count}th history of the day", entry.at, entry.url));
                }
            } else if !just_closed && !owes(entry) {
                without.push(format!("{}: {}", entry.at, entry.url));
            }
        }
        without
    }

    /// Prints what was measured.
    pub(crate) fn report(&self) {
        println!("reads, by what was asked for:");
        for (kind, fared) in &self.readers.fared {
            println!("  {kind:<15} {fared}");
        }
        let (late, by) = self.readers.late;
        println!(
            "  instead of {} newer ones were made behind, {late} of which said what was right until {} s before",
            self.readers.behind,
            by.num_seconds()
        );
        println!("prices shown, in minutes of lines, and {} more on pages:", self.labels_on_pages);
        for ((venue, kind, label), minutes) in &self.minutes {
            println!("  {:<24} {label:<8} {minutes:>8}", format!("{venue:?} {kind:?}"));
        }
        let route = |wanted: &dyn Fn(&LogEntry) -> bool| self.calls().filter(|entry| wanted(entry)).count();
        let is_spark = |entry: &LogEntry| matches!(entry.route, Route::SparkV7 | Route::SparkV8);
        println!(
            "calls: {} for quotes, {} for closes, {} for histories, {} others, {} failed; limits of an hour {:?}",
            route(&|entry| is_spark(entry) && !entry.url.contains("range=1y")),
            route(&|entry| is_spark(entry) && entry.url.contains("range=1y")),
            route(&|entry| entry.route == Route::Chart),
            route(&|entry| !is_spark(entry) && entry.route != Route::Chart),
            route(&|entry| entry.status != 200),
            self.limits.iter().map(|(_, limit)| limit).collect::<Vec<_>>(),
        );
        println!("{:.1} s", self.began.1.elapsed().as_secs_f64());
    }
}
