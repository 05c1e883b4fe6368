//! Events in the form in which they go out: lines of a server-sent event stream, written once for all who listen.

use std::collections::BTreeMap;

use bellwether_tracker::{Event, Published};
use bytes::Bytes;
use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Value, json};

use crate::web::view::cells::{Cells, FRESHNESS, Shown};

/// Said at once, so that proxies pass the answer's head on; and when to come back after an interruption.
pub(super) const GREETING: Bytes = Bytes::from_static(b"retry: 2000\n: listening\n\n");
/// Keeps proxies from taking silence for the end, and finds out who is gone.
pub(super) const HEARTBEAT: Bytes = Bytes::from_static(b": still here\n\n");

/// What a watch tells its viewers.
#[derive(Debug, Clone)]
pub(super) enum Frame {
    /// For everybody.
    Event {
        number: u64,
        bytes: Bytes,
    },
    /// For a page that shows the version `from`, which it makes `version`.
    Figures {
        from: String,
        version: String,
        bytes: Bytes,
    },
    /// The page must be fetched anew.
    Resync {
        number: u64,
        bytes: Bytes,
    },
    Heartbeat,
    /// The server stops.
    End,
}

/// Numbers events on the wire.
#[derive(Debug, Clone)]
pub(super) struct Wire {
    process: String,
}

impl Wire {
    pub(super) fn of(process: &str) -> Self {
        Self { process: process.to_owned() }
    }

    /// The number within an id of this process; `None` for an id of another one, or none.
    pub(super) fn number(&self, id: &str) -> Option<u64> {
        let (process, number) = id.rsplit_once('-')?;
        (process == self.process).then(|| number.parse().ok())?
    }

    fn frame(&self, number: u64, event: &str, data: &Value) -> String {
        // JSON has no line breaks outside of its strings, and writes those within as \n.
        format!("id: {}-{number}\nevent: {event}\ndata: {data}\n\n", self.process)
    }

    /// An event for readers; `None` for what only the figures follow from.
    pub(super) fn event(&self, published: &Published) -> Option<Bytes> {
        let (name, data) = told(published)?;
        Some(Bytes::from(self.frame(published.number, name, &data)))
    }

    /// The page is to be fetched anew.
    pub(super) fn resync(&self, number: u64, because: &str) -> Bytes {
        Bytes::from(self.frame(number, "resync", &json!({ "because": because })))
    }

    /// All figures of a page.
    pub(super) fn all(&self, number: u64, cells: &Cells, version: &str, refreshing: bool) -> Bytes {
        self.figures(number, cells.all(), version, refreshing)
    }

    /// The figures that changed. The pill of the header goes before them, for the version is of both.
    pub(super) fn figures(
        &self,
        number: u64,
        mut cells: BTreeMap<&str, &Shown>,
        version: &str,
        refreshing: bool,
    ) -> Bytes {
        let mut frames = String::new();
        if let Some(pill) = cells.remove(FRESHNESS) {
            let data = json!({ "cell": pill, "refreshing": refreshing });
            frames = self.frame(number, "freshness", &data);
        }
        frames.push_str(&self.frame(number, "figures", &json!({ "version": version, "cells": cells })));
        Bytes::from(frames)
    }
}

fn time(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}

fn told(published: &Published) -> Option<(&'static str, Value)> {
    let data = match &published.event {
        Event::LedgerChanged { .. } | Event::PricesChanged { .. } => return None,
        // Why a job failed is for the log: the words may be of the system underneath.
        Event::JobChanged(job) => {
            let remaining = job.remaining(published.at).map(|left| (left.num_milliseconds() + 999) / 1_000);
            let data = json!({
                "job": job.id,
                "kind": job.kind,
                "key": job.key,
                "state": job.state,
                "done": job.progress.done,
                "total": job.progress.total,
                "note": job.progress.note,
                "remaining_seconds": remaining,
            });
            return Some(("job", data));
        }
        Event::CircuitChanged { source, state, until } => {
            let until = until.map(time);
            return Some(("circuit", json!({ "source": source, "state": state, "until": until })));
        }
        Event::Notified { kind, title, body, .. } => json!({ "kind": kind, "title": title, "body": body }),
        Event::Logged { level, words } => {
            let data = json!({ "at": time(published.at), "level": level, "words": words });
            return Some(("log", data));
        }
    };
    Some(("notification", data))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn published(number: u64, event: Event) -> Published {
        Published { number, at: DateTime::UNIX_EPOCH, event, is_from_elsewhere: false }
    }

    #[test]
    fn an_event_is_one_block_whatever_it_says() {
        let event = Event::Notified {
            user: bellwether_domain::UserId::new(),
            kind: "price".to_owned(),
            title: "KO\nevent: resync".to_owned(),
            body: "\r\n\n".to_owned(),
        };
        let bytes = Wire::of("abc").event(&published(7, event)).expect("told");
        let text = std::str::from_utf8(&bytes).expect("text");
        assert_eq!(
            text,
            "id: abc-7\nevent: notification\ndata: {\"body\":\"\\r\\n\\n\",\"kind\":\"price\",\"title\":\"KO\\nevent: resync\"}\n\n"
        );
    }

    #[test]
    fn ids_of_another_process_or_none_have_no_number() {
        let wire = Wire::of("abc");
        assert_eq!(wire.number("abc-7"), Some(7));
        for id in ["abd-7", "abc-", "abc-x", "7", "", "abc-99999999999999999999"] {
            assert_eq!(wire.number(id), None, "{id}");
        }
    }

    #[test]
    fn what_only_figures_follow_from_is_not_told() {
        assert_eq!(Wire::of("a").event(&published(1, Event::PricesChanged { symbols: Vec::new() })), None);
    }
}
