//! A citizen's mailbox: list, open, mark read. Every question names the account, so that none sees another's.

use bytes::Bytes;

use super::error::StoreError;
use super::open::Store;
use super::rows::{RECORD, record};
use super::sql::values;
use crate::domain::event::What;
use crate::domain::ids::{AccountId, ConversationId, RecordId};
use crate::domain::record::Record;
use crate::domain::reply::SentReply;

/// A part of a list.
#[derive(Debug, Clone, PartialEq)]
pub struct Page<T> {
    /// Newest first.
    pub items: Vec<T>,
    /// Where the next part begins: what to give as `before`. `None`: this was the last.
    pub next: Option<RecordId>,
}

/// A thread, as a list shows it.
#[derive(Debug, Clone, PartialEq)]
pub struct ConversationLine {
    /// Its newest record.
    pub newest: Record,
    /// How many records it has.
    pub records: u32,
    /// How many of them have not been opened.
    pub unread: u32,
    /// How many replies the citizen has written in it.
    pub replies: u32,
}

impl Store {
    /// The records of a mailbox, newest first, older than `before`.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn inbox(
        &self,
        account: &AccountId,
        before: Option<RecordId>,
        limit: u32,
    ) -> Result<Page<Record>, StoreError> {
        let text =
            format!("SELECT {RECORD} FROM record r WHERE r.account = $1 AND r.id < $2 ORDER BY r.id DESC LIMIT $3");
        let values = values![account.as_str(), bound(before), i64::from(limit) + 1];
        let rows = self.read().fetch(sqlx::AssertSqlSafe(text), values).await?;
        let items = rows.iter().map(record).collect::<Result<Vec<_>, _>>()?;
        Ok(page(items, limit, |record| record.id))
    }

    /// One record.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn record(&self, account: &AccountId, id: RecordId) -> Result<Option<Record>, StoreError> {
        let text = format!("SELECT {RECORD} FROM record r WHERE r.account = $1 AND r.id = $2");
        let values = values![account.as_str(), id.to_bytes()];
        self.read().fetch_option(sqlx::AssertSqlSafe(text), values).await?.as_ref().map(record).transpose()
    }

    /// The octets as they were received.
    ///
    /// # Errors
    /// When the database or the blob folder is away.
    pub async fn raw(&self, account: &AccountId, id: RecordId) -> Result<Option<Bytes>, StoreError> {
        let text =
            "SELECT v.blob, v.raw FROM record r JOIN arrival v ON v.id = r.arrival WHERE r.account = $1 AND r.id = $2";
        match self.read().fetch_option(text, values![account.as_str(), id.to_bytes()]).await? {
            Some(row) => self.octets_of(row.text_option(0)?, row.bytes_option(1)?).await.map(Some),
            None => Ok(None),
        }
    }

    /// The octets as they were received, and the fields that we added beside them.
    ///
    /// # Errors
    /// When the database or the blob folder is away.
    pub async fn received(&self, account: &AccountId, id: RecordId) -> Result<Option<(Bytes, String)>, StoreError> {
        let text = "SELECT v.blob, v.raw, v.trace FROM record r JOIN arrival v ON v.id = r.arrival \
                    WHERE r.account = $1 AND r.id = $2";
        let row = self.read().fetch_option(text, values![account.as_str(), id.to_bytes()]).await?;
        let Some(row) = row else { return Ok(None) };
        let octets = self.octets_of(row.text_option(0)?, row.bytes_option(1)?).await?;
        Ok(Some((octets, row.text(2)?)))
    }

    /// Notes that the citizen has opened a record. Whether this was the first time.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn mark_read(&self, account: &AccountId, id: RecordId) -> Result<bool, StoreError> {
        let account = account.clone();
        self.desk()
            .write(move |write| {
                let account = account.clone();
                Box::pin(async move {
                    let text = "UPDATE record SET read_at = $3 WHERE account = $1 AND id = $2 AND read_at IS NULL";
                    let values = values![account.as_str(), id.to_bytes(), write.now.as_millisecond()];
                    let first = write.connection.execute(text, values).await? > 0;
                    if first {
                        write.note(What::Read, &id, String::new());
                    }
                    Ok(first)
                })
            })
            .await
    }

    /// How many records have not been opened.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn unread(&self, account: &AccountId) -> Result<u32, StoreError> {
        let text = "SELECT count(*) FROM record WHERE account = $1 AND read_at IS NULL";
        let row = self.read().fetch_option(text, values![account.as_str()]).await?;
        row.map_or(Ok(0), |row| count(row.int(0)?))
    }

    /// One thread: its records and the citizen's replies, each oldest first. Both empty: the account has no such.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn conversation(
        &self,
        account: &AccountId,
        id: ConversationId,
    ) -> Result<(Vec<Record>, Vec<SentReply>), StoreError> {
        let text = format!("SELECT {RECORD} FROM record r WHERE r.conversation = $1 AND r.account = $2 ORDER BY r.id");
        let rows = self.read().fetch(sqlx::AssertSqlSafe(text), values![id.to_bytes(), account.as_str()]).await?;
        let records = rows.iter().map(record).collect::<Result<_, _>>()?;
        Ok((records, self.replies(account, id).await?))
    }

    /// The threads of a mailbox, by their newest record, newest first; those whose newest record is older than
    /// `before`.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn conversations(
        &self,
        account: &AccountId,
        before: Option<RecordId>,
        limit: u32,
    ) -> Result<Page<ConversationLine>, StoreError> {
        let text = format!(
            "SELECT {RECORD}, (SELECT count(*) FROM record n WHERE n.conversation = r.conversation), \
             (SELECT count(*) FROM record n WHERE n.conversation = r.conversation AND n.read_at IS NULL), \
             (SELECT count(*) FROM reply p WHERE p.conversation = r.conversation) \
             FROM record r WHERE r.account = $1 AND r.id < $2 AND NOT EXISTS \
             (SELECT 1 FROM record n WHERE n.conversation = r.conversation AND n.id > r.id) \
             ORDER BY r.id DESC LIMIT $3"
        );
        let values = values![account.as_str(), bound(before), i64::from(limit) + 1];
        let mut lines = Vec::new();
        for row in self.read().fetch(sqlx::AssertSqlSafe(text), values).await? {
            lines.push(ConversationLine {
                newest: record(&row)?,
                records: count(row.int(19)?)?,
                unread: count(row.int(20)?)?,
                replies: count(row.int(21)?)?,
            });
        }
        Ok(page(lines, limit, |line| line.newest.id))
    }
}

fn count(n: i64) -> Result<u32, StoreError> {
    u32::try_from(n).map_err(|_| super::rows::contradiction("a count out of range"))
}

/// Ids are below sixteen octets of ones: their first six are a time.
fn bound(before: Option<RecordId>) -> Vec<u8> {
    before.map_or([0xff; 16], RecordId::to_bytes).to_vec()
}

/// One more was asked for than is shown, to know whether there are more.
fn page<T>(mut items: Vec<T>, limit: u32, id: impl Fn(&T) -> RecordId) -> Page<T> {
    let limit = limit as usize;
    let more = items.len() > limit;
    items.truncate(limit);
    let next = items.last().filter(|_| more).map(id);
    Page { items, next }
}
