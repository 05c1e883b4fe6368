//! Ages within a finished answer, which grow by the minute without its being made anew.

use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};

use super::Answer;

/// A number of minutes in the body of an answer, which counts from an instant. It stands at the right of its place, behind
/// spaces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Age {
    /// Where its place begins, in bytes.
    pub offset: usize,
    /// From when it counts.
    pub since: DateTime<Utc>,
}

impl Age {
    /// Bytes of its place: enough for the minutes of thousands of years.
    pub const WIDTH: usize = 10;

    /// The minutes from `since` to `now`, as they are written: never less than none.
    pub fn written(since: DateTime<Utc>, now: DateTime<Utc>) -> String {
        let minutes = now.signed_duration_since(since).max(TimeDelta::zero()).num_minutes();
        format!("{minutes:>width$}", width = Self::WIDTH)
    }
}

/// The ages of an answer.
#[derive(Debug)]
pub(super) struct Ages {
    of: Box<[Age]>,
    made_in: i64,
    /// The answer of the last minute in which somebody asked.
    grown: Mutex<Option<(i64, Arc<Answer>)>>,
}

impl Ages {
    pub(super) fn new(of: Vec<Age>, now: DateTime<Utc>) -> Self {
        Self { of: of.into(), made_in: minute(now), grown: Mutex::new(None) }
    }

    pub(super) fn all(&self) -> &[Age] {
        &self.of
    }

    pub(super) fn grown(&self, answer: &Arc<Answer>, now: DateTime<Utc>) -> Arc<Answer> {
        let this = minute(now);
        if this <= self.made_in {
            return Arc::clone(answer);
        }
        let mut grown = self.grown.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, known)) = grown.as_ref().filter(|(minute, _)| *minute == this) {
            return Arc::clone(known);
        }
        let mut body = answer.identity.to_vec();
        for age in &self.of {
            let place = age.offset..age.offset + Age::WIDTH;
            if let Some(place) = body.get_mut(place) {
                // As of the full minute, so that all who ask within it are told the same.
                let full = DateTime::from_timestamp(this * 60, 0).unwrap_or(now);
                place.copy_from_slice(Age::written(age.since, full).as_bytes());
            }
        }
        let new = Answer::of(answer.content_type.clone(), body.into()).valid(answer.validity);
        let new = Arc::new(new);
        *grown = Some((this, Arc::clone(&new)));
        new
    }
}

/// Minutes since 1970.
fn minute(at: DateTime<Utc>) -> i64 {
    at.timestamp().div_euclid(60)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Encoding;

    fn at(text: &str) -> DateTime<Utc> {
        format!("2026-11-20T{text}Z").parse().expect("an instant")
    }

    async fn told(answer: &Arc<Answer>, now: DateTime<Utc>) -> (String, String) {
        let shown = answer.at(now);
        let body = shown.body(Encoding::Identity).await;
        (String::from_utf8(body.to_vec()).expect("text"), shown.etag().to_owned())
    }

    #[tokio::test]
    async fn ages_grow_by_the_minute_and_nothing_else_changes() {
        let (since, made) = (at("15:00:30"), at("15:10:40"));
        let body = format!("{{\"age\":{},\"price\":7}}", Age::written(since, made));
        let answer = Answer::new("application/json", body.clone().into_bytes());
        let answer = Arc::new(answer.telling(vec![Age { offset: 7, since }], made));

        let first = told(&answer, at("15:10:59")).await;
        assert_eq!(first.0, "{\"age\":        10,\"price\":7}");
        let later = told(&answer, at("17:15:05")).await;
        assert_eq!(later.0, "{\"age\":       134,\"price\":7}", "134 minutes and a half at 17:15:00");
        assert_eq!(later, told(&answer, at("17:15:59")).await);
        assert_ne!(first.1, later.1);
        assert_eq!(answer.at(at("18:00:00")).validity(), answer.validity());
    }

    #[test]
    fn a_price_of_the_future_is_new() {
        assert_eq!(Age::written(at("15:00:00"), at("14:00:00")).trim(), "0");
    }
}
