//! What a ledger consists of.
//!
//! A [`TransactionDraft`] is what a person, a file or a database row says; [`TransactionDraft::check`] is the one
//! place where it becomes a [`Transaction`], whose [`Booking`] holds exactly the facts that its kind needs.

mod booking;
mod draft;
mod kind;

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::{Currency, TransactionId};

pub use booking::{Booking, LotChoice, Trade};
pub use draft::{InvalidTransaction, TransactionDraft};
pub use kind::{InvalidKind, TransactionKind};

/// One entry of a portfolio's ledger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transaction {
    /// Its identifier.
    pub id: TransactionId,
    /// The day, local to the account.
    pub date: NaiveDate,
    /// Its place among the transactions of a day: recorded order, lower first.
    pub sequence: i64,
    /// What happened.
    pub booking: Booking,
    /// Currency of all its amounts.
    pub currency: Currency,
    /// Base currency per unit of `currency` as booked; the rate of the day when `None`.
    pub fx_rate: Option<Decimal>,
    /// The account it belongs to; empty for the portfolio's only one.
    pub account: String,
    /// The user's words.
    pub note: String,
}
