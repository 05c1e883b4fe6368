//! The latest lines of the log, for people who look at the pages.

use std::collections::{BTreeMap, VecDeque};
use std::fmt::{Debug, Write as _};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use bellwether_domain::SharedClock;
use bellwether_tracker::{Bus, Event};
use chrono::{DateTime, Utc};
use serde::Serialize;
use tracing::field::{Field, Visit};
use tracing::{Level, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;
use utoipa::ToSchema;

/// So many lines are kept.
const KEPT: usize = 500;
/// A line is cut after so many bytes.
const LONGEST: usize = 600;

/// The levels of kept lines.
const LEVELS: [&str; 3] = ["info", "warn", "error"];

/// A ring of log lines; a clone is the same one. As a layer of the log it keeps what is at least `info`.
#[derive(Debug, Clone, Default)]
pub(crate) struct EventLog(Arc<Inner>);

#[derive(Default)]
struct Inner {
    lines: Mutex<VecDeque<LogLine>>,
    /// Lines since the start by level: info, warn, error.
    counts: [AtomicU64; 3],
    /// Who hears of lines, once somebody serves.
    heard: OnceLock<(Bus, SharedClock)>,
}

impl Debug for Inner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Inner").field("lines", &self.lines).finish_non_exhaustive()
    }
}

/// A line of the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(super) struct LogLine {
    /// When it was written.
    pub(super) at: DateTime<Utc>,
    /// `error`, `warn` or `info`.
    #[schema(example = "info")]
    pub(super) level: &'static str,
    /// Which part of the program wrote it.
    pub(super) part: String,
    /// What happened.
    pub(super) words: String,
}

impl EventLog {
    /// Tells lines on, from now on.
    pub(crate) fn tell(&self, bus: Bus, clock: SharedClock) {
        // A second server in one process keeps to the first one's bus.
        let _ = self.0.heard.set((bus, clock));
    }

    /// The kept lines that are at least so grave, the latest first.
    pub(super) fn lines(&self, least: Level) -> Vec<LogLine> {
        let lines = self.0.lines.lock().unwrap_or_else(PoisonError::into_inner);
        lines.iter().rev().filter(|line| word_level(line.level) <= least).cloned().collect()
    }

    /// How many lines there were since the start, by level.
    pub(super) fn counts(&self) -> BTreeMap<&'static str, u64> {
        LEVELS.into_iter().zip(self.0.counts.each_ref().map(|count| count.load(Relaxed))).collect()
    }

    fn add(&self, level: Level, part: &str, words: String) {
        let heard = self.0.heard.get();
        let at = heard.map_or_else(Utc::now, |(_, clock)| clock.now());
        let word = level_word(level);
        if let Some(place) = LEVELS.iter().position(|known| *known == word) {
            self.0.counts[place].fetch_add(1, Relaxed);
        }
        let line = LogLine { at, level: word, part: part.to_owned(), words: words.clone() };
        {
            let mut lines = self.0.lines.lock().unwrap_or_else(PoisonError::into_inner);
            if lines.len() == KEPT {
                lines.pop_front();
            }
            lines.push_back(line);
        }
        if let Some((bus, _)) = heard {
            bus.publish(at, Event::Logged { level: word.to_owned(), words });
        }
    }
}

fn level_word(level: Level) -> &'static str {
    match level {
        Level::ERROR => "error",
        Level::WARN => "warn",
        _ => "info",
    }
}

fn word_level(word: &str) -> Level {
    match word {
        "error" => Level::ERROR,
        "warn" => Level::WARN,
        _ => Level::INFO,
    }
}

impl<S: Subscriber> Layer<S> for EventLog {
    fn on_event(&self, event: &tracing::Event<'_>, _: Context<'_, S>) {
        let metadata = event.metadata();
        if *metadata.level() > Level::INFO {
            return;
        }
        let mut words = Words::default();
        event.record(&mut words);
        self.add(*metadata.level(), metadata.target(), words.line());
    }
}

/// A line's message, then its fields.
#[derive(Default)]
struct Words {
    message: String,
    fields: String,
}

impl Words {
    fn line(mut self) -> String {
        self.message.push_str(&self.fields);
        if self.message.len() > LONGEST {
            let cut = (0..=LONGEST).rev().find(|end| self.message.is_char_boundary(*end)).unwrap_or(0);
            self.message.truncate(cut);
            self.message.push('…');
        }
        self.message
    }
}

impl Visit for Words {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        // Writing to a string cannot fail.
        let _ = if field.name() == "message" {
            write!(self.message, "{value:?}")
        } else {
            write!(self.fields, " {}={value:?}", field.name())
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tracing_subscriber::layer::SubscriberExt;

    fn logged(write: impl FnOnce()) -> EventLog {
        let log = EventLog::default();
        tracing::subscriber::with_default(tracing_subscriber::registry().with(log.clone()), write);
        log
    }

    #[test]
    fn lines_have_their_message_and_fields_the_latest_first() {
        let log = logged(|| {
            tracing::info!(calls = 3, "refresh.ended");
            tracing::warn!(symbol = %"KO", "refresh.suspect");
            tracing::debug!("not kept");
        });
        let words: Vec<_> = log.lines(Level::INFO).into_iter().map(|line| (line.level, line.words)).collect();
        assert_eq!(
            words,
            [("warn", "refresh.suspect symbol=KO".to_owned()), ("info", "refresh.ended calls=3".to_owned())]
        );
        assert_eq!(log.lines(Level::WARN).len(), 1);
        assert_eq!(log.counts(), BTreeMap::from([("info", 1), ("warn", 1), ("error", 0)]));
        assert!(log.lines(Level::ERROR).is_empty());
    }

    #[test]
    fn the_room_for_lines_is_bounded() {
        let log = logged(|| {
            for number in 0..=KEPT {
                tracing::info!("{number} {}", "é".repeat(LONGEST));
            }
        });
        let lines = log.lines(Level::INFO);
        assert_eq!(lines.len(), KEPT);
        assert!(lines.iter().all(|line| line.words.len() <= LONGEST + 3));
        assert!(lines.last().is_some_and(|line| line.words.starts_with("1 ")));
    }

    #[test]
    fn who_serves_hears_of_lines() {
        let log = EventLog::default();
        let bus = Bus::default();
        let mut heard = bus.listen().coming;
        log.tell(bus, std::sync::Arc::new(bellwether_domain::SystemClock));
        tracing::subscriber::with_default(tracing_subscriber::registry().with(log), || {
            tracing::error!("upstream.lost");
        });
        let event = heard.try_recv().expect("an event").event.clone();
        assert_eq!(event, Event::Logged { level: "error".to_owned(), words: "upstream.lost".to_owned() });
    }
}
