//! How an instrument's dividends have grown.

use std::collections::BTreeMap;

use chrono::Datelike;
use rust_decimal::Decimal;
use serde::Serialize;

use super::DividendHistory;
use crate::exact::{Exact, ratio};
use crate::{Figure, Reason, cagr};

/// The dividends of a calendar year, by ex-date, per unit of the history's day and in the currency of the listing.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DividendYear {
    /// The year.
    pub year: i32,
    /// Regular ones.
    pub regular: Figure<Decimal>,
    /// Special ones.
    pub special: Figure<Decimal>,
    /// How many regular ones.
    pub payments: usize,
    /// Whether all of the year's dividends can be known: not in the current year, nor in the first if it has fewer than
    /// the second.
    pub is_complete: bool,
    /// Growth of the regular ones over the year before, when both are complete.
    pub growth: Figure<f64>,
}

/// Dividends by year and their growth.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DividendGrowth {
    /// Every year from the first dividend to the history's day, years without any included.
    pub years: Vec<DividendYear>,
    /// Compound growth a year of the regular dividends, from the first complete year to the last.
    pub annual: Figure<f64>,
}

impl DividendGrowth {
    /// Works out the growth of a history.
    ///
    /// # Errors
    /// [`Reason::NoDividends`] when there was none.
    pub fn of(history: &DividendHistory) -> Figure<Self> {
        let last = history.as_of.year();
        let first = history.paid.first().ok_or(Reason::NoDividends)?.ex_date.year();
        let mut by_year: BTreeMap<i32, DividendYear> =
            (first..=last).map(|year| (year, empty(year))).collect();
        for paid in &history.paid {
            let Some(year) = by_year.get_mut(&paid.ex_date.year()) else { continue };
            let sum = if paid.is_special { &mut year.special } else { &mut year.regular };
            *sum = sum.clone().and_then(|sum| sum.plus(paid.listed.clone()?));
            year.payments += usize::from(!paid.is_special);
        }
        let mut years: Vec<_> = by_year.into_values().collect();
        let second = years.get(1).map_or(0, |year| year.payments);
        for (position, year) in years.iter_mut().enumerate() {
            let is_over = year.year < last || (history.as_of.month(), history.as_of.day()) == (12, 31);
            year.is_complete = is_over && (position > 0 || year.payments >= second);
        }
        for position in 1..years.len() {
            let growth = match &years[position - 1..=position] {
                [before, year] if before.is_complete && year.is_complete => grown(before, year),
                _ => continue,
            };
            years[position].growth = growth;
        }
        let mut complete = years.iter().filter(|year| year.is_complete);
        let annual = match (complete.next(), complete.next_back()) {
            (Some(from), Some(to)) => {
                grown(from, to).and_then(|total| cagr(total, f64::from(to.year - from.year)))
            }
            _ => Err(Reason::UnderAYear),
        };
        Ok(Self { years, annual })
    }
}

fn empty(year: i32) -> DividendYear {
    let nothing = || Ok(Decimal::ZERO);
    let growth = Err(Reason::UnderAYear);
    DividendYear { year, regular: nothing(), special: nothing(), payments: 0, is_complete: false, growth }
}

fn grown(from: &DividendYear, to: &DividendYear) -> Figure<f64> {
    Ok(ratio(to.regular.clone()?, from.regular.clone()?)? - 1.0)
}
