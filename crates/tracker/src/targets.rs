//! What the owner wants a portfolio to consist of, and how far it is from that.

use std::collections::BTreeMap;

use bellwether_domain::{Portfolio, PortfolioId, Symbol, Transaction};
use bellwether_portfolio::{Allocation, Assets, Class, Drift, Figure, LedgerError, Market, Options, Targets};
use bellwether_storage::target_allocations::{self, HOLDINGS, TargetAllocation};
use bellwether_storage::{AnyConnection, StorageError, portfolios};
use bellwether_texts::{Sentence, Value};
use chrono::NaiveDate;
use rust_decimal::Decimal;

use crate::compute::replay;
use crate::{Tracker, TrackerError};

/// Decimals that a weight may have: so many that a sum of any of them is exact.
const DECIMALS: u32 = 18;
/// So many targets at most.
const MOST: usize = 1_000;

/// The weights that holdings are to have. What they leave of 100 % is to be cash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TargetWeights {
    /// The portfolio.
    pub portfolio: PortfolioId,
    /// Since when they are in force; `None` when there are none.
    pub since: Option<NaiveDate>,
    /// By symbol; 0.6 is 60 %.
    pub weights: BTreeMap<Symbol, Decimal>,
}

impl TargetWeights {
    /// What is to be cash.
    pub fn cash(&self) -> Decimal {
        // Within 0 and 1, with 18 decimals: exact.
        Decimal::ONE - self.weights.values().sum::<Decimal>()
    }

    fn of(portfolio: PortfolioId, stored: Option<TargetAllocation>) -> Self {
        let since = stored.as_ref().map(|stored| stored.since);
        let weights = stored.map(|stored| stored.weights).unwrap_or_default();
        let symbols = weights.into_iter().filter_map(|(name, weight)| Some((name.parse().ok()?, weight)));
        Self { portfolio, since, weights: symbols.collect() }
    }

    /// They as the arithmetic takes them; `None` where there are none.
    pub(crate) fn as_targets(&self) -> Option<Targets> {
        // They were checked when they were set.
        (!self.weights.is_empty()).then(|| Targets::new(self.targets()).ok()).flatten()
    }

    fn targets(&self) -> impl Iterator<Item = (Class, Decimal)> {
        let holdings = self.weights.iter().map(|(symbol, weight)| (Class::named(symbol.as_str()), *weight));
        holdings.chain([(Class::Cash, self.cash())])
    }
}

/// Targets beside what there is.
#[derive(Debug)]
pub struct AllocationShown {
    /// The targets.
    pub targets: TargetWeights,
    /// Every holding and cash with its distance, or why that is not known; `None` without targets.
    pub drift: Option<Result<Figure<Drift>, LedgerError>>,
}

impl Tracker {
    /// Sets the weights that holdings are to have from today on; none when there are none. Where `seen` is told, they
    /// must still be that.
    ///
    /// # Errors
    /// [`TrackerError::Refused`] unless each is within 0 and 1, of at most 18 decimals, named once, and all sum to at
    /// most 1; [`TrackerError::NotFound`] when there is no such portfolio, [`TrackerError::Overtaken`] when they are
    /// others since they were seen; and the database's.
    pub async fn set_targets(
        &self,
        id: PortfolioId,
        weights: Vec<(Symbol, Decimal)>,
        seen: Option<TargetWeights>,
    ) -> Result<TargetWeights, TrackerError> {
        let weights = checked(weights)?;
        let by_name = weights.into_iter().map(|(symbol, weight)| (symbol.as_str().to_owned(), weight));
        let targets = TargetAllocation { since: self.today(), weights: by_name.collect() };
        let (user, today, now) = (self.user(), self.today(), self.storage().now());
        let work = move |connection: &mut AnyConnection| {
            portfolios::lock(connection, user, id)?;
            let in_force = |connection: &mut AnyConnection| {
                let stored = target_allocations::in_force(connection, user, id, HOLDINGS, today)?;
                Ok::<_, StorageError>(TargetWeights::of(id, stored))
            };
            if seen.is_some() && seen != Some(in_force(connection)?) {
                return Ok(None);
            }
            target_allocations::set(connection, user, id, HOLDINGS, &targets, now)?;
            in_force(connection).map(Some)
        };
        let set = self.storage().write(work).await.map_err(of_portfolio)?;
        set.ok_or(TrackerError::Overtaken)
    }

    /// The weights that holdings are to have.
    ///
    /// # Errors
    /// [`TrackerError::NotFound`] when there is no such portfolio, and the database's.
    pub async fn targets(&self, id: PortfolioId) -> Result<TargetWeights, TrackerError> {
        let stored = self.storage().target_allocation(self.user(), id, HOLDINGS, self.today()).await;
        Ok(TargetWeights::of(id, stored.map_err(of_portfolio)?))
    }

    /// The same beside what there is, at stored prices. Waits for nobody.
    ///
    /// # Errors
    /// [`TrackerError::NotFound`] when there is no such portfolio, and the database's.
    pub async fn allocation(&self, id: PortfolioId) -> Result<AllocationShown, TrackerError> {
        let targets = self.targets(id).await?;
        if targets.weights.is_empty() {
            return Ok(AllocationShown { targets, drift: None });
        }
        let as_of = self.today();
        let portfolio = self.portfolio(id).await?;
        let transactions = self.ledger(id).await?;
        let market = self.stored_market(&portfolio, &transactions, &[], as_of).await?;
        let compute = move || {
            let drift = drift(&targets, &portfolio, &transactions, &market.market, as_of);
            AllocationShown { targets, drift: Some(drift) }
        };
        Ok(self.compute(compute).await)
    }
}

fn drift(
    targets: &TargetWeights,
    portfolio: &Portfolio,
    transactions: &[Transaction],
    market: &Market,
    as_of: NaiveDate,
) -> Result<Figure<Drift>, LedgerError> {
    let books = replay(transactions, market, Options::of(portfolio), as_of)?;
    let allocation = Assets::new(&[&books], market).and_then(|assets| Allocation::by_holding(&assets));
    // They were checked when they were set.
    let Ok(wanted) = Targets::new(targets.targets()) else {
        return Ok(Err(bellwether_portfolio::Reason::OutOfRange));
    };
    Ok(allocation.and_then(|allocation| allocation.drift(&wanted)))
}

fn about(key: &'static str, symbol: &Symbol) -> TrackerError {
    TrackerError::refused(Sentence::new(key).with("symbol", symbol.as_str()))
}

fn checked(weights: Vec<(Symbol, Decimal)>) -> Result<BTreeMap<Symbol, Decimal>, TrackerError> {
    if weights.len() > MOST {
        return Err(TrackerError::refused(
            Sentence::new("refused.targets_most").with("most", Value::exact(MOST)),
        ));
    }
    let mut sum = Decimal::ZERO;
    let mut by_symbol = BTreeMap::new();
    for (symbol, weight) in weights {
        let weight = weight.normalize();
        if weight < Decimal::ZERO || weight > Decimal::ONE {
            return Err(about("refused.target_range", &symbol));
        }
        if weight.scale() > DECIMALS {
            return Err(about("refused.target_decimals", &symbol));
        }
        // Each is at most 1 and there are few: far from what a decimal holds.
        sum += weight;
        if by_symbol.insert(symbol.clone(), weight).is_some() {
            return Err(about("refused.target_twice", &symbol));
        }
    }
    if sum > Decimal::ONE {
        let percent = (sum * Decimal::ONE_HUNDRED).normalize();
        let said = Sentence::new("refused.targets_sum").with("percent", Value::Exact(percent));
        return Err(TrackerError::refused(said));
    }
    Ok(by_symbol)
}

/// What is wrong with weights that were not entered here.
pub(crate) fn fault_of(weights: &BTreeMap<String, Decimal>) -> Result<(), String> {
    let named = weights.iter().map(|(name, weight)| match name.parse::<Symbol>() {
        Ok(symbol) => Ok((symbol, *weight)),
        Err(error) => Err(format!("{name:?} is no symbol: {error}")),
    });
    checked(named.collect::<Result<_, _>>()?).map(drop).map_err(|error| error.to_string())
}

fn of_portfolio(error: bellwether_storage::StorageError) -> TrackerError {
    if error.is_not_found() { TrackerError::NotFound("such portfolio".to_owned()) } else { error.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(weights: &[(&str, &str)]) -> Option<String> {
        let weights = weights
            .iter()
            .map(|(symbol, weight)| (symbol.parse().expect("a symbol"), weight.parse().expect("a number")));
        checked(weights.collect()).err().map(|error| error.to_string())
    }

    #[test]
    fn targets_sum_to_at_most_the_whole_to_the_last_digit() {
        let third = "0.333333333333333333";
        assert_eq!(refusal(&[("A", third), ("B", third), ("C", third)]), None);
        assert_eq!(refusal(&[("A", "1"), ("B", "0")]), None);
        assert_eq!(refusal(&[]), None);
        let over = refusal(&[("A", "0.6"), ("B", "0.400000000000000001")]);
        assert_eq!(over.as_deref(), Some("The targets sum to 100.0000000000000001 %: at most 100 % can be."));
        assert!(refusal(&[("A", "-0.1")]).is_some_and(|words| words.contains("between 0 % and 100 %")));
        assert!(refusal(&[("A", "0.1"), ("A", "0.1")]).is_some_and(|words| words.contains("two targets")));
        assert!(refusal(&[("A", "0.1000000000000000001")]).is_some_and(|words| words.contains("decimals")));
    }
}
