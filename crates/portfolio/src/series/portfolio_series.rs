//! A portfolio's value on every day of its life.

use super::DailySeries;
use super::valuation::Valuation;
use crate::twr::TimeWeighted;
use crate::{Books, Figure, Market, Reason};

/// A portfolio by calendar day, from its first booking to the books' day, in the base currency.
#[derive(Debug, Clone)]
pub struct PortfolioSeries {
    /// Holdings and cash at the close.
    pub value: DailySeries,
    /// What was held and owned at the close before, at the day's prices and rates: after the day's splits and
    /// other corporate events, with what they brought for it, and before the day's other bookings.
    pub held: DailySeries,
    /// Cash at the close.
    pub cash: DailySeries,
    /// Deposits, withdrawals and transfers of the day, net; positive when money came in.
    pub flows: Figure<DailySeries>,
    /// Sum of the flows so far.
    pub net_contributions: Figure<DailySeries>,
    /// Time-weighted return, with its index by day.
    pub time_weighted: Figure<TimeWeighted>,
    /// Why `value` lacks something on some day: what has no price or rate is left out of it.
    pub gap: Option<Reason>,
}

impl PortfolioSeries {
    /// Values the books on every day.
    ///
    /// The work is one pass over each position's prices and one multiplication per position and day.
    pub fn new(books: &Books, market: &Market) -> Self {
        let mut columns = Valuation::new(books, books.first_day().unwrap_or(books.as_of()));
        for position in books.positions() {
            columns.add_position(position, market);
        }
        for balance in &books.cash().balances {
            columns.add_cash(balance.currency, &balance.changes, market.rates());
        }
        let columns = columns.finished();
        let flows = columns.flows(books.external_flows().iter().map(|flow| (flow.date, &flow.amount)));
        let time_weighted = columns.linked(&flows);
        let series = |values| DailySeries { first_day: columns.first, values };
        Self {
            net_contributions: flows.clone().map(|flow| series(running_sum(&flow))),
            flows: flows.map(series),
            time_weighted,
            value: series(columns.value),
            held: series(columns.held),
            cash: series(columns.cash),
            gap: columns.gap,
        }
    }
}

fn running_sum(values: &[f64]) -> Vec<f64> {
    values
        .iter()
        .scan(0.0, |sum, value| {
            *sum += value;
            Some(*sum)
        })
        .collect()
}
