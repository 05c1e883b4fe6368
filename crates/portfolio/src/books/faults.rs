//! All that is wrong with a ledger at once: what a replay would stop at is left out, and the rest replayed.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use bellwether_domain::{Transaction, TransactionId};
use chrono::NaiveDate;
use rayon::prelude::*;

use super::families::{self, Family, TickerChanges};
use super::replay::{self, Terms};
use super::{Books, ENOUGH_FOR_A_THREAD, Options};
use crate::{LedgerError, Market};

/// So many amounts beyond what can be counted are looked for in one family of instruments: each needs it replayed anew.
const MOST_TOO_LARGE: usize = 32;

impl Books {
    /// Every transaction for which [`replay`](Self::replay) would stop, in the order of the ledger: each is left out,
    /// and those after it judged without it. Sales without shares are found in one passage, however many there are.
    ///
    /// What no transaction is to blame for is not told: splits of the market that are too large, and sums of cash.
    pub fn faults(
        transactions: &[Transaction],
        market: &Market,
        options: &Options,
        as_of: NaiveDate,
    ) -> Vec<LedgerError> {
        let terms = Terms { options, rates: market.rates(), as_of, explained: false, left_out: None };
        let mut ordered: Vec<_> = transactions.iter().filter(|booking| booking.date <= as_of).collect();
        ordered.sort_by_key(|booking| (booking.date, booking.sequence, booking.id));
        let changes = TickerChanges::new(transactions);
        let (into_itself, sound): (Vec<&Transaction>, Vec<&Transaction>) =
            ordered.iter().partition(|booking| families::turns_into_itself(booking, &changes));
        let mut found: Vec<LedgerError> = into_itself.into_iter().map(families::into_itself).collect();
        let Ok(families) = families::families(&sound, &changes, market) else { return found };
        let of_families = families.into_par_iter().with_min_len(ENOUGH_FOR_A_THREAD);
        found.par_extend(of_families.flat_map_iter(|family| of_family(family, terms)));
        if found.len() > 1 {
            let places: HashMap<TransactionId, usize> =
                ordered.iter().enumerate().map(|(place, booking)| (booking.id, place)).collect();
            found.sort_by_key(|fault| fault.transaction().and_then(|id| places.get(&id)));
        }
        found
    }
}

fn of_family(mut family: Family<'_>, terms: Terms<'_>) -> Vec<LedgerError> {
    let mut too_large = Vec::new();
    loop {
        let left_out = Mutex::new(Vec::new());
        let replayed = replay::replay(&family, Terms { left_out: Some(&left_out), ..terms });
        let at_fault = replayed.err().and_then(|error| Some((error.transaction()?, error)));
        let Some((transaction, error)) = at_fault.filter(|_| too_large.len() < MOST_TOO_LARGE) else {
            too_large.append(&mut left_out.into_inner().unwrap_or_else(PoisonError::into_inner));
            return too_large;
        };
        // It has taken effect in part: the family begins again without it.
        too_large.push(error);
        family.leave_out(transaction);
    }
}
