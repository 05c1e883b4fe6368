//! A database for one test.

use std::sync::Arc;

use bellwether_domain::{FixedClock, UserId};
use bellwether_storage::{Storage, StorageOptions};
use chrono::{DateTime, Utc};
use tempfile::TempDir;

/// A new, empty database that goes away with the test.
pub(crate) struct TestDatabase {
    pub(crate) storage: Storage,
    pub(crate) clock: Arc<FixedClock>,
    pub(crate) url: String,
    pub(crate) user: UserId,
    _place: Place,
}

#[allow(dead_code, reason = "held until the test ends")]
enum Place {
    Folder(TempDir),
    #[cfg(feature = "postgres")]
    Schema(postgres::Schema),
}

impl TestDatabase {
    pub(crate) async fn sqlite() -> Self {
        let folder = TempDir::new().unwrap();
        let url = format!("sqlite:{}", folder.path().join("test.db").display());
        Self::at(url, Place::Folder(folder)).await
    }

    #[cfg(feature = "postgres")]
    pub(crate) async fn postgres() -> Self {
        let schema = postgres::Schema::create();
        Self::at(schema.url(), Place::Schema(schema)).await
    }

    async fn at(url: String, place: Place) -> Self {
        let clock = Arc::new(FixedClock::at(start()));
        let storage = Storage::open(options(&url, &clock)).await.unwrap();
        let user = storage.owner().await.unwrap();
        Self { storage, clock, url, user, _place: place }
    }

    /// The same database as another process would open it.
    pub(crate) async fn opened_again(&self) -> Storage {
        Storage::open(options(&self.url, &self.clock)).await.unwrap()
    }
}

/// The time at which every test begins.
pub(crate) fn start() -> DateTime<Utc> {
    "2024-05-03T14:30:00Z".parse().unwrap()
}

fn options(url: &str, clock: &Arc<FixedClock>) -> StorageOptions {
    StorageOptions::new(url).clock(Arc::<FixedClock>::clone(clock))
}

/// Runs each of these functions as a test on either database.
macro_rules! on_both {
    ($($test:ident),* $(,)?) => {
        mod sqlite {
            $(
                #[tokio::test]
                async fn $test() {
                    super::$test(&crate::database::TestDatabase::sqlite().await).await;
                }
            )*
        }

        #[cfg(feature = "postgres")]
        mod postgres {
            $(
                #[tokio::test]
                async fn $test() {
                    super::$test(&crate::database::TestDatabase::postgres().await).await;
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
            let mut connection = PgConnection::establish(&self.server).unwrap();
            connection.batch_execute(sql).unwrap();
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
