//! Dividend yield: what a share paid in twelve months, in relation to its price and to its cost.

use bellwether_domain::{Currency, Symbol};
use chrono::{Months, NaiveDate};
use rust_decimal::Decimal;
use serde::Serialize;

use crate::exact::{Exact, ratio};
use crate::market::{InstrumentData, splits};
use crate::{Books, Figure, Market, Position, Reason};

/// Dividends of the last twelve months per share, before tax, and the yields that they are. 0.03 is 3 %.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DividendYield {
    /// In the base currency, each payment at the rate of its day, per share of the books' day.
    pub per_share: Decimal,
    /// In relation to the price of the books' day at its exchange rate.
    pub on_price: Figure<f64>,
    /// In relation to the cost of a share, with fees, at the rates of its bookings.
    pub on_cost: Figure<f64>,
}

/// The dividend yield of a holding at the close of the books' day.
///
/// Dividends count by their ex-date in the twelve months up to that day, per share as the market knows them. Of an
/// instrument without known dividends the recorded ones count: by the day of payment, divided by the shares held
/// before it.
///
/// # Errors
/// [`Reason::NotHeld`] when the books hold none of it, [`Reason::NoExchangeRate`] when a dividend cannot be converted.
pub fn dividend_yield(symbol: &Symbol, books: &Books, market: &Market) -> Figure<DividendYield> {
    let held = books.position(symbol).filter(|position| position.is_open());
    let position = held.ok_or(Reason::NotHeld)?;
    let (base, as_of) = (books.options().base, books.as_of());
    let year_ago = as_of.checked_sub_months(Months::new(12)).ok_or(Reason::OutOfRange)?;
    let instrument = market.instrument(symbol);
    let payments = match instrument.filter(|instrument| !instrument.dividends().is_empty()) {
        Some(instrument) => known(instrument, market, base)?,
        None => recorded(position)?,
    };
    let mut per_share = Decimal::ZERO;
    for (day, amount) in payments.into_iter().filter(|(day, _)| year_ago < *day && *day <= as_of) {
        per_share = per_share.plus(splits::carried(amount, &position.splits, day, as_of)?)?;
    }
    let price = || {
        let rate = market.rates().on(position.currency, base, as_of)?.rate;
        position.price_on(instrument, as_of)?.price.times(rate)
    };
    Ok(DividendYield {
        per_share,
        on_price: price().and_then(|price| ratio(per_share, price)),
        on_cost: position.cost().base.and_then(|cost| ratio(per_share.times(position.quantity)?, cost)),
    })
}

/// By ex-date, in base per share of that day.
fn known(instrument: &InstrumentData, market: &Market, base: Currency) -> Figure<Vec<(NaiveDate, Decimal)>> {
    let in_base = |dividend: &bellwether_domain::CashDividend| {
        let currency = dividend.currency.unwrap_or(instrument.currency());
        let rate = market.rates().on(currency, base, dividend.ex_date)?.rate;
        Ok((dividend.ex_date, dividend.amount.times(rate)?))
    };
    instrument.dividends().iter().map(in_base).collect()
}

/// By day of payment, in base per share of that day. Paid on what had been sold by then, a dividend is of no share.
fn recorded(position: &Position) -> Figure<Vec<(NaiveDate, Decimal)>> {
    let held = position.income.iter().map(|income| (income, position.quantity_before(income.date)));
    held.filter(|(_, units)| *units > Decimal::ZERO)
        .map(|(income, units)| Ok((income.date, income.in_base(income.gross)?.over(units)?)))
        .collect()
}

#[cfg(test)]
mod tests;
