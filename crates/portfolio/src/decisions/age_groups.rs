//! The share of purchases that beat a benchmark, by how long ago they were.

use chrono::{Months, NaiveDate};
use rust_decimal::Decimal;
use serde::Serialize;

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
        let groups = starts.zip(ends).map(|(from_years, to_years)| {
            let is_member = |purchase: &&PurchaseEffect| {
                let is_of_age = |years: u32| purchase.date <= years_before(self.as_of, years);
                (from_years == 0 || is_of_age(from_years)) && to_years.is_none_or(|years| !is_of_age(years))
            };
            group(self.purchases.iter().filter(is_member), benchmark, (from_years, to_years))
        });
        Ok(groups.collect())
    }
}

fn years_before(day: NaiveDate, years: u32) -> NaiveDate {
    day.checked_sub_months(Months::new(years.saturating_mul(12))).unwrap_or(NaiveDate::MIN)
}

fn group<'a>(
    purchases: impl Iterator<Item = &'a PurchaseEffect>,
    benchmark: usize,
    (from_years, to_years): (u32, Option<u32>),
) -> AgeGroup {
    let (mut decided, mut ahead, mut undecided) = (0_usize, 0_usize, 0_usize);
    let (mut money, mut money_ahead): (Figure<Decimal>, Figure<Decimal>) =
        (Ok(Decimal::ZERO), Ok(Decimal::ZERO));
    for purchase in purchases {
        let (Ok(is_ahead), Ok(cost)) = (purchase.is_ahead(benchmark), &purchase.cost) else {
            undecided += 1;
            continue;
        };
        decided += 1;
        money = money.and_then(|money| money.plus(*cost));
        if is_ahead {
            ahead += 1;
            money_ahead = money_ahead.and_then(|money| money.plus(*cost));
        }
    }
    let share = if decided > 0 { Ok(ahead as f64 / decided as f64) } else { Err(Reason::NoCapital) };
    let share_of_money = money.and_then(|money| ratio(money_ahead?, money));
    AgeGroup { from_years, to_years, decided, ahead, undecided, share, share_of_money }
}
