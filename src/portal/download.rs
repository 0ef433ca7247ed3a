//! What is fetched as a file: attachments, the whole message, one's own files; and the message's HTML with its pictures.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use bytes::Bytes;

use super::addressee::Addressee;
use super::cookie::percent;
use super::fault::Fault;
use super::form::is_media_type;
use super::grant::Grant;
use super::mailbox::{find, subject};
use super::reading::{self, Share};
use super::state::PortalState;
use super::view::SandboxPage;
use super::visitor::Citizen;
use crate::domain::account::Account;
use crate::domain::ids::{RecordId, ReplyId};
use crate::domain::record::{Attachment, Record};
use crate::intake::{self, ReadOptions};

/// Whatever a file holds, opened in a browser it can do nothing.
const FILE_POLICY: HeaderValue = HeaderValue::from_static("default-src 'none'; sandbox; frame-ancestors 'none'");

/// The message's HTML: no script, nothing from elsewhere, in our own frame. Its links open beside the portal, when a
/// person clicks them, and know nothing of where they were.
const SANDBOX_POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; img-src 'self' data:; style-src 'unsafe-inline'; frame-ancestors 'self'; \
     sandbox allow-popups allow-popups-to-escape-sandbox",
);

/// Pictures that browsers show. SVG is a document, and not among them.
const PICTURES: [&str; 7] =
    ["image/png", "image/jpeg", "image/gif", "image/webp", "image/bmp", "image/avif", "image/apng"];

/// An answer that the browser saves: type, name, size.
pub(super) fn file(octets: Bytes, share: Share, media_type: &str, filename: &str) -> Response {
    let size = octets.len();
    let mut response = reading::body(octets, share).into_response();
    let kind = if is_media_type(media_type) { media_type } else { "application/octet-stream" };
    let fields = response.headers_mut();
    let mut set = |name, value: String| {
        if let Ok(value) = HeaderValue::try_from(value) {
            fields.insert(name, value);
        }
    };
    set(header::CONTENT_TYPE, kind.to_owned());
    set(header::CONTENT_DISPOSITION, disposition(filename));
    set(header::CONTENT_LENGTH, size.to_string());
    fields.insert(header::CONTENT_SECURITY_POLICY, FILE_POLICY);
    response
}

/// `attachment` with the name in ASCII and, where that is not all of it, in UTF-8 (RFC 6266 §4.3, RFC 8187).
fn disposition(filename: &str) -> String {
    let plain = |c: char| if c.is_ascii_graphic() || c == ' ' { c } else { '_' };
    let ascii: String = filename.chars().map(plain).filter(|c| !matches!(c, '"' | '\\' | '%')).collect();
    if ascii == filename {
        format!("attachment; filename=\"{ascii}\"")
    } else {
        format!("attachment; filename=\"{ascii}\"; filename*=UTF-8''{}", percent(filename))
    }
}

/// One attachment of a record, decoded.
pub(super) async fn decoded(
    state: &PortalState,
    account: &Account,
    record: &Record,
    index: usize,
) -> Result<(Attachment, Bytes, Share), Fault> {
    let share = state.reading.message(record.size).await?;
    let letter = state.store.letter(&account.id, record.id).await?.ok_or_else(Fault::not_found)?;
    let found = tokio::task::spawn_blocking(move || intake::attachment_with(&letter.raw, index, &letter.seals)).await;
    let (attachment, octets) =
        found.map_err(|_| Fault::internal("an attachment could not be read"))?.ok_or_else(Fault::not_found)?;
    Ok((attachment, octets.into(), share))
}

/// `GET /messages/{id}/attachments/{index}`.
pub(super) async fn attachment(
    State(state): State<PortalState>,
    citizen: Citizen,
    Path((id, index)): Path<(String, String)>,
) -> Result<Response, Fault> {
    let record = find(&state, &citizen.account, &id).await?;
    let index = index.parse().map_err(|_| Fault::not_found())?;
    let (attachment, octets, share) = decoded(&state, &citizen.account, &record, index).await?;
    Ok(file(octets, share, &attachment.media_type, &attachment.filename))
}

/// `GET /messages/{id}/raw`.
pub(super) async fn raw(
    State(state): State<PortalState>,
    citizen: Citizen,
    Path(id): Path<String>,
) -> Result<Response, Fault> {
    let record = find(&state, &citizen.account, &id).await?;
    whole(&state, &citizen.account, &record).await
}

/// The citizen's copy of the message: our fields on top, and no other recipient in its header.
pub(super) async fn whole(state: &PortalState, account: &Account, record: &Record) -> Result<Response, Fault> {
    // As it came, and the copy.
    let share = state.reading.octets(record.size.saturating_mul(2)).await?;
    let (raw, trace) = state.store.received(&account.id, record.id).await?.ok_or_else(Fault::not_found)?;
    let (here, shown) = (state.clone(), Addressee::of(record));
    let copied = tokio::task::spawn_blocking(move || match shown {
        Addressee::Anybody => [trace.as_bytes(), &raw[..]].concat(),
        Addressee::Hashed(_) => {
            intake::copy(&raw, &trace, &|to| shown.is(to, &here.keys), &|to| here.settings.served.has(to))
        }
    });
    let copied = copied.await;
    let copy: Bytes = copied.map_err(|_| Fault::internal("a message could not be copied"))?.into();
    Ok(file(copy, share, "message/rfc822", &format!("{}.eml", record.id)))
}

/// `GET /replies/{id}/files/{index}`: what one sent oneself.
pub(super) async fn own_file(
    State(state): State<PortalState>,
    citizen: Citizen,
    Path((id, index)): Path<(String, String)>,
) -> Result<Response, Fault> {
    of_reply(&state, &citizen.account, &id, &index).await
}

/// One file of a reply.
pub(super) async fn of_reply(state: &PortalState, account: &Account, id: &str, index: &str) -> Result<Response, Fault> {
    let id: ReplyId = id.parse().map_err(|_| Fault::not_found())?;
    let index: u32 = index.parse().map_err(|_| Fault::not_found())?;
    let reply = state.store.reply(&account.id, id).await?.ok_or_else(Fault::not_found)?;
    let size = reply.files.iter().find(|file| file.index == index).ok_or_else(Fault::not_found)?.size;
    let share = state.reading.octets(size).await?;
    let found = state.store.reply_file(&account.id, id, index).await?;
    let (about, octets) = found.ok_or_else(Fault::not_found)?;
    Ok(file(octets, share, &about.media_type, &about.filename))
}

/// `GET /messages/{id}/html`: the message's HTML alone, for the frame.
pub(super) async fn html(
    State(state): State<PortalState>,
    citizen: Citizen,
    Path(id): Path<String>,
) -> Result<Response, Fault> {
    let record = find(&state, &citizen.account, &id).await?;
    let grant = Grant { account: citizen.account.id.clone(), record: record.id };
    let sealed = grant.seal(&state.keys, &state.clock, &state.ids).ok_or_else(|| Fault::internal("no cipher"))?;
    let _share = state.reading.message(record.size).await?;
    let letter = state.store.letter(&citizen.account.id, record.id).await?.ok_or_else(Fault::not_found)?;
    let words = state.words(citizen.visitor.language);
    let folds = intake::Page {
        earlier: words.t("show-earlier"),
        signature: words.t("show-signature"),
        hidden: words.t("show-hidden"),
    };
    let options =
        ReadOptions { inline_base: Some(format!("/pictures/{sealed}/")), page: Some(folds), ..ReadOptions::default() };
    let content = reading::content(letter, options).await?;
    let page = SandboxPage {
        language: content.language,
        title: subject(&words, &record),
        html: content.html.ok_or_else(Fault::not_found)?,
    };
    let page = page.render().map_err(|_| Fault::internal("a template could not be rendered"))?;
    let mut response = Html(page).into_response();
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, SANDBOX_POLICY);
    response.headers_mut().insert(header::X_FRAME_OPTIONS, HeaderValue::from_static("SAMEORIGIN"));
    Ok(response)
}

/// `GET /pictures/{grant}/{index}`: a picture inside a message's HTML.
pub(super) async fn picture(
    State(state): State<PortalState>,
    Path((sealed, index)): Path<(String, String)>,
) -> Result<Response, Fault> {
    let grant = Grant::open(&sealed, &state.keys, state.clock.now()).ok_or_else(Fault::not_found)?;
    let index = index.parse().map_err(|_| Fault::not_found())?;
    let account = state.store.account(&grant.account).await?.ok_or_else(Fault::not_found)?;
    let id: RecordId = grant.record;
    let record = state.store.record(&account.id, id).await?.ok_or_else(Fault::not_found)?;
    let (attachment, octets, share) = decoded(&state, &account, &record, index).await?;
    let kind = PICTURES.into_iter().find(|kind| *kind == attachment.media_type).ok_or_else(Fault::not_found)?;
    let mut fields = HeaderMap::new();
    fields.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    fields.insert(header::CONTENT_LENGTH, HeaderValue::from(octets.len()));
    fields.insert(header::CONTENT_SECURITY_POLICY, FILE_POLICY);
    // The sandbox counts as another site; the sealed link is what lets it in.
    fields.insert("cross-origin-resource-policy", HeaderValue::from_static("cross-origin"));
    Ok((StatusCode::OK, fields, reading::body(octets, share)).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_reaches_the_browser_whole_and_breaks_nothing() {
        assert_eq!(disposition("beslut.pdf"), "attachment; filename=\"beslut.pdf\"");
        assert_eq!(
            disposition("päätös \"1\".pdf"),
            "attachment; filename=\"p__t_s 1.pdf\"; filename*=UTF-8''p%C3%A4%C3%A4t%C3%B6s%20%221%22.pdf"
        );
        assert!(HeaderValue::try_from(disposition("a\r\nX: y")).is_ok());
    }
}
