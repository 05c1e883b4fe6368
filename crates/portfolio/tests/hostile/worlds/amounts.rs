//! Worlds of amounts that are beyond measure, or nothing.

use bellwether_domain::Booking;
use rust_decimal::Decimal;

use crate::world::{World, columns, dividend, quoted, split};

pub(crate) fn sold_for_nothing() -> World {
    World::new("sold for nothing", "2024-06-03").buy("2023-01-02", "HELD", "10", "10").sell(
        "2023-06-01",
        "HELD",
        "10",
        "0",
    )
}

pub(crate) fn huge_position() -> World {
    let closes = columns(&[("2023-01-02", 1e15), ("2024-01-02", 1e12), ("2024-06-03", 1e15)]);
    World::new("huge position", "2024-06-03")
        .with("HELD", quoted(closes).with_dividends(&[dividend("2023-05-01", "1000000")]))
        .buy("2023-01-02", "HELD", "1000000000000", "1000000000000000")
        .sell("2024-01-02", "HELD", "999999999999.999999999", "1000000000000")
}

pub(crate) fn tiny_position() -> World {
    let closes = columns(&[("2023-01-02", 1e-12), ("2023-06-01", 3e-12), ("2024-06-01", 2e-12)]);
    World::new("tiny position", "2024-06-03")
        .with("HELD", quoted(closes).with_dividends(&[dividend("2023-05-01", "0.000000000001")]))
        .buy("2023-01-02", "HELD", "0.000000003", "0.000000000001")
        .sell("2023-07-03", "HELD", "0.000000001", "0.000000000003")
}

/// The quantity and the price are decimals, their product is none.
pub(crate) fn beyond_decimals() -> World {
    let closes = columns(&[("2023-01-02", 1.0), ("2023-06-01", 1e15), ("2024-06-03", 1e15)]);
    World::new("beyond decimals", "2024-06-03")
        .with("HELD", quoted(closes.clone()).with_splits(&[split("2023-05-01", "1000000", "1")]))
        .with("BENCH", quoted(closes))
        .buy("2023-01-02", "HELD", "1000000000000", "1")
}

pub(crate) fn beyond_decimals_in_sums() -> World {
    World::new("beyond decimals in sums", "2024-06-03")
        .deposit("2023-01-02", "79228162514264337593543950335")
        .booked_in("EUR", "2023-01-03", Booking::Deposit { amount: Decimal::MAX })
        .rate("EUR", "USD", &[("2023-01-02", 1e12), ("2024-01-02", 1e-12)])
}

pub(crate) fn withdrawn_beyond_worth() -> World {
    World::new("withdrawn beyond worth", "2024-06-03")
        .buy("2023-01-02", "HELD", "10", "10")
        .withdrawal("2023-05-01", "1000000")
        .sell("2023-06-01", "HELD", "5", "100000")
        .withdrawal("2023-07-01", "1000000")
}

pub(crate) fn free_shares() -> World {
    World::new("free shares", "2024-06-03").buy("2023-01-02", "HELD", "10", "0").transfer_in(
        "2023-01-03",
        "OTHER",
        "10",
        "0",
    )
}
