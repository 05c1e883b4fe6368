//! What must hold for every ledger and every market, in thousands of made-up ones.
//!
//! `PROPTEST_CASES` says how many of each, where it is set.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, missing_docs)]

mod benchmark;
mod cash;
mod decisions;
mod event_world;
mod events;
mod gain;
mod ledger_order;
mod lots;
mod periods;
mod returns;
mod scaling;
mod series;
mod world;
