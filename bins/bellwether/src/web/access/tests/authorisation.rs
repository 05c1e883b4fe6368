//! The table of authorisation: each route, each role, own and foreign objects.

use std::collections::BTreeSet;
use std::path::Path;

use bellwether_domain::{PortfolioId, Role, UserId};
use bellwether_tracker::{EnteredTransaction, LedgerChange, NewTransaction};
use serde_json::json;

use super::site::{Objects, Person, Site, Told, bearer};
use crate::web::access::table::{Needs, TABLE, needs};

/// What the sources route, told by the words with which they do.
fn routed(folder: &Path, found: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir(folder).expect("the sources") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            routed(&path, found);
            continue;
        }
        let source = std::fs::read_to_string(&path).expect("a source");
        for word in ["address(", "read(", "post(", ".route(", "resource("] {
            for (at, _) in source.match_indices(word) {
                let after = source[at + word.len()..].trim_start();
                let literal = after.strip_prefix('"').and_then(|rest| rest.split('"').next());
                found.extend(literal.filter(|path| path.starts_with('/')).map(str::to_owned));
            }
        }
    }
}

#[test]
fn each_route_is_in_the_table_and_the_table_has_no_other() {
    let mut found = BTreeSet::new();
    routed(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src/web"), &mut found);
    let table: BTreeSet<String> = TABLE.iter().map(|(pattern, ..)| (*pattern).to_owned()).collect();
    assert_eq!(table.len(), TABLE.len(), "none is there twice");
    let missing: Vec<_> = found.difference(&table).collect();
    assert!(missing.is_empty(), "say in web/access/table.rs what these need: {missing:?}");
    let gone: Vec<_> = table.difference(&found).collect();
    assert!(gone.is_empty(), "there is no such route: {gone:?}");
}

#[test]
fn what_is_not_in_the_table_is_the_owners() {
    assert_eq!(needs(Some("/forgotten"), true), Needs::Administer);
    assert_eq!(needs(Some("/forgotten"), false), Needs::Administer);
    assert_eq!(needs(None, true), Needs::Read);
}

#[actix_web::test]
async fn an_address_in_another_spelling_needs_what_it_needs() {
    let (site, owner) = Site::owned().await;
    site.add("rita", Role::Reader).await;
    let reader = site.person("rita", Some(owner.portfolio)).await;
    let body = json!({ "name": "eve", "role": "member", "password": "another long password" }).to_string();
    for path in ["/api/v1/users", "/api/v1/%75sers", "/%61pi/v1/users", "/api/v1/users/", "/api//v1/user%73"]
    {
        let told = site.send("POST", path, &bearer(&reader.token), &body).await;
        assert_eq!(told.status, 403, "{path}: {told:?}");
        let told = site.get(path, &bearer(&reader.token)).await;
        assert_eq!(told.status, 403, "{path}: {told:?}");
        assert_eq!(site.get(path, "").await.status, 401, "{path}");
    }
    let path = format!("/api/v1/%75sers/{}/password", owner.who.user);
    let body = json!({ "password": "another long password" }).to_string();
    let told = site.send("PUT", &path, &bearer(&reader.token), &body).await;
    assert_eq!(told.status, 403, "{told:?}");
    assert_eq!(site.state.tracker.users().await.expect("listed").len(), 2);
    // What is no address is none for whoever asks, by whatever method.
    for method in ["GET", "POST", "PUT", "DELETE"] {
        for path in ["/api/v1/%2575sers", "/api/v1%2Fusers", "/api/v1/users%00"] {
            let told = site.send(method, path, &bearer(&reader.token), "{}").await;
            assert_eq!(told.status, 404, "{method} {path}: {told:?}");
        }
    }
}

/// Who asks.
struct Caller {
    name: &'static str,
    person: Option<Person>,
    /// As the role and scopes say, independently of the program.
    may: fn(Needs) -> bool,
}

pub(super) fn path_of(pattern: &str, objects: &Objects, session: &str, user: &str) -> String {
    let id = if pattern.contains("links") { &objects.link } else { &objects.token };
    let path = pattern
        .replace("{portfolio}", &objects.portfolio)
        .replace("{job}", &objects.job)
        .replace("{rule}", &objects.rule)
        .replace("{import}", &objects.import)
        .replace("{key}", "none")
        .replace("{id}", id)
        .replace("{session}", session)
        .replace("{user}", user)
        .replace("{ticker}", "KO")
        .replace("{symbol}", "KO")
        .replace("{figure}", "portfolio:value")
        .replace("{date}", "2024-03-05")
        .replace("{year}", "2024")
        .replace("{token}", "bwp_none")
        .replace("{name}", "none.js");
    let nobodys = PortfolioId::new().to_string();
    let path =
        ["{transaction}", "{change}", "{index}"].iter().fold(path, |path, name| path.replace(name, &nobodys));
    assert!(!path.contains('{'), "make a case for what {pattern} names: see Objects");
    path
}

/// The same address as routes see it, with each letter of it written as its code.
fn encoded(path: &str) -> String {
    let sign = |sign: char| {
        if sign.is_ascii_alphabetic() { format!("%{:02x}", u32::from(sign)) } else { sign.to_string() }
    };
    path.chars().map(sign).collect()
}

/// Bodies without which a request would fail before its object is looked for.
async fn send(site: &Site, method: &str, pattern: &str, path: &str, head: &str) -> Told {
    let (kind, body) = match (pattern, method) {
        ("/portfolio/{portfolio}/import", "POST") => (
            "multipart/form-data; boundary=edge",
            "--edge\r\nContent-Disposition: form-data; name=\"file\"; filename=\"x.csv\"\r\n\r\nTicker,Type,Date,Price,Shares\n\r\n--edge--\r\n",
        ),
        ("/users/{user}/password", _) => {
            ("application/x-www-form-urlencoded", "password=another+long+password")
        }
        ("/api/v1/users/{user}/password", _) => {
            ("application/json", "{\"password\": \"another long password\"}")
        }
        ("/api/v1/notifications/rules/{rule}", "PUT") => {
            ("application/json", "{\"kind\": \"refresh-finished\", \"channel\": \"page\"}")
        }
        ("/api/v1/portfolios/{portfolio}/proposals/accept", _) => {
            ("application/json", "{\"ids\": [\"none\"]}")
        }
        ("/api/v1/portfolios/{portfolio}/reports", _) => {
            ("application/json", "{\"report\": \"tax-year\", \"year\": 2025}")
        }
        ("/api/v1/portfolios/{portfolio}/restore", _) => {
            ("application/json", "{\"record\": 9223372036854775807}")
        }
        ("/portfolio/{portfolio}/restore", _) => {
            ("application/x-www-form-urlencoded", "record=9223372036854775807")
        }
        ("/portfolio/{portfolio}/settings", "POST") => {
            ("application/x-www-form-urlencoded", "name=x&base_currency=USD&cost_method=fifo&dividends=infer")
        }
        ("/api/v1/portfolios/{portfolio}/targets", "PUT") => ("application/json", "{\"weights\": []}"),
        ("/api/v1/indices/{index}", "PUT") => (
            "application/json",
            "{\"name\": \"x\", \"rebalancing\": \"never\", \"components\": [{\"symbol\": \"KO\", \"weight\": 1}]}",
        ),
        (path, _) if path.starts_with("/api/") => ("application/json", "{}"),
        _ => ("application/x-www-form-urlencoded", ""),
    };
    let body = if method == "GET" { "" } else { body };
    site.ask(method, path, &format!("Content-Type: {kind}\r\n{head}"), body).await
}

/// Where even one's own may have nothing to show.
const MAY_BE_EMPTY: &[&str] = &[
    "/api/v1/jobs/{job}/result",
    "/api/prices/{ticker}/{date}",
    "/api/etf-performance/{ticker}/{date}",
    "/api/v1/import-mappings/{key}",
    "/import-mappings/{key}/forget",
    // An installation without a provider.
    "/account/oidc/link",
    "/account/oidc/unlink",
];

#[actix_web::test]
async fn each_route_answers_each_role_as_the_table_says_for_own_and_foreign_objects() {
    let (site, owner) = Site::owned().await;
    site.add("grace", Role::Member).await;
    site.add("rita", Role::Reader).await;
    let member = site.person("grace", None).await;
    let reader = site.person("rita", Some(owner.portfolio)).await;
    // So that each has what the table's addresses name.
    let bought = EnteredTransaction {
        kind: "buy".to_owned(),
        date: "2024-03-05".to_owned(),
        symbol: "KO".to_owned(),
        quantity: "2".to_owned(),
        price: "60".to_owned(),
        ..EnteredTransaction::default()
    };
    let bought = NewTransaction { entered: bought, ..NewTransaction::default() };
    let change = LedgerChange { creates: vec![bought], ..LedgerChange::default() };
    let tracker = site.state.tracker.seen_by(&member.who);
    tracker.change_ledger(member.portfolio, change, false).await.expect("booked");
    // It is no session, so that nobody's "end all others" ends it.
    let prober = site.token(&owner, "read write admin").await;
    let (reads, writes) = (site.token(&owner, "read").await, site.token(&owner, "write").await);
    let administers = site.token(&owner, "admin").await;
    let price = ("KO".parse().expect("a symbol"), "62".parse().expect("a price"));
    let usd = "USD".parse().ok();
    site.state.tracker.record_price(price.0, None, price.1, usd).await.expect("recorded");
    let callers = [
        Caller { name: "nobody", person: None, may: |_| false },
        Caller {
            name: "owner",
            person: Some(site.person("ada", Some(owner.portfolio)).await),
            may: |_| true,
        },
        Caller {
            name: "member",
            person: Some(site.person("grace", Some(member.portfolio)).await),
            may: |needs| matches!(needs, Needs::Read | Needs::Change | Needs::Account | Needs::Share),
        },
        Caller {
            name: "reader",
            person: Some(site.person("rita", Some(owner.portfolio)).await),
            may: |needs| matches!(needs, Needs::Read | Needs::Account),
        },
        Caller {
            name: "token to read",
            person: Some(reads),
            may: |needs| matches!(needs, Needs::Read | Needs::Watch),
        },
        Caller {
            name: "token to write",
            person: Some(writes),
            may: |needs| matches!(needs, Needs::Change | Needs::Operate),
        },
        Caller {
            name: "token to administer",
            person: Some(administers),
            may: |needs| matches!(needs, Needs::Account | Needs::Administer),
        },
    ];
    let mut asked = 0;
    for (pattern, seeing, changing) in TABLE {
        if *seeing == Needs::Nothing {
            continue;
        }
        // Which methods there are, by the answer to one that there is not.
        let objects = site.objects_of(&owner).await;
        let path = path_of(pattern, &objects, "none", "none");
        let told = site.ask("BREW", &path, &bearer(&prober.token), "").await;
        assert_eq!(told.status, 405, "{pattern}: {told:?}");
        let methods = told.header("allow").expect("which").to_owned();
        for method in methods.split(", ").filter(|method| *method != "HEAD") {
            let needed = if method == "GET" { *seeing } else { *changing };
            for caller in &callers {
                for (is_foreign, is_encoded) in [(true, false), (false, false), (false, true)] {
                    asked += 1;
                    let how = (is_foreign, is_encoded);
                    one(&site, caller, (pattern, method, needed), how, [&owner, &member, &reader]).await;
                }
            }
        }
    }
    assert!(asked > 500, "{asked}");
}

async fn one(
    site: &Site,
    caller: &Caller,
    (pattern, method, needed): (&str, &str, Needs),
    (is_foreign, is_encoded): (bool, bool),
    [owner, member, reader]: [&Person; 3],
) {
    let ends_others = *pattern == *"/account/sessions/end-others" || *pattern == *"/api/v1/auth/sessions";
    if ends_others && method != "GET" && caller.name == "token to administer" {
        // It may, and with it would end the owner's session that asks after it.
        return;
    }
    let is_members = caller.name == "member";
    // What belongs to whom: the reader sees what is the owner's, and has tokens and sessions of their own.
    let of_account = pattern.contains("tokens") || pattern.contains("sessions");
    let own = match caller.name {
        "member" => member,
        "reader" if of_account => reader,
        _ => owner,
    };
    let foreign = if is_members { owner } else { member };
    let whose = if is_foreign { foreign } else { own };
    let objects = site.objects_of(whose).await;
    let session =
        if pattern.contains("{session}") { site.new_session_of(whose).await } else { String::new() };
    let user = if !pattern.contains("{user}") {
        String::new()
    } else if is_foreign {
        UserId::new().to_string()
    } else {
        let name = format!("guest {}", UserId::new());
        site.add(&name, Role::Member).await;
        site.state.tracker.user_named(&name).await.expect("there").id.to_string()
    };
    let goes = pattern.ends_with("/delete") || (*method == *"DELETE" && pattern.ends_with("/{portfolio}"));
    let is_within = ["{transaction}", "{change}", "{index}"].iter().any(|name| pattern.contains(name));
    let path = if goes || is_within {
        let spare = site.spare_of(whose).await;
        pattern
            .replace("{portfolio}", &spare.portfolio)
            .replace("{transaction}", &spare.transaction)
            .replace("{change}", &spare.change)
            .replace("{index}", &spare.index)
    } else {
        path_of(pattern, &objects, &session, &user)
    };
    let path = if is_encoded { encoded(&path) } else { path };
    let leaves = matches!(pattern, "/sign-out" | "/api/v1/auth/logout");
    let head = caller.person.as_ref().filter(|_| !leaves).map(|person| bearer(&person.token));
    let head = head.unwrap_or_default();
    let told = send(site, method, pattern, &path, &head).await;
    let said =
        format!("{} {method} {pattern} foreign={is_foreign} encoded={is_encoded}: {told:?}", caller.name);
    assert!(told.status < 500, "{said}");
    if needed == Needs::Anybody {
        assert_ne!(told.status, 403, "{said}");
        return;
    }
    let is_program = pattern.starts_with("/api/") || *pattern == *"/metrics";
    if caller.person.is_none() {
        if is_program {
            assert_eq!(told.status, 401, "{said}");
            assert_eq!(told.header("www-authenticate"), Some("Bearer realm=\"Bellwether\""), "{said}");
            assert_eq!(told.header("content-type"), Some("application/problem+json"), "{said}");
        } else {
            assert_eq!(told.status, 303, "{said}");
            assert!(told.header("location").expect("where").starts_with("/sign-in"), "{said}");
        }
        return;
    }
    if !(caller.may)(needed) {
        assert_eq!(told.status, 403, "{said}");
        return;
    }
    let names_an_object = pattern.contains('{') && !pattern.contains("{ticker}");
    if is_foreign && names_an_object {
        assert_eq!(told.status, 404, "{said}");
        assert!(
            !told.body.contains("secret plan") || told.body.contains("aria-label=\"Portfolio\""),
            "{said}"
        );
    } else if !MAY_BE_EMPTY.contains(&pattern) {
        assert!(!matches!(told.status, 0 | 401 | 403 | 404), "{said}");
    }
}

#[actix_web::test]
async fn what_is_named_in_a_query_or_a_body_is_looked_for_among_ones_own() {
    let (site, owner) = Site::owned().await;
    site.add("grace", Role::Member).await;
    let member = site.person("grace", None).await;
    for (caller, other) in [(&owner, &member), (&member, &owner)] {
        let head = bearer(&caller.token);
        let (own, foreign) = (caller.portfolio, other.portfolio);
        for path in [
            "/api/v1/portfolio?portfolio=",
            "/api/v1/calculations/portfolio-metrics?portfolio=",
            "/api/v1/allocations?portfolio=",
            "/api/v1/events?portfolio=",
        ] {
            assert_eq!(site.get(&format!("{path}{own}"), &head).await.status, 200, "{path}");
            assert_eq!(site.get(&format!("{path}{foreign}"), &head).await.status, 404, "{path}");
        }
        let bodies = [
            ("PUT", "/api/v1/allocations", json!({ "portfolio": foreign, "allocations": [] })),
            ("POST", "/api/v1/share-links", json!({ "portfolio": foreign, "name": "x" })),
            (
                "POST",
                "/api/v1/notifications/rules",
                json!({ "kind": "drawdown", "threshold": "10", "channel": "page", "portfolio": foreign }),
            ),
        ];
        for (method, path, body) in bodies {
            let told = site.send(method, path, &head, &body.to_string()).await;
            assert_eq!(told.status, 404, "{path}: {told:?}");
        }
        let told = site.form("/account/links", &head, &format!("portfolio={foreign}&name=x")).await;
        assert_eq!(told.status, 404, "{told:?}");
        // Lists have one's own only, and what others were told is not marked or found.
        let theirs = site.state.tracker.seen_by(&other.who);
        let page = bellwether_tracker::Channel::Page;
        let id = theirs.send_test_notification(page, String::new()).await.expect("sent");
        let told = site.get(&format!("/api/v1/notifications?cursor={id}"), &head).await;
        assert_eq!(told.status, 404, "{told:?}");
        let body = json!({ "ids": [id] }).to_string();
        let told = site.send("POST", "/api/v1/notifications/read", &head, &body).await;
        assert_eq!(told.json()["marked"], 0, "{told:?}");
        let job = theirs.request_warming(foreign).await.expect("a job").to_string();
        for path in ["/api/v1/jobs?limit=500", "/api/v1/notifications", "/api/v1/share-links", "/"] {
            let told = site.get(path, &head).await;
            for secret in [&job, &id.to_string(), &foreign.to_string()] {
                assert!(!told.body.contains(secret.as_str()), "{path} tells {secret}: {told:?}");
            }
        }
        let told = site.get(&format!("/portfolio/{own}/import?job={job}"), &head).await;
        assert!(!told.body.contains("background"), "{told:?}");
    }
}

#[actix_web::test]
async fn a_finished_answer_of_one_user_is_never_given_to_another() {
    let (site, owner) = Site::owned().await;
    site.add("grace", Role::Member).await;
    let member = site.person("grace", None).await;
    for path in ["/dashboard/{}", "/api/dashboard-holdings-data/{}", "/api/dashboard-chart-data/{}"] {
        let path = path.replace("{}", &owner.portfolio.to_string());
        let own = site.get(&path, &bearer(&owner.token)).await;
        assert_eq!(own.status, 200, "{own:?}");
        let tag = own.header("etag").expect("a tag").to_owned();
        // It is at hand now, and she even knows its tag.
        let head = format!("{}If-None-Match: {tag}\r\n", bearer(&member.token));
        let told = site.get(&path, &head).await;
        assert_eq!(told.status, 404, "{told:?}");
        // Identifiers are random and may contain either.
        let words = told.body.replace(&owner.portfolio.to_string(), "");
        assert!(!words.contains("7313") && !words.contains("ada"), "{told:?}");
        assert_eq!(own.header("cache-control"), Some("private, no-cache"));
    }
}
