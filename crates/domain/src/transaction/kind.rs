//! The kinds of transactions and their words.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

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
    /// Shares of another company for each share held, which keeps trading.
    SpinOff,
    /// All shares become another company's, cash, or both.
    Merger,
    /// The same company under another symbol.
    TickerChange,
    /// A tax that belongs to no trade.
    Tax,
}

impl TransactionKind {
    /// All kinds, in the order in which lists show them.
    pub const ALL: [Self; 15] = [
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
        Self::SpinOff,
        Self::Merger,
        Self::TickerChange,
        Self::Tax,
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
            Self::SpinOff => "spin-off",
            Self::Merger => "merger",
            Self::TickerChange => "ticker-change",
            Self::Tax => "tax",
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
    "{0:?} is no kind of transaction: use buy, sell, dividend, deposit, withdrawal, fee, tax, interest, split, \
     spin-off, merger, ticker-change, transfer-in or transfer-out"
)]
pub struct InvalidKind(String);

impl InvalidKind {
    /// What was given in its place.
    pub fn given(&self) -> &str {
        &self.0
    }
}

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
            "spin-off" | "spinoff" => Self::SpinOff,
            "merger" | "takeover" => Self::Merger,
            "ticker-change" | "symbol-change" => Self::TickerChange,
            "tax" | "taxes" => Self::Tax,
            _ => return Err(InvalidKind(text.chars().take(40).collect())),
        })
    }
}
