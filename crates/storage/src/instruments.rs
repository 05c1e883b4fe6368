//! The register of instruments, which all portfolios share.

use std::collections::{BTreeSet, HashMap};

use bellwether_domain::{
    Currency, Exchange, Instrument, InstrumentId, InstrumentKind, PortfolioId, Symbol, UserId,
};
use chrono::{DateTime, Utc};
use diesel::prelude::*;

use crate::columns::{Key, instant, micros};
use crate::connection::{AnyConnection, on_either};
use crate::schema::{instruments, portfolio_benchmarks, transactions};
use crate::{ROWS_PER_INSERT, Storage, StorageError, portfolios};

/// What a source told about an instrument; what it did not tell stays as it is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct InstrumentFacts {
    /// Its name.
    pub name: Option<String>,
    /// What it is.
    pub kind: Option<InstrumentKind>,
    /// The major currency of its prices.
    pub currency: Option<Currency>,
    /// The venue whose calendar it follows.
    pub exchange: Option<Exchange>,
    /// When its full daily history was fetched.
    pub history_fetched_at: Option<DateTime<Utc>>,
}

#[derive(Insertable)]
#[diesel(table_name = instruments, treat_none_as_default_value = false)]
struct NewRow<'a> {
    symbol: &'a str,
    kind: &'a str,
    exchange: &'a str,
    price_version: i64,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = instruments)]
struct Row {
    id: i32,
    symbol: String,
    name: Option<String>,
    kind: String,
    currency: Option<String>,
    exchange: String,
    history_fetched_at: Option<i64>,
    price_version: i64,
}

/// The instruments of these symbols in their order, registering those that are not known yet.
///
/// # Errors
/// [`StorageError::Refused`] for the symbol of an index of somebody's own, which is no instrument.
pub fn find_or_create(
    connection: &mut AnyConnection,
    symbols: &[Symbol],
) -> Result<Vec<Instrument>, StorageError> {
    let mut known = by_symbols(connection, symbols)?;
    let missing: BTreeSet<&Symbol> = symbols.iter().filter(|symbol| !known.contains_key(*symbol)).collect();
    if let Some(index) = missing.iter().find(|symbol| symbol.index().is_some()) {
        return Err(StorageError::Refused(format!("{index} is an index and no instrument")));
    }
    if !missing.is_empty() {
        let rows: Vec<NewRow<'_>> = missing.iter().map(|symbol| new_row(symbol)).collect();
        for rows in rows.chunks(ROWS_PER_INSERT) {
            // Somebody else may have registered it since.
            on_either!(connection, |inner| diesel::insert_into(instruments::table)
                .values(rows)
                .on_conflict(instruments::symbol)
                .do_nothing()
                .execute(inner))?;
        }
        let missing: Vec<Symbol> = missing.into_iter().cloned().collect();
        known.extend(by_symbols(connection, &missing)?);
    }
    symbols.iter().map(|symbol| known.get(symbol).cloned().ok_or(StorageError::NotFound)).collect()
}

fn new_row(symbol: &Symbol) -> NewRow<'_> {
    let exchange = Exchange::of(symbol);
    let kind = match exchange {
        _ if symbol.as_str().starts_with('^') => InstrumentKind::Index,
        Exchange::Currency => InstrumentKind::Currency,
        Exchange::Crypto => InstrumentKind::Crypto,
        Exchange::Futures => InstrumentKind::Future,
        _ => InstrumentKind::Other,
    };
    NewRow { symbol: symbol.as_str(), kind: kind.as_str(), exchange: exchange.code(), price_version: 0 }
}

/// The instruments of these symbols, as far as they are registered.
pub fn by_symbols(
    connection: &mut AnyConnection,
    symbols: &[Symbol],
) -> Result<HashMap<Symbol, Instrument>, StorageError> {
    let mut found = HashMap::with_capacity(symbols.len());
    for symbols in symbols.chunks(1000) {
        let rows: Vec<Row> = instruments::table
            .filter(instruments::symbol.eq_any(symbols.iter().map(Symbol::as_str)))
            .select(Row::as_select())
            .load(connection)?;
        for row in &rows {
            let instrument = read_row(row)?;
            found.insert(instrument.symbol.clone(), instrument);
        }
    }
    Ok(found)
}

/// The instruments of these numbers, ascending, as far as they exist.
pub fn by_ids(connection: &mut AnyConnection, ids: &[InstrumentId]) -> Result<Vec<Instrument>, StorageError> {
    let rows: Vec<Row> = instruments::table
        .filter(instruments::id.eq_any(ids.iter().map(|id| id.0)))
        .order(instruments::id)
        .select(Row::as_select())
        .load(connection)?;
    rows.iter().map(read_row).collect()
}

/// Every instrument that a ledger mentions, by symbol.
///
/// # Errors
/// [`StorageError::NotFound`] when there is no such portfolio or it is somebody else's.
pub fn of_portfolio(
    connection: &mut AnyConnection,
    user: UserId,
    portfolio: PortfolioId,
) -> Result<Vec<Instrument>, StorageError> {
    portfolios::version(connection, user, portfolio)?;
    let mentioned = transactions::table
        .filter(transactions::portfolio_id.eq(Key(portfolio.uuid())))
        .filter(transactions::instrument_id.is_not_null())
        .select(transactions::instrument_id.assume_not_null());
    let rows: Vec<Row> = instruments::table
        .filter(instruments::id.eq_any(mentioned))
        .order(instruments::symbol)
        .select(Row::as_select())
        .load(connection)?;
    rows.iter().map(read_row).collect()
}

/// Every instrument that some ledger mentions or some portfolio is compared with, by symbol.
pub fn in_use(connection: &mut AnyConnection) -> Result<Vec<Instrument>, StorageError> {
    let mentioned = transactions::table
        .filter(transactions::instrument_id.is_not_null())
        .select(transactions::instrument_id.assume_not_null());
    let compared = portfolio_benchmarks::table.select(portfolio_benchmarks::symbol);
    let in_indices = in_indices(compared.load(connection)?, connection)?;
    let rows: Vec<Row> = instruments::table
        .filter(
            instruments::id
                .eq_any(mentioned)
                .or(instruments::symbol.eq_any(compared))
                .or(instruments::id.eq_any(in_indices)),
        )
        .order(instruments::symbol)
        .select(Row::as_select())
        .load(connection)?;
    rows.iter().map(read_row).collect()
}

/// One number for the prices, actions and quotes of instruments together: it rises when any of theirs does. Figures
/// made under the same ledger version and this number are still right.
pub fn price_version_of(connection: &mut AnyConnection, ids: &[InstrumentId]) -> Result<i64, StorageError> {
    let versions: Vec<i64> = instruments::table
        .filter(instruments::id.eq_any(ids.iter().map(|id| id.0)))
        .select(instruments::price_version)
        .load(connection)?;
    // Each only ever rises, so their sum does.
    Ok(versions.into_iter().sum())
}

/// What the indices of users' own among some benchmarks are made from.
fn in_indices(compared: Vec<String>, connection: &mut AnyConnection) -> Result<Vec<i32>, StorageError> {
    let symbols = compared.into_iter().filter_map(|symbol| Symbol::try_from(symbol).ok());
    crate::indices::made_from(connection, symbols)
}

/// As [`price_version_of`], of all that a portfolio's figures are made from beside some further symbols: what its
/// ledger mentions, what it is compared with, and all pairs of currencies.
pub fn price_version_for(
    connection: &mut AnyConnection,
    portfolio: PortfolioId,
    beside: &[Symbol],
) -> Result<i64, StorageError> {
    let booked = transactions::table.filter(transactions::portfolio_id.eq(Key(portfolio.uuid())));
    let mentioned = booked
        .filter(transactions::instrument_id.is_not_null())
        .select(transactions::instrument_id.assume_not_null());
    let mentioned_too = booked
        .filter(transactions::other_instrument_id.is_not_null())
        .select(transactions::other_instrument_id.assume_not_null());
    let compared = portfolio_benchmarks::table
        .filter(portfolio_benchmarks::portfolio_id.eq(Key(portfolio.uuid())))
        .select(portfolio_benchmarks::symbol);
    let own_indices = compared.filter(portfolio_benchmarks::symbol.like("=%")).load(connection)?;
    let others = beside.iter().filter(|symbol| symbol.index().is_some()).map(ToString::to_string);
    let in_indices = in_indices(own_indices.into_iter().chain(others).collect(), connection)?;
    let beside = beside.iter().map(Symbol::as_str);
    let versions: Vec<i64> = instruments::table
        .filter(
            instruments::id
                .eq_any(mentioned)
                .or(instruments::id.eq_any(mentioned_too))
                .or(instruments::symbol.eq_any(compared))
                .or(instruments::symbol.eq_any(beside))
                .or(instruments::id.eq_any(in_indices))
                .or(instruments::symbol.like("%=X")),
        )
        .select(instruments::price_version)
        .load(connection)?;
    Ok(versions.into_iter().sum())
}

/// Records what a source told about instruments. Facts that are news raise an instrument's price version, but for the
/// time of the last fetch, which no figure depends on.
///
/// # Errors
/// [`StorageError::NotFound`] when one of them is not registered.
pub fn learn(
    connection: &mut AnyConnection,
    told: &[(InstrumentId, InstrumentFacts)],
) -> Result<(), StorageError> {
    for (id, facts) in told {
        let row: Row = instruments::table.find(id.0).select(Row::as_select()).first(connection)?;
        let known = read_row(&row)?;
        let after = Instrument {
            name: facts.name.clone().or(known.name.clone()),
            kind: facts.kind.unwrap_or(known.kind),
            currency: facts.currency.or(known.currency),
            exchange: facts.exchange.unwrap_or(known.exchange),
            ..known.clone()
        };
        let news = i64::from(after != known);
        diesel::update(instruments::table.find(id.0))
            .set((
                instruments::name.eq(after.name),
                instruments::kind.eq(after.kind.as_str()),
                instruments::currency.eq(after.currency.as_ref().map(Currency::as_str)),
                instruments::exchange.eq(after.exchange.code()),
                instruments::history_fetched_at
                    .eq(facts.history_fetched_at.map(micros).or(row.history_fetched_at)),
                instruments::price_version.eq(instruments::price_version + news),
            ))
            .execute(connection)?;
    }
    Ok(())
}

/// Forgets in which currency an instrument trades, for when all that told it was taken back.
pub fn forget_currency(connection: &mut AnyConnection, id: InstrumentId) -> Result<(), StorageError> {
    diesel::update(instruments::table.find(id.0))
        .set((
            instruments::currency.eq(None::<&str>),
            instruments::price_version.eq(instruments::price_version + 1),
        ))
        .execute(connection)?;
    Ok(())
}

/// Holds instruments still until the transaction ends, for a change of their prices, actions or quotes.
///
/// # Errors
/// [`StorageError::NotFound`] when one of them is not registered.
pub(crate) fn lock(connection: &mut AnyConnection, ids: &BTreeSet<InstrumentId>) -> Result<(), StorageError> {
    let wanted = instruments::table
        .filter(instruments::id.eq_any(ids.iter().map(|id| id.0)))
        // In one order for everybody, so that nobody waits in a circle.
        .order(instruments::id)
        .select(instruments::id);
    let found: Vec<i32> = match connection {
        AnyConnection::Sqlite(sqlite) => wanted.load(sqlite)?,
        #[cfg(feature = "postgres")]
        AnyConnection::Postgres(postgres) => wanted.for_no_key_update().load(postgres)?,
    };
    if found.len() == ids.len() { Ok(()) } else { Err(StorageError::NotFound) }
}

/// Raises the price versions of instruments.
pub(crate) fn raise_price_versions(
    connection: &mut AnyConnection,
    ids: &BTreeSet<InstrumentId>,
) -> Result<(), StorageError> {
    if ids.is_empty() {
        return Ok(());
    }
    diesel::update(instruments::table.filter(instruments::id.eq_any(ids.iter().map(|id| id.0))))
        .set(instruments::price_version.eq(instruments::price_version + 1))
        .execute(connection)?;
    Ok(())
}

fn read_row(row: &Row) -> Result<Instrument, StorageError> {
    let damaged = |reason: String| StorageError::corrupt(format!("instrument {}", row.id), reason);
    Ok(Instrument {
        id: InstrumentId(row.id),
        symbol: row.symbol.parse().map_err(|error| damaged(format!("{error}")))?,
        name: row.name.clone(),
        kind: InstrumentKind::from_word(&row.kind),
        currency: row
            .currency
            .as_deref()
            .map(str::parse)
            .transpose()
            .map_err(|error: bellwether_domain::InvalidCurrency| damaged(error.to_string()))?,
        exchange: row.exchange.parse().map_err(|error| damaged(format!("{error}")))?,
        history_fetched_at: row.history_fetched_at.map(instant),
        price_version: row.price_version,
    })
}

impl Storage {
    /// The instruments of these symbols in their order, registering those that are not known yet.
    ///
    /// # Errors
    /// [`StorageError::Unavailable`] when the database is.
    pub async fn find_or_create_instruments(
        &self,
        symbols: Vec<Symbol>,
    ) -> Result<Vec<Instrument>, StorageError> {
        // Nearly always all are known, and a read waits for no writer.
        let (symbols, known) = self
            .read(move |connection| {
                let known = by_symbols(connection, &symbols)?;
                let all: Option<Vec<Instrument>> =
                    symbols.iter().map(|symbol| known.get(symbol).cloned()).collect();
                Ok((symbols, all))
            })
            .await?;
        match known {
            Some(instruments) => Ok(instruments),
            None => self.write_repeatable(move |connection| find_or_create(connection, &symbols)).await,
        }
    }

    /// The instruments of these symbols, as far as they are registered.
    ///
    /// # Errors
    /// [`StorageError::Unavailable`] when the database is.
    pub async fn instruments_by_symbol(
        &self,
        symbols: Vec<Symbol>,
    ) -> Result<HashMap<Symbol, Instrument>, StorageError> {
        self.read(move |connection| by_symbols(connection, &symbols)).await
    }

    /// The instruments of these numbers, ascending, as far as they exist.
    ///
    /// # Errors
    /// [`StorageError::Unavailable`] when the database is.
    pub async fn instruments(&self, ids: Vec<InstrumentId>) -> Result<Vec<Instrument>, StorageError> {
        self.read(move |connection| by_ids(connection, &ids)).await
    }

    /// Every instrument that a ledger mentions, by symbol.
    ///
    /// # Errors
    /// [`StorageError::NotFound`] when there is no such portfolio or it is somebody else's.
    pub async fn instruments_of_portfolio(
        &self,
        user: UserId,
        portfolio: PortfolioId,
    ) -> Result<Vec<Instrument>, StorageError> {
        self.snapshot(move |connection| of_portfolio(connection, user, portfolio)).await
    }

    /// Every instrument that some ledger mentions or some portfolio is compared with, by symbol.
    ///
    /// # Errors
    /// [`StorageError::Unavailable`] when the database is.
    pub async fn instruments_in_use(&self) -> Result<Vec<Instrument>, StorageError> {
        self.read(in_use).await
    }

    /// One number for the prices, actions and quotes of instruments together: it rises when any of theirs does.
    ///
    /// # Errors
    /// [`StorageError::Unavailable`] when the database is.
    pub async fn price_version_of(&self, ids: Vec<InstrumentId>) -> Result<i64, StorageError> {
        self.read(move |connection| price_version_of(connection, &ids)).await
    }

    /// Records what a source told about instruments.
    ///
    /// # Errors
    /// [`StorageError::NotFound`] when one of them is not registered.
    pub async fn learn_about_instruments(
        &self,
        told: Vec<(InstrumentId, InstrumentFacts)>,
    ) -> Result<(), StorageError> {
        self.write_repeatable(move |connection| learn(connection, &told)).await
    }
}
