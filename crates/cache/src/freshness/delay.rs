//! How late a venue's prices are told, where the source does not say it.

use bellwether_domain::Exchange;
use bellwether_domain::calendar::MarketStatus;
use chrono::{DateTime, TimeDelta, Utc};

/// Of a price that is late by less, a line that trades seldom is the likelier reason.
const LEAST: TimeDelta = TimeDelta::minutes(10);
/// No venue's prices are told later.
const MOST: TimeDelta = TimeDelta::minutes(30);

/// Minutes by which a price came late, as its own times show: while a session runs, and as long after it as a venue
/// may be late. At other times, and for a price that is older than any delay explains, what was `known` stays.
///
/// ```
/// use bellwether_cache::freshness::observed_delay;
/// use bellwether_domain::Exchange;
///
/// let at = |time: &str| format!("2026-11-23T{time}Z").parse().unwrap();
/// assert_eq!(observed_delay(Exchange::London, at("10:00:00"), at("10:15:02"), 0), 15);
/// assert_eq!(observed_delay(Exchange::London, at("16:30:00"), at("20:00:00"), 15), 15); // Its close.
/// assert_eq!(observed_delay(Exchange::NewYork, at("15:00:00"), at("15:00:01"), 15), 0);
/// ```
pub fn observed_delay(
    exchange: Exchange,
    as_of: DateTime<Utc>,
    fetched_at: DateTime<Utc>,
    known: u16,
) -> u16 {
    let MarketStatus::Open { session } = exchange.status(as_of) else { return known };
    let late = fetched_at - as_of;
    if fetched_at >= session.closes + MOST || late > MOST {
        return known;
    }
    if late < LEAST { 0 } else { u16::try_from(late.num_minutes()).unwrap_or(known) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap_or_else(|_| panic!("{text} is no instant"))
    }

    #[test]
    fn what_a_price_does_not_show_stays_as_it_was() {
        let monday = |as_of: &str, fetched_at: &str, known| {
            let day = |time: &str| at(&format!("2026-11-23T{time}Z"));
            observed_delay(Exchange::Xetra, day(as_of), day(fetched_at), known)
        };
        assert_eq!(monday("09:00:00", "09:20:59", 0), 20);
        assert_eq!(monday("09:00:00", "09:04:00", 20), 0, "told at once");
        assert_eq!(monday("09:00:00", "11:00:00", 20), 20, "a line that traded two hours ago");
        assert_eq!(monday("16:25:00", "16:40:00", 0), 15, "the session is over and its end not told yet");
        assert_eq!(monday("16:30:00", "17:10:00", 15), 15, "the close says nothing");
    }

    #[test]
    fn what_never_closes_is_told_at_once() {
        let told = at("2026-11-22T03:00:00Z");
        assert_eq!(observed_delay(Exchange::Crypto, told, told + TimeDelta::seconds(40), 0), 0);
    }
}
