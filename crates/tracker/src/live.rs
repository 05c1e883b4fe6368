//! What happens, told to whoever listens: open pages, other processes, notifications.

mod bridge;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use bellwether_domain::{PortfolioId, Symbol, UserId};
use bellwether_scheduler::Job;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use tokio::sync::broadcast;
use uuid::Uuid;

pub(crate) use self::bridge::Bridge;

/// So many events are kept for those who come back, and so many may wait for a slow listener.
const KEPT: usize = 1_024;

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum Event {
    /// A ledger or the settings of its portfolio changed.
    LedgerChanged {
        /// Whose.
        portfolio: PortfolioId,
    },
    /// Newer prices, actions or facts of instruments are stored.
    PricesChanged {
        /// Of which.
        symbols: Vec<Symbol>,
    },
    /// A job was enqueued, came further or ended.
    JobChanged(Box<Job>),
    /// The circuit of a source of prices opened, closed or lets a probe through.
    CircuitChanged {
        /// The source's name.
        source: String,
        /// `open`, `half-open` or `closed`.
        state: String,
        /// Until when it stays open.
        until: Option<DateTime<Utc>>,
    },
    /// Somebody is to know something.
    Notified {
        /// Who.
        user: UserId,
        /// Kind of the notification.
        kind: String,
        /// One line.
        title: String,
        /// The rest.
        body: String,
    },
    /// A line of the activity log.
    Logged {
        /// `error`, `warn` or `info`.
        level: String,
        /// What happened, in words.
        words: String,
    },
}

/// An event in its place.
#[derive(Debug, Clone, PartialEq)]
pub struct Published {
    /// Rises by one with each event of this process, from 1.
    pub number: u64,
    /// When it was told.
    pub at: DateTime<Utc>,
    /// What happened.
    pub event: Event,
    /// Another process told it.
    pub is_from_elsewhere: bool,
}

/// Where events are told and heard within a process; a clone is the same one.
///
/// Telling never waits: a listener that is too slow misses events, and learns that it did.
#[derive(Debug, Clone)]
pub struct Bus(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    process: String,
    sender: broadcast::Sender<Arc<Published>>,
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    told: u64,
    last: VecDeque<Arc<Published>>,
}

/// A listener: what it missed since it last listened, and what comes.
#[derive(Debug)]
pub struct Listener {
    /// Events after the one that was named; `None` when they are not all kept any more.
    pub missed: Option<Vec<Arc<Published>>>,
    /// The number of the last event before now.
    pub told: u64,
    /// Events from now on.
    pub coming: broadcast::Receiver<Arc<Published>>,
}

impl Default for Bus {
    fn default() -> Self {
        let (sender, _) = broadcast::channel(KEPT);
        // The end is random, the beginning the time.
        let process = Uuid::now_v7().simple().to_string().split_off(20);
        Self(Arc::new(Inner { process, sender, kept: Mutex::default() }))
    }
}

impl Bus {
    /// A name that no other bus has: numbers of events are of one bus.
    pub fn process(&self) -> &str {
        &self.0.process
    }

    /// Tells everybody who listens.
    pub fn publish(&self, at: DateTime<Utc>, event: Event) {
        self.tell(at, event, false);
    }

    fn publish_from_elsewhere(&self, at: DateTime<Utc>, event: Event) {
        self.tell(at, event, true);
    }

    fn tell(&self, at: DateTime<Utc>, event: Event, is_from_elsewhere: bool) {
        let mut kept = self.0.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.told += 1;
        let published = Arc::new(Published { number: kept.told, at, event, is_from_elsewhere });
        if kept.last.len() == KEPT {
            kept.last.pop_front();
        }
        kept.last.push_back(Arc::clone(&published));
        // Nobody listens: it is kept all the same. Under the lock, so that nobody hears two events in another order.
        let _ = self.0.sender.send(published);
    }

    /// Listens from now on.
    pub fn listen(&self) -> Listener {
        let kept = self.0.kept.lock().unwrap_or_else(PoisonError::into_inner);
        Listener { missed: Some(Vec::new()), told: kept.told, coming: self.0.sender.subscribe() }
    }

    /// Listens from after the event of that number on.
    pub fn listen_after(&self, number: u64) -> Listener {
        let kept = self.0.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let coming = self.0.sender.subscribe();
        let first = kept.last.front().map_or(kept.told + 1, |event| event.number);
        let is_known = number <= kept.told && number + 1 >= first;
        let missed =
            is_known.then(|| kept.last.iter().filter(|event| event.number > number).cloned().collect());
        Listener { missed, told: kept.told, coming }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn logged(words: usize) -> Event {
        Event::Logged { level: "info".to_owned(), words: words.to_string() }
    }

    fn told(count: usize) -> Bus {
        let bus = Bus::default();
        for number in 1..=count {
            bus.publish(DateTime::UNIX_EPOCH, logged(number));
        }
        bus
    }

    fn missed(bus: &Bus, after: u64) -> Option<Vec<u64>> {
        Some(bus.listen_after(after).missed?.iter().map(|event| event.number).collect())
    }

    #[test]
    fn who_comes_back_hears_what_was_missed() {
        let bus = told(3);
        assert_eq!(missed(&bus, 1), Some(vec![2, 3]));
        assert_eq!(missed(&bus, 3), Some(vec![]));
        assert_eq!(missed(&told(0), 0), Some(vec![]));
    }

    #[test]
    fn who_was_away_for_too_long_or_comes_from_elsewhere_learns_so() {
        let bus = told(KEPT + 2);
        assert_eq!(missed(&bus, 1), None);
        assert_eq!(missed(&bus, 2).map(|missed| missed.len()), Some(KEPT));
        assert_eq!(missed(&bus, 5_000), None);
    }

    #[tokio::test]
    async fn listeners_hear_what_comes_in_order() {
        let bus = told(1);
        let mut coming = bus.listen().coming;
        bus.publish(DateTime::UNIX_EPOCH, logged(2));
        bus.publish(DateTime::UNIX_EPOCH, logged(3));
        assert_eq!(coming.recv().await.expect("an event").event, logged(2));
        assert_eq!(coming.recv().await.expect("an event").number, 3);
    }
}
