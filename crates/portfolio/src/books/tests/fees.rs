use bellwether_domain::{Booking, CostMethod};
use rust_decimal::Decimal;

use super::{position_by, siemens};
use crate::testing::{Ledger, decimal, trade};
use crate::{ClosedLot, Cost, Position};

/// Bought 10 at 10 with a fee of 3 and a tax of 2, and 10 at 12 with a fee of 5; sold 15 at 20 with a fee of 6.
fn two_purchases_and_a_sale() -> Ledger {
    let mut taxed = trade("AAPL", "10", "10", "3");
    taxed.tax = decimal("2");
    Ledger::default()
        .booked("2024-01-02", Booking::Buy(taxed))
        .booked("2024-01-03", Booking::Buy(trade("AAPL", "10", "12", "5")))
        .booked("2024-01-04", Booking::Sell { trade: trade("AAPL", "15", "20", "6"), lots: Vec::new() })
}

fn apple(method: CostMethod) -> Position {
    position_by(method, &two_purchases_and_a_sale(), "AAPL", "2024-01-04")
}

/// Before fees, fees and taxes, in the base currency.
fn parts(cost: &Cost) -> (Decimal, Decimal, Decimal) {
    let base = |cost: Cost| cost.base.expect("known");
    (base(cost.before_fees()), base(cost.fees()), base(cost.taxes()))
}

#[test]
fn a_cost_tells_what_it_is_before_fees() {
    let position = apple(CostMethod::Fifo);
    // Half of the second lot is left: 60 of 120, and 2.5 of the fee of 5.
    assert_eq!(position.cost().base, Ok(decimal("62.5")));
    assert_eq!(parts(&position.cost()), (decimal("60"), decimal("2.5"), Decimal::ZERO));
}

#[test]
fn a_sale_tells_cost_and_proceeds_before_fees() {
    let sale = &apple(CostMethod::Fifo).sales[0];
    // 100 + 60, fees 3 + 2.5, tax 2.
    assert_eq!(parts(&sale.cost), (decimal("160"), decimal("5.5"), decimal("2")));
    assert_eq!(parts(&sale.proceeds), (decimal("300"), decimal("-6"), Decimal::ZERO));
    assert_eq!(sale.gain(), Ok(decimal("126.5")), "294 - 167.5");
    assert_eq!(sale.gain_before_fees(), Ok(decimal("140")), "300 - 160");
}

#[test]
fn the_lots_that_a_sale_closed_have_their_parts_of_its_fee() {
    let position = apple(CostMethod::Fifo);
    let closed = position.closed_by(&position.sales[0]);
    let proceeds: Vec<_> = closed.iter().map(|lot| parts(&lot.proceeds)).collect();
    assert_eq!(
        proceeds,
        [(decimal("200"), decimal("-4"), Decimal::ZERO), (decimal("100"), decimal("-2"), Decimal::ZERO)]
    );
    let gains: Vec<_> = closed.iter().map(ClosedLot::gain_before_fees).collect();
    assert_eq!(gains, [Ok(decimal("100")), Ok(decimal("40"))]);
}

#[test]
fn the_average_pool_knows_its_fees_too() {
    let position = apple(CostMethod::Average);
    // The pool of 20: 220, fees 8, tax 2. A quarter is left.
    assert_eq!(parts(&position.cost()), (decimal("55"), decimal("2"), decimal("0.5")));
    let sale = &position.sales[0];
    assert_eq!(parts(&sale.cost), (decimal("165"), decimal("6"), decimal("1.5")));
    assert_eq!(sale.gain_before_fees(), Ok(decimal("135")));
}

#[test]
fn fees_abroad_are_known_in_both_currencies() {
    let ledger = Ledger::default()
        .booked("2024-01-02", Booking::Buy(trade("SIE.DE", "2", "100", "4")))
        .in_currency("EUR", Some("1.25"));
    let cost = siemens(&ledger, "2024-01-05").cost();
    assert_eq!((cost.fees().listed, cost.fees().base), (Ok(decimal("4")), Ok(decimal("5"))));
    assert_eq!(
        (cost.before_fees().listed, cost.before_fees().base),
        (Ok(decimal("200")), Ok(decimal("250")))
    );
}

#[test]
fn a_gain_abroad_is_split_into_price_and_currency() {
    let ledger = Ledger::default()
        .booked("2024-01-02", Booking::Buy(trade("SIE.DE", "2", "100", "0")))
        .in_currency("EUR", Some("1.25"))
        .booked("2024-01-05", Booking::Sell { trade: trade("SIE.DE", "1", "110", "0"), lots: Vec::new() })
        .in_currency("EUR", Some("1.5"));
    let position = siemens(&ledger, "2024-01-05");
    let sale = &position.sales[0];
    // 165 - 125 = 40: the euro made 100 x (1.5 - 1.25), the price (110 - 100) x 1.5.
    assert_eq!(sale.gain(), Ok(decimal("40")));
    assert_eq!((sale.currency_effect(), sale.price_effect()), (Ok(decimal("25")), Ok(decimal("15"))));
    let lot = &position.closed_lots[0];
    assert_eq!((lot.currency_effect(), lot.price_effect()), (Ok(decimal("25")), Ok(decimal("15"))));
    assert_eq!(position.cost().currency_effect(&Ok(decimal("1.3"))), Ok(decimal("5")), "100 x (1.3 - 1.25)");
}

#[test]
fn at_home_the_currency_does_nothing() {
    let sale = &apple(CostMethod::Fifo).sales[0];
    assert_eq!(sale.currency_effect(), Ok(Decimal::ZERO));
    assert_eq!(sale.price_effect(), sale.gain());
}
