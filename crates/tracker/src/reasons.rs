//! Why a figure is unknown and what is wrong with a ledger, as sentences for people.

use bellwether_domain::Symbol;
use bellwether_portfolio::{LedgerError, Reason};
use bellwether_texts::{Sentence, Value};
use chrono::NaiveDate;
use rust_decimal::Decimal;

use crate::kind_words;

/// Why a figure is unknown.
pub fn reason(reason: &Reason) -> Sentence {
    let said = Sentence::new;
    match reason {
        Reason::NoPrice(symbols) => said("reason.no_price").with("symbols", several(symbols)),
        Reason::NoExchangeRate { from, to, on } => said("reason.no_exchange_rate")
            .with("from", from.as_str())
            .with("to", to.as_str())
            .with("day", *on),
        Reason::NoPreviousClose => said("reason.no_previous_close"),
        Reason::NotHeld => said("reason.not_held"),
        Reason::NoCapital => said("reason.no_capital"),
        Reason::TooShort => said("reason.too_short"),
        Reason::UnderAYear => said("reason.under_a_year"),
        Reason::OneSided => said("reason.one_sided"),
        Reason::NoSolution => said("reason.no_solution"),
        Reason::MixedCurrencies => said("reason.mixed_currencies"),
        Reason::NotYetKnown { as_of } => said("reason.not_yet_known").with("day", *as_of),
        Reason::NegativeValue { on } => said("reason.negative_value").with("day", *on),
        Reason::NoVehicle => said("reason.no_vehicle"),
        Reason::NoSuchDay => said("reason.no_such_day"),
        Reason::OutOfRange => said("reason.out_of_range"),
        Reason::Exhausted { on } => said("reason.exhausted").with("day", *on),
        Reason::TooFewReturns { known, needed } => {
            said("reason.too_few_returns").with("known", *known).with("needed", *needed)
        }
        Reason::UnequalPeriods { returns, others } => {
            said("reason.unequal_periods").with("returns", *returns).with("others", *others)
        }
        Reason::NoVariation => said("reason.no_variation"),
        Reason::FlatBenchmark => said("reason.flat_benchmark"),
        Reason::NoLoss => said("reason.no_loss"),
        Reason::NoDrawdown => said("reason.no_drawdown"),
        Reason::NoDividends => said("reason.no_dividends"),
        Reason::NoDividendPattern => said("reason.no_dividend_pattern"),
        Reason::LostBefore { on } => said("reason.lost_before").with("day", *on),
    }
}

/// What is wrong with a ledger, and what its owner can do.
pub fn fault(error: &LedgerError) -> Sentence {
    fault_written(error, |number| Value::Number(number, 9), Value::Day)
}

/// The same with numbers and days that English writes as programs do, who are answered so.
pub(crate) fn fault_exactly(error: &LedgerError) -> Sentence {
    fault_written(error, Value::Exact, Value::Date)
}

fn fault_written(error: &LedgerError, number: fn(Decimal) -> Value, day: fn(NaiveDate) -> Value) -> Sentence {
    let leaving = |keys: (&'static str, &'static str),
                   symbol: &Symbol,
                   account: &str,
                   wanted: Decimal,
                   held: Decimal| {
        let sentence = if account.is_empty() {
            Sentence::new(keys.0)
        } else {
            Sentence::new(keys.1).with("account", account)
        };
        sentence
            .with("wanted", number(wanted))
            .with("symbol", symbol.as_str())
            .with("day", day(error.date()))
            .with("held", number(held))
    };
    match error {
        LedgerError::NotEnoughShares { symbol, account, held, wanted, .. } => leaving(
            ("fault.not_enough_shares", "fault.not_enough_shares_in"),
            symbol,
            account,
            *wanted,
            *held,
        ),
        LedgerError::LotNotHeld { symbol, account, held, wanted, .. } => {
            leaving(("fault.lot_not_held", "fault.lot_not_held_in"), symbol, account, *wanted, *held)
        }
        LedgerError::LotsOfAnotherSum { symbol, date, wanted, .. } => {
            Sentence::new("fault.lots_of_another_sum")
                .with("wanted", number(*wanted))
                .with("symbol", symbol.as_str())
                .with("day", day(*date))
        }
        LedgerError::IntoItself { kind, date, .. } => {
            Sentence::new("fault.into_itself").with("kind", kind_words(*kind)).with("day", day(*date))
        }
        LedgerError::ActionOutOfRange { symbol, date } => {
            Sentence::new("fault.action_out_of_range").with("symbol", symbol.as_str()).with("day", day(*date))
        }
        LedgerError::OutOfRange { date, .. } => Sentence::new("fault.out_of_range").with("day", day(*date)),
    }
}

pub(crate) fn several(symbols: &[Symbol]) -> Value {
    Value::Several(symbols.iter().map(|symbol| symbol.as_str().to_owned()).collect())
}
