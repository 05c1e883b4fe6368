//! Prices and exchange rates as the leaves of derivations.

use bellwether_domain::{Currency, Split, Symbol};
use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::record::Record;
use super::{Label, Number, Operation, Source, Unit};
use crate::books::{BookedPrice, HoldingPrice, PriceOrigin};
use crate::market::splits;
use crate::{Figure, Position, RateOn};

impl Record<'_> {
    pub(super) fn rate_on(&mut self, pair: (Currency, Currency), on: NaiveDate) -> usize {
        let rate = if pair.0 == pair.1 {
            Ok(RateOn { rate: Decimal::ONE, quoted: on })
        } else {
            self.market.rates().on(pair.0, pair.1, on)
        };
        self.rate_of(pair, on, &rate)
    }

    pub(super) fn rate_of(
        &mut self,
        (from, to): (Currency, Currency),
        on: NaiveDate,
        rate: &Figure<RateOn>,
    ) -> usize {
        let label = Label::new("Exchange rate", "", Unit::ExchangeRate { from, to });
        let source = match rate {
            _ if from == to => Source::Constant,
            Ok(rate) => Source::ExchangeRate { from, to, on, quoted: rate.quoted },
            Err(_) => Source::Unknown,
        };
        self.given(label, rate.clone().map(|rate| Number::Exact(rate.rate)), source)
    }

    /// A price as it was quoted or booked, carried over the splits since.
    pub(super) fn price_of(
        &mut self,
        position: &Position,
        on: NaiveDate,
        price: &Figure<HoldingPrice>,
    ) -> usize {
        let label = Label::new("Price", "", Unit::PerShare(position.currency));
        let Ok(price) = price else {
            return self.given(label, price.clone().map(|price| Number::Exact(price.price)), Source::Unknown);
        };
        let since = splits::between(&position.splits, price.day, on);
        let quoted = self.quoted(position, price, on).filter(|_| !since.is_empty());
        let given = self.exactly(label, quoted.unwrap_or(price.price), self.source_of(position, price));
        if quoted.is_none() {
            return given;
        }
        let carried = self.carried(label, given, &position.symbol, since);
        self.checked(carried, label, &Ok(price.price))
    }

    /// An amount per share in the units after some splits.
    pub(super) fn carried(&mut self, label: Label, amount: usize, symbol: &Symbol, since: &[Split]) -> usize {
        let formulas = ["amount in old units x old shares", "amount in old units x old shares / new shares"];
        since.iter().fold(amount, |carried, split| {
            let [old, new] = self.sides(symbol, split);
            self.over_split(label, formulas, [carried, old, new])
        })
    }

    /// A number of shares in the units after some splits.
    pub(super) fn shares_after(&mut self, shares: usize, symbol: &Symbol, since: &[Split]) -> usize {
        let label = Label::new("Quantity after the split", "", Unit::Shares);
        let formulas = ["quantity x new", "quantity x new / old"];
        since.iter().fold(shares, |carried, split| {
            let [old, new] = self.sides(symbol, split);
            self.over_split(label, formulas, [carried, new, old])
        })
    }

    /// What shares of the units after some splits are worth, at a price before them.
    pub(super) fn worth_before(
        &mut self,
        label: Label,
        worth: usize,
        symbol: &Symbol,
        since: &[Split],
    ) -> usize {
        let label = Label { formula: "worth x old shares / new shares", ..label };
        since.iter().fold(worth, |worth, split| {
            let [old, new] = self.sides(symbol, split);
            self.computed(label, Operation::Share, vec![worth, old, new])
        })
    }

    fn sides(&mut self, symbol: &Symbol, split: &Split) -> [usize; 2] {
        let side = Label::new("Side of a split's ratio", "", Unit::Number);
        let source = Source::Split { symbol: symbol.clone(), ex_date: split.ex_date };
        [split.ratio.old, split.ratio.new].map(|number| self.exactly(side, number, source.clone()))
    }

    fn over_split(
        &mut self,
        label: Label,
        formulas: [&'static str; 2],
        [of, times, over]: [usize; 3],
    ) -> usize {
        let [formula, divided] = formulas;
        let product = self.computed(Label { formula, ..label }, Operation::Product, vec![of, times]);
        self.computed(Label { formula: divided, ..label }, Operation::Quotient, vec![product, over])
    }

    /// The price in the units of its own day.
    fn quoted(&self, position: &Position, price: &HoldingPrice, on: NaiveDate) -> Option<Decimal> {
        match price.origin {
            PriceOrigin::Booked => {
                let of_day = position.booked_prices.iter().filter(|booked| booked.date == price.day);
                let carries_to = |booked: &&BookedPrice| {
                    splits::carried(booked.price, &position.splits, booked.date, on) == Ok(price.price)
                };
                of_day.rev().find(carries_to).map(|booked| booked.price)
            }
            PriceOrigin::Close | PriceOrigin::Quote => {
                let on = self.market.instrument(&position.symbol)?.price_on(price.day)?;
                (on.day == price.day).then_some(on.price)
            }
        }
    }

    fn source_of(&self, position: &Position, price: &HoldingPrice) -> Source {
        let latest = self.market.instrument(&position.symbol).and_then(|instrument| instrument.latest());
        let quote = latest.filter(|_| price.origin == PriceOrigin::Quote).map(|latest| &latest.quote);
        Source::Price {
            symbol: position.symbol.clone(),
            day: price.day,
            origin: price.origin,
            source: quote.map(|quote| quote.source.clone()),
            as_of: quote.map(|quote| quote.as_of),
        }
    }
}
