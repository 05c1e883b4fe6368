//! Indices of one's own: instruments with weights that sum to 100 %, restored now and then.

use std::collections::BTreeMap;

use bellwether_domain::{Currency, PortfolioId, Symbol};
use bellwether_portfolio::{Component, CustomIndex, CustomIndexError, Rebalancing};
use bellwether_storage::indices::{self, IndexSettings, StoredIndex};
use bellwether_storage::{AnyConnection, StorageError};
use bellwether_texts::{Sentence, Value};
use rust_decimal::Decimal;
use uuid::Uuid;

use crate::error::sentence;
use crate::ledger::number;
use crate::portfolio_settings::{most_named, unusable};
use crate::refusals::{no_currency, no_symbol};
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
    /// The symbol by which it is a benchmark.
    pub fn symbol(&self) -> Symbol {
        Symbol::of_index(self.id)
    }

    fn of(stored: StoredIndex) -> Self {
        let IndexSettings { name, base_currency, rebalancing, components } = stored.settings;
        Self { id: stored.id, name, base_currency, rebalancing, components }
    }
}

/// When weights are restored, by its word.
fn rebalancing(word: &str) -> Result<Rebalancing, Sentence> {
    Ok(match word {
        "never" => Rebalancing::Never,
        "daily" => Rebalancing::Daily,
        "monthly" => Rebalancing::Monthly,
        "quarterly" => Rebalancing::Quarterly,
        "yearly" => Rebalancing::Yearly,
        drift => match drift.strip_prefix(DRIFT) {
            Some(limit) => Rebalancing::Drift { limit: number(limit.trim())? },
            None => {
                return Err(Sentence::new("refused.rebalancing"));
            }
        },
    })
}

/// The index that a benchmark of its symbol is.
pub(crate) fn as_benchmark(stored: &StoredIndex) -> Result<CustomIndex, StorageError> {
    let damaged = |reason| StorageError::Corrupt { record: format!("index {}", stored.id), reason };
    let components = stored.settings.components.iter();
    let component =
        |(symbol, weight): (&Symbol, &Decimal)| Component { symbol: symbol.clone(), weight: *weight };
    let when = rebalancing(&stored.settings.rebalancing).map_err(|said| damaged(said.to_string()))?;
    CustomIndex::new(Symbol::of_index(stored.id), components.map(component).collect(), when)
        .map_err(|error| damaged(error.to_string()))
}

/// What somebody wrote for a benchmark: a symbol, or `=` and the name or identifier of an index of theirs.
pub(crate) fn benchmark_of(text: &str, indices: &[StoredIndex]) -> Result<Symbol, Sentence> {
    let text = text.trim();
    let Some(name) = text.strip_prefix('=').map(str::trim) else {
        return text.parse().map_err(|error| no_symbol(&error));
    };
    let id = Symbol::try_from(text.to_owned()).ok().and_then(|symbol| symbol.index());
    let folded = name.to_lowercase();
    let found = indices
        .iter()
        .find(|index| Some(index.id) == id || index.settings.name == name)
        .or_else(|| indices.iter().find(|index| index.settings.name.to_lowercase() == folded));
    let found = found.ok_or_else(|| Sentence::new("refused.no_index").with("name", Value::quoted(name)))?;
    Ok(Symbol::of_index(found.id))
}

impl EnteredIndex {
    fn read(&self) -> Result<IndexSettings, TrackerError> {
        let mut faults = Vec::new();
        let mut fault = |field: &'static str, reason: Sentence| faults.push(FieldFault::of(field, reason));
        let name = self.name.trim().to_owned();
        if let Some(reason) = unusable(&name, LONGEST_NAME) {
            fault("name", reason);
        } else if name.is_empty() {
            fault("name", Sentence::new("refused.name"));
        }
        let mut base_currency = Currency::USD;
        match self.base_currency.trim() {
            "" => {}
            text => match text.parse() {
                Ok(currency) => base_currency = currency,
                Err(error) => fault("base_currency", no_currency(&error)),
            },
        }
        let word = self.rebalancing.trim().to_ascii_lowercase();
        let rebalanced = rebalancing(&word);
        if let Err(reason) = &rebalanced {
            fault("rebalancing", reason.clone());
        }
        let mut parts = Vec::new();
        if self.components.len() > MOST {
            fault("components", most_named(MOST));
        }
        for (symbol, weight) in self.components.iter().take(MOST) {
            match (symbol.parse::<Symbol>(), number(weight.trim())) {
                (Ok(symbol), Ok(weight)) if weight.normalize().scale() <= DECIMALS => {
                    parts.push(Component { symbol, weight: weight.normalize() });
                }
                (Ok(symbol), Ok(_)) => {
                    let said = Sentence::new("refused.weight_decimals").with("symbol", symbol.as_str());
                    fault("components", said);
                }
                (Err(error), _) => fault("components", no_symbol(&error)),
                (_, Err(reason)) => fault("components", reason),
            }
        }
        if faults.is_empty()
            && let Ok(when) = rebalanced
            && let Ok(of_name) = "INDEX".parse()
            && let Err(error) = CustomIndex::new(of_name, parts.clone(), when)
        {
            let field = if matches!(error, CustomIndexError::Limit) { "rebalancing" } else { "components" };
            faults.push(FieldFault::of(field, no_index(&error)));
        }
        if !faults.is_empty() {
            return Err(TrackerError::Invalid(faults));
        }
        let components = parts.into_iter().map(|part| (part.symbol, part.weight)).collect();
        Ok(IndexSettings { name, base_currency, rebalancing: word, components })
    }
}

/// Why components are no index.
fn no_index(error: &CustomIndexError) -> Sentence {
    let said = Sentence::new;
    match error {
        CustomIndexError::Empty => said("refused.weights_none"),
        CustomIndexError::NotWhole { sum } => {
            let percent = sum.checked_mul(Decimal::ONE_HUNDRED).unwrap_or(Decimal::MAX).normalize();
            said("refused.weights_sum").with("percent", Value::Exact(percent))
        }
        CustomIndexError::NotPositive { symbol } => {
            said("refused.weight_sign").with("symbol", symbol.as_str())
        }
        CustomIndexError::Twice { symbol } => said("refused.weight_twice").with("symbol", symbol.as_str()),
        CustomIndexError::Limit => said("refused.drift_limit"),
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
        StorageError::Refused(words) => TrackerError::conflict(sentence(&words)),
        StorageError::Duplicate => {
            TrackerError::conflict(Sentence::new("refused.index_taken").with("name", Value::quoted(name)))
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

    /// What somebody wrote for benchmarks: symbols, and indices of the user's own as `=` and their name or identifier.
    ///
    /// # Errors
    /// [`TrackerError::Refused`] for what is no symbol and no such index, and the database's.
    pub async fn benchmarks_named(&self, texts: &[&str]) -> Result<Vec<Symbol>, TrackerError> {
        let is_index = |text: &&str| text.trim_start().starts_with('=');
        let known =
            if texts.iter().any(is_index) { self.storage().indices(self.user()).await? } else { Vec::new() };
        let read = texts.iter().map(|text| benchmark_of(text, &known));
        read.collect::<Result<_, _>>().map_err(TrackerError::Refused)
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
                Ok(settings) => {
                    let changed = indices::change(connection, user, id, &settings, now)?;
                    Ok(Ok((changed, indices::compared_with(connection, user, id)?)))
                }
                Err(faults) => Ok(Err(faults)),
            }
        };
        let changed = self.storage().write(work).await;
        let (changed, compared) = changed.map_err(|error| of_index(error, entered.name.trim()))??;
        self.comparisons_changed(compared).await;
        Ok(IndexShown::of(changed))
    }

    /// What follows from another index for the portfolios that are compared with it.
    async fn comparisons_changed(&self, compared: Vec<(PortfolioId, String)>) {
        for (portfolio, _) in compared {
            self.ledger_changed(portfolio).await;
        }
    }

    /// Deletes an index; where `seen` is told, it must still be that.
    ///
    /// # Errors
    /// [`TrackerError::NotFound`] when there is no such index, [`TrackerError::Overtaken`] when it is another since it
    /// was seen, [`TrackerError::Conflict`] when portfolios are compared with it, and the database's.
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
    /// another one's by now or it would go while portfolios are compared with it, and the database's.
    pub async fn undo_index(&self, id: Uuid) -> Result<Option<IndexShown>, TrackerError> {
        let (user, now) = (self.user(), self.storage().now());
        let work = move |connection: &mut AnyConnection| {
            let undone = indices::undo(connection, user, id, now)?;
            Ok((undone, indices::compared_with(connection, user, id)?))
        };
        let undone = self.storage().write(work).await;
        let (undone, compared) = undone.map_err(|error| of_index(error, "of before"))?;
        self.comparisons_changed(compared).await;
        Ok(undone.map(IndexShown::of))
    }
}
