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
    /// A sale or transfer names a lot that has not so many shares left, or lies in another account.
    #[error(
        "{wanted} {symbol} of one chosen lot leave on {date}{}, but it has {held} left there: choose other lots, or \
         correct the quantity", of_account(.account)
    )]
    LotNotHeld {
        /// The sale or transfer.
        transaction: TransactionId,
        /// What leaves.
        symbol: Symbol,
        /// The account that it leaves; empty for the portfolio's only one.
        account: String,
        /// The day.
        date: NaiveDate,
        /// What opened the lot.
        opened_by: TransactionId,
        /// Shares of the lot in the account at that point, in the units of the day.
        held: Decimal,
        /// Shares of the lot that leave.
        wanted: Decimal,
    },
    /// The lots that a sale or transfer names do not sum to its quantity.
    #[error(
        "the lots chosen for the {wanted} {symbol} that leave on {date} are not as many shares: correct one of them"
    )]
    LotsOfAnotherSum {
        /// The sale or transfer.
        transaction: TransactionId,
        /// What leaves.
        symbol: Symbol,
        /// The day.
        date: NaiveDate,
        /// Shares that leave.
        wanted: Decimal,
    },
    /// A spin-off or merger of an instrument into itself.
    #[error("the {kind} on {date} turns an instrument into itself: correct one of its symbols")]
    IntoItself {
        /// The transaction.
        transaction: TransactionId,
        /// Its kind.
        kind: TransactionKind,
        /// The day.
        date: NaiveDate,
    },
    /// A split or dividend that makes quantities or amounts beyond what can be computed exactly.
    #[error(
        "the split or dividend of {symbol} with the ex-date {date} is too large: if the ledger records it, correct it \
         there, else the source of prices tells it wrongly"
    )]
    ActionOutOfRange {
        /// Whose split or dividend.
        symbol: Symbol,
        /// Its ex-date.
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
            | Self::LotNotHeld { date, .. }
            | Self::LotsOfAnotherSum { date, .. }
            | Self::IntoItself { date, .. }
            | Self::ActionOutOfRange { date, .. }
            | Self::OutOfRange { date, .. } => *date,
        }
    }

    /// The transaction that the owner should look at.
    pub fn transaction(&self) -> Option<TransactionId> {
        match self {
            Self::NotEnoughShares { transaction, .. }
            | Self::LotNotHeld { transaction, .. }
            | Self::LotsOfAnotherSum { transaction, .. }
            | Self::IntoItself { transaction, .. } => Some(*transaction),
            Self::OutOfRange { transaction, .. } => *transaction,
            Self::ActionOutOfRange { .. } => None,
        }
    }
}

fn of_account(account: &str) -> String {
    if account.is_empty() { String::new() } else { format!(" from account {account}") }
}
