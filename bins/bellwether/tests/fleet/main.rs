//! Two processes of the real binary on one PostgreSQL and one Redis: what they share, and what the one does when the
//! other, Redis or the database is gone; and what monitoring says of the database, as the server counted it.

#![cfg(all(feature = "postgres", feature = "redis", unix))]
#![allow(clippy::unwrap_used, missing_docs)]

mod batches;
mod cluster;
mod database_outage;
mod fleet;
mod limits;
mod monitoring;
#[path = "../jobs/postgres.rs"]
mod postgres;
mod redis;
mod redis_outage;
mod revocation;
#[path = "../jobs/server.rs"]
mod server;
mod takeover;
mod writes;
