//! How values are written that JSON has no type for, for the documentation: `#[schema(value_type = Amount)]`.

use utoipa::openapi::schema::{OneOf, Schema, Type};
use utoipa::openapi::{KnownFormat, ObjectBuilder, RefOr, SchemaFormat};
use utoipa::{PartialSchema, ToSchema};

macro_rules! text {
    ($(#[doc = $words:literal])* $name:ident, $pattern:literal, $example:literal) => {
        $(#[doc = $words])*
        #[derive(Debug)]
        pub(in crate::web) enum $name {}

        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                ObjectBuilder::new()
                    .schema_type(Type::String)
                    .pattern(Some($pattern))
                    .description(Some(concat!($($words),*).trim()))
                    .examples([$example])
                    .into()
            }
        }

        impl ToSchema for $name {}
    };
}

text!(
    /// An amount of money, a price or a quantity, with every digit that it has.
    Amount, r"^-?[0-9]{1,20}(\.[0-9]{1,28})?$", "170.12"
);
text!(
    /// The symbol of an instrument as Yahoo spells it.
    Ticker, r"^[\^.=&-]{0,2}[A-Za-z0-9][A-Za-z0-9^.=&-]{0,13}$", "KO"
);
text!(
    /// A currency by its three letters (ISO 4217).
    CurrencyCode, "^[A-Z]{3}$", "USD"
);
text!(
    /// An instant in UTC (RFC 3339).
    Instant, r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})$",
    "2026-11-20T15:00:00Z"
);

/// An amount in a request: a text where every digit counts, or a number.
#[derive(Debug)]
pub(in crate::web) enum AnyAmount {}

impl PartialSchema for AnyAmount {
    fn schema() -> RefOr<Schema> {
        let number = ObjectBuilder::new()
            .schema_type(Type::Number)
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::Double)));
        Schema::OneOf(OneOf { items: vec![Amount::schema(), number.into()], ..OneOf::default() }).into()
    }
}

impl ToSchema for AnyAmount {}

/// How far back a range reaches.
#[derive(ToSchema)]
#[expect(dead_code, reason = "names the ranges in the documentation")]
pub(in crate::web) enum RangeName {
    #[serde(rename = "1D")]
    Day,
    #[serde(rename = "1W")]
    Week,
    #[serde(rename = "1M")]
    Month,
    #[serde(rename = "3M")]
    Quarter,
    #[serde(rename = "YTD")]
    YearToDate,
    #[serde(rename = "1Y")]
    Year,
    #[serde(rename = "3Y")]
    ThreeYears,
    #[serde(rename = "5Y")]
    FiveYears,
    #[serde(rename = "Max")]
    Max,
}
