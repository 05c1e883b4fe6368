//! Whether there are shares enough for each sale and transfer, judged over the ledger as it would become: the one check
//! for files, for what is entered by hand, for what is taken back, and for programs.

use std::collections::HashSet;

use bellwether_domain::{Symbol, Transaction, TransactionId};
use bellwether_portfolio::{LedgerError, Options};
use bellwether_texts::{Sentence, Value};
use chrono::NaiveDate;
use rust_decimal::Decimal;

use crate::compute::faults;
use crate::reasons::fault_exactly;
use crate::{Tracker, TrackerError};

/// So many sales without shares are named; of the rest it is said how many they are.
const MOST_NAMED: usize = 5;

/// A sale or transfer for which there are not shares enough, or another fault of a ledger.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Shortage {
    /// The transaction at fault.
    pub(crate) transaction: TransactionId,
    /// Its day.
    pub(crate) date: NaiveDate,
    /// What lacks, where it is shares.
    pub(crate) lacking: Option<Lacking>,
    /// Whose splits, once they are known, may bring the shares that are missing; `None` when nothing can.
    pub(crate) may_be_split: Option<Symbol>,
    /// What is wrong, and what to do, in English as programs are told it.
    pub(crate) reason: Sentence,
    /// The same for people.
    pub(crate) said: Sentence,
}

/// Shares that lack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Lacking {
    /// Of what, by the name that it has in the end.
    pub(crate) symbol: Symbol,
    /// In which account.
    pub(crate) account: String,
    /// How many, in the units of the day.
    pub(crate) quantity: Decimal,
}

/// What a change does to the sales of a ledger.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct ShortSales {
    /// Those without shares that had them before, or were not there: in the order of the ledger.
    pub(crate) new: Vec<Shortage>,
    /// Those that had none before either.
    pub(crate) old: Vec<Shortage>,
}

impl Tracker {
    /// The sales that have not their shares in a ledger as it would become, told apart by whether they had them in it
    /// as it was.
    pub(crate) async fn short_sales(
        &self,
        before: Vec<Transaction>,
        after: Vec<Transaction>,
        options: Options,
    ) -> Result<ShortSales, TrackerError> {
        let short = self.shortages(after, options).await?;
        if short.is_empty() {
            return Ok(ShortSales::default());
        }
        let before = self.shortages(before, options).await?;
        let was_short: HashSet<TransactionId> = before.into_iter().map(|short| short.transaction).collect();
        let (old, new) = short.into_iter().partition(|short| was_short.contains(&short.transaction));
        Ok(ShortSales { new, old })
    }

    /// What is wrong with a ledger: each transaction at fault, in the order of the ledger. Each is left out and the
    /// rest judged without it.
    async fn shortages(
        &self,
        all: Vec<Transaction>,
        options: Options,
    ) -> Result<Vec<Shortage>, TrackerError> {
        let certain = self.symbols_with_known_splits(&all).await?;
        let market = self.market_of_actions(&all).await?;
        let last_day = all.iter().map(|booked| booked.date).max().unwrap_or_else(|| self.today());
        Ok(self
            .compute(move || {
                let found = faults(&all, &market, options, last_day);
                let is_certain = |symbol: &Symbol| certain.contains(symbol);
                found.iter().filter_map(|error| shortage(error, is_certain)).collect()
            })
            .await)
    }

    /// Whether a split that somebody may yet tell can bring what lacks.
    pub(crate) fn may_yet_be_split(&self, short: &Shortage) -> bool {
        short
            .may_be_split
            .as_ref()
            .is_some_and(|symbol| self.sources().is_some_and(|sources| !sources.is_silent(symbol)))
    }
}

fn shortage(error: &LedgerError, has_known_splits: impl Fn(&Symbol) -> bool) -> Option<Shortage> {
    let lacking = match error {
        LedgerError::NotEnoughShares { symbol, account, held, wanted, .. }
        | LedgerError::LotNotHeld { symbol, account, held, wanted, .. } => Some(Lacking {
            symbol: symbol.clone(),
            account: account.clone(),
            quantity: wanted.saturating_sub(*held),
        }),
        LedgerError::OutOfRange { .. }
        | LedgerError::ActionOutOfRange { .. }
        | LedgerError::LotsOfAnotherSum { .. }
        | LedgerError::IntoItself { .. } => None,
    };
    let may_be_split = match error {
        LedgerError::NotEnoughShares { symbol, .. } if !has_known_splits(symbol) => Some(symbol.clone()),
        _ => None,
    };
    let (transaction, date) = (error.transaction()?, error.date());
    let (reason, said) = (fault_exactly(error), crate::fault(error));
    Some(Shortage { transaction, date, lacking, may_be_split, reason, said })
}

/// The refusal of what would leave transactions without shares: the first of them, and how many more there are. `None`
/// when there are none.
pub(crate) fn left_short(short: &[&Shortage]) -> Option<TrackerError> {
    let more = short.len().saturating_sub(MOST_NAMED);
    let key = match short {
        [] => return None,
        [_] => "fault.leaves_one_short",
        _ if more == 0 => "fault.leaves_some_short",
        _ => "fault.leaves_many_short",
    };
    let named = short.iter().take(MOST_NAMED).map(|short| short.reason.clone()).collect();
    let said = Sentence::new(key).with("faults", Sentence::several(named).whole());
    Some(TrackerError::conflict(said.with("more", Value::exact(more))))
}
