//! Rates of return of a period, side by side.

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::Serialize;

use super::columns::Columns;
use super::{Subject, SubjectFlowKind, Values};
use crate::books::{ExternalKind, PositionFlowKind};
use crate::exact::{Exact, ratio};
use crate::figure::total;
use crate::modified_dietz::modified_dietz;
use crate::twr::{annualised, time_weighted};
use crate::xirr::{Flow, Rate, xirr};
use crate::{DailySeries, Figure, Market, Period, Reason};

/// What a subject returned over a period, by each of the usual measures; 0.1 is 10 %.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PeriodReturns {
    /// Of the money: the opening value is paid in on the opening day, the closing value out on the last.
    pub money_weighted: Figure<Rate>,
    /// Of the investments, whenever money came and went: daily, hold then trade.
    pub time_weighted: Figure<LinkedReturn>,
    /// Gain in relation to the capital at work, by days.
    pub modified_dietz: Figure<f64>,
    /// Gain in relation to the opening value and all that was paid in.
    pub simple: Figure<f64>,
    /// Gain in relation to the holdings at the opening and all that was bought. It falls when the same money is
    /// invested again and again.
    pub on_purchases: Figure<f64>,
}

/// A time-weighted return of a period.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LinkedReturn {
    /// Over the whole period.
    pub total: f64,
    /// A year; unknown for periods of less than one.
    pub annualised: Figure<f64>,
    /// The day on which everything was lost, when nothing came after it: the series ends there, at -100 %.
    pub ended: Option<NaiveDate>,
    /// Growth of 1 by day, from the opening day or the first day with something.
    pub index: DailySeries,
}

impl PeriodReturns {
    pub(super) fn new(subject: &Subject<'_>, market: &Market, period: Period, values: &Values<'_>) -> Self {
        let columns = Columns::new(subject, market, period);
        let holds = rates_hold(period, values, &columns);
        let if_it_holds = |rate: Figure<f64>| holds.clone().and(rate);
        let capital = total([values.opening, &values.flows.paid_in]);
        Self {
            money_weighted: holds.clone().and_then(|()| money_weighted(subject, period, values)),
            time_weighted: holds.clone().and_then(|()| linked(&columns, period)),
            modified_dietz: if_it_holds(dietz(subject, period, values)),
            simple: if_it_holds(related(values.gain, &capital)),
            on_purchases: if_it_holds(related(values.gain, &bought(subject, market, period))),
        }
    }
}

/// The time-weighted return without the others.
pub(super) fn time_weighted_alone(
    subject: &Subject<'_>,
    market: &Market,
    period: Period,
    values: &Values<'_>,
) -> Figure<LinkedReturn> {
    let columns = Columns::new(subject, market, period);
    rates_hold(period, values, &columns).and_then(|()| linked(&columns, period))
}

/// No percentage means anything where more is owed than owned.
fn rates_hold(period: Period, values: &Values<'_>, columns: &Figure<Columns>) -> Figure<()> {
    for (value, on) in [(values.opening, period.from), (values.closing, period.to)] {
        if value.as_ref().is_ok_and(|value| *value < Decimal::ZERO) {
            return Err(Reason::NegativeValue { on });
        }
    }
    match columns.as_ref().ok().and_then(Columns::negative) {
        Some(on) => Err(Reason::NegativeValue { on }),
        None => Ok(()),
    }
}

fn money_weighted(subject: &Subject<'_>, period: Period, values: &Values<'_>) -> Figure<Rate> {
    let opening = values.opening.clone()?;
    let mut payments = investor_flows(subject, period)?;
    if !opening.is_zero() {
        payments.push(Flow { date: period.from, amount: -opening.float() });
    }
    payments.push(Flow { date: period.to, amount: values.closing.clone()?.float() });
    xirr(&payments)
}

fn dietz(subject: &Subject<'_>, period: Period, values: &Values<'_>) -> Figure<f64> {
    let (opening, closing) = (values.opening.clone()?.float(), values.closing.clone()?.float());
    modified_dietz(opening, closing, &investor_flows(subject, period)?, period.from, period.to)
}

fn linked(columns: &Figure<Columns>, period: Period) -> Figure<LinkedReturn> {
    let columns = columns.as_ref().map_err(Clone::clone)?;
    let linked = time_weighted(columns.first, columns.days())?;
    if let Some(lost) = linked.earlier.last() {
        return Err(Reason::LostBefore { on: lost.ended });
    }
    Ok(LinkedReturn {
        total: linked.total,
        annualised: annualised(linked.total, period.days()),
        ended: linked.ended,
        index: linked.index,
    })
}

/// The holdings at the opening and what was bought or transferred in.
fn bought(subject: &Subject<'_>, market: &Market, period: Period) -> Figure<Decimal> {
    let mut bought = Vec::new();
    for member in subject.members() {
        bought.push(member.position.value_on(period.from, market, subject.base()));
        let purchases = member
            .position
            .flows
            .iter()
            .filter(|flow| period.contains(flow.date) && flow.kind == PositionFlowKind::Purchase);
        let price = |flow: &crate::PositionFlow| {
            let amount = flow.amount.clone()?;
            if subject.is_before_tax() { amount.minus(flow.tax.clone()?) } else { Ok(amount) }
        };
        bought.extend(purchases.map(price));
    }
    let arrived = subject.flows_within(period).iter().filter(|flow| {
        matches!(
            flow.kind,
            SubjectFlowKind::Portfolio(ExternalKind::TransferIn)
                | SubjectFlowKind::Holding(PositionFlowKind::TransferIn)
        )
    });
    bought.extend(arrived.map(|flow| flow.amount.clone()));
    total(&bought)
}

/// What crossed the border as the investor sees it: paid in is negative.
fn investor_flows(subject: &Subject<'_>, period: Period) -> Figure<Vec<Flow>> {
    let days = subject.daily_flows(period)?;
    Ok(days.into_iter().map(|(date, amount)| Flow { date, amount: -amount.float() }).collect())
}

fn related(part: &Figure<Decimal>, whole: &Figure<Decimal>) -> Figure<f64> {
    ratio(part.clone()?, whole.clone()?)
}
