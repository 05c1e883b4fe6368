//! A view that somebody looks at: its figures are computed once for all who do, and what changed is told to each.

use std::collections::BTreeSet;
use std::future::pending;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use actix_web::web::Data;
use bellwether_domain::{PortfolioId, Symbol};
use bellwether_tracker::{Bus, Event, Listener, Published, TrackerError, View};
use bytes::Bytes;
use tokio::sync::broadcast;
use tokio::task::AbortHandle;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep, sleep_until};

use super::frame::{Frame, Wire};
use crate::web::State;
use crate::web::view::cells::Cells;
use crate::web::view::dashboard_page::DashboardContent;

/// So many frames may wait for a slow viewer before it has to catch up instead.
const WAITING: usize = 16;
/// The figures of a view are computed at most this often.
const PAUSE: Duration = Duration::from_secs(1);
const HEARTBEAT_EVERY: Duration = Duration::from_secs(20);

/// What is watched: a view of a portfolio, or only what happens.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Watched {
    pub(super) portfolio: Option<PortfolioId>,
    pub(super) view: View,
}

/// A watched view. Its work ends when the last viewer lets go of it.
#[derive(Debug)]
pub(super) struct Watch {
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
            now: Mutex::new(Now { sender, number, figures: None, is_behind }),
        });
        let work = Work { state, watched, told: Arc::clone(&told), made_from: BTreeSet::new(), due: None };
        let task = tokio::spawn(work.follow(coming)).abort_handle();
        Self { told, bus, task }
    }

    /// Joins: after the event of that id, if one is given, with a page that shows `version`.
    pub(super) fn join(&self, after: Option<u64>, version: Option<String>) -> Joined {
        let wire = &self.told.wire;
        let now = self.told.lock();
        let coming = now.sender.subscribe();
        let mut at_once = Vec::new();
        let mut shown = version;
        if let Some(after) = after {
            match self.bus.listen_after(after).missed {
                Some(missed) => {
                    let missed = missed.iter().filter(|event| event.number <= now.number);
                    at_once.extend(missed.filter_map(|event| wire.event(event)));
                }
                None => at_once.push(wire.resync(now.number, "too much happened meanwhile")),
            }
            // Figures go out under the number of what they follow from: under a later one, they were received.
            let current = now.figures.as_ref().filter(|figures| figures.number < after);
            if let Some(current) = current {
                shown = Some(current.version.clone());
            }
        }
        // Figures older than the page must not take it back.
        if let Some(figures) = now.figures.as_ref().filter(|_| !now.is_behind)
            && shown.as_ref() != Some(&figures.version)
        {
            at_once.push(figures.all(wire));
            shown = Some(figures.version.clone());
        }
        Joined { coming, at_once, version: shown, number: now.number }
    }

    /// Everything that the page shows, as of the last computation.
    pub(super) fn all(&self) -> Option<(String, Bytes)> {
        let now = self.told.lock();
        now.figures.as_ref().map(|figures| (figures.version.clone(), figures.all(&self.told.wire)))
    }

    /// Tells all viewers that it is over.
    pub(super) fn end(&self) {
        // Without viewers there is nobody to tell.
        let _ = self.told.lock().sender.send(Frame::End);
    }
}

impl Figures {
    fn all(&self, wire: &Wire) -> Bytes {
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
                    Ok(published) => self.hear(&published),
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
                    self.is_behind();
                }
                _ = heartbeat.tick() => self.told.lock().send(Frame::Heartbeat),
            }
        }
    }

    /// Until the next full minute: pages tell the age of prices. What is over has no age.
    async fn minute(&self) {
        if self.watched.portfolio.is_none() || self.watched.view.as_of.is_some() {
            return pending().await;
        }
        let into = self.state.tracker.clock().now().timestamp_millis().rem_euclid(60_000);
        sleep(Duration::from_millis(60_000 - into.unsigned_abs())).await;
    }

    /// Nobody fetches the page while it is open, so that the watch sees whether newer prices are due.
    async fn ask_for_prices(&self) {
        let Some(portfolio) = self.watched.portfolio else { return };
        if let Err(error) = self.state.tracker.refresh_if_due(portfolio).await {
            tracing::debug!(%error, "events.refresh_not_asked_for");
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
        if let Some(bytes) = self.told.wire.event(published) {
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
        let number = {
            let mut now = self.told.lock();
            now.is_behind = false;
            now.number
        };
        let dashboard = match self.state.tracker.dashboard(portfolio, &self.watched.view).await {
            Ok(dashboard) => dashboard,
            Err(TrackerError::NotFound(_)) => return self.told.lock().send(Frame::End),
            Err(error) => {
                // The next minute tries again.
                tracing::warn!(%error, "events.figures_not_computed");
                return;
            }
        };
        self.made_from.clone_from(&dashboard.made_from);
        let cells = Cells::of(&DashboardContent::new(&dashboard, &self.watched.view));
        let refreshing = dashboard.prices.refreshing;
        let figures = Figures { number, version: cells.version(), cells, refreshing };
        self.tell(figures);
    }

    fn tell(&self, figures: Figures) {
        let mut now = self.told.lock();
        let wire = &self.told.wire;
        let Figures { number, cells, version, refreshing } = &figures;
        let before = now.figures.as_ref();
        match before.map(|before| (before, cells.changed_since(&before.cells))) {
            // Whose page shows something else gets all of it.
            None => now.send(Frame::Figures {
                from: String::new(),
                version: version.clone(),
                bytes: Bytes::new(),
            }),
            Some((before, Some(changed))) => {
                let bytes = if changed.is_empty() {
                    Bytes::new()
                } else {
                    wire.figures(*number, changed, version, *refreshing)
                };
                let (from, version) = (before.version.clone(), version.clone());
                now.send(Frame::Figures { from, version, bytes });
            }
            Some((_, None)) => {
                let bytes = wire.resync(*number, "the page has other rows now");
                now.send(Frame::Resync { number: *number, bytes });
            }
        }
        now.figures = Some(figures);
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
        let (sender, _) = broadcast::channel(1);
        let now = Mutex::new(Now { sender, number: 0, figures: None, is_behind: false });
        Work {
            state,
            watched: Watched { portfolio: Some(portfolio), view: View::default() },
            told: Arc::new(Told { wire: Wire::of("test"), now }),
            made_from: BTreeSet::from(["KO".parse().expect("a symbol")]),
            due: None,
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
