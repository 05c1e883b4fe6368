//! Whether there are shares enough for each sale and transfer, judged over the ledger as it would become: the one check
//! for files, for what is entered by hand, and for programs.

use std::collections::BTreeSet;

use bellwether_domain::{Symbol, Transaction, TransactionId};
use bellwether_portfolio::{LedgerError, Options};

use crate::compute::replay;
use crate::{Tracker, TrackerError};

/// After so many, the rest is left to be found on the next try.
const MOST: usize = 200;

/// A sale or transfer for which there are not shares enough, or another fault of a ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Shortage {
    /// The transaction at fault.
    pub(crate) transaction: TransactionId,
    /// Whose splits, once they are known, may bring the shares that are missing; `None` when nothing can.
    pub(crate) may_be_split: Option<Symbol>,
    /// What is wrong, and what to do.
    pub(crate) words: String,
}

impl Tracker {
    /// What is wrong with a ledger: each transaction at fault, in the order of the ledger. Each is left out and the
    /// rest replayed, until all is well.
    pub(crate) async fn shortages(
        &self,
        all: Vec<Transaction>,
        options: Options,
    ) -> Result<Vec<Shortage>, TrackerError> {
        let certain = self.symbols_with_known_splits(&all).await?;
        let market = self.market_of_actions(&all).await?;
        let last_day = all.iter().map(|booked| booked.date).max().unwrap_or_else(|| self.today());
        let find = move || find(all, &certain, |ledger| replay(ledger, &market, options, last_day).err());
        Ok(self.compute(find).await)
    }
}

fn find(
    mut all: Vec<Transaction>,
    with_known_splits: &BTreeSet<Symbol>,
    replay: impl Fn(&[Transaction]) -> Option<LedgerError>,
) -> Vec<Shortage> {
    let mut found = Vec::new();
    while found.len() < MOST {
        let Some(error) = replay(&all) else { break };
        let Some(transaction) = error.transaction() else { break };
        let may_be_split = match &error {
            LedgerError::NotEnoughShares { symbol, .. } => {
                Some(symbol).filter(|symbol| !with_known_splits.contains(*symbol)).cloned()
            }
            LedgerError::OutOfRange { .. }
            | LedgerError::ActionOutOfRange { .. }
            | LedgerError::LotNotHeld { .. }
            | LedgerError::LotsOfAnotherSum { .. }
            | LedgerError::IntoItself { .. } => None,
        };
        found.push(Shortage { transaction, may_be_split, words: error.to_string() });
        all.retain(|booked| booked.id != transaction);
    }
    found
}
