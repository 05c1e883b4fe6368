//! What a ledger consists of.
//!
//! A [`TransactionDraft`] is what a person, a file or a database row says; [`TransactionDraft::check`] is the one
//! place where it becomes a [`Transaction`], whose [`Booking`] holds exactly the facts that its kind needs.

mod draft;

use std::fmt;
use std::str::FromStr;

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::{Currency, Quantity, SplitRatio, Symbol, TransactionId};

pub use draft::{InvalidTransaction, TransactionDraft};

/// The kinds of transactions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TransactionKind {
    /// Shares bought for cash.
    Buy,
    /// Shares sold for cash.
    Sell,
    /// A cash dividend.
    Dividend,
    /// A dividend that bought shares at once.
    Reinvestment,
    /// Cash paid in.
    Deposit,
    /// Cash paid out.
    Withdrawal,
    /// A fee that belongs to no trade.
    Fee,
    /// Interest on cash, received; negative when charged.
    Interest,
    /// A split recorded by hand.
    Split,
    /// Shares that came from elsewhere, with their cost.
    TransferIn,
    /// Shares that went elsewhere.
    TransferOut,
}

impl TransactionKind {
    /// All kinds, in the order in which lists show them.
    pub const ALL: [Self; 11] = [
        Self::Buy,
        Self::Sell,
        Self::Dividend,
        Self::Reinvestment,
        Self::Deposit,
        Self::Withdrawal,
        Self::Fee,
        Self::Interest,
        Self::Split,
        Self::TransferIn,
        Self::TransferOut,
    ];

    /// The word that is stored and exported.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Buy => "buy",
            Self::Sell => "sell",
            Self::Dividend => "dividend",
            Self::Reinvestment => "reinvestment",
            Self::Deposit => "deposit",
            Self::Withdrawal => "withdrawal",
            Self::Fee => "fee",
            Self::Interest => "interest",
            Self::Split => "split",
            Self::TransferIn => "transfer-in",
            Self::TransferOut => "transfer-out",
        }
    }
}

impl fmt::Display for TransactionKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// The text names no kind of transaction.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is no kind of transaction: use buy, sell, dividend, deposit, withdrawal, fee, interest, split or transfer"
)]
pub struct InvalidKind(String);

impl FromStr for TransactionKind {
    type Err = InvalidKind;

    /// Reads the stored words and the usual other names, whatever their case: `BOUGHT`, `Purchase`, `Div`.
    fn from_str(text: &str) -> Result<Self, InvalidKind> {
        let word: String = text
            .trim()
            .to_ascii_lowercase()
            .chars()
            .map(|c| if matches!(c, ' ' | '_') { '-' } else { c })
            .collect();
        Ok(match word.as_str() {
            "buy" | "bought" | "purchase" | "b" => Self::Buy,
            "sell" | "sold" | "sale" | "s" => Self::Sell,
            "dividend" | "div" | "cash-dividend" => Self::Dividend,
            "reinvestment" | "reinvest" | "drip" | "dividend-reinvestment" => Self::Reinvestment,
            "deposit" => Self::Deposit,
            "withdrawal" | "withdraw" => Self::Withdrawal,
            "fee" => Self::Fee,
            "interest" => Self::Interest,
            "split" | "stock-split" => Self::Split,
            "transfer-in" => Self::TransferIn,
            "transfer-out" => Self::TransferOut,
            _ => return Err(InvalidKind(text.chars().take(40).collect())),
        })
    }
}

/// Shares exchanged for cash.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trade {
    /// What is traded.
    pub symbol: Symbol,
    /// How many, in the units of the day.
    pub quantity: Quantity,
    /// Per unit, in the transaction's currency; zero for shares received for nothing.
    pub price: Decimal,
    /// Paid to the broker for this trade; not in `price`.
    pub fee: Decimal,
    /// Transaction tax; not in `price`.
    pub tax: Decimal,
}

impl Trade {
    /// Quantity times price, before fee and tax.
    pub fn gross(&self) -> Decimal {
        self.quantity.get() * self.price
    }

    /// What a purchase costs: gross plus fee and tax.
    pub fn cost(&self) -> Decimal {
        self.gross() + self.fee + self.tax
    }

    /// What a sale brings: gross less fee and tax.
    pub fn proceeds(&self) -> Decimal {
        self.gross() - self.fee - self.tax
    }
}

/// The facts of a transaction by its kind. Amounts are positive, the kind gives the direction; only interest may
/// be negative, when it was charged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Booking {
    /// Shares bought for cash.
    Buy(Trade),
    /// Shares sold for cash.
    Sell(Trade),
    /// A cash dividend.
    Dividend {
        /// Who paid.
        symbol: Symbol,
        /// Before tax and fee.
        gross: Decimal,
        /// Withheld at the source.
        tax: Decimal,
        /// Kept by the broker.
        fee: Decimal,
    },
    /// A dividend that bought shares at once: income and purchase in one.
    Reinvestment {
        /// The purchase.
        purchase: Trade,
        /// The dividend before tax. What the purchase did not use stays as cash.
        gross: Decimal,
        /// Withheld at the source.
        withheld: Decimal,
    },
    /// Cash paid in.
    Deposit {
        /// How much.
        amount: Decimal,
    },
    /// Cash paid out.
    Withdrawal {
        /// How much.
        amount: Decimal,
    },
    /// A fee that belongs to no trade.
    Fee {
        /// The instrument that caused it, if one did.
        symbol: Option<Symbol>,
        /// How much.
        amount: Decimal,
    },
    /// Interest on cash.
    Interest {
        /// Before tax; negative when charged.
        gross: Decimal,
        /// Withheld.
        tax: Decimal,
    },
    /// A split recorded by hand, for what no source reports.
    Split {
        /// Whose split.
        symbol: Symbol,
        /// The ratio.
        ratio: SplitRatio,
    },
    /// Shares that came from elsewhere.
    TransferIn {
        /// What came.
        symbol: Symbol,
        /// How many.
        quantity: Quantity,
        /// Their cost per unit where they came from.
        unit_cost: Decimal,
    },
    /// Shares that went elsewhere, with their cost.
    TransferOut {
        /// What went.
        symbol: Symbol,
        /// How many.
        quantity: Quantity,
    },
}

impl Booking {
    /// Its kind.
    pub fn kind(&self) -> TransactionKind {
        match self {
            Self::Buy(_) => TransactionKind::Buy,
            Self::Sell(_) => TransactionKind::Sell,
            Self::Dividend { .. } => TransactionKind::Dividend,
            Self::Reinvestment { .. } => TransactionKind::Reinvestment,
            Self::Deposit { .. } => TransactionKind::Deposit,
            Self::Withdrawal { .. } => TransactionKind::Withdrawal,
            Self::Fee { .. } => TransactionKind::Fee,
            Self::Interest { .. } => TransactionKind::Interest,
            Self::Split { .. } => TransactionKind::Split,
            Self::TransferIn { .. } => TransactionKind::TransferIn,
            Self::TransferOut { .. } => TransactionKind::TransferOut,
        }
    }

    /// The instrument it concerns, if one.
    pub fn symbol(&self) -> Option<&Symbol> {
        match self {
            Self::Buy(trade) | Self::Sell(trade) | Self::Reinvestment { purchase: trade, .. } => {
                Some(&trade.symbol)
            }
            Self::Dividend { symbol, .. }
            | Self::Split { symbol, .. }
            | Self::TransferIn { symbol, .. }
            | Self::TransferOut { symbol, .. } => Some(symbol),
            Self::Fee { symbol, .. } => symbol.as_ref(),
            Self::Deposit { .. } | Self::Withdrawal { .. } | Self::Interest { .. } => None,
        }
    }
}

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
