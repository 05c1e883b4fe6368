//! How long what a page says of prices stays right.

use bellwether_cache::freshness::PriceState;
use bellwether_domain::Freshness;
use chrono::{DateTime, Days, TimeDelta, Utc};

use super::PriceShown;

/// For how long something is right when nothing newer arrives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Lasting {
    /// When the first of the states becomes another one; `None` when all stay.
    pub states_change_at: Option<DateTime<Utc>>,
    /// When the first of the words beside them does, or a state.
    pub words_change_at: Option<DateTime<Utc>>,
}

impl Lasting {
    /// Of a price that is shown at `now`.
    pub(super) fn of(state: &PriceState, shown: &PriceShown, now: DateTime<Utc>, refreshing: bool) -> Self {
        let states_change_at = state.changes_at(now, refreshing);
        let words = words_change_at(state, shown.freshness, now);
        Self { states_change_at, words_change_at: earlier(words, states_change_at) }
    }

    /// For how long both are right.
    pub(super) fn and(self, other: Self) -> Self {
        Self {
            states_change_at: earlier(self.states_change_at, other.states_change_at),
            words_change_at: earlier(self.words_change_at, other.words_change_at),
        }
    }
}

/// The earlier of two instants, either of which may never come.
fn earlier(one: Option<DateTime<Utc>>, other: Option<DateTime<Utc>>) -> Option<DateTime<Utc>> {
    one.into_iter().chain(other).min()
}

/// When the words of a price that stays in its state become others: ages grow, and days of the week are told for a week.
fn words_change_at(state: &PriceState, freshness: Freshness, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let age = now.signed_duration_since(state.as_of).max(TimeDelta::zero());
    let next = match freshness {
        Freshness::Recent => TimeDelta::minutes(age.num_minutes().max(1) + 1),
        Freshness::Cached | Freshness::Stale if age < super::TOLD_IN_MINUTES => {
            TimeDelta::minutes(age.num_minutes() + 1)
        }
        Freshness::Cached | Freshness::Stale if age < super::TOLD_IN_HOURS => {
            TimeDelta::hours(age.num_hours() + 1)
        }
        Freshness::Cached | Freshness::Stale => TimeDelta::days(age.num_days() + 1),
        Freshness::Closed => {
            let day =
                state.exchange.local_date(state.as_of).checked_add_days(Days::new(super::NAMED_DAYS))?;
            return state.exchange.day_begins(day).filter(|at| *at > now);
        }
        Freshness::Live | Freshness::Delayed | Freshness::Manual | Freshness::Missing => return None,
    };
    state.as_of.checked_add_signed(next)
}

#[cfg(test)]
mod tests {
    use bellwether_cache::freshness::Teller;
    use bellwether_domain::{Exchange, Symbol};

    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().expect("an instant")
    }

    fn state(as_of: &str, fetched_at: &str) -> PriceState {
        PriceState {
            exchange: Exchange::NewYork,
            as_of: at(as_of),
            fetched_at: at(fetched_at),
            delay_minutes: 0,
            teller: Teller::Provider,
        }
    }

    fn shown(state: &PriceState, now: DateTime<Utc>, refreshing: bool) -> PriceShown {
        let symbol: Symbol = "KO".parse().expect("a symbol");
        PriceShown::present(&symbol, state, now, refreshing)
    }

    /// Looks at a price every so often, and whenever its words are said to change.
    fn follow(state: &PriceState, refreshing: bool, for_so_long: TimeDelta, step: TimeDelta) -> usize {
        let mut now = state.fetched_at;
        let end = now + for_so_long;
        let (mut told, mut changes) = (shown(state, now, refreshing), 0);
        let mut last = Lasting::of(state, &told, now, refreshing).words_change_at;
        while now < end {
            assert!(last.is_none_or(|change| change > now), "{now}");
            let is_change = last.is_some_and(|change| change <= now + step);
            now = last.filter(|_| is_change).unwrap_or(now + step);
            let now_told = shown(state, now, refreshing);
            if is_change {
                let words = now_told.words.to_string() == told.words.to_string();
                let same = words && now_told.freshness == told.freshness;
                assert!(!same, "{now}: nothing changes from {}", told.words);
                changes += 1;
            } else {
                assert_eq!(now_told.words.to_string(), told.words.to_string(), "{now}");
            }
            last = Lasting::of(state, &now_told, now, refreshing).words_change_at;
            told = now_told;
        }
        changes
    }

    #[test]
    fn words_are_right_until_they_are_said_to_change() {
        // Asked for in session on Friday, then never again: live, ages by the minute, the hour and the day.
        let in_session = state("2026-11-20T15:10:20Z", "2026-11-20T15:10:30Z");
        for refreshing in [false, true] {
            let changes = follow(&in_session, refreshing, TimeDelta::days(12), TimeDelta::seconds(20));
            // 59 minutes from the first on, 47 hours, 10 days.
            assert!((105..125).contains(&changes), "{changes}");
        }
    }

    #[test]
    fn a_close_is_called_by_its_weekday_for_a_week() {
        let close = state("2026-11-20T21:00:00Z", "2026-11-20T21:10:00Z");
        let now = at("2026-11-22T12:00:00Z");
        let lasts = Lasting::of(&close, &shown(&close, now, false), now, false);
        // Until twenty minutes of Monday's session are over it is the last close.
        assert_eq!(lasts.states_change_at, Some(at("2026-11-23T14:50:00Z")));
        assert_eq!(lasts.words_change_at, lasts.states_change_at);

        let halted = PriceState { teller: Teller::Fund, ..close };
        assert_eq!(words_change_at(&halted, Freshness::Closed, now), Some(at("2026-11-27T05:00:00Z")));
    }
}
