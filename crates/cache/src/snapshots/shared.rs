//! The tier that processes share: one key for each answer, with the edition that it holds.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};

use bytes::{Buf, BufMut, Bytes};
use chrono::DateTime;

use super::{Edited, Edition, Lag, SnapshotKey, Snapshots};
use crate::redis::{Claim, Redis};
use crate::statistics::Tally;
use crate::{Age, Answer, Encoding, Validity};

/// What keys of answers begin with.
pub(super) const PREFIX: &str = "answer:";
/// The form of what is stored: another one is not read.
const FORM: &[u8; 4] = b"BWA2";
/// Nobody asks for an answer for so long: it may go.
const TIME_TO_LIVE: Duration = Duration::from_secs(24 * 3_600);
/// Building takes far less; a process that died while it built delays others by this at the most.
const CLAIM: Duration = Duration::from_secs(5);
/// Between looks whether another process has finished.
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// What the other processes have.
pub(super) enum Found {
    Answer(Edited),
    /// To be built here; with the claim to it unless Redis failed.
    Nothing(Option<Claim>),
}

/// An answer on its way to the others.
pub(super) struct Sharing {
    pub(super) name: String,
    pub(super) edited: Edited,
    pub(super) claim: Option<Claim>,
}

impl Snapshots {
    /// Looks for an answer, and waits for it where another process is making it.
    pub(super) async fn ask_others(
        &self,
        redis: &Redis,
        key: &SnapshotKey,
        wanted: Edition,
        lag: Lag,
        tally: &Tally,
    ) -> Found {
        let name = self.name(key);
        let claim_name =
            format!("{name}:{:x}:{}:{}", wanted.entered, wanted.prices, u8::from(wanted.refreshing));
        let shared = &tally.shared;
        let give_up = Instant::now() + CLAIM;
        let mut has_waited = false;
        loop {
            match redis.get(&name).await {
                Err(_) => {
                    shared.failures.fetch_add(1, Relaxed);
                    return Found::Nothing(None);
                }
                Ok(bytes) => {
                    let now = self.clock.now();
                    let made = bytes.and_then(read).filter(|made| made.suits(wanted, lag, now));
                    if let Some(made) = made {
                        shared.serve(made.is(wanted, now), now - made.made_at);
                        return Found::Answer(made);
                    }
                }
            }
            if Instant::now() >= give_up {
                return Found::Nothing(None);
            }
            match redis.claim(&format!("build:{claim_name}"), CLAIM).await {
                Ok(Some(claim)) => {
                    shared.misses.fetch_add(1, Relaxed);
                    return Found::Nothing(Some(claim));
                }
                Ok(None) => {
                    if !std::mem::replace(&mut has_waited, true) {
                        shared.waits.fetch_add(1, Relaxed);
                    }
                    tokio::time::sleep(LOOK_AGAIN).await;
                }
                Err(_) => {
                    shared.failures.fetch_add(1, Relaxed);
                    return Found::Nothing(None);
                }
            }
        }
    }
}

impl Snapshots {
    /// Under which the processes find an answer.
    pub(super) fn name(&self, key: &SnapshotKey) -> String {
        format!("{}{}:{}:{}", self.names, key.portfolio, key.kind, key.detail)
    }
}

impl Sharing {
    /// Stores the answer with its compressed forms, then gives the claim back.
    pub(super) async fn put(self, redis: Redis, tally: Arc<Tally>) {
        let bytes = write(&self.edited).await;
        if redis.put(&self.name, &bytes, TIME_TO_LIVE).await.is_err() {
            tally.shared.failures.fetch_add(1, Relaxed);
        }
        if let Some(claim) = self.claim {
            // Otherwise it ends with its time.
            let _ = claim.release().await;
        }
    }
}

/// Stands for an instant that never comes, and for what is not said.
const NONE: i64 = i64::MIN;

/// Form, edition, time, validity, ages, media type, tag, then the bodies, each behind its length.
async fn write(Edited { edition, made_at, answer }: &Edited) -> Vec<u8> {
    let (identity, gzip, brotli) = (
        answer.body(Encoding::Identity).await,
        answer.body(Encoding::Gzip).await,
        answer.body(Encoding::Brotli).await,
    );
    let mut bytes = Vec::with_capacity(identity.len() + gzip.len() + brotli.len() + 256);
    bytes.put_slice(FORM);
    bytes.put_u64(edition.entered);
    bytes.put_i64(edition.prices);
    bytes.put_i64(edition.refreshing.into());
    bytes.put_i64(made_at.timestamp_micros());
    let Validity { changes_at, refreshing } = answer.validity();
    bytes.put_i64(changes_at.map_or(NONE, |at| at.timestamp_micros()));
    bytes.put_i64(refreshing.map_or(NONE, i64::from));
    let ages = answer.ages();
    let mut places = Vec::with_capacity(ages.len() * 2 * 8);
    for age in ages {
        places.put_u64(age.offset as u64);
        places.put_i64(age.since.timestamp_micros());
    }
    let (content_type, etag) = (answer.content_type().as_bytes(), answer.etag().as_bytes());
    for part in [&places, content_type, etag, &identity, &gzip, &brotli] {
        bytes.put_u32(u32::try_from(part.len()).unwrap_or(u32::MAX));
        bytes.put_slice(part);
    }
    bytes
}

/// `None` for what this program does not write.
fn read(mut bytes: Bytes) -> Option<Edited> {
    const HEAD: usize = FORM.len() + 6 * 8;
    if bytes.len() < HEAD || bytes.split_to(FORM.len()) != FORM[..] {
        return None;
    }
    let (entered, prices, refreshing) = (bytes.get_u64(), bytes.get_i64(), bytes.get_i64() == 1);
    let edition = Edition { entered, prices, refreshing };
    let made_at = DateTime::from_timestamp_micros(bytes.get_i64())?;
    let told = |number: i64| (number != NONE).then_some(number);
    let changes_at = told(bytes.get_i64()).and_then(DateTime::from_timestamp_micros);
    let validity = Validity { changes_at, refreshing: told(bytes.get_i64()).map(|said| said == 1) };
    let mut part = || {
        let length = bytes.try_get_u32().ok()? as usize;
        (bytes.len() >= length).then(|| bytes.split_to(length))
    };
    let [mut places, content_type, etag, identity, gzip, brotli] =
        [part()?, part()?, part()?, part()?, part()?, part()?];
    let mut ages = Vec::with_capacity(places.len() / (2 * 8));
    while let (Ok(offset), Ok(since)) = (places.try_get_u64(), places.try_get_i64()) {
        let offset = usize::try_from(offset).ok()?;
        ages.push(Age { offset, since: DateTime::from_timestamp_micros(since)? });
    }
    let text = |part: &Bytes| String::from_utf8(part.to_vec()).ok();
    let answer = Answer::finished(text(&content_type)?, text(&etag)?, identity, gzip, brotli);
    let answer = answer.valid(validity).telling(ages, made_at);
    (bytes.is_empty() && !answer.is_empty()).then(|| Edited { edition, made_at, answer: Arc::new(answer) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_written_is_read_and_nothing_else_is() {
        let made_at = DateTime::UNIX_EPOCH;
        let validity = Validity { changes_at: Some(made_at + CLAIM), refreshing: Some(true) };
        let ages = vec![Age { offset: 8, since: made_at }, Age { offset: 30, since: made_at - CLAIM }];
        let answer = Answer::new("text/html", "<tr><td>AAPL</td></tr>".repeat(500).into_bytes());
        let answer = Arc::new(answer.valid(validity).telling(ages.clone(), made_at));
        let edition = Edition { entered: u64::MAX, prices: 7, refreshing: true };
        let written = write(&Edited { edition, made_at, answer: Arc::clone(&answer) }).await;

        let made = read(written.clone().into()).expect("our own");
        assert_eq!((made.edition, made.made_at), (edition, made_at));
        assert_eq!((made.answer.validity(), made.answer.ages()), (validity, &ages[..]));
        assert_eq!((made.answer.etag(), made.answer.content_type()), (answer.etag(), "text/html"));
        for encoding in [Encoding::Identity, Encoding::Gzip, Encoding::Brotli] {
            assert_eq!(made.answer.body(encoding).await, answer.body(encoding).await);
        }
        for length in 0..written.len() {
            assert!(read(written[..length].to_vec().into()).is_none(), "{length}");
        }
        assert!(read([&written[..], b"0"].concat().into()).is_none());
        assert!(read([b"BWA0", &written[4..]].concat().into()).is_none());
    }
}
