//! A figure as JSON, for the documentation: the tracker's `FigureShown` writes it.

use utoipa::ToSchema;

/// A figure, or why there is none.
#[derive(ToSchema)]
#[schema(as = Figure)]
#[expect(dead_code, reason = "stands for the tracker's type in the documentation")]
pub(super) struct FigureTold {
    /// Every digit of it: amounts exactly, rates as fractions (0.1 is 10 %). Null where it is not known.
    value: Option<String>,
    /// What it is counted in: a currency, `shares`, a currency for each share as `USD/share`, one currency for another
    /// as `USD/EUR`, `fraction` or `number`.
    unit: String,
    /// Why it is not known.
    #[schema(required = false)]
    reason: Option<String>,
    /// Its name, by which its derivation is asked for, where it has one.
    #[schema(required = false)]
    figure: Option<String>,
}
