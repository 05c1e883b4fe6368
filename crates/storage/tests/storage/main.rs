//! The storage, on SQLite and on PostgreSQL: every test that takes a `&TestDatabase` runs on both.
//!
//! With the feature `postgres`, `TEST_DATABASE_URL` must name a PostgreSQL (`scripts/postgres-for-tests start`).

#![allow(clippy::unwrap_used, missing_docs)]

mod accounts;
mod actions;
mod archive;
mod changes;
mod clean_up;
mod crash;
mod database;
mod doctor;
mod idempotency_keys;
mod imports;
mod instruments;
mod jobs;
mod ledger;
mod ledger_hash;
mod notifications;
mod opening;
mod plans;
mod portfolios;
mod prices;
mod quotes;
mod samples;
mod schema;
mod sequences;
mod settings;
mod target_allocations;
mod upkeep;
mod user_export;
mod writers;
