//! A message of TNEF → the parts of a MIME entity.

use std::borrow::Cow;

use super::DEEPEST;
use super::dates::{self, Calendar};
use super::entity::{Entity, file_fields, is_token, unstructured, words};
use super::file::{self, Content};
use super::letter::{File, Letter, Recipient, Who};
use super::lzfu;
use crate::intake::rtf::{self, Rich};

/// Octets of one expanded RTF. What is longer is cut.
const RTF: usize = 16 << 20;
/// Parts of all messages in one file.
const PARTS: usize = 900;
/// Damages that are told of one file.
const DAMAGES: usize = 10;

/// What is common to the messages of one file.
#[derive(Debug)]
pub(super) struct Unpacking {
    /// Octets that may still come of compressed text.
    room: usize,
    parts: usize,
    /// In words.
    pub(super) damage: Vec<String>,
    /// A file was not sent along, only where it lies.
    pub(super) elsewhere: bool,
}

impl Unpacking {
    /// Nothing is unpacked yet.
    pub(super) fn new(room: usize) -> Self {
        Self { room, parts: 0, damage: Vec::new(), elsewhere: false }
    }

    fn note(&mut self, damage: impl Into<String>) {
        if self.damage.len() < DAMAGES {
            self.damage.push(damage.into());
        }
    }

    /// Body and files of a message; empty text where there is neither.
    pub(super) fn content<'t>(&mut self, mut letter: Letter<'t>, depth: usize) -> Entity<'t> {
        for damage in std::mem::take(&mut letter.damage) {
            self.note(damage);
        }
        let body = self.body(&letter);
        let (mut inline, mut files) = (Vec::new(), Vec::new());
        for file in std::mem::take(&mut letter.files) {
            if self.parts >= PARTS {
                self.note(format!("more than {PARTS} parts"));
                break;
            }
            self.parts += 1;
            let belongs = file::content_id(&file).is_some();
            if let Some(entity) = self.file(file, depth) {
                if belongs { inline.push(entity) } else { files.push(entity) }
            }
        }
        let mut parts = Vec::new();
        match body {
            Body { text, html: Some(html) } => {
                inline.insert(0, Entity::text("html", html));
                let html = Entity::several("related", inline);
                let text = text.map(|text| Entity::text("plain", text));
                parts.extend(Entity::several("alternative", text.into_iter().chain(html).collect()));
            }
            Body { text, html: None } => {
                parts.extend(text.map(|text| Entity::text("plain", text)));
                parts.extend(inline);
            }
        }
        if let Some(Calendar { method, text }) = dates::calendar(&letter) {
            let fields = file_fields(&format!("text/calendar; charset=utf-8; method={method}"), None);
            parts.push(Entity::Leaf { fields, octets: Cow::Owned(text.into_bytes()) });
        }
        if let Some((name, card)) = dates::contact(&letter) {
            parts.push(Entity::file("text/vcard; charset=utf-8", Some(&format!("{name}.vcf")), card.into_bytes()));
        }
        parts.extend(files);
        Entity::several("mixed", parts).unwrap_or_else(|| Entity::text("plain", Vec::new()))
    }

    fn body(&mut self, letter: &Letter<'_>) -> Body {
        let mut body = Body { text: letter.text().map(String::into_bytes), html: letter.html() };
        if body.html.is_none()
            && let Some(packed) = letter.rtf()
        {
            let expanded = lzfu::expanded(packed, RTF.min(self.room));
            self.room = self.room.saturating_sub(expanded.rtf.len());
            if let Some(fault) = expanded.fault {
                self.note(fault);
            }
            match rtf::read(&expanded.rtf) {
                Some(Rich::Html(html)) if !html.trim().is_empty() => body.html = Some(html.into_bytes()),
                Some(Rich::Text(text)) if !text.trim().is_empty() && body.text.is_none() => {
                    body.text = Some(text.into_bytes());
                }
                Some(_) => {}
                None => self.note("text that is no RTF"),
            }
        }
        body
    }

    fn file<'t>(&mut self, file: File<'t>, depth: usize) -> Option<Entity<'t>> {
        let name = file.name();
        let fields = file::fields(&file, name.as_deref());
        match file::content(&file) {
            Content::Octets(octets) => Some(Entity::Leaf { fields, octets: Cow::Borrowed(octets) }),
            Content::Message(octets) => {
                let letter = if depth < DEEPEST { Letter::of(octets) } else { None };
                let Some(letter) = letter else {
                    self.note("an enclosed message that cannot be read");
                    return Some(Entity::file("application/ms-tnef", Some("winmail.dat"), octets));
                };
                let (header, subject) = (header(&letter), letter.subject());
                let content = Box::new(self.content(letter, depth + 1));
                let fields = file_fields(
                    "message/rfc822",
                    subject.or(name).map(|name| name.replace(['/', '\\'], "_") + ".eml").as_deref(),
                );
                Some(Entity::Message { fields, header, content })
            }
            Content::Elsewhere(place) => {
                self.elsewhere = true;
                let name = name.unwrap_or_else(|| "link".to_owned());
                Some(Entity::file("text/plain; charset=utf-8", Some(&format!("{name}.txt")), place.into_bytes()))
            }
            Content::Nothing => {
                self.note("an attachment without content");
                None
            }
        }
    }
}

struct Body {
    text: Option<Vec<u8>>,
    html: Option<Vec<u8>>,
}

/// The fields of an enclosed message, as far as TNEF has them.
fn header(letter: &Letter<'_>) -> String {
    let mut out = String::new();
    if let Some(from) = letter.from() {
        out.push_str(&people("From", [&from].into_iter()));
    }
    for (name, copy) in [("To", false), ("Cc", true)] {
        let mut people_in =
            letter.recipients.iter().filter(|r| r.copy == copy).map(|Recipient { who, .. }| who).peekable();
        if people_in.peek().is_some() {
            out.push_str(&people(name, people_in));
        }
    }
    if let Some(sent) = letter.sent() {
        out.push_str(&sent.strftime("Date: %a, %d %b %Y %H:%M:%S +0000\r\n").to_string());
    }
    if let Some(subject) = letter.subject() {
        out.push_str(&unstructured("Subject", &subject));
    }
    if let Some(id) = letter.message_id() {
        let id = id.trim_matches(['<', '>']);
        if is_token(id) {
            out.push_str(&format!("Message-ID: <{id}>\r\n"));
        }
    }
    out
}

fn people<'w>(field: &str, people: impl Iterator<Item = &'w Who>) -> String {
    let one = |who: &Who| {
        let name = who.name.as_deref().map(words).unwrap_or_default();
        // A phrase may hold no colon, slash or dot unless it is quoted.
        let name = if name.starts_with("=?") || name.is_empty() { name } else { format!("\"{name}\"") };
        match who.address.as_deref().filter(|address| is_token(address)) {
            Some(address) => format!("{name} <{address}>").trim_start().to_owned(),
            None => name,
        }
    };
    let list: Vec<String> = people.map(one).filter(|one| !one.is_empty()).collect();
    format!("{field}: {}\r\n", list.join(",\r\n "))
}
