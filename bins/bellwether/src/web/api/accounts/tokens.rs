//! One's tokens for programs.

use actix_web::web;
use bellwether_tracker::{ApiToken, Scopes};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::{instant, read};
use crate::web::api::Answer;
use crate::web::api::answer::{fresh, gone, named, told_once};
use crate::web::api::schema::{Instant, Label};
use crate::web::caller::Caller;
use crate::web::problem::Problem;

/// A token for programs.
#[derive(Serialize, ToSchema)]
struct TokenShown {
    id: Uuid,
    name: String,
    /// `read`, `write` and `admin`.
    scopes: Vec<String>,
    #[schema(value_type = Instant)]
    created_at: String,
    #[schema(value_type = Option<Instant>)]
    expires_at: Option<String>,
    #[schema(value_type = Option<Instant>)]
    last_used_at: Option<String>,
    /// The token itself, once: when it is made.
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<String>,
}

fn shown_token(token: &ApiToken) -> TokenShown {
    TokenShown {
        id: token.id,
        name: token.name.clone(),
        scopes: token.scopes.split(' ').map(str::to_owned).collect(),
        created_at: instant(token.created_at),
        expires_at: token.expires_at.map(instant),
        last_used_at: token.last_used_at.map(instant),
        token: None,
    }
}

#[derive(Serialize, ToSchema)]
struct Tokens {
    tokens: Vec<TokenShown>,
}

/// One's tokens, without what they are.
#[utoipa::path(
    get,
    path = "/api/v1/auth/tokens",
    responses((status = 200, description = "All of them.", body = Tokens))
)]
pub(super) async fn tokens(caller: Caller) -> Answer {
    let tokens = caller.tracker.tokens(&caller.who).await?;
    Ok(fresh(&Tokens { tokens: tokens.iter().map(shown_token).collect() }))
}

/// A token to be made.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct WantedToken {
    #[schema(value_type = Label)]
    name: String,
    /// One or more of `read`, `write` and `admin`.
    #[schema(value_type = Vec<Scope>, min_items = 1)]
    scopes: Vec<String>,
    /// Never, where it is not told.
    expires_at: Option<DateTime<Utc>>,
}

/// What a token is good for.
#[derive(ToSchema)]
#[schema(rename_all = "lowercase")]
#[expect(dead_code, reason = "names the scopes in the documentation")]
enum Scope {
    Read,
    Write,
    Admin,
}

/// Makes a token. What it is, is told this once.
#[utoipa::path(
    post,
    path = "/api/v1/auth/tokens",
    request_body = WantedToken,
    responses((status = 201, description = "The token.", body = TokenShown), (status = 409, description = "There are too many, or one of that name."))
)]
pub(super) async fn add_token(caller: Caller, body: web::Bytes) -> Answer {
    let WantedToken { name, scopes, expires_at } =
        read(&body, "a token, such as {\"name\": \"backup\", \"scopes\": [\"read\"]}")?;
    let scopes = Scopes::from_words(&scopes.join(" ")).ok_or_else(|| {
        Problem::bad_request("Scopes are read, write and admin: give one or more.".to_owned())
    })?;
    let (token, record) = caller.tracker.add_token(&caller.who, &name, scopes, expires_at).await?;
    let told = TokenShown { token: Some(token), ..shown_token(&record) };
    Ok(told_once(&told))
}

/// Revokes a token.
#[utoipa::path(
    delete,
    path = "/api/v1/auth/tokens/{id}",
    params(("id" = Uuid, Path, description = "Its identifier.")),
    responses((status = 204, description = "It lets nobody in any more."))
)]
pub(super) async fn revoke_token(caller: Caller, id: web::Path<String>) -> Answer {
    let id: Uuid = named(&id, "token")?;
    caller.tracker.revoke_token(&caller.who, id).await?;
    Ok(gone())
}
