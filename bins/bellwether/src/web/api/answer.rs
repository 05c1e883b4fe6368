//! What answers about resources have in common.

use std::fmt::Display;
use std::str::FromStr;

use actix_web::HttpResponse;
use actix_web::http::header;
use chrono::{DateTime, SecondsFormat, Utc};
use serde::Serialize;
use serde_json::Value;

use super::Answer;
use super::conditions::Tag;
use super::paging::Page;
use crate::web::problem::Problem;

/// What is not to be kept by anybody.
pub(in crate::web) fn fresh(body: &impl Serialize) -> HttpResponse {
    HttpResponse::Ok().insert_header((header::CACHE_CONTROL, "no-store")).json(body)
}

/// A page of a list, each item as it is to be shown.
///
/// # Errors
/// Those of showing one of them.
pub(in crate::web) fn listed<T>(page: Page<T>, shown: impl FnMut(&T) -> Result<Value, Problem>) -> Answer {
    let Page { items, next } = page;
    let items: Vec<Value> = items.iter().map(shown).collect::<Result<_, Problem>>()?;
    Ok(HttpResponse::Ok()
        .insert_header((header::CACHE_CONTROL, "private, no-cache"))
        .json(Page { items, next }))
}

/// What was made, and where it is now.
pub(in crate::web) fn made(address: String, tag: &Tag, body: &impl Serialize) -> HttpResponse {
    HttpResponse::Created()
        .insert_header((header::LOCATION, address))
        .insert_header((header::ETAG, tag.to_string()))
        .json(body)
}

/// What was made, with a secret that nobody is told again.
pub(in crate::web) fn told_once(body: &impl Serialize) -> HttpResponse {
    HttpResponse::Created().insert_header((header::CACHE_CONTROL, "no-store")).json(body)
}

/// A resource as it is since a change.
pub(in crate::web) fn resource(tag: &Tag, body: &impl Serialize) -> HttpResponse {
    HttpResponse::Ok().insert_header((header::ETAG, tag.to_string())).json(body)
}

/// That there is nothing left to say.
pub(in crate::web) fn gone() -> HttpResponse {
    HttpResponse::NoContent().finish()
}

/// What a part of an address names.
///
/// # Errors
/// That there is no such thing, where nothing can have that name.
pub(in crate::web) fn named<T: FromStr>(text: &str, what: impl Display) -> Result<T, Problem> {
    text.parse().map_err(|_unreadable| Problem::NotFound(format!("There is no such {what}.")))
}

/// An instant to the microsecond.
pub(in crate::web) fn instant(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Micros, true)
}
