//! What is read of a request's body: so much, as fast as a slow line brings it, and nothing that is packed.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use actix_web::HttpMessage;
use actix_web::dev::{Payload, ServiceRequest};
use actix_web::error::PayloadError;
use actix_web::http::header::{CONTENT_ENCODING, CONTENT_LENGTH};
use bytes::Bytes;
use futures::{StreamExt, stream};
use tokio::time::{Instant, timeout_at};

use crate::web::MAX_UPLOAD;
use crate::web::problem::Problem;

/// The bounds of bodies. Handlers have smaller ones of their own for what is no file.
#[derive(Debug, Clone, Copy)]
pub(in crate::web) struct BodyBounds {
    /// Bytes in all.
    pub(in crate::web) largest: usize,
    /// The longest pause between two pieces.
    pub(in crate::web) pause: Duration,
    /// The longest time in all: of the largest at half a megabit a second.
    pub(in crate::web) whole: Duration,
}

impl Default for BodyBounds {
    fn default() -> Self {
        Self { largest: MAX_UPLOAD, pause: Duration::from_secs(20), whole: Duration::from_secs(600) }
    }
}

/// Why a body was not read to its end, once that is so.
pub(super) type BrokenOff = Rc<Cell<Option<Broken>>>;

/// Why a body was not read to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Broken {
    /// It was larger than any may be.
    TooLarge,
    /// It came too slowly.
    TooSlow,
}

impl Broken {
    /// What is answered.
    pub(super) fn problem(self, bounds: BodyBounds) -> Problem {
        match self {
            Self::TooLarge => Problem::TooLarge { limit: bounds.largest },
            Self::TooSlow => Problem::TooSlow,
        }
    }
}

/// Puts the bounds around a request's body, unless what it says of itself is beyond them already.
///
/// # Errors
/// [`Problem::TooLarge`] by its stated length, [`Problem::Packed`] when it is not plain.
pub(super) fn bound(request: &mut ServiceRequest, bounds: BodyBounds) -> Result<BrokenOff, Problem> {
    let headers = request.headers();
    // Nothing here unpacks a body, which could be a small one of a large one.
    if headers.get_all(CONTENT_ENCODING).any(|coding| !coding.as_bytes().eq_ignore_ascii_case(b"identity")) {
        return Err(Problem::Packed);
    }
    let stated = headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    if stated.is_some_and(|length| length > bounds.largest as u64) {
        return Err(Problem::TooLarge { limit: bounds.largest });
    }
    let broken = BrokenOff::default();
    let payload = request.take_payload();
    if !matches!(payload, Payload::None) {
        let reading = Reading {
            payload,
            left: bounds.largest,
            until: Instant::now() + bounds.whole,
            pause: bounds.pause,
            broken: Rc::clone(&broken),
        };
        let pieces = stream::unfold(Some(reading), |reading| async move { reading?.next().await }).fuse();
        request.set_payload(Payload::Stream { payload: Box::pin(pieces) });
    }
    Ok(broken)
}

/// A body as far as it was read.
struct Reading {
    payload: Payload,
    left: usize,
    until: Instant,
    pause: Duration,
    broken: BrokenOff,
}

impl Reading {
    async fn next(mut self) -> Option<(Result<Bytes, PayloadError>, Option<Self>)> {
        let until = self.until.min(Instant::now() + self.pause);
        let Ok(piece) = timeout_at(until, self.payload.next()).await else {
            self.broken.set(Some(Broken::TooSlow));
            return Some((Err(PayloadError::Incomplete(None)), None));
        };
        let piece = match piece? {
            Ok(piece) => piece,
            Err(error) => return Some((Err(error), None)),
        };
        let Some(left) = self.left.checked_sub(piece.len()) else {
            self.broken.set(Some(Broken::TooLarge));
            return Some((Err(PayloadError::Overflow), None));
        };
        self.left = left;
        Some((Ok(piece), Some(self)))
    }
}
