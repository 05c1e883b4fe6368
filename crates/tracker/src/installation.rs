//! Which installation this is, for servers that several may share.

use bellwether_storage::{Storage, StorageError, settings};
use uuid::Uuid;

const SETTING: &str = "installation";

/// The installation's id, which stands in its database from its first use on.
pub(crate) async fn id(storage: &Storage) -> Result<Uuid, StorageError> {
    if let Some(id) = storage.setting(SETTING).await? {
        return Ok(id);
    }
    let now = storage.now();
    let first = storage.write(move |connection| {
        // Of processes that start at once, all take the id of the first.
        settings::change(connection, SETTING, now, |id: &mut Option<Uuid>| {
            id.get_or_insert_with(Uuid::now_v7);
        })?;
        settings::get(connection, SETTING)
    });
    first.await?.ok_or(StorageError::NotFound)
}

#[cfg(test)]
mod tests {
    use bellwether_storage::StorageOptions;

    use super::*;

    #[tokio::test]
    async fn an_installation_keeps_its_id() {
        let open = async || Storage::open(StorageOptions::new("sqlite::memory:")).await.expect("a database");
        let (one, other) = (open().await, open().await);
        let first = id(&one).await.expect("an id");
        assert_eq!(id(&one).await.expect("an id"), first);
        assert_ne!(id(&other).await.expect("an id"), first);
    }
}
