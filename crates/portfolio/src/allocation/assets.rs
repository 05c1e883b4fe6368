//! What there is to allocate: holdings at their value, and cash.

use std::collections::BTreeMap;

use bellwether_domain::{Currency, Symbol};
use rust_decimal::Decimal;
use serde::Serialize;

use super::{Class, MONEY_DECIMALS, Vehicle};
use crate::exact::Exact;
use crate::{Books, Figure, Market, Reason};

/// A holding at its value, in the base currency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Asset {
    /// The instrument.
    pub symbol: Symbol,
    /// The currency of its price.
    pub currency: Currency,
    /// Shares held.
    pub quantity: Decimal,
    /// Per share, in the base currency.
    pub price: Decimal,
    /// Quantity times price, to the twelfth decimal.
    pub value: Decimal,
}

/// Holdings and cash at the value of a day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Assets {
    /// The currency of the values.
    pub base: Currency,
    /// What is held, by symbol.
    pub holdings: Vec<Asset>,
    /// Cash of all currencies.
    pub cash: Decimal,
}

impl Assets {
    /// What is held in the books of one portfolio or several, at the prices and rates of their day.
    ///
    /// # Errors
    /// [`Reason::NoPrice`] with every holding that has none and [`Reason::NoExchangeRate`]: an allocation without a part
    /// would be wrong for all others. [`Reason::NotHeld`] without any books, [`Reason::MixedCurrencies`] when they have
    /// different base currencies.
    pub fn new(books: &[&Books], market: &Market) -> Figure<Self> {
        let base = books.first().ok_or(Reason::NotHeld)?.options().base;
        if books.iter().any(|other| other.options().base != base) {
            return Err(Reason::MixedCurrencies);
        }
        let mut holdings: BTreeMap<Symbol, Asset> = BTreeMap::new();
        let mut cash = Decimal::ZERO;
        let mut unknown: Option<Reason> = None;
        for books in books {
            for position in books.positions().iter().filter(|position| position.is_open()) {
                let price =
                    position.price_on(market.instrument(&position.symbol), books.as_of()).and_then(|price| {
                        let rate = market.rates().on(position.currency, base, books.as_of())?.rate;
                        price.price.times(rate)
                    });
                let price = match price {
                    Ok(price) => price,
                    Err(reason) => {
                        unknown = Some(match unknown {
                            Some(others) => others.and(&reason),
                            None => reason,
                        });
                        continue;
                    }
                };
                let asset = holdings.entry(position.symbol.clone()).or_insert_with(|| Asset {
                    symbol: position.symbol.clone(),
                    currency: position.currency,
                    quantity: Decimal::ZERO,
                    price,
                    value: Decimal::ZERO,
                });
                asset.quantity = asset.quantity.plus(position.quantity)?;
                let value = position.quantity.times(price)?.round_dp(MONEY_DECIMALS);
                asset.value = asset.value.plus(value)?;
            }
            for balance in books.cash().balances.iter().filter(|balance| !balance.balance.is_zero()) {
                let rate = market.rates().on(balance.currency, base, books.as_of())?.rate;
                cash = cash.plus(balance.balance.times(rate)?.round_dp(MONEY_DECIMALS))?;
            }
        }
        match unknown {
            Some(reason) => Err(reason),
            None => Ok(Self { base, holdings: holdings.into_values().collect(), cash }),
        }
    }

    /// Each holding as the instrument that is traded for its own class.
    pub fn vehicles(&self) -> BTreeMap<Class, Vehicle> {
        let vehicle = |asset: &Asset| Vehicle { symbol: asset.symbol.clone(), price: Ok(asset.price) };
        self.holdings.iter().map(|asset| (Class::named(asset.symbol.as_str()), vehicle(asset))).collect()
    }
}
