//! The inbox, and one message with its conversation.

use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;

use super::appointment::AppointmentView;
use super::body::{self, Piece};
use super::fault::Fault;
use super::form_id;
use super::reading;
use super::reply::{self, Closed};
use super::seal;
use super::state::PortalState;
use super::thread;
use super::view::{Due, FileView, Frame, InboxPage, MessagePage, ReplyForm, Row, When, page};
use super::visitor::Citizen;
use super::words::Words;
use crate::domain::account::{Account, AccountState};
use crate::domain::directory::Directory;
use crate::domain::ids::{RecordId, ReplyId};
use crate::domain::record::{Attachment, Content, Defect, PartStatus, Record};
use crate::intake::{ReadOptions, quotes};

#[derive(Debug, Deserialize)]
pub(super) struct Paging {
    before: Option<String>,
}

/// The inbox: newest first, a page at a time.
pub(super) async fn inbox(
    State(state): State<PortalState>,
    citizen: Citizen,
    Query(paging): Query<Paging>,
) -> Result<Response, Fault> {
    let before = paging.before.map(|id| id.parse::<RecordId>()).transpose().map_err(|_| Fault::not_found())?;
    let records = state.store.inbox(&citizen.account.id, before, state.settings.limits.page).await?;
    let unread = state.store.unread(&citizen.account.id).await?;
    let directory = state.directory().await?;
    let words = state.words(citizen.visitor.language);
    let back = before.map_or_else(|| "/messages".to_owned(), |id| format!("/messages?before={id}"));
    let rows = records.items.iter().map(|record| row(&words, &directory, record)).collect();
    let shown = InboxPage {
        rows,
        unread: (unread > 0).then(|| words.count("unread-count", unread as usize)),
        first_page: before.is_none(),
        older: records.next.map(|id| format!("/messages?before={id}")),
        waiting: citizen.account.state == AccountState::Waiting,
        frame: Frame::new(words, &citizen.visitor, back),
    };
    page(StatusCode::OK, &shown)
}

fn row(words: &Words, directory: &Directory, record: &Record) -> Row {
    Row {
        href: format!("/messages/{}", record.id),
        unread: record.read.is_none(),
        office: office_name(words, directory, record),
        subject: subject(words, record),
        when: When { shown: words.brief(record.date), iso: record.date.to_string() },
        kind: record.kind.word(),
        kind_shown: words.t(&format!("kind-{}", record.kind.word())),
        due: due(words, record),
        attachments: (record.attachments > 0).then(|| words.count("attachments", record.attachments as usize)),
        automatic: record.auto_submitted,
    }
}

/// What the citizen calls the office.
pub(super) fn office_name(words: &Words, directory: &Directory, record: &Record) -> String {
    let Some(id) = &record.office else { return words.t("postmaster-office") };
    let name = directory.office(id).map(|office| office.name.get(words.language)).unwrap_or_default();
    if name.is_empty() { id.to_string() } else { name.to_owned() }
}

/// The subject, or words for there being none: a link needs something to stand on.
pub(super) fn subject(words: &Words, record: &Record) -> String {
    let subject = record.subject.trim();
    if subject.is_empty() { words.t("no-subject") } else { subject.to_owned() }
}

fn due(words: &Words, record: &Record) -> Option<Due> {
    let date = record.due?;
    let past = words.is_past(date);
    let shown = words.one(if past { "due-past" } else { "due" }, "date", words.date(date));
    Some(Due { shown, iso: date.to_string(), past })
}

/// One's own record of this id. Another's does not exist.
pub(super) async fn find(state: &PortalState, account: &Account, id: &str) -> Result<Record, Fault> {
    let id: RecordId = id.parse().map_err(|_| Fault::not_found())?;
    state.store.record(&account.id, id).await?.ok_or_else(Fault::not_found)
}

#[derive(Debug, Deserialize)]
pub(super) struct Sent {
    sent: Option<String>,
}

/// One message. Opening it marks it read.
pub(super) async fn message(
    State(state): State<PortalState>,
    citizen: Citizen,
    Path(id): Path<String>,
    Query(sent): Query<Sent>,
) -> Result<Response, Fault> {
    let record = find(&state, &citizen.account, &id).await?;
    let (id, unread) = (record.id, record.read.is_none());
    let sent = sent.sent.and_then(|id| id.parse().ok());
    let shown = message_page(&state, &citizen, record, None, sent).await?;
    if unread {
        state.store.mark_read(&citizen.account.id, id).await?;
    }
    page(StatusCode::OK, &shown)
}

/// The page of a message, with an empty form or the one given.
pub(super) async fn message_page(
    state: &PortalState,
    citizen: &Citizen,
    record: Record,
    form: Option<ReplyForm>,
    sent: Option<ReplyId>,
) -> Result<MessagePage, Fault> {
    let share = state.reading.message(record.size).await?;
    let letter = state.store.letter(&citizen.account.id, record.id).await?.ok_or_else(Fault::not_found)?;
    let content = reading::content(letter, ReadOptions::default()).await?;
    let (records, replies) = state.store.conversation(&citizen.account.id, record.conversation).await?;
    let directory = state.directory().await?;
    let words = state.words(citizen.visitor.language);
    let path = format!("/messages/{}", record.id);
    let office = office_name(&words, &directory, &record);
    let sent =
        sent.and_then(|id| replies.iter().find(|reply| reply.id == id)).map(|reply| thread::thanks(&words, reply));
    let (form, reply_off) = match reply::targets(&directory, &citizen.account, &record) {
        Ok(_) => (Some(shown_form(state, citizen, &words, &record, &office, form.unwrap_or_default())), None),
        Err(Closed::Off) => (None, Some(words.t("reply-off"))),
        Err(Closed::Nowhere) => (None, Some(words.t("reply-nowhere"))),
        Err(Closed::NotInUse) => (None, Some(words.t("not-in-use"))),
    };
    let forwarded = quotes::is_forward(&record.subject);
    let pieces = pieces(&content, forwarded);
    let page = MessagePage {
        subject: subject(&words, &record),
        kind: record.kind.word(),
        kind_shown: words.t(&format!("kind-{}", record.kind.word())),
        author: author(&record, &office),
        when: When { shown: words.moment(record.date), iso: record.date.to_string() },
        due: due(&words, &record),
        case_reference: record.case_reference.clone(),
        automatic: record.auto_submitted,
        seal: seal::view(&words, &content, &office),
        content_language: content.language.filter(|tag| tag != words.tag()),
        html_src: content.html.is_some().then(|| format!("{path}/html")),
        html_height: height(&content.text, forwarded),
        appointments: content
            .events
            .iter()
            .map(|event| AppointmentView::of(&words, &path, event, !pieces.is_empty()))
            .collect(),
        pieces,
        files: content.attachments.iter().map(|attachment| file(&words, &path, attachment)).collect(),
        defects: content.defects.iter().map(|defect| plainly(&words, defect)).collect(),
        raw: FileView {
            href: format!("{path}/raw"),
            name: words.t("raw-download"),
            about: words.size(record.size),
            note: None,
            damaged: false,
        },
        entries: thread::entries(&words, &directory, &record, &records, &replies),
        reply_off,
        form,
        sent,
        office,
        frame: Frame::new(words, &citizen.visitor, path),
    };
    drop(share);
    Ok(page)
}

/// How high the text of a message will be, roughly: a page without scripts cannot ask. What is folded does not count.
fn height(text: &str, forwarded: bool) -> &'static str {
    let lines: Vec<&str> = text.lines().collect();
    let shown = quotes::runs(text, forwarded).into_iter().map(|run| match run.part {
        quotes::Part::Earlier | quotes::Part::Signature => 2,
        _ => lines.get(run.lines).unwrap_or_default().iter().map(|line| 1 + line.chars().count() / 80).sum(),
    });
    match shown.sum::<usize>() {
        0..7 => "lines-6",
        7..13 => "lines-12",
        13..19 => "lines-18",
        19..27 => "lines-26",
        _ => "lines-many",
    }
}

fn shown_form(
    state: &PortalState,
    citizen: &Citizen,
    words: &Words,
    record: &Record,
    office: &str,
    form: ReplyForm,
) -> ReplyForm {
    let limits = &state.settings.limits;
    let id = state.ids.next(ReplyId::new);
    let args = [("count", limits.reply_files.into()), ("size", words.size(limits.reply_octets).into())];
    ReplyForm {
        action: format!("/messages/{}/reply", record.id),
        form_id: form_id::sign(&state.keys, id, &citizen.account.id, record.id),
        heading: words.one("reply-to", "office", office),
        limits: words.with("reply-limits", &args),
        ..form
    }
}

/// The text in pieces. A quotation that ends the letter does not take in the message enclosed with it.
fn pieces(content: &Content, forwarded: bool) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut from = 0;
    for end in content.enclosed.iter().copied().chain([content.text.len()]) {
        let text = content.text.get(from..end).unwrap_or_default();
        if !text.trim().is_empty() {
            pieces.extend(body::pieces(text, forwarded));
        }
        from = end;
    }
    pieces
}

/// The clerk, beside the office: name and address, or what there is of them.
fn author(record: &Record, office: &str) -> String {
    match &record.from.name {
        Some(name) if !name.is_empty() && name != office => format!("{name} <{}>", record.from.address),
        _ => record.from.address.clone(),
    }
}

fn file(words: &Words, path: &str, attachment: &Attachment) -> FileView {
    FileView {
        href: format!("{path}/attachments/{}", attachment.index),
        name: attachment.filename.clone(),
        about: format!("{}, {}", thread::kind_of_file(&attachment.media_type), words.size(attachment.size)),
        note: match attachment.status {
            PartStatus::Damaged => Some(words.t("part-damaged")),
            PartStatus::Inline => Some(words.t("part-inline")),
            _ => None,
        },
        damaged: attachment.status == PartStatus::Damaged,
    }
}

/// A defect in plain words; one that we have no words for, as it is.
fn plainly(words: &Words, defect: &Defect) -> String {
    let key = format!("defect-{}", defect.code);
    let mut what = words.t(&key);
    if what == key {
        defect.code.clone_into(&mut what);
    }
    if !defect.detail.is_empty() {
        what = format!("{what} ({})", defect.detail);
    }
    if defect.part == "0" {
        return words.one("defect-message", "what", what);
    }
    words.with("defect-part", &[("part", defect.part.as_str().into()), ("what", what.into())])
}

impl super::state::Inner {
    /// The offices, read again when they have changed.
    pub(super) async fn directory(&self) -> Result<Arc<Directory>, Fault> {
        let version = self.store.directory_version().await?;
        let known = self.offices.load_full();
        if known.version == version {
            return Ok(known);
        }
        let fresh = Arc::new(self.store.directory().await?);
        self.offices.store(Arc::clone(&fresh));
        Ok(fresh)
    }
}
