use bellwether_domain::{Currency, InstrumentId, PriceSourceName, Quote};
use chrono::TimeDelta;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use rust_decimal::Decimal;

use crate::database::{TestDatabase, on_both, start};
use crate::samples::{decimal, instrument, symbol};

on_both!(
    a_quote_survives_with_all_its_facts,
    any_decimal_survives_exactly,
    the_newest_quote_is_kept,
    a_quote_that_says_the_same_raises_no_version,
    quotes_of_many_are_one_query,
    a_quote_of_an_unknown_instrument_is_refused,
);

fn quote(ticker: &str, price: &str, minutes: i64) -> Quote {
    Quote {
        symbol: symbol(ticker),
        price: decimal(price),
        currency: Currency::USD,
        as_of: start() + TimeDelta::minutes(minutes),
        fetched_at: start() + TimeDelta::minutes(minutes) + TimeDelta::seconds(5),
        previous_close: Some(decimal("100.5")),
        delay_minutes: 15,
        source: PriceSourceName::new("yahoo"),
    }
}

async fn stored(db: &TestDatabase, id: InstrumentId) -> Quote {
    db.storage.read_quotes(vec![id]).await.unwrap().remove(&id).unwrap()
}

async fn version(db: &TestDatabase, id: InstrumentId) -> i64 {
    db.storage.instruments(vec![id]).await.unwrap()[0].price_version
}

async fn a_quote_survives_with_all_its_facts(db: &TestDatabase) {
    let id = instrument(db, "AAPL").await;
    let quote = Quote { as_of: start() + TimeDelta::microseconds(123_456), ..quote("AAPL", "189.870001", 0) };
    assert_eq!(db.storage.write_quotes(vec![(id, quote.clone())]).await.unwrap(), [id]);
    assert_eq!(stored(db, id).await, quote);
}

async fn any_decimal_survives_exactly(db: &TestDatabase) {
    let tickers: Vec<_> = (0..400).map(|number| symbol(&format!("T{number}"))).collect();
    let instruments = db.storage.find_or_create_instruments(tickers).await.unwrap();
    let mut runner = TestRunner::deterministic();
    let any = (any::<u32>(), any::<u32>(), any::<u32>(), any::<bool>(), 0..=28_u32)
        .prop_map(|(lo, mid, hi, negative, scale)| Decimal::from_parts(lo, mid, hi, negative, scale));
    let told: Vec<(InstrumentId, Quote)> = instruments
        .iter()
        .map(|instrument| {
            let price = any.new_tree(&mut runner).unwrap().current();
            let previous_close = Some(any.new_tree(&mut runner).unwrap().current());
            (instrument.id, Quote { price, previous_close, ..quote(instrument.symbol.as_str(), "1", 0) })
        })
        .collect();
    db.storage.write_quotes(told.clone()).await.unwrap();

    let stored = db.storage.read_quotes(instruments.iter().map(|i| i.id).collect()).await.unwrap();

    for (id, told) in told {
        assert_eq!(stored[&id], told);
        assert_eq!(stored[&id].price.to_string(), told.price.to_string(), "digit for digit");
    }
}

async fn the_newest_quote_is_kept(db: &TestDatabase) {
    let id = instrument(db, "AAPL").await;
    let write = async |quotes: Vec<Quote>| {
        db.storage.write_quotes(quotes.into_iter().map(|quote| (id, quote)).collect()).await.unwrap()
    };
    write(vec![quote("AAPL", "1", 0), quote("AAPL", "3", 20), quote("AAPL", "2", 10)]).await;
    assert_eq!(stored(db, id).await.price, decimal("3"));

    assert!(write(vec![quote("AAPL", "4", 19)]).await.is_empty(), "older");
    assert_eq!(stored(db, id).await.price, decimal("3"));
    let corrected = Quote { fetched_at: start() + TimeDelta::hours(1), ..quote("AAPL", "3.5", 20) };
    assert_eq!(write(vec![corrected.clone()]).await, [id], "learned later of the same time");
    assert_eq!(stored(db, id).await, corrected);
}

async fn a_quote_that_says_the_same_raises_no_version(db: &TestDatabase) {
    let id = instrument(db, "AAPL").await;
    db.storage.write_quotes(vec![(id, quote("AAPL", "1", 0))]).await.unwrap();
    let later = Quote { fetched_at: start() + TimeDelta::hours(2), ..quote("AAPL", "1.00", 0) };

    assert!(db.storage.write_quotes(vec![(id, later.clone())]).await.unwrap().is_empty());

    assert_eq!(version(db, id).await, 1);
    assert_eq!(stored(db, id).await.fetched_at, later.fetched_at, "but it is known to be fresh");
}

async fn quotes_of_many_are_one_query(db: &TestDatabase) {
    let tickers: Vec<_> = (0..50).map(|number| symbol(&format!("T{number}"))).collect();
    let instruments = db.storage.find_or_create_instruments(tickers).await.unwrap();
    let told = instruments.iter().skip(1).map(|i| (i.id, quote(i.symbol.as_str(), "7.5", 0))).collect();
    db.storage.write_quotes(told).await.unwrap();
    let before = db.storage.statistics().queries;

    let all = db.storage.read_quotes(instruments.iter().map(|i| i.id).collect()).await.unwrap();

    assert_eq!(db.storage.statistics().queries - before, 1);
    assert_eq!(all.len(), 49, "one has none");
    assert!(instruments.iter().skip(1).all(|i| all[&i.id].symbol == i.symbol));
}

async fn a_quote_of_an_unknown_instrument_is_refused(db: &TestDatabase) {
    let refused = db.storage.write_quotes(vec![(InstrumentId(999_999), quote("AAPL", "1", 0))]).await;
    assert!(refused.unwrap_err().is_not_found());
}
