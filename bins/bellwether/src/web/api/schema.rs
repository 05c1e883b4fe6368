//! How values are written that JSON has no type for, for the documentation: `#[schema(value_type = Amount)]`.

use bellwether_domain::{CostMethod, DividendPolicy, TransactionKind};
use bellwether_tracker::{RowStatus, StatementFormat};
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
    Ticker, r"^[\^.=&-]{0,3}[A-Za-z0-9][A-Za-z0-9^.=&-]{0,20}$", "KO"
);
text!(
    /// The symbol of an instrument as Yahoo spells it, or of an index of your own: `=` and its identifier.
    Benchmark, r"^([\^.=&-]{0,3}[A-Za-z0-9][A-Za-z0-9^.=&-]{0,20}|=[0-9A-Fa-f]{32})$", "VOO"
);
text!(
    /// The symbol of an instrument as Yahoo spells it, or `=` and the name or identifier of an index of your own.
    NamedBenchmark, r"^([\^.&-]{0,3}[A-Za-z0-9][A-Za-z0-9^.=&-]{0,20}|=[^\x00-\x1f\x7f-\x9f]{1,100})$", "VOO"
);
text!(
    /// What somebody calls something.
    Name, r"^[^\s\x00-\x1f\x7f-\x9f]([^\x00-\x1f\x7f-\x9f]{0,98}[^\s\x00-\x1f\x7f-\x9f])?$", "Main"
);
text!(
    /// What somebody calls a token or a link.
    Label, r"^[^\s\x00-\x1f\x7f-\x9f]([^\x00-\x1f\x7f-\x9f]{0,78}[^\s\x00-\x1f\x7f-\x9f])?$", "backup"
);
text!(
    /// A name to sign in with.
    UserName, r"^[^\s@\x00-\x1f\x7f-\x9f]([^@\x00-\x1f\x7f-\x9f]{0,78}[^\s@\x00-\x1f\x7f-\x9f])?$", "grace"
);
text!(
    /// When weights are restored: `never`, `daily`, `monthly`, `quarterly`, `yearly`, or `drift:0.05` for a limit of five
    /// percentage points.
    RebalancingRule, r"^(never|daily|monthly|quarterly|yearly|drift:0\.0{0,20}[1-9][0-9]{0,6})$", "quarterly"
);
text!(
    /// New to old shares.
    Ratio, r"^[1-9][0-9]{0,8}(\.[0-9]{1,9})?:[1-9][0-9]{0,8}(\.[0-9]{1,9})?$", "4:1"
);
text!(
    /// How far a range reaches back, or the day at whose close it begins.
    RangeName, r"^(1[DWMY]|3M|YTD|[35]Y|Max|20[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8]))$", "1Y"
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

fn number() -> ObjectBuilder {
    ObjectBuilder::new()
        .schema_type(Type::Number)
        .format(Some(SchemaFormat::KnownFormat(KnownFormat::Double)))
}

fn text_or(text: RefOr<Schema>, number: ObjectBuilder) -> RefOr<Schema> {
    Schema::OneOf(OneOf { items: vec![text, number.into()], ..OneOf::default() }).into()
}

/// An amount in a request: a text where every digit counts, or a number.
#[derive(Debug)]
pub(in crate::web) enum AnyAmount {}

impl PartialSchema for AnyAmount {
    fn schema() -> RefOr<Schema> {
        text_or(Amount::schema(), number())
    }
}

impl ToSchema for AnyAmount {}

text!(
    /// A part of the whole, with every digit that it has; 0.6 is 60 %.
    Part, r"^(0(\.[0-9]{1,18})?|1(\.0{1,18})?)$", "0.6"
);
text!(
    /// Per cent of the whole, with every digit that it has.
    Percentage, r"^([0-9]{1,2}(\.[0-9]{1,16})?|100(\.0{1,16})?)$", "12.5"
);

/// A part of the whole in a request: a text where every digit counts, or a number.
#[derive(Debug)]
pub(in crate::web) enum AnyPart {}

impl PartialSchema for AnyPart {
    fn schema() -> RefOr<Schema> {
        text_or(Part::schema(), number().minimum(Some(0)).maximum(Some(1)))
    }
}

impl ToSchema for AnyPart {}

/// Per cent of the whole in a request: a text where every digit counts, or a number.
#[derive(Debug)]
pub(in crate::web) enum AnyPercentage {}

impl PartialSchema for AnyPercentage {
    fn schema() -> RefOr<Schema> {
        text_or(Percentage::schema(), number().minimum(Some(0)).maximum(Some(100)))
    }
}

impl ToSchema for AnyPercentage {}

macro_rules! words {
    ($(#[doc = $words:literal])* $name:ident, $all:expr) => {
        $(#[doc = $words])*
        #[derive(Debug)]
        pub(in crate::web) enum $name {}

        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                ObjectBuilder::new()
                    .schema_type(Type::String)
                    .enum_values(Some($all))
                    .description(Some(concat!($($words),*).trim()))
                    .into()
            }
        }

        impl ToSchema for $name {}
    };
}

words!(
    /// A kind of transaction.
    KindName, TransactionKind::ALL.map(TransactionKind::as_str)
);
words!(
    /// How the cost of sold shares is found.
    CostMethodName, CostMethod::ALL.map(CostMethod::as_str)
);
words!(
    /// Whether dividends are counted that the ledger does not have.
    DividendPolicyName, [DividendPolicy::Infer, DividendPolicy::RecordedOnly].map(DividendPolicy::as_str)
);
words!(
    /// A form of files.
    StatementFormatName, StatementFormat::ALL.map(StatementFormat::as_str)
);
words!(
    /// What would become of a row.
    RowStatusName, RowStatus::ALL.map(RowStatus::as_str)
);
