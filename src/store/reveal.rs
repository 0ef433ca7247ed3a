//! The addresses behind a trace: for an admin who says that they are needed, and never without an event.

use serde::Serialize;

use super::error::StoreError;
use super::events::{Family, ask};
use super::open::Store;
use crate::domain::event::What;
use crate::domain::ids::{ArrivalId, OutboxId, RecordId};

/// A word that traces do not show.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Revealed {
    /// The id of what it belongs to.
    pub subject: String,
    /// `sender`, `peer`, `author`, `account`, `to`.
    pub what: &'static str,
    /// The address, or the account's id.
    pub value: String,
}

impl Store {
    /// Addresses and accounts of what this names and of all that belongs to it, as in [`Store::trace`]. That they were
    /// revealed is committed as an event before they are read.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn reveal(&self, text: &str) -> Result<Vec<Revealed>, StoreError> {
        let family = Family::of(self, text).await?;
        if family.is_empty() {
            return Ok(Vec::new());
        }
        for subject in family.names() {
            self.note(What::Admin, &subject, "addresses revealed").await?;
        }
        let mut revealed = Vec::new();
        let mut add = |subject: String, what, value: String| {
            if !value.is_empty() {
                revealed.push(Revealed { subject, what, value });
            }
        };
        for row in ask(self, "SELECT id, reverse_path, peer FROM arrival WHERE id IN", &family.arrivals).await? {
            let id = ArrivalId::from_bytes(row.id(0)?).to_string();
            add(id.clone(), "sender", row.text(1)?);
            add(id, "peer", row.text(2)?);
        }
        for row in ask(self, "SELECT id, from_address, account FROM record WHERE id IN", &family.records).await? {
            let id = RecordId::from_bytes(row.id(0)?).to_string();
            add(id.clone(), "author", row.text(1)?);
            add(id, "account", row.text(2)?);
        }
        for row in ask(self, "SELECT id, addresses FROM outbox WHERE id IN", &family.items).await? {
            add(OutboxId::from_bytes(row.id(0)?).to_string(), "to", row.text(1)?);
        }
        Ok(revealed)
    }
}
