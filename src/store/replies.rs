//! What citizens write.

use std::sync::Arc;

use bytes::Bytes;

use super::blobs::BlobName;
use super::committer::Write;
use super::error::{Fault, StoreError};
use super::open::Store;
use super::outbox::state;
use super::queue::{self, NewItem};
use super::rows::{contradiction, slug, status, time, time_option};
use super::sql::{Row, values};
use crate::domain::address::Mailbox;
use crate::domain::ids::{AccountId, ArrivalId, ConversationId, OutboxId, RecordId, ReplyId};
use crate::domain::reply::{CitizenReply, News, OutboxState, SentFile, SentReply};

const REPLY: &str = "SELECT p.id, p.record, p.conversation, p.office, p.written, p.text, o.state, o.due, o.last_status, \
    (SELECT f.finding FROM report f WHERE f.outbox = o.id AND f.finding IN ('delayed', 'displayed', 'away', 'answered') \
     ORDER BY f.arrival DESC LIMIT 1) \
    FROM reply p JOIN outbox o ON o.reply = p.id WHERE p.account = $1";

/// A reply whose large files lie in the blob folder already.
struct Ready {
    account: AccountId,
    reply: CitizenReply,
    blobs: Vec<Option<BlobName>>,
    outbox: OutboxId,
    to: Vec<Mailbox>,
}

impl Store {
    /// Keeps a reply with its files and its outbox item, in one commit. `to`: where it may go, in order. The same
    /// reply id again gives what was kept the first time. `None`: the account has no such record.
    ///
    /// # Errors
    /// [`StoreError::Forbidden`] when the record may not be answered, the account is not active, or there is nowhere
    /// to send it.
    pub async fn queue_reply(
        &self,
        account: &AccountId,
        reply: CitizenReply,
        to: Vec<Mailbox>,
    ) -> Result<Option<SentReply>, StoreError> {
        let id = reply.id;
        let mut blobs = Vec::with_capacity(reply.files.len());
        for file in &reply.files {
            let large = file.bytes.len() > self.inline_limit();
            let name = large.then(|| BlobName::of(self.ids().next(ArrivalId::new).to_bytes()));
            blobs.push(match name {
                Some(name) => Some(self.blobs().write(name, file.bytes.clone()).await?),
                None => None,
            });
        }
        let outbox = self.ids().next(OutboxId::new);
        let ready = Arc::new(Ready { account: account.clone(), reply, blobs: blobs.clone(), outbox, to });
        let end = self
            .desk()
            .write(move |write| {
                let ready = Arc::clone(&ready);
                Box::pin(async move { insert(write, &ready).await })
            })
            .await;
        if !matches!(end, Ok(Some(true)) | Err(StoreError::Driver(Fault::Unknown | Fault::Closed))) {
            for name in blobs.iter().flatten() {
                self.blobs().remove(name).await;
            }
        }
        match end? {
            Some(_) => self.reply(account, id).await,
            None => Ok(None),
        }
    }

    /// A reply of this account's.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn reply(&self, account: &AccountId, id: ReplyId) -> Result<Option<SentReply>, StoreError> {
        let text = sqlx::AssertSqlSafe(format!("{REPLY} AND p.id = $2"));
        let rows = self.read().fetch(text, values![account.as_str(), id.to_bytes()]).await?;
        Ok(self.sent(rows).await?.into_iter().next())
    }

    /// The replies of one conversation, oldest first.
    pub(super) async fn replies(
        &self,
        account: &AccountId,
        conversation: ConversationId,
    ) -> Result<Vec<SentReply>, StoreError> {
        let text = sqlx::AssertSqlSafe(format!("{REPLY} AND p.conversation = $2 ORDER BY p.id"));
        let rows = self.read().fetch(text, values![account.as_str(), conversation.to_bytes()]).await?;
        self.sent(rows).await
    }

    /// The octets of one file of a reply.
    ///
    /// # Errors
    /// When the database or the blob folder is away.
    pub async fn reply_file(
        &self,
        account: &AccountId,
        id: ReplyId,
        index: u32,
    ) -> Result<Option<(SentFile, Bytes)>, StoreError> {
        let text = "SELECT f.number, f.filename, f.media_type, f.size, f.blob, f.bytes FROM reply_file f \
                    JOIN reply p ON p.id = f.reply WHERE p.account = $1 AND p.id = $2 AND f.number = $3";
        let row = self.read().fetch_option(text, values![account.as_str(), id.to_bytes(), index]).await?;
        let Some(row) = row else { return Ok(None) };
        Ok(Some((file(&row)?, self.octets_of(row.text_option(4)?, row.bytes_option(5)?).await?)))
    }

    async fn sent(&self, rows: Vec<Row>) -> Result<Vec<SentReply>, StoreError> {
        let mut replies = Vec::with_capacity(rows.len());
        for row in rows {
            let id = row.id(0)?;
            let text = "SELECT number, filename, media_type, size FROM reply_file WHERE reply = $1 ORDER BY number";
            let files = self.read().fetch(text, values![id]).await?;
            let state = state(&row.text(6)?)?;
            let waits = matches!(state, OutboxState::Waiting | OutboxState::Unsure);
            replies.push(SentReply {
                id: ReplyId::from_bytes(id),
                to: RecordId::from_bytes(row.id(1)?),
                conversation: ConversationId::from_bytes(row.id(2)?),
                office: slug(&row.text(3)?)?,
                written: time(row.int(4)?)?,
                text: row.text(5)?,
                files: files.iter().map(file).collect::<Result<_, _>>()?,
                state,
                next_attempt: time_option(row.int_option(7)?.filter(|_| waits))?,
                last_status: row.text_option(8)?.map(|text| status(&text)).transpose()?,
                news: row.text_option(9)?.and_then(|word| News::from_word(&word)),
            });
        }
        Ok(replies)
    }
}

/// Whether it was new; `None` when the account has no such record.
async fn insert(write: &mut Write, ready: &Ready) -> Result<Option<bool>, StoreError> {
    let (account, reply) = (&ready.account, &ready.reply);
    let text = "SELECT r.office, r.conversation, r.reply_allowed, a.state, a.language FROM record r \
                JOIN account a ON a.id = r.account WHERE r.account = $1 AND r.id = $2";
    let row = write.connection.fetch_option(text, values![account.as_str(), reply.to.to_bytes()]).await?;
    let Some(row) = row else { return Ok(None) };
    let forbidden = |why: &str| Err(StoreError::Forbidden(why.to_owned()));
    let Some(office) = row.text_option(0)? else { return forbidden("nobody to answer") };
    if row.int(2)? == 0 {
        return forbidden("this message may not be answered");
    }
    if row.text(3)? != "active" {
        return forbidden("the account is not in use");
    }
    if ready.to.is_empty() {
        return forbidden("the office takes no replies");
    }
    let language = row.text(4)?.parse().map_err(|_| contradiction("an unknown language"))?;
    let text = "INSERT INTO reply (id, account, record, conversation, office, written, text) \
                VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (id) DO NOTHING";
    let values = values![
        reply.id.to_bytes(),
        account.as_str(),
        reply.to.to_bytes(),
        row.id(1)?,
        office.as_str(),
        write.now.as_millisecond(),
        reply.text.as_str(),
    ];
    if write.connection.execute(text, values).await? == 0 {
        return Ok(Some(false));
    }
    let mut rows = Vec::with_capacity(reply.files.len() * 7);
    for ((number, file), blob) in (0_i64..).zip(&reply.files).zip(&ready.blobs) {
        rows.extend(values![
            reply.id.to_bytes(),
            number,
            file.filename.as_str(),
            file.media_type.as_str(),
            i64::try_from(file.bytes.len()).unwrap_or(i64::MAX),
            blob.as_ref().map(BlobName::text),
            blob.is_none().then(|| file.bytes.to_vec()),
        ]);
    }
    let head = "INSERT INTO reply_file (reply, number, filename, media_type, size, blob, bytes) VALUES";
    write.connection.insert(head, "", 7, rows).await?;
    let item = NewItem::reply(ready.outbox, reply.id, slug(&office)?, language, ready.to.clone());
    queue::insert(write, vec![item]).await?;
    Ok(Some(true))
}

fn file(row: &Row) -> Result<SentFile, StoreError> {
    let number = |n: i64| u32::try_from(n).map_err(|_| contradiction("a number out of range"));
    Ok(SentFile {
        index: number(row.int(0)?)?,
        filename: row.text(1)?,
        media_type: row.text(2)?,
        size: u64::try_from(row.int(3)?).map_err(|_| contradiction("a size out of range"))?,
    })
}
