//! Daily bars, as they are served.

use crate::market::{Listing, Moment, StatedBar, as_f32};

use super::window::Span;

/// One row of a chart.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Row {
    /// Unix second.
    pub(crate) stamp: i64,
    /// The number of the session that it lies in, or begins with.
    pub(crate) session: usize,
    pub(crate) open: f64,
    pub(crate) high: f64,
    pub(crate) low: f64,
    pub(crate) close: f64,
    pub(crate) volume: u64,
    pub(crate) adjusted: f64,
}

/// How history is stated wrongly on purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Distortion {
    #[default]
    None,
    /// The last split has happened, but the prices before it are as they were.
    SplitNotApplied,
    /// Of the prices before the last split, only those of the last 20 sessions are restated.
    PartialSplit,
}

const PARTIAL_SESSIONS: usize = 20;

impl Distortion {
    /// By how much the prices of a session are off.
    pub(crate) fn factor(self, listing: &Listing, session: usize, as_of_day: i32) -> f64 {
        let last = listing.splits.iter().rev().find(|split| split.day <= as_of_day);
        let Some(split) = last.filter(|split| split.session > session) else { return 1.0 };
        match self {
            Self::None => 1.0,
            Self::PartialSplit if split.session - session <= PARTIAL_SESSIONS => 1.0,
            _ => split.factor(),
        }
    }
}

/// The daily bars of a span.
pub(crate) fn daily(listing: &Listing, moment: &Moment, span: &Span, distortion: Distortion) -> Vec<Row> {
    let (Some(first), Some(last)) = (span.sessions.first(), span.sessions.last()) else { return Vec::new() };
    let traded = moment.seen_bars(listing, *first, last + 1);
    let stated = listing.state_all(&traded, moment.day);
    let adjustments = listing.adjustments(traded.iter().map(|bar| bar.session), moment.day);
    let row = |bar: &StatedBar, adjustment: f64| {
        let served = if moment.provisional && moment.last == Some(bar.session) {
            moment.market_time
        } else {
            listing.sessions.span(bar.session).stamp
        };
        let glitch = if listing.glitches_on(bar.session) { 100.0 } else { 1.0 };
        let factor = match distortion {
            Distortion::None => glitch,
            wrong => glitch * wrong.factor(listing, bar.session, moment.day),
        };
        let price = |stated: f64| as_f32(stated * factor);
        Row {
            stamp: served,
            session: bar.session,
            open: price(bar.open),
            high: price(bar.high),
            low: price(bar.low),
            close: price(bar.close),
            volume: bar.volume,
            adjusted: as_f32(bar.close * factor * adjustment),
        }
    };
    stated.iter().zip(adjustments).map(|(bar, adjustment)| row(bar, adjustment)).collect()
}
