//! Replies, and how far they have come.

use axum::Json;
use axum::extract::{Path, Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::ids::ReplyId;
use crate::domain::reply::{News, SentFile, SentReply};
use crate::portal::fault::{Fault, Problem};
use crate::portal::reply::{self, Taken};
use crate::portal::state::PortalState;
use crate::portal::visitor::{Caller, Visitor};
use crate::portal::{download, form, form_id, mailbox};

/// A reply.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Reply)]
pub struct ReplyJson {
    /// Its id.
    pub id: String,
    /// The message that it answers.
    pub to: String,
    /// The thread.
    pub conversation: String,
    /// The office's id.
    pub office: String,
    /// When it was handed in.
    #[schema(format = DateTime)]
    pub written: String,
    /// UTF-8 with LF.
    pub text: String,
    /// What was attached.
    pub files: Vec<FileJson>,
    /// `waiting`, `sending`, `sent`, `failed` or `unsure`.
    pub state: &'static str,
    /// When it is tried again.
    #[schema(format = DateTime)]
    pub next_attempt: Option<String>,
    /// What the office's mail server last said, if it was not a yes: `550 5.1.1`.
    #[schema(example = "550 5.1.1")]
    pub last_status: Option<String>,
    /// What came back of it since: `delayed`, `displayed`, `away` (an absence note) or `answered` (an automatic answer).
    #[schema(example = "away")]
    pub news: Option<&'static str>,
}

/// A file of a reply.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = ReplyFile)]
pub struct FileJson {
    /// From 0.
    pub index: u32,
    /// Its name.
    pub filename: String,
    /// `type/subtype`.
    pub media_type: String,
    /// In octets.
    pub size: u64,
}

impl From<SentFile> for FileJson {
    fn from(file: SentFile) -> Self {
        Self { index: file.index, filename: file.filename, media_type: file.media_type, size: file.size }
    }
}

impl From<SentReply> for ReplyJson {
    fn from(reply: SentReply) -> Self {
        let status = reply.last_status.map(|status| {
            let (class, subject, detail) = status.enhanced;
            format!("{} {class}.{subject}.{detail}", status.code)
        });
        Self {
            id: reply.id.to_string(),
            to: reply.to.to_string(),
            conversation: reply.conversation.to_string(),
            office: reply.office.to_string(),
            written: reply.written.to_string(),
            text: reply.text,
            files: reply.files.into_iter().map(FileJson::from).collect(),
            state: reply.state.word(),
            next_attempt: reply.next_attempt.map(|at| at.to_string()),
            last_status: status,
            news: reply.news.map(News::word),
        }
    }
}

/// The form of a reply.
#[derive(ToSchema)]
#[schema(as = ReplyForm)]
#[expect(dead_code, reason = "stands for its schema")]
pub(in crate::portal) struct FormSchema {
    /// What to say; may be left out when there are files.
    text: Option<String>,
    /// Any number of parts of this name, up to ten files and 25 MiB in all.
    #[schema(value_type = Vec<String>, format = Binary)]
    file: Vec<Vec<u8>>,
}

/// Answers a message. The reply is kept and queued when this returns; `Location` tells how far it comes. With
/// `Idempotency-Key`, the same request again gives the same reply.
#[utoipa::path(
    post, path = "/api/v1/messages/{id}/reply", tag = "replies",
    params(
        ("id" = String, Path),
        ("Idempotency-Key" = Option<String>, Header, description = "1 to 255 octets, new for each reply."),
    ),
    request_body(content = FormSchema, content_type = "multipart/form-data"),
    responses(
        (status = 201, body = ReplyJson),
        (status = 409, body = Problem, content_type = "application/problem+json", description = "The office takes no replies to it."),
        (status = 413, body = Problem, content_type = "application/problem+json", description = "The files are too large."),
        (status = 422, body = Problem, content_type = "application/problem+json", description = "Nothing to send, too many files, or the key was used for another reply."),
        (status = "4XX", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(in crate::portal) async fn post(
    State(state): State<PortalState>,
    caller: Caller,
    visitor: Visitor,
    Path(id): Path<String>,
    request: Request,
) -> Result<Response, Fault> {
    let record = mailbox::find(&state, &caller.account, &id).await?;
    let reply = match request.headers().get("idempotency-key").map(axum::http::HeaderValue::as_bytes) {
        Some(key) if (1..=255).contains(&key.len()) => form_id::of_key(&state.keys, key, &caller.account.id, record.id),
        Some(_) => return Err(Fault::unreadable()),
        None => state.ids.next(ReplyId::new),
    };
    let filled = form::read(&state, request).await?;
    let faults = filled.faults(&state, &state.words(visitor.language));
    if !faults.is_empty() {
        let status =
            if filled.is_too_large(&state) { Fault::too_large().status } else { StatusCode::UNPROCESSABLE_ENTITY };
        return Err(Fault { status, ..Fault::fields(faults) });
    }
    match reply::keep(&state, &caller.account, &record, reply, &filled).await? {
        Taken::Used => Err(Fault::key_reused()),
        Taken::Kept(id) => {
            let kept = state.store.reply(&caller.account.id, id).await?.ok_or_else(Fault::not_found)?;
            let location = [(header::LOCATION, format!("/api/v1/replies/{id}"))];
            Ok((StatusCode::CREATED, location, Json(ReplyJson::from(kept))).into_response())
        }
    }
}

/// One reply, and how far it has come.
#[utoipa::path(
    get, path = "/api/v1/replies/{id}", params(("id" = String, Path)), tag = "replies",
    responses(
        (status = 200, body = ReplyJson),
        (status = "4XX", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(in crate::portal) async fn one(
    State(state): State<PortalState>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<ReplyJson>, Fault> {
    let id: ReplyId = id.parse().map_err(|_| Fault::not_found())?;
    let reply = state.store.reply(&caller.account.id, id).await?.ok_or_else(Fault::not_found)?;
    Ok(Json(reply.into()))
}

/// One file of a reply.
#[utoipa::path(
    get, path = "/api/v1/replies/{id}/files/{index}", tag = "replies",
    params(("id" = String, Path), ("index" = u32, Path, description = "From 0.")),
    responses(
        (status = 200, body = Vec<u8>, content_type = "application/octet-stream"),
        (status = "4XX", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(in crate::portal) async fn file(
    State(state): State<PortalState>,
    caller: Caller,
    Path((id, index)): Path<(String, String)>,
) -> Result<Response, Fault> {
    download::of_reply(&state, &caller.account, &id, &index).await
}
