//! A stretch of days over which something is measured.

use chrono::{Datelike, Days, Months, NaiveDate};
use serde::{Deserialize, Serialize};

use crate::{Figure, Reason};

/// The days after `from` up to and with `to`: what is measured opens with the close of `from`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "Ends")]
pub struct Period {
    /// The day at whose close the period opens; nothing of this day itself counts.
    pub from: NaiveDate,
    /// The last day, which counts whole.
    pub to: NaiveDate,
}

/// A period as it is written down.
#[derive(Deserialize)]
struct Ends {
    from: NaiveDate,
    to: NaiveDate,
}

impl TryFrom<Ends> for Period {
    type Error = Reason;

    fn try_from(Ends { from, to }: Ends) -> Figure<Self> {
        Self::new(from, to)
    }
}

impl Period {
    /// The days after `from` up to `to`.
    ///
    /// # Errors
    /// [`Reason::TooShort`] unless `to` is later than `from`.
    pub fn new(from: NaiveDate, to: NaiveDate) -> Figure<Self> {
        if from < to { Ok(Self { from, to }) } else { Err(Reason::TooShort) }
    }

    /// Everything from `first_day` on, that day included.
    ///
    /// # Errors
    /// [`Reason::TooShort`] when `first_day` is after `to`.
    pub fn since(first_day: NaiveDate, to: NaiveDate) -> Figure<Self> {
        Self::new(first_day.pred_opt().ok_or(Reason::OutOfRange)?, to)
    }

    /// The calendar month of `to` up to that day.
    ///
    /// # Errors
    /// [`Reason::OutOfRange`] at the end of the calendar.
    pub fn month_to_date(to: NaiveDate) -> Figure<Self> {
        Self::since(to.with_day(1).ok_or(Reason::OutOfRange)?, to)
    }

    /// The calendar year of `to` up to that day.
    ///
    /// # Errors
    /// [`Reason::OutOfRange`] at the end of the calendar.
    pub fn year_to_date(to: NaiveDate) -> Figure<Self> {
        Self::since(to.with_ordinal(1).ok_or(Reason::OutOfRange)?, to)
    }

    /// The last `months` months: from the same day of an earlier month, or that month's last day.
    ///
    /// # Errors
    /// [`Reason::TooShort`] for no months, [`Reason::OutOfRange`] at the end of the calendar.
    pub fn last_months(months: u32, to: NaiveDate) -> Figure<Self> {
        Self::new(to.checked_sub_months(Months::new(months)).ok_or(Reason::OutOfRange)?, to)
    }

    /// How many days count.
    pub fn days(&self) -> i64 {
        self.to.signed_duration_since(self.from).num_days()
    }

    /// Whether a day counts.
    pub fn contains(&self, day: NaiveDate) -> bool {
        self.from < day && day <= self.to
    }

    /// The first day that counts.
    pub fn first_day(&self) -> NaiveDate {
        self.from.checked_add_days(Days::new(1)).unwrap_or(self.to)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::date;

    #[test]
    fn the_opening_day_does_not_count_and_the_last_does() {
        let period = Period::new(date("2024-01-31"), date("2024-02-29")).expect("a period");
        assert!(!period.contains(date("2024-01-31")) && period.contains(date("2024-02-29")));
        assert_eq!((period.days(), period.first_day()), (29, date("2024-02-01")));
    }

    #[test]
    fn periods_to_date_open_with_the_last_day_before() {
        let to = date("2024-02-15");
        assert_eq!(Period::month_to_date(to).map(|p| p.from), Ok(date("2024-01-31")));
        assert_eq!(Period::year_to_date(to).map(|p| p.from), Ok(date("2023-12-31")));
        assert_eq!(Period::last_months(12, date("2024-02-29")).map(|p| p.from), Ok(date("2023-02-28")));
    }

    #[test]
    fn a_period_without_a_day_is_too_short() {
        let day = date("2024-02-15");
        assert_eq!(Period::new(day, day), Err(Reason::TooShort));
        let written = r#"{"from":"2024-02-15","to":"2024-02-15"}"#;
        assert!(serde_json::from_str::<Period>(written).is_err());
        assert_eq!(Period::last_months(0, day), Err(Reason::TooShort));
        assert!(Period::since(day, day).is_ok_and(|period| period.days() == 1));
    }
}
