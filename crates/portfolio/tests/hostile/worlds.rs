//! The hostile worlds, each by its name.

mod amounts;
mod events;
mod prices;

use bellwether_domain::Booking;
use rust_decimal::Decimal;

pub(crate) use self::amounts::*;
pub(crate) use self::events::*;
pub(crate) use self::prices::*;
use crate::world::{World, dec, dividend, quantity, quoted, ratio, split, symbol, trade, wave};

/// All of them.
pub(crate) fn all() -> Vec<World> {
    let worlds = [
        empty(),
        one_day(),
        all_cash(),
        same_day_everything(),
        write_off(),
        sold_for_nothing(),
        total_loss_and_a_new_start(),
        negative_columns(),
        charged_interest_only(),
        nothing_priced(),
        price_missing_at_the_start(),
        price_missing_at_the_end(),
        only_a_quote_of_tomorrow(),
        huge_position(),
        tiny_position(),
        beyond_decimals(),
        beyond_decimals_in_sums(),
        muddled_columns(),
        dividend_above_the_price(),
        splits_up_and_down(),
        before_the_first_booking(),
        benchmark_after_the_end(),
        benchmark_is_the_holding(),
        withdrawn_beyond_worth(),
        currency_without_rate(),
        rate_missing_at_both_ends(),
        sold_on_the_purchase_day(),
        renamed_in_a_loop(),
        renamed_in_a_chain(),
        merged_into_the_unknown(),
        merged_for_nothing(),
        spun_off_without_cost(),
        spun_off_with_all_cost(),
        short_only(),
        short_of_an_unpriced_share(),
        free_shares(),
        dividends_of_what_is_not_held(),
        charges_only(),
        long_sold(),
        moved_through(),
        a_century_ago(),
        spun_off_into_dust(),
    ];
    worlds.into_iter().map(World::finished).collect()
}

/// What stays of a world whose ledger is refused would prove nothing, so there is exactly one of each fault.
pub(crate) fn refused() -> Vec<World> {
    let over = World::new("a sale of more than is held", "2024-01-02").sell("2023-03-01", "HELD", "1", "10");
    let itself = World::new("a merger into itself", "2024-01-02")
        .buy("2023-03-01", "HELD", "1", "10")
        .merger("2023-04-01", Some("HELD"), "0");
    let absurd = World::new("a product beyond decimals", "2024-01-02").buy(
        "2023-03-01",
        "HELD",
        "1000000000000",
        "79228162514264337593543950335",
    );
    let closes = wave("2023-01-01", "2025-12-31");
    let paid = World::new("a dividend beyond decimals", "2024-01-02")
        .with(
            "HELD",
            quoted(closes).with_dividends(&[dividend("2023-05-02", "79228162514264337593543950335")]),
        )
        .buy("2023-03-01", "HELD", "10", "10");
    [over, itself, absurd, paid].into_iter().map(World::finished).collect()
}

pub(crate) fn empty() -> World {
    World::new("empty", "2024-01-02")
}

pub(crate) fn one_day() -> World {
    World::new("one day", "2024-01-02").buy("2024-01-02", "HELD", "10", "10")
}

pub(crate) fn all_cash() -> World {
    World::new("all cash", "2024-06-03").deposit("2023-01-02", "1000")
}

pub(crate) fn same_day_everything() -> World {
    let on = "2024-01-02";
    let base = World::new("same day everything", on)
        .with(
            "HELD",
            quoted(wave("2023-01-01", "2025-12-31"))
                .with_splits(&[split(on, "2", "1")])
                .with_dividends(&[dividend(on, "1")]),
        )
        .deposit(on, "5")
        .buy(on, "HELD", "10", "10")
        .sell(on, "HELD", "4", "11")
        .buy(on, "OTHER", "3", "10")
        .transfer_in(on, "HELD", "2", "9")
        .spin_off(on, ratio("1", "3"), "0.25");
    let amount = dec("1");
    base.booked(
        on,
        Booking::Dividend { symbol: symbol("HELD"), gross: dec("2"), tax: dec("3"), fee: Decimal::ZERO },
    )
    .booked(
        on,
        Booking::Reinvestment {
            purchase: trade("OTHER", "0.1", "10", "0"),
            gross: amount,
            withheld: Decimal::ZERO,
        },
    )
    .booked(on, Booking::Fee { symbol: None, amount })
    .booked(on, Booking::Tax { symbol: Some(symbol("HELD")), amount: -amount })
    .booked(on, Booking::Interest { gross: -amount, tax: Decimal::ZERO })
    .booked(on, Booking::Split { symbol: symbol("OTHER"), ratio: ratio("3", "2"), cash_in_lieu: dec("0.5") })
    .booked(
        on,
        Booking::TransferOut {
            symbol: symbol("OTHER"),
            quantity: quantity("1"),
            fee: amount,
            lots: Vec::new(),
        },
    )
    .withdrawal(on, "50")
    .renamed(on, "OTHER", "A")
    .merger(on, None, "7")
}

pub(crate) fn charged_interest_only() -> World {
    World::new("charged interest only", "2024-06-03")
        .booked("2023-02-01", Booking::Interest { gross: dec("-10"), tax: Decimal::ZERO })
        .booked("2024-02-01", Booking::Interest { gross: dec("-10"), tax: dec("-1") })
}

pub(crate) fn before_the_first_booking() -> World {
    World::new("as of a day before the first booking", "2022-06-01").buy("2023-01-02", "HELD", "10", "10")
}

pub(crate) fn sold_on_the_purchase_day() -> World {
    World::new("sold on the purchase day", "2024-06-03").buy("2023-01-02", "HELD", "10", "10").sell(
        "2023-01-02",
        "HELD",
        "10",
        "11",
    )
}

pub(crate) fn short_only() -> World {
    World::new("short only", "2024-06-03").shorts().sell("2023-01-02", "HELD", "10", "10").buy(
        "2023-06-01",
        "HELD",
        "4",
        "1000",
    )
}

pub(crate) fn short_of_an_unpriced_share() -> World {
    World::new("short of a share without price", "2024-06-03").without_market().shorts().sell(
        "2023-01-02",
        "HELD",
        "10",
        "0",
    )
}

pub(crate) fn dividends_of_what_is_not_held() -> World {
    World::new("dividends of what is not held", "2024-06-03").booked(
        "2023-05-01",
        Booking::Dividend { symbol: symbol("HELD"), gross: dec("2"), tax: dec("1"), fee: dec("1") },
    )
}

pub(crate) fn charges_only() -> World {
    World::new("charges only", "2024-06-03")
        .booked("2023-05-01", Booking::Fee { symbol: Some(symbol("HELD")), amount: dec("10") })
        .booked("2023-06-01", Booking::Tax { symbol: None, amount: dec("10") })
        .booked("2023-07-01", Booking::Fee { symbol: None, amount: dec("-5") })
}

pub(crate) fn long_sold() -> World {
    World::new("all sold and paid out long ago", "2025-06-03")
        .buy("2023-01-02", "HELD", "10", "10")
        .sell("2023-03-01", "HELD", "10", "12")
        .withdrawal("2023-03-01", "120")
}

pub(crate) fn moved_through() -> World {
    World::new("paid in and out on the same day", "2024-06-03")
        .deposit("2023-01-02", "1000")
        .withdrawal("2023-01-02", "1000")
        .transfer_in("2023-05-02", "HELD", "10", "10")
        .booked(
            "2023-05-02",
            Booking::TransferOut {
                symbol: symbol("HELD"),
                quantity: quantity("10"),
                fee: Decimal::ZERO,
                lots: Vec::new(),
            },
        )
}
