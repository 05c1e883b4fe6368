//! The share of purchases that beat a benchmark, by how long ago they were.

use chrono::{Months, NaiveDate};
use rust_decimal::Decimal;
use serde::Serialize;

use super::purchases::is_ahead;
use super::{Decisions, PurchaseEffect};
use crate::exact::{Exact, ratio};
use crate::{Figure, Reason};

/// Purchases of some age beside a benchmark.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AgeGroup {
    /// At least so many years ago.
    pub from_years: u32,
    /// Less than so many years ago; `None` for the oldest group.
    pub to_years: Option<u32>,
    /// Purchases that are better or worse than the benchmark.
    pub decided: usize,
    /// Those that are better.
    pub ahead: usize,
    /// Purchases of the day itself, or of which something is unknown.
    pub undecided: usize,
    /// The better ones of those decided, by number; 0.1 is 10 %.
    pub share: Figure<f64>,
    /// The better ones of those decided, by cost.
    pub share_of_money: Figure<f64>,
}

impl Decisions {
    /// How many purchases beat the benchmark of a place in the list, by age: under the first border, between borders,
    /// over the last. Borders are full years up to the books' day.
    ///
    /// # Errors
    /// [`Reason::OutOfRange`] when there is no such benchmark.
    pub fn beaten(&self, benchmark: usize, borders: &[u32]) -> Figure<Vec<AgeGroup>> {
        self.benchmarks.get(benchmark).ok_or(Reason::OutOfRange)?;
        let mut borders: Vec<u32> = borders.iter().copied().filter(|years| *years > 0).collect();
        borders.sort_unstable();
        borders.dedup();
        let starts = std::iter::once(0).chain(borders.iter().copied());
        let ends = borders.iter().copied().map(Some).chain([None]);
        let groups =
            starts.zip(ends).map(|(from_years, to_years)| self.group(benchmark, (from_years, to_years)));
        Ok(groups.collect())
    }

    /// The purchases of an age.
    pub(crate) fn of_age(
        &self,
        (from_years, to_years): (u32, Option<u32>),
    ) -> impl Iterator<Item = &PurchaseEffect> {
        self.purchases.iter().filter(move |purchase| {
            let is_of_age = |years: u32| purchase.date <= years_before(self.as_of, years);
            (from_years == 0 || is_of_age(from_years)) && to_years.is_none_or(|years| !is_of_age(years))
        })
    }

    fn group(&self, benchmark: usize, age: (u32, Option<u32>)) -> AgeGroup {
        let of_age = self.of_age(age).count();
        let decided: Vec<(f64, Decimal)> =
            self.of_age(age).filter_map(|purchase| purchase.decided(benchmark).ok()).collect();
        let ahead = decided.iter().filter(|(effect, cost)| is_ahead(*effect, *cost)).count();
        AgeGroup {
            from_years: age.0,
            to_years: age.1,
            decided: decided.len(),
            ahead,
            undecided: of_age - decided.len(),
            share: share_ahead(&decided),
            share_of_money: share_of_money_ahead(&decided),
        }
    }
}

fn years_before(day: NaiveDate, years: u32) -> NaiveDate {
    day.checked_sub_months(Months::new(years.saturating_mul(12))).unwrap_or(NaiveDate::MIN)
}

/// The part of some effects, each with its cost, that are ahead.
pub(crate) fn share_ahead(decided: &[(f64, Decimal)]) -> Figure<f64> {
    let ahead = decided.iter().filter(|(effect, cost)| is_ahead(*effect, *cost)).count();
    if decided.is_empty() { Err(Reason::NoCapital) } else { Ok(ahead as f64 / decided.len() as f64) }
}

/// The part of their cost.
pub(crate) fn share_of_money_ahead(decided: &[(f64, Decimal)]) -> Figure<f64> {
    let (mut money, mut money_ahead) = (Decimal::ZERO, Decimal::ZERO);
    for (effect, cost) in decided {
        money = money.plus(*cost)?;
        if is_ahead(*effect, *cost) {
            money_ahead = money_ahead.plus(*cost)?;
        }
    }
    ratio(money_ahead, money)
}
