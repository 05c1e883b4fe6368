//! What is compared with benchmarks: money that went into something, and what it is worth.

use std::fmt;

use bellwether_domain::Currency;
use chrono::NaiveDate;
use rust_decimal::Decimal;

use crate::exact::Exact;
use crate::xirr::{Flow, Rate, xirr};
use crate::{Books, Figure, IncomeKind, Market, Period, PortfolioSeries, Position, Reason, Subject};

/// Money that went into something and came out of it by day, and what that is worth.
///
/// Made once, it is compared with any number of benchmarks: its own rate is worked out once.
pub struct Investment<'a> {
    /// Net amounts by day, oldest first; positive when money went in.
    pub(super) flows: Vec<(NaiveDate, f64)>,
    /// The day of the comparison.
    pub(super) to: NaiveDate,
    worth: Box<dyn Fn(NaiveDate) -> Figure<f64> + 'a>,
    /// What it is worth at the end.
    pub(super) closing: f64,
    pub(super) xirr: Figure<Rate>,
    /// Whether dividends were received: beside a price index, which has none, it looks too good.
    pub(super) has_dividends: bool,
}

impl<'a> Investment<'a> {
    /// Money that went in (positive) and came out on some days up to `to`, where `worth` tells what it was worth at
    /// the close of a day. Later flows are not read.
    ///
    /// # Errors
    /// [`Reason::NoCapital`] without any flow, [`Reason::OutOfRange`] for flows that are no numbers, and what `worth`
    /// answers for the last day.
    pub fn new(
        mut flows: Vec<(NaiveDate, f64)>,
        to: NaiveDate,
        worth: impl Fn(NaiveDate) -> Figure<f64> + 'a,
    ) -> Figure<Self> {
        flows.retain(|(date, _)| *date <= to);
        if !flows.iter().all(|(_, amount)| amount.is_finite()) {
            return Err(Reason::OutOfRange);
        }
        flows.sort_by_key(|(date, _)| *date);
        flows.dedup_by(|later, kept| {
            let same_day = later.0 == kept.0;
            if same_day {
                kept.1 += later.1;
            }
            same_day
        });
        if flows.is_empty() {
            return Err(Reason::NoCapital);
        }
        let closing = worth(to)?;
        let xirr = money_weighted(&flows, to, closing);
        Ok(Self { flows, to, worth: Box::new(worth), closing, xirr, has_dividends: false })
    }

    /// A portfolio's deposits, withdrawals and transfers since its first booking. `series` is that of the same books.
    ///
    /// # Errors
    /// When a flow or the portfolio's value is unknown, or nothing was ever paid in.
    pub fn of_portfolio(books: &Books, series: &'a PortfolioSeries) -> Figure<Self> {
        if let Some(reason) = &series.gap {
            return Err(reason.clone());
        }
        let flows = dated(books.external_flows().iter().map(|flow| (flow.date, &flow.amount)))?;
        let worth = |day| series.value.at(day).ok_or(Reason::NoCapital);
        let mut investment = Self::new(flows, books.as_of(), worth)?;
        investment.has_dividends = books.positions().iter().any(|position| !position.income.is_empty());
        Ok(investment)
    }

    /// A holding's purchases and fees (in), sales and dividends (out) up to the books' day.
    ///
    /// # Errors
    /// When a flow or the holding's value is unknown, or nothing was ever paid in.
    pub fn of_position(position: &'a Position, books: &Books, market: &'a Market) -> Figure<Self> {
        Self::of_holding(position, market, books.options().base, books.as_of())
    }

    /// A portfolio, a set of portfolios, a holding or a lot over a period: what it was worth at the opening is paid in
    /// then, and what crossed its border follows.
    ///
    /// # Errors
    /// When a flow or the value at either end is unknown, [`Reason::NoCapital`] when nothing was ever paid in.
    pub fn of_subject(subject: &'a Subject<'_>, market: &'a Market, period: Period) -> Figure<Self> {
        let opening = subject.value_on(period.from, market)?;
        let opening = (!opening.is_zero()).then_some((period.from, opening));
        let flows = opening.into_iter().chain(subject.daily_flows(period)?);
        let flows = flows.map(|(date, amount)| (date, amount.float())).collect();
        let worth = |day| Ok(subject.value_on(day, market)?.float());
        let mut investment = Self::new(flows, period.to, worth)?;
        let income = subject.income_within(period);
        investment.has_dividends = income.iter().any(|paid| paid.kind == IncomeKind::Dividend);
        Ok(investment)
    }

    pub(super) fn of_holding(
        position: &'a Position,
        market: &'a Market,
        base: Currency,
        to: NaiveDate,
    ) -> Figure<Self> {
        let flows = dated(position.flows.iter().map(|flow| (flow.date, &flow.amount)))?;
        let worth = move |day| Ok(position.value_on(day, market, base)?.float());
        let mut investment = Self::new(flows, to, worth)?;
        investment.has_dividends = !position.income.is_empty();
        Ok(investment)
    }

    /// What it was worth at the close of a day.
    ///
    /// # Errors
    /// When that is unknown.
    pub fn worth(&self, day: NaiveDate) -> Figure<f64> {
        (self.worth)(day)
    }
}

impl fmt::Debug for Investment<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Investment")
            .field("flows", &self.flows)
            .field("to", &self.to)
            .field("closing", &self.closing)
            .field("xirr", &self.xirr)
            .field("has_dividends", &self.has_dividends)
            .finish_non_exhaustive()
    }
}

/// The rate of money that went in and came out, against a closing value.
pub(super) fn money_weighted(flows: &[(NaiveDate, f64)], to: NaiveDate, closing: f64) -> Figure<Rate> {
    let mut payments = Vec::with_capacity(flows.len() + 1);
    payments.extend(flows.iter().map(|(date, amount)| Flow { date: *date, amount: -amount }));
    payments.push(Flow { date: to, amount: closing });
    xirr(&payments)
}

fn dated<'f>(flows: impl Iterator<Item = (NaiveDate, &'f Figure<Decimal>)>) -> Figure<Vec<(NaiveDate, f64)>> {
    let mut dated = Vec::with_capacity(flows.size_hint().0);
    for (date, amount) in flows {
        dated.push((date, amount.as_ref().map_err(Clone::clone)?.float()));
    }
    Ok(dated)
}
