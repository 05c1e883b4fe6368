//! Which of the two spark routes is asked, and in which words.

use std::collections::HashMap;

use bellwether_domain::Symbol;
use chrono::{DateTime, TimeDelta, Utc};

use crate::Plan;

/// A way to ask for sparks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Route {
    /// Version 7, which names currency and zone.
    Nested,
    /// Version 8, which does not: only for symbols of which they are known.
    Flat,
}

impl Route {
    pub(super) fn other(self) -> Self {
        match self {
            Self::Nested => Self::Flat,
            Self::Flat => Self::Nested,
        }
    }
}

/// What was learnt about the routes.
#[derive(Debug, Default)]
pub(super) struct SparkRoutes {
    /// Batches in a row that only the flat one answered.
    only_flat: u32,
    nested_rests_until: Option<DateTime<Utc>>,
    /// The most symbols that the service takes at present, by its own words, and until when that is believed.
    most: Option<(usize, DateTime<Utc>)>,
    /// How often a batch that begins with the symbol was asked, and when last.
    turns: HashMap<Symbol, (usize, DateTime<Utc>)>,
    flipped: bool,
    pub(super) signs: Signs,
}

impl SparkRoutes {
    /// So many batches in a row have to fare better by the flat route before it is asked first.
    const PATIENCE: u32 = 2;
    const REST: TimeDelta = TimeDelta::hours(1);
    /// While one batch tries whether the nested route is well again, others do not.
    const TRIAL: TimeDelta = TimeDelta::minutes(1);
    const LIMIT_BELIEVED_FOR: TimeDelta = TimeDelta::hours(24);
    /// No edge serves an old answer for longer.
    const TURNS_KEPT_FOR: TimeDelta = TimeDelta::hours(24);
    /// No limit below this is believed: it would cost more calls than it is worth.
    const FEWEST: usize = 5;

    /// The route for the next batch.
    pub(super) fn choose(&mut self, now: DateTime<Utc>) -> Route {
        // Here and below: a wall clock that was set back must not prolong anything.
        self.nested_rests_until = self.nested_rests_until.map(|until| until.min(now + Self::REST));
        match self.nested_rests_until {
            Some(until) if now < until => Route::Flat,
            Some(_) => {
                self.nested_rests_until = Some(now + Self::TRIAL);
                Route::Nested
            }
            None => Route::Nested,
        }
    }

    /// A batch was answered by a route, which was asked first or after the other one had failed.
    pub(super) fn note_answer(&mut self, by: Route, asked_first: bool, now: DateTime<Utc>) {
        match by {
            Route::Nested => {
                self.only_flat = 0;
                self.nested_rests_until = None;
            }
            Route::Flat if asked_first => {}
            Route::Flat => {
                self.only_flat += 1;
                if self.only_flat >= Self::PATIENCE || self.nested_rests_until.is_some() {
                    tracing::warn!("v7 spark is out of order; asking v8");
                    self.nested_rests_until = Some(now + Self::REST);
                }
            }
        }
    }

    /// How many symbols a call may have.
    pub(super) fn most(&mut self, now: DateTime<Utc>) -> usize {
        self.most = self.most.map(|(most, until)| (most, until.min(now + Self::LIMIT_BELIEVED_FOR)));
        self.most.filter(|(_, until)| now < *until).map_or(Plan::BATCH, |(most, _)| most)
    }

    /// So many symbols were too many; how many are not, the service may have said.
    pub(super) fn note_limit(&mut self, asked: usize, said: Option<usize>, now: DateTime<Utc>) {
        let most = said.filter(|said| *said < asked).unwrap_or(asked / 2);
        let most = most.clamp(Self::FEWEST, Plan::BATCH);
        tracing::warn!(asked, most, "the service takes fewer symbols a call");
        self.most = Some((most, now + Self::LIMIT_BELIEVED_FOR));
    }

    /// True every other time.
    pub(super) fn flip(&mut self) -> bool {
        self.flipped = !self.flipped;
        self.flipped
    }

    /// The same question in other words each time it is put: another symbol first, and when each has been, the
    /// parameters in another order. An edge that serves a fixed address again for longer than it should would
    /// otherwise freeze the prices of a set that is always asked together.
    pub(super) fn turn(&mut self, batch: &[Symbol], now: DateTime<Utc>) -> Turn {
        let Some(leader) = batch.first() else { return Turn::default() };
        self.turns.retain(|_, (_, asked_at)| {
            *asked_at = now.min(*asked_at);
            now - *asked_at < Self::TURNS_KEPT_FOR
        });
        let (turns, asked_at) = self.turns.entry(leader.clone()).or_insert((0, now));
        let turn = *turns;
        (*turns, *asked_at) = (turn.wrapping_add(1), now);
        Turn { shift: turn % batch.len(), wording: turn / batch.len() }
    }
}

/// How a question is put this time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Turn {
    shift: usize,
    /// Which order of the parameters.
    pub(super) wording: usize,
}

impl Turn {
    pub(super) fn of(self, batch: &[Symbol]) -> Vec<Symbol> {
        let (last, first) = batch.split_at(self.shift.min(batch.len()));
        first.iter().chain(last).cloned().collect()
    }
}

/// Whether failures are a symbol's or the route's: a route that answers nobody is no reason to blame anybody.
#[derive(Debug, Default)]
pub(super) struct Signs {
    answered_at: Option<DateTime<Utc>>,
    /// Who failed first since the last answer.
    failed: Option<Symbol>,
    /// Somebody else failed as well.
    ill: bool,
    /// Loads since the last answer that met nothing but outages.
    outages: u32,
}

impl Signs {
    const RECENT: TimeDelta = TimeDelta::minutes(10);

    pub(super) fn note_answer(&mut self, now: DateTime<Utc>) {
        *self = Self { answered_at: Some(now), ..Self::default() };
    }

    /// Somebody failed, and nobody was answered meanwhile.
    pub(super) fn note_failure(&mut self, symbol: &Symbol) {
        self.ill |= self.failed.as_ref().is_some_and(|failed| failed != symbol);
        self.failed.get_or_insert_with(|| symbol.clone());
    }

    /// A load met an outage, and nobody was answered.
    pub(super) fn note_outage(&mut self) {
        self.outages = self.outages.saturating_add(1);
    }

    /// Loads in a row that met outages and no answer.
    pub(super) fn outages(&self) -> u32 {
        self.outages
    }

    /// Several failed, and nobody was answered since.
    pub(super) fn is_ill(&self) -> bool {
        self.ill
    }

    /// Somebody was answered not long ago, and nobody failed since.
    pub(super) fn is_well(&self, now: DateTime<Utc>) -> bool {
        self.failed.is_none()
            && self.outages == 0
            && self.answered_at.is_some_and(|at| at <= now && now - at < Self::RECENT)
    }

    /// Somebody was answered since that instant; at all, when there is none.
    pub(super) fn answered_since(&self, instant: Option<DateTime<Utc>>) -> bool {
        self.answered_at.is_some_and(|at| instant.is_none_or(|instant| at >= instant))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    fn symbols(count: usize) -> Vec<Symbol> {
        (0..count).map(|n| format!("S{n}").parse().expect("a symbol")).collect()
    }

    fn at(minutes: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::minutes(minutes)
    }

    #[test]
    fn a_set_is_asked_in_other_words_each_time() {
        for count in [1, 3, 20] {
            let (mut routes, set) = (SparkRoutes::default(), symbols(count));
            let mut seen = HashSet::new();
            for _ in 0..count * 6 {
                let turn = routes.turn(&set, at(0));
                let batch = turn.of(&set);
                assert_eq!(batch.iter().collect::<HashSet<_>>(), set.iter().collect());
                assert!(seen.insert((batch, turn.wording)));
            }
        }
    }

    #[test]
    fn the_flat_route_is_asked_first_after_two_batches_and_for_an_hour() {
        let mut routes = SparkRoutes::default();
        routes.note_answer(Route::Flat, false, at(0));
        assert_eq!(routes.choose(at(1)), Route::Nested);
        routes.note_answer(Route::Flat, false, at(1));
        assert_eq!(routes.choose(at(2)), Route::Flat);
        routes.note_answer(Route::Flat, true, at(60));
        assert_eq!((routes.choose(at(61)), routes.choose(at(61))), (Route::Nested, Route::Flat), "one tries");
        routes.note_answer(Route::Flat, false, at(61));
        assert_eq!(routes.choose(at(120)), Route::Flat);
        assert_eq!(routes.choose(at(121)), Route::Nested);
        routes.note_answer(Route::Nested, true, at(121));
        assert_eq!(routes.choose(at(121)), Route::Nested);
    }

    #[test]
    fn a_clock_set_back_prolongs_no_rest_and_no_limit() {
        let (mut routes, year) = (SparkRoutes::default(), 365 * 24 * 60);
        routes.note_answer(Route::Flat, false, at(year));
        routes.note_answer(Route::Flat, false, at(year));
        routes.note_limit(20, Some(10), at(year));
        assert_eq!((routes.choose(at(0)), routes.most(at(0))), (Route::Flat, 10));
        assert_eq!((routes.choose(at(60)), routes.most(at(24 * 60))), (Route::Nested, 20));
    }

    #[test]
    fn how_often_a_set_was_asked_is_forgotten_after_a_day() {
        let mut routes = SparkRoutes::default();
        for leader in symbols(100) {
            routes.turn(&[leader], at(0));
        }
        routes.turn(&symbols(1), at(23 * 60));
        routes.turn(&symbols(2), at(24 * 60));
        assert_eq!(routes.turns.len(), 1, "of the others nobody asked for a day");
    }

    #[test]
    fn a_limit_is_believed_within_reason() {
        let mut routes = SparkRoutes::default();
        assert_eq!(routes.most(at(0)), 20);
        routes.note_limit(20, Some(10), at(0));
        assert_eq!(routes.most(at(1)), 10);
        routes.note_limit(10, None, at(1));
        routes.note_limit(5, Some(0), at(1));
        assert_eq!((routes.most(at(2)), routes.most(at(24 * 60 + 1))), (5, 20));
    }

    #[test]
    fn two_that_fail_with_no_answer_between_make_a_route_ill() {
        let (mut signs, pair) = (Signs::default(), symbols(2));
        signs.note_failure(&pair[0]);
        signs.note_failure(&pair[0]);
        assert!(!signs.is_ill(), "one symbol may fail as often as it likes");
        signs.note_failure(&pair[1]);
        assert!(signs.is_ill() && !signs.answered_since(None));
        signs.note_answer(at(5));
        assert!(!signs.is_ill() && signs.is_well(at(6)) && !signs.is_well(at(15)));
        assert!(signs.answered_since(Some(at(4))) && !signs.answered_since(Some(at(6))));
    }
}
