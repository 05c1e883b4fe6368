//! What a unit of some instrument, bought on a past day, has become.

use bellwether_domain::{Exchange, Symbol};
use bellwether_portfolio::{Figure, Reason, SinglePurchase};
use chrono::{Days, NaiveDate};

use crate::prices_shown::PriceShown;
use crate::refusals::day_to_come;
use crate::stored_market::LEAD_DAYS;
use crate::{Tracker, TrackerError};

/// A purchase of one unit, and how far that can be relied on.
#[derive(Debug, Clone)]
pub struct PurchaseShown {
    /// What became of it, or why that is not known.
    pub purchase: Figure<SinglePurchase>,
    /// How old the last price is; `None` where no price is known at all.
    pub shown: Option<PriceShown>,
    /// Its history is being fetched in the background.
    pub history_asked: bool,
}

impl Tracker {
    /// One unit bought at the close of a day and kept, from stored prices. Waits for nobody; what of its history was
    /// never fetched is asked for in the background.
    ///
    /// # Errors
    /// [`TrackerError::Refused`] for a day to come, and the database's.
    pub async fn single_purchase(
        &self,
        symbol: &Symbol,
        day: NaiveDate,
    ) -> Result<PurchaseShown, TrackerError> {
        let now = self.clock().now();
        let today = Exchange::of(symbol).local_date(now);
        if day > today {
            return Err(TrackerError::refused(day_to_come(day, today)));
        }
        let from = day.checked_sub_days(Days::new(LEAD_DAYS)).unwrap_or(day);
        let stored = self.stored_instrument(symbol, from, today).await?;
        let (known, state) = (stored.instruments.get(symbol), stored.price_states.get(symbol));
        let purchase = SinglePurchase::new(symbol, &stored.market, day, today);
        let is_missing = self.look_at_history(symbol, from, known, state).await?;
        Ok(PurchaseShown {
            history_asked: is_missing && matches!(purchase, Err(Reason::NoPrice(_))),
            purchase,
            shown: state.map(|state| PriceShown::present(symbol, state, now, self.is_refreshing())),
        })
    }
}
