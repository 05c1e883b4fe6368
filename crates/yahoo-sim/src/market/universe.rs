//! Makes a listing of a symbol: from the table of known ones, from the reserved names, or by chance.

use std::sync::Mutex;

use bellwether_domain::{Exchange, Symbol, epoch_day};
use chrono::NaiveDate;

use super::listing::{CurrencyLeg, Listing, Motion, Quirk, invented_name, table_day};
use super::noise::{Walk, exp, mix, seed_of, unit};
use super::reserved::{self, Role};
use super::sessions::SessionTable;
use super::venue::{Class, Venue, dollars};
use super::{Market, corporate, known};

const SESSIONS_A_YEAR: f64 = 252.0;
/// Standard deviation of a venue's market, a year.
const MARKET_SPREAD: f64 = 0.14;
/// Standard deviation of a currency against the dollar, a year.
const CURRENCY_SPREAD: f64 = 0.06;

/// The date of the known prices.
const TABLE_DATE: (i32, u32, u32) = (2021, 1, 4);

/// Whether a spelling can be no instrument: a pair of currencies that do not exist.
pub(crate) fn is_nonsense(symbol: &Symbol) -> bool {
    let Some(pair) = symbol.as_str().strip_suffix("=X") else { return false };
    match pair.len() {
        3 => pair == "USD" || dollars(pair).is_none(),
        6 => {
            let (base, quoted) = pair.split_at(3);
            base == quoted || dollars(base).is_none() || dollars(quoted).is_none()
        }
        _ => true,
    }
}

/// Makes the listing of a symbol.
pub(crate) fn build(market: &Market, symbol: &Symbol) -> Listing {
    let spelled = Venue::of(symbol);
    let role = reserved::role(symbol);
    let ticker = reserved::former_name(symbol).unwrap_or_else(|| symbol.as_str().to_owned());
    let seed = seed_of(market.seed, &ticker);
    let sessions = SessionTable::of(spelled.exchange);
    let draft = Listing {
        symbol: symbol.clone(),
        venue: spelled,
        long_name: String::new(),
        short_name: String::new(),
        seed,
        sessions,
        first: 0,
        motion: Motion { anchor: 0, price: 1.0, drift: 0.0, own: 0.0, market: 0.0 },
        at_anchor: 0.0,
        market: market.market_walk(spelled.exchange),
        legs: None,
        quirk: Quirk::None,
        splits: Vec::new(),
        dividends: Vec::new(),
        year_range: Mutex::default(),
    };
    let mut listing = match known::find(symbol.as_str()) {
        Some(entry) => from_table(draft, &entry),
        None if spelled.class == Class::Currency => currency_pair(market, draft),
        None => by_chance(draft, role, market.epoch),
    };
    if listing.long_name.is_empty() {
        listing.long_name = invented_name(market.seed, &ticker);
    }
    listing.short_name = listing.long_name.chars().take(30).collect();
    let at = |distance| reserved::session(market.epoch, sessions, distance);
    match role {
        Role::Halted => listing.quirk = Quirk::HaltedFrom(at(reserved::HALTED)),
        Role::Dead => listing.quirk = Quirk::Dead(at(reserved::DELISTED)),
        Role::Glitch => listing.quirk = Quirk::Glitches,
        Role::Thin => listing.quirk = Quirk::Thin,
        Role::Flat => listing.quirk = Quirk::Flat,
        Role::Split => corporate::insert_split(&mut listing, at(reserved::SPLIT), 4, 1),
        Role::ReverseSplit => corporate::insert_split(&mut listing, at(reserved::REVERSE_SPLIT), 1, 10),
        _ => {}
    }
    listing
}

fn from_table(mut listing: Listing, entry: &known::Known) -> Listing {
    let (code, name) = entry.listed;
    let venue = listing.venue;
    listing.venue = if code.is_empty() {
        Venue { class: entry.class, ..venue }
    } else {
        venue.at(code, name, entry.class)
    };
    entry.name.clone_into(&mut listing.long_name);
    let first = NaiveDate::from_ymd_opt(entry.since, 1, 2).map_or(0, epoch_day);
    listing.first = listing.sessions.on_or_after(first);
    let root = SESSIONS_A_YEAR.sqrt();
    listing.motion = Motion {
        anchor: listing.sessions.on_or_after(table_day(TABLE_DATE)),
        price: entry.price,
        drift: entry.drift / 100.0 / SESSIONS_A_YEAR,
        own: entry.spread / 100.0 / root,
        market: entry.beta * MARKET_SPREAD / root,
    };
    listing.at_anchor = listing.log_value(listing.motion.anchor);
    for (date, new, old) in known::splits(entry.symbol) {
        let session = listing.sessions.on_or_after(table_day(date));
        corporate::insert_split(&mut listing, session, new, old);
    }
    let payments = listing.venue.payments;
    corporate::regular_dividends(&mut listing, entry.dividend, payments);
    listing
}

fn currency_pair(market: &Market, mut listing: Listing) -> Listing {
    let pair = listing.symbol.as_str().trim_end_matches("=X").to_owned();
    let (base, quoted) = if pair.len() == 6 { pair.split_at(3) } else { ("USD", pair.as_str()) };
    let leg = |code: &str| CurrencyLeg {
        dollars: dollars(code).unwrap_or(1.0),
        walk: Walk::new(seed_of(market.seed, code)),
        spread: if code == "USD" { 0.0 } else { CURRENCY_SPREAD / SESSIONS_A_YEAR.sqrt() },
    };
    let (base_leg, quoted_leg) = (leg(base), leg(quoted));
    listing.long_name = format!("{base}/{quoted}");
    listing.first = listing.sessions.on_or_after(table_day((2003, 12, 1)));
    listing.motion = Motion {
        anchor: listing.sessions.on_or_after(table_day(TABLE_DATE)),
        price: base_leg.dollars / quoted_leg.dollars,
        drift: 0.0,
        own: 1.0,
        market: 0.0,
    };
    listing.legs = Some([base_leg, quoted_leg]);
    listing.at_anchor = listing.log_value(listing.motion.anchor);
    listing
}

fn by_chance(mut listing: Listing, role: Role, epoch: NaiveDate) -> Listing {
    let chance = |salt: u64| unit(mix(listing.seed, salt));
    let sessions = listing.sessions;
    let begin = 1990 + (chance(1) * 26.0) as i32;
    let first = if role == Role::New {
        reserved::session(epoch, sessions, reserved::LISTED)
    } else {
        let date = NaiveDate::from_ymd_opt(begin, 1 + (chance(2) * 12.0) as u32, 15);
        sessions.on_or_after(date.map_or(0, epoch_day))
    };
    // From 5 to 500, evenly on a log scale.
    let price = 5.0 * exp(chance(3) * 4.605_170) * listing.venue.price_level;
    let drift = -0.05 + 0.17 * chance(4);
    let spread = 0.12 + 0.48 * chance(5) * chance(6);
    let beta = if matches!(listing.venue.exchange, Exchange::Crypto | Exchange::Futures) {
        0.0
    } else {
        0.4 + 0.9 * chance(7)
    };
    let yields = if chance(8) < 0.45 && role != Role::Dividend { 0.0 } else { 0.3 + 3.7 * chance(9) };
    let root = SESSIONS_A_YEAR.sqrt();
    // The price is that of the table's date where there was one, so that no trend had decades to become absurd.
    listing.first = first;
    listing.motion = Motion {
        anchor: sessions.on_or_after(table_day(TABLE_DATE)).max(first),
        price,
        drift: drift / SESSIONS_A_YEAR,
        own: spread / root,
        market: beta * MARKET_SPREAD / root,
    };
    if role == Role::Flat {
        listing.motion = Motion { price: 100.0, drift: 0.0, own: 0.0, market: 0.0, ..listing.motion };
    }
    listing.at_anchor = listing.log_value(listing.motion.anchor);
    match (listing.venue.class, role) {
        (_, Role::Flat) => {}
        (_, Role::None | Role::Glitch | Role::Thin) if listing.venue.class == Class::Equity => {
            corporate::chance_splits(&mut listing);
            let payments = listing.venue.payments;
            corporate::regular_dividends(&mut listing, yields, payments);
        }
        (Class::Equity, Role::Dividend) => corporate::regular_dividends(&mut listing, yields, 4),
        (Class::Fund, _) => {
            corporate::regular_dividends(&mut listing, yields, 4);
            corporate::capital_gains(&mut listing);
        }
        _ => {}
    }
    listing
}
