//! What a tax return asks for: gains by lot, and the income of a year.

mod holding_period;
mod sums;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use bellwether_domain::{Symbol, TransactionId};
use chrono::{Datelike, Months, NaiveDate};
use rust_decimal::Decimal;
use serde::Serialize;

pub use holding_period::{HoldingPeriod, Term};
pub use sums::{IncomeSums, RealisedSums, SymbolSums};

use crate::exact::Exact;
use crate::{Books, ChargeKind, ClosedLot, Figure, Period, Reason};

/// The tax year that begins on a day of a calendar year and ends the day before the same day of the next: month 1 and
/// day 1 for the calendar year, month 4 and day 6 for the United Kingdom.
///
/// # Errors
/// [`Reason::NoSuchDay`] for a day that not every year has.
pub fn tax_year(year: i32, month: u32, day: u32) -> Figure<Period> {
    let first = NaiveDate::from_ymd_opt(year, month, day).ok_or(Reason::NoSuchDay)?;
    let next = first.checked_add_months(Months::new(12)).filter(|next| next.day() == day);
    let last = next.and_then(|next| next.pred_opt()).ok_or(Reason::NoSuchDay)?;
    Period::since(first, last)
}

/// Shares of one lot that were sold in the year. Money is in the base currency at the rates of the bookings: the cost
/// at the purchase's, the proceeds at the sale's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RealisedLot {
    /// Which of the books it comes from, counted from 0.
    pub books: usize,
    /// The instrument.
    pub symbol: Symbol,
    /// What opened the lot.
    pub opened_by: TransactionId,
    /// The sale.
    pub closed_by: TransactionId,
    /// The day of acquisition; of shares owed the day of their sale.
    pub acquired: NaiveDate,
    /// The day of the sale; of shares owed the day they were covered.
    pub sold: NaiveDate,
    /// Shares, in the units of the day of the sale; negative for shares that had been owed.
    pub quantity: Decimal,
    /// What they brought, after fee and tax; of shares owed less what was paid for them.
    pub proceeds: Figure<Decimal>,
    /// What they cost, with fee and tax; of shares owed less what their sale brought.
    pub cost: Figure<Decimal>,
    /// Proceeds less cost.
    pub gain: Figure<Decimal>,
    /// The fees in cost and proceeds.
    pub fees: Figure<Decimal>,
    /// The transaction taxes in cost and proceeds.
    pub taxes: Figure<Decimal>,
    /// Days from acquisition to sale.
    pub days_held: i64,
    /// Whether that is long.
    pub term: Term,
}

impl RealisedLot {
    fn new(books: usize, symbol: &Symbol, lot: &ClosedLot, rule: HoldingPeriod) -> Self {
        // Charges add to a cost and lessen proceeds, where they are negative.
        let charged = |cost: Figure<Decimal>, proceeds: Figure<Decimal>| cost?.minus(proceeds?);
        let is_owed = lot.quantity.is_sign_negative();
        Self {
            books,
            symbol: symbol.clone(),
            opened_by: lot.opened_by,
            closed_by: lot.closed_by,
            acquired: lot.acquired,
            sold: lot.sold,
            quantity: lot.quantity,
            proceeds: lot.proceeds.base.clone(),
            cost: lot.cost.base.clone(),
            gain: lot.gain(),
            fees: charged(lot.cost.fees().base, lot.proceeds.fees().base),
            taxes: charged(lot.cost.taxes().base, lot.proceeds.taxes().base),
            days_held: lot.sold.signed_duration_since(lot.acquired).num_days(),
            term: if is_owed { Term::Short } else { rule.term(lot.acquired, lot.sold) },
        }
    }

    /// Its place in the report.
    fn place(&self) -> (NaiveDate, &Symbol, NaiveDate, usize, TransactionId, TransactionId) {
        (self.sold, &self.symbol, self.acquired, self.books, self.closed_by, self.opened_by)
    }
}

/// The lots that were closed in a year, in the order of the report.
pub(crate) fn closed_in<'b>(
    books: &[&'b Books],
    year: Period,
    rule: HoldingPeriod,
) -> Vec<(RealisedLot, &'b ClosedLot)> {
    let mut lots = Vec::new();
    for (index, books) in books.iter().enumerate() {
        for position in books.positions() {
            let closed = position.closed_lots.iter().filter(|lot| year.contains(lot.sold));
            lots.extend(closed.map(|lot| (RealisedLot::new(index, &position.symbol, lot, rule), lot)));
        }
    }
    lots.sort_by(|(one, _), (other, _)| one.place().cmp(&other.place()));
    lots
}

/// The realised gains and the income of a tax year, of one portfolio or several.
///
/// It is arithmetic, not advice. Losses are not deferred: no wash sales, no superficial losses, no pooling other than the
/// books' cost method.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TaxYearReport {
    /// The year.
    pub year: Period,
    /// The last day that the books know: before the year's end while it runs.
    pub until: NaiveDate,
    /// How long shares must have been held to count as long.
    pub rule: HoldingPeriod,
    /// Every lot that was closed in the year, by day of sale, symbol and day of acquisition.
    pub lots: Vec<RealisedLot>,
    /// All lots.
    pub realised: RealisedSums,
    /// Those held for a short time.
    pub short_term: RealisedSums,
    /// Those held for a long time.
    pub long_term: RealisedSums,
    /// Dividends and interest.
    pub income: IncomeSums,
    /// Taxes that belong to no trade and no payment, less those that came back, in the base currency.
    pub taxes: Figure<Decimal>,
    /// The same by instrument, for those that were sold or paid, or named by a tax, in the year.
    pub by_symbol: Vec<SymbolSums>,
}

impl TaxYearReport {
    /// The year in the books of one portfolio or several, which must have one base currency. Several portfolios are
    /// put beside each other: none sells the lots of another.
    ///
    /// # Errors
    /// [`Reason::NotHeld`] without any books, [`Reason::MixedCurrencies`] when they have different base currencies. An amount
    /// whose rate is not known makes the sums that contain it unknown, not the report.
    pub fn new(books: &[&Books], year: Period, rule: HoldingPeriod) -> Figure<Self> {
        let first = books.first().ok_or(Reason::NotHeld)?;
        let base = first.options().base;
        if books.iter().any(|other| other.options().base != base) {
            return Err(Reason::MixedCurrencies);
        }
        let lots: Vec<_> = closed_in(books, year, rule).into_iter().map(|(lot, _)| lot).collect();
        let mut by_symbol: BTreeMap<Symbol, SymbolSums> = BTreeMap::new();
        let mut income = IncomeSums::default();
        let mut taxes = Ok(Decimal::ZERO);
        for books in books {
            let charges = books.positions().iter().flat_map(|position| &position.charges);
            for tax in books.charges().iter().chain(charges) {
                if tax.kind != ChargeKind::Tax || !year.contains(tax.date) {
                    continue;
                }
                sums::add(&mut taxes, tax.base.clone());
                if let Some(symbol) = &tax.symbol {
                    sums::add(&mut SymbolSums::of(symbol, &mut by_symbol).taxes, tax.base.clone());
                }
            }
            for payment in books.income().into_iter().filter(|payment| year.contains(payment.date)) {
                income.add(payment);
                if let Some(symbol) = &payment.symbol {
                    SymbolSums::of(symbol, &mut by_symbol).income.add(payment);
                }
            }
        }
        let mut sums = [(); 3].map(|()| RealisedSums::default());
        let [realised, short_term, long_term] = &mut sums;
        for lot in &lots {
            realised.add(lot);
            (if lot.term == Term::Long { &mut *long_term } else { &mut *short_term }).add(lot);
            SymbolSums::of(&lot.symbol, &mut by_symbol).add(lot);
        }
        let [realised, short_term, long_term] = sums;
        let known = books.iter().map(|books| books.as_of()).min().unwrap_or(year.to);
        Ok(Self {
            year,
            until: known.min(year.to),
            rule,
            lots,
            realised,
            short_term,
            long_term,
            income,
            taxes,
            by_symbol: by_symbol.into_values().collect(),
        })
    }
}
