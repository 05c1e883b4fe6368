//! Splits and dividends: when they happen, and how much.

use bellwether_domain::{epoch_day, from_epoch_day};
use chrono::{Datelike, NaiveDate};
use rust_decimal::Decimal;

use super::listing::Listing;
use super::noise::{exp, mix, unit};

/// Nothing is known of the time after it.
const LAST_YEAR: i32 = 2049;

/// A split, effective from the open of a session.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Split {
    pub(crate) session: usize,
    pub(crate) day: i32,
    pub(crate) new: u32,
    pub(crate) old: u32,
}

impl Split {
    /// Shares after for each share before.
    pub(crate) fn factor(&self) -> f64 {
        f64::from(self.new) / f64::from(self.old)
    }
}

/// A cash dividend or, of a fund, a capital gain.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Dividend {
    /// The first session without the right to it.
    pub(crate) session: usize,
    pub(crate) day: i32,
    /// Per share of the day, in the venue's unit, as paid.
    pub(crate) amount: Decimal,
    pub(crate) amount_f64: f64,
    /// What a close before it is multiplied by in an adjusted series.
    pub(crate) factor: f64,
    pub(crate) capital_gain: bool,
}

/// Splits by chance: three a century, only where the price calls for one.
pub(crate) fn chance_splits(listing: &mut Listing) {
    let begin = from_epoch_day(listing.sessions.span(listing.first).day).year();
    for year in begin + 1..=LAST_YEAR {
        let bits = mix(listing.seed ^ 0x0073_706c, year as u64);
        if unit(bits) >= 0.03 {
            continue;
        }
        let month = 2 + (bits >> 8) as u32 % 10;
        let Some(date) = NaiveDate::from_ymd_opt(year, month, 1 + (bits >> 16) as u32 % 28) else { continue };
        let session = listing.sessions.on_or_after(epoch_day(date));
        let price = listing.traded_close(session) / listing.venue.price_level;
        let (new, old) = match price {
            p if p > 400.0 => (10, 1),
            p if p > 120.0 => (4, 1),
            p if p > 40.0 => {
                if bits & 1 == 0 {
                    (2, 1)
                } else {
                    (3, 2)
                }
            }
            p if p < 3.0 => (1, 10),
            _ => continue,
        };
        insert_split(listing, session, new, old);
    }
}

/// Adds a split, in order; a second one on the same session replaces the first.
pub(crate) fn insert_split(listing: &mut Listing, session: usize, new: u32, old: u32) {
    if session >= listing.sessions.len() || session <= listing.first {
        return;
    }
    listing.splits.retain(|split| split.session != session);
    let day = listing.sessions.span(session).day;
    listing.splits.push(Split { session, day, new, old });
    listing.splits.sort_by_key(|split| split.session);
}

/// Regular dividends that follow the trend of the price: `percent` of it a year.
pub(crate) fn regular_dividends(listing: &mut Listing, percent: f64, payments: u32) {
    if percent <= 0.0 || payments == 0 {
        return;
    }
    let months = 12 / payments;
    let phase = mix(listing.seed, 0x0070_6861) as u32 % months;
    let begin = from_epoch_day(listing.sessions.span(listing.first).day).year();
    for year in begin..=LAST_YEAR {
        for payment in 0..payments {
            let number = (year as u64) << 8 | u64::from(payment);
            let day = 5 + mix(listing.seed ^ 0x6469_7669, number) as u32 % 18;
            let Some(date) = NaiveDate::from_ymd_opt(year, 1 + phase + payment * months, day) else {
                continue;
            };
            let mut session = listing.sessions.on_or_after(epoch_day(date));
            // On the day of a split nobody could say in which shares the amount is.
            while listing.splits.iter().any(|split| split.session == session) {
                session += 1;
            }
            let share = percent / 100.0 / f64::from(payments);
            pay(listing, session, |listing| trend(listing, year) * share, false);
        }
    }
}

/// A fund's capital gain each December.
pub(crate) fn capital_gains(listing: &mut Listing) {
    let begin = from_epoch_day(listing.sessions.span(listing.first).day).year();
    for year in begin..=LAST_YEAR {
        let Some(date) = NaiveDate::from_ymd_opt(year, 12, 18) else { continue };
        let session = listing.sessions.on_or_after(epoch_day(date));
        let share = 0.02 * unit(mix(listing.seed ^ 0x6761_696e, year as u64));
        pay(listing, session, |listing| trend(listing, year) * share, true);
    }
}

/// Adds a dividend of an amount that is stated in the shares of its day.
pub(crate) fn pay(
    listing: &mut Listing,
    session: usize,
    amount: impl Fn(&Listing) -> f64,
    capital_gain: bool,
) {
    if session <= listing.first || session >= listing.end() {
        return;
    }
    let Some(last) = listing.last_traded(session - 1) else { return };
    let close = listing.traded_close(last);
    let wanted = amount(listing) / listing.units_at(session);
    // A price far below its trend would pay itself out.
    let amount = wanted.min(close * 0.03).max(0.0001);
    let digits = if amount < 0.1 { 4 } else { 2 };
    let scale = if digits == 4 { 1e4 } else { 100.0 };
    let ticks = (amount * scale).round().max(1.0);
    insert_dividend(listing, session, Decimal::new(ticks as i64, digits), close, capital_gain);
}

/// Adds a dividend of a given amount; `close` is that of the session before.
pub(crate) fn insert_dividend(
    listing: &mut Listing,
    session: usize,
    amount: Decimal,
    close: f64,
    capital_gain: bool,
) {
    let amount_f64 = bellwether_domain::price_of_decimal(amount);
    let day = listing.sessions.span(session).day;
    let factor = (1.0 - amount_f64 / close).max(0.01);
    let amount = amount.normalize();
    let at = listing.dividends.partition_point(|earlier| earlier.session <= session);
    listing.dividends.insert(at, Dividend { session, day, amount, amount_f64, factor, capital_gain });
}

/// The price that drift alone would give at the start of a year, in the shares of the anchor.
fn trend(listing: &Listing, year: i32) -> f64 {
    let begin = NaiveDate::from_ymd_opt(year, 1, 1).map_or(0, epoch_day);
    let elapsed = listing.sessions.on_or_after(begin) as f64 - listing.motion.anchor as f64;
    listing.motion.price * exp(listing.motion.drift * elapsed)
}
