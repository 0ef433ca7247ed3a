//! The citizen's copy of a message: what the gateway has to say of it on top, then the message as it came, without
//! whoever else it went to. The octets in the store stay as they are: they are the evidence.
//!
//! Fields that name recipients (To, Cc, Bcc, and what servers on the way write) keep the citizen's own address and no
//! other; a field that names nobody else keeps its octets, so that a signature over it still holds. Out of Received
//! goes the `for` clause. An Authentication-Results field that is not ours and says to be is taken out (RFC 8601 §5).
//! Left alone: the body, whatever it says, and messages that are forwarded inside it.

use mail_parser::HeaderForm;

use super::fields;
use crate::domain::address::{Domain, Mailbox};

/// Lists of recipients (RFC 5322 §3.6.3, §3.6.6).
const LISTS: [&str; 7] = ["to", "cc", "bcc", "resent-to", "resent-cc", "resent-bcc", "apparently-to"];
/// One recipient each, written by servers on the way.
const ENVELOPE: [&str; 15] = [
    "delivered-to",
    "envelope-to",
    "original-recipient",
    "x-apparently-to",
    "x-delivered-to",
    "x-envelope-to",
    "x-forwarded-for",
    "x-forwarded-to",
    "x-gm-original-to",
    "x-original-recipient",
    "x-original-to",
    "x-rcpt-to",
    "x-real-to",
    "x-recipient",
    "x-resolved-to",
];

/// The copy. `trace`: the fields that we add, each with its CRLF; its Authentication-Results say what our name is.
/// `is_own`: whether an address is the one by which the message came to this citizen.
#[must_use]
pub fn copy(raw: &[u8], trace: &str, is_own: &dyn Fn(&Mailbox) -> bool) -> Vec<u8> {
    let own_name = Fields { rest: trace.as_bytes() }
        .find(|field| field.is("authentication-results"))
        .and_then(|field| Domain::parse(&authserv_id(field.value)?).ok());
    let mut copy = Vec::with_capacity(trace.len() + raw.len());
    copy.extend_from_slice(trace.as_bytes());
    let mut header = Fields { rest: raw };
    for field in header.by_ref() {
        let name = field.name.to_ascii_lowercase();
        if LISTS.contains(&name.as_str()) {
            own_of_list(&field, is_own, &mut copy);
        } else if ENVELOPE.contains(&name.as_str()) {
            if one(field.value).is_some_and(|mailbox| is_own(&mailbox)) {
                copy.extend_from_slice(field.whole);
            }
        } else if name == "received" {
            without_recipient(&field, is_own, &mut copy);
        } else if name != "authentication-results" || !in_our_name(field.value, own_name.as_ref()) {
            copy.extend_from_slice(field.whole);
        }
    }
    copy.extend_from_slice(header.rest);
    copy
}

/// The fields of a header, one after another, up to the empty line. What is no field has no name.
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

/// The field as it came where it names the citizen alone; else only the citizen's own address in it.
fn own_of_list(field: &Field<'_>, is_own: &dyn Fn(&Mailbox) -> bool, copy: &mut Vec<u8>) {
    let value = String::from_utf8_lossy(field.value);
    let people = fields::people_in(HeaderForm::Addresses.parse(value.as_bytes()).value());
    let mut own: Vec<Mailbox> = people.iter().filter_map(|p| Mailbox::parse(&p.address).ok()).filter(is_own).collect();
    // An address in a name or a comment is one more than there are people.
    let signs = memchr::memchr_iter(b'@', field.value).count();
    let named = people.iter().any(|person| person.name.as_ref().is_some_and(|name| name.contains('@')));
    if !own.is_empty() && own.len() == people.len() && signs == people.len() && !named {
        return copy.extend_from_slice(field.whole);
    }
    own.dedup();
    if !own.is_empty() {
        let own: Vec<String> = own.iter().map(|mailbox| format!("<{}>", mailbox.wire())).collect();
        copy.extend_from_slice(format!("{}: {}\r\n", field.name, own.join(",\r\n ")).as_bytes());
    }
}

/// The one address that a server wrote: bare, in angle brackets, or behind its type (`rfc822;`, RFC 3798 §2.3).
fn one(value: &[u8]) -> Option<Mailbox> {
    let text = std::str::from_utf8(value).ok()?.trim();
    let text = text.rsplit_once(';').map_or(text, |(_, address)| address.trim());
    Mailbox::parse(text.strip_prefix('<').and_then(|rest| rest.strip_suffix('>')).unwrap_or(text)).ok()
}

/// A piece of a Received field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Piece {
    Space,
    Comment,
    Semicolon,
    Word,
}

/// Pieces from the front, each with how long it is. What is not closed reaches to the end.
fn pieces(value: &[u8]) -> Vec<(Piece, &[u8])> {
    let mut pieces = Vec::new();
    let mut rest = value;
    while let Some(&first) = rest.first() {
        let (piece, length) = match first {
            b' ' | b'\t' | b'\r' | b'\n' => {
                (Piece::Space, rest.iter().take_while(|octet| octet.is_ascii_whitespace()).count())
            }
            b';' => (Piece::Semicolon, 1),
            b'(' => (Piece::Comment, closed(rest)),
            _ => (Piece::Word, word(rest)),
        };
        let (taken, after) = rest.split_at(length.clamp(1, rest.len()));
        pieces.push((piece, taken));
        rest = after;
    }
    pieces
}

/// How long a comment is (RFC 5322 §3.2.2), nested ones in it.
fn closed(text: &[u8]) -> usize {
    let (mut depth, mut escaped) = (0_usize, false);
    for (at, octet) in text.iter().enumerate() {
        match octet {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'(' => depth += 1,
            b')' if depth == 1 => return at + 1,
            b')' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    text.len()
}

/// How long a word is: to white space, semicolon or comment outside of quotes.
fn word(text: &[u8]) -> usize {
    let (mut quoted, mut escaped) = (false, false);
    for (at, octet) in text.iter().enumerate() {
        match octet {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => quoted = !quoted,
            b' ' | b'\t' | b'\r' | b'\n' | b';' | b'(' if !quoted => return at,
            _ => {}
        }
    }
    text.len()
}

/// Received without its `for` clause (RFC 5321 §4.4), which may name several, and without comments that hold an address.
fn without_recipient(field: &Field<'_>, is_own: &dyn Fn(&Mailbox) -> bool, copy: &mut Vec<u8>) {
    let (value, end) = match field.value {
        [value @ .., b'\r', b'\n'] => (value, &b"\r\n"[..]),
        [value @ .., b'\n'] => (value, &b"\n"[..]),
        value => (value, &b""[..]),
    };
    copy.extend_from_slice(&field.whole[..field.whole.len() - field.value.len()]);
    let begins =
        |word: &[u8]| [&b"from"[..], b"by", b"via", b"with", b"id"].iter().any(|w| word.eq_ignore_ascii_case(w));
    // `Some` within a clause: its octets until its end shows whether they may stay.
    let mut clause: Option<Vec<u8>> = None;
    for (piece, octets) in pieces(value) {
        let ends = piece == Piece::Semicolon || (piece == Piece::Word && (begins(octets) || is_for(octets)));
        if ends && let Some(held) = clause.take() {
            keep_clause(&held, is_own, copy);
        }
        match (&mut clause, piece) {
            (None, Piece::Word) if is_for(octets) => clause = Some(octets.to_vec()),
            (Some(held), _) => held.extend_from_slice(octets),
            (None, Piece::Comment) if octets.contains(&b'@') => {}
            (None, _) => copy.extend_from_slice(octets),
        }
    }
    if let Some(held) = clause {
        keep_clause(&held, is_own, copy);
    }
    copy.extend_from_slice(end);
}

fn is_for(word: &[u8]) -> bool {
    word.eq_ignore_ascii_case(b"for")
}

/// A clause that names the citizen and nobody else may stay; of another, only the fold behind it does.
fn keep_clause(clause: &[u8], is_own: &dyn Fn(&Mailbox) -> bool, copy: &mut Vec<u8>) {
    if one(&clause[3..]).is_some_and(|mailbox| is_own(&mailbox)) {
        copy.extend_from_slice(clause);
    } else {
        let space = clause.iter().rev().take_while(|octet| octet.is_ascii_whitespace()).count();
        copy.extend_from_slice(&clause[clause.len() - space..]);
    }
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
