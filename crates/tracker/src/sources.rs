//! Who is asked for prices, what that has to remember over a restart, and how it fares.

use std::sync::Arc;

use bellwether_domain::SharedClock;
use bellwether_prices::{
    Chain, Coalescing, CoalescingCounters, Gateway, GatewaySnapshot, HttpTransport, Limits, Provider,
    SourceHealth, Yahoo,
};
use bellwether_storage::{Storage, StorageError, settings};
use serde::{Deserialize, Serialize};
use tokio::sync::Mutex;

use crate::{Tracker, TrackerError};

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

/// The setting that holds what a gateway has to know of the one before it.
const GATEWAY: &str = "gateway";

/// What is kept of the gateway for the next process.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Kept {
    /// Which upstream it is about: another has another patience.
    address: String,
    gateway: GatewaySnapshot,
}

impl Kept {
    /// Whether it may be lost in a power cut: with the same circuits and limit, only the last calls would be.
    fn is_repeatable_after(&self, before: Option<&Self>) -> bool {
        before.is_some_and(|before| {
            let GatewaySnapshot { anonymous, authenticated, recent_calls: _, hourly_limit, clean_since: _ } =
                &self.gateway;
            (anonymous, authenticated, hourly_limit)
                == (&before.gateway.anonymous, &before.gateway.authenticated, &before.gateway.hourly_limit)
        })
    }
}

/// All that answers for prices; there is at least one.
pub(crate) struct Sources {
    provider: Coalescing,
    main: Option<Main>,
}

/// The source with a gateway whose state outlives the process.
struct Main {
    address: String,
    yahoo: Arc<Yahoo>,
    kept: Mutex<Option<Kept>>,
}

impl Sources {
    /// Makes the sources ready, as they were when the last process ended; `None` where there is nobody to ask.
    pub(crate) async fn open(
        upstream: &Upstream,
        clock: &SharedClock,
        storage: &Storage,
    ) -> Result<Option<Self>, TrackerError> {
        let mut chain = Chain::new(SharedClock::clone(clock));
        let main = match upstream.address() {
            Some(address) => Some(Main::open(address, upstream.limits(), clock, storage).await?),
            None => None,
        };
        if let Some(main) = &main {
            chain = chain.then_shared(Arc::<Yahoo>::clone(&main.yahoo));
        }
        if chain.is_empty() {
            return Ok(None);
        }
        let provider = Coalescing::over(Arc::new(chain), SharedClock::clone(clock));
        Ok(Some(Self { provider, main }))
    }

    pub(crate) fn provider(&self) -> &dyn Provider {
        &self.provider
    }

    /// Writes down what the next process has to know, as far as it has changed.
    pub(crate) async fn keep(&self, storage: &Storage) {
        if let Some(main) = &self.main
            && let Err(error) = main.keep(storage).await
        {
            // The prices are there; what is not written down now is with the next call.
            tracing::warn!(%error, "upstream.state_not_kept");
        }
    }

    fn health(&self) -> UpstreamHealth {
        UpstreamHealth { sources: self.provider.health(), coalescing: self.provider.counters() }
    }
}

impl Main {
    async fn open(
        address: &str,
        limits: Limits,
        clock: &SharedClock,
        storage: &Storage,
    ) -> Result<Self, TrackerError> {
        let gateway = Gateway::with(HttpTransport::new(address)?, SharedClock::clone(clock), limits);
        let kept = match storage.setting::<Kept>(GATEWAY).await {
            Ok(kept) => kept.filter(|kept| kept.address == address),
            Err(error @ StorageError::Corrupt { .. }) => {
                tracing::warn!(%error, "upstream.state_unreadable");
                None
            }
            Err(error) => return Err(error.into()),
        };
        if let Some(kept) = &kept {
            gateway.restore(&kept.gateway);
        }
        let yahoo = Arc::new(Yahoo::through(gateway));
        Ok(Self { address: address.to_owned(), yahoo, kept: Mutex::new(kept) })
    }

    async fn keep(&self, storage: &Storage) -> Result<(), StorageError> {
        // Held over the write, so that of two states the later one is written last.
        let mut kept = self.kept.lock().await;
        let now = Kept { address: self.address.clone(), gateway: self.yahoo.gateway().snapshot() };
        if kept.as_ref() == Some(&now) {
            return Ok(());
        }
        let (told, at) = (now.clone(), storage.now());
        if now.is_repeatable_after(kept.as_ref()) {
            storage.write_repeatable(move |connection| settings::set(connection, GATEWAY, &told, at)).await?;
        } else {
            storage.set_setting(GATEWAY, told).await?;
        }
        *kept = Some(now);
        Ok(())
    }
}

impl Tracker {
    /// How the sources of prices fare, without asking them anything.
    pub fn upstream_health(&self) -> UpstreamHealth {
        self.sources().map(Sources::health).unwrap_or_default()
    }
}
