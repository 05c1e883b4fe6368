//! A subject by day over a period.

use chrono::NaiveDate;

use super::Subject;
use crate::exact::Exact;
use crate::series::Valuation;
use crate::{DailySeries, Figure, HoldThenTrade, Market, Period, Reason};

/// The value, holdings and flows of a subject on each day of a period, its opening day first.
///
/// They begin later where the subject does.
pub(crate) struct Columns {
    /// The day of the first value.
    pub(crate) first: NaiveDate,
    value: Vec<f64>,
    held: Vec<f64>,
    flow: Vec<f64>,
}

impl Columns {
    pub(crate) fn new(subject: &Subject<'_>, market: &Market, period: Period) -> Figure<Self> {
        subject.read_to(period.to)?;
        let begun = subject.first_day().filter(|day| *day <= period.to).ok_or(Reason::NoCapital)?;
        let first = begun.max(period.from);
        let mut columns = Valuation::between(subject.base(), first, subject.latest());
        for member in subject.members() {
            let changes = &member.position.changes;
            let left = changes.last().is_some_and(|last| last.after.is_zero() && last.date <= period.from);
            let arrived = changes.first().is_some_and(|change| change.date <= period.to);
            if arrived && !left {
                columns.add_position(&member.position, market);
            }
        }
        for balance in subject.cash().iter().flat_map(|books| &books.cash().balances) {
            columns.add_cash(balance.currency, &balance.changes, market.rates());
        }
        let columns = columns.finished();
        if let Some(reason) = columns.gap {
            return Err(reason);
        }
        let days = usize::try_from(period.to.signed_duration_since(first).num_days()).unwrap_or(0) + 1;
        let cut = |mut column: Vec<f64>| {
            column.truncate(days);
            column
        };
        let (value, mut held) = (cut(columns.value), cut(columns.held));
        let mut flow = vec![0.0; value.len()];
        for (date, amount) in subject.daily_flows(period)? {
            let day = usize::try_from(date.signed_duration_since(first).num_days()).unwrap_or(0);
            if let Some(flow) = flow.get_mut(day) {
                *flow += amount.float();
            }
        }
        if first == period.from
            && let (Some(opening), Some(held), Some(flow)) =
                (value.first(), held.first_mut(), flow.first_mut())
        {
            // What is there at the opening counts as paid in at that close.
            (*held, *flow) = (0.0, *opening);
        }
        Ok(Self { first, value, held, flow })
    }

    pub(crate) fn days(&self) -> HoldThenTrade<'_> {
        HoldThenTrade { value: &self.value, held: &self.held, flow: &self.flow }
    }

    /// The first day on which the value is negative by more than rounding.
    pub(super) fn negative(&self) -> Option<NaiveDate> {
        let size = self.value.iter().fold(0.0_f64, |most, value| most.max(value.abs()));
        let index = self.value.iter().position(|value| *value < -1e-9 * size)?;
        Some(DailySeries { first_day: self.first, values: Vec::new() }.day(index))
    }
}
