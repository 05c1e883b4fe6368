//! The documentation tells of every address for programs, and nothing of others.

use serde_json::Value;

use super::site::{Site, bearer};
use crate::web::access::table::TABLE;
use crate::web::api::openapi::DOCUMENT;

fn path_of(pattern: &str) -> String {
    let parts = pattern.split('/').map(|part| if part.starts_with('{') { "x" } else { part });
    parts.collect::<Vec<_>>().join("/")
}

#[actix_web::test]
async fn every_address_for_programs_is_documented_by_each_of_its_methods_and_no_other() {
    let (site, owner) = Site::owned().await;
    let head = bearer(&owner.token);
    let mut missing = Vec::new();
    for (pattern, ..) in TABLE.iter().filter(|(pattern, ..)| pattern.starts_with("/api/")) {
        let told = site.ask("TRACE", &path_of(pattern), &head, "").await;
        assert_eq!(told.status, 405, "{pattern}: {told:?}");
        assert_eq!(told.header("content-type"), Some("application/problem+json"), "{pattern}");
        let allowed = told.header("allow").expect("which methods").to_lowercase();
        let mut answered: Vec<&str> = allowed.split(", ").filter(|method| *method != "head").collect();
        let item = DOCUMENT["paths"][*pattern].as_object();
        let mut documented: Vec<&str> =
            item.into_iter().flatten().map(|(method, _)| method.as_str()).collect();
        answered.sort_unstable();
        documented.sort_unstable();
        if answered != documented {
            missing.push(format!("{pattern} answers {answered:?}, documented is {documented:?}"));
        }
    }
    assert!(missing.is_empty(), "{}", missing.join("\n"));
    for path in DOCUMENT["paths"].as_object().expect("paths").keys() {
        assert!(TABLE.iter().any(|(pattern, ..)| pattern == path), "{path} is in no table");
    }
}

#[actix_web::test]
async fn refusals_are_problem_details_whoever_makes_them() {
    let (site, owner) = Site::owned().await;
    let head = bearer(&owner.token);
    let large = "x".repeat(600_000);
    let json = "Content-Type: application/json\r\n";
    let portfolio = owner.portfolio;
    let cases = [
        ("GET", "/api/v1/jobs?limit=x".to_owned(), "", "", 400),
        ("GET", "/api/v1/jobs?limit=501".to_owned(), "", "", 400),
        ("GET", "/api/v1/jobs?kind=%00".to_owned(), "", "", 400),
        ("GET", "/api/v1/portfolio?portfolio=x".to_owned(), "", "", 400),
        ("GET", "/api/dashboard-initial-data/x".to_owned(), "", "", 404),
        ("GET", format!("/api/dashboard-initial-data/{portfolio}?as_of=x"), "", "", 400),
        ("GET", "/api/v1/nothing".to_owned(), "", "", 404),
        ("PATCH", "/api/v1/jobs".to_owned(), "", "", 405),
        ("PUT", "/api/v1/allocations".to_owned(), json, "{", 400),
        ("PUT", "/api/v1/allocations".to_owned(), json, large.as_str(), 413),
        ("PUT", "/api/v1/allocations".to_owned(), "Content-Type: text/plain\r\n", "{}", 415),
        ("PUT", "/api/v1/allocations".to_owned(), "Content-Type: \r\n", "{}", 415),
        ("POST", "/api/v1/share-links".to_owned(), "Origin: https://evil.example\r\n", "{}", 403),
    ];
    for (method, path, more, body, status) in cases {
        let told = site.ask(method, &path, &format!("{head}{more}"), body).await;
        let said = format!("{method} {path} {more}: {told:?}");
        assert_eq!(told.status, status, "{said}");
        assert_eq!(told.header("content-type"), Some("application/problem+json"), "{said}");
        let details = told.json();
        assert_eq!(details["status"], status, "{said}");
        assert!(details["detail"].as_str().is_some_and(|words| words.ends_with('.')), "{said}");
    }
}

#[actix_web::test]
async fn the_documentation_is_served_as_data_and_as_a_page() {
    let (site, owner) = Site::owned().await;
    let told = site.get("/api/openapi.json", "").await;
    assert_eq!(told.status, 200, "{told:?}");
    assert_eq!(told.json()["openapi"], "3.1.0");
    let tag = told.header("etag").expect("a tag").to_owned();
    let again = site.get("/api/openapi.json", &format!("If-None-Match: {tag}\r\n")).await;
    assert_eq!((again.status, again.body.as_str()), (304, ""));
    let page = site.get("/api/docs", &bearer(&owner.token)).await;
    assert_eq!(page.status, 200, "{page:?}");
    assert!(page.header("content-security-policy").is_some_and(|policy| policy.contains("'none'")));
    for (path, item) in DOCUMENT["paths"].as_object().expect("paths") {
        for operation in item.as_object().expect("an item").values() {
            let name = operation["operationId"].as_str().expect("a name");
            assert!(page.body.contains(&format!("<details id=\"{name}\" ")), "{path} {name}");
            assert_ne!(operation["summary"], Value::Null, "{path} has no summary");
        }
    }
    assert_eq!(site.get("/api/docs", "").await.status, 401);
}
