//! Keys of what is chosen for a draft, for the documentation.
#![expect(dead_code, clippy::zero_sized_map_values, reason = "names the keys in the documentation")]

use std::collections::BTreeMap;

use utoipa::openapi::{ObjectBuilder, OneOf, RefOr, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

use crate::web::api::schema::{KindName, Ticker};

/// What the columns of a file hold.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct MappingTold {
    /// The names of the columns as the file spells them; more than one only of fees and taxes.
    #[schema(required = false)]
    columns: BTreeMap<FieldName, Vec<String>>,
    /// What words in the column of kinds mean; others have their usual meaning.
    #[schema(required = false)]
    kinds: BTreeMap<String, MeaningTold>,
    /// What rows are that name no kind.
    kind: Option<KindName>,
    #[schema(required = false)]
    signs: SignRuleName,
    /// Found out from the file where none is said.
    dates: Option<DateOrderName>,
    /// Found out from the file where none is said.
    decimals: Option<DecimalMarkName>,
}

/// What a column can hold.
#[derive(ToSchema)]
#[schema(rename_all = "kebab-case")]
enum FieldName {
    Date,
    Kind,
    Symbol,
    Quantity,
    Price,
    Amount,
    NetAmount,
    Fee,
    Tax,
    Currency,
    Account,
    Note,
    Ratio,
    OtherSymbol,
}

/// What a word in the column of kinds means.
#[derive(ToSchema)]
#[schema(rename_all = "kebab-case")]
enum MeaningTold {
    Kind(KindName),
    LeaveOut,
}

/// What the signs of numbers say, where no word says what a row is.
#[derive(ToSchema)]
#[schema(rename_all = "kebab-case")]
enum SignRuleName {
    Nothing,
    Quantity,
    Amount,
}

/// The order of day and month.
#[derive(ToSchema)]
#[schema(rename_all = "kebab-case")]
enum DateOrderName {
    MonthFirst,
    DayFirst,
}

/// What stands before the decimals.
#[derive(ToSchema)]
#[schema(rename_all = "kebab-case")]
enum DecimalMarkName {
    Point,
    Comma,
}

/// What becomes of a row: `{"cells": {"2": "2024-03-05"}}`, `{"transaction": {...}}` or `"leave-out"`.
#[derive(ToSchema)]
#[schema(rename_all = "kebab-case")]
pub(super) enum CorrectionTold {
    /// Other texts in some of its cells, by the number of the column from 0.
    Cells(BTreeMap<RowPlace, String>),
    /// This transaction, whatever the row says.
    #[schema(value_type = Object)]
    Transaction(serde_json::Value),
    /// Nothing: the row is left out.
    LeaveOut,
}

macro_rules! or_null {
    ($(#[doc = $words:literal])* $name:ident, $kind:ty) => {
        $(#[doc = $words])*
        pub(super) enum $name {}

        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                let null = ObjectBuilder::new().schema_type(Type::Null);
                Schema::OneOf(OneOf { items: vec![null.into(), <$kind>::schema()], ..OneOf::default() }).into()
            }
        }

        impl ToSchema for $name {}
    };
}

or_null!(
    /// A correction; null takes back the one before.
    CorrectionOrNull, CorrectionTold
);
or_null!(
    /// A symbol; null takes back the one before.
    TickerOrNull, Ticker
);

/// The place of a row or of a cell, from 0.
pub(super) enum RowPlace {}

impl PartialSchema for RowPlace {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new().schema_type(Type::String).pattern(Some("^(0|[1-9][0-9]{0,8})$")).into()
    }
}

impl ToSchema for RowPlace {}
