//! Derivations of worked and of random ledgers.

mod allocation;
mod calendar;
mod contributions;
mod decisions;
mod dividends;
mod gains;
mod indices;
mod known;
mod names;
mod property;
mod worked;

use bellwether_domain::Symbol;

use self::known::reported;
use self::names::{names, names_beyond};
use super::*;
use crate::testing::{Ledger, date, decimal, options};
use crate::{PortfolioSeries, Report};

pub(super) fn derivations<'a>(ledger: &'a Ledger, market: &'a Market, as_of: &str) -> Derivations<'a> {
    Derivations::new(&ledger.0, market, &options(), date(as_of)).expect("a ledger")
}

pub(super) fn figures(derivation: &Derivation) -> Vec<&str> {
    derivation.nodes().iter().map(|node| node.figure.as_ref()).collect()
}

pub(super) fn sources(derivation: &Derivation) -> Vec<&Source> {
    derivation
        .nodes()
        .iter()
        .filter_map(|node| match &node.working {
            Working::Given(source) => Some(source),
            _ => None,
        })
        .collect()
}

pub(super) fn exact(text: &str) -> Number {
    Number::Exact(decimal(text))
}

pub(super) fn of(symbol: &Symbol, figure: HoldingFigure) -> FigureName {
    FigureName::Holding { symbol: symbol.clone(), figure }
}

pub(super) fn report(derivations: &Derivations<'_>) -> Report {
    let series = PortfolioSeries::new(&derivations.books, derivations.market);
    Report::new(&derivations.books, derivations.market, &series)
}
