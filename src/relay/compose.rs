//! An outbox item → the e-mail that leaves. The same item gives the same octets at every repeat: Date is the time of
//! queueing, Message-ID was fixed then, boundaries come from the item's id.
//!
//! Everything is ASCII in lines of CRLF with at most 998 octets, so that any next hop takes it as it is; only an
//! address whose local part is not ASCII needs SMTPUTF8. The office's case reference stands in the subject as
//! `[dnr …]`: case systems file by it, and a clerk's answer brings it back to us in a form that we read.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use bytes::Bytes;
use jiff::Timestamp;
use jiff::fmt::rfc2822;
use jiff::tz::TimeZone;
use lettre::message::Body;
use lettre::message::header::{ContentDisposition, ContentTransferEncoding, HeaderName, HeaderValue, Headers};

use crate::domain::address::{Domain, LocalPart, Mailbox, ReversePath};
use crate::domain::ids::OutboxId;
use crate::domain::keys::Keys;
use crate::domain::language::{Language, Names};
use crate::domain::reply::{Claimed, Composed, Outgoing, OutgoingReply, ReplyFile};
use crate::domain::token;
use crate::relay::{codes, words};
use crate::texts::text;

/// Who we are in what we write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The domain that our addresses are made with.
    pub domain: Domain,
    /// The service's name: From of notices, and their signature.
    pub name: Names,
    /// The portal's front page, as notices show it.
    pub portal: String,
}

/// References that are kept: the first names the thread, the last are where mail programs look for it.
const NEWEST_REFERENCES: usize = 30;
/// Longest Message-ID that goes into a field: with its indent it must fit a line (RFC 5322 §2.1.1).
const LONGEST_MESSAGE_ID: usize = 900;
/// Octets to a line of base64 (RFC 2045 §6.8): 76 characters.
const BASE64_LINE: usize = 57;

/// Writes the message of an outbox item.
#[must_use]
pub fn compose(item: &Claimed, identity: &Identity, keys: &Keys) -> Composed {
    let bytes = match &item.what {
        Outgoing::Reply(reply) => citizen_reply(item, reply, identity, keys),
        Outgoing::Notice { language, office } => notice(item, *language, office, identity, keys),
    };
    let local = LocalPart::parse(&token::return_path(keys, item.id));
    Composed {
        reverse_path: local.map_or(ReversePath::Null, |local| {
            ReversePath::Mailbox(Mailbox { local, domain: identity.domain.clone() })
        }),
        to: item.to.clone(),
        bytes: Bytes::from(bytes),
    }
}

fn citizen_reply(item: &Claimed, reply: &OutgoingReply, identity: &Identity, keys: &Keys) -> Vec<u8> {
    let from = token::conversation(keys, reply.conversation, &reply.office);
    let subject = answer_subject(&reply.subject, reply.case_reference.as_deref());
    let mut headers = front(item, &reply.citizen_name, &from, &subject, identity, keys);
    if let Some(id) = reply.in_reply_to.as_deref().filter(|id| is_message_id(id)) {
        set(&mut headers, "In-Reply-To", format!("<{id}>"));
    }
    let references = references(reply);
    if !references.is_empty() {
        set(&mut headers, "References", references);
    }
    let size = reply.reply.files.iter().map(|f| f.bytes.len() / 2 * 3).sum::<usize>() + reply.reply.text.len() * 2;
    let mut out = Vec::with_capacity(size + 4096);
    if reply.reply.files.is_empty() {
        write_text(&mut out, headers, &reply.reply.text);
        return out;
    }
    let boundary = boundary(item.id);
    set(&mut headers, "Content-Type", format!("multipart/mixed; boundary=\"{boundary}\""));
    out.extend_from_slice(headers.to_string().as_bytes());
    out.extend_from_slice(b"\r\n");
    write_delimiter(&mut out, &boundary, "");
    write_text(&mut out, Headers::new(), &reply.reply.text);
    for file in &reply.reply.files {
        write_delimiter(&mut out, &boundary, "");
        write_file(&mut out, file);
    }
    write_delimiter(&mut out, &boundary, "--");
    out
}

/// "Something has come" (RFC 3834 §5): nothing may answer it, and it says nothing but whose message it is.
fn notice(item: &Claimed, language: Language, office: &str, identity: &Identity, keys: &Keys) -> Vec<u8> {
    let service = identity.name.get(language);
    let subject = text(language, "notice-subject", &[]);
    // Nobody reads answers, but the address must exist: receivers check. RFC 5321 §4.5.1 has every domain read this one.
    let mut headers = front(item, service, "postmaster", &subject, identity, keys);
    set(&mut headers, "Auto-Submitted", "auto-generated".to_owned());
    set(&mut headers, "X-Auto-Response-Suppress", "All".to_owned()); // what Exchange asks instead of RFC 3834
    set(&mut headers, "Content-Language", language.tag().to_owned());
    let args = [("office", office.into()), ("portal", identity.portal.as_str().into()), ("service", service.into())];
    let mut out = Vec::with_capacity(2048);
    write_text(&mut out, headers, &text(language, "notice-body", &args));
    out
}

/// The fields that every message has.
fn front(item: &Claimed, name: &str, from: &str, subject: &str, identity: &Identity, keys: &Keys) -> Headers {
    let mut headers = Headers::new();
    set(&mut headers, "Date", date(item.queued));
    let address = format!("<{from}@{}>", identity.domain.wire());
    let name = words::phrase(name);
    // The name may fill its line: the address takes the next.
    set(&mut headers, "From", if name.is_empty() { address } else { format!("{name}\r\n {address}") });
    set(&mut headers, "To", format!("<{}>", item.to.wire()));
    set(&mut headers, "Subject", words::unstructured(subject));
    set(&mut headers, "Message-ID", format!("<{}>", item.message_id));
    set(&mut headers, "MIME-Version", "1.0".to_owned());
    // By this we know it again, whatever a server on the way makes of the rest.
    set(&mut headers, token::MARK_FIELD, token::mark(keys, item.id));
    headers
}

/// `value` must be ASCII (addresses aside), folded, and free of CR and LF otherwise: every caller sees to it.
fn set(headers: &mut Headers, name: &'static str, value: String) {
    let name = HeaderName::new_from_ascii_str(name);
    headers.insert_raw(HeaderValue::dangerous_new_pre_encoded(name, String::new(), value));
}

/// RFC 5322 §3.3, in UTC. A time that no calendar of four digits has gives an empty field; the outbox has none such.
fn date(at: Timestamp) -> String {
    rfc2822::DateTimePrinter::new().zoned_datetime_to_string(&at.to_zoned_datetime(TimeZone::UTC)).unwrap_or_default()
}

/// `Re:` in front, unless the subject has it, or the Swedish or Finnish form, and the case reference behind, unless it
/// is in there.
fn answer_subject(subject: &str, case_reference: Option<&str>) -> String {
    let subject = words::one_line(subject);
    let answered = ["re:", "sv:", "vs:"]
        .iter()
        .any(|prefix| subject.get(..3).is_some_and(|start| start.eq_ignore_ascii_case(prefix)));
    let mut shown = if answered { subject } else { format!("Re: {subject}").trim_end().to_owned() };
    if let Some(reference) = case_reference.map(words::one_line)
        && !reference.is_empty()
        && !reference.contains(['[', ']'])
        && !shown.contains(&reference)
        && !codes::has_code(&reference)
    {
        shown.push_str(" [dnr ");
        shown.push_str(&reference);
        shown.push(']');
    }
    codes::without_codes(&shown)
}

fn references(reply: &OutgoingReply) -> String {
    let ids: Vec<&str> = reply.references.iter().map(String::as_str).filter(|id| is_message_id(id)).collect();
    let newest = ids.len().saturating_sub(NEWEST_REFERENCES).max(1).min(ids.len());
    let (first, last) = (ids.first(), ids.get(newest..).unwrap_or_default());
    first.into_iter().chain(last).map(|id| format!("<{id}>")).collect::<Vec<_>>().join("\r\n ")
}

/// Whether this may stand between angle brackets in a field of ASCII. One that may not is left out: a thread that the
/// office's program joins by subject is better than a message that no server takes.
fn is_message_id(id: &str) -> bool {
    (1..=LONGEST_MESSAGE_ID).contains(&id.len())
        && id.bytes().all(|c| c.is_ascii_graphic() && c != b'<' && c != b'>')
        && !codes::has_code(id)
}

/// `=_` stands in no line of quoted-printable or base64 (RFC 2045 §6.7).
fn boundary(id: OutboxId) -> String {
    format!("=_{id}")
}

fn write_delimiter(out: &mut Vec<u8>, boundary: &str, end: &str) {
    for piece in ["\r\n--", boundary, end, "\r\n"] {
        out.extend_from_slice(piece.as_bytes());
    }
}

/// A part of text: headers, the fields of its type, an empty line, its lines.
fn write_text(out: &mut Vec<u8>, mut headers: Headers, text: &str) {
    let mut lines = text.replace("\r\n", "\n").replace(['\r', '\0'], "\n");
    lines.truncate(lines.trim_end_matches('\n').len());
    // lettre inserts each CR on its own, which is slow on long texts: here they are there already.
    let mut lines = lines.replace('\n', "\r\n");
    lines.push_str("\r\n");
    set(&mut headers, "Content-Type", "text/plain; charset=utf-8".to_owned());
    if is_plain(&lines) {
        set(&mut headers, "Content-Transfer-Encoding", "7bit".to_owned());
        out.extend_from_slice(headers.to_string().as_bytes());
        out.extend_from_slice(b"\r\n");
        out.extend_from_slice(lines.as_bytes());
        return;
    }
    set(&mut headers, "Content-Transfer-Encoding", "quoted-printable".to_owned());
    out.extend_from_slice(headers.to_string().as_bytes());
    out.extend_from_slice(b"\r\n");
    match Body::new_with_encoding(lines, ContentTransferEncoding::QuotedPrintable) {
        Ok(body) => out.extend_from_slice(body.as_ref()),
        Err(raw) => out.extend_from_slice(&raw), // quoted-printable takes everything
    }
}

/// Whether text may go unencoded: nothing in it that a server on the way might change, and nothing like a boundary.
fn is_plain(lines: &str) -> bool {
    lines.split("\r\n").all(|line| {
        line.len() <= 78
            && line.bytes().all(|c| c == b'\t' || c == b' ' || c.is_ascii_graphic())
            && !line.ends_with([' ', '\t'])
            && !line.starts_with("From ")
            && !line.starts_with("--=_")
    })
}

fn write_file(out: &mut Vec<u8>, file: &ReplyFile) {
    let name = words::one_line(&file.filename);
    let mut headers = Headers::new();
    // RFC 2231 in the disposition is the standard; Outlook and others of its age read RFC 2047 in the type's name.
    set(&mut headers, "Content-Type", format!("{};\r\n name={}", media_type(&file.media_type), words::quoted(&name)));
    headers.set(ContentDisposition::attachment(&name));
    set(&mut headers, "Content-Transfer-Encoding", "base64".to_owned());
    out.extend_from_slice(headers.to_string().as_bytes());
    out.extend_from_slice(b"\r\n");
    let mut line = [0; BASE64_LINE.div_ceil(3) * 4];
    for piece in file.bytes.chunks(BASE64_LINE) {
        // The line holds the longest piece: encoding cannot fail.
        let len = BASE64.encode_slice(piece, &mut line).unwrap_or_default();
        out.extend_from_slice(&line[..len]);
        out.extend_from_slice(b"\r\n");
    }
}

/// The type as given, where it is one. `multipart` and `message` may not be in base64 (RFC 2046 §5.2.1, RFC 2045 §6.4).
fn media_type(given: &str) -> &str {
    let token = |part: &str| {
        !part.is_empty()
            && part.len() <= 127
            && part.bytes().all(|c| c.is_ascii_alphanumeric() || b"!#$&^_.+-".contains(&c))
    };
    match given.split_once('/') {
        Some((top, sub))
            if token(top) && token(sub) && !["multipart", "message"].iter().any(|t| top.eq_ignore_ascii_case(t)) =>
        {
            given
        }
        _ => "application/octet-stream",
    }
}
