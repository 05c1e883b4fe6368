//! Time-weighted return: what the investments returned, whenever money came and went.

mod linked;
#[cfg(test)]
mod tests;

use bellwether_domain::{epoch_day, from_epoch_day};
use chrono::NaiveDate;

use crate::figure::finite;
use crate::{DailySeries, Figure, LinkedReturn, Period, Reason, cagr};

pub use linked::{linked, linked_sub_periods};

/// A portfolio by day: what daily linking needs to know. All three columns are of the same length.
#[derive(Debug, Clone, Copy)]
pub struct HoldThenTrade<'a> {
    /// Value at the close, after the day's bookings.
    pub value: &'a [f64],
    /// What was held at the close before, at the day's prices: before any booking of the day.
    pub held: &'a [f64],
    /// Net external flow of the day, positive when money came in.
    pub flow: &'a [f64],
}

/// A time-weighted return.
///
/// A total loss ends a series at -100 %: nothing that follows can be linked to it. Money that comes later begins a new
/// one, and all figures are those of the last series, from the first day of its `index` on.
#[derive(Debug, Clone, PartialEq)]
pub struct TimeWeighted {
    /// Over the whole series; 0.1 is 10 %.
    pub total: f64,
    /// A year; unknown for less than one.
    pub annualised: Figure<f64>,
    /// Days from the first to the last.
    pub days: i64,
    /// The day on which everything was lost, when nothing came after it: the series ends there, at -100 %.
    pub ended: Option<NaiveDate>,
    /// Growth of 1 by day, from the day on which the series begins.
    pub index: DailySeries,
    /// The return of the last day.
    pub last_day: f64,
    /// The series that a total loss ended before this one began, oldest first.
    pub earlier: Vec<LostSeries>,
    /// Days at whose close there is value that nothing held and nothing paid in explains. They count as no return, and
    /// tell that a booking is missing.
    pub unexplained: Vec<NaiveDate>,
}

/// A series of returns that ended with a total loss.
#[derive(Debug, Clone, PartialEq)]
pub struct LostSeries {
    /// The day of the loss, its last.
    pub ended: NaiveDate,
    /// Growth of 1 by day, down to 0 on that day.
    pub index: DailySeries,
}

/// Links the daily returns `held / value before x (value + out) / (held + in) - 1`.
///
/// "Hold, then trade": first what was held moves to the day's prices, then the day's money is at work from those
/// prices on. A portfolio of one instrument bought at closes returns exactly what the instrument does, and no deposit
/// however large dilutes or inflates the day.
///
/// # Errors
/// [`Reason::NoCapital`] when there never was any value.
pub fn time_weighted(first_day: NaiveDate, days: HoldThenTrade<'_>) -> Figure<TimeWeighted> {
    let mut chain = Chain::new(first_day, days.value.len());
    let mut had_value = false;
    for ((&value, &held), &flow) in days.value.iter().zip(days.held).zip(days.flow) {
        had_value |= value > 0.0 || flow > 0.0;
        chain.link(value, held, flow);
    }
    if !had_value {
        return Err(Reason::NoCapital);
    }
    chain.finished()
}

impl TimeWeighted {
    /// The return of a period: from the close of its opening day, or from the start where that is later, to its last
    /// day or that of the series. The index opens at 1 again.
    ///
    /// # Errors
    /// [`Reason::TooShort`] when no series reaches into the period, [`Reason::LostBefore`] when everything had been lost
    /// before it opened, or was lost in it before a new series began.
    pub fn over(&self, period: Period) -> Figure<Self> {
        let (whole, ended) = self.series_of(period)?;
        if let Some(on) = ended.filter(|on| *on <= period.from) {
            return Err(Reason::LostBefore { on });
        }
        let mut index = whole.within(period)?;
        let days = i64::try_from(index.len()).unwrap_or(i64::MAX) - 1;
        if period.from >= whole.first_day {
            let opening = index.values.first().copied().unwrap_or(1.0);
            index.values.iter_mut().for_each(|growth| *growth /= opening);
            if days == 0 {
                return Err(Reason::TooShort);
            }
        }
        let last_day = match *index.values.as_slice() {
            [.., before, last] if before > 0.0 => last / before - 1.0,
            [first] => first - 1.0,
            _ => -1.0,
        };
        let ended = ended.filter(|on| *on <= period.to);
        let unexplained = self.unexplained.iter().copied().filter(|day| period.contains(*day)).collect();
        Self::of(index, days, ended, last_day, unexplained)
    }

    /// The index from its opening: see [`LinkedReturn::from_opening`].
    pub fn from_opening(&self) -> DailySeries {
        from_opening(&self.index)
    }

    /// The series that a period looks at, and the day on which it was lost.
    fn series_of(&self, period: Period) -> Figure<(&DailySeries, Option<NaiveDate>)> {
        let mut lost = self.earlier.iter().rev();
        let mut series = (&self.index, self.ended);
        while series.0.first_day > period.to {
            let before = lost.next().ok_or(Reason::TooShort)?;
            series = (&before.index, Some(before.ended));
        }
        match lost.next().filter(|before| before.ended > period.from) {
            Some(before) => Err(Reason::LostBefore { on: before.ended }),
            None => Ok(series),
        }
    }

    fn of(
        index: DailySeries,
        days: i64,
        ended: Option<NaiveDate>,
        last_day: f64,
        unexplained: Vec<NaiveDate>,
    ) -> Figure<Self> {
        let total = finite(index.last().unwrap_or(1.0) - 1.0)?;
        if !last_day.is_finite() || !index.values.iter().all(|growth| growth.is_finite()) {
            return Err(Reason::OutOfRange);
        }
        let annualised = annualised(total, days);
        Ok(Self { total, annualised, days, ended, index, last_day, earlier: Vec::new(), unexplained })
    }
}

impl From<TimeWeighted> for LinkedReturn {
    /// The last series.
    fn from(linked: TimeWeighted) -> Self {
        Self { total: linked.total, annualised: linked.annualised, ended: linked.ended, index: linked.index }
    }
}

impl LinkedReturn {
    /// The index with the 1 that it opened at in front, on the day before the first: unless that day already ended at
    /// 1, as where nothing was paid for the first purchases. What calendar and rolling returns are taken from.
    pub fn from_opening(&self) -> DailySeries {
        from_opening(&self.index)
    }
}

pub(crate) fn from_opening(index: &DailySeries) -> DailySeries {
    match (index.values.first(), index.first_day.pred_opt()) {
        (Some(first), Some(first_day)) if (first - 1.0).abs() > 0.0 => {
            let values = std::iter::once(1.0).chain(index.values.iter().copied()).collect();
            DailySeries { first_day, values }
        }
        _ => index.clone(),
    }
}

/// The yearly rate of a return over some days: `(1 + total)^(365 / days) - 1`.
///
/// # Errors
/// [`Reason::UnderAYear`] for less than 365 days, [`Reason::OutOfRange`] for a loss of more than everything.
pub fn annualised(total: f64, days: i64) -> Figure<f64> {
    if days < 365 { Err(Reason::UnderAYear) } else { cagr(total, days as f64 / 365.0) }
}

/// The return of one day, hold then trade, from the value at the close before; `None` when there was no capital that
/// the value at the close could come from.
pub(crate) fn day_return(before: f64, held: f64, value: f64, flow: f64) -> Option<f64> {
    let (paid_in, paid_out) = (flow.max(0.0), (-flow).max(0.0));
    let at_work = held + paid_in;
    if at_work <= 0.0 {
        return (before > 0.0 && value <= 0.0).then_some(-1.0);
    }
    let holding = if before > 0.0 { held / before } else { 1.0 };
    Some(holding * (value + paid_out) / at_work - 1.0)
}

/// A series of returns while it is linked.
struct Chain {
    first_day: NaiveDate,
    index: Vec<f64>,
    growth: f64,
    before: f64,
    last_day: f64,
    /// Where in the index everything was lost.
    ended: Option<usize>,
    earlier: Vec<LostSeries>,
    unexplained: Vec<NaiveDate>,
}

impl Chain {
    fn new(first_day: NaiveDate, days: usize) -> Self {
        Self {
            first_day,
            index: Vec::with_capacity(days),
            growth: 1.0,
            before: 0.0,
            last_day: 0.0,
            ended: None,
            earlier: Vec::new(),
            unexplained: Vec::new(),
        }
    }

    fn link(&mut self, value: f64, held: f64, flow: f64) {
        if self.ended.is_some() && (value > 0.0 || flow > 0.0) {
            self.begin_anew();
        }
        if self.ended.is_none() {
            let linked = day_return(self.before, held, value, flow);
            if linked.is_none() && value.abs() > 0.0 {
                self.unexplained.push(self.today());
            }
            self.last_day = linked.unwrap_or(0.0);
            self.growth *= 1.0 + self.last_day;
            if self.last_day <= -1.0 {
                self.growth = 0.0;
                self.ended = Some(self.index.len());
            }
        }
        self.index.push(self.growth);
        self.before = value;
    }

    /// Puts the lost series aside: today is the first day of another.
    fn begin_anew(&mut self) {
        let Some(lost) = self.ended.take() else { return };
        let today = self.today();
        let mut index = DailySeries { first_day: self.first_day, values: std::mem::take(&mut self.index) };
        index.values.truncate(lost + 1);
        self.earlier.push(LostSeries { ended: index.day(lost), index });
        // What was paid in on the day of the loss itself is at work since its close.
        (self.first_day, self.growth) = (today, 1.0);
    }

    fn today(&self) -> NaiveDate {
        from_epoch_day(epoch_day(self.first_day).saturating_add(self.index.len() as i32))
    }

    fn finished(self) -> Figure<TimeWeighted> {
        let index = DailySeries { first_day: self.first_day, values: self.index };
        let ended = self.ended.map(|day| index.day(day));
        let days = i64::try_from(index.len()).unwrap_or(i64::MAX) - 1;
        let mut whole = TimeWeighted::of(index, days, ended, self.last_day, self.unexplained)?;
        whole.earlier = self.earlier;
        Ok(whole)
    }
}
