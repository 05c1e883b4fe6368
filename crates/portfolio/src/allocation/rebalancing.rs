//! What to buy and sell to come to the targets.

use std::collections::BTreeMap;
use std::fmt;

use bellwether_domain::Symbol;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::water_filling::fill;
use super::{Allocation, Class, Drift, MONEY_DECIMALS, Targets, weights};
use crate::exact::Exact;
use crate::{Figure, Reason};

/// Where the money comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Funding {
    /// Nothing is sold.
    CashOnly {
        /// Paid in for it.
        new: Decimal,
        /// Taken from the cash that is there.
        held: Decimal,
    },
    /// What is above its target is sold.
    WithSales {
        /// Paid in for it; negative when money is to be taken out.
        new: Decimal,
    },
}

/// How the trades must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct RebalancingTerms {
    /// Where the money comes from.
    pub funding: Funding,
    /// Trades of less than this, in the base currency, are left out; 0 for none.
    pub smallest_trade: Decimal,
    /// Only whole shares are traded.
    pub whole_shares: bool,
}

/// The instrument that is traded for a class; it should belong to it whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Vehicle {
    /// The instrument.
    pub symbol: Symbol,
    /// Per share, in the base currency.
    pub price: Figure<Decimal>,
}

/// A trade of the proposal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ProposedTrade {
    /// The class it is for.
    pub class: Class,
    /// The instrument, where one was named.
    pub symbol: Option<Symbol>,
    /// In the base currency: bought when positive, sold when negative.
    pub amount: Decimal,
    /// The same in shares; [`Reason::NoVehicle`] where no instrument was named, [`Reason::NoPrice`] where its price is
    /// not known.
    pub shares: Figure<Decimal>,
}

/// Trades, and what they lead to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RebalancingProposal {
    /// What to trade, by class.
    pub trades: Vec<ProposedTrade>,
    /// Cash when all is done.
    pub cash: Decimal,
    /// The whole when all is done.
    pub total: Decimal,
    /// The distance to the targets before.
    pub before: Drift,
    /// And after.
    pub after: Drift,
}

/// An amount that must not be negative.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Negative {
    /// Below which no trade is made.
    SmallestTrade,
    /// What is paid in.
    NewCash,
    /// What is taken of the held cash.
    TakenCash,
}

impl fmt::Display for Negative {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::SmallestTrade => "the smallest trade",
            Self::NewCash => "the new cash",
            Self::TakenCash => "the cash to be taken",
        })
    }
}

/// Why nothing can be proposed. The text tells the owner what to change.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RebalancingError {
    /// An amount that must not be negative is.
    #[error("{0} must not be negative")]
    Negative(Negative),
    /// More is to be taken from the held cash than there is.
    #[error("only {cash} of cash are there")]
    MoreThanCash {
        /// What is there.
        cash: Decimal,
    },
    /// More is to be taken out than the possible sales bring.
    #[error("{missing} more would have to be sold: allow smaller trades, or take out less")]
    NotEnoughSales {
        /// What is missing.
        missing: Decimal,
    },
    /// A number of whole shares cannot be known for a class that is to be traded.
    #[error("the shares of {class} cannot be counted: {reason}")]
    Shares {
        /// The class.
        class: Class,
        /// Why.
        reason: Reason,
    },
    /// A figure that cannot be known.
    #[error(transparent)]
    Unknown(#[from] Reason),
}

/// A class on its way to its target.
struct Line<'a> {
    class: Class,
    value: Decimal,
    /// What it lacks, negative for what it has too much.
    gap: Decimal,
    vehicle: Option<&'a Vehicle>,
    /// Bought, or sold when negative.
    trade: Decimal,
}

impl Line<'_> {
    fn price(&self) -> Figure<Decimal> {
        let vehicle = self.vehicle.ok_or(Reason::NoVehicle)?;
        let price = vehicle.price.clone()?;
        if price > Decimal::ZERO { Ok(price) } else { Err(Reason::no_price(&vehicle.symbol)) }
    }

    /// The trade in shares; whole ones were rounded to an amount of money, from which they come back.
    fn shares(&self, terms: &RebalancingTerms) -> Figure<Decimal> {
        let shares = self.trade.over(self.price()?)?;
        Ok(if terms.whole_shares { shares.round() } else { shares })
    }

    /// The most that can be traded of an amount.
    fn tradable(&self, amount: Decimal, terms: &RebalancingTerms) -> Result<Decimal, RebalancingError> {
        if !terms.whole_shares || amount.is_zero() {
            return Ok(if amount < terms.smallest_trade { Decimal::ZERO } else { amount });
        }
        let price =
            self.price().map_err(|reason| RebalancingError::Shares { class: self.class.clone(), reason })?;
        let amount = amount.over(price)?.floor().times(price)?.round_dp(MONEY_DECIMALS);
        Ok(if amount < terms.smallest_trade { Decimal::ZERO } else { amount })
    }
}

impl Allocation {
    /// What to trade so that the classes come to their targets.
    ///
    /// Without sales the money fills the largest shortfalls until all that remain are equal. With sales everything comes
    /// to its target. Of a class with a vehicle no more is sold than is held of that vehicle. No class is traded past its
    /// target; what smallest trades and whole shares leave over stays cash.
    ///
    /// # Errors
    /// [`RebalancingError`]; among them the reason why a whole number of shares is not known.
    pub fn rebalance(
        &self,
        targets: &Targets,
        vehicles: &BTreeMap<Class, Vehicle>,
        terms: &RebalancingTerms,
    ) -> Result<RebalancingProposal, RebalancingError> {
        let cash = self.cash();
        let (new, spent, with_sales) = checked(terms, cash)?;
        let total = self.total.plus(new)?;
        if total <= Decimal::ZERO {
            return Err(Reason::NoCapital.into());
        }
        let mut lines = Vec::new();
        for class in self.with_targets(targets).into_iter().filter(|class| *class != Class::Cash) {
            let value = self.class(&class).map_or(Decimal::ZERO, |share| share.value);
            let gap = targets.of(&class).times(total)?.round_dp(MONEY_DECIMALS).minus(value)?;
            let vehicle = vehicles.get(&class);
            lines.push(Line { class, value, gap, vehicle, trade: Decimal::ZERO });
        }
        let cash_target = targets.of(&Class::Cash).times(total)?.round_dp(MONEY_DECIMALS);
        if with_sales {
            let raised = self.sell(&mut lines, terms)?;
            let available = cash.plus(new)?.plus(raised)?;
            buy(&mut lines, None, available.minus(cash_target)?, terms)?;
        } else {
            let idle = cash.plus(new)?.minus(spent)?;
            buy(&mut lines, Some(cash_target.minus(idle)?), spent, terms)?;
        }
        self.proposal(lines, targets, terms, total)
    }

    /// Sells what is above its target and says what that brings.
    fn sell(&self, lines: &mut [Line<'_>], terms: &RebalancingTerms) -> Result<Decimal, RebalancingError> {
        let mut raised = Decimal::ZERO;
        for line in lines.iter_mut().filter(|line| line.gap < Decimal::ZERO) {
            let wanted = -line.gap;
            let held = line.vehicle.map(|vehicle| {
                let holdings = self.class(&line.class).map(|share| &share.holdings);
                holdings.and_then(|held| held.get(&vehicle.symbol)).copied().unwrap_or_default()
            });
            let most = held.map_or(wanted, |held| wanted.min(held.max(Decimal::ZERO)));
            let sold = line.tradable(most, terms)?;
            line.trade = -sold;
            raised = raised.plus(sold)?;
        }
        Ok(raised)
    }

    fn proposal(
        &self,
        lines: Vec<Line<'_>>,
        targets: &Targets,
        terms: &RebalancingTerms,
        total: Decimal,
    ) -> Result<RebalancingProposal, RebalancingError> {
        let mut after = BTreeMap::new();
        let mut invested = Decimal::ZERO;
        let mut trades = Vec::new();
        for line in lines {
            let value = line.value.plus(line.trade)?;
            invested = invested.plus(value)?;
            if !line.trade.is_zero() {
                trades.push(ProposedTrade {
                    symbol: line.vehicle.map(|vehicle| vehicle.symbol.clone()),
                    amount: line.trade,
                    shares: line.shares(terms),
                    class: line.class.clone(),
                });
            }
            after.insert(line.class, value);
        }
        let cash = total.minus(invested)?;
        if cash < self.cash().min(Decimal::ZERO) {
            return Err(RebalancingError::NotEnoughSales { missing: -cash });
        }
        after.insert(Class::Cash, cash);
        let weights = weights(&after.values().copied().collect::<Vec<_>>(), total)?;
        let after = Drift::of(&after, &weights, targets, total)?;
        Ok(RebalancingProposal { trades, cash, total, before: self.drift(targets)?, after })
    }
}

/// New money, the money that may be spent, and whether things may be sold.
fn checked(terms: &RebalancingTerms, cash: Decimal) -> Result<(Decimal, Decimal, bool), RebalancingError> {
    if terms.smallest_trade < Decimal::ZERO {
        return Err(RebalancingError::Negative(Negative::SmallestTrade));
    }
    match terms.funding {
        Funding::WithSales { new } => Ok((new, Decimal::ZERO, true)),
        Funding::CashOnly { new, .. } if new < Decimal::ZERO => {
            Err(RebalancingError::Negative(Negative::NewCash))
        }
        Funding::CashOnly { held, .. } if held < Decimal::ZERO => {
            Err(RebalancingError::Negative(Negative::TakenCash))
        }
        Funding::CashOnly { held, .. } if held > cash.max(Decimal::ZERO) => {
            Err(RebalancingError::MoreThanCash { cash })
        }
        Funding::CashOnly { new, held } => Ok((new, new.plus(held)?, false)),
    }
}

/// Spends a budget on the largest shortfalls, that of cash among them where it is given.
fn buy(
    lines: &mut [Line<'_>],
    cash_gap: Option<Decimal>,
    budget: Decimal,
    terms: &RebalancingTerms,
) -> Result<(), RebalancingError> {
    let mut gaps: Vec<Decimal> = lines.iter().map(|line| line.gap.max(Decimal::ZERO)).collect();
    gaps.push(cash_gap.unwrap_or_default());
    let mut parts = fill(&gaps, within(&gaps, budget)?)?;
    // The smallest trade that is too small is given up, and its money goes to the others.
    loop {
        let too_small = parts
            .iter()
            .take(lines.len())
            .enumerate()
            .filter(|(_, part)| **part > Decimal::ZERO && **part < terms.smallest_trade)
            .min_by_key(|(_, part)| **part);
        let Some((index, _)) = too_small else { break };
        if let Some(gap) = gaps.get_mut(index) {
            *gap = Decimal::ZERO;
        }
        parts = fill(&gaps, within(&gaps, budget)?)?;
    }
    let for_cash = parts.pop().unwrap_or_default();
    let mut left = within(&gaps, budget)?.minus(for_cash)?;
    for (line, part) in lines.iter_mut().zip(&parts).filter(|(_, part)| **part > Decimal::ZERO) {
        line.trade = line.tradable(*part, terms)?;
        left = left.minus(line.trade)?;
    }
    if terms.whole_shares {
        let mut lacking: Vec<&mut Line<'_>> =
            lines.iter_mut().filter(|line| line.trade > Decimal::ZERO).collect();
        lacking.sort_by_key(|line| std::cmp::Reverse(line.gap.saturating_sub(line.trade)));
        for line in lacking {
            let more = line.tradable(
                left.min(line.gap.minus(line.trade)?),
                &RebalancingTerms { smallest_trade: Decimal::ZERO, ..*terms },
            )?;
            line.trade = line.trade.plus(more)?;
            left = left.minus(more)?;
        }
    }
    Ok(())
}

/// As much of a budget as the gaps can take without being overfilled.
fn within(gaps: &[Decimal], budget: Decimal) -> Figure<Decimal> {
    let room =
        gaps.iter().filter(|gap| **gap > Decimal::ZERO).try_fold(Decimal::ZERO, |sum, gap| sum.plus(*gap))?;
    Ok(budget.min(room))
}
