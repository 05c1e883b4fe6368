//! Which holding, and what else, made a period's gain and return.

mod linking;
#[cfg(test)]
mod tests;

use bellwether_domain::{Currency, Symbol};
use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

pub(crate) use self::linking::Linking;
use crate::books::{CashBalance, CashEntry, CashKind};
use crate::exact::{Exact, ratio};
use crate::figure::{finite, total};
use crate::{
    Books, DailySeries, Figure, Market, Period, PortfolioSeries, Position, PositionSeries, Reason, Subject,
};

/// What contributed.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ContributionSource {
    /// An instrument: price, currency and dividends, less its fees and taxes.
    Holding(Symbol),
    /// Interest on cash, after tax.
    Interest,
    /// Fees and taxes that name no instrument.
    Charges,
    /// What the rate of a foreign currency did to the cash in it.
    CashCurrency(Currency),
}

/// One line of a period's result, in the base currency.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Contribution {
    /// What contributed.
    pub source: ContributionSource,
    /// Money gained in the period.
    pub gain: Figure<Decimal>,
    /// Its part of the time-weighted return; 0.1 is ten percentage points.
    pub time_weighted: Figure<f64>,
    /// Its part of the simple return.
    pub simple: Figure<f64>,
}

/// A period's result by source. Each column of the lines sums to the whole.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Contributions {
    /// The period.
    pub period: Period,
    /// Holdings by symbol, then interest, charges and foreign cash; what had no part in the period is left out.
    pub lines: Vec<Contribution>,
    /// Money gained in all: closing value less opening value and net flows.
    pub gain: Figure<Decimal>,
    /// Time-weighted return of the period.
    pub time_weighted: Figure<f64>,
    /// Gain in relation to the opening value and the money that came in.
    pub simple: Figure<f64>,
}

impl Contributions {
    /// Splits the result of a period, which ends with the books' day at the latest, by source. `series` is that of the
    /// same books and market.
    ///
    /// Contributions in percent are the day's gains in relation to the capital at work, times the growth of one unit
    /// of money up to the day before: so they sum to the time-weighted return, and without flows to gain by opening
    /// value. This is the linking of the Groupe de Recherche en Attribution de Performance (Paris, 1997; in Bacon,
    /// "Practical Portfolio Performance Measurement and Attribution", chapter on multi-period attribution), for a
    /// benchmark that returns nothing.
    ///
    /// Of a period that begins on or after the books' day everything is [`Reason::NotYetKnown`].
    pub fn new(books: &Books, market: &Market, series: &PortfolioSeries, period: Period) -> Self {
        let as_of = books.as_of();
        if period.from >= as_of {
            return Self::unknown(period, &Reason::NotYetKnown { as_of });
        }
        let period = Period { to: period.to.min(as_of), ..period };
        let linked = series.time_weighted.as_ref().map_err(Clone::clone);
        let linked = linked.and_then(|linked| linked.over(period)).map(|linked| linked.total);
        let linking = linked.clone().and_then(|_| {
            let flows = series.flows.as_ref().map_err(Clone::clone)?;
            Ok(Linking::new([&series.value, &series.held, flows], period))
        });
        let scope = Scope { books, market, period, linking, capital: capital(books, market, period) };
        let mut lines: Vec<Contribution> =
            books.positions().iter().filter_map(|position| scope.holding(position)).collect();
        for source in [ContributionSource::Interest, ContributionSource::Charges] {
            lines.extend(scope.cash_booked(source));
        }
        lines.extend(books.cash().balances.iter().filter_map(|balance| scope.cash_currency(balance)));
        let gain = total(lines.iter().map(|line| &line.gain));
        Self { period, lines, simple: scope.related(&gain), gain, time_weighted: linked }
    }

    fn unknown(period: Period, reason: &Reason) -> Self {
        let (gain, time_weighted, simple) = (Err(reason.clone()), Err(reason.clone()), Err(reason.clone()));
        Self { period, lines: Vec::new(), gain, time_weighted, simple }
    }
}

struct Scope<'a> {
    books: &'a Books,
    market: &'a Market,
    period: Period,
    linking: Figure<Linking>,
    /// Opening value and money that came in.
    capital: Figure<Decimal>,
}

impl Scope<'_> {
    fn holding(&self, position: &Position) -> Option<Contribution> {
        let is_in_period = |date: NaiveDate| self.period.contains(date);
        let flows: Vec<_> = position.flows.iter().filter(|flow| is_in_period(flow.date)).collect();
        if flows.is_empty() && position.quantity_on(self.period.from).is_zero() {
            return None;
        }
        let value = |day| position.value_on(day, self.market, self.base());
        let paid_in = total(flows.iter().map(|flow| &flow.amount));
        let gain = gain(&value(self.period.from), &paid_in, &value(self.period.to));
        let time_weighted = self.linking.as_ref().map_err(Clone::clone).and_then(|linking| {
            let series = PositionSeries::new(position, self.books, self.market);
            if let Some(reason) = series.gap {
                return Err(reason);
            }
            linked(linking, [&series.value, &series.held], flows.iter().map(|flow| (flow.date, &flow.amount)))
        });
        Some(self.line(ContributionSource::Holding(position.symbol.clone()), gain, time_weighted))
    }

    /// Interest or charges: cash that came from no instrument and from nowhere else.
    fn cash_booked(&self, source: ContributionSource) -> Option<Contribution> {
        let booked: Vec<&CashEntry> = self.entries().filter(|entry| source.books(entry)).collect();
        booked.first()?;
        let time_weighted = self.linking.as_ref().map_err(Clone::clone).and_then(|linking| {
            linking.booked(in_binary(booked.iter().map(|entry| (entry.date, &entry.base))))
        });
        Some(self.line(source, total(booked.iter().map(|entry| &entry.base)), time_weighted))
    }

    fn cash_currency(&self, balance: &CashBalance) -> Option<Contribution> {
        let Period { from, to } = self.period;
        let source = ContributionSource::CashCurrency(balance.currency);
        let booked: Vec<&CashEntry> = self.entries().filter(|entry| source.books(entry)).collect();
        let is_there = !booked.is_empty() || !balance.on(from).is_zero();
        if balance.currency == self.base() || !is_there {
            return None;
        }
        let value = |day| self.cash_value(balance, day);
        let paid_in = total(booked.iter().map(|entry| &entry.base));
        let time_weighted = self.linking.as_ref().map_err(Clone::clone).and_then(|linking| {
            let [value, held] = linking.cash(balance, self.market.rates(), self.base())?;
            linked(linking, [&value, &held], booked.iter().map(|entry| (entry.date, &entry.base)))
        });
        Some(self.line(source, gain(&value(from), &paid_in, &value(to)), time_weighted))
    }

    fn cash_value(&self, balance: &CashBalance, day: NaiveDate) -> Figure<Decimal> {
        let amount = balance.on(day);
        if amount.is_zero() {
            return Ok(amount);
        }
        amount.times(self.market.rates().on(balance.currency, self.base(), day)?.rate)
    }

    fn entries(&self) -> impl Iterator<Item = &CashEntry> {
        self.books.cash().entries.iter().filter(|entry| self.period.contains(entry.date))
    }

    fn line(
        &self,
        source: ContributionSource,
        gain: Figure<Decimal>,
        time_weighted: Figure<f64>,
    ) -> Contribution {
        let simple = self.related(&gain);
        Contribution { source, gain, time_weighted, simple }
    }

    fn related(&self, gain: &Figure<Decimal>) -> Figure<f64> {
        ratio(gain.clone()?, self.capital.clone()?)
    }

    fn base(&self) -> Currency {
        self.books.options().base
    }
}

/// Opening value, and what came in on days on which more came than went.
fn capital(books: &Books, market: &Market, period: Period) -> Figure<Decimal> {
    let portfolio = Subject::portfolio(books);
    let paid = portfolio.daily_flows(period)?.into_iter().map(|(_, amount)| amount);
    let opening = portfolio.value_on(period.from, market)?;
    paid.filter(|amount| *amount > Decimal::ZERO).try_fold(opening, Exact::plus)
}

/// What changes of value are of the return, less what was paid in for them.
fn linked<'a>(
    linking: &Linking,
    [value, held]: [&DailySeries; 2],
    flows: impl Iterator<Item = (NaiveDate, &'a Figure<Decimal>)>,
) -> Figure<f64> {
    finite(linking.moved(value, held) - linking.booked(in_binary(flows))?)
}

fn in_binary<'a>(
    amounts: impl Iterator<Item = (NaiveDate, &'a Figure<Decimal>)>,
) -> impl Iterator<Item = (NaiveDate, Figure<f64>)> {
    amounts.map(|(date, amount)| (date, amount.clone().map(Exact::float)))
}

impl ContributionSource {
    /// Whether a movement of cash belongs to it: interest and charges that name no instrument, or all in a currency.
    pub(crate) fn books(&self, entry: &CashEntry) -> bool {
        match self {
            Self::Holding(_) => false,
            Self::CashCurrency(currency) => entry.currency == *currency,
            Self::Interest | Self::Charges => {
                entry.symbol.is_none() && source_of(entry.kind).as_ref() == Some(self)
            }
        }
    }
}

/// What cash of a kind that names no instrument contributes to; `None` when it only changed its place.
fn source_of(kind: CashKind) -> Option<ContributionSource> {
    match kind {
        CashKind::Deposit | CashKind::Withdrawal | CashKind::Exchange => None,
        CashKind::Interest => Some(ContributionSource::Interest),
        _ => Some(ContributionSource::Charges),
    }
}

fn gain(opening: &Figure<Decimal>, paid_in: &Figure<Decimal>, closing: &Figure<Decimal>) -> Figure<Decimal> {
    let negated = |amount: &Figure<Decimal>| amount.clone().map(|amount| -amount);
    total([closing, &negated(opening), &negated(paid_in)])
}
