//! One holding's figures.

use bellwether_domain::{Currency, Symbol};
use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::{DayChange, DayParts, related};
use crate::books::{HoldingPrice, Position};
use crate::exact::Exact;
use crate::figure::total;
use crate::xirr::Rate;
use crate::{Books, Figure, Market, RateOn, Reason};

/// One instrument in a portfolio, open or closed. Money is in the base currency where not said otherwise.
#[derive(Debug, Clone)]
pub struct Holding {
    /// The instrument.
    pub symbol: Symbol,
    /// The currency of its price.
    pub currency: Currency,
    /// Shares held.
    pub quantity: Decimal,
    /// Cost of them with fees and taxes, at the rates of their bookings.
    pub cost: Figure<Decimal>,
    /// Cost per share.
    pub unit_cost: Figure<Decimal>,
    /// Cost in the currency of the price.
    pub listed_cost: Figure<Decimal>,
    /// The price that values it, in its currency, with its day and origin.
    pub price: Figure<HoldingPrice>,
    /// Base currency per unit of the price's currency, with the day it was quoted.
    pub exchange_rate: Figure<RateOn>,
    /// Market value.
    pub value: Figure<Decimal>,
    /// Value less cost.
    pub unrealised: Figure<Decimal>,
    /// The same in relation to the cost.
    pub unrealised_rate: Figure<f64>,
    /// The part of the unrealised gain that the exchange rate made: cost at today's rate less cost as booked.
    pub currency_effect: Figure<Decimal>,
    /// Gains of its sales.
    pub realised: Figure<Decimal>,
    /// Its dividends after tax and fee.
    pub income: Figure<Decimal>,
    /// Fees that name it and belong to no trade.
    pub charges: Figure<Decimal>,
    /// Unrealised and realised gain and income, less charges.
    pub total_gain: Figure<Decimal>,
    /// Money-weighted return: purchases against sales, dividends and value.
    pub xirr: Figure<Rate>,
    /// The last session's change.
    pub day_change: Figure<DayChange>,
    /// Share of the portfolio's value, cash included; 0.1 is 10 %.
    pub weight: Figure<f64>,
}

impl Holding {
    pub(super) fn new(position: &Position, books: &Books, market: &Market, parts: Figure<DayParts>) -> Self {
        let (options, as_of) = (books.options(), books.as_of());
        let price = position.price_on(market.instrument(&position.symbol), as_of);
        let exchange_rate = market.rates().on(position.currency, options.base, as_of);
        let value = value_of(position, &price, &exchange_rate);
        let cost = position.cost();
        let minus = |left: &Figure<Decimal>, right: &Figure<Decimal>| left.clone()?.minus(right.clone()?);
        let unrealised = minus(&value, &cost.base);
        let income: Vec<_> = position.income.iter().map(crate::Income::net_in_base).collect();
        let (income, charges) = (total(&income), total(position.charges.iter().map(|charge| &charge.base)));
        let realised = position.realised(None);
        let held = |figure: Figure<Decimal>| if position.is_open() { figure } else { Err(Reason::NotHeld) };
        let at_todays_rate = exchange_rate.clone().and_then(|on| cost.listed.clone()?.times(on.rate));
        let flows = position.flows.iter().map(|flow| (flow.date, &flow.amount));
        Self {
            symbol: position.symbol.clone(),
            currency: position.currency,
            quantity: position.quantity,
            unit_cost: held(cost.base.clone().and_then(|cost| cost.over(position.quantity))),
            unrealised_rate: if position.is_open() {
                related(&unrealised, &cost.base)
            } else {
                Err(Reason::NotHeld)
            },
            currency_effect: minus(&at_todays_rate, &cost.base),
            total_gain: total([&unrealised, &realised, &income, &charges.clone().map(|charges| -charges)]),
            xirr: super::money_weighted(flows, books, &value),
            day_change: parts.and_then(DayParts::change),
            weight: Err(Reason::NoCapital),
            cost: cost.base,
            listed_cost: cost.listed,
            price,
            exchange_rate,
            value,
            unrealised,
            realised,
            income,
            charges,
        }
    }

    /// Whether shares are held.
    pub fn is_open(&self) -> bool {
        !self.quantity.is_zero()
    }

    /// Whether the price is of an earlier day than `day`, as on a weekend or when its source is behind.
    pub fn is_priced_before(&self, day: NaiveDate) -> bool {
        self.price.as_ref().is_ok_and(|price| price.day < day)
    }

    pub(super) fn weigh(&mut self, portfolio_value: &Figure<Decimal>) {
        self.weight = related(&self.value, portfolio_value);
    }
}

fn value_of(
    position: &Position,
    price: &Figure<HoldingPrice>,
    exchange_rate: &Figure<RateOn>,
) -> Figure<Decimal> {
    if !position.is_open() {
        return Ok(Decimal::ZERO);
    }
    let price = price.as_ref().map_err(Clone::clone)?.price;
    position.quantity.times(price)?.times(exchange_rate.clone()?.rate)
}
