//! What is chosen otherwise for a draft, and discarding it.

use std::collections::BTreeMap;

use actix_web::web;
use bellwether_domain::{Currency, Symbol};
use bellwether_tracker::{ColumnMapping, Correction, DraftChange, StatementFormat};
use serde::{Deserialize, Deserializer};
use utoipa::ToSchema;

use super::shown::{Import, tag};
use super::told::{CorrectionOrNull, MappingTold, RowPlace, TickerOrNull};
use super::{OneImport, version_for};
use crate::web::api::Answer;
use crate::web::api::answer::gone;
use crate::web::api::body::read;
use crate::web::api::conditions::Conditions;
use crate::web::api::schema::{CurrencyCode, StatementFormatName};
use crate::web::caller::Caller;

/// Tells null from nothing.
#[expect(clippy::option_option, reason = "null takes a choice back, nothing leaves it")]
fn told<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

/// What is to be chosen otherwise. What is left out stays; null takes a choice back.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(clippy::option_option, reason = "null takes a choice back, nothing leaves it")]
struct Change {
    /// The currency of rows that name none.
    #[serde(default, deserialize_with = "told")]
    #[schema(value_type = Option<CurrencyCode>)]
    currency: Option<Option<Currency>>,
    /// The form of the file.
    #[serde(default, deserialize_with = "told")]
    #[schema(value_type = Option<StatementFormatName>)]
    format: Option<Option<StatementFormat>>,
    /// What the columns hold.
    #[serde(default, deserialize_with = "told")]
    #[schema(value_type = Option<MappingTold>)]
    mapping: Option<Option<ColumnMapping>>,
    /// Whether to use the mapping for later files with these columns too.
    #[serde(default)]
    remember: bool,
    /// Corrections by the place of the row.
    #[serde(default)]
    #[schema(value_type = BTreeMap<RowPlace, CorrectionOrNull>)]
    corrections: BTreeMap<usize, Option<Correction>>,
    /// Symbols by what the file calls the instruments.
    #[serde(default)]
    #[schema(value_type = BTreeMap<String, TickerOrNull>)]
    symbols: BTreeMap<String, Option<Symbol>>,
}

/// Chooses otherwise for a draft: mapping, corrections of rows, symbols.
#[utoipa::path(
    patch,
    path = "/api/v1/portfolios/{portfolio}/imports/{import}",
    params(("portfolio" = uuid::Uuid, Path), ("import" = uuid::Uuid, Path)),
    request_body = Change,
    responses(
        (status = 200, description = "The draft as it is now.", body = Import),
        (status = 409, description = "It was changed at the same time."),
        (status = 412, description = "It is no longer what If-Match says."),
    )
)]
pub(super) async fn change(
    caller: Caller,
    path: OneImport,
    conditions: Conditions,
    body: web::Bytes,
) -> Answer {
    let (portfolio, id) = path.into_inner();
    let Change { currency, format, mapping, remember, corrections, symbols } =
        read(&body, "choices, such as {\"symbols\": {\"US0378331005\": \"AAPL\"}}")?;
    let expected = version_for(&conditions, &caller.tracker, portfolio, id).await?;
    let change = DraftChange { currency, format, mapping, remember, corrections, symbols };
    let draft = caller.tracker.change_draft(portfolio, id, expected, change).await?;
    let import = Import::of_draft_in_full(&caller.tracker, draft).await?;
    Ok(Conditions::default().answer(&tag(&import)?, &import))
}

/// Discards a draft with its file.
#[utoipa::path(
    delete,
    path = "/api/v1/portfolios/{portfolio}/imports/{import}",
    params(("portfolio" = uuid::Uuid, Path), ("import" = uuid::Uuid, Path)),
    responses(
        (status = 204, description = "It is gone."),
        (status = 409, description = "It was changed at the same time."),
        (status = 412, description = "It is no longer what If-Match says."),
    )
)]
pub(super) async fn discard(caller: Caller, path: OneImport, conditions: Conditions) -> Answer {
    let (portfolio, id) = path.into_inner();
    let expected = version_for(&conditions, &caller.tracker, portfolio, id).await?;
    caller.tracker.discard_draft(portfolio, id, expected).await?;
    Ok(gone())
}
