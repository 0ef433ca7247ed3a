//! The pages: an overview, the outbox, the trace of a message.

use askama::Template;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;

use super::api::Which;
use super::login::SignedIn;
use crate::domain::event::Event;
use crate::domain::reply::{OutboxItem, OutboxState};
use crate::portal::fault::Fault;
use crate::portal::{Frame, PortalState, Visitor, page};

fn frame(state: &PortalState, visitor: &Visitor, path: &str) -> Frame {
    Frame::plain(state.words(visitor.language), path)
}

/// A heading with its counts.
struct Group {
    title: String,
    counts: Vec<(String, u64)>,
}

#[derive(Template)]
#[template(path = "admin_overview.html")]
struct Overview {
    frame: Frame,
    here: &'static str,
    groups: Vec<Group>,
}

pub(super) async fn overview(
    State(state): State<PortalState>,
    _: SignedIn,
    visitor: Visitor,
) -> Result<Response, Fault> {
    let kept = state.store.stats().await?;
    let frame = frame(&state, &visitor, "/admin/");
    let words = &frame.w;
    let by_word = |key: &str, counts: std::collections::BTreeMap<String, u64>| Group {
        title: words.t(key),
        counts: counts.into_iter().collect(),
    };
    let door = Group {
        title: words.t("admin-door"),
        counts: vec![
            (words.t("admin-records"), kept.records),
            (words.t("admin-messages"), kept.messages),
            (words.t("admin-syncs"), kept.syncs),
            (words.t("admin-events"), kept.events),
        ],
    };
    let groups = vec![
        door,
        by_word("admin-outbox", kept.outbox),
        by_word("admin-accounts", kept.accounts),
        by_word("admin-refusals", kept.refusals),
    ];
    page(StatusCode::OK, &Overview { groups, here: "overview", frame })
}

struct ItemView {
    id: String,
    purpose: &'static str,
    state: &'static str,
    held: bool,
    attempts: u32,
    queued: String,
    next: Option<String>,
    last: Option<String>,
    domain: String,
}

#[derive(Template)]
#[template(path = "admin_queue.html")]
struct QueuePage {
    frame: Frame,
    here: &'static str,
    states: Vec<(&'static str, bool)>,
    all: bool,
    items: Vec<ItemView>,
}

pub(super) async fn queue(
    State(state): State<PortalState>,
    _: SignedIn,
    visitor: Visitor,
    Query(which): Query<Which>,
) -> Result<Response, Fault> {
    let (of, limit) = which.read()?;
    let items = state.store.outbox_list(of, limit).await?;
    let frame = frame(&state, &visitor, "/admin/queue");
    let words = &frame.w;
    let view = |item: OutboxItem| ItemView {
        id: item.id.to_string(),
        purpose: item.purpose,
        state: item.state.word(),
        held: item.held,
        attempts: item.attempts,
        queued: words.moment(item.queued),
        next: item.next_attempt.map(|at| words.moment(at)),
        last: item.last,
        domain: item.domain,
    };
    let all = [OutboxState::Waiting, OutboxState::Sending, OutboxState::Sent, OutboxState::Failed, OutboxState::Unsure];
    let states = all.into_iter().map(|state| (state.word(), Some(state) == of)).collect();
    page(
        StatusCode::OK,
        &QueuePage { items: items.into_iter().map(view).collect(), states, all: of.is_none(), here: "queue", frame },
    )
}

#[derive(Debug, Deserialize)]
pub(super) struct Asked {
    id: Option<String>,
}

struct EventView {
    at: String,
    node: String,
    what: String,
    subject: String,
    detail: String,
}

#[derive(Template)]
#[template(path = "admin_trace.html")]
struct TracePage {
    frame: Frame,
    here: &'static str,
    asked: String,
    events: Vec<EventView>,
}

pub(super) async fn trace(
    State(state): State<PortalState>,
    _: SignedIn,
    visitor: Visitor,
    Query(asked): Query<Asked>,
) -> Result<Response, Fault> {
    let asked = asked.id.unwrap_or_default().trim().to_owned();
    let events = if asked.is_empty() { Vec::new() } else { state.store.trace(&asked).await? };
    let frame = frame(&state, &visitor, "/admin/trace");
    let view = |event: Event| EventView {
        at: frame.w.moment(event.at),
        node: event.node,
        what: event.what,
        subject: event.subject,
        detail: event.detail,
    };
    let events = events.into_iter().map(view).collect();
    page(StatusCode::OK, &TracePage { asked, events, here: "trace", frame })
}
