//! The citizen's copy of a message: what the gateway has to say of it on top, then the message as it came, without
//! whoever else it went to. The octets in the store stay as they are: they are the evidence.
//!
//! Others are all whom the header names as recipients, but the citizen and the authors; and, as Bcc names nobody, every
//! address on our domains. No field holds one, however it is written: folded, quoted, encoded, with comments in it, with
//! `=` for `@`. A field that holds none keeps its octets, so that a signature over it still holds. One that a reader
//! needs loses the address; any other goes, as does one that names nobody known and cannot be read ([`kinds`]).
//! DKIM's copy of the header (`z=`, RFC 6376 §3.5) goes with its signature. An Authentication-Results field that is not
//! ours and says to be is taken out (RFC 8601 §5). Left alone: the body, whatever it says, with the messages and the
//! parts' headers in it.

mod kinds;
mod others;
mod received;
mod views;

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use mail_parser::HeaderForm;

use self::kinds::{Kind, kind};
use self::others::{Care, Others, people_of};
use self::received::{Piece, one, pieces, without_recipient};
use super::fields;
use crate::domain::address::{Domain, Mailbox};
use crate::domain::record::Person;

/// Octets of a line that we write (RFC 5322 §2.1.1), and of what stands in one encoded word (RFC 2047 §2).
const LINE: usize = 998;
const IN_WORD: usize = 45;

/// The copy. `trace`: the fields that we add, each with its CRLF; its Authentication-Results say what our name is.
/// `is_own`: whether an address is the one by which the message came to this citizen. `is_ours`: whether it lies on a
/// domain that is served here.
#[must_use]
pub fn copy(raw: &[u8], trace: &str, is_own: &dyn Fn(&Mailbox) -> bool, is_ours: &dyn Fn(&Mailbox) -> bool) -> Vec<u8> {
    let own_name = Fields { rest: trace.as_bytes() }
        .find(|field| field.is("authentication-results"))
        .and_then(|field| Domain::parse(&authserv_id(field.value)?).ok());
    let mut header = Fields { rest: raw };
    let others = Others::named(header.clone(), is_own, is_ours);
    let mut copy = Vec::with_capacity(trace.len() + raw.len());
    copy.extend_from_slice(trace.as_bytes());
    for field in header.by_ref() {
        if field.is("authentication-results") && in_our_name(field.value, own_name.as_ref()) {
            continue;
        }
        if let Some(kept) = kept(&field, &others, is_own) {
            copy.extend_from_slice(&kept);
        }
    }
    copy.extend_from_slice(header.rest);
    copy
}

/// The fields of a header, one after another, up to the empty line. What is no field has no name.
#[derive(Clone)]
struct Fields<'a> {
    rest: &'a [u8],
}

struct Field<'a> {
    /// With its line end.
    whole: &'a [u8],
    name: &'a str,
    /// Behind the colon, folds and line end in it.
    value: &'a [u8],
}

impl Field<'_> {
    fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name)
    }
}

impl<'a> Iterator for Fields<'a> {
    type Item = Field<'a>;

    fn next(&mut self) -> Option<Field<'a>> {
        let line = |from: usize| {
            let rest = self.rest.get(from..).unwrap_or_default();
            memchr::memchr(b'\n', rest).map_or(self.rest.len(), |at| from + at + 1)
        };
        let mut end = line(0);
        if self.rest[..end].trim_ascii().is_empty() && !self.rest.starts_with(b" ") && !self.rest.starts_with(b"\t") {
            return None;
        }
        while matches!(self.rest.get(end), Some(b' ' | b'\t')) {
            end = line(end);
        }
        let (whole, rest) = self.rest.split_at(end);
        self.rest = rest;
        let colon = memchr::memchr(b':', whole).unwrap_or(0);
        let name = std::str::from_utf8(&whole[..colon]).unwrap_or_default().trim_ascii_end();
        Some(Field { whole, name, value: whole.get(colon + 1..).unwrap_or_default() })
    }
}

/// What stays of a field. Whatever it is made of, it is looked at before it goes out.
fn kept<'a>(field: &Field<'a>, others: &Others<'_>, is_own: &dyn Fn(&Mailbox) -> bool) -> Option<Cow<'a, [u8]>> {
    let kind = kind(field.name);
    let care = match kind {
        Kind::Ids | Kind::Subject | Kind::Mime => Care::Needed,
        Kind::People if field.is("from") || field.is("sender") => Care::Needed,
        Kind::People | Kind::Received | Kind::Known => Care::Known,
        Kind::List | Kind::Envelope | Kind::Unknown => Care::Strict,
    };
    let is_free = |kept: &[u8]| others.are_not_in(kept, care);
    let whole = match kind {
        Kind::List => names_own_alone(field, is_own),
        Kind::Envelope => one(field.value).is_some_and(|mailbox| is_own(&mailbox)),
        Kind::Received => false,
        _ => !has_copied_header(field),
    };
    if whole && is_free(field.whole) {
        return Some(Cow::Borrowed(field.whole));
    }
    let kept = match kind {
        Kind::List => list(field, &mut people_of(field.value), is_own),
        Kind::People => list(field, &mut people_of(field.value), &|mailbox| others.may_show(mailbox)),
        Kind::Received => Some(without_recipient(field, is_own)),
        Kind::Ids => ids(field, &is_free),
        Kind::Subject => subject(field, &is_free),
        Kind::Mime => parameters(field, &is_free),
        Kind::Envelope | Kind::Known | Kind::Unknown => None,
    };
    kept.filter(|kept| is_free(kept)).map(Cow::Owned)
}

/// Whether a list of recipients names the citizen, and has no more to say.
fn names_own_alone(field: &Field<'_>, is_own: &dyn Fn(&Mailbox) -> bool) -> bool {
    let value = String::from_utf8_lossy(field.value);
    let people = fields::people_in(HeaderForm::Addresses.parse(value.as_bytes()).value());
    // An address in a name or a comment is one more than there are people.
    let signs = memchr::memchr_iter(b'@', field.value).count();
    let own = |person: &Person| Mailbox::parse(&person.address).is_ok_and(|mailbox| is_own(&mailbox));
    !people.is_empty() && signs == people.len() && people.iter().all(own)
}

/// The same field with the addresses that may stay, without names.
fn list(field: &Field<'_>, people: &mut Vec<Mailbox>, may_stay: &dyn Fn(&Mailbox) -> bool) -> Option<Vec<u8>> {
    people.retain(may_stay);
    people.dedup();
    let people: Vec<String> = people.iter().map(|mailbox| format!("<{}>", mailbox.wire())).collect();
    (!people.is_empty()).then(|| format!("{}: {}\r\n", field.name, people.join(",\r\n ")).into_bytes())
}

/// The identifiers that may stay.
fn ids(field: &Field<'_>, is_free: &dyn Fn(&[u8]) -> bool) -> Option<Vec<u8>> {
    let value = views::unfolded(field.value);
    let ids: Vec<&str> = value.split_whitespace().filter(|id| is_free(id.as_bytes())).collect();
    (!ids.is_empty()).then(|| format!("{}: {}\r\n", field.name, ids.join("\r\n ")).into_bytes())
}

/// The subject with each word that may not stay as an ellipsis.
fn subject(field: &Field<'_>, is_free: &dyn Fn(&[u8]) -> bool) -> Option<Vec<u8>> {
    let (text, _) = views::decoded(&views::unfolded(field.value));
    let words = text.split_whitespace().map(|word| if is_free(word.as_bytes()) { word } else { "…" });
    let text = words.collect::<Vec<_>>().join(" ");
    let mut encoded = Vec::new();
    let mut rest = text.as_str();
    while !rest.is_empty() {
        let (word, after) = rest.split_at(rest.floor_char_boundary(IN_WORD));
        encoded.push(format!("=?utf-8?B?{}?=", STANDARD.encode(word)));
        rest = after;
    }
    is_free(text.as_bytes()).then(|| format!("{}: {}\r\n", field.name, encoded.join("\r\n ")).into_bytes())
}

/// The value, and the parameters that may stay; if they still hold somebody together, those alone without which the
/// body cannot be read.
fn parameters(field: &Field<'_>, is_free: &dyn Fn(&[u8]) -> bool) -> Option<Vec<u8>> {
    let text = views::unfolded(field.value);
    let mut parts = vec![String::new()];
    for (piece, octets) in pieces(text.as_bytes()) {
        match (piece, parts.last_mut()) {
            (Piece::Semicolon, _) => parts.push(String::new()),
            (Piece::Word | Piece::Space, Some(part)) => part.push_str(&String::from_utf8_lossy(octets)),
            _ => {}
        }
    }
    if !parts.first().is_some_and(|value| is_free(value.as_bytes())) {
        return None;
    }
    let needed = |part: &str| {
        let name = part.split('=').next().unwrap_or_default().trim();
        ["boundary", "charset"].iter().any(|needed| name.eq_ignore_ascii_case(needed))
    };
    let mut written = [false, true].into_iter().map(|few| {
        let parts = parts.iter().enumerate().filter(|(at, part)| *at == 0 || !few || needed(part));
        let parts: Vec<&str> = parts.map(|(_, part)| part.trim()).filter(|part| is_free(part.as_bytes())).collect();
        format!("{}: {}\r\n", field.name, parts.join(";\r\n ")).into_bytes()
    });
    written.find(|written| written.len() <= LINE && is_free(written))
}

/// Whether a signature carries a copy of the header that was signed.
fn has_copied_header(field: &Field<'_>) -> bool {
    let is_signature = field.name.to_ascii_lowercase().ends_with("-signature");
    let mut tags = field.value.split(|octet| *octet == b';').map(<[u8]>::trim_ascii_start);
    is_signature && tags.any(|tag| matches!(tag, [b'z' | b'Z', rest @ ..] if rest.trim_ascii_start().starts_with(b"=")))
}

/// Who says to have made the results (RFC 8601 §2.5), in lower case.
fn authserv_id(value: &[u8]) -> Option<String> {
    let word = pieces(value).into_iter().find(|(piece, _)| !matches!(piece, Piece::Space | Piece::Comment))?.1;
    let word = std::str::from_utf8(word).ok()?;
    Some(word.trim_matches('"').trim_end_matches('.').to_ascii_lowercase())
}

/// Whether results say to be ours: of this gateway, or of another name beside it, as gateways on one database have.
fn in_our_name(value: &[u8], own: Option<&Domain>) -> bool {
    let Some(own) = own else { return false };
    let Some(id) = authserv_id(value).and_then(|id| Domain::parse(&id).ok()) else { return false };
    let parent = own.wire().split_once('.').map(|(_, parent)| parent).filter(|parent| parent.contains('.'));
    let house = parent.and_then(|parent| Domain::parse(parent).ok());
    id == *own || house.is_some_and(|house| id.is_within(&house))
}

#[cfg(test)]
mod tests;
