//! One's links by which portfolios are seen without their amounts.

use actix_web::web;
use bellwether_domain::PortfolioId;
use bellwether_tracker::ShareLink;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::{instant, read};
use crate::web::api::Answer;
use crate::web::api::answer::{fresh, gone, named, told_once};
use crate::web::api::schema::{Instant, Label};
use crate::web::caller::Caller;

/// A link by which a portfolio is seen without its amounts.
#[derive(Serialize, ToSchema)]
struct LinkShown {
    id: Uuid,
    #[schema(value_type = Uuid)]
    portfolio_id: PortfolioId,
    name: String,
    #[schema(value_type = Instant)]
    created_at: String,
    #[schema(value_type = Option<Instant>)]
    expires_at: Option<String>,
    /// Where it leads, once: when it is made.
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<String>,
}

fn shown_link(link: &ShareLink) -> LinkShown {
    LinkShown {
        id: link.id,
        portfolio_id: link.portfolio,
        name: link.name.clone(),
        created_at: instant(link.created_at),
        expires_at: link.expires_at.map(instant),
        path: None,
    }
}

#[derive(Serialize, ToSchema)]
struct Links {
    share_links: Vec<LinkShown>,
}

/// One's links.
#[utoipa::path(
    get,
    path = "/api/v1/share-links",
    responses((status = 200, description = "All of them.", body = Links))
)]
pub(super) async fn links(caller: Caller) -> Answer {
    let links = caller.tracker.share_links().await?;
    Ok(fresh(&Links { share_links: links.iter().map(shown_link).collect() }))
}

/// A link to be made.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct WantedLink {
    #[schema(value_type = Uuid)]
    portfolio: PortfolioId,
    #[schema(value_type = Label)]
    name: String,
    /// Never, where it is not told.
    expires_at: Option<DateTime<Utc>>,
}

/// Makes a link. Where it leads is told this once.
#[utoipa::path(
    post,
    path = "/api/v1/share-links",
    request_body = WantedLink,
    responses((status = 201, description = "The link.", body = LinkShown), (status = 404, description = "There is no such portfolio."), (status = 409, description = "There are too many."))
)]
pub(super) async fn add_link(caller: Caller, body: web::Bytes) -> Answer {
    let WantedLink { portfolio, name, expires_at } =
        read(&body, "a link, such as {\"portfolio\": \"...\", \"name\": \"for Grace\"}")?;
    let (token, link) = caller.tracker.add_share_link(portfolio, &name, expires_at).await?;
    let told = LinkShown { path: Some(format!("/shared/{token}")), ..shown_link(&link) };
    Ok(told_once(&told))
}

/// Revokes a link.
#[utoipa::path(
    delete,
    path = "/api/v1/share-links/{id}",
    params(("id" = Uuid, Path, description = "Its identifier.")),
    responses((status = 204, description = "It leads nowhere any more."))
)]
pub(super) async fn revoke_link(caller: Caller, id: web::Path<String>) -> Answer {
    caller.tracker.revoke_share_link(named(&id, "link")?).await?;
    Ok(gone())
}
