//! Worlds in which the market tells little, or nonsense.

use bellwether_domain::{Booking, Currency};
use bellwether_portfolio::InstrumentData;

use crate::world::{World, columns, dec, dividend, latest, quoted, ratio, split, symbol, trade, wave};

/// The user's price of 0 is a price: the value is known to be nothing.
pub(crate) fn write_off() -> World {
    let closes = columns(&[("2023-01-02", 10.0), ("2023-06-01", 0.0)]);
    World::new("write-off", "2024-06-03").with("HELD", quoted(closes)).buy("2023-01-02", "HELD", "10", "10")
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

pub(crate) fn benchmark_after_the_end() -> World {
    World::new("benchmark after the end", "2023-06-01")
        .with("BENCH", quoted(wave("2024-01-01", "2025-12-31")))
        .buy("2023-01-02", "HELD", "10", "10")
        .sell("2023-02-01", "HELD", "10", "11")
}

pub(crate) fn benchmark_is_the_holding() -> World {
    World::new("benchmark is the holding", "2024-06-03").buy("2023-01-02", "BENCH", "10", "10")
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

pub(crate) fn a_century_ago() -> World {
    World::new("a century ago", "2024-06-03")
        .with("BENCH", quoted(columns(&[("1900-01-01", 10.0), ("2024-06-03", 1e9)])))
        .buy("1900-01-02", "HELD", "10", "0.000001")
}
