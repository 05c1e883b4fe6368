//! The price that values a holding on a day.

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::Position;
use crate::market::{InstrumentData, splits};
use crate::{Figure, Reason};

/// Where a holding's price comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PriceOrigin {
    /// A daily close.
    Close,
    /// The newest quote.
    Quote,
    /// A price that was booked, because no quote is known yet: to be marked where it is shown.
    Booked,
}

/// The price of a holding on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HoldingPrice {
    /// Per unit of the day it is asked for, in the currency of the listing.
    pub price: Decimal,
    /// The day it is really of.
    pub day: NaiveDate,
    /// Where it comes from.
    pub origin: PriceOrigin,
}

impl Position {
    /// The price that values the holding at the close of `day`: the last known on or before it, divided by the splits
    /// since. Before the instrument's first quote it is the last booked price.
    ///
    /// # Errors
    /// [`Reason::NoPrice`] when the instrument has no price at all, or neither quote nor booking by that day.
    pub fn price_on(&self, instrument: Option<&InstrumentData>, day: NaiveDate) -> Figure<HoldingPrice> {
        let no_price = || Reason::no_price(&self.symbol);
        let instrument = instrument.filter(|instrument| instrument.has_prices()).ok_or_else(no_price)?;
        let Some(on) = instrument.price_on(day) else {
            return self.booked_price_on(day).ok_or_else(no_price)?;
        };
        let is_quote = instrument.latest().is_some_and(|latest| latest.day == on.day);
        Ok(HoldingPrice {
            price: splits::carried(on.price, &self.splits, on.day, day)?,
            day: on.day,
            origin: if is_quote { PriceOrigin::Quote } else { PriceOrigin::Close },
        })
    }

    /// The last price booked on or before a day, in its units.
    pub(crate) fn booked_price_on(&self, day: NaiveDate) -> Option<Figure<HoldingPrice>> {
        let past = self.booked_prices.partition_point(|booked| booked.date <= day);
        let booked = self.booked_prices.get(past.checked_sub(1)?)?;
        let price = splits::carried(booked.price, &self.splits, booked.date, day);
        Some(price.map(|price| HoldingPrice { price, day: booked.date, origin: PriceOrigin::Booked }))
    }
}
