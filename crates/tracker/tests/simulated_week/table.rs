//! What label each price must have, by hand: from the hours of the week of Thanksgiving 2024, the delay of each
//! venue's prices and the instant at which the upstream was last asked. Nothing here calls what it judges.

use bellwether_domain::Freshness;
use bellwether_domain::Freshness::{Closed, Delayed, Live, Manual, Recent, Stale};
use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};

/// Whose hours a line follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Venue {
    NewYork,
    Toronto,
    Continent,
}

/// What a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    Share,
    Fund,
    /// Not traded for months.
    Halted,
    /// Nobody knows it; its price was typed.
    Typed,
}

/// Opening and close of each session, UTC. New York rests on Thursday and closes at 13:00 on Friday.
const NEW_YORK: [(&str, &str); 6] = [
    ("11-22T14:30", "11-22T21:00"),
    ("11-25T14:30", "11-25T21:00"),
    ("11-26T14:30", "11-26T21:00"),
    ("11-27T14:30", "11-27T21:00"),
    ("11-29T14:30", "11-29T18:00"),
    ("12-02T14:30", "12-02T21:00"),
];
const TORONTO: [(&str, &str); 7] = [
    ("11-22T14:30", "11-22T21:00"),
    ("11-25T14:30", "11-25T21:00"),
    ("11-26T14:30", "11-26T21:00"),
    ("11-27T14:30", "11-27T21:00"),
    ("11-28T14:30", "11-28T21:00"),
    ("11-29T14:30", "11-29T21:00"),
    ("12-02T14:30", "12-02T21:00"),
];
/// Frankfurt, Paris, Amsterdam and Milan.
const CONTINENT: [(&str, &str); 7] = [
    ("11-22T08:00", "11-22T16:30"),
    ("11-25T08:00", "11-25T16:30"),
    ("11-26T08:00", "11-26T16:30"),
    ("11-27T08:00", "11-27T16:30"),
    ("11-28T08:00", "11-28T16:30"),
    ("11-29T08:00", "11-29T16:30"),
    ("12-02T08:00", "12-02T16:30"),
];

const MINUTE: TimeDelta = TimeDelta::minutes(1);

#[derive(Debug, Clone, Copy)]
struct Session {
    opens: DateTime<Utc>,
    closes: DateTime<Utc>,
}

impl Venue {
    /// Minutes by which its prices are told late.
    fn delay(self) -> TimeDelta {
        match self {
            Self::NewYork => TimeDelta::zero(),
            Self::Toronto | Self::Continent => MINUTE * 15,
        }
    }
}

/// The sessions of each venue, ascending.
#[derive(Debug)]
pub(crate) struct Table([Vec<Session>; 3]);

impl Table {
    pub(crate) fn new() -> Self {
        let at = |text: &str| {
            NaiveDateTime::parse_from_str(&format!("2024-{text}:00"), "%Y-%m-%dT%H:%M:%S").unwrap().and_utc()
        };
        let read = |hours: &[(&str, &str)]| {
            hours.iter().map(|(opens, closes)| Session { opens: at(opens), closes: at(closes) }).collect()
        };
        Self([read(&NEW_YORK), read(&TORONTO), read(&CONTINENT)])
    }

    fn sessions(&self, venue: Venue) -> &[Session] {
        &self.0[venue as usize]
    }

    /// The session that opened last, and whether it still runs.
    fn opened(&self, venue: Venue, now: DateTime<Utc>) -> (usize, bool) {
        let sessions = self.sessions(venue);
        let last = sessions.iter().rposition(|session| session.opens <= now).unwrap();
        (last, now < sessions[last].closes)
    }

    pub(crate) fn is_open(&self, venue: Venue, now: DateTime<Utc>) -> bool {
        self.opened(venue, now).1
    }

    /// How long ago the venue closed; `None` while it is open.
    pub(crate) fn closed_for(&self, venue: Venue, now: DateTime<Utc>) -> Option<TimeDelta> {
        let (last, open) = self.opened(venue, now);
        (!open).then(|| now - self.sessions(venue)[last].closes)
    }

    /// The label of a price that was last asked for at `asked`.
    pub(crate) fn label(
        &self,
        venue: Venue,
        kind: Kind,
        asked: DateTime<Utc>,
        now: DateTime<Utc>,
    ) -> Freshness {
        let (opened, open) = self.opened(venue, now);
        let (sessions, delay) = (self.sessions(venue), venue.delay());
        match kind {
            Kind::Typed => Manual,
            Kind::Halted => Stale,
            Kind::Fund => {
                // Set at the close; that of a session is owed once the next has opened.
                let told = sessions.iter().rposition(|session| session.closes + delay <= asked);
                if told.is_some_and(|told| told + 1 >= opened) { Closed } else { Stale }
            }
            Kind::Share => {
                let told = sessions.iter().rposition(|session| session.opens + delay <= asked).unwrap();
                let is_its_close = asked >= sessions[told].closes + delay;
                if open && told == opened {
                    aged(venue, sessions[told], asked, now)
                } else if open {
                    // Yesterday's close serves until every line should have traded and been told.
                    let grace = now < sessions[opened].opens + MINUTE * 20 + delay;
                    if told + 1 == opened && is_its_close && grace { Closed } else { Stale }
                } else if told < opened {
                    Stale
                } else if is_its_close {
                    Closed
                } else {
                    aged(venue, sessions[told], asked, now)
                }
            }
        }
    }

    /// The labels that a healthy source and upkeep can lead to, by the time of day alone.
    pub(crate) fn healthy(&self, venue: Venue, kind: Kind, now: DateTime<Utc>) -> &'static [Freshness] {
        let (opened, open) = self.opened(venue, now);
        let session = self.sessions(venue)[opened];
        let (since_open, since_close) = (now - session.opens, now - session.closes);
        let delay = venue.delay();
        match kind {
            Kind::Typed => &[Manual],
            Kind::Halted => &[Stale],
            Kind::Share if open && since_open < delay + MINUTE => &[Closed],
            Kind::Share if open && since_open < delay + MINUTE * 4 && venue == Venue::NewYork => {
                &[Closed, Live]
            }
            Kind::Share if open && since_open < delay + MINUTE * 4 => &[Closed, Delayed],
            Kind::Share if open && venue == Venue::NewYork => &[Live, Recent],
            Kind::Share if open => &[Delayed, Recent],
            Kind::Share if since_close < delay + MINUTE * 8 && venue == Venue::NewYork => {
                &[Live, Recent, Closed]
            }
            Kind::Share if since_close < delay + MINUTE * 8 => &[Delayed, Recent, Closed],
            Kind::Share | Kind::Fund => &[Closed],
        }
    }
}

/// A price of a session, by its age: good for a minute or the venue's delay, but not beyond the instant at which the
/// session's last price is out; then hardly old for five minutes.
fn aged(venue: Venue, session: Session, asked: DateTime<Utc>, now: DateTime<Utc>) -> Freshness {
    let delay = venue.delay();
    let good_for = delay.max(MINUTE);
    let again = (asked + good_for).max(session.opens + MINUTE + delay);
    let due = if again < session.closes { again } else { session.closes + MINUTE * 5 + delay };
    if now < asked + good_for && now < due {
        if venue == Venue::NewYork { Live } else { Delayed }
    } else if now < due + MINUTE * 5 {
        Recent
    } else {
        Stale
    }
}
