//! What is remembered of columns.

use actix_web::web;
use bellwether_tracker::{ColumnMapping, Mapping};
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use crate::web::api::Answer;
use crate::web::api::answer::{fresh, gone};
use crate::web::api::paging::{Page, PageQuery, Paging};
use crate::web::caller::Caller;

/// A mapping that is remembered.
#[derive(Serialize, ToSchema)]
pub(in crate::web) struct MappingShown {
    key: String,
    header: Vec<String>,
    #[schema(value_type = Object)]
    mapping: ColumnMapping,
    created_at: DateTime<Utc>,
    used_at: DateTime<Utc>,
}

impl From<Mapping> for MappingShown {
    fn from(mapping: Mapping) -> Self {
        let Mapping { key, header, mapping, created_at, used_at } = mapping;
        Self { key, header, mapping, created_at, used_at }
    }
}

/// The mappings that are remembered, the one that was used last first.
#[utoipa::path(
    get,
    path = "/api/v1/import-mappings",
    params(PageQuery<usize>),
    responses((status = 200, description = "A page of them.", body = Page<MappingShown>))
)]
pub(super) async fn mappings(caller: Caller, paging: Paging) -> Answer {
    let from: usize = paging.after()?.unwrap_or(0);
    let all = caller.tracker.import_mappings().await?;
    let numbered: Vec<(usize, Mapping)> =
        all.into_iter().enumerate().skip(from).take(paging.limit + 1).collect();
    Ok(fresh(&paging.page(numbered, |(place, _)| place + 1).map(|(_, mapping)| MappingShown::from(mapping))))
}

/// Forgets a mapping: files with those columns are asked about again.
#[utoipa::path(
    delete,
    path = "/api/v1/import-mappings/{key}",
    params(("key" = String, Path)),
    responses((status = 204, description = "It is forgotten."))
)]
pub(super) async fn forget_mapping(caller: Caller, key: web::Path<String>) -> Answer {
    caller.tracker.forget_import_mapping(&key).await?;
    Ok(gone())
}
