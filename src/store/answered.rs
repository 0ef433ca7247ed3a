//! Which reply of a citizen a machine answers.

use super::error::StoreError;
use super::open::Store;
use super::sql::{Value, list};
use crate::domain::ids::{AccountId, ConversationId, OfficeId, OutboxId};

/// Message-IDs that are looked for.
const IDS: usize = 60;

/// Whose replies are looked among.
#[derive(Debug, Clone, Copy)]
pub enum Among<'a> {
    /// Those of one conversation.
    Conversation(ConversationId),
    /// All of this citizen's.
    Account(&'a AccountId),
}

impl Store {
    /// The outbox item of a reply to this office that one of these Message-IDs names. `newest`: where none does, the
    /// last reply of the conversation; many a machine names nothing.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn answered(
        &self,
        office: &OfficeId,
        among: Among<'_>,
        message_ids: &[String],
        newest: bool,
    ) -> Result<Option<OutboxId>, StoreError> {
        // Our Message-IDs begin with the item's id: a look-up by key, whatever else is asked for.
        let named = message_ids.iter().take(IDS).filter_map(|id| Some((id, id.split('@').next()?.parse().ok()?)));
        let named: Vec<(&String, OutboxId)> = named.collect();
        let (column, whose) = match among {
            Among::Conversation(id) => ("conversation", Value::from(id.to_bytes())),
            Among::Account(id) => ("account", Value::from(id.as_str())),
        };
        if !named.is_empty() {
            let text = format!(
                "SELECT o.id, o.message_id FROM outbox o JOIN reply r ON r.id = o.reply \
                 WHERE r.office = $1 AND r.{column} = $2 AND o.id IN {}",
                list(3, named.len())
            );
            let mut values = vec![Value::from(office.as_str()), whose.clone()];
            values.extend(named.iter().map(|(_, id)| Value::from(id.to_bytes())));
            for row in self.read().fetch(sqlx::AssertSqlSafe(text), values).await? {
                let (id, message_id) = (OutboxId::from_bytes(row.id(0)?), row.text(1)?);
                if named.iter().any(|(named, _)| **named == message_id) {
                    return Ok(Some(id));
                }
            }
        }
        if !(newest && matches!(among, Among::Conversation(_))) {
            return Ok(None);
        }
        let text = "SELECT o.id FROM outbox o JOIN reply r ON r.id = o.reply \
                    WHERE r.office = $1 AND r.conversation = $2 ORDER BY r.id DESC LIMIT 1";
        let row = self.read().fetch_option(text, vec![Value::from(office.as_str()), whose]).await?;
        row.map(|row| Ok(OutboxId::from_bytes(row.id(0)?))).transpose()
    }
}
