//! Files that background work reads and makes: each under an identifier of its own, until it is removed.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use uuid::Uuid;

use crate::columns::{Key, micros};
use crate::connection::AnyConnection;
use crate::schema::job_files;
use crate::{Storage, StorageError};

/// A file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobFile {
    /// Its name, for people.
    pub name: String,
    /// What it is, as in `text/csv`.
    pub media_type: String,
    /// Its bytes.
    pub content: Vec<u8>,
}

#[derive(Insertable)]
#[diesel(table_name = job_files, treat_none_as_default_value = false)]
struct Row<'a> {
    id: Key,
    name: &'a str,
    media_type: &'a str,
    content: &'a [u8],
    created_at: i64,
}

/// Keeps a file.
///
/// # Errors
/// [`StorageError::Duplicate`] when the identifier is taken.
pub fn put(
    connection: &mut AnyConnection,
    id: Uuid,
    file: &JobFile,
    now: DateTime<Utc>,
) -> Result<(), StorageError> {
    let row = Row {
        id: Key(id),
        name: &file.name,
        media_type: &file.media_type,
        content: &file.content,
        created_at: micros(now),
    };
    diesel::insert_into(job_files::table).values(row).execute(connection)?;
    Ok(())
}

/// The file of that identifier.
///
/// # Errors
/// [`StorageError::Unavailable`] when the database is.
pub fn find(connection: &mut AnyConnection, id: Uuid) -> Result<Option<JobFile>, StorageError> {
    let found: Option<(String, String, Vec<u8>)> = job_files::table
        .find(Key(id))
        .select((job_files::name, job_files::media_type, job_files::content))
        .first(connection)
        .optional()?;
    Ok(found.map(|(name, media_type, content)| JobFile { name, media_type, content }))
}

/// Removes a file, if it is there; says whether it was.
///
/// # Errors
/// [`StorageError::Unavailable`] when the database is.
pub fn remove(connection: &mut AnyConnection, id: Uuid) -> Result<bool, StorageError> {
    Ok(diesel::delete(job_files::table.find(Key(id))).execute(connection)? > 0)
}

impl Storage {
    /// The file of that identifier.
    ///
    /// # Errors
    /// [`StorageError::Unavailable`] when the database is.
    pub async fn job_file(&self, id: Uuid) -> Result<Option<JobFile>, StorageError> {
        self.read(move |connection| find(connection, id)).await
    }
}
