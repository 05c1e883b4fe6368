//! Long lists, a page at a time: `limit` says how many, `cursor` where to go on.

use std::future::{Ready, ready};
use std::marker::PhantomData;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest, web};
use serde::{Deserialize, Serialize};
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::{ObjectBuilder, Type};
use utoipa::{IntoParams, ToSchema};

use super::place::Place;
use crate::web::problem::{Fault, Problem, number_between};

const USUAL: usize = 50;
const MOST: usize = 500;

#[derive(Deserialize)]
struct Asked {
    limit: Option<String>,
    cursor: Option<String>,
}

/// The parameters of a list whose pages end at such places, for its documentation; a handler takes [`Paging`].
pub(in crate::web) struct PageQuery<P>(PhantomData<P>);

impl<P: Place> IntoParams for PageQuery<P> {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let limit = ObjectBuilder::new()
            .schema_type(Type::Integer)
            .minimum(Some(1))
            .maximum(Some(MOST))
            .default(Some(USUAL.into()));
        let cursor =
            ObjectBuilder::new().schema_type(Type::String).pattern(Some(format!("^{}$", P::pattern())));
        let parameter = |name: &str, words: &str, schema: ObjectBuilder| {
            ParameterBuilder::new()
                .name(name)
                .parameter_in(ParameterIn::Query)
                .description(Some(words))
                .schema(Some(schema))
                .build()
        };
        vec![
            parameter("limit", "How many there are to be at most.", limit),
            parameter("cursor", "The `next` of the page before.", cursor),
        ]
    }
}

/// So many at most, or as many as usual.
///
/// # Errors
/// A problem that names `limit`, when they are none or too many.
pub(in crate::web) fn checked(limit: Option<usize>) -> Result<usize, Problem> {
    match limit.unwrap_or(USUAL) {
        limit if (1..=MOST).contains(&limit) => Ok(limit),
        _ => Err(Fault::new("limit", number_between(1, MOST)).into()),
    }
}

/// Which page of a list is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::web) struct Paging {
    /// So many at most. Ask for one more to know whether there are more: [`Self::page`] takes it away.
    pub(in crate::web) limit: usize,
    cursor: Option<String>,
}

/// A page of a list.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::web) struct Page<T> {
    pub(in crate::web) items: Vec<T>,
    /// The `cursor` of the next page; null on the last one.
    #[schema(required)]
    pub(in crate::web) next: Option<String>,
}

impl Paging {
    fn of(query: &str) -> Result<Self, Problem> {
        let web::Query(Asked { limit, cursor }) = web::Query::from_query(query)
            .map_err(|error| Problem::bad_request(format!("That address cannot be read: {error}.")))?;
        let limit = checked(limit.map(|text| text.parse().unwrap_or(0)))?;
        Ok(Self { limit, cursor })
    }

    /// Where the page before ended; `None` on the first one.
    ///
    /// # Errors
    /// A problem that names `cursor`, when none of ours is given.
    pub(in crate::web) fn after<P: Place>(&self) -> Result<Option<P>, Problem> {
        let Some(cursor) = &self.cursor else { return Ok(None) };
        match P::read(cursor) {
            Some(after) => Ok(Some(after)),
            None => Err(Fault::new("cursor", "give the \"next\" of the page before as it was").into()),
        }
    }

    /// The page of up to `limit + 1` items that follow the last one; `end` tells of an item what is needed to go on
    /// behind it.
    pub(in crate::web) fn page<T, P: Place>(&self, mut items: Vec<T>, end: impl Fn(&T) -> P) -> Page<T> {
        let has_more = items.len() > self.limit;
        items.truncate(self.limit);
        let next = items.last().filter(|_| has_more).map(|last| end(last).written());
        Page { items, next }
    }
}

impl<T> Page<T> {
    /// The same page of what each item becomes.
    pub(in crate::web) fn map<U>(self, shown: impl FnMut(T) -> U) -> Page<U> {
        Page { items: self.items.into_iter().map(shown).collect(), next: self.next }
    }
}

impl FromRequest for Paging {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Self::of(request.query_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_follow_upon_each_other_until_there_is_no_more() {
        let all: Vec<i32> = (0..7).collect();
        let mut asked = Paging::of("limit=3").expect("a limit");
        let mut seen = Vec::new();
        for (length, is_last) in [(3, false), (3, false), (1, true)] {
            let after: Option<i64> = asked.after().expect("our cursor");
            let from = after.map_or(0, |last| last as usize + 1);
            let items = all.iter().copied().skip(from).take(asked.limit + 1).collect();
            let page = asked.page(items, |last| i64::from(*last));
            assert_eq!((page.items.len(), page.next.is_none()), (length, is_last));
            seen.extend(page.items);
            asked.cursor = page.next;
        }
        assert_eq!(seen, all);
    }

    #[test]
    fn a_limit_is_from_1_to_500_and_50_unless_told() {
        assert_eq!(Paging::of("").expect("usual").limit, 50);
        assert_eq!(Paging::of("limit=500&other=1").expect("most").limit, 500);
        for query in ["limit=0", "limit=501", "limit=-1", "limit=x", "limit=", "limit=1&limit=2"] {
            assert!(Paging::of(query).is_err(), "{query}");
        }
    }

    #[test]
    fn a_cursor_that_is_not_ours_is_refused() {
        for cursor in ["cursor=", "cursor=zz%00", "cursor=bnVsbA==", "cursor=e30", "cursor=-1"] {
            let asked = Paging::of(cursor).expect("some cursor");
            assert!(asked.after::<i64>().is_err(), "{cursor}");
        }
    }
}
