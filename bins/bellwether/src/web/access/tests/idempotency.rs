//! Requests that are sent again under their key.

use serde_json::json;

use super::site::{Person, Site, Told, bearer};
use bellwether_domain::Role;

const RULES: &str = "/api/v1/notifications/rules";

async fn add(site: &Site, person: &Person, key: &str, kind: &str) -> Told {
    let head = format!("{}Idempotency-Key: {key}\r\n", bearer(&person.token));
    let body = json!({ "kind": kind, "channel": "page" }).to_string();
    site.send("POST", RULES, &head, &body).await
}

async fn rules(site: &Site, person: &Person) -> usize {
    site.state.tracker.seen_by(&person.who).notification_rules().await.expect("listed").len()
}

#[actix_web::test]
async fn a_request_that_is_sent_again_is_answered_as_it_was_and_not_carried_out_again() {
    let (site, owner) = Site::owned().await;
    let before = rules(&site, &owner).await;
    let first = add(&site, &owner, "one", "refresh-finished").await;
    assert_eq!((first.status, first.header("idempotent-replayed")), (201, None), "{first:?}");
    let again = add(&site, &owner, "one", "refresh-finished").await;
    assert_eq!((again.status, again.header("idempotent-replayed")), (201, Some("true")), "{again:?}");
    assert_eq!(again.body, first.body);
    for name in ["location", "content-type"] {
        assert_eq!(again.header(name), first.header(name), "{name}");
    }
    assert_eq!(rules(&site, &owner).await, before + 1);

    let another = add(&site, &owner, "one", "refresh-failed").await;
    assert_eq!(another.status, 422, "{another:?}");
    assert_eq!(another.header("content-type"), Some("application/problem+json"));
    assert_eq!(add(&site, &owner, "two", "refresh-finished").await.status, 201);
    assert_eq!(rules(&site, &owner).await, before + 2);
    // Another person's keys are others.
    site.add("grace", Role::Member).await;
    let grace = site.person("grace", None).await;
    let hers = add(&site, &grace, "one", "refresh-failed").await;
    assert_eq!((hers.status, hers.header("idempotent-replayed")), (201, None), "{hers:?}");
    // What was refused is refused again.
    for replayed in [None, Some("true")] {
        let told = add(&site, &owner, "bad", "no such kind").await;
        assert_eq!((told.status, told.header("idempotent-replayed")), (400, replayed), "{told:?}");
        assert_eq!(told.header("content-type"), Some("application/problem+json"));
    }
}

#[actix_web::test]
async fn of_many_at_once_one_is_carried_out() {
    let (site, owner) = Site::owned().await;
    let before = rules(&site, &owner).await;
    let told = futures::future::join_all((0..8).map(|_| add(&site, &owner, "k", "refresh-failed"))).await;
    let fresh = told.iter().filter(|told| told.status == 201 && told.header("idempotent-replayed").is_none());
    assert_eq!(fresh.count(), 1, "{told:?}");
    for told in &told {
        match told.status {
            201 => {}
            409 => assert_eq!(told.header("retry-after"), Some("1"), "{told:?}"),
            _ => panic!("{told:?}"),
        }
    }
    assert_eq!(rules(&site, &owner).await, before + 1);
}

#[actix_web::test]
async fn a_key_is_refused_where_there_are_secrets_and_where_it_is_none() {
    let (site, owner) = Site::owned().await;
    let head = format!("{}Idempotency-Key: k\r\n", bearer(&owner.token));
    let body = json!({ "name": "t", "scopes": ["read"] }).to_string();
    let told = site.send("POST", "/api/v1/auth/tokens", &head, &body).await;
    assert_eq!(told.status, 400, "{told:?}");
    assert_eq!(told.json()["errors"][0]["field"], "Idempotency-Key");
    for bad in ["", &"x".repeat(256), "\u{e9}"] {
        assert_eq!(add(&site, &owner, bad, "refresh-failed").await.status, 400, "{bad:?}");
    }
    // Nor does it matter where nothing is made.
    assert_eq!(site.get(RULES, &head).await.status, 200);
}
