//! Which methods an address answers: the others are refused by 405, which names those that it does.

use actix_web::guard::{Any, Get, Head};
use actix_web::{Resource, Route, web};

use super::problem::Problem;

/// An address and the methods that it answers, as the header `Allow` writes them.
pub(super) fn address(path: &str, allowed: &'static str) -> Resource {
    let refuse = move || async move { Err::<String, _>(Problem::NotAllowed(allowed)) };
    web::resource(path).default_service(web::to(refuse))
}

/// An address that is only read.
pub(super) const READ: &str = "GET, HEAD";

/// Answers GET, and HEAD with the same head.
pub(super) fn reading() -> Route {
    web::route().guard(Any(Get()).or(Head()))
}
