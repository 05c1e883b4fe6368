//! A figure, or the reason why there is none.

use std::sync::Arc;

use bellwether_domain::{Currency, Symbol};
use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// A figure that may be unknown. The error is a sentence for people: it is never replaced by zero.
pub type Figure<T> = Result<T, Reason>;

/// Why a figure cannot be computed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    /// No price of these instruments is known on the day.
    #[error("no price is known for {}", listed(.0))]
    NoPrice(Arc<[Symbol]>),
    /// A currency rate is missing.
    #[error("no exchange rate from {from} to {to} is known for {on}")]
    NoExchangeRate {
        /// The currency of the amount.
        from: Currency,
        /// The currency it is wanted in.
        to: Currency,
        /// The day.
        on: NaiveDate,
    },
    /// There is no close before the day to compare with.
    #[error("no earlier close is known")]
    NoPreviousClose,
    /// Nothing is held.
    #[error("nothing is held")]
    NotHeld,
    /// There is no capital that the figure could be related to.
    #[error("there is no invested capital to relate it to")]
    NoCapital,
    /// One day, or none: a rate needs two.
    #[error("at least two days are needed")]
    TooShort,
    /// Shorter than a year: a yearly rate would be an extrapolation.
    #[error("the period is shorter than a year")]
    UnderAYear,
    /// Money only went in, or only came out.
    #[error("all payments go in the same direction")]
    OneSided,
    /// No rate of return solves the equation.
    #[error("no rate of return fits these payments")]
    NoSolution,
    /// Sums over portfolios need one base currency.
    #[error("the portfolios have different base currencies")]
    MixedCurrencies,
    /// The ledger was read up to an earlier day.
    #[error("the ledger was read up to {as_of} only")]
    NotYetKnown {
        /// The last day.
        as_of: NaiveDate,
    },
    /// More is owed than owned: bookings must be missing, and a rate would mean nothing.
    #[error("the value on {on} is negative, so bookings must be missing")]
    NegativeValue {
        /// The day.
        on: NaiveDate,
    },
    /// No instrument was named that could be traded for a class.
    #[error("no instrument is chosen to trade for it")]
    NoVehicle,
    /// A day of the year that not every year has.
    #[error("not every year has that day")]
    NoSuchDay,
    /// A number beyond what can be represented.
    #[error("the amounts are too large to be computed")]
    OutOfRange,
    /// Withdrawals took more out of the comparison than it was worth.
    #[error("on {on} more had been withdrawn than the comparison was worth")]
    Exhausted {
        /// The first day.
        on: NaiveDate,
    },
    /// Not enough returns for the figure to mean anything.
    #[error("{known} returns are known and this figure needs {needed}")]
    TooFewReturns {
        /// How many there are.
        known: usize,
        /// How many it takes.
        needed: usize,
    },
    /// Two series that belong together period by period are of different lengths.
    #[error("there are {returns} returns, but {others} to compare them with")]
    UnequalPeriods {
        /// Periods of the one.
        returns: usize,
        /// Periods of the other.
        others: usize,
    },
    /// The returns are all the same: no risk to relate a reward to.
    #[error("the returns do not vary")]
    NoVariation,
    /// The benchmark's returns are all the same.
    #[error("the benchmark's returns do not vary")]
    FlatBenchmark,
    /// No return fell short of the least acceptable one.
    #[error("no return was below the minimum")]
    NoLoss,
    /// There never was a fall.
    #[error("it never fell below an earlier high")]
    NoDrawdown,
    /// No dividend is known.
    #[error("no dividend is known")]
    NoDividends,
    /// The dividends so far lead to expect no further one at any particular time.
    #[error("its dividends follow no pattern that could be continued")]
    NoDividendPattern,
    /// The period reaches back before a total loss, after which a new series of returns began.
    #[error("everything was lost on {on}, and a new series began after it")]
    LostBefore {
        /// The day of the loss.
        on: NaiveDate,
    },
}

impl Reason {
    /// The reason that one instrument has no price.
    pub fn no_price(symbol: &Symbol) -> Self {
        Self::NoPrice(Arc::from([symbol.clone()]))
    }

    /// The reason of a sum whose parts have these two: instruments without a price are named together.
    #[must_use]
    pub fn and(self, other: &Self) -> Self {
        match (&self, other) {
            (Self::NoPrice(these), Self::NoPrice(those)) => {
                let mut all: Vec<Symbol> = these.iter().chain(those.iter()).cloned().collect();
                all.sort();
                all.dedup();
                Self::NoPrice(all.into())
            }
            _ => self,
        }
    }
}

fn listed(symbols: &[Symbol]) -> String {
    symbols.iter().map(Symbol::as_str).collect::<Vec<_>>().join(", ")
}

/// A computed number, unless it left the range of numbers.
pub(crate) fn finite(number: f64) -> Figure<f64> {
    if number.is_finite() { Ok(number) } else { Err(Reason::OutOfRange) }
}

/// Computed numbers, unless one of them left the range of numbers.
pub(crate) fn all_finite(numbers: Vec<f64>) -> Figure<Vec<f64>> {
    // Without a way out in between, several are looked at together.
    let are_finite = numbers.iter().fold(true, |all, number| all & number.is_finite());
    if are_finite { Ok(numbers) } else { Err(Reason::OutOfRange) }
}

/// The sum, known when all parts are.
pub(crate) fn total<'a>(parts: impl IntoIterator<Item = &'a Figure<Decimal>>) -> Figure<Decimal> {
    let mut sum = Ok(Decimal::ZERO);
    for part in parts {
        sum = add(sum, part);
    }
    sum
}

/// A sum and another part of it.
pub(crate) fn add(sum: Figure<Decimal>, part: &Figure<Decimal>) -> Figure<Decimal> {
    match (sum, part) {
        (Ok(so_far), Ok(part)) => so_far.checked_add(*part).ok_or(Reason::OutOfRange),
        (Err(reason), Ok(_)) => Err(reason),
        (Ok(_), Err(reason)) => Err(reason.clone()),
        (Err(reason), Err(other)) => Err(reason.and(other)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sum_names_every_instrument_without_a_price() {
        let [a, b] = ["AAPL", "MSFT"].map(|text| text.parse::<Symbol>().expect("a symbol"));
        let parts = [Err(Reason::no_price(&b)), Ok(Decimal::ONE), Err(Reason::no_price(&a))];
        let sentence = total(&parts).expect_err("unknown").to_string();
        assert_eq!(sentence, "no price is known for AAPL, MSFT");
    }

    #[test]
    fn a_sum_too_large_says_so() {
        assert_eq!(total(&[Ok(Decimal::MAX), Ok(Decimal::MAX)]), Err(Reason::OutOfRange));
    }
}
