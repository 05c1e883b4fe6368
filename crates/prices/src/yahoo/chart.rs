//! `/v8/finance/chart`: one symbol's bars and events.

use std::time::Duration;

use bellwether_domain::Symbol;
use chrono::{Days, NaiveDate};

use super::reading::{self, Asked, Read};
use super::session::start_of_day;
use super::symbols::escaped;
use super::wire::Envelope;
use crate::{Family, History, NotAnswered, Outcome, Request, Unreadable};

/// Daily bars of `symbol` with all events, of the days from `from` on, before the second `before`.
pub(super) fn request(symbol: &Symbol, from: NaiveDate, before: i64) -> Request {
    // A day early: midnight there may be yesterday here.
    let start = start_of_day(from.checked_sub_days(Days::new(1)).unwrap_or(from));
    let symbol = escaped(symbol);
    let year_or_less = before - start < 400 * 86_400;
    Request::get(
        Family::Anonymous,
        format!(
            "/v8/finance/chart/{symbol}?period1={start}&period2={before}&interval=1d\
             &events=div,splits,capitalGains&includeAdjustedClose=true"
        ),
        Duration::from_secs(if year_or_less { 10 } else { 20 }),
    )
}

/// Reads a chart's body.
///
/// # Errors
/// [`Unreadable`] when it is no answer to what was asked; what the answer says about the symbol is the outcome.
///
/// ```
/// use bellwether_prices::{Outcome, yahoo};
///
/// let body = br#"{"chart":{"result":null,"error":{"code":"Not Found","description":"No data found"}}}"#;
/// let asked = yahoo::Asked::daily("GONE".parse().unwrap(), chrono::DateTime::UNIX_EPOCH);
/// assert_eq!(yahoo::read_chart(404, body, &asked), Ok(Outcome::Unknown));
/// ```
pub fn read_chart(status: u16, body: &[u8], asked: &Asked) -> Result<Outcome<History>, Unreadable> {
    let envelope: Envelope = reading::parse(body)?;
    if status == 200 && envelope.status_code.is_some() {
        return Err(Unreadable::Foreign);
    }
    let Some(chart) = envelope.chart else {
        return reading::refusal(status, envelope.finance.and_then(|finance| finance.error).as_ref());
    };
    if status != 200 || chart.error.is_some() {
        return reading::refusal(status, chart.error.as_ref());
    }
    let Some(result) = chart.result.as_ref().and_then(|results| results.first()) else {
        return Err(Unreadable::Foreign);
    };
    // A chart that does not say whose it is may be anybody's.
    if result.meta.symbol.is_none() {
        return Err(Unreadable::Inconsistent("no symbol".into()));
    }
    let outcome = Read::of(result, asked)?;
    Ok(match outcome {
        Outcome::Answered(read) => Outcome::Answered(read.into_history(result)),
        Outcome::Unknown => Outcome::Unknown,
        Outcome::Delisted => Outcome::Delisted,
        Outcome::NotAnswered(reason) => Outcome::NotAnswered(reason),
        Outcome::Suspect(suspicion) => Outcome::Suspect(suspicion),
    })
}

/// Leaves out the days before `from`, of which a request brings some to be on the safe side.
pub(super) fn starting(mut history: History, from: NaiveDate) -> Outcome<History> {
    let early = history.bars.partition_point(|bar| bar.date < from);
    history.bars.drain(..early);
    history.adjusted_closes.drain(..early.min(history.adjusted_closes.len()));
    history.suspects.retain(|suspect| suspect.date >= from);
    if history.bars.is_empty() && history.suspects.is_empty() && history.quote.is_none() {
        return Outcome::NotAnswered(NotAnswered::NothingInWindow);
    }
    Outcome::Answered(history)
}
