//! Bringing the schema up to date.

use std::error::Error;

use diesel::migration::MigrationSource;
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use crate::StorageError;
use crate::connection::AnyConnection;

const SQLITE: EmbeddedMigrations = embed_migrations!("../../migrations/sqlite");
#[cfg(feature = "postgres")]
const POSTGRES: EmbeddedMigrations = embed_migrations!("../../migrations/postgres");

type Outcome = Result<usize, Box<dyn Error + Send + Sync>>;

/// Runs the migrations that the database lacks, all of them or none, and says how many there were. Processes that
/// start at once take turns.
pub(crate) fn run(connection: &mut AnyConnection) -> Result<usize, StorageError> {
    let outcome = match connection {
        AnyConnection::Sqlite(connection) => {
            connection.immediate_transaction(|connection| pending(connection, SQLITE))
        }
        #[cfg(feature = "postgres")]
        AnyConnection::Postgres(connection) => {
            use diesel::Connection;
            use diesel::connection::SimpleConnection;
            connection.transaction(|connection| {
                // A migration may take longer than any query of a page. The number only has to be ours alone.
                connection.batch_execute(
                    "SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = 0; \
                     SELECT pg_advisory_xact_lock(7201948305)",
                )?;
                pending(connection, POSTGRES)
            })
        }
    };
    outcome.map_err(StorageError::Migration)
}

fn pending<DB, C>(connection: &mut C, migrations: EmbeddedMigrations) -> Outcome
where
    DB: diesel::backend::Backend,
    C: MigrationHarness<DB>,
    EmbeddedMigrations: MigrationSource<DB>,
{
    let known: Vec<String> = MigrationSource::<DB>::migrations(&migrations)?
        .iter()
        .map(|migration| migration.name().version().to_string())
        .collect();
    let applied = connection.applied_migrations()?;
    if let Some(newer) = applied.iter().map(ToString::to_string).find(|version| !known.contains(version)) {
        return Err(format!("the database has migration {newer} of a newer version of this program").into());
    }
    Ok(connection.run_pending_migrations(migrations)?.len())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::schema;
    use diesel::connection::SimpleConnection;
    use diesel::{Connection, QueryDsl, SqliteConnection};

    #[test]
    fn every_table_and_column_that_the_code_names_exists() {
        let mut connection = AnyConnection::Sqlite(SqliteConnection::establish(":memory:").unwrap());
        let all = MigrationSource::<diesel::sqlite::Sqlite>::migrations(&SQLITE).unwrap().len();
        assert_eq!(run(&mut connection).unwrap(), all);
        assert_eq!(run(&mut connection).unwrap(), 0, "once is enough");

        macro_rules! check {
            ($($table:ident),* $(,)?) => {
                [$({
                    let query = schema::$table::table.select(schema::$table::all_columns);
                    let sql = diesel::debug_query::<diesel::sqlite::Sqlite, _>(&query).to_string();
                    let sql = sql.split(" -- binds").next().unwrap_or_default();
                    connection.batch_execute(&format!("EXPLAIN {sql}")).unwrap();
                    stringify!($table)
                }),*]
            };
        }
        let known = check!(
            api_tokens,
            audit_log,
            corporate_actions,
            import_rows,
            imports,
            index_components,
            index_values,
            indices,
            instruments,
            job_files,
            jobs,
            notification_conditions,
            notification_deliveries,
            notification_rules,
            notifications,
            oidc_identities,
            oidc_sign_ins,
            portfolio_benchmarks,
            portfolios,
            price_chunks,
            price_sources,
            quiet_hours,
            quotes,
            sessions,
            settings,
            target_allocations,
            transactions,
            users,
        );
        assert_eq!(known.len(), 28);
    }
}
