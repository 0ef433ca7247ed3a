//! What can go wrong here: four kinds, and what the peer is told of them.

use std::io;

use crate::domain::status::{Class, Refusal};

/// Why an operation was not done. Nothing of it was: every operation is one transaction. The texts hold no address,
/// identity code or content.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database or the file system did not do it.
    #[error("{0}")]
    Driver(#[from] Fault),
    /// Rows that contradict the code.
    #[error("the database holds what it cannot: {0}")]
    Contradiction(String),
    /// A move that the state of things does not allow.
    #[error("{0}")]
    Forbidden(String),
    /// Another number of rows than there must be.
    #[error("{found} rows of {what} where {expected} must be")]
    Rows {
        /// Of what.
        what: &'static str,
        /// How many there must be.
        expected: u64,
        /// How many there were.
        found: u64,
    },
}

/// What the driver met.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// The database.
    #[error("database: {0}")]
    Database(sqlx::Error),
    /// The blob folder.
    #[error("blob folder: {0}")]
    Files(io::Error),
    /// No answer in time.
    #[error("the database did not answer in time")]
    Late,
    /// The store has been closed.
    #[error("the store is closed")]
    Closed,
    /// The connection was lost while committing: it may have been done.
    #[error("the connection was lost during the commit")]
    Unknown,
    /// What failed the transaction that this was part of.
    #[error("{text}")]
    Shared {
        /// In words.
        text: String,
        /// See [`StoreError::is_full`].
        full: bool,
        /// See [`StoreError::is_away`].
        away: bool,
    },
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        Self::Driver(Fault::Database(error))
    }
}

impl From<io::Error> for StoreError {
    fn from(error: io::Error) -> Self {
        Self::Driver(Fault::Files(error))
    }
}

impl StoreError {
    /// Whether room is missing, here or in the database.
    #[must_use]
    pub fn is_full(&self) -> bool {
        match self {
            Self::Driver(Fault::Database(sqlx::Error::Database(error))) => {
                error.code().is_some_and(|code| match code.parse::<i64>() {
                    // SQLITE_FULL; and SQLITE_IOERR_WRITE and _SHMSIZE, as a full disk shows itself to the log.
                    _ if error.try_downcast_ref::<sqlx::sqlite::SqliteError>().is_some() => {
                        matches!(code.parse(), Ok(13 | 778 | 4874))
                    }
                    Ok(53100) => true, // disk_full
                    _ => false,
                })
            }
            Self::Driver(Fault::Database(sqlx::Error::Io(error)) | Fault::Files(error)) => {
                matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
            }
            Self::Driver(Fault::Shared { full, .. }) => *full,
            _ => false,
        }
    }

    /// Whether the database cannot be reached or does not answer, so that another connection may do better.
    #[must_use]
    pub fn is_away(&self) -> bool {
        match self {
            Self::Driver(Fault::Database(error)) => match error {
                sqlx::Error::Io(_)
                | sqlx::Error::Tls(_)
                | sqlx::Error::Protocol(_)
                | sqlx::Error::PoolTimedOut
                | sqlx::Error::PoolClosed
                | sqlx::Error::WorkerCrashed => true,
                // 08: connection; 57P: the server is stopping or starting; 25006: it is a standby.
                sqlx::Error::Database(error)
                    if error.try_downcast_ref::<sqlx::postgres::PgDatabaseError>().is_some() =>
                {
                    error
                        .code()
                        .is_some_and(|code| code.starts_with("08") || code.starts_with("57P") || code == "25006")
                }
                // SQLITE_BUSY in all its forms: another process holds the file longer than we wait.
                sqlx::Error::Database(error) => {
                    error.code().and_then(|code| code.parse::<i64>().ok()).is_some_and(|code| code & 0xff == 5)
                }
                _ => false,
            },
            Self::Driver(Fault::Late | Fault::Closed | Fault::Unknown) => true,
            Self::Driver(Fault::Shared { away, .. }) => *away,
            _ => false,
        }
    }

    /// Whether two gateways of one name, or a command beside a gateway, wrote the same link of the chain.
    pub(super) fn is_taken(&self) -> bool {
        matches!(self, Self::Driver(Fault::Database(sqlx::Error::Database(error))) if error.is_unique_violation())
    }

    /// The same for everyone who was in the transaction.
    pub(super) fn shared(&self) -> Self {
        match self {
            Self::Driver(Fault::Unknown) => Fault::Unknown.into(),
            _ => Fault::Shared { text: self.to_string(), full: self.is_full(), away: self.is_away() }.into(),
        }
    }
}

impl From<&StoreError> for Refusal {
    /// All of it is ours, and passes: 4xx.
    fn from(error: &StoreError) -> Self {
        Self::new(if error.is_full() { Class::StorageFull } else { Class::Unavailable }, error.to_string())
    }
}

/// Why the store cannot be opened, with the remedy.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Neither `sqlite:` nor `postgres:`, or not what such a URL looks like.
    #[error("the database URL is not usable: {0}; write sqlite:PATH or postgres://user@host/database")]
    Url(String),
    /// It does not answer, or may not be written.
    #[error("the database cannot be opened: {0}")]
    Database(StoreError),
    /// Written by a later version of Brevbro.
    #[error(
        "the database was written by a newer version of Brevbro (its migration {0} is unknown here); \
         start that version or a later one, or restore a backup made before the upgrade"
    )]
    Newer(i64),
    /// A migration that was applied is not the one we know.
    #[error("the database's shape does not fit this version of Brevbro: {0}; restore a backup or ask for help")]
    Shape(String),
    /// The blob folder cannot be made or written.
    #[error("the blob folder cannot be used: {0}; check the path, its owner and its rights")]
    Blobs(io::Error),
    /// The node's name is not one.
    #[error("the node's name is not usable: 1 to 64 letters, digits, hyphens and dots")]
    Node,
}
