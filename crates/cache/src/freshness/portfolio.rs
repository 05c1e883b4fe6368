//! The freshness of a whole portfolio, and the line that says it.

use std::collections::BTreeMap;

use bellwether_domain::Freshness;
use chrono::{DateTime, Datelike, TimeDelta, Utc};
use chrono_tz::Tz;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde::Serialize;

use super::PriceState;

/// What a position is valued with.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct HeldPrice {
    /// The position's value in the currency of the total; `None` when it cannot be valued.
    pub value: Option<Decimal>,
    /// What is known of its price; `None` when there is none.
    pub price: Option<PriceState>,
    /// Somebody is asking for a newer one.
    pub refreshing: bool,
}

/// How much is in one state.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
pub struct StateShare {
    /// Positions.
    pub positions: usize,
    /// Their part of the whole value, 0 to 1. Positions without a value count nothing.
    pub of_value: f64,
}

/// What happens about prices at the moment.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Activity {
    /// Nothing.
    #[default]
    Idle,
    /// Newer prices are being fetched.
    Refreshing {
        /// Prices fetched so far.
        done: u32,
        /// Prices to fetch; 0 while unknown.
        total: u32,
        /// How long the rest will take, where it was measured.
        remaining: Option<TimeDelta>,
    },
    /// The provider does not answer and is left alone for a while.
    NotAnswering {
        /// Its name for readers.
        provider: String,
        /// When it is asked next.
        next_try: DateTime<Utc>,
    },
}

/// The states of all prices of a portfolio together.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PortfolioFreshness {
    /// The worst state, where a price that should be newer is worse than one that the user gave; `None` for an empty
    /// portfolio.
    pub worst: Option<Freshness>,
    /// What is in each state that occurs.
    pub states: BTreeMap<Freshness, StateShare>,
    /// The time of the prices shown: up to which all prices of running sessions are known, else of the last close,
    /// else of the newest price of any kind.
    pub as_of: Option<DateTime<Utc>>,
    /// When the first of the states changes by the passing of time alone.
    pub changes_at: Option<DateTime<Utc>>,
}

impl PortfolioFreshness {
    /// The states of these prices at `now`.
    pub fn of(prices: &[HeldPrice], now: DateTime<Utc>) -> Self {
        let value = |held: &HeldPrice| held.value.unwrap_or_default().abs();
        let whole: Decimal = prices.iter().map(value).sum();
        let mut states: BTreeMap<Freshness, (usize, Decimal)> = BTreeMap::new();
        let (mut running, mut closed, mut any) = (None, None, None);
        for held in prices {
            let state =
                held.price.map_or(Freshness::Missing, |price| price.assess_while(now, held.refreshing));
            let (positions, sum) = states.entry(state).or_default();
            *positions += 1;
            *sum += value(held);
            let Some(price) = held.price else { continue };
            any = any.max(Some(price.as_of));
            match state {
                Freshness::Live | Freshness::Delayed | Freshness::Recent => {
                    // A line that trades seldom is known up to when it was asked for, not to its last trade.
                    let known = price.as_of.max(price.fetched_at - price.delay());
                    running = Some(running.map_or(known, |oldest: DateTime<Utc>| oldest.min(known)));
                }
                Freshness::Closed => closed = closed.max(Some(price.as_of)),
                Freshness::Cached | Freshness::Stale | Freshness::Manual | Freshness::Missing => {}
            }
        }
        let changes = prices.iter().filter_map(|held| held.price?.changes_at(now, held.refreshing));
        let share = |(positions, sum): (usize, Decimal)| StateShare {
            positions,
            of_value: sum.checked_div(whole).and_then(|part| part.to_f64()).unwrap_or(0.0),
        };
        Self {
            worst: states.keys().copied().max_by_key(|state| (state.is_stale(), *state)),
            states: states.into_iter().map(|(state, sums)| (state, share(sums))).collect(),
            as_of: running.or(closed).or(any),
            changes_at: changes.min(),
        }
    }

    /// How much is in a state.
    pub fn share(&self, state: Freshness) -> StateShare {
        self.states.get(&state).copied().unwrap_or_default()
    }

    /// The part of the value, 0 to 1, for which a newer price should exist.
    pub fn stale_share(&self) -> f64 {
        self.states.iter().filter(|(state, _)| state.is_stale()).map(|(_, share)| share.of_value).sum()
    }

    /// The line for the header: what is shown and what happens about it, with times in a reader's zone.
    ///
    /// It says the worst that a reader should know first, in the words of the interface: "4.2 % of the value is
    /// stale. Refreshing 34 of 50, about 6 s", "showing prices of 15:45, refreshing 34 of 50", "up to date as of
    /// 16:02", "showing closes of Fri 16:00".
    pub fn sentence(&self, activity: &Activity, now: DateTime<Utc>, zone: Tz) -> String {
        let time = |at| clock_words(at, now, zone);
        let refreshing = match activity {
            Activity::NotAnswering { provider, next_try } => {
                let shown = match self.as_of.filter(|_| self.is_running()) {
                    Some(at) => format!("prices of {}", time(at)),
                    None => "last closes".to_owned(),
                };
                return format!("{provider} is not answering; next try {}; showing {shown}", time(*next_try));
            }
            Activity::Idle => None,
            Activity::Refreshing { done, total, remaining } => {
                let count = if *total == 0 { String::new() } else { format!(" {done} of {total}") };
                let rest = remaining.map(|rest| format!(", about {}", length_words(rest)));
                Some(format!("efreshing{count}{}", rest.unwrap_or_default()))
            }
        };
        if let Some(trouble) = self.trouble() {
            return match refreshing {
                Some(refreshing) => format!("{trouble}. R{refreshing}"),
                None => trouble,
            };
        }
        let shown = match (self.as_of, self.worst) {
            (_, None) => "no prices needed yet".to_owned(),
            (Some(at), Some(Freshness::Manual)) if !self.is_running() => {
                format!("showing prices of {}", time(at))
            }
            (Some(at), _) if !self.is_running() => format!("showing closes of {}", time(at)),
            (Some(at), _) if refreshing.is_some() => format!("showing prices of {}", time(at)),
            (Some(at), _) => format!("up to date as of {}", time(at)),
            (None, Some(_)) => "no prices yet".to_owned(),
        };
        match refreshing {
            Some(refreshing) => format!("{shown}, r{refreshing}"),
            None => shown,
        }
    }

    fn is_running(&self) -> bool {
        [Freshness::Live, Freshness::Delayed, Freshness::Recent]
            .iter()
            .any(|state| self.states.contains_key(state))
    }

    /// What is wrong, most important first.
    fn trouble(&self) -> Option<String> {
        let missing = self.share(Freshness::Missing).positions;
        let all: usize = self.states.values().map(|share| share.positions).sum();
        let outdated: usize =
            [Freshness::Cached, Freshness::Stale].iter().map(|state| self.share(*state).positions).sum();
        let missing_words = (missing > 0).then(|| match missing {
            _ if missing == all => "no prices yet".to_owned(),
            1 => "one position has no price".to_owned(),
            _ => format!("{missing} of {all} positions have no price"),
        });
        let share = self.share(Freshness::Cached).of_value + self.share(Freshness::Stale).of_value;
        let outdated_words = (outdated > 0).then(|| {
            if outdated == all {
                "all prices are stale".to_owned()
            } else if share < 0.0005 {
                "less than 0.1 % of the value is stale".to_owned()
            } else {
                format!("{:.1} % of the value is stale", share * 100.0)
            }
        });
        match (missing_words, outdated_words) {
            (Some(missing), Some(outdated)) => Some(format!("{outdated}, {missing}")),
            (missing, outdated) => missing.or(outdated),
        }
    }
}

/// `16:02` today, `Fri 16:00` within the six days around, `14 Mar` otherwise, with the year where that differs.
fn clock_words(at: DateTime<Utc>, now: DateTime<Utc>, zone: Tz) -> String {
    let (at, now) = (at.with_timezone(&zone), now.with_timezone(&zone));
    let days = (now.date_naive() - at.date_naive()).num_days().abs();
    let pattern = match days {
        0 => "%H:%M",
        1..=6 => "%a %H:%M",
        _ if at.year() == now.year() => "%-d %b",
        _ => "%-d %b %Y",
    };
    at.format(pattern).to_string()
}

fn length_words(length: TimeDelta) -> String {
    match length.num_seconds().max(1) {
        seconds @ ..120 => format!("{seconds} s"),
        seconds @ 120..7200 => format!("{} min", (seconds + 30) / 60),
        seconds => format!("{} h", (seconds + 1800) / 3600),
    }
}

#[cfg(test)]
mod tests;
