//! A NUL, which not every database can store, in each text of each request of a program.

use serde_json::{Map, Value, json};

use super::site::{Objects, Site, Spare, bearer};
use crate::web::api::openapi::DOCUMENT;

const NUL: &str = "a\u{0}b";
const CSV: &str = "Ticker,Type,Date,Price,Shares\nKO,Buy,2024-03-05,1,1\n";

/// What a request would say that means it well.
fn well_meant(name: &str) -> Value {
    match name {
        "kind" => json!("buy"),
        "date" | "from" | "to" | "as_of" | "acquired" => json!("2024-03-05"),
        "symbol" | "ticker" => json!("KO"),
        "base_currency" | "currency" => json!("USD"),
        "cost_method" => json!("fifo"),
        "dividends" => json!("infer"),
        "rebalancing" => json!("monthly"),
        "weight" => json!("1"),
        "quantity" | "price" | "percentage" => json!("2"),
        "format" => Value::Null,
        "role" => json!("member"),
        "scopes" => json!("read"),
        "corrections" => json!({ "0": { "cells": { "0": "KO" } }, "1": "leave-out" }),
        "symbols" => json!({ "US0378331005": "AAPL" }),
        "mapping" => {
            json!({ "columns": { "date": ["Date"], "symbol": ["Ticker"] }, "kinds": { "Buy": "buy" } })
        }
        _ => json!("text"),
    }
}

/// A body that the documentation describes.
fn body_of(schema: &Value, name: &str) -> Value {
    if let Some(known) = schema["$ref"].as_str() {
        return body_of(DOCUMENT.pointer(known.trim_start_matches('#')).expect("described"), name);
    }
    for several in ["oneOf", "anyOf", "allOf"] {
        if let Some(first) =
            schema[several].as_array().and_then(|all| all.iter().find(|one| one["type"] != "null"))
        {
            return body_of(first, name);
        }
    }
    if let Some(keys) = schema["properties"].as_object() {
        let said: Map<String, Value> = keys.iter().map(|(key, of)| (key.clone(), body_of(of, key))).collect();
        return Value::Object(said);
    }
    let is = |kind: &str| {
        schema["type"] == kind || schema["type"].as_array().is_some_and(|all| all.contains(&json!(kind)))
    };
    if is("array") {
        json!([body_of(&schema["items"], name)])
    } else if is("integer") || is("number") {
        json!(1)
    } else if is("boolean") {
        json!(false)
    } else if schema["format"] == "uuid" {
        json!("018f0000-0000-7000-8000-000000000000")
    } else {
        well_meant(name)
    }
}

/// The same with a NUL in one of its texts, for each of them.
fn spoiled(body: &Value) -> Vec<Value> {
    match body {
        Value::String(_) => vec![json!(NUL)],
        Value::Array(items) => {
            items.first().map(spoiled).unwrap_or_default().into_iter().map(|item| json!([item])).collect()
        }
        Value::Object(keys) => {
            let one = |(key, value): (&String, &Value)| {
                let with = |value: Value| {
                    let mut body = keys.clone();
                    body.insert(key.clone(), value);
                    Value::Object(body)
                };
                spoiled(value).into_iter().map(with).collect::<Vec<_>>()
            };
            keys.iter().flat_map(one).collect()
        }
        _ => Vec::new(),
    }
}

/// An address with what is there, but for one part of it.
fn address(pattern: &str, objects: &Objects, spare: &Spare, spoiled: Option<usize>) -> String {
    let mut number = 0;
    let parts = pattern.split('/').map(|part| {
        let Some(name) = part.strip_prefix('{').and_then(|part| part.split('}').next()) else { return part };
        number += 1;
        if spoiled == Some(number - 1) {
            return "a%00b";
        }
        match name {
            "portfolio" if pattern.contains("{import}") => &objects.portfolio,
            "portfolio" => &spare.portfolio,
            "transaction" => &spare.transaction,
            "change" => &spare.change,
            "index" => &spare.index,
            "import" => &objects.import,
            "job" => &objects.job,
            "rule" => &objects.rule,
            "date" => "2024-03-05",
            "year" => "2024",
            "ticker" => "KO",
            _ => "none",
        }
    });
    parts.collect::<Vec<_>>().join("/")
}

/// Found by the documentation, so that an address that comes later is looked at too.
pub(super) async fn a_nul_in_any_text_of_any_request_is_refused_and_fails_nowhere(site: &Site) {
    let owner = site.claimed().await;
    let head = bearer(&owner.token);
    let objects = site.objects_of(&owner).await;
    let spare = site.spare_of(&owner).await;
    let (mut asked, mut failed) = (0, Vec::new());
    for (pattern, item) in DOCUMENT["paths"].as_object().expect("paths") {
        for (method, operation) in item.as_object().expect("methods") {
            let method = method.to_uppercase();
            let plain = address(pattern, &objects, &spare, None);
            let content = &operation["requestBody"]["content"];
            let is_file = content.is_object() && content["application/json"].is_null();
            let (kind, body) =
                if is_file { ("text/csv", CSV.to_owned()) } else { ("application/json", String::new()) };
            let mut requests: Vec<(String, String)> = (0..pattern.matches('{').count())
                .map(|part| (address(pattern, &objects, &spare, Some(part)), body.clone()))
                .collect();
            for parameter in operation["parameters"].as_array().into_iter().flatten() {
                if parameter["in"] == "query" {
                    let name = parameter["name"].as_str().expect("a name");
                    requests.push((format!("{plain}?{name}=a%00b"), body.clone()));
                }
            }
            let schema = &content["application/json"]["schema"];
            if schema.is_object() && !is_file {
                let bodies = spoiled(&body_of(schema, ""));
                requests.extend(bodies.iter().map(|body| (plain.clone(), body.to_string())));
            }
            let head = format!("Content-Type: {kind}\r\n{head}");
            for (path, body) in requests {
                let told = site.ask(&method, &path, &head, &body).await;
                asked += 1;
                if told.status == 0 || told.status >= 500 {
                    failed.push(format!("{method} {path} {body}: {} {}", told.status, told.body));
                }
            }
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
    assert!(asked > 200, "{asked}");

    let objects = site.objects_of(&owner).await;
    // What is put into the place of a cell comes into the ledger with its row.
    let import = format!("/api/v1/portfolios/{}/imports/{}", objects.portfolio, objects.import);
    let cell = json!({ "corrections": { "0": { "cells": { "1": NUL } } } }).to_string();
    let told = site.send("PATCH", &import, &head, &cell).await;
    assert_eq!((told.status, told.body.contains("cannot be printed")), (400, true), "{told:?}");
    let told = site.send("POST", &format!("{import}/commit"), &head, "").await;
    assert_eq!(told.status, 200, "{told:?}");
    // A file that goes straight into the ledger is recorded by its name.
    let upload = format!(
        "--edge\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{NUL}.csv\"\r\n\r\n{CSV}\r\n--edge--\r\n"
    );
    let multipart = format!("{head}Content-Type: multipart/form-data; boundary=edge\r\n");
    let told =
        site.ask("POST", &format!("/portfolio/{}/import", objects.portfolio), &multipart, &upload).await;
    assert!(told.status > 0 && told.status < 500, "{told:?}");
    for (path, form) in [
        (
            format!("/portfolio/{}/transactions", spare.portfolio),
            "kind=deposit&date=2024-03-05&amount=5&note=a%00b",
        ),
        (format!("/portfolio/{}/transactions?q=a%00b", spare.portfolio), "kind=deposit&account=a%00b"),
        (
            format!("/portfolio/{}/settings", spare.portfolio),
            "name=a&description=a%00b&base_currency=USD&cost_method=fifo&dividends=infer",
        ),
        ("/import-mappings/a%00b/forget".to_owned(), ""),
    ] {
        let told = site.form(&path, &head, form).await;
        assert!((400..500).contains(&told.status), "{path} {form}: {told:?}");
    }
}
