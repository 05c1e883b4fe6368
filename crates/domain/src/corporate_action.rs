//! What a company does to its shares: splits and cash dividends.

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::{Currency, Symbol};

/// `new` shares for `old` ones: 2:1 doubles a holding, 1:10 is a reverse split.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "ToldRatio")]
pub struct SplitRatio {
    /// Shares after.
    pub new: Decimal,
    /// Shares before.
    pub old: Decimal,
}

/// A ratio as a text has it, which may be none.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ToldRatio {
    new: Decimal,
    old: Decimal,
}

impl TryFrom<ToldRatio> for SplitRatio {
    type Error = &'static str;

    fn try_from(told: ToldRatio) -> Result<Self, Self::Error> {
        Self::new(told.new, told.old).ok_or("a ratio of new to old shares is of two positive numbers")
    }
}

impl SplitRatio {
    /// A ratio of two positive numbers; `None` when one is not.
    pub fn new(new: Decimal, old: Decimal) -> Option<Self> {
        (new > Decimal::ZERO && old > Decimal::ZERO)
            .then(|| Self { new: new.normalize(), old: old.normalize() })
    }

    /// A quantity after the split, unrounded.
    pub fn apply(self, quantity: Decimal) -> Decimal {
        quantity * self.new / self.old
    }

    /// `new / old`.
    pub fn factor(self) -> Decimal {
        self.new / self.old
    }
}

/// A split, effective before trading on its ex-date.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Split {
    /// First day in new units.
    pub ex_date: NaiveDate,
    /// The ratio.
    pub ratio: SplitRatio,
}

/// A cash dividend per share; who held at the close before the ex-date receives it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct CashDividend {
    /// First day without the right to it.
    pub ex_date: NaiveDate,
    /// Per share, before tax, in the units that the source's basis says.
    pub amount: Decimal,
    /// Currency of payment; the listing's when `None`.
    pub currency: Option<Currency>,
}

/// What an action does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ActionKind {
    /// A split or reverse split.
    Split(SplitRatio),
    /// A cash dividend, per share.
    CashDividend {
        /// Per share, before tax.
        amount: Decimal,
        /// Currency of payment; the listing's when `None`.
        currency: Option<Currency>,
    },
    /// A fund's capital gain paid out, per share.
    CapitalGain {
        /// Per share, before tax.
        amount: Decimal,
    },
}

/// A corporate action of one symbol as a source reports it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct CorporateAction {
    /// Whose action it is.
    pub symbol: Symbol,
    /// First day on which the share trades without it.
    pub ex_date: NaiveDate,
    /// What happens.
    pub kind: ActionKind,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ratio_is_of_positive_numbers() {
        assert!(SplitRatio::new(Decimal::ZERO, Decimal::ONE).is_none());
        assert!(SplitRatio::new(Decimal::ONE, Decimal::NEGATIVE_ONE).is_none());
        for told in [r#"{"new":"1","old":"0"}"#, r#"{"new":"-1","old":"1"}"#, r#"{"new":"1"}"#] {
            assert!(serde_json::from_str::<SplitRatio>(told).is_err(), "{told}");
        }
        let told: SplitRatio = serde_json::from_str(r#"{"new":"2.0","old":"1"}"#).expect("a ratio");
        assert_eq!(Some(told), SplitRatio::new(Decimal::TWO, Decimal::ONE));
    }

    #[test]
    fn three_for_two_is_exact_where_it_can_be() {
        let ratio = SplitRatio::new(Decimal::from(3), Decimal::from(2)).expect("a ratio");
        assert_eq!(ratio.apply(Decimal::from(10)), Decimal::from(15));
    }
}
