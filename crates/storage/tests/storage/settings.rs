use bellwether_storage::{StorageError, settings};

use crate::database::{TestDatabase, on_both};

on_both!(
    a_setting_keeps_its_last_value,
    a_setting_of_another_type_is_named,
    changes_of_many_writers_are_all_kept,
);

async fn changes_of_many_writers_are_all_kept(db: &TestDatabase) {
    let writers = (0..40_u32).map(|number| {
        let storage = db.storage.clone();
        tokio::spawn(async move {
            let now = storage.now();
            let add = move |known: &mut Vec<u32>| known.push(number);
            storage.write(move |connection| settings::change(connection, "numbers", now, add)).await
        })
    });
    for writer in writers.collect::<Vec<_>>() {
        writer.await.unwrap().unwrap();
    }
    let mut known: Vec<u32> = db.storage.setting("numbers").await.unwrap().unwrap();
    known.sort_unstable();
    assert_eq!(known, (0..40).collect::<Vec<_>>());
}

async fn a_setting_keeps_its_last_value(db: &TestDatabase) {
    assert_eq!(db.storage.setting::<u32>("limit").await.unwrap(), None);
    db.storage.set_setting("limit", 7_u32).await.unwrap();
    db.storage.set_setting("limit", 8_u32).await.unwrap();
    db.storage.set_setting("mapping", vec!["Ticker".to_owned(), "Datum".to_owned()]).await.unwrap();

    assert_eq!(db.storage.setting::<u32>("limit").await.unwrap(), Some(8));
    let mapping: Vec<String> = db.opened_again().await.setting("mapping").await.unwrap().unwrap();
    assert_eq!(mapping, ["Ticker", "Datum"]);
}

async fn a_setting_of_another_type_is_named(db: &TestDatabase) {
    db.storage.set_setting("limit", "many").await.unwrap();
    let Err(StorageError::Corrupt { record, .. }) = db.storage.setting::<u32>("limit").await else {
        panic!("a text is no number")
    };
    assert_eq!(record, "setting limit");
}
