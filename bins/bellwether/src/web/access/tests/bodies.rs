//! Bodies that are too large, too deep, too slow or not what they seem.

use std::time::Duration;

use futures::StreamExt;

use super::super::table::{Needs, TABLE};
use super::authorisation::path_of;
use super::site::{Site, bearer};
use crate::web::access::{BodyBounds, Entry};
use crate::web::api::openapi::DOCUMENT;

/// Each route that changes something, by each method that it has.
async fn changing(site: &Site, head: &str, portfolio: &str) -> Vec<(String, String)> {
    let mut all = Vec::new();
    for (pattern, _, changing) in TABLE {
        if *changing == Needs::Nothing {
            continue;
        }
        let path = path_of(pattern, &super::site::Objects::none(portfolio), "none", "none");
        let told = site.ask("BREW", &path, head, "").await;
        let methods = told.header("allow").unwrap_or_else(|| panic!("{pattern}: {told:?}")).to_owned();
        let unsafe_ones = methods.split(", ").filter(|method| !matches!(*method, "GET" | "HEAD"));
        // Signing out with the token would be its end.
        let leaves =
            pattern.contains("sign-out") || pattern.contains("logout") || pattern.contains("sessions");
        all.extend(unsafe_ones.filter(|_| !leaves).map(|method| (method.to_owned(), path.clone())));
    }
    assert!(all.len() > 30, "{all:?}");
    all
}

#[actix_web::test]
async fn a_body_that_says_it_is_beyond_the_bound_is_refused_by_every_route() {
    let bodies = BodyBounds { largest: 600_000, ..BodyBounds::default() };
    let site = Site::with("sqlite::memory:", Entry { is_locked: true, ..Entry::default() }, bodies).await;
    let owner = site.claimed().await;
    let token = site.token(&owner, "read write admin").await;
    let head = bearer(&token.token);
    for (method, path) in changing(&site, &head, &owner.portfolio.to_string()).await {
        let begin =
            format!("{method} {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n{head}", site.address);
        let stated = format!("{begin}Content-Length: 600001\r\n\r\n");
        assert_eq!(site.status_of(&stated).await, 413, "{method} {path}");
    }
}

const KINDS: [&str; 3] =
    ["application/json", "application/x-www-form-urlencoded", "multipart/form-data; boundary=edge"];

/// Which routes read a body, of which kind: those that wait for one of which nothing comes.
#[actix_web::test]
async fn a_body_beyond_the_bound_without_a_length_is_refused_by_every_route_that_reads_one() {
    let locked = || Entry { is_locked: true, ..Entry::default() };
    let bodies = BodyBounds { pause: Duration::from_millis(300), ..BodyBounds::default() };
    let waiting = Site::with("sqlite::memory:", locked(), bodies).await;
    let asker = waiting.claimed().await;
    let head = bearer(&waiting.token(&asker, "read write admin").await.token);
    let begin = |site: &Site, head: &str, method: &str, path: &str, kind: &str| {
        let address = site.address;
        format!(
            "{method} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n{head}Content-Type: {kind}\r\n\
             Transfer-Encoding: chunked\r\n\r\n"
        )
    };
    let routes = changing(&waiting, &head, &asker.portfolio.to_string()).await;
    let asked = routes.iter().flat_map(|route| KINDS.map(|kind| (route, kind)));
    let reads =
        futures::stream::iter(asked).map(|((method, path), kind)| {
            let begin = begin(&waiting, &head, method, path, kind);
            let waiting = &waiting;
            async move {
                (waiting.status_of(&begin).await == 408).then_some((method.as_str(), path.as_str(), kind))
            }
        });
    let reads: Vec<_> = reads.buffered(12).filter_map(std::future::ready).collect().await;
    // Whatever says in the documentation that it takes a body is among them.
    for (path, item) in DOCUMENT["paths"].as_object().expect("paths") {
        for (method, operation) in item.as_object().expect("an item") {
            if operation.get("requestBody").is_none() || path.contains("auth/log") {
                continue;
            }
            let path = path_of(path, &super::site::Objects::none(""), "none", "none");
            let is_asked = reads.iter().any(|(known, asked, _)| {
                known.eq_ignore_ascii_case(method)
                    && asked.split('/').zip(path.split('/')).filter(|(a, b)| a != b).count()
                        <= asked.matches('-').count() / 4
                    && asked.split('/').count() == path.split('/').count()
            });
            assert!(is_asked, "{method} {path} is said to take a body and reads none: {reads:?}");
        }
    }
    assert!(reads.len() > 45, "{reads:?}");

    let bodies = BodyBounds { largest: 600_000, ..BodyBounds::default() };
    let site = Site::with("sqlite::memory:", locked(), bodies).await;
    let owner = site.claimed().await;
    let portfolio = owner.portfolio.to_string();
    let head = bearer(&site.token(&owner, "read write admin").await.token);
    let chunk = format!("{:x}\r\n{}\r\n", 65_536, "[".repeat(65_536));
    for (method, path, kind) in reads {
        let path = path.replace(&asker.portfolio.to_string(), &portfolio);
        let begin = begin(&site, &head, method, &path, kind);
        let part = "--edge\r\nContent-Disposition: form-data; name=\"file\"; filename=\"x.csv\"\r\n\r\n";
        let part = format!("{:x}\r\n{part}\r\n", part.len());
        let mut pieces = vec![begin.as_bytes()];
        pieces.extend(kind.starts_with("multipart").then_some(part.as_bytes()));
        pieces.extend(std::iter::repeat_n(chunk.as_bytes(), 10));
        pieces.push(b"0\r\n\r\n");
        let told = site.raw(&pieces).await;
        assert_eq!(told.status, 413, "{method} {path} {kind}: {told:?}");
    }
}

#[actix_web::test]
async fn a_file_beyond_32_mib_is_refused_whether_it_says_so_or_not() {
    let (site, owner) = Site::owned().await;
    let path = format!("/portfolio/{}/import", owner.portfolio);
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n{}Content-Type: multipart/form-data; boundary=edge\r\n",
        site.address,
        bearer(&owner.token)
    );
    let told = site.raw(&[format!("{head}Content-Length: {}\r\n\r\n", (32 << 20) + 1).as_bytes()]).await;
    assert!(told.status == 413 && told.body.contains("32768 KiB"), "{told:?}");
    let begin = "--edge\r\nContent-Disposition: form-data; name=\"file\"; filename=\"x.csv\"\r\n\r\n";
    let begin = format!("{head}Transfer-Encoding: chunked\r\n\r\n{:x}\r\n{begin}\r\n", begin.len());
    let chunk = format!("{:x}\r\n{}\r\n", 1 << 20, "x".repeat(1 << 20));
    let mut pieces = vec![begin.as_bytes()];
    pieces.extend(std::iter::repeat_n(chunk.as_bytes(), 32));
    pieces.push(b"0\r\n\r\n");
    let told = site.raw(&pieces).await;
    assert_eq!(told.status, 413, "{told:?}");
}

#[actix_web::test]
async fn a_packed_body_is_refused_by_every_route_and_never_unpacked() {
    let (site, owner) = Site::owned().await;
    let head = bearer(&site.token(&owner, "read write admin").await.token);
    for (method, path) in changing(&site, &head, &owner.portfolio.to_string()).await {
        for coding in ["gzip", "br", "deflate", "zstd", "gzip, gzip"] {
            let head = format!("{head}Content-Encoding: {coding}\r\n");
            let told = site.send(&method, &path, &head, "\u{1f}\u{8b}").await;
            assert_eq!(told.status, 415, "{method} {path} {coding}: {told:?}");
        }
    }
    let body = "{\"name\": \"x\", \"scopes\": [\"read\"]}";
    let plain = format!("{head}Content-Encoding: identity\r\n");
    assert_eq!(site.send("POST", "/api/v1/auth/tokens", &plain, body).await.status, 201);
}

#[actix_web::test]
async fn deep_and_wide_bodies_and_queries_fail_nowhere() {
    let (site, owner) = Site::owned().await;
    let token = site.token(&owner, "read write admin").await;
    let head = bearer(&token.token);
    let deep = format!("{}{}", "[".repeat(60_000), "]".repeat(60_000));
    let deep_object = format!("{}1{}", "{\"a\":".repeat(20_000), "}".repeat(20_000));
    let fields = (0..3_000).map(|number| format!("f{number}=1")).collect::<Vec<_>>().join("&");
    for (method, path) in changing(&site, &head, &owner.portfolio.to_string()).await {
        for body in [&deep, &deep_object] {
            let told = site.send(&method, &path, &head, body).await;
            assert!(told.status > 0 && told.status < 500, "{method} {path}: {told:?}");
        }
        let kind = format!("Content-Type: application/x-www-form-urlencoded\r\n{head}");
        let told = site.ask(&method, &path, &kind, &fields).await;
        assert!(told.status > 0 && told.status < 500, "{method} {path}: {told:?}");
    }
    let many = (0..5_000).map(|number| format!("p{number}=1")).collect::<Vec<_>>().join("&");
    let twice = "portfolio=1&portfolio=2&limit=1&limit=2&cursor=&as_of=&range=1Y&range=2Y";
    let odd = "limit=99999999999999999999&limit=-1&cursor=%ff%fe&as_of=0000-00-00&range=%00&benchmark=%0d%0a";
    for (pattern, seeing, _) in TABLE {
        if *pattern == "/api/v1/events" || matches!(seeing, Needs::Nothing) {
            continue;
        }
        let path =
            path_of(pattern, &super::site::Objects::none(&owner.portfolio.to_string()), "none", "none");
        for query in [many.as_str(), twice, odd, &"%".repeat(200), &"[".repeat(9_000)] {
            let told = site.get(&format!("{path}?{query}"), &head).await;
            assert!(told.status < 500, "{path}: {told:?}");
        }
    }
    // No list of headers is read for ever either.
    let long = format!("{head}X-Long: {}\r\n", "x".repeat(300_000));
    let told = site.get("/", &long).await;
    assert!(matches!(told.status, 0 | 400 | 413 | 431), "{told:?}");
    assert_eq!(site.get("/healthz", "").await.status, 200);
}

#[actix_web::test]
async fn who_sends_slowly_is_not_waited_for() {
    let (pause, whole) = (Duration::from_millis(300), Duration::from_millis(1_200));
    let bodies = BodyBounds { pause, whole, ..BodyBounds::default() };
    let site = Site::with("sqlite::memory:", Entry { is_locked: true, ..Entry::default() }, bodies).await;
    let owner = site.claimed().await;
    let cases = [
        ("/api/v1/auth/tokens", "application/json", "application/problem+json"),
        ("/account/tokens", "application/x-www-form-urlencoded", "text/html; charset=utf-8"),
    ];
    for (path, kind, answered) in cases {
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: {}\r\nContent-Type: {kind}\r\n{}Content-Length: 200\r\n\r\nname=",
            site.address,
            bearer(&owner.token)
        );
        // Nothing more comes at all.
        let told = site.raw(&[head.as_bytes()]).await;
        assert_eq!((told.status, told.header("content-type")), (408, Some(answered)), "{told:?}");
        // A byte now and then does not help for ever.
        let told = site.dripping(&head, Duration::from_millis(100)).await;
        assert_eq!(told.status, 408, "{told:?}");
    }
    // Heads that never end are closed by the server too, in its own time.
    let head = format!("GET / HTTP/1.1\r\nHost: {}\r\nX-Slow: ", site.address);
    let told =
        tokio::time::timeout(Duration::from_secs(60), site.dripping(&head, Duration::from_secs(1))).await;
    let told = told.expect("closed");
    assert!(matches!(told.status, 0 | 408), "{told:?}");
}
