//! How long shares must be held for their gain to count as long-term.

use chrono::{Months, NaiveDate};
use serde::{Deserialize, Serialize};

/// How long shares were held.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Term {
    /// Not longer than the rule asks for. Shares that had been sold short always are.
    Short,
    /// Longer.
    Long,
}

/// What counts as long.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum HoldingPeriod {
    /// Sold after the same day of the next year, as in the United States. Shares of 29 February are long from 1 March
    /// of the next year on.
    MoreThanAYear,
    /// Sold more than so many days after the day of acquisition.
    MoreThanDays(u32),
}

impl HoldingPeriod {
    /// The term of shares that were acquired on one day and sold on another.
    pub fn term(self, acquired: NaiveDate, sold: NaiveDate) -> Term {
        let is_long = match self {
            // Beyond the calendar's end nothing can be sold.
            Self::MoreThanAYear => {
                acquired.checked_add_months(Months::new(12)).is_some_and(|year| sold > year)
            }
            Self::MoreThanDays(days) => sold.signed_duration_since(acquired).num_days() > i64::from(days),
        };
        if is_long { Term::Long } else { Term::Short }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::date;

    #[test]
    fn a_year_is_over_the_day_after_its_anniversary() {
        let term = |acquired, sold| HoldingPeriod::MoreThanAYear.term(date(acquired), date(sold));
        assert_eq!(term("2023-03-15", "2024-03-15"), Term::Short, "366 days, but not more than a year");
        assert_eq!(term("2023-03-15", "2024-03-16"), Term::Long);
        assert_eq!(term("2020-02-29", "2021-02-28"), Term::Short);
        assert_eq!(term("2020-02-29", "2021-03-01"), Term::Long);
    }

    #[test]
    fn days_are_counted_from_the_day_after_the_purchase() {
        let term = |sold| HoldingPeriod::MoreThanDays(30).term(date("2024-01-01"), date(sold));
        assert_eq!(term("2024-01-31"), Term::Short, "30 days");
        assert_eq!(term("2024-02-01"), Term::Long, "31 days");
    }
}
