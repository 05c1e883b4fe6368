//! Drafts, and the one validation that makes transactions of them.

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::{Booking, Trade, Transaction, TransactionKind};
use crate::{Currency, Quantity, SplitRatio, Symbol, TransactionId};

/// What somebody says a transaction is: every field there is, most of them absent.
///
/// | kind | fields it needs | fields it may have |
/// |---|---|---|
/// | buy, sell | symbol, quantity, price (or amount) | fee, tax |
/// | dividend | symbol, amount | tax, fee |
/// | reinvestment | symbol, quantity, price (or amount) | amount, fee, tax withheld |
/// | deposit, withdrawal | amount | |
/// | fee | amount | symbol |
/// | interest | amount, negative when charged | tax |
/// | split | symbol, ratio | |
/// | transfer-in | symbol, quantity | price: cost per unit |
/// | transfer-out | symbol, quantity | |
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TransactionDraft {
    /// What kind it is.
    pub kind: TransactionKind,
    /// The day.
    pub date: NaiveDate,
    /// The instrument.
    pub symbol: Option<Symbol>,
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
    /// New and old shares of a split.
    pub ratio: Option<SplitRatio>,
    /// Currency of the amounts.
    pub currency: Currency,
    /// Base currency per unit of `currency`.
    pub fx_rate: Option<Decimal>,
    /// The account.
    pub account: String,
    /// Words.
    pub note: String,
}

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
    /// A number beyond what any account has, or finer than any venue states.
    #[error("{field} is out of range")]
    OutOfRange {
        /// The field, with its article.
        field: &'static str,
    },
    /// A bad quantity.
    #[error(transparent)]
    Quantity(#[from] crate::InvalidQuantity),
    /// After today.
    #[error("the date {0} is in the future")]
    Future(NaiveDate),
    /// Before any market that is supported.
    #[error("the date {0} is before 1900")]
    TooEarly(NaiveDate),
}

/// Largest price or amount: 10^13.
const MAX_AMOUNT: Decimal = Decimal::from_parts(0x4e72_a000, 0x918, 0, false, 0);
/// Finest amount, in decimals.
const MAX_SCALE: u32 = 12;
/// Finest price: one that was found by dividing an amount by a quantity gives the amount back to far below a cent.
const MAX_PRICE_SCALE: u32 = 18;

impl TransactionDraft {
    /// A draft with nothing but kind, date and currency.
    pub fn new(kind: TransactionKind, date: NaiveDate, currency: Currency) -> Self {
        Self {
            kind,
            date,
            symbol: None,
            quantity: None,
            price: None,
            amount: None,
            fee: None,
            tax: None,
            ratio: None,
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
        draft.fx_rate = transaction.fx_rate;
        draft.account.clone_from(&transaction.account);
        draft.note.clone_from(&transaction.note);
        match &transaction.booking {
            Booking::Buy(trade) | Booking::Sell(trade) => {
                draft.quantity = Some(trade.quantity.get());
                draft.price = Some(trade.price);
                draft.fee = some_unless_zero(trade.fee);
                draft.tax = some_unless_zero(trade.tax);
            }
            Booking::Reinvestment { purchase, gross, withheld } => {
                draft.quantity = Some(purchase.quantity.get());
                draft.price = Some(purchase.price);
                draft.fee = some_unless_zero(purchase.fee);
                draft.amount = Some(*gross);
                draft.tax = some_unless_zero(*withheld);
            }
            Booking::Dividend { gross, tax, fee, .. } => {
                draft.amount = Some(*gross);
                draft.tax = some_unless_zero(*tax);
                draft.fee = some_unless_zero(*fee);
            }
            Booking::Deposit { amount } | Booking::Withdrawal { amount } | Booking::Fee { amount, .. } => {
                draft.amount = Some(*amount);
            }
            Booking::Interest { gross, tax } => {
                draft.amount = Some(*gross);
                draft.tax = some_unless_zero(*tax);
            }
            Booking::Split { ratio, .. } => draft.ratio = Some(*ratio),
            Booking::TransferIn { quantity, unit_cost, .. } => {
                draft.quantity = Some(quantity.get());
                draft.price = Some(*unit_cost);
            }
            Booking::TransferOut { quantity, .. } => draft.quantity = Some(quantity.get()),
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
        if self.date < NaiveDate::from_ymd_opt(1900, 1, 1).unwrap_or(NaiveDate::MIN) {
            return Err(InvalidTransaction::TooEarly(self.date));
        }
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
            account: self.account.trim().to_owned(),
            note: self.note.trim().to_owned(),
        })
    }

    /// The text that two tellings of the same transaction share, whatever the spelling of their numbers. Account
    /// and note do not count.
    pub fn fingerprint(&self) -> String {
        let number = |value: Option<Decimal>| {
            value.filter(|v| !v.is_zero()).map(|v| v.normalize().to_string()).unwrap_or_default()
        };
        let ratio = self.ratio.map(|r| format!("{}:{}", r.new, r.old)).unwrap_or_default();
        format!(
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
        )
    }

    fn booking(&self) -> Result<Booking, InvalidTransaction> {
        let fee = not_negative(self.fee, "the fee")?;
        let tax = not_negative(self.tax, "the tax")?;
        Ok(match self.kind {
            TransactionKind::Buy => Booking::Buy(self.trade(tax)?),
            TransactionKind::Sell => Booking::Sell(self.trade(tax)?),
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
            TransactionKind::Fee => Booking::Fee { symbol: self.symbol.clone(), amount: self.amount()? },
            TransactionKind::Interest => {
                let gross = self.given(self.amount, "an amount")?;
                if gross.is_zero() {
                    return Err(InvalidTransaction::NotPositive { field: "the amount" });
                }
                Booking::Interest { gross: in_range(gross, "the amount")?, tax }
            }
            TransactionKind::Split => Booking::Split {
                symbol: self.symbol()?,
                ratio: self.given(self.ratio, "a ratio of new to old shares")?,
            },
            TransactionKind::TransferIn => Booking::TransferIn {
                symbol: self.symbol()?,
                quantity: self.quantity()?,
                unit_cost: price_in_range(self.price.unwrap_or_default())?,
            },
            TransactionKind::TransferOut => {
                Booking::TransferOut { symbol: self.symbol()?, quantity: self.quantity()? }
            }
        })
    }

    fn trade(&self, tax: Decimal) -> Result<Trade, InvalidTransaction> {
        let quantity = self.quantity()?;
        let price = match (self.price, self.amount) {
            (Some(price), _) => price_in_range(price)?,
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

    fn quantity(&self) -> Result<Quantity, InvalidTransaction> {
        Ok(Quantity::new(self.given(self.quantity, "a quantity")?)?)
    }

    fn amount(&self) -> Result<Decimal, InvalidTransaction> {
        positive(self.given(self.amount, "an amount")?, "the amount")
    }

    fn given<T>(&self, value: Option<T>, field: &'static str) -> Result<T, InvalidTransaction> {
        value.ok_or(InvalidTransaction::Missing { kind: self.kind, field })
    }
}

fn some_unless_zero(value: Decimal) -> Option<Decimal> {
    (!value.is_zero()).then_some(value)
}

fn in_range(value: Decimal, field: &'static str) -> Result<Decimal, InvalidTransaction> {
    let value = value.normalize();
    if value.abs() > MAX_AMOUNT || value.scale() > MAX_SCALE {
        return Err(InvalidTransaction::OutOfRange { field });
    }
    Ok(value)
}

fn price_in_range(price: Decimal) -> Result<Decimal, InvalidTransaction> {
    let price = price.normalize();
    if price < Decimal::ZERO {
        return Err(InvalidTransaction::Negative { field: "the price" });
    }
    if price > MAX_AMOUNT || price.scale() > MAX_PRICE_SCALE {
        return Err(InvalidTransaction::OutOfRange { field: "the price" });
    }
    Ok(price)
}

fn positive(value: Decimal, field: &'static str) -> Result<Decimal, InvalidTransaction> {
    if value <= Decimal::ZERO {
        return Err(InvalidTransaction::NotPositive { field });
    }
    in_range(value, field)
}

fn not_negative(value: Option<Decimal>, field: &'static str) -> Result<Decimal, InvalidTransaction> {
    match value {
        None => Ok(Decimal::ZERO),
        Some(value) if value < Decimal::ZERO => Err(InvalidTransaction::Negative { field }),
        Some(value) => in_range(value, field),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(year: i32, month: u32, day: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(year, month, day).expect("a date")
    }

    fn draft(kind: TransactionKind) -> TransactionDraft {
        TransactionDraft::new(kind, day(2020, 5, 4), Currency::USD)
    }

    fn check(draft: &TransactionDraft) -> Result<Transaction, InvalidTransaction> {
        draft.check(TransactionId::new(), 0, day(2020, 12, 31))
    }

    fn purchase() -> TransactionDraft {
        TransactionDraft {
            symbol: Some("AAPL".parse().expect("a symbol")),
            quantity: Some(Decimal::TEN),
            price: Some(Decimal::new(7_325, 2)),
            fee: Some(Decimal::ONE),
            ..draft(TransactionKind::Buy)
        }
    }

    #[test]
    fn a_purchase_costs_its_fee_too() {
        let Ok(Booking::Buy(trade)) = check(&purchase()).map(|t| t.booking) else { panic!("a purchase") };
        assert_eq!(trade.gross(), Decimal::new(73_250, 2));
        assert_eq!(trade.cost(), Decimal::new(73_350, 2));
        assert_eq!(trade.proceeds(), Decimal::new(73_150, 2));
    }

    #[test]
    fn tomorrow_is_refused() {
        let result = purchase().check(TransactionId::new(), 0, day(2020, 5, 3));
        assert_eq!(result, Err(InvalidTransaction::Future(day(2020, 5, 4))));
    }

    #[test]
    fn what_a_kind_needs_is_named() {
        let no_price = TransactionDraft { price: None, ..purchase() };
        assert_eq!(check(&no_price).map_err(|e| e.to_string()), Err("a buy needs a price".to_owned()));
        assert_eq!(
            check(&draft(TransactionKind::Deposit)).map_err(|e| e.to_string()),
            Err("a deposit needs an amount".to_owned())
        );
    }

    #[test]
    fn a_price_may_come_from_the_amount() {
        let total = TransactionDraft { price: None, amount: Some(Decimal::from(500)), ..purchase() };
        let Ok(Booking::Buy(trade)) = check(&total).map(|t| t.booking) else { panic!("a purchase") };
        assert_eq!(trade.price, Decimal::from(50));
    }

    #[test]
    fn a_price_found_by_division_passes_another_check() {
        let third = TransactionDraft {
            price: None,
            amount: Some(Decimal::from(100)),
            quantity: Some(Decimal::from(3)),
            ..purchase()
        };
        let transaction = check(&third).expect("a purchase");
        let again = check(&TransactionDraft::of(&transaction)).expect("still a purchase");
        assert_eq!(again.booking, transaction.booking);
    }

    #[test]
    fn only_interest_may_be_negative() {
        let charged =
            TransactionDraft { amount: Some(Decimal::NEGATIVE_ONE), ..draft(TransactionKind::Interest) };
        assert!(check(&charged).is_ok());
        let fee = TransactionDraft { amount: Some(Decimal::NEGATIVE_ONE), ..draft(TransactionKind::Fee) };
        assert_eq!(check(&fee), Err(InvalidTransaction::NotPositive { field: "the amount" }));
    }

    #[test]
    fn absurd_amounts_are_refused() {
        let deposit = |amount| TransactionDraft { amount: Some(amount), ..draft(TransactionKind::Deposit) };
        assert!(check(&deposit(MAX_AMOUNT)).is_ok());
        assert_eq!(MAX_AMOUNT, Decimal::from(10_000_000_000_000_i64));
        assert!(check(&deposit(MAX_AMOUNT + Decimal::ONE)).is_err());
        assert!(check(&deposit(Decimal::new(1, 13))).is_err());
    }

    #[test]
    fn every_kind_survives_the_way_through_a_draft() {
        let symbol = Some("MSFT".parse().expect("a symbol"));
        for kind in TransactionKind::ALL {
            let full = TransactionDraft {
                symbol: symbol.clone(),
                quantity: Some(Decimal::new(15, 1)),
                price: Some(Decimal::new(20, 0)),
                amount: Some(Decimal::from(31)),
                fee: Some(Decimal::new(5, 1)),
                tax: Some(Decimal::new(4, 1)),
                ratio: SplitRatio::new(Decimal::TWO, Decimal::ONE),
                ..draft(kind)
            };
            let transaction = check(&full).expect("complete");
            let again = TransactionDraft::of(&transaction).check(transaction.id, 0, day(2020, 12, 31));
            assert_eq!(again, Ok(transaction), "{kind}");
            assert_eq!(kind.as_str().parse::<TransactionKind>(), Ok(kind));
        }
    }

    #[test]
    fn a_fingerprint_ignores_spelling_but_no_fact() {
        let spelled = TransactionDraft { price: Some(Decimal::new(732_500, 4)), ..purchase() };
        assert_eq!(spelled.fingerprint(), purchase().fingerprint());
        let other = TransactionDraft { quantity: Some(Decimal::ONE), ..purchase() };
        assert_ne!(other.fingerprint(), purchase().fingerprint());
    }
}
