//! Who may ask how much, and what happens to who asks more.

use std::collections::{HashMap, HashSet, VecDeque};
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::ask::{Ask, HOSTS};
use crate::config::UnknownPreset;

/// How much a client may ask, and for how long it is blocked when it asks more.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LimiterPolicy {
    /// A bucket that fills steadily.
    pub bucket: Option<Bucket>,
    /// Calls in rolling windows; each holds.
    pub windows: Vec<RateWindow>,
    /// Calls in flight.
    pub max_parallel: Option<u32>,
    /// Everybody is blocked always, as many cloud addresses are.
    pub always: bool,
    /// Seconds of a first block.
    pub block_s: i64,
    /// Seconds up to which a block grows, doubling when it is ignored.
    pub block_max_s: i64,
    /// The authenticated endpoints are counted and blocked apart from the others.
    pub per_family: bool,
    /// The words of the refusal.
    pub body: ThrottleBody,
    /// Seconds to send as `Retry-After`; the real service sends none.
    pub retry_after: Option<u32>,
}

/// A bucket of calls that fills steadily.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Bucket {
    /// Calls a second.
    pub rate: f64,
    /// Calls at once.
    pub burst: f64,
}

/// So many calls in so many seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct RateWindow {
    /// Calls.
    pub limit: usize,
    /// Seconds.
    pub seconds: i64,
}

/// The words of a refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ThrottleBody {
    /// `Too Many Requests`
    #[default]
    Plain,
    /// `Edge: Too Many Requests`
    Edge,
}

impl Default for LimiterPolicy {
    fn default() -> Self {
        Self::off()
    }
}

impl LimiterPolicy {
    /// No limit.
    pub fn off() -> Self {
        Self {
            bucket: None,
            windows: Vec::new(),
            max_parallel: None,
            always: false,
            block_s: 180,
            block_max_s: 3_600,
            per_family: false,
            body: ThrottleBody::Plain,
            retry_after: None,
        }
    }

    /// 2,000 calls an hour.
    pub fn generous() -> Self {
        Self::windows(&[(2_000, 3_600)])
    }

    /// 360 calls an hour and 60 a minute, as people tell each other.
    pub fn folk() -> Self {
        Self::windows(&[(360, 3_600), (60, 60)])
    }

    /// 40 calls in 40 minutes.
    pub fn hostile() -> Self {
        Self::windows(&[(40, 2_400)])
    }

    /// Nothing, ever.
    pub fn cloud() -> Self {
        Self { always: true, body: ThrottleBody::Edge, ..Self::off() }
    }

    /// Eight calls at once.
    pub fn parallel8() -> Self {
        Self { max_parallel: Some(8), ..Self::off() }
    }

    /// The policy of a name: `off`, `generous`, `folk`, `hostile`, `cloud`, `parallel8`.
    pub fn preset(name: &str) -> Option<Self> {
        Some(match name {
            "off" => Self::off(),
            "generous" => Self::generous(),
            "folk" => Self::folk(),
            "hostile" => Self::hostile(),
            "cloud" => Self::cloud(),
            "parallel8" => Self::parallel8(),
            _ => return None,
        })
    }

    fn windows(windows: &[(usize, i64)]) -> Self {
        let windows = windows.iter().map(|&(limit, seconds)| RateWindow { limit, seconds }).collect();
        Self { windows, ..Self::off() }
    }
}

impl FromStr for LimiterPolicy {
    type Err = UnknownPreset;

    /// The policy of a preset's name.
    fn from_str(name: &str) -> Result<Self, UnknownPreset> {
        let known = "off, generous, folk, hostile, cloud and parallel8";
        Self::preset(name).ok_or_else(|| UnknownPreset { name: name.to_owned(), known })
    }
}

/// Whose calls are counted together: those of a client to one host, or to one family of its endpoints.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct LimiterKey {
    pub(crate) client: String,
    /// The host's role, where the URL names one.
    pub(crate) host: Option<&'static str>,
    pub(crate) authenticated: bool,
}

impl LimiterKey {
    /// The key of a call.
    pub(crate) fn of(policy: &LimiterPolicy, ask: &Ask) -> Self {
        let authenticated = policy.per_family && ask.route.is_authenticated();
        Self { client: ask.client.clone(), host: ask.host, authenticated }
    }
}

/// What each client has asked and how long it is blocked.
#[derive(Debug, Default)]
pub(crate) struct Limiter {
    clients: HashMap<LimiterKey, Client>,
}

#[derive(Debug, Default)]
struct Client {
    calls: VecDeque<i64>,
    tokens: Option<(f64, i64)>,
    blocked_until: Option<i64>,
    block_s: i64,
    in_flight: u32,
}

impl Limiter {
    /// Whether a call is let through at an instant, in milliseconds. One that is must be [finished](Self::finish).
    pub(crate) fn admit(&mut self, policy: &LimiterPolicy, key: &LimiterKey, now_ms: i64) -> bool {
        let record = self.clients.entry(key.clone()).or_default();
        if policy.always {
            return false;
        }
        if let Some(until) = record.blocked_until {
            if now_ms < until {
                record.block_s = (record.block_s * 2).min(policy.block_max_s);
                record.blocked_until = Some(now_ms + record.block_s * 1_000);
                return false;
            }
            record.blocked_until = None;
            record.calls.clear();
            record.tokens = None;
        }
        if policy.max_parallel.is_some_and(|most| record.in_flight >= most) {
            // Refused for being many at once, not for being too many: no block follows.
            return false;
        }
        if record.exceeds(policy, now_ms) {
            record.block_s = policy.block_s;
            record.blocked_until = Some(now_ms + policy.block_s * 1_000);
            return false;
        }
        record.calls.push_back(now_ms);
        record.in_flight += 1;
        true
    }

    /// A call that was let through has been answered.
    pub(crate) fn finish(&mut self, key: &LimiterKey) {
        if let Some(record) = self.clients.get_mut(key) {
            record.in_flight = record.in_flight.saturating_sub(1);
        }
    }

    /// Blocks a client at all hosts and in all families.
    pub(crate) fn block(&mut self, client: &str, now_ms: i64, seconds: i64) {
        for host in HOSTS {
            for authenticated in [false, true] {
                let key = LimiterKey { client: client.to_owned(), host, authenticated };
                let record = self.clients.entry(key).or_default();
                record.block_s = seconds;
                record.blocked_until = Some(now_ms + seconds * 1_000);
            }
        }
    }

    /// How many clients are blocked somewhere at an instant.
    pub(crate) fn blocked(&self, now_ms: i64) -> usize {
        let is_blocked = |client: &Client| client.blocked_until.is_some_and(|until| now_ms < until);
        let blocked = self.clients.iter().filter(|(_, record)| is_blocked(record));
        blocked.map(|(key, _)| key.client.as_str()).collect::<HashSet<_>>().len()
    }
}

impl Client {
    fn exceeds(&mut self, policy: &LimiterPolicy, now_ms: i64) -> bool {
        let longest = policy.windows.iter().map(|window| window.seconds).max().unwrap_or(0);
        while self.calls.front().is_some_and(|call| *call <= now_ms - longest * 1_000) {
            self.calls.pop_front();
        }
        let full = |window: &RateWindow| {
            let since = now_ms - window.seconds * 1_000;
            self.calls.iter().rev().take_while(|call| **call > since).count() >= window.limit
        };
        if policy.windows.iter().any(full) {
            return true;
        }
        let Some(bucket) = policy.bucket else { return false };
        let (tokens, since) = self.tokens.unwrap_or((bucket.burst, now_ms));
        let filled = (tokens + bucket.rate * (now_ms - since) as f64 / 1_000.0).min(bucket.burst);
        self.tokens = Some(((filled - 1.0).max(0.0), now_ms));
        filled < 1.0
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn key(client: &str) -> LimiterKey {
        LimiterKey { client: client.to_owned(), host: None, authenticated: false }
    }

    fn admits(limiter: &mut Limiter, policy: &LimiterPolicy, second: i64) -> bool {
        let admitted = limiter.admit(policy, &key("a"), second * 1_000);
        if admitted {
            limiter.finish(&key("a"));
        }
        admitted
    }

    #[test]
    fn the_call_after_the_last_one_of_the_window_is_refused_and_a_block_follows() {
        let (mut limiter, policy) = (Limiter::default(), LimiterPolicy::hostile());
        assert!((0..40).all(|second| admits(&mut limiter, &policy, second)));
        assert!(!admits(&mut limiter, &policy, 40));
        assert_eq!(limiter.blocked(41_000), 1);
        assert_eq!(limiter.blocked(221_000), 0);
        assert!(admits(&mut limiter, &policy, 221));
    }

    #[test]
    fn a_block_grows_while_it_is_ignored() {
        let (mut limiter, policy) = (Limiter::default(), LimiterPolicy::off());
        limiter.block("a", 0, 180);
        assert!(!admits(&mut limiter, &policy, 100));
        assert!(!admits(&mut limiter, &policy, 459), "360 seconds from the call during the block");
        assert!(!admits(&mut limiter, &policy, 1_178), "720 from the next");
        assert!(admits(&mut limiter, &policy, 1_178 + 1_440));
    }

    #[test]
    fn a_bucket_fills_with_time() {
        let policy = LimiterPolicy {
            bucket: Some(Bucket { rate: 1.0, burst: 2.0 }),
            block_s: 0,
            ..LimiterPolicy::off()
        };
        let mut limiter = Limiter::default();
        assert!(admits(&mut limiter, &policy, 0));
        assert!(admits(&mut limiter, &policy, 0));
        assert!(!admits(&mut limiter, &policy, 0));
        assert!(admits(&mut limiter, &policy, 5));
    }

    #[test]
    fn eight_at_once_is_the_most() {
        let (mut limiter, policy) = (Limiter::default(), LimiterPolicy::parallel8());
        assert!((0..8).all(|_| limiter.admit(&policy, &key("a"), 0)));
        assert!(!limiter.admit(&policy, &key("a"), 0));
        assert!(limiter.admit(&policy, &key("b"), 0), "another client");
        limiter.finish(&key("a"));
        assert!(limiter.admit(&policy, &key("a"), 0));
    }

    #[test]
    fn hosts_and_families_are_counted_apart() {
        let mut policy = LimiterPolicy::hostile();
        policy.windows[0].limit = 1;
        let mut limiter = Limiter::default();
        assert!(limiter.admit(&policy, &key("a"), 0));
        assert!(!limiter.admit(&policy, &key("a"), 0));
        assert!(limiter.admit(&policy, &LimiterKey { host: Some("q2"), ..key("a") }, 0));
        assert!(limiter.admit(&policy, &LimiterKey { authenticated: true, ..key("a") }, 0));
        limiter.block("a", 0, 10);
        assert_eq!(limiter.blocked(0), 1, "one client, however many hosts");
    }

    #[test]
    fn clouds_are_always_blocked() {
        let policy = LimiterPolicy::preset("cloud").unwrap();
        assert!(!admits(&mut Limiter::default(), &policy, 0));
        let unknown = "kind".parse::<LimiterPolicy>().unwrap_err().to_string();
        assert!(unknown.contains("kind") && unknown.contains("parallel8"), "{unknown}");
    }
}
