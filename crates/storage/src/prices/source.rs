//! The register of price sources.

use std::collections::{BTreeSet, HashMap};

use bellwether_domain::{PriceSource, PriceSourceName};
use diesel::prelude::*;

use crate::StorageError;
use crate::connection::{AnyConnection, on_either};
use crate::schema::price_sources;

/// The numbers of sources by name.
pub(crate) struct SourceNumbers(HashMap<PriceSourceName, i32>);

#[derive(Insertable, PartialEq, Eq, PartialOrd, Ord)]
#[diesel(table_name = price_sources, treat_none_as_default_value = false)]
struct NewRow<'a> {
    name: &'a str,
    basis: &'a str,
}

impl SourceNumbers {
    /// The numbers of these sources, registering those that are not known yet.
    pub(crate) fn find_or_create<'a>(
        connection: &mut AnyConnection,
        sources: impl Iterator<Item = &'a PriceSource>,
    ) -> Result<Self, StorageError> {
        let wanted: BTreeSet<NewRow<'a>> = sources
            .map(|source| NewRow { name: source.name.as_str(), basis: source.basis.as_str() })
            .collect();
        let mut known = registered(connection)?;
        let missing: Vec<&NewRow<'a>> =
            wanted.iter().filter(|source| !known.contains_key(source.name)).collect();
        if !missing.is_empty() {
            on_either!(connection, |inner| diesel::insert_into(price_sources::table)
                .values(missing)
                .on_conflict(price_sources::name)
                .do_nothing()
                .execute(inner))?;
            known = registered(connection)?;
        }
        let mut numbers = HashMap::with_capacity(wanted.len());
        for source in &wanted {
            let (number, basis) = known.get(source.name).ok_or(StorageError::NotFound)?;
            // One source has one basis: what is stored from it would be misread otherwise.
            if basis != source.basis {
                return Err(StorageError::Refused(format!(
                    "the prices of {} are {basis}, not {}",
                    source.name, source.basis
                )));
            }
            numbers.insert(PriceSourceName::new(source.name), *number);
        }
        Ok(Self(numbers))
    }

    /// The number of one of the sources.
    pub(crate) fn of(&self, source: &PriceSource) -> Result<i32, StorageError> {
        self.0.get(&source.name).copied().ok_or(StorageError::NotFound)
    }
}

fn registered(connection: &mut AnyConnection) -> Result<HashMap<String, (i32, String)>, StorageError> {
    let rows: Vec<(String, i32, String)> = price_sources::table
        .select((price_sources::name, price_sources::id, price_sources::basis))
        .load(connection)?;
    Ok(rows.into_iter().map(|(name, id, basis)| (name, (id, basis))).collect())
}

/// The source of a stored name and basis.
pub(crate) fn source_of(name: &str, basis: &str) -> Result<PriceSource, StorageError> {
    let basis =
        basis.parse().map_err(|error| StorageError::corrupt(format!("price source {name}"), error))?;
    Ok(PriceSource { name: PriceSourceName::new(name), basis })
}
