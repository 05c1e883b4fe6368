//! One sentence on why the rates of a period differ, or do not.

use chrono::NaiveDate;

use super::{LinkedReturn, PeriodReturns};
use crate::Period;
use crate::xirr::Rate;

/// Rates this close are shown alike.
const ALIKE: f64 = 0.0005;

/// Money that came and went below this part of the capital does not matter.
const SMALL: f64 = 0.05;

/// What the sentence is made from.
pub(super) struct Facts<'a> {
    pub(super) period: Period,
    pub(super) returns: &'a PeriodReturns,
    /// The opening value and all that was paid in.
    pub(super) capital: f64,
    pub(super) opening: f64,
    /// What came in by day, less what went out.
    pub(super) flows: &'a [(NaiveDate, f64)],
}

/// Money that came or went between two stretches.
struct Turn {
    day: NaiveDate,
    flow: f64,
    /// Return up to the day, and from it on.
    before: f64,
    after: f64,
    days_before: i64,
    days_after: i64,
    /// How much it lifts the money-weighted return above the time-weighted, in money.
    lift: f64,
}

impl Facts<'_> {
    pub(super) fn sentence(&self) -> String {
        match (&self.returns.money_weighted, &self.returns.time_weighted) {
            (Err(reason), Err(other)) if reason == other => {
                format!("No rate of return can be given, because {reason}.")
            }
            (Err(reason), Err(other)) => format!(
                "No rate of return can be given: the money-weighted one, because {reason}, and the time-weighted one, \
                 because {other}."
            ),
            (Err(reason), Ok(linked)) => format!(
                "The money-weighted return is unknown, because {reason}; the time-weighted return of {} asks only what \
                 the investments did.",
                percent(linked.total)
            ),
            (Ok(rate), Err(reason)) => format!(
                "The time-weighted return is unknown, because {reason}; the money-weighted return of {} needs only the \
                 payments and the values at both ends.",
                percent(rate.period)
            ),
            (Ok(rate), Ok(linked)) => self.both(rate, linked),
        }
    }

    fn both(&self, rate: &Rate, linked: &LinkedReturn) -> String {
        if let Some(on) = linked.ended {
            return format!(
                "Everything was lost by {}, at which the time-weighted return ends at -100 %; the money-weighted return \
                 of {} also counts what had been taken out before.",
                date(on),
                percent(rate.period)
            );
        }
        let later = self.later_flows();
        if later.is_empty() && (rate.period - linked.total).abs() < ALIKE {
            return undisturbed(rate, linked);
        }
        let (money, time, a_year) = comparable(rate, linked, self.period);
        if (money - time).abs() < ALIKE {
            return self.alike(later, money, a_year);
        }
        let rates = |relation| {
            let ambiguous = if rate.ambiguous { ", the nearest to zero of several that fit," } else { "" };
            format!(
                "the money-weighted return of {}{a_year}{ambiguous} is {relation} the time-weighted {}{a_year}{}",
                percent(money),
                percent(time),
                self.simple_clause(rate, linked)
            )
        };
        let relation = if money > time { "above" } else { "below" };
        match Turn::decisive(later, linked, money - time) {
            Some(turn) => format!("{}, so {}.", turn.told(self.capital), rates(relation)),
            None => format!(
                "The payments of {} days weigh the good and bad stretches by the money that was there, so {}.",
                later.len(),
                rates(relation)
            ),
        }
    }

    /// What came or went once there was something: the first payment of an empty subject begins it.
    fn later_flows(&self) -> &[(NaiveDate, f64)] {
        match self.flows.split_first() {
            Some((_, rest)) if self.opening == 0.0 => rest,
            _ => self.flows,
        }
    }

    fn alike(&self, later: &[(NaiveDate, f64)], rate: f64, a_year: &str) -> String {
        let moved: f64 = later.iter().map(|(_, amount)| amount.abs()).sum();
        let why = if moved < SMALL * self.capital {
            "what came and went was too little to matter"
        } else {
            "what came and went took part in no better and no worse stretches than the rest"
        };
        format!(
            "The money-weighted and the time-weighted return agree on {}{a_year}, because {why}.",
            percent(rate)
        )
    }

    fn simple_clause(&self, rate: &Rate, linked: &LinkedReturn) -> String {
        match &self.returns.simple {
            Ok(simple) if (simple - rate.period).abs() >= ALIKE && (simple - linked.total).abs() >= ALIKE => {
                format!(
                    "; the simple {} takes all money as if it had been there throughout",
                    percent(*simple)
                )
            }
            _ => String::new(),
        }
    }
}

fn undisturbed(rate: &Rate, linked: &LinkedReturn) -> String {
    let a_year = match &linked.annualised {
        Ok(yearly) if rate.is_annual() => format!(", or {} a year", percent(*yearly)),
        _ => String::new(),
    };
    let total = percent(linked.total);
    format!("No money came or went in between, so every measure gives the same {total}{a_year}.")
}

impl Turn {
    /// The payment that explains most of the difference.
    fn decisive(later: &[(NaiveDate, f64)], linked: &LinkedReturn, difference: f64) -> Option<Self> {
        let turns = later.iter().filter_map(|(day, flow)| Self::new(*day, *flow, linked));
        let of_this_sign = turns.filter(|turn| turn.lift * difference > 0.0);
        of_this_sign.max_by(|a, b| a.lift.abs().total_cmp(&b.lift.abs()))
    }

    fn new(day: NaiveDate, flow: f64, linked: &LinkedReturn) -> Option<Self> {
        let (grown, end) = (linked.index.at(day)?, linked.index.last()?);
        let start = linked.index.values.first().copied()?;
        let first = linked.index.first_day;
        let last = linked.index.day(linked.index.len().checked_sub(1)?);
        let (days_before, days_after) =
            (day.signed_duration_since(first).num_days(), last.signed_duration_since(day).num_days());
        if days_before == 0 || grown <= 0.0 || end <= 0.0 || start <= 0.0 {
            return None;
        }
        // What the rest of the time brought beyond its even share of the whole.
        let even = (end / start).ln() * days_after as f64 / (days_before + days_after) as f64;
        let lift = flow * ((end / grown).ln() - even);
        let (before, after) = (grown / start - 1.0, end / grown - 1.0);
        Some(Self { day, flow, before, after, days_before, days_after, lift })
    }

    /// "45.0 % of all money came in on 1 July 2024, ..."
    fn told(&self, capital: f64) -> String {
        let what = if self.flow > 0.0 {
            format!("Of all money, {} came in", percent(self.flow / capital))
        } else {
            format!("Money equal to {} of all that was paid in was taken out", percent(-self.flow / capital))
        };
        let stretches = format!(
            "between {} in the {} days before and {} in the {} days after",
            percent(self.before),
            self.days_before,
            percent(self.after),
            self.days_after
        );
        let (more, better) = (self.flow > 0.0, self.lift * self.flow > 0.0);
        let part = match (more, better) {
            (true, true) => "more money took part in the better stretch",
            (true, false) => "more money took part in the worse stretch",
            (false, true) => "less money took part in the better stretch",
            (false, false) => "less money took part in the worse stretch",
        };
        format!("{what} on {}, {stretches}: {part}", date(self.day))
    }
}

/// The two rates over the same time: a year's where both are known, else of the whole.
fn comparable(rate: &Rate, linked: &LinkedReturn, period: Period) -> (f64, f64, &'static str) {
    match &linked.annualised {
        Ok(yearly) if rate.days == period.days() => (rate.annual, *yearly, " a year"),
        _ => (rate.period, linked.total, ""),
    }
}

fn percent(rate: f64) -> String {
    let tenths = (rate * 1000.0).round() / 10.0;
    // No minus before a zero.
    format!("{:.1} %", tenths + 0.0)
}

fn date(day: NaiveDate) -> String {
    day.format("%-d %B %Y").to_string()
}
