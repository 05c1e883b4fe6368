//! A transaction as somebody entered it: texts, in a form or from a program, read by one set of rules.

use bellwether_domain::{
    Currency, LotChoice, Quantity, SplitRatio, Symbol, Transaction, TransactionDraft, TransactionKind,
};
use bellwether_texts::{Sentence, Value};
use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::FieldFault;
use crate::refusals::{invalid, no_currency, no_kind, no_symbol, quantity};

/// The texts of a transaction; an empty one is none.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct EnteredTransaction {
    /// Its kind, such as `buy`.
    pub kind: String,
    /// The day, such as `2024-03-05`.
    pub date: String,
    /// The instrument.
    pub symbol: String,
    /// The instrument that comes out of a spin-off, merger or ticker change.
    pub other_symbol: String,
    /// How many units.
    pub quantity: String,
    /// Per unit.
    pub price: String,
    /// In all, before fee and tax.
    pub amount: String,
    /// Fee.
    pub fee: String,
    /// Tax.
    pub tax: String,
    /// New to old shares, such as `4:1`.
    pub ratio: String,
    /// Part of the cost, 0 to 1.
    pub cost_share: String,
    /// Paid for the fraction of a share.
    pub cash_in_lieu: String,
    /// The lots that leave; none: those of the portfolio's cost method.
    pub lots: Vec<EnteredLot>,
    /// The day on which transferred shares were first acquired.
    pub acquired: String,
    /// Currency of the amounts; the portfolio's where none is said.
    pub currency: String,
    /// Base currency per unit of the currency.
    pub fx_rate: String,
    /// The account.
    pub account: String,
    /// Words.
    pub note: String,
}

/// A chosen lot as it was entered.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct EnteredLot {
    /// The transaction that opened it.
    pub opened_by: String,
    /// How many of its shares.
    pub quantity: String,
}

/// What is read, and what cannot be.
#[derive(Default)]
struct Reading {
    faults: Vec<FieldFault>,
}

impl Reading {
    /// What a text says by its own rules; `None` where there is none, or it is wrong.
    fn read<T>(
        &mut self,
        field: &'static str,
        text: &str,
        read: impl FnOnce(&str) -> Result<T, Sentence>,
    ) -> Option<T> {
        let text = text.trim();
        if text.is_empty() {
            return None;
        }
        match read(text) {
            Ok(value) => Some(value),
            Err(reason) => {
                self.faults.push(FieldFault::of(field, reason));
                None
            }
        }
    }

    fn number(&mut self, field: &'static str, text: &str) -> Option<Decimal> {
        self.read(field, text, number)
    }

    fn day(&mut self, field: &'static str, text: &str) -> Option<NaiveDate> {
        self.read(field, text, day)
    }
}

/// What is wrong with a text, of which a few letters are named.
fn fault(key: &'static str, text: &str) -> Sentence {
    Sentence::new(key).with("text", Value::quoted(text.chars().take(40).collect::<String>()))
}

/// A number as programs write it.
pub(crate) fn number(text: &str) -> Result<Decimal, Sentence> {
    let advice = || fault("fault.number", text);
    let plain = text.bytes().all(|byte| byte.is_ascii_digit() || b"+-.".contains(&byte));
    if plain { Decimal::from_str_exact(text).map_err(|_too_long| advice()) } else { Err(advice()) }
}

fn day(text: &str) -> Result<NaiveDate, Sentence> {
    text.parse().map_err(|_unreadable| fault("fault.day", text))
}

fn symbol(text: &str) -> Result<Symbol, Sentence> {
    text.parse().map_err(|error| no_symbol(&error))
}

fn ratio(text: &str) -> Result<SplitRatio, Sentence> {
    let advice = || fault("fault.ratio", text);
    let (new, old) = text.split_once(':').ok_or_else(advice)?;
    let of = |text: &str| number(text.trim()).map_err(|_unreadable| advice());
    SplitRatio::new(of(new)?, of(old)?).ok_or_else(advice)
}

fn lots(entered: &[EnteredLot]) -> Result<Vec<LotChoice>, Sentence> {
    let lot = |lot: &EnteredLot| {
        let opened_by = lot.opened_by.trim();
        let opened_by =
            opened_by.parse().map_err(|_unreadable| fault("fault.names_no_transaction", opened_by))?;
        let quantity = Quantity::new(number(lot.quantity.trim())?).map_err(|error| quantity(&error))?;
        Ok(LotChoice { opened_by, quantity })
    };
    entered.iter().map(lot).collect()
}

impl EnteredTransaction {
    /// What somebody would enter for a transaction that is there.
    pub fn of(transaction: &Transaction) -> Self {
        let draft = TransactionDraft::of(transaction);
        let number = |value: Option<Decimal>| value.map(|value| value.to_string()).unwrap_or_default();
        let name = |symbol: Option<Symbol>| symbol.map(|symbol| symbol.to_string()).unwrap_or_default();
        Self {
            kind: draft.kind.to_string(),
            date: draft.date.to_string(),
            symbol: name(draft.symbol),
            other_symbol: name(draft.other_symbol),
            quantity: number(draft.quantity),
            price: number(draft.price),
            amount: number(draft.amount),
            fee: number(draft.fee),
            tax: number(draft.tax),
            ratio: draft.ratio.map(|ratio| format!("{}:{}", ratio.new, ratio.old)).unwrap_or_default(),
            cost_share: number(draft.cost_share),
            cash_in_lieu: number(draft.cash_in_lieu),
            lots: draft
                .lots
                .iter()
                .map(|lot| EnteredLot {
                    opened_by: lot.opened_by.to_string(),
                    quantity: lot.quantity.get().to_string(),
                })
                .collect(),
            acquired: draft.acquired.map(|day| day.to_string()).unwrap_or_default(),
            currency: draft.currency.to_string(),
            fx_rate: number(draft.fx_rate),
            account: draft.account,
            note: draft.note,
        }
    }

    /// The draft that the texts say, or all that is wrong with them and with it.
    pub(crate) fn read(&self, base: Currency, today: NaiveDate) -> Result<TransactionDraft, Vec<FieldFault>> {
        let mut reading = Reading::default();
        let kind = reading.read("kind", &self.kind, |text| {
            text.parse::<TransactionKind>().map_err(|error| no_kind(&error))
        });
        if self.kind.trim().is_empty() {
            reading.faults.push(FieldFault::of("kind", Sentence::new("fault.which_kind")));
        }
        let date = reading.day("date", &self.date);
        if self.date.trim().is_empty() {
            reading.faults.push(FieldFault::of("date", Sentence::new("fault.which_day")));
        }
        let currency = reading.read("currency", &self.currency, |text| {
            text.parse::<Currency>().map_err(|error| no_currency(&error))
        });
        let currency = currency.unwrap_or(base);
        let mut draft =
            TransactionDraft::new(kind.unwrap_or(TransactionKind::Buy), date.unwrap_or(today), currency);
        draft.symbol = reading.read("symbol", &self.symbol, symbol);
        draft.other_symbol = reading.read("other_symbol", &self.other_symbol, symbol);
        draft.quantity = reading.number("quantity", &self.quantity);
        draft.price = reading.number("price", &self.price);
        draft.amount = reading.number("amount", &self.amount);
        draft.fee = reading.number("fee", &self.fee);
        draft.tax = reading.number("tax", &self.tax);
        draft.ratio = reading.read("ratio", &self.ratio, ratio);
        draft.cost_share = reading.number("cost_share", &self.cost_share);
        draft.cash_in_lieu = reading.number("cash_in_lieu", &self.cash_in_lieu);
        match lots(&self.lots) {
            Ok(lots) => draft.lots = lots,
            Err(reason) => reading.faults.push(FieldFault::of("lots", reason)),
        }
        draft.acquired = reading.day("acquired", &self.acquired);
        draft.fx_rate = reading.number("fx_rate", &self.fx_rate);
        draft.account.clone_from(&self.account);
        draft.note.clone_from(&self.note);
        let mut faults = reading.faults;
        // What its kind needs is known where the kind is.
        if kind.is_some() {
            let unread: Vec<&str> = faults.iter().map(|fault| fault.field).collect();
            let found = draft.faults(today, &unread);
            faults.extend(found.into_iter().map(|(field, fault)| FieldFault::of(field, invalid(&fault))));
        }
        if faults.is_empty() { Ok(draft) } else { Err(faults) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn today() -> NaiveDate {
        "2026-11-21".parse().expect("a day")
    }

    fn faults(entered: &EnteredTransaction) -> Vec<String> {
        let faults = entered.read(Currency::USD, today()).expect_err("faults");
        faults.iter().map(|fault| format!("{}: {}", fault.field, fault.reason)).collect()
    }

    #[test]
    fn what_cannot_be_read_and_what_is_missing_is_told_at_once() {
        let entered = EnteredTransaction {
            kind: "sell".to_owned(),
            date: "5.3.2024".to_owned(),
            symbol: "KO".to_owned(),
            quantity: "ten".to_owned(),
            fee: "-1".to_owned(),
            ..EnteredTransaction::default()
        };
        let expected = [
            "date: \"5.3.2024\" is no day: write it like 2024-03-05",
            "quantity: \"ten\" is no number: write it like 1234.56",
            "fee: the fee must not be negative",
            "price: a sell needs a price",
        ];
        assert_eq!(faults(&entered), expected);
        let nothing = faults(&EnteredTransaction::default());
        assert_eq!(nothing.len(), 2, "{nothing:?}");
    }

    #[test]
    fn what_is_shown_of_a_transaction_says_the_same_when_it_is_entered_again() {
        let entered = EnteredTransaction {
            kind: "split".to_owned(),
            date: "2024-06-10".to_owned(),
            symbol: "nvda".to_owned(),
            ratio: "10 : 1".to_owned(),
            note: " ten for one ".to_owned(),
            ..EnteredTransaction::default()
        };
        let draft = entered.read(Currency::USD, today()).expect("a draft");
        let split = draft.check(bellwether_domain::TransactionId::new(), 0, today()).expect("a split");
        let again = EnteredTransaction::of(&split);
        assert_eq!(
            (again.ratio.as_str(), again.symbol.as_str(), again.note.as_str()),
            ("10:1", "NVDA", "ten for one")
        );
        assert_eq!(again.read(Currency::USD, today()).expect("a draft"), TransactionDraft::of(&split));
    }

    #[test]
    fn numbers_are_read_as_they_are_written_or_not_at_all() {
        assert_eq!(number("1234.50"), Ok(Decimal::new(123_450, 2)));
        for wrong in ["1,5", "1e5", "NaN", "0x1", "1_000", "--1", ".", "99999999999999999999999999999999"] {
            assert!(number(wrong).is_err(), "{wrong}");
        }
    }
}
