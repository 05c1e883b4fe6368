//! How fresh prices are, and answers that are made once.
//!
//! [`freshness`] says of every price whether a newer one should exist and when to ask for it, by the calendar of its
//! exchange. [`Snapshots`] keeps finished answers under keys that contain the versions of all they were made from, so
//! that a change needs no invalidation: it asks for another key.
//!
//! ```
//! use bellwether_cache::{Answer, Encoding, Snapshots};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! let pages: Snapshots<(&str, u64)> = Snapshots::new(1 << 20);
//! let build = || async { Ok::<_, std::io::Error>(Answer::new("text/html", b"<p>42".to_vec())) };
//!
//! let first = pages.get_or_build(("dashboard", 7), build()).await.unwrap();
//! let again = pages.get_or_build(("dashboard", 7), async { unreachable!("it is kept") }).await;
//! # let again: Result<_, std::sync::Arc<std::io::Error>> = again;
//! assert_eq!(first.etag(), again.unwrap().etag());
//! assert_eq!(&first.body(Encoding::Identity).await[..], b"<p>42");
//! assert_eq!(pages.statistics().hits, 1);
//! # }
//! ```

mod answer;
pub mod freshness;
mod snapshots;

pub use answer::{Answer, Encoding};
pub use snapshots::{SnapshotStatistics, Snapshots};
