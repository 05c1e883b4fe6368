use bellwether_domain::{
    DailyBar, InstrumentId, PriceBasis, PriceColumns, PriceSource, PriceSourceName, epoch_day,
};
use bellwether_storage::StorageError;
use bellwether_storage::prices::{PriceBatch, SourceCloses, WriteMode};
use chrono::{Days, NaiveDate};
use diesel::RunQueryDsl;
use diesel::sql_types::Binary;

use crate::database::{TestDatabase, on_both};
use crate::samples::{closes, day, instrument, symbol};

on_both!(
    closes_of_fifty_instruments_are_one_query,
    bars_survive_with_all_their_columns,
    a_day_is_added_to_a_stored_year,
    a_provisional_bar_is_replaced_and_replaces_no_final_one,
    a_replacement_takes_all_of_one_source_and_nothing_else,
    a_replacement_without_bars_forgets_nothing,
    a_day_is_taken_back_from_its_own_source_only,
    only_changed_prices_raise_the_price_version,
    sources_stay_apart_and_the_most_trusted_comes_first,
    a_source_keeps_its_basis,
    several_batches_of_one_series_are_told_in_order,
    a_close_that_is_no_number_is_refused,
    an_unknown_instrument_is_refused_with_all_its_batch,
    a_damaged_year_is_named_and_mended_by_a_replacement,
    coverage_says_what_is_stored,
    two_writers_of_one_instrument_lose_nothing,
);

fn yahoo(instrument: InstrumentId, bars: Vec<DailyBar>) -> PriceBatch {
    PriceBatch { instrument, source: PriceSource::yahoo(), bars, mode: WriteMode::Merge }
}

fn replacement(batch: PriceBatch) -> PriceBatch {
    PriceBatch { mode: WriteMode::Replace, ..batch }
}

async fn read(db: &TestDatabase, instrument: InstrumentId) -> Vec<SourceCloses> {
    let all = db.storage.read_closes(vec![instrument], NaiveDate::MIN, NaiveDate::MAX).await.unwrap();
    all.into_values().next().unwrap_or_default()
}

async fn stored(db: &TestDatabase, instrument: InstrumentId) -> PriceColumns {
    let mut sources = read(db, instrument).await;
    assert_eq!(sources.len(), 1);
    sources.remove(0).prices
}

async fn version(db: &TestDatabase, instrument: InstrumentId) -> i64 {
    db.storage.instruments(vec![instrument]).await.unwrap()[0].price_version
}

async fn closes_of_fifty_instruments_are_one_query(db: &TestDatabase) {
    let tickers = (0..50).map(|number| symbol(&format!("T{number}"))).collect();
    let instruments = db.storage.find_or_create_instruments(tickers).await.unwrap();
    let mut ids: Vec<InstrumentId> = instruments.iter().map(|i| i.id).collect();
    ids.sort();
    let first = day("2019-05-06");
    // 63,000 prices: five years of trading days.
    let bars = |id: InstrumentId| -> Vec<DailyBar> {
        let weekdays = first.iter_days().filter(|date| {
            use chrono::Datelike;
            date.weekday().number_from_monday() <= 5
        });
        (0..)
            .zip(weekdays.take(1_260))
            .map(|(n, date)| DailyBar::close_only(date, f64::from(id.0 * 10_000 + n)))
            .collect()
    };
    let batches: Vec<PriceBatch> = ids.iter().map(|id| yahoo(*id, bars(*id))).collect();
    let before = db.storage.statistics();
    let changed = db.storage.write_prices(batches).await.unwrap();
    let written = db.storage.statistics();
    assert_eq!(changed, ids);
    assert_eq!(written.writes - before.writes, 1, "one transaction");
    assert!(written.queries - before.queries < 12, "{} statements", written.queries - before.queries);

    let (from, to) = (day("2020-02-29"), day("2022-08-31"));
    let all = db.storage.read_closes(ids.clone(), from, to).await.unwrap();

    let statistics = db.storage.statistics();
    assert_eq!(statistics.queries - written.queries, 1);
    assert!(statistics.query_time > written.query_time);
    assert_eq!(all.len(), 50);
    for id in ids {
        let wanted: Vec<DailyBar> =
            bars(id).into_iter().filter(|bar| (from..=to).contains(&bar.date)).collect();
        let prices = &all[&id][0].prices;
        assert_eq!(prices.days, wanted.iter().map(|bar| epoch_day(bar.date)).collect::<Vec<_>>());
        assert_eq!(prices.closes, wanted.iter().map(|bar| bar.close).collect::<Vec<_>>());
        assert_eq!(version(db, id).await, 1);
    }
}

async fn bars_survive_with_all_their_columns(db: &TestDatabase) {
    let id = instrument(db, "AAPL").await;
    let mut bars = closes("2012-12-28", &[10.5, 11.25, 12.0, 13.0, 14.125, 15.0]);
    for (place, bar) in bars.iter_mut().enumerate() {
        (bar.open, bar.high, bar.low) = (bar.close - 0.5, bar.close + 1.0, bar.close - 1.0);
        bar.volume = 1_000_000_007 * (place as u64 + 1);
    }
    bars[5].provisional = true;
    db.storage.write_prices(vec![yahoo(id, bars.clone())]).await.unwrap();

    let all = db.storage.read_bars(id, NaiveDate::MIN, NaiveDate::MAX).await.unwrap();
    assert_eq!((all.len(), &all[0].source), (1, &PriceSource::yahoo()));
    assert_eq!(all[0].bars, bars);
    let some = db.storage.read_bars(id, day("2012-12-30"), day("2013-01-01")).await.unwrap();
    assert_eq!(some[0].bars, bars[2..5]);
    assert!(db.storage.read_bars(id, day("2014-01-01"), day("2015-01-01")).await.unwrap().is_empty());
}

async fn a_day_is_added_to_a_stored_year(db: &TestDatabase) {
    let id = instrument(db, "AAPL").await;
    db.storage.write_prices(vec![yahoo(id, closes("2020-05-04", &[1.0, 2.0]))]).await.unwrap();
    db.storage.write_prices(vec![yahoo(id, closes("2020-05-06", &[3.0]))]).await.unwrap();
    db.storage.write_prices(vec![yahoo(id, closes("2020-05-03", &[0.5]))]).await.unwrap();
    db.storage.write_prices(vec![yahoo(id, closes("2020-05-05", &[2.5]))]).await.unwrap();

    assert_eq!(stored(db, id).await.closes, [0.5, 1.0, 2.5, 3.0]);
}

async fn a_provisional_bar_is_replaced_and_replaces_no_final_one(db: &TestDatabase) {
    let id = instrument(db, "AAPL").await;
    let provisional =
        |close| vec![DailyBar { provisional: true, ..DailyBar::close_only(day("2020-05-04"), close) }];
    db.storage.write_prices(vec![yahoo(id, provisional(1.0))]).await.unwrap();
    db.storage.write_prices(vec![yahoo(id, provisional(2.0))]).await.unwrap();
    assert_eq!(stored(db, id).await.closes, [2.0]);
    db.storage.write_prices(vec![yahoo(id, closes("2020-05-04", &[3.0]))]).await.unwrap();
    let changed = db.storage.write_prices(vec![yahoo(id, provisional(4.0))]).await.unwrap();

    assert_eq!(stored(db, id).await.closes, [3.0]);
    assert!(changed.is_empty());
}

async fn a_replacement_takes_all_of_one_source_and_nothing_else(db: &TestDatabase) {
    let (one, other) = (instrument(db, "AAPL").await, instrument(db, "IBM").await);
    let file = PriceBatch {
        source: PriceSource::file(PriceBasis::AsTraded),
        ..yahoo(one, closes("2019-01-02", &[9.0]))
    };
    let old = closes("2018-12-31", &[100.0, 101.0, 102.0]);
    let batches = vec![yahoo(one, old.clone()), file.clone(), yahoo(other, old.clone())];
    db.storage.write_prices(batches).await.unwrap();

    let changed = db.storage.write_prices(vec![replacement(yahoo(one, closes("2019-01-02", &[51.0])))]).await;

    assert_eq!(changed.unwrap(), [one]);
    let sources = read(db, one).await;
    assert_eq!(sources[0].source, file.source);
    assert_eq!(sources[0].prices.closes, [9.0]);
    assert_eq!(sources[1].prices.closes, [51.0]);
    assert_eq!(stored(db, other).await.closes, [100.0, 101.0, 102.0]);
    assert_eq!((version(db, one).await, version(db, other).await), (2, 1));
}

async fn a_replacement_without_bars_forgets_nothing(db: &TestDatabase) {
    let id = instrument(db, "AAPL").await;
    db.storage.write_prices(vec![yahoo(id, closes("2020-05-04", &[1.0, 2.0]))]).await.unwrap();
    let changed = db.storage.write_prices(vec![replacement(yahoo(id, vec![]))]).await.unwrap();
    assert!(changed.is_empty());
    assert_eq!(stored(db, id).await.closes, [1.0, 2.0]);
}

async fn only_changed_prices_raise_the_price_version(db: &TestDatabase) {
    let (one, other) = (instrument(db, "AAPL").await, instrument(db, "IBM").await);
    let bars = closes("2020-05-04", &[1.0, 2.0]);
    let both = vec![yahoo(one, bars.clone()), yahoo(other, bars.clone())];
    assert_eq!(db.storage.write_prices(both.clone()).await.unwrap(), [one, other]);
    assert!(db.storage.write_prices(both).await.unwrap().is_empty());
    assert!(db.storage.write_prices(vec![replacement(yahoo(one, bars.clone()))]).await.unwrap().is_empty());
    let mixed = vec![yahoo(one, bars), yahoo(other, closes("2020-05-05", &[2.5]))];
    assert_eq!(db.storage.write_prices(mixed).await.unwrap(), [other]);
    assert_eq!((version(db, one).await, version(db, other).await), (1, 2));
    assert!(db.storage.write_prices(vec![]).await.unwrap().is_empty());
}

async fn sources_stay_apart_and_the_most_trusted_comes_first(db: &TestDatabase) {
    let id = instrument(db, "AAPL").await;
    let from = |source| PriceBatch { source, ..yahoo(id, closes("2020-05-04", &[1.0])) };
    let batches = [PriceSource::yahoo_spark(), PriceSource::yahoo(), PriceSource::manual()].map(from);
    db.storage.write_prices(batches.to_vec()).await.unwrap();

    let order: Vec<PriceSource> = read(db, id).await.into_iter().map(|closes| closes.source).collect();
    assert_eq!(order, [PriceSource::manual(), PriceSource::yahoo(), PriceSource::yahoo_spark()]);
    assert_eq!(db.storage.price_sources().await.unwrap(), order);
}

async fn a_source_keeps_its_basis(db: &TestDatabase) {
    let id = instrument(db, "AAPL").await;
    db.storage.write_prices(vec![yahoo(id, closes("2020-05-04", &[1.0]))]).await.unwrap();
    let other = PriceSource { name: PriceSourceName::new("yahoo"), basis: PriceBasis::AsTraded };
    let batch = PriceBatch { source: other, ..yahoo(id, closes("2020-05-05", &[2.0])) };
    assert!(matches!(db.storage.write_prices(vec![batch]).await, Err(StorageError::Refused(_))));
    assert_eq!(stored(db, id).await.closes, [1.0]);
}

async fn several_batches_of_one_series_are_told_in_order(db: &TestDatabase) {
    let id = instrument(db, "AAPL").await;
    let batches = vec![
        yahoo(id, closes("2020-05-04", &[1.0, 1.0])),
        replacement(yahoo(id, closes("2020-05-05", &[2.0, 2.0]))),
        yahoo(id, closes("2020-05-06", &[3.0, 3.0])),
    ];
    db.storage.write_prices(batches).await.unwrap();
    assert_eq!(stored(db, id).await.closes, [2.0, 3.0, 3.0]);
}

async fn a_close_that_is_no_number_is_refused(db: &TestDatabase) {
    let id = instrument(db, "AAPL").await;
    for close in [f64::NAN, f64::INFINITY] {
        let batches = vec![yahoo(id, closes("2020-05-04", &[1.0, close]))];
        assert!(matches!(db.storage.write_prices(batches).await, Err(StorageError::Refused(_))));
    }
    assert!(read(db, id).await.is_empty());
}

async fn an_unknown_instrument_is_refused_with_all_its_batch(db: &TestDatabase) {
    let id = instrument(db, "AAPL").await;
    let bars = closes("2020-05-04", &[1.0]);
    let batches = vec![yahoo(id, bars.clone()), yahoo(InstrumentId(999_999), bars)];
    assert!(db.storage.write_prices(batches).await.unwrap_err().is_not_found());
    assert!(read(db, id).await.is_empty());
}

async fn a_damaged_year_is_named_and_mended_by_a_replacement(db: &TestDatabase) {
    let (one, other) = (instrument(db, "AAPL").await, instrument(db, "IBM").await);
    let bars = closes("2012-12-31", &[1.0, 2.0, 3.0]);
    db.storage.write_prices(vec![yahoo(one, bars.clone()), yahoo(other, bars.clone())]).await.unwrap();
    db.storage
        .write(move |connection| {
            let damage = "UPDATE price_chunks SET closes = $1 WHERE year = 2013 AND instrument_id = ";
            diesel::sql_query(format!("{damage}{}", one.0))
                .bind::<Binary, _>(&[1_u8, 3, 1, 0, 0, 0, 0, 0, 0, 0][..])
                .execute(connection)?;
            Ok(())
        })
        .await
        .unwrap();

    let named = |result: Result<(), StorageError>| {
        let Err(StorageError::CorruptPrices { instrument, year, source_name, .. }) = result else {
            panic!("damage goes unnoticed: {result:?}")
        };
        assert_eq!((instrument, year, source_name.as_str()), (one, 2013, "yahoo"));
    };
    let storage = &db.storage;
    let (from, to) = (NaiveDate::MIN, NaiveDate::MAX);
    named(storage.read_closes(vec![one, other], from, to).await.map(drop));
    named(storage.read_bars(one, from, to).await.map(drop));
    named(storage.coverage(one).await.map(drop));
    named(storage.write_prices(vec![yahoo(one, closes("2013-01-05", &[9.0]))]).await.map(drop));
    let before = storage.read_closes(vec![one], from, day("2012-12-31")).await.unwrap();
    assert_eq!(before[&one][0].prices.closes, [1.0], "other years can still be read");

    storage.write_prices(vec![replacement(yahoo(one, bars))]).await.unwrap();
    assert_eq!(stored(db, one).await.closes, [1.0, 2.0, 3.0]);
}

async fn coverage_says_what_is_stored(db: &TestDatabase) {
    let id = instrument(db, "AAPL").await;
    assert!(db.storage.coverage(id).await.unwrap().is_empty());
    let mut bars = closes("2012-12-30", &[1.0, 2.0, 3.0, 4.0]);
    bars[3].provisional = true;
    db.storage.write_prices(vec![yahoo(id, bars.clone())]).await.unwrap();

    let covered = db.storage.coverage(id).await.unwrap().remove(0);

    assert_eq!((covered.first, covered.last, covered.days), (bars[0].date, bars[3].date, 4));
    assert_eq!(covered.last_final, Some(bars[2].date));
    assert_eq!(covered.source, PriceSource::yahoo());
}

async fn two_writers_of_one_instrument_lose_nothing(db: &TestDatabase) {
    let id = instrument(db, "AAPL").await;
    let other = db.opened_again().await;
    let first = day("2020-01-01");
    let one_day = |n: u64| vec![yahoo(id, vec![DailyBar::close_only(first + Days::new(n), 1.0)])];
    let even = async {
        for n in (0..60).step_by(2) {
            db.storage.write_prices(one_day(n)).await.unwrap();
        }
    };
    let odd = async {
        for n in (1..60).step_by(2) {
            other.write_prices(one_day(n)).await.unwrap();
        }
    };
    tokio::join!(even, odd);

    assert_eq!(stored(db, id).await.len(), 60);
    assert_eq!(version(db, id).await, 60);
}

async fn a_day_is_taken_back_from_its_own_source_only(db: &TestDatabase) {
    let id = instrument(db, "AAPL").await;
    let (friday, monday) = (day("2024-03-01"), day("2024-03-04"));
    let manual = |date| PriceBatch {
        instrument: id,
        source: PriceSource::manual(),
        bars: vec![DailyBar::close_only(date, 7.0)],
        mode: WriteMode::Merge,
    };
    let provider = yahoo(id, vec![DailyBar::close_only(friday, 9.0)]);
    db.storage.write_prices(vec![manual(friday), manual(monday), provider]).await.unwrap();
    let before = version(db, id).await;

    let remove = |date| db.storage.remove_price(id, PriceSource::manual(), date);
    assert!(!remove(day("2023-03-01")).await.unwrap(), "nothing is known of that year");
    assert!(!remove(day("2024-03-05")).await.unwrap(), "nor of that day");
    assert_eq!(version(db, id).await, before);
    assert!(remove(friday).await.unwrap());
    assert_eq!(version(db, id).await, before + 1);
    assert_eq!(read(db, id).await.len(), 2);

    assert!(remove(monday).await.unwrap());
    assert!(!remove(monday).await.unwrap());
    let left = read(db, id).await;
    assert_eq!((left.len(), &left[0].source), (1, &PriceSource::yahoo()));
    assert_eq!(left[0].prices.closes, [9.0]);
    assert!(matches!(
        db.storage.remove_price(InstrumentId(9_999), PriceSource::manual(), monday).await,
        Err(StorageError::NotFound)
    ));
}
