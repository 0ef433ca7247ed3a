//! Received (RFC 5321 §4.4), and what else servers write of one recipient.

use super::Field;
use crate::domain::address::Mailbox;

/// The one address that a server wrote: bare, in angle brackets, or behind its type (`rfc822;`, RFC 3798 §2.3).
pub(super) fn one(value: &[u8]) -> Option<Mailbox> {
    let text = std::str::from_utf8(value).ok()?.trim();
    let text = text.rsplit_once(';').map_or(text, |(_, address)| address.trim());
    Mailbox::parse(text.strip_prefix('<').and_then(|rest| rest.strip_suffix('>')).unwrap_or(text)).ok()
}

/// A piece of a Received field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Piece {
    Space,
    Comment,
    Semicolon,
    Word,
}

/// Pieces from the front, each with how long it is. What is not closed reaches to the end.
pub(super) fn pieces(value: &[u8]) -> Vec<(Piece, &[u8])> {
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
pub(super) fn without_recipient(field: &Field<'_>, is_own: &dyn Fn(&Mailbox) -> bool) -> Vec<u8> {
    let (value, end) = match field.value {
        [value @ .., b'\r', b'\n'] => (value, &b"\r\n"[..]),
        [value @ .., b'\n'] => (value, &b"\n"[..]),
        value => (value, &b""[..]),
    };
    let mut copy = field.whole[..field.whole.len() - field.value.len()].to_vec();
    let begins =
        |word: &[u8]| [&b"from"[..], b"by", b"via", b"with", b"id"].iter().any(|w| word.eq_ignore_ascii_case(w));
    // `Some` within a clause: its octets until its end shows whether they may stay.
    let mut clause: Option<Vec<u8>> = None;
    for (piece, octets) in pieces(value) {
        let ends = piece == Piece::Semicolon || (piece == Piece::Word && (begins(octets) || is_for(octets)));
        if ends && let Some(held) = clause.take() {
            keep_clause(&held, is_own, &mut copy);
        }
        match (&mut clause, piece) {
            (None, Piece::Word) if is_for(octets) => clause = Some(octets.to_vec()),
            (Some(held), _) => held.extend_from_slice(octets),
            (None, Piece::Comment) if octets.contains(&b'@') => {}
            (None, _) => copy.extend_from_slice(octets),
        }
    }
    if let Some(held) = clause {
        keep_clause(&held, is_own, &mut copy);
    }
    copy.extend_from_slice(end);
    copy
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
