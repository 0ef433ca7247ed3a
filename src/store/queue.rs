//! Into the outbox, in a transaction that is open: replies and notices with what caused them, and what delivery
//! reports do to them.

use super::committer::Write;
use super::error::StoreError;
use super::rows::{mailboxes_text, status_text};
use super::sql::values;
use crate::domain::address::Mailbox;
use crate::domain::arrival::Finding;
use crate::domain::event::What;
use crate::domain::ids::{ArrivalId, OfficeId, OutboxId, RecordId, ReplyId};
use crate::domain::language::Language;

/// An item to be queued.
pub(super) struct NewItem {
    id: OutboxId,
    cause: Cause,
    office: OfficeId,
    language: Language,
    to: Vec<Mailbox>,
}

enum Cause {
    Reply(ReplyId),
    Notice(RecordId),
}

impl NewItem {
    pub(super) fn notice(id: OutboxId, record: RecordId, office: OfficeId, language: Language, to: Mailbox) -> Self {
        Self { id, cause: Cause::Notice(record), office, language, to: vec![to] }
    }

    /// `to`: where it may go, in order.
    pub(super) fn reply(id: OutboxId, reply: ReplyId, office: OfficeId, language: Language, to: Vec<Mailbox>) -> Self {
        Self { id, cause: Cause::Reply(reply), office, language, to }
    }
}

const ITEM: &str = "INSERT INTO outbox (id, purpose, reply, record, office, language, addresses, address, message_id, \
    queued, since, state, held, due, fence, attempts, tries) VALUES";

/// Queues them, due now.
pub(super) async fn insert(write: &mut Write, items: Vec<NewItem>) -> Result<(), StoreError> {
    if items.is_empty() {
        return Ok(());
    }
    let now = write.now.as_millisecond();
    let mut rows = Vec::with_capacity(items.len() * 17);
    for item in items {
        let (purpose, reply, record) = match &item.cause {
            Cause::Reply(id) => ("reply", Some(id.to_bytes()), None),
            Cause::Notice(id) => ("notice", None, Some(id.to_bytes())),
        };
        rows.extend(values![
            item.id.to_bytes(),
            purpose,
            reply,
            record,
            item.office.as_str(),
            item.language.tag(),
            mailboxes_text(&item.to),
            0_i64,
            write.message_id(item.id),
            now,
            now,
            "waiting",
            false,
            now,
            0_i64,
            0_i64,
            0_i64,
        ]);
        let cause = match item.cause {
            Cause::Reply(id) => format!("reply={id}"),
            Cause::Notice(id) => format!("record={id}"),
        };
        write.note(What::Queued, &item.id, cause);
    }
    write.connection.insert(ITEM, "", 17, rows).await?;
    write.wake();
    Ok(())
}

/// A delivery report on an item: `failed` fails it, unless it has failed already; all else is noted.
pub(super) async fn report(
    write: &mut Write,
    item: OutboxId,
    arrival: ArrivalId,
    finding: &Finding,
    word: &str,
    detail: &str,
) -> Result<(), StoreError> {
    write.note(What::Reported, &item, format!("arrival={arrival} finding={word} {detail}").trim_end().to_owned());
    if let Finding::Failed { status, .. } = finding {
        // A gateway that is sending it loses its claim, and finds the fence moved.
        let text = "UPDATE outbox SET state = 'failed', due = NULL, fence = fence + 1, last = $2, last_status = $3 \
                    WHERE id = $1 AND state <> 'failed'";
        let last = if detail.is_empty() { "a delivery report said that it failed" } else { detail };
        if write.connection.execute(text, values![item.to_bytes(), last, status_text(*status)]).await? > 0 {
            write.note(What::Failed, &item, format!("arrival={arrival}"));
        }
    }
    Ok(())
}
