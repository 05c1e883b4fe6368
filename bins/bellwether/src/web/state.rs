//! What all requests share.

use bellwether_cache::Snapshots;
use bellwether_tracker::Tracker;

use super::assets::AssetNames;
use super::monitoring::{EventLog, Monitoring};
use super::snapshot::SnapshotKey;
use super::templates::Templates;

/// Finished answers are kept up to this size.
const SNAPSHOT_BYTES: u64 = 64 << 20;

pub(crate) struct State {
    pub(super) tracker: Tracker,
    pub(super) templates: Templates,
    pub(super) assets: AssetNames,
    pub(super) snapshots: Snapshots<SnapshotKey>,
    pub(super) monitoring: Monitoring,
    /// Names besides addresses and localhost under which requests are answered.
    pub(super) hosts: Vec<String>,
}

impl State {
    pub(super) fn new(tracker: Tracker, hosts: Vec<String>, log: EventLog) -> Self {
        Self {
            monitoring: Monitoring::new(&tracker, log),
            tracker,
            hosts,
            templates: Templates::embedded(),
            assets: AssetNames::embedded(),
            snapshots: Snapshots::new(SNAPSHOT_BYTES),
        }
    }
}
