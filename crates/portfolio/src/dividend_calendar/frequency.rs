//! How often an instrument pays.

use chrono::{Days, Months, NaiveDate};
use serde::Serialize;

/// The gaps between the newest ex-dates that tell how often dividends come.
const GAPS: usize = 8;

/// How often dividends come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum DividendFrequency {
    /// Every week.
    Weekly,
    /// Every month.
    Monthly,
    /// Four times a year.
    Quarterly,
    /// Twice a year.
    HalfYearly,
    /// Once a year.
    Yearly,
}

impl DividendFrequency {
    /// The frequency that the middle one of the newest eight gaps between ex-dates (ascending) speaks for: 5 to 10 days
    /// weekly, 20 to 45 monthly, 75 to 110 quarterly, 150 to 215 twice a year, 300 to 430 yearly. `None` for other
    /// gaps, and for fewer than two ex-dates.
    pub fn of(ex_dates: &[NaiveDate]) -> Option<Self> {
        let newest = ex_dates.get(ex_dates.len().saturating_sub(GAPS + 1)..)?;
        let gap = |pair: &[NaiveDate]| match pair {
            [before, after] => after.signed_duration_since(*before).num_days(),
            _ => 0,
        };
        let mut gaps: Vec<_> = newest.windows(2).map(gap).collect();
        gaps.sort_unstable();
        match gaps.get(gaps.len() / 2)? {
            5..=10 => Some(Self::Weekly),
            20..=45 => Some(Self::Monthly),
            75..=110 => Some(Self::Quarterly),
            150..=215 => Some(Self::HalfYearly),
            300..=430 => Some(Self::Yearly),
            _ => None,
        }
    }

    /// Payments a year.
    pub fn a_year(self) -> usize {
        match self {
            Self::Weekly => 52,
            Self::Monthly => 12,
            Self::Quarterly => 4,
            Self::HalfYearly => 2,
            Self::Yearly => 1,
        }
    }

    /// The day one payment after another.
    pub(super) fn after(self, day: NaiveDate) -> Option<NaiveDate> {
        match self {
            Self::Weekly => day.checked_add_days(Days::new(7)),
            Self::Monthly => day.checked_add_months(Months::new(1)),
            Self::Quarterly => day.checked_add_months(Months::new(3)),
            Self::HalfYearly => day.checked_add_months(Months::new(6)),
            Self::Yearly => day.checked_add_months(Months::new(12)),
        }
    }

    /// By how many days an ex-date may be earlier or later than a year before.
    pub(super) fn tolerance(self) -> u64 {
        match self {
            Self::Weekly => 2,
            Self::Monthly => 7,
            Self::Quarterly => 14,
            Self::HalfYearly => 21,
            Self::Yearly => 30,
        }
    }
}
