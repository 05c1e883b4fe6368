//! Changes to a copy of a ledger.

use bellwether_domain::{Booking, CostMethod, Quantity, Symbol, Trade, Transaction, TransactionId};
use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::Figure;
use crate::books::cost_share;
use crate::exact::Exact;

/// What is done differently.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Change {
    /// The transaction never happened.
    Remove(TransactionId),
    /// It happened on another day.
    Move {
        /// Which.
        transaction: TransactionId,
        /// The other day.
        to: NaiveDate,
    },
    /// It was of more shares, or fewer. A sale or transfer of chosen lots then takes those of the cost method.
    Resize {
        /// Which.
        transaction: TransactionId,
        /// How many shares.
        quantity: Quantity,
        /// What becomes of its fee.
        fee: FeeAfterResize,
    },
    /// It was a deposit, withdrawal, dividend, fee, tax or interest of another amount, before what is withheld.
    Amount {
        /// Which.
        transaction: TransactionId,
        /// How much, in its currency.
        amount: Decimal,
    },
    /// It was a trade at another price.
    Price {
        /// Which.
        transaction: TransactionId,
        /// Per share, in its currency.
        price: Decimal,
    },
    /// A trade, or every purchase and sale, cost another fee.
    Fee {
        /// Which; `None` for all purchases and sales.
        transaction: Option<TransactionId>,
        /// The other fee.
        fee: FeeTerms,
    },
    /// The cost of sold shares is found in another way.
    CostMethod(CostMethod),
    /// The portfolio is compared with another benchmark.
    Benchmark(Symbol),
}

/// What becomes of a trade's fee when its size changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FeeAfterResize {
    /// It stays as it was.
    Kept,
    /// It changes with the number of shares, and so does the tax.
    Scaled,
}

/// What a broker takes for a trade.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FeeTerms {
    /// So much, in the trade's currency.
    Flat(Decimal),
    /// This part of quantity times price: 0.001 is 0.1 %.
    Rate(Decimal),
}

/// Why a change does not fit the ledger.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidChange {
    /// There is no such transaction, or an earlier change removed it.
    #[error("there is no transaction {0}")]
    Unknown(TransactionId),
    /// The transaction has nothing of that kind to change.
    #[error("transaction {0} has no {1}")]
    Without(TransactionId, &'static str),
    /// Only interest, fees and taxes can be negative.
    #[error("a {0} cannot be negative")]
    Negative(&'static str),
    /// The amounts are beyond what can be computed.
    #[error("the changed amounts of transaction {0} are too large to be computed")]
    TooLarge(TransactionId),
}

/// A copy of a ledger with changes, which take effect one after another. Of the cost method and the benchmark the
/// ledger knows nothing.
///
/// # Errors
/// [`InvalidChange`] for the first change that does not fit.
pub fn what_if(transactions: &[Transaction], changes: &[Change]) -> Result<Vec<Transaction>, InvalidChange> {
    let mut changed = transactions.to_vec();
    for change in changes {
        match change {
            Change::Remove(id) => {
                let place = place_of(&changed, *id)?;
                changed.remove(place);
            }
            Change::Move { transaction, to } => {
                let place = place_of(&changed, *transaction)?;
                changed[place].date = *to;
            }
            Change::Resize { transaction, quantity, fee } => {
                let place = place_of(&changed, *transaction)?;
                resize(&mut changed[place], *quantity, *fee)?;
            }
            Change::Amount { transaction, amount } => {
                let place = place_of(&changed, *transaction)?;
                set_amount(&mut changed[place], *amount)?;
            }
            Change::Price { transaction, price } => {
                let place = place_of(&changed, *transaction)?;
                let trade = trade_of(&mut changed[place].booking);
                let trade = trade.ok_or(InvalidChange::Without(*transaction, "price"))?;
                trade.price = not_negative(*price, "price")?;
            }
            Change::Fee { transaction: Some(id), fee } => {
                let place = place_of(&changed, *id)?;
                let trade = trade_of(&mut changed[place].booking);
                charge(trade.ok_or(InvalidChange::Without(*id, "fee of a trade"))?, *fee, *id)?;
            }
            Change::Fee { transaction: None, fee } => {
                for transaction in &mut changed {
                    if let Booking::Buy(trade) | Booking::Sell { trade, .. } = &mut transaction.booking {
                        charge(trade, *fee, transaction.id)?;
                    }
                }
            }
            Change::CostMethod(_) | Change::Benchmark(_) => {}
        }
    }
    Ok(changed)
}

fn place_of(transactions: &[Transaction], id: TransactionId) -> Result<usize, InvalidChange> {
    let place = transactions.iter().position(|transaction| transaction.id == id);
    place.ok_or(InvalidChange::Unknown(id))
}

fn trade_of(booking: &mut Booking) -> Option<&mut Trade> {
    match booking {
        Booking::Buy(trade) | Booking::Sell { trade, .. } | Booking::Reinvestment { purchase: trade, .. } => {
            Some(trade)
        }
        _ => None,
    }
}

fn charge(trade: &mut Trade, fee: FeeTerms, id: TransactionId) -> Result<(), InvalidChange> {
    trade.fee = match fee {
        FeeTerms::Flat(amount) => not_negative(amount, "fee")?,
        FeeTerms::Rate(rate) => {
            let rate = not_negative(rate, "fee")?;
            known(trade.quantity.get().times(trade.price).and_then(|gross| gross.times(rate)), id)?
        }
    };
    Ok(())
}

fn resize(transaction: &mut Transaction, to: Quantity, fee: FeeAfterResize) -> Result<(), InvalidChange> {
    let id = transaction.id;
    if let Some(trade) = trade_of(&mut transaction.booking) {
        if fee == FeeAfterResize::Scaled {
            let scaled = |amount| known(cost_share(amount, to.get(), trade.quantity.get()), id);
            (trade.fee, trade.tax) = (scaled(trade.fee)?, scaled(trade.tax)?);
        }
        trade.quantity = to;
    }
    match &mut transaction.booking {
        Booking::Sell { lots, .. } => lots.clear(),
        Booking::TransferOut { quantity, lots, .. } => {
            *quantity = to;
            lots.clear();
        }
        Booking::TransferIn { quantity, .. } => *quantity = to,
        Booking::Buy(_) | Booking::Reinvestment { .. } => {}
        _ => return Err(InvalidChange::Without(id, "number of shares")),
    }
    Ok(())
}

fn set_amount(transaction: &mut Transaction, to: Decimal) -> Result<(), InvalidChange> {
    match &mut transaction.booking {
        Booking::Deposit { amount } => *amount = not_negative(to, "deposit")?,
        Booking::Withdrawal { amount } => *amount = not_negative(to, "withdrawal")?,
        Booking::Dividend { gross, .. } => *gross = not_negative(to, "dividend")?,
        Booking::Fee { amount, .. }
        | Booking::Tax { amount, .. }
        | Booking::Interest { gross: amount, .. } => {
            *amount = to;
        }
        _ => return Err(InvalidChange::Without(transaction.id, "amount")),
    }
    Ok(())
}

fn not_negative(amount: Decimal, what: &'static str) -> Result<Decimal, InvalidChange> {
    if amount < Decimal::ZERO { Err(InvalidChange::Negative(what)) } else { Ok(amount) }
}

fn known(amount: Figure<Decimal>, id: TransactionId) -> Result<Decimal, InvalidChange> {
    amount.ok().ok_or(InvalidChange::TooLarge(id))
}
