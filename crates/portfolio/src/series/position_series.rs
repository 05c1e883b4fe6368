//! One holding's value on every day since its first booking.

use super::DailySeries;
use super::valuation::Valuation;
use crate::twr::TimeWeighted;
use crate::{Books, Figure, Market, Position, Reason};

/// One instrument in a portfolio by calendar day, from its first booking to the books' day, in the base currency.
///
/// What counts as a flow here is money between the holding and the rest: purchases and fees in, sales and dividends
/// out. So `time_weighted` is the instrument's own return, dividends included, less the costs of trading it.
#[derive(Debug, Clone)]
pub struct PositionSeries {
    /// Market value at the close.
    pub value: DailySeries,
    /// What the shares held at the close before were worth at the day's price: after the day's splits and
    /// other corporate events, with what they brought for them, and before the day's other bookings.
    pub held: DailySeries,
    /// Money that went in on the day, less what came out.
    pub flows: Figure<DailySeries>,
    /// Time-weighted return, with its index by day.
    pub time_weighted: Figure<TimeWeighted>,
    /// Why `value` lacks something on some day.
    pub gap: Option<Reason>,
}

impl PositionSeries {
    /// Values a position of the books on every day.
    pub fn new(position: &Position, books: &Books, market: &Market) -> Self {
        let changed = position.changes.first().map(|change| change.date);
        let paid = position.flows.first().map(|flow| flow.date);
        let first = changed.into_iter().chain(paid).min().unwrap_or(books.as_of());
        let mut columns = Valuation::new(books, first);
        columns.add_position(position, market);
        let columns = columns.finished();
        let flows = columns.flows(position.flows.iter().map(|flow| (flow.date, &flow.amount)));
        let time_weighted = columns.linked(&flows);
        let series = |values| DailySeries { first_day: first, values };
        Self {
            flows: flows.map(series),
            time_weighted,
            value: series(columns.value),
            held: series(columns.held),
            gap: columns.gap,
        }
    }
}
