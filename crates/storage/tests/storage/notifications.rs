use bellwether_domain::UserId;
use bellwether_storage::StorageError;
use bellwether_storage::notifications::{
    self, DeliveryState, Destination, NewNotification, NewRule, NotificationFilter, StoredQuietHours,
};
use chrono::TimeDelta;
use uuid::Uuid;

use crate::database::{TestDatabase, on_both, start};
use crate::samples::{decimal, instrument, portfolio};

on_both!(
    the_same_thing_is_told_once,
    of_processes_that_tell_at_once_one_does,
    what_lasts_begins_once_and_ends_once,
    what_was_delivered_is_not_tried_again,
    newest_come_first_page_by_page,
    what_is_read_counts_no_more,
    rules_are_kept_as_they_were_made,
    a_rule_about_somebody_elses_portfolio_is_refused,
    quiet_hours_are_replaced_and_removed,
);

fn news(key: &str) -> NewNotification {
    NewNotification {
        kind: "import-finished".to_owned(),
        severity: "info".to_owned(),
        title: format!("About {key}"),
        body: "200 transactions imported.".to_owned(),
        link: Some("/dashboard".to_owned()),
        key: key.to_owned(),
    }
}

fn mail(to: &str) -> Destination {
    Destination { channel: "email".to_owned(), address: to.to_owned() }
}

async fn record(db: &TestDatabase, key: &str, to: &[&str]) -> Option<(Uuid, Vec<Uuid>)> {
    let (user, content, now) = (db.user, news(key), db.storage.now());
    let to = to.iter().map(|to| mail(to)).collect();
    db.storage.write(move |c| notifications::record(c, user, &content, &to, now)).await.unwrap()
}

async fn titles(db: &TestDatabase, filter: NotificationFilter, limit: usize) -> Vec<String> {
    let listed = db.storage.notifications(db.user, filter, limit).await.unwrap();
    listed.into_iter().map(|(notification, _)| notification.content.title).collect()
}

async fn the_same_thing_is_told_once(db: &TestDatabase) {
    let (_, deliveries) = record(db, "import:1", &["me@example.org"]).await.unwrap();
    assert_eq!(deliveries.len(), 1);

    assert_eq!(record(db, "import:1", &["me@example.org", "you@example.org"]).await, None);

    assert_eq!(titles(db, NotificationFilter::default(), 10).await, ["About import:1"]);
}

async fn of_processes_that_tell_at_once_one_does(db: &TestDatabase) {
    let other = db.opened_again().await;
    let mut telling = Vec::new();
    for turn in 0..12 {
        let storage = if turn % 2 == 0 { db.storage.clone() } else { other.clone() };
        let (user, content, now) = (db.user, news("import:1"), db.storage.now());
        telling.push(tokio::spawn(async move {
            let to = [mail("me@example.org")].into();
            storage.write(move |c| notifications::record(c, user, &content, &to, now)).await.unwrap()
        }));
    }
    let mut told = Vec::new();
    for one in telling {
        told.push(one.await.unwrap());
    }
    assert_eq!(told.iter().flatten().count(), 1);
}

async fn what_lasts_begins_once_and_ends_once(db: &TestDatabase) {
    let (user, now) = (db.user, db.storage.now());
    let begin = || db.storage.write(move |c| notifications::begin_condition(c, user, "circuit:yahoo", now));
    let end = || db.storage.write(move |c| notifications::end_condition(c, user, "circuit:yahoo"));
    let lasting = || db.storage.read(move |c| notifications::conditions(c, user));

    assert!(!end().await.unwrap());
    assert!(begin().await.unwrap());
    assert!(!begin().await.unwrap());
    assert_eq!(lasting().await.unwrap(), ["circuit:yahoo"]);
    assert!(end().await.unwrap());
    assert!(!end().await.unwrap());
    assert!(begin().await.unwrap());
}

async fn what_was_delivered_is_not_tried_again(db: &TestDatabase) {
    let (of, deliveries) = record(db, "import:1", &["me@example.org"]).await.unwrap();
    let id = deliveries[0];
    let tried = || db.storage.write(move |c| notifications::delivery_tried(c, id));
    let now = db.storage.now();

    assert!(tried().await.unwrap());
    db.storage
        .write(move |c| notifications::delivery_failed(c, id, "the server is away", None))
        .await
        .unwrap();
    assert!(tried().await.unwrap());
    db.storage.write(move |c| notifications::delivery_made(c, id, now)).await.unwrap();
    assert!(!tried().await.unwrap());

    let made = db.storage.read(move |c| notifications::deliveries_of(c, &[of])).await.unwrap().remove(0);
    assert_eq!((made.attempts, made.state, made.error), (2, DeliveryState::Delivered(start()), None));
}

async fn newest_come_first_page_by_page(db: &TestDatabase) {
    for key in ["a", "b", "c"] {
        record(db, key, &[]).await;
        db.clock.set(db.storage.now() + TimeDelta::minutes(1));
    }
    assert_eq!(titles(db, NotificationFilter::default(), 2).await, ["About c", "About b"]);
    let listed = db.storage.notifications(db.user, NotificationFilter::default(), 2).await.unwrap();
    let next = NotificationFilter { before: Some(listed[1].0.id), unread: false };
    assert_eq!(titles(db, next, 2).await, ["About a"]);
}

async fn what_is_read_counts_no_more(db: &TestDatabase) {
    let first = record(db, "a", &[]).await.unwrap().0;
    record(db, "b", &[]).await;
    assert_eq!(db.storage.unread_notifications(db.user).await.unwrap(), 2);

    assert_eq!(db.storage.mark_notifications_read(db.user, Some(vec![first])).await.unwrap(), 1);
    assert_eq!(db.storage.mark_notifications_read(db.user, Some(vec![first])).await.unwrap(), 0);
    let unread = NotificationFilter { unread: true, before: None };
    assert_eq!(titles(db, unread, 9).await, ["About b"]);

    let stranger = UserId::new();
    assert_eq!(db.storage.mark_notifications_read(stranger, None).await.unwrap(), 0);
    assert_eq!(db.storage.mark_notifications_read(db.user, None).await.unwrap(), 1);
    assert_eq!(db.storage.unread_notifications(db.user).await.unwrap(), 0);
}

async fn rules_are_kept_as_they_were_made(db: &TestDatabase) {
    let (user, now) = (db.user, db.storage.now());
    let wish = NewRule {
        kind: "price-above".to_owned(),
        portfolio: None,
        instrument: Some(instrument(db, "AAPL").await),
        threshold: Some(decimal("210.50")),
        destination: mail("me@example.org"),
        enabled: true,
    };
    let made = wish.clone();
    let id = db.storage.write(move |c| notifications::add_rule(c, user, &made, now)).await.unwrap();
    let rules = || db.storage.read(move |c| notifications::rules(c, user));
    let kept = rules().await.unwrap().remove(0);
    assert_eq!((kept.id, &kept.wish, kept.created_at), (id, &wish, start()));
    assert_eq!(kept.symbol.unwrap().as_str(), "AAPL");

    let page = Destination { channel: "page".to_owned(), address: String::new() };
    let other = NewRule {
        kind: "circuit-opened".to_owned(),
        portfolio: None,
        instrument: None,
        threshold: None,
        destination: page,
        enabled: false,
    };
    let changed = other.clone();
    db.storage.write(move |c| notifications::change_rule(c, user, id, &changed, now)).await.unwrap();
    let kept = rules().await.unwrap().remove(0);
    assert_eq!((kept.wish, kept.symbol), (other, None));

    let stranger = UserId::new();
    let refused = db.storage.write(move |c| notifications::remove_rule(c, stranger, id)).await;
    assert!(refused.unwrap_err().is_not_found());
    db.storage.write(move |c| notifications::remove_rule(c, user, id)).await.unwrap();
    assert!(rules().await.unwrap().is_empty());
}

async fn a_rule_about_somebody_elses_portfolio_is_refused(db: &TestDatabase) {
    let (id, now) = (portfolio(db).await.id, db.storage.now());
    let wish = NewRule {
        kind: "drawdown".to_owned(),
        portfolio: Some(id),
        instrument: None,
        threshold: Some(decimal("10")),
        destination: mail("thief@example.org"),
        enabled: true,
    };
    let refused =
        db.storage.write(move |c| notifications::add_rule(c, UserId::new(), &wish, now)).await.unwrap_err();
    assert!(matches!(refused, StorageError::NotFound));
}

async fn quiet_hours_are_replaced_and_removed(db: &TestDatabase) {
    let user = db.user;
    let night = |begins| StoredQuietHours { begins, ends: 420, zone: "Europe/Berlin".to_owned() };
    for begins in [1_320, 1_380] {
        let hours = night(begins);
        db.storage.write(move |c| notifications::set_quiet_hours(c, user, Some(&hours))).await.unwrap();
        let kept = db.storage.read(move |c| notifications::quiet_hours(c, user)).await.unwrap();
        assert_eq!(kept, Some(night(begins)));
    }
    db.storage.write(move |c| notifications::set_quiet_hours(c, user, None)).await.unwrap();
    assert_eq!(db.storage.read(move |c| notifications::quiet_hours(c, user)).await.unwrap(), None);
}
