//! Figures over periods, worked by hand.

mod capital_gains;
mod explanation;
mod lots;
mod opening_value;
mod portfolios;
mod returns;
mod values;

use bellwether_domain::{Booking, Quantity};
use rust_decimal::Decimal;

use crate::testing::{Ledger, columns, date, decimal, market, quoted, symbol, trade};
use crate::{
    Basis, Books, CapitalGains, Figure, InstrumentData, Market, Performance, Period, Reason, Subject,
    TradeCosts, performance,
};

fn period(from: &str, to: &str) -> Period {
    Period::new(date(from), date(to)).expect("a period")
}

#[expect(clippy::unnecessary_wraps, reason = "compared with figures that may be unknown")]
fn known(amount: &str) -> Figure<Decimal> {
    Ok(decimal(amount))
}

fn close(figure: &Figure<f64>, expected: f64) -> bool {
    figure.as_ref().is_ok_and(|figure| (figure - expected).abs() < 1e-12)
}

fn transfer_in(name: &str, quantity: &str, unit_cost: &str) -> Booking {
    let quantity = Quantity::new(decimal(quantity)).expect("a quantity");
    Booking::TransferIn {
        symbol: symbol(name),
        quantity,
        unit_cost: decimal(unit_cost),
        fee: Decimal::ZERO,
        acquired: None,
    }
}

fn transfer_out(name: &str, quantity: &str) -> Booking {
    Booking::TransferOut {
        symbol: symbol(name),
        quantity: Quantity::new(decimal(quantity)).expect("a quantity"),
        fee: Decimal::ZERO,
        lots: Vec::new(),
    }
}

/// The figures of a subject, after a look at whether its parts add up to the gain in each of the four ways.
fn checked(subject: &Subject<'_>, market: &Market, period: Period) -> Performance {
    let result = performance(subject, market, period);
    for basis in [Basis::PurchaseCost, Basis::OpeningValue] {
        let gains = |costs| CapitalGains::new(subject, market, period, basis, costs);
        assert_eq!(result.parts.sum_with(&gains(TradeCosts::Included)), result.gain, "{basis:?}");
        assert_eq!(result.parts.sum_before_costs_with(&gains(TradeCosts::LeftOut)), result.gain, "{basis:?}");
    }
    result
}
