//! The file itself, and rows that refer to what is not there.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};

use super::{Findings, RESTORE};
use crate::StorageError;
use crate::catalog::{self, quoted};
use crate::connection::{AnyConnection, on_either};

const ORPHANS: &str =
    "Nothing reads such rows. Restore the last good backup with \"bellwether restore\", or delete them.";

#[derive(QueryableByName)]
struct Told {
    #[diesel(sql_type = Text)]
    integrity_check: String,
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

#[derive(QueryableByName)]
struct Orphans {
    #[diesel(sql_type = Text)]
    child: String,
    #[diesel(sql_type = Text)]
    parent: String,
    #[diesel(sql_type = BigInt)]
    count: i64,
}

#[cfg_attr(
    not(feature = "postgres"),
    expect(irrefutable_let_patterns, reason = "the other back end is a feature")
)]
pub(super) fn examine(connection: &mut AnyConnection, findings: &mut Findings) -> Result<(), StorageError> {
    if let AnyConnection::Sqlite(sqlite) = connection {
        let pages = diesel::sql_query("PRAGMA integrity_check(20)");
        let told: Result<Vec<Told>, _> = pages.load(sqlite);
        if let Some(lines) = findings.readable("database file", told.map_err(StorageError::from))? {
            let damage = lines.into_iter().map(|found| found.integrity_check).filter(|line| line != "ok");
            let damage = damage.map(|line| format!("SQLite says: {line}.")).collect();
            findings.add_all("database file", RESTORE, damage);
        }
    }
    let orphans = orphans(connection);
    if let Some(orphans) = findings.readable("references", orphans)? {
        let whats = orphans.into_iter().map(|Orphans { child, parent, count }| {
            format!("{count} rows of {child} refer to rows of {parent} that are not there.")
        });
        findings.add_all("references", ORPHANS, whats.collect());
    }
    let owners = "SELECT count(*) AS count FROM users WHERE role = 'owner'";
    let owners: Result<Count, _> =
        on_either!(connection, |inner| diesel::sql_query(owners).get_result(inner));
    if let Some(Count { count }) = findings.readable("users", owners.map_err(StorageError::from))?
        && count != 1
    {
        let advice =
            "Start \"bellwether serve\" once where there is none; else restore the last good backup.";
        findings.add("users", format!("There are {count} owners; there must be one."), advice);
    }
    Ok(())
}

#[cfg_attr(
    not(feature = "postgres"),
    expect(irrefutable_let_patterns, reason = "the other back end is a feature")
)]
fn orphans(connection: &mut AnyConnection) -> Result<Vec<Orphans>, StorageError> {
    if let AnyConnection::Sqlite(sqlite) = connection {
        let check = "SELECT \"table\" AS child, parent, count(*) AS count FROM pragma_foreign_key_check \
                     GROUP BY \"table\", parent";
        return Ok(diesel::sql_query(check).load(sqlite)?);
    }
    let mut found = Vec::new();
    for reference in catalog::references(connection)? {
        let count = format!(
            "SELECT count(*) AS count FROM {} AS child WHERE {} AND NOT EXISTS (SELECT 1 FROM {} AS parent WHERE {})",
            quoted(&reference.child),
            reference.present,
            quoted(&reference.parent),
            reference.same
        );
        let Count { count } = on_either!(connection, |inner| diesel::sql_query(count).get_result(inner))?;
        if count > 0 {
            found.push(Orphans { child: reference.child, parent: reference.parent, count });
        }
    }
    Ok(found)
}
