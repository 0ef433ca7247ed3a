//! The whole message.

use std::collections::HashSet;

use mail_parser::{HeaderName, Message, MessagePart, PartFlags};

use super::body::{self, Body};
use super::html::{Page, Shown};
use super::opened::Opened;
use super::text::{Faults, tidy, unlabelled};
use super::tree::{Fate, Tree, is_unopened};
use super::{Limits, attachments, defects, fields, glance, quotes};
use crate::domain::record::{Content, Defect};
use crate::smime::Keyring;

/// How a message is to be read.
#[derive(Debug, Clone, Default)]
pub struct ReadOptions {
    /// Pictures in the HTML get this address with the attachment's index behind: `/…/attachments/`. Without it they keep
    /// their `cid:`.
    pub inline_base: Option<String>,
    /// The HTML is for the page of the message: what is earlier is folded, under these words, and colours are for a light
    /// and a dark ground. Without it the HTML is as the message has it.
    pub page: Option<Page>,
}

/// Reads everything. Never fails: what is wrong stands in the defects.
#[must_use]
pub fn read(raw: &[u8], limits: &Limits) -> Content {
    read_with(raw, limits, &ReadOptions::default())
}

/// Reads everything, as the options say.
#[must_use]
pub fn read_with(raw: &[u8], limits: &Limits, options: &ReadOptions) -> Content {
    Opened::of(raw, limits, &Keyring::default()).content(options)
}

impl Opened<'_> {
    /// The whole message.
    #[must_use]
    pub fn content(&self, options: &ReadOptions) -> Content {
        let (limits, parsed) = (&self.limits, self.parsed());
        let Some(Some(message)) = parsed.first() else { return without_headers(self.raw(), limits) };
        let tree = Tree::of(self, &parsed);
        let glance = glance::of(message, &tree, limits);
        let headers = message.headers();
        let mut found = defects_of_headers(message, &glance);
        for node in tree.nodes.iter().filter(|node| node.fate != Fate::Enclosed) {
            structure(&node.number, &node.part, &mut found);
            for (code, detail) in node.packed.into_iter().flat_map(|packed| &packed.faults) {
                found.push(defects::at(&node.number, code, detail.clone()));
            }
        }
        let body = Body::read(&tree, limits, &mut found);
        let pictures = body::pictures(&tree, &body);
        let shown: HashSet<usize> = pictures.values().copied().collect();
        let mut people = fields::people(headers, HeaderName::To);
        people.extend(fields::people(headers, HeaderName::Cc));
        let attachments = attachments::all(&tree, &|index| shown.contains(&index), &mut found);
        Content {
            html: body.html(&Shown {
                pictures: &pictures,
                base: options.inline_base.as_deref(),
                page: options.page.as_ref(),
                forwarded: quotes::is_forward(&glance.subject),
            }),
            language: fields::language(headers).or(body.language),
            text: body.text,
            parts: attachments::account(&tree, &attachments),
            attachments,
            subject: glance.subject,
            tags: glance.tags,
            from: glance.from,
            to: people,
            date: glance.date,
            message_id: glance.message_id,
            in_reply_to: fields::ids(headers, HeaderName::InReplyTo).into_iter().next(),
            references: fields::ids(headers, HeaderName::References),
            defects: found,
            classification: glance.classification,
        }
    }
}

/// No header at all: the whole is text.
fn without_headers(raw: &[u8], limits: &Limits) -> Content {
    let shown = &raw[..raw.len().min(limits.body_bytes)];
    let mut faults = Faults::new();
    let text = tidy(&unlabelled(shown, &mut faults), &mut faults);
    let mut found = vec![defects::whole(defects::NO_HEADERS, "")];
    found.push(defects::whole(defects::FROM_MISSING, ""));
    found.extend(faults.into_iter().map(|(code, detail)| defects::whole(code, detail)));
    Content { text: text.trim_end().to_owned(), defects: found, ..Content::default() }
}

fn defects_of_headers(message: &Message<'_>, glance: &super::Glance) -> Vec<Defect> {
    let headers = message.headers();
    let mut found = Vec::new();
    let mut add = |code, detail: String| found.push(defects::whole(code, detail));
    if let Some(detail) = &glance.too_complex {
        add(defects::TOO_COMPLEX, detail.clone());
    }
    match glance.from.len() {
        0 => add(defects::FROM_MISSING, String::new()),
        1 if headers.all(HeaderName::From).count() == 1 => {}
        authors => add(defects::FROM_SEVERAL, authors.to_string()),
    }
    if glance.date.is_none() {
        add(defects::DATE_UNREADABLE, String::new());
    }
    if let Some(due) = &glance.tags.unreadable_due {
        add(defects::DUE_UNREADABLE, due.clone());
    }
    for name in [HeaderName::Subject, HeaderName::Date, HeaderName::MessageId, HeaderName::ContentType] {
        if headers.all(name.clone()).count() > 1 {
            add(defects::FIELD_REPEATED, name.as_str().to_owned());
        }
    }
    let mut eight_bit: Vec<&str> = headers.iter().filter(|h| fields::is_8bit(*h)).map(|h| h.raw_name()).collect();
    eight_bit.dedup();
    eight_bit.truncate(20);
    if !eight_bit.is_empty() {
        add(defects::HEADER_8BIT, eight_bit.join(", "));
    }
    let names = glance.from.iter().filter_map(|person| person.name.as_deref());
    if names.chain([&*glance.subject]).any(fields::has_encoded_word) {
        add(defects::ENCODED_WORD, String::new());
    }
    found
}

fn structure(number: &str, part: &MessagePart<'_>, found: &mut Vec<Defect>) {
    let flags = part.flags();
    let mut add = |code| found.push(defects::at(number, code, ""));
    for (flag, code) in [
        (PartFlags::UNTERMINATED, defects::UNTERMINATED),
        (PartFlags::MISSING_DELIMITER, defects::DELIMITER_MISSING),
        (PartFlags::FALLBACK_DELIMITER, defects::DELIMITER_MID_LINE),
        (PartFlags::NO_BLANK_LINE, defects::BLANK_LINE_MISSING),
    ] {
        if flags.contains(flag) {
            add(code);
        }
    }
    let unopened = is_unopened(part) && !flags.contains(PartFlags::LIMIT_REACHED);
    if unopened && !flags.contains(PartFlags::MISSING_DELIMITER) {
        add(defects::DELIMITER_MISSING);
    }
    if number != "0" && part.headers().iter().any(fields::is_8bit) {
        add(defects::HEADER_8BIT);
    }
}
