//! What a holding is worth on a day.

use bellwether_domain::Currency;
use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::Position;
use crate::exact::Exact;
use crate::{Figure, Market};

impl Position {
    /// Market value at the close of a day up to the books' day, in the currency `base`: nothing when nothing is held.
    ///
    /// # Errors
    /// [`Reason::NoPrice`](crate::Reason::NoPrice) and [`Reason::NoExchangeRate`](crate::Reason::NoExchangeRate).
    pub fn value_on(&self, day: NaiveDate, market: &Market, base: Currency) -> Figure<Decimal> {
        let quantity = self.quantity_on(day);
        if quantity.is_zero() {
            return Ok(Decimal::ZERO);
        }
        let price = self.price_on(market.instrument(&self.symbol), day)?.price;
        quantity.times(price)?.times(market.rates().on(self.currency, base, day)?.rate)
    }
}
