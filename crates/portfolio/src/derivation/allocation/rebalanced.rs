//! Proposals of trades, made again from the values of the classes.

use std::collections::BTreeMap;

use bellwether_domain::{Currency, Symbol};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::allocation::{ClassShare, RebalancingError, weights};
use crate::exact::Exact;
use crate::{Allocation, Class, Figure, Reason, RebalancingProposal, RebalancingTerms, Targets, Vehicle};

/// What a portfolio should be, and how its trades must be.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct RebalancingPlan {
    /// The wanted weights.
    pub targets: Targets,
    /// The instrument that is traded for a class: one that is held, or has a price.
    pub vehicles: Vec<(Class, Symbol)>,
    /// How the trades must be.
    pub terms: RebalancingTerms,
}

/// The figures of a proposal; [`RebalancingProposal`] defines them.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RebalancingFigure {
    /// What is to be bought of a class, negative where it is to be sold; 0 where it is left as it is.
    Trade(Class),
    /// The same in shares.
    Shares(Class),
    /// Cash when all is done.
    Cash,
    /// The whole when all is done.
    Total,
    /// The part of the whole that lies in the wrong place when all is done.
    Misplaced,
}

/// A figure of a proposal, as an operation on the values of the classes, then the price of each vehicle and what is
/// held of it for its class.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Rebalanced {
    /// The classes that are there, in the order of their values.
    pub classes: Vec<Class>,
    /// What they should be.
    pub plan: RebalancingPlan,
    /// Which figure of the proposal.
    pub figure: RebalancingFigure,
}

impl RebalancingFigure {
    /// The same of a proposal.
    pub(super) fn of(&self, proposal: &RebalancingProposal) -> Figure<Decimal> {
        let trade = |class: &Class| proposal.trades.iter().find(|trade| trade.class == *class);
        match self {
            Self::Trade(class) => Ok(trade(class).map_or(Decimal::ZERO, |trade| trade.amount)),
            Self::Shares(class) => trade(class).map_or(Ok(Decimal::ZERO), |trade| trade.shares.clone()),
            Self::Cash => Ok(proposal.cash),
            Self::Total => Ok(proposal.total),
            Self::Misplaced => Ok(proposal.after.misplaced),
        }
    }
}

impl Rebalanced {
    pub(in crate::derivation) fn figure(&self, operands: &[Figure<Decimal>]) -> Figure<Decimal> {
        let of_vehicles = operands.get(self.classes.len()..).unwrap_or_default();
        let values = operands.iter().take(self.classes.len()).cloned().collect::<Figure<Vec<_>>>()?;
        let total = values.iter().try_fold(Decimal::ZERO, |sum, value| sum.plus(*value))?;
        let shares = self.classes.iter().zip(&values).zip(weights(&values, total)?);
        let mut classes: Vec<ClassShare> = shares
            .map(|((class, value), weight)| ClassShare {
                class: class.clone(),
                value: *value,
                weight,
                holdings: BTreeMap::new(),
            })
            .collect();
        let mut vehicles = BTreeMap::new();
        for ((class, symbol), known) in self.plan.vehicles.iter().zip(of_vehicles.chunks_exact(2)) {
            let [price, held] = known else { continue };
            if let Some(share) = classes.iter_mut().find(|share| share.class == *class) {
                share.holdings.insert(symbol.clone(), held.clone()?);
            }
            vehicles.insert(class.clone(), Vehicle { symbol: symbol.clone(), price: price.clone() });
        }
        // Nothing in a proposal depends on which currency all amounts are in.
        let allocation = Allocation { base: Currency::USD, total, classes };
        self.figure.of(&proposed(&allocation, &self.plan, &vehicles)?)
    }
}

/// The proposal, or what it lacks.
pub(super) fn proposed(
    allocation: &Allocation,
    plan: &RebalancingPlan,
    vehicles: &BTreeMap<Class, Vehicle>,
) -> Figure<RebalancingProposal> {
    allocation.rebalance(&plan.targets, vehicles, &plan.terms).map_err(|error| match error {
        RebalancingError::Unknown(reason) | RebalancingError::Shares { reason, .. } => reason,
        RebalancingError::Negative(_) => Reason::OutOfRange,
        RebalancingError::MoreThanCash { .. } | RebalancingError::NotEnoughSales { .. } => Reason::NoCapital,
    })
}
