//! Dividends, interest and separate fees.

use bellwether_domain::{Currency, Symbol, TransactionId};
use chrono::NaiveDate;
use rust_decimal::Decimal;

use crate::Figure;
use crate::exact::Exact;

/// What kind of income.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IncomeKind {
    /// A cash dividend, reinvested ones included.
    Dividend,
    /// Interest on cash; negative when it was charged.
    Interest,
}

/// One payment of income, on the day it was paid or, when inferred, on the ex-date.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Income {
    /// The day.
    pub date: NaiveDate,
    /// What it is.
    pub kind: IncomeKind,
    /// The ex-date that the market knows for a dividend.
    pub ex_date: Option<NaiveDate>,
    /// Who paid; `None` for interest.
    pub symbol: Option<Symbol>,
    /// The transaction that records it; `None` when it is inferred from a known dividend and the shares held.
    pub transaction: Option<TransactionId>,
    /// Shares that had the right to an inferred dividend, in the units of the ex-date.
    pub units: Option<Decimal>,
    /// The currency of the amounts.
    pub currency: Currency,
    /// Before tax and fee.
    pub gross: Decimal,
    /// Withheld.
    pub tax: Decimal,
    /// Kept by the broker.
    pub fee: Decimal,
    /// Base currency per unit of `currency` on the day.
    pub rate: Figure<Decimal>,
}

impl Income {
    /// Whether the ledger does not record it.
    pub fn is_inferred(&self) -> bool {
        self.transaction.is_none()
    }

    /// What arrived, in its own currency.
    ///
    /// # Errors
    /// [`Reason::OutOfRange`](crate::Reason::OutOfRange) for amounts that no ledger has.
    pub fn net(&self) -> Figure<Decimal> {
        self.gross.minus(self.tax)?.minus(self.fee)
    }

    /// What arrived, in the base currency.
    ///
    /// # Errors
    /// When no exchange rate is known.
    pub fn net_in_base(&self) -> Figure<Decimal> {
        self.net()?.times(self.rate.clone()?)
    }

    /// One of its amounts in the base currency.
    pub(crate) fn in_base(&self, amount: Decimal) -> Figure<Decimal> {
        amount.times(self.rate.clone()?)
    }
}

/// What a charge is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChargeKind {
    /// A fee.
    Fee,
    /// A tax.
    Tax,
}

/// A fee or tax that belongs to no trade; negative when it came back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Charge {
    /// The day.
    pub date: NaiveDate,
    /// Whether it is a fee or a tax.
    pub kind: ChargeKind,
    /// The instrument that caused it, if one did.
    pub symbol: Option<Symbol>,
    /// The transaction.
    pub transaction: TransactionId,
    /// The currency of the amount.
    pub currency: Currency,
    /// How much.
    pub amount: Decimal,
    /// In the base currency.
    pub base: Figure<Decimal>,
}
