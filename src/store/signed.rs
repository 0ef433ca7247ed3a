//! Messages that are known again by their signatures, whoever sends them on.

use std::collections::HashMap;

use super::committer::Write;
use super::error::StoreError;
use super::keep::Prepared;
use super::sql::{Value, values};
use crate::domain::ids::{AccountId, ArrivalId};

/// What is kept already of the messages of a batch that nothing but a signature proves: by signature and mailbox, the
/// arrival.
pub(super) struct Signed(HashMap<([u8; 32], String), ArrivalId>);

impl Signed {
    /// Looks for them.
    pub(super) async fn find(write: &mut Write, messages: &[&Prepared]) -> Result<Self, StoreError> {
        let mut found = HashMap::new();
        for message in messages.iter().filter(|message| message.arrival.signature.is_some()) {
            for fingerprint in &message.arrival.signatures {
                let text = "SELECT account, arrival FROM signature WHERE fingerprint = $1";
                for row in write.connection.fetch(text, values![*fingerprint]).await? {
                    found.insert((*fingerprint, row.text(0)?), ArrivalId::from_bytes(row.id(1)?));
                }
            }
        }
        Ok(Self(found))
    }

    /// The arrival under which this mailbox has the message; none, for a message that is proved otherwise as well.
    pub(super) fn first(&self, message: &Prepared, account: &AccountId) -> Option<ArrivalId> {
        message.arrival.signature?;
        let known = |fingerprint: &[u8; 32]| self.0.get(&(*fingerprint, account.as_str().to_owned())).copied();
        message.arrival.signatures.iter().find_map(known)
    }

    /// The same batch may hold the message again.
    pub(super) fn learn(&mut self, message: &Prepared, account: &AccountId) {
        for fingerprint in &message.arrival.signatures {
            self.0.entry((*fingerprint, account.as_str().to_owned())).or_insert(message.arrival.id);
        }
    }
}

/// Notes the signatures of the new records. The first arrival stands.
pub(super) async fn note(write: &mut Write, new: Vec<(&Prepared, &AccountId)>) -> Result<(), StoreError> {
    let rows: Vec<Value> = new
        .into_iter()
        .flat_map(|(message, account)| {
            let arrival = message.arrival.id.to_bytes();
            message.arrival.signatures.iter().flat_map(move |fingerprint| {
                let row: Vec<Value> = values![*fingerprint, account.as_str(), arrival];
                row
            })
        })
        .collect();
    if rows.is_empty() {
        return Ok(());
    }
    let head = "INSERT INTO signature (fingerprint, account, arrival) VALUES";
    write.connection.insert(head, "ON CONFLICT (fingerprint, account) DO NOTHING", 3, rows).await
}
