//! Lots, each from its own value at the opening: those that events made of others from that of the others.

use std::collections::BTreeMap;

use bellwether_domain::{Currency, Symbol};
use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::{Opening, Parts, Valuation, cost_share, giver, sum_of};
use crate::books::{Brought, Cost, Lot, Passage, Position, ShareTransfer, Step};
use crate::market::splits;
use crate::{Books, Figure};

/// Follows lots of a portfolio back to the opening.
pub(super) struct Descent<'v, 'p> {
    valuation: &'v Valuation<'v>,
    books: &'p Books,
    openings: BTreeMap<&'p Symbol, Opening<'p>>,
}

/// Part of a lot, or all of it.
struct Piece<'p> {
    symbol: &'p Symbol,
    arrived: NaiveDate,
    quantity: Decimal,
    units_of: NaiveDate,
    passage: Option<&'p Passage>,
}

/// What an event left of a cost.
enum Change {
    /// A spin-off took a share.
    Kept(Decimal),
    /// A share went to other shares, of which these are some.
    Became {
        share: Decimal,
        from: Currency,
        to: Currency,
        acquired: NaiveDate,
        part: Decimal,
        whole: Decimal,
    },
}

impl<'v, 'p> Descent<'v, 'p> {
    pub(super) fn new(valuation: &'v Valuation<'v>, books: &'p Books) -> Self {
        Self { valuation, books, openings: BTreeMap::new() }
    }

    pub(super) fn parts(&mut self, position: &'p Position) -> Figure<Parts<'p>> {
        let (symbol, period) = (&position.symbol, self.valuation.period);
        let held = position.quantity_on(period.from);
        let opening =
            if held.is_zero() { Cost::ZERO } else { self.opening(symbol)?.cost(held, period.from)? };
        let mut opened = Vec::new();
        for lot in position.opened.iter().filter(|lot| period.contains(lot.arrived)) {
            opened.push(self.of_arrival(symbol, lot)?);
        }
        let mut sold = Vec::new();
        for sale in position.sales.iter().filter(|sale| period.contains(sale.date)) {
            let mut of_sale = Cost::ZERO;
            for lot in position.closed_by(sale) {
                let (arrived, quantity, units_of) = (lot.arrived, lot.quantity, lot.sold);
                let piece = Piece { symbol, arrived, quantity, units_of, passage: lot.passage.as_deref() };
                of_sale = of_sale.plus(&self.cost(piece, &lot.cost)?);
            }
            sold.push((sale, of_sale));
        }
        let (mut departed, mut arrived) = (Vec::new(), Vec::new());
        for transfer in position.transfers.iter().filter(|transfer| period.contains(transfer.date)) {
            if transfer.arrives {
                for lot in &transfer.lots {
                    arrived.push(self.of_arrival(symbol, lot)?);
                }
            } else {
                for (lot, concerned) in transfer.lots.iter().zip(transfer.concerned()) {
                    departed.push(self.of_departure(symbol, transfer, (lot, concerned))?);
                }
            }
        }
        let (opened, departed, arrived) = (sum_of(opened), sum_of(departed), sum_of(arrived));
        Ok(Parts { opening, opened, sold, departed, arrived, covering: Cost::ZERO })
    }

    fn of_arrival(&mut self, symbol: &'p Symbol, lot: &'p Lot) -> Figure<Cost> {
        let (arrived, quantity, passage) = (lot.arrived, lot.quantity, lot.passage.as_deref());
        self.cost(Piece { symbol, arrived, quantity, units_of: arrived, passage }, &lot.cost)
    }

    fn of_departure(
        &mut self,
        symbol: &'p Symbol,
        transfer: &ShareTransfer,
        (lot, concerned): (&'p Lot, &Lot),
    ) -> Figure<Cost> {
        let (arrived, quantity, units_of) = (lot.arrived, concerned.quantity, transfer.date);
        let piece = Piece { symbol, arrived, quantity, units_of, passage: lot.passage.as_deref() };
        Ok(match self.since_opening(piece)? {
            Some(cost) => cost.share(transfer.cost_share.clone()?, Decimal::ONE),
            None => self.valuation.seen(&lot.cost),
        })
    }

    fn cost(&mut self, piece: Piece<'p>, booked: &Cost) -> Figure<Cost> {
        Ok(self.since_opening(piece)?.unwrap_or_else(|| self.valuation.seen(booked)))
    }

    /// The part of the opening's value that shares stand for; `None` for what was acquired since.
    fn since_opening(&mut self, mut piece: Piece<'p>) -> Figure<Option<Cost>> {
        let opening = self.valuation.period.from;
        let mut changes = Vec::new();
        loop {
            let mut brought = None;
            for passage in Passage::backwards(piece.passage).take_while(|passage| passage.date > opening) {
                match passage.step {
                    Step::Gave(share) => changes.push(Change::Kept(share)),
                    Step::Came(from) => brought = Some(from),
                }
            }
            if piece.arrived <= opening {
                let cost = self.opening(piece.symbol)?.cost(piece.quantity, piece.units_of)?;
                return Ok(Some(changes.iter().rev().fold(cost, |cost, change| self.changed(&cost, change))));
            }
            let Some(came_for) = brought.map(|brought| self.came_for(&piece, brought)).transpose()?.flatten()
            else {
                return Ok(None);
            };
            let (change, origin) = came_for;
            changes.push(change);
            piece = origin;
        }
    }

    /// What an event gave for a piece.
    fn came_for(&self, piece: &Piece<'p>, brought: Brought) -> Figure<Option<(Change, Piece<'p>)>> {
        let to = self.books.position(piece.symbol);
        let (Some(to), Some((from, transfer))) = (to, giver(self.books, brought.event)) else {
            return Ok(None);
        };
        let lots = (transfer.lots.get(brought.place), transfer.concerned().get(brought.place));
        let (Some(lot), Some(concerned)) = lots else { return Ok(None) };
        let part = splits::between(&to.splits, piece.arrived, piece.units_of)
            .iter()
            .try_fold(piece.quantity, |part, split| cost_share(part, split.ratio.old, split.ratio.new))?;
        let change = Change::Became {
            share: transfer.cost_share.clone()?,
            from: from.currency,
            to: to.currency,
            acquired: lot.acquired,
            part,
            whole: brought.shares,
        };
        let origin = Piece {
            symbol: &from.symbol,
            arrived: lot.arrived,
            quantity: concerned.quantity,
            units_of: transfer.date,
            passage: lot.passage.as_deref(),
        };
        Ok(Some((change, origin)))
    }

    fn changed(&self, cost: &Cost, change: &Change) -> Cost {
        match *change {
            Change::Kept(taken) => cost.minus(&cost.share(taken, Decimal::ONE)),
            Change::Became { share, from, to, acquired, part, whole } => {
                let moved = cost.share(share, Decimal::ONE);
                self.valuation.relisted(moved, from, to, acquired).share(part, whole)
            }
        }
    }

    fn opening(&mut self, symbol: &'p Symbol) -> Figure<&Opening<'p>> {
        if !self.openings.contains_key(symbol) {
            let position = self.books.position(symbol).ok_or(crate::Reason::NotHeld)?;
            self.openings.insert(symbol, self.valuation.opening(position)?);
        }
        self.openings.get(symbol).ok_or(crate::Reason::NotHeld)
    }
}
