//! The names of the figures of decisions, and where they are found.

use bellwether_domain::Currency;

use super::super::figure_name::{
    AgeGroupFigure, DecisionsFigure, MultipleFigure, PurchaseFigure, SaleEffectFigure,
};
use super::super::{Label, Number, Operation, Unit, fraction, money};
use crate::decisions::HoldingMultiple;
use crate::{Figure, PurchaseEffect, SaleEffect};

pub(super) fn against(base: Currency) -> Label {
    money(base, "Effect against the benchmark", "own - the same money in the benchmark")
}

impl PurchaseFigure {
    pub(super) fn label(self, base: Currency) -> Label {
        let of = |figure, formula| money(base, figure, formula);
        match self {
            Self::Cost => of("Cost of the purchase", "with fee and tax"),
            Self::Value => of("Value of what is left of it", "shares left x price x exchange rate"),
            Self::Proceeds => of("Proceeds of what was sold of it", "sum over the sales and transfers"),
            Self::Dividends => of("Dividends of the purchase", "shares x dividends per share while held"),
            Self::Effect => of("Effect of the purchase", "value + proceeds + dividends - cost"),
            Self::Multiple => Label::new("Multiple of the cost", "(value + proceeds) / cost", Unit::Number),
        }
    }

    pub(super) fn of(self, effect: &PurchaseEffect) -> Figure<Number> {
        let exact = match self {
            Self::Cost => &effect.cost,
            Self::Value => &effect.value,
            Self::Proceeds => &effect.proceeds,
            Self::Dividends => &effect.dividends,
            Self::Effect => &effect.effect,
            Self::Multiple => return effect.multiple().map(Number::Float),
        };
        exact.clone().map(Number::Exact)
    }
}

impl SaleEffectFigure {
    pub(super) fn label(self, base: Currency) -> Label {
        let of = |figure, formula| money(base, figure, formula);
        match self {
            Self::Proceeds => of("Proceeds of the sale", "after fee and tax"),
            Self::KeptValue => of("Value had they been kept", "shares x price x exchange rate"),
            Self::DividendsMissed => of("Dividends missed", "shares x dividends per share since"),
            Self::Effect => {
                of("Effect of the sale", "proceeds - value had they been kept - dividends missed")
            }
        }
    }

    pub(super) fn of(self, effect: &SaleEffect) -> Figure<Number> {
        let exact = match self {
            Self::Proceeds => &effect.proceeds,
            Self::KeptValue => &effect.kept_value,
            Self::DividendsMissed => &effect.dividends_missed,
            Self::Effect => &effect.effect,
        };
        exact.clone().map(Number::Exact)
    }
}

impl DecisionsFigure {
    pub(super) fn label(self, base: Currency) -> Label {
        match self {
            Self::Purchases => money(base, "Effect of all purchases", "sum over the purchases"),
            Self::Sales => money(base, "Effect of all sales", "sum over the sales"),
        }
    }
}

impl MultipleFigure {
    pub(super) fn label(self, base: Currency) -> Label {
        match self {
            Self::Cost => money(base, "Cost of all that was bought", "sum over what was ever bought"),
            Self::Returned => money(base, "Value and proceeds", "market value + proceeds"),
            Self::Multiple => {
                Label::new("Multiple of the cost", "(market value + proceeds) / cost", Unit::Number)
            }
        }
    }

    pub(super) fn of(self, holding: &HoldingMultiple) -> Figure<Number> {
        match self {
            Self::Cost => holding.cost.clone().map(Number::Exact),
            Self::Returned => holding.returned.clone().map(Number::Exact),
            Self::Multiple => holding.multiple.clone().map(Number::Float),
        }
    }
}

impl AgeGroupFigure {
    pub(super) fn label(self) -> Label {
        match self {
            Self::Share => fraction("Better than the benchmark", "better purchases / purchases"),
            Self::ShareOfMoney => {
                fraction("Money better than in the benchmark", "cost of better purchases / cost of purchases")
            }
        }
    }

    pub(super) fn operation(self) -> Operation {
        match self {
            Self::Share => Operation::ShareAhead,
            Self::ShareOfMoney => Operation::ShareOfMoneyAhead,
        }
    }
}
