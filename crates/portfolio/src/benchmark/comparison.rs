//! A portfolio or a holding beside the benchmark that received the same money.

use bellwether_domain::{Symbol, epoch_day, from_epoch_day};
use chrono::{NaiveDate, TimeDelta};
use rust_decimal::Decimal;

use super::Benchmark;
use crate::exact::Exact;
use crate::twr::annualised;
use crate::xirr::{Flow, Rate, xirr};
use crate::{Books, DailySeries, Figure, Market, PortfolioSeries, Position, Reason};

/// Prices may begin so many days after the first flow, which then waits for a close as over holidays.
const CLOSED_DAYS: i64 = 7;

/// The same money on the same days in a benchmark, in the base currency.
#[derive(Debug, Clone, PartialEq)]
pub struct Comparison {
    /// The benchmark.
    pub symbol: Symbol,
    /// The benchmark's first close, when it is later than the first flow: the comparison starts there on both sides,
    /// with what the portfolio was worth then as the first flow.
    pub starts_late: Option<NaiveDate>,
    /// Money in less money out.
    pub net_invested: f64,
    /// Money in.
    pub paid_in: f64,
    /// What the benchmark would be worth.
    pub value: f64,
    /// How many of its shares that would be.
    pub units: f64,
    /// Value less net investment.
    pub gain: f64,
    /// Gain in relation to the money in.
    pub gain_rate: Figure<f64>,
    /// Money-weighted return of the benchmark.
    pub xirr: Figure<Rate>,
    /// What the portfolio is worth on the same day.
    pub own_value: f64,
    /// Money-weighted return of the portfolio over the same flows.
    pub own_xirr: Figure<Rate>,
    /// The portfolio's value less the benchmark's.
    pub ahead_by: f64,
    /// Total return of the benchmark itself since the first flow.
    pub total_return: f64,
    /// The same a year.
    pub annualised_return: Figure<f64>,
    /// The first day on which withdrawals had taken more than the benchmark was worth: its units are negative from
    /// there on, and its rates unknown.
    pub exhausted: Option<NaiveDate>,
    /// The day of the benchmark's last price.
    pub priced_on: NaiveDate,
    /// The benchmark's last session.
    pub day_change: Figure<SessionChange>,
    /// The benchmark's value by day, from the day of the first flow.
    pub series: DailySeries,
}

/// The change of a benchmark's last session.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SessionChange {
    /// The session.
    pub day: NaiveDate,
    /// In money, of what the flows had bought before it.
    pub amount: f64,
    /// As a rate, of the benchmark itself.
    pub rate: f64,
}

impl Benchmark {
    /// The portfolio's deposits, withdrawals and transfers in the benchmark. `series` is that of the same books.
    ///
    /// # Errors
    /// When a flow or the portfolio's value is unknown, or nothing was ever paid in.
    pub fn against_portfolio(&self, books: &Books, series: &PortfolioSeries) -> Figure<Comparison> {
        if let Some(reason) = &series.gap {
            return Err(reason.clone());
        }
        let flows = dated(books.external_flows().iter().map(|flow| (flow.date, &flow.amount)))?;
        self.compare(flows, |day| series.value.at(day).ok_or(Reason::NoCapital))
    }

    /// A holding's purchases and fees (in), sales and dividends (out) in the benchmark.
    ///
    /// # Errors
    /// When a flow or the holding's value is unknown, or nothing was ever paid in.
    pub fn against_position(&self, position: &Position, market: &Market) -> Figure<Comparison> {
        let flows = dated(position.flows.iter().map(|flow| (flow.date, &flow.amount)))?;
        self.compare(flows, |day| Ok(position.value_on(day, market, self.base)?.float()))
    }

    /// Money that went in (positive) and came out on some days, beside what else it became: `worth` tells what that
    /// was worth at the close of a day.
    ///
    /// # Errors
    /// [`Reason::NoCapital`] without any flow, [`Reason::NoPrice`] when the benchmark has no close since the first,
    /// and what `worth` answers.
    pub fn compare(
        &self,
        mut flows: Vec<(NaiveDate, f64)>,
        worth: impl Fn(NaiveDate) -> Figure<f64>,
    ) -> Figure<Comparison> {
        flows.retain(|(date, _)| *date <= self.as_of);
        flows.sort_by_key(|(date, _)| *date);
        let paid_first = flows.first().ok_or(Reason::NoCapital)?.0;
        let starts_late = Some(self.first_day())
            .filter(|quoted| quoted.signed_duration_since(paid_first) > TimeDelta::days(CLOSED_DAYS));
        if let Some(start) = starts_late {
            flows.retain(|(date, _)| *date > start);
            flows.insert(0, (start, worth(start)?));
        }
        let begun = flows.first().ok_or(Reason::NoCapital)?.0;
        let bought = self.buying_day(epoch_day(begun)).ok_or_else(|| Reason::no_price(&self.symbol))?;

        let invested = self.invested(&flows, begun);
        let (value, own_value) = (invested.series.last().ok_or(Reason::NoCapital)?, worth(self.as_of)?);
        let net_invested: f64 = flows.iter().map(|(_, amount)| amount).sum();
        let paid_in: f64 = flows.iter().map(|(_, amount)| amount.max(0.0)).sum();
        let (gain, total_return) = (value - net_invested, self.return_since(from_epoch_day(bought))?);
        let units = invested.units * self.units;
        let figures = [value, gain, own_value, units];
        if !figures.iter().chain(&invested.series.values).all(|figure| figure.is_finite()) {
            return Err(Reason::OutOfRange);
        }
        let rates_hold = || invested.exhausted.map_or(Ok(()), |on| Err(Reason::Exhausted { on }));
        let related = || if paid_in > 0.0 { Ok(gain / paid_in) } else { Err(Reason::NoCapital) };
        Ok(Comparison {
            symbol: self.symbol.clone(),
            starts_late,
            net_invested,
            paid_in,
            value,
            units,
            gain,
            gain_rate: rates_hold().and_then(|()| related()),
            xirr: rates_hold().and_then(|()| self.money_weighted(&flows, value)),
            own_value,
            own_xirr: self.money_weighted(&flows, own_value),
            ahead_by: own_value - value,
            total_return,
            annualised_return: annualised(
                total_return,
                self.as_of.signed_duration_since(from_epoch_day(bought)).num_days(),
            ),
            exhausted: invested.exhausted,
            priced_on: self.priced_on(),
            day_change: self.session_change(&invested.series, &flows),
            series: invested.series,
        })
    }

    /// Invests the flows, which are in order, at the closes of their days. Money of a closed day waits for the next
    /// close.
    fn invested(&self, flows: &[(NaiveDate, f64)], begun: NaiveDate) -> Invested {
        let mut investor = Investor::new(self, begun);
        for day in flows.chunk_by(|(a, _), (b, _)| a == b) {
            let amount = day.iter().map(|(_, amount)| amount).sum();
            day.first().into_iter().for_each(|(date, _)| investor.pay_in(epoch_day(*date), amount));
        }
        investor.finished(begun)
    }

    fn money_weighted(&self, flows: &[(NaiveDate, f64)], closing: f64) -> Figure<Rate> {
        let payments = flows.iter().map(|(date, amount)| Flow { date: *date, amount: -amount });
        xirr(&payments.chain([Flow { date: self.as_of, amount: closing }]).collect::<Vec<_>>())
    }

    fn session_change(&self, series: &DailySeries, flows: &[(NaiveDate, f64)]) -> Figure<SessionChange> {
        let (day, rate) = (self.priced_on(), self.last_session()?);
        let before = day.pred_opt().and_then(|before| series.at(before)).unwrap_or(0.0);
        let paid_in: f64 = flows.iter().filter(|(date, _)| *date == day).map(|(_, amount)| amount).sum();
        let amount = series.at(day).map_or(0.0, |value| value - before - paid_in);
        Ok(SessionChange { day, amount, rate })
    }
}

struct Invested {
    series: DailySeries,
    /// In units of the benchmark's first price.
    units: f64,
    exhausted: Option<NaiveDate>,
}

/// Who puts money into a benchmark, day by day.
struct Investor<'a> {
    benchmark: &'a Benchmark,
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

impl<'a> Investor<'a> {
    fn new(benchmark: &'a Benchmark, begun: NaiveDate) -> Self {
        let today = epoch_day(begun);
        let days = usize::try_from(epoch_day(benchmark.as_of) - today).unwrap_or(0) + 1;
        Self {
            benchmark,
            today,
            values: Vec::with_capacity(days),
            units: 0.0,
            most_units: 0.0,
            waiting: 0.0,
            buys_on: None,
            exhausted: None,
        }
    }

    fn pay_in(&mut self, day: i32, amount: f64) {
        self.buy_before(day);
        self.hold_until(day);
        self.waiting += amount;
        self.buys_on = self.benchmark.buying_day(day);
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

    fn finished(mut self, begun: NaiveDate) -> Invested {
        let end = epoch_day(self.benchmark.as_of) + 1;
        self.buy_before(end);
        self.hold_until(end);
        let series = DailySeries { first_day: begun, values: self.values };
        Invested { series, units: self.units, exhausted: self.exhausted }
    }
}

fn dated<'a>(flows: impl Iterator<Item = (NaiveDate, &'a Figure<Decimal>)>) -> Figure<Vec<(NaiveDate, f64)>> {
    flows.map(|(date, amount)| amount.clone().map(|amount| (date, amount.float()))).collect()
}
