//! The average cost: pools that begin with the value of the opening, and hand parts of it on through events.

use std::collections::{BTreeMap, VecDeque};

use bellwether_domain::{Symbol, TransactionId};
use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::{Parts, Valuation, cost_share, giver, sum_of};
use crate::books::{Brought, Cost, Lot, Position, Sale, ShareTransfer};
use crate::exact::Exact;
use crate::market::splits;
use crate::{Books, Figure, Reason};

/// The pools of a portfolio, each as far as it has been followed.
pub(super) struct Pools<'v, 'p> {
    valuation: &'v Valuation<'v>,
    books: &'p Books,
    by_symbol: BTreeMap<&'p Symbol, Pool<'p>>,
}

/// The pool of one position. The bookings of the period follow in their order.
struct Pool<'p> {
    position: &'p Position,
    opening: Cost,
    cost: Cost,
    quantity: Decimal,
    /// The day of whose units the quantity is.
    day: NaiveDate,
    /// What is still to come.
    events: VecDeque<Event<'p>>,
    opened: Cost,
    sold: Vec<(&'p Sale, Cost)>,
    /// The cost of each lot that a transfer took.
    departed: BTreeMap<TransactionId, Vec<Cost>>,
}

/// How far a pool is to be followed: to a transfer out, or to the end.
type Goal<'p> = (&'p Symbol, Option<TransactionId>);

impl<'v, 'p> Pools<'v, 'p> {
    pub(super) fn new(valuation: &'v Valuation<'v>, books: &'p Books) -> Self {
        Self { valuation, books, by_symbol: BTreeMap::new() }
    }

    pub(super) fn parts(&mut self, symbol: &Symbol) -> Figure<Parts<'p>> {
        let books = self.books;
        let position = books.position(symbol).ok_or(Reason::NotHeld)?;
        self.follow((&position.symbol, None))?;
        let period = self.valuation.period;
        let mut arrived = Cost::ZERO;
        for transfer in position.transfers.iter().filter(|it| it.arrives && period.contains(it.date)) {
            if let Some((from, _)) = giver(books, transfer.transaction) {
                self.follow((&from.symbol, Some(transfer.transaction)))?;
            }
            for lot in &transfer.lots {
                arrived = arrived.plus(&self.arriving(position, lot));
            }
        }
        let pool = self.by_symbol.remove(symbol).ok_or(Reason::NotHeld)?;
        let departed = sum_of(pool.departed.into_values().flatten());
        let Pool { opening, opened, sold, .. } = pool;
        Ok(Parts { opening, opened, sold, departed, arrived, covering: Cost::ZERO })
    }

    /// Follows a pool, and before it those from which events brought it something.
    fn follow(&mut self, goal: Goal<'p>) -> Figure<()> {
        let mut goals = vec![goal];
        while let Some(goal) = goals.last().copied() {
            match self.advance(goal)? {
                Some(first) => goals.push(first),
                None => _ = goals.pop(),
            }
        }
        Ok(())
    }

    /// Follows a pool to its goal, or to where another has to be followed first.
    fn advance(&mut self, (symbol, until): Goal<'p>) -> Figure<Option<Goal<'p>>> {
        if !self.by_symbol.contains_key(symbol) {
            let position = self.books.position(symbol).ok_or(Reason::NotHeld)?;
            self.by_symbol.insert(symbol, Pool::new(self.valuation, position)?);
        }
        loop {
            let pool = self.by_symbol.get(symbol).ok_or(Reason::NotHeld)?;
            if until.is_some_and(|event| pool.departed.contains_key(&event)) {
                return Ok(None);
            }
            let (position, Some(event)) = (pool.position, pool.events.front().copied()) else {
                return Ok(None);
            };
            let arriving = match event {
                Event::Opened(lot) => {
                    if let Some(first) = self.unknown_giver(lot) {
                        return Ok(Some(first));
                    }
                    self.arriving(position, lot)
                }
                _ => Cost::ZERO,
            };
            let pool = self.by_symbol.get_mut(symbol).ok_or(Reason::NotHeld)?;
            pool.events.pop_front();
            pool.take(event, &arriving)?;
        }
    }

    /// The pool that has not yet come to where an event took what this lot came for.
    fn unknown_giver(&self, lot: &Lot) -> Option<Goal<'p>> {
        let event = lot.brought()?.event;
        let (from, _) = giver(self.books, event)?;
        let is_known =
            self.by_symbol.get(&from.symbol).is_some_and(|pool| pool.departed.contains_key(&event));
        (!is_known).then_some((&from.symbol, Some(event)))
    }

    /// What a lot of the period adds to a pool: of what an event brought, what it took elsewhere.
    fn arriving(&self, to: &Position, lot: &Lot) -> Cost {
        let moved = lot.brought().and_then(|brought| self.moved(to, lot, brought));
        moved.unwrap_or_else(|| self.valuation.seen(&lot.cost))
    }

    fn moved(&self, to: &Position, lot: &Lot, brought: Brought) -> Option<Cost> {
        let (from, _) = giver(self.books, brought.event)?;
        let taken = self.by_symbol.get(&from.symbol)?.departed.get(&brought.event)?.get(brought.place)?;
        let relisted = self.valuation.relisted(taken.clone(), from.currency, to.currency, lot.acquired);
        Some(relisted.share(lot.quantity, brought.shares))
    }
}

impl<'p> Pool<'p> {
    fn new(valuation: &Valuation<'_>, position: &'p Position) -> Figure<Self> {
        let day = valuation.period.from;
        let quantity = position.quantity_on(day);
        let opening =
            if quantity.is_zero() { Cost::ZERO } else { valuation.opening(position)?.cost(quantity, day)? };
        Ok(Self {
            position,
            cost: opening.clone(),
            opening,
            quantity,
            day,
            events: valuation.events(position).into(),
            opened: Cost::ZERO,
            sold: Vec::new(),
            departed: BTreeMap::new(),
        })
    }

    fn take(&mut self, event: Event<'p>, arriving: &Cost) -> Figure<()> {
        for split in splits::between(&self.position.splits, self.day, event.date()) {
            self.quantity = cost_share(self.quantity, split.ratio.new, split.ratio.old)?;
        }
        self.day = event.date();
        match event {
            Event::Opened(lot) => {
                self.cost = self.cost.plus(arriving);
                self.opened = self.opened.plus(arriving);
                self.quantity = self.quantity.plus(lot.quantity)?;
            }
            Event::Sold(sale) => {
                let cost = self.cost_of(sale.quantity);
                self.leave(&cost, sale.quantity)?;
                self.sold.push((sale, cost));
            }
            Event::Departed(transfer) => {
                let share = transfer.cost_share.clone()?;
                let mut costs = Vec::with_capacity(transfer.lots.len());
                for lot in transfer.concerned() {
                    let cost = self.cost_of(lot.quantity).share(share, Decimal::ONE);
                    if transfer.kept.is_empty() {
                        self.leave(&cost, lot.quantity)?;
                    }
                    costs.push(cost);
                }
                if !transfer.kept.is_empty() {
                    self.leave(&sum_of(costs.iter().cloned()), Decimal::ZERO)?;
                }
                self.departed.insert(transfer.transaction, costs);
            }
        }
        Ok(())
    }

    fn cost_of(&self, quantity: Decimal) -> Cost {
        if self.quantity.is_zero() { Cost::ZERO } else { self.cost.share(quantity, self.quantity) }
    }

    fn leave(&mut self, cost: &Cost, quantity: Decimal) -> Figure<()> {
        self.cost = self.cost.minus(cost);
        self.quantity = self.quantity.minus(quantity)?;
        Ok(())
    }
}

impl Valuation<'_> {
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
        let gains: BTreeMap<TransactionId, bool> = events
            .iter()
            .filter_map(|event| match event {
                Event::Opened(lot) => Some((event.transaction(), lot.quantity.is_sign_positive())),
                _ => None,
            })
            .collect();
        // What crosses zero closes before it opens; the fractions of what an event brings are sold after that.
        let opens = |event: &Event<'_>| match event {
            Event::Sold(sale) => gains.get(&sale.transaction) == Some(&sale.quantity.is_sign_positive()),
            _ => true,
        };
        events.sort_by_key(|event| (event.date(), order.get(&event.transaction()).copied(), opens(event)));
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
            Self::Opened(lot) => lot.brought_by(),
            Self::Sold(sale) => sale.transaction,
            Self::Departed(transfer) => transfer.transaction,
        }
    }
}
