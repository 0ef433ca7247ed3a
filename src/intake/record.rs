//! The whole message.

use mail_parser::{HeaderName, Message, MessagePart, PartFlags};

use super::body::Body;
use super::calendar::{self, APPOINTMENTS};
use super::charset::unlabelled;
use super::html::Page;
use super::opened::Opened;
use super::pictures::Pictures;
use super::text::{self, Faults, tidy};
use super::tree::{Fate, Tree, is_unopened};
use super::{Limits, attachments, defects, fields, glance, quotes};
use crate::domain::appointment::Appointment;
use crate::domain::record::{Content, Defect, PartAccount};
use crate::domain::seal::{Seals, Shut};
use crate::domain::tags;
use crate::smime::Keyring;

/// How a message is to be read.
#[derive(Debug, Clone, Default)]
pub struct ReadOptions {
    /// Pictures in the HTML get this address with the attachment's index behind: `/…/attachments/`. Without it they keep
    /// their `cid:`.
    pub inline_base: Option<String>,
    /// What was kept of the door's reading of a sealed message: without it, encrypted parts stay shut.
    pub seals: Seals,
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
    Opened::of(raw, limits, &Keyring::of_content_keys(&options.seals.keys)).content(options)
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
        let pictures = Pictures::of(&tree, &body);
        let shown = pictures.shown();
        let mut people = fields::people(headers, HeaderName::To);
        people.extend(fields::people(headers, HeaderName::Cc));
        if self.shut(&tree) == Some(Shut::OpenPgp) {
            found.push(defects::whole(defects::SEALED, Shut::OpenPgp.word()));
        }
        let attachments = attachments::all(&tree, &|index| shown.contains(&index), &mut found);
        let parts = attachments::account(&tree, &attachments);
        Content {
            events: events(&tree, &parts),
            html: body.html(&pictures, options, quotes::is_forward(&glance.subject)),
            language: fields::language(headers).or(body.language),
            text: body.text,
            enclosed: body.begins,
            parts,
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
            encryption: self.encryptions().next().cloned(),
            signature: options.seals.signature.clone(),
        }
    }
}

/// What the calendars among the parts invite to. Outlook and others send each twice: in the text, and as a file.
fn events(tree: &Tree<'_>, parts: &[PartAccount]) -> Vec<Appointment> {
    let mut events: Vec<Appointment> = Vec::new();
    for (node, account) in tree.nodes.iter().zip(parts) {
        let is_calendar = matches!(&*account.media_type, "text/calendar" | "application/ics");
        if !is_calendar || node.fate == Fate::Enclosed || events.len() >= APPOINTMENTS {
            continue;
        }
        let (text, _) = text::decoded(&node.part, calendar::OCTETS);
        for mut event in calendar::appointments(&text) {
            event.part.clone_from(&node.number);
            event.attachment = account.attachment;
            let again = |known: &Appointment| known.identity == event.identity && known.start == event.start;
            if !events.iter().any(again) {
                events.push(event);
            }
        }
    }
    events.truncate(APPOINTMENTS);
    events
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
    match &glance.tags.fault {
        Some(tags::Fault::DueUnreadable(due) | tags::Fault::DueOfOther(_, due)) => {
            add(defects::DUE_UNREADABLE, due.clone());
        }
        Some(tags::Fault::Conflict(first, second)) => add(defects::TAGS_CONFLICT, format!("{first}, {second}")),
        Some(tags::Fault::Citizens) => add(defects::TAGS_CONFLICT, String::new()),
        None => {}
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
