//! Trailing dividend yield, and yield on cost.

use chrono::{Months, NaiveDate};
use rust_decimal::Decimal;
use serde::Serialize;

use super::{DividendHistory, PaidDividend};
use crate::exact::{Exact, ratio};
use crate::figure::total;
use crate::{Books, Figure, Market, Position, Reason};

/// The dividend yield of a holding.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DividendYield {
    /// Paid per unit of today with an ex-date in the last twelve months, in the currency of the listing, before tax.
    pub per_unit: Figure<Decimal>,
    /// The part of it that was special: not to be counted on.
    pub special_per_unit: Figure<Decimal>,
    /// In relation to the price.
    pub trailing: Figure<f64>,
    /// The same without specials.
    pub regular: Figure<f64>,
    /// In relation to the cost of a unit held, in the currency of the listing at the rates of its purchases.
    pub on_cost: Figure<f64>,
}

impl DividendYield {
    /// The yield of a position on the books' day.
    pub fn of(position: &Position, books: &Books, market: &Market) -> Self {
        let as_of = books.as_of();
        let history = DividendHistory::of_position(position, market, as_of);
        let sum =
            |special_only| history.as_ref().map_err(Clone::clone).and_then(|of| of.last_year(special_only));
        let (per_unit, special_per_unit) = (sum(false), sum(true));
        let regular = both(&per_unit, &special_per_unit, Exact::minus);
        let price = position.price_on(market.instrument(&position.symbol), as_of).map(|price| price.price);
        let unit_cost = if position.is_open() {
            position.cost().listed.and_then(|cost| cost.over(position.quantity))
        } else {
            Err(Reason::NotHeld)
        };
        Self {
            trailing: both(&per_unit, &price, ratio),
            regular: both(&regular, &price, ratio),
            on_cost: both(&per_unit, &unit_cost, ratio),
            per_unit,
            special_per_unit,
        }
    }
}

/// The dividend yield of all holdings together, in the base currency.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PortfolioYield {
    /// What the units held today would have been paid in the last twelve months, at today's rates, before tax.
    pub dividends: Figure<Decimal>,
    /// In relation to the holdings' value, cash left out.
    pub trailing: Figure<f64>,
    /// In relation to the holdings' cost.
    pub on_cost: Figure<f64>,
}

impl PortfolioYield {
    /// The yield of what is held on the books' day; instruments without dividends count with their value.
    pub fn of(books: &Books, market: &Market) -> Self {
        let (as_of, base) = (books.as_of(), books.options().base);
        let held: Vec<_> = books.positions().iter().filter(|position| position.is_open()).collect();
        let in_base = |position: &Position, per_unit: Figure<Decimal>| {
            let rate = market.rates().on(position.currency, base, as_of);
            position.quantity.times(per_unit?)?.times(rate?.rate)
        };
        let sum = |figure: &dyn Fn(&Position) -> Figure<Decimal>| {
            total(&held.iter().map(|position| figure(position)).collect::<Vec<_>>())
        };
        let dividends =
            sum(&|position| in_base(position, DividendYield::of(position, books, market).per_unit));
        let value = sum(&|position| {
            let price = position.price_on(market.instrument(&position.symbol), as_of);
            in_base(position, price.map(|price| price.price))
        });
        let cost = sum(&|position| position.cost().base);
        Self { trailing: both(&dividends, &value, ratio), on_cost: both(&dividends, &cost, ratio), dividends }
    }
}

impl DividendHistory {
    /// The dividends per unit with an ex-date in the twelve months up to the history's day.
    fn last_year(&self, special_only: bool) -> Figure<Decimal> {
        let counts = self
            .paid
            .iter()
            .filter(|paid| Self::is_of_last_year(paid, self.as_of) && (paid.is_special || !special_only));
        total(counts.map(|paid| &paid.listed))
    }

    /// Whether a dividend of a history has its ex-date in the twelve months up to the history's day.
    pub(crate) fn is_of_last_year(paid: &PaidDividend, as_of: NaiveDate) -> bool {
        paid.ex_date > as_of.checked_sub_months(Months::new(12)).unwrap_or(NaiveDate::MIN)
    }
}

fn both<T>(
    left: &Figure<Decimal>,
    right: &Figure<Decimal>,
    operation: impl Fn(Decimal, Decimal) -> Figure<T>,
) -> Figure<T> {
    operation(left.clone()?, right.clone()?)
}
