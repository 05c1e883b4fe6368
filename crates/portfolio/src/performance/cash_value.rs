//! The exact value of cash at the close of a day.

use bellwether_domain::Currency;
use chrono::NaiveDate;
use rust_decimal::Decimal;

use crate::books::CashBook;
use crate::exact::Exact;
use crate::figure::total;
use crate::{Figure, Market};

impl CashBook {
    /// All cash at the close of a day, in `base` at the rates of that day.
    ///
    /// # Errors
    /// When an exchange rate is missing.
    pub fn value_on(&self, day: NaiveDate, market: &Market, base: Currency) -> Figure<Decimal> {
        let values: Vec<_> = self
            .balances
            .iter()
            .map(|balance| {
                let amount = balance.on(day);
                if amount.is_zero() || balance.currency == base {
                    return Ok(amount);
                }
                amount.times(market.rates().on(balance.currency, base, day)?.rate)
            })
            .collect();
        total(&values)
    }
}
