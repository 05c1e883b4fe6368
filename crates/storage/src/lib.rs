//! Everything that Bellwether keeps: ledgers, prices, actions, quotes, jobs and the record of every change, in a
//! SQLite file or, with the feature `postgres`, in a PostgreSQL server.
//!
//! The same queries serve both. They are plain functions over an [`AnyConnection`] in one module for each family of
//! tables; [`Storage`] runs them on threads that may block, reads on many connections and writes one transaction after
//! another. What people see is restricted to their own portfolios here, in one place. There is no arithmetic here.
//!
//! ```
//! use bellwether_domain::{DailyBar, PriceSource};
//! use bellwether_storage::prices::{PriceBatch, WriteMode};
//! use bellwether_storage::{Storage, StorageOptions};
//! use chrono::NaiveDate;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let storage = Storage::open(StorageOptions::new("sqlite::memory:")).await?;
//! let ibm = storage.find_or_create_instruments(vec!["IBM".parse()?]).await?.remove(0);
//! let friday = NaiveDate::from_ymd_opt(2013, 3, 1).ok_or("no date")?;
//! let batch = PriceBatch {
//!     instrument: ibm.id,
//!     source: PriceSource::yahoo(),
//!     bars: vec![DailyBar::close_only(friday, 202.91)],
//!     mode: WriteMode::Merge,
//! };
//! storage.write_prices(vec![batch]).await?;
//!
//! let closes = storage.read_closes(vec![ibm.id], friday, friday).await?;
//! assert_eq!(closes[&ibm.id][0].prices.closes, [202.91]);
//! # Ok(())
//! # }
//! ```

pub mod actions;
pub mod api_tokens;
pub mod archive;
pub mod audit;
mod catalog;
mod change_mark;
pub mod changes;
pub mod clean_up;
mod columns;
mod connection;
pub mod doctor;
mod error;
pub mod idempotency_keys;
pub mod import_drafts;
pub mod import_mappings;
pub mod imports;
pub mod indices;
pub mod instruments;
pub mod job_files;
pub mod jobs;
pub mod ledger;
pub mod ledger_hash;
mod location;
mod migrations;
pub mod notifications;
pub mod oidc_identities;
pub mod oidc_sign_ins;
mod options;
mod pool;
pub mod portfolios;
pub mod prices;
pub mod quotes;
mod schema;
pub mod sessions;
pub mod settings;
pub mod share_links;
pub mod sign_in_failures;
mod statistics;
mod storage;
pub mod target_allocations;
mod transaction;
pub mod upkeep;
pub mod user_export;
pub mod users;

pub use change_mark::ChangeMark;
pub use columns::{Amount, Digest};
pub use connection::AnyConnection;
pub use error::StorageError;
pub use options::StorageOptions;
pub use statistics::{Connections, StorageStatistics};
pub use storage::{BackEnd, Storage, noting_changes};

/// Rows in one insert: well within what either back end binds in a statement.
const ROWS_PER_INSERT: usize = 500;
