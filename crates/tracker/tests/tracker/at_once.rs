//! What two people change at the same time.

use bellwether_domain::{PortfolioId, Symbol};
use bellwether_tracker::{
    EnteredIndex, EnteredSettings, PortfolioSettings, TargetWeights, Tracker, TrackerError, Upstream,
};
use rust_decimal::Decimal;

use crate::database::{TestDatabase, clock, on_both};

const NOW: &str = "2026-11-21T12:00:00Z";
/// Who loses by chance loses in one of these.
const ROUNDS: usize = 10;

async fn tracker(database: &TestDatabase) -> (Tracker, PortfolioId) {
    let tracker = database.tracker(Upstream::Nobody, &clock(NOW)).await;
    let id = tracker.create_portfolio(PortfolioSettings::named("Main")).await.unwrap().id;
    (tracker, id)
}

/// Whether one was made and the other one told that it came too late.
fn one_of_two<T: std::fmt::Debug>(a: &Result<T, TrackerError>, b: &Result<T, TrackerError>) -> bool {
    matches!((a, b), (Ok(_), Err(TrackerError::Overtaken)) | (Err(TrackerError::Overtaken), Ok(_)))
}

async fn settings_that_are_changed_at_the_same_time_are_all_kept(database: &TestDatabase) {
    let (tracker, id) = tracker(database).await;
    for round in 0..ROUNDS {
        let (name, words) = (format!("Main {round}"), format!("Round {round}"));
        let named = EnteredSettings { name: Some(name.clone()), ..EnteredSettings::default() };
        let described = EnteredSettings { description: Some(words.clone()), ..EnteredSettings::default() };
        let (a, b) = tokio::join!(
            tracker.change_portfolio(id, &named, None),
            tracker.change_portfolio(id, &described, None)
        );
        assert!(a.is_ok() && b.is_ok(), "{a:?} {b:?}");
        let both = tracker.portfolio(id).await.unwrap();
        assert_eq!((both.name, both.description), (name, words));
    }
}

async fn of_two_changes_of_one_version_at_the_same_time_one_is_made(database: &TestDatabase) {
    let (tracker, id) = tracker(database).await;
    for round in 0..ROUNDS {
        let seen = tracker.portfolio(id).await.unwrap().ledger_version;
        let named = |who: &str| EnteredSettings {
            name: Some(format!("{who} {round}")),
            ..EnteredSettings::default()
        };
        let (ada, grace) = (named("ada"), named("grace"));
        let (a, b) = tokio::join!(
            tracker.change_portfolio(id, &ada, Some(seen)),
            tracker.change_portfolio(id, &grace, Some(seen))
        );
        assert!(one_of_two(&a, &b), "{a:?} {b:?}");
    }
    let seen = tracker.portfolio(id).await.unwrap().ledger_version;
    let late = tracker.delete_portfolio(id, Some(seen - 1)).await;
    assert!(matches!(late, Err(TrackerError::Overtaken)), "{late:?}");
}

async fn of_two_sets_of_targets_over_the_same_ones_at_the_same_time_one_is_set(database: &TestDatabase) {
    let (tracker, id) = tracker(database).await;
    for round in 0..ROUNDS {
        let seen: TargetWeights = tracker.targets(id).await.unwrap();
        let weight = |symbol: &str, tenths: usize| {
            vec![(symbol.parse::<Symbol>().unwrap(), Decimal::new(i64::try_from(tenths).unwrap(), 2))]
        };
        let (a, b) = tokio::join!(
            tracker.set_targets(id, weight("VOO", round + 1), Some(seen.clone())),
            tracker.set_targets(id, weight("BND", round + 1), Some(seen.clone()))
        );
        assert!(one_of_two(&a, &b), "{a:?} {b:?}");
        assert_eq!(tracker.targets(id).await.unwrap(), a.or(b).unwrap());
    }
}

async fn of_two_changes_of_an_index_at_the_same_time_one_is_made(database: &TestDatabase) {
    let (tracker, _) = tracker(database).await;
    let index = |name: String| EnteredIndex {
        name,
        rebalancing: "monthly".to_owned(),
        components: vec![("VOO".to_owned(), "0.6".to_owned()), ("BND".to_owned(), "0.4".to_owned())],
        ..EnteredIndex::default()
    };
    let mut seen = tracker.create_index(&index("Mix".to_owned())).await.unwrap();
    for round in 0..ROUNDS {
        let (ada, grace) = (index(format!("ada {round}")), index(format!("grace {round}")));
        let (a, b) = tokio::join!(
            tracker.change_index(seen.id, &ada, Some(&seen)),
            tracker.change_index(seen.id, &grace, Some(&seen))
        );
        assert!(one_of_two(&a, &b), "{a:?} {b:?}");
        seen = a.or(b).unwrap();
        assert_eq!(tracker.index(seen.id).await.unwrap(), seen);
    }
    let (changed, deleted) = (index("Last".to_owned()), seen.clone());
    let (a, b) = tokio::join!(
        tracker.change_index(seen.id, &changed, Some(&seen)),
        tracker.delete_index(seen.id, Some(&deleted))
    );
    // Who comes first is no matter; the other one is told.
    assert_eq!(usize::from(a.is_ok()) + usize::from(b.is_ok()), 1, "{a:?} {b:?}");
}

on_both!(
    settings_that_are_changed_at_the_same_time_are_all_kept,
    of_two_changes_of_one_version_at_the_same_time_one_is_made,
    of_two_sets_of_targets_over_the_same_ones_at_the_same_time_one_is_set,
    of_two_changes_of_an_index_at_the_same_time_one_is_made,
);
