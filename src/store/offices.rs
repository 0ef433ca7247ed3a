//! Who may write and whom they reach: the directory, which a gateway holds in memory, and single accounts, which are
//! looked up one by one.

use super::error::StoreError;
use super::open::Store;
use super::rows::{ACCOUNT, account, slug};
use super::sql::values;
use super::written;
use crate::domain::directory::Directory;
use crate::domain::lookup::{Found, Lookup};

impl Store {
    /// All offices and service addresses.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn directory(&self) -> Result<Directory, StoreError> {
        // The version first: a change that falls between is read again, never missed.
        let version = self.directory_version().await?;
        let mut offices = Vec::new();
        for row in self.read().fetch("SELECT id, body FROM office ORDER BY id", Vec::new()).await? {
            offices.push(written::office(slug(&row.text(0)?)?, &row.text(1)?)?);
        }
        let mut services = Vec::new();
        for row in self.read().fetch("SELECT office, body FROM service ORDER BY address", Vec::new()).await? {
            services.push(written::service(slug(&row.text(0)?)?, &row.text(1)?)?);
        }
        Ok(Directory::new(version, offices, services))
    }

    /// Rises with each change.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn directory_version(&self) -> Result<i64, StoreError> {
        let row = self.read().fetch_option("SELECT version FROM directory", Vec::new()).await?;
        row.ok_or(StoreError::Rows { what: "directory", expected: 1, found: 0 })?.int(0)
    }

    /// The account that is asked after, whatever its state.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn find(&self, lookup: &Lookup) -> Result<Option<Found>, StoreError> {
        let (text, values) = match lookup {
            Lookup::Alias(mailbox) => (
                format!("SELECT {ACCOUNT} FROM alias f JOIN account a ON a.id = f.account WHERE f.address = $1"),
                values![mailbox.folded()],
            ),
            Lookup::Opaque(characters) => (
                format!("SELECT {ACCOUNT} FROM alias f JOIN account a ON a.id = f.account WHERE f.address = $1"),
                values![characters.as_str()],
            ),
            Lookup::Identity(code) => (
                format!("SELECT {ACCOUNT} FROM identity i JOIN account a ON a.id = i.account WHERE i.hash = $1"),
                values![self.sealer().hash(code)],
            ),
            Lookup::Conversation(id) => (
                format!(
                    "SELECT {ACCOUNT}, r.office FROM record r JOIN account a ON a.id = r.account \
                     WHERE r.conversation = $1 ORDER BY r.id LIMIT 1"
                ),
                values![id.to_bytes()],
            ),
        };
        let Some(row) = self.read().fetch_option(sqlx::AssertSqlSafe(text), values).await? else { return Ok(None) };
        let office = match lookup {
            Lookup::Conversation(_) => row.text_option(5)?.map(|office| slug(&office)).transpose()?,
            _ => None,
        };
        Ok(Some(Found { account: account(&row)?, office }))
    }
}
