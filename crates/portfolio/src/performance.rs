//! What a portfolio, several, a holding or a lot gained over a period, and at which rates.

pub(crate) mod capital_gains;
mod cash_value;
mod columns;
mod explanation;
mod gain_parts;
mod lot;
pub(crate) mod own_transfers;
mod returns;
pub(crate) mod subject;
#[cfg(test)]
mod tests;

use bellwether_domain::Currency;
use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::Serialize;

pub use self::capital_gains::{Basis, CapitalGains, TradeCosts};
pub(crate) use self::columns::Columns;
use self::explanation::Facts;
pub use self::explanation::{Difference, Explanation, Turn};
pub use self::gain_parts::{CostParts, GainParts, IncomeParts};
pub use self::returns::{LinkedReturn, PeriodReturns};
pub use self::subject::{Subject, SubjectFlow, SubjectFlowKind};
use crate::exact::Exact;
use crate::figure::total;
use crate::{Figure, Market, Period, Reason};

/// A subject over a period, in its base currency.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Performance {
    /// The days that count.
    pub period: Period,
    /// The currency of all money.
    pub base: Currency,
    /// Value at the close of the opening day.
    pub opening: Figure<Decimal>,
    /// Value at the close of the last day.
    pub closing: Figure<Decimal>,
    /// What crossed the border in between.
    pub flows: NetFlows,
    /// `closing - opening - net flows`.
    pub gain: Figure<Decimal>,
    /// What the gain consists of.
    pub parts: GainParts,
    /// Rates of return, side by side.
    pub returns: PeriodReturns,
    /// Why the rates differ, or do not: displayed, it is one sentence.
    pub explanation: Explanation,
}

/// What crossed a subject's border in a period. What comes and goes on the same day is netted first: a switch from
/// one holding into another brings no new money.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NetFlows {
    /// Of the days on which more came in.
    pub paid_in: Figure<Decimal>,
    /// Of the days on which more went out, as a positive number.
    pub paid_out: Figure<Decimal>,
    /// What came in less what went out.
    pub net: Figure<Decimal>,
}

/// The figures of a subject over a period.
///
/// Nothing is replayed: the books may be of the period's last day or of any later one.
pub fn performance(subject: &Subject<'_>, market: &Market, period: Period) -> Performance {
    let (opening, closing) = (subject.value_on(period.from, market), subject.value_on(period.to, market));
    let flows = NetFlows::new(subject, period);
    let gain = gain(&opening, &closing, &flows.net);
    let returns = PeriodReturns::new(
        subject,
        market,
        period,
        &Values { opening: &opening, closing: &closing, flows: &flows, gain: &gain },
    );
    let parts = GainParts::new(subject, market, period);
    let explanation = explanation(subject, period, &opening, &flows, &returns);
    let base = subject.base();
    Performance { period, base, opening, closing, flows, gain, parts, returns, explanation }
}

/// Gain and time-weighted return alone, exactly as [`performance()`] has them.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PeriodGain {
    /// The days that count.
    pub period: Period,
    /// `closing - opening - net flows`.
    pub gain: Figure<Decimal>,
    /// Hold then trade, daily.
    pub time_weighted: Figure<LinkedReturn>,
}

impl PeriodGain {
    /// What a subject gained over a period, and at which rate.
    pub fn new(subject: &Subject<'_>, market: &Market, period: Period) -> Self {
        let (opening, closing) = (subject.value_on(period.from, market), subject.value_on(period.to, market));
        let flows = NetFlows::new(subject, period);
        let gain = gain(&opening, &closing, &flows.net);
        let values = Values { opening: &opening, closing: &closing, flows: &flows, gain: &gain };
        let time_weighted = returns::time_weighted_alone(subject, market, period, &values);
        Self { period, gain, time_weighted }
    }
}

fn explanation(
    subject: &Subject<'_>,
    period: Period,
    opening: &Figure<Decimal>,
    flows: &NetFlows,
    returns: &PeriodReturns,
) -> Explanation {
    let float = |amount: &Figure<Decimal>| amount.clone().map_or(0.0, Exact::float);
    let days = subject.daily_flows(period).unwrap_or_default();
    let days: Vec<_> = days.into_iter().map(|(day, amount)| (day, amount.float())).collect();
    let moved: Vec<_> = days.into_iter().filter(|(_, amount)| *amount != 0.0).collect();
    let opening = float(opening);
    let facts = Facts { period, returns, capital: opening + float(&flows.paid_in), opening, flows: &moved };
    facts.explanation()
}

/// The money that the rates are made from.
#[derive(Clone, Copy)]
pub(crate) struct Values<'a> {
    opening: &'a Figure<Decimal>,
    closing: &'a Figure<Decimal>,
    flows: &'a NetFlows,
    gain: &'a Figure<Decimal>,
}

impl Subject<'_> {
    /// Value at the close of a day: of what is held, and of cash where it belongs to the subject.
    ///
    /// # Errors
    /// When a price or an exchange rate is missing, and [`Reason::NotYetKnown`] for a day after that of the books.
    pub fn value_on(&self, day: NaiveDate, market: &Market) -> Figure<Decimal> {
        self.read_to(day)?;
        let holdings = self.members().iter().map(|member| member.position.value_on(day, market, self.base()));
        let cash = self.cash().iter().map(|books| books.cash().value_on(day, market, self.base()));
        total(&holdings.chain(cash).collect::<Vec<_>>())
    }

    /// What crossed the border by day in a period, in order; positive when more came in.
    ///
    /// # Errors
    /// When an amount has no exchange rate, and [`Reason::NotYetKnown`] for a period that ends after the books.
    pub fn daily_flows(&self, period: Period) -> Figure<Vec<(NaiveDate, Decimal)>> {
        self.read_to(period.to)?;
        let mut days: Vec<(NaiveDate, Decimal)> = Vec::new();
        for flow in self.flows_within(period) {
            let amount = flow.amount.clone()?;
            match days.last_mut().filter(|(date, _)| *date == flow.date) {
                Some((_, sum)) => *sum = sum.plus(amount)?,
                None => days.push((flow.date, amount)),
            }
        }
        Ok(days)
    }

    /// Whether the books reach to a day: what comes after them is unknown, not nothing.
    fn read_to(&self, day: NaiveDate) -> Figure<()> {
        if day > self.as_of() { Err(Reason::NotYetKnown { as_of: self.as_of() }) } else { Ok(()) }
    }
}

impl NetFlows {
    fn new(subject: &Subject<'_>, period: Period) -> Self {
        let days = subject.daily_flows(period);
        let sum = |counts: fn(&Decimal) -> bool| {
            let amounts = days.as_ref().map_err(Clone::clone)?.iter().map(|(_, amount)| *amount);
            amounts.filter(counts).try_fold(Decimal::ZERO, Exact::plus)
        };
        let paid_in = sum(|amount| *amount > Decimal::ZERO);
        let paid_out = sum(|amount| *amount < Decimal::ZERO);
        Self { net: total([&paid_in, &paid_out]), paid_in, paid_out: paid_out.map(|amount| -amount) }
    }
}

fn gain(opening: &Figure<Decimal>, closing: &Figure<Decimal>, net: &Figure<Decimal>) -> Figure<Decimal> {
    let negative = |amount: &Figure<Decimal>| amount.clone().map(|amount| -amount);
    total([closing, &negative(opening), &negative(net)])
}
