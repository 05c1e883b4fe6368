//! Which calls a load makes of the few it may.

use bellwether_domain::Symbol;
use chrono::{DateTime, Utc};

/// A symbol that needs something from upstream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// Which.
    pub symbol: Symbol,
    /// Whether its full history is missing.
    pub needs_history: bool,
    /// Until when its current price is good; `None` when there is none.
    pub expires: Option<DateTime<Utc>>,
}

/// What one batch call has to bring.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    /// Its symbols, at most [`Plan::BATCH`], the most urgent first.
    pub symbols: Vec<Symbol>,
    /// Ask for recent closes: at least one symbol has no history yet. Otherwise quotes are enough.
    pub recent_closes: bool,
}

/// The calls of one load.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Plan {
    /// One call each: full history, which brings the current price along.
    pub histories: Vec<Symbol>,
    /// One call each.
    pub batches: Vec<Batch>,
    /// What the budget did not reach; for the background.
    pub left_out: Vec<Symbol>,
}

impl Plan {
    /// How many symbols fit one batch call.
    pub const BATCH: usize = 20;
    /// Full histories that one load waits for when many are missing; the others follow in the background.
    pub const HISTORIES: usize = 20;
    /// Above so many symbols a load brings the first screen only.
    pub const WHOLE: usize = 1_500;
    /// Symbols of the first screen.
    pub const FIRST_SCREEN: usize = 400;

    /// What somebody who looks at `wanted` waits for, in [`calls_of_a_load`] calls.
    ///
    /// Above [`Plan::WHOLE`] symbols these are the first [`Plan::FIRST_SCREEN`] of those that have no price at all;
    /// an old price is shown as it is, and all others are left to the background.
    ///
    /// ```
    /// use bellwether_prices::{Plan, Wanted};
    ///
    /// let cold = |n: usize| Wanted { symbol: format!("S{n}").parse().unwrap(), needs_history: true, expires: None };
    /// let calls = |symbols: usize| Plan::of_load(&(0..symbols).map(cold).collect::<Vec<_>>()).calls();
    /// assert_eq!([50, 500, 1_500, 5_000].map(calls), [23, 45, 95, 40]);
    /// ```
    pub fn of_load(wanted: &[Wanted]) -> Self {
        let calls = calls_of_a_load(wanted.len());
        if wanted.len() <= Self::WHOLE {
            return plan(wanted, calls);
        }
        let mut screen = Vec::with_capacity(Self::FIRST_SCREEN);
        let mut later = Vec::with_capacity(wanted.len());
        for want in wanted {
            if want.expires.is_none() && screen.len() < Self::FIRST_SCREEN {
                screen.push(want.clone());
            } else {
                later.push(want.symbol.clone());
            }
        }
        let mut load = plan(&screen, calls);
        load.left_out.append(&mut later);
        load
    }

    /// How many calls the plan makes when nothing has to be repeated.
    pub fn calls(&self) -> usize {
        self.histories.len() + self.batches.len()
    }
}

/// How many calls a load of `symbols` that need something may make: one for each full batch or part of one, and
/// [`Plan::HISTORIES`].
///
/// Never fewer than 23, with which a small portfolio has all its histories at once, and never more than 95. Above
/// [`Plan::WHOLE`] symbols it is what the first screen takes.
///
/// ```
/// use bellwether_prices::calls_of_a_load;
///
/// assert_eq!([0, 50, 500, 1_500, 1_501, 1_000_000].map(calls_of_a_load), [23, 23, 45, 95, 40, 40]);
/// ```
pub fn calls_of_a_load(symbols: usize) -> u32 {
    const FEWEST: usize = 23;
    let shown = if symbols > Plan::WHOLE { Plan::FIRST_SCREEN } else { symbols };
    (shown.div_ceil(Plan::BATCH) + Plan::HISTORIES).max(FEWEST) as u32
}

/// Spends `calls` on `wanted`: first a price for every symbol, then as many full histories as the rest allows.
///
/// Histories go to those who need one in the order given, so the caller's order is the priority. With `x` of them
/// the other `n - x` symbols need `(n - x) / 20` batches, rounded up; the largest `x` for which the sum stays within
/// `calls` is taken. When not even all batches fit, the symbols whose price expired first come first.
///
/// ```
/// use bellwether_prices::{Wanted, plan};
///
/// let cold = |n: usize| Wanted { symbol: format!("S{n}").parse().unwrap(), needs_history: true, expires: None };
/// let wanted: Vec<_> = (0..50).map(cold).collect();
///
/// let load = plan(&wanted, 23);
/// assert_eq!((load.histories.len(), load.batches.len()), (21, 2));
/// ```
pub fn plan(wanted: &[Wanted], calls: u32) -> Plan {
    let calls = calls as usize;
    let lacking: Vec<&Wanted> = wanted.iter().filter(|want| want.needs_history).collect();
    let fits = |histories: usize| histories + (wanted.len() - histories).div_ceil(Plan::BATCH) <= calls;
    let histories = (0..=lacking.len()).rev().find(|count| fits(*count)).unwrap_or(0);

    // From here on nobody is looked at twice: the first `histories` of those who lack one are served.
    let mut served = 0;
    let mut rest: Vec<&Wanted> = wanted
        .iter()
        .filter(|want| {
            let history = want.needs_history && served < histories;
            served += usize::from(history);
            !history
        })
        .collect();
    rest.sort_by_key(|want| want.expires);

    let room = (calls - histories.min(calls)).saturating_mul(Plan::BATCH).min(rest.len());
    let (asked, left_out) = rest.split_at(room);
    // Symbols that need a year of closes share batches, so that the others' answers stay small.
    let (year, days): (Vec<&Wanted>, Vec<&Wanted>) = asked.iter().partition(|want| want.needs_history);
    let together: Vec<&Wanted> = year.into_iter().chain(days).collect();
    let symbols = |wanted: &[&Wanted]| wanted.iter().map(|want| want.symbol.clone()).collect();
    Plan {
        histories: symbols(lacking.get(..histories).unwrap_or_default()),
        batches: together
            .chunks(Plan::BATCH)
            .map(|chunk| Batch {
                symbols: symbols(chunk),
                recent_closes: chunk.iter().any(|want| want.needs_history),
            })
            .collect(),
        left_out: symbols(left_out),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn symbol(n: usize) -> Symbol {
        format!("S{n}").parse().expect("a symbol")
    }

    fn cold(n: usize) -> Wanted {
        Wanted { symbol: symbol(n), needs_history: true, expires: None }
    }

    fn stale(n: usize, second: i64) -> Wanted {
        let expires = DateTime::from_timestamp(second, 0);
        Wanted { symbol: symbol(n), needs_history: false, expires }
    }

    #[test]
    fn twenty_cold_symbols_are_fetched_whole() {
        let wanted: Vec<_> = (0..20).map(cold).collect();
        let load = plan(&wanted, 23);
        assert_eq!(load.histories.len(), 20);
        assert!(load.batches.is_empty() && load.left_out.is_empty());
    }

    #[test]
    fn every_symbol_gets_a_price_before_any_gets_a_history() {
        let wanted: Vec<_> = (0..500).map(cold).collect();
        let load = plan(&wanted, 25);
        assert_eq!((load.histories.len(), load.batches.len(), load.left_out.len()), (0, 25, 0));
        assert_eq!(plan(&wanted, 45).calls(), 45);
    }

    #[test]
    fn too_many_symbols_leave_out_those_whose_price_is_good_longest() {
        let wanted: Vec<_> = (0..50).map(|n| stale(n, 1_000 - n as i64)).collect();
        let load = plan(&wanted, 1);
        assert_eq!(load.batches.len(), 1);
        assert_eq!(load.batches[0].symbols[0], symbol(49));
        assert_eq!(load.left_out.len(), 30);
        assert!(!load.batches[0].recent_closes);
    }

    #[test]
    fn a_warm_portfolio_costs_nothing() {
        assert_eq!(plan(&[], 23), Plan::default());
        assert_eq!(Plan::of_load(&[]), Plan::default());
    }

    #[test]
    fn stale_prices_take_a_batch_for_every_twenty() {
        let stale = |count: usize| (0..count).map(|n| stale(n, 0)).collect::<Vec<_>>();
        let calls = |count| Plan::of_load(&stale(count)).calls();
        assert_eq!([50, 500, 1_500].map(calls), [3, 25, 75]);
        assert_eq!(Plan::of_load(&stale(5_000)).left_out.len(), 5_000, "shown as they are, refreshed behind");
    }

    #[test]
    fn the_first_screen_is_of_those_without_a_price() {
        let wanted: Vec<_> = (0..1_000).map(|n| stale(n, 0)).chain((1_000..2_000).map(cold)).collect();
        let load = Plan::of_load(&wanted);
        assert_eq!((load.calls(), load.left_out.len()), (40, 1_600));
        assert_eq!(load.histories.first(), Some(&symbol(1_000)));
    }

    proptest! {
        #[test]
        fn no_load_makes_a_hundred_calls(cold_ones in 0..2_000_usize, stale_ones in 0..2_000_usize) {
            let wanted: Vec<_> = (0..cold_ones).map(cold).chain((2_000..2_000 + stale_ones).map(|n| stale(n, 0))).collect();
            let load = Plan::of_load(&wanted);
            prop_assert!(load.calls() <= calls_of_a_load(wanted.len()) as usize);
            prop_assert!(load.calls() <= 95);
            let told = load.histories.len() + load.batches.iter().map(|batch| batch.symbols.len()).sum::<usize>();
            prop_assert_eq!(told + load.left_out.len(), wanted.len());
        }

        #[test]
        fn a_plan_stays_within_its_calls_and_loses_nobody(
            lacking in prop::collection::vec(any::<bool>(), 0..300),
            calls in 0..60_u32,
        ) {
            let wanted: Vec<_> = lacking
                .iter()
                .enumerate()
                .map(|(n, lacks)| if *lacks { cold(n) } else { stale(n, n as i64) })
                .collect();
            let load = plan(&wanted, calls);
            prop_assert!(load.calls() <= calls as usize);
            let mut seen: Vec<Symbol> = load.histories.clone();
            seen.extend(load.batches.iter().flat_map(|batch| batch.symbols.clone()));
            seen.extend(load.left_out.clone());
            seen.sort();
            let mut all: Vec<Symbol> = wanted.iter().map(|want| want.symbol.clone()).collect();
            all.sort();
            prop_assert_eq!(seen, all);
            prop_assert!(load.batches.iter().all(|batch| batch.symbols.len() <= Plan::BATCH));
        }
    }
}
