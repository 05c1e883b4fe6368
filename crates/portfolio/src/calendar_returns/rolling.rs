//! Rolling returns: the same length of time, ending on every day.

use chrono::{Days, Months, NaiveDate};
use serde::{Deserialize, Serialize};

use crate::figure::finite;
use crate::{DailySeries, Figure, Period, Reason, cagr};

/// How long each stretch is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RollingWindow {
    /// Calendar days.
    Days(u32),
    /// Months: from the same day of an earlier month, or that month's last day.
    Months(u32),
}

/// One of the stretches.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct RollingExtreme {
    /// Its days.
    pub period: Period,
    /// Its return, a year where the window is a year or more.
    pub rate: f64,
}

/// The returns of all stretches of one length.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RollingReturns {
    /// The length.
    pub window: RollingWindow,
    /// Whether the rates are yearly ones: from a year on.
    pub annualised: bool,
    /// The return of the stretch that ends on each day.
    pub rates: DailySeries,
    /// The highest, the first of equal ones.
    pub best: RollingExtreme,
    /// The lowest, the first of equal ones.
    pub worst: RollingExtreme,
    /// Arithmetic mean over all days.
    pub average: f64,
}

/// The return of every stretch of a length that an index holds: to each day from the close so much earlier.
///
/// Stretches of a year or more are annualised, by `12 / months` or `365 / days`. An index that falls to zero has its
/// last stretch where one opens on that day.
///
/// # Errors
/// [`Reason::TooShort`] when the index is shorter than the window or the window empty, [`Reason::OutOfRange`] when the
/// index holds what is no number.
pub fn rolling_returns(index: &DailySeries, window: RollingWindow) -> Figure<RollingReturns> {
    let first_day = window.after(index.first_day).ok_or(Reason::TooShort)?;
    let mut rates = Vec::new();
    let (mut best, mut worst): (Option<RollingExtreme>, Option<RollingExtreme>) = (None, None);
    for to in first_day.iter_days().take_while(|day| index.at(*day).is_some()) {
        let from = window.before(to).ok_or(Reason::TooShort)?;
        let (opening, closing) = index.at(from).zip(index.at(to)).ok_or(Reason::TooShort)?;
        if opening <= 0.0 {
            break;
        }
        let rate = window.rate(finite(closing / opening - 1.0)?)?;
        let stretch = RollingExtreme { period: Period { from, to }, rate };
        best = best.filter(|best| best.rate >= rate).or(Some(stretch));
        worst = worst.filter(|worst| worst.rate <= rate).or(Some(stretch));
        rates.push(rate);
    }
    let (best, worst) = best.zip(worst).ok_or(Reason::TooShort)?;
    Ok(RollingReturns {
        window,
        annualised: window.years() >= 1.0,
        average: finite(rates.iter().sum::<f64>() / rates.len() as f64)?,
        rates: DailySeries { first_day, values: rates },
        best,
        worst,
    })
}

impl RollingWindow {
    fn years(self) -> f64 {
        match self {
            Self::Days(days) => f64::from(days) / 365.0,
            Self::Months(months) => f64::from(months) / 12.0,
        }
    }

    fn before(self, to: NaiveDate) -> Option<NaiveDate> {
        match self {
            Self::Days(days) => to.checked_sub_days(Days::new(days.into())),
            Self::Months(months) => to.checked_sub_months(Months::new(months)),
        }
    }

    /// The first day whose stretch opens on `from` or later; `None` for an empty window.
    fn after(self, from: NaiveDate) -> Option<NaiveDate> {
        let first = match self {
            Self::Days(0) | Self::Months(0) => None,
            Self::Days(days) => from.checked_add_days(Days::new(days.into())),
            Self::Months(months) => from.checked_add_months(Months::new(months)),
        }?;
        // From 31 January a month leads to 28 February, whose month before opens on 28 January already.
        first.iter_days().take(4).find(|to| self.before(*to).is_some_and(|opens| opens >= from))
    }

    fn rate(self, total: f64) -> Figure<f64> {
        let years = self.years();
        if years >= 1.0 { cagr(total, years) } else { Ok(total) }
    }
}
