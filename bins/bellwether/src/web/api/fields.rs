//! Answers with less: `fields` names the keys that are wanted.

use std::collections::BTreeSet;
use std::future::{Ready, ready};
use std::marker::PhantomData;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest, web};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn, ParameterStyle};
use utoipa::openapi::{ArrayBuilder, ObjectBuilder, RefOr, Schema, Type};
use utoipa::{IntoParams, ToSchema};

use crate::web::problem::{Fault, Problem};

/// The parameter of an answer of such items, for its documentation; a handler takes [`Wanted`].
pub(in crate::web) struct FieldsQuery<T>(PhantomData<T>);

impl<T: ToSchema> IntoParams for FieldsQuery<T> {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let name = ObjectBuilder::new().schema_type(Type::String).enum_values(Some(known::<T>()));
        let fields = ParameterBuilder::new()
            .name("fields")
            .parameter_in(ParameterIn::Query)
            .description(Some(
                "The keys that are wanted, with commas between; all of them where none are named.",
            ))
            .style(Some(ParameterStyle::Form))
            .explode(Some(false))
            .schema(Some(ArrayBuilder::new().items(name).min_items(Some(1))));
        vec![fields.build()]
    }
}

#[derive(Deserialize)]
struct Named {
    fields: Option<String>,
}

/// What of an answer is wanted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::web) struct Wanted {
    fields: Option<Vec<String>>,
}

/// The keys of an item that are wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::web) struct Fields(Option<Vec<String>>);

impl Wanted {
    fn of(query: &str) -> Result<Self, Problem> {
        let web::Query(Named { fields }) = web::Query::from_query(query)
            .map_err(|error| Problem::bad_request(format!("That address cannot be read: {error}.")))?;
        Ok(Self { fields: fields.map(|list| list.split(',').map(|name| name.trim().to_owned()).collect()) })
    }

    /// The wanted keys of an item of that schema.
    ///
    /// # Errors
    /// A problem that names those that it has not.
    pub(in crate::web) fn fields<T: ToSchema>(&self) -> Result<Fields, Problem> {
        let Some(wanted) = &self.fields else { return Ok(Fields(None)) };
        let known = known::<T>();
        let known: Vec<&str> = known.iter().map(String::as_str).collect();
        let unknown: Vec<Fault> = wanted
            .iter()
            .filter(|wanted| !known.contains(&wanted.as_str()))
            .map(|wanted| Fault::new("fields", format!("{wanted:?} is not known: use {}", known.join(", "))))
            .collect();
        if unknown.is_empty() { Ok(Fields(Some(wanted.clone()))) } else { Err(Problem::Invalid(unknown)) }
    }
}

/// The keys of items of that schema.
fn known<T: ToSchema>() -> BTreeSet<String> {
    let mut known = BTreeSet::new();
    keys(&T::schema(), &mut known);
    known
}

/// The keys of an object, and of those that it is put together from.
fn keys(schema: &RefOr<Schema>, known: &mut BTreeSet<String>) {
    match schema {
        RefOr::T(Schema::Object(object)) => known.extend(object.properties.keys().cloned()),
        RefOr::T(Schema::AllOf(all)) => all.items.iter().for_each(|part| keys(part, known)),
        _ => {}
    }
}

impl Fields {
    /// An item with the wanted keys only.
    ///
    /// # Errors
    /// [`Problem::Internal`] when it is no JSON.
    pub(in crate::web) fn of(&self, item: &impl Serialize) -> Result<Value, Problem> {
        let mut item = serde_json::to_value(item).map_err(|error| {
            tracing::error!(%error, "answer.not_written");
            Problem::Internal
        })?;
        if let (Some(wanted), Some(object)) = (&self.0, item.as_object_mut()) {
            object.retain(|key, _| wanted.contains(key));
        }
        Ok(item)
    }
}

impl FromRequest for Wanted {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Self::of(request.query_string()))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[derive(Serialize, ToSchema)]
    struct Share {
        symbol: String,
        shares: u32,
        #[serde(rename = "as_of")]
        day: Option<String>,
    }

    const SHARE: fn() -> Share = || Share { symbol: "KO".to_owned(), shares: 3, day: None };

    #[test]
    fn only_the_wanted_keys_are_left() {
        let all = Wanted::of("limit=3").expect("no fields").fields::<Share>().expect("all");
        assert_eq!(all.of(&SHARE()).expect("JSON"), json!({ "symbol": "KO", "shares": 3, "as_of": null }));
        let two = Wanted::of("fields=as_of,%20symbol").expect("two").fields::<Share>().expect("known");
        assert_eq!(two.of(&SHARE()).expect("JSON"), json!({ "symbol": "KO", "as_of": null }));
    }

    #[test]
    fn unknown_names_are_refused_each_with_what_there_is() {
        for query in ["fields=day", "fields=", "fields=symbol,", "fields=shares;symbol"] {
            let refused = Wanted::of(query).expect("names").fields::<Share>();
            assert!(matches!(refused, Err(Problem::Invalid(faults)) if faults.len() == 1), "{query}");
        }
    }
}
