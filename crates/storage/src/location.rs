//! What a database address means.

use std::path::{Path, PathBuf};

use crate::StorageError;

/// Where the data is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Location {
    /// A SQLite file.
    File(PathBuf),
    /// A SQLite file of its own that goes away with the storage.
    Temporary,
    /// A PostgreSQL server, by its connection string.
    #[cfg(feature = "postgres")]
    Postgres(String),
}

impl Location {
    /// Reads `sqlite:PATH`, `sqlite://PATH`, a plain path, `sqlite::memory:` or `postgres://...`.
    pub(crate) fn parse(url: &str) -> Result<Self, StorageError> {
        let url = url.trim();
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            return Self::postgres(url);
        }
        let path = match url.strip_prefix("sqlite:") {
            Some(path) => path.strip_prefix("//").unwrap_or(path),
            None => match url.split_once("://") {
                // The rest may hold a password.
                Some((scheme, _)) => {
                    return Err(StorageError::Unsupported(format!(
                        "{scheme}:// is no database that this program knows: use sqlite:PATH or postgres://..."
                    )));
                }
                None => url,
            },
        };
        match path {
            "" => Err(StorageError::Unsupported("the database's address is empty".to_owned())),
            ":memory:" => Ok(Self::Temporary),
            path => absolute(Path::new(path)),
        }
    }

    #[cfg(feature = "postgres")]
    #[expect(clippy::unnecessary_wraps, reason = "a build without PostgreSQL refuses")]
    fn postgres(url: &str) -> Result<Self, StorageError> {
        Ok(Self::Postgres(url.to_owned()))
    }

    #[cfg(not(feature = "postgres"))]
    fn postgres(_: &str) -> Result<Self, StorageError> {
        Err(StorageError::Unsupported(
            "this program was built without PostgreSQL: build it with the feature `postgres`, or use sqlite:PATH"
                .to_owned(),
        ))
    }
}

/// An absolute path stays right when the process changes its folder, and cannot be taken for a `file:` address.
fn absolute(path: &Path) -> Result<Location, StorageError> {
    match std::path::absolute(path) {
        Ok(path) if path.to_str().is_some() => Ok(Location::File(path)),
        Ok(path) => {
            Err(StorageError::Unsupported(format!("the database's path {} is not UTF-8", path.display())))
        }
        Err(error) => Err(StorageError::unavailable(error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_sqlite() {
        for url in ["/data/b.db", "sqlite:/data/b.db", "sqlite:///data/b.db"] {
            assert_eq!(Location::parse(url).ok(), Some(Location::File("/data/b.db".into())), "{url}");
        }
        let Ok(Location::File(path)) = Location::parse("b.db") else { panic!("a file") };
        assert!(path.is_absolute());
        assert_eq!(Location::parse("sqlite::memory:").ok(), Some(Location::Temporary));
    }

    #[test]
    fn unknown_databases_are_refused_without_showing_their_password() {
        let refused = Location::parse("mysql://root:secret@db/x").map_err(|e| e.to_string());
        assert!(refused.as_ref().is_err_and(|text| text.contains("mysql") && !text.contains("secret")));
        assert!(Location::parse("sqlite:").is_err());
    }

    #[cfg(not(feature = "postgres"))]
    #[test]
    fn a_build_without_postgresql_says_so() {
        let refused = Location::parse("postgres://u:secret@db/x").map_err(|e| e.to_string());
        assert!(refused.is_err_and(|text| text.contains("feature `postgres`") && !text.contains("secret")));
    }
}
