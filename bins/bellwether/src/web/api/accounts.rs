//! Signing in, and who may come in, for programs.

mod links;
mod sessions;
mod tokens;
mod users;

use actix_web::web;
use chrono::{DateTime, SecondsFormat, Utc};
use serde::de::DeserializeOwned;
use utoipa::{OpenApi, ToSchema};

use crate::web::methods::{READ, address, reading};
use crate::web::problem::Problem;

pub(crate) fn routes(app: &mut web::ServiceConfig) {
    app.service(address("/api/v1/auth/login", "POST").route(web::post().to(sessions::login)))
        .service(address("/api/v1/auth/logout", "POST").route(web::post().to(sessions::logout)))
        .service(address("/api/v1/auth/me", READ).route(reading().to(sessions::me)))
        .service(address("/api/v1/auth/password", "PUT").route(web::put().to(sessions::change_password)))
        .service(
            address("/api/v1/auth/sessions", "GET, HEAD, DELETE")
                .route(reading().to(sessions::sessions))
                .route(web::delete().to(sessions::end_others)),
        )
        .service(
            address("/api/v1/auth/sessions/{session}", "DELETE")
                .route(web::delete().to(sessions::end_session)),
        )
        .service(
            address("/api/v1/auth/tokens", "GET, HEAD, POST")
                .route(reading().to(tokens::tokens))
                .route(web::post().to(tokens::add_token)),
        )
        .service(address("/api/v1/auth/tokens/{id}", "DELETE").route(web::delete().to(tokens::revoke_token)))
        .service(
            address("/api/v1/share-links", "GET, HEAD, POST")
                .route(reading().to(links::links))
                .route(web::post().to(links::add_link)),
        )
        .service(address("/api/v1/share-links/{id}", "DELETE").route(web::delete().to(links::revoke_link)))
        .service(
            address("/api/v1/users", "GET, HEAD, POST")
                .route(reading().to(users::users))
                .route(web::post().to(users::add_user)),
        )
        .service(address("/api/v1/users/{user}", "DELETE").route(web::delete().to(users::remove_user)))
        .service(address("/api/v1/users/{user}/password", "PUT").route(web::put().to(users::reset_password)));
}

#[derive(OpenApi)]
#[openapi(paths(
    sessions::login,
    sessions::logout,
    sessions::me,
    sessions::change_password,
    sessions::sessions,
    sessions::end_others,
    sessions::end_session,
    tokens::tokens,
    tokens::add_token,
    tokens::revoke_token,
    links::links,
    links::add_link,
    links::revoke_link,
    users::users,
    users::add_user,
    users::remove_user,
    users::reset_password
))]
pub(in crate::web) struct Operations;

fn instant(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Millis, true)
}

fn read<T: DeserializeOwned>(body: &[u8], what: &str) -> Result<T, Problem> {
    // What was sent may hold a password, which is not repeated.
    serde_json::from_slice(body).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        Problem::bad_request(format!("The body is no JSON of {what} (line {line}, column {column})."))
    })
}

/// `owner` looks after the installation, `member` has portfolios of their own, `reader` sees and changes nothing.
#[derive(ToSchema)]
#[schema(rename_all = "lowercase")]
#[expect(dead_code, reason = "names the roles in the documentation")]
enum RoleName {
    Owner,
    Member,
    Reader,
}
