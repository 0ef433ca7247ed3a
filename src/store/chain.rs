//! The chain of events: each link is a hash over the one before it and what happened, so that a line taken out or
//! changed shows. One chain for each gateway.

use aws_lc_rs::digest::{Context, SHA256};
use jiff::Timestamp;

use super::connection::Connection;
use super::error::StoreError;
use super::rows::hex;
use super::sql::{Value, values};
use crate::domain::event::{Event, What};

/// What stands before a gateway's first event.
pub const FIRST_LINK: [u8; 32] = [0; 32];

/// The hash of this event, after the one whose hash is `previous`: SHA-256 over `previous`, then node, number, time in
/// Unix milliseconds, subject, what and detail, each behind its length as eight octets, most significant first.
#[must_use]
pub fn link(previous: &[u8; 32], event: &Event) -> [u8; 32] {
    let mut context = Context::new(&SHA256);
    context.update(previous);
    let (number, at) = (event.number.to_string(), event.at.as_millisecond().to_string());
    for part in [&event.node, &number, &at, &event.subject, &event.what, &event.detail] {
        context.update(&(part.len() as u64).to_be_bytes());
        context.update(part.as_bytes());
    }
    let mut hash = [0; 32];
    hash.copy_from_slice(context.finish().as_ref());
    hash
}

/// An event that has no place in the chain yet.
pub(super) struct NewEvent {
    pub(super) what: What,
    pub(super) subject: String,
    pub(super) detail: String,
}

/// The end of a gateway's chain.
#[derive(Clone, Copy)]
pub(super) struct Head {
    number: i64,
    hash: [u8; 32],
}

impl Head {
    /// As the database has it.
    pub(super) async fn read(connection: &mut Connection, node: &str) -> Result<Self, StoreError> {
        let last = connection
            .fetch_option("SELECT number, hash FROM event WHERE node = $1 ORDER BY number DESC LIMIT 1", values![node])
            .await?;
        let Some(row) = last else { return Ok(Self { number: 0, hash: FIRST_LINK }) };
        let hash = row.bytes(1)?.try_into();
        let hash = hash.map_err(|_| StoreError::Contradiction("a link that has not 32 bytes".to_owned()))?;
        Ok(Self { number: row.int(0)?, hash })
    }

    /// Writes the events behind this end: the new end.
    pub(super) async fn append(
        mut self,
        connection: &mut Connection,
        node: &str,
        at: Timestamp,
        events: Vec<NewEvent>,
    ) -> Result<Self, StoreError> {
        // What is hashed is what can be read back: to the millisecond, and without U+0000.
        let at = Timestamp::from_millisecond(at.as_millisecond()).unwrap_or(at);
        let mut rows: Vec<Value> = Vec::with_capacity(events.len() * 7);
        for event in events {
            self.number += 1;
            let event = Event {
                node: node.to_owned(),
                number: self.number,
                at,
                subject: shortened(&event.subject, 128),
                what: event.what.word().to_owned(),
                detail: shortened(&event.detail, 1000),
                hash: String::new(),
            };
            self.hash = link(&self.hash, &event);
            rows.extend(values![
                event.node,
                event.number,
                event.at.as_millisecond(),
                event.subject,
                event.what,
                event.detail,
                self.hash,
            ]);
        }
        connection
            .insert("INSERT INTO event (node, number, at, subject, what, detail, hash) VALUES", "", 7, rows)
            .await?;
        Ok(self)
    }
}

fn shortened(text: &str, most: usize) -> String {
    text.chars().filter(|c| !c.is_control()).take(most).collect()
}

/// An event from the columns node, number, at, subject, what, detail, hash.
pub(super) fn event(row: &super::sql::Row) -> Result<Event, StoreError> {
    Ok(Event {
        node: row.text(0)?,
        number: row.int(1)?,
        at: super::rows::time(row.int(2)?)?,
        subject: row.text(3)?,
        what: row.text(4)?,
        detail: row.text(5)?,
        hash: hex(&row.bytes(6)?),
    })
}
