//! A transaction as a row of the list.

use bellwether_domain::{Currency, TransactionId};
use bellwether_tracker::LedgerEntry;
use bellwether_tracker::views::TradesWeighed;
use rust_decimal::Decimal;
use serde::Serialize;

use super::facts::{Facts, name_of};
use crate::web::view::reader::{Reader, Told};

/// A transaction in the words of whoever reads it.
#[derive(Debug, Default, Serialize)]
pub(super) struct Row {
    id: Option<TransactionId>,
    /// Its place in the list, from 1, the head's being the first; 0 where that is not known.
    place: usize,
    day: String,
    kind: String,
    /// What it concerns, and beneath it the symbol.
    name: String,
    symbol: String,
    is_unverified: bool,
    quantity: String,
    price: String,
    amount: String,
    costs: String,
    /// The currency of its amounts where that is not the portfolio's.
    currency: String,
    account: String,
    note: String,
    gain: Told,
    against: Vec<Told>,
    words: String,
}

impl Row {
    pub(super) fn of(
        entry: &LedgerEntry,
        weighed: &TradesWeighed,
        base: Currency,
        is_unverified: bool,
        reader: &Reader,
    ) -> Self {
        let (booked, locale) = (&entry.transaction, reader.locale);
        let facts = Facts::of(booked);
        let amount = |amount: Option<Decimal>| {
            amount.map(|amount| locale.amount(amount, booked.currency)).unwrap_or_default()
        };
        let kind = name_of(booked.booking.kind(), locale);
        let symbol = booked.booking.symbol().map(ToString::to_string).unwrap_or_default();
        let known = booked.booking.symbol().and_then(|symbol| weighed.names.get(symbol));
        let symbols = match booked.booking.other_symbol() {
            Some(other) => format!("{symbol} → {other}"),
            None => symbol,
        };
        let trade = weighed.trades.get(&booked.id);
        Self {
            id: Some(booked.id),
            place: 0,
            day: locale.day(booked.date),
            words: [kind.as_str(), &symbols, &locale.day(booked.date)].join(" "),
            name: known
                .cloned()
                .unwrap_or_else(|| if symbols.is_empty() { kind.clone() } else { symbols.clone() }),
            kind,
            symbol: symbols,
            is_unverified,
            quantity: facts
                .quantity
                .map(|quantity| locale.quantity(quantity))
                .or(facts.ratio)
                .unwrap_or_default(),
            price: facts
                .price
                .map(|price| locale.price(price.round_dp(4), booked.currency))
                .unwrap_or_default(),
            amount: amount(facts.amount),
            costs: amount(facts.costs),
            currency: if booked.currency == base { String::new() } else { booked.currency.to_string() },
            account: booked.account.clone(),
            note: booked.note.clone(),
            gain: trade.map(|trade| reader.change(&trade.gain_shown(booked.id, base))).unwrap_or_default(),
            against: match trade {
                Some(trade) => trade
                    .against_shown(booked.id, &weighed.benchmarks, base)
                    .iter()
                    .map(|ahead| reader.change(ahead))
                    .collect(),
                None => weighed.benchmarks.iter().map(|_| Told::default()).collect(),
            },
        }
    }

    /// A row with nothing in it, from which a script makes others.
    pub(super) fn empty(weighed: &TradesWeighed) -> Self {
        Self { against: weighed.benchmarks.iter().map(|_| Told::default()).collect(), ..Self::default() }
    }

    #[must_use]
    pub(super) fn at(self, place: usize) -> Self {
        Self { place, ..self }
    }
}
