//! Header fields → domain values. Raw 8-bit fields, which no standard allows and old case systems send, are read as
//! UTF-8 where they are that, else as windows-1252.

use jiff::Timestamp;
use mail_parser::{AddressList, Header, HeaderForm, HeaderName, HeaderValue, Headers};

use crate::domain::record::Person;

/// More people than this in one kind of field are not read: no office writes to so many.
const PEOPLE: usize = 500;
/// How many ids a thread is looked up by.
const ANSWERS: usize = 50;
/// Characters of a subject or name; the rest is cut. RFC 5322 allows lines of 998.
const LONGEST: usize = 1000;

/// Whether the field's octets are neither ASCII nor UTF-8.
pub(super) fn is_8bit(header: Header<'_>) -> bool {
    std::str::from_utf8(header.raw_value()).is_err()
}

/// Calls `take` with the value in this form, its octets made UTF-8 first.
pub(super) fn with_value<T>(header: Header<'_>, form: HeaderForm, take: impl FnOnce(HeaderValue<'_>) -> T) -> T {
    if is_8bit(header) {
        let (text, _) = encoding_rs::WINDOWS_1252.decode_without_bom_handling(header.raw_value());
        take(form.parse(text.as_bytes()).value())
    } else {
        take(header.value())
    }
}

/// The Subject as one clean line, its tags still in it. Of several fields the last holds: it is the one that a DKIM
/// signature covers (RFC 6376 §5.4.2).
pub(super) fn subject(headers: Headers<'_>) -> String {
    headers.get(HeaderName::Subject).map(text).unwrap_or_default()
}

/// A field of unstructured text as one clean line.
pub(super) fn text(header: Header<'_>) -> String {
    with_value(header, HeaderForm::Text, |value| clean(value.as_text().unwrap_or_default()))
}

/// Everybody in every field of this name, groups dissolved.
pub(super) fn people(headers: Headers<'_>, name: HeaderName<'static>) -> Vec<Person> {
    let mut people = Vec::new();
    for header in headers.all(name) {
        with_value(header, HeaderForm::Addresses, |value| match value.as_address() {
            Some(list) => people.extend(in_list(list).take(PEOPLE - people.len().min(PEOPLE))),
            // What is no list of addresses still says that somebody stands there.
            None if people.len() < PEOPLE => {
                let raw = clean(&String::from_utf8_lossy(header.raw_value()));
                if !raw.is_empty() {
                    people.push(Person { name: Some(raw), address: String::new() });
                }
            }
            None => {}
        });
    }
    people
}

/// Everybody in a value that was parsed as a list of addresses.
pub(super) fn people_in(value: HeaderValue<'_>) -> Vec<Person> {
    value.as_address().map(|list| in_list(list).collect()).unwrap_or_default()
}

fn in_list(list: AddressList<'_>) -> impl Iterator<Item = Person> {
    list.mailboxes().map(|mailbox| Person {
        name: mailbox.name().map(clean).filter(|name| !name.is_empty()),
        address: exact(mailbox.address().unwrap_or_default()),
    })
}

/// An address as it stands. What may not stand in one is made visible, so that it cannot pass for another.
fn exact(address: &str) -> String {
    address.trim().chars().map(|c| if c.is_control() { char::REPLACEMENT_CHARACTER } else { c }).collect()
}

/// Date.
pub(super) fn date(headers: Headers<'_>) -> Option<Timestamp> {
    let date = headers.date().filter(mail_parser::DateTime::is_valid)?;
    Timestamp::from_second(date.to_timestamp()).ok()
}

/// Date as the author's clock showed it: `2026-11-23 14:05 +02:00`.
pub(super) fn local_date(headers: Headers<'_>) -> Option<String> {
    let date = headers.date().filter(mail_parser::DateTime::is_valid)?;
    let sign = if date.tz_before_gmt { '-' } else { '+' };
    let day = format!("{:04}-{:02}-{:02}", date.year, date.month, date.day);
    let time = format!("{:02}:{:02}", date.hour, date.minute);
    Some(format!("{day} {time} {sign}{:02}:{:02}", date.tz_hour, date.tz_minute))
}

/// Message-ID without brackets.
pub(super) fn message_id(headers: Headers<'_>) -> Option<String> {
    ids(headers, HeaderName::MessageId).pop()
}

/// The ids of the last field of this name, in order, without brackets.
pub(super) fn ids(headers: Headers<'_>, name: HeaderName<'static>) -> Vec<String> {
    let Some(header) = headers.get(name) else { return Vec::new() };
    with_value(header, HeaderForm::MessageIds, |value| match value {
        HeaderValue::TextList(list) => list.iter().filter_map(id).collect(),
        HeaderValue::Text(text) => id(text).into_iter().collect(),
        _ => Vec::new(),
    })
}

fn id(text: &str) -> Option<String> {
    let kept = |c: &char| !c.is_whitespace() && !c.is_control() && !matches!(c, '<' | '>');
    let id: String = text.chars().filter(kept).collect();
    (1..=998).contains(&id.len()).then_some(id)
}

/// Where to look for the thread: In-Reply-To, then References from the newest.
pub(super) fn answers(headers: Headers<'_>) -> Vec<String> {
    let mut answers = Vec::new();
    let references = ids(headers, HeaderName::References);
    for id in ids(headers, HeaderName::InReplyTo).into_iter().chain(references.into_iter().rev()) {
        if answers.len() < ANSWERS && !answers.contains(&id) {
            answers.push(id);
        }
    }
    answers
}

/// The first language of Content-Language, if it has the form of one (BCP 47).
pub(super) fn language(headers: Headers<'_>) -> Option<String> {
    let list = headers.value(HeaderName::ContentLanguage)?.as_text_list()?;
    list.first().and_then(language_tag)
}

/// The text, if it has the form of a language tag.
pub(super) fn language_tag(text: &str) -> Option<String> {
    let subtag = |s: &str| (1..=8).contains(&s.len()) && s.bytes().all(|c| c.is_ascii_alphanumeric());
    let text = text.trim();
    (text.len() <= 35 && text.split('-').all(subtag)).then(|| text.to_owned())
}

/// One line for a screen: white space and control characters become single spaces; marks that turn the direction of
/// what follows, and so make one text look like another, are left out.
pub(super) fn clean(text: &str) -> String {
    let mut out = String::with_capacity(text.len().min(LONGEST));
    let mut gap = false;
    for (count, c) in text.chars().enumerate() {
        if c.is_whitespace() || c.is_control() {
            gap = !out.is_empty();
        } else if !turns_direction(c) {
            if count > LONGEST {
                out.push('…');
                break;
            }
            if std::mem::take(&mut gap) {
                out.push(' ');
            }
            out.push(c);
        }
    }
    out
}

/// Bidirectional embeddings, overrides and isolates (Unicode UAX #9).
pub(super) fn turns_direction(c: char) -> bool {
    matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

/// Whether an encoded word stands in a text that has been decoded: it could not be.
pub(super) fn has_encoded_word(text: &str) -> bool {
    text.split("=?").skip(1).any(|rest| {
        let mut fields = rest.splitn(3, '?');
        let charset = fields.next().is_some_and(|c| !c.is_empty() && !c.contains(char::is_whitespace));
        charset && fields.next().is_some_and(|e| e.len() == 1) && fields.next().is_some_and(|t| t.contains("?="))
    })
}
