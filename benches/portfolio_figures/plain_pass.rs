//! The least that the arithmetic could cost: reading the data once and doing one operation with each piece.

use std::hint::black_box;

use bellwether_domain::{Booking, Transaction};
use rust_decimal::Decimal;

/// One column of floats for each holding, a value on every calendar day.
pub(crate) struct Columns {
    prices: Vec<Vec<f64>>,
    sums: Vec<f64>,
}

impl Columns {
    pub(crate) fn new(holdings: usize, days: usize) -> Self {
        Self {
            prices: (0..holdings).map(|number| vec![40.0 + number as f64; days]).collect(),
            sums: vec![0.0; days],
        }
    }

    /// Multiplies and adds them all.
    pub(crate) fn value(&mut self) -> f64 {
        self.sums.fill(0.0);
        for (prices, quantity) in self.prices.iter().zip(1..) {
            let quantity = f64::from(quantity);
            for (sum, price) in self.sums.iter_mut().zip(black_box(prices)) {
                *sum += quantity * price;
            }
        }
        self.sums[self.sums.len() - 1]
    }
}

/// What the trades of a ledger cost in all, in decimals.
pub(crate) fn paid(ledger: &[Transaction]) -> Decimal {
    let cost = |transaction: &Transaction| match &transaction.booking {
        Booking::Buy(trade) => trade.cost(),
        Booking::Sell { trade, .. } => -trade.proceeds(),
        _ => Decimal::ZERO,
    };
    ledger.iter().map(cost).sum()
}
