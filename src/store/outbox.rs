//! What becomes of outbox items: by an attempt, which is recorded with a fence, so that a gateway that comes late
//! changes nothing, and by an admin.

use std::sync::Arc;

use jiff::Timestamp;

use super::committer::Write;
use super::error::StoreError;
use super::open::Store;
use super::rows::{contradiction, mailboxes, status_text, time, time_option};
use super::sql::{Row, Value, values};
use crate::domain::event::What;
use crate::domain::ids::OutboxId;
use crate::domain::outcome::{Outcome, Verdict};
use crate::domain::reply::{Claimed, OutboxItem, OutboxState};
use crate::domain::schedule::Schedule;

/// What an admin does with an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Move {
    /// Due at once, with a new schedule: from `waiting`, `failed` and `unsure`.
    Retry,
    /// Not tried until released: from `waiting`, `sending` (after this attempt) and `unsure`.
    Hold,
    /// No longer held.
    Release,
    /// Given up: from `waiting` and `unsure`.
    Cancel,
}

const ITEM: &str = "id, purpose, state, held, attempts, queued, due, last, addresses, address, message_id";

impl Store {
    /// Writes what an attempt came to. When an address will not take it and the office has another, that one is next.
    ///
    /// # Errors
    /// [`StoreError::Forbidden`] when the lease had ended and another gateway has claimed it, or a report has failed
    /// it: the result is not written.
    pub async fn record_attempt(
        &self,
        claimed: &Claimed,
        outcome: &Outcome,
        schedule: &Schedule,
    ) -> Result<Verdict, StoreError> {
        let (id, fence) = (claimed.id, claimed.fence);
        let told = Arc::new((outcome.clone(), schedule.clone()));
        self.desk()
            .write(move |write| {
                let told = Arc::clone(&told);
                Box::pin(async move { record(write, id, fence, &told.0, &told.1).await })
            })
            .await
    }

    /// The items, newest first, of one state or of all.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn outbox_list(&self, state: Option<OutboxState>, limit: u32) -> Result<Vec<OutboxItem>, StoreError> {
        let rows = match state {
            None => {
                let text = format!("SELECT {ITEM} FROM outbox ORDER BY id DESC LIMIT $1");
                self.read().fetch(sqlx::AssertSqlSafe(text), values![limit]).await?
            }
            Some(state) => {
                let text = format!("SELECT {ITEM} FROM outbox WHERE state = $1 ORDER BY id DESC LIMIT $2");
                self.read().fetch(sqlx::AssertSqlSafe(text), values![state.word(), limit]).await?
            }
        };
        rows.iter().map(item).collect()
    }

    /// One item.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn outbox_show(&self, id: OutboxId) -> Result<Option<OutboxItem>, StoreError> {
        let text = format!("SELECT {ITEM} FROM outbox WHERE id = $1");
        self.read()
            .fetch_option(sqlx::AssertSqlSafe(text), values![id.to_bytes()])
            .await?
            .as_ref()
            .map(item)
            .transpose()
    }

    /// What an admin does with an item. `None`: there is no such item.
    ///
    /// # Errors
    /// [`StoreError::Forbidden`] when its state does not allow it.
    pub async fn move_item(&self, id: OutboxId, to: Move) -> Result<Option<OutboxItem>, StoreError> {
        self.desk().write(move |write| Box::pin(async move { move_item(write, id, to).await })).await
    }

    /// See [`Move::Retry`].
    ///
    /// # Errors
    /// As [`Store::move_item`].
    pub async fn retry(&self, id: OutboxId) -> Result<Option<OutboxItem>, StoreError> {
        self.move_item(id, Move::Retry).await
    }

    /// See [`Move::Hold`].
    ///
    /// # Errors
    /// As [`Store::move_item`].
    pub async fn hold(&self, id: OutboxId) -> Result<Option<OutboxItem>, StoreError> {
        self.move_item(id, Move::Hold).await
    }

    /// See [`Move::Release`].
    ///
    /// # Errors
    /// As [`Store::move_item`].
    pub async fn release(&self, id: OutboxId) -> Result<Option<OutboxItem>, StoreError> {
        self.move_item(id, Move::Release).await
    }

    /// See [`Move::Cancel`].
    ///
    /// # Errors
    /// As [`Store::move_item`].
    pub async fn cancel(&self, id: OutboxId) -> Result<Option<OutboxItem>, StoreError> {
        self.move_item(id, Move::Cancel).await
    }
}

async fn record(
    write: &mut Write,
    id: OutboxId,
    fence: i64,
    outcome: &Outcome,
    schedule: &Schedule,
) -> Result<Verdict, StoreError> {
    let text = "SELECT since, tries, addresses, address, attempts FROM outbox WHERE id = $1 AND state = 'sending' AND fence = $2";
    let row = write.connection.fetch_option(text, values![id.to_bytes(), fence]).await?;
    let lost = || StoreError::Forbidden(format!("outbox item {id} is no longer ours: its lease had ended"));
    let row = row.ok_or_else(lost)?;
    let (tries, attempts) = (row.int(1)? + 1, row.int(4)? + 1);
    let mut verdict = outcome.verdict(schedule, time(row.int(0)?)?, count(tries)?, write.now);
    let (mut since, mut tries, mut address) = (row.int(0)?, tries, row.int(3)?);
    let (addresses, _) = current(&row.text(2)?, address)?;
    let is_last = address + 1 >= i64::try_from(addresses).unwrap_or(i64::MAX);
    if verdict.state == OutboxState::Failed && !is_last {
        verdict = Verdict { state: OutboxState::Waiting, next_attempt: Some(write.now) };
        (since, tries, address) = (write.now.as_millisecond(), 0, address + 1);
    }
    let text = "UPDATE outbox SET state = $3, due = $4, since = $5, tries = $6, address = $7, attempts = $8, last = $9, \
                last_status = $10 WHERE id = $1 AND state = 'sending' AND fence = $2";
    let values = values![
        id.to_bytes(),
        fence,
        verdict.state.word(),
        verdict.next_attempt.map(Timestamp::as_millisecond),
        since,
        tries,
        address,
        attempts,
        outcome.detail(),
        outcome.status().map(status_text),
    ];
    if write.connection.execute(text, values).await? != 1 {
        return Err(lost());
    }
    let what = match verdict.state {
        OutboxState::Sent => What::Sent,
        OutboxState::Failed => What::Failed,
        OutboxState::Unsure => What::Unsure,
        OutboxState::Waiting | OutboxState::Sending => What::Deferred,
    };
    let status = outcome.status().map_or_else(|| "-".to_owned(), status_text);
    write.note(what, &id, format!("attempt={attempts} address={address} status={status} {}", outcome.detail()));
    if verdict.next_attempt.is_some_and(|at| at <= write.now) {
        write.wake();
    }
    Ok(verdict)
}

async fn move_item(write: &mut Write, id: OutboxId, to: Move) -> Result<Option<OutboxItem>, StoreError> {
    let show = || sqlx::AssertSqlSafe(format!("SELECT {ITEM} FROM outbox WHERE id = $1"));
    let Some(row) = write.connection.fetch_option(show(), values![id.to_bytes()]).await? else { return Ok(None) };
    let before = item(&row)?;
    let now = write.now.as_millisecond();
    let (text, mut values, word) = match to {
        Move::Retry => (
            "UPDATE outbox SET state = 'waiting', held = 0, due = $2, since = $2, tries = 0 \
             WHERE id = $1 AND state IN ('waiting', 'failed', 'unsure')",
            vec![Value::from(now)],
            "retry",
        ),
        Move::Hold => (
            "UPDATE outbox SET held = 1 WHERE id = $1 AND held = 0 AND state IN ('waiting', 'sending', 'unsure')",
            Vec::new(),
            "hold",
        ),
        Move::Release => ("UPDATE outbox SET held = 0 WHERE id = $1 AND held = 1", Vec::new(), "release"),
        Move::Cancel => (
            "UPDATE outbox SET state = 'failed', held = 0, due = NULL, last = $2, last_status = NULL \
             WHERE id = $1 AND state IN ('waiting', 'unsure')",
            values!["cancelled by an admin"],
            "cancel",
        ),
    };
    values.insert(0, id.to_bytes().into());
    if write.connection.execute(text, values).await? != 1 {
        let held = if before.held { ", held" } else { "" };
        let state = before.state.word();
        return Err(StoreError::Forbidden(format!("{word} is not possible: outbox item {id} is {state}{held}")));
    }
    write.note(What::Admin, &id, format!("queue={word}"));
    if to == Move::Cancel {
        write.note(What::Failed, &id, "cancelled".to_owned());
    }
    write.wake();
    write.connection.fetch_option(show(), values![id.to_bytes()]).await?.as_ref().map(item).transpose()
}

fn item(row: &Row) -> Result<OutboxItem, StoreError> {
    let state = state(&row.text(2)?)?;
    let waits = matches!(state, OutboxState::Waiting | OutboxState::Unsure);
    let (_, to) = current(&row.text(8)?, row.int(9)?)?;
    Ok(OutboxItem {
        id: OutboxId::from_bytes(row.id(0)?),
        purpose: if row.text(1)? == "reply" { "reply" } else { "notice" },
        state,
        held: row.int(3)? != 0,
        attempts: count(row.int(4)?)?,
        queued: time(row.int(5)?)?,
        next_attempt: time_option(row.int_option(6)?.filter(|_| waits))?,
        last: row.text_option(7)?,
        domain: to.domain.wire().to_owned(),
        message_id: row.text(10)?,
    })
}

pub(super) fn state(word: &str) -> Result<OutboxState, StoreError> {
    OutboxState::from_word(word).ok_or_else(|| contradiction("an unknown state in the outbox"))
}

pub(super) fn count(n: i64) -> Result<u32, StoreError> {
    u32::try_from(n).map_err(|_| contradiction("a count out of range"))
}

/// How many addresses there are, and the one that is next.
pub(super) fn current(addresses: &str, at: i64) -> Result<(usize, crate::domain::address::Mailbox), StoreError> {
    let list = mailboxes(addresses)?;
    let many = list.len();
    let at = usize::try_from(at).unwrap_or(usize::MAX);
    Ok((many, list.into_iter().nth(at).ok_or_else(|| contradiction("an outbox item without an address"))?))
}
