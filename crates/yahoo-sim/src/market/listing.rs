//! One instrument: where it is quoted, how its price wanders, and what its company does.

use std::sync::{Arc, Mutex};

use bellwether_domain::{Symbol, epoch_day};
use chrono::NaiveDate;

use super::corporate::{Dividend, Split};
use super::noise::{Walk, exp, mix, seed_of, shock, unit};
use super::sessions::SessionTable;
use super::venue::{Class, Venue};

/// A day's prices as they were traded, in the shares of that day.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct TradedBar {
    /// The session's number.
    pub(crate) session: usize,
    pub(crate) open: f64,
    pub(crate) high: f64,
    pub(crate) low: f64,
    pub(crate) close: f64,
    pub(crate) volume: f64,
}

/// How a reserved test symbol departs from an ordinary one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Quirk {
    /// A listing like any other.
    None,
    /// Not traded from that session on.
    HaltedFrom(usize),
    /// Delisted before that session: only a shell is left.
    Dead(usize),
    /// Some bars are a hundred times too large when served.
    Glitches,
    /// Three days in ten have no trade.
    Thin,
    /// Always 100.
    Flat,
}

/// What the price does between sessions.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Motion {
    /// The session at which the price is `price`.
    pub(crate) anchor: usize,
    /// In the shares of the anchor.
    pub(crate) price: f64,
    /// Log growth a session.
    pub(crate) drift: f64,
    /// Standard deviation of a session's own log return.
    pub(crate) own: f64,
    /// Standard deviation that comes from the venue's market.
    pub(crate) market: f64,
}

impl Motion {
    /// Standard deviation of a session's log return.
    pub(crate) fn daily(&self) -> f64 {
        (self.own * self.own + self.market * self.market).sqrt()
    }
}

/// One side of a currency pair: a currency's value in dollars.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CurrencyLeg {
    /// In dollars at the anchor.
    pub(crate) dollars: f64,
    pub(crate) walk: Walk,
    /// Standard deviation of a session's log return; 0 for the dollar.
    pub(crate) spread: f64,
}

/// An instrument of the simulated market.
#[derive(Debug)]
pub(crate) struct Listing {
    pub(crate) symbol: Symbol,
    pub(crate) venue: Venue,
    pub(crate) long_name: String,
    pub(crate) short_name: String,
    pub(crate) seed: u64,
    pub(crate) sessions: &'static SessionTable,
    /// First session with a trade.
    pub(crate) first: usize,
    pub(crate) motion: Motion,
    /// The log value at the anchor, from which all others are told.
    pub(crate) at_anchor: f64,
    /// The venue's market as a walk, one value a session.
    pub(crate) market: Arc<[f64]>,
    /// Base and quoted currency of a pair.
    pub(crate) legs: Option<[CurrencyLeg; 2]>,
    pub(crate) quirk: Quirk,
    /// By session.
    pub(crate) splits: Vec<Split>,
    /// By session.
    pub(crate) dividends: Vec<Dividend>,
    /// Highest and lowest price of the year before a session, with that session and the day as of which they are
    /// stated: every chart tells it and it changes once a day.
    pub(crate) year_range: Mutex<Option<(usize, i32, f64, f64)>>,
}

impl Listing {
    /// The log value of what was one share at the anchor, at each session of a stretch.
    fn log_values(&self, from: usize, to: usize, mut each: impl FnMut(usize, f64)) {
        let motion = self.motion;
        let mut session = from;
        let mut next = |own: f64| {
            let elapsed = session as f64 - motion.anchor as f64;
            let market = self.market.get(session).or(self.market.last()).copied().unwrap_or_default();
            each(session, elapsed * motion.drift + motion.own * own + motion.market * market);
            session += 1;
        };
        match self.legs {
            None => Walk::new(self.seed).visit(from..to, next),
            Some([base, quoted]) => {
                for place in from..to {
                    next(base.spread * base.walk.at(place) - quoted.spread * quoted.walk.at(place));
                }
            }
        }
    }

    /// The log value at one session.
    pub(crate) fn log_value(&self, session: usize) -> f64 {
        let mut value = 0.0;
        self.log_values(session, session + 1, |_, x| value = x);
        value
    }

    /// The bars of a stretch of sessions as traded on their days, for each session with a trade.
    pub(crate) fn traded(&self, from: usize, to: usize) -> Vec<TradedBar> {
        let from = from.max(self.first);
        let to = self.end().min(to);
        let mut bars = Vec::with_capacity(to.saturating_sub(from));
        if from >= to {
            return bars;
        }
        let mut before: Option<f64> = None;
        let mut units = Units::new(self, from);
        self.log_values(from.saturating_sub(1).max(self.first), to, |session, x| {
            let x = x - self.at_anchor;
            let previous = before.replace(x).unwrap_or(x);
            if session >= from && self.trades_on(session) {
                bars.push(self.bar(session, previous, x, units.at(session)));
            }
        });
        bars
    }

    /// The last session with a trade at or before a session.
    pub(crate) fn last_traded(&self, session: usize) -> Option<usize> {
        let last = session.min(self.end().checked_sub(1)?);
        (self.first..=last).rev().find(|session| self.trades_on(*session))
    }

    /// The close of a session as traded on its day.
    pub(crate) fn traded_close(&self, session: usize) -> f64 {
        let x = self.log_value(session) - self.at_anchor;
        self.tick(self.motion.price * exp(x) / self.units_at(session))
    }

    /// How many shares of a session one share of the anchor is.
    pub(crate) fn units_at(&self, session: usize) -> f64 {
        Units::new(self, session).now
    }

    /// The first session after the last one with a trade.
    pub(crate) fn end(&self) -> usize {
        match self.quirk {
            Quirk::HaltedFrom(session) => session,
            Quirk::Dead(_) => 0,
            _ => self.sessions.len(),
        }
    }

    /// Whether anybody traded in a session.
    pub(crate) fn trades_on(&self, session: usize) -> bool {
        self.quirk != Quirk::Thin
            || session <= self.first
            || mix(self.seed ^ 0x7417, session as u64) % 10 >= 3
    }

    fn bar(&self, session: usize, previous: f64, x: f64, units: f64) -> TradedBar {
        let value = |x: f64| self.tick(self.motion.price * exp(x) / units);
        let close = value(x);
        let flat = TradedBar { session, open: close, high: close, low: close, close, volume: 0.0 };
        if self.venue.class == Class::Fund || self.quirk == Quirk::Flat {
            return flat;
        }
        let chance = |salt: u64| mix(self.seed ^ salt, session as u64);
        let daily = self.motion.daily();
        let opening = previous + 0.3 * (x - previous) + 0.4 * daily * shock(chance(0x01));
        let top = opening.max(x) + 0.55 * daily * unit(chance(0x02));
        let bottom = opening.min(x) - 0.55 * daily * unit(chance(0x03));
        let open = value(opening);
        let high = value(top).max(open).max(close);
        let low = value(bottom).min(open).min(close);
        let volume = if self.venue.class.has_volume() {
            let usual = 3e5 * exp(4.5 * unit(mix(self.seed, 0x0076_6f6c)));
            let moved = (x - previous).abs() / daily.max(1e-9);
            (usual * units * exp(0.3 * shock(chance(0x04)) + 0.25 * moved)).round()
        } else {
            0.0
        };
        TradedBar { open, high, low, volume, ..flat }
    }

    /// A price to the smallest step of its venue; at least one step.
    pub(crate) fn tick(&self, price: f64) -> f64 {
        let per_unit = match self.venue.class {
            Class::Currency => 1e6,
            Class::Crypto if price < 1.0 => 1e6,
            _ if price < 1.0 => 1e4,
            _ => 100.0,
        };
        (price * per_unit).round().max(1.0) / per_unit
    }

    /// By how much a price of a session is divided when it is stated in the shares of a later day: the product of
    /// the splits in between.
    pub(crate) fn units_between(&self, session: usize, as_of_day: i32) -> f64 {
        let later = self.splits.iter().filter(|split| split.session > session && split.day <= as_of_day);
        later.map(Split::factor).product()
    }

    /// The number of a bar among those that are served wrongly, as [`Quirk::Glitches`] wants it.
    pub(crate) fn glitches_on(&self, session: usize) -> bool {
        self.quirk == Quirk::Glitches && mix(self.seed ^ 0x911c, session as u64 / 2).is_multiple_of(41)
    }

    /// Where the price stands within a session, `at` between 0 and 1; the day's ends and extremes hold.
    pub(crate) fn within(&self, bar: &TradedBar, at: f64) -> f64 {
        let width = bar.high - bar.low;
        let seed = mix(self.seed ^ 0x696e_7472, bar.session as u64);
        let straight = bar.open + (bar.close - bar.open) * at;
        let price = straight + 0.6 * width * super::noise::bridge(seed, at);
        if at <= 0.0 { bar.open } else { self.tick(price.clamp(bar.low, bar.high)) }
    }

    /// The bar of a session of which only the part up to `at` is over.
    pub(crate) fn partial(&self, bar: &TradedBar, at: f64) -> TradedBar {
        const STEPS: u32 = 16;
        let close = self.within(bar, at);
        let (mut high, mut low) = (bar.open.max(close), bar.open.min(close));
        for step in 1..(at * f64::from(STEPS)) as u32 {
            let price = self.within(bar, f64::from(step) / f64::from(STEPS));
            high = high.max(price);
            low = low.min(price);
        }
        TradedBar { high, low, close, volume: (bar.volume * at).round(), ..*bar }
    }

    /// The first date of trading, as Yahoo states it: the open of the first session.
    pub(crate) fn first_trade(&self) -> i64 {
        self.sessions.span(self.first).opens
    }
}

/// Keeps the number of today's shares that one share of the anchor has become, while sessions ascend.
struct Units<'a> {
    listing: &'a Listing,
    next: usize,
    now: f64,
}

impl<'a> Units<'a> {
    fn new(listing: &'a Listing, session: usize) -> Self {
        let anchor = listing.motion.anchor;
        let between = |low: usize, high: usize| -> f64 {
            let splits = listing.splits.iter().filter(|split| split.session > low && split.session <= high);
            splits.map(Split::factor).product()
        };
        let now = if session >= anchor { between(anchor, session) } else { 1.0 / between(session, anchor) };
        let next = listing.splits.partition_point(|split| split.session <= session);
        Self { listing, next, now }
    }

    fn at(&mut self, session: usize) -> f64 {
        while let Some(split) = self.listing.splits.get(self.next).filter(|split| split.session <= session) {
            self.now *= split.factor();
            self.next += 1;
        }
        self.now
    }
}

/// A plausible company name for a symbol that nobody knows.
pub(crate) fn invented_name(seed: u64, symbol: &str) -> String {
    const FIRST: [&str; 16] = [
        "Harbor",
        "Northfield",
        "Cobalt",
        "Meridian",
        "Larkspur",
        "Granite",
        "Juniper",
        "Atlas",
        "Sable",
        "Kestrel",
        "Copper Ridge",
        "Blue Mesa",
        "Tidewater",
        "Ironwood",
        "Summit",
        "Clearbrook",
    ];
    const SECOND: [&str; 12] = [
        "Systems",
        "Energy",
        "Materials",
        "Therapeutics",
        "Logistics",
        "Foods",
        "Capital",
        "Robotics",
        "Networks",
        "Minerals",
        "Brands",
        "Holdings",
    ];
    let bits = seed_of(seed, symbol);
    let first = FIRST[(bits % 16) as usize];
    let second = SECOND[(bits / 16 % 12) as usize];
    let stem = symbol.split(['.', '-', '=']).next().unwrap_or(symbol);
    format!("{first} {second} ({stem})")
}

/// The epoch day of a date that is written in a table.
pub(crate) fn table_day((year, month, day): (i32, u32, u32)) -> i32 {
    NaiveDate::from_ymd_opt(year, month, day).map_or(0, epoch_day)
}
