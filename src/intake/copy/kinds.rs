//! What fields are for, by their names: a name that is not here is for nothing that a reader needs.

/// Lists of recipients (RFC 5322 §3.6.3, §3.6.6).
const LISTS: [&str; 7] = ["to", "cc", "bcc", "resent-to", "resent-cc", "resent-bcc", "apparently-to"];
/// People who are no recipients (RFC 5322 §3.6.2, §3.6.6; RFC 8098 §2.1).
const PEOPLE: [&str; 9] = [
    "from",
    "sender",
    "reply-to",
    "resent-from",
    "resent-sender",
    "resent-reply-to",
    "errors-to",
    "disposition-notification-to",
    "return-receipt-to",
];
/// Message identifiers (RFC 5322 §3.6.4, §3.6.6).
const IDS: [&str; 4] = ["message-id", "in-reply-to", "references", "resent-message-id"];
/// Addresses of the way and of lists, results, signatures. All of `List-…` too (RFC 2369, RFC 2919).
const KNOWN: [&str; 8] = [
    "return-path",
    "authentication-results",
    "received-spf",
    "dkim-signature",
    "arc-seal",
    "arc-message-signature",
    "arc-authentication-results",
    "autocrypt",
];
/// Last words of names under which servers and mail programs write recipients: X-Original-To, Downgraded-Cc.
const ENVELOPE: [&str; 8] = ["to", "cc", "bcc", "for", "rcpt", "recipient", "recipients", "followup"];

/// What a field is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    List,
    /// One recipient, or it goes.
    Envelope,
    Received,
    People,
    Ids,
    Subject,
    /// MIME (RFC 2045).
    Mime,
    Known,
    Unknown,
}

/// By a field's name, in any case.
pub(super) fn kind(name: &str) -> Kind {
    let name = name.to_ascii_lowercase();
    let last = name.rsplit(['-', '_']).next().unwrap_or_default();
    match name.as_str() {
        "received" => Kind::Received,
        "subject" => Kind::Subject,
        "mime-version" => Kind::Mime,
        name if LISTS.contains(&name) => Kind::List,
        name if PEOPLE.contains(&name) => Kind::People,
        name if IDS.contains(&name) => Kind::Ids,
        name if name.starts_with("content-") => Kind::Mime,
        name if KNOWN.contains(&name) || name.starts_with("list-") => Kind::Known,
        _ if ENVELOPE.contains(&last) => Kind::Envelope,
        _ => Kind::Unknown,
    }
}
