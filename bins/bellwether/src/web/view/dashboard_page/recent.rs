//! The newest transactions, in words.

use bellwether_domain::{Booking, Transaction};
use rust_decimal::Decimal;
use serde::Serialize;

use super::long;
use crate::number;

#[derive(Debug, Serialize)]
pub(super) struct RecentEntry {
    date: String,
    day: String,
    words: String,
    amount: String,
}

/// The five newest transactions, newest first.
pub(super) fn recent(transactions: &[Transaction]) -> Vec<RecentEntry> {
    transactions.iter().rev().take(5).map(RecentEntry::of).collect()
}

impl RecentEntry {
    fn of(booked: &Transaction) -> Self {
        let (words, amount) = told(booked);
        Self {
            date: booked.date.to_string(),
            day: long(booked.date),
            words,
            amount: amount.map(|amount| number::money(amount, booked.currency)).unwrap_or_default(),
        }
    }
}

/// A transaction in words, and the money that moved.
fn told(booked: &Transaction) -> (String, Option<Decimal>) {
    let shares = |quantity: bellwether_domain::Quantity| number::quantity(quantity.get());
    match &booked.booking {
        Booking::Buy(trade) => {
            (format!("Bought {} {}", shares(trade.quantity), trade.symbol), Some(trade.cost()))
        }
        Booking::Sell { trade, .. } => {
            (format!("Sold {} {}", shares(trade.quantity), trade.symbol), Some(trade.proceeds()))
        }
        Booking::Dividend { symbol, gross, tax, fee } => {
            (format!("Dividend of {symbol}"), Some(gross - tax - fee))
        }
        Booking::Reinvestment { purchase, gross, .. } => (
            format!("Reinvested dividend in {} {}", shares(purchase.quantity), purchase.symbol),
            Some(*gross),
        ),
        Booking::Deposit { amount } => ("Deposit".to_owned(), Some(*amount)),
        Booking::Withdrawal { amount } => ("Withdrawal".to_owned(), Some(*amount)),
        Booking::Fee { symbol, amount } => (
            symbol.as_ref().map_or_else(|| "Fee".to_owned(), |symbol| format!("Fee for {symbol}")),
            Some(*amount),
        ),
        Booking::Tax { symbol, amount } => (
            symbol.as_ref().map_or_else(|| "Tax".to_owned(), |symbol| format!("Tax for {symbol}")),
            Some(*amount),
        ),
        Booking::Interest { gross, tax } => ("Interest".to_owned(), Some(gross - tax)),
        Booking::Split { symbol, ratio, cash_in_lieu } => {
            (format!("Split of {symbol}, {} for {}", ratio.new, ratio.old), unless_zero(*cash_in_lieu))
        }
        Booking::TransferIn { symbol, quantity, .. } => {
            (format!("{} {symbol} came in", shares(*quantity)), None)
        }
        Booking::TransferOut { symbol, quantity, .. } => {
            (format!("{} {symbol} went out", shares(*quantity)), None)
        }
        Booking::SpinOff { symbol, into, ratio, cash_in_lieu, .. } => (
            format!("{into} spun off from {symbol}, {} for {}", ratio.new, ratio.old),
            unless_zero(*cash_in_lieu),
        ),
        Booking::Merger { symbol, into, ratio, cash_per_share, cash_in_lieu, .. } => {
            let shares = into
                .as_ref()
                .zip(*ratio)
                .map(|(into, ratio)| format!("{symbol} merged into {into}, {} for {}", ratio.new, ratio.old));
            let cash = (!cash_per_share.is_zero())
                .then(|| format!("{} a share", number::money(*cash_per_share, booked.currency)));
            let words = match (shares, cash) {
                (Some(shares), Some(cash)) => format!("{shares} and {cash}"),
                (Some(shares), None) => shares,
                (None, cash) => format!("{symbol} taken over for {}", cash.unwrap_or_default()),
            };
            (words, unless_zero(*cash_in_lieu))
        }
        Booking::TickerChange { symbol, into } => (format!("{symbol} became {into}"), None),
    }
}

fn unless_zero(amount: Decimal) -> Option<Decimal> {
    (!amount.is_zero()).then_some(amount)
}
