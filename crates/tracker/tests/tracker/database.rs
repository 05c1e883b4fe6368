//! A database for one test, and trackers over it.

use std::sync::Arc;

use bellwether_domain::FixedClock;
use bellwether_prices::SteppingPause;
use bellwether_storage::{Storage, StorageOptions};
use bellwether_tracker::{FeedSettings, ImportFile, ImportReport, ImportTarget, PortfolioSettings};
use bellwether_tracker::{Tracker, TrackerOptions, Upstream};
use tempfile::TempDir;

/// A new, empty database that goes away with the test.
pub(crate) struct TestDatabase {
    url: String,
    _place: Place,
}

#[allow(dead_code, reason = "held until the test ends")]
enum Place {
    Folder(TempDir),
    #[cfg(feature = "postgres")]
    Schema(postgres::Schema),
    #[cfg(feature = "postgres")]
    Elsewhere,
}

impl TestDatabase {
    pub(crate) fn sqlite() -> Self {
        let folder = TempDir::new().unwrap();
        let url = format!("sqlite:{}", folder.path().join("test.db").display());
        Self { url, _place: Place::Folder(folder) }
    }

    #[cfg(feature = "postgres")]
    pub(crate) fn postgres() -> Self {
        let schema = postgres::Schema::create();
        Self { url: schema.url(), _place: Place::Schema(schema) }
    }

    /// Where the server listens.
    #[cfg(feature = "postgres")]
    pub(crate) fn server(&self) -> String {
        let (_, rest) = self.url.split_once('@').unwrap();
        rest.split('/').next().unwrap().to_owned()
    }

    /// The same by way of another address, as long as this one is there.
    #[cfg(feature = "postgres")]
    pub(crate) fn by_way_of(&self, address: std::net::SocketAddr) -> Self {
        let url = self.url.replacen(&self.server(), &address.to_string(), 1);
        Self { url, _place: Place::Elsewhere }
    }

    /// What is stored in it.
    pub(crate) async fn storage(&self, clock: &Arc<FixedClock>) -> Storage {
        let clock = Arc::<FixedClock>::clone(clock);
        Storage::open(StorageOptions::new(self.url.clone()).clock(clock)).await.unwrap()
    }

    /// A tracker over it; a second one is what a restart opens.
    pub(crate) async fn tracker(&self, upstream: Upstream, clock: &Arc<FixedClock>) -> Tracker {
        self.tracker_with(upstream, Vec::new(), clock).await
    }

    /// One with sources of the user's own.
    pub(crate) async fn tracker_with(
        &self,
        upstream: Upstream,
        feeds: Vec<FeedSettings>,
        clock: &Arc<FixedClock>,
    ) -> Tracker {
        Tracker::open(self.options(upstream, feeds, clock)).await.unwrap()
    }

    /// One that moves the clock on where it would have to wait for a turn upstream.
    pub(crate) async fn tracker_led(&self, upstream: Upstream, clock: &Arc<FixedClock>) -> Tracker {
        let pause = SteppingPause::of(Arc::clone(clock));
        Tracker::open_pausing(self.options(upstream, Vec::new(), clock), pause).await.unwrap()
    }

    fn options(
        &self,
        upstream: Upstream,
        feeds: Vec<FeedSettings>,
        clock: &Arc<FixedClock>,
    ) -> TrackerOptions {
        let clock = Arc::<FixedClock>::clone(clock);
        TrackerOptions { database: self.url.clone(), upstream, feeds, redis: None, clock }
    }
}

pub(crate) fn clock(at: &str) -> Arc<FixedClock> {
    Arc::new(FixedClock::at(at.parse().unwrap()))
}

/// Imports a file of trades into the portfolio `Main`.
pub(crate) async fn import(tracker: &Tracker, csv: &str, dry_run: bool) -> ImportReport {
    let file = ImportFile { name: "trades.csv".to_owned(), bytes: csv.into(), currency: None };
    tracker.import(ImportTarget::Named(PortfolioSettings::named("Main")), file, dry_run).await.unwrap()
}

/// Runs each of these functions as a test on either database.
macro_rules! on_both {
    ($($test:ident),* $(,)?) => {
        mod sqlite {
            $(
                #[tokio::test]
                async fn $test() {
                    super::$test(&crate::database::TestDatabase::sqlite()).await;
                }
            )*
        }

        #[cfg(feature = "postgres")]
        mod postgres {
            $(
                #[tokio::test]
                async fn $test() {
                    super::$test(&crate::database::TestDatabase::postgres()).await;
                }
            )*
        }
    };
}
pub(crate) use on_both;

#[cfg(feature = "postgres")]
pub(crate) mod postgres {
    use diesel::connection::SimpleConnection;
    use diesel::{Connection, PgConnection};

    /// A schema of its own in the server that the environment names.
    pub(crate) struct Schema {
        server: String,
        name: String,
    }

    impl Schema {
        pub(crate) fn create() -> Self {
            let server = std::env::var("TEST_DATABASE_URL").expect(
                "with the feature `postgres`, TEST_DATABASE_URL must name a PostgreSQL: see scripts/postgres-for-tests",
            );
            let name = format!("test_{}", uuid::Uuid::now_v7().simple());
            let schema = Self { server, name };
            schema.execute(&format!("CREATE SCHEMA {}", schema.name));
            schema
        }

        pub(crate) fn url(&self) -> String {
            let separator = if self.server.contains('?') { '&' } else { '?' };
            format!("{}{separator}options=-csearch_path%3D{}", self.server, self.name)
        }

        fn execute(&self, sql: &str) {
            PgConnection::establish(&self.server).unwrap().batch_execute(sql).unwrap();
        }
    }

    impl Drop for Schema {
        fn drop(&mut self) {
            if !std::thread::panicking() {
                self.execute(&format!(
                    "SET client_min_messages = warning; DROP SCHEMA {} CASCADE",
                    self.name
                ));
            }
        }
    }
}
