//! The newest transactions, in words.

use bellwether_domain::{Booking, Quantity, Symbol, Transaction};
use bellwether_texts::{Locale, Sentence, Value};
use rust_decimal::Decimal;
use serde::Serialize;

#[derive(Debug, Serialize)]
pub(super) struct RecentEntry {
    date: String,
    day: String,
    words: String,
    amount: String,
}

/// The five newest transactions, newest first.
pub(super) fn recent(locale: Locale, transactions: &[Transaction]) -> Vec<RecentEntry> {
    transactions.iter().rev().take(5).map(|booked| RecentEntry::of(locale, booked)).collect()
}

impl RecentEntry {
    fn of(locale: Locale, booked: &Transaction) -> Self {
        let (words, amount) = told(booked);
        Self {
            date: booked.date.to_string(),
            day: locale.day(booked.date),
            words: locale.say(&words),
            amount: amount.map(|amount| locale.money(amount, booked.currency)).unwrap_or_default(),
        }
    }
}

/// A transaction in words, and the money that moved.
fn told(booked: &Transaction) -> (Sentence, Option<Decimal>) {
    let of = |key, symbol: &Symbol| Sentence::new(key).with("symbol", symbol.as_str());
    let shares = |key, quantity: Quantity, symbol: &Symbol| {
        of(key, symbol).with("quantity", Value::Number(quantity.get(), 9))
    };
    let charge = |alone, for_one, symbol: &Option<Symbol>| {
        symbol.as_ref().map_or_else(|| Sentence::new(alone), |symbol| of(for_one, symbol))
    };
    let parts = |part: Decimal| Value::Number(part, 9);
    match &booked.booking {
        Booking::Buy(trade) => (shares("booked.bought", trade.quantity, &trade.symbol), Some(trade.cost())),
        Booking::Sell { trade, .. } => {
            (shares("booked.sold", trade.quantity, &trade.symbol), Some(trade.proceeds()))
        }
        Booking::Dividend { symbol, gross, tax, fee } => {
            (of("booked.dividend", symbol), Some(gross - tax - fee))
        }
        Booking::Reinvestment { purchase, gross, .. } => {
            (shares("booked.reinvested", purchase.quantity, &purchase.symbol), Some(*gross))
        }
        Booking::Deposit { amount } => (Sentence::new("booked.deposit"), Some(*amount)),
        Booking::Withdrawal { amount } => (Sentence::new("booked.withdrawal"), Some(*amount)),
        Booking::Fee { symbol, amount } => (charge("booked.fee", "booked.fee_for", symbol), Some(*amount)),
        Booking::Tax { symbol, amount } => (charge("booked.tax", "booked.tax_for", symbol), Some(*amount)),
        Booking::Interest { gross, tax } => (Sentence::new("booked.interest"), Some(gross - tax)),
        Booking::Split { symbol, ratio, cash_in_lieu } => {
            let split = of("booked.split", symbol);
            let split = split.with("new", parts(ratio.new)).with("old", parts(ratio.old));
            (split, unless_zero(*cash_in_lieu))
        }
        Booking::TransferIn { symbol, quantity, .. } => (shares("booked.came_in", *quantity, symbol), None),
        Booking::TransferOut { symbol, quantity, .. } => (shares("booked.went_out", *quantity, symbol), None),
        Booking::SpinOff { symbol, into, ratio, cash_in_lieu, .. } => {
            let spun_off = of("booked.spun_off", symbol).with("into", into.as_str());
            let spun_off = spun_off.with("new", parts(ratio.new)).with("old", parts(ratio.old));
            (spun_off, unless_zero(*cash_in_lieu))
        }
        Booking::Merger { symbol, into, ratio, cash_per_share, cash_in_lieu, .. } => {
            let cash = Value::Money(*cash_per_share, booked.currency);
            let is_paid = !cash_per_share.is_zero();
            let merged = match (into.as_ref().zip(*ratio), is_paid) {
                (Some((into, ratio)), _) => {
                    let key = if is_paid { "booked.merged_and_paid" } else { "booked.merged" };
                    let merged = of(key, symbol).with("into", into.as_str()).with("cash", cash);
                    merged.with("new", parts(ratio.new)).with("old", parts(ratio.old))
                }
                (None, true) => of("booked.taken_over", symbol).with("cash", cash),
                (None, false) => of("booked.ceased", symbol),
            };
            (merged, unless_zero(*cash_in_lieu))
        }
        Booking::TickerChange { symbol, into } => {
            (of("booked.renamed", symbol).with("into", into.as_str()), None)
        }
    }
}

fn unless_zero(amount: Decimal) -> Option<Decimal> {
    (!amount.is_zero()).then_some(amount)
}
