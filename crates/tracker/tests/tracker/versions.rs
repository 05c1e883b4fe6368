//! What is remembered of versions is never older than what was written, by whomever.

use bellwether_domain::Symbol;
use bellwether_tracker::{PortfolioSettings, Upstream};

use crate::database::{TestDatabase, clock, import, on_both};

on_both!(a_write_of_another_process_shows_in_the_next_read, what_others_hold_leaves_the_versions_alone);

const TRADES: &str = "Ticker,Type,Date,Price,Shares\nAAPL,Buy,2024-03-05,170.12,10\n";

fn symbol(text: &str) -> Symbol {
    text.parse().unwrap()
}

async fn a_write_of_another_process_shows_in_the_next_read(database: &TestDatabase) {
    let clock = clock("2026-11-21T12:00:00Z");
    let here = database.tracker(Upstream::Nobody, &clock).await;
    let there = database.tracker(Upstream::Nobody, &clock).await;
    import(&here, TRADES, false).await;
    let id = here.portfolio_named("Main").await.unwrap().id;
    let mut seen = vec![here.versions(id).await.unwrap()];
    assert_eq!(here.versions(id).await.unwrap(), seen[0], "nothing has changed");

    for round in 0..20_u32 {
        match round % 3 {
            0 => {
                let date = 1 + round;
                let more = format!("Ticker,Type,Date,Price,Shares\nKO,Buy,2024-04-{date:02},60,{date}\n");
                import(&there, &more, false).await;
            }
            1 => {
                let price = rust_decimal::Decimal::from(100 + round);
                there.record_price(symbol("AAPL"), None, price, Some("USD".parse().unwrap())).await.unwrap();
            }
            _ => {
                let name = format!("Number {round}");
                there.create_portfolio(PortfolioSettings::named(name)).await.unwrap();
            }
        }
        let now = here.versions(id).await.unwrap();
        assert!(seen.iter().all(|before| before.entered != now.entered), "round {round}");
        assert_eq!(there.versions(id).await.unwrap(), now);
        seen.push(now);
    }
}

async fn what_others_hold_leaves_the_versions_alone(database: &TestDatabase) {
    let clock = clock("2026-11-21T12:00:00Z");
    let tracker = database.tracker(Upstream::Nobody, &clock).await;
    import(&tracker, TRADES, false).await;
    let id = tracker.portfolio_named("Main").await.unwrap().id;
    let beside = [symbol("KO")];
    let before = (tracker.versions(id).await.unwrap(), tracker.versions_beside(id, &beside).await.unwrap());

    let usd = Some("USD".parse().unwrap());
    tracker.record_price(symbol("KO"), None, 60.into(), usd).await.unwrap();

    let after = (tracker.versions(id).await.unwrap(), tracker.versions_beside(id, &beside).await.unwrap());
    assert_eq!(after.0.prices, before.0.prices, "nothing of it is in the portfolio");
    assert!(after.1.versions.prices > before.1.versions.prices);
}

#[cfg(feature = "postgres")]
#[tokio::test]
async fn without_the_server_the_last_known_versions_serve() {
    let database = TestDatabase::postgres();
    let proxy = crate::proxy::Proxy::start(database.server());
    let clock = clock("2026-11-21T12:00:00Z");
    let direct = database.tracker(Upstream::Nobody, &clock).await;
    import(&direct, TRADES, false).await;
    let id = direct.portfolio_named("Main").await.unwrap().id;
    let through = database.by_way_of(proxy.address()).tracker(Upstream::Nobody, &clock).await;
    let known = through.versions_beside(id, &[]).await.unwrap();
    assert!(known.is_current);

    proxy.cut();
    for _ in 0..50 {
        let seen = through.versions_beside(id, &[]).await.unwrap();
        assert_eq!((seen.versions, seen.is_current), (known.versions, false));
    }
    assert!(through.versions_beside(id, &[symbol("KO")]).await.unwrap_err().is_transient());
    import(&direct, "Ticker,Type,Date,Price,Shares\nKO,Buy,2024-04-01,60,1\n", false).await;
    proxy.mend();

    let seen = loop {
        clock.advance(chrono::TimeDelta::seconds(5));
        let seen = through.versions_beside(id, &[]).await.unwrap();
        if seen.is_current {
            break seen;
        }
    };
    assert_eq!(seen.versions, direct.versions(id).await.unwrap());
    assert_ne!(seen.versions.entered, known.versions.entered);
}
