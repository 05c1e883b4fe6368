//! What a simulator is told when it starts, and what can be changed while it runs.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use bellwether_domain::CorporateAction;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::ask::Route;
use crate::clock::ClockMode;
use crate::faults::FaultRule;
use crate::latency::LatencyProfile;
use crate::limiter::LimiterPolicy;

/// What a simulator is started with.
///
/// ```
/// use bellwether_yahoo_sim::{LimiterPolicy, SimConfig};
///
/// let mut config = SimConfig { seed: 7, ..SimConfig::default() };
/// config.behaviour.limiter = LimiterPolicy::folk();
/// assert!(config.listen.ip().is_loopback());
/// ```
#[derive(Debug, Clone)]
pub struct SimConfig {
    /// Where to listen; port 0 takes any that is free.
    pub listen: SocketAddr,
    /// Permits other addresses than this machine's own. Nothing here is meant to face a network.
    pub allow_remote: bool,
    /// All chance follows from it.
    pub seed: u64,
    /// What time follows.
    pub clock: ClockMode,
    /// The day from which the events of the reserved symbols are counted; the clock's day when `None`.
    pub epoch: Option<NaiveDate>,
    /// Threads that answer.
    pub workers: usize,
    /// A folder of recorded answers with its `manifest.json`, which go before all others.
    pub fixtures: Option<PathBuf>,
    /// Splits and dividends besides those that the symbols have.
    pub actions: Vec<CorporateAction>,
    /// Faults from the start.
    pub faults: Vec<FaultRule>,
    /// How the service behaves.
    pub behaviour: Behaviour,
}

impl Default for SimConfig {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            allow_remote: false,
            seed: 1,
            clock: ClockMode::Real,
            epoch: None,
            workers: 2,
            fixtures: None,
            actions: Vec::new(),
            faults: Vec::new(),
            behaviour: Behaviour::default(),
        }
    }
}

/// How the service behaves; can be changed while it runs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
pub struct Behaviour {
    /// Clients without a User-Agent, or with that of a bare library, are refused at the edge.
    pub check_user_agent: bool,
    /// How much a client may ask.
    pub limiter: LimiterPolicy,
    /// Answers are kept by the edge and served again while their `max-age` lasts.
    pub edge_cache: bool,
    /// Seconds by which the edge serves an answer longer than it should.
    pub freeze_s: i64,
    /// How long answers take.
    pub latency: LatencyProfile,
    /// How long answers of single routes take.
    pub latency_of: BTreeMap<Route, LatencyProfile>,
    /// Symbols in a spark call.
    pub spark_limit: usize,
    /// Symbols in a quote call.
    pub quote_limit: usize,
    /// `range=max` with daily bars is answered with quarterly ones.
    pub range_max_coarsens: bool,
    /// `range=1d` has no bar between midnight and the open.
    pub empty_before_open: bool,
    /// The fields that came late in 2026 are sent.
    pub full_day_fields: bool,
    /// Symbols that are unknown, whatever they are otherwise.
    pub excluded: Vec<String>,
    /// Status of the page that sets the cookie; the cookie comes with any.
    pub cookie_status: u16,
    /// What stands between a page of finance.yahoo.com and its cookie.
    pub consent: ConsentMode,
    /// How crumbs live and die.
    pub crumb: CrumbRules,
}

impl Default for Behaviour {
    fn default() -> Self {
        Self {
            check_user_agent: true,
            limiter: LimiterPolicy::off(),
            edge_cache: false,
            freeze_s: 0,
            latency: LatencyProfile::zero(),
            latency_of: BTreeMap::new(),
            spark_limit: 20,
            quote_limit: 99,
            range_max_coarsens: true,
            empty_before_open: false,
            full_day_fields: false,
            excluded: Vec::new(),
            cookie_status: 404,
            consent: ConsentMode::None,
            crumb: CrumbRules::default(),
        }
    }
}

/// What stands between a page and its cookie.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConsentMode {
    /// Nothing: the page sets the cookie.
    #[default]
    None,
    /// A form that must be answered.
    Form,
    /// A host that sets the cookies and sends the browser straight back.
    Bounce,
}

/// How crumbs live and die.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CrumbRules {
    /// Seconds after which a crumb is refused; never when `None`.
    pub ttl_s: Option<i64>,
    /// Uses after which a crumb is refused; never when `None`.
    pub rotate_after: Option<u32>,
    /// A crumb works only with the User-Agent that fetched it.
    pub bind_user_agent: bool,
    /// Without a cookie, answers 200 with the words "Invalid Cookie" instead of 401.
    pub invalid_cookie_text: bool,
    /// `getcrumb` is always refused with 429.
    pub throttled: bool,
}

/// The name is that of no preset.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{name:?} is no preset: there are {known}")]
pub struct UnknownPreset {
    pub(crate) name: String,
    /// The names that there are, for people.
    pub(crate) known: &'static str,
}

/// Why a simulator cannot start or be changed.
#[derive(Debug, thiserror::Error)]
pub enum SimError {
    /// The address belongs to a network. Say that this is meant, or take one of 127.0.0.0/8.
    #[error("{0} is not an address of this machine alone; allow remote clients if that is meant")]
    NotLoopback(SocketAddr),
    /// The port is taken, or not permitted.
    #[error("cannot listen on {address}")]
    Listen {
        /// Where it should have listened.
        address: SocketAddr,
        /// What the system says.
        source: std::io::Error,
    },
    /// The system gives no thread or event loop.
    #[error("cannot start a worker")]
    Worker(#[source] std::io::Error),
    /// The folder of recorded answers cannot be used.
    #[error("cannot use the recorded answers in {folder}: {reason}")]
    Fixtures {
        /// The folder.
        folder: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The setting is none that exists.
    #[error("no such setting: {0}")]
    Setting(String),
}
