//! The whole message.

use std::collections::{HashMap, HashSet};

use mail_parser::{HeaderName, Message, MessagePart, PartFlags, PartKind};

use super::outline::Outline;
use super::text::{Faults, decoded, plain};
use super::{Limits, attachments, defects, fields, glance, html, layout, outline};
use crate::domain::record::{Content, Defect};

/// Octets shown of a multipart that cannot be divided.
const UNDIVIDED: usize = 64 << 10;

/// How a message is to be read.
#[derive(Debug, Clone, Default)]
pub struct ReadOptions {
    /// Pictures in the HTML get this address with the attachment's index behind: `/…/attachments/`. Without it they keep
    /// their `cid:`.
    pub inline_base: Option<String>,
}

/// Reads everything. Never fails: what is wrong stands in the defects.
#[must_use]
pub fn read(raw: &[u8], limits: &Limits) -> Content {
    read_with(raw, limits, &ReadOptions::default())
}

/// Reads everything, as the options say.
#[must_use]
pub fn read_with(raw: &[u8], limits: &Limits, options: &ReadOptions) -> Content {
    let Some(message) = limits.parse(raw) else { return without_headers(raw, limits) };
    let glance = glance::of(&message, limits);
    let headers = message.headers();
    let mut found = defects_of_headers(&message, &glance);
    let numbered = layout::numbered(&message);
    for (number, part) in &numbered {
        structure(number, part, &mut found);
    }
    let number = |part: &MessagePart<'_>| {
        numbered.iter().find(|(_, p)| p.id() == part.id()).map_or_else(|| "0".to_owned(), |(number, _)| number.clone())
    };
    let body = Body::read(&message, limits, &number, &mut found);
    let pictures = pictures(&message, limits, &body);
    let shown: HashSet<usize> = pictures.values().copied().collect();
    let mut people = fields::people(headers, HeaderName::To);
    people.extend(fields::people(headers, HeaderName::Cc));
    Content {
        html: body.html(&pictures, options.inline_base.as_deref()),
        language: fields::language(headers).or(body.language),
        text: body.text,
        attachments: attachments::all(&message, limits, &|index| shown.contains(&index), &number, &mut found),
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

/// No header at all: the whole is text.
fn without_headers(raw: &[u8], limits: &Limits) -> Content {
    let shown = &raw[..raw.len().min(limits.body_bytes)];
    let mut faults = Faults::new();
    let text = super::text::tidy(&super::text::unlabelled(shown, &mut faults), &mut faults);
    let mut found = vec![defects::whole(defects::NO_HEADERS, "")];
    found.push(defects::whole(defects::FROM_MISSING, ""));
    found.extend(faults.into_iter().map(|(code, detail)| defects::whole(code, detail)));
    Content { text: text.trim_end().to_owned(), defects: found, ..Content::default() }
}

/// The attachments that the HTML shows.
pub(super) fn pictures_shown(message: &Message<'_>, limits: &Limits) -> HashSet<usize> {
    let body = Body::read(message, limits, &|_| String::new(), &mut Vec::new());
    pictures(message, limits, &body).into_values().collect()
}

/// Content-ID → index, of the pictures that the HTML shows.
fn pictures(message: &Message<'_>, limits: &Limits, body: &Body) -> HashMap<String, usize> {
    let mut pictures = HashMap::new();
    if body.html.iter().any(|piece| matches!(piece, Piece::Html(_, outline) if !outline.pictures.is_empty())) {
        for (index, part) in layout::attachments(message, limits).enumerate() {
            let Some(id) = attachments::content_id(&part) else { continue };
            if attachments::is_picture(&part) && body.shows(&id) {
                // The first of several with one id, as mail programs do.
                pictures.entry(id).or_insert(index);
            }
        }
    }
    pictures
}

/// The parts that are shown.
struct Body {
    text: String,
    html: Vec<Piece>,
    language: Option<String>,
}

enum Piece {
    Html(String, Outline),
    Text(String),
}

impl Body {
    fn read(
        message: &Message<'_>,
        limits: &Limits,
        number: &dyn Fn(&MessagePart<'_>) -> String,
        found: &mut Vec<Defect>,
    ) -> Self {
        let mut texts: Vec<String> = Vec::new();
        let mut of_html: Vec<String> = Vec::new();
        let mut html = Vec::new();
        let mut has_html = false;
        let mut languages = (None, None);
        for part in message.root().parts().filter(layout::is_body) {
            let mut faults;
            let (source, fresh) = decoded(&part, limits.body_bytes);
            faults = fresh;
            let said = fields::language(part.headers());
            if matches!(part.kind(), PartKind::Html) {
                let outline = outline::of(&source);
                note(&outline, &mut faults);
                let text = super::text::tidy(&outline.text, &mut Faults::new()).trim_end().to_owned();
                languages.1 = languages.1.or(said).or_else(|| outline.language.clone());
                if part.in_text_body() {
                    texts.push(text.clone());
                }
                of_html.push(text);
                if part.in_html_body() && !outline.too_complex && part.raw_body().len() <= limits.body_bytes {
                    has_html = true;
                    html.push(Piece::Html(source.into_owned(), outline));
                }
            } else {
                let text = plain(&part, &source, &mut faults);
                languages.0 = languages.0.or(said);
                if part.in_html_body() {
                    html.push(Piece::Text(text.clone()));
                }
                if part.in_text_body() {
                    texts.push(text);
                }
            }
            found.extend(faults.into_iter().map(|(code, detail)| defects::at(&number(&part), code, detail)));
        }
        let joined = |texts: Vec<String>| {
            let texts: Vec<_> = texts.into_iter().filter(|text| !text.trim().is_empty()).collect();
            texts.join("\n\n")
        };
        let mut text = joined(texts);
        // An empty text beside HTML with content says nothing.
        if text.is_empty() {
            text = joined(of_html);
        }
        if !has_html {
            html.clear();
        }
        // A multipart that cannot be divided, and nothing else: an attachment, but its beginning can be read here.
        let root = message.root_part();
        if text.is_empty() && html.is_empty() && layout::is_unopened(&root) {
            let body = root.raw_body();
            let shown = super::text::unlabelled(&body[..body.len().min(UNDIVIDED)], &mut Faults::new()).into_owned();
            text = super::text::tidy(&shown, &mut Faults::new()).trim().to_owned();
        }
        Self { text, html, language: languages.0.or(languages.1) }
    }

    fn shows(&self, content_id: &str) -> bool {
        self.html.iter().any(|piece| matches!(piece, Piece::Html(_, outline) if outline.pictures.contains(content_id)))
    }

    fn html(&self, pictures: &HashMap<String, usize>, base: Option<&str>) -> Option<String> {
        let pieces: Vec<String> = self
            .html
            .iter()
            .map(|piece| match piece {
                Piece::Html(source, _) => html::sanitised(source, pictures, base),
                Piece::Text(text) => html::of_text(text),
            })
            .collect();
        let html = pieces.join("\n");
        (!html.trim().is_empty()).then_some(html)
    }
}

fn note(outline: &Outline, faults: &mut Faults) {
    for (is, code) in [
        (outline.too_complex, defects::HTML_TOO_COMPLEX),
        (outline.remote, defects::REMOTE_CONTENT),
        (outline.active, defects::ACTIVE_CONTENT),
    ] {
        if is {
            faults.push((code, String::new()));
        }
    }
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
    let unopened = layout::is_unopened(part) && !flags.contains(PartFlags::LIMIT_REACHED);
    if unopened && !flags.contains(PartFlags::MISSING_DELIMITER) {
        add(defects::DELIMITER_MISSING);
    }
    if number != "0" && part.headers().iter().any(fields::is_8bit) {
        add(defects::HEADER_8BIT);
    }
}
