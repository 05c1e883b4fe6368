//! A bounded part of a derivation, as a tree.

use std::borrow::Cow;
use std::collections::VecDeque;

use bellwether_domain::PriceSourceName;
use bellwether_portfolio::derivation::{About, Column, Node, Number, Source, Unit, Working};
use bellwether_portfolio::{Derivation, Figure, FigureName};
use chrono::{DateTime, Days, NaiveDate, Utc};

use super::DerivationPart;

/// So many nodes at most, whatever is asked for.
const MOST_NODES: usize = 500;

/// A figure, and what it was made of.
#[derive(Debug, Clone, PartialEq)]
pub struct NodeShown {
    /// The way down to it from the figure that was asked for, by the places of operands.
    pub path: Vec<usize>,
    /// The standard term.
    pub figure: Cow<'static, str>,
    /// What it is a figure of; `None` for the portfolio.
    pub of: Option<About>,
    /// The formula in words; empty for what is not computed.
    pub formula: Cow<'static, str>,
    /// The figure, or why there is none.
    pub value: Figure<Number>,
    /// What it is counted in.
    pub unit: Unit,
    /// Where it comes from, where it is not computed.
    pub source: Option<SourceShown>,
    /// How many operands it has.
    pub operand_count: usize,
    /// The place of the first one that is shown.
    pub first_operand: usize,
    /// Those that are shown: none where it lies as deep as was asked for.
    pub operands: Vec<NodeShown>,
}

/// What a derivation ends in, and since when it is known.
#[derive(Debug, Clone, PartialEq)]
pub struct SourceShown {
    /// What it is. The numbers of a series are left out.
    pub source: Source,
    /// The last day of a series.
    pub last_day: Option<NaiveDate>,
    /// Who told a price.
    pub told_by: Option<PriceSourceName>,
    /// When a price or an exchange rate was fetched, where that was kept.
    pub fetched_at: Option<DateTime<Utc>>,
    /// The figure that tells more of it: the value of a day.
    pub figure: Option<FigureName>,
}

/// A node on its way into the tree.
struct Wanted {
    place: usize,
    path: Vec<usize>,
    /// Its operand's place among those that were taken before; `None` for the first.
    parent: Option<usize>,
    depth: usize,
}

impl NodeShown {
    /// A part of a derivation; `None` when the way leads nowhere.
    pub(super) fn of(derivation: &Derivation, part: &DerivationPart) -> Option<Self> {
        let nodes = derivation.nodes();
        let mut place = nodes.len().checked_sub(1)?;
        for step in &part.under {
            place = *nodes.get(place)?.operands().get(*step)?;
        }
        let path = part.under.clone();
        let mut waiting = VecDeque::from([Wanted { place, path, parent: None, depth: 0 }]);
        // Breadth first, so that where there are too many the deepest are left out.
        let mut taken: Vec<(Option<usize>, Self)> = Vec::new();
        while let Some(Wanted { place, path, parent, depth }) = waiting.pop_front() {
            let node = nodes.get(place)?;
            let first = if parent.is_none() { part.first } else { 0 };
            if depth < part.depth {
                let operands = node.operands().iter().enumerate().skip(first).take(part.most);
                for (at, operand) in operands {
                    if taken.len() + waiting.len() + 1 >= MOST_NODES {
                        break;
                    }
                    let path = path.iter().copied().chain([at]).collect();
                    waiting.push_back(Wanted {
                        place: *operand,
                        path,
                        parent: Some(taken.len()),
                        depth: depth + 1,
                    });
                }
            }
            taken.push((parent, Self::alone(node, path, first)));
        }
        // Operands stand behind what is made of them.
        while let Some((parent, mut node)) = taken.pop() {
            node.operands.reverse();
            match parent.and_then(|parent| taken.get_mut(parent)) {
                Some((_, parent)) => parent.operands.push(node),
                None => return Some(node),
            }
        }
        None
    }

    fn alone(node: &Node, path: Vec<usize>, first_operand: usize) -> Self {
        let source = match &node.working {
            Working::Given(source) => Some(SourceShown::of(source, node.of.as_ref())),
            Working::Computed { .. } | Working::Folded => None,
        };
        Self {
            path,
            figure: node.figure.clone(),
            of: node.of.clone(),
            formula: node.formula.clone(),
            value: node.value.clone(),
            unit: node.unit,
            source,
            operand_count: node.operands().len(),
            first_operand,
            operands: Vec::new(),
        }
    }

    /// It and all that is shown below it.
    pub(super) fn each(&mut self, tell: &mut impl FnMut(&mut SourceShown)) {
        if let Some(source) = &mut self.source {
            tell(source);
        }
        for operand in &mut self.operands {
            operand.each(tell);
        }
    }
}

impl SourceShown {
    fn of(source: &Source, about: Option<&About>) -> Self {
        let of = match about {
            Some(About::Instrument(symbol)) => Some(symbol.clone()),
            _ => None,
        };
        let value_on = |column: &Column, day: NaiveDate| {
            (*column == Column::Value).then_some(FigureName::ValueOn { of, day })
        };
        let (source, last_day, figure) = match source {
            Source::Series { column, from, numbers } => {
                let days = Days::new(u64::try_from(numbers.len().saturating_sub(1)).unwrap_or(0));
                let last = from.checked_add_days(days);
                let alone = Source::Series { column: column.clone(), from: *from, numbers: Vec::new() };
                (alone, last, last.and_then(|last| value_on(column, last)))
            }
            Source::Daily { column, day } => (source.clone(), None, value_on(column, *day)),
            other => (other.clone(), None, None),
        };
        Self { source, last_day, told_by: None, fetched_at: None, figure }
    }
}
