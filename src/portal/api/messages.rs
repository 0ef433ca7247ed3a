//! Messages.

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;

use super::schema::{PersonSchema, RecordSchema};
use super::{List, Paging};
use crate::domain::ids::RecordId;
use crate::domain::record::{Person, Record};
use crate::intake::ReadOptions;
use crate::intake::json::RecordJson;
use crate::portal::addressee::Addressee;
use crate::portal::fault::{Fault, Problem};
use crate::portal::state::PortalState;
use crate::portal::visitor::Caller;
use crate::portal::{download, mailbox, reading};

/// A message as a list has it.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = MessageLine)]
pub struct MessageLine {
    /// Its id.
    #[schema(example = "06b2k3v9q4d7m1w8x5y0z2c3e4")]
    pub id: String,
    /// `decision`, `notice`, `request` or `message`.
    pub kind: &'static str,
    /// The office's id; `null` in the postmaster's mailbox alone.
    pub office: Option<String>,
    /// The thread.
    pub conversation: String,
    /// The office's reference for the case.
    pub case_reference: Option<String>,
    /// Without tags.
    pub subject: String,
    /// The author, as proved.
    #[schema(value_type = PersonSchema)]
    pub from: Person,
    /// When it was written.
    #[schema(format = DateTime)]
    pub date: String,
    /// When it came.
    #[schema(format = DateTime)]
    pub received: String,
    /// Until when the office wants an answer.
    #[schema(format = Date)]
    pub due: Option<String>,
    /// Whether it may be answered.
    pub reply_allowed: bool,
    /// How many attachments.
    pub attachment_count: u32,
    /// Of the whole message, in octets.
    pub size: u64,
    /// Whether a machine wrote it.
    pub auto_submitted: bool,
    /// When it was first opened; `null`: not yet.
    #[schema(format = DateTime)]
    pub read: Option<String>,
}

impl From<&Record> for MessageLine {
    fn from(record: &Record) -> Self {
        Self {
            id: record.id.to_string(),
            kind: record.kind.word(),
            office: record.office.as_ref().map(ToString::to_string),
            conversation: record.conversation.to_string(),
            case_reference: record.case_reference.clone(),
            subject: record.subject.clone(),
            from: record.from.clone(),
            date: record.date.to_string(),
            received: record.received.to_string(),
            due: record.due.map(|due| due.to_string()),
            reply_allowed: record.reply_allowed,
            attachment_count: record.attachments,
            size: record.size,
            auto_submitted: record.auto_submitted,
            read: record.read.map(|at| at.to_string()),
        }
    }
}

/// The mailbox, newest first.
#[utoipa::path(
    get, path = "/api/v1/messages", params(Paging), tag = "messages",
    responses(
        (status = 200, body = List<MessageLine>),
        (status = "4XX", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(in crate::portal) async fn list(
    State(state): State<PortalState>,
    caller: Caller,
    Query(paging): Query<Paging>,
) -> Result<Json<List<MessageLine>>, Fault> {
    let (before, limit) = paging.read::<RecordId>()?;
    let page = state.store.inbox(&caller.account.id, before, limit).await?;
    let items = page.items.iter().map(MessageLine::from).collect();
    Ok(Json(List { items, next: page.next.map(|id| id.to_string()) }))
}

/// One message, whole. Fetching it marks it read.
#[utoipa::path(
    get, path = "/api/v1/messages/{id}", params(("id" = String, Path)), tag = "messages",
    responses(
        (status = 200, body = RecordSchema),
        (status = "4XX", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(in crate::portal) async fn one(
    State(state): State<PortalState>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<RecordJson>, Fault> {
    let record = mailbox::find(&state, &caller.account, &id).await?;
    let _share = state.reading.message(record.size).await?;
    let letter = state.store.letter(&caller.account.id, record.id).await?.ok_or_else(Fault::not_found)?;
    let base = format!("/api/v1/messages/{}/attachments/", record.id);
    let options = ReadOptions { inline_base: Some(base), ..ReadOptions::default() };
    let mut content = reading::content(letter, options).await?;
    content.to = Addressee::of(&record).among(content.to, &state.keys);
    if record.read.is_none() {
        state.store.mark_read(&caller.account.id, record.id).await?;
    }
    Ok(Json(RecordJson::of_record(content, &record)))
}

/// The citizen's copy of the message: as it came, with the gateway's own trace fields on top, and without whoever else
/// it went to.
#[utoipa::path(
    get, path = "/api/v1/messages/{id}/raw", params(("id" = String, Path)), tag = "messages",
    responses(
        (status = 200, body = Vec<u8>, content_type = "message/rfc822"),
        (status = "4XX", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(in crate::portal) async fn raw(
    State(state): State<PortalState>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Response, Fault> {
    let record = mailbox::find(&state, &caller.account, &id).await?;
    download::whole(&state, &caller.account, &record).await
}

/// One attachment, decoded, with its own media type.
#[utoipa::path(
    get, path = "/api/v1/messages/{id}/attachments/{index}", tag = "messages",
    params(("id" = String, Path), ("index" = usize, Path, description = "From 0.")),
    responses(
        (status = 200, body = Vec<u8>, content_type = "application/octet-stream"),
        (status = "4XX", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(in crate::portal) async fn attachment(
    State(state): State<PortalState>,
    caller: Caller,
    Path((id, index)): Path<(String, String)>,
) -> Result<Response, Fault> {
    let record = mailbox::find(&state, &caller.account, &id).await?;
    let index = index.parse().map_err(|_| Fault::not_found())?;
    let (attachment, octets, share) = download::decoded(&state, &caller.account, &record, index).await?;
    Ok(download::file(octets, share, &attachment.media_type, &attachment.filename))
}
