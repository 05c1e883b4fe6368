//! The hostile worlds, each by its name.

use bellwether_domain::{Booking, Currency};
use bellwether_portfolio::InstrumentData;
use rust_decimal::Decimal;

use crate::world::{
    World, columns, dec, dividend, latest, quantity, quoted, ratio, split, symbol, trade, wave,
};

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

/// The user's price of 0 is a price: the value is known to be nothing.
pub(crate) fn write_off() -> World {
    let closes = columns(&[("2023-01-02", 10.0), ("2023-06-01", 0.0)]);
    World::new("write-off", "2024-06-03").with("HELD", quoted(closes)).buy("2023-01-02", "HELD", "10", "10")
}

pub(crate) fn sold_for_nothing() -> World {
    World::new("sold for nothing", "2024-06-03").buy("2023-01-02", "HELD", "10", "10").sell(
        "2023-06-01",
        "HELD",
        "10",
        "0",
    )
}

pub(crate) fn total_loss_and_a_new_start() -> World {
    let closes = columns(&[("2023-01-02", 10.0), ("2023-06-01", 0.0), ("2023-09-01", 5.0)]);
    World::new("total loss and a new start", "2024-12-31")
        .with("HELD", quoted(closes))
        .buy("2023-01-02", "HELD", "10", "10")
        .buy("2023-08-01", "OTHER", "10", "10")
        .sell("2023-10-01", "OTHER", "10", "10")
}

pub(crate) fn negative_columns() -> World {
    let bad = [("2023-01-02", -10.0), ("2023-01-03", f64::NAN), ("2023-01-04", f64::NEG_INFINITY)];
    World::new("negative columns", "2024-06-03")
        .with("HELD", quoted(columns(&bad)).with_dividends(&[dividend("2023-05-01", "-1")]))
        .with("BENCH", quoted(columns(&bad)))
        .rate("EUR", "USD", &bad)
        .transfer_in("2023-02-01", "HELD", "10", "0")
        .booked_in("EUR", "2023-02-01", Booking::Deposit { amount: dec("10") })
}

pub(crate) fn charged_interest_only() -> World {
    World::new("charged interest only", "2024-06-03")
        .booked("2023-02-01", Booking::Interest { gross: dec("-10"), tax: Decimal::ZERO })
        .booked("2024-02-01", Booking::Interest { gross: dec("-10"), tax: dec("-1") })
}

/// Shares from elsewhere of which neither a close nor a price of a trade is known.
pub(crate) fn nothing_priced() -> World {
    World::new("nothing priced", "2024-06-03").without_market().transfer_in("2023-01-02", "HELD", "10", "0")
}

pub(crate) fn price_missing_at_the_start() -> World {
    let closes = wave("2023-09-01", "2025-12-31");
    World::new("price missing at the start", "2024-06-03")
        .with("HELD", quoted(closes))
        .transfer_in("2023-01-02", "HELD", "10", "0")
        .buy("2023-01-03", "OTHER", "10", "10")
}

pub(crate) fn price_missing_at_the_end() -> World {
    let closes = wave("2022-09-01", "2023-02-01");
    World::new("price missing at the end", "2024-06-03")
        .with("HELD", quoted(closes.clone()))
        .with("BENCH", quoted(closes))
        .buy("2023-01-02", "HELD", "10", "10")
}

pub(crate) fn only_a_quote_of_tomorrow() -> World {
    World::new("only a quote of tomorrow", "2024-06-03")
        .with("HELD", InstrumentData::new(Currency::USD).with_latest(latest("2024-06-04", "10", Some("0"))))
        .with("BENCH", InstrumentData::new(Currency::USD).with_latest(latest("2024-06-04", "10", None)))
        .transfer_in("2024-06-02", "HELD", "10", "0")
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

pub(crate) fn muddled_columns() -> World {
    let quotes = [("2023-05-01", 12.0), ("2023-01-02", 10.0), ("2023-05-01", 11.0), ("2022-01-02", 9.0)];
    let mut short = columns(&quotes);
    short.closes.pop();
    let twice = [dividend("2023-05-01", "1"), dividend("2023-02-01", "1"), dividend("2023-05-01", "1")];
    World::new("muddled columns", "2024-06-03")
        .with("HELD", quoted(columns(&quotes)).with_dividends(&twice))
        .with("BENCH", quoted(short))
        .rate("EUR", "USD", &quotes)
        .buy("2023-06-01", "HELD", "1", "10")
        .buy("2023-01-02", "HELD", "1", "10")
        .booked_in("EUR", "2023-03-01", Booking::Withdrawal { amount: dec("1") })
}

pub(crate) fn dividend_above_the_price() -> World {
    let closes = wave("2023-01-01", "2025-12-31");
    World::new("dividend above the price", "2024-06-03")
        .with("HELD", quoted(closes.clone()).with_dividends(&[dividend("2023-05-01", "1000")]))
        .with("BENCH", quoted(closes).with_dividends(&[dividend("2023-05-01", "1000")]))
        .buy("2023-01-02", "HELD", "10", "10")
}

pub(crate) fn splits_up_and_down() -> World {
    let splits = [
        split("2023-03-01", "1000000", "1"),
        split("2023-06-01", "1", "1000000"),
        split("2023-09-01", "3", "1"),
        split("2023-09-01", "1", "7"),
    ];
    let data = || quoted(wave("2023-01-01", "2025-12-31")).with_splits(&splits);
    World::new("splits up and down", "2024-06-03")
        .with("HELD", data())
        .with("BENCH", data())
        .buy("2023-01-02", "HELD", "0.000000001", "10")
        .buy("2023-01-02", "HELD", "7", "10")
        .booked(
            "2023-09-01",
            Booking::Split { symbol: symbol("HELD"), ratio: ratio("3", "1"), cash_in_lieu: dec("1") },
        )
}

pub(crate) fn before_the_first_booking() -> World {
    World::new("as of a day before the first booking", "2022-06-01").buy("2023-01-02", "HELD", "10", "10")
}

pub(crate) fn benchmark_after_the_end() -> World {
    World::new("benchmark after the end", "2023-06-01")
        .with("BENCH", quoted(wave("2024-01-01", "2025-12-31")))
        .buy("2023-01-02", "HELD", "10", "10")
        .sell("2023-02-01", "HELD", "10", "11")
}

pub(crate) fn benchmark_is_the_holding() -> World {
    World::new("benchmark is the holding", "2024-06-03").buy("2023-01-02", "BENCH", "10", "10")
}

pub(crate) fn withdrawn_beyond_worth() -> World {
    World::new("withdrawn beyond worth", "2024-06-03")
        .buy("2023-01-02", "HELD", "10", "10")
        .withdrawal("2023-05-01", "1000000")
        .sell("2023-06-01", "HELD", "5", "100000")
        .withdrawal("2023-07-01", "1000000")
}

pub(crate) fn currency_without_rate() -> World {
    let yen = InstrumentData::new("JPY".parse().unwrap())
        .with_prices(bellwether_portfolio::PriceSeries::as_traded(wave("2023-01-01", "2025-12-31")))
        .with_dividends(&[dividend("2023-05-01", "1")]);
    World::new("currency without rate", "2024-06-03")
        .with("HELD", yen.clone())
        .with("BENCH", yen)
        .booked_in("JPY", "2023-01-02", Booking::Buy(trade("HELD", "10", "10", "1")))
        .booked_in("JPY", "2023-09-01", Booking::Interest { gross: dec("3"), tax: dec("1") })
}

pub(crate) fn rate_missing_at_both_ends() -> World {
    let euro = InstrumentData::new(Currency::EUR)
        .with_prices(bellwether_portfolio::PriceSeries::as_traded(wave("2023-01-01", "2025-12-31")));
    World::new("rate missing at both ends", "2024-06-03")
        .with("HELD", euro)
        .rate("EUR", "USD", &[("2023-05-01", 1e-12), ("2023-05-02", 1e12)])
        .booked_in("EUR", "2023-01-02", Booking::Buy(trade("HELD", "10", "10", "1")))
        .booked_in(
            "EUR",
            "2024-01-02",
            Booking::Sell { trade: trade("HELD", "9", "10", "1"), lots: Vec::new() },
        )
}

pub(crate) fn sold_on_the_purchase_day() -> World {
    World::new("sold on the purchase day", "2024-06-03").buy("2023-01-02", "HELD", "10", "10").sell(
        "2023-01-02",
        "HELD",
        "10",
        "11",
    )
}

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

pub(crate) fn free_shares() -> World {
    World::new("free shares", "2024-06-03").buy("2023-01-02", "HELD", "10", "0").transfer_in(
        "2023-01-03",
        "OTHER",
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

pub(crate) fn a_century_ago() -> World {
    World::new("a century ago", "2024-06-03")
        .with("BENCH", quoted(columns(&[("1900-01-01", 10.0), ("2024-06-03", 1e9)])))
        .buy("1900-01-02", "HELD", "10", "0.000001")
}
