//! What is revoked in one process lets nobody into the other, seconds later.

use std::time::Duration;

use serde_json::{Value, json};

use crate::fleet::eventually;
use crate::postgres::Schema;
use crate::server::Server;

const PASSWORD: &str = "correct horse battery";

fn post(server: &Server, path: &str, head: &str, body: &Value) -> crate::server::Asked {
    server.post(path, &format!("application/json{head}"), body.to_string().as_bytes())
}

fn sign_in(server: &Server) -> String {
    let given = json!({ "email": "ada", "password": PASSWORD });
    post(server, "/api/v1/auth/login", "", &given).json()["access_token"].as_str().unwrap().to_owned()
}

#[test]
fn what_is_revoked_in_one_process_is_of_no_use_in_the_other_within_seconds() {
    let schema = Schema::create();
    let locked = ["--sign-in", "required", "serve"];
    let [one, other] = [(); 2].map(|()| Server::told(&schema.url(), "none", &locked));
    let claim = format!("name=Ada&password={PASSWORD}&again={PASSWORD}").replace(' ', "+");
    let claimed = one.post("/first-run", "application/x-www-form-urlencoded", claim.as_bytes());
    assert_eq!(claimed.redirect(), Some("/"), "{claimed:?}");

    let (kept, stolen) = (sign_in(&one), sign_in(&other));
    let bearer = |token: &str| format!("\r\nAuthorization: Bearer {token}");
    let wanted = json!({ "name": "leaked", "scopes": ["read"] });
    let made = post(&one, "/api/v1/auth/tokens", &bearer(&kept), &wanted);
    let crate::server::Asked::Answered { status: 201, body, .. } = &made else { panic!("{made:?}") };
    let token: Value = serde_json::from_slice(body).unwrap();
    let leaked = token["token"].as_str().unwrap();
    for token in [kept.as_str(), stolen.as_str(), leaked] {
        for server in [&one, &other] {
            assert_eq!(server.get_as("/api/v1/notifications", token).status(), 200);
        }
    }

    assert_eq!(one.delete_as("/api/v1/auth/sessions", &kept).status(), 200);
    let id = token["id"].as_str().unwrap();
    assert_eq!(one.delete_as(&format!("/api/v1/auth/tokens/{id}"), &kept).status(), 204);

    for token in [stolen.as_str(), leaked] {
        assert_eq!(one.get_as("/api/v1/notifications", token).status(), 401, "here at once");
        let waited = eventually("revoked", || other.get_as("/api/v1/notifications", token).status() == 401);
        assert!(waited < Duration::from_secs(30), "{waited:?}");
    }
    for server in [&one, &other] {
        assert_eq!(server.get_as("/api/v1/notifications", &kept).status(), 200);
    }
}

#[test]
fn guesses_at_one_process_count_in_the_other() {
    let schema = Schema::create();
    let locked = ["--sign-in", "required", "serve"];
    let [one, other] = [(); 2].map(|()| Server::told(&schema.url(), "none", &locked));
    let guess = json!({ "username": "ada", "password": "a wrong guess" });
    let login = |server: &Server| post(server, "/api/v1/auth/login", "", &guess);
    for server in [&one, &other, &one, &other, &one] {
        assert_eq!(login(server).status(), 401);
    }
    // A second later the next would be looked at; it takes far less than that until here.
    let refused: Vec<_> = (0..8).map(|round| login([&one, &other][round % 2]).status()).collect();
    assert!(refused.contains(&429), "{refused:?}");
}
