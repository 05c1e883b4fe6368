//! Money that goes into a benchmark day by day.

use bellwether_domain::{epoch_day, from_epoch_day};
use chrono::NaiveDate;

use super::Benchmark;
use crate::DailySeries;

/// What the money became.
pub(super) struct Invested {
    pub(super) series: DailySeries,
    /// In units of the benchmark's first price.
    pub(super) units: f64,
    pub(super) exhausted: Option<NaiveDate>,
}

/// Who puts money into a benchmark, day by day.
struct Investor<'a> {
    benchmark: &'a Benchmark,
    /// The benchmark's trading days from `today` on.
    quoted: &'a [i32],
    /// The day that `values` has reached.
    today: i32,
    values: Vec<f64>,
    units: f64,
    most_units: f64,
    /// Money that waits for the close of `buys_on`.
    waiting: f64,
    buys_on: Option<i32>,
    exhausted: Option<NaiveDate>,
}

impl Benchmark {
    /// Invests flows, in order and one a day, at the closes of their days, and values them on every day from the
    /// first flow to `until`. Money of a closed day waits for the next close.
    pub(super) fn invested(&self, flows: &[(NaiveDate, f64)], until: NaiveDate) -> Invested {
        let begun = flows.first().map_or(until, |(date, _)| *date);
        let (today, end) = (epoch_day(begun), epoch_day(until) + 1);
        let mut investor = Investor {
            benchmark: self,
            quoted: &self.quoted,
            today,
            values: Vec::with_capacity(usize::try_from(end - today).unwrap_or(0)),
            units: 0.0,
            most_units: 0.0,
            waiting: 0.0,
            buys_on: None,
            exhausted: None,
        };
        for (date, amount) in flows {
            investor.pay_in(epoch_day(*date), *amount);
        }
        investor.buy_before(end);
        investor.hold_until(end);
        let series = DailySeries { first_day: begun, values: investor.values };
        Invested { series, units: investor.units, exhausted: investor.exhausted }
    }
}

impl Investor<'_> {
    fn pay_in(&mut self, day: i32, amount: f64) {
        self.buy_before(day);
        self.hold_until(day);
        self.waiting += amount;
        while let Some((_, later)) = self.quoted.split_first().filter(|(quoted, _)| **quoted < day) {
            self.quoted = later;
        }
        self.buys_on = self.quoted.first().copied();
    }

    /// Buys with what waits, if the close to buy at is before `day`.
    fn buy_before(&mut self, day: i32) {
        let Some(due) = self.buys_on.take_if(|due| *due < day) else { return };
        self.hold_until(due);
        self.units += self.waiting / self.benchmark.worth(due);
        self.waiting = 0.0;
        self.most_units = self.most_units.max(self.units);
        // What is left by rounding is no overdraft.
        if self.units < -1e-9 * self.most_units {
            self.exhausted = self.exhausted.or(Some(from_epoch_day(due)));
        }
    }

    /// Values what is held on the days before `day`.
    fn hold_until(&mut self, day: i32) {
        let days = usize::try_from(day - self.today).unwrap_or(0);
        let (units, waiting) = (self.units, self.waiting);
        if units == 0.0 {
            self.values.resize(self.values.len() + days, waiting);
        } else {
            let first = usize::try_from(self.today - self.benchmark.first()).unwrap_or(0);
            let worth = self.benchmark.growth.iter().skip(first).take(days);
            self.values.extend(worth.map(|worth| units * worth + waiting));
        }
        self.today = day.max(self.today);
    }
}
