//! A finished answer: bytes, their compressed forms, the tag that names them, and how long they stay right.

mod ages;

use std::borrow::Cow;
use std::fmt::Write as _;
use std::io::Write as _;
use std::sync::Arc;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use flate2::Compression;
use flate2::write::GzEncoder;
use sha2::{Digest, Sha256};
use tokio::sync::OnceCell;

pub use ages::Age;
use ages::Ages;

/// Brotli's effort: above it, time grows far faster than size shrinks.
const BROTLI_QUALITY: i32 = 4;
/// Bodies below this fit into one packet anyway.
const SMALLEST_COMPRESSED: usize = 860;

/// How a body is encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// Brotli.
    Brotli,
    /// Gzip.
    Gzip,
    /// As it is.
    Identity,
}

impl Encoding {
    /// The best of those that a client accepts, from its `Accept-Encoding`; refusals (`q=0`) count.
    pub fn accepted(header: &str) -> Self {
        let offers = |name: &str| {
            header.split(',').any(|offer| {
                let mut parts = offer.split(';').map(str::trim);
                let named = parts.next().is_some_and(|offered| offered.eq_ignore_ascii_case(name));
                named && !parts.any(|weight| weight.strip_prefix("q=").is_some_and(|q| q.parse() == Ok(0.0)))
            })
        };
        if offers("br") {
            Self::Brotli
        } else if offers("gzip") {
            Self::Gzip
        } else {
            Self::Identity
        }
    }

    /// The word in `Content-Encoding`; `None` for the identity.
    pub fn as_str(self) -> Option<&'static str> {
        match self {
            Self::Brotli => Some("br"),
            Self::Gzip => Some("gzip"),
            Self::Identity => None,
        }
    }
}

/// A body as it goes out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Encoded {
    /// The bytes.
    pub body: Bytes,
    /// How they are encoded.
    pub encoding: Encoding,
}

/// How long what an answer says stays right, under the versions that it was made from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Validity {
    /// The first instant at which the passing of time alone makes it say something else; `None` for never.
    pub changes_at: Option<DateTime<Utc>>,
    /// Whether newer prices were being fetched when it was made, where it says so in any way.
    pub refreshing: Option<bool>,
}

impl Validity {
    /// Whether what was said is right at `now`.
    pub fn holds(self, refreshing: bool, now: DateTime<Utc>) -> bool {
        self.changes_at.is_none_or(|at| now < at) && self.refreshing.is_none_or(|said| said == refreshing)
    }
}

/// A finished answer. Each compressed form is made when it is first asked for, once, off the threads that serve.
#[derive(Debug)]
pub struct Answer {
    content_type: Cow<'static, str>,
    etag: String,
    identity: Bytes,
    gzip: OnceCell<Bytes>,
    brotli: OnceCell<Bytes>,
    validity: Validity,
    ages: Option<Ages>,
}

impl Answer {
    /// An answer of these bytes.
    pub fn new(content_type: &'static str, body: Vec<u8>) -> Self {
        Self::of(content_type.into(), kept(body))
    }

    fn of(content_type: Cow<'static, str>, identity: Bytes) -> Self {
        let digest = Sha256::digest(&identity);
        let mut etag = String::with_capacity(34);
        etag.push('"');
        for byte in digest.iter().take(16) {
            // Writing to a String cannot fail.
            let _ = write!(etag, "{byte:02x}");
        }
        etag.push('"');
        Self {
            content_type,
            etag,
            identity,
            gzip: OnceCell::new(),
            brotli: OnceCell::new(),
            validity: Validity::default(),
            ages: None,
        }
    }

    /// The same, which says what it says for so long.
    #[must_use]
    pub fn valid(mut self, validity: Validity) -> Self {
        self.validity = validity;
        self
    }

    /// The same, made at `now`, which tells ages that grow: readers get [`Answer::at`] their moment.
    #[must_use]
    pub fn telling(mut self, ages: Vec<Age>, now: DateTime<Utc>) -> Self {
        self.ages = (!ages.is_empty()).then(|| Ages::new(ages, now));
        self
    }

    /// One that was made before, by whatever process.
    pub(crate) fn finished(
        content_type: String,
        etag: String,
        identity: Bytes,
        gzip: Bytes,
        brotli: Bytes,
    ) -> Self {
        let [gzip, brotli] = [gzip, brotli].map(|form| OnceCell::new_with(Some(form)));
        let (content_type, validity) = (content_type.into(), Validity::default());
        Self { content_type, etag, identity, gzip, brotli, validity, ages: None }
    }

    /// How long it stays right.
    pub fn validity(&self) -> Validity {
        self.validity
    }

    /// The answer with its ages as of the minute of `now`.
    pub fn at(self: &Arc<Self>, now: DateTime<Utc>) -> Arc<Self> {
        match &self.ages {
            None => Arc::clone(self),
            Some(ages) => ages.grown(self, now),
        }
    }

    /// The ages that it tells.
    pub(crate) fn ages(&self) -> &[Age] {
        self.ages.as_ref().map_or(&[], Ages::all)
    }

    /// The media type.
    pub fn content_type(&self) -> &str {
        &self.content_type
    }

    /// The entity tag, in quotes: equal for equal bytes, whatever their encoding and on whatever machine.
    pub fn etag(&self) -> &str {
        &self.etag
    }

    /// Whether a client that sends this `If-None-Match` has the answer already.
    pub fn matches(&self, if_none_match: &str) -> bool {
        if_none_match
            .split(',')
            .map(str::trim)
            .any(|tag| tag == "*" || tag.trim_start_matches("W/") == self.etag)
    }

    /// Whether it says nothing.
    pub fn is_empty(&self) -> bool {
        self.identity.is_empty()
    }

    /// The best form for a client that sends this `Accept-Encoding`.
    pub async fn for_encoding(&self, accept_encoding: Option<&str>) -> Encoded {
        let encoding = self.worthwhile(Encoding::accepted(accept_encoding.unwrap_or_default()));
        match self.compressed(encoding).await {
            Some(body) => Encoded { body, encoding },
            None => Encoded { body: self.identity.clone(), encoding: Encoding::Identity },
        }
    }

    /// The encoding that is worth its while for this answer.
    pub fn worthwhile(&self, accepted: Encoding) -> Encoding {
        if self.identity.len() < SMALLEST_COMPRESSED { Encoding::Identity } else { accepted }
    }

    /// The bytes in an encoding.
    pub async fn body(&self, encoding: Encoding) -> Bytes {
        match (self.compressed(encoding).await, encoding) {
            (Some(body), _) => body,
            (None, Encoding::Identity) => self.identity.clone(),
            // The runtime is ending and takes no more work.
            (None, Encoding::Gzip) => gzip(&self.identity).into(),
            (None, Encoding::Brotli) => brotli(&self.identity).into(),
        }
    }

    /// A compressed form; `None` for the identity, and while the process ends.
    async fn compressed(&self, encoding: Encoding) -> Option<Bytes> {
        let (made, by) = match encoding {
            Encoding::Identity => return None,
            Encoding::Gzip => (&self.gzip, gzip as fn(&[u8]) -> Vec<u8>),
            Encoding::Brotli => (&self.brotli, brotli as _),
        };
        let identity = &self.identity;
        let make = || async {
            let identity = identity.clone();
            tokio::task::spawn_blocking(move || kept(by(&identity))).await
        };
        made.get_or_try_init(make).await.ok().cloned()
    }

    /// What it counts against a bound of memory, in bytes: itself, its compressed forms, which are a quarter each at
    /// the most for what pages are made of, and its administration.
    pub(crate) fn weight(&self) -> u32 {
        let forms = self.identity.len() / 2 * 3 + self.etag.len() + 400;
        // One that tells ages is there twice: as it was made, and as it is now.
        let copies = if self.ages.is_none() { 1 } else { 2 };
        u32::try_from(forms * copies + size_of_val(self.ages())).unwrap_or(u32::MAX)
    }
}

/// Without the room that a growing buffer has to spare, which would be kept with it.
fn kept(body: Vec<u8>) -> Bytes {
    body.into_boxed_slice().into()
}

fn gzip(body: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(body.len() / 3), Compression::default());
    encoder.write_all(body).and_then(|()| encoder.finish()).expect("a Vec takes all bytes")
}

fn brotli(body: &[u8]) -> Vec<u8> {
    let mut compressed = Vec::with_capacity(body.len() / 3);
    let settings = brotli::enc::BrotliEncoderParams { quality: BROTLI_QUALITY, ..Default::default() };
    brotli::BrotliCompress(&mut &body[..], &mut compressed, &settings).expect("a Vec takes all bytes");
    compressed
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;

    #[test]
    fn the_best_accepted_encoding_is_chosen_and_refusals_count() {
        assert_eq!(Encoding::accepted("gzip, deflate, br"), Encoding::Brotli);
        assert_eq!(Encoding::accepted("gzip;q=0.5, br;q=0"), Encoding::Gzip);
        assert_eq!(Encoding::accepted(""), Encoding::Identity);
        assert_eq!(Encoding::accepted("brotli"), Encoding::Identity);
    }

    #[tokio::test]
    async fn every_encoding_holds_the_same_bytes() {
        let text = "<tr><td>AAPL</td></tr>".repeat(500).into_bytes();
        let answer = Answer::new("text/html", text.clone());

        let mut from_gzip = Vec::new();
        let gzip = answer.body(Encoding::Gzip).await;
        flate2::read::GzDecoder::new(&gzip[..]).read_to_end(&mut from_gzip).expect("gzip");
        let mut from_brotli = Vec::new();
        let brotli = answer.body(Encoding::Brotli).await;
        brotli::Decompressor::new(&brotli[..], 4096).read_to_end(&mut from_brotli).expect("brotli");

        assert_eq!((&from_gzip, &from_brotli), (&text, &text));
        assert!(brotli.len() < text.len() / 10);
    }

    #[tokio::test]
    async fn a_client_gets_what_it_accepts() {
        let answer = Answer::new("text/html", "<tr><td>AAPL</td></tr>".repeat(500).into_bytes());
        let encoding = async |accepted| answer.for_encoding(accepted).await.encoding;
        assert_eq!(encoding(Some("gzip, br")).await, Encoding::Brotli);
        assert_eq!(encoding(Some("gzip")).await, Encoding::Gzip);
        assert_eq!(encoding(Some("br;q=0")).await, Encoding::Identity);
        assert_eq!(encoding(None).await, Encoding::Identity);
        let sent = answer.for_encoding(Some("br")).await;
        assert_eq!(sent.body, answer.body(Encoding::Brotli).await);
    }

    #[tokio::test]
    async fn a_compressed_form_is_made_once() {
        let answer = Answer::new("text/html", vec![b'x'; 10_000]);
        let first = answer.body(Encoding::Brotli).await;
        assert_eq!(first.as_ptr(), answer.body(Encoding::Brotli).await.as_ptr());
    }

    #[test]
    fn a_client_that_has_the_answer_is_recognised() {
        let answer = Answer::new("text/plain", "a".into());
        let etag = answer.etag().to_owned();
        for header in [etag.clone(), format!("W/{etag}"), format!("\"other\", {etag}"), "*".to_owned()] {
            assert!(answer.matches(&header), "{header}");
        }
        for header in ["", "\"other\"", etag.trim_matches('"')] {
            assert!(!answer.matches(header), "{header}");
        }
    }

    #[test]
    fn equal_bytes_have_equal_tags() {
        let tag = |body: &str| Answer::new("text/plain", body.into()).etag().to_owned();
        assert_eq!(tag("a"), tag("a"));
        assert_ne!(tag("a"), tag("b"));
        assert!(tag("a").starts_with('"') && tag("a").ends_with('"'));
    }

    #[test]
    fn small_answers_stay_as_they_are() {
        assert_eq!(Answer::new("text/plain", vec![0; 100]).worthwhile(Encoding::Brotli), Encoding::Identity);
        assert_eq!(Answer::new("text/plain", vec![0; 1000]).worthwhile(Encoding::Brotli), Encoding::Brotli);
    }
}
