//! Files that somebody looks at before they come into a ledger, with what was chosen for them.

use bellwether_domain::{ImportId, PortfolioId, UserId};
use chrono::{DateTime, Utc};
use diesel::prelude::*;

use crate::StorageError;
use crate::columns::{Key, instant, micros};
use crate::connection::AnyConnection;
use crate::portfolios;
use crate::schema::{import_drafts, portfolios as portfolios_table};

/// A draft without its file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportDraft {
    /// Its identifier, which its import will have.
    pub id: ImportId,
    /// Where the file is to go.
    pub portfolio: PortfolioId,
    /// The file's name as the user gave it.
    pub file_name: String,
    /// The digest of its bytes.
    pub sha256: [u8; 32],
    /// What was chosen for it, as JSON.
    pub choices: String,
    /// Rises with every change of the choices.
    pub version: i64,
    /// When the file came.
    pub created_at: DateTime<Utc>,
    /// When it goes by itself.
    pub expires_at: DateTime<Utc>,
}

/// How much a user's drafts are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct DraftsKept {
    /// How many there are.
    pub count: i64,
    /// How many bytes their files have.
    pub bytes: i64,
}

#[derive(Insertable, Queryable, Selectable)]
#[diesel(table_name = import_drafts)]
struct Row {
    id: Key,
    portfolio_id: Key,
    file_name: String,
    sha256: Vec<u8>,
    choices: String,
    version: i64,
    created_at: i64,
    expires_at: i64,
}

fn draft_of(row: Row) -> Result<ImportDraft, StorageError> {
    let id = ImportId::from_uuid(row.id.0);
    let sha256 = row.sha256.try_into().map_err(|bytes: Vec<u8>| {
        StorageError::corrupt(format!("draft {id}"), format!("a digest of {} bytes", bytes.len()))
    })?;
    Ok(ImportDraft {
        id,
        portfolio: PortfolioId::from_uuid(row.portfolio_id.0),
        file_name: row.file_name,
        sha256,
        choices: row.choices,
        version: row.version,
        created_at: instant(row.created_at),
        expires_at: instant(row.expires_at),
    })
}

/// Keeps a file as a draft.
///
/// # Errors
/// [`StorageError::NotFound`] when there is no such portfolio or it is somebody else's.
pub fn add(
    connection: &mut AnyConnection,
    user: UserId,
    draft: &ImportDraft,
    content: &[u8],
) -> Result<(), StorageError> {
    portfolios::version(connection, user, draft.portfolio)?;
    let row = Row {
        id: Key(draft.id.uuid()),
        portfolio_id: Key(draft.portfolio.uuid()),
        file_name: draft.file_name.clone(),
        sha256: draft.sha256.to_vec(),
        choices: draft.choices.clone(),
        version: draft.version,
        created_at: micros(draft.created_at),
        expires_at: micros(draft.expires_at),
    };
    diesel::insert_into(import_drafts::table)
        .values((row, import_drafts::content.eq(content)))
        .execute(connection)?;
    Ok(())
}

/// How much the drafts of a user are, in all portfolios.
///
/// # Errors
/// Those of the database.
pub fn kept(
    connection: &mut AnyConnection,
    user: UserId,
    now: DateTime<Utc>,
) -> Result<DraftsKept, StorageError> {
    let sizes: Vec<i64> = import_drafts::table
        .inner_join(portfolios_table::table)
        .filter(portfolios_table::user_id.eq(Key(user.uuid())))
        .filter(import_drafts::expires_at.gt(micros(now)))
        .select(diesel::dsl::sql::<diesel::sql_types::BigInt>(
            "CAST(length(import_drafts.content) AS BIGINT)",
        ))
        .load(connection)?;
    Ok(DraftsKept { count: i64::try_from(sizes.len()).unwrap_or(i64::MAX), bytes: sizes.iter().sum() })
}

/// The drafts for a user's portfolio, newest first.
///
/// # Errors
/// [`StorageError::NotFound`] when there is no such portfolio or it is somebody else's.
pub fn list(
    connection: &mut AnyConnection,
    user: UserId,
    portfolio: PortfolioId,
    now: DateTime<Utc>,
) -> Result<Vec<ImportDraft>, StorageError> {
    portfolios::version(connection, user, portfolio)?;
    let rows: Vec<Row> = import_drafts::table
        .filter(import_drafts::portfolio_id.eq(Key(portfolio.uuid())))
        .filter(import_drafts::expires_at.gt(micros(now)))
        .order((import_drafts::created_at.desc(), import_drafts::id.desc()))
        .select(Row::as_select())
        .load(connection)?;
    rows.into_iter().map(draft_of).collect()
}

/// A draft for a user's portfolio.
///
/// # Errors
/// [`StorageError::NotFound`] when there is none, or no longer.
pub fn find(
    connection: &mut AnyConnection,
    user: UserId,
    portfolio: PortfolioId,
    id: ImportId,
    now: DateTime<Utc>,
) -> Result<ImportDraft, StorageError> {
    portfolios::version(connection, user, portfolio)?;
    let row: Row = import_drafts::table
        .find(Key(id.uuid()))
        .filter(import_drafts::portfolio_id.eq(Key(portfolio.uuid())))
        .filter(import_drafts::expires_at.gt(micros(now)))
        .select(Row::as_select())
        .first(connection)?;
    draft_of(row)
}

/// The file of a draft that [`find`] found.
///
/// # Errors
/// [`StorageError::NotFound`] when it is gone meanwhile.
pub fn content(connection: &mut AnyConnection, id: ImportId) -> Result<Vec<u8>, StorageError> {
    Ok(import_drafts::table.find(Key(id.uuid())).select(import_drafts::content).first(connection)?)
}

/// Puts other choices in the place of those of one version of a draft, and returns it as it is now; `None` when it has
/// another version meanwhile.
///
/// # Errors
/// [`StorageError::NotFound`] when there is none, or no longer.
pub fn choose(
    connection: &mut AnyConnection,
    user: UserId,
    draft: &ImportDraft,
    choices: &str,
    now: DateTime<Utc>,
    expires_at: DateTime<Utc>,
) -> Result<Option<ImportDraft>, StorageError> {
    // Who commits it holds the portfolio meanwhile.
    portfolios::lock(connection, user, draft.portfolio)?;
    find(connection, user, draft.portfolio, draft.id, now)?;
    let of_version =
        import_drafts::table.find(Key(draft.id.uuid())).filter(import_drafts::version.eq(draft.version));
    let changed = diesel::update(of_version)
        .set((
            import_drafts::choices.eq(choices),
            import_drafts::version.eq(draft.version + 1),
            import_drafts::expires_at.eq(micros(expires_at)),
        ))
        .execute(connection)?;
    if changed == 0 {
        return Ok(None);
    }
    find(connection, user, draft.portfolio, draft.id, now).map(Some)
}

/// Takes a draft away; says whether it was there in that version.
///
/// # Errors
/// [`StorageError::NotFound`] when there is no such portfolio or it is somebody else's.
pub fn remove(
    connection: &mut AnyConnection,
    user: UserId,
    portfolio: PortfolioId,
    id: ImportId,
    version: Option<i64>,
) -> Result<bool, StorageError> {
    // Who commits it holds the portfolio meanwhile, and then it is no longer there.
    portfolios::lock(connection, user, portfolio)?;
    let own = import_drafts::table
        .find(Key(id.uuid()))
        .filter(import_drafts::portfolio_id.eq(Key(portfolio.uuid())));
    let removed = match version {
        Some(version) => {
            diesel::delete(own.filter(import_drafts::version.eq(version))).execute(connection)?
        }
        None => diesel::delete(own).execute(connection)?,
    };
    Ok(removed > 0)
}

/// Takes away what expired, and says how many that were.
///
/// # Errors
/// Those of the database.
pub fn remove_expired(connection: &mut AnyConnection, now: DateTime<Utc>) -> Result<usize, StorageError> {
    Ok(diesel::delete(import_drafts::table.filter(import_drafts::expires_at.le(micros(now))))
        .execute(connection)?)
}
