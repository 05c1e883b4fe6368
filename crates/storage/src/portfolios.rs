//! Portfolios and what they are compared with.

mod row;

use std::collections::HashSet;

use bellwether_domain::{
    ChangeId, CostMethod, Currency, DividendPolicy, Portfolio, PortfolioId, Symbol, UserId,
};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use serde::Deserialize;

use crate::audit::{self, AuditSubject, Author, Change};
use crate::columns::{Key, micros};
use crate::connection::AnyConnection;
use crate::schema::{portfolio_benchmarks, portfolios};
use crate::{Storage, StorageError};
use row::{Row, one, row_of, with_benchmarks, write_benchmarks};

/// A portfolio's own settings: those of a new one, or those that an existing one is to have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PortfolioSettings {
    /// Its name, unique for the user.
    pub name: String,
    /// The user's words about it.
    pub description: String,
    /// The currency of its totals.
    pub base_currency: Currency,
    /// How the cost of sold shares is found.
    pub cost_method: CostMethod,
    /// Whether unrecorded dividends are inferred.
    pub dividends: DividendPolicy,
    /// What it is compared with, in order.
    pub benchmarks: Vec<Symbol>,
    /// Made up for the demonstration.
    pub demo: bool,
}

impl PortfolioSettings {
    /// A portfolio in dollars, first in first out, compared with VOO and QQQ.
    pub fn named(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            description: String::new(),
            base_currency: Currency::USD,
            cost_method: CostMethod::default(),
            dividends: DividendPolicy::default(),
            benchmarks: ["VOO", "QQQ"].iter().filter_map(|symbol| symbol.parse().ok()).collect(),
            demo: false,
        }
    }

    /// The settings of an existing portfolio.
    pub fn of(portfolio: &Portfolio) -> Self {
        Self {
            name: portfolio.name.clone(),
            description: portfolio.description.clone(),
            base_currency: portfolio.base_currency,
            cost_method: portfolio.cost_method,
            dividends: portfolio.dividends,
            benchmarks: portfolio.benchmarks.clone(),
            demo: portfolio.demo,
        }
    }
}

/// The one place where portfolios are restricted to those of a user.
fn of_user(
    user: UserId,
) -> diesel::dsl::Filter<portfolios::table, diesel::dsl::Eq<portfolios::user_id, Key>> {
    portfolios::table.filter(portfolios::user_id.eq(Key(user.uuid())))
}

/// The ledger version of a user's portfolio.
///
/// # Errors
/// [`StorageError::NotFound`] when there is no such portfolio or it is somebody else's.
pub fn version(connection: &mut AnyConnection, user: UserId, id: PortfolioId) -> Result<i64, StorageError> {
    Ok(of_user(user)
        .filter(portfolios::id.eq(Key(id.uuid())))
        .select(portfolios::ledger_version)
        .first(connection)?)
}

/// Whose a portfolio is.
///
/// # Errors
/// [`StorageError::NotFound`] when there is no such portfolio.
pub fn user_of(connection: &mut AnyConnection, id: PortfolioId) -> Result<UserId, StorageError> {
    let Key(user) = portfolios::table.find(Key(id.uuid())).select(portfolios::user_id).first(connection)?;
    Ok(UserId::from_uuid(user))
}

/// The ledger version of a user's portfolio, held still until the transaction ends: who changes a ledger begins here,
/// so that changes of one ledger follow one another.
///
/// # Errors
/// [`StorageError::NotFound`] when there is no such portfolio or it is somebody else's.
pub fn lock(connection: &mut AnyConnection, user: UserId, id: PortfolioId) -> Result<i64, StorageError> {
    match connection {
        // The only writer holds everything still.
        AnyConnection::Sqlite(_) => version(connection, user, id),
        #[cfg(feature = "postgres")]
        AnyConnection::Postgres(postgres) => Ok(of_user(user)
            .filter(portfolios::id.eq(Key(id.uuid())))
            .select(portfolios::ledger_version)
            .for_no_key_update()
            .first(postgres)?),
    }
}

/// Raises the ledger version of a portfolio and returns the new one.
pub(crate) fn raise_version(
    connection: &mut AnyConnection,
    id: PortfolioId,
    now: DateTime<Utc>,
) -> Result<i64, StorageError> {
    Ok(diesel::update(portfolios::table.find(Key(id.uuid())))
        .set((
            portfolios::ledger_version.eq(portfolios::ledger_version + 1),
            portfolios::updated_at.eq(micros(now)),
        ))
        .returning(portfolios::ledger_version)
        .get_result(connection)?)
}

/// A user's portfolio.
///
/// # Errors
/// [`StorageError::NotFound`] when there is no such portfolio or it is somebody else's.
pub fn find(
    connection: &mut AnyConnection,
    user: UserId,
    id: PortfolioId,
) -> Result<Portfolio, StorageError> {
    let row =
        of_user(user).filter(portfolios::id.eq(Key(id.uuid()))).select(Row::as_select()).first(connection)?;
    one(connection, row)
}

/// A user's portfolio by its name.
///
/// # Errors
/// [`StorageError::NotFound`] when the user has none of that name.
pub fn find_by_name(
    connection: &mut AnyConnection,
    user: UserId,
    name: &str,
) -> Result<Portfolio, StorageError> {
    let row =
        of_user(user).filter(portfolios::name.eq(name.trim())).select(Row::as_select()).first(connection)?;
    one(connection, row)
}

/// A user's portfolios, oldest first.
pub fn list(connection: &mut AnyConnection, user: UserId) -> Result<Vec<Portfolio>, StorageError> {
    let rows: Vec<Row> = of_user(user).order(portfolios::id).select(Row::as_select()).load(connection)?;
    with_benchmarks(connection, rows)
}

/// Creates a portfolio.
///
/// # Errors
/// [`StorageError::Duplicate`] when the user has one of that name, [`StorageError::Refused`] for an empty name,
/// [`StorageError::NotFound`] when there is no such user.
pub fn create(
    connection: &mut AnyConnection,
    user: UserId,
    settings: &PortfolioSettings,
    now: DateTime<Utc>,
) -> Result<Portfolio, StorageError> {
    let portfolio = portfolio_of(PortfolioId::new(), user, settings, 1)?;
    let at = micros(now);
    diesel::insert_into(portfolios::table)
        .values((row_of(&portfolio), portfolios::created_at.eq(at), portfolios::updated_at.eq(at)))
        .execute(connection)?;
    write_benchmarks(connection, &portfolio)?;
    record(connection, Author::of_change(user, portfolio.id, now), None, Some(&portfolio))?;
    Ok(portfolio)
}

/// Gives a portfolio other settings and raises its ledger version.
///
/// # Errors
/// [`StorageError::NotFound`], [`StorageError::Duplicate`] when the user has another one of that name,
/// [`StorageError::Refused`] for an empty name.
pub fn change(
    connection: &mut AnyConnection,
    user: UserId,
    id: PortfolioId,
    settings: &PortfolioSettings,
    now: DateTime<Utc>,
) -> Result<Portfolio, StorageError> {
    change_by(connection, Author::of_change(user, id, now), settings)
}

/// As [`change`], as a part of a change.
pub(crate) fn change_by(
    connection: &mut AnyConnection,
    author: Author,
    settings: &PortfolioSettings,
) -> Result<Portfolio, StorageError> {
    let Author { user, portfolio: id, at: now, .. } = author;
    let version = lock(connection, user, id)?;
    let before = find(connection, user, id)?;
    let after = portfolio_of(id, user, settings, version + 1)?;
    let row = row_of(&after);
    diesel::update(portfolios::table.find(Key(id.uuid())))
        .set((
            portfolios::name.eq(row.name),
            portfolios::description.eq(row.description),
            portfolios::base_currency.eq(row.base_currency),
            portfolios::cost_method.eq(row.cost_method),
            portfolios::dividends.eq(row.dividends),
            portfolios::demo.eq(row.demo),
            portfolios::ledger_version.eq(row.ledger_version),
            portfolios::updated_at.eq(micros(now)),
        ))
        .execute(connection)?;
    diesel::delete(portfolio_benchmarks::table.filter(portfolio_benchmarks::portfolio_id.eq(Key(id.uuid()))))
        .execute(connection)?;
    write_benchmarks(connection, &after)?;
    record(connection, author, Some(&before), Some(&after))?;
    Ok(after)
}

/// Deletes a portfolio with its transactions and imports, and returns the change that this is. The audit log keeps what
/// it was.
///
/// # Errors
/// [`StorageError::NotFound`].
pub fn delete(
    connection: &mut AnyConnection,
    user: UserId,
    id: PortfolioId,
    now: DateTime<Utc>,
) -> Result<ChangeId, StorageError> {
    let author = Author::of_change(user, id, now);
    delete_by(connection, author)?;
    Ok(author.change)
}

/// As [`delete`], as a part of a change.
pub(crate) fn delete_by(connection: &mut AnyConnection, author: Author) -> Result<(), StorageError> {
    let Author { user, portfolio: id, .. } = author;
    lock(connection, user, id)?;
    let before = find(connection, user, id)?;
    crate::ledger::record_deletion_of_all(connection, author)?;
    crate::imports::record_deletion_of_all(connection, author)?;
    crate::target_allocations::record_deletion_of_all(connection, author)?;
    diesel::delete(portfolios::table.find(Key(id.uuid()))).execute(connection)?;
    record(connection, author, Some(&before), None)
}

/// A portfolio that was deleted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeletedPortfolio {
    /// As it was.
    pub portfolio: Portfolio,
    /// When it was deleted.
    pub at: DateTime<Utc>,
    /// The change by which it was; undoing that one puts it back.
    pub change: ChangeId,
}

/// A user's portfolios that were deleted and are not there again, the last one first.
///
/// # Errors
/// [`StorageError::Corrupt`] when a record cannot be read.
pub fn deleted(connection: &mut AnyConnection, user: UserId) -> Result<Vec<DeletedPortfolio>, StorageError> {
    let mut seen: HashSet<PortfolioId> = list(connection, user)?.iter().map(|there| there.id).collect();
    let mut deleted = Vec::new();
    for record in audit::deletions_of_portfolios(connection, user)? {
        let (Some(before), Some(change)) = (&record.before, record.change) else { continue };
        let portfolio = Portfolio::deserialize(before)
            .map_err(|error| StorageError::corrupt(format!("audit record {}", record.id), error))?;
        if seen.insert(portfolio.id) {
            deleted.push(DeletedPortfolio { portfolio, at: record.at, change });
        }
    }
    Ok(deleted)
}

/// Puts back a portfolio that was deleted, without what hangs on it.
pub(crate) fn put_back(
    connection: &mut AnyConnection,
    author: Author,
    settings: &PortfolioSettings,
    ledger_version: i64,
) -> Result<(), StorageError> {
    let portfolio = portfolio_of(author.portfolio, author.user, settings, ledger_version)?;
    let at = micros(author.at);
    diesel::insert_into(portfolios::table)
        .values((row_of(&portfolio), portfolios::created_at.eq(at), portfolios::updated_at.eq(at)))
        .execute(connection)?;
    write_benchmarks(connection, &portfolio)?;
    record(connection, author, None, Some(&portfolio))
}

fn record(
    connection: &mut AnyConnection,
    author: Author,
    before: Option<&Portfolio>,
    after: Option<&Portfolio>,
) -> Result<(), StorageError> {
    let change = Change::of(AuditSubject::Portfolio, author.portfolio.uuid(), before, after)?;
    audit::append(connection, author, vec![change])
}

fn portfolio_of(
    id: PortfolioId,
    user: UserId,
    settings: &PortfolioSettings,
    ledger_version: i64,
) -> Result<Portfolio, StorageError> {
    let name = settings.name.trim();
    if name.is_empty() {
        return Err(StorageError::Refused("a portfolio needs a name".to_owned()));
    }
    if name.contains('\0') || settings.description.contains('\0') {
        // Which PostgreSQL cannot store.
        return Err(StorageError::Refused(
            "the name or description of a portfolio has a NUL in it".to_owned(),
        ));
    }
    let mut benchmarks: Vec<Symbol> = Vec::with_capacity(settings.benchmarks.len());
    for symbol in &settings.benchmarks {
        if !benchmarks.contains(symbol) {
            benchmarks.push(symbol.clone());
        }
    }
    Ok(Portfolio {
        id,
        user,
        name: name.to_owned(),
        description: settings.description.trim().to_owned(),
        base_currency: settings.base_currency,
        cost_method: settings.cost_method,
        dividends: settings.dividends,
        benchmarks,
        demo: settings.demo,
        ledger_version,
    })
}

impl Storage {
    /// Creates a portfolio.
    ///
    /// # Errors
    /// [`StorageError::Duplicate`] when the user has one of that name, [`StorageError::Refused`] for an empty name.
    pub async fn create_portfolio(
        &self,
        user: UserId,
        settings: PortfolioSettings,
    ) -> Result<Portfolio, StorageError> {
        let now = self.now();
        self.write(move |connection| create(connection, user, &settings, now)).await
    }

    /// Gives a portfolio other settings and raises its ledger version.
    ///
    /// # Errors
    /// [`StorageError::NotFound`], [`StorageError::Duplicate`], [`StorageError::Refused`] for an empty name.
    pub async fn change_portfolio(
        &self,
        user: UserId,
        id: PortfolioId,
        settings: PortfolioSettings,
    ) -> Result<Portfolio, StorageError> {
        let now = self.now();
        self.write(move |connection| change(connection, user, id, &settings, now)).await
    }

    /// Deletes a portfolio with its transactions and imports. The audit log keeps what they were.
    ///
    /// # Errors
    /// [`StorageError::NotFound`].
    pub async fn delete_portfolio(&self, user: UserId, id: PortfolioId) -> Result<ChangeId, StorageError> {
        let now = self.now();
        self.write(move |connection| delete(connection, user, id, now)).await
    }

    /// A user's portfolio.
    ///
    /// # Errors
    /// [`StorageError::NotFound`] when there is no such portfolio or it is somebody else's.
    pub async fn portfolio(&self, user: UserId, id: PortfolioId) -> Result<Portfolio, StorageError> {
        self.snapshot(move |connection| find(connection, user, id)).await
    }

    /// The ledger version of a user's portfolio.
    ///
    /// # Errors
    /// [`StorageError::NotFound`] when there is no such portfolio or it is somebody else's.
    pub async fn ledger_version(&self, user: UserId, id: PortfolioId) -> Result<i64, StorageError> {
        self.read(move |connection| version(connection, user, id)).await
    }

    /// A user's portfolio by its name.
    ///
    /// # Errors
    /// [`StorageError::NotFound`] when the user has none of that name.
    pub async fn portfolio_named(&self, user: UserId, name: &str) -> Result<Portfolio, StorageError> {
        let name = name.to_owned();
        self.snapshot(move |connection| find_by_name(connection, user, &name)).await
    }

    /// A user's portfolios, oldest first.
    ///
    /// # Errors
    /// [`StorageError::Unavailable`] when the database is.
    pub async fn portfolios(&self, user: UserId) -> Result<Vec<Portfolio>, StorageError> {
        self.snapshot(move |connection| list(connection, user)).await
    }
}
