//! What all requests share.

use std::sync::Arc;

use bellwether_cache::Snapshots;
use bellwether_domain::SharedClock;
use bellwether_tracker::Tracker;

use super::assets::AssetNames;
use super::events::Events;
use super::monitoring::{EventLog, Monitoring};
use super::templates::Templates;
use super::warming::Looks;

/// Finished answers are kept up to this size.
pub(super) const SNAPSHOT_BYTES: u64 = 64 << 20;

pub(crate) struct State {
    pub(super) tracker: Tracker,
    pub(super) templates: Templates,
    pub(super) assets: AssetNames,
    pub(super) snapshots: Arc<Snapshots>,
    pub(super) monitoring: Monitoring,
    pub(super) looks: Looks,
    pub(super) events: Events,
    /// Names besides addresses and localhost under which requests are answered.
    pub(super) hosts: Vec<String>,
}

impl State {
    pub(super) fn new(tracker: Tracker, hosts: Vec<String>, log: EventLog) -> Self {
        let clock = SharedClock::clone(tracker.clock());
        Self {
            monitoring: Monitoring::new(&tracker, log),
            snapshots: Arc::new(Snapshots::new(SNAPSHOT_BYTES, tracker.redis().cloned(), clock)),
            tracker,
            hosts,
            looks: Looks::default(),
            templates: Templates::embedded(),
            assets: AssetNames::embedded(),
            events: Events::default(),
        }
    }
}
