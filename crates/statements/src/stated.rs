//! What a file states beside transactions: what should come out of them.

use bellwether_domain::{Currency, Symbol};
use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// A holding as a file states it, to compare with what its transactions come to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatedPosition {
    /// The physical line, from 1.
    pub line: usize,
    /// What is held.
    pub symbol: Symbol,
    /// How many units; negative when sold short.
    pub quantity: Decimal,
    /// Per unit, in `currency`.
    pub price: Option<Decimal>,
    /// What all of it cost, in `currency`.
    pub cost: Option<Decimal>,
    /// Of price and cost.
    pub currency: Currency,
    /// The day at whose close it was held; `None` when the file does not say.
    pub date: Option<NaiveDate>,
    /// The account; empty when the file does not say.
    pub account: String,
}

/// A balance of cash as a file states it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatedCash {
    /// The physical line, from 1.
    pub line: usize,
    /// How much; negative when borrowed.
    pub amount: Decimal,
    /// In which currency.
    pub currency: Currency,
    /// The day at whose end it was there; `None` when the file does not say.
    pub date: Option<NaiveDate>,
    /// The account; empty when the file does not say.
    pub account: String,
}

/// Shares that a split brought, or took when negative, of which the file does not tell the ratio.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatedSplit {
    /// The physical line, from 1.
    pub line: usize,
    /// Whose split.
    pub symbol: Symbol,
    /// The day.
    pub date: NaiveDate,
    /// How many shares came.
    pub shares: Decimal,
}
