//! Indices of one's own: instruments with weights that sum to 100 %, restored now and then.

use std::collections::BTreeMap;

use bellwether_domain::{Currency, Symbol};
use bellwether_portfolio::{Component, CustomIndex, Rebalancing};
use bellwether_storage::indices::{self, IndexSettings, StoredIndex};
use bellwether_storage::{AnyConnection, StorageError};
use rust_decimal::Decimal;
use uuid::Uuid;

use crate::ledger::number;
use crate::portfolio_settings::unusable;
use crate::{FieldFault, Tracker, TrackerError};

/// Longest name, in characters.
const LONGEST_NAME: usize = 100;
/// So many instruments at most.
const MOST: usize = 100;
/// Decimals that a weight may have: so many that a sum of any of them is exact.
const DECIMALS: u32 = 18;
/// What a drift limit is written after.
const DRIFT: &str = "drift:";

/// An index as somebody entered it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct EnteredIndex {
    /// Its name.
    pub name: String,
    /// The currency of its values; dollars where none is said.
    pub base_currency: String,
    /// `never`, `daily`, `monthly`, `quarterly`, `yearly`, or `drift:0.05` for a limit of five percentage points.
    pub rebalancing: String,
    /// Symbols with their weights; 0.6 is 60 %.
    pub components: Vec<(String, String)>,
}

/// An index of one's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IndexShown {
    /// Its identifier.
    pub id: Uuid,
    /// Its name.
    pub name: String,
    /// The currency of its values.
    pub base_currency: Currency,
    /// When its weights are restored, in a word.
    pub rebalancing: String,
    /// Weights by instrument; 0.6 is 60 %.
    pub components: BTreeMap<Symbol, Decimal>,
}

impl IndexShown {
    fn of(stored: StoredIndex) -> Self {
        let IndexSettings { name, base_currency, rebalancing, components } = stored.settings;
        Self { id: stored.id, name, base_currency, rebalancing, components }
    }
}

/// When weights are restored, by its word.
fn rebalancing(word: &str) -> Result<Rebalancing, String> {
    Ok(match word {
        "never" => Rebalancing::Never,
        "daily" => Rebalancing::Daily,
        "monthly" => Rebalancing::Monthly,
        "quarterly" => Rebalancing::Quarterly,
        "yearly" => Rebalancing::Yearly,
        drift => match drift.strip_prefix(DRIFT) {
            Some(limit) => Rebalancing::Drift { limit: number(limit.trim())? },
            None => {
                return Err("say never, daily, monthly, quarterly, yearly, or drift:0.05".to_owned());
            }
        },
    })
}

impl EnteredIndex {
    fn read(&self) -> Result<IndexSettings, TrackerError> {
        let mut faults = Vec::new();
        let mut fault = |field: &'static str, reason: String| faults.push(FieldFault::of(field, reason));
        let name = self.name.trim().to_owned();
        if let Some(reason) = unusable(&name, LONGEST_NAME) {
            fault("name", reason);
        } else if name.is_empty() {
            fault("name", "give it a name".to_owned());
        }
        let mut base_currency = Currency::USD;
        match self.base_currency.trim() {
            "" => {}
            text => match text.parse() {
                Ok(currency) => base_currency = currency,
                Err(error) => fault("base_currency", format!("{error}")),
            },
        }
        let word = self.rebalancing.trim().to_ascii_lowercase();
        let rebalanced = rebalancing(&word);
        if let Err(reason) = &rebalanced {
            fault("rebalancing", reason.clone());
        }
        let mut parts = Vec::new();
        if self.components.len() > MOST {
            fault("components", format!("name {MOST} at most"));
        }
        for (symbol, weight) in self.components.iter().take(MOST) {
            match (symbol.parse::<Symbol>(), number(weight.trim())) {
                (Ok(symbol), Ok(weight)) if weight.normalize().scale() <= DECIMALS => {
                    parts.push(Component { symbol, weight: weight.normalize() });
                }
                (Ok(symbol), Ok(_)) => {
                    fault("components", format!("the weight of {symbol} has too many decimals"));
                }
                (Err(error), _) => fault("components", error.to_string()),
                (_, Err(reason)) => fault("components", reason),
            }
        }
        if faults.is_empty()
            && let Ok(when) = rebalanced
            && let Ok(of_name) = "INDEX".parse()
            && let Err(error) = CustomIndex::new(of_name, parts.clone(), when)
        {
            let field = if matches!(error, bellwether_portfolio::CustomIndexError::Limit) {
                "rebalancing"
            } else {
                "components"
            };
            faults.push(FieldFault::of(field, error.to_string()));
        }
        if !faults.is_empty() {
            return Err(TrackerError::Invalid(faults));
        }
        let components = parts.into_iter().map(|part| (part.symbol, part.weight)).collect();
        Ok(IndexSettings { name, base_currency, rebalancing: word, components })
    }
}

fn is_overtaken(present: StoredIndex, seen: Option<IndexShown>) -> bool {
    seen.is_some_and(|seen| seen != IndexShown::of(present))
}

/// What is wrong with settings that were not entered here.
pub(crate) fn fault_of(settings: &IndexSettings) -> Result<(), String> {
    let IndexSettings { name, base_currency, rebalancing, components } = settings;
    let components = components.iter().map(|(symbol, weight)| (symbol.to_string(), weight.to_string()));
    let entered = EnteredIndex {
        name: name.clone(),
        base_currency: base_currency.to_string(),
        rebalancing: rebalancing.clone(),
        components: components.collect(),
    };
    entered.read().map(drop).map_err(|error| error.to_string())
}

fn of_index(error: StorageError, name: &str) -> TrackerError {
    match error {
        StorageError::NotFound => TrackerError::NotFound("such index".to_owned()),
        StorageError::Duplicate => {
            TrackerError::Conflict(format!("There is an index named {name:?} already. Choose another name."))
        }
        error => error.into(),
    }
}

impl Tracker {
    /// The user's indices, oldest first.
    ///
    /// # Errors
    /// The database's.
    pub async fn indices(&self) -> Result<Vec<IndexShown>, TrackerError> {
        Ok(self.storage().indices(self.user()).await?.into_iter().map(IndexShown::of).collect())
    }

    /// One of them.
    ///
    /// # Errors
    /// [`TrackerError::NotFound`] when there is no such index, and the database's.
    pub async fn index(&self, id: Uuid) -> Result<IndexShown, TrackerError> {
        let found = self.storage().index(self.user(), id).await;
        found.map(IndexShown::of).map_err(|error| of_index(error, ""))
    }

    /// Makes an index.
    ///
    /// # Errors
    /// [`TrackerError::Invalid`] with all that is wrong, such as weights that do not sum to 100 %,
    /// [`TrackerError::Conflict`] when there is one of that name, and the database's.
    pub async fn create_index(&self, entered: &EnteredIndex) -> Result<IndexShown, TrackerError> {
        let settings = entered.read()?;
        let created = self.storage().create_index(self.user(), settings).await;
        created.map(IndexShown::of).map_err(|error| of_index(error, entered.name.trim()))
    }

    /// Gives an index other settings; where `seen` is told, it must still be that.
    ///
    /// # Errors
    /// As [`create_index`](Self::create_index), [`TrackerError::NotFound`] when there is no such index, and
    /// [`TrackerError::Overtaken`] when it is another since it was seen.
    pub async fn change_index(
        &self,
        id: Uuid,
        entered: &EnteredIndex,
        seen: Option<&IndexShown>,
    ) -> Result<IndexShown, TrackerError> {
        let settings = entered.read();
        let (user, now, seen) = (self.user(), self.storage().now(), seen.cloned());
        let work = move |connection: &mut AnyConnection| {
            if is_overtaken(indices::lock(connection, user, id)?, seen) {
                return Ok(Err(TrackerError::Overtaken));
            }
            match settings {
                Ok(settings) => indices::change(connection, user, id, &settings, now).map(Ok),
                Err(faults) => Ok(Err(faults)),
            }
        };
        let changed = self.storage().write(work).await;
        Ok(IndexShown::of(changed.map_err(|error| of_index(error, entered.name.trim()))??))
    }

    /// Deletes an index; where `seen` is told, it must still be that.
    ///
    /// # Errors
    /// [`TrackerError::NotFound`] when there is no such index, [`TrackerError::Overtaken`] when it is another since it
    /// was seen, and the database's.
    pub async fn delete_index(&self, id: Uuid, seen: Option<&IndexShown>) -> Result<(), TrackerError> {
        let (user, now, seen) = (self.user(), self.storage().now(), seen.cloned());
        let work = move |connection: &mut AnyConnection| {
            if is_overtaken(indices::lock(connection, user, id)?, seen) {
                return Ok(None);
            }
            indices::delete(connection, user, id, now).map(Some)
        };
        let deleted = self.storage().write(work).await.map_err(|error| of_index(error, ""))?;
        deleted.map(drop).ok_or(TrackerError::Overtaken)
    }

    /// Takes back the last change of an index, which may be deleted, and returns it as it is then; `None` where it is
    /// not there any more.
    ///
    /// # Errors
    /// [`TrackerError::NotFound`] when there never was such an index, [`TrackerError::Conflict`] when its name is
    /// another one's by now, and the database's.
    pub async fn undo_index(&self, id: Uuid) -> Result<Option<IndexShown>, TrackerError> {
        let undone = self.storage().undo_index(self.user(), id).await;
        Ok(undone.map_err(|error| of_index(error, "of before"))?.map(IndexShown::of))
    }
}
