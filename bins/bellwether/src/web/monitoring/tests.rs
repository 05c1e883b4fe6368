//! Figures that take a clock of the test's own.

use std::sync::Arc;
use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::{App, test};
use bellwether_domain::{Clock, FixedClock};
use bellwether_tracker::{ImportFile, ImportTarget, PortfolioSettings, TrackerOptions, Upstream};
use chrono::TimeDelta;

use super::*;

#[actix_web::test]
async fn older_answers_that_went_out_are_counted_with_their_ages() {
    let clock = Arc::new(FixedClock::at("2026-03-05T04:58:30Z".parse().expect("an instant")));
    let options = TrackerOptions {
        database: "sqlite::memory:".to_owned(),
        upstream: Upstream::Nobody,
        feeds: Vec::new(),
        redis: None,
        clock: Arc::<FixedClock>::clone(&clock),
    };
    let tracker = Tracker::open(options).await.expect("a tracker");
    let bytes = b"Ticker,Type,Date,Price,Shares\nKO,Buy,2024-03-05,60,10\n".to_vec();
    let file = ImportFile { name: "few.csv".to_owned(), bytes, currency: None };
    let target = ImportTarget::Named(PortfolioSettings::named("Main"));
    tracker.import(target, file, false).await.expect("imported");
    let id = tracker.portfolio_named("Main").await.expect("there").id;
    let state = web::Data::new(State::new(tracker, Vec::new(), EventLog::default()));
    let app = test::init_service(
        App::new()
            .app_data(state.clone())
            .wrap(actix_web::middleware::from_fn(crate::web::access::guard))
            .configure(crate::web::routes),
    )
    .await;
    let ask = || async {
        let request = test::TestRequest::get().uri(&format!("/api/dashboard-initial-data/{id}")).to_request();
        assert_eq!(test::call_service(&app, request).await.status(), StatusCode::OK);
    };

    ask().await;
    clock.set(clock.now() + TimeDelta::minutes(2));
    // Of yesterday, which ended half a minute ago in New York, while a newer one is built behind it.
    ask().await;
    // Until the newer one is there, more of the older go out.
    let mut older = 1;
    loop {
        ask().await;
        let told = measures::read(&state).await.cache.all;
        if told.memory.hits == 1 {
            break;
        }
        older += 1;
        assert_eq!(told.memory.stale_hits, older);
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    clock.set(clock.now() + TimeDelta::days(1) + TimeDelta::minutes(1));
    // Of a day that ended a minute and a half ago: this reader waits.
    ask().await;

    let told = measures::read(&state).await;
    let kind = told.cache.kinds["initial-data"];
    let memory = kind.memory;
    assert_eq!((memory.hits, memory.stale_hits, memory.misses, memory.waits), (1, older, 2, 0));
    assert_eq!((kind.builds, kind.entries, kind.failures), (3, 1, 0));
    let mean = 120_000 * older / (older + 1);
    assert_eq!((memory.oldest_served_millis, memory.mean_age_millis()), (120_000, Some(mean)));
    let hour = told.recent[&bellwether_domain::Span::Hour];
    assert_eq!((hour.cache_hits, hour.cache_misses), (older + 1, 2));
}
