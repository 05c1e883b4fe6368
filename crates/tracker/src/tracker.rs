//! The tracker itself: what every use case stands on.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use bellwether_cache::redis::Redis;
use bellwether_domain::{Exchange, Portfolio, PortfolioId, SharedClock, Symbol, Transaction, UserId};
use bellwether_prices::{FeedSettings, Pause, RealPause};
use bellwether_scheduler::Queue;
use bellwether_storage::portfolios::{self, PortfolioSettings};
use bellwether_storage::users;
use bellwether_storage::{Storage, StorageOptions};
use chrono::NaiveDate;

use crate::TrackerError;
use crate::accounts::Accounts;
use crate::compute::Compute;
use crate::import::{HOME_EXCHANGE, Previews};
use crate::installation;
use crate::job_store::StoredJobs;
use crate::jobs::Announced;
use crate::live::{Bridge, Bus, Event};
use crate::refresh::RefreshState;
use crate::sources::{Sources, Upstream};
use crate::upkeep::{Hurry, KeptMemory, Looked};
use crate::versions::VersionMemory;

/// What a tracker is opened with.
pub struct TrackerOptions {
    /// A SQLite file, `sqlite::memory:` for a temporary one, or a `postgres://` address.
    pub database: String,
    /// Where prices are asked for.
    pub upstream: Upstream,
    /// Sources of the user's own, which are asked first for what they cover, in this order.
    pub feeds: Vec<FeedSettings>,
    /// The address of a Redis server that processes share, `redis://...`; in a build with the feature `redis`.
    pub redis: Option<String>,
    /// Where the present comes from.
    pub clock: SharedClock,
}

/// A portfolio tracker over one database, as one user sees it: what is somebody else's is not there. A clone is the
/// same one.
#[derive(Clone)]
pub struct Tracker(Arc<Inner>, UserId);

struct Inner {
    storage: Storage,
    owner: UserId,
    accounts: Accounts,
    whose: Mutex<HashMap<PortfolioId, UserId>>,
    clock: SharedClock,
    redis: Option<Redis>,
    versions: VersionMemory,
    sources: Option<Sources>,
    compute: Compute,
    queue: Queue,
    refresh: RefreshState,
    kept: KeptMemory,
    looked: Looked,
    hurry: Hurry,
    previews: Previews,
    bus: Bus,
    /// Carries events to and from other processes.
    _bridge: Option<Bridge>,
}

impl fmt::Debug for Tracker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tracker").field("storage", &self.0.storage).finish_non_exhaustive()
    }
}

impl Tracker {
    /// Opens the database as its owner, bringing its schema up to date, and makes the sources of prices ready, with the rests and
    /// limits that they had when the last process ended. Asks nobody for anything.
    ///
    /// # Errors
    /// When the database cannot be opened, or the address of the upstream or of Redis is none. That Redis is away is no
    /// error.
    pub async fn open(options: TrackerOptions) -> Result<Self, TrackerError> {
        let pause = RealPause::by(SharedClock::clone(&options.clock));
        Self::open_pausing(options, pause).await
    }

    /// The same for whoever leads the clock: in place of waiting for a turn upstream, `pause` does what it does.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub async fn open_pausing(
        options: TrackerOptions,
        pause: impl Pause + 'static,
    ) -> Result<Self, TrackerError> {
        let clock = options.clock;
        let storage =
            Storage::open(StorageOptions::new(options.database).clock(SharedClock::clone(&clock))).await?;
        let owner = storage.owner().await?;
        let redis = match &options.redis {
            Some(address) => Some(Redis::connect(
                address,
                &installation::id(&storage).await?.to_string(),
                SharedClock::clone(&clock),
            )?),
            None => None,
        };
        let sources = Sources::open(
            &options.upstream,
            options.feeds,
            &clock,
            Arc::new(pause),
            &storage,
            redis.as_ref(),
        )
        .await?;
        let bus = Bus::default();
        let bridge = redis.as_ref().map(|redis| Bridge::open(&bus, redis, &clock));
        let queue = Queue::new(Arc::new(StoredJobs::new(storage.clone())), SharedClock::clone(&clock))
            .observed_by(Announced { bus: bus.clone(), clock: SharedClock::clone(&clock) });
        let refresh = RefreshState::default();
        let compute = Compute::new();
        let versions = VersionMemory::new(SharedClock::clone(&clock));
        let (kept, looked, hurry, previews) = Default::default();
        let accounts = Accounts::default();
        let inner = Inner {
            storage,
            owner,
            accounts,
            whose: Mutex::default(),
            clock,
            redis,
            versions,
            sources,
            compute,
            queue,
            refresh,
            kept,
            looked,
            hurry,
            previews,
            bus,
            _bridge: bridge,
        };
        Ok(Self(Arc::new(inner), owner))
    }

    /// Whether the database answers.
    ///
    /// # Errors
    /// The database's.
    pub async fn ping(&self) -> Result<(), TrackerError> {
        self.0.storage.portfolios(self.1).await?;
        Ok(())
    }

    /// The user's portfolios, oldest first.
    ///
    /// # Errors
    /// The database's.
    pub async fn portfolios(&self) -> Result<Vec<Portfolio>, TrackerError> {
        Ok(self.0.storage.portfolios(self.1).await?)
    }

    /// One portfolio.
    ///
    /// # Errors
    /// [`TrackerError::NotFound`] when there is none.
    pub async fn portfolio(&self, id: PortfolioId) -> Result<Portfolio, TrackerError> {
        named(self.0.storage.portfolio(self.1, id).await, "such portfolio")
    }

    /// One portfolio by its name.
    ///
    /// # Errors
    /// [`TrackerError::NotFound`] when there is none of that name.
    pub async fn portfolio_named(&self, name: &str) -> Result<Portfolio, TrackerError> {
        named(self.0.storage.portfolio_named(self.1, name).await, &format!("portfolio named {name:?}"))
    }

    /// Creates a portfolio.
    ///
    /// # Errors
    /// [`TrackerError::Conflict`] when there is one of that name, [`TrackerError::Refused`] when the name is none.
    pub async fn create_portfolio(&self, settings: PortfolioSettings) -> Result<Portfolio, TrackerError> {
        use bellwether_storage::StorageError;
        let name = settings.name.clone();
        match self.0.storage.create_portfolio(self.1, settings).await {
            Ok(portfolio) => Ok(portfolio),
            Err(StorageError::Duplicate) => Err(crate::portfolio_settings::name_taken(&name)),
            Err(StorageError::Refused(why)) => Err(TrackerError::refused(why)),
            Err(error) => Err(error.into()),
        }
    }

    /// The transactions of a portfolio in the order of its ledger.
    ///
    /// # Errors
    /// [`TrackerError::NotFound`] when there is no such portfolio.
    pub async fn ledger(&self, id: PortfolioId) -> Result<Vec<Transaction>, TrackerError> {
        Ok(named(self.0.storage.ledger(self.1, id).await, "such portfolio")?.transactions)
    }

    /// Today, where the home exchange is.
    pub fn today(&self) -> NaiveDate {
        HOME_EXCHANGE.local_date(self.0.clock.now())
    }

    /// The exchange whose date is today's here.
    pub fn home_exchange(&self) -> Exchange {
        HOME_EXCHANGE
    }

    pub(crate) fn storage(&self) -> &Storage {
        &self.0.storage
    }

    /// The same tracker as another user sees it.
    #[must_use]
    pub fn acting_for(&self, user: UserId) -> Self {
        Self(Arc::clone(&self.0), user)
    }

    /// The same tracker as the user sees it whose portfolio that is: for work that nobody in particular asks for.
    ///
    /// # Errors
    /// [`TrackerError::NotFound`] when there is no such portfolio.
    pub async fn of_portfolio(&self, id: PortfolioId) -> Result<Self, TrackerError> {
        // A portfolio never changes hands.
        let known = self.0.whose.lock().unwrap_or_else(PoisonError::into_inner).get(&id).copied();
        if let Some(user) = known {
            return Ok(self.acting_for(user));
        }
        let user = named(
            self.0.storage.read(move |connection| portfolios::user_of(connection, id)).await,
            "such portfolio",
        )?;
        self.0.whose.lock().unwrap_or_else(PoisonError::into_inner).insert(id, user);
        Ok(self.acting_for(user))
    }

    /// The same tracker as each user sees it.
    pub(crate) async fn for_everybody(&self) -> Result<Vec<Self>, TrackerError> {
        let users = self.0.storage.read(users::list).await?;
        Ok(users.iter().map(|user| self.acting_for(user.id)).collect())
    }

    /// Everybody's portfolios, each with the tracker as its user sees it.
    pub(crate) async fn everybodys_portfolios(&self) -> Result<Vec<(Self, Portfolio)>, TrackerError> {
        let mut found = Vec::new();
        for tracker in self.for_everybody().await? {
            let portfolios = tracker.portfolios().await?;
            found.extend(portfolios.into_iter().map(|portfolio| (tracker.clone(), portfolio)));
        }
        Ok(found)
    }

    /// Whether it is the owner who sees it.
    pub fn is_owners(&self) -> bool {
        self.1 == self.0.owner
    }

    /// The owner of the installation.
    pub fn owner(&self) -> UserId {
        self.0.owner
    }

    pub(crate) fn accounts(&self) -> &Accounts {
        &self.0.accounts
    }

    /// Who sees it.
    pub fn user(&self) -> UserId {
        self.1
    }

    /// Where the present comes from.
    pub fn clock(&self) -> &SharedClock {
        &self.0.clock
    }

    /// What processes share beside the database, if there is such a server.
    pub fn redis(&self) -> Option<&Redis> {
        self.0.redis.as_ref()
    }

    pub(crate) fn version_memory(&self) -> &VersionMemory {
        &self.0.versions
    }

    pub(crate) fn sources(&self) -> Option<&Sources> {
        self.0.sources.as_ref()
    }

    /// Whether somebody can be asked for prices.
    pub fn has_provider(&self) -> bool {
        self.0.sources.is_some()
    }

    pub(crate) fn queue(&self) -> &Queue {
        &self.0.queue
    }

    /// What portfolios want, as far as it is worked out.
    pub(crate) fn kept_memory(&self) -> &KeptMemory {
        &self.0.kept
    }

    /// What this process noted that was looked at lately.
    pub(crate) fn looked(&self) -> &Looked {
        &self.0.looked
    }

    /// How often looks hurried those who ask for prices.
    pub(crate) fn hurry(&self) -> &Hurry {
        &self.0.hurry
    }

    /// What the files of drafts were lately seen to come to.
    pub(crate) fn previews(&self) -> &Previews {
        &self.0.previews
    }

    pub(crate) fn refresh_state(&self) -> &RefreshState {
        &self.0.refresh
    }

    /// Where what happens is told.
    pub fn bus(&self) -> &Bus {
        &self.0.bus
    }

    /// Tells everybody who listens.
    pub(crate) fn publish(&self, event: Event) {
        self.0.bus.publish(self.0.clock.now(), event);
    }

    /// Tells everybody whose newer prices are stored.
    pub(crate) fn prices_changed(&self, symbols: Vec<Symbol>) {
        if !symbols.is_empty() {
            self.publish(Event::PricesChanged { symbols });
        }
    }

    /// Runs a long calculation on threads of its own, so that it delays nobody else. A panic in it is the caller's.
    pub async fn compute<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> T {
        self.0.compute.run(work).await
    }
}

fn named<T>(found: Result<T, bellwether_storage::StorageError>, what: &str) -> Result<T, TrackerError> {
    found.map_err(|error| {
        if error.is_not_found() {
            TrackerError::NotFound(what.to_owned())
        } else {
            TrackerError::Storage(error)
        }
    })
}
