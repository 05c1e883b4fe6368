//! An instrument's dividends as one comparable row of amounts.

use bellwether_domain::{Currency, Split};
use chrono::{Days, NaiveDate};
use rust_decimal::Decimal;
use serde::Serialize;

use crate::exact::Exact;
use crate::market::{InstrumentData, Rates, splits};
use crate::{Figure, Market, Position};

/// What a dividend is compared with lies within so many days before and after it.
const COMPARED_DAYS: u64 = 730;
/// So many others it takes to call one special.
const COMPARED: usize = 3;
/// More than so many times the others' median is special.
const SPECIAL: Decimal = Decimal::TWO;

/// A dividend that has been paid.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PaidDividend {
    /// First day without the right to it; the day of payment where only the ledger knows it.
    pub ex_date: NaiveDate,
    /// Per unit of the history's day: divided by the splits since.
    pub per_unit: Decimal,
    /// Its currency.
    pub currency: Currency,
    /// In the currency of the listing, at the rate of the ex-date.
    pub listed: Figure<Decimal>,
    /// Whether it is out of line: more than twice the median of the other dividends of two years before and after it,
    /// of which there are at least three.
    pub is_special: bool,
}

/// The dividends of an instrument with ex-dates up to a day, oldest first, in units of that day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DividendHistory {
    /// The day: nothing after it is looked at.
    pub as_of: NaiveDate,
    /// The dividends.
    pub paid: Vec<PaidDividend>,
}

impl DividendHistory {
    /// The history of a position's instrument: what the market knows of it; where that is nothing, what the ledger
    /// records, by unit held before the payment.
    ///
    /// # Errors
    /// [`Reason::OutOfRange`](crate::Reason::OutOfRange) for amounts that cannot be computed exactly.
    pub fn of_position(position: &Position, market: &Market, as_of: NaiveDate) -> Figure<Self> {
        let instrument = market.instrument(&position.symbol);
        let known = instrument.filter(|instrument| !instrument.dividends().is_empty());
        let amounts = known.map_or_else(|| recorded(position), |instrument| Ok(announced(instrument)))?;
        Self::new(&amounts, &position.splits, (position.currency, market.rates()), as_of)
    }

    /// The history of an instrument that need not be held.
    ///
    /// # Errors
    /// [`Reason::OutOfRange`](crate::Reason::OutOfRange) for amounts that cannot be computed exactly.
    pub fn of_instrument(instrument: &InstrumentData, rates: &Rates, as_of: NaiveDate) -> Figure<Self> {
        Self::new(&announced(instrument), instrument.splits(), (instrument.currency(), rates), as_of)
    }

    fn new(
        amounts: &[Amount],
        splits: &[Split],
        (listing, rates): (Currency, &Rates),
        as_of: NaiveDate,
    ) -> Figure<Self> {
        let paid =
            amounts.iter().filter(|(ex_date, ..)| *ex_date <= as_of).map(|(ex_date, amount, currency)| {
                let per_unit = splits::carried(*amount, splits, *ex_date, as_of)?;
                let listed = rates.on(*currency, listing, *ex_date).and_then(|on| per_unit.times(on.rate));
                let (ex_date, currency) = (*ex_date, *currency);
                Ok(PaidDividend { ex_date, per_unit, currency, listed, is_special: false })
            });
        let mut history = Self { as_of, paid: paid.collect::<Figure<_>>()? };
        let special: Vec<_> = (0..history.paid.len()).map(|index| history.is_special(index)).collect();
        history.paid.iter_mut().zip(special).for_each(|(paid, is_special)| paid.is_special = is_special);
        Ok(history)
    }

    /// The dividends that are not special.
    pub fn regular(&self) -> impl DoubleEndedIterator<Item = &PaidDividend> {
        self.paid.iter().filter(|paid| !paid.is_special)
    }

    /// Whether a further dividend would be special beside those of the two years before it.
    pub(crate) fn would_be_special(&self, ex_date: NaiveDate, per_unit: Decimal, currency: Currency) -> bool {
        out_of_line(per_unit, self.compared(ex_date, currency).map(|(_, paid)| paid.per_unit).collect())
    }

    fn is_special(&self, index: usize) -> bool {
        let Some(paid) = self.paid.get(index) else { return false };
        let others = self.compared(paid.ex_date, paid.currency).filter(|(other, _)| *other != index);
        out_of_line(paid.per_unit, others.map(|(_, other)| other.per_unit).collect())
    }

    /// The dividends in the same currency around a day.
    fn compared(&self, day: NaiveDate, currency: Currency) -> impl Iterator<Item = (usize, &PaidDividend)> {
        let span = Days::new(COMPARED_DAYS);
        let from = day.checked_sub_days(span).unwrap_or(NaiveDate::MIN);
        let until = day.checked_add_days(span).unwrap_or(NaiveDate::MAX);
        let start = self.paid.partition_point(|paid| paid.ex_date < from);
        let around =
            self.paid.iter().enumerate().skip(start).take_while(move |(_, paid)| paid.ex_date <= until);
        around.filter(move |(_, paid)| paid.currency == currency)
    }
}

/// Ex-date, amount per unit of that day and currency.
type Amount = (NaiveDate, Decimal, Currency);

fn announced(instrument: &InstrumentData) -> Vec<Amount> {
    let amount = |dividend: &bellwether_domain::CashDividend| {
        (dividend.ex_date, dividend.amount, dividend.currency.unwrap_or(instrument.currency()))
    };
    instrument.dividends().iter().map(amount).collect()
}

/// By unit held before the day; payments of one day and currency are one.
fn recorded(position: &Position) -> Figure<Vec<Amount>> {
    let mut amounts: Vec<Amount> = Vec::new();
    for paid in &position.income {
        let units = position.quantity_before(paid.date);
        if units.is_zero() {
            continue;
        }
        let per_unit = paid.gross.over(units)?;
        match amounts.iter_mut().find(|(date, _, currency)| *date == paid.date && *currency == paid.currency)
        {
            Some((_, sum, _)) => *sum = sum.plus(per_unit)?,
            None => amounts.push((paid.date, per_unit, paid.currency)),
        }
    }
    amounts.retain(|(_, per_unit, _)| *per_unit > Decimal::ZERO);
    Ok(amounts)
}

fn out_of_line(amount: Decimal, mut others: Vec<Decimal>) -> bool {
    if others.len() < COMPARED {
        return false;
    }
    others.sort_unstable();
    let middle = others.len() / 2;
    // Of an even number the higher of the two in the middle: in doubt a dividend is a regular one.
    others.get(middle).and_then(|median| median.checked_mul(SPECIAL)).is_some_and(|limit| amount > limit)
}
