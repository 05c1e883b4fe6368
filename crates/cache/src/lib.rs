//! How fresh prices are, and answers that are made once.
//!
//! [`freshness`] says of every price how far it can be relied on and when to ask for a newer one, by the calendar of
//! its exchange. [`Snapshots`] keeps finished answers under keys that contain the versions of all they were made
//! from, so that a change needs no invalidation: it asks for another key.
//!
//! ```
//! use bellwether_cache::{Answer, Snapshots};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! let pages: Snapshots<(&str, u64)> = Snapshots::new(1 << 20);
//! let build = async { Ok::<_, std::io::Error>(Answer::new("text/html", b"<p>42".to_vec())) };
//! let first = pages.get_or_build(("dashboard", 7), build).await.unwrap();
//!
//! let again = pages.get_or_build(("dashboard", 7), async { Err("is not built again") }).await.unwrap();
//!
//! assert_eq!(first.etag(), again.etag());
//! assert_eq!(again.for_encoding(Some("gzip, br")).await.body, "<p>42");
//! assert_eq!(pages.statistics().all.hits, 1);
//! # }
//! ```

mod answer;
pub mod freshness;
pub mod redis;
mod snapshots;
mod statistics;

pub use answer::{Answer, Encoded, Encoding};
pub use snapshots::{SnapshotKey, Snapshots};
pub use statistics::{KindStatistics, SnapshotStatistics};
