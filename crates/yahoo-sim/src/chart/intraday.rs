//! Bars of minutes, inside a session and around it.

use crate::market::{Listing, Moment, TradedBar, as_f32, mix, unit};

use super::rows::{Distortion, Row};
use super::window::Span;

/// The bars of the sessions of a span, `step` minutes each.
pub(crate) fn rows(
    listing: &Listing,
    moment: &Moment,
    span: &Span,
    step: u32,
    extended: bool,
    distortion: Distortion,
) -> Vec<Row> {
    let mut rows = Vec::new();
    for session in &span.sessions {
        let Some(bar) = listing.traded(*session, session + 1).pop() else { continue };
        let units =
            listing.units_between(*session, moment.day) / distortion.factor(listing, *session, moment.day);
        let day = Day { listing, moment, bar, units, step: 60 * i64::from(step) };
        let hours = listing.sessions.span(*session);
        let period = listing.period_of(hours.opens, hours.closes);
        if extended {
            day.quiet(period.pre.start, period.pre.end, bar.open, &mut rows);
        }
        day.session(hours.opens, hours.closes, &mut rows);
        if extended {
            day.quiet(period.post.start, period.post.end, bar.close, &mut rows);
        }
    }
    rows.retain(|row| row.stamp >= span.start && row.stamp < span.end.max(moment.market_time + 1));
    rows
}

struct Day<'a> {
    listing: &'a Listing,
    moment: &'a Moment,
    bar: TradedBar,
    units: f64,
    step: i64,
}

impl Day<'_> {
    fn session(&self, opens: i64, closes: i64, rows: &mut Vec<Row>) {
        let length = (closes - opens) as f64;
        let place = |second: i64| (second - opens) as f64 / length;
        let seen = self.moment.seen.min(closes);
        let mut start = opens;
        while start < seen {
            let end = (start + self.step).min(seen);
            let open = self.listing.within(&self.bar, place(start));
            let close = self.listing.within(&self.bar, place(end));
            let (mut high, mut low) = (open.max(close), open.min(close));
            // Longer bars have extremes inside; a few samples show them.
            let samples = (self.step / 60).min(8);
            for sample in 1..samples {
                let second = start + (end - start) * sample / samples;
                let price = self.listing.within(&self.bar, place(second));
                high = high.max(price);
                low = low.min(price);
            }
            let uneven = 0.5 + unit(mix(self.listing.seed, start as u64));
            let volume = self.bar.volume * (place(end) - place(start)) * uneven;
            rows.push(self.row(start, [open, high, low, close], volume));
            start += self.step;
        }
        if self.moment.progress.is_some() && self.moment.last == Some(self.bar.session) {
            let price = self.listing.within(&self.bar, place(seen));
            rows.push(self.row(seen, [price; 4], 0.0));
        }
    }

    /// Hours around the session, in which the price stays near where the session begins or ends.
    fn quiet(&self, from: i64, to: i64, near: f64, rows: &mut Vec<Row>) {
        let mut start = from;
        while start < to.min(self.moment.seen) {
            let bits = mix(self.listing.seed ^ 0x7069_6e67, start as u64);
            let drift = 0.002 * (unit(bits) - 0.5);
            let price = self.listing.tick(near * (1.0 + drift));
            rows.push(self.row(start, [price; 4], 0.0));
            start += self.step;
        }
    }

    fn row(&self, stamp: i64, [open, high, low, close]: [f64; 4], volume: f64) -> Row {
        let price = |traded: f64| as_f32(traded / self.units);
        Row {
            stamp,
            session: self.bar.session,
            open: price(open),
            high: price(high),
            low: price(low),
            close: price(close),
            volume: (volume * self.units).round() as u64,
            adjusted: price(close),
        }
    }
}
