//! The shares of the demonstration as the months pass, splits included.

use std::collections::BTreeMap;

use bellwether_domain::{ActionKind, CorporateAction, Symbol, decimal_of_price};
use chrono::NaiveDate;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use crate::market::Market;

/// What is held, on a day that moves on.
pub(super) struct Shares<'a> {
    market: &'a Market,
    day: NaiveDate,
    held: BTreeMap<&'static str, Decimal>,
    /// What was held when the day began.
    held_at_open: BTreeMap<&'static str, Decimal>,
    actions: BTreeMap<&'static str, Vec<CorporateAction>>,
}

impl<'a> Shares<'a> {
    pub(super) fn new(market: &'a Market) -> Self {
        Self {
            market,
            day: NaiveDate::MIN,
            held: BTreeMap::new(),
            held_at_open: BTreeMap::new(),
            actions: BTreeMap::new(),
        }
    }

    /// Moves on to a day, which is not earlier; the splits up to it take effect.
    pub(super) fn pass_to(&mut self, day: NaiveDate) {
        if day == self.day {
            return;
        }
        for (symbol, held) in &mut self.held {
            let actions = self.actions.get(symbol).map(Vec::as_slice).unwrap_or_default();
            for action in actions.iter().filter(|action| action.ex_date > self.day && action.ex_date <= day) {
                if let ActionKind::Split(ratio) = &action.kind {
                    *held = ratio.apply(*held).normalize();
                }
            }
        }
        self.held_at_open.clone_from(&self.held);
        self.day = day;
    }

    pub(super) fn held(&self, symbol: &str) -> Decimal {
        self.held.get(symbol).copied().unwrap_or_default()
    }

    /// What was held at the open of the present day.
    pub(super) fn held_before(&self, symbol: &str, day: NaiveDate) -> Decimal {
        debug_assert_eq!(day, self.day, "asked about the present day");
        self.held_at_open.get(symbol).copied().unwrap_or_default()
    }

    pub(super) fn add(&mut self, symbol: &'static str, quantity: Decimal) {
        let market = self.market;
        self.actions.entry(symbol).or_insert_with(|| {
            let symbol: Result<Symbol, _> = symbol.parse();
            symbol.map(|symbol| market.actions(&symbol)).unwrap_or_default()
        });
        *self.held.entry(symbol).or_default() += quantity;
    }

    pub(super) fn remove(&mut self, symbol: &'static str, quantity: Decimal) {
        *self.held.entry(symbol).or_default() -= quantity;
    }

    /// The close of a day as traded on it.
    pub(super) fn close(&self, symbol: &str, day: NaiveDate) -> Option<Decimal> {
        let truth = self.market.truth(&symbol.parse().ok()?, day, day, day)?;
        decimal_of_price(truth.bars.first()?.as_traded_close)
    }

    /// The dividend of an ex-date, per share of that day.
    pub(super) fn dividend(&self, symbol: &str, ex_date: NaiveDate) -> Option<Decimal> {
        let truth = self.market.truth(&symbol.parse().ok()?, ex_date, ex_date, ex_date)?;
        truth.dividends.first().map(|paid| paid.amount)
    }

    /// What the shares are worth at the closes of a day, in the shares of another.
    pub(super) fn worth(&self, day: NaiveDate, as_of: NaiveDate) -> f64 {
        let value = |(symbol, held): (&&'static str, &Decimal)| {
            let truth = self.market.truth(&symbol.parse().ok()?, day, day, as_of)?;
            Some(truth.bars.first()?.bar.close * held.to_f64()?)
        };
        self.held.iter().filter_map(value).sum()
    }
}
