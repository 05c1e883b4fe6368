//! Diesel repositories over SQLite and PostgreSQL, with their migrations.

pub mod actions;
pub mod audit;
mod columns;
mod connection;
mod error;
pub mod imports;
pub mod instruments;
pub mod jobs;
pub mod ledger;
mod location;
mod migrations;
mod options;
mod pool;
pub mod portfolios;
pub mod prices;
pub mod quotes;
mod schema;
pub mod settings;
mod statistics;
mod storage;
mod transaction;
pub mod users;

pub use columns::Amount;
pub use connection::AnyConnection;
pub use error::StorageError;
pub use options::StorageOptions;
pub use statistics::StorageStatistics;
pub use storage::{BackEnd, Storage};

/// Rows in one insert: well within what either back end binds in a statement.
const ROWS_PER_INSERT: usize = 500;
