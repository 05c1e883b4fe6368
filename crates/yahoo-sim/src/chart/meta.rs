//! `meta`: who an instrument is, and its current price.

use std::sync::PoisonError;

use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};

use crate::market::{Hours, Listing, Moment, Quirk, TradingPeriod};

use super::Number;

/// The `meta` object of chart and spark.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Meta<'a> {
    pub(crate) currency: Option<&'a str>,
    pub(crate) symbol: &'a str,
    exchange_name: &'a str,
    full_exchange_name: &'a str,
    instrument_type: &'a str,
    first_trade_date: Option<i64>,
    regular_market_time: i64,
    has_pre_post_market_data: bool,
    gmtoffset: i32,
    timezone: &'static str,
    exchange_timezone_name: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) regular_market_price: Option<Number>,
    #[serde(skip_serializing_if = "Option::is_none", flatten)]
    pub(crate) full_day: Option<FullDay>,
    #[serde(skip_serializing_if = "Option::is_none", flatten)]
    ranges: Option<Ranges>,
    long_name: &'a str,
    short_name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) chart_previous_close: Option<Number>,
    #[serde(skip_serializing_if = "Option::is_none")]
    previous_close: Option<Number>,
    #[serde(skip_serializing_if = "Option::is_none")]
    scale: Option<u8>,
    price_hint: u8,
    current_trading_period: TradingPeriodText,
    #[serde(skip_serializing_if = "Option::is_none")]
    trading_periods: Option<TradingPeriods>,
    #[serde(rename = "dataGranularity")]
    pub(crate) granularity: &'static str,
    pub(crate) range: String,
    valid_ranges: &'static [&'static str],
}

/// The fields that came in 2026.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct FullDay {
    regular_market_change_percent: Number,
    fullday_price: Number,
    fullday_change: Number,
    fullday_change_percent: Number,
}

#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "camelCase")]
struct Ranges {
    fifty_two_week_high: Number,
    fifty_two_week_low: Number,
    regular_market_day_high: Number,
    regular_market_day_low: Number,
    regular_market_volume: u64,
}

#[derive(Debug, Clone)]
struct TradingPeriodText {
    period: TradingPeriod,
    zone: &'static str,
    offset: i32,
}

/// One stretch of hours with its zone.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct HoursText {
    timezone: &'static str,
    start: i64,
    end: i64,
    gmtoffset: i32,
}

impl Serialize for TradingPeriodText {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(3))?;
        map.serialize_entry("pre", &self.hours(self.period.pre))?;
        map.serialize_entry("regular", &self.hours(self.period.regular))?;
        map.serialize_entry("post", &self.hours(self.period.post))?;
        map.end()
    }
}

impl TradingPeriodText {
    fn hours(&self, hours: Hours) -> HoursText {
        HoursText { timezone: self.zone, start: hours.start, end: hours.end, gmtoffset: self.offset }
    }
}

/// The hours of each session of an intraday chart.
#[derive(Debug, Clone, Serialize)]
#[serde(untagged)]
pub(crate) enum TradingPeriods {
    Regular(Vec<[HoursText; 1]>),
    Extended { pre: Vec<[HoursText; 1]>, regular: Vec<[HoursText; 1]>, post: Vec<[HoursText; 1]> },
}

const ALL_RANGES: &[&str] = &["1d", "5d", "1mo", "3mo", "6mo", "1y", "2y", "5y", "10y", "ytd", "max"];
const YOUNG_RANGES: &[&str] = &["1d", "5d", "1mo", "3mo", "ytd", "max"];
const SLOW_RANGES: &[&str] = &["1mo", "3mo", "6mo", "ytd", "1y", "2y", "5y", "10y", "max"];

/// A price rounded to as many decimals as a price hint, or more.
pub(crate) fn hinted(price: f64, decimals: u8) -> Number {
    let scale = 10_f64.powi(decimals.into());
    let rounded = (price * scale).round() / scale;
    Number(if rounded > 0.0 { rounded } else { price })
}

impl<'a> Meta<'a> {
    /// What every kind of answer tells.
    pub(crate) fn of(listing: &'a Listing, moment: &Moment, full_day_fields: bool) -> Self {
        let venue = &listing.venue;
        let zone = listing.sessions.zone_time(moment.now);
        let latest = listing.latest(moment);
        let decimals = venue.price_hint.max(3);
        let shell = matches!(listing.quirk, Quirk::Dead(_));
        let suspended = shell || matches!(listing.quirk, Quirk::HaltedFrom(_));
        let exchange_name = if shell { "YHD" } else { venue.code };
        let previous = || listing.close_before(moment.last?, moment.day);
        let full_day = latest.as_ref().filter(|_| full_day_fields).and_then(|bar| {
            let previous = previous()?;
            let percent = hinted_signed((bar.close / previous - 1.0) * 100.0, 4);
            Some(FullDay {
                regular_market_change_percent: percent,
                fullday_price: hinted(bar.close, decimals),
                fullday_change: hinted_signed(bar.close - previous, 4),
                fullday_change_percent: percent,
            })
        });
        let market_time = match listing.quirk {
            Quirk::Dead(session) => listing.sessions.span(session).closes,
            _ => moment.market_time,
        };
        Meta {
            currency: (!shell).then_some(venue.currency),
            symbol: listing.symbol.as_str(),
            exchange_name,
            full_exchange_name: if shell { "YHD" } else { venue.name },
            instrument_type: if suspended { "MUTUALFUND" } else { venue.class.word() },
            first_trade_date: (!shell).then(|| listing.first_trade()),
            regular_market_time: market_time,
            has_pre_post_market_data: venue.has_extended_hours() && !suspended,
            gmtoffset: zone.offset,
            timezone: &zone.abbreviation,
            exchange_timezone_name: listing.sessions.zone.name(),
            regular_market_price: latest.map(|bar| hinted(bar.close, decimals)),
            full_day,
            ranges: None,
            long_name: &listing.long_name,
            short_name: &listing.short_name,
            chart_previous_close: None,
            previous_close: None,
            scale: None,
            price_hint: venue.price_hint,
            current_trading_period: TradingPeriodText {
                period: listing.trading_period(moment),
                zone: &zone.abbreviation,
                offset: zone.offset,
            },
            trading_periods: None,
            granularity: "1d",
            range: String::new(),
            valid_ranges: if suspended {
                SLOW_RANGES
            } else if moment.last.is_some_and(|last| last < listing.first + 126) {
                YOUNG_RANGES
            } else {
                ALL_RANGES
            },
        }
    }

    /// What a chart tells besides: the ranges of day and year, and the close before its first bar.
    pub(crate) fn for_chart(&mut self, listing: &Listing, moment: &Moment, first: Option<usize>) {
        let decimals = listing.venue.price_hint.max(3);
        self.previous_to(listing, moment, first);
        if let (Some(bar), Some(last)) = (listing.latest(moment), moment.last) {
            let (high, low) = listing.year_range(last, moment.day);
            self.ranges = Some(Ranges {
                fifty_two_week_high: hinted(high.max(bar.high), decimals),
                fifty_two_week_low: hinted(low.min(bar.low), decimals),
                regular_market_day_high: hinted(bar.high, decimals),
                regular_market_day_low: hinted(bar.low, decimals),
                regular_market_volume: bar.volume,
            });
        }
    }

    /// The close before a session as `chartPreviousClose`.
    pub(crate) fn previous_to(&mut self, listing: &Listing, moment: &Moment, first: Option<usize>) {
        let decimals = listing.venue.price_hint.max(3);
        let first = first.or(moment.last.map(|last| last + 1));
        let close = first.and_then(|first| listing.close_before(first, moment.day));
        self.chart_previous_close = close.map(|close| hinted(close, decimals));
    }

    /// What an intraday chart tells besides.
    pub(crate) fn for_intraday(
        &mut self,
        listing: &Listing,
        moment: &Moment,
        sessions: &[usize],
        extended: bool,
    ) {
        let decimals = listing.venue.price_hint.max(3);
        let previous = moment.last.and_then(|last| listing.close_before(last, moment.day));
        self.previous_close = previous.map(|close| hinted(close, decimals));
        self.scale = Some(decimals);
        let periods: Vec<TradingPeriodText> = sessions
            .iter()
            .map(|session| {
                let span = listing.sessions.span(*session);
                let zone = listing.sessions.zone_time(span.opens);
                let period = listing.period_of(span.opens, span.closes);
                TradingPeriodText { period, zone: &zone.abbreviation, offset: zone.offset }
            })
            .collect();
        let of = |part: fn(&TradingPeriod) -> Hours| {
            periods.iter().map(|text| [text.hours(part(&text.period))]).collect::<Vec<_>>()
        };
        if periods.is_empty() {
            return;
        }
        self.trading_periods = Some(if extended {
            TradingPeriods::Extended { pre: of(|p| p.pre), regular: of(|p| p.regular), post: of(|p| p.post) }
        } else {
            TradingPeriods::Regular(of(|p| p.regular))
        });
    }
}

fn hinted_signed(value: f64, decimals: u8) -> Number {
    let scale = 10_f64.powi(decimals.into());
    Number((value * scale).round() / scale)
}

impl Listing {
    /// Highest and lowest price of the 252 sessions before one, in the shares of a day.
    pub(crate) fn year_range(&self, last: usize, as_of_day: i32) -> (f64, f64) {
        let mut kept = self.year_range.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((session, day, high, low)) = *kept
            && session == last
            && day == as_of_day
        {
            return (high, low);
        }
        let traded = self.traded(last.saturating_sub(252), last);
        let stated = self.state_all(&traded, as_of_day);
        let high = stated.iter().map(|bar| bar.high).fold(f64::MIN, f64::max);
        let low = stated.iter().map(|bar| bar.low).fold(f64::MAX, f64::min);
        *kept = Some((last, as_of_day, high, low));
        (high, low)
    }
}
