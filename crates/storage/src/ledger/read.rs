//! Reading a ledger.

use std::collections::{BTreeSet, HashMap, HashSet};

use bellwether_domain::{ImportId, PortfolioId, Symbol, Transaction, TransactionId, UserId, epoch_day};
use diesel::prelude::*;

use super::row::Row;
use super::{Ledger, LedgerEntry};
use crate::columns::{Key, instant};
use crate::connection::AnyConnection;
use crate::schema::{instruments, transactions};
use crate::{ROWS_PER_INSERT, StorageError, portfolios};

/// The ledger of a user's portfolio, in one snapshot.
///
/// # Errors
/// [`StorageError::NotFound`] when there is no such portfolio or it is somebody else's.
pub fn read(
    connection: &mut AnyConnection,
    user: UserId,
    portfolio: PortfolioId,
) -> Result<Ledger, StorageError> {
    let version = portfolios::version(connection, user, portfolio)?;
    let transactions =
        load(connection, portfolio, None)?.into_iter().map(|entry| entry.transaction).collect();
    Ok(Ledger { version, transactions })
}

/// The entries of a user's portfolio in the order of the ledger.
///
/// # Errors
/// [`StorageError::NotFound`] when there is no such portfolio or it is somebody else's.
pub fn entries(
    connection: &mut AnyConnection,
    user: UserId,
    portfolio: PortfolioId,
) -> Result<Vec<LedgerEntry>, StorageError> {
    portfolios::version(connection, user, portfolio)?;
    load(connection, portfolio, None)
}

/// These entries of a user's portfolio in the order of the ledger, as far as they exist.
///
/// # Errors
/// [`StorageError::NotFound`] when there is no such portfolio or it is somebody else's.
pub fn some_entries(
    connection: &mut AnyConnection,
    user: UserId,
    portfolio: PortfolioId,
    ids: &[TransactionId],
) -> Result<Vec<LedgerEntry>, StorageError> {
    portfolios::version(connection, user, portfolio)?;
    load(connection, portfolio, Some(ids))
}

/// The entries of a portfolio, whosever it is, in the order of the ledger.
pub(crate) fn load(
    connection: &mut AnyConnection,
    portfolio: PortfolioId,
    only: Option<&[TransactionId]>,
) -> Result<Vec<LedgerEntry>, StorageError> {
    let query = transactions::table
        .left_join(instruments::table)
        .filter(transactions::portfolio_id.eq(Key(portfolio.uuid())))
        .order((transactions::trade_date, transactions::sequence, transactions::id))
        .select((Row::as_select(), instruments::symbol.nullable()));
    let rows: Vec<(Row, Option<String>)> = match only {
        None => query.load(connection)?,
        Some(ids) => {
            let ids = ids.iter().map(|id| Key(id.uuid()));
            query.filter(transactions::id.eq_any(ids)).load(connection)?
        }
    };
    entries_of(connection, rows)
}

/// A page of the entries of a portfolio, whosever it is, in the order of the ledger: those after `after` where given.
pub(crate) fn page(
    connection: &mut AnyConnection,
    portfolio: PortfolioId,
    after: Option<&Transaction>,
    limit: i64,
) -> Result<Vec<LedgerEntry>, StorageError> {
    use diesel::sql_types::{BigInt, Binary, Bool, Integer};

    let query = transactions::table
        .left_join(instruments::table)
        .filter(transactions::portfolio_id.eq(Key(portfolio.uuid())))
        .order((transactions::trade_date, transactions::sequence, transactions::id))
        .limit(limit)
        .select((Row::as_select(), instruments::symbol.nullable()));
    let rows: Vec<(Row, Option<String>)> = match after {
        None => query.load(connection)?,
        Some(after) => {
            let place = "(transactions.trade_date, transactions.sequence, transactions.id) > (";
            let later = diesel::dsl::sql::<Bool>(place)
                .bind::<Integer, _>(epoch_day(after.date))
                .sql(", ")
                .bind::<BigInt, _>(after.sequence)
                .sql(", ")
                .bind::<Binary, _>(Key(after.id.uuid()))
                .sql(")");
            query.filter(later).load(connection)?
        }
    };
    entries_of(connection, rows)
}

/// The entries that rows with their tickers are, in their order.
pub(super) fn entries_of(
    connection: &mut AnyConnection,
    rows: Vec<(Row, Option<String>)>,
) -> Result<Vec<LedgerEntry>, StorageError> {
    // One ticker for all transactions of an instrument: a clone is a reference count.
    let mut symbols: HashMap<String, Symbol> = HashMap::new();
    let others = others(connection, rows.iter().filter_map(|(row, _)| row.facts.other_instrument_id))?;
    let mut entries = Vec::with_capacity(rows.len());
    for (row, ticker) in rows {
        let symbol = match ticker {
            Some(ticker) => Some(shared_symbol(&mut symbols, ticker)?),
            None => None,
        };
        let other = row.facts.other_instrument_id.and_then(|id| others.get(&id)).cloned();
        entries.push(LedgerEntry {
            transaction: row.facts.transaction(row.id, symbol, other)?,
            fingerprint: row.facts.fingerprint,
            import: row.import_id.map(|Key(id)| ImportId::from_uuid(id)),
            created_at: instant(row.created_at),
        });
    }
    Ok(entries)
}

/// The second symbols of a ledger, of which most have none.
fn others(
    connection: &mut AnyConnection,
    ids: impl Iterator<Item = i32>,
) -> Result<HashMap<i32, Symbol>, StorageError> {
    let ids: BTreeSet<i32> = ids.collect();
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let mut others = HashMap::with_capacity(ids.len());
    let ids: Vec<i32> = ids.into_iter().collect();
    for ids in ids.chunks(ROWS_PER_INSERT) {
        let found: Vec<(i32, String)> = instruments::table
            .filter(instruments::id.eq_any(ids))
            .select((instruments::id, instruments::symbol))
            .load(connection)?;
        for (id, ticker) in found {
            others.insert(id, parsed(&ticker)?);
        }
    }
    Ok(others)
}

fn parsed(ticker: &str) -> Result<Symbol, StorageError> {
    ticker.parse().map_err(|error| StorageError::corrupt(format!("instrument {ticker}"), error))
}

fn shared_symbol(symbols: &mut HashMap<String, Symbol>, ticker: String) -> Result<Symbol, StorageError> {
    if let Some(symbol) = symbols.get(&ticker) {
        return Ok(symbol.clone());
    }
    let symbol = parsed(&ticker)?;
    symbols.insert(ticker, symbol.clone());
    Ok(symbol)
}

/// The fingerprints that a user's portfolio has.
///
/// # Errors
/// [`StorageError::NotFound`] when there is no such portfolio or it is somebody else's.
pub fn fingerprints(
    connection: &mut AnyConnection,
    user: UserId,
    portfolio: PortfolioId,
) -> Result<HashSet<String>, StorageError> {
    portfolios::version(connection, user, portfolio)?;
    let all: Vec<String> = transactions::table
        .filter(transactions::portfolio_id.eq(Key(portfolio.uuid())))
        .select(transactions::fingerprint)
        .load(connection)?;
    Ok(all.into_iter().collect())
}

/// The lowest sequence number that comes after all transactions of a user's portfolio.
///
/// # Errors
/// [`StorageError::NotFound`] when there is no such portfolio or it is somebody else's.
pub fn next_sequence(
    connection: &mut AnyConnection,
    user: UserId,
    portfolio: PortfolioId,
) -> Result<i64, StorageError> {
    portfolios::version(connection, user, portfolio)?;
    let last: Option<i64> = transactions::table
        .filter(transactions::portfolio_id.eq(Key(portfolio.uuid())))
        .select(diesel::dsl::max(transactions::sequence))
        .first(connection)?;
    Ok(last.map_or(0, |last| last + 1))
}
