//! A transaction as a row, and back.

use std::collections::HashMap;

use bellwether_domain::{
    Booking, InstrumentId, LotChoice, Quantity, SplitRatio, Symbol, Trade, Transaction, TransactionDraft,
    TransactionId, TransactionKind, epoch_day, from_epoch_day,
};
use diesel::prelude::*;
use rust_decimal::Decimal;

use crate::StorageError;
use crate::columns::{Amount, ChosenLots, Key};
use crate::schema::transactions;

/// The facts of a transaction: what an edit may change.
#[derive(Debug, Clone, Insertable, AsChangeset, Queryable, Selectable)]
#[diesel(table_name = transactions, treat_none_as_null = true, treat_none_as_default_value = false)]
pub(crate) struct Facts {
    pub(crate) kind: String,
    pub(crate) trade_date: i32,
    pub(crate) sequence: i64,
    pub(crate) instrument_id: Option<i32>,
    pub(crate) quantity: Option<Amount>,
    pub(crate) price: Option<Amount>,
    pub(crate) amount: Option<Amount>,
    pub(crate) fee: Option<Amount>,
    pub(crate) tax: Option<Amount>,
    pub(crate) ratio_new: Option<Amount>,
    pub(crate) ratio_old: Option<Amount>,
    pub(crate) currency: String,
    pub(crate) fx_rate: Option<Amount>,
    pub(crate) account: String,
    pub(crate) note: String,
    pub(crate) fingerprint: String,
    pub(crate) updated_at: i64,
    pub(crate) other_instrument_id: Option<i32>,
    pub(crate) cost_share: Option<Amount>,
    pub(crate) cash_in_lieu: Option<Amount>,
    pub(crate) lots: Option<ChosenLots>,
    pub(crate) acquired: Option<i32>,
}

impl Facts {
    /// The facts of a transaction, whose symbols are among the `instruments`.
    pub(crate) fn of(
        transaction: &Transaction,
        instruments: &HashMap<Symbol, InstrumentId>,
        fingerprint: &str,
        updated_at: i64,
    ) -> Self {
        let draft = TransactionDraft::of(transaction);
        let number_of = |symbol: &Option<Symbol>| Some(instruments.get(symbol.as_ref()?)?.0);
        Self {
            kind: draft.kind.as_str().to_owned(),
            trade_date: epoch_day(draft.date),
            sequence: transaction.sequence,
            instrument_id: number_of(&draft.symbol),
            quantity: draft.quantity.map(Amount),
            price: draft.price.map(Amount),
            amount: draft.amount.map(Amount),
            fee: draft.fee.map(Amount),
            tax: draft.tax.map(Amount),
            ratio_new: draft.ratio.map(|ratio| Amount(ratio.new)),
            ratio_old: draft.ratio.map(|ratio| Amount(ratio.old)),
            currency: draft.currency.to_string(),
            fx_rate: draft.fx_rate.map(Amount),
            account: draft.account,
            note: draft.note,
            fingerprint: fingerprint.to_owned(),
            updated_at,
            other_instrument_id: number_of(&draft.other_symbol),
            cost_share: draft.cost_share.map(Amount),
            cash_in_lieu: draft.cash_in_lieu.map(Amount),
            lots: (!draft.lots.is_empty()).then_some(ChosenLots(draft.lots)),
            acquired: draft.acquired.map(epoch_day),
        }
    }

    /// The transaction that was stored.
    ///
    /// It was checked before it was stored. Checking it again with today's limits could make a ledger unreadable that
    /// was written under yesterday's, so only what the types demand is demanded here.
    pub(crate) fn transaction(
        &self,
        id: Key,
        symbol: Option<Symbol>,
        other: Option<Symbol>,
    ) -> Result<Transaction, StorageError> {
        let id = TransactionId::from_uuid(id.0);
        self.booking(symbol, other)
            .and_then(|booking| {
                Ok(Transaction {
                    id,
                    date: from_epoch_day(self.trade_date),
                    sequence: self.sequence,
                    booking,
                    currency: self.currency.parse().map_err(|error| format!("{error}"))?,
                    fx_rate: self.fx_rate.map(|rate| rate.0),
                    account: self.account.clone(),
                    note: self.note.clone(),
                })
            })
            .map_err(|reason| StorageError::corrupt(format!("transaction {id}"), reason))
    }

    fn booking(&self, symbol: Option<Symbol>, other: Option<Symbol>) -> Result<Booking, String> {
        let kind: TransactionKind = self.kind.parse().map_err(|error| format!("{error}"))?;
        let (fee, tax) = (or_zero(self.fee), or_zero(self.tax));
        let needed = symbol.clone().ok_or_else(|| format!("a {kind} without a symbol"));
        let into = other.clone().ok_or_else(|| format!("a {kind} without the other symbol"));
        let cash_in_lieu = or_zero(self.cash_in_lieu);
        Ok(match kind {
            TransactionKind::Buy => Booking::Buy(self.trade(needed?, tax)?),
            TransactionKind::Sell => Booking::Sell { trade: self.trade(needed?, tax)?, lots: self.lots() },
            TransactionKind::Reinvestment => Booking::Reinvestment {
                purchase: self.trade(needed?, Decimal::ZERO)?,
                gross: self.amount()?,
                withheld: tax,
            },
            TransactionKind::Dividend => {
                Booking::Dividend { symbol: needed?, gross: self.amount()?, tax, fee }
            }
            TransactionKind::Deposit => Booking::Deposit { amount: self.amount()? },
            TransactionKind::Withdrawal => Booking::Withdrawal { amount: self.amount()? },
            TransactionKind::Fee => Booking::Fee { symbol, amount: self.amount()? },
            TransactionKind::Tax => Booking::Tax { symbol, amount: self.amount()? },
            TransactionKind::Interest => Booking::Interest { gross: self.amount()?, tax },
            TransactionKind::Split => Booking::Split { symbol: needed?, ratio: self.ratio()?, cash_in_lieu },
            TransactionKind::TransferIn => Booking::TransferIn {
                symbol: needed?,
                quantity: self.quantity()?,
                unit_cost: or_zero(self.price),
                fee,
                acquired: self.acquired.map(from_epoch_day),
            },
            TransactionKind::TransferOut => {
                Booking::TransferOut { symbol: needed?, quantity: self.quantity()?, fee, lots: self.lots() }
            }
            TransactionKind::SpinOff => Booking::SpinOff {
                symbol: needed?,
                into: into?,
                ratio: self.ratio()?,
                cost_share: self.cost_share.ok_or("no share of the cost")?.0,
                cash_in_lieu,
            },
            TransactionKind::Merger => Booking::Merger {
                symbol: needed?,
                ratio: other.as_ref().map(|_| self.ratio()).transpose()?,
                into: other,
                cash_per_share: or_zero(self.price),
                cash_in_lieu,
                cost_share: self.cost_share.map(|share| share.0),
            },
            TransactionKind::TickerChange => Booking::TickerChange { symbol: needed?, into: into? },
        })
    }

    fn lots(&self) -> Vec<LotChoice> {
        self.lots.as_ref().map(|lots| lots.0.clone()).unwrap_or_default()
    }

    fn trade(&self, symbol: Symbol, tax: Decimal) -> Result<Trade, String> {
        let price = self.price.ok_or("no price")?.0;
        Ok(Trade { symbol, quantity: self.quantity()?, price, fee: or_zero(self.fee), tax })
    }

    fn quantity(&self) -> Result<Quantity, String> {
        Quantity::new(self.quantity.ok_or("no quantity")?.0).map_err(|error| error.to_string())
    }

    fn amount(&self) -> Result<Decimal, String> {
        Ok(self.amount.ok_or("no amount")?.0)
    }

    fn ratio(&self) -> Result<SplitRatio, String> {
        let (new, old) = self.ratio_new.zip(self.ratio_old).ok_or("no ratio")?;
        SplitRatio::new(new.0, old.0).ok_or_else(|| format!("a ratio of {} to {}", new.0, old.0))
    }
}

fn or_zero(amount: Option<Amount>) -> Decimal {
    amount.map_or(Decimal::ZERO, |amount| amount.0)
}

/// A whole new row.
#[derive(Insertable)]
#[diesel(table_name = transactions, treat_none_as_default_value = false)]
pub(crate) struct NewRow {
    pub(crate) id: Key,
    pub(crate) portfolio_id: Key,
    pub(crate) user_id: Key,
    pub(crate) import_id: Option<Key>,
    pub(crate) created_at: i64,
    #[diesel(embed)]
    pub(crate) facts: Facts,
}

/// A row as it is read, with the ticker of its instrument.
#[derive(Queryable, Selectable)]
#[diesel(table_name = transactions)]
pub(crate) struct Row {
    pub(crate) id: Key,
    pub(crate) import_id: Option<Key>,
    pub(crate) created_at: i64,
    #[diesel(embed)]
    pub(crate) facts: Facts,
}
