//! What is left of each purchase.

use bellwether_domain::TransactionId;
use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::figures::{LotFigures, Valued};
use crate::books::{Lot, Position};
use crate::derivation::Compute;
use crate::figure::total;
use crate::{Books, Figure, Market};

/// What is held of a lot, in all accounts, in the base currency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldLot {
    /// What opened it.
    pub opened_by: TransactionId,
    /// The day it was acquired.
    pub acquired: NaiveDate,
    /// Shares that are left.
    pub quantity: Figure<Decimal>,
    /// Their cost.
    pub cost: Figure<Decimal>,
    /// Their market value.
    pub value: Figure<Decimal>,
    /// Value less cost.
    pub unrealised: Figure<Decimal>,
}

impl HeldLot {
    /// The lots of a position on the books' day, in their order.
    pub fn of_position(position: &Position, books: &Books, market: &Market) -> Vec<Self> {
        let valued = Valued::new(position, books, market);
        let mut opened: Vec<&Lot> = Vec::new();
        for lot in &position.lots {
            if opened.iter().all(|known| known.transaction != lot.transaction) {
                opened.push(lot);
            }
        }
        let held = |first: &&Lot| {
            let parts = position.lots.iter().filter(|lot| lot.transaction == first.transaction);
            let (quantities, figures): (Vec<_>, Vec<_>) = parts
                .map(|lot| (Ok(lot.quantity), LotFigures::new(&mut Compute, (position, lot), books, &valued)))
                .unzip();
            Self {
                opened_by: first.transaction,
                acquired: first.acquired,
                quantity: total(&quantities),
                cost: total(figures.iter().map(|part| &part.cost)),
                value: total(figures.iter().map(|part| &part.value)),
                unrealised: total(figures.iter().map(|part| &part.unrealised)),
            }
        };
        opened.iter().map(held).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Ledger, decimal, market, quoted};

    #[test]
    fn a_lot_is_what_is_left_of_it() {
        // 10 bought at 20 and 5 at 30; 6 of the first are sold. At 40 the 4 left of it are worth 160 and cost 80.
        let ledger = Ledger::default()
            .buy("2024-01-02", "A", "10", "20")
            .buy("2024-02-01", "A", "5", "30")
            .sell("2024-03-01", "A", "6", "35");
        let market = market([("A", quoted(&[("2024-01-02", 20.0), ("2024-06-28", 40.0)]))]);
        let books = ledger.books(&market, "2024-06-28");
        let lots = HeldLot::of_position(&books.positions()[0], &books, &market);
        let of = |lot: &HeldLot| {
            let known = |figure: &Figure<Decimal>| figure.clone().expect("an amount");
            (lot.opened_by, known(&lot.quantity), known(&lot.cost), known(&lot.value), known(&lot.unrealised))
        };
        let told: Vec<_> = lots.iter().map(of).collect();
        let first = (ledger.id(1), decimal("4"), decimal("80"), decimal("160"), decimal("80"));
        let second = (ledger.id(2), decimal("5"), decimal("150"), decimal("200"), decimal("50"));
        assert_eq!(told, [first, second]);
    }
}
