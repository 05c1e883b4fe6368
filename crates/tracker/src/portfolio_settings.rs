//! A portfolio's settings: making one, changing them, and deleting it with all that hangs on it.

use bellwether_domain::{ChangeId, CostMethod, Currency, DividendPolicy, Portfolio, PortfolioId, Symbol};
use bellwether_storage::indices::{self, StoredIndex};
use bellwether_storage::portfolios::{self, PortfolioSettings};
use bellwether_storage::{AnyConnection, StorageError};
use bellwether_texts::{Sentence, Value};

use crate::indices::benchmark_of;
use crate::ledger::of_portfolio;
use crate::refusals::{no_cost_method, no_currency};
use crate::{FieldFault, Tracker, TrackerError};

/// Longest name, in characters.
const LONGEST_NAME: usize = 100;
/// Longest description, in characters.
const LONGEST_DESCRIPTION: usize = 2_000;
/// So many benchmarks at most.
const MOST_BENCHMARKS: usize = 20;

/// The settings of a portfolio as somebody entered them; what is `None` is as it was, or as a new portfolio has it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct EnteredSettings {
    /// Its name.
    pub name: Option<String>,
    /// The user's words about it.
    pub description: Option<String>,
    /// The currency of its totals.
    pub base_currency: Option<String>,
    /// How the cost of sold shares is found.
    pub cost_method: Option<String>,
    /// `infer` or `recorded-only`.
    pub dividends: Option<String>,
    /// What it is compared with, in order: symbols, and indices of one's own as `=` and their name or identifier.
    pub benchmarks: Option<Vec<String>>,
}

impl EnteredSettings {
    /// These settings over others, or all that is wrong with them. `indices` are those that may be named.
    fn over(
        &self,
        settings: PortfolioSettings,
        indices: &[StoredIndex],
    ) -> Result<PortfolioSettings, TrackerError> {
        let mut faults = Vec::new();
        let mut fault = |field: &'static str, reason: Sentence| faults.push(FieldFault::of(field, reason));
        let mut settings = settings;
        if let Some(name) = &self.name {
            name.trim().clone_into(&mut settings.name);
        }
        if let Some(reason) = unusable(&settings.name, LONGEST_NAME) {
            fault("name", reason);
        } else if settings.name.chars().any(char::is_control) {
            fault("name", Sentence::new("refused.name_of_one_line"));
        } else if settings.name.is_empty() {
            fault("name", Sentence::new("refused.name"));
        }
        if let Some(description) = &self.description {
            description.trim().clone_into(&mut settings.description);
            if let Some(reason) = unusable(&settings.description, LONGEST_DESCRIPTION) {
                fault("description", reason);
            }
        }
        if let Some(text) = &self.base_currency {
            match text.parse::<Currency>() {
                Ok(currency) => settings.base_currency = currency,
                Err(error) => fault("base_currency", no_currency(&error)),
            }
        }
        if let Some(text) = &self.cost_method {
            match text.parse::<CostMethod>() {
                Ok(method) => settings.cost_method = method,
                Err(error) => fault("cost_method", no_cost_method(&error)),
            }
        }
        if let Some(text) = &self.dividends {
            match DividendPolicy::from_word(text.trim()) {
                Some(policy) => settings.dividends = policy,
                None => fault("dividends", Sentence::new("refused.dividends")),
            }
        }
        if let Some(texts) = &self.benchmarks {
            let read: Result<Vec<Symbol>, Sentence> =
                texts.iter().map(|text| benchmark_of(text, indices)).collect();
            match read {
                Ok(symbols) if symbols.len() <= MOST_BENCHMARKS => settings.benchmarks = symbols,
                Ok(_) => fault("benchmarks", most_named(MOST_BENCHMARKS)),
                Err(reason) => fault("benchmarks", reason),
            }
        }
        if faults.is_empty() { Ok(settings) } else { Err(TrackerError::Invalid(faults)) }
    }
}

/// What is wrong with settings that were not entered here. Which indices there were is not looked at.
pub(crate) fn fault_of(settings: &PortfolioSettings) -> Result<(), String> {
    if settings.benchmarks.len() > MOST_BENCHMARKS {
        return Err(format!("benchmarks: name {MOST_BENCHMARKS} at most"));
    }
    let instruments = settings.benchmarks.iter().filter(|symbol| symbol.index().is_none());
    let entered = EnteredSettings {
        description: Some(settings.description.clone()),
        benchmarks: Some(instruments.map(ToString::to_string).collect()),
        ..EnteredSettings::default()
    };
    entered.over(settings.clone(), &[]).map(drop).map_err(|error| error.to_string())
}

/// Why a text is nothing to be kept, if so.
pub(crate) fn unusable(text: &str, longest: usize) -> Option<Sentence> {
    if text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t')) {
        return Some(Sentence::new("refused.unprintable"));
    }
    (text.chars().count() > longest)
        .then(|| Sentence::new("refused.too_long").with("longest", Value::exact(longest)))
}

/// That no more than that may be named.
pub(crate) fn most_named(most: usize) -> Sentence {
    Sentence::new("refused.too_many").with("most", Value::exact(most))
}

/// The refusal of a name that another portfolio has.
pub(crate) fn name_taken(name: &str) -> TrackerError {
    TrackerError::conflict(Sentence::new("refused.portfolio_taken").with("name", Value::quoted(name)))
}

fn is_overtaken(version: i64, seen: Option<i64>) -> bool {
    seen.is_some_and(|seen| seen != version)
}

impl Tracker {
    /// Makes a portfolio of what somebody entered.
    ///
    /// # Errors
    /// [`TrackerError::Invalid`] with all that is wrong, [`TrackerError::Conflict`] when there is one of that name, and
    /// the database's.
    pub async fn make_portfolio(&self, entered: &EnteredSettings) -> Result<Portfolio, TrackerError> {
        let indices = self.storage().indices(self.user()).await?;
        self.create_portfolio(entered.over(PortfolioSettings::named(""), &indices)?).await
    }

    /// Gives a portfolio the settings that somebody entered. Where `seen` is told, the version of the portfolio must
    /// still be that one.
    ///
    /// # Errors
    /// [`TrackerError::NotFound`] when there is no such portfolio, [`TrackerError::Invalid`] with all that is wrong,
    /// [`TrackerError::Conflict`] when there is another one of that name, [`TrackerError::Overtaken`] when it was
    /// changed since it was seen, and the database's.
    pub async fn change_portfolio(
        &self,
        id: PortfolioId,
        entered: &EnteredSettings,
        seen: Option<i64>,
    ) -> Result<Portfolio, TrackerError> {
        let (user, now) = (self.user(), self.storage().now());
        let wanted = entered.clone();
        // What others change meanwhile is neither lost nor overlooked.
        let work = move |connection: &mut AnyConnection| {
            if is_overtaken(portfolios::lock(connection, user, id)?, seen) {
                return Ok(Err(TrackerError::Overtaken));
            }
            let before = portfolios::find(connection, user, id)?;
            let was = PortfolioSettings::of(&before);
            let known = indices::list(connection, user)?;
            let settings = match wanted.over(was.clone(), &known) {
                Ok(settings) if settings == was => return Ok(Ok((before, false))),
                Ok(settings) => settings,
                Err(faults) => return Ok(Err(faults)),
            };
            Ok(Ok((portfolios::change(connection, user, id, &settings, now)?, true)))
        };
        let (after, is_changed) = match self.storage().write(work).await {
            Err(StorageError::Duplicate) => {
                let name = entered.name.as_deref().unwrap_or_default().trim();
                return Err(name_taken(name));
            }
            worked => worked.map_err(of_portfolio)??,
        };
        if is_changed {
            self.ledger_changed(id).await;
        }
        Ok(after)
    }

    /// Deletes a portfolio with all that hangs on it, and returns the change that this is: undoing it puts all of it
    /// back.
    ///
    /// # Errors
    /// [`TrackerError::NotFound`] when there is no such portfolio, [`TrackerError::Overtaken`] when it was changed
    /// since it was `seen`, and the database's.
    pub async fn delete_portfolio(
        &self,
        id: PortfolioId,
        seen: Option<i64>,
    ) -> Result<ChangeId, TrackerError> {
        let (user, now) = (self.user(), self.storage().now());
        let work = move |connection: &mut AnyConnection| {
            if is_overtaken(portfolios::lock(connection, user, id)?, seen) {
                return Ok(None);
            }
            portfolios::delete(connection, user, id, now).map(Some)
        };
        let deleted = self.storage().write(work).await.map_err(of_portfolio)?;
        let change = deleted.ok_or(TrackerError::Overtaken)?;
        self.portfolio_changed(id, true).await;
        Ok(change)
    }
}
