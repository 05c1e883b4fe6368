//! Worlds in which companies change their names, merge and spin off.

use crate::world::{World, quoted, ratio, wave};

pub(crate) fn renamed_in_a_loop() -> World {
    World::new("renamed in a loop", "2024-06-03")
        .with("A", quoted(wave("2023-01-01", "2025-12-31")))
        .buy("2023-01-02", "A", "10", "10")
        .renamed("2023-02-01", "A", "B")
        .renamed("2023-03-01", "B", "A")
        .sell("2023-04-01", "A", "5", "10")
}

pub(crate) fn renamed_in_a_chain() -> World {
    World::new("renamed in a chain on one day", "2024-06-03")
        .buy("2023-01-02", "A", "10", "10")
        .renamed("2023-02-01", "A", "B")
        .renamed("2023-02-01", "B", "HELD")
        .renamed("2023-02-01", "HELD", "OTHER")
        .buy("2023-03-01", "A", "1", "10")
}

pub(crate) fn merged_into_the_unknown() -> World {
    World::new("merged into the unknown", "2024-06-03").buy("2023-01-02", "HELD", "10", "10").merger(
        "2023-06-01",
        Some("SPUN"),
        "1",
    )
}

pub(crate) fn merged_for_nothing() -> World {
    World::new("merged for nothing", "2024-06-03").buy("2023-01-02", "HELD", "10", "10").merger(
        "2023-06-01",
        None,
        "0",
    )
}

pub(crate) fn spun_off_without_cost() -> World {
    World::new("spun off without cost", "2024-06-03").buy("2023-01-02", "HELD", "10", "10").spin_off(
        "2023-06-01",
        ratio("1", "1"),
        "0",
    )
}

pub(crate) fn spun_off_with_all_cost() -> World {
    World::new("spun off with all cost", "2024-06-03")
        .with("SPUN", quoted(wave("2023-06-01", "2023-06-01")))
        .buy("2023-01-02", "HELD", "10", "10")
        .spin_off("2023-06-01", ratio("1", "1"), "1")
}

/// What is spun off is too little to be counted.
pub(crate) fn spun_off_into_dust() -> World {
    World::new("spun off into dust", "2024-06-03")
        .with("SPUN", quoted(wave("2023-06-01", "2025-12-31")))
        .buy("2023-01-02", "HELD", "0.000000001", "10")
        .spin_off(
            "2023-06-01",
            ratio("0.0000000000000000000000000001", "79228162514264337593543950335"),
            "0.5",
        )
}
