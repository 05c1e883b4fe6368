//! A ledger changed by programs and on pages: each answer, and what is left.

use bellwether_domain::PortfolioId;
use serde_json::{Value, json};

use crate::program::{Answer, Server, said};

fn sent(server: &Server, method: &str, path: &str, more: &str, body: &Value) -> Answer {
    let head = format!("{method} {path} HTTP/1.1\r\nContent-Type: application/json{more}");
    server.send(&head, &body.to_string())
}

fn form(server: &Server, path: &str, body: &str) -> Answer {
    let kind = "Content-Type: application/x-www-form-urlencoded";
    server.send(&format!("POST {path} HTTP/1.1\r\n{kind}"), body)
}

fn purchase(shares: &str) -> Value {
    json!({ "kind": "buy", "date": "2024-03-07", "symbol": "KO", "quantity": shares, "price": 61.5 })
}

#[tokio::test]
async fn programs_record_change_delete_and_undo_transactions() {
    let (server, id) = Server::with_a_portfolio().await;
    let all = format!("/api/v1/portfolios/{id}/transactions");
    let post = |body: &Value| sent(&server, "POST", &all, "", body);

    let trial = sent(&server, "POST", &format!("{all}?dry_run=true"), "", &purchase("3"));
    assert_eq!((trial.status, &trial.json()["change_id"]), (200, &Value::Null), "{}", said(&trial.body));
    let made = post(&purchase("3"));
    assert_eq!(made.status, 201, "{}", said(&made.body));
    let one = made.header("location").unwrap().to_owned();
    let told = made.json();
    assert_eq!((told["quantity"].as_str(), told["price"].as_str()), (Some("3"), Some("61.5")));
    assert_eq!(told["fee"], Value::Null);

    let twin = post(&purchase("3.0"));
    twin.is_a_problem(409);
    assert_eq!(twin.json()["twin"]["id"], told["id"]);
    let wrong = json!({ "kind": "buy", "date": "1899-01-01", "symbol": "KO", "quantity": "x", "colour": 1 });
    post(&wrong).is_a_problem(400);
    let wrong = post(&json!({ "kind": "buy", "date": "1899-01-01", "symbol": "KO", "quantity": "x" }));
    wrong.is_a_problem(400);
    let errors = wrong.json()["errors"].clone();
    let fields: Vec<&str> = errors.as_array().unwrap().iter().map(|e| e["field"].as_str().unwrap()).collect();
    assert_eq!(fields, ["quantity", "date", "price"]);
    let sale =
        json!({ "kind": "sell", "date": "2024-03-08", "symbol": "KO", "quantity": "14", "price": "60" });
    let short = post(&sale);
    short.is_a_problem(400);
    assert!(said(&short.body).contains("only 13 are held"), "{}", said(&short.body));

    let got = server.get(&one);
    let tag = got.header("etag").unwrap().to_owned();
    assert_eq!(made.header("etag"), Some(tag.as_str()));
    let known = server.send(&format!("GET {one} HTTP/1.1\r\nIf-None-Match: {tag}"), "");
    assert_eq!(known.status, 304);
    let only = |tag: &str| format!("\r\nIf-Match: {tag}");
    let edited = sent(&server, "PUT", &one, &only(&tag), &purchase("4"));
    assert_eq!((edited.status, edited.json()["quantity"].as_str().unwrap()), (200, "4"));
    for method in ["PUT", "DELETE"] {
        let late = sent(&server, method, &one, &only(&tag), &purchase("5"));
        late.is_a_problem(412);
        assert_eq!(late.header("etag"), edited.header("etag"), "{method}");
    }
    let gone = sent(&server, "DELETE", &one, &only(edited.header("etag").unwrap()), &Value::Null);
    assert_eq!(gone.status, 204);
    server.get(&one).is_a_problem(404);
    sent(&server, "PUT", &one, "", &purchase("5")).is_a_problem(404);

    let changes = server.get(&format!("/api/v1/portfolios/{id}/changes?limit=1")).json();
    assert_eq!(changes["items"][0]["words"], "Buy of 4 KO on 2024-03-07 deleted");
    assert!(changes["next"].is_string());
    let change = changes["items"][0]["id"].as_str().unwrap();
    let undo = format!("/api/v1/portfolios/{id}/changes/{change}/undo");
    assert_eq!(sent(&server, "POST", &undo, "", &Value::Null).status, 200);
    sent(&server, "POST", &undo, "", &Value::Null).is_a_problem(409);
    assert_eq!(server.get(&one).header("etag"), edited.header("etag"));

    let few = format!("{all}?symbol=KO&sort=date&fields=date,quantity&limit=1");
    let page = server.get(&few).json();
    assert_eq!(page["items"], json!([{ "date": "2024-03-05", "quantity": "10" }]));
    let next = page["next"].as_str().unwrap();
    let page = server.get(&format!("{few}&cursor={next}")).json();
    assert_eq!(page, json!({ "items": [{ "date": "2024-03-07", "quantity": "4" }], "next": null }));
    for wrong in
        ["sort=up", "from=yesterday", "q=%00", "kind=x", "symbol=%3F", "source=x", "cursor=x", "fields=x"]
    {
        server.get(&format!("{all}?{wrong}")).is_a_problem(400);
    }
    server.get(&format!("{all}/none")).is_a_problem(404);
    server.get(&format!("/api/v1/portfolios/{}/transactions", PortfolioId::new())).is_a_problem(404);
}

#[tokio::test]
async fn many_changes_at_once_are_one_change_or_none() {
    let (server, id) = Server::with_a_portfolio().await;
    let bulk = format!("/api/v1/portfolios/{id}/transactions/bulk");
    let all = server.get(&format!("/api/v1/portfolios/{id}/transactions?sort=date")).json();
    let (ko, msft) = (all["items"][0]["id"].clone(), all["items"][1]["id"].clone());
    let bad = json!({ "creates": [purchase("1"), { "kind": "buy" }], "deletes": [msft] });
    let refused = sent(&server, "POST", &bulk, "", &bad);
    refused.is_a_problem(400);
    assert!(said(&refused.body).contains("creates[1].date"), "{}", said(&refused.body));
    let good = json!({
        "creates": [purchase("1")],
        "edits": [{ "id": ko, "transaction": { "kind": "buy", "date": "2024-03-05", "symbol": "KO", "quantity": 9, "price": 60 } }],
        "deletes": [msft],
    });

    let made = sent(&server, "POST", &bulk, "", &good);

    assert_eq!(made.status, 200, "{}", said(&made.body));
    let told = made.json();
    assert_eq!(told["created"].as_array().unwrap().len(), 1);
    let changes = server.get(&format!("/api/v1/portfolios/{id}/changes")).json();
    assert_eq!(
        changes["items"][0]["words"],
        "1 transaction changed, 1 transaction added, 1 transaction deleted"
    );
    let record = changes["items"][1]["record"].clone();
    let restore = format!("/api/v1/portfolios/{id}/restore");
    let restored = sent(&server, "POST", &restore, "", &json!({ "record": record }));
    assert!(restored.json()["change_id"].is_string(), "{}", said(&restored.body));
    let again = sent(&server, "POST", &restore, "", &json!({ "record": record }));
    assert_eq!(again.json(), json!({ "change_id": null }));
    assert_eq!(server.get(&format!("/api/v1/portfolios/{id}/transactions?sort=date")).json(), all);
    sent(&server, "POST", &restore, "", &json!({ "record": 0 })).is_a_problem(404);
    let audit = server.get(&format!("/api/v1/portfolios/{id}/audit?limit=500")).json();
    assert_eq!(audit["items"].as_array().unwrap().len(), 10, "4 of the import, 3 and 3");
}

#[tokio::test]
async fn programs_make_change_and_delete_portfolios_targets_and_indices() {
    let (server, _) = Server::with_a_portfolio().await;
    let made =
        sent(&server, "POST", "/api/v1/portfolios", "", &json!({ "name": "Second", "benchmarks": ["spy"] }));
    assert_eq!(made.status, 201, "{}", said(&made.body));
    let (one, tag) = (made.header("location").unwrap().to_owned(), made.header("etag").unwrap().to_owned());
    assert_eq!(made.json()["benchmarks"], json!(["SPY"]));
    sent(&server, "POST", "/api/v1/portfolios", "", &json!({ "name": "Second" })).is_a_problem(409);
    let wrong = sent(&server, "POST", "/api/v1/portfolios", "", &json!({ "name": "", "base_currency": "x" }));
    wrong.is_a_problem(400);
    assert_eq!(wrong.json()["errors"].as_array().unwrap().len(), 2);
    let names: Vec<Value> = [
        "",
        &format!("&cursor={}", server.get("/api/v1/portfolios?limit=1").json()["next"].as_str().unwrap()),
    ]
    .iter()
    .map(|cursor| {
        server.get(&format!("/api/v1/portfolios?limit=1&fields=name{cursor}")).json()["items"].clone()
    })
    .collect();
    assert_eq!(names, [json!([{ "name": "Main" }]), json!([{ "name": "Second" }])]);

    let only = format!("\r\nIf-Match: {tag}");
    let changed = sent(&server, "PATCH", &one, &only, &json!({ "cost_method": "average" }));
    assert_eq!((changed.status, changed.json()["name"].as_str().unwrap()), (200, "Second"));
    sent(&server, "PATCH", &one, &only, &json!({ "name": "Third" })).is_a_problem(412);
    sent(&server, "PATCH", &one, "", &json!({ "name": "Main" })).is_a_problem(409);
    assert_eq!(sent(&server, "PUT", &one, "", &Value::Null).status, 405);

    let targets = format!("{one}/targets");
    let set =
        sent(&server, "PUT", &targets, "", &json!({ "weights": [{ "symbol": "VOO", "weight": "0.6" }] }));
    assert_eq!((set.status, set.json()["cash"].as_str().unwrap()), (200, "0.4"), "{}", said(&set.body));
    assert_eq!(server.get(&targets).header("etag"), set.header("etag"));
    sent(&server, "PUT", &targets, "", &json!({ "weights": [{ "symbol": "VOO", "weight": "1.1" }] }))
        .is_a_problem(400);
    let stale = "\r\nIf-Match: \"none\"";
    sent(&server, "PUT", &targets, stale, &json!({ "weights": [] })).is_a_problem(412);

    assert_eq!(sent(&server, "DELETE", &one, "", &Value::Null).status, 204);
    server.get(&one).is_a_problem(404);
    let last = server.get(&format!("{one}/changes?limit=1")).json();
    let undo = format!("{one}/changes/{}/undo", last["items"][0]["id"].as_str().unwrap());
    assert_eq!(sent(&server, "POST", &undo, "", &Value::Null).status, 200);
    assert_eq!(server.get(&one).json()["cost_method"], "average");
    assert_eq!(server.get(&targets).json()["weights"], set.json()["weights"]);

    let index = |weight: &str| json!({ "name": "Mix", "rebalancing": "monthly", "components": [{ "symbol": "VOO", "weight": weight }, { "symbol": "BND", "weight": 0.4 }] });
    let short = sent(&server, "POST", "/api/v1/indices", "", &index("0.5"));
    short.is_a_problem(400);
    assert!(said(&short.body).contains("sum to 90 %"), "{}", said(&short.body));
    let made = sent(&server, "POST", "/api/v1/indices", "", &index("0.6"));
    assert_eq!(made.status, 201, "{}", said(&made.body));
    let one = made.header("location").unwrap().to_owned();
    sent(&server, "POST", "/api/v1/indices", "", &index("0.6")).is_a_problem(409);
    assert_eq!(server.get(&one).header("etag"), made.header("etag"));
    sent(&server, "PUT", &one, stale, &index("0.6")).is_a_problem(412);
    assert_eq!(sent(&server, "DELETE", &one, "", &Value::Null).status, 204);
    server.get(&one).is_a_problem(404);
    assert_eq!(sent(&server, "POST", &format!("{one}/undo"), "", &Value::Null).json()["name"], "Mix");
    assert_eq!(server.get("/api/v1/indices").json()["items"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn programs_and_people_compare_with_an_index_of_their_own() {
    let (server, id) = Server::with_a_portfolio().await;
    let mix = json!({ "name": "60 / 40", "rebalancing": "monthly", "components": [{ "symbol": "VOO", "weight": 0.6 }, { "symbol": "BND", "weight": 0.4 }] });
    let made = sent(&server, "POST", "/api/v1/indices", "", &mix);
    assert_eq!(made.status, 201, "{}", said(&made.body));
    let (one, symbol) = (made.header("location").unwrap().to_owned(), made.json()["symbol"].clone());
    let portfolio = format!("/api/v1/portfolios/{id}");
    let wrong = sent(&server, "PATCH", &portfolio, "", &json!({ "benchmarks": ["=Nothing"] }));
    wrong.is_a_problem(400);
    assert!(said(&wrong.body).contains("there is no index"), "{}", said(&wrong.body));
    let named = sent(&server, "PATCH", &portfolio, "", &json!({ "benchmarks": ["QQQ", "=60 / 40"] }));
    assert_eq!((named.status, &named.json()["benchmarks"]), (200, &json!(["QQQ", symbol])));
    let settings = format!("/portfolio/{id}/settings");
    let page = said(&server.get(&settings).body);
    assert!(page.contains("QQQ, =60 &#x2f; 40") || page.contains("QQQ, =60 / 40"), "{page}");
    assert_eq!(sent(&server, "DELETE", &one, "", &Value::Null).status, 409);

    let beside = symbol.as_str().unwrap().replace('=', "%3D");
    let report = server.get(&format!("{portfolio}/report?benchmark={beside}")).json();
    assert_eq!(
        (&report["benchmarks"][0]["symbol"], &report["benchmarks"][0]["name"]),
        (&symbol, &json!("60 / 40"))
    );
    let dashboard = said(&server.get(&format!("/dashboard/{id}?benchmark={beside}")).body);
    assert!(dashboard.contains("60 / 40") || dashboard.contains("60 &#x2f; 40"), "{dashboard}");
    assert!(!dashboard.contains(&format!(">{}<", symbol.as_str().unwrap())), "{dashboard}");
    let nobodys = "%3D0190A8B132E47C559D103F0DE7A1B2C3";
    for place in ["performance", "cash-flows", "holdings"] {
        server.get(&format!("{portfolio}/{place}?benchmark={nobodys}")).is_a_problem(404);
    }
    assert_eq!(server.get(&format!("/dashboard/{id}?benchmark={nobodys}")).status, 404);
    server.get(&format!("{portfolio}/report?benchmark={nobodys}")).is_a_problem(400);
}

#[tokio::test]
async fn the_page_of_a_transaction_keeps_what_was_typed_and_what_others_changed() {
    let (server, id) = Server::with_a_portfolio().await;
    let all = format!("/portfolio/{id}/transactions");
    let text = |answer: &Answer| said(&answer.body);
    let bought = "kind=buy&date=2024-03-07&symbol=ZZZ&price=5";
    let added = form(&server, &all, &format!("{bought}&quantity=3&note=one%0D%0Atwo"));
    assert_eq!(added.status, 303, "{}", text(&added));
    let found = text(&server.get(&format!("{all}?symbol=ZZZ&sort=symbol")));
    let one = found.split("name=\"id\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let (edit, resource) = (format!("{all}/{one}"), format!("/api/v1/portfolios/{id}/transactions/{one}"));
    assert_eq!(server.get(&resource).json()["note"], "one\ntwo");
    let page = text(&server.get(&edit));
    assert!(page.contains("<textarea name=\"note\"") && page.contains("\none\ntwo</textarea>"), "{page}");
    let seen = |page: &str| {
        let seen = page.split("name=\"seen\" value=\"").nth(1).unwrap().split("\">").next().unwrap();
        seen.replace("&quot;", "%22").replace('"', "%22")
    };
    let first = seen(&page);
    let saved = form(&server, &edit, &format!("{bought}&quantity=4&note=one%0D%0Atwo&seen={first}"));
    assert_eq!(saved.status, 303, "{}", text(&saved));

    let late = form(&server, &edit, &format!("{bought}&quantity=5&note=mine&custom=yes&seen={first}"));
    let page = text(&late);
    assert_eq!(late.status, 400, "{page}");
    assert!(page.contains("changed by somebody else") && page.contains("value=\"5\""), "{page}");
    assert!(page.contains("name=\"custom\" value=\"yes\" checked"), "{page}");
    let told = server.get(&resource).json();
    assert_eq!((told["quantity"].as_str(), told["note"].as_str()), (Some("4"), Some("one\ntwo")));
    let again = form(&server, &edit, &format!("{bought}&quantity=5&note=mine&seen={}", seen(&page)));
    assert_eq!(again.status, 303, "{}", text(&again));
    assert_eq!(server.get(&resource).json()["quantity"], "5");

    let settings = format!("/portfolio/{id}/settings");
    let typed = "name=Main&description=a%0D%0Ab&base_currency=USD&cost_method=fifo&dividends=infer";
    assert_eq!(form(&server, &settings, typed).status, 303);
    assert_eq!(server.get(&format!("/api/v1/portfolios/{id}")).json()["description"], "a\nb");
    assert!(text(&server.get(&settings)).contains("\na\nb</textarea>"));
}

#[tokio::test]
async fn people_blend_an_index_and_set_targets_on_pages() {
    let (server, id) = Server::with_a_portfolio().await;
    let text = |answer: &Answer| said(&answer.body);
    let settings = text(&server.get(&format!("/portfolio/{id}/settings")));
    assert!(settings.contains("href=\"/indices\"") && settings.contains("/targets\""), "{settings}");

    let blend = |bonds: &str| {
        format!(
            "name=Mix&base_currency=USD&rebalancing=monthly&limit=&symbol=voo&percent=60&symbol=BND&percent={bonds}&symbol=&percent="
        )
    };
    let short = form(&server, "/indices", &blend("30"));
    assert_eq!(short.status, 400);
    let page = text(&short);
    assert!(
        page.contains("The weights sum to 90 %, not to 100 %.") && page.contains("value=\"voo\""),
        "{page}"
    );
    let made = form(&server, "/indices", &blend("40"));
    assert_eq!(made.status, 303, "{}", text(&made));
    let page = text(&server.get(made.header("location").unwrap()));
    assert!(page.contains("40 % BND · 60 % VOO") && page.contains("every month"), "{page}");
    let told = server.get("/api/v1/indices").json()["items"][0].clone();
    assert_eq!(told["components"][0], json!({ "symbol": "BND", "weight": "0.4" }), "{told}");
    let one = format!("/indices/{}", told["id"].as_str().unwrap());
    let page = text(&server.get(&one));
    let seen = |page: &str| {
        let seen = page.split("name=\"seen\" value=\"").nth(1).unwrap().split("\">").next().unwrap();
        seen.replace("&quot;", "%22")
    };
    let drifting = "name=Mix&rebalancing=drift&limit=5&symbol=VOO&percent=70&symbol=BND&percent=30";
    let first = seen(&page);
    let changed = form(&server, &one, &format!("{drifting}&seen={first}"));
    assert_eq!(changed.status, 303, "{}", text(&changed));
    assert_eq!(server.get(&format!("/api/v1{one}")).json()["rebalancing"], "drift:0.05");
    assert!(text(&server.get("/indices")).contains("when one drifts too far: 5 percentage points"));
    let late = form(&server, &one, &format!("{drifting}&seen={first}"));
    assert!(late.status == 400 && text(&late).contains("changed by somebody else"), "{}", text(&late));
    let gone = form(&server, &format!("{one}/delete"), "");
    let page = text(&server.get(gone.header("location").unwrap()));
    assert!(page.contains("There is none yet.") && page.contains(&format!("{one}/undo")), "{page}");
    assert_eq!(form(&server, &format!("{one}/undo"), "").status, 303);
    assert_eq!(server.get(&one).status, 200);

    let targets = format!("/portfolio/{id}/targets");
    let page = text(&server.get(&targets));
    assert!(page.contains("There are none yet."), "{page}");
    let none = seen(&page);
    let set = form(&server, &targets, &format!("symbol=voo&percent=60&symbol=BND&percent=30&seen={none}"));
    assert_eq!(set.status, 303, "{}", text(&set));
    let page = text(&server.get(set.header("location").unwrap()));
    assert!(page.contains("with 10 % of cash") && page.contains("value=\"BND\""), "{page}");
    for (wrong, words) in [
        ("symbol=VOO&percent=60&symbol=BND&percent=41", "The targets sum to 101 %: at most 100 % can be."),
        ("symbol=VOO&percent=much", "The target of VOO is no percentage: write it like 12.5."),
        ("symbol=%3Cb%3E&percent=1", "is not a ticker symbol"),
    ] {
        let refused = form(&server, &targets, &format!("{wrong}&seen={}", seen(&page)));
        assert!(refused.status == 400 && text(&refused).contains(words), "{}", text(&refused));
    }
    let late = form(&server, &targets, &format!("symbol=VOO&percent=50&seen={none}"));
    assert!(late.status == 400 && text(&late).contains("changed by somebody else"), "{}", text(&late));
    assert_eq!(server.get(&format!("/api/v1/portfolios/{id}/targets")).json()["cash"], "0.1");
}

#[tokio::test]
async fn the_columns_of_a_ledger_say_what_its_page_says_in_the_same_order() {
    let (server, id) = Server::with_a_portfolio().await;
    let all = format!("/portfolio/{id}/transactions");
    let noted = "kind=deposit&date=2024-04-02&amount=12.5&account=Depot&note=for+%3Cb%3E";
    assert_eq!(form(&server, &all, noted).status, 303);
    let listed = server.get(&format!("/api/v1/portfolios/{id}/transactions?limit=100")).json();
    let ids: Vec<_> = listed["items"].as_array().unwrap().iter().map(|one| one["id"].clone()).collect();

    let columns = server.get(&format!("{all}.json")).json();

    assert_eq!((&columns["id"], &columns["count"]), (&json!(ids), &json!(ids.len())));
    let page = said(&server.get(&all).body);
    let on_page: Vec<_> = page.split("data-id=\"").skip(1).map(|row| json!(row.split('"').next())).collect();
    assert_eq!(on_page, ids);
    let at = ids.iter().position(|of| listed["items"][0]["id"] == *of).unwrap();
    assert_eq!((&columns["amount"][at], &columns["note"][at.to_string()]), (&json!(12.5), &json!("for <b>")));
    for name in ["day", "kind", "symbol", "quantity", "price", "costs", "account", "imported", "gain"] {
        assert_eq!(columns[name].as_array().map(Vec::len), Some(ids.len()), "{name}");
    }
    let found = said(&server.get(&format!("{all}?account=Depot")).body);
    assert_eq!(found.matches("data-id=\"").count(), 1, "{found}");
    assert!(found.contains("for &lt;b&gt;") && !found.contains("for <b>"), "{found}");
    let nobodys = PortfolioId::new();
    for columns in ["transactions.json", "holdings.json"] {
        assert_eq!(server.get(&format!("/portfolio/{nobodys}/{columns}")).status, 404, "{columns}");
    }
    let held = server.get(&format!("/portfolio/{id}/holdings.json?show=all")).json();
    assert_eq!(held["symbols"].as_array().map(|all| json!(all.len())), Some(held["count"].clone()));
}

#[tokio::test]
async fn people_do_the_same_on_pages() {
    let (server, id) = Server::with_a_portfolio().await;
    let all = format!("/portfolio/{id}/transactions");
    let text = |answer: &Answer| said(&answer.body);

    let bad = form(&server, &all, "kind=buy&date=2024-03-07&symbol=KO&quantity=-3&price=abc&note=%3Cb%3E");
    assert_eq!(bad.status, 400);
    let page = text(&bad);
    assert!(page.contains("The quantity must be greater than zero."), "{page}");
    assert!(page.contains("is no number: write it like 1234.56."), "{page}");
    assert!(page.contains("&lt;b&gt;") && !page.contains("<b>\""), "what was typed is there as text");
    let added = form(&server, &all, "kind=buy&date=2024-03-07&symbol=ZZZ&quantity=3&price=5");
    assert_eq!(added.status, 303, "{}", text(&added));
    let page = text(&server.get(added.header("location").unwrap()));
    assert!(page.contains("Buy of 3 ZZZ on 2024-03-07 added.") && page.contains("unverified"), "{page}");
    let twin = form(&server, &all, "kind=buy&date=2024-03-07&symbol=ZZZ&quantity=3&price=5");
    assert!(text(&twin).contains("accept_duplicate"), "{}", text(&twin));

    let found = text(&server.get(&format!("{all}?symbol=ZZZ")));
    let one = found.split("name=\"id\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    assert!(!found.contains("MSFT 2024"), "only what was looked for");
    let edit = format!("{all}/{one}");
    assert!(text(&server.get(&edit)).contains("value=\"ZZZ\""));
    assert_eq!(form(&server, &edit, "kind=sell&date=2024-03-07&symbol=ZZZ&quantity=3&price=5").status, 400);
    assert_eq!(form(&server, &edit, "kind=buy&date=2024-03-07&symbol=ZZZ&quantity=4&price=5").status, 303);
    let gone = form(&server, &format!("{all}/delete"), &format!("id={one}"));
    assert_eq!(gone.status, 303, "{}", text(&gone));
    let page = text(&server.get(gone.header("location").unwrap()));
    let mut actions = page.split("action=\"").skip(1).filter_map(|part| part.split('"').next());
    let undo = actions.find(|address| address.ends_with("/undo")).unwrap().to_owned();
    let undone = form(&server, &undo, "");
    assert_eq!(undone.status, 303);
    let page = text(&server.get(undone.header("location").unwrap()));
    assert!(
        page.contains("Buy of 4 ZZZ on 7 Mar 2024 added.") && page.contains("Restore this state"),
        "{page}"
    );
    assert_eq!(form(&server, &undo, "").status, 409);
    let record = page.split("name=\"record\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    let restored = form(&server, &format!("/portfolio/{id}/restore"), &format!("record={record}"));
    assert_eq!(restored.status, 303);

    let settings = format!("/portfolio/{id}/settings");
    let wrong =
        form(&server, &settings, "name=&base_currency=USD&cost_method=fifo&dividends=infer&benchmarks=VOO");
    assert_eq!(wrong.status, 400);
    assert!(text(&wrong).contains("Give it a name."));
    let saved = form(
        &server,
        &settings,
        "name=Mine&base_currency=USD&cost_method=lifo&dividends=recorded-only&benchmarks=VOO,+QQQ",
    );
    assert_eq!(saved.status, 303, "{}", text(&saved));
    let page = text(&server.get(saved.header("location").unwrap()));
    assert!(page.contains("Settings of Mine") && page.contains("VOO, QQQ"), "{page}");
    let gone = form(&server, &format!("/portfolio/{id}/delete"), "");
    let page = text(&server.get(gone.header("location").unwrap()));
    assert!(page.contains("This portfolio is deleted."), "{page}");
    assert_eq!(server.get(&all).status, 404);
    let begin = text(&server.get("/first-run"));
    let undo = begin.split("action=\"").find(|part| part.contains("/undo\"")).unwrap();
    assert_eq!(form(&server, undo.split('"').next().unwrap(), "").status, 303);
    assert_eq!(server.get(&all).status, 200);
}
