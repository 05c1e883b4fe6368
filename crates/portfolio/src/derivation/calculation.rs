//! One way to write a figure down, for computing it and for deriving it.

use bellwether_domain::Currency;
use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::operation::{difference, money_weighted, product, quotient, related, returned};
use super::{About, Unit};
use crate::books::{Charge, ExternalFlow, HoldingPrice, Income, Lot, PositionFlow};
use crate::exact::Exact;
use crate::figure::add;
use crate::xirr::Rate;
use crate::{CashBalance, Cost, Figure, Position, RateOn, Reason};

/// What a figure is called and how it is worked out, in words.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Label {
    pub(crate) figure: &'static str,
    pub(crate) formula: &'static str,
    pub(crate) unit: Unit,
}

impl Label {
    pub(crate) const fn new(figure: &'static str, formula: &'static str, unit: Unit) -> Self {
        Self { figure, formula, unit }
    }
}

/// A figure in money of a currency.
pub(crate) const fn money(currency: Currency, figure: &'static str, formula: &'static str) -> Label {
    Label { figure, formula, unit: Unit::Money(currency) }
}

/// A figure that is a fraction.
pub(crate) const fn fraction(figure: &'static str, formula: &'static str) -> Label {
    Label { figure, formula, unit: Unit::Fraction }
}

/// In which currency a cost is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Side {
    Base,
    Listed,
}

/// Which part of a cost is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Content {
    /// All of it.
    Whole,
    /// The fees in it.
    Fees,
    /// The taxes in it.
    Taxes,
}

/// What a payment of income consists of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum IncomePart {
    Gross,
    Tax,
    Fee,
}

/// What belongs to trades and is contained in cost and proceeds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TradeCost {
    Fees,
    Taxes,
}

/// What figures are made of: facts of the books and the market, and operations on them.
///
/// Each figure is one function of a calculation. [`Compute`] makes it the figure itself, and costs nothing;
/// `Record` makes it a node with its operands. So that deriving a figure cannot differ from computing it.
pub(crate) trait Calculation {
    /// An exact amount.
    type Amount: Clone;
    /// A rate in binary.
    type Real: Clone;
    /// A money-weighted rate of return.
    type Rate: Clone;

    /// What the figures that follow are figures of.
    fn about(&mut self, subject: impl FnOnce() -> Option<About>);

    fn constant(&mut self, label: Label, value: Decimal) -> Self::Amount;
    fn unknown(&mut self, label: Label, reason: Reason) -> Self::Amount;
    fn unknown_rate(&mut self, label: Label, reason: Reason) -> Self::Real;

    /// Shares held on the books' day.
    fn quantity(&mut self, position: &Position) -> Self::Amount;
    /// The price of a holding in the units of a day.
    fn price(&mut self, position: &Position, on: NaiveDate, price: &Figure<HoldingPrice>) -> Self::Amount;
    fn exchange_rate(
        &mut self,
        pair: (Currency, Currency),
        on: NaiveDate,
        rate: &Figure<RateOn>,
    ) -> Self::Amount;
    fn cost(&mut self, label: Label, cost: &Cost, side: Side) -> Self::Amount;
    fn income(&mut self, income: &Income, part: IncomePart) -> Self::Amount;
    fn income_rate(&mut self, income: &Income) -> Self::Amount;
    fn charge(&mut self, charge: &Charge) -> Self::Amount;
    fn trade_costs(&mut self, position: &Position, which: TradeCost) -> Self::Amount;
    fn position_flow(&mut self, position: &Position, flow: &PositionFlow) -> Self::Amount;
    fn external_flow(&mut self, flow: &ExternalFlow) -> Self::Amount;
    /// Shares that were held at the close of some day, other than the books'.
    fn counted(
        &mut self,
        label: Label,
        quantity: Decimal,
        position: &Position,
        on: NaiveDate,
    ) -> Self::Amount;
    /// Shares that are left of a lot.
    fn remaining(&mut self, label: Label, lot: &Lot) -> Self::Amount;
    fn balance(&mut self, cash: &CashBalance) -> Self::Amount;
    fn balance_on(&mut self, cash: &CashBalance, day: NaiveDate) -> Self::Amount;
    /// A balance in the base currency, at the rates of its bookings.
    fn booked_balance(&mut self, cash: &CashBalance) -> Self::Amount;

    /// What something makes of each of some things, summed up.
    fn sum_of<T>(
        &mut self,
        label: Label,
        things: impl IntoIterator<Item = T>,
        part: impl FnMut(&mut Self, T) -> Self::Amount,
    ) -> Self::Amount;
    fn difference(&mut self, label: Label, left: &Self::Amount, right: &Self::Amount) -> Self::Amount;
    fn product(&mut self, label: Label, left: &Self::Amount, right: &Self::Amount) -> Self::Amount;
    fn quotient(&mut self, label: Label, part: &Self::Amount, whole: &Self::Amount) -> Self::Amount;
    fn negated(&mut self, label: Label, amount: &Self::Amount) -> Self::Amount;
    fn ratio(&mut self, label: Label, part: &Self::Amount, whole: &Self::Amount) -> Self::Real;
    fn day_return(&mut self, label: Label, day: &DayValues<Self::Amount>) -> Self::Real;
    /// XIRR of what `flow` makes of dated things, positive when money went in, against a closing value.
    fn money_weighted<T>(
        &mut self,
        flows: impl IntoIterator<Item = (NaiveDate, T)>,
        flow: impl FnMut(&mut Self, T) -> Self::Amount,
        closing: (NaiveDate, &Self::Amount),
    ) -> Self::Rate;

    /// The sum of what is there already.
    fn sum<const N: usize>(&mut self, label: Label, parts: [&Self::Amount; N]) -> Self::Amount {
        self.sum_of(label, parts, |_, part| part.clone())
    }
}

/// A day, hold then trade.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct DayValues<A> {
    /// Value at the close before.
    pub(crate) before: A,
    /// The same holdings at the day's prices and rates.
    pub(crate) held: A,
    /// Value at the close.
    pub(crate) value: A,
    /// Money that went in, less what came out.
    pub(crate) flow: A,
}

/// Computes, and remembers nothing.
#[derive(Debug)]
pub(crate) struct Compute;

impl Calculation for Compute {
    type Amount = Figure<Decimal>;
    type Real = Figure<f64>;
    type Rate = Figure<Rate>;

    fn about(&mut self, _subject: impl FnOnce() -> Option<About>) {}

    fn constant(&mut self, _label: Label, value: Decimal) -> Self::Amount {
        Ok(value)
    }

    fn unknown(&mut self, _label: Label, reason: Reason) -> Self::Amount {
        Err(reason)
    }

    fn unknown_rate(&mut self, _label: Label, reason: Reason) -> Self::Real {
        Err(reason)
    }

    fn quantity(&mut self, position: &Position) -> Self::Amount {
        Ok(position.quantity)
    }

    fn price(&mut self, _position: &Position, _on: NaiveDate, price: &Figure<HoldingPrice>) -> Self::Amount {
        price.as_ref().map(|price| price.price).map_err(Clone::clone)
    }

    fn exchange_rate(
        &mut self,
        _pair: (Currency, Currency),
        _on: NaiveDate,
        rate: &Figure<RateOn>,
    ) -> Self::Amount {
        rate.as_ref().map(|on| on.rate).map_err(Clone::clone)
    }

    fn cost(&mut self, _label: Label, cost: &Cost, side: Side) -> Self::Amount {
        match side {
            Side::Base => cost.base.clone(),
            Side::Listed => cost.listed.clone(),
        }
    }

    fn income(&mut self, income: &Income, part: IncomePart) -> Self::Amount {
        Ok(match part {
            IncomePart::Gross => income.gross,
            IncomePart::Tax => income.tax,
            IncomePart::Fee => income.fee,
        })
    }

    fn income_rate(&mut self, income: &Income) -> Self::Amount {
        income.rate.clone()
    }

    fn charge(&mut self, charge: &Charge) -> Self::Amount {
        charge.base.clone()
    }

    fn trade_costs(&mut self, position: &Position, which: TradeCost) -> Self::Amount {
        match which {
            TradeCost::Fees => position.trade_fees.clone(),
            TradeCost::Taxes => position.trade_taxes.clone(),
        }
    }

    fn position_flow(&mut self, _position: &Position, flow: &PositionFlow) -> Self::Amount {
        flow.amount.clone()
    }

    fn external_flow(&mut self, flow: &ExternalFlow) -> Self::Amount {
        flow.amount.clone()
    }

    fn balance(&mut self, cash: &CashBalance) -> Self::Amount {
        Ok(cash.balance)
    }

    fn counted(
        &mut self,
        _label: Label,
        quantity: Decimal,
        _position: &Position,
        _on: NaiveDate,
    ) -> Self::Amount {
        Ok(quantity)
    }

    fn remaining(&mut self, _label: Label, lot: &Lot) -> Self::Amount {
        Ok(lot.quantity)
    }

    fn balance_on(&mut self, cash: &CashBalance, day: NaiveDate) -> Self::Amount {
        Ok(cash.on(day))
    }

    fn booked_balance(&mut self, cash: &CashBalance) -> Self::Amount {
        cash.booked.clone()
    }

    fn sum_of<T>(
        &mut self,
        _label: Label,
        things: impl IntoIterator<Item = T>,
        mut part: impl FnMut(&mut Self, T) -> Self::Amount,
    ) -> Self::Amount {
        let mut sum = Ok(Decimal::ZERO);
        for thing in things {
            sum = add(sum, &part(self, thing));
        }
        sum
    }

    fn difference(&mut self, _label: Label, left: &Self::Amount, right: &Self::Amount) -> Self::Amount {
        difference(left, right)
    }

    fn product(&mut self, _label: Label, left: &Self::Amount, right: &Self::Amount) -> Self::Amount {
        product(left, right)
    }

    fn quotient(&mut self, _label: Label, part: &Self::Amount, whole: &Self::Amount) -> Self::Amount {
        quotient(part, whole)
    }

    fn negated(&mut self, _label: Label, amount: &Self::Amount) -> Self::Amount {
        amount.clone().map(|amount| -amount)
    }

    fn ratio(&mut self, _label: Label, part: &Self::Amount, whole: &Self::Amount) -> Self::Real {
        related(part, whole)
    }

    fn day_return(&mut self, _label: Label, day: &DayValues<Self::Amount>) -> Self::Real {
        let float = |amount: &Self::Amount| amount.clone().map(Exact::float);
        returned(&float(&day.before), &float(&day.held), &float(&day.value), &float(&day.flow))
    }

    fn money_weighted<T>(
        &mut self,
        flows: impl IntoIterator<Item = (NaiveDate, T)>,
        mut flow: impl FnMut(&mut Self, T) -> Self::Amount,
        (as_of, value): (NaiveDate, &Self::Amount),
    ) -> Self::Rate {
        let flows = flows.into_iter().map(|(date, of)| (date, flow(self, of).map(Exact::float)));
        money_weighted(flows, as_of, value.clone().map(Exact::float))
    }
}
