//! Prices typed by hand, alone and beside a provider's.

use bellwether_domain::{Currency, Freshness, Symbol};
use bellwether_tracker::{Dashboard, RecordedPrice, Tracker, TrackerError, Upstream};
use chrono::{NaiveDate, TimeDelta};
use rust_decimal::Decimal;

use crate::database::{TestDatabase, clock, on_both};
use crate::refresh::{SATURDAY, look, portfolio, simulator, upstream, value};

fn symbol(text: &str) -> Symbol {
    text.parse().unwrap()
}

fn decimal(text: &str) -> Decimal {
    text.parse().unwrap()
}

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// The price that values the Coca-Cola shares.
fn priced(page: &Dashboard) -> Decimal {
    let report = &page.figures.as_ref().unwrap().report;
    report.holding(&symbol("KO")).unwrap().price.as_ref().unwrap().price
}

async fn record(
    tracker: &Tracker,
    of: &str,
    date: Option<&str>,
    price: &str,
    currency: Option<Currency>,
) -> Result<RecordedPrice, TrackerError> {
    tracker.record_price(symbol(of), date.map(day), decimal(price), currency).await
}

async fn a_private_share_has_a_value_without_any_provider(database: &TestDatabase) {
    let clock = clock(SATURDAY);
    let tracker = database.tracker(Upstream::Nobody, &clock).await;
    let id = portfolio(&tracker, &["PRIVATE"]).await;
    assert!(tracker.current_price(&symbol("PRIVATE")).await.unwrap().is_none());
    let before = tracker.versions(id).await.unwrap();

    let usd = Some(Currency::USD);
    let recorded = record(&tracker, "PRIVATE", Some("2026-11-19"), "120.250", usd).await.unwrap();

    assert_eq!((recorded.price.to_string().as_str(), recorded.date), ("120.25", day("2026-11-19")));
    let after = tracker.versions(id).await.unwrap();
    assert!(after.prices > before.prices && after.entered != before.entered, "the next page is a new one");
    let page = look(&tracker, id).await;
    assert_eq!(value(&page), decimal("1202.5"));
    let shown = page.prices.of(&symbol("PRIVATE")).unwrap();
    assert_eq!((shown.freshness, shown.words.to_string().as_str()), (Freshness::Manual, "manual 19 Nov"));
    // The exchange closed at 21:00 UTC on Thursday.
    assert_eq!(shown.age_minutes, Some(39 * 60));
    let current = tracker.current_price(&symbol("PRIVATE")).await.unwrap().unwrap();
    assert_eq!((current.price, current.source.as_str()), (decimal("120.25"), "manual"));
    assert_eq!(current.shown.freshness, Freshness::Manual);

    // Known by now: neither day nor currency has to be said, and the later entry counts.
    let again = record(&tracker, "PRIVATE", None, "130", None).await.unwrap();
    assert_eq!((again.date, again.currency), (day("2026-11-21"), Currency::USD));
    record(&tracker, "PRIVATE", None, "131", None).await.unwrap();
    assert_eq!(value(&look(&tracker, id).await), decimal("1310"));
    tracker.remove_price(&symbol("PRIVATE"), day("2026-11-21")).await.unwrap();
    assert_eq!(value(&look(&tracker, id).await), decimal("1202.5"));
}

async fn a_currency_typed_wrong_can_be_taken_back(database: &TestDatabase) {
    let clock = clock(SATURDAY);
    let tracker = database.tracker(Upstream::Nobody, &clock).await;
    let _ = portfolio(&tracker, &["PRIVATE"]).await;
    let (usd, eur) = (Some(Currency::USD), Some(Currency::EUR));
    record(&tracker, "PRIVATE", Some("2026-11-18"), "120", usd).await.unwrap();
    record(&tracker, "PRIVATE", Some("2026-11-19"), "120", usd).await.unwrap();
    tracker.remove_price(&symbol("PRIVATE"), day("2026-11-18")).await.unwrap();
    let refused = record(&tracker, "PRIVATE", Some("2026-11-18"), "120", eur).await.unwrap_err();
    assert!(matches!(refused, TrackerError::Conflict(_)), "a price in dollars is left: {refused:?}");
    tracker.remove_price(&symbol("PRIVATE"), day("2026-11-19")).await.unwrap();
    let mended = record(&tracker, "PRIVATE", Some("2026-11-18"), "120", eur).await.unwrap();
    assert_eq!(mended.currency, Currency::EUR);
}

async fn a_typed_price_counts_on_its_day_and_the_providers_before_and_after(database: &TestDatabase) {
    let clock = clock(SATURDAY);
    let simulator = simulator(&clock);
    let tracker = database.tracker(upstream(&simulator), &clock).await;
    let id = portfolio(&tracker, &["KO"]).await;
    tracker.refresh_now(id).await.unwrap();
    let told = priced(&look(&tracker, id).await);

    record(&tracker, "KO", Some("2026-11-20"), "1000", None).await.unwrap();
    let page = look(&tracker, id).await;
    assert_eq!(priced(&page), decimal("1000"), "not the provider's quote of that day");
    assert_eq!(page.prices.worst, Freshness::Manual);
    let current = tracker.current_price(&symbol("KO")).await.unwrap().unwrap();
    assert_eq!((current.price, current.source.as_str()), (decimal("1000"), "manual"));
    let thursday = bellwether_tracker::View { as_of: Some(day("2026-11-19")), ..Default::default() };
    assert_ne!(priced(&tracker.dashboard(id, &thursday).await.unwrap()), decimal("1000"));

    tracker.remove_price(&symbol("KO"), day("2026-11-20")).await.unwrap();
    assert_eq!(priced(&look(&tracker, id).await), told);

    // On Monday the provider is asked as if nothing had been typed.
    record(&tracker, "KO", Some("2026-11-20"), "1000", None).await.unwrap();
    clock.set("2026-11-23T16:00:00Z".parse().unwrap());
    let so_far = simulator.calls();
    tracker.refresh_now(id).await.unwrap();
    assert!(simulator.calls() > so_far);
    let page = look(&tracker, id).await;
    assert_eq!(page.prices.worst, Freshness::Live);
    assert_ne!(priced(&page), decimal("1000"));
}

async fn a_price_that_cannot_be_true_changes_nothing(database: &TestDatabase) {
    let clock = clock(SATURDAY);
    let simulator = simulator(&clock);
    let tracker = database.tracker(upstream(&simulator), &clock).await;
    let id = portfolio(&tracker, &["KO"]).await;
    tracker.refresh_now(id).await.unwrap();
    let (before, told) = (tracker.versions(id).await.unwrap(), value(&look(&tracker, id).await));

    let usd = Some(Currency::USD);
    let wrong = [
        ("KO", "2026-11-20", "0", usd, "zero"),
        ("KO", "2026-11-20", "-3", usd, "zero"),
        ("KO", "2026-11-20", "3.14159265358979323846", usd, "15"),
        ("KO", "2026-11-20", "9000000000000000", usd, "plausible"),
        ("KO", "2026-11-22", "60", usd, "2026-11-21"),
        ("KO", "2026-11-20", "60", Some(Currency::EUR), "USD"),
        ("PRIVATE", "2026-11-20", "60", None, "currency"),
    ];
    for (of, date, price, currency, word) in wrong {
        let refused = record(&tracker, of, Some(date), price, currency).await.unwrap_err();
        assert!(matches!(refused, TrackerError::Refused(_) | TrackerError::Conflict(_)), "{refused:?}");
        assert!(refused.to_string().contains(word), "{refused}");
    }
    for (of, date) in [("KO", "2026-11-20"), ("PRIVATE", "2026-11-20")] {
        let refused = tracker.remove_price(&symbol(of), day(date)).await.unwrap_err();
        assert!(matches!(refused, TrackerError::NotFound(_)), "{refused:?}");
    }
    assert_eq!(tracker.versions(id).await.unwrap(), before);
    assert_eq!(value(&look(&tracker, id).await), told);
}

async fn today_is_the_exchanges_day(database: &TestDatabase) {
    // Nine in the morning of the 24th in Tokyo, still the 23rd in New York.
    let clock = clock("2026-11-24T00:00:00Z");
    let tracker = database.tracker(Upstream::Nobody, &clock).await;
    let yen = "JPY".parse().ok();
    let recorded = record(&tracker, "7203.T", None, "2500", yen).await.unwrap();
    assert_eq!(recorded.date, day("2026-11-24"));
    assert!(record(&tracker, "KO", Some("2026-11-24"), "60", Some(Currency::USD)).await.is_err());
    clock.advance(TimeDelta::hours(6));
    assert!(record(&tracker, "KO", Some("2026-11-24"), "60", Some(Currency::USD)).await.is_ok());
}

on_both!(
    a_private_share_has_a_value_without_any_provider,
    a_typed_price_counts_on_its_day_and_the_providers_before_and_after,
    a_currency_typed_wrong_can_be_taken_back,
    a_price_that_cannot_be_true_changes_nothing,
    today_is_the_exchanges_day,
);
