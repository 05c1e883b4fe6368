//! Faults of ours: what is told of them, and that they end nothing but the one request.

use actix_web::{HttpResponse, web};

use super::site::{Site, bearer};
use crate::web::access::{BodyBounds, Entry};

const SECRET: &str = "internal text of table users";

async fn panics() -> HttpResponse {
    panic!("{SECRET}")
}

const FAULTS: [&str; 2] = ["/api/v1/fault", "/fault"];

fn with_a_fault(app: &mut web::ServiceConfig) {
    for path in FAULTS {
        app.route(path, web::route().to(panics));
    }
}

#[actix_web::test]
async fn a_handler_that_panics_answers_500_without_its_text_and_the_server_lives_on() {
    let entry = Entry { is_locked: true, ..Entry::default() };
    let site = Site::with_routes("sqlite::memory:", entry, BodyBounds::default(), with_a_fault).await;
    let owner = site.claimed().await;
    let head = bearer(&owner.token);
    for path in FAULTS {
        // More often than there are threads that serve.
        for method in ["GET", "POST", "DELETE"].repeat(8) {
            let told = site.send(method, path, &head, "").await;
            assert_eq!(told.status, 500, "{method} {path}: {told:?}");
            assert_eq!(told.header("content-type"), Some("application/problem+json"), "{method} {path}");
            assert!(told.header("content-security-policy").is_some(), "{method} {path}: {told:?}");
            assert_eq!(told.json()["status"], 500);
            assert!(!told.body.contains(SECRET) && !told.body.contains("panic"), "{told:?}");
            assert!(!told.head.contains(SECRET), "{told:?}");
        }
        assert_eq!(site.get(path, "").await.status, if path.starts_with("/api") { 401 } else { 303 });
    }
    assert_eq!(site.get("/", &head).await.status, 303);
    assert_eq!(site.get("/api/v1/portfolio", &head).await.status, 200);
}
