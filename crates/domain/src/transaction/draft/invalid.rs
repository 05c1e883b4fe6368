//! What can be wrong with a draft.

use chrono::NaiveDate;
use rust_decimal::Decimal;

use crate::{InvalidQuantity, Symbol, TransactionId, TransactionKind};

/// Why a draft is no transaction. The text tells the person what to change.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidTransaction {
    /// A field that the kind needs is absent.
    #[error("a {kind} needs {field}")]
    Missing {
        /// The kind.
        kind: TransactionKind,
        /// The field, with its article.
        field: &'static str,
    },
    /// A number that must be positive is not.
    #[error("{field} must be greater than zero")]
    NotPositive {
        /// The field, with its article.
        field: &'static str,
    },
    /// A number that must not be negative is.
    #[error("{field} must not be negative")]
    Negative {
        /// The field, with its article.
        field: &'static str,
    },
    /// A number that says nothing when it is zero.
    #[error("{field} must not be zero")]
    Zero {
        /// The field, with its article.
        field: &'static str,
    },
    /// A number beyond what any account has, or finer than any venue states.
    #[error("{field} is out of range")]
    OutOfRange {
        /// The field, with its article.
        field: &'static str,
    },
    /// Words with characters that cannot be printed.
    #[error("{field} has characters that cannot be printed")]
    Unprintable {
        /// The field, with its article.
        field: &'static str,
    },
    /// Words that are too many.
    #[error("{field} is longer than {longest} characters")]
    TooLong {
        /// The field, with its article.
        field: &'static str,
        /// How many characters it may have.
        longest: usize,
    },
    /// A bad quantity.
    #[error(transparent)]
    Quantity(#[from] InvalidQuantity),
    /// After today.
    #[error("the date {0} is in the future")]
    Future(NaiveDate),
    /// Before any market that is supported.
    #[error("the date {0} is before 1900")]
    TooEarly(NaiveDate),
    /// A share of the cost that is no share.
    #[error("the share of the cost must be between 0 and 1, not {0}: write 25 % as 0.25")]
    CostShare(Decimal),
    /// The instrument that comes out is the one that went in.
    #[error("the other symbol must not be {0} again")]
    SameSymbol(Symbol),
    /// Acquired after it was transferred.
    #[error("the shares cannot have been acquired on {acquired}, after their transfer on {date}")]
    AcquiredLater {
        /// The day of acquisition.
        acquired: NaiveDate,
        /// The day of the transfer.
        date: NaiveDate,
    },
    /// Chosen lots that do not make up the quantity.
    #[error("the chosen lots have {lots} shares in all, not {quantity}")]
    LotsSum {
        /// The lots' sum.
        lots: Decimal,
        /// What leaves.
        quantity: Decimal,
    },
    /// One lot chosen more than once.
    #[error("the lot of {0} is chosen twice")]
    LotTwice(TransactionId),
}
