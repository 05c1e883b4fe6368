//! What came of a portfolio in a period.

use std::fmt::Display;

use bellwether_domain::Portfolio;
use bellwether_portfolio::{Books, Figure, Market, Period, Subject, performance};
use chrono::NaiveDate;
use serde_json::{Map, Value, json};

use crate::TrackerError;

pub(super) fn period_of(from: NaiveDate, to: NaiveDate) -> Result<Period, TrackerError> {
    let refused = |reason| TrackerError::refused(format!("{from} to {to} is no period: {reason}."));
    Period::new(from, to).map_err(refused)
}

/// Amounts as exact decimal texts, rates as numbers (0.1 is 10 %); what is not known is null, with its reason under the
/// same name in `unknown`.
pub(super) fn json(
    portfolio: &Portfolio,
    books: &Books,
    market: &Market,
    from: NaiveDate,
    to: NaiveDate,
) -> Result<Value, TrackerError> {
    let last = to.min(books.as_of());
    let told = performance(&Subject::portfolio(books), market, period_of(from, last)?);
    let (mut figures, mut unknown) = (Map::new(), Map::new());
    for (name, amount) in [
        ("opening", &told.opening),
        ("closing", &told.closing),
        ("paid_in", &told.flows.paid_in),
        ("paid_out", &told.flows.paid_out),
        ("gain", &told.gain),
        ("dividends", &told.parts.income.dividends_net),
    ] {
        note(name, amount, |amount| json!(amount.normalize().to_string()), &mut figures, &mut unknown);
    }
    let linked = told.returns.time_weighted.map(|linked| linked.total);
    let money = told.returns.money_weighted.map(|rate| rate.period);
    for (name, rate) in [("time_weighted", &linked), ("money_weighted", &money)] {
        note(name, rate, |rate| json!(rate), &mut figures, &mut unknown);
    }
    Ok(json!({
        "portfolio": portfolio.name,
        "currency": told.base,
        "from": from,
        "to": last,
        "figures": figures,
        "unknown": unknown,
        "explanation": told.explanation,
    }))
}

fn note<T>(
    name: &str,
    figure: &Figure<T>,
    shown: impl Fn(&T) -> Value,
    figures: &mut Map<String, Value>,
    unknown: &mut Map<String, Value>,
) {
    let reason = |reason: &dyn Display| json!(reason.to_string());
    match figure {
        Ok(known) => figures.insert(name.to_owned(), shown(known)),
        Err(why) => {
            unknown.insert(name.to_owned(), reason(why));
            figures.insert(name.to_owned(), Value::Null)
        }
    };
}
