//! All that is wrong with a draft, found by the same check that finds the first.

use chrono::NaiveDate;
use rust_decimal::Decimal;
use uuid::Uuid;

use super::{InvalidTransaction, TransactionDraft};
use crate::{SplitRatio, TransactionId, TransactionKind};

impl TransactionDraft {
    /// All that is wrong with the draft, each with the field at fault, in the order in which [`check`](Self::check)
    /// finds it. Fields among `unread` are taken for right: whoever read the draft knows already what is wrong with them.
    pub fn faults(&self, today: NaiveDate, unread: &[&str]) -> Vec<(&'static str, InvalidTransaction)> {
        let mut draft = self.clone();
        for field in unread {
            draft.mend(field, today);
        }
        let mut faults: Vec<(&'static str, InvalidTransaction)> = Vec::new();
        // What was found is put right before the next is looked for.
        while let Err(fault) = draft.check(TransactionId::from_uuid(Uuid::nil()), 0, today) {
            let field = fault.field(&draft);
            if faults.iter().any(|(known, _)| *known == field) {
                break;
            }
            draft.mend(field, today);
            faults.push((field, fault));
        }
        faults
    }

    /// Gives a field a value that is right beside any others.
    fn mend(&mut self, field: &str, today: NaiveDate) {
        match field {
            "date" => (self.date, self.acquired) = (today, None),
            "symbol" => self.symbol = "ONE.MENDED".parse().ok(),
            "other_symbol" => {
                self.other_symbol = "OTHER.MENDED".parse().ok();
                if self.kind == TransactionKind::Merger && self.ratio.is_none() {
                    self.mend("ratio", today);
                }
            }
            "quantity" => {
                self.quantity = Some(Decimal::ONE);
                self.lots.clear();
            }
            "price" => self.price = Some(Decimal::ONE),
            "amount" => self.amount = Some(Decimal::ONE),
            "fee" => self.fee = None,
            "tax" => self.tax = None,
            "ratio" => self.ratio = SplitRatio::new(Decimal::TWO, Decimal::ONE),
            "cost_share" => self.cost_share = Some(Decimal::ZERO),
            "cash_in_lieu" => self.cash_in_lieu = None,
            "lots" => self.lots.clear(),
            "acquired" => self.acquired = None,
            "fx_rate" => self.fx_rate = None,
            "account" => self.account.clear(),
            "note" => self.note.clear(),
            _ => {}
        }
    }
}

impl InvalidTransaction {
    /// The field of the draft that is at fault, by the name that it has there.
    fn field(&self, draft: &TransactionDraft) -> &'static str {
        match self {
            Self::Missing { field, .. }
            | Self::NotPositive { field }
            | Self::Negative { field }
            | Self::Zero { field }
            | Self::OutOfRange { field }
            | Self::Unprintable { field }
            | Self::TooLong { field, .. } => named(field),
            Self::Quantity(_) => "quantity",
            Self::TooEarly(day) if draft.acquired == Some(*day) => "acquired",
            Self::Future(_) | Self::TooEarly(_) => "date",
            Self::CostShare(_) => "cost_share",
            Self::SameSymbol(_) => "other_symbol",
            Self::AcquiredLater { .. } => "acquired",
            Self::LotsSum { .. } | Self::LotTwice(_) => "lots",
        }
    }
}

/// The field that words with an article are about.
fn named(words: &str) -> &'static str {
    let fields = [
        ("a symbol", "symbol"),
        ("the other symbol", "other_symbol"),
        ("a quantity", "quantity"),
        ("a price", "price"),
        ("the price", "price"),
        ("the cash per share", "price"),
        ("an amount", "amount"),
        ("the amount", "amount"),
        ("the fee", "fee"),
        ("the tax", "tax"),
        ("a ratio", "ratio"),
        ("the share of the cost", "cost_share"),
        ("the cash in lieu", "cash_in_lieu"),
        ("the exchange rate", "fx_rate"),
        ("the account", "account"),
    ];
    fields.into_iter().find(|(begin, _)| words.starts_with(begin)).map_or("note", |(_, field)| field)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Currency;

    fn day(text: &str) -> NaiveDate {
        text.parse().expect("a day")
    }

    fn faults(draft: &TransactionDraft) -> Vec<String> {
        let faults = draft.faults(day("2026-11-21"), &[]);
        faults.into_iter().map(|(field, fault)| format!("{field}: {fault}")).collect()
    }

    #[test]
    fn all_faults_are_told_at_once_by_field() {
        let mut draft = TransactionDraft::new(TransactionKind::Buy, day("2026-11-22"), Currency::USD);
        draft.quantity = Some(Decimal::NEGATIVE_ONE);
        draft.fee = Some(Decimal::NEGATIVE_ONE);
        draft.fx_rate = Some(Decimal::ZERO);
        draft.note = "a\0b".to_owned();
        let expected = [
            "date: the date 2026-11-22 is in the future",
            "fx_rate: the exchange rate must be greater than zero",
            "fee: the fee must not be negative",
            "quantity: the quantity must be greater than zero",
            "price: a buy needs a price",
            "symbol: a buy needs a symbol",
            "note: the note has characters that cannot be printed",
        ];
        assert_eq!(faults(&draft), expected);
    }

    #[test]
    fn what_was_not_read_is_no_second_fault() {
        let mut draft = TransactionDraft::new(TransactionKind::Sell, day("2026-11-20"), Currency::USD);
        draft.price = Some(Decimal::ONE);
        assert_eq!(draft.faults(day("2026-11-21"), &["symbol", "quantity"]), []);
    }

    #[test]
    fn a_draft_of_any_kind_without_anything_needs_what_its_kind_needs() {
        for kind in TransactionKind::ALL {
            let draft = TransactionDraft::new(kind, day("2026-11-20"), Currency::USD);
            let told = faults(&draft);
            assert!(!told.is_empty() && told.len() < 5, "{kind}: {told:?}");
            assert!(!told.iter().any(|fault| fault.starts_with("note")), "{kind}: {told:?}");
        }
        let merger = TransactionDraft::new(TransactionKind::Merger, day("2026-11-20"), Currency::USD);
        assert_eq!(faults(&merger).len(), 2, "{:?}", faults(&merger));
    }
}
