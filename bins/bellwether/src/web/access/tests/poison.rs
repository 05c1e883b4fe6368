//! Texts that mean something to a browser, a template or a reader's eye, in every field that takes a text.

use serde_json::{Value, json};

use super::super::table::{Needs, TABLE};
use super::authorisation::path_of;
use super::site::{PASSWORD, Site, bearer};

/// Each begins something in one of the places in which a page can have a text.
const POISONS: &[&str] = &[
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "'><svg onload=alert(1)>",
    "\" onmouseover=\"alert(1)",
    "' onmouseover='alert(1)",
    "</textarea></title></style></script><script>alert(1)</script>",
    "<!--<iframe src=javascript:alert(1)>",
    "{{ 7 * 191 }}{% include \"base.html\" %}",
    "&lt;script&gt;alert(1)&#39;&quot;",
    "javascript:alert(1)//",
    "a\u{202e}gpj.<b>\u{2028}\u{200b}",
];

/// What none of them is on a page, once it is text.
const ALIVE: &[&str] = &[
    "<script>alert",
    "<img src=x",
    "<svg onload",
    "\" onmouseover=\"alert",
    "' onmouseover='alert",
    "</textarea></title>",
    "<iframe",
    "1337",
    "href=\"javascript:",
    "src=\"javascript:",
    "action=\"javascript:",
    "<b>\u{2028}",
];

fn coded(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
}

/// Everything that was entered, by the mark that each text ends with, and where it can be seen.
struct Entered {
    marks: Vec<(String, String)>,
    pages: Vec<String>,
}

async fn created(site: &Site, method: &str, path: &str, head: &str, body: &Value) -> Value {
    let told = site.send(method, path, head, &body.to_string()).await;
    assert!(matches!(told.status, 200 | 201 | 204), "{method} {path} {body}: {told:?}");
    if told.body.is_empty() { Value::Null } else { told.json() }
}

/// Puts a text into each field there is, each with a mark of its own.
async fn enter(site: &Site, head: &str, number: usize, poison: &str) -> Entered {
    let mut marks = Vec::new();
    let mut text = |field: &str| {
        let mark = format!("{field}q{number}q");
        let text = format!("{poison}{mark}");
        marks.push((mark, text.clone()));
        text
    };
    let mut pages = Vec::new();
    let settings = json!({ "name": text("portfolio"), "description": text("description") });
    let made = created(site, "POST", "/api/v1/portfolios", head, &settings).await;
    let id = made["id"].as_str().expect("an id").to_owned();
    let buy = json!({ "kind": "buy", "date": "2024-03-05", "symbol": "EVIL=X", "quantity": "2", "price": "10",
        "account": text("account"), "note": text("note"), "custom": true });
    let made = created(site, "POST", &format!("/api/v1/portfolios/{id}/transactions"), head, &buy).await;
    let transaction = made["id"].as_str().or(made["transaction"]["id"].as_str()).expect("an id").to_owned();
    pages.push(format!("/portfolio/{id}/transactions/{transaction}"));
    pages.push(format!("/api/v1/portfolios/{id}/transactions/{transaction}"));
    pages.push(format!("/portfolio/{id}/transactions?search={}", coded(poison)));
    let index = json!({ "name": text("index"), "rebalancing": "never",
        "components": [{ "symbol": "EVIL=X", "weight": "1" }] });
    created(site, "POST", "/api/v1/indices", head, &index).await;
    let token = json!({ "name": text("token"), "scopes": ["read"] });
    created(site, "POST", "/api/v1/auth/tokens", head, &token).await;
    let link = json!({ "portfolio": id, "name": text("link") });
    let told = site.send("POST", "/api/v1/share-links", head, &link.to_string()).await;
    assert_eq!(told.status, 201, "{told:?}");
    let shared = told.json();
    let shared = shared["token"].as_str().or(shared["url"].as_str()).or(shared["path"].as_str());
    let shared = shared.expect("the address").rsplit('/').next().expect("its end").to_owned();
    pages.push(format!("/shared/{shared}"));
    // Names of users are in small letters and have no @; what no name can have is refused, not cut.
    let user = json!({ "name": text("user"), "role": "member", "password": "another long password" });
    created(site, "POST", "/api/v1/users", head, &user).await;
    let rule = json!({ "kind": "refresh-finished", "channel": "webhook",
        "destination": format!("https://hooks.example.org/{}", text("hook")) });
    let told = site.send("POST", "/api/v1/notifications/rules", head, &rule.to_string()).await;
    assert!(matches!(told.status, 201 | 400), "{told:?}");
    if told.status == 400 {
        marks.retain(|(mark, _)| !mark.starts_with("hook"));
    }
    let mut text = |field: &str| {
        let mark = format!("{field}q{number}q");
        let text = format!("{poison}{mark}");
        marks.push((mark, text.clone()));
        text
    };
    // What a program calls itself.
    let agent = text("agent");
    if agent.is_ascii() {
        let form = format!("name=ada&password={PASSWORD}");
        assert_eq!(site.form("/sign-in", &format!("User-Agent: {agent}\r\n"), &form).await.status, 303);
    } else {
        marks.retain(|(mark, _)| !mark.starts_with("agent"));
    }
    import(site, &id, head, number, poison, &mut marks, &mut pages).await;
    pages.push(id);
    Entered { marks, pages }
}

/// A file of a form that nobody knows, with its mapping remembered, and one that is in the ledger.
async fn import(
    site: &Site,
    id: &str,
    head: &str,
    number: usize,
    poison: &str,
    marks: &mut Vec<(String, String)>,
    pages: &mut Vec<String>,
) {
    let mut text = |field: &str| {
        let mark = format!("{field}q{number}q");
        let text = format!("{poison}{mark}");
        marks.push((mark, text.clone()));
        text
    };
    let cell = |text: &str| format!("\"{}\"", text.replace('"', "\"\""));
    let imports = format!("/api/v1/portfolios/{id}/imports");
    let (name, column, word) = (text("file"), text("column"), text("word"));
    let csv = format!(
        "{},When,What,How many,For\n{},2024-03-05,EVIL=X,3,10\n{},2024-03-06,EVIL=X,1,10\n",
        cell(&column),
        cell(&word),
        cell(&text("unknown"))
    );
    let path = format!("{imports}?name={}", coded(&name));
    let told = site.upload(&path, head, csv.as_bytes()).await;
    assert_eq!(told.status, 201, "{told:?}");
    let draft = told.header("location").expect("where").to_owned();
    let mapping = json!({ "remember": true, "mapping": {
        "columns": { "kind": [column], "date": ["When"], "symbol": ["What"], "quantity": ["How many"], "price": ["For"] },
        "kinds": { word.as_str(): { "kind": "buy" } } } });
    let page = draft.replace("/api/v1/portfolios", "/portfolio");
    assert_eq!(site.get(&page, head).await.status, 200, "{page}");
    let told = site.send("PATCH", &draft, head, &mapping.to_string()).await;
    assert_eq!(told.status, 200, "{mapping}: {told:?}");
    for part in ["", "/rows", "/rejects.csv"] {
        pages.push(format!("{draft}{part}"));
    }
    pages.push(page);
    // One that was carried out.
    let csv = format!(
        "Ticker,Type,Date,Price,Shares,Notes,Account\nEVIL=X,Buy,2024-04-05,10,1,{},{}\n{},Buy,x,1,1,,\n",
        cell(&text("memo")),
        cell(&text("depot")),
        cell(&text("symbol"))
    );
    let path = format!("{imports}?name={}", coded(&text("done")));
    let told = site.upload(&path, head, csv.as_bytes()).await;
    assert_eq!(told.status, 201, "{told:?}");
    let done = told.header("location").expect("where").to_owned();
    let told = site.send("POST", &format!("{done}/commit"), head, "").await;
    assert_eq!(told.status, 200, "{told:?}");
    for part in ["", "/rejects.csv"] {
        pages.push(format!("{done}{part}"));
    }
    pages.push(done.replace("/api/v1/portfolios", "/portfolio"));
}

/// The pages' forms and what they ask for.
const FORMS: &[(&str, &[&str])] = &[
    ("/portfolios", &["name", "currency", "cost_method"]),
    (
        "/portfolio/{portfolio}/transactions",
        &[
            "kind",
            "date",
            "symbol",
            "other_symbol",
            "quantity",
            "price",
            "amount",
            "fee",
            "tax",
            "ratio",
            "cost_share",
            "cash_in_lieu",
            "lots",
            "acquired",
            "currency",
            "fx_rate",
            "account",
            "note",
        ],
    ),
    (
        "/portfolio/{portfolio}/settings",
        &["name", "description", "base_currency", "cost_method", "dividends", "benchmarks"],
    ),
    ("/users", &["name", "email", "role", "password"]),
    ("/account/tokens", &["name", "scopes", "days"]),
    ("/account/links", &["portfolio", "name", "days"]),
    ("/sign-in", &["name", "password", "next"]),
    ("/portfolio/{portfolio}/restore", &["record"]),
];

/// Fails where the text is more than text on a page.
fn lives(poison: &str, path: &str, page: &str) {
    // The number is what a template would make of one of them.
    for alive in ALIVE.iter().filter(|alive| **alive != "1337" || poison.contains("191")) {
        assert!(!page.contains(alive), "{path} has {alive}: {page}");
    }
}

/// Whether the JSON has that text somewhere, as a text or as a name.
fn has(value: &Value, text: &str) -> bool {
    match value {
        Value::String(told) => told.contains(text),
        Value::Array(items) => items.iter().any(|item| has(item, text)),
        Value::Object(fields) => fields.iter().any(|(name, value)| name.contains(text) || has(value, text)),
        _ => false,
    }
}

#[actix_web::test]
async fn every_text_that_can_be_entered_is_text_wherever_it_is_shown() {
    let (site, owner) = Site::owned().await;
    let told = json!({ "kind": "import-finished", "channel": "page" });
    created(&site, "POST", "/api/v1/notifications/rules", &bearer(&owner.token), &told).await;
    for (number, poison) in POISONS.iter().enumerate() {
        let head = bearer(&site.token(&owner, "read write admin").await.token);
        let Entered { marks, mut pages } = enter(&site, &head, number, poison).await;
        let portfolio = pages.pop().expect("the portfolio");
        let mut objects = super::site::Objects::none(&portfolio);
        objects.import =
            pages.iter().find_map(|page| page.split("/imports/").nth(1)).expect("one").to_owned();
        for (pattern, ..) in TABLE.iter().filter(|(_, seeing, _)| *seeing != Needs::Nothing) {
            if *pattern != "/api/v1/events" {
                pages.push(path_of(pattern, &objects, "none", "none"));
            }
        }
        pages.push(format!("/dashboard/{portfolio}"));
        let mut unseen: Vec<_> = marks.clone();
        for path in pages {
            let told = site.get(&path, &head).await;
            assert!(told.status > 0 && told.status < 500, "{path}: {told:?}");
            assert_eq!(told.header("x-content-type-options"), Some("nosniff"), "{path}");
            let kind = told.header("content-type").unwrap_or_default();
            if kind.starts_with("text/html") {
                lives(poison, &path, &told.body);
                unseen.retain(|(mark, _)| !told.body.contains(mark));
            } else if kind.contains("json") && !told.body.is_empty() {
                // Whole, and as it was entered.
                let json = told.json();
                unseen.retain(|(mark, text)| {
                    // Names of users are kept in small letters.
                    let sought = if mark.starts_with("user") { mark } else { text };
                    !has(&json, sought)
                });
            } else {
                assert!(!kind.contains("svg") && !kind.contains("xml"), "{path}: {kind}");
                unseen.retain(|(mark, _)| !told.body.contains(mark));
            }
        }
        // Forms that are refused are shown again as they were filled in.
        for (path, names) in FORMS {
            let path = path.replace("{portfolio}", &portfolio);
            let field = |name: &&str| format!("{name}={}", coded(poison));
            let form = names.iter().map(field).collect::<Vec<_>>().join("&");
            let told = site.form(&path, &head, &form).await;
            assert!((200..500).contains(&told.status), "{path}: {told:?}");
            lives(poison, &path, &told.body);
        }
        let unseen: Vec<_> = unseen.into_iter().map(|(mark, _)| mark).collect();
        assert!(unseen.is_empty(), "{poison:?} was entered and is seen nowhere: {unseen:?}");
    }
}
