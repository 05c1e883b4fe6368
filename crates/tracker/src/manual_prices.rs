//! Prices that the user types: of a private share, or where a provider is wrong.

use bellwether_domain::{
    Currency, DailyBar, Exchange, Instrument, PriceSource, Symbol, decimal_of_price, price_of_decimal,
};
use bellwether_storage::instruments::InstrumentFacts;
use bellwether_storage::prices::{PriceBatch, WriteMode};
use bellwether_storage::{StorageError, instruments, prices, quotes};
use bellwether_texts::{Sentence, Value};
use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::Serialize;

use crate::versions::prices_entered;
use crate::{Tracker, TrackerError};

/// A price that was recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RecordedPrice {
    /// Whose.
    pub symbol: Symbol,
    /// The exchange's day that it is of.
    pub date: NaiveDate,
    /// Per unit, in `currency`.
    pub price: Decimal,
    /// Its currency.
    pub currency: Currency,
}

impl Tracker {
    /// Records the price of one unit on a day, as traded on it; today where the instrument trades without `date`. It
    /// counts before what any other source tells of that day, and replaces what was recorded for it before.
    ///
    /// # Errors
    /// [`TrackerError::Refused`] when the price is not positive or has more digits than can be kept, the day is in the
    /// future, or no currency is given for an instrument whose currency is not known; [`TrackerError::Conflict`] when
    /// it is known in another; and the database's. Nothing is stored then.
    pub async fn record_price(
        &self,
        symbol: Symbol,
        date: Option<NaiveDate>,
        price: Decimal,
        currency: Option<Currency>,
    ) -> Result<RecordedPrice, TrackerError> {
        let close = close_of(price)?;
        let known = self.storage().instruments_by_symbol(vec![symbol.clone()]).await?;
        let date = self.day_of_price(&symbol, known.get(&symbol), date)?;
        let now = self.clock().now();
        let recorded = self.storage().write(move |connection| {
            // Registered here, so that a refusal leaves no trace of the symbol.
            let known = instruments::find_or_create(connection, std::slice::from_ref(&symbol))?;
            let instrument = known.into_iter().next().ok_or(StorageError::NotFound)?;
            let currency = match currency_of(&instrument, currency) {
                Ok(currency) => currency,
                // Rolls the registration back; the reason goes the way of the answer.
                Err(refusal) => return Err(StorageError::Refused(refusal)),
            };
            let facts = InstrumentFacts { currency: Some(currency), ..InstrumentFacts::default() };
            instruments::learn(connection, &[(instrument.id, facts)])?;
            let batch = PriceBatch {
                instrument: instrument.id,
                source: PriceSource::manual(),
                bars: vec![DailyBar::close_only(date, close)],
                mode: WriteMode::Merge,
            };
            prices::write(connection, &[batch])?;
            prices_entered(connection, now)?;
            Ok(RecordedPrice { symbol, date, price: price.normalize(), currency })
        });
        match recorded.await {
            Ok(recorded) => {
                let RecordedPrice { symbol, date, price, currency } = &recorded;
                tracing::info!(%symbol, %date, %price, %currency, "price.recorded");
                self.prices_changed(vec![symbol.clone()]);
                Ok(recorded)
            }
            Err(StorageError::Refused(why)) => Err(TrackerError::conflict(why)),
            Err(error) => Err(error.into()),
        }
    }

    /// Takes back the price that was recorded for a day; what others tell of it counts again. With an instrument's only
    /// price its currency goes too, so that a wrong one can be mended.
    ///
    /// # Errors
    /// [`TrackerError::NotFound`] when none was recorded for that day, and the database's.
    pub async fn remove_price(&self, symbol: &Symbol, date: NaiveDate) -> Result<(), TrackerError> {
        let nothing = || TrackerError::NotFound(format!("price of {symbol} recorded by hand for {date}"));
        let known = self.storage().instruments_by_symbol(vec![symbol.clone()]).await?;
        let id = known.get(symbol).ok_or_else(nothing)?.id;
        let now = self.clock().now();
        let removed = self.storage().write(move |connection| {
            let removed = prices::remove(connection, id, &PriceSource::manual(), date)?;
            let is_priced =
                !prices::coverage(connection, id)?.is_empty() || !quotes::read(connection, &[id])?.is_empty();
            if removed {
                prices_entered(connection, now)?;
            }
            if removed && !is_priced {
                instruments::forget_currency(connection, id)?;
            }
            Ok(removed)
        });
        if !removed.await? {
            return Err(nothing());
        }
        tracing::info!(%symbol, %date, "price.removed");
        self.prices_changed(vec![symbol.clone()]);
        Ok(())
    }

    fn day_of_price(
        &self,
        symbol: &Symbol,
        known: Option<&Instrument>,
        date: Option<NaiveDate>,
    ) -> Result<NaiveDate, TrackerError> {
        let exchange = known.map_or_else(|| Exchange::of(symbol), |known| known.exchange);
        let today = exchange.local_date(self.clock().now());
        match date {
            Some(date) if date > today => Err(TrackerError::refused(
                Sentence::new("refused.price_future")
                    .with("day", Value::Date(date))
                    .with("symbol", symbol.as_str())
                    .with("today", Value::Date(today)),
            )),
            date => Ok(date.unwrap_or(today)),
        }
    }
}

fn refused(key: &'static str, price: Decimal) -> TrackerError {
    TrackerError::refused(Sentence::new(key).with("price", Value::Exact(price)))
}

/// The close to be stored, which gives back the very same decimal.
fn close_of(price: Decimal) -> Result<f64, TrackerError> {
    if price <= Decimal::ZERO {
        return Err(refused("refused.price_sign", price));
    }
    let close = price_of_decimal(price);
    if decimal_of_price(close) != Some(price.normalize()) {
        return Err(refused("refused.price_digits", price));
    }
    if !(1e-12..=1e15).contains(&close) {
        return Err(refused("refused.price_implausible", price));
    }
    Ok(close)
}

fn currency_of(instrument: &Instrument, given: Option<Currency>) -> Result<Currency, String> {
    let symbol = &instrument.symbol;
    match (instrument.currency, given) {
        (Some(known), Some(given)) if known != given => {
            Err(format!("{symbol} is known in {known}: give its price in {known}, not in {given}."))
        }
        (Some(known), _) => Ok(known),
        (None, Some(given)) => Ok(given),
        (None, None) => Err(format!("In which currency {symbol} trades is not known yet: say which.")),
    }
}
