//! Links under which a portfolio is shown to whoever has them.

use bellwether_domain::{PortfolioId, UserId};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use uuid::Uuid;

use crate::StorageError;
use crate::columns::{Digest, Key, instant, micros};
use crate::connection::AnyConnection;
use crate::portfolios;
use crate::schema::{portfolios as portfolios_table, share_links};

/// A link, without its token, which is stored nowhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShareLink {
    /// Its identifier.
    pub id: Uuid,
    /// What it shows.
    pub portfolio: PortfolioId,
    /// Whom it is for, in its maker's words.
    pub name: String,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// From when on it shows nothing.
    pub expires_at: Option<DateTime<Utc>>,
}

#[derive(Insertable, Queryable, Selectable)]
#[diesel(table_name = share_links)]
struct Row {
    id: Key,
    portfolio_id: Key,
    name: String,
    created_at: i64,
    expires_at: Option<i64>,
}

impl From<Row> for ShareLink {
    fn from(row: Row) -> Self {
        Self {
            id: row.id.0,
            portfolio: PortfolioId::from_uuid(row.portfolio_id.0),
            name: row.name,
            created_at: instant(row.created_at),
            expires_at: row.expires_at.map(instant),
        }
    }
}

/// Adds a link to a user's portfolio.
///
/// # Errors
/// [`StorageError::NotFound`] when there is no such portfolio or it is somebody else's.
pub fn add(
    connection: &mut AnyConnection,
    user: UserId,
    link: &ShareLink,
    digest: Digest,
) -> Result<(), StorageError> {
    portfolios::version(connection, user, link.portfolio)?;
    let row = Row {
        id: Key(link.id),
        portfolio_id: Key(link.portfolio.uuid()),
        name: link.name.clone(),
        created_at: micros(link.created_at),
        expires_at: link.expires_at.map(micros),
    };
    diesel::insert_into(share_links::table)
        .values((row, share_links::token_hash.eq(digest)))
        .execute(connection)?;
    Ok(())
}

/// The link of that digest, and whose portfolio it shows; however old it is.
///
/// # Errors
/// Those of the database.
pub fn find(
    connection: &mut AnyConnection,
    digest: Digest,
) -> Result<Option<(ShareLink, UserId)>, StorageError> {
    let found: Option<(Row, Key)> = share_links::table
        .inner_join(portfolios_table::table)
        .filter(share_links::token_hash.eq(digest))
        .select((Row::as_select(), portfolios_table::user_id))
        .first(connection)
        .optional()?;
    Ok(found.map(|(link, Key(user))| (link.into(), UserId::from_uuid(user))))
}

/// The links to a user's portfolios, newest first.
///
/// # Errors
/// Those of the database.
pub fn list(connection: &mut AnyConnection, user: UserId) -> Result<Vec<ShareLink>, StorageError> {
    let rows: Vec<Row> = share_links::table
        .inner_join(portfolios_table::table)
        .filter(portfolios_table::user_id.eq(Key(user.uuid())))
        .order((share_links::created_at.desc(), share_links::id.desc()))
        .select(Row::as_select())
        .load(connection)?;
    Ok(rows.into_iter().map(ShareLink::from).collect())
}

/// Removes all links to a user's portfolios.
///
/// # Errors
/// Those of the database.
pub fn remove_all(connection: &mut AnyConnection, user: UserId) -> Result<(), StorageError> {
    let theirs = portfolios_table::table
        .filter(portfolios_table::user_id.eq(Key(user.uuid())))
        .select(portfolios_table::id);
    diesel::delete(share_links::table.filter(share_links::portfolio_id.eq_any(theirs)))
        .execute(connection)?;
    Ok(())
}

/// Removes a link to a user's portfolio.
///
/// # Errors
/// [`StorageError::NotFound`] when there is none.
pub fn remove(connection: &mut AnyConnection, user: UserId, id: Uuid) -> Result<(), StorageError> {
    let theirs = portfolios_table::table
        .filter(portfolios_table::user_id.eq(Key(user.uuid())))
        .select(portfolios_table::id);
    let link = share_links::table.find(Key(id)).filter(share_links::portfolio_id.eq_any(theirs));
    let removed = diesel::delete(link).execute(connection)?;
    if removed == 0 { Err(StorageError::NotFound) } else { Ok(()) }
}
