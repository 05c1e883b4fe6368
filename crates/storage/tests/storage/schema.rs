use bellwether_storage::StorageError;
use diesel::RunQueryDsl;
use diesel::sql_types::{Integer, Text};

use crate::database::{TestDatabase, on_both};
use crate::samples::instrument;

on_both!(
    a_text_that_is_no_number_is_refused_as_one,
    what_does_not_exist_cannot_be_referred_to,
    a_write_that_people_made_waits_for_the_disk,
);

async fn a_text_that_is_no_number_is_refused_as_one(db: &TestDatabase) {
    let id = instrument(db, "AAPL").await;
    for text in ["", "abc", "1e5", "NaN", "1,5", " 1"] {
        let refused = db
            .storage
            .write(move |connection| {
                let sql = "INSERT INTO quotes (instrument_id, price, currency, as_of, fetched_at, delay_minutes, source) \
                           VALUES ($1, $2, 'USD', 0, 0, 0, 'test')";
                Ok(diesel::sql_query(sql)
                    .bind::<Integer, _>(id.0)
                    .bind::<Text, _>(text)
                    .execute(connection)?)
            })
            .await;
        assert!(matches!(refused, Err(StorageError::Query(_))), "{text:?}: {refused:?}");
    }
}

async fn what_does_not_exist_cannot_be_referred_to(db: &TestDatabase) {
    let refused = db
        .storage
        .write(|connection| {
            let sql = "INSERT INTO quotes (instrument_id, price, currency, as_of, fetched_at, delay_minutes, source) \
                       VALUES (999999, '1', 'USD', 0, 0, 0, 'test')";
            Ok(diesel::sql_query(sql).execute(connection)?)
        })
        .await;
    assert!(refused.unwrap_err().is_not_found());
}

#[derive(diesel::QueryableByName)]
struct Level {
    #[diesel(sql_type = Integer)]
    synchronous: i32,
}

async fn a_write_that_people_made_waits_for_the_disk(db: &TestDatabase) {
    if db.storage.back_end() != bellwether_storage::BackEnd::Sqlite {
        return;
    }
    let level = |connection: &mut bellwether_storage::AnyConnection| {
        Ok(diesel::sql_query("PRAGMA synchronous").get_result::<Level>(connection)?.synchronous)
    };
    let (normal, full) = (1, 2);
    assert_eq!(db.storage.write(level).await.unwrap(), full);
    assert_eq!(db.storage.write_repeatable(level).await.unwrap(), normal);
    assert_eq!(db.storage.write(level).await.unwrap(), full);
}

#[cfg(feature = "postgres")]
#[tokio::test]
async fn both_databases_have_the_same_tables_and_columns() {
    #[derive(diesel::QueryableByName, Debug, PartialEq, Eq, PartialOrd, Ord)]
    struct Column {
        #[diesel(sql_type = Text)]
        table: String,
        #[diesel(sql_type = Text)]
        name: String,
        #[diesel(sql_type = Text)]
        required: String,
    }

    async fn columns(db: &TestDatabase, sql: &'static str) -> Vec<Column> {
        let read = db.storage.read(move |connection| Ok(diesel::sql_query(sql).load::<Column>(connection)?));
        let mut columns = read.await.unwrap();
        columns.retain(|column| !column.table.starts_with("__diesel"));
        columns.sort();
        columns
    }

    let sqlite = "SELECT m.name AS \"table\", c.name AS name, \
                  CASE WHEN c.\"notnull\" THEN 'required' ELSE 'optional' END AS required \
                  FROM sqlite_master m JOIN pragma_table_info(m.name) c \
                  WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%'";
    let postgres = "SELECT table_name::text AS \"table\", column_name::text AS name, \
                    CASE is_nullable WHEN 'NO' THEN 'required' ELSE 'optional' END AS required \
                    FROM information_schema.columns WHERE table_schema = current_schema()";
    let one = columns(&TestDatabase::sqlite().await, sqlite).await;
    let other = columns(&TestDatabase::postgres().await, postgres).await;
    assert!(one.len() > 150, "{}", one.len());
    assert_eq!(one, other);
}
