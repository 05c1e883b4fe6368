//! What all requests share.

use std::hash::{DefaultHasher, Hasher};
use std::sync::Arc;

use bellwether_cache::Snapshots;
use bellwether_domain::SharedClock;
use bellwether_tracker::Tracker;

use super::access::{BodyBounds, Entry, Rates};
use super::assets::AssetNames;
use super::events::Events;
use super::monitoring::{EventLog, Monitoring};
use super::templates::Templates;
use super::warming::Looks;
use crate::notifications::Post;

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
    /// How the house is entered.
    pub(super) entry: Entry,
    pub(super) rates: Rates,
    pub(super) bodies: BodyBounds,
    /// By what ways notifications go out.
    pub(super) post: Arc<Post>,
}

impl State {
    pub(super) fn new(tracker: Tracker, hosts: Vec<String>, log: EventLog) -> Self {
        let clock = SharedClock::clone(tracker.clock());
        let assets = AssetNames::embedded();
        let snapshots = Snapshots::new(SNAPSHOT_BYTES, tracker.redis().cloned(), clock);
        Self {
            monitoring: Monitoring::new(&tracker, log),
            snapshots: Arc::new(snapshots.of_build(&build_mark(&assets))),
            tracker,
            hosts,
            entry: Entry::default(),
            rates: Rates::default(),
            bodies: BodyBounds::default(),
            looks: Looks::default(),
            post: Arc::new(Post::closed()),
            templates: Templates::embedded(),
            assets,
            events: Events::default(),
        }
    }

    /// With a door of that kind.
    pub(super) fn entered_by(self, entry: Entry) -> Self {
        Self { entry, ..self }
    }

    /// With ways out for notifications.
    pub(super) fn posting_by(self, post: Post) -> Self {
        Self { post: Arc::new(post), ..self }
    }
}

/// What answers of this build have in common: pages of another one would name files that this one has not.
fn build_mark(assets: &AssetNames) -> String {
    let mut hasher = DefaultHasher::new();
    Templates::mark(&mut hasher);
    assets.mark(&mut hasher);
    format!("{}-{:016x}", env!("CARGO_PKG_VERSION"), hasher.finish())
}
