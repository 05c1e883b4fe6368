//! What goes wrong, when, and how often.

mod action;
pub(crate) mod bytes;
pub(crate) mod mutation;

use serde::{Deserialize, Serialize};

use crate::ask::{Ask, Route};
use crate::market::{mix, unit};

pub use action::{FaultAction, FaultBody, Omission, ResetPoint};

/// One line of a plan: what it applies to, what it does, how often at most.
///
/// ```
/// use bellwether_yahoo_sim::{FaultAction, FaultRule, Route};
///
/// // Every third chart answers 503.
/// let rule: FaultRule = serde_json::from_str(
///     r#"{"match": {"route": "chart", "every": 3}, "action": {"status": {"code": 503}}}"#,
/// )?;
/// assert_eq!(rule.matches.route, Some(Route::Chart));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FaultRule {
    /// What it applies to; everything when empty.
    #[serde(rename = "match", default)]
    pub matches: FaultMatch,
    /// What happens.
    pub action: FaultAction,
    /// How often at most.
    #[serde(default)]
    pub times: Option<u32>,
}

impl FaultRule {
    /// A rule for one endpoint.
    pub fn on(route: Route, action: FaultAction) -> Self {
        Self { matches: FaultMatch { route: Some(route), ..FaultMatch::default() }, action, times: None }
    }

    /// A rule for every call.
    pub fn always(action: FaultAction) -> Self {
        Self { matches: FaultMatch::default(), action, times: None }
    }

    /// The same, but at most so often.
    #[must_use]
    pub fn times(self, times: u32) -> Self {
        Self { times: Some(times), ..self }
    }
}

/// Which calls a rule applies to: all that are given must hold. Route, symbol and client choose calls; the others
/// count among the chosen ones, from 1 on.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FaultMatch {
    /// The endpoint.
    pub route: Option<Route>,
    /// One of the symbols asked for.
    pub symbol: Option<String>,
    /// The client.
    pub client: Option<String>,
    /// Only that call.
    pub nth: Option<u64>,
    /// Each call whose number it divides.
    pub every: Option<u64>,
    /// From that call to that call, both included.
    pub between: Option<(u64, u64)>,
    /// By chance, from 0 to 1.
    pub probability: Option<f64>,
}

impl FaultMatch {
    fn chooses(&self, ask: &Ask) -> bool {
        let symbol = |wanted: &String| ask.symbols.iter().any(|symbol| symbol.eq_ignore_ascii_case(wanted));
        self.route.is_none_or(|route| route == ask.route)
            && self.symbol.as_ref().is_none_or(symbol)
            && self.client.as_ref().is_none_or(|client| *client == ask.client)
    }

    fn strikes(&self, call: u64, seed: u64) -> bool {
        self.nth.is_none_or(|nth| nth == call)
            && self.every.is_none_or(|every| every > 0 && call.is_multiple_of(every))
            && self.between.is_none_or(|(first, last)| (first..=last).contains(&call))
            && self.probability.is_none_or(|probability| unit(mix(seed ^ 0x6661_756c, call)) < probability)
    }
}

/// The rules with what has become of them.
#[derive(Debug, Default)]
pub(crate) struct FaultPlan {
    rules: Vec<(FaultRule, Progress)>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Progress {
    calls: u64,
    strikes: u32,
    /// Calls that an outage still lasts.
    outage_calls: u64,
    /// Milliseconds of the clock at which an outage ends.
    outage_until: Option<i64>,
}

impl FaultPlan {
    pub(crate) fn new(rules: Vec<FaultRule>) -> Self {
        Self { rules: rules.into_iter().map(|rule| (rule, Progress::default())).collect() }
    }

    /// Forgets what has happened, not the rules.
    pub(crate) fn reset(&mut self) {
        for (_, progress) in &mut self.rules {
            *progress = Progress::default();
        }
    }

    /// What happens to a call. All rules count it; the first that strikes decides.
    pub(crate) fn strike(&mut self, ask: &Ask, seed: u64, now_ms: i64) -> Option<FaultAction> {
        let mut found = None;
        for (index, (rule, progress)) in self.rules.iter_mut().enumerate() {
            if !rule.matches.chooses(ask) {
                continue;
            }
            progress.calls += 1;
            if found.is_some() {
                continue;
            }
            let outage =
                progress.outage_calls > 0 || progress.outage_until.is_some_and(|until| now_ms < until);
            if outage {
                progress.outage_calls = progress.outage_calls.saturating_sub(1);
                found = Some(rule.action.clone());
                continue;
            }
            let exhausted = rule.times.is_some_and(|times| progress.strikes >= times);
            if exhausted || !rule.matches.strikes(progress.calls, mix(seed, index as u64)) {
                continue;
            }
            progress.strikes += 1;
            if let FaultAction::Burst { count, seconds, .. } = &rule.action {
                progress.outage_calls = count.unwrap_or(1).saturating_sub(1);
                progress.outage_until = seconds.map(|seconds| now_ms + seconds * 1_000);
            }
            found = Some(rule.action.clone());
        }
        found
    }
}
