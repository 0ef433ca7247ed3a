//! A conversation as a page shows it: the office's messages and one's own replies, in order of time, each reply with
//! how far it has come.

use jiff::Timestamp;

use super::body;
use super::mailbox::{office_name, subject};
use super::view::{Entry, FileView, StateView, Thanks, When};
use super::words::Words;
use crate::domain::directory::Directory;
use crate::domain::record::Record;
use crate::domain::reply::{OutboxState, SentReply};
use crate::domain::status::Status;

/// All of it, oldest first.
pub(super) fn entries(
    words: &Words,
    directory: &Directory,
    here: &Record,
    records: &[Record],
    replies: &[SentReply],
) -> Vec<Entry> {
    let theirs = records.iter().map(|record| (record.received, record_entry(words, directory, here, record)));
    let ours = replies.iter().map(|reply| (reply.written, reply_entry(words, reply)));
    let mut all: Vec<(Timestamp, Entry)> = theirs.chain(ours).collect();
    all.sort_by_key(|(at, _)| *at);
    all.into_iter().map(|(_, entry)| entry).collect()
}

fn record_entry(words: &Words, directory: &Directory, here: &Record, record: &Record) -> Entry {
    Entry::Record {
        href: format!("/messages/{}", record.id),
        here: record.id == here.id,
        office: office_name(words, directory, record),
        subject: subject(words, record),
        when: When { shown: words.moment(record.date), iso: record.date.to_string() },
        kind: record.kind.word(),
        kind_shown: words.t(&format!("kind-{}", record.kind.word())),
    }
}

fn reply_entry(words: &Words, reply: &SentReply) -> Entry {
    let files = reply.files.iter().map(|file| FileView {
        href: format!("/replies/{}/files/{}", reply.id, file.index),
        name: file.filename.clone(),
        about: format!("{}, {}", kind_of_file(&file.media_type), words.size(file.size)),
        note: None,
        damaged: false,
    });
    Entry::Reply {
        anchor: format!("reply-{}", reply.id),
        when: When { shown: words.moment(reply.written), iso: reply.written.to_string() },
        pieces: body::pieces(&reply.text, false),
        files: files.collect(),
        state: state(words, reply),
    }
}

/// How far a reply has come, in words on which the citizen can act.
fn state(words: &Words, reply: &SentReply) -> StateView {
    let reason = || words.t(reason(reply.last_status));
    let detail = match reply.state {
        OutboxState::Waiting => {
            let until = match reply.next_attempt {
                Some(at) => words.one("state-waiting-until", "when", words.brief_moment(at)),
                None => words.t("state-held"),
            };
            Some(match reply.last_status {
                Some(_) => format!("{} {until}", words.one("reason-last", "reason", reason())),
                None => until,
            })
        }
        OutboxState::Sending => None,
        OutboxState::Sent => Some(match reply.news {
            Some(news) => words.t(&format!("news-{}", news.word())),
            None => words.t("state-sent-about"),
        }),
        OutboxState::Failed => Some(reason()),
        OutboxState::Unsure if reply.next_attempt.is_some() => Some(words.t("state-unsure-about")),
        OutboxState::Unsure => Some(words.t("state-unsure-end")),
    };
    StateView { word: reply.state.word(), label: words.t(&format!("state-{}", reply.state.word())), detail }
}

/// The sentence for what the office's server last said (RFC 3463).
fn reason(status: Option<Status>) -> &'static str {
    let Some(Status { code, enhanced }) = status else { return "reason-unreached" };
    match (code, enhanced) {
        (400..500, _) => "reason-busy",
        (_, (5, 2, 2)) => "reason-full",
        (552, _) | (_, (5, 2, 3) | (5, 3, 4)) => "reason-size",
        (_, (5, 1, _)) | (550 | 551 | 553, (5, 0, 0)) => "reason-address",
        _ => "reason-policy",
    }
}

/// What the page says right after a reply was handed in.
pub(super) fn thanks(words: &Words, reply: &SentReply) -> Thanks {
    let sent = reply.state == OutboxState::Sent;
    Thanks { words: words.t(if sent { "reply-was-sent" } else { "reply-saved" }), href: format!("#reply-{}", reply.id) }
}

/// `PDF` rather than `application/pdf`; what has no such name keeps its type.
pub(super) fn kind_of_file(media_type: &str) -> String {
    let known = match media_type {
        "application/pdf" => "PDF",
        "application/msword" | "application/vnd.openxmlformats-officedocument.wordprocessingml.document" => "Word",
        "application/vnd.ms-excel" | "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet" => "Excel",
        "application/vnd.oasis.opendocument.text" => "ODT",
        "application/vnd.oasis.opendocument.spreadsheet" => "ODS",
        "application/zip" | "application/x-zip-compressed" => "ZIP",
        "message/rfc822" => "EML",
        "image/jpeg" => "JPEG",
        "image/png" => "PNG",
        "image/gif" => "GIF",
        "image/webp" => "WebP",
        "text/plain" => "TXT",
        "text/html" => "HTML",
        "text/csv" => "CSV",
        "text/calendar" => "iCalendar",
        other => other,
    };
    known.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_says_what_helps() {
        let of = |code, enhanced| reason(Some(Status { code, enhanced }));
        assert_eq!(reason(None), "reason-unreached");
        assert_eq!(of(550, (5, 1, 1)), "reason-address");
        assert_eq!(of(550, (5, 0, 0)), "reason-address");
        assert_eq!(of(552, (5, 3, 4)), "reason-size");
        assert_eq!(of(552, (5, 2, 2)), "reason-full");
        assert_eq!(of(554, (5, 7, 1)), "reason-policy");
        assert_eq!(of(451, (4, 7, 1)), "reason-busy");
    }
}
