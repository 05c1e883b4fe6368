//! Background work of the real binary: over HTTP, shared by processes, and killed at random moments.

#![allow(clippy::unwrap_used, missing_docs)]

mod kills;
mod over_http;
#[cfg(feature = "postgres")]
mod postgres;
mod server;
