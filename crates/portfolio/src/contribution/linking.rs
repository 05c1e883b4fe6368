//! Daily contributions, linked so that they sum to the time-weighted return.

use bellwether_domain::{Currency, epoch_day, from_epoch_day};
use chrono::NaiveDate;

use crate::books::CashBalance;
use crate::exact::Exact;
use crate::figure::finite;
use crate::market::Rates;
use crate::twr::day_return;
use crate::{DailySeries, Figure, Period};

/// How much a unit of money gained on each day of a period is of its time-weighted return.
///
/// The day's return is `held / before x (value + out) / (held + in) - 1`: what was held gains in relation to the value
/// before, then the bookings gain in relation to the capital at work, on what the first step made of one unit.
#[derive(Debug)]
pub(crate) struct Linking {
    first_day: i32,
    /// By day, for the gain of what was held at the close before.
    holding: Vec<f64>,
    /// By day, for the gain of the day's bookings.
    trading: Vec<f64>,
}

impl Linking {
    /// Of the whole's value, of what was held of it and of its net flow, from the close before the period on.
    pub(crate) fn new(of: [&DailySeries; 3], period: Period) -> Self {
        let [value, held, flows] = of;
        let first_day = period.first_day().max(value.first_day);
        let mut linking = Self { first_day: epoch_day(first_day), holding: Vec::new(), trading: Vec::new() };
        let mut growth = 1.0;
        let mut before = first_day.pred_opt().and_then(|day| value.at(day)).unwrap_or(0.0);
        for day in first_day.iter_days().take_while(|day| *day <= period.to) {
            let known = (value.at(day), held.at(day), flows.at(day));
            let (Some(value), Some(held), Some(flow)) = known else { break };
            let rate = day_return(before, held, value, flow).unwrap_or(0.0);
            let at_work = held + flow.max(0.0);
            let (mut holding, mut trading) = (0.0, 0.0);
            if before > 0.0 && at_work > 0.0 {
                (holding, trading) = (growth / before, growth * (held / before) / at_work);
            } else if before > 0.0 && rate < 0.0 {
                holding = growth / (before - held);
            } else if at_work > 0.0 {
                trading = growth / at_work;
            }
            // No more than everything is lost.
            let kept = if rate < -1.0 { -1.0 / rate } else { 1.0 };
            linking.holding.push(holding * kept);
            linking.trading.push(trading * kept);
            growth *= 1.0 + rate.max(-1.0);
            before = value;
            if growth <= 0.0 {
                break;
            }
        }
        linking
    }

    /// Cash in a foreign currency by day, and what was there at the close before at the day's rate.
    pub(crate) fn cash(
        &self,
        balance: &CashBalance,
        rates: &Rates,
        base: Currency,
    ) -> Figure<[DailySeries; 2]> {
        let days = self.holding.len() + 1;
        let first = self.first_day.saturating_sub(1);
        let column = rates.column(balance.currency, base, first, days)?.unwrap_or_else(|| vec![1.0; days]);
        let mut amounts = Vec::with_capacity(days);
        let mut changes = balance.changes.iter().peekable();
        let mut amount = 0.0;
        for day in (first..).take(days) {
            while let Some((_, changed)) = changes.next_if(|(date, _)| epoch_day(*date) <= day) {
                amount = changed.float();
            }
            amounts.push(amount);
        }
        let value: Vec<f64> = amounts.iter().zip(&column).map(|(amount, rate)| amount * rate).collect();
        let before = [0.0].iter().chain(&amounts);
        let held: Vec<f64> = before.zip(&column).map(|(amount, rate)| amount * rate).collect();
        let first_day = from_epoch_day(first);
        Ok([value, held].map(|values| DailySeries { first_day, values }))
    }

    /// What money received on some days is of the return; what was paid on them lessens it.
    pub(crate) fn booked(&self, payments: impl IntoIterator<Item = (NaiveDate, Figure<f64>)>) -> Figure<f64> {
        let mut sum = 0.0;
        for (date, amount) in payments {
            let day = usize::try_from(i64::from(epoch_day(date)) - i64::from(self.first_day)).ok();
            let factor = day.and_then(|day| self.trading.get(day)).copied().unwrap_or(0.0);
            sum += factor * amount?;
        }
        finite(sum)
    }

    /// What changes of value are of the return, before flows, of a part of the whole.
    pub(crate) fn moved(&self, value: &DailySeries, held: &DailySeries) -> f64 {
        let first = epoch_day(value.first_day);
        let (value, held) = (&value.values, &held.values);
        let (skipped, absent) = (offset(self.first_day, first), offset(first, self.first_day));
        let mut before = skipped.checked_sub(1).and_then(|day| value.get(day)).copied().unwrap_or(0.0);
        let days = value.iter().zip(held).skip(skipped);
        let factors = self.holding.iter().zip(&self.trading).skip(absent);
        let mut sum = 0.0;
        for ((value, held), (holding, trading)) in days.zip(factors) {
            sum += holding * (held - before) + trading * (value - held);
            before = *value;
        }
        sum
    }
}

/// How many days `day` is after `first`; nothing when it is before.
fn offset(day: i32, first: i32) -> usize {
    usize::try_from(i64::from(day) - i64::from(first)).unwrap_or(0)
}
