//! One holding's figures.

use bellwether_domain::{Currency, Symbol};
use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::DayChange;
use super::figures::{HoldingFigures, Valued};
use crate::books::{HoldingPrice, Position};
use crate::derivation::Compute;
use crate::xirr::Rate;
use crate::{Figure, RateOn};
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
    pub(super) fn new(
        position: &Position,
        valued: Valued,
        figures: HoldingFigures<Compute>,
        day_change: Figure<DayChange>,
        weight: Figure<f64>,
    ) -> Self {
        Self {
            symbol: position.symbol.clone(),
            currency: position.currency,
            quantity: position.quantity,
            cost: figures.cost,
            unit_cost: figures.unit_cost,
            listed_cost: figures.listed_cost,
            price: valued.price,
            exchange_rate: valued.exchange_rate,
            value: figures.value,
            unrealised: figures.unrealised,
            unrealised_rate: figures.unrealised_rate,
            currency_effect: figures.currency_effect,
            realised: figures.realised,
            income: figures.income,
            charges: figures.charges,
            total_gain: figures.total_gain,
            xirr: figures.xirr,
            day_change,
            weight,
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
}
