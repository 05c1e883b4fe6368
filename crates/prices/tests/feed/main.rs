//! Feeds of the user's own over real HTTP.
#![expect(clippy::unwrap_used, reason = "tests")]

mod answers;
mod apart;
mod bytes;
mod calls;
mod descriptions;
mod server;
