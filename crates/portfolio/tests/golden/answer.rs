//! What the library answers.

use bellwether_portfolio::{Figure, Reason};

/// A figure that the library gave.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Answer {
    Number(f64),
    List(Vec<f64>),
    Text(String),
    /// A solution of an equation that may have several.
    Root {
        rate: f64,
        ambiguous: bool,
    },
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Trouble {
    /// The library says that there is no such figure, and why.
    Undefined(String),
    /// By a convention that the library does not offer.
    NotOffered(String),
    /// The case or its figure is not understood, or the ledger was refused.
    Broken(String),
}

pub(crate) type Answered = Result<Answer, Trouble>;

impl From<Reason> for Trouble {
    fn from(reason: Reason) -> Self {
        Self::Undefined(reason.to_string())
    }
}

impl From<String> for Trouble {
    fn from(trouble: String) -> Self {
        Self::Broken(trouble)
    }
}

impl From<&str> for Trouble {
    fn from(trouble: &str) -> Self {
        Self::Broken(trouble.to_owned())
    }
}

/// A figure of the library as an answer.
pub(crate) fn number(figure: Figure<f64>) -> Answered {
    Ok(Answer::Number(figure?))
}

/// An amount of the library as an answer.
pub(crate) fn amount(figure: Figure<rust_decimal::Decimal>) -> Answered {
    Ok(Answer::Number(float(figure?)))
}

pub(crate) fn float(amount: rust_decimal::Decimal) -> f64 {
    bellwether_domain::price_of_decimal(amount)
}
