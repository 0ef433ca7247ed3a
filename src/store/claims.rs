//! The way out begins: items that are due are claimed with a lease. No transaction is open while anything is being
//! sent, and a gateway that dies leaves a lease that ends.

use std::time::Duration;

use bytes::Bytes;

use super::blobs::BlobName;
use super::error::StoreError;
use super::open::Store;
use super::outbox::{count, current};
use super::rows::{contradiction, slug, time};
use super::sql::{Row, values};
use super::written;
use crate::domain::ids::{ConversationId, OutboxId, RecordId, ReplyId};
use crate::domain::reply::{CitizenReply, Claimed, Outgoing, OutgoingReply, ReplyFile};

impl Store {
    /// Claims at most `limit` items that are due, those longest due first, until the lease ends. Items whose lease
    /// has ended are due again. Two gateways never claim the same.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn claim(&self, limit: u32, lease: Duration) -> Result<Vec<Claimed>, StoreError> {
        let rows = self
            .desk()
            .write(move |write| {
                Box::pin(async move {
                    let now = write.now.as_millisecond();
                    let end = now.saturating_add(i64::try_from(lease.as_millis()).unwrap_or(i64::MAX));
                    // The outer condition is asked again of a row that another gateway has just claimed.
                    let text = "UPDATE outbox SET state = 'sending', fence = fence + 1, due = $2 WHERE id IN \
                                (SELECT id FROM outbox WHERE due <= $1 AND held = 0 ORDER BY due LIMIT $3) \
                                AND due <= $1 AND held = 0 \
                                RETURNING id, fence, attempts, queued, message_id, addresses, address, purpose, reply, \
                                office, language";
                    write.connection.fetch(text, values![now, end, limit]).await
                })
            })
            .await?;
        let mut claimed = Vec::with_capacity(rows.len());
        for row in &rows {
            match self.claimed(row).await {
                Ok(item) => claimed.push(item),
                // Its lease ends, and it is tried again: the others must not wait for it.
                Err(error) => tracing::error!(%error, "an outbox item could not be read"),
            }
        }
        claimed.sort_by_key(|item| item.id);
        Ok(claimed)
    }

    async fn claimed(&self, row: &Row) -> Result<Claimed, StoreError> {
        let what = if let Some(reply) = row.bytes_option(8)? {
            let reply = reply.try_into().map_err(|_| contradiction("an id that has not sixteen bytes"))?;
            Outgoing::Reply(Box::new(self.outgoing(ReplyId::from_bytes(reply)).await?))
        } else {
            let language = row.text(10)?.parse().map_err(|_| contradiction("an unknown language"))?;
            let found = self.read().fetch_option("SELECT id, body FROM office WHERE id = $1", values![row.text(9)?]);
            let found = found.await?.ok_or_else(|| contradiction("a notice of an unknown office"))?;
            let office = written::office(slug(&found.text(0)?)?, &found.text(1)?)?;
            Outgoing::Notice { language, office: office.name.get(language).to_owned() }
        };
        let (_, to) = current(&row.text(5)?, row.int(6)?)?;
        Ok(Claimed {
            id: OutboxId::from_bytes(row.id(0)?),
            fence: row.int(1)?,
            attempts: count(row.int(2)?)?,
            queued: time(row.int(3)?)?,
            message_id: row.text(4)?,
            to,
            what,
        })
    }

    async fn outgoing(&self, id: ReplyId) -> Result<OutgoingReply, StoreError> {
        let text = "SELECT p.record, p.text, p.conversation, p.office, p.account, a.name, r.subject, r.case_reference, \
                    r.message_id, v.answers FROM reply p JOIN record r ON r.id = p.record JOIN arrival v ON v.id = r.arrival \
                    JOIN account a ON a.id = p.account WHERE p.id = $1";
        let row = self.read().fetch_option(text, values![id.to_bytes()]).await?;
        let row = row.ok_or_else(|| contradiction("an outbox item without its reply"))?;
        let message_id = row.text_option(8)?;
        let reply =
            CitizenReply { id, to: RecordId::from_bytes(row.id(0)?), text: row.text(1)?, files: self.files(id).await? };
        Ok(OutgoingReply {
            reply,
            conversation: ConversationId::from_bytes(row.id(2)?),
            office: slug(&row.text(3)?)?,
            account: slug(&row.text(4)?)?,
            citizen_name: row.text(5)?,
            subject: row.text(6)?,
            case_reference: row.text_option(7)?,
            references: references(row.text_option(9)?.as_deref(), message_id.as_deref()),
            in_reply_to: message_id,
        })
    }

    async fn files(&self, reply: ReplyId) -> Result<Vec<ReplyFile>, StoreError> {
        let text = "SELECT filename, media_type, blob, bytes FROM reply_file WHERE reply = $1 ORDER BY number";
        let mut files = Vec::new();
        for row in self.read().fetch(text, values![reply.to_bytes()]).await? {
            let bytes = self.octets_of(row.text_option(2)?, row.bytes_option(3)?).await?;
            files.push(ReplyFile { filename: row.text(0)?, media_type: row.text(1)?, bytes });
        }
        Ok(files)
    }

    /// Octets that lie in the row or in the blob folder.
    pub(super) async fn octets_of(&self, blob: Option<String>, bytes: Option<Vec<u8>>) -> Result<Bytes, StoreError> {
        match (blob, bytes) {
            (_, Some(bytes)) => Ok(bytes.into()),
            (Some(blob), None) => self.blobs().read(&BlobName::read(&blob)?).await,
            (None, None) => Err(contradiction("octets that lie nowhere")),
        }
    }
}

/// References of an answer (RFC 5322 §3.6.4), oldest first: what the message referred to, and the message. `answers`
/// has its In-Reply-To first, then its References from the newest.
fn references(answers: Option<&str>, message_id: Option<&str>) -> Vec<String> {
    let mut newest_first: Vec<&str> = message_id.into_iter().collect();
    for id in answers.unwrap_or_default().lines() {
        if !newest_first.contains(&id) {
            newest_first.push(id);
        }
    }
    newest_first.into_iter().rev().map(str::to_owned).collect()
}
