//! A small writer of MIME (RFC 2045, RFC 2046): what was packed, as a message that anybody can read.

use std::borrow::Cow;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use memchr::memmem;

/// Characters of a name or subject; more are cut.
const LONGEST: usize = 500;

/// A MIME entity.
#[derive(Debug)]
pub(super) enum Entity<'t> {
    /// Content-Type and further fields, each with its CRLF; then the octets as they are.
    Leaf { fields: String, octets: Cow<'t, [u8]> },
    /// Entities of which one is to be chosen, or that belong together, or that follow each other.
    Several { kind: &'static str, parts: Vec<Entity<'t>> },
    /// A message, with fields for the part and for the message.
    Message { fields: String, header: String, content: Box<Entity<'t>> },
}

impl<'t> Entity<'t> {
    /// Several, if there are several.
    pub(super) fn several(kind: &'static str, mut parts: Vec<Self>) -> Option<Self> {
        if parts.len() > 1 {
            return Some(Self::Several { kind, parts });
        }
        parts.pop()
    }

    /// Text of this type, UTF-8.
    pub(super) fn text(subtype: &str, octets: impl Into<Cow<'t, [u8]>>) -> Self {
        let fields = format!("Content-Type: text/{subtype}; charset=utf-8\r\n");
        Self::Leaf { fields, octets: octets.into() }
    }

    /// A file.
    pub(super) fn file(media_type: &str, name: Option<&str>, octets: impl Into<Cow<'t, [u8]>>) -> Self {
        Self::Leaf { fields: file_fields(media_type, name), octets: octets.into() }
    }

    /// What all octets come to, and all fields about.
    pub(super) fn size(&self) -> usize {
        const DELIMITER: usize = 64;
        match self {
            Self::Leaf { fields, octets } => fields.len() + octets.len() + DELIMITER,
            Self::Several { parts, .. } => parts.iter().map(Self::size).sum::<usize>() + 3 * DELIMITER,
            Self::Message { fields, header, content } => fields.len() + header.len() + content.size() + DELIMITER,
        }
    }

    fn holds(&self, stem: &memmem::Finder<'_>) -> bool {
        match self {
            Self::Leaf { octets, .. } => stem.find(octets).is_some(),
            Self::Several { parts, .. } => parts.iter().any(|part| part.holds(stem)),
            Self::Message { content, .. } => content.holds(stem),
        }
    }

    /// The entity's octets. `seed` is what nobody can have foreseen in the content: a hash of it all.
    pub(super) fn written(&self, seed: impl FnOnce() -> String) -> Vec<u8> {
        // A boundary may stand nowhere in the content. A word is tried first: hashing costs more than looking.
        const WORDS: [&str; 3] = ["=_unpacked", "=_unpacked-again", "=_unpacked-anew"];
        let free = WORDS.into_iter().find(|word| !self.holds(&memmem::Finder::new(word)));
        let stem = free.map_or_else(|| format!("=_{}", seed()), str::to_owned);
        let mut out = Vec::with_capacity(self.size());
        self.write(&stem, &mut 0, &mut out);
        out
    }

    fn write(&self, stem: &str, number: &mut usize, out: &mut Vec<u8>) {
        match self {
            Self::Leaf { fields, octets } => {
                out.extend_from_slice(fields.as_bytes());
                out.extend_from_slice(b"Content-Transfer-Encoding: binary\r\n\r\n");
                out.extend_from_slice(octets);
            }
            Self::Several { kind, parts } => {
                *number += 1;
                // Ends in a mark, so that no boundary is the beginning of another.
                let boundary = format!("{stem}.{number}=");
                let begin = format!("Content-Type: multipart/{kind}; boundary=\"{boundary}\"\r\n\r\n");
                out.extend_from_slice(begin.as_bytes());
                for (at, part) in parts.iter().enumerate() {
                    out.extend_from_slice(if at == 0 { b"--" } else { b"\r\n--" });
                    out.extend_from_slice(boundary.as_bytes());
                    out.extend_from_slice(b"\r\n");
                    part.write(stem, number, out);
                }
                out.extend_from_slice(format!("\r\n--{boundary}--\r\n").as_bytes());
            }
            Self::Message { fields, header, content } => {
                out.extend_from_slice(fields.as_bytes());
                out.extend_from_slice(b"\r\n");
                out.extend_from_slice(header.as_bytes());
                out.extend_from_slice(b"MIME-Version: 1.0\r\n");
                content.write(stem, number, out);
            }
        }
    }
}

/// Content-Type and Content-Disposition of a file.
pub(super) fn file_fields(media_type: &str, name: Option<&str>) -> String {
    let parameter = name.map(|name| parameter("filename", name)).unwrap_or_default();
    format!("Content-Type: {media_type}\r\nContent-Disposition: attachment{parameter}\r\n")
}

/// `; name="value"`, or as RFC 2231 says where it is more than plain ASCII.
pub(super) fn parameter(name: &str, value: &str) -> String {
    use std::fmt::Write;
    let plain = |c: char| c.is_ascii_alphanumeric() || " ._-+()&,".contains(c);
    let value: String = value.chars().take(LONGEST).collect();
    if value.chars().all(plain) {
        return format!(";\r\n {name}=\"{value}\"");
    }
    let mut out = format!(";\r\n {name}*=utf-8''");
    for octet in value.bytes() {
        if octet.is_ascii_alphanumeric() || b"._-".contains(&octet) {
            out.push(char::from(octet));
        } else {
            let _ = write!(out, "%{octet:02X}");
        }
    }
    out
}

/// A field of free text, in encoded words (RFC 2047) where it is more than plain ASCII.
pub(super) fn unstructured(name: &str, value: &str) -> String {
    format!("{name}: {}\r\n", words(value))
}

/// A phrase or text: one line of ASCII, or encoded words of at most 75 characters.
pub(super) fn words(value: &str) -> String {
    let value: String = value.chars().take(LONGEST).map(|c| if c.is_control() { ' ' } else { c }).collect();
    let value = value.trim();
    if value.len() < 70 && value.chars().all(|c| c.is_ascii_alphanumeric() || " .-+/&:".contains(c)) {
        return value.to_owned();
    }
    let mut words = Vec::new();
    let mut rest = value;
    while !rest.is_empty() {
        let (word, more) = rest.split_at(rest.floor_char_boundary(45));
        words.push(format!("=?utf-8?B?{}?=", STANDARD.encode(word)));
        rest = more;
    }
    words.join("\r\n ")
}

/// Whether it can stand in angle brackets: an id or an address.
pub(super) fn is_token(text: &str) -> bool {
    (1..=LONGEST).contains(&text.len()) && text.bytes().all(|c| c.is_ascii_graphic() && !b"<>,;()[]\\\"".contains(&c))
}
