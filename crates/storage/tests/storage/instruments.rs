use bellwether_domain::{Currency, Exchange, InstrumentId, InstrumentKind, PortfolioId, Symbol};
use bellwether_storage::instruments::{self, InstrumentFacts};
use bellwether_storage::portfolios::PortfolioSettings;

use crate::database::{TestDatabase, on_both, start};
use crate::samples::{instrument, portfolio, purchase, symbol, told};

on_both!(
    instruments_are_registered_once_and_in_order,
    a_thousand_instruments_are_registered_at_once,
    a_new_instrument_has_the_exchange_of_its_ticker,
    what_a_source_did_not_tell_stays,
    facts_that_are_news_raise_the_price_version,
    a_portfolio_has_a_price_version_of_what_it_needs,
    a_ledger_names_its_instruments,
);

async fn instruments_are_registered_once_and_in_order(db: &TestDatabase) {
    let other = db.opened_again().await;
    let first = vec![symbol("MSFT"), symbol("AAPL")];
    let second = vec![symbol("AAPL"), symbol("IBM"), symbol("MSFT"), symbol("AAPL")];

    let (one, two) = tokio::join!(
        db.storage.find_or_create_instruments(first.clone()),
        other.find_or_create_instruments(second.clone()),
    );

    let (one, two) = (one.unwrap(), two.unwrap());
    assert_eq!(one.iter().map(|i| i.symbol.clone()).collect::<Vec<_>>(), first);
    assert_eq!(two.iter().map(|i| i.symbol.clone()).collect::<Vec<_>>(), second);
    assert_eq!((one[0].id, one[1].id), (two[2].id, two[0].id));
    let ids = vec![two[1].id, one[0].id, InstrumentId(999_999)];
    assert_eq!(db.storage.instruments(ids).await.unwrap().len(), 2);
    let found = db.storage.instruments_by_symbol(vec![symbol("IBM"), symbol("NONE")]).await.unwrap();
    assert_eq!(found.into_values().collect::<Vec<_>>(), [two[1].clone()]);
}

async fn a_thousand_instruments_are_registered_at_once(db: &TestDatabase) {
    let many: Vec<_> = (0..2_345).map(|number| symbol(&format!("T{number}"))).collect();
    let registered = db.storage.find_or_create_instruments(many.clone()).await.unwrap();
    assert_eq!(registered.iter().map(|i| i.symbol.clone()).collect::<Vec<_>>(), many);
}

async fn a_new_instrument_has_the_exchange_of_its_ticker(db: &TestDatabase) {
    let tickers = ["AAPL", "VOD.L", "^GSPC", "EURUSD=X", "BTC-USD"].map(symbol).to_vec();
    let registered = db.storage.find_or_create_instruments(tickers).await.unwrap();

    let facts: Vec<_> = registered.iter().map(|i| (i.exchange, i.kind)).collect();
    assert_eq!(
        facts,
        [
            (Exchange::NewYork, InstrumentKind::Other),
            (Exchange::London, InstrumentKind::Other),
            (Exchange::NewYork, InstrumentKind::Index),
            (Exchange::Currency, InstrumentKind::Currency),
            (Exchange::Crypto, InstrumentKind::Crypto),
        ]
    );
    assert!(registered.iter().all(|i| i.currency.is_none() && i.price_version == 0));
}

async fn what_a_source_did_not_tell_stays(db: &TestDatabase) {
    let id = instrument(db, "AAPL").await;
    let told = InstrumentFacts {
        name: Some("Apple Inc.".to_owned()),
        currency: Some(Currency::USD),
        ..InstrumentFacts::default()
    };
    db.storage.learn_about_instruments(vec![(id, told)]).await.unwrap();
    let more = InstrumentFacts {
        kind: Some(InstrumentKind::Equity),
        history_fetched_at: Some(start()),
        ..InstrumentFacts::default()
    };
    db.storage.learn_about_instruments(vec![(id, more)]).await.unwrap();

    let apple = db.storage.instruments(vec![id]).await.unwrap().remove(0);
    assert_eq!(apple.name.as_deref(), Some("Apple Inc."));
    assert_eq!(apple.currency, Some(Currency::USD));
    assert_eq!(apple.kind, InstrumentKind::Equity);
    assert_eq!(apple.history_fetched_at, Some(start()));
    let unknown = vec![(InstrumentId(999_999), InstrumentFacts::default())];
    assert!(db.storage.learn_about_instruments(unknown).await.unwrap_err().is_not_found());
}

async fn facts_that_are_news_raise_the_price_version(db: &TestDatabase) {
    let id = instrument(db, "VOD.L").await;
    let pounds = InstrumentFacts { currency: Some(Currency::GBP), ..InstrumentFacts::default() };
    let fetched = InstrumentFacts { history_fetched_at: Some(start()), ..InstrumentFacts::default() };
    let versions = async |told: InstrumentFacts| {
        db.storage.learn_about_instruments(vec![(id, told)]).await.unwrap();
        db.storage.instruments(vec![id]).await.unwrap()[0].price_version
    };

    assert_eq!(versions(pounds.clone()).await, 1);
    assert_eq!(versions(pounds).await, 1, "no news");
    assert_eq!(versions(fetched).await, 1, "no figure depends on it");
    let other = instrument(db, "BP.L").await;
    assert_eq!(db.storage.price_version_of(vec![id, other]).await.unwrap(), 1);
    assert_eq!(db.storage.price_version_of(vec![other]).await.unwrap(), 0);
}

async fn a_portfolio_has_a_price_version_of_what_it_needs(db: &TestDatabase) {
    let id = portfolio(db).await.id;
    let other = PortfolioSettings { benchmarks: Vec::new(), ..PortfolioSettings::named("Other") };
    let other = db.storage.create_portfolio(db.user, other).await.unwrap().id;
    for (portfolio, ticker) in [(id, "AAPL"), (other, "KO")] {
        let bought = told(&purchase("2020-05-04", ticker, "1", "10"), 0);
        db.storage.insert_transactions(db.user, portfolio, vec![bought]).await.unwrap();
    }
    for (symbol, times) in [("AAPL", 1), ("VOO", 2), ("EURUSD=X", 4), ("KO", 8), ("XOM", 16)] {
        let instrument = instrument(db, symbol).await;
        for name in 0..times {
            let facts = InstrumentFacts { name: Some(name.to_string()), ..InstrumentFacts::default() };
            db.storage.learn_about_instruments(vec![(instrument, facts)]).await.unwrap();
        }
    }
    let version = async |id: PortfolioId, beside: &[&str]| {
        let beside: Vec<Symbol> = beside.iter().map(|text| symbol(text)).collect();
        db.storage.read(move |c| instruments::price_version_for(c, id, &beside)).await.unwrap()
    };

    assert_eq!(version(id, &[]).await, 1 + 2 + 4, "its benchmark is VOO");
    assert_eq!(version(id, &["VOO", "KO"]).await, 1 + 2 + 4 + 8);
    assert_eq!(version(other, &[]).await, 8 + 4);
}

async fn a_ledger_names_its_instruments(db: &TestDatabase) {
    let id = portfolio(db).await.id;
    let bought = [("MSFT", 0), ("AAPL", 1), ("MSFT", 2)];
    let added = bought.map(|(ticker, sequence)| {
        told(&purchase("2020-05-04", ticker, "1", &format!("{}", 10 + sequence)), sequence)
    });
    db.storage.insert_transactions(db.user, id, added.to_vec()).await.unwrap();
    instrument(db, "VOO").await;
    instrument(db, "NOBODY").await;

    let names = |found: Vec<bellwether_domain::Instrument>| {
        found.into_iter().map(|i| i.symbol.to_string()).collect::<Vec<_>>()
    };
    let own = db.storage.instruments_of_portfolio(db.user, id).await.unwrap();
    assert_eq!(names(own), ["AAPL", "MSFT"]);
    assert_eq!(names(db.storage.instruments_in_use().await.unwrap()), ["AAPL", "MSFT", "VOO"]);
}
