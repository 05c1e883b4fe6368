//! What tables there are, as the database itself tells: work on all of them then misses none that came with a later
//! migration.

use std::collections::BTreeMap;

use diesel::prelude::*;
use diesel::sql_types::{Integer, Text};

use crate::StorageError;
use crate::connection::{AnyConnection, on_either};

/// What a column holds, the same in both back ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Holds {
    /// Bytes.
    Bytes,
    /// Text, also of exact numbers.
    Text,
    /// A whole number, a truth as 0 or 1.
    Integer,
    /// A binary floating-point number.
    Real,
}

/// A column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Column {
    pub(crate) name: String,
    pub(crate) holds: Holds,
    /// Its type, as this back end names it.
    pub(crate) sql_type: String,
    /// A row cannot be without it.
    pub(crate) required: bool,
    /// Whether the database gives it a number of its own.
    pub(crate) numbered: bool,
}

/// A table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Table {
    pub(crate) name: String,
    pub(crate) columns: Vec<Column>,
    /// The columns of its primary key.
    pub(crate) key: Vec<String>,
}

/// A foreign key: what rows of one table say of another's.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub(crate) struct Reference {
    #[diesel(sql_type = Text)]
    pub(crate) child: String,
    #[diesel(sql_type = Text)]
    pub(crate) parent: String,
    /// The condition by which rows of `child` and `parent` belong together; empty where the back end finds orphans
    /// itself.
    #[diesel(sql_type = Text)]
    pub(crate) same: String,
    /// The condition under which a row of `child` refers to anything.
    #[diesel(sql_type = Text)]
    pub(crate) present: String,
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = Text)]
    table_name: String,
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Text)]
    base_type: String,
    #[diesel(sql_type = Text)]
    sql_type: String,
    #[diesel(sql_type = Integer)]
    required: i32,
    #[diesel(sql_type = Integer)]
    numbered: i32,
    #[diesel(sql_type = Integer)]
    key_place: i32,
}

const SQLITE_COLUMNS: &str = "SELECT t.name AS table_name, c.name AS name, lower(c.type) AS base_type, \
     c.type AS sql_type, c.\"notnull\" AND c.dflt_value IS NULL AS required, \
     c.pk = 1 AND t.sql LIKE '%AUTOINCREMENT%' AS numbered, c.pk AS key_place \
     FROM sqlite_master t JOIN pragma_table_info(t.name) c \
     WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND t.name <> '__diesel_schema_migrations' \
     ORDER BY t.name, c.cid";

#[cfg(feature = "postgres")]
const POSTGRES_COLUMNS: &str = "SELECT t.relname::text AS table_name, a.attname::text AS name, \
     format_type(coalesce(nullif(y.typbasetype, 0), y.oid), NULL) AS base_type, \
     format_type(a.atttypid, a.atttypmod) AS sql_type, \
     (a.attnotnull AND NOT a.atthasdef AND a.attidentity = '')::int AS required, \
     (a.attidentity <> '')::int AS numbered, \
     coalesce(array_position(i.indkey::int2[], a.attnum) + 1, 0) AS key_place \
     FROM pg_class t JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped \
     JOIN pg_type y ON y.oid = a.atttypid LEFT JOIN pg_index i ON i.indrelid = t.oid AND i.indisprimary \
     WHERE t.relkind = 'r' AND t.relnamespace = current_schema()::regnamespace \
     AND t.relname <> '__diesel_schema_migrations' ORDER BY t.relname, a.attnum";

const SQLITE_REFERENCES: &str = "SELECT DISTINCT t.name AS child, k.\"table\" AS parent, '' AS same, '' AS present \
     FROM sqlite_master t JOIN pragma_foreign_key_list(t.name) k WHERE t.type = 'table'";

#[cfg(feature = "postgres")]
const POSTGRES_REFERENCES: &str = "SELECT f.relname::text AS child, p.relname::text AS parent, \
     string_agg(format('child.%I = parent.%I', a.attname, b.attname), ' AND ') AS same, \
     string_agg(format('child.%I IS NOT NULL', a.attname), ' AND ') AS present \
     FROM pg_constraint c JOIN pg_class f ON f.oid = c.conrelid JOIN pg_class p ON p.oid = c.confrelid \
     CROSS JOIN LATERAL unnest(c.conkey, c.confkey) AS k (of_child, of_parent) \
     JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = k.of_child \
     JOIN pg_attribute b ON b.attrelid = c.confrelid AND b.attnum = k.of_parent \
     WHERE c.contype = 'f' AND c.connamespace = current_schema()::regnamespace \
     GROUP BY c.oid, f.relname, p.relname";

/// The columns of a table, and those of its key with their places.
type Found = (Vec<Column>, Vec<(i32, String)>);

/// The tables, those before that others refer to.
pub(crate) fn tables(connection: &mut AnyConnection) -> Result<Vec<Table>, StorageError> {
    let rows: Vec<Row> = match connection {
        AnyConnection::Sqlite(sqlite) => diesel::sql_query(SQLITE_COLUMNS).load(sqlite)?,
        #[cfg(feature = "postgres")]
        AnyConnection::Postgres(postgres) => diesel::sql_query(POSTGRES_COLUMNS).load(postgres)?,
    };
    let mut found: BTreeMap<String, Found> = BTreeMap::new();
    for row in rows {
        let holds = match row.base_type.as_str() {
            "blob" | "bytea" => Holds::Bytes,
            "text" => Holds::Text,
            "integer" | "bigint" | "smallint" | "boolean" => Holds::Integer,
            "real" | "double precision" => Holds::Real,
            other => {
                let what = format!("column {} of {}", row.name, row.table_name);
                return Err(StorageError::corrupt(what, format!("it is of the type {other}")));
            }
        };
        let (columns, key) = found.entry(row.table_name).or_default();
        if row.key_place > 0 {
            key.push((row.key_place, row.name.clone()));
        }
        columns.push(Column {
            name: row.name,
            holds,
            sql_type: row.sql_type,
            required: row.required != 0,
            numbered: row.numbered != 0,
        });
    }
    let mut waiting: Vec<Table> = found
        .into_iter()
        .map(|(name, (columns, mut key))| {
            key.sort();
            Table { name, columns, key: key.into_iter().map(|(_, column)| column).collect() }
        })
        .collect();
    let references = references(connection)?;
    let mut ordered: Vec<Table> = Vec::with_capacity(waiting.len());
    while !waiting.is_empty() {
        let waits = |table: &Table| {
            references.iter().any(|reference| {
                reference.child == table.name
                    && reference.parent != table.name
                    && !ordered.iter().any(|before| before.name == reference.parent)
            })
        };
        let (later, next): (Vec<Table>, Vec<Table>) = waiting.into_iter().partition(waits);
        if next.is_empty() {
            return Err(StorageError::corrupt("schema", "tables refer to each other in a circle"));
        }
        ordered.extend(next);
        waiting = later;
    }
    Ok(ordered)
}

/// The foreign keys.
pub(crate) fn references(connection: &mut AnyConnection) -> Result<Vec<Reference>, StorageError> {
    Ok(match connection {
        AnyConnection::Sqlite(sqlite) => diesel::sql_query(SQLITE_REFERENCES).load(sqlite)?,
        #[cfg(feature = "postgres")]
        AnyConnection::Postgres(postgres) => diesel::sql_query(POSTGRES_REFERENCES).load(postgres)?,
    })
}

/// The versions of the migrations that the database has, in their order.
pub(crate) fn migrations(connection: &mut AnyConnection) -> Result<Vec<String>, StorageError> {
    #[derive(QueryableByName)]
    struct Version {
        #[diesel(sql_type = Text)]
        version: String,
    }
    let all = "SELECT version FROM __diesel_schema_migrations ORDER BY version";
    let versions: Vec<Version> = on_either!(connection, |inner| diesel::sql_query(all).load(inner))?;
    Ok(versions.into_iter().map(|found| found.version).collect())
}

/// Whether there is any row of what stands after `FROM`.
pub(crate) fn has_row(connection: &mut AnyConnection, from: &str) -> Result<bool, StorageError> {
    #[derive(QueryableByName)]
    struct Found {
        #[diesel(sql_type = Integer)]
        found: i32,
    }
    let query = format!("SELECT CASE WHEN EXISTS (SELECT 1 FROM {from}) THEN 1 ELSE 0 END AS found");
    let Found { found } = on_either!(connection, |inner| diesel::sql_query(query).get_result(inner))?;
    Ok(found != 0)
}

/// A name as it stands in a statement.
pub(crate) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
