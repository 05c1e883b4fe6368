//! The use cases from the outside: files in, figures out, over real databases and the simulated price service.
//!
//! With the feature `postgres`, `TEST_DATABASE_URL` must name a PostgreSQL (`scripts/postgres-for-tests start`).

#![allow(clippy::unwrap_used, missing_docs)]

mod at_once;
mod database;
mod derivations;
mod drafts;
mod exports;
mod feeds;
mod imports;
mod indices;
mod ledger;
mod manual_prices;
mod notifications;
#[cfg(feature = "postgres")]
mod proxy;
mod real_data;
mod reconciliation;
mod refresh;
mod reports;
mod restarts;
mod shared_events;
mod short_sales;
mod split_day;
mod upkeep;
mod verification;
mod versions;
