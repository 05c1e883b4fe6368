//! The stretch of time that a request means, and the sessions in it.

use bellwether_domain::{epoch_day, from_epoch_day};
use chrono::{Datelike, Months, NaiveDate};

use crate::market::{Listing, Moment, midnight};

use super::ChartRules;
use super::request::{ChartError, ChartRequest};

/// A span of time that ends now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Range {
    /// That many sessions.
    Days(u32),
    Months(u32),
    YearToDate,
    Max,
}

impl Range {
    /// The range of a word: the listed ones and free forms such as `8d` and `30y`.
    pub(crate) fn parse(word: &str) -> Option<Self> {
        match word {
            "ytd" => return Some(Self::YearToDate),
            "max" => return Some(Self::Max),
            _ => {}
        }
        let digits = word.find(|c: char| !c.is_ascii_digit())?;
        let (count, unit) = word.split_at(digits);
        let count: u32 = count.parse().ok().filter(|count| (1..=1200).contains(count))?;
        match unit {
            "d" => Some(Self::Days(count)),
            "wk" => Some(Self::Days(count * 5)),
            "mo" => Some(Self::Months(count)),
            "y" => Some(Self::Months(count * 12)),
            _ => None,
        }
    }

    /// The word of `meta.range`.
    pub(crate) fn word(self) -> String {
        match self {
            Self::Days(days) => format!("{days}d"),
            Self::Months(months) if months % 12 == 0 => format!("{}y", months / 12),
            Self::Months(months) => format!("{months}mo"),
            Self::YearToDate => "ytd".to_owned(),
            Self::Max => "max".to_owned(),
        }
    }
}

/// What a request means by its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Window {
    Range(Range),
    /// From a unix second to just before another.
    Periods {
        start: i64,
        end: i64,
    },
}

impl Window {
    /// The word of `meta.range`, empty where the request named seconds.
    pub(crate) fn word(self) -> String {
        match self {
            Self::Range(range) => range.word(),
            Self::Periods { .. } => String::new(),
        }
    }
}

/// A window with the sessions in it of which something is known.
#[derive(Debug, Clone)]
pub(crate) struct Span {
    /// Unix seconds.
    pub(crate) start: i64,
    /// Unix seconds, excluded.
    pub(crate) end: i64,
    /// Ascending.
    pub(crate) sessions: Vec<usize>,
}

/// The sessions of a request.
///
/// # Errors
/// [`ChartError::NoData`] for a window that ends before the listing began.
pub(crate) fn resolve(
    listing: &Listing,
    moment: &Moment,
    request: &ChartRequest,
    rules: ChartRules,
) -> Result<Span, ChartError> {
    let table = listing.sessions;
    let known = moment.last.map_or(0, |last| last + 1);
    let (start, end, from, to) = match request.window {
        Window::Periods { start, end } => {
            if end <= listing.first_trade() && known > 0 {
                return Err(ChartError::NoData { start, end });
            }
            (start.max(listing.first_trade()), end, table.stamped_from(start), table.stamped_from(end))
        }
        Window::Range(range) => {
            let from = match range {
                Range::Days(days) => last_days(listing, moment, days as usize, rules),
                Range::Months(months) => table.on_or_after(months_before(moment.day, months)),
                Range::YearToDate => {
                    let today = from_epoch_day(moment.day);
                    table.on_or_after(NaiveDate::from_ymd_opt(today.year(), 1, 1).map_or(0, epoch_day))
                }
                Range::Max => listing.first,
            };
            let from = from.max(listing.first);
            let day = from_epoch_day(table.span(from).day);
            (midnight(table.zone, day).unwrap_or(moment.now), moment.now, from, known)
        }
    };
    let sessions = (from.max(listing.first)..to.min(known)).filter(|session| listing.trades_on(*session));
    Ok(Span { start, end, sessions: sessions.collect() })
}

/// The first of the last sessions.
fn last_days(listing: &Listing, moment: &Moment, days: usize, rules: ChartRules) -> usize {
    let known = moment.last.map_or(0, |last| last + 1);
    let today = listing.sessions.on(moment.day);
    // Between midnight and the open, today counts as the last session although nothing has happened in it.
    let ahead = rules.empty_before_open && today.is_some_and(|today| today >= known);
    known.saturating_sub(if ahead { days - 1 } else { days })
}

fn months_before(day: i32, months: u32) -> i32 {
    let today = from_epoch_day(day);
    today.checked_sub_months(Months::new(months)).map_or(i32::MIN, epoch_day)
}
