//! Cash by what it came from and went to.

use chrono::Datelike;
use rust_decimal::Decimal;
use serde::Serialize;

use super::{Books, CashEntry, CashKind};
use crate::figure::total;
use crate::{CalendarUnit, Figure, Period};

/// Movements of cash by their kind, in the base currency at the rates of their bookings. What came in is positive, and so
/// is what was spent on purchases, withdrawn or charged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CashSums {
    /// Paid in, recorded and inferred.
    pub deposits: Figure<Decimal>,
    /// The inferred part of it.
    pub inferred_deposits: Figure<Decimal>,
    /// Paid out.
    pub withdrawals: Figure<Decimal>,
    /// Spent on shares.
    pub purchases: Figure<Decimal>,
    /// Received for shares.
    pub sales: Figure<Decimal>,
    /// Dividends after tax and fee.
    pub dividends: Figure<Decimal>,
    /// Interest after tax; negative where more was charged.
    pub interest: Figure<Decimal>,
    /// Fees that belong to no trade; negative where more came back.
    pub fees: Figure<Decimal>,
    /// Taxes that belong to no trade; likewise.
    pub taxes: Figure<Decimal>,
    /// All that came in less all that went out.
    pub net: Figure<Decimal>,
}

/// The movements of a calendar month, quarter or year.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CashOf {
    /// The year.
    pub year: i32,
    /// Which month or quarter of it, from 1; 1 for a year.
    pub number: u32,
    /// How much moved.
    pub sums: CashSums,
}

impl CashSums {
    /// Those of a period, or of all days when `None`.
    pub fn of(books: &Books, period: Option<Period>) -> Self {
        let entries = books.cash().entries.iter();
        let entries: Vec<_> =
            entries.filter(|entry| period.is_none_or(|period| period.contains(entry.date))).collect();
        Self::of_entries(&entries)
    }

    /// Those of each month, quarter or year in which cash moved, oldest first.
    pub fn by(books: &Books, unit: CalendarUnit) -> Vec<CashOf> {
        let place = |entry: &CashEntry| (entry.date.year(), unit.number(entry.date));
        let entries: Vec<&CashEntry> = books.cash().entries.iter().collect();
        let of_unit = |entries: &[&CashEntry]| {
            let (year, number) = entries.first().map(|entry| place(entry)).unwrap_or_default();
            CashOf { year, number, sums: Self::of_entries(entries) }
        };
        entries.chunk_by(|one, other| place(one) == place(other)).map(of_unit).collect()
    }

    fn of_entries(entries: &[&CashEntry]) -> Self {
        let sum = |counts: &dyn Fn(&CashEntry) -> bool| {
            total(entries.iter().filter(|entry| counts(entry)).map(|entry| &entry.base))
        };
        let of = |kind: CashKind| sum(&move |entry| entry.kind == kind);
        let spent = |kind| of(kind).map(|amount| -amount);
        Self {
            deposits: of(CashKind::Deposit),
            inferred_deposits: sum(&|entry| entry.kind == CashKind::Deposit && entry.inferred),
            withdrawals: spent(CashKind::Withdrawal),
            purchases: spent(CashKind::Purchase),
            sales: of(CashKind::Sale),
            dividends: of(CashKind::Dividend),
            interest: of(CashKind::Interest),
            fees: spent(CashKind::Fee),
            taxes: spent(CashKind::Tax),
            net: sum(&|_| true),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Ledger, date, decimal, market, options, quoted};

    #[test]
    fn cash_is_added_up_by_kind_and_by_quarter() {
        // 1,000 paid in and 1,200 spent: 200 are inferred. Then 5 of 10 are sold at 130, and 100 taken out.
        let ledger = Ledger::default()
            .deposit("2024-01-02", "1000")
            .buy("2024-01-03", "A", "10", "120")
            .sell("2024-04-02", "A", "5", "130")
            .withdraw("2024-04-03", "100");
        let market = market([("A", quoted(&[("2024-01-03", 120.0)]))]);
        let books = Books::replay(&ledger.0, &market, &options(), date("2024-06-28")).expect("a ledger");
        let all = CashSums::of(&books, None);
        let known = |figure: &Figure<Decimal>| figure.clone().expect("an amount");
        assert_eq!((known(&all.deposits), known(&all.inferred_deposits)), (decimal("1200"), decimal("200")));
        assert_eq!((known(&all.purchases), known(&all.sales)), (decimal("1200"), decimal("650")));
        assert_eq!((known(&all.withdrawals), known(&all.net)), (decimal("100"), decimal("550")));
        let quarters = CashSums::by(&books, CalendarUnit::Quarter);
        let net: Vec<_> = quarters.iter().map(|of| (of.year, of.number, known(&of.sums.net))).collect();
        assert_eq!(net, [(2024, 1, decimal("0")), (2024, 2, decimal("550"))]);
        let second = Period { from: date("2024-03-31"), to: date("2024-06-28") };
        assert_eq!(CashSums::of(&books, Some(second)), quarters[1].sums);
    }
}
