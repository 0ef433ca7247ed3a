//! Conversations: what was written between the citizen and one office in one matter.

use axum::Json;
use axum::extract::{Path, Query, State};
use serde::Serialize;
use utoipa::ToSchema;

use super::messages::MessageLine;
use super::replies::ReplyJson;
use super::{List, Paging};
use crate::domain::ids::{ConversationId, RecordId};
use crate::portal::fault::{Fault, Problem};
use crate::portal::state::PortalState;
use crate::portal::visitor::Caller;

/// A conversation as a list has it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ConversationLine {
    /// Its id.
    pub id: String,
    /// Its newest message.
    pub newest: MessageLine,
    /// How many messages it has.
    pub messages: u32,
    /// How many of them have not been opened.
    pub unread: u32,
    /// How many replies it has.
    pub replies: u32,
}

/// One conversation.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Conversation {
    /// Its id.
    pub id: String,
    /// The office's messages, oldest first.
    pub messages: Vec<MessageLine>,
    /// The citizen's replies, oldest first.
    pub replies: Vec<ReplyJson>,
}

/// All conversations, by their newest message.
#[utoipa::path(
    get, path = "/api/v1/conversations", params(Paging), tag = "conversations",
    responses(
        (status = 200, body = List<ConversationLine>),
        (status = "4XX", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(in crate::portal) async fn list(
    State(state): State<PortalState>,
    caller: Caller,
    Query(paging): Query<Paging>,
) -> Result<Json<List<ConversationLine>>, Fault> {
    let (before, limit) = paging.read::<RecordId>()?;
    let page = state.store.conversations(&caller.account.id, before, limit).await?;
    let line = |line: &crate::store::ConversationLine| ConversationLine {
        id: line.newest.conversation.to_string(),
        newest: (&line.newest).into(),
        messages: line.records,
        unread: line.unread,
        replies: line.replies,
    };
    Ok(Json(List { items: page.items.iter().map(line).collect(), next: page.next.map(|id| id.to_string()) }))
}

/// One conversation, with every reply and how far it has come.
#[utoipa::path(
    get, path = "/api/v1/conversations/{id}", params(("id" = String, Path)), tag = "conversations",
    responses(
        (status = 200, body = Conversation),
        (status = "4XX", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(in crate::portal) async fn one(
    State(state): State<PortalState>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<Conversation>, Fault> {
    let id: ConversationId = id.parse().map_err(|_| Fault::not_found())?;
    let (records, mut replies) = state.store.conversation(&caller.account.id, id).await?;
    if records.is_empty() {
        return Err(Fault::not_found());
    }
    replies.sort_by_key(|reply| reply.written);
    Ok(Json(Conversation {
        id: id.to_string(),
        messages: records.iter().map(MessageLine::from).collect(),
        replies: replies.into_iter().map(ReplyJson::from).collect(),
    }))
}
