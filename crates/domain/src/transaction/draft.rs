//! Drafts, and the one validation that makes transactions of them.

mod faults;
mod invalid;
mod limits;
#[cfg(test)]
mod tests;

use std::collections::HashSet;
use std::fmt::Write;

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use self::limits::{
    MAX_ACCOUNT, MAX_NOTE, MAX_PRICE_SCALE, cost_share, not_negative, not_zero, positive, price_in_range,
    words,
};
use super::{Booking, LotChoice, Trade, Transaction, TransactionKind};
use crate::{Currency, Quantity, SplitRatio, Symbol, TransactionId};

pub use invalid::InvalidTransaction;

/// What somebody says a transaction is: every field there is, most of them absent.
///
/// | kind | fields it needs | fields it may have |
/// |---|---|---|
/// | buy | symbol, quantity, price (or amount) | fee, tax |
/// | sell | symbol, quantity, price (or amount) | fee, tax, lots |
/// | dividend | symbol, amount | tax, fee |
/// | reinvestment | symbol, quantity, price (or amount) | amount, fee, tax withheld |
/// | deposit, withdrawal | amount | |
/// | fee, tax | amount, negative for a refund | symbol |
/// | interest | amount, negative when charged | tax |
/// | split | symbol, ratio | cash in lieu |
/// | transfer-in | symbol, quantity | price: cost per unit; fee, acquired |
/// | transfer-out | symbol, quantity | fee, lots |
/// | spin-off | symbol, other symbol, ratio, cost share | cash in lieu |
/// | merger | symbol; other symbol with ratio, or price: cash per share, or both | cash in lieu, cost share of the cash |
/// | ticker-change | symbol, other symbol | |
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TransactionDraft {
    /// What kind it is.
    pub kind: TransactionKind,
    /// The day.
    pub date: NaiveDate,
    /// The instrument.
    pub symbol: Option<Symbol>,
    /// The instrument that comes out of a spin-off, merger or ticker change.
    pub other_symbol: Option<Symbol>,
    /// How many units.
    pub quantity: Option<Decimal>,
    /// Per unit.
    pub price: Option<Decimal>,
    /// In all, before fee and tax.
    pub amount: Option<Decimal>,
    /// Fee.
    pub fee: Option<Decimal>,
    /// Tax.
    pub tax: Option<Decimal>,
    /// New and old shares of a split, spin-off or merger.
    pub ratio: Option<SplitRatio>,
    /// Part of the cost, 0 to 1: a spin-off's that moves to the other symbol, a merger's that belongs to its cash.
    pub cost_share: Option<Decimal>,
    /// Paid for the fraction of a share that a split, spin-off or merger left.
    pub cash_in_lieu: Option<Decimal>,
    /// The lots that leave; empty: those of the portfolio's cost method.
    #[serde(default)]
    pub lots: Vec<LotChoice>,
    /// The day on which transferred shares were first acquired.
    pub acquired: Option<NaiveDate>,
    /// Currency of the amounts.
    pub currency: Currency,
    /// Base currency per unit of `currency`.
    pub fx_rate: Option<Decimal>,
    /// The account.
    pub account: String,
    /// Words.
    pub note: String,
}

impl TransactionDraft {
    /// A draft with nothing but kind, date and currency.
    pub fn new(kind: TransactionKind, date: NaiveDate, currency: Currency) -> Self {
        Self {
            kind,
            date,
            symbol: None,
            other_symbol: None,
            quantity: None,
            price: None,
            amount: None,
            fee: None,
            tax: None,
            ratio: None,
            cost_share: None,
            cash_in_lieu: None,
            lots: Vec::new(),
            acquired: None,
            currency,
            fx_rate: None,
            account: String::new(),
            note: String::new(),
        }
    }

    /// The facts of an existing transaction.
    pub fn of(transaction: &Transaction) -> Self {
        let mut draft = Self::new(transaction.booking.kind(), transaction.date, transaction.currency);
        draft.symbol = transaction.booking.symbol().cloned();
        draft.other_symbol = transaction.booking.other_symbol().cloned();
        draft.fx_rate = transaction.fx_rate;
        draft.account.clone_from(&transaction.account);
        draft.note.clone_from(&transaction.note);
        match &transaction.booking {
            Booking::Buy(trade) => draft.fill_trade(trade),
            Booking::Sell { trade, lots } => {
                draft.fill_trade(trade);
                draft.lots.clone_from(lots);
            }
            Booking::Reinvestment { purchase, gross, withheld } => {
                draft.fill_trade(purchase);
                draft.amount = Some(*gross);
                draft.tax = some_unless_zero(*withheld);
            }
            Booking::Dividend { gross, tax, fee, .. } => {
                draft.amount = Some(*gross);
                draft.tax = some_unless_zero(*tax);
                draft.fee = some_unless_zero(*fee);
            }
            Booking::Deposit { amount }
            | Booking::Withdrawal { amount }
            | Booking::Fee { amount, .. }
            | Booking::Tax { amount, .. } => draft.amount = Some(*amount),
            Booking::Interest { gross, tax } => {
                draft.amount = Some(*gross);
                draft.tax = some_unless_zero(*tax);
            }
            Booking::Split { ratio, cash_in_lieu, .. } => {
                draft.ratio = Some(*ratio);
                draft.cash_in_lieu = some_unless_zero(*cash_in_lieu);
            }
            Booking::TransferIn { quantity, unit_cost, fee, acquired, .. } => {
                draft.quantity = Some(quantity.get());
                draft.price = Some(*unit_cost);
                draft.fee = some_unless_zero(*fee);
                draft.acquired = *acquired;
            }
            Booking::TransferOut { quantity, fee, lots, .. } => {
                draft.quantity = Some(quantity.get());
                draft.fee = some_unless_zero(*fee);
                draft.lots.clone_from(lots);
            }
            Booking::SpinOff { ratio, cost_share, cash_in_lieu, .. } => {
                draft.ratio = Some(*ratio);
                draft.cost_share = Some(*cost_share);
                draft.cash_in_lieu = some_unless_zero(*cash_in_lieu);
            }
            Booking::Merger { ratio, cash_per_share, cash_in_lieu, cost_share, .. } => {
                draft.ratio = *ratio;
                draft.price = some_unless_zero(*cash_per_share);
                draft.cash_in_lieu = some_unless_zero(*cash_in_lieu);
                draft.cost_share = *cost_share;
            }
            Booking::TickerChange { .. } => {}
        }
        draft
    }

    /// Checks the draft and gives it an identity and its place in the day.
    ///
    /// # Errors
    /// [`InvalidTransaction`] with what the person should change. Whether there are shares enough for a sale is
    /// the ledger's question, not the draft's.
    pub fn check(
        &self,
        id: TransactionId,
        sequence: i64,
        today: NaiveDate,
    ) -> Result<Transaction, InvalidTransaction> {
        if self.date > today {
            return Err(InvalidTransaction::Future(self.date));
        }
        not_too_early(self.date)?;
        let fx_rate = match self.fx_rate {
            Some(rate) => Some(positive(rate, "the exchange rate")?),
            None => None,
        };
        Ok(Transaction {
            id,
            date: self.date,
            sequence,
            booking: self.booking()?,
            currency: self.currency,
            fx_rate,
            account: words(&self.account, "the account", MAX_ACCOUNT)?,
            note: words(&self.note, "the note", MAX_NOTE)?,
        })
    }

    /// The text that two tellings of the same transaction share, whatever the spelling of their numbers. Account
    /// and note do not count.
    pub fn fingerprint(&self) -> String {
        let number = |value: Option<Decimal>| {
            value.filter(|v| !v.is_zero()).map(|v| v.normalize().to_string()).unwrap_or_default()
        };
        let ratio = self.ratio.map(|r| format!("{}:{}", r.new, r.old)).unwrap_or_default();
        let mut text = format!(
            "{}|{}|{}|{}|{}|{}|{}|{}|{}|{}",
            self.kind,
            self.date,
            self.symbol.as_ref().map_or("", Symbol::as_str),
            number(self.quantity),
            number(self.price),
            number(self.amount),
            number(self.fee),
            number(self.tax),
            ratio,
            self.currency
        );
        // Only where they are told, so that ledgers keep the fingerprints they were stored with.
        let mut told = |name: &str, value: &dyn std::fmt::Display| {
            // Writing to a String cannot fail.
            let _ = write!(text, "|{name}={value}");
        };
        if let Some(symbol) = &self.other_symbol {
            told("into", symbol);
        }
        if let Some(share) = self.cost_share {
            told("cost", &share.normalize());
        }
        if let Some(cash) = self.cash_in_lieu.filter(|cash| !cash.is_zero()) {
            told("lieu", &cash.normalize());
        }
        if let Some(day) = self.acquired {
            told("acquired", &day);
        }
        for lot in &self.lots {
            told("lot", &format_args!("{}:{}", lot.opened_by, lot.quantity));
        }
        text
    }

    fn fill_trade(&mut self, trade: &Trade) {
        self.quantity = Some(trade.quantity.get());
        self.price = Some(trade.price);
        self.fee = some_unless_zero(trade.fee);
        self.tax = some_unless_zero(trade.tax);
    }

    fn booking(&self) -> Result<Booking, InvalidTransaction> {
        let fee = not_negative(self.fee, "the fee")?;
        let tax = not_negative(self.tax, "the tax")?;
        let cash_in_lieu = not_negative(self.cash_in_lieu, "the cash in lieu")?;
        Ok(match self.kind {
            TransactionKind::Buy => Booking::Buy(self.trade(tax)?),
            TransactionKind::Sell => {
                let trade = self.trade(tax)?;
                let lots = self.lots_of(trade.quantity)?;
                Booking::Sell { trade, lots }
            }
            TransactionKind::Dividend => {
                Booking::Dividend { symbol: self.symbol()?, gross: self.amount()?, tax, fee }
            }
            TransactionKind::Reinvestment => {
                let purchase = self.trade(Decimal::ZERO)?;
                let gross = match self.amount {
                    Some(amount) => positive(amount, "the amount")?,
                    None => purchase.cost() + tax,
                };
                Booking::Reinvestment { purchase, gross, withheld: tax }
            }
            TransactionKind::Deposit => Booking::Deposit { amount: self.amount()? },
            TransactionKind::Withdrawal => Booking::Withdrawal { amount: self.amount()? },
            TransactionKind::Fee => {
                Booking::Fee { symbol: self.symbol.clone(), amount: self.signed_amount()? }
            }
            TransactionKind::Tax => {
                Booking::Tax { symbol: self.symbol.clone(), amount: self.signed_amount()? }
            }
            TransactionKind::Interest => Booking::Interest { gross: self.signed_amount()?, tax },
            TransactionKind::Split => {
                Booking::Split { symbol: self.symbol()?, ratio: self.ratio()?, cash_in_lieu }
            }
            TransactionKind::TransferIn => Booking::TransferIn {
                symbol: self.symbol()?,
                quantity: self.quantity()?,
                unit_cost: price_in_range(self.price.unwrap_or_default(), "the price")?,
                fee,
                acquired: self.acquired()?,
            },
            TransactionKind::TransferOut => {
                let quantity = self.quantity()?;
                Booking::TransferOut { symbol: self.symbol()?, quantity, fee, lots: self.lots_of(quantity)? }
            }
            TransactionKind::SpinOff => Booking::SpinOff {
                symbol: self.symbol()?,
                into: self.other_symbol()?,
                ratio: self.ratio()?,
                cost_share: cost_share(self.given(self.cost_share, "the share of the cost that moves")?)?,
                cash_in_lieu,
            },
            TransactionKind::Merger => self.merger(cash_in_lieu)?,
            TransactionKind::TickerChange => {
                Booking::TickerChange { symbol: self.symbol()?, into: self.other_symbol()? }
            }
        })
    }

    fn merger(&self, cash_in_lieu: Decimal) -> Result<Booking, InvalidTransaction> {
        let symbol = self.symbol()?;
        let cash_per_share = price_in_range(self.price.unwrap_or_default(), "the cash per share")?;
        if self.other_symbol.is_none() {
            if cash_per_share.is_zero() {
                let field = "the other symbol, or the cash per share as its price";
                return Err(InvalidTransaction::Missing { kind: self.kind, field });
            }
            return Ok(Booking::Merger {
                symbol,
                into: None,
                ratio: None,
                cash_per_share,
                cash_in_lieu: Decimal::ZERO,
                cost_share: None,
            });
        }
        // Without cash there is nothing that a part of the cost could belong to.
        let of_cash = self.cost_share.filter(|_| !cash_per_share.is_zero()).map(cost_share).transpose()?;
        Ok(Booking::Merger {
            symbol,
            into: Some(self.other_symbol()?),
            ratio: Some(self.ratio()?),
            cash_per_share,
            cash_in_lieu,
            cost_share: of_cash,
        })
    }

    fn trade(&self, tax: Decimal) -> Result<Trade, InvalidTransaction> {
        let quantity = self.quantity()?;
        let price = match (self.price, self.amount) {
            (Some(price), _) => price_in_range(price, "the price")?,
            (None, Some(amount)) => {
                (positive(amount, "the amount")? / quantity.get()).round_dp(MAX_PRICE_SCALE)
            }
            (None, None) => return Err(InvalidTransaction::Missing { kind: self.kind, field: "a price" }),
        };
        Ok(Trade { symbol: self.symbol()?, quantity, price, fee: not_negative(self.fee, "the fee")?, tax })
    }

    fn symbol(&self) -> Result<Symbol, InvalidTransaction> {
        self.given(self.symbol.clone(), "a symbol")
    }

    fn other_symbol(&self) -> Result<Symbol, InvalidTransaction> {
        let other = self.given(self.other_symbol.clone(), "the other symbol")?;
        if self.symbol.as_ref() == Some(&other) {
            return Err(InvalidTransaction::SameSymbol(other));
        }
        Ok(other)
    }

    fn quantity(&self) -> Result<Quantity, InvalidTransaction> {
        Ok(Quantity::new(self.given(self.quantity, "a quantity")?)?)
    }

    fn amount(&self) -> Result<Decimal, InvalidTransaction> {
        positive(self.given(self.amount, "an amount")?, "the amount")
    }

    fn signed_amount(&self) -> Result<Decimal, InvalidTransaction> {
        not_zero(self.given(self.amount, "an amount")?, "the amount")
    }

    fn ratio(&self) -> Result<SplitRatio, InvalidTransaction> {
        self.given(self.ratio, "a ratio of new to old shares")
    }

    fn acquired(&self) -> Result<Option<NaiveDate>, InvalidTransaction> {
        let Some(acquired) = self.acquired else { return Ok(None) };
        if acquired > self.date {
            return Err(InvalidTransaction::AcquiredLater { acquired, date: self.date });
        }
        not_too_early(acquired)?;
        // The day of the transfer itself says nothing more.
        Ok((acquired < self.date).then_some(acquired))
    }

    fn lots_of(&self, quantity: Quantity) -> Result<Vec<LotChoice>, InvalidTransaction> {
        let mut seen = HashSet::with_capacity(self.lots.len());
        if let Some(again) = self.lots.iter().find(|lot| !seen.insert(lot.opened_by)) {
            return Err(InvalidTransaction::LotTwice(again.opened_by));
        }
        // Quantities are far too small for their sum to overflow, unless there are more lots than memory.
        let lots: Decimal = self.lots.iter().map(|lot| lot.quantity.get()).sum();
        if !self.lots.is_empty() && lots != quantity.get() {
            return Err(InvalidTransaction::LotsSum { lots: lots.normalize(), quantity: quantity.get() });
        }
        Ok(self.lots.clone())
    }

    fn given<T>(&self, value: Option<T>, field: &'static str) -> Result<T, InvalidTransaction> {
        value.ok_or(InvalidTransaction::Missing { kind: self.kind, field })
    }
}

fn some_unless_zero(value: Decimal) -> Option<Decimal> {
    (!value.is_zero()).then_some(value)
}

fn not_too_early(day: NaiveDate) -> Result<(), InvalidTransaction> {
    if day < NaiveDate::from_ymd_opt(1900, 1, 1).unwrap_or(NaiveDate::MIN) {
        return Err(InvalidTransaction::TooEarly(day));
    }
    Ok(())
}
