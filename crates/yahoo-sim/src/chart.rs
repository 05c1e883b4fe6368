//! `GET /v8/finance/chart/{symbol}`: what is asked, what is wrong with it, and the answer.

mod coarse;
mod intraday;
mod meta;
mod request;
mod rows;
mod window;

use std::collections::BTreeMap;

use serde::{Serialize, Serializer};

use crate::market::{Listing, Moment};

pub(crate) use meta::{FullDay, Meta, hinted};
pub(crate) use request::{ChartError, ChartRequest, Interval};
pub(crate) use rows::{Distortion, Row};
pub(crate) use window::{Range, Window};

/// The switches of the service that change charts.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ChartRules {
    /// `range=max` with daily bars is answered with quarterly ones.
    pub(crate) range_max_coarsens: bool,
    /// `range=1d` has no bar between midnight and the open.
    pub(crate) empty_before_open: bool,
    /// The fields of late 2026 are sent.
    pub(crate) full_day_fields: bool,
}

/// The body of an answer.
#[derive(Debug, Serialize)]
pub(crate) struct ChartBody<'a> {
    chart: Envelope<ChartResult<'a>>,
}

/// `result` and `error`, as in every family.
#[derive(Debug, Serialize)]
pub(crate) struct Envelope<T> {
    pub(crate) result: Vec<T>,
    pub(crate) error: (),
}

#[derive(Debug, Serialize)]
struct ChartResult<'a> {
    meta: Meta<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    timestamp: Option<Vec<i64>>,
    #[serde(skip_serializing_if = "Events::is_empty")]
    events: Events,
    indicators: Indicators,
}

#[derive(Debug, Default, Serialize)]
struct Events {
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    dividends: BTreeMap<i64, AmountEvent>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    splits: BTreeMap<i64, SplitEvent>,
    #[serde(rename = "capitalGains", skip_serializing_if = "BTreeMap::is_empty")]
    capital_gains: BTreeMap<i64, AmountEvent>,
}

impl Events {
    fn is_empty(&self) -> bool {
        self.dividends.is_empty() && self.splits.is_empty() && self.capital_gains.is_empty()
    }
}

#[derive(Debug, Serialize)]
struct AmountEvent {
    amount: f64,
    date: i64,
}

#[derive(Debug, Serialize)]
struct SplitEvent {
    date: i64,
    numerator: f64,
    denominator: f64,
    #[serde(rename = "splitRatio")]
    ratio: String,
}

#[derive(Debug, Serialize)]
struct Indicators {
    quote: [QuoteColumns; 1],
    #[serde(skip_serializing_if = "Option::is_none")]
    adjclose: Option<[AdjustedColumn; 1]>,
}

#[derive(Debug, Default, Serialize)]
struct QuoteColumns {
    #[serde(skip_serializing_if = "Option::is_none")]
    open: Option<Column>,
    #[serde(skip_serializing_if = "Option::is_none")]
    high: Option<Column>,
    #[serde(skip_serializing_if = "Option::is_none")]
    low: Option<Column>,
    #[serde(skip_serializing_if = "Option::is_none")]
    close: Option<Column>,
    #[serde(skip_serializing_if = "Option::is_none")]
    volume: Option<Vec<u64>>,
}

#[derive(Debug, Default, Serialize)]
struct AdjustedColumn {
    #[serde(skip_serializing_if = "Option::is_none")]
    adjclose: Option<Column>,
}

/// Prices, written without a fraction where they have none, as the service does.
#[derive(Debug, PartialEq)]
pub(crate) struct Column(pub(crate) Vec<f64>);

impl Serialize for Column {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(|price| Number(*price)))
    }
}

/// A number, written without a fraction where it has none.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Number(pub(crate) f64);

impl Serialize for Number {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.0.fract().abs() < f64::EPSILON && self.0.abs() < 9e15 {
            serializer.serialize_i64(self.0 as i64)
        } else {
            serializer.serialize_f64(self.0)
        }
    }
}

/// Answers a chart of a listing at a moment.
///
/// # Errors
/// [`ChartError`] for what the service refuses.
pub(crate) fn answer<'a>(
    listing: &'a Listing,
    moment: &Moment,
    request: &ChartRequest,
    rules: ChartRules,
    distortion: Distortion,
) -> Result<ChartBody<'a>, ChartError> {
    let interval = match (request.window, request.interval) {
        (Window::Range(Range::Max), Interval::Day) if rules.range_max_coarsens => Interval::Quarter,
        (_, interval) => interval,
    };
    let span = window::resolve(listing, moment, request, rules)?;
    request::check_depth(interval, &span, moment)?;
    let mut rows = match interval {
        Interval::Minutes(step) => intraday::rows(listing, moment, &span, step, request.extended, distortion),
        _ => rows::daily(listing, moment, &span, distortion),
    };
    let first = rows.first().map(|row| row.session);
    let daily = interval.is_daily_or_coarser();
    let events = if daily { events(listing, moment, request, interval, &span) } else { Events::default() };
    if daily && interval != Interval::Day {
        rows = coarse::merge(listing, moment, rows, interval);
    }
    let mut meta = Meta::of(listing, moment, rules.full_day_fields);
    meta.for_chart(listing, moment, first.or(span.sessions.first().copied()));
    meta.granularity = interval.word();
    meta.range = request.window.word();
    if let Interval::Minutes(_) = interval {
        meta.for_intraday(listing, moment, &span.sessions, request.extended);
    }
    let shell = matches!(listing.quirk, crate::market::Quirk::Dead(_));
    Ok(ChartBody {
        chart: Envelope { result: vec![columns(meta, &rows, events, request, shell)], error: () },
    })
}

/// The rows of a spark series, and the session of the first.
///
/// # Errors
/// [`ChartError`] where the chart would be refused.
pub(crate) fn spark_rows(
    listing: &Listing,
    moment: &Moment,
    request: &ChartRequest,
    rules: ChartRules,
    distortion: Distortion,
) -> Result<(Vec<Row>, Option<usize>), ChartError> {
    let span = window::resolve(listing, moment, request, rules)?;
    request::check_depth(request.interval, &span, moment)?;
    let rows = match request.interval {
        Interval::Minutes(step) => intraday::rows(listing, moment, &span, step, false, distortion),
        _ => rows::daily(listing, moment, &span, distortion),
    };
    let first = rows.first().map(|row| row.session).or(span.sessions.first().copied());
    let coarse = !matches!(request.interval, Interval::Minutes(_) | Interval::Day);
    let rows = if coarse { coarse::merge(listing, moment, rows, request.interval) } else { rows };
    Ok((rows, first))
}

fn columns<'a>(
    meta: Meta<'a>,
    rows: &[Row],
    events: Events,
    request: &ChartRequest,
    shell: bool,
) -> ChartResult<'a> {
    if rows.is_empty() {
        let quote = [QuoteColumns::default()];
        let adjclose = shell.then(|| [AdjustedColumn::default()]);
        return ChartResult { meta, timestamp: None, events, indicators: Indicators { quote, adjclose } };
    }
    let column = |of: fn(&Row) -> f64| Some(Column(rows.iter().map(of).collect()));
    let all = !request.closes_only;
    let quote = QuoteColumns {
        open: all.then(|| column(|row| row.open)).flatten(),
        high: all.then(|| column(|row| row.high)).flatten(),
        low: all.then(|| column(|row| row.low)).flatten(),
        close: column(|row| row.close),
        volume: all.then(|| rows.iter().map(|row| row.volume).collect()),
    };
    let adjclose = (request.interval.is_daily_or_coarser() && request.adjusted)
        .then(|| [AdjustedColumn { adjclose: column(|row| row.adjusted) }]);
    let timestamp = request.timestamps.then(|| rows.iter().map(|row| row.stamp).collect());
    ChartResult { meta, timestamp, events, indicators: Indicators { quote: [quote], adjclose } }
}

fn events(
    listing: &Listing,
    moment: &Moment,
    request: &ChartRequest,
    interval: Interval,
    span: &window::Span,
) -> Events {
    let (Some(first), Some(last)) = (span.sessions.first(), span.sessions.last()) else {
        return Events::default();
    };
    let within = |session: usize| session >= *first && session <= *last;
    let date = |session: usize| listing.sessions.span(session).stamp;
    let key = |session: usize| coarse::group_stamp(listing, session, interval);
    let mut events = Events::default();
    if request.events.splits {
        for split in listing.splits.iter().filter(|split| within(split.session)) {
            events.splits.insert(
                key(split.session),
                SplitEvent {
                    date: date(split.session),
                    numerator: split.new.into(),
                    denominator: split.old.into(),
                    ratio: format!("{}:{}", split.new, split.old),
                },
            );
        }
    }
    for dividend in listing.dividends.iter().filter(|dividend| within(dividend.session)) {
        let wanted =
            if dividend.capital_gain { request.events.capital_gains } else { request.events.dividends };
        if wanted {
            let amount = listing.stated_amount(dividend, moment.day);
            let amount = bellwether_domain::price_of_decimal(amount);
            let map = if dividend.capital_gain { &mut events.capital_gains } else { &mut events.dividends };
            map.insert(key(dividend.session), AmountEvent { amount, date: date(dividend.session) });
        }
    }
    events
}
