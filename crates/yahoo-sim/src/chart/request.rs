//! What a client asks of a chart, and the refusals that follow from the question alone.

use crate::market::Moment;

use super::window::{Range, Span, Window};

const DAY: i64 = 86_400;

/// The length of a bar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Interval {
    Minutes(u32),
    Day,
    FiveDays,
    Week,
    Month,
    Quarter,
}

/// What the service lists when it refuses an interval.
pub(crate) const INTERVALS: &str = "1m, 2m, 5m, 15m, 30m, 60m, 90m, 1h, 4h, 1d, 5d, 1wk, 1mo, 3mo";
/// What the service lists when it refuses a range.
pub(crate) const RANGES: &str = "1d, 5d, 1mo, 3mo, 6mo, 1y, 2y, 5y, 10y, ytd, max";

impl Interval {
    /// The interval of a word.
    pub(crate) fn parse(word: &str) -> Option<Self> {
        Some(match word {
            "1m" => Self::Minutes(1),
            "2m" => Self::Minutes(2),
            "5m" => Self::Minutes(5),
            "15m" => Self::Minutes(15),
            "30m" => Self::Minutes(30),
            "60m" | "1h" => Self::Minutes(60),
            "90m" => Self::Minutes(90),
            "4h" => Self::Minutes(240),
            "1d" => Self::Day,
            "5d" => Self::FiveDays,
            "1wk" => Self::Week,
            "1mo" => Self::Month,
            "3mo" => Self::Quarter,
            _ => return None,
        })
    }

    /// The word of `dataGranularity`.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Minutes(1) => "1m",
            Self::Minutes(2) => "2m",
            Self::Minutes(5) => "5m",
            Self::Minutes(15) => "15m",
            Self::Minutes(30) => "30m",
            Self::Minutes(90) => "90m",
            Self::Minutes(240) => "4h",
            Self::Minutes(_) => "1h",
            Self::Day => "1d",
            Self::FiveDays => "5d",
            Self::Week => "1wk",
            Self::Month => "1mo",
            Self::Quarter => "3mo",
        }
    }

    pub(crate) fn is_daily_or_coarser(self) -> bool {
        !matches!(self, Self::Minutes(_))
    }
}

/// Which events are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct WantedEvents {
    pub(crate) dividends: bool,
    pub(crate) splits: bool,
    pub(crate) capital_gains: bool,
}

/// The parameters of a chart.
#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "each is a parameter of the query")]
pub(crate) struct ChartRequest {
    pub(crate) window: Window,
    pub(crate) interval: Interval,
    pub(crate) events: WantedEvents,
    pub(crate) extended: bool,
    pub(crate) adjusted: bool,
    pub(crate) closes_only: bool,
    pub(crate) timestamps: bool,
}

/// Why the service refuses a chart; the text is its own.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ChartError {
    #[error("No data found, symbol may be delisted")]
    NotFound,
    #[error("Data doesn't exist for startDate = {start}, endDate = {end}")]
    NoData { start: i64, end: i64 },
    #[error("Invalid input - interval={0} is not supported. Valid intervals: [{INTERVALS}]")]
    BadInterval(String),
    #[error("Invalid input - range={0} is not supported. Valid ranges: [{RANGES}]")]
    BadRange(String),
    #[error("Invalid input - start date cannot be after end date. startDate = {start}, endDate = {end}")]
    StartAfterEnd { start: i64, end: i64 },
    #[error(
        "{interval} data not available for startTime={start} and endTime={end}. Only {days} days worth of {interval} granularity data are allowed to be fetched per request."
    )]
    TooLong { interval: &'static str, start: i64, end: i64, days: i64 },
    #[error(
        "{interval} data not available for startTime={start} and endTime={end}. The requested range must be within the last {days} days."
    )]
    TooOld { interval: &'static str, start: i64, end: i64, days: i64 },
}

impl ChartError {
    /// Status and code of the answer.
    pub(crate) fn status(&self) -> (u16, &'static str) {
        match self {
            Self::NotFound => (404, "Not Found"),
            Self::TooLong { .. } | Self::TooOld { .. } => (422, "Unprocessable Entity"),
            _ => (400, "Bad Request"),
        }
    }
}

impl ChartRequest {
    /// Reads the query's parameters; unknown ones are ignored.
    ///
    /// # Errors
    /// [`ChartError`] for an interval, range or order of dates that the service refuses.
    pub(crate) fn parse(parameter: impl Fn(&str) -> Option<String>, now: i64) -> Result<Self, ChartError> {
        let second = |name| parameter(name).and_then(|text| text.parse::<i64>().ok());
        let range = parameter("range");
        let window = match (second("period1"), second("period2"), &range) {
            (Some(start), end, _) => Window::Periods { start, end: end.unwrap_or(now) },
            (None, Some(end), None) => Window::Periods { start: 0, end },
            (None, _, Some(word)) => {
                Window::Range(Range::parse(word).ok_or_else(|| ChartError::BadRange(word.clone()))?)
            }
            (None, None, None) => Window::Range(Range::Days(1)),
        };
        if let Window::Periods { start, end } = window
            && start > end
        {
            return Err(ChartError::StartAfterEnd { start, end });
        }
        let interval = match parameter("interval") {
            Some(word) => Interval::parse(&word).ok_or(ChartError::BadInterval(word))?,
            // Without any parameter the service draws the day.
            None if range.is_none() && matches!(window, Window::Range(_)) => Interval::Minutes(1),
            None => Interval::Day,
        };
        let is = |name, value: &str| parameter(name).is_some_and(|text| text == value);
        let events = parameter("events").unwrap_or_default();
        let wants = |words: &[&str]| events.split([',', '|']).any(|event| words.contains(&event.trim()));
        let closes_only = parameter("indicators").is_some();
        Ok(Self {
            window,
            interval,
            events: WantedEvents {
                dividends: wants(&["div", "dividends"]),
                splits: wants(&["split", "splits"]),
                capital_gains: wants(&["capitalGain", "capitalGains"]),
            },
            extended: is("includePrePost", "true"),
            adjusted: if closes_only {
                is("includeAdjustedClose", "true")
            } else {
                !is("includeAdjustedClose", "false")
            },
            closes_only,
            timestamps: !is("includeTimestamps", "false"),
        })
    }
}

/// Fine bars reach back only so far.
///
/// # Errors
/// [`ChartError::TooLong`] and [`ChartError::TooOld`].
pub(crate) fn check_depth(interval: Interval, span: &Span, moment: &Moment) -> Result<(), ChartError> {
    let Interval::Minutes(minutes) = interval else { return Ok(()) };
    let (start, end, interval) = (span.start, span.end, interval.word());
    if minutes == 1 && end - start > 8 * DAY {
        return Err(ChartError::TooLong { interval, start, end, days: 8 });
    }
    let days = match minutes {
        1 => 30,
        60 | 240 => 730,
        _ => 60,
    };
    if start < moment.now - days * DAY {
        return Err(ChartError::TooOld { interval, start, end, days });
    }
    Ok(())
}
