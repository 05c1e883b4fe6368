//! How long a label stays right.

use bellwether_domain::calendar::MarketStatus;
use chrono::{DateTime, Utc};

use super::{PriceState, RECENT};

/// So many sessions ahead every price has become what it will be until it is refreshed.
const SESSIONS_AHEAD: usize = 3;

impl PriceState {
    /// The first instant after `now` at which [`assess_while`](Self::assess_while) says something else, if nothing
    /// newer arrives: an answer that shows the state is right until then. `None` when it stays.
    pub fn changes_at(&self, now: DateTime<Utc>, refreshing: bool) -> Option<DateTime<Utc>> {
        let state = self.assess_while(now, refreshing);
        let mut instants = vec![self.fetched_at + self.time_to_live()];
        instants.extend(self.expires_at().into_iter().flat_map(|expired| [expired, expired + RECENT]));
        let mut session = match self.exchange.status(now) {
            MarketStatus::Open { session } => Some(session),
            MarketStatus::Closed { next, .. } => Some(next),
        };
        for _ in 0..SESSIONS_AHEAD {
            let Some(coming) = session else { break };
            instants.extend([coming.opens, self.expected(&coming), coming.closes]);
            session = self.exchange.session(self.exchange.next_trading_day(coming.date));
        }
        instants.retain(|instant| *instant > now);
        instants.sort_unstable();
        instants.into_iter().find(|instant| self.assess_while(*instant, refreshing) != state)
    }
}
