use bellwether_domain::{ActionKind, CorporateAction, Currency, PriceBasis, PriceSource, SplitRatio};
use bellwether_storage::actions::ActionBatch;

use crate::database::{TestDatabase, on_both};
use crate::samples::{day, decimal, instrument, symbol};

on_both!(
    actions_of_all_kinds_survive,
    what_a_source_tells_later_replaces_what_it_told,
    only_changed_actions_raise_the_price_version,
    actions_of_many_are_one_query_and_sources_stay_apart,
);

fn action(ticker: &str, ex_date: &str, kind: ActionKind) -> CorporateAction {
    CorporateAction { symbol: symbol(ticker), ex_date: day(ex_date), kind }
}

fn dividend(ticker: &str, ex_date: &str, amount: &str) -> CorporateAction {
    action(ticker, ex_date, ActionKind::CashDividend { amount: decimal(amount), currency: None })
}

fn split(ticker: &str, ex_date: &str, new: &str, old: &str) -> CorporateAction {
    let ratio = SplitRatio::new(decimal(new), decimal(old)).unwrap();
    action(ticker, ex_date, ActionKind::Split(ratio))
}

async fn actions_of_all_kinds_survive(db: &TestDatabase) {
    let id = instrument(db, "VOO").await;
    let euros = ActionKind::CashDividend { amount: decimal("0.190123"), currency: Some(Currency::EUR) };
    let told = vec![
        dividend("VOO", "2019-12-20", "1.43"),
        split("VOO", "2020-08-31", "4", "1"),
        action("VOO", "2020-08-31", euros),
        action("VOO", "2020-08-31", ActionKind::CapitalGain { amount: decimal("0.5") }),
        split("VOO", "2021-01-04", "1", "10"),
    ];
    let mut shuffled = told.clone();
    shuffled.reverse();
    let batch = ActionBatch { instrument: id, source: PriceSource::yahoo(), actions: shuffled };
    assert_eq!(db.storage.write_actions(vec![batch]).await.unwrap(), [id]);

    let stored = db.storage.read_actions(vec![id]).await.unwrap().remove(&id).unwrap().remove(0);
    assert_eq!(stored.source, PriceSource::yahoo());
    let dates: Vec<_> = stored.actions.iter().map(|action| action.ex_date).collect();
    assert!(dates.is_sorted());
    assert_eq!(stored.actions.len(), told.len());
    assert!(told.iter().all(|action| stored.actions.contains(action)));
}

async fn what_a_source_tells_later_replaces_what_it_told(db: &TestDatabase) {
    let id = instrument(db, "AAPL").await;
    let batch = |actions| vec![ActionBatch { instrument: id, source: PriceSource::yahoo(), actions }];
    let write = async |actions| db.storage.write_actions(batch(actions)).await.unwrap();
    write(vec![dividend("AAPL", "2020-05-08", "3.28"), dividend("AAPL", "2020-02-07", "3.08")]).await;
    write(vec![dividend("AAPL", "2020-05-08", "0.82")]).await;

    let stored = db.storage.read_actions(vec![id]).await.unwrap().remove(&id).unwrap().remove(0);
    assert_eq!(
        stored.actions,
        [dividend("AAPL", "2020-02-07", "3.08"), dividend("AAPL", "2020-05-08", "0.82")]
    );
}

async fn only_changed_actions_raise_the_price_version(db: &TestDatabase) {
    let (one, other) = (instrument(db, "AAPL").await, instrument(db, "IBM").await);
    let batch = |instrument, amount| ActionBatch {
        instrument,
        source: PriceSource::yahoo(),
        actions: vec![dividend("X", "2020-05-08", amount)],
    };
    let write = async |batches| db.storage.write_actions(batches).await.unwrap();
    assert_eq!(write(vec![batch(one, "0.82"), batch(other, "1.63")]).await, [one, other]);
    assert_eq!(write(vec![batch(one, "0.820"), batch(other, "1.64")]).await, [other]);
    let versions: Vec<i64> = db
        .storage
        .instruments(vec![one, other])
        .await
        .unwrap()
        .iter()
        .map(|instrument| instrument.price_version)
        .collect();
    assert_eq!(versions, [1, 2]);
}

async fn actions_of_many_are_one_query_and_sources_stay_apart(db: &TestDatabase) {
    let (one, other, without) =
        (instrument(db, "AAPL").await, instrument(db, "IBM").await, instrument(db, "BRK-B").await);
    let file = PriceSource::file(PriceBasis::AsTraded);
    let batch = |instrument, source: &PriceSource, amount| ActionBatch {
        instrument,
        source: source.clone(),
        actions: vec![dividend("AAPL", "2020-05-08", amount), split("AAPL", "2020-08-31", "4", "1")],
    };
    let yahoo = PriceSource::yahoo();
    let batches = vec![batch(one, &yahoo, "0.205"), batch(other, &yahoo, "1.63"), batch(one, &file, "0.82")];
    db.storage.write_actions(batches).await.unwrap();
    let before = db.storage.statistics().queries;

    let all = db.storage.read_actions(vec![one, other, without]).await.unwrap();

    assert_eq!(db.storage.statistics().queries - before, 1);
    assert_eq!(all.len(), 2);
    let order: Vec<&PriceSource> = all[&one].iter().map(|actions| &actions.source).collect();
    assert_eq!(order, [&file, &yahoo]);
    assert_eq!(all[&one][0].actions[0], dividend("AAPL", "2020-05-08", "0.82"));
    assert_eq!(all[&one][1].actions[0], dividend("AAPL", "2020-05-08", "0.205"));
    assert_eq!(all[&other][0].actions[0].symbol, symbol("IBM"), "the register's, not the batch's");
}
