//! Paths: `<` address `>`, with or without a source route (RFC 5321 §4.1.2).

use crate::domain::address::{AddressFault, Domain, ForwardPath, Mailbox, ReversePath};

/// Why this is no path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PathFault {
    /// Not in angle brackets, straight after the colon.
    #[error("the address must stand in <angle brackets> straight after the colon")]
    Brackets,
    /// More than 256 octets (RFC 5321 §4.5.3.1.3).
    #[error("the address is longer than 256 octets")]
    TooLong,
    /// A source route that is none.
    #[error("the source route is not valid")]
    Route,
    /// No address in it.
    #[error("{0}")]
    Address(#[from] AddressFault),
}

/// What follows the keyword, in any case.
pub fn after_keyword<'a>(text: &'a str, keyword: &str) -> Option<&'a str> {
    let (start, rest) = text.split_at_checked(keyword.len())?;
    start.eq_ignore_ascii_case(keyword).then_some(rest)
}

/// The path without its brackets, and what follows it.
pub fn split(text: &str) -> Result<(&str, &str), PathFault> {
    let inner = text.strip_prefix('<').ok_or(PathFault::Brackets)?;
    let end = end(inner).ok_or(PathFault::Brackets)?;
    if end + 2 > 256 {
        return Err(PathFault::TooLong);
    }
    Ok((&inner[..end], &inner[end + 1..]))
}

/// Where the closing bracket stands. One in a quoted local part closes nothing.
fn end(inner: &str) -> Option<usize> {
    let local = match inner.strip_prefix('@') {
        Some(route) => inner.len() - route.split_once(':').map_or(route, |(_, rest)| rest).len(),
        None => 0,
    };
    let mut from = local;
    if inner[local..].starts_with('"') {
        let mut octets = inner.bytes().enumerate().skip(local + 1);
        from = loop {
            match octets.next()? {
                (at, b'"') => break at + 1,
                (_, b'\\') => octets.next().map(|_| ())?,
                _ => {}
            }
        };
    }
    // A route without its colon ends at the bracket like any other text, and is refused for what it is.
    let from = if from > local { from } else { 0 };
    inner[from..].find('>').map(|at| from + at)
}

/// MAIL's.
pub fn reverse(path: &str) -> Result<ReversePath, PathFault> {
    if path.is_empty() { Ok(ReversePath::Null) } else { mailbox(path).map(ReversePath::Mailbox) }
}

/// RCPT's.
pub fn forward(path: &str) -> Result<ForwardPath, PathFault> {
    if path.eq_ignore_ascii_case("postmaster") {
        return Ok(ForwardPath::Postmaster);
    }
    mailbox(path).map(ForwardPath::Mailbox)
}

/// A source route is checked and then forgotten, as RFC 5321 §4.1.1.3 and appendix C have it.
fn mailbox(path: &str) -> Result<Mailbox, PathFault> {
    let Some(route) = path.strip_prefix('@') else { return Ok(Mailbox::parse(path)?) };
    let (hops, mailbox) = route.split_once(':').ok_or(PathFault::Route)?;
    for (index, hop) in hops.split(',').enumerate() {
        let name = if index == 0 { Some(hop) } else { hop.strip_prefix('@') };
        let domain = name.and_then(|name| Domain::parse(name).ok()).ok_or(PathFault::Route)?;
        if domain.is_literal() {
            return Err(PathFault::Route);
        }
    }
    Ok(Mailbox::parse(mailbox)?)
}
