//! An investment beside the benchmark that received the same money.

use bellwether_domain::{Symbol, epoch_day, from_epoch_day};
use chrono::{NaiveDate, TimeDelta};
use serde::Serialize;

use super::Benchmark;
use super::investment::{Investment, money_weighted};
use crate::twr::annualised;
use crate::xirr::Rate;
use crate::{Books, DailySeries, Figure, Market, PortfolioSeries, Position, Reason};

/// Prices may begin so many days after the first flow, which then waits for a close as over holidays.
pub(super) const CLOSED_DAYS: i64 = 7;

/// The same money on the same days in a benchmark, in the base currency.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Comparison {
    /// The benchmark.
    pub symbol: Symbol,
    /// The benchmark's first close, when it is later than the first flow: the comparison starts there on both sides,
    /// with what the portfolio was worth then as the first flow.
    pub starts_late: Option<NaiveDate>,
    /// Money in less money out.
    pub net_invested: f64,
    /// Money in, of the days on which more went in than came out.
    pub paid_in: f64,
    /// What the benchmark would be worth.
    pub value: f64,
    /// How many of its shares that would be; of a custom index, whose shares cost 100 at first, how many of those.
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
    /// What to say beside the figures.
    pub note: Option<BenchmarkNote>,
    /// The day of the benchmark's last price.
    pub priced_on: NaiveDate,
    /// The benchmark's last session.
    pub day_change: Figure<SessionChange>,
    /// The benchmark's value by day, from the day of the first flow.
    pub series: DailySeries,
}

/// What makes a comparison unfair. The text is a sentence for people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, thiserror::Error)]
#[serde(rename_all = "kebab-case")]
pub enum BenchmarkNote {
    /// The benchmark is a price index, whose dividends are not known, and the other side received dividends.
    #[error(
        "this index leaves out dividends, which the other side received: a fund on it would be worth more"
    )]
    PriceIndex,
}

/// The change of a benchmark's last session.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct SessionChange {
    /// The session.
    pub day: NaiveDate,
    /// In money, of what the flows had bought before it.
    pub amount: f64,
    /// As a rate, of the benchmark itself.
    pub rate: f64,
}

impl Comparison {
    /// How far ahead of the benchmark, in relation to what was paid in.
    ///
    /// # Errors
    /// [`Reason::NoCapital`] where nothing was paid in, [`Reason::OutOfRange`].
    pub fn ahead_rate(&self) -> Figure<f64> {
        if self.paid_in <= 0.0 {
            return Err(Reason::NoCapital);
        }
        let rate = self.ahead_by / self.paid_in;
        if rate.is_finite() { Ok(rate) } else { Err(Reason::OutOfRange) }
    }
}

impl Benchmark {
    /// The portfolio's deposits, withdrawals and transfers in the benchmark. `series` is that of the same books.
    ///
    /// # Errors
    /// When a flow or the portfolio's value is unknown, or nothing was ever paid in.
    pub fn against_portfolio(&self, books: &Books, series: &PortfolioSeries) -> Figure<Comparison> {
        self.against(&Investment::of_portfolio(books, series)?)
    }

    /// A holding's purchases and fees (in), sales and dividends (out) in the benchmark.
    ///
    /// # Errors
    /// When a flow or the holding's value is unknown, or nothing was ever paid in.
    pub fn against_position(&self, position: &Position, market: &Market) -> Figure<Comparison> {
        self.against(&Investment::of_holding(position, market, self.base, self.as_of)?)
    }

    /// Money that went in (positive) and came out on some days, beside what else it became: `worth` tells what that
    /// was worth at the close of a day.
    ///
    /// # Errors
    /// As [`Investment::new`] and [`Benchmark::against`].
    pub fn compare(
        &self,
        flows: Vec<(NaiveDate, f64)>,
        worth: impl Fn(NaiveDate) -> Figure<f64>,
    ) -> Figure<Comparison> {
        self.against(&Investment::new(flows, self.as_of, worth)?)
    }

    /// The same money on the same days in the benchmark, up to the investment's last day.
    ///
    /// # Errors
    /// [`Reason::NoPrice`] when the benchmark has no close since the first flow or was not prepared up to the last
    /// day; where it starts late, what the investment was worth then.
    pub fn against(&self, investment: &Investment<'_>) -> Figure<Comparison> {
        let (to, no_price) = (investment.to, || self.no_price());
        let paid_first = investment.flows.first().ok_or(Reason::NoCapital)?.0;
        let starts_late = self.starts_late(paid_first).filter(|start| *start <= to);
        let mut own_xirr = investment.xirr.clone();
        let mut later = Vec::new();
        let mut flows = investment.flows.as_slice();
        if let Some(start) = starts_late {
            later.push((start, investment.worth(start)?));
            later.extend(flows.iter().filter(|(date, _)| *date > start));
            own_xirr = money_weighted(&later, to, investment.closing);
            flows = &later;
        }
        let begun = flows.first().ok_or(Reason::NoCapital)?.0;
        let bought = self.buying_day(epoch_day(begun)).map(from_epoch_day);
        let bought = bought.filter(|bought| *bought <= to && to <= self.as_of).ok_or_else(no_price)?;

        let invested = self.invested(flows, to);
        let (value, own_value) = (invested.series.last().ok_or(Reason::NoCapital)?, investment.closing);
        let net_invested: f64 = flows.iter().map(|(_, amount)| amount).sum();
        let paid_in: f64 = flows.iter().map(|(_, amount)| amount.max(0.0)).sum();
        let (gain, total_return) = (value - net_invested, self.return_between(bought, to)?);
        let units = invested.units * self.shares_on(to);
        let figures = [value, gain, own_value, own_value - value, units, paid_in];
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
            xirr: rates_hold().and_then(|()| money_weighted(flows, to, value)),
            own_value,
            own_xirr,
            ahead_by: own_value - value,
            total_return,
            annualised_return: annualised(total_return, to.signed_duration_since(bought).num_days()),
            exhausted: invested.exhausted,
            note: (self.is_price_index && investment.has_dividends).then_some(BenchmarkNote::PriceIndex),
            priced_on: self.priced_by(to),
            day_change: self.session_change(&invested.series, flows, to),
            series: invested.series,
        })
    }

    /// The first close, when it is so late after a day that it is no matter of holidays.
    pub(super) fn starts_late(&self, wanted: NaiveDate) -> Option<NaiveDate> {
        let first = self.first_day();
        (first.signed_duration_since(wanted) > TimeDelta::days(CLOSED_DAYS)).then_some(first)
    }

    fn session_change(
        &self,
        series: &DailySeries,
        flows: &[(NaiveDate, f64)],
        to: NaiveDate,
    ) -> Figure<SessionChange> {
        let (day, rate) = self.session_by(to)?;
        let before = day.pred_opt().and_then(|before| series.at(before)).unwrap_or(0.0);
        let paid_in: f64 = flows.iter().filter(|(date, _)| *date == day).map(|(_, amount)| amount).sum();
        let amount = series.at(day).map_or(0.0, |value| value - before - paid_in);
        Ok(SessionChange { day, amount, rate })
    }
}
