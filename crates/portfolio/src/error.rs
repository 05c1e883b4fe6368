//! What is wrong with a ledger.

use bellwether_domain::{Symbol, TransactionId, TransactionKind};
use chrono::NaiveDate;
use rust_decimal::Decimal;

/// Why a ledger cannot be replayed. The text tells the owner what to change.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LedgerError {
    /// A sale or transfer of more shares than there are.
    #[error(
        "{wanted} {symbol} leave on {date}{}, but only {held} are held: record the missing purchase, transfer or \
         split, or correct the quantity", of_account(.account)
    )]
    NotEnoughShares {
        /// The sale or transfer.
        transaction: TransactionId,
        /// What is sold.
        symbol: Symbol,
        /// The account that it leaves; empty for the portfolio's only one.
        account: String,
        /// The day.
        date: NaiveDate,
        /// Shares in the account at that point, in the units of the day.
        held: Decimal,
        /// Shares that leave.
        wanted: Decimal,
    },
    /// A transaction whose effect on lots and cash is not computed yet.
    #[error("the {kind} on {date} cannot be computed yet")]
    NotComputed {
        /// The transaction.
        transaction: TransactionId,
        /// Its kind.
        kind: TransactionKind,
        /// The day.
        date: NaiveDate,
    },
    /// Amounts beyond what can be computed exactly.
    #[error("the amounts on {date} are too large: correct the quantity, price or ratio")]
    OutOfRange {
        /// The transaction, when one is at fault.
        transaction: Option<TransactionId>,
        /// The day.
        date: NaiveDate,
    },
}

impl LedgerError {
    /// The day on which the replay stops.
    pub fn date(&self) -> NaiveDate {
        match self {
            Self::NotEnoughShares { date, .. }
            | Self::NotComputed { date, .. }
            | Self::OutOfRange { date, .. } => *date,
        }
    }

    /// The transaction that the owner should look at.
    pub fn transaction(&self) -> Option<TransactionId> {
        match self {
            Self::NotEnoughShares { transaction, .. } | Self::NotComputed { transaction, .. } => {
                Some(*transaction)
            }
            Self::OutOfRange { transaction, .. } => *transaction,
        }
    }
}

fn of_account(account: &str) -> String {
    if account.is_empty() { String::new() } else { format!(" from account {account}") }
}
