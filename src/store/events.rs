//! What became of each message.

use std::collections::BTreeSet;

use super::chain::event;
use super::error::StoreError;
use super::keep::message_key;
use super::open::Store;
use super::sql::{Row, Value, list, values};
use crate::domain::event::{Event, What};
use crate::domain::ids::{ArrivalId, OutboxId, RecordId, ReplyId};
use crate::domain::reference::Reference;

/// What we put on top of a message: Received and Authentication-Results.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Added {
    /// Which message.
    pub arrival: ArrivalId,
    /// With CRLF, as they are in the citizen's copy; empty for a message from before there were any.
    pub fields: String,
}

const EVENT: &str = "SELECT node, number, at, subject, what, detail, hash FROM event";

impl Store {
    /// Notes an event of its own. The detail must hold no address, identity code, subject or content; a refusal's
    /// begins with `class=` and [`Class::key`](crate::domain::status::Class::key), by which [`Store::stats`] counts.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn note(&self, what: What, subject: &str, detail: &str) -> Result<(), StoreError> {
        let told = (subject.to_owned(), detail.to_owned());
        self.desk()
            .write(move |write| {
                write.note(what, &told.0, told.1.clone());
                Box::pin(async { Ok(()) })
            })
            .await
    }

    /// Notes many events of one kind, each with its subject and detail, in one commit. As [`Store::note`].
    ///
    /// # Errors
    /// When the database is away.
    pub async fn note_all(&self, what: What, notes: Vec<(String, String)>) -> Result<(), StoreError> {
        if notes.is_empty() {
            return Ok(());
        }
        self.desk()
            .write(move |write| {
                for (subject, detail) in &notes {
                    write.note(what, subject, detail.clone());
                }
                Box::pin(async { Ok(()) })
            })
            .await
    }

    /// All that happened to what this names (a record, an arrival, a reply, an outbox item, the reference of a refusal,
    /// or a Message-ID, with or without brackets) and to all that belongs to it, in the order of time. Empty: nothing is known.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn trace(&self, text: &str) -> Result<Vec<Event>, StoreError> {
        let mut subjects = Family::of(self, text).await?.names();
        subjects.insert(bare(text).to_owned());
        if let Ok(reference) = bare(text).parse::<Reference>() {
            subjects.insert(reference.to_string());
        }
        let subjects: Vec<String> = subjects.into_iter().collect();
        let mut events = Vec::new();
        for subjects in subjects.chunks(500) {
            let text = format!("{EVENT} WHERE subject IN {}", list(1, subjects.len()));
            let values = subjects.iter().map(|subject| Value::from(subject.as_str())).collect();
            for row in self.read().fetch(sqlx::AssertSqlSafe(text), values).await? {
                events.push(event(&row)?);
            }
        }
        events.sort_by(|a, b| (a.at, &a.node, a.number).cmp(&(b.at, &b.node, b.number)));
        Ok(events)
    }

    /// The fields that we put on top of the messages that this names, or that belong to what it names, oldest first.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn added(&self, text: &str) -> Result<Vec<Added>, StoreError> {
        let family = Family::of(self, text).await?;
        let rows = ask(self, "SELECT id, trace FROM arrival WHERE id IN", &family.arrivals).await?;
        let read = |row: &Row| Ok(Added { arrival: ArrivalId::from_bytes(row.id(0)?), fields: row.text(1)? });
        let mut added = rows.iter().map(read).collect::<Result<Vec<_>, StoreError>>()?;
        added.sort_by_key(|one| one.arrival);
        Ok(added)
    }

    /// The chain of one gateway, from the event after `after`, at most `limit`: for `evidence export`.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn chain(&self, node: &str, after: i64, limit: u32) -> Result<Vec<Event>, StoreError> {
        let text = format!("{EVENT} WHERE node = $1 AND number > $2 ORDER BY number LIMIT $3");
        self.read().fetch(sqlx::AssertSqlSafe(text), values![node, after, limit]).await?.iter().map(event).collect()
    }

    /// The gateways that have written events.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn nodes(&self) -> Result<Vec<String>, StoreError> {
        let rows = self.read().fetch("SELECT node FROM event WHERE number = 1 ORDER BY node", Vec::new()).await?;
        rows.iter().map(|row| row.text(0)).collect()
    }
}

type Set = BTreeSet<[u8; 16]>;

/// What belongs together: a message, its places, what was answered, and how that went out and was reported on.
#[derive(Default)]
pub(super) struct Family {
    pub(super) arrivals: Set,
    pub(super) records: Set,
    pub(super) replies: Set,
    pub(super) items: Set,
}

/// Without the brackets of a Message-ID.
fn bare(text: &str) -> &str {
    let text = text.trim();
    text.strip_prefix('<').and_then(|rest| rest.strip_suffix('>')).unwrap_or(text)
}

impl Family {
    /// The family of what a text names.
    pub(super) async fn of(store: &Store, text: &str) -> Result<Self, StoreError> {
        let bare = bare(text);
        let mut family = Self::default();
        if let Ok(id) = bare.parse::<ArrivalId>() {
            let id = id.to_bytes();
            family.arrivals.insert(id);
            family.records.insert(id);
            family.replies.insert(id);
            family.items.insert(id);
        } else if !bare.is_empty() {
            family.of_message_id(store, bare).await?;
        }
        family.gather(store).await?;
        Ok(family)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.size() == 0
    }

    async fn of_message_id(&mut self, store: &Store, id: &str) -> Result<(), StoreError> {
        for table in ["record", "report"] {
            let text = format!("SELECT arrival FROM {table} WHERE message_key = $1 AND message_id = $2");
            let values = values![message_key(id), id];
            for row in store.read().fetch(sqlx::AssertSqlSafe(text), values).await? {
                self.arrivals.insert(row.id(0)?);
            }
        }
        // A message of ours is named by its outbox item.
        if let Some(item) = id.split('@').next().and_then(|local| local.parse::<OutboxId>().ok()) {
            self.items.insert(item.to_bytes());
        }
        Ok(())
    }

    /// Follows the relations until nothing new comes.
    async fn gather(&mut self, store: &Store) -> Result<(), StoreError> {
        for _ in 0..6 {
            let before = self.size();
            // Each question: the set asked with, the text, and the sets that its columns go into.
            let rows = ask(store, "SELECT arrival, id FROM record WHERE arrival IN", &self.arrivals).await?;
            take(&rows, [&mut self.arrivals, &mut self.records])?;
            let rows = ask(store, "SELECT arrival, id FROM record WHERE id IN", &self.records).await?;
            take(&rows, [&mut self.arrivals, &mut self.records])?;
            let rows = ask(store, "SELECT record, id FROM reply WHERE record IN", &self.records).await?;
            take(&rows, [&mut self.records, &mut self.replies])?;
            let rows = ask(store, "SELECT record, id FROM reply WHERE id IN", &self.replies).await?;
            take(&rows, [&mut self.records, &mut self.replies])?;
            let rows = ask(store, "SELECT reply, id FROM outbox WHERE reply IN", &self.replies).await?;
            take(&rows, [&mut self.replies, &mut self.items])?;
            let rows = ask(store, "SELECT record, id FROM outbox WHERE record IN", &self.records).await?;
            take(&rows, [&mut self.records, &mut self.items])?;
            let rows = ask(store, "SELECT coalesce(reply, record), id FROM outbox WHERE id IN", &self.items).await?;
            for row in rows {
                // It is one of the two, and no id is of both.
                let cause = row.id(0)?;
                self.replies.insert(cause);
                self.records.insert(cause);
            }
            let rows = ask(store, "SELECT arrival, outbox FROM report WHERE outbox IN", &self.items).await?;
            take(&rows, [&mut self.arrivals, &mut self.items])?;
            let rows = ask(store, "SELECT arrival, outbox FROM report WHERE arrival IN", &self.arrivals).await?;
            take(&rows, [&mut self.arrivals, &mut self.items])?;
            if self.size() == before {
                break;
            }
        }
        Ok(())
    }

    fn size(&self) -> usize {
        self.arrivals.len() + self.records.len() + self.replies.len() + self.items.len()
    }

    pub(super) fn names(&self) -> BTreeSet<String> {
        let arrivals = self.arrivals.iter().map(|id| ArrivalId::from_bytes(*id).to_string());
        let records = self.records.iter().map(|id| RecordId::from_bytes(*id).to_string());
        let replies = self.replies.iter().map(|id| ReplyId::from_bytes(*id).to_string());
        let items = self.items.iter().map(|id| OutboxId::from_bytes(*id).to_string());
        arrivals.chain(records).chain(replies).chain(items).collect()
    }
}

pub(super) async fn ask(store: &Store, text: &str, ids: &Set) -> Result<Vec<Row>, StoreError> {
    let ids: Vec<_> = ids.iter().collect();
    let mut rows = Vec::new();
    for ids in ids.chunks(500) {
        let text = format!("{text} {}", list(1, ids.len()));
        let values = ids.iter().map(|id| Value::from(**id)).collect();
        rows.extend(store.read().fetch(sqlx::AssertSqlSafe(text), values).await?);
    }
    Ok(rows)
}

fn take(rows: &[Row], [first, second]: [&mut Set; 2]) -> Result<(), StoreError> {
    for row in rows {
        first.insert(row.id(0)?);
        second.insert(row.id(1)?);
    }
    Ok(())
}
