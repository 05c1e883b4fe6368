//! What is wrong with what was entered, as sentences for people. In English they are word for word what the errors
//! themselves say, which programs get.

use bellwether_domain::{
    InvalidCostMethod, InvalidCurrency, InvalidKind, InvalidQuantity, InvalidSymbol, InvalidTransaction,
    Symbol,
};
use bellwether_portfolio::{InvalidFigureName, Negative, RebalancingError};
use bellwether_texts::{Sentence, Value};
use chrono::NaiveDate;

use crate::dashboard::InvalidRange;
use crate::import::{faulty, phrase};
use crate::reasons::reason;

/// What is no symbol.
pub fn no_symbol(error: &InvalidSymbol) -> Sentence {
    Sentence::new("fault.symbol")
        .with("text", Value::quoted(error.given()))
        .with("max", Value::exact(Symbol::MAX_LEN))
}

/// What is no currency.
pub fn no_currency(error: &InvalidCurrency) -> Sentence {
    Sentence::new("fault.currency").with("text", Value::quoted(error.given()))
}

/// What is no kind of transaction.
pub fn no_kind(error: &InvalidKind) -> Sentence {
    Sentence::new("fault.kind").with("text", Value::quoted(error.given()))
}

/// What is no range.
pub fn no_range(error: &InvalidRange) -> Sentence {
    Sentence::new("refused.asked.range").with("text", Value::quoted(error.given()))
}

/// A day that is still to come, where one until `today` is wanted.
pub(crate) fn day_to_come(day: NaiveDate, today: NaiveDate) -> Sentence {
    let come = Sentence::new("refused.asked.day_to_come");
    come.with("day", Value::Date(day)).with("today", Value::Date(today))
}

/// What is the name of no figure.
pub(crate) fn no_figure(error: &InvalidFigureName) -> Sentence {
    match error {
        InvalidFigureName::Syntax { at } => {
            Sentence::new("refused.asked.figure_name").with("at", Value::exact(*at))
        }
        InvalidFigureName::Unknown(cause) => {
            // What reads the name says it in words of its own.
            let known = Sentence::recognised(cause, &["refused.asked."]);
            let cause = known.map_or_else(|| Value::from(cause.as_str()), Value::from);
            Sentence::new("refused.asked.no_figure").with("cause", cause)
        }
    }
}

/// Why no trades can be proposed.
pub(crate) fn no_proposal(error: &RebalancingError) -> Sentence {
    let said = Sentence::new;
    match error {
        RebalancingError::Negative(Negative::SmallestTrade) => {
            said("refused.proposal_of_trades.smallest_negative")
        }
        RebalancingError::Negative(Negative::NewCash) => said("refused.proposal_of_trades.new_negative"),
        RebalancingError::Negative(Negative::TakenCash) => said("refused.proposal_of_trades.taken_negative"),
        RebalancingError::MoreThanCash { cash } => {
            said("refused.proposal_of_trades.more_than_cash").with("cash", Value::Exact(*cash))
        }
        RebalancingError::NotEnoughSales { missing } => {
            said("refused.proposal_of_trades.few_sales").with("missing", Value::Exact(*missing))
        }
        RebalancingError::Shares { class, reason: why } => said("refused.proposal_of_trades.shares")
            .with("class", class.to_string())
            .with("reason", reason(why)),
        RebalancingError::Unknown(why) => reason(why),
    }
}

pub(crate) fn no_cost_method(error: &InvalidCostMethod) -> Sentence {
    Sentence::new("fault.cost_method").with("text", Value::quoted(error.given()))
}

pub(crate) fn quantity(error: &InvalidQuantity) -> Sentence {
    let said = Sentence::new;
    match error {
        InvalidQuantity::NotPositive => said("row.not_positive").with("field", said("phrase.quantity")),
        InvalidQuantity::TooFine(quantity) => {
            said("fault.quantity_too_fine").with("quantity", Value::Exact(*quantity))
        }
        InvalidQuantity::TooLarge(quantity) => {
            said("fault.quantity_too_large").with("quantity", Value::Exact(*quantity))
        }
        InvalidQuantity::NotANumber(text) => {
            said("fault.not_a_number").with("text", Value::quoted(text.as_str()))
        }
    }
}

/// What is wrong with a transaction by the one check of all of them.
pub(crate) fn invalid(error: &InvalidTransaction) -> Sentence {
    let said = Sentence::new;
    match error {
        InvalidTransaction::Quantity(error) => quantity(error),
        InvalidTransaction::Future(day) => said("row.future").with("day", Value::Date(*day)),
        InvalidTransaction::TooEarly(day) => said("row.too_early").with("day", Value::Date(*day)),
        InvalidTransaction::CostShare(share) => said("fault.cost_share").with("share", Value::Exact(*share)),
        InvalidTransaction::AcquiredLater { acquired, date } => said("row.acquired_later")
            .with("acquired", Value::Date(*acquired))
            .with("day", Value::Date(*date)),
        InvalidTransaction::LotsSum { lots, quantity } => {
            said("fault.lots_sum").with("lots", Value::Exact(*lots)).with("quantity", Value::Exact(*quantity))
        }
        InvalidTransaction::LotTwice(opened_by) => said("fault.lot_twice").with("lot", opened_by.to_string()),
        InvalidTransaction::TooLong { field, longest } => {
            said("row.too_long").with("field", phrase(field)).with("longest", Value::exact(*longest))
        }
        InvalidTransaction::Missing { .. }
        | InvalidTransaction::NotPositive { .. }
        | InvalidTransaction::Negative { .. }
        | InvalidTransaction::Zero { .. }
        | InvalidTransaction::OutOfRange { .. }
        | InvalidTransaction::Unprintable { .. }
        | InvalidTransaction::SameSymbol(_) => faulty(error),
    }
}

#[cfg(test)]
mod tests {
    use bellwether_domain::{TransactionId, TransactionKind};
    use bellwether_portfolio::LedgerError;
    use bellwether_texts::Locale;
    use chrono::NaiveDate;
    use rust_decimal::Decimal;

    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().expect("a day")
    }

    fn number(text: &str) -> Decimal {
        text.parse().expect("a number")
    }

    fn says_the_same(sentence: &Sentence, error: &dyn std::fmt::Display) {
        assert_eq!(sentence.to_string(), error.to_string());
        let german = Locale::accepted("de").say(sentence);
        assert_ne!(german, error.to_string());
        assert!(!german.contains(['{', '}']) && !german.contains(" Sie "), "{german}");
    }

    #[test]
    fn what_is_wrong_with_a_transaction_is_said_as_programs_are_told_it_and_in_german() {
        for error in [
            InvalidTransaction::Missing { kind: TransactionKind::SpinOff, field: "the other symbol" },
            InvalidTransaction::NotPositive { field: "the price" },
            InvalidTransaction::Negative { field: "the fee" },
            InvalidTransaction::Zero { field: "the amount" },
            InvalidTransaction::OutOfRange { field: "the exchange rate" },
            InvalidTransaction::Unprintable { field: "the account" },
            InvalidTransaction::TooLong { field: "the note", longest: 4_000 },
            InvalidTransaction::Quantity(InvalidQuantity::NotPositive),
            InvalidTransaction::Quantity(InvalidQuantity::TooFine(number("1.0000000001"))),
            InvalidTransaction::Quantity(InvalidQuantity::TooLarge(number("1000000000000000000"))),
            InvalidTransaction::Quantity(InvalidQuantity::NotANumber("a \"b\"".to_owned())),
            InvalidTransaction::Future(day("2027-01-02")),
            InvalidTransaction::TooEarly(day("1812-01-02")),
            InvalidTransaction::CostShare(number("25.0")),
            InvalidTransaction::SameSymbol("KO".parse().expect("a symbol")),
            InvalidTransaction::AcquiredLater { acquired: day("2025-01-03"), date: day("2025-01-02") },
            InvalidTransaction::LotsSum { lots: number("1.50"), quantity: number("2") },
            InvalidTransaction::LotTwice(TransactionId::new()),
        ] {
            says_the_same(&invalid(&error), &error);
        }
    }

    #[test]
    fn what_cannot_be_read_is_said_as_programs_are_told_it_and_in_german() {
        let error = "A?\n".parse::<Symbol>().expect_err("no symbol");
        says_the_same(&no_symbol(&error), &error);
        let error = "dollar".parse::<bellwether_domain::Currency>().expect_err("no currency");
        says_the_same(&no_currency(&error), &error);
        let error = "gift".parse::<TransactionKind>().expect_err("no kind");
        says_the_same(&no_kind(&error), &error);
        let error = "best".parse::<bellwether_domain::CostMethod>().expect_err("no cost method");
        says_the_same(&no_cost_method(&error), &error);
    }

    #[test]
    fn what_is_asked_for_wrongly_is_said_as_programs_are_told_it_and_in_german() {
        let error = "ewig \"".parse::<crate::Range>().expect_err("no range");
        assert_eq!(no_range(&error).to_string(), format!("{error}."));
        for cause in ["unknown variant `x`, expected one of `a`, `b`", "invalid type: map"] {
            let error = InvalidFigureName::Unknown(cause.to_owned());
            assert_eq!(no_figure(&error).to_string(), format!("{error}."));
        }
        let error = InvalidFigureName::Syntax { at: 7 };
        assert_eq!(no_figure(&error).to_string(), format!("{error}."));
        let come = day_to_come(day("2999-01-02"), day("2026-03-14"));
        assert_eq!(come.to_string(), "2999-01-02 is still to come: choose a day until 2026-03-14");
        let german = Locale::accepted("de").say(&come);
        assert_eq!(german, "Der 02.01.2999 kommt erst noch: einen Tag bis zum 14.03.2026 wählen.");
    }

    #[test]
    fn why_no_trades_are_proposed_is_said_as_programs_are_told_it_and_in_german() {
        for error in [
            RebalancingError::Negative(Negative::SmallestTrade),
            RebalancingError::Negative(Negative::NewCash),
            RebalancingError::Negative(Negative::TakenCash),
            RebalancingError::MoreThanCash { cash: number("100.50") },
            RebalancingError::NotEnoughSales { missing: number("550") },
            RebalancingError::Shares {
                class: bellwether_portfolio::Class::Cash,
                reason: bellwether_portfolio::Reason::NoCapital,
            },
            RebalancingError::Unknown(bellwether_portfolio::Reason::NoVehicle),
        ] {
            says_the_same(&no_proposal(&error), &error);
        }
    }

    #[test]
    fn what_is_wrong_with_a_ledger_is_said_as_programs_are_told_it_and_in_german() {
        let symbol: Symbol = "KO".parse().expect("a symbol");
        let (transaction, date) = (TransactionId::new(), day("2026-03-14"));
        let (held, wanted) = (number("1.50"), number("1200"));
        for account in ["", "Depot 2"] {
            let (symbol, account) = (symbol.clone(), account.to_owned());
            let lot = LedgerError::LotNotHeld {
                transaction,
                symbol: symbol.clone(),
                account: account.clone(),
                date,
                opened_by: transaction,
                held,
                wanted,
            };
            says_the_same(&crate::reasons::fault_exactly(&lot), &lot);
            let short = LedgerError::NotEnoughShares { transaction, symbol, account, date, held, wanted };
            says_the_same(&crate::reasons::fault_exactly(&short), &short);
        }
        for error in [
            LedgerError::LotsOfAnotherSum { transaction, symbol: symbol.clone(), date, wanted },
            LedgerError::IntoItself { transaction, kind: TransactionKind::SpinOff, date },
            LedgerError::ActionOutOfRange { symbol, date },
            LedgerError::OutOfRange { transaction: None, date },
        ] {
            says_the_same(&crate::reasons::fault_exactly(&error), &error);
        }
    }
}
