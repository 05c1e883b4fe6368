//! Who is asked for prices, what that has to remember over a restart, and how it fares.

use std::sync::{Arc, PoisonError};

use bellwether_cache::redis::Redis;
use bellwether_domain::{PriceSource, PriceSourceName, SharedClock, Symbol};
use bellwether_prices::yahoo::Memory;
use bellwether_prices::{
    Chain, CircuitState, Coalescing, CoalescingCounters, Feed, FeedSettings, Gateway, GatewaySnapshot,
    HttpTransport, Limits, Pause, Provider, Sharing, SourceHealth, Yahoo,
};
use bellwether_storage::{AnyConnection, Storage, StorageError, settings};
use chrono::{DateTime, TimeDelta, Utc};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tokio::sync::Mutex;

use crate::shared_limits::LimitsInRedis;
use crate::{Tracker, TrackerError};

/// What other processes wrote down is read no more often.
const LOOK_ELSEWHERE: TimeDelta = TimeDelta::seconds(5);

/// Where prices are asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Upstream {
    /// Yahoo Finance.
    Yahoo,
    /// A service at this address that speaks like it, under the same limits.
    At(String),
    /// A simulator of our own at this address, which needs no consideration.
    Simulator(String),
    /// Nobody: imported prices only.
    Nobody,
}

impl Upstream {
    fn address(&self) -> Option<&str> {
        match self {
            Self::Yahoo => Some(Yahoo::ADDRESS),
            Self::At(url) | Self::Simulator(url) => Some(url),
            Self::Nobody => None,
        }
    }

    fn limits(&self) -> Limits {
        if matches!(self, Self::Simulator(_)) { Limits::generous() } else { Limits::default() }
    }
}

/// How the sources of prices fare.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct UpstreamHealth {
    /// Of each source, in the order in which they are asked; none where prices come from files alone.
    pub sources: Vec<SourceHealth>,
    /// What was asked for once on behalf of several.
    pub coalescing: CoalescingCounters,
}

/// All that answers for prices; there is at least one.
pub(crate) struct Sources {
    provider: Coalescing,
    gateways: Vec<KeptGateway>,
    yahoo: Option<KeptYahoo>,
    /// The user's own, which may know what Yahoo does not.
    feeds: Vec<Arc<Feed>>,
    elsewhere: std::sync::Mutex<Elsewhere>,
    /// With those who share limits.
    caught_up: std::sync::Mutex<Option<DateTime<Utc>>>,
}

/// What other processes wrote down that ask when this one does not.
#[derive(Default)]
struct Elsewhere {
    read_at: Option<DateTime<Utc>>,
    /// Of the main way out.
    gateway: Option<GatewaySnapshot>,
    /// Of Yahoo.
    memory: Option<Memory>,
}

impl Sources {
    /// Makes the sources ready, as they were when the last process ended; `None` where there is nobody to ask.
    pub(crate) async fn open(
        upstream: &Upstream,
        feeds: Vec<FeedSettings>,
        clock: &SharedClock,
        pause: Arc<dyn Pause>,
        storage: &Storage,
        redis: Option<&Redis>,
    ) -> Result<Option<Self>, TrackerError> {
        let mut chain = Chain::new(SharedClock::clone(clock));
        let mut gateways = Vec::new();
        let mut opened = Vec::new();
        for settings in feeds {
            let name = settings.source().name;
            let feed = Arc::new(Feed::open(settings, SharedClock::clone(clock))?);
            gateways
                .push(KeptGateway::open(name.clone(), name.as_str(), feed.gateway(), storage, redis).await?);
            chain = chain.then_shared(Arc::<Feed>::clone(&feed));
            opened.push(feed);
        }
        let yahoo = match upstream.address() {
            Some(address) => {
                let transport = HttpTransport::new(address)?;
                let gateway =
                    Gateway::pausing(transport, SharedClock::clone(clock), pause, upstream.limits());
                let name = PriceSource::yahoo().name;
                gateways.push(KeptGateway::open(name, address, &gateway, storage, redis).await?);
                let kept = KeptYahoo::open(address, Yahoo::through(gateway), storage).await?;
                chain = chain.then_shared(Arc::<Yahoo>::clone(&kept.yahoo));
                Some(kept)
            }
            None => None,
        };
        if chain.is_empty() {
            return Ok(None);
        }
        let provider = Coalescing::over(Arc::new(chain), SharedClock::clone(clock));
        let (elsewhere, caught_up) = Default::default();
        Ok(Some(Self { provider, gateways, yahoo, feeds: opened, elsewhere, caught_up }))
    }

    pub(crate) fn provider(&self) -> &dyn Provider {
        &self.provider
    }

    /// Whether asking for the symbol now cannot bring a price: nobody covers it, or the only one who does has said
    /// that it does not exist, or fails for its sake, and is not to be asked again yet.
    pub(crate) fn is_silent(&self, symbol: &Symbol) -> bool {
        if self.feeds.iter().any(|feed| feed.covers(symbol)) {
            return false;
        }
        self.yahoo.is_none() || self.yahoo_silent_until(symbol).is_some()
    }

    /// Until when asking for the symbol cannot bring a price, if so.
    pub(crate) fn silent_until(&self, symbol: &Symbol) -> Option<DateTime<Utc>> {
        if self.feeds.iter().any(|feed| feed.covers(symbol)) {
            return None;
        }
        self.yahoo_silent_until(symbol)
    }

    fn yahoo_silent_until(&self, symbol: &Symbol) -> Option<DateTime<Utc>> {
        let yahoo = &self.yahoo.as_ref()?.yahoo;
        let now = self.main()?.gateway.clock().now();
        match self.elsewhere().as_ref().and_then(|told| told.memory.as_ref()) {
            Some(memory) => memory.silent_until(symbol, now),
            None => yahoo.silent_until(symbol),
        }
    }

    /// What other processes learnt, as long as this one asked nobody itself.
    fn elsewhere(&self) -> Option<std::sync::MutexGuard<'_, Elsewhere>> {
        let asks = self.main().is_some_and(|kept| kept.gateway.counters().calls > 0);
        (!asks).then(|| self.elsewhere.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Learns who rests from those with whom limits are shared. And from what other processes wrote down who rests and
    /// which symbols, as long as this one asked nobody itself. Not too often.
    pub(crate) async fn look_elsewhere(
        &self,
        storage: &Storage,
        now: DateTime<Utc>,
    ) -> Result<(), TrackerError> {
        let is_old = |told: &Elsewhere| told.read_at.is_none_or(|at| (now - at).abs() >= LOOK_ELSEWHERE);
        self.catch_up(now).await;
        if !self.elsewhere().is_some_and(|told| is_old(&told)) {
            return Ok(());
        }
        let gateway = match self.main() {
            Some(main) => kept::<GatewaySnapshot>(storage, &main.setting, &main.address).await?,
            None => None,
        };
        let memory = match &self.yahoo {
            Some(yahoo) => kept::<Memory>(storage, KeptYahoo::SETTING, &yahoo.address).await?,
            None => None,
        };
        if let Some(mut told) = self.elsewhere() {
            let (gateway, memory) = (gateway.map(|kept| kept.state), memory.map(|kept| kept.state));
            *told = Elsewhere { read_at: Some(now), gateway, memory };
        }
        Ok(())
    }

    /// Learns what those told with whom limits are shared, unless that was a moment ago.
    async fn catch_up(&self, now: DateTime<Utc>) {
        {
            let mut caught_up = self.caught_up.lock().unwrap_or_else(PoisonError::into_inner);
            if caught_up.is_some_and(|at| (now - at).abs() < LOOK_ELSEWHERE) {
                return;
            }
            *caught_up = Some(now);
        }
        for kept in &self.gateways {
            kept.gateway.catch_up().await;
        }
    }

    /// The way out that most calls take: Yahoo's, else that of the first source of the user's own.
    fn main(&self) -> Option<&KeptGateway> {
        self.gateways.last()
    }

    /// Whether the main way out lets calls through.
    pub(crate) fn circuit(&self) -> CircuitState {
        let Some(main) = self.main() else { return CircuitState::Closed };
        let known = main.gateway.counters();
        if known.sharing == Sharing::Together {
            return known.anonymous.state;
        }
        let told = self.elsewhere().and_then(|told| Some(told.gateway.as_ref()?.anonymous));
        told.map_or(known.anonymous, |circuit| circuit.seen_at(main.gateway.clock().now())).state
    }

    /// The main way's calls that an hour sustains, and those of the last hour.
    pub(crate) fn hour(&self) -> (u32, u32) {
        self.main().map_or((0, 0), |kept| {
            let counters = kept.gateway.counters();
            (counters.hourly_limit, counters.calls_last_hour)
        })
    }

    /// The circuits that are in another state than when this was last asked, as far as it was this process that found
    /// out.
    pub(crate) fn circuit_changes(&self) -> Vec<(PriceSourceName, CircuitState)> {
        let change = |kept: &KeptGateway| {
            let state = kept.gateway.counters().anonymous.state;
            let mut told = kept.told.lock().unwrap_or_else(PoisonError::into_inner);
            let before = std::mem::replace(&mut *told, state);
            let is_news = stage(before) != stage(state) && !kept.gateway.has_learnt_circuit();
            is_news.then(|| (kept.source.clone(), state))
        };
        self.gateways.iter().filter_map(change).collect()
    }

    /// Writes down when calls went out and who rests, as far as that has changed.
    pub(crate) async fn keep_gateways(&self, storage: &Storage) {
        for gateway in &self.gateways {
            if let Err(error) = gateway.keep(storage).await {
                // The prices are there; what is not written down now is with the next call.
                tracing::warn!(%error, "upstream.state_not_kept");
            }
        }
    }

    /// Writes down what was learnt of symbols, as far as that has changed.
    pub(crate) async fn keep_memory(&self, storage: &Storage) {
        if let Some(yahoo) = &self.yahoo
            && let Err(error) = yahoo.keep(storage).await
        {
            tracing::warn!(%error, "upstream.memory_not_kept");
        }
    }

    fn health(&self) -> UpstreamHealth {
        UpstreamHealth { sources: self.provider.health(), coalescing: self.provider.counters() }
    }
}

/// A state without its times.
fn stage(state: CircuitState) -> u8 {
    match state {
        CircuitState::Closed => 0,
        CircuitState::HalfOpen { .. } => 1,
        CircuitState::Open { .. } => 2,
    }
}

/// What is kept for the next process, and which upstream it is about: another has another patience and other symbols.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Kept<T> {
    address: String,
    state: T,
}

/// What an earlier process kept about this upstream.
async fn kept<T>(storage: &Storage, setting: &str, address: &str) -> Result<Option<Kept<T>>, TrackerError>
where
    T: DeserializeOwned + Send + 'static,
{
    match storage.setting::<Kept<T>>(setting).await {
        Ok(kept) => Ok(kept.filter(|kept| kept.address == address)),
        Err(error @ StorageError::Corrupt { .. }) => {
            tracing::warn!(%error, "upstream.state_unreadable");
            Ok(None)
        }
        Err(error) => Err(error.into()),
    }
}

/// A gateway whose rests and limits outlive the process.
struct KeptGateway {
    source: PriceSourceName,
    setting: String,
    address: String,
    gateway: Gateway,
    kept: Mutex<Option<Kept<GatewaySnapshot>>>,
    /// The circuit as it was last told.
    told: std::sync::Mutex<CircuitState>,
}

impl KeptGateway {
    async fn open(
        source: PriceSourceName,
        address: &str,
        gateway: &Gateway,
        storage: &Storage,
        redis: Option<&Redis>,
    ) -> Result<Self, TrackerError> {
        let setting = format!("gateway-of-{source}");
        let kept = kept::<GatewaySnapshot>(storage, &setting, address).await?;
        if let Some(kept) = &kept {
            gateway.restore(&kept.state);
        }
        if let Some(redis) = redis {
            let limits = LimitsInRedis::new(redis, source.as_str(), address, gateway.clock());
            gateway.share(Arc::new(limits));
        }
        let told = std::sync::Mutex::new(gateway.counters().anonymous.state);
        let (address, gateway) = (address.to_owned(), gateway.clone());
        Ok(Self { source, setting, address, gateway, kept: Mutex::new(kept), told })
    }

    async fn keep(&self, storage: &Storage) -> Result<(), StorageError> {
        // Held over the write, so that of two states the later one is written last.
        let mut kept = self.kept.lock().await;
        let now = Kept { address: self.address.clone(), state: self.gateway.snapshot() };
        if kept.as_ref() == Some(&now) {
            return Ok(());
        }
        let (name, told, at) = (self.setting.clone(), now.clone(), storage.now());
        let write = move |connection: &mut AnyConnection| settings::set(connection, &name, &told, at);
        if kept.as_ref().is_some_and(|kept| differ_in_calls_only(&kept.state, &now.state)) {
            // The last calls are all that a power cut could take.
            storage.write_repeatable(write).await?;
        } else {
            storage.write(write).await?;
        }
        *kept = Some(now);
        Ok(())
    }
}

fn differ_in_calls_only(before: &GatewaySnapshot, now: &GatewaySnapshot) -> bool {
    let rests = |snapshot: &GatewaySnapshot| {
        (snapshot.anonymous, snapshot.authenticated, snapshot.hourly_limit, snapshot.clean_since)
    };
    rests(before) == rests(now)
}

/// Yahoo, whose memory of symbols outlives the process.
struct KeptYahoo {
    address: String,
    yahoo: Arc<Yahoo>,
    kept: Mutex<Option<Kept<Memory>>>,
}

impl KeptYahoo {
    const SETTING: &str = "symbols";

    async fn open(address: &str, yahoo: Yahoo, storage: &Storage) -> Result<Self, TrackerError> {
        let kept = kept::<Memory>(storage, Self::SETTING, address).await?;
        if let Some(kept) = &kept {
            yahoo.recall(kept.state.clone());
        }
        Ok(Self { address: address.to_owned(), yahoo: Arc::new(yahoo), kept: Mutex::new(kept) })
    }

    async fn keep(&self, storage: &Storage) -> Result<(), StorageError> {
        let mut kept = self.kept.lock().await;
        let now = Kept { address: self.address.clone(), state: self.yahoo.memory() };
        if kept.as_ref() == Some(&now) {
            return Ok(());
        }
        let (told, at) = (now.clone(), storage.now());
        // What is lost is learnt again.
        storage
            .write_repeatable(move |connection| settings::set(connection, Self::SETTING, &told, at))
            .await?;
        *kept = Some(now);
        Ok(())
    }
}

impl Tracker {
    /// How the sources of prices fare, as far as this process knows; without asking them anything.
    pub fn upstream_health(&self) -> UpstreamHealth {
        self.sources().map(Sources::health).unwrap_or_default()
    }

    /// The same, after a look at what other processes told with whom limits are shared.
    pub async fn upstream_health_of_all(&self) -> UpstreamHealth {
        let Some(sources) = self.sources() else { return UpstreamHealth::default() };
        sources.catch_up(self.clock().now()).await;
        sources.health()
    }
}
