//! A view that somebody looks at: its figures are computed once for all who do, and what changed is told to each.

use std::collections::BTreeSet;
use std::future::pending;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use actix_web::web::Data;
use bellwether_domain::{PortfolioId, Role, Symbol, UserId};
use bellwether_texts::Locale;
use bellwether_tracker::{Bus, Event, Listener, Published, Tracker, TrackerError, View, portfolio_named_in};
use bytes::Bytes;
use chrono::{DateTime, Utc};
use tokio::sync::broadcast;
use tokio::task::AbortHandle;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep, sleep_until};

use super::frame::{Frame, Wire};
use crate::web::State;
use crate::web::caller::Caller;
use crate::web::view::cells::Cells;
use crate::web::view::dashboard_page::DashboardContent;

/// So many frames may wait for a slow viewer before it has to catch up instead.
const WAITING: usize = 16;
/// The figures of a view are computed at most this often.
const PAUSE: Duration = Duration::from_secs(1);
/// Figures that could not be computed are tried again after so long.
const AGAIN: Duration = Duration::from_secs(5);
const HEARTBEAT_EVERY: Duration = Duration::from_secs(20);

/// What is watched: a view of a portfolio, or only what happens.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Watched {
    pub(super) reader: Reader,
    pub(super) portfolio: Option<PortfolioId>,
    pub(super) view: View,
    pub(super) locale: Locale,
}

/// For whom it is watched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Reader {
    /// Whose portfolios are seen.
    pub(super) user: UserId,
    /// Whether what concerns the whole installation is too.
    pub(super) is_owner: bool,
}

impl Reader {
    pub(super) fn of(caller: &Caller) -> Self {
        Self { user: caller.tracker.user(), is_owner: caller.who.role == Role::Owner }
    }
}

impl Watched {
    /// Whether a reader is to hear of that: of jobs about the portfolio that is looked at, or where none is, about those
    /// of their `own`, and the owner of jobs about none.
    fn hears(&self, event: &Event, own: &BTreeSet<PortfolioId>) -> bool {
        match event {
            Event::Notified { user, .. } => *user == self.reader.user,
            Event::Logged { .. } => self.reader.is_owner,
            Event::JobChanged(job) => match portfolio_named_in(job) {
                Some(about) => self.portfolio.map_or_else(|| own.contains(&about), |seen| seen == about),
                None => self.reader.is_owner,
            },
            Event::CircuitChanged { .. } | Event::LedgerChanged { .. } | Event::PricesChanged { .. } => true,
        }
    }
}

/// A watched view. Its work ends when the last viewer lets go of it.
#[derive(Debug)]
pub(super) struct Watch {
    watched: Watched,
    told: Arc<Told>,
    bus: Bus,
    task: AbortHandle,
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.task.abort();
    }
}

#[derive(Debug)]
struct Told {
    wire: Wire,
    now: Mutex<Now>,
}

/// How far the watch came. Frames are sent under its lock, so that who joins misses none and gets none twice.
#[derive(Debug)]
struct Now {
    sender: broadcast::Sender<Frame>,
    /// The last event of the bus that was taken in.
    number: u64,
    /// The reader's portfolios, as far as they are known here.
    own: BTreeSet<PortfolioId>,
    figures: Option<Figures>,
    /// Something happened since the figures were computed.
    is_behind: bool,
}

#[derive(Debug)]
struct Figures {
    number: u64,
    cells: Cells,
    version: String,
    refreshing: bool,
}

/// What a viewer gets when it joins.
#[derive(Debug)]
pub(super) struct Joined {
    pub(super) coming: broadcast::Receiver<Frame>,
    /// What is to be sent at once.
    pub(super) at_once: Vec<Bytes>,
    /// The version that the page shows after that, if it is known.
    pub(super) version: Option<String>,
    /// Everything up to this event is in it.
    pub(super) number: u64,
}

impl Watch {
    /// Begins to follow what happens.
    pub(super) fn begin(state: Data<State>, watched: Watched) -> Self {
        let bus = state.tracker.bus().clone();
        let Listener { told: number, coming, .. } = bus.listen();
        let (sender, _) = broadcast::channel(WAITING);
        let is_behind = watched.portfolio.is_some();
        let told = Arc::new(Told {
            wire: Wire::of(bus.process()),
            now: Mutex::new(Now { sender, number, own: BTreeSet::new(), figures: None, is_behind }),
        });
        let work = Work {
            state,
            watched: watched.clone(),
            told: Arc::clone(&told),
            made_from: BTreeSet::new(),
            due: None,
            changes_at: None,
        };
        let task = tokio::spawn(work.follow(coming)).abort_handle();
        Self { watched, told, bus, task }
    }

    /// Takes note of the reader's portfolios.
    pub(super) fn knows(&self, own: impl IntoIterator<Item = PortfolioId>) {
        self.told.lock().own.extend(own);
    }

    /// Joins: after the event of that id, if one is given, with a page that shows `version`, or has the shape in it.
    pub(super) fn join(&self, after: Option<u64>, version: Option<String>) -> Joined {
        let wire = &self.told.wire;
        let now = self.told.lock();
        let coming = now.sender.subscribe();
        let mut at_once = Vec::new();
        let mut shown = version;
        if let Some(after) = after {
            match self.bus.listen_after(after).missed {
                Some(missed) => {
                    let missed = missed.iter().filter(|event| {
                        event.number <= now.number && self.watched.hears(&event.event, &now.own)
                    });
                    at_once.extend(missed.filter_map(|event| wire.event(event)));
                }
                None => at_once.push(wire.resync(now.number, "too much happened meanwhile")),
            }
            // Figures go out under the number of what they follow from: under a later one, they were received. A page
            // that names all that it shows knows better.
            let names_all = shown.as_deref().is_some_and(|shown| !shown.ends_with('-'));
            let current = now.figures.as_ref().filter(|figures| !names_all && figures.number < after);
            if let Some(current) = current
                && !current.is_reshaped(shown.as_deref())
            {
                shown = Some(current.version.clone());
            }
        }
        // Figures older than the page must not take it back.
        if let Some(figures) =
            now.figures.as_ref().filter(|_| !now.is_behind && !self.is_rewritten(now.number))
            && shown.as_ref() != Some(&figures.version)
        {
            at_once.push(figures.all_for(shown.as_deref(), wire));
            shown = Some(figures.version.clone());
        }
        Joined { coming, at_once, version: shown, number: now.number }
    }

    /// Whether the ledger changed in an event that is not taken in yet.
    fn is_rewritten(&self, after: u64) -> bool {
        let changes = |event: &Arc<Published>| match event.event {
            Event::LedgerChanged { portfolio } => Some(portfolio) == self.watched.portfolio,
            _ => false,
        };
        self.bus.listen_after(after).missed.is_none_or(|unheard| unheard.iter().any(changes))
    }

    /// Everything that the page shows, as of the last computation, for one that shows something else.
    pub(super) fn all(&self, shown: Option<&str>) -> Option<(String, Bytes)> {
        let now = self.told.lock();
        now.figures.as_ref().map(|figures| (figures.version.clone(), figures.all_for(shown, &self.told.wire)))
    }

    /// Tells all viewers that it is over.
    pub(super) fn end(&self) {
        // Without viewers there is nobody to tell.
        let _ = self.told.lock().sender.send(Frame::End);
    }
}

impl Figures {
    /// Whether a page that shows that has other rows, so that figures alone would leave it half old.
    fn is_reshaped(&self, shown: Option<&str>) -> bool {
        let theirs = shown.and_then(Cells::shape_within);
        theirs.is_some() && theirs != Cells::shape_within(&self.version)
    }

    /// All figures, or that a page that shows that must be fetched anew.
    fn all_for(&self, shown: Option<&str>, wire: &Wire) -> Bytes {
        if self.is_reshaped(shown) {
            return wire.resync(self.number, "the page has other rows now");
        }
        wire.all(self.number, &self.cells, &self.version, self.refreshing)
    }
}

impl Told {
    fn lock(&self) -> MutexGuard<'_, Now> {
        self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Now {
    fn send(&self, frame: Frame) {
        // Nobody may be listening just now; who comes will catch up.
        let _ = self.sender.send(frame);
    }
}

/// What a watch does.
struct Work {
    state: Data<State>,
    watched: Watched,
    told: Arc<Told>,
    /// Whose prices the figures are made from.
    made_from: BTreeSet<Symbol>,
    /// When the figures are to be computed.
    due: Option<Instant>,
    /// When what they say changes by the passing of time.
    changes_at: Option<DateTime<Utc>>,
}

impl Work {
    async fn follow(mut self, mut coming: broadcast::Receiver<Arc<Published>>) {
        let mut heartbeat = interval(HEARTBEAT_EVERY);
        heartbeat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        heartbeat.reset();
        let mut not_before = Instant::now();
        if self.watched.portfolio.is_some() {
            self.due = Some(not_before);
        }
        loop {
            let due = self.due.map(|due| due.max(not_before));
            tokio::select! {
                heard = coming.recv() => match heard {
                    Ok(published) => {
                        self.learn_whose(&published.event).await;
                        self.hear(&published);
                    }
                    Err(broadcast::error::RecvError::Lagged(missed)) => self.missed(missed),
                    Err(broadcast::error::RecvError::Closed) => return,
                },
                () = async { match due { Some(at) => sleep_until(at).await, None => pending().await } } => {
                    self.due = None;
                    not_before = Instant::now() + PAUSE;
                    self.compute().await;
                }
                () = self.minute() => {
                    self.ask_for_prices().await;
                    if self.changes_at.is_some_and(|at| self.state.tracker.clock().now() >= at) {
                        self.is_behind();
                    }
                }
                _ = heartbeat.tick() => self.told.lock().send(Frame::Heartbeat),
            }
        }
    }

    /// Until the next full minute: pages tell the age of prices to the minute. What is over has no age.
    async fn minute(&self) {
        if self.watched.portfolio.is_none() || self.watched.view.as_of.is_some() {
            return pending().await;
        }
        let into = self.state.tracker.clock().now().timestamp_millis().rem_euclid(60_000);
        sleep(Duration::from_millis(60_000 - into.unsigned_abs())).await;
    }

    fn tracker(&self) -> Tracker {
        self.state.tracker.acting_for(self.watched.reader.user)
    }

    /// Nobody fetches the page while it is open, so that the watch sees whether newer prices are due.
    async fn ask_for_prices(&self) {
        let Some(portfolio) = self.watched.portfolio else { return };
        if let Err(error) = self.tracker().refresh_if_due(portfolio).await {
            tracing::debug!(%error, "events.refresh_not_asked_for");
        }
    }

    /// Where no portfolio is looked at, whether the one that a job is about is the reader's.
    async fn learn_whose(&self, event: &Event) {
        let Event::JobChanged(job) = event else { return };
        let Some(about) = portfolio_named_in(job).filter(|_| self.watched.portfolio.is_none()) else {
            return;
        };
        let is_known = self.told.lock().own.contains(&about);
        if !is_known && self.tracker().portfolio(about).await.is_ok() {
            self.told.lock().own.insert(about);
        }
    }

    fn hear(&mut self, published: &Published) {
        let mut now = self.told.lock();
        now.number = published.number;
        let concerns = match &published.event {
            Event::LedgerChanged { portfolio } => {
                let is_ours = Some(*portfolio) == self.watched.portfolio;
                if is_ours {
                    let bytes = self.told.wire.resync(published.number, "the ledger changed");
                    now.send(Frame::Resync { number: published.number, bytes });
                }
                is_ours
            }
            Event::PricesChanged { symbols } => symbols.iter().any(|symbol| self.made_from.contains(symbol)),
            // A refresh that begins or ends shows in the labels of prices.
            Event::JobChanged(_) => {
                let refreshing = self.state.tracker.is_refreshing();
                now.figures.as_ref().is_some_and(|figures| figures.refreshing != refreshing)
            }
            _ => false,
        };
        if self.watched.hears(&published.event, &now.own)
            && let Some(bytes) = self.told.wire.event(published)
        {
            now.send(Frame::Event { number: published.number, bytes });
        }
        drop(now);
        if concerns {
            self.is_behind();
        }
    }

    /// The bus was faster than this watch, which cannot be told what was in it.
    fn missed(&mut self, events: u64) {
        tracing::warn!(events, "events.missed");
        let mut now = self.told.lock();
        now.number += events;
        let bytes = self.told.wire.resync(now.number, "too much happened at a time");
        now.send(Frame::Resync { number: now.number, bytes });
        drop(now);
        self.is_behind();
    }

    fn is_behind(&mut self) {
        if self.watched.portfolio.is_some() {
            self.told.lock().is_behind = true;
            self.due.get_or_insert_with(Instant::now);
        }
    }

    async fn compute(&mut self) {
        let Some(portfolio) = self.watched.portfolio else { return };
        // Nothing is heard until this is told: the figures follow from all up to here.
        let number = self.told.lock().number;
        let refreshing = self.state.tracker.is_refreshing();
        let dashboard = match self.tracker().dashboard(portfolio, &self.watched.view).await {
            Ok(dashboard) => dashboard,
            Err(TrackerError::NotFound(_)) => return self.told.lock().send(Frame::End),
            Err(error) => {
                tracing::warn!(%error, "events.figures_not_computed");
                self.due = Some(Instant::now() + AGAIN);
                return;
            }
        };
        let (view, locale) = (self.watched.view.clone(), self.watched.locale);
        self.changes_at = dashboard.words_validity().changes_at;
        let shape = move || {
            let cells = Cells::of(&DashboardContent::new(locale, &dashboard, &view));
            (cells, dashboard.made_from)
        };
        let (cells, made_from) = self.state.tracker.compute(shape).await;
        self.made_from = made_from;
        self.tell(Figures { number, version: cells.version(), cells, refreshing });
    }

    fn tell(&self, figures: Figures) {
        let mut now = self.told.lock();
        let wire = &self.told.wire;
        let Figures { number, cells, version, refreshing } = &figures;
        let before = now.figures.as_ref();
        let follows = before.and_then(|before| Some((before, cells.changed_since(&before.cells)?)));
        let (from, bytes) = match follows {
            // Whose page shows something else gets all of it, or learns that it has another shape.
            None => Default::default(),
            Some((before, changed)) if changed.is_empty() => (before.version.clone(), Bytes::new()),
            Some((before, changed)) => {
                (before.version.clone(), wire.figures(*number, changed, version, *refreshing))
            }
        };
        let version = version.clone();
        now.is_behind = false;
        now.figures = Some(figures);
        now.send(Frame::Figures { from, version, bytes });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::EventLog;
    use bellwether_domain::SystemClock;
    use bellwether_tracker::{Tracker, TrackerOptions, Upstream};

    async fn work(portfolio: PortfolioId) -> Work {
        let tracker = Tracker::open(TrackerOptions {
            database: "sqlite::memory:".to_owned(),
            upstream: Upstream::Nobody,
            feeds: Vec::new(),
            redis: None,
            clock: Arc::new(SystemClock),
        });
        let state = Data::new(State::new(tracker.await.expect("a tracker"), Vec::new(), EventLog::default()));
        let owner = Reader { user: state.tracker.owner(), is_owner: true };
        let (sender, _) = broadcast::channel(1);
        let now =
            Mutex::new(Now { sender, number: 0, own: BTreeSet::new(), figures: None, is_behind: false });
        Work {
            watched: Watched {
                reader: owner,
                portfolio: Some(portfolio),
                view: View::default(),
                locale: Locale::english(),
            },
            state,
            told: Arc::new(Told { wire: Wire::of("test"), now }),
            made_from: BTreeSet::from(["KO".parse().expect("a symbol")]),
            due: None,
            changes_at: None,
        }
    }

    #[tokio::test]
    async fn only_what_a_view_is_made_from_lets_it_be_computed() {
        let (ours, other) = (PortfolioId::new(), PortfolioId::new());
        let prices = |symbol: &str| Event::PricesChanged { symbols: vec![symbol.parse().expect("a symbol")] };
        let logged = Event::Logged { level: "info".to_owned(), words: String::new() };
        let cases = [
            (prices("KO"), true),
            (prices("PEP"), false),
            (Event::LedgerChanged { portfolio: ours }, true),
            (Event::LedgerChanged { portfolio: other }, false),
            (logged, false),
        ];
        for (event, computes) in cases {
            let mut work = work(ours).await;
            let published =
                Published { number: 7, at: chrono::DateTime::UNIX_EPOCH, event, is_from_elsewhere: false };
            work.hear(&published);
            assert_eq!(
                (work.due.is_some(), work.told.lock().is_behind),
                (computes, computes),
                "{published:?}"
            );
            assert_eq!(work.told.lock().number, 7);
        }
    }
}
