//! Lots that count from the value at a period's start.

mod lots;
mod pools;

use bellwether_domain::{CostMethod, Currency, Split, Symbol, TransactionId};
use chrono::NaiveDate;
use rust_decimal::Decimal;

use self::lots::Descent;
use self::pools::Pools;
use super::{Parts, Valuation, sum_of};
use crate::books::{
    Booked, BookedRates, Cost, OpeningShares, Position, Relisting, ShareTransfer, cost_share,
};
use crate::exact::Exact;
use crate::market::splits;
use crate::performance::subject::Member;
use crate::{Books, Figure};

/// What a share held at the opening was worth there.
struct Opening<'a> {
    day: NaiveDate,
    /// In the currency of the listing.
    price: Decimal,
    rates: BookedRates,
    splits: &'a [Split],
    /// Whose, where it is to be explained.
    explained: Option<&'a Symbol>,
}

impl Opening<'_> {
    /// Shares that were held at the opening, of a quantity in the units of a later day, at their value then.
    fn cost(&self, quantity: Decimal, units_of: NaiveDate) -> Figure<Cost> {
        let worth = splits::between(self.splits, self.day, units_of)
            .iter()
            .try_fold(quantity.times(self.price)?, |worth, split| {
                cost_share(worth, split.ratio.old, split.ratio.new)
            })?;
        let cost = Cost::booked(Booked { net: worth, fee: Decimal::ZERO, tax: Decimal::ZERO }, &self.rates);
        Ok(match self.explained {
            Some(symbol) => {
                let (symbol, day) = (symbol.clone(), self.day);
                cost.worth_of(OpeningShares { symbol, day, quantity, units_of })
            }
            None => cost,
        })
    }
}

impl Valuation<'_> {
    /// As at purchase cost, with the value of the opening in the place of the cost of what was held then. Events move
    /// it as they move cost.
    pub(super) fn at_opening_value<'p>(&self, member: &'p Member<'_>) -> Figure<Parts<'p>> {
        let position = &*member.position;
        let mut by_events = self.by_events(position).peekable();
        if by_events.peek().is_none() && position.quantity_on(self.period.from).is_zero() {
            return Ok(self.at_purchase_cost(position));
        }
        by_events.clone().try_for_each(|transfer| transfer.cost_share.clone().map(|_| ()))?;
        let mut parts = if member.method == CostMethod::Average {
            Pools::new(self, member.books).parts(&position.symbol)?
        } else {
            Descent::new(self, member.books).parts(position)?
        };
        if by_events.any(|transfer| transfer.arrives) {
            let booked = self.at_purchase_cost(position);
            let covering = |parts: &Parts<'_>| parts.arrived.minus(&parts.opened);
            parts.covering = covering(&parts).minus(&covering(&booked)).plus(&booked.covering);
        } else {
            parts.covering = self.covering(position);
        }
        Ok(parts)
    }

    /// What a position is worth a share at the opening.
    fn opening<'p>(&self, position: &'p Position) -> Figure<Opening<'p>> {
        let day = self.period.from;
        let price = position.price_on(self.market.instrument(&position.symbol), day)?.price;
        let to_base = self.market.rates().on(position.currency, self.base, day)?.rate;
        let to_listed = (position.currency != self.base).then_some(Ok(Decimal::ONE));
        let rates = BookedRates { to_base: Ok(to_base), to_listed };
        let explained = self.is_explained.then_some(&position.symbol);
        Ok(Opening { day, price, rates, splits: &position.splits, explained })
    }

    /// What events brought and took in the period.
    fn by_events<'p>(&self, position: &'p Position) -> impl Iterator<Item = &'p ShareTransfer> + Clone {
        let transfers = if position.events.is_empty() { &[][..] } else { &position.transfers };
        let period = self.period;
        transfers
            .iter()
            .filter(move |transfer| period.contains(transfer.date) && position.is_event(transfer.transaction))
    }

    /// The cost of shares that became others, from the day of the opening or later.
    fn relisted(&self, cost: Cost, from: Currency, to: Currency, acquired: NaiveDate) -> Cost {
        if from == to {
            return cost;
        }
        let listing = Relisting { from, on: acquired.max(self.period.from), into_base: to == self.base };
        let rate = self.market.rates().on(from, to, listing.on).map(|on| on.rate);
        cost.relisted(&rate, listing)
    }
}

/// The position from which an event took shares or cost, and what it took.
fn giver(books: &Books, event: TransactionId) -> Option<(&Position, &ShareTransfer)> {
    let mut concerned = books.positions().iter().filter(|position| position.is_event(event));
    concerned.find_map(|position| {
        let taken = position.transfers.iter().find(|it| !it.arrives && it.transaction == event);
        Some((position, taken?))
    })
}
