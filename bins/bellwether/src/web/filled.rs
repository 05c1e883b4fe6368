//! What a form asks for by GET.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{Error, FromRequest, HttpRequest, web};
use serde::de::DeserializeOwned;

/// What is behind the question mark of a page's address. A field that a form left empty is not there.
pub(super) struct Filled<T>(pub(super) T);

impl<T: DeserializeOwned> FromRequest for Filled<T> {
    type Error = Error;
    type Future = Ready<Result<Self, Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let pairs = request.query_string().split('&').filter(|pair| !pair.ends_with('='));
        let filled = pairs.collect::<Vec<_>>().join("&");
        let read = web::Query::<T>::from_query(&filled);
        ready(read.map(|query| Self(query.into_inner())).map_err(Error::from))
    }
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;
    use crate::web::pages::ViewQuery;

    #[test]
    fn a_field_that_a_form_left_empty_is_not_there_and_others_are_read() {
        let query_of = |address: &str| {
            let request = TestRequest::with_uri(address).to_http_request();
            Filled::<ViewQuery>::extract(&request).into_inner().map(|Filled(query)| query)
        };
        let query = query_of("/p?range=2025-03-01&as_of=&benchmark=").expect("a view");
        assert_eq!((query.range.as_deref(), query.as_of, query.benchmark), (Some("2025-03-01"), None, None));
        assert!(query_of("/p").is_ok());
        assert!(query_of("/p?range=&as_of=soon").is_err());
    }
}
