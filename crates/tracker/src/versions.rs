//! The versions of what answers are made from, known without asking the database each time.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use bellwether_cache::breaker::Breaker;
use bellwether_domain::{PortfolioId, SharedClock, Symbol, UserId};
use bellwether_storage::indices::IndexSettings;
use bellwether_storage::{
    AnyConnection, ChangeMark, StorageError, indices, instruments, portfolios, settings,
};
use chrono::{DateTime, TimeDelta, Utc};

use crate::{Tracker, TrackerError};

/// How often prices or actions were entered by people, by hand or from files.
const ENTERED: &str = "entered-prices";

/// How long the database may take to tell versions, where older ones are known.
const PATIENCE: Duration = Duration::from_secs(2);
/// A database that is slow to tell is left alone for so long at the most.
const LONGEST_REST: TimeDelta = TimeDelta::seconds(2);

/// So many choices of benchmarks are remembered for each portfolio.
const REMEMBERED: usize = 8;

/// The versions that decide whether an answer made before is still right.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Versions {
    /// Of what people entered: the ledger, settings, names of portfolios, prices by hand and from files. An answer under
    /// another one is wrong.
    pub entered: u64,
    /// Of stored prices, actions and quotes that the portfolio needs, as sources tell them. An answer under a lower one
    /// was right a moment ago.
    pub prices: i64,
}

/// Versions, and whether they are those of this moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VersionsSeen {
    /// The versions.
    pub versions: Versions,
    /// Whether the database told them now; otherwise it does not answer, and they are the last known.
    pub is_current: bool,
}

/// What is remembered of all portfolios.
#[derive(Debug)]
pub(crate) struct VersionMemory {
    /// By user too: what one may see is no news for another.
    of: Mutex<HashMap<(UserId, PortfolioId), Vec<Remembered>>>,
    database: Breaker,
}

#[derive(Debug)]
struct Remembered {
    beside: Vec<Symbol>,
    versions: Versions,
    /// The state of the database in which they were read.
    mark: Option<ChangeMark>,
}

impl VersionMemory {
    pub(crate) fn new(clock: SharedClock) -> Self {
        Self { of: Mutex::default(), database: Breaker::new(clock, LONGEST_REST) }
    }

    fn recall(&self, id: (UserId, PortfolioId), beside: &[Symbol]) -> Option<(Versions, Option<ChangeMark>)> {
        let of = self.of.lock().unwrap_or_else(PoisonError::into_inner);
        let found = of.get(&id)?.iter().find(|known| known.beside == beside)?;
        Some((found.versions, found.mark))
    }

    fn remember(&self, id: (UserId, PortfolioId), new: Remembered) {
        let mut of = self.of.lock().unwrap_or_else(PoisonError::into_inner);
        let known = of.entry(id).or_default();
        known.retain(|known| known.beside != new.beside);
        if known.len() == REMEMBERED {
            known.remove(0);
        }
        known.push(new);
    }

    fn forget(&self, id: (UserId, PortfolioId)) {
        self.of.lock().unwrap_or_else(PoisonError::into_inner).remove(&id);
    }
}

impl Tracker {
    /// The versions of all that a portfolio's answers are made from, as of now, or the last known where the database
    /// does not answer.
    ///
    /// # Errors
    /// [`TrackerError::NotFound`] when there is no such portfolio, and the database's where nothing is known.
    pub async fn versions(&self, id: PortfolioId) -> Result<Versions, TrackerError> {
        Ok(self.versions_beside(id, &[]).await?.versions)
    }

    /// As [`versions`](Self::versions), of answers that compare with some symbols too.
    ///
    /// On SQLite they are remembered as long as nobody, in whatever process, changes the database: that takes
    /// microseconds and waits for nothing. On PostgreSQL each call is a query.
    ///
    /// # Errors
    /// As [`versions`](Self::versions).
    pub async fn versions_beside(
        &self,
        id: PortfolioId,
        beside: &[Symbol],
    ) -> Result<VersionsSeen, TrackerError> {
        let memory = self.version_memory();
        let known = memory.recall((self.user(), id), beside);
        // Before the versions are read: what changes in between shows as another mark.
        let mark = self.storage().change_mark();
        if let Some((versions, read_at)) = known
            && mark.is_some()
            && mark == read_at
        {
            return Ok(VersionsSeen { versions, is_current: true });
        }
        let last_known = known.map(|(versions, _)| VersionsSeen { versions, is_current: false });
        // Boxed, so that the many who need no query do not carry it.
        Box::pin(self.ask_for_versions(id, beside, mark, last_known)).await
    }

    async fn ask_for_versions(
        &self,
        id: PortfolioId,
        beside: &[Symbol],
        mark: Option<ChangeMark>,
        last_known: Option<VersionsSeen>,
    ) -> Result<VersionsSeen, TrackerError> {
        if let Some(last_known) = last_known
            && self.storage().is_away()
        {
            return Ok(last_known);
        }
        let memory = self.version_memory();
        let Some(pass) = memory.database.admit() else {
            return last_known
                .ok_or_else(|| StorageError::Unavailable("it did not answer a moment ago".into()).into());
        };
        let read = self.read_versions(id, beside);
        let read = match last_known {
            Some(last_known) => match tokio::time::timeout(PATIENCE, read).await {
                Ok(read) => read,
                Err(_elapsed) => {
                    pass.fail();
                    return Ok(last_known);
                }
            },
            None => read.await,
        };
        match read {
            Ok(versions) => {
                pass.succeed();
                memory.remember((self.user(), id), Remembered { beside: beside.to_vec(), versions, mark });
                Ok(VersionsSeen { versions, is_current: true })
            }
            Err(error) if error.is_transient() => {
                // Where it is away, it is known at once when it is back: no rest is to outlast that.
                if !self.storage().is_away() {
                    pass.fail();
                }
                last_known.ok_or(error)
            }
            Err(error) => {
                pass.succeed();
                memory.forget((self.user(), id));
                Err(error)
            }
        }
    }

    async fn read_versions(&self, id: PortfolioId, beside: &[Symbol]) -> Result<Versions, TrackerError> {
        let (user, beside) = (self.user(), beside.to_vec());
        let read = self.storage().snapshot(move |connection| {
            let entered = entered_version(connection, user, id)?;
            let Some(entered) = beside_indices(connection, user, entered, &beside)? else { return Ok(None) };
            let prices = instruments::price_version_for(connection, id, &beside)?;
            Ok(Some(Versions { entered, prices }))
        });
        let read = read.await.map_err(|error| {
            if error.is_not_found() {
                TrackerError::NotFound("such portfolio".to_owned())
            } else {
                error.into()
            }
        })?;
        read.ok_or_else(|| TrackerError::NotFound("such index".to_owned()))
    }
}

/// One number for all that people entered; the same in every process of one build.
fn entered_version(
    connection: &mut AnyConnection,
    user: UserId,
    id: PortfolioId,
) -> Result<u64, StorageError> {
    let mut hasher = DefaultHasher::new();
    portfolios::version(connection, user, id)?.hash(&mut hasher);
    settings::get::<u64>(connection, ENTERED)?.hash(&mut hasher);
    // Every page lists them.
    for portfolio in portfolios::list(connection, user)? {
        (portfolio.id, portfolio.name).hash(&mut hasher);
    }
    Ok(hasher.finish())
}

/// That number with what indices of the user's own are, among others that are compared with; `None` where there is no
/// such index. Those that the portfolio itself names raise its version when they change.
fn beside_indices(
    connection: &mut AnyConnection,
    user: UserId,
    entered: u64,
    beside: &[Symbol],
) -> Result<Option<u64>, StorageError> {
    let mut named = beside.iter().filter_map(Symbol::index).peekable();
    if named.peek().is_none() {
        return Ok(Some(entered));
    }
    let own = indices::list(connection, user)?;
    let mut hasher = DefaultHasher::new();
    entered.hash(&mut hasher);
    for id in named {
        let Some(index) = own.iter().find(|index| index.id == id) else { return Ok(None) };
        let IndexSettings { name, base_currency: _, rebalancing, components } = &index.settings;
        (id, name, rebalancing, components).hash(&mut hasher);
    }
    Ok(Some(hasher.finish()))
}

/// Tells that nothing is as it was, in the transaction that replaces all data: no number that was counted before comes
/// again.
pub(crate) fn all_replaced(connection: &mut AnyConnection, now: DateTime<Utc>) -> Result<(), StorageError> {
    settings::set(connection, ENTERED, &rand::random::<u64>(), now)
}

/// Tells that somebody entered prices or actions, in the transaction that stores them.
pub(crate) fn prices_entered(connection: &mut AnyConnection, now: DateTime<Utc>) -> Result<(), StorageError> {
    settings::change(connection, ENTERED, now, |count: &mut u64| *count = count.wrapping_add(1))
}
