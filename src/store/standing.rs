//! In what shape a database is, found without changing it: for `check`.

use sqlx::ConnectOptions;

use super::connection::Address;
use super::error::{OpenError, StoreError};
use super::open::Store;

/// The shape of a database against this version's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// There is none, or nothing in it: opening makes it.
    Absent,
    /// Of an earlier version: opening brings it to ours.
    Older,
    /// Ours.
    Current,
}

impl Store {
    /// Looks at a database from outside.
    ///
    /// # Errors
    /// [`OpenError`]: it does not answer, is no database, or is of a newer version.
    pub async fn standing(url: &str) -> Result<Standing, OpenError> {
        let failed = |error: sqlx::Error| OpenError::Database(StoreError::from(error));
        let version: Option<i64> = match Address::parse(url)? {
            Address::Sqlite(options) => {
                if !options.get_filename().exists() {
                    return Ok(Standing::Absent);
                }
                let mut connection = options.create_if_missing(false).connect().await.map_err(failed)?;
                let named = "SELECT count(*) FROM sqlite_master WHERE name = '_sqlx_migrations'";
                let named: i64 = sqlx::query_scalar(named).fetch_one(&mut connection).await.map_err(failed)?;
                if named == 0 {
                    return Ok(Standing::Absent);
                }
                sqlx::query_scalar(VERSION).fetch_one(&mut connection).await.map_err(failed)?
            }
            Address::Postgres(options) => {
                let mut connection = options.connect().await.map_err(failed)?;
                let named = "SELECT to_regclass('_sqlx_migrations') IS NOT NULL";
                let named: bool = sqlx::query_scalar(named).fetch_one(&mut connection).await.map_err(failed)?;
                if !named {
                    return Ok(Standing::Absent);
                }
                sqlx::query_scalar(VERSION).fetch_one(&mut connection).await.map_err(failed)?
            }
        };
        // Both folders hold the same versions.
        let ours = sqlx::migrate!("migrations/sqlite").iter().map(|migration| migration.version).max();
        match version {
            None => Ok(Standing::Absent),
            Some(theirs) if Some(theirs) > ours => Err(OpenError::Newer(theirs)),
            theirs if theirs < ours => Ok(Standing::Older),
            _ => Ok(Standing::Current),
        }
    }
}

const VERSION: &str = "SELECT max(version) FROM _sqlx_migrations";
