//! Symbols that are left alone for a while.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use bellwether_domain::Symbol;
use chrono::{DateTime, Utc};

/// Who is left alone, why and until when. An entry whose time is over goes when somebody looks at it.
#[derive(Debug, Default)]
pub(super) struct Quiet(Mutex<HashMap<Symbol, Silence>>);

#[derive(Debug, Clone, Copy)]
struct Silence {
    until: DateTime<Utc>,
    cause: Cause,
}

/// Why a symbol is left alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cause {
    /// What was said of it, which asking again would hardly change.
    Symbol,
    /// Its source takes no calls, whoever they are about.
    Source,
}

impl Quiet {
    pub(super) fn leave_alone(&self, symbol: &Symbol, until: DateTime<Utc>, cause: Cause) {
        let silence = Silence { until, cause };
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(symbol.clone(), silence);
    }

    pub(super) fn holds(&self, symbol: &Symbol, now: DateTime<Utc>) -> bool {
        self.of(symbol, now).is_some()
    }

    /// Until when nobody is asked for the symbol, where that is for its own sake.
    pub(super) fn symbol_rests_until(&self, symbol: &Symbol, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let silence = self.of(symbol, now)?;
        (silence.cause == Cause::Symbol).then_some(silence.until)
    }

    /// Until when nobody is asked for the symbol, where that is for its source's sake.
    pub(super) fn source_rests_until(&self, symbol: &Symbol, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let silence = self.of(symbol, now)?;
        (silence.cause == Cause::Source).then_some(silence.until)
    }

    fn of(&self, symbol: &Symbol, now: DateTime<Utc>) -> Option<Silence> {
        let mut quiet = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let silence = *quiet.get(symbol)?;
        if silence.until <= now {
            quiet.remove(symbol);
            return None;
        }
        Some(silence)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeDelta;

    #[test]
    fn silence_ends_and_is_forgotten() {
        let (quiet, now) = (Quiet::default(), DateTime::UNIX_EPOCH);
        let until = now + TimeDelta::seconds(15);
        let symbols: [Symbol; 2] = ["KO", "PEP"].map(|symbol| symbol.parse().expect("a symbol"));
        quiet.leave_alone(&symbols[0], until, Cause::Source);
        quiet.leave_alone(&symbols[1], until, Cause::Symbol);
        assert!(symbols.iter().all(|symbol| quiet.holds(symbol, now)));
        let rests = symbols.each_ref().map(|symbol| quiet.source_rests_until(symbol, now));
        assert_eq!(rests, [Some(until), None]);

        assert!(!symbols.iter().any(|symbol| quiet.holds(symbol, until)));
        assert!(quiet.0.lock().expect("a lock").is_empty());
    }
}
