//! The contract with programs, as OpenAPI: put together from what stands beside each handler.
//!
//! A module annotates its handlers by `#[utoipa::path(get, path = "...", responses((status = 200, body = ...)))]`, names
//! them in a `#[derive(OpenApi)] #[openapi(paths(...))] struct Operations;` and gets a line in [`parts`]. What follows from
//! the address is added here to each operation: group and name, what the access table asks for, and the refusals that any
//! address has. Of other refusals status and description are enough.

use std::sync::LazyLock;

use actix_web::http::Method;
use actix_web::{HttpRequest, HttpResponse, web};
use bellwether_cache::Answer;
use serde_json::{Map, Value, json};
use utoipa::{OpenApi, PartialSchema};

use super::idempotency::{self, takes_a_key};
use super::{accounts, changes, docs, indices, portfolios, transactions};
use crate::web::access::{Needs, needs};
use crate::web::methods::{READ, address, reading};
use crate::web::problem::{Fault, ProblemDetails};
use crate::web::{cache, events, jobs, monitoring, notifications, snapshot};

/// The operations of each group, in the order of the documentation.
fn parts() -> Vec<(&'static str, utoipa::openapi::OpenApi)> {
    vec![
        ("Portfolios", portfolios::Operations::openapi()),
        ("Transactions", transactions::Operations::openapi()),
        ("Changes", changes::Operations::openapi()),
        ("Indices", indices::Operations::openapi()),
        ("Figures", super::Portfolios::openapi().merge_from(super::figures::Operations::openapi())),
        ("Known names", super::KnownNames::openapi()),
        ("Jobs", jobs::Operations::openapi()),
        ("Notifications", notifications::Operations::openapi()),
        ("Events", events::Operations::openapi()),
        ("Accounts", accounts::Operations::openapi()),
        ("Cache", cache::Operations::openapi()),
        ("Monitoring", monitoring::Operations::openapi()),
        ("Imports", super::imports::Operations::openapi()),
        ("Proposals", super::reconciliation::Operations::openapi()),
        ("Export", super::exports::Operations::openapi()),
        ("Contract", Operations::openapi().merge_from(docs::Operations::openapi())),
    ]
}

const ABOUT: &str = "Everything that the pages can do. Lists are read a page at a time by `limit` and `cursor`; \
    refusals are problem details (RFC 9457); every address that answers GET answers HEAD with the same head.";

/// The whole document.
pub(in crate::web) static DOCUMENT: LazyLock<Value> = LazyLock::new(document);

static SERVED: LazyLock<Answer> =
    LazyLock::new(|| Answer::new("application/json", DOCUMENT.to_string().into_bytes()));

pub(in crate::web) fn routes(app: &mut web::ServiceConfig) {
    app.service(address("/api/openapi.json", READ).route(reading().to(openapi)));
}

#[derive(OpenApi)]
#[openapi(paths(openapi))]
struct Operations;

/// This document: OpenAPI 3.1.
#[utoipa::path(
    get,
    path = "/api/openapi.json",
    responses((status = 200, description = "The document.", body = Object), (status = 304, description = "You have it."))
)]
async fn openapi(request: HttpRequest) -> HttpResponse {
    snapshot::sent(&request, &SERVED).await
}

fn document() -> Value {
    let (mut paths, mut schemas, mut tags) = (Map::new(), Map::new(), Vec::new());
    schemas.insert("ProblemDetails".to_owned(), json!(ProblemDetails::schema()));
    schemas.insert("Fault".to_owned(), json!(Fault::schema()));
    for (group, part) in parts() {
        tags.push(json!({ "name": group }));
        let part = json!(part);
        for (path, item) in part["paths"].as_object().into_iter().flatten() {
            let known = paths.entry(path.clone()).or_insert_with(|| json!({}));
            for (method, operation) in item.as_object().into_iter().flatten() {
                known[method] = completed(group, path, method, operation.clone());
            }
        }
        for (name, schema) in part["components"]["schemas"].as_object().into_iter().flatten() {
            schemas.insert(name.clone(), schema.clone());
        }
    }
    for operation in paths.values_mut().filter_map(Value::as_object_mut).flat_map(Map::values_mut) {
        allow_fields(operation, &schemas);
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Bellwether",
            "version": env!("CARGO_PKG_VERSION"),
            "description": ABOUT,
            "license": { "name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0" },
        },
        "tags": tags,
        "paths": paths,
        "components": {
            "schemas": schemas,
            "responses": refusals(),
            "securitySchemes": {
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "A token for programs, or the access token of a sign-in.",
                },
                "session": {
                    "type": "apiKey",
                    "in": "cookie",
                    "name": "bellwether-session",
                    "description": "The session of a browser; `__Host-bellwether-session` where https is required.",
                },
            },
        },
    })
}

/// What any address may answer instead of what was asked for.
const REFUSALS: &[(u16, &str, &[&str])] = &[
    (400, "What was sent cannot be read, or is not possible as it is.", &[]),
    (401, "Nobody is signed in.", &["WWW-Authenticate"]),
    (403, "Role or token do not allow it, or another site asks.", &[]),
    (404, "It is not there, or not yours.", &[]),
    (409, "Not as things are, or its answer is not known yet.", &["Retry-After"]),
    (413, "The body is too long.", &[]),
    (415, "The body is of a type that is not read here.", &[]),
    (421, "This server does not answer to that name.", &[]),
    (422, "The Idempotency-Key was given to another request.", &[]),
    (429, "Too many requests.", &["Retry-After"]),
    (503, "The database does not answer, or too many ask at a time.", &["Retry-After"]),
];

fn refusals() -> Value {
    let refusal = |(status, words, headers): &(u16, &str, &[&str])| {
        let text = json!({ "schema": { "type": "string" }, "required": false });
        let headers: Map<String, Value> =
            headers.iter().map(|name| ((*name).to_owned(), text.clone())).collect();
        let mut told = json!({ "description": words, "content": problem() });
        if !headers.is_empty() {
            told["headers"] = json!(headers);
        }
        (format!("Refusal{status}"), told)
    };
    Value::Object(REFUSALS.iter().map(refusal).collect())
}

fn problem() -> Value {
    json!({ ProblemDetails::MEDIA_TYPE: { "schema": { "$ref": "#/components/schemas/ProblemDetails" } } })
}

/// The operation with what follows from its address.
fn completed(group: &str, path: &str, method: &str, mut operation: Value) -> Value {
    let name = operation["operationId"].as_str().unwrap_or_default();
    operation["operationId"] = json!(format!("{}_{name}", group.to_lowercase().replace(' ', "_")));
    operation["tags"] = json!([group]);
    let is_safe = method == "get";
    let needed = needs(Some(path), is_safe);
    let is_open = matches!(needed, Needs::Anybody | Needs::Nothing);
    operation["security"] = if is_open { json!([]) } else { json!([{ "token": [] }, { "session": [] }]) };
    let may_bear_a_key = method == "post" && takes_a_key(path, &Method::POST);
    if may_bear_a_key {
        let key = json!({
            "name": idempotency::HEADER,
            "in": "header",
            "description": "Sent again under it within a day, the request is answered as it was and not carried out again.",
            "schema": { "type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$" },
        });
        match operation["parameters"].as_array_mut() {
            Some(parameters) => parameters.push(key),
            None => operation["parameters"] = json!([key]),
        }
    }
    let has_body = operation.get("requestBody").is_some();
    let has_parameters = |place| {
        let mut parameters = operation["parameters"].as_array().into_iter().flatten();
        parameters.any(|parameter| parameter["in"] == place)
    };
    let may_be = |status| match status {
        400 => has_body || has_parameters("query") || may_bear_a_key,
        409 | 422 => may_bear_a_key,
        401 => !is_open,
        403 => !is_open || !is_safe,
        404 => has_parameters("path"),
        413 | 415 => has_body,
        _ => true,
    };
    let mut added: Vec<String> =
        REFUSALS.iter().map(|(status, ..)| *status).filter(|s| may_be(*s)).map(|s| s.to_string()).collect();
    if let Some(responses) = operation["responses"].as_object_mut() {
        for (status, response) in responses.iter_mut() {
            if status.starts_with(['4', '5']) && response.get("content").is_none() {
                response["content"] = problem();
            }
        }
        added.retain(|status| !responses.contains_key(status));
        for status in added {
            let refusal = json!({ "$ref": format!("#/components/responses/Refusal{status}") });
            responses.insert(status, refusal);
        }
    }
    operation
}

/// Where keys can be named that are wanted, the others are not there.
fn allow_fields(operation: &mut Value, schemas: &Map<String, Value>) {
    let mut parameters = operation["parameters"].as_array().into_iter().flatten();
    if !parameters.any(|parameter| parameter["name"] == "fields") {
        return;
    }
    let whole = &mut operation["responses"]["200"]["content"]["application/json"]["schema"];
    let told = whole["$ref"].as_str().and_then(|place| schemas.get(place.rsplit('/').next()?));
    let Some(mut some) = told.cloned() else { return };
    // A page is there as it is, with items of which some keys are.
    let item = match some.pointer("/properties/items/items") {
        Some(_) => &mut some["properties"]["items"]["items"],
        None => &mut some,
    };
    if let Some(named) = item["$ref"].as_str().and_then(|place| schemas.get(place.rsplit('/').next()?)) {
        *item = named.clone();
    }
    spare(item, schemas);
    if let Some(item) = item.as_object_mut() {
        item.insert("description".to_owned(), json!("The keys that `fields` names."));
    }
    *whole = json!({ "anyOf": [whole.clone(), some] });
}

/// Lets an object be without keys: itself, and all that it is put together from.
fn spare(item: &mut Value, schemas: &Map<String, Value>) {
    if let Some(item) = item.as_object_mut() {
        item.remove("required");
    }
    // Lists of a view have items with the same keys: of those too only some are there.
    if let Some(items) = item.pointer_mut("/properties/items/items") {
        spare_named(items, schemas);
    }
    for part in item.get_mut("allOf").and_then(Value::as_array_mut).into_iter().flatten() {
        spare_named(part, schemas);
    }
}

fn spare_named(part: &mut Value, schemas: &Map<String, Value>) {
    if let Some(named) = part["$ref"].as_str().and_then(|place| schemas.get(place.rsplit('/').next()?)) {
        *part = named.clone();
    }
    spare(part, schemas);
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    #[test]
    fn no_name_means_two_things() {
        let (mut schemas, mut operations) = (HashMap::new(), HashMap::new());
        for (group, part) in parts() {
            let part = json!(part);
            for (name, schema) in part["components"]["schemas"].as_object().into_iter().flatten() {
                let known = schemas.entry(name.clone()).or_insert_with(|| schema.clone());
                assert_eq!(known, schema, "two schemas are called {name}: give one #[schema(as = ...)]");
            }
            for (path, item) in part["paths"].as_object().into_iter().flatten() {
                for method in item.as_object().into_iter().flatten().map(|(method, _)| method) {
                    let before = operations.insert((path.clone(), method.clone()), group);
                    assert_eq!(before, None, "{method} {path} is told twice");
                }
            }
        }
    }

    #[test]
    fn an_answer_need_only_have_the_keys_that_are_asked_for() {
        let answer = |path: &str, pointer: &str| {
            let path = path.replace('/', "~1");
            let schema = "get/responses/200/content/application~1json/schema";
            let place = format!("/paths/{path}/{schema}{pointer}");
            DOCUMENT.pointer(&place).cloned().unwrap_or_default()
        };
        let of_one = answer("/api/v1/portfolios/{portfolio}", "/anyOf");
        assert_eq!(of_one[0], json!({ "$ref": "#/components/schemas/PortfolioShown" }));
        assert_eq!(
            (&of_one[1]["required"], &of_one[1]["properties"]["version"]["type"]),
            (&Value::Null, &json!("integer"))
        );
        let of_many = answer("/api/v1/portfolios", "/anyOf/1");
        assert_eq!(of_many["required"], json!(["items", "next"]));
        assert_eq!(of_many["properties"]["items"]["items"]["required"], Value::Null);
        let of_view = answer("/api/v1/portfolios/{portfolio}/holdings", "/anyOf/1/allOf");
        for part in of_view.as_array().expect("its parts") {
            assert_eq!((&part["required"], part["properties"].is_object()), (&Value::Null, true), "{part}");
        }
        assert_eq!(of_view[1]["properties"]["items"]["items"]["required"], Value::Null);
        let of_all = answer("/api/v1/portfolios/{portfolio}/targets", "/$ref");
        assert_eq!(of_all, json!("#/components/schemas/TargetsShown"));
    }

    #[test]
    fn no_parameter_must_be_two_things_at_once() {
        for (path, item) in DOCUMENT["paths"].as_object().expect("paths") {
            for parameter in item
                .as_object()
                .into_iter()
                .flatten()
                .flat_map(|(_, operation)| operation["parameters"].as_array().into_iter().flatten())
            {
                assert_eq!(parameter["schema"]["allOf"], Value::Null, "{path}: {parameter}");
            }
        }
    }

    #[test]
    fn every_reference_leads_somewhere_and_every_operation_has_a_name_of_its_own() {
        let mut names = HashMap::new();
        for (path, item) in DOCUMENT["paths"].as_object().expect("paths") {
            for (method, operation) in item.as_object().expect("an item") {
                let name = operation["operationId"].as_str().expect("a name").to_owned();
                assert_eq!(names.insert(name.clone(), path), None, "{method} {path}: {name}");
            }
        }
        let text = DOCUMENT.to_string();
        for reference in text.split("\"$ref\":\"#").skip(1) {
            let place = reference.split('"').next().expect("a place");
            assert!(DOCUMENT.pointer(place).is_some(), "{place} is nowhere");
        }
    }
}
