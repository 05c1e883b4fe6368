//! How fresh prices are, and answers that are made once.
//!
//! [`freshness`] says of every price how far it can be relied on and when to ask for a newer one, by the calendar of
//! its exchange. [`Snapshots`] keeps the last edition of finished answers, in memory and in [`redis`]; an edition names
//! the versions of all that it was made from, so that a change needs no invalidation: it asks for another edition.
//!
//! ```
//! use std::sync::Arc;
//! use bellwether_cache::{Answer, Edition, Lag, SnapshotKey, Snapshots};
//! use bellwether_domain::{PortfolioId, SystemClock};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! let pages = Arc::new(Snapshots::new(1 << 20, None, Arc::new(SystemClock)));
//! let key = SnapshotKey { portfolio: PortfolioId::new(), kind: "dashboard", detail: "1y".into() };
//! let edition = Edition { entered: 7, prices: 12, refreshing: false };
//! let build = || async { Ok::<_, std::io::Error>(Answer::new("text/html", b"<p>42".to_vec())) };
//! let first = pages.get_or_build(key.clone(), edition, Lag::None, build).await.unwrap();
//!
//! let failing = || async { Err::<Answer, _>("is not built again") };
//! let again = pages.get_or_build(key, edition, Lag::None, failing).await.unwrap();
//!
//! assert_eq!(first.etag(), again.etag());
//! assert_eq!(again.for_encoding(Some("gzip, br")).await.body, "<p>42");
//! assert_eq!(pages.statistics().all.memory.hits, 1);
//! # }
//! ```

mod answer;
pub mod breaker;
pub mod freshness;
pub mod redis;
mod snapshots;
mod statistics;

pub use answer::{Age, Answer, Encoded, Encoding, Validity};
pub use snapshots::{Edition, Lag, SnapshotKey, Snapshots};
pub use statistics::{KindStatistics, SnapshotStatistics, TierStatistics};
