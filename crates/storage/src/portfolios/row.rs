//! A portfolio as rows, and back.

use std::collections::HashMap;

use bellwether_domain::{DividendPolicy, Portfolio, PortfolioId, Symbol, UserId};
use diesel::prelude::*;

use crate::StorageError;
use crate::columns::Key;
use crate::connection::{AnyConnection, on_either};
use crate::schema::{portfolio_benchmarks, portfolios};

#[derive(Insertable, Queryable, Selectable)]
#[diesel(table_name = portfolios)]
pub(super) struct Row {
    pub(super) id: Key,
    pub(super) user_id: Key,
    pub(super) name: String,
    pub(super) description: String,
    pub(super) base_currency: String,
    pub(super) cost_method: String,
    pub(super) dividends: String,
    pub(super) demo: bool,
    pub(super) ledger_version: i64,
}

#[derive(Insertable)]
#[diesel(table_name = portfolio_benchmarks, treat_none_as_default_value = false)]
struct BenchmarkRow<'a> {
    portfolio_id: Key,
    position: i32,
    symbol: &'a str,
}

pub(super) fn row_of(portfolio: &Portfolio) -> Row {
    Row {
        id: Key(portfolio.id.uuid()),
        user_id: Key(portfolio.user.uuid()),
        name: portfolio.name.clone(),
        description: portfolio.description.clone(),
        base_currency: portfolio.base_currency.to_string(),
        cost_method: portfolio.cost_method.as_str().to_owned(),
        dividends: portfolio.dividends.as_str().to_owned(),
        demo: portfolio.demo,
        ledger_version: portfolio.ledger_version,
    }
}

pub(super) fn write_benchmarks(
    connection: &mut AnyConnection,
    portfolio: &Portfolio,
) -> Result<(), StorageError> {
    for id in portfolio.benchmarks.iter().filter_map(Symbol::index) {
        crate::indices::hold(connection, portfolio.user, id).map_err(|error| match error {
            StorageError::NotFound => {
                StorageError::Refused("it would be compared with an index that is not there".to_owned())
            }
            error => error,
        })?;
    }
    let rows: Vec<BenchmarkRow<'_>> = (0..)
        .zip(&portfolio.benchmarks)
        .map(|(position, symbol)| BenchmarkRow {
            portfolio_id: Key(portfolio.id.uuid()),
            position,
            symbol: symbol.as_str(),
        })
        .collect();
    on_either!(connection, |inner| diesel::insert_into(portfolio_benchmarks::table)
        .values(&rows)
        .execute(inner))?;
    Ok(())
}

pub(super) fn one(connection: &mut AnyConnection, row: Row) -> Result<Portfolio, StorageError> {
    with_benchmarks(connection, vec![row])?.pop().ok_or(StorageError::NotFound)
}

pub(super) fn with_benchmarks(
    connection: &mut AnyConnection,
    rows: Vec<Row>,
) -> Result<Vec<Portfolio>, StorageError> {
    let benchmarks: Vec<(Key, String)> = portfolio_benchmarks::table
        .filter(portfolio_benchmarks::portfolio_id.eq_any(rows.iter().map(|row| row.id)))
        .order((portfolio_benchmarks::portfolio_id, portfolio_benchmarks::position))
        .select((portfolio_benchmarks::portfolio_id, portfolio_benchmarks::symbol))
        .load(connection)?;
    let mut by_portfolio: HashMap<Key, Vec<String>> = HashMap::new();
    for (portfolio, symbol) in benchmarks {
        by_portfolio.entry(portfolio).or_default().push(symbol);
    }
    rows.into_iter()
        .map(|row| {
            let benchmarks = by_portfolio.remove(&row.id).unwrap_or_default();
            read_row(&row, &benchmarks)
        })
        .collect()
}

fn read_row(row: &Row, benchmarks: &[String]) -> Result<Portfolio, StorageError> {
    let damaged = |reason: String| StorageError::corrupt(format!("portfolio {}", row.id.0), reason);
    Ok(Portfolio {
        id: PortfolioId::from_uuid(row.id.0),
        user: UserId::from_uuid(row.user_id.0),
        name: row.name.clone(),
        description: row.description.clone(),
        base_currency: row.base_currency.parse().map_err(|error| damaged(format!("{error}")))?,
        cost_method: row.cost_method.parse().map_err(|error| damaged(format!("{error}")))?,
        dividends: DividendPolicy::from_word(&row.dividends)
            .ok_or_else(|| damaged(format!("unknown dividend policy {}", row.dividends)))?,
        benchmarks: benchmarks
            .iter()
            .map(|symbol| Symbol::try_from(symbol.clone()))
            .collect::<Result<_, _>>()
            .map_err(|error: bellwether_domain::InvalidSymbol| damaged(error.to_string()))?,
        demo: row.demo,
        ledger_version: row.ledger_version,
    })
}
