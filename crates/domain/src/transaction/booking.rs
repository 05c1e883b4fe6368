//! What happened, with exactly the facts that its kind needs.

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::TransactionKind;
use crate::{Quantity, SplitRatio, Symbol, TransactionId};

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

/// Shares of one lot, picked by name to leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct LotChoice {
    /// What opened the lot: the purchase, reinvestment or transfer.
    pub opened_by: TransactionId,
    /// How many of its shares, in the units of the day on which they leave.
    pub quantity: Quantity,
}

/// The facts of a transaction by its kind. Amounts are positive, the kind gives the direction; only interest, fees and
/// taxes that belong to no trade may be negative: interest when it was charged, the others when they came back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Booking {
    /// Shares bought for cash.
    Buy(Trade),
    /// Shares sold for cash.
    Sell {
        /// The sale.
        #[serde(flatten)]
        trade: Trade,
        /// The lots that are sold, which sum to the trade's quantity; empty: those of the portfolio's cost method.
        #[serde(default)]
        lots: Vec<LotChoice>,
    },
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
        /// How much; negative for a refund.
        amount: Decimal,
    },
    /// A tax that belongs to no trade and no dividend.
    Tax {
        /// The instrument that caused it, if one did.
        symbol: Option<Symbol>,
        /// How much; negative for a refund.
        amount: Decimal,
    },
    /// Interest on cash.
    Interest {
        /// Before tax; negative when charged.
        gross: Decimal,
        /// Withheld.
        tax: Decimal,
    },
    /// A split recorded by hand, for what no source reports or for the cash that it brought.
    Split {
        /// Whose split.
        symbol: Symbol,
        /// The ratio.
        ratio: SplitRatio,
        /// Paid for the fraction of a share that the split left; zero: fractions are kept.
        #[serde(default)]
        cash_in_lieu: Decimal,
    },
    /// Shares that came from elsewhere.
    TransferIn {
        /// What came.
        symbol: Symbol,
        /// How many.
        quantity: Quantity,
        /// Their cost per unit where they came from, before `fee`.
        unit_cost: Decimal,
        /// Paid for the transfer.
        #[serde(default)]
        fee: Decimal,
        /// The day on which they were first acquired; the day of the transfer when `None`.
        #[serde(default)]
        acquired: Option<NaiveDate>,
    },
    /// Shares that went elsewhere, with their cost.
    TransferOut {
        /// What went.
        symbol: Symbol,
        /// How many.
        quantity: Quantity,
        /// Paid for the transfer.
        #[serde(default)]
        fee: Decimal,
        /// The lots that go, which sum to the quantity; empty: those of the portfolio's cost method.
        #[serde(default)]
        lots: Vec<LotChoice>,
    },
    /// Shares of another company for each share held, which keeps trading. The new lots keep the days of the old.
    SpinOff {
        /// Who spins off.
        symbol: Symbol,
        /// What is spun off.
        into: Symbol,
        /// `new` shares of `into` for `old` of `symbol`.
        ratio: SplitRatio,
        /// The part of each lot's cost that moves to `into`: 0 to 1.
        cost_share: Decimal,
        /// Paid for the fraction of a share of `into`; zero: fractions are kept.
        cash_in_lieu: Decimal,
    },
    /// All shares become another company's, cash, or both.
    Merger {
        /// What is taken over.
        symbol: Symbol,
        /// What its holders receive; `None`: cash alone. With a ratio where there is one.
        into: Option<Symbol>,
        /// `new` shares of `into` for `old` of `symbol`.
        ratio: Option<SplitRatio>,
        /// Cash for each share of `symbol`.
        cash_per_share: Decimal,
        /// Paid for the fraction of a share of `into`; zero: fractions are kept.
        cash_in_lieu: Decimal,
        /// The part of the cost that belongs to the cash, 0 to 1; by value on the day when `None`. Only with both
        /// shares and cash.
        cost_share: Option<Decimal>,
    },
    /// The same company under another symbol: from this day on, and with everything that was booked before it.
    TickerChange {
        /// The old symbol.
        symbol: Symbol,
        /// The new one.
        into: Symbol,
    },
}

impl Booking {
    /// Its kind.
    pub fn kind(&self) -> TransactionKind {
        match self {
            Self::Buy(_) => TransactionKind::Buy,
            Self::Sell { .. } => TransactionKind::Sell,
            Self::Dividend { .. } => TransactionKind::Dividend,
            Self::Reinvestment { .. } => TransactionKind::Reinvestment,
            Self::Deposit { .. } => TransactionKind::Deposit,
            Self::Withdrawal { .. } => TransactionKind::Withdrawal,
            Self::Fee { .. } => TransactionKind::Fee,
            Self::Tax { .. } => TransactionKind::Tax,
            Self::Interest { .. } => TransactionKind::Interest,
            Self::Split { .. } => TransactionKind::Split,
            Self::TransferIn { .. } => TransactionKind::TransferIn,
            Self::TransferOut { .. } => TransactionKind::TransferOut,
            Self::SpinOff { .. } => TransactionKind::SpinOff,
            Self::Merger { .. } => TransactionKind::Merger,
            Self::TickerChange { .. } => TransactionKind::TickerChange,
        }
    }

    /// The instrument it concerns, if one: of two, the one that was held before.
    pub fn symbol(&self) -> Option<&Symbol> {
        match self {
            Self::Buy(trade) | Self::Sell { trade, .. } | Self::Reinvestment { purchase: trade, .. } => {
                Some(&trade.symbol)
            }
            Self::Dividend { symbol, .. }
            | Self::Split { symbol, .. }
            | Self::TransferIn { symbol, .. }
            | Self::TransferOut { symbol, .. }
            | Self::SpinOff { symbol, .. }
            | Self::Merger { symbol, .. }
            | Self::TickerChange { symbol, .. } => Some(symbol),
            Self::Fee { symbol, .. } | Self::Tax { symbol, .. } => symbol.as_ref(),
            Self::Deposit { .. } | Self::Withdrawal { .. } | Self::Interest { .. } => None,
        }
    }

    /// The instrument that comes out of a spin-off, merger or ticker change.
    pub fn other_symbol(&self) -> Option<&Symbol> {
        match self {
            Self::SpinOff { into, .. } | Self::TickerChange { into, .. } => Some(into),
            Self::Merger { into, .. } => into.as_ref(),
            _ => None,
        }
    }

    /// All instruments it names: none, one, or two.
    pub fn symbols(&self) -> impl Iterator<Item = &Symbol> {
        self.symbol().into_iter().chain(self.other_symbol())
    }
}
