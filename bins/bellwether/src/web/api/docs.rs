//! The contract as a page to read, rendered from the same document.

use actix_web::web;
use serde::Serialize;
use serde_json::Value;
use utoipa::OpenApi;

use super::openapi::DOCUMENT;
use crate::web::State;
use crate::web::caller::Caller;
use crate::web::methods::{READ, address, reading};
use crate::web::pages::{Answer, html};
use crate::web::view::page::{Page, Place};

pub(in crate::web) fn routes(app: &mut web::ServiceConfig) {
    app.service(address("/api/docs", READ).route(reading().to(docs)));
}

#[derive(OpenApi)]
#[openapi(paths(docs))]
pub(super) struct Operations;

#[derive(Serialize)]
struct DocsPage {
    page: Page,
    about: String,
    groups: Vec<Group>,
    schemas: Vec<Described>,
}

#[derive(Serialize)]
struct Group {
    name: String,
    anchor: String,
    operations: Vec<Operation>,
}

#[derive(Serialize)]
struct Operation {
    anchor: String,
    method: String,
    path: String,
    summary: String,
    parameters: Vec<Member>,
    body: Option<Kind>,
    answers: Vec<Outcome>,
    example: String,
}

#[derive(Serialize)]
struct Outcome {
    status: String,
    words: String,
    body: Option<Kind>,
}

/// A schema by its name.
#[derive(Serialize)]
struct Described {
    name: String,
    words: String,
    kind: Kind,
    members: Vec<Member>,
}

/// A parameter, or a key of an object.
#[derive(Serialize)]
struct Member {
    name: String,
    place: String,
    kind: Kind,
    is_required: bool,
    words: String,
}

/// What a value is, and where that is described.
#[derive(Serialize)]
struct Kind {
    words: String,
    schema: Option<String>,
}

/// This documentation as a page.
#[utoipa::path(
    get,
    path = "/api/docs",
    responses((status = 200, description = "The page.", body = String, content_type = "text/html"))
)]
async fn docs(state: web::Data<State>, caller: Caller) -> Answer {
    let portfolios = caller.tracker.portfolios().await?;
    let page = Page::new(&state, "API", &portfolios, None, Place::Elsewhere).said_in(caller.locale);
    let (groups, schemas) = (groups(), schemas());
    let about = text(&DOCUMENT["info"], "description").replace('`', "");
    Ok(html(state.templates.render_in(
        caller.locale,
        "api.html",
        &DocsPage { page, about, groups, schemas },
    )?))
}

fn text(value: &Value, key: &str) -> String {
    value[key].as_str().unwrap_or_default().to_owned()
}

fn members(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flatten()
}

fn groups() -> Vec<Group> {
    let mut groups: Vec<Group> = DOCUMENT["tags"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|tag| text(tag, "name"))
        .map(|name| Group { anchor: anchor(&name), name, operations: Vec::new() })
        .collect();
    for (path, item) in members(&DOCUMENT["paths"]) {
        for (method, operation) in members(item) {
            let group = operation["tags"][0].as_str().unwrap_or_default();
            if let Some(group) = groups.iter_mut().find(|known| known.name == group) {
                group.operations.push(described(path, method, operation));
            }
        }
    }
    groups
}

fn anchor(name: &str) -> String {
    name.to_lowercase().replace(|sign: char| !sign.is_ascii_alphanumeric(), "-")
}

fn described(path: &str, method: &str, operation: &Value) -> Operation {
    let parameters = operation["parameters"].as_array().into_iter().flatten();
    let body = &operation["requestBody"]["content"];
    Operation {
        anchor: text(operation, "operationId"),
        method: method.to_uppercase(),
        path: path.to_owned(),
        summary: text(operation, "summary"),
        parameters: parameters
            .map(|parameter| Member {
                name: text(parameter, "name"),
                place: text(parameter, "in"),
                kind: kind(&parameter["schema"]),
                is_required: parameter["required"] == true,
                words: text(parameter, "description"),
            })
            .collect(),
        body: content(body),
        answers: members(&operation["responses"])
            .map(|(status, answer)| {
                let answer = resolved(answer);
                Outcome {
                    status: status.clone(),
                    words: text(answer, "description"),
                    body: content(&answer["content"]),
                }
            })
            .collect(),
        example: curl(path, method, operation, body),
    }
}

fn resolved(value: &Value) -> &Value {
    let place = value["$ref"].as_str().and_then(|place| place.strip_prefix('#'));
    place.and_then(|place| DOCUMENT.pointer(place)).unwrap_or(value)
}

fn content(content: &Value) -> Option<Kind> {
    let (media_type, told) = members(content).next()?;
    let is_json = media_type == "application/json" || told["schema"].get("$ref").is_some();
    Some(if is_json { kind(&told["schema"]) } else { Kind { words: media_type.clone(), schema: None } })
}

/// What a schema allows, in few words.
fn kind(schema: &Value) -> Kind {
    if let Some(name) = schema["$ref"].as_str().and_then(|place| place.rsplit('/').next()) {
        return Kind { words: name.to_owned(), schema: Some(name.to_owned()) };
    }
    let either = ["oneOf", "anyOf", "allOf"].iter().find_map(|key| schema[*key].as_array());
    if let Some(either) = either {
        let kinds: Vec<Kind> = either.iter().map(kind).collect();
        let words: Vec<&str> = kinds.iter().map(|kind| kind.words.as_str()).collect();
        return Kind { words: words.join(" or "), schema: kinds.iter().find_map(|kind| kind.schema.clone()) };
    }
    if let Some(words) = schema["enum"].as_array() {
        let words: Vec<String> = words.iter().map(Value::to_string).collect();
        return Kind { words: words.join(", "), schema: None };
    }
    let types: Vec<&str> = match &schema["type"] {
        Value::String(one) => vec![one],
        Value::Array(several) => several.iter().filter_map(Value::as_str).collect(),
        _ => vec!["anything"],
    };
    if types.contains(&"array") {
        let items = kind(&schema["items"]);
        return Kind { words: format!("list of {}", items.words), schema: items.schema };
    }
    let words = match schema["format"].as_str() {
        Some(format @ ("uuid" | "date" | "date-time")) => types.join(" or ").replace("string", format),
        _ => types.join(" or "),
    };
    Kind { words, schema: None }
}

fn schemas() -> Vec<Described> {
    members(&DOCUMENT["components"]["schemas"])
        .map(|(name, schema)| {
            let required = schema["required"].as_array();
            Described {
                name: name.clone(),
                words: text(schema, "description"),
                kind: kind(schema),
                members: members(&schema["properties"])
                    .map(|(key, value)| Member {
                        name: key.clone(),
                        place: String::new(),
                        kind: kind(value),
                        is_required: required.is_some_and(|names| names.iter().any(|name| name == key)),
                        words: text(value, "description"),
                    })
                    .collect(),
            }
        })
        .collect()
}

/// How to ask it from a shell.
fn curl(path: &str, method: &str, operation: &Value, body: &Value) -> String {
    let mut words = "curl".to_owned();
    if method != "get" {
        words = format!("{words} -X {}", method.to_uppercase());
    }
    if operation["security"].as_array().is_some_and(|asked| !asked.is_empty()) {
        words.push_str(" -H \"Authorization: Bearer $BELLWETHER_TOKEN\"");
    }
    if let Some((media_type, told)) = members(body).next() {
        words = format!("{words} -H 'Content-Type: {media_type}'");
        if media_type == "application/json" {
            words = format!("{words} -d '{}'", sample(&told["schema"], 0));
        }
    }
    format!("{words} \"$BELLWETHER{path}\"")
}

/// A value that a schema allows, of what must be there.
fn sample(schema: &Value, depth: usize) -> Value {
    let schema = resolved(schema);
    if let Some(example) = schema.get("example").or_else(|| schema["examples"].get(0)) {
        return example.clone();
    }
    let first = ["oneOf", "anyOf", "allOf", "enum"].iter().find_map(|key| schema[*key].get(0));
    // Schemas that hold themselves have no end.
    if depth > 6 {
        return Value::Null;
    }
    if let Some(first) = first {
        return if schema.get("enum").is_some() { first.clone() } else { sample(first, depth + 1) };
    }
    let is = |name: &str| {
        let kind = &schema["type"];
        kind == name || kind.as_array().is_some_and(|kinds| kinds.iter().any(|kind| kind == name))
    };
    if is("object") {
        let required = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
        let properties = required.map(|key| (key.to_owned(), sample(&schema["properties"][key], depth + 1)));
        Value::Object(properties.collect())
    } else if is("array") {
        Value::Array(vec![sample(&schema["items"], depth + 1)])
    } else if is("string") {
        Value::String(match schema["format"].as_str() {
            Some("uuid") => "0192f0c1-2345-7890-abcd-ef0123456789".to_owned(),
            Some("date") => "2024-03-05".to_owned(),
            Some("date-time") => "2026-11-20T15:00:00Z".to_owned(),
            _ => "...".to_owned(),
        })
    } else if is("boolean") {
        Value::Bool(true)
    } else if is("integer") || is("number") {
        schema.get("minimum").cloned().unwrap_or_else(|| Value::from(1))
    } else {
        Value::Null
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_operation_is_in_a_group_and_can_be_asked_from_a_shell() {
        let told: usize = groups().iter().map(|group| group.operations.len()).sum();
        let there: usize = members(&DOCUMENT["paths"]).map(|(_, item)| members(item).count()).sum();
        assert_eq!(told, there);
        let groups = groups();
        let mut all = groups.iter().flat_map(|group| &group.operations);
        let put = all.find(|operation| operation.method == "PUT" && operation.path == "/api/v1/allocations");
        let put = put.expect("it is documented");
        assert_eq!(
            put.example,
            "curl -X PUT -H \"Authorization: Bearer $BELLWETHER_TOKEN\" -H 'Content-Type: application/json' \
             -d '{\"allocations\":[{\"percentage\":\"12.5\",\"ticker\":\"KO\"}]}' \"$BELLWETHER/api/v1/allocations\""
        );
        assert!(put.answers.iter().any(|answer| answer.status == "415" && !answer.words.is_empty()));
        assert_eq!(put.body.as_ref().and_then(|body| body.schema.as_deref()), Some("WantedAllocations"));
        assert!(schemas().iter().any(|schema| schema.name == "WantedAllocations"));
    }
}
