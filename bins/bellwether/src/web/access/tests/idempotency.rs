//! Requests that are sent again under their key.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use actix_web::dev::Service;
use actix_web::middleware::from_fn;
use actix_web::{App, HttpMessage, HttpResponse, test, web};
use serde_json::json;

use super::site::{Person, Site, Told, bearer};
use crate::web::api::idempotency::pass;
use crate::web::caller::Caller;
use crate::web::problem::Problem;
use bellwether_domain::Role;
use bellwether_tracker::{RuleDraft, Topic};

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
    for bad in ["", &"x".repeat(256), "\u{e9}", "a b", "a\tb"] {
        assert_eq!(add(&site, &owner, bad, "refresh-failed").await.status, 400, "{bad:?}");
    }
    // Nor does it matter where nothing is made.
    assert_eq!(site.get(RULES, &head).await.status, 200);
}

#[actix_web::test]
async fn what_changed_something_before_it_failed_is_not_carried_out_again() {
    let (site, owner) = Site::owned().await;
    let tracker = site.state.tracker.seen_by(&owner.who);
    let locale = bellwether_texts::Locale::english();
    let caller = Caller { tracker: tracker.clone(), who: Arc::new(owner.who), locale };
    let tries = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&tries);
    let handler = move |body: String| {
        counted.fetch_add(1, Ordering::SeqCst);
        let tracker = tracker.clone();
        async move {
            if body == "late" {
                let added = tracker.add_notification_rule(RuleDraft::of(Topic::RefreshFinished)).await;
                added.expect("added");
            }
            Err::<HttpResponse, _>(Problem::Unavailable)
        }
    };
    let app = App::new()
        .wrap(from_fn(pass))
        .wrap_fn(move |request, service| {
            request.extensions_mut().insert(caller.clone());
            service.call(request)
        })
        .route(RULES, web::post().to(handler));
    let app = test::init_service(app).await;
    let send = async |body: &'static str| {
        let request = test::TestRequest::post().uri(RULES).insert_header(("Idempotency-Key", body));
        test::call_service(&app, request.set_payload(body).to_request()).await.status().as_u16()
    };
    // Nothing was changed: it may be tried again.
    assert_eq!((send("early").await, send("early").await), (503, 503));
    assert_eq!(tries.load(Ordering::SeqCst), 2);
    assert_eq!((send("late").await, send("late").await), (503, 409));
    assert_eq!(tries.load(Ordering::SeqCst), 3);
}

#[actix_web::test]
async fn a_body_under_a_key_is_as_long_as_its_address_reads() {
    let (site, owner) = Site::owned().await;
    let head = format!("{}Idempotency-Key: k\r\n", bearer(&owner.token));
    let long = "x".repeat(300 << 10);
    let told = site.send("POST", RULES, &head, &long).await;
    assert_eq!(told.status, 413, "{told:?}");
    assert!(told.json()["detail"].as_str().is_some_and(|words| words.contains("256 KiB")), "{told:?}");
    // Where files are taken it is read: and refused for what it says.
    let told = site.send("POST", "/api/v1/export/restore", &head, &long).await;
    assert_eq!(told.status, 400, "{told:?}");
}
