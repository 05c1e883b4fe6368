//! Lots that count from the value at a period's start.

use std::collections::BTreeMap;

use bellwether_domain::{CostMethod, Split, TransactionId};
use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::{Parts, Valuation};
use crate::Figure;
use crate::books::{Booked, BookedRates, Cost, Lot, Position, Sale, ShareTransfer, cost_share};
use crate::exact::Exact;
use crate::market::splits;
use crate::performance::subject::Member;

/// What is held at the opening, valued there.
struct Opening<'a> {
    day: NaiveDate,
    quantity: Decimal,
    /// In the currency of the listing.
    price: Decimal,
    rates: BookedRates,
    splits: &'a [Split],
}

impl Opening<'_> {
    /// Shares that were held at the opening, of a quantity in the units of a later day, at their value then.
    fn cost(&self, quantity: Decimal, units_of: NaiveDate) -> Figure<Cost> {
        let worth = splits::between(self.splits, self.day, units_of)
            .iter()
            .try_fold(quantity.times(self.price)?, |worth, split| {
                cost_share(worth, split.ratio.old, split.ratio.new)
            })?;
        Ok(Cost::booked(Booked { net: worth, fee: Decimal::ZERO, tax: Decimal::ZERO }, &self.rates))
    }
}

impl Valuation<'_> {
    /// As at purchase cost, with the value of the opening in the place of the cost of what was held then.
    pub(super) fn at_opening_value<'p>(&self, member: &'p Member<'_>) -> Figure<Parts<'p>> {
        let position = &*member.position;
        let quantity = position.quantity_on(self.period.from);
        if quantity.is_zero() {
            return Ok(self.at_purchase_cost(position));
        }
        let opening = self.opening(position, quantity)?;
        if member.method == CostMethod::Average {
            self.average(position, &opening)
        } else {
            self.by_lots(position, &opening)
        }
    }

    fn opening<'p>(&self, position: &'p Position, quantity: Decimal) -> Figure<Opening<'p>> {
        let day = self.period.from;
        let price = position.price_on(self.market.instrument(&position.symbol), day)?.price;
        let to_base = self.market.rates().on(position.currency, self.base, day)?.rate;
        let to_listed = (position.currency != self.base).then_some(Ok(Decimal::ONE));
        let rates = BookedRates { to_base: Ok(to_base), to_listed };
        Ok(Opening { day, quantity, price, rates, splits: &position.splits })
    }

    fn by_lots<'p>(&self, position: &'p Position, opening: &Opening<'_>) -> Figure<Parts<'p>> {
        let cost = |arrived: NaiveDate, quantity, units_of, booked: &Cost| {
            if arrived > opening.day { Ok(self.seen(booked)) } else { opening.cost(quantity, units_of) }
        };
        let mut sold = Vec::new();
        for sale in position.sales.iter().filter(|sale| self.period.contains(sale.date)) {
            let lots = position.closed_by(sale).iter();
            let of_sale = lots
                .map(|lot| cost(lot.arrived, lot.quantity, lot.sold, &lot.cost))
                .try_fold(Cost::ZERO, |sum, cost| cost.map(|cost| sum.plus(&cost)))?;
            sold.push((sale, of_sale));
        }
        let departed = position.transfers.iter().filter(|it| !it.arrives && self.period.contains(it.date));
        let departed = departed
            .flat_map(|transfer| transfer.lots.iter().map(move |lot| (transfer.date, lot)))
            .map(|(date, lot)| cost(lot.arrived, lot.quantity, date, &lot.cost))
            .collect::<Figure<Vec<_>>>()?;
        Ok((opening.cost(opening.quantity, opening.day)?, sold, departed))
    }

    /// The pool begins with the value of the opening; the bookings of the period follow in their order.
    fn average<'p>(&self, position: &'p Position, opening: &Opening<'_>) -> Figure<Parts<'p>> {
        let opening_cost = opening.cost(opening.quantity, opening.day)?;
        let (mut pool, mut quantity, mut day) = (opening_cost.clone(), opening.quantity, opening.day);
        let (mut sold, mut departed) = (Vec::new(), Vec::new());
        for event in self.events(position) {
            for split in splits::between(&position.splits, day, event.date()) {
                quantity = cost_share(quantity, split.ratio.new, split.ratio.old)?;
            }
            day = event.date();
            let leaving = match event {
                Event::Opened(lot) => {
                    (pool, quantity) = (pool.plus(&self.seen(&lot.cost)), quantity.plus(lot.quantity)?);
                    continue;
                }
                Event::Sold(sale) => sale.quantity,
                Event::Departed(transfer) => {
                    transfer.lots.iter().try_fold(Decimal::ZERO, |sum, lot| sum.plus(lot.quantity))?
                }
            };
            let cost = if quantity.is_zero() { Cost::ZERO } else { pool.share(leaving, quantity) };
            (pool, quantity) = (pool.minus(&cost), quantity.minus(leaving)?);
            match event {
                Event::Sold(sale) => sold.push((sale, cost)),
                _ => departed.push(cost),
            }
        }
        Ok((opening_cost, sold, departed))
    }

    /// What the period's bookings opened and closed, in the order in which they took effect.
    fn events<'p>(&self, position: &'p Position) -> Vec<Event<'p>> {
        let order: BTreeMap<TransactionId, usize> = position
            .flows
            .iter()
            .enumerate()
            .filter_map(|(place, flow)| Some((flow.transaction?, place)))
            .collect();
        let opened = position.opened.iter().map(Event::Opened);
        let sold = position.sales.iter().map(Event::Sold);
        let departed = position.transfers.iter().filter(|transfer| !transfer.arrives).map(Event::Departed);
        let mut events: Vec<_> =
            opened.chain(sold).chain(departed).filter(|event| self.period.contains(event.date())).collect();
        events.sort_by_key(|event| (event.date(), order.get(&event.transaction()).copied()));
        events
    }
}

#[derive(Clone, Copy)]
enum Event<'p> {
    Opened(&'p Lot),
    Sold(&'p Sale),
    Departed(&'p ShareTransfer),
}

impl Event<'_> {
    fn date(&self) -> NaiveDate {
        match self {
            Self::Opened(lot) => lot.arrived,
            Self::Sold(sale) => sale.date,
            Self::Departed(transfer) => transfer.date,
        }
    }

    fn transaction(&self) -> TransactionId {
        match self {
            Self::Opened(lot) => lot.transaction,
            Self::Sold(sale) => sale.transaction,
            Self::Departed(transfer) => transfer.transaction,
        }
    }
}
