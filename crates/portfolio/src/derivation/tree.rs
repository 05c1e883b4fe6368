//! What a derivation consists of.

use std::borrow::Cow;

use bellwether_domain::{Currency, PriceSourceName, Symbol, TransactionId};
use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::Operation;
use super::operation::Made;
use crate::exact::Exact;
use crate::{DailySeries, Figure, PriceOrigin, Reason};

/// How a figure came about: a tree down to the transactions, prices and rates that it rests on.
///
/// What several figures of the tree use is in it once. The nodes are in an order in which every node comes after its
/// operands; the last is the figure itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Vec<Node>", into = "Vec<Node>")]
pub struct Derivation {
    nodes: Vec<Node>,
}

/// One figure of a derivation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Node {
    /// The standard term: "Cost basis".
    pub figure: Cow<'static, str>,
    /// What it is a figure of; `None` for the portfolio.
    pub of: Option<About>,
    /// The formula in words: "quantity x price + fee + tax"; empty for what is not computed.
    pub formula: Cow<'static, str>,
    /// The figure, or why there is none.
    pub value: Figure<Number>,
    /// What it is counted in.
    pub unit: Unit,
    /// Where it comes from.
    pub working: Working,
}

/// What a figure is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum About {
    /// A holding or benchmark.
    Instrument(Symbol),
    /// Cash of a currency.
    Cash(Currency),
    /// A transaction, or the lot that it opened.
    Transaction {
        /// The transaction.
        id: TransactionId,
        /// Its day.
        date: NaiveDate,
    },
    /// A day.
    Day(NaiveDate),
}

/// A number as it is computed: amounts exactly, rates in binary.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Number {
    /// An amount, quantity, price or exchange rate.
    Exact(Decimal),
    /// A rate of return or another figure in binary. As text, so that every reader gets the same bits.
    Float(#[serde(with = "float_as_text")] f64),
}

impl Source {
    pub(super) fn series(&self) -> Option<DailySeries> {
        match self {
            Self::Series { from, numbers, .. } => {
                Some(DailySeries { first_day: *from, values: numbers.clone() })
            }
            _ => None,
        }
    }
}

impl Number {
    /// The number in binary: the nearest to an exact one.
    pub fn float(self) -> f64 {
        match self {
            Self::Exact(number) => number.float(),
            Self::Float(number) => number,
        }
    }

    /// The exact number; `None` for one in binary.
    pub fn exact(self) -> Option<Decimal> {
        match self {
            Self::Exact(number) => Some(number),
            Self::Float(_) => None,
        }
    }
}

/// What a figure is counted in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Unit {
    /// Money of a currency.
    Money(Currency),
    /// Shares.
    Shares,
    /// Money of a currency for each share.
    PerShare(Currency),
    /// Units of `to` for one of `from`.
    ExchangeRate {
        /// The currency that is exchanged.
        from: Currency,
        /// The currency that it is wanted in.
        to: Currency,
    },
    /// A fraction: 0.1 is 10 %.
    Fraction,
    /// A plain number, such as the side of a split's ratio or the growth of 1.
    Number,
}

/// Where a figure comes from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Working {
    /// It is not computed, but recorded or quoted.
    Given(Source),
    /// It is computed from others.
    Computed {
        /// How.
        operation: Operation,
        /// Places of the operands among the nodes.
        operands: Vec<usize>,
    },
    /// It is computed, but deeper than was asked for.
    Folded,
}

/// What a derivation ends in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Source {
    /// A field of a transaction.
    Transaction {
        /// The transaction.
        id: TransactionId,
        /// Its day.
        date: NaiveDate,
        /// Which of its fields.
        field: Field,
    },
    /// A price.
    Price {
        /// Whose.
        symbol: Symbol,
        /// The day it is of.
        day: NaiveDate,
        /// Close, quote or booked price.
        origin: PriceOrigin,
        /// Who said so, where that is known.
        source: Option<PriceSourceName>,
        /// The market's time of a quote.
        as_of: Option<DateTime<Utc>>,
    },
    /// A currency rate.
    ExchangeRate {
        /// The currency that is exchanged.
        from: Currency,
        /// The currency that it is wanted in.
        to: Currency,
        /// The day it is used for.
        on: NaiveDate,
        /// The day it was quoted.
        quoted: NaiveDate,
    },
    /// A known dividend per share.
    Dividend {
        /// Who pays.
        symbol: Symbol,
        /// The first day without the right to it.
        ex_date: NaiveDate,
    },
    /// One side of a split's ratio.
    Split {
        /// Whose.
        symbol: Symbol,
        /// The first day in new units.
        ex_date: NaiveDate,
    },
    /// A day of a daily series; ask for the figure of that day to see how it came about.
    Daily {
        /// Which series.
        column: Column,
        /// The day.
        day: NaiveDate,
    },
    /// A daily series, whose last number the value is; ask for the figure of a day to see how it came about.
    Series {
        /// Which series.
        column: Column,
        /// The day of the first number.
        from: NaiveDate,
        /// One number a day. As text, so that every reader gets the same bits.
        #[serde(with = "floats_as_text")]
        numbers: Vec<f64>,
    },
    /// As the replay of the ledger counted it, such as the shares that a sale takes from a lot.
    Ledger,
    /// A number that is always the same.
    Constant,
    /// Nothing: the value says why it is not known.
    Unknown,
}

/// The columns of a daily series.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Column {
    /// Value at the close.
    Value,
    /// What was held at the close before, at the day's prices.
    Held,
    /// Net external flow.
    Flow,
    /// A benchmark's growth with dividends reinvested.
    Benchmark(Symbol),
    /// Shares of a benchmark that one of its first day has become, by splits and dividends reinvested.
    SharesOf(Symbol),
    /// Units of a component in one unit of an index of one's own, dividends reinvested, as they were last rebalanced.
    UnitsIn {
        /// The index.
        index: Symbol,
        /// The component.
        of: Symbol,
    },
}

/// The fields of a transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Field {
    /// Number of shares.
    Quantity,
    /// Price per share.
    Price,
    /// Fee.
    Fee,
    /// Tax.
    Tax,
    /// Gross amount.
    Gross,
    /// Amount.
    Amount,
    /// Cost per share of shares transferred in.
    UnitCost,
    /// The booked exchange rate.
    ExchangeRate,
    /// Cash of a merger for each share.
    CashPerShare,
    /// Cash for the fractions of shares.
    CashInLieu,
    /// The part of the cost that a spin-off or merger moves.
    CostShare,
}

/// A list of nodes is no derivation.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidDerivation {
    /// There is no figure in it.
    #[error("a derivation needs a figure")]
    Empty,
    /// A node stands before one of its operands.
    #[error("node {0} stands before one of its operands")]
    Order(usize),
}

impl TryFrom<Vec<Node>> for Derivation {
    type Error = InvalidDerivation;

    fn try_from(nodes: Vec<Node>) -> Result<Self, InvalidDerivation> {
        if nodes.is_empty() {
            return Err(InvalidDerivation::Empty);
        }
        let is_misplaced = |(at, node): (usize, &Node)| node.operands().iter().any(|operand| *operand >= at);
        match nodes.iter().enumerate().position(is_misplaced) {
            Some(at) => Err(InvalidDerivation::Order(at)),
            None => Ok(Self { nodes }),
        }
    }
}

impl From<Derivation> for Vec<Node> {
    fn from(derivation: Derivation) -> Self {
        derivation.nodes
    }
}

impl Node {
    /// Places of its operands among the derivation's nodes; none for what is not computed.
    pub fn operands(&self) -> &[usize] {
        match &self.working {
            Working::Computed { operands, .. } => operands,
            Working::Given(_) | Working::Folded => &[],
        }
    }

    /// The value again from those of the operands; its own where it is not computed.
    fn evaluated(&self, known: &[Made]) -> Made {
        match &self.working {
            Working::Computed { operation, operands } => {
                let operands = operands.iter().filter_map(|operand| known.get(*operand));
                operation.apply(&operands.map(Made::as_operand).collect::<Vec<_>>())
            }
            Working::Given(source) => Made { value: self.value.clone(), series: source.series() },
            Working::Folded => Made { value: self.value.clone(), series: None },
        }
    }

    fn makes_series(&self) -> bool {
        matches!(&self.working, Working::Computed { operation, .. } if operation.makes_series())
    }
}

impl Derivation {
    /// All nodes that `root` rests on, from a list in which operands come first.
    pub(super) fn of(nodes: &[Node], root: usize) -> Self {
        Self::kept(nodes, root, usize::MAX)
    }

    /// All nodes: operands before what is made of them, the figure last.
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// The figure itself.
    ///
    /// # Panics
    /// Never: no derivation is empty.
    pub fn root(&self) -> &Node {
        self.nodes.last().expect("a derivation has at least its figure")
    }

    /// The figure's value.
    pub fn value(&self) -> &Figure<Number> {
        &self.root().value
    }

    /// The figure worked out again from what the derivation ends in, by the operations that it names. It is exactly
    /// the figure: the same decimal, the same bits.
    ///
    /// # Errors
    /// The reason why the figure is unknown.
    pub fn evaluate(&self) -> Figure<Number> {
        let mut known: Vec<Made> = Vec::with_capacity(self.nodes.len());
        for node in &self.nodes {
            let made = node.evaluated(&known);
            known.push(made);
        }
        known.pop().map_or(Err(Reason::OutOfRange), |made| made.value)
    }

    /// The derivation down to so many steps below the figure; 0 leaves the figure alone. What lies deeper is
    /// [`Working::Folded`]; series are never folded, because what is made of them needs them whole.
    #[must_use]
    pub fn to_depth(&self, depth: usize) -> Self {
        Self::kept(&self.nodes, self.nodes.len() - 1, depth)
    }

    /// What a node of this derivation rests on, as a derivation of its own; `None` when there is no such node.
    pub fn below(&self, node: usize) -> Option<Self> {
        (node < self.nodes.len()).then(|| Self::kept(&self.nodes, node, usize::MAX))
    }

    fn kept(nodes: &[Node], root: usize, depth: usize) -> Self {
        // A node counts at the least depth at which anything uses it. Users come after operands, so that one pass
        // from the end knows each depth before the operands need it.
        let mut depths = vec![usize::MAX; root + 1];
        depths[root] = 0;
        for at in (0..=root).rev() {
            let below = depths[at].saturating_add(1);
            if depths[at] == usize::MAX || (below > depth && !nodes[at].makes_series()) {
                continue;
            }
            for operand in nodes[at].operands() {
                depths[*operand] = depths[*operand].min(below);
            }
        }
        let mut places = vec![0; root + 1];
        let mut kept = Vec::new();
        for (at, node) in nodes.iter().enumerate().take(root + 1) {
            if depths[at] == usize::MAX {
                continue;
            }
            places[at] = kept.len();
            let mut node = node.clone();
            if let Working::Computed { operation, operands } = &mut node.working {
                if depths[at] >= depth && !operation.makes_series() {
                    node.working = Working::Folded;
                } else {
                    for operand in operands {
                        *operand = places[*operand];
                    }
                }
            }
            kept.push(node);
        }
        Self { nodes: kept }
    }
}

/// Binary numbers as the shortest text that names them: a reader of JSON numbers may take a neighbour.
mod float_as_text {
    use serde::{Deserialize, Deserializer, Serializer, de};

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
    pub(super) fn serialize<S: Serializer>(number: &f64, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{number:?}"))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
        let text = String::deserialize(deserializer)?;
        let number: f64 = text.parse().map_err(de::Error::custom)?;
        if number.is_finite() { Ok(number) } else { Err(de::Error::custom("no figure is infinite")) }
    }
}

/// Many of them, with a space in between.
mod floats_as_text {
    use serde::{Deserialize, Deserializer, Serializer, de};

    pub(super) fn serialize<S: Serializer>(numbers: &[f64], serializer: S) -> Result<S::Ok, S::Error> {
        let texts: Vec<_> = numbers.iter().map(|number| format!("{number:?}")).collect();
        serializer.serialize_str(&texts.join(" "))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<f64>, D::Error> {
        let text = String::deserialize(deserializer)?;
        let number = |text: &str| match text.parse::<f64>() {
            Ok(number) if number.is_finite() => Ok(number),
            Ok(_) => Err(de::Error::custom("no figure is infinite")),
            Err(error) => Err(de::Error::custom(error)),
        };
        text.split_whitespace().map(number).collect()
    }
}
