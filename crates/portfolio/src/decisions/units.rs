//! What one share of today was worth, paid and would have become, whenever it came and left.

use std::ops::Range;

use bellwether_domain::CashDividend;
use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::running::Running;
use crate::exact::Exact;
use crate::figure::finite;
use crate::market::splits;
use crate::{Benchmark, Books, Figure, Income, Market, Position, Reason};

/// A position whose decisions are weighed.
pub(crate) struct Units<'a> {
    pub(crate) position: &'a Position,
    pub(crate) market: &'a Market,
    pub(crate) books: &'a Books,
    pub(crate) benchmarks: &'a [Benchmark],
}

/// A payment for each share.
pub(crate) struct PerShare<'a> {
    /// The ex-date: it is paid for shares held at the close before.
    pub(crate) ex_date: NaiveDate,
    /// The day of the payment.
    pub(crate) paid: NaiveDate,
    /// For one share of the books' day, in the base currency.
    pub(crate) amount: Figure<Decimal>,
    /// Where it is known from.
    pub(crate) of: Payment<'a>,
}

/// A payment of the books, or one that shares would have received.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Payment<'a> {
    Received(&'a Income),
    Missed(&'a CashDividend),
}

/// Payments for each share, to be summed over any time.
pub(super) struct Payments {
    ex_dates: Vec<NaiveDate>,
    amounts: Running<Decimal>,
    /// What they would have become in each benchmark.
    invested: Vec<Running<f64>>,
}

impl Units<'_> {
    pub(crate) fn as_of(&self) -> NaiveDate {
        self.books.as_of()
    }

    /// Shares of a day in the units of the books' day.
    pub(super) fn of_today(&self, quantity: Decimal, day: NaiveDate) -> Figure<Decimal> {
        splits::between(&self.position.splits, day, self.as_of())
            .iter()
            .try_fold(quantity, |quantity, split| quantity.times(split.ratio.new)?.over(split.ratio.old))
    }

    /// What shares of the books' day are worth on it; nothing for none.
    pub(super) fn value(&self, quantity: Decimal) -> Figure<Decimal> {
        if quantity.is_zero() {
            return Ok(Decimal::ZERO);
        }
        let (position, base) = (self.position, self.books.options().base);
        let price = position.price_on(self.market.instrument(&position.symbol), self.as_of())?.price;
        quantity.times(price)?.times(self.market.rates().on(position.currency, base, self.as_of())?.rate)
    }

    /// What money put into each benchmark on a day has become.
    pub(super) fn invested(&self, amount: &Figure<Decimal>, day: NaiveDate) -> Vec<Figure<f64>> {
        self.benchmarks
            .iter()
            .map(|benchmark| {
                let amount = amount.clone()?.float();
                if amount == 0.0 {
                    return Ok(0.0);
                }
                finite(amount * benchmark.growth_of(day, self.as_of())?)
            })
            .collect()
    }

    /// Payments, which are in the order of their ex-dates.
    pub(super) fn payments(&self, payments: &[PerShare<'_>]) -> Payments {
        let became = |benchmark: &Benchmark, payment: &PerShare<'_>| {
            finite(payment.amount.clone()?.float() * benchmark.growth_of(payment.paid, self.as_of())?)
        };
        let invested = |benchmark| {
            let parts = payments.iter().map(|payment| became(benchmark, payment));
            Running::new(parts, 0.0, |sum, part| finite(sum + part), |sum, part| finite(sum - part))
        };
        Payments {
            ex_dates: payments.iter().map(|payment| payment.ex_date).collect(),
            amounts: Running::new(
                payments.iter().map(|payment| payment.amount.clone()),
                Decimal::ZERO,
                Exact::plus,
                Exact::minus,
            ),
            invested: self.benchmarks.iter().map(invested).collect(),
        }
    }
}

impl Payments {
    /// Those for shares that came on one day and left on another.
    pub(super) fn between(&self, came: NaiveDate, left: Option<NaiveDate>) -> Range<usize> {
        between(&self.ex_dates, came, left)
    }

    /// What a number of shares received.
    pub(super) fn received(&self, range: &Range<usize>, quantity: Decimal) -> Figure<Decimal> {
        quantity.times(self.amounts.over(range)?)
    }

    /// What that would have become in each benchmark.
    pub(super) fn invested(&self, range: &Range<usize>, quantity: Decimal) -> Vec<Figure<f64>> {
        self.invested.iter().map(|sums| finite(quantity.float() * sums.over(range)?)).collect()
    }
}

/// The ex-dates for shares that came on one day and left on another.
pub(crate) fn between(ex_dates: &[NaiveDate], came: NaiveDate, left: Option<NaiveDate>) -> Range<usize> {
    let until = |day: NaiveDate| ex_dates.partition_point(|ex_date| *ex_date <= day);
    let start = until(came);
    start..left.map_or(ex_dates.len(), until).max(start)
}

/// Adds an amount to a sum that may be unknown.
pub(super) fn add(sum: &mut Figure<Decimal>, part: Figure<Decimal>) {
    *sum = match (sum.clone(), part) {
        (Ok(sum), Ok(part)) => sum.plus(part),
        (Err(reason), Err(other)) => Err(reason.and(&other)),
        (Err(reason), Ok(_)) | (Ok(_), Err(reason)) => Err(reason),
    };
}

/// Adds what became of an amount in each benchmark.
pub(super) fn add_each(sums: &mut [Figure<f64>], parts: Vec<Figure<f64>>) {
    for (sum, part) in sums.iter_mut().zip(parts) {
        *sum = sum.clone().and_then(|sum| finite(sum + part?));
    }
}

/// Nothing is decided on the day itself.
pub(super) fn decided(day: NaiveDate, as_of: NaiveDate) -> Figure<()> {
    if day < as_of { Ok(()) } else { Err(Reason::TooShort) }
}
