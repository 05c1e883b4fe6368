//! Hearing what gives cause to look.

use std::sync::Arc;

use bellwether_scheduler::{Job, JobState};
use bellwether_storage::notifications as stored;
use chrono::{DateTime, TimeDelta, Utc};
use tokio::sync::broadcast::{self, error::RecvError};

use super::{Happening, tell};
use crate::import::HOME_EXCHANGE;
use crate::jobs::{IMPORT, KEEP_PRICES, REFRESH_PRICES};
use crate::{Event, Published, Tracker, TrackerError};

/// What lasts while the circuit of a source is open; its name follows.
pub(super) const CIRCUIT: &str = "circuit:";
/// So long after news the rules are looked at, once for all that comes meanwhile.
const PAUSE: TimeDelta = TimeDelta::seconds(30);

/// Has the rules looked at after whatever may concern them, and tells of circuits, until it is dropped.
pub(crate) async fn watch(tracker: Tracker, mut events: broadcast::Receiver<Arc<Published>>) {
    let mut asked: Option<DateTime<Utc>> = None;
    loop {
        let pause = match events.recv().await {
            Ok(published) => match &published.event {
                Event::PricesChanged { .. } | Event::LedgerChanged { .. } => PAUSE,
                Event::JobChanged(job) if concerns_rules(job) => PAUSE,
                Event::CircuitChanged { source, state, until } => {
                    if let Err(error) = tracker.tell_everybody_of_circuit(source, state, *until).await {
                        tracing::warn!(%error, "notification.not_recorded");
                    }
                    continue;
                }
                _ => continue,
            },
            Err(RecvError::Lagged(_)) => PAUSE,
            Err(RecvError::Closed) => return,
        };
        let now = tracker.clock().now();
        // A look that was asked for and has not come yet sees this too.
        if asked.is_none_or(|at| at <= now) {
            asked = Some(now + pause);
            tracker.check_rules_soon(now + pause).await;
        }
    }
}

/// A refresh ended that somebody asked for, or one or an import failed.
fn concerns_rules(job: &Job) -> bool {
    match job.kind.as_str() {
        REFRESH_PRICES => job.state.is_ended(),
        KEEP_PRICES | IMPORT => matches!(job.state, JobState::Failed | JobState::Dead),
        _ => false,
    }
}

impl Tracker {
    pub(super) async fn tell_everybody_of_circuit(
        &self,
        source: &str,
        state: &str,
        until: Option<DateTime<Utc>>,
    ) -> Result<(), TrackerError> {
        // What of one user cannot be read keeps nobody else from being told.
        let mut first: Result<(), TrackerError> = Ok(());
        for tracker in self.for_everybody().await? {
            first = first.and(tracker.tell_of_circuit(source, state, until).await);
        }
        first
    }

    /// Tells that a circuit opened or closed, once for all processes that notice. A probe is neither.
    async fn tell_of_circuit(
        &self,
        source: &str,
        state: &str,
        until: Option<DateTime<Utc>>,
    ) -> Result<(), TrackerError> {
        let (user, now, zone) = (self.user(), self.clock().now(), HOME_EXCHANGE.zone());
        let (key, source) = (format!("{CIRCUIT}{source}"), source.to_owned());
        let told = match state {
            "open" => {
                let opened = Happening::CircuitOpened { source, until, zone, at: now };
                let write = self.storage().write(move |connection| {
                    let began = stored::begin_condition(connection, user, &key, now)?;
                    if began { tell(connection, user, &opened, now) } else { Ok(None) }
                });
                write.await?
            }
            "closed" => {
                let closed = Happening::CircuitClosed { source, at: now };
                let write = self.storage().write(move |connection| {
                    let ended = stored::end_condition(connection, user, &key)?;
                    if ended { tell(connection, user, &closed, now) } else { Ok(None) }
                });
                write.await?
            }
            _ => None,
        };
        self.tell_pages(told.into_iter().collect());
        Ok(())
    }
}
