//! What tokens and roles are not enough for.

use bellwether_domain::Role;
use bellwether_tracker::{Channel, RuleDraft, Topic, Visitor};
use serde_json::json;

use super::site::{PASSWORD, Site, bearer};

#[actix_web::test]
async fn no_token_and_no_session_replaces_the_owners_password_without_the_old_one() {
    let (site, owner) = Site::owned().await;
    site.add("grace", Role::Member).await;
    let grace = site.state.tracker.user_named("grace").await.expect("there").id;
    let administers = site.token(&owner, "admin").await;
    let all = site.token(&owner, "read write admin").await;
    let body = json!({ "password": "another long password" }).to_string();
    let form = "password=another+long+password";
    for (person, user, status) in [
        (&owner, owner.who.user, 409),
        (&all, owner.who.user, 409),
        (&administers, owner.who.user, 403),
        (&administers, grace, 403),
        (&all, grace, 204),
    ] {
        let path = format!("/api/v1/users/{user}/password");
        let told = site.send("PUT", &path, &bearer(&person.token), &body).await;
        assert_eq!(told.status, status, "{told:?}");
        let told = site.form(&format!("/users/{user}/password"), &bearer(&person.token), form).await;
        let status = match status {
            204 => 200,
            409 => 400,
            other => other,
        };
        assert_eq!(told.status, status, "{told:?}");
    }
    let signs_in = async |name: &str, password: &str| {
        site.state.tracker.sign_in(name, password.to_owned(), &Visitor::default()).await.is_ok()
    };
    assert!(signs_in("ada", PASSWORD).await);
    assert!(signs_in("grace", "another long password").await);
    // Nor does such a token let in somebody as whom it could come back.
    let body = json!({ "name": "eve", "role": "reader", "password": "another long password" }).to_string();
    let told = site.send("POST", "/api/v1/users", &bearer(&administers.token), &body).await;
    assert_eq!(told.status, 403, "{told:?}");
}

#[actix_web::test]
async fn a_token_makes_a_link_only_if_it_may_read_write_and_administer() {
    let (site, owner) = Site::owned().await;
    let body = json!({ "portfolio": owner.portfolio, "name": "for ever" }).to_string();
    let form = format!("portfolio={}&name=x", owner.portfolio);
    for scopes in ["read", "write", "admin", "read write", "read admin", "write admin"] {
        let head = bearer(&site.token(&owner, scopes).await.token);
        assert_eq!(site.send("POST", "/api/v1/share-links", &head, &body).await.status, 403, "{scopes}");
        assert_eq!(site.form("/account/links", &head, &form).await.status, 403, "{scopes}");
    }
    let head = bearer(&site.token(&owner, "read write admin").await.token);
    assert_eq!(site.send("POST", "/api/v1/share-links", &head, &body).await.status, 201);
}

#[actix_web::test]
async fn a_reader_sees_the_owners_rules_but_not_where_they_lead() {
    let (site, owner) = Site::owned().await;
    site.add("rita", Role::Reader).await;
    let reader = site.person("rita", Some(owner.portfolio)).await;
    let tracker = site.state.tracker.seen_by(&owner.who);
    let secret = "https://hooks.example.org/secret";
    let draft = RuleDraft {
        channel: Channel::Webhook,
        destination: secret.to_owned(),
        ..RuleDraft::of(Topic::RefreshFinished)
    };
    let id = tracker.add_notification_rule(draft).await.expect("a rule").id;
    for path in ["/api/v1/notifications/rules".to_owned(), format!("/api/v1/notifications/rules/{id}")] {
        let told = site.get(&path, &bearer(&reader.token)).await;
        assert!(
            told.status == 200 && told.body.contains("webhook") && !told.body.contains(secret),
            "{told:?}"
        );
        assert!(site.get(&path, &bearer(&owner.token)).await.body.contains(secret));
    }
}
