//! One unit of an instrument, bought on a day and kept.

use bellwether_domain::{Currency, Symbol, epoch_day, from_epoch_day};
use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::Serialize;

use super::Benchmark;
use crate::exact::{Exact, ratio};
use crate::market::splits::carried;
use crate::{Figure, Market, Reason};

/// What became of one unit, in the currency of the instrument. Prices are per unit of the last day: splits are in them.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SinglePurchase {
    /// The currency of the prices.
    pub currency: Currency,
    /// The day of the close at which it was bought: that asked for, or the next on which it traded.
    pub bought_on: NaiveDate,
    /// What it cost.
    pub price: Decimal,
    /// The day of the last price.
    pub priced_on: NaiveDate,
    /// The last price.
    pub current: Decimal,
    /// What the price gained; 0.1 is 10 %.
    pub price_return: f64,
    /// The same with its dividends reinvested.
    pub total_return: f64,
}

impl SinglePurchase {
    /// A purchase at the close of a day, as it stands on another; of a closed day at the next close.
    ///
    /// # Errors
    /// [`Reason::NoPrice`] when the instrument's prices begin more than seven days after the day, or there is none from
    /// then on; [`Reason::NoExchangeRate`] when a dividend cannot be converted.
    pub fn new(symbol: &Symbol, market: &Market, day: NaiveDate, as_of: NaiveDate) -> Figure<Self> {
        let no_price = || Reason::no_price(symbol);
        let data = market.instrument(symbol).ok_or_else(no_price)?;
        let benchmark = Benchmark::new(symbol, market, data.currency(), as_of)?;
        if benchmark.starts_late(day).is_some() {
            return Err(no_price());
        }
        let bought_on = benchmark.buying_day(epoch_day(day)).map(from_epoch_day).ok_or_else(no_price)?;
        let priced = |on: NaiveDate| {
            let price = data.price_on(on).ok_or_else(no_price)?;
            carried(price.price, data.splits(), price.day, as_of)
        };
        let (price, current) = (priced(bought_on)?, priced(as_of)?);
        Ok(Self {
            currency: data.currency(),
            bought_on,
            price,
            priced_on: benchmark.priced_on(),
            current,
            price_return: ratio(current.minus(price)?, price)?,
            total_return: benchmark.return_since(day)?,
        })
    }
}
