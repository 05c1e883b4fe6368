//! When circuits of price sources opened and closed.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use bellwether_tracker::{Bus, Event};
use chrono::{DateTime, Utc};
use serde::Serialize;
use tokio::sync::broadcast::error::RecvError;

/// So many changes are kept, the latest.
const KEPT: usize = 50;

/// What circuits did.
#[derive(Debug, Default)]
pub(super) struct Circuits(Mutex<History>);

#[derive(Debug, Default)]
struct History {
    /// The latest changes, the last one first.
    changes: VecDeque<CircuitChange>,
    /// How often each opened.
    opened: BTreeMap<String, u64>,
}

/// A circuit that opened, closed, or let a probe through.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct CircuitChange {
    /// When.
    pub(super) at: DateTime<Utc>,
    /// Whose.
    pub(super) source: String,
    /// `open`, `half-open` or `closed`.
    pub(super) state: String,
    /// Until when it stays open.
    pub(super) until: Option<DateTime<Utc>>,
}

impl Circuits {
    /// The kept changes, the latest first.
    pub(super) fn changes(&self) -> Vec<CircuitChange> {
        self.history().changes.iter().cloned().collect()
    }

    /// How often the circuit of each source opened since the start.
    pub(super) fn opened(&self) -> BTreeMap<String, u64> {
        self.history().opened.clone()
    }

    fn note(&self, change: CircuitChange) {
        let mut history = self.history();
        if change.state == "open" {
            *history.opened.entry(change.source.clone()).or_default() += 1;
        }
        history.changes.truncate(KEPT - 1);
        history.changes.push_front(change);
    }

    fn history(&self) -> MutexGuard<'_, History> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Listens for as long as the bus is there.
    pub(super) async fn follow(&self, bus: &Bus) {
        let mut coming = bus.listen().coming;
        loop {
            match coming.recv().await {
                Ok(told) => {
                    if let Event::CircuitChanged { source, state, until } = &told.event {
                        let (source, state) = (source.clone(), state.clone());
                        self.note(CircuitChange { at: told.at, source, state, until: *until });
                    }
                }
                // What was missed is lost to the history alone: the present state is read from the source.
                Err(RecvError::Lagged(_)) => {}
                Err(RecvError::Closed) => return,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[tokio::test]
    async fn the_latest_changes_are_kept_as_they_were_told() {
        let (circuits, bus) = (Circuits::default(), Bus::default());
        let at = |second: i64| DateTime::from_timestamp(second, 0).expect("an instant");
        let tell = |second: i64, state: &str, until| {
            bus.publish(
                at(second),
                Event::CircuitChanged { source: "yahoo".to_owned(), state: state.to_owned(), until },
            );
        };
        let following = circuits.follow(&bus);
        let telling = async {
            tokio::task::yield_now().await;
            for second in 0..60 {
                tell(second, "half-open", None);
            }
            tell(60, "open", Some(at(75)));
            tell(61, "closed", None);
            while circuits.changes().first().is_none_or(|change| change.state != "closed") {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        };
        tokio::select! {
            () = following => {}
            () = telling => {}
        }
        let changes = circuits.changes();
        assert_eq!((changes.len(), changes[0].at), (KEPT, at(61)));
        let opened = CircuitChange {
            at: at(60),
            source: "yahoo".to_owned(),
            state: "open".to_owned(),
            until: Some(at(75)),
        };
        assert_eq!(changes[1], opened);
        assert_eq!(circuits.opened(), BTreeMap::from([("yahoo".to_owned(), 1)]));
    }
}
