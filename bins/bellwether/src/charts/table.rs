//! The figures of a chart as rows, for those who read rather than look.

use bellwether_texts::Locale;
use rust_decimal::Decimal;
use rust_decimal::prelude::FromPrimitive;
use serde::Serialize;

/// What a chart shows, in rows.
#[derive(Debug, Default, Serialize)]
pub(crate) struct ChartTable {
    /// Names of the columns, the rows' own first.
    pub(crate) head: Vec<String>,
    pub(crate) rows: Vec<ChartRow>,
}

#[derive(Debug, Serialize)]
pub(crate) struct ChartRow {
    pub(crate) name: String,
    pub(crate) cells: Vec<ChartCell>,
}

/// A figure as people read it and as programs do.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct ChartCell {
    shown: String,
    /// Empty where unknown.
    value: String,
    /// An amount, which privacy hides.
    amount: bool,
}

impl ChartCell {
    /// An amount in the currency of the page, or nothing.
    pub(crate) fn amount(locale: Locale, amount: Option<f64>) -> Self {
        let amount = amount.and_then(Decimal::from_f64).map(|amount| amount.round_dp(2));
        Self {
            shown: amount.map(|amount| locale.number(amount, 2)).unwrap_or_default(),
            value: amount.map(|amount| amount.to_string()).unwrap_or_default(),
            amount: true,
        }
    }

    /// A plain number, or nothing.
    pub(crate) fn number(locale: Locale, number: Option<Decimal>) -> Self {
        let number = number.map(|number| number.round_dp(2));
        Self {
            shown: number.map(|number| locale.number(number, 2)).unwrap_or_default(),
            value: number.map(|number| number.to_string()).unwrap_or_default(),
            amount: false,
        }
    }

    /// How many.
    pub(crate) fn count(locale: Locale, count: usize) -> Self {
        Self::number(locale, Some(Decimal::from(count)))
    }

    /// A gain or a loss as a share of one, or nothing.
    pub(crate) fn change(locale: Locale, share: Option<f64>) -> Self {
        Self {
            shown: share.map(|share| locale.percent_change(share)).unwrap_or_default(),
            value: share.map(|share| share.to_string()).unwrap_or_default(),
            amount: false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_unknown_is_empty_and_not_nought() {
        let locale = Locale::english();
        let unknown = [ChartCell::amount(locale, None), ChartCell::change(locale, None)];
        assert!(unknown.iter().all(|cell| cell.shown.is_empty() && cell.value.is_empty()), "{unknown:?}");
        let known = ChartCell::amount(locale, Some(1234.5));
        assert_eq!((known.shown.as_str(), known.value.as_str()), ("1,234.5", "1234.5"));
    }
}
