//! Named settings of the installation, each any JSON value.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::upsert::excluded;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::columns::micros;
use crate::connection::{AnyConnection, on_either};
use crate::schema::settings;
use crate::transaction::{Turn, take_turns};
use crate::{Storage, StorageError};

#[derive(Insertable)]
#[diesel(table_name = settings, treat_none_as_default_value = false)]
struct NewRow<'a> {
    name: &'a str,
    value: &'a str,
    updated_at: i64,
}

/// The setting of that name, if there is one.
///
/// # Errors
/// [`StorageError::Corrupt`] when it is of another type.
pub fn get<T: DeserializeOwned>(
    connection: &mut AnyConnection,
    name: &str,
) -> Result<Option<T>, StorageError> {
    let value: Option<String> =
        settings::table.find(name).select(settings::value).first(connection).optional()?;
    value
        .map(|value| serde_json::from_str(&value))
        .transpose()
        .map_err(|error| StorageError::corrupt(format!("setting {name}"), error))
}

/// Gives the setting of that name a value.
///
/// # Errors
/// [`StorageError::Refused`] when the value cannot be written as JSON.
pub fn set<T: Serialize>(
    connection: &mut AnyConnection,
    name: &str,
    value: &T,
    now: DateTime<Utc>,
) -> Result<(), StorageError> {
    let value = serde_json::to_string(value).map_err(|error| StorageError::Refused(error.to_string()))?;
    let row = NewRow { name, value: &value, updated_at: micros(now) };
    on_either!(connection, |inner| diesel::insert_into(settings::table)
        .values(&row)
        .on_conflict(settings::name)
        .do_update()
        .set((
            settings::value.eq(excluded(settings::value)),
            settings::updated_at.eq(excluded(settings::updated_at)),
        ))
        .execute(inner))?;
    Ok(())
}

/// Changes the setting of that name, or the default where there is none: one transaction after another, so that none
/// undoes another's change.
///
/// # Errors
/// [`StorageError::Corrupt`] when it is of another type, [`StorageError::Refused`] when the value cannot be written as
/// JSON.
pub fn change<T: Default + Serialize + DeserializeOwned>(
    connection: &mut AnyConnection,
    name: &str,
    now: DateTime<Utc>,
    change: impl FnOnce(&mut T),
) -> Result<(), StorageError> {
    take_turns(connection, Turn::Setting(name))?;
    let mut value = get(connection, name)?.unwrap_or_default();
    change(&mut value);
    set(connection, name, &value, now)
}

impl Storage {
    /// The setting of that name, if there is one.
    ///
    /// # Errors
    /// [`StorageError::Corrupt`] when it is of another type.
    pub async fn setting<T>(&self, name: &str) -> Result<Option<T>, StorageError>
    where
        T: DeserializeOwned + Send + 'static,
    {
        let name = name.to_owned();
        self.read(move |connection| get(connection, &name)).await
    }

    /// Gives the setting of that name a value.
    ///
    /// # Errors
    /// [`StorageError::Refused`] when the value cannot be written as JSON.
    pub async fn set_setting<T>(&self, name: &str, value: T) -> Result<(), StorageError>
    where
        T: Serialize + Send + 'static,
    {
        let name = name.to_owned();
        let now = self.now();
        self.write(move |connection| set(connection, &name, &value, now)).await
    }
}
