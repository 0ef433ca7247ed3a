//! `/api/v1/admin`.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::header;
use axum::response::IntoResponse;
use serde::{Deserialize, Serialize};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::{IntoParams, Modify, OpenApi, ToSchema};

use crate::domain::event::Event;
use crate::domain::ids::OutboxId;
use crate::domain::reply::{OutboxItem, OutboxState};
use crate::portal::fault::{Fault, Problem};
use crate::portal::{Admin, PortalState};
use crate::store::Stats;

/// Counts.
#[derive(Debug, Serialize)]
pub(super) struct StatsJson {
    #[serde(flatten)]
    counts: Stats,
    messages_a_sync: f64,
}

/// Counts of what is kept.
#[derive(ToSchema)]
#[schema(as = Stats)]
#[expect(dead_code, reason = "stands for its schema")]
struct StatsSchema {
    /// In all mailboxes.
    records: u64,
    /// By state.
    accounts: BTreeMap<String, u64>,
    /// By state.
    outbox: BTreeMap<String, u64>,
    /// Of all gateways.
    events: u64,
    /// By class.
    refusals: BTreeMap<String, u64>,
    /// That came to the door.
    messages: u64,
    /// That they shared.
    syncs: u64,
    /// How many messages shared a sync.
    messages_a_sync: f64,
}

/// One turn in a message's fate.
#[derive(ToSchema)]
#[schema(as = Event)]
#[expect(dead_code, reason = "stands for its schema")]
struct EventSchema {
    /// Which gateway wrote it.
    node: String,
    /// From 1, per gateway.
    number: i64,
    /// When.
    #[schema(format = DateTime)]
    at: String,
    /// The id of what it happened to.
    subject: String,
    /// `kept`, `read`, `queued`, `sent` and so on.
    what: String,
    /// More, in `key=value` words; no address or content.
    detail: String,
    /// Hex of SHA-256 over the event before it and this one.
    hash: String,
}

/// An outbox item.
#[derive(ToSchema)]
#[schema(as = OutboxItem)]
#[expect(dead_code, reason = "stands for its schema")]
struct ItemSchema {
    /// Its id.
    id: String,
    /// `reply` or `notice`.
    purpose: String,
    /// `waiting`, `sending`, `sent`, `failed` or `unsure`.
    state: String,
    /// Whether an admin has paused it.
    held: bool,
    /// How many attempts have ended.
    attempts: u32,
    /// When it was queued.
    #[schema(format = DateTime)]
    queued: String,
    /// When it is tried next.
    #[schema(format = DateTime)]
    next_attempt: Option<String>,
    /// What the last attempt came to.
    last: Option<String>,
    /// The domain that it goes to.
    domain: String,
    /// Without brackets.
    message_id: String,
}

/// All that was found.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Found<T> {
    items: Vec<T>,
}

/// Counts of what is kept, of all gateways.
#[utoipa::path(
    get, path = "/api/v1/admin/stats",
    responses(
        (status = 200, body = StatsSchema),
        (status = "4XX", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn stats(State(state): State<PortalState>, _: Admin) -> Result<Json<StatsJson>, Fault> {
    let counts = state.store.stats().await?;
    Ok(Json(StatsJson { messages_a_sync: counts.messages_a_sync(), counts }))
}

/// What became of a message: all events that belong together, oldest first.
#[utoipa::path(
    get, path = "/api/v1/admin/trace/{id}",
    params(("id" = String, Path, description = "The id of an arrival, a record, a reply or an outbox item, or a Message-ID.")),
    responses(
        (status = 200, body = Found<EventSchema>),
        (status = "4XX", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn trace(
    State(state): State<PortalState>,
    _: Admin,
    Path(id): Path<String>,
) -> Result<Json<Found<Event>>, Fault> {
    let items = state.store.trace(&id).await?;
    if items.is_empty() { Err(Fault::not_found()) } else { Ok(Json(Found { items })) }
}

/// Which part of the outbox.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Which {
    /// `waiting`, `sending`, `sent`, `failed` or `unsure`; else all.
    pub(super) state: Option<String>,
    /// How many, 1 to 1000.
    #[param(minimum = 1, maximum = 1000, default = 100)]
    limit: Option<u32>,
}

impl Which {
    pub(super) fn read(&self) -> Result<(Option<OutboxState>, u32), Fault> {
        let state = match self.state.as_deref().filter(|word| !word.is_empty()) {
            Some(word) => Some(OutboxState::from_word(word).ok_or_else(Fault::unreadable)?),
            None => None,
        };
        let limit = self.limit.unwrap_or(100);
        if (1..=1000).contains(&limit) { Ok((state, limit)) } else { Err(Fault::unreadable()) }
    }
}

/// What waits to be sent, and what was.
#[utoipa::path(
    get, path = "/api/v1/admin/queue", params(Which),
    responses(
        (status = 200, body = Found<ItemSchema>),
        (status = "4XX", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn queue(
    State(state): State<PortalState>,
    _: Admin,
    Query(which): Query<Which>,
) -> Result<Json<Found<OutboxItem>>, Fault> {
    let (of, limit) = which.read()?;
    Ok(Json(Found { items: state.store.outbox_list(of, limit).await? }))
}

/// One outbox item.
#[utoipa::path(
    get, path = "/api/v1/admin/queue/{id}", params(("id" = String, Path)),
    responses(
        (status = 200, body = ItemSchema),
        (status = "4XX", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn item(
    State(state): State<PortalState>,
    _: Admin,
    Path(id): Path<String>,
) -> Result<Json<OutboxItem>, Fault> {
    let id: OutboxId = id.parse().map_err(|_| Fault::not_found())?;
    state.store.outbox_show(id).await?.map(Json).ok_or_else(Fault::not_found)
}

#[derive(OpenApi)]
#[openapi(
    info(title = "Brevbro: administration", description = "Counts, traces and the outbox, for mail admins."),
    paths(stats, trace, queue, item),
    modifiers(&Security),
    security(("token" = [])),
)]
struct Document;

struct Security;

impl Modify for Security {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build();
        let schemes = &mut document.components.get_or_insert_default().security_schemes;
        schemes.insert("token".to_owned(), SecurityScheme::Http(bearer).into());
    }
}

static DOCUMENT: LazyLock<String> = LazyLock::new(|| Document::openapi().to_json().unwrap_or_default());

/// `GET /api/v1/admin/openapi.json`.
pub(super) async fn openapi() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "public, max-age=3600")], DOCUMENT.as_str())
}
