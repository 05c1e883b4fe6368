//! What pages show as JSON: figures with names that lead to their derivations, down to a transaction.

use bellwether_domain::Role;
use serde_json::Value;

use super::site::{Site, bearer};

/// Each figure that is told with a name.
fn named<'a>(told: &'a Value, found: &mut Vec<(&'a str, &'a Value)>) {
    match told {
        Value::Object(fields) => {
            if let (Some(name), Some(value)) =
                (fields.get("figure").and_then(Value::as_str), fields.get("value"))
            {
                found.push((name, value));
            }
            fields.values().for_each(|field| named(field, found));
        }
        Value::Array(items) => items.iter().for_each(|item| named(item, found)),
        _ => {}
    }
}

const VIEWS: &[&str] =
    &["holdings", "holdings/KO", "performance", "picks", "income", "cash-flows", "allocation"];

#[actix_web::test]
async fn each_figure_that_is_told_leads_to_a_derivation_of_the_same_value() {
    let (site, owner) = Site::owned().await;
    let head = bearer(&owner.token);
    let base = format!("/api/v1/portfolios/{}", owner.portfolio);
    let price = r#"{"ticker": "KO", "price": "70", "date": "2024-03-06", "currency": "USD"}"#;
    assert_eq!(site.send("POST", "/api/prices", &head, price).await.status, 200);
    for view in VIEWS {
        let told = site.get(&format!("{base}/{view}?range=Max"), &head).await;
        assert_eq!(told.status, 200, "{view}: {told:?}");
        let told = told.json();
        let mut found = Vec::new();
        named(&told, &mut found);
        assert!(found.len() > 4, "{view}: {told}");
        for (name, value) in found {
            let name = name.replace('\'', "%27");
            let derived = site.get(&format!("{base}/derivations/{name}?depth=0"), &head).await;
            assert_eq!(derived.status, 200, "{name}: {derived:?}");
            assert_eq!(derived.json()["derivation"]["value"], *value, "{name} of {view}");
        }
    }
}

#[actix_web::test]
async fn a_derivation_leads_down_to_a_transaction_that_is_there() {
    let (site, owner) = Site::owned().await;
    let head = bearer(&owner.token);
    let base = format!("/api/v1/portfolios/{}", owner.portfolio);
    let told = site.get(&format!("{base}/derivations/holding:(figure:cost,symbol:KO)?depth=9"), &head).await;
    let derivation = told.json()["derivation"].clone();
    // 7313 at 61.75.
    assert_eq!((&derivation["value"], &derivation["unit"]), (&"451577.75".into(), &"USD".into()));
    let mut steps = vec![derivation];
    let mut links = Vec::new();
    while let Some(step) = steps.pop() {
        links.extend(step["source"]["link"].as_str().map(str::to_owned));
        steps.extend(step["operands"].as_array().cloned().unwrap_or_default());
    }
    assert!(!links.is_empty(), "{told:?}");
    for link in links {
        assert_eq!(site.get(&link, &head).await.status, 200, "{link}");
    }
    // An operand at a time, with the way to the next.
    let part = site.get(&format!("{base}/derivations/portfolio:value?depth=1&limit=1"), &head).await.json();
    let more = part["derivation"]["more"].as_str().expect("there is more");
    let rest = site.get(more, &head).await.json();
    assert_eq!(rest["derivation"]["operands"][0]["path"], "1", "{rest}");
    let tag = told.header("etag").expect("a tag").to_owned();
    let known = format!("{head}If-None-Match: {tag}\r\n");
    let again =
        site.get(&format!("{base}/derivations/holding:(figure:cost,symbol:KO)?depth=9"), &known).await;
    assert_eq!(again.status, 304);
}

#[actix_web::test]
async fn what_cannot_be_derived_is_refused_with_advice_and_others_have_nothing_here() {
    let (site, owner) = Site::owned().await;
    let head = bearer(&owner.token);
    let base = format!("/api/v1/portfolios/{}", owner.portfolio);
    for (path, words) in [
        ("derivations/portfolio:wealth", "there is no such figure"),
        ("derivations/value", "there is no such figure"),
        ("derivations/holding:(symbol:KO", "a figure is named like"),
        ("derivations/portfolio:value?depth=21", "depth"),
        ("derivations/portfolio:value?under=x", "under"),
        ("derivations/portfolio:value?limit=0", "limit"),
        ("derivations/portfolio:value?range=2Y", "is no range"),
        ("holdings?state=lost", "state"),
        ("holdings?fields=wealth", "fields"),
        ("holdings?cursor=x", "cursor"),
        ("holdings/%3F", "is not a ticker symbol"),
        ("performance?fields=wealth", "fields"),
        ("cash-flows?limit=0", "limit"),
        ("allocation?new_cash=much", "new_cash"),
    ] {
        let told = site.get(&format!("{base}/{path}"), &head).await;
        assert_eq!(told.status, 400, "{path}: {told:?}");
        assert!(told.body.contains(words), "{path}: {told:?}");
    }
    let never = site.get(&format!("{base}/holdings/PEP"), &head).await;
    assert_eq!(never.status, 404, "{never:?}");
    let nowhere = site.get(&format!("{base}/derivations/portfolio:value?under=99"), &head).await;
    assert_eq!(nowhere.status, 404, "{nowhere:?}");
    site.add("grace", Role::Member).await;
    let grace = site.person("grace", None).await;
    for path in VIEWS.iter().copied().chain(["derivations/portfolio:value"]) {
        let told = site.get(&format!("{base}/{path}"), &bearer(&grace.token)).await;
        assert_eq!(told.status, 404, "{path}: {told:?}");
    }
}

#[actix_web::test]
async fn holdings_come_a_page_at_a_time_with_the_columns_that_are_wanted() {
    let (site, owner) = Site::owned().await;
    let head = bearer(&owner.token);
    let base = format!("/api/v1/portfolios/{}/holdings", owner.portfolio);
    let told = site.get(&format!("{base}?fields=symbol,quantity&limit=1"), &head).await.json();
    let row = serde_json::json!({
        "symbol": "KO",
        "quantity": { "value": "7313", "unit": "shares", "figure": "holding:(figure:quantity,symbol:KO)" },
    });
    assert_eq!((&told["items"], &told["next"]), (&serde_json::json!([row]), &Value::Null));
    assert_eq!((&told["base_currency"], &told["range"]), (&"USD".into(), &"1Y".into()));
    let closed = site.get(&format!("{base}?state=closed"), &head).await.json();
    assert_eq!(closed["items"], serde_json::json!([]));
}

#[actix_web::test]
async fn cash_flows_tell_the_range_and_what_moved_in_it() {
    let (site, owner) = Site::owned().await;
    let flows = format!("/api/v1/portfolios/{}/cash-flows?range=Max", owner.portfolio);
    let told = site.get(&flows, &bearer(&owner.token)).await.json();
    assert_eq!(told["range"], "Max");
    // 7313 at 61.75, from a deposit that was inferred.
    assert_eq!(told["in_range"]["purchases"]["value"], "451577.75", "{told}");
    assert_eq!(told["in_range"]["inferred_deposits"]["value"], "451577.75", "{told}");
}
