//! Why the rates of a period differ, or do not.

mod words;

use chrono::NaiveDate;

use super::{LinkedReturn, PeriodReturns};
use crate::xirr::Rate;
use crate::{Period, Reason};

/// Rates this close are shown alike.
const ALIKE: f64 = 0.0005;

/// Money that came and went below this part of the capital does not matter.
const SMALL: f64 = 0.05;

/// Why the rates of a period differ, or do not; in English as it is displayed.
#[derive(Debug, Clone, PartialEq)]
pub enum Explanation {
    /// No rate is known.
    NoRate(Reason),
    /// No rate is known, each for a reason of its own.
    NoRates {
        /// Why the money-weighted one is not.
        money_weighted: Reason,
        /// Why the time-weighted one is not.
        time_weighted: Reason,
    },
    /// The time-weighted rate alone is known.
    OnlyTimeWeighted {
        /// The rate of the whole time.
        rate: f64,
        /// Why the other one is not.
        reason: Reason,
    },
    /// The money-weighted rate alone is known.
    OnlyMoneyWeighted {
        /// The rate of the whole time.
        rate: f64,
        /// Why the other one is not.
        reason: Reason,
    },
    /// Everything was lost.
    Lost {
        /// The day by which it was.
        on: NaiveDate,
        /// The money-weighted rate of the whole time.
        money_weighted: f64,
    },
    /// No money came or went in between.
    Undisturbed {
        /// The rate of the whole time.
        rate: f64,
        /// The same a year.
        a_year: Option<f64>,
    },
    /// Money came and went, and changed nothing.
    Alike {
        /// Both rates.
        rate: f64,
        /// Whether that is a year's.
        is_annual: bool,
        /// Whether it was too little to matter.
        was_little: bool,
    },
    /// The money that came and went took part in better or worse stretches.
    Differ(Difference),
}

/// What the rates of a period are, and what made them differ.
#[derive(Debug, Clone, PartialEq)]
pub struct Difference {
    /// The money-weighted rate.
    pub money_weighted: f64,
    /// The time-weighted rate of the same time.
    pub time_weighted: f64,
    /// Whether these are a year's.
    pub is_annual: bool,
    /// Whether the money-weighted one is the nearest to zero of several that fit.
    pub is_ambiguous: bool,
    /// The simple rate, where it is another still.
    pub simple: Option<f64>,
    /// The payment that explains most of the difference, where one does.
    pub turn: Option<Turn>,
    /// On how many days money came or went.
    pub days: usize,
}

/// Money that came or went between two stretches.
#[derive(Debug, Clone, PartialEq)]
pub struct Turn {
    /// When.
    pub day: NaiveDate,
    /// What came in, in relation to all that was paid in; negative where it went out.
    pub share: f64,
    /// Return up to the day.
    pub before: f64,
    /// Return from the day on.
    pub after: f64,
    /// Days of the stretch before.
    pub days_before: i64,
    /// Days of the stretch after.
    pub days_after: i64,
    /// Whether the stretch after was the better one.
    pub better_after: bool,
    /// How much it lifts the money-weighted return above the time-weighted, in money.
    lift: f64,
}

/// What the explanation is made from.
pub(super) struct Facts<'a> {
    pub(super) period: Period,
    pub(super) returns: &'a PeriodReturns,
    /// The opening value and all that was paid in.
    pub(super) capital: f64,
    pub(super) opening: f64,
    /// What came in by day, less what went out.
    pub(super) flows: &'a [(NaiveDate, f64)],
}

impl Facts<'_> {
    pub(super) fn explanation(&self) -> Explanation {
        match (&self.returns.money_weighted, &self.returns.time_weighted) {
            (Err(reason), Err(other)) if reason == other => Explanation::NoRate(reason.clone()),
            (Err(reason), Err(other)) => {
                Explanation::NoRates { money_weighted: reason.clone(), time_weighted: other.clone() }
            }
            (Err(reason), Ok(linked)) => {
                Explanation::OnlyTimeWeighted { rate: linked.total, reason: reason.clone() }
            }
            (Ok(rate), Err(reason)) => {
                Explanation::OnlyMoneyWeighted { rate: rate.period, reason: reason.clone() }
            }
            (Ok(rate), Ok(linked)) => self.both(rate, linked),
        }
    }

    fn both(&self, rate: &Rate, linked: &LinkedReturn) -> Explanation {
        if let Some(on) = linked.ended {
            return Explanation::Lost { on, money_weighted: rate.period };
        }
        let later = self.later_flows();
        if later.is_empty() && (rate.period - linked.total).abs() < ALIKE {
            let yearly = linked.annualised.as_ref().ok().copied();
            return Explanation::Undisturbed {
                rate: linked.total,
                a_year: yearly.filter(|_| rate.is_annual()),
            };
        }
        let (money_weighted, time_weighted, is_annual) = comparable(rate, linked, self.period);
        let difference = money_weighted - time_weighted;
        if difference.abs() < ALIKE {
            let moved: f64 = later.iter().map(|(_, amount)| amount.abs()).sum();
            let was_little = moved < SMALL * self.capital;
            return Explanation::Alike { rate: money_weighted, is_annual, was_little };
        }
        let is_another =
            |simple: &f64| (simple - rate.period).abs() >= ALIKE && (simple - linked.total).abs() >= ALIKE;
        Explanation::Differ(Difference {
            money_weighted,
            time_weighted,
            is_annual,
            is_ambiguous: rate.ambiguous,
            simple: self.returns.simple.as_ref().ok().copied().filter(is_another),
            turn: Turn::decisive(later, linked, difference, self.capital),
            days: later.len(),
        })
    }

    /// What came or went once there was something: the first payment of an empty subject begins it.
    fn later_flows(&self) -> &[(NaiveDate, f64)] {
        match self.flows.split_first() {
            Some((_, rest)) if self.opening == 0.0 => rest,
            _ => self.flows,
        }
    }
}

impl Turn {
    /// The payment that explains most of the difference.
    fn decisive(
        later: &[(NaiveDate, f64)],
        linked: &LinkedReturn,
        difference: f64,
        capital: f64,
    ) -> Option<Self> {
        let turns = later.iter().filter_map(|(day, flow)| Self::new(*day, *flow, linked, capital));
        let of_this_sign = turns.filter(|turn| turn.lift * difference > 0.0);
        of_this_sign.max_by(|a, b| a.lift.abs().total_cmp(&b.lift.abs()))
    }

    fn new(day: NaiveDate, flow: f64, linked: &LinkedReturn, capital: f64) -> Option<Self> {
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
        let (share, better_after) = (flow / capital, lift * flow > 0.0);
        Some(Self { day, share, before, after, days_before, days_after, better_after, lift })
    }
}

/// The two rates over the same time: a year's where both are known, else of the whole.
fn comparable(rate: &Rate, linked: &LinkedReturn, period: Period) -> (f64, f64, bool) {
    match &linked.annualised {
        Ok(yearly) if rate.days == period.days() => (rate.annual, *yearly, true),
        _ => (rate.period, linked.total, false),
    }
}
