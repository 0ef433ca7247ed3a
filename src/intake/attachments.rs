//! Everything that is not the body shown.

use std::borrow::Cow;

use mail_parser::{HeaderForm, HeaderName, MessagePart, PartFlags, PartKind};

use super::defects::{self, EXTERNAL, FILE_NAME, PARTIAL};
use super::names::{self, Taken};
use super::opened::Opened;
use super::tree::{Fate, Tree};
use super::{Limits, calendar, fields, pictures, text};
use crate::domain::record::{Attachment, Defect, Disposition, PartAccount, PartStatus};
use crate::domain::seal::Seals;
use crate::smime::Keyring;

/// One attachment with its octets, decoded. A forwarded message comes as it came. `None`: there is no such one.
#[must_use]
pub fn attachment(raw: &[u8], index: usize) -> Option<(Attachment, Vec<u8>)> {
    attachment_with(raw, index, &Seals::default())
}

/// The same of a message that may be sealed.
#[must_use]
pub fn attachment_with(raw: &[u8], index: usize, seals: &Seals) -> Option<(Attachment, Vec<u8>)> {
    let limits = Limits::default();
    let opened = Opened::of(raw, &limits, &Keyring::of_content_keys(&seals.keys));
    let parsed = opened.parsed();
    let tree = Tree::of(&opened, &parsed);
    tree.attachments().nth(index)?;
    let shown = pictures::shown(&tree, &limits);
    // Names depend on those before.
    let mut taken = Taken::default();
    let (mut found, mut octets) = (None, Vec::new());
    for (at, node) in tree.attachments().enumerate().take(index + 1) {
        let part = &node.part;
        let name = taken.distinct(name_of(part, at).0);
        if at == index {
            let (bytes, problems) = part.decoded_checked();
            let damaged = !text::encoding_faults(part, problems, bytes.len()).is_empty();
            found = Some(described(part, at, name, &bytes, damaged, shown.contains(&at)));
            octets = bytes.into_owned();
        }
    }
    found.map(|attachment| (attachment, octets))
}

/// All attachments, without their octets. `shown` tells which pictures stand in the HTML.
pub(super) fn all(tree: &Tree<'_>, shown: &dyn Fn(usize) -> bool, found: &mut Vec<Defect>) -> Vec<Attachment> {
    let mut taken = Taken::default();
    let mut attachments = Vec::new();
    for node in &tree.nodes {
        let (code, detail) = match elsewhere(&node.part) {
            Some(found) if node.fate != Fate::Enclosed => found,
            _ => continue,
        };
        found.push(defects::at(&node.number, code, detail));
    }
    for (index, node) in tree.attachments().enumerate() {
        let (part, number) = (&node.part, &node.number);
        let (name, changed) = name_of(part, index);
        let name = taken.distinct(name);
        if changed {
            found.push(defects::at(number, FILE_NAME, name.clone()));
        }
        let (bytes, problems) = part.decoded_checked();
        let faults = text::encoding_faults(part, problems, bytes.len());
        let attachment = described(part, index, name, &bytes, !faults.is_empty(), shown(index));
        found.extend(faults.into_iter().map(|(code, detail)| defects::at(number, code, detail)));
        attachments.push(attachment);
    }
    attachments
}

/// What is not in the part itself: it lies elsewhere (RFC 2046 §5.2.3), or is one piece of a message sent in several
/// (§5.2.2). Nothing is fetched, and nothing put together.
fn elsewhere(part: &MessagePart<'_>) -> Option<(&'static str, String)> {
    let media_type = media_type(part);
    if !matches!(&*media_type, "message/external-body" | "message/partial") {
        return None;
    }
    let said = |name: &str| part.content_type().and_then(|t| t.attribute(name)).map(fields::clean).unwrap_or_default();
    if media_type == "message/partial" {
        let total = said("total");
        let of = if total.is_empty() { String::new() } else { format!("/{total}") };
        return Some((PARTIAL, format!("{}{of}", said("number"))));
    }
    let place = ["access-type", "url", "site", "directory", "server", "name"].map(|name| match name {
        // Long ones are written with blanks between, which do not count (RFC 2017 §3.1).
        "url" => said(name).replace(' ', ""),
        name => said(name),
    });
    Some((EXTERNAL, place.into_iter().filter(|p| !p.is_empty()).collect::<Vec<_>>().join(" ")))
}

/// Every part with what became of it.
pub(super) fn account(tree: &Tree<'_>, attachments: &[Attachment]) -> Vec<PartAccount> {
    let mut offered = attachments.iter();
    let account = |node: &super::tree::Node<'_>| {
        let attachment = if node.is_offered() { offered.next() } else { None };
        let (status, reason) = match node.fate {
            Fate::Container => (PartStatus::Container, None),
            Fate::Shown { .. } => (PartStatus::Shown, None),
            Fate::Converted { .. } => (PartStatus::Converted, None),
            Fate::Offered => (attachment.map_or(PartStatus::AsItCame, |a| a.status), None),
            Fate::HeldBack(why) => (PartStatus::HeldBack, Some(why.word())),
            Fate::Enclosed => (PartStatus::Enclosed, None),
        };
        let media_type = media_type(&node.part);
        PartAccount { part: node.number.clone(), media_type, status, reason, attachment: attachment.map(|a| a.index) }
    };
    tree.nodes.iter().map(account).collect()
}

fn described(
    part: &MessagePart<'_>,
    index: usize,
    filename: String,
    bytes: &[u8],
    damaged: bool,
    shown: bool,
) -> Attachment {
    // Without its end the part may have been cut short.
    let damaged = damaged || part.flags().contains(PartFlags::MISSING_DELIMITER);
    Attachment {
        index,
        filename,
        media_type: media_type(part),
        size: bytes.len() as u64,
        sha256: sha256(bytes),
        disposition: if shown || part.is_inline() { Disposition::Inline } else { Disposition::Attachment },
        content_id: content_id(part),
        status: match (damaged, shown) {
            (true, _) => PartStatus::Damaged,
            (false, true) => PartStatus::Inline,
            (false, false) => PartStatus::AsItCame,
        },
    }
}

/// Hex.
pub(super) fn sha256(bytes: &[u8]) -> String {
    use std::fmt::Write;
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, bytes);
    digest.as_ref().iter().fold(String::with_capacity(64), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

/// `type/subtype`, lower case.
pub(super) fn media_type(part: &MessagePart<'_>) -> String {
    let token = |text: &str| {
        !text.is_empty()
            && text.len() <= 127
            && text.bytes().all(|c| c.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&c))
    };
    match part.content_type().map(|t| (t.ctype(), t.subtype())) {
        Some((kind, Some(subtype))) if token(kind) && token(subtype) => {
            format!("{kind}/{subtype}").to_ascii_lowercase()
        }
        // In a digest a part without a type is a message (RFC 2046 §5.1.5).
        None if part.is_message() => "message/rfc822".to_owned(),
        None if part.is_text() => "text/plain".to_owned(),
        _ => "application/octet-stream".to_owned(),
    }
}

/// Content-ID without brackets.
pub(super) fn content_id(part: &MessagePart<'_>) -> Option<String> {
    part.content_id().map(fields::clean).filter(|id| !id.is_empty())
}

/// A picture that may be shown in the HTML. Not SVG: it is a document, with scripts and links of its own.
pub(super) fn is_picture(part: &MessagePart<'_>) -> bool {
    matches!(
        &*media_type(part),
        "image/png"
            | "image/jpeg"
            | "image/jpg"
            | "image/pjpeg"
            | "image/gif"
            | "image/webp"
            | "image/avif"
            | "image/bmp"
    )
}

/// The name by which a part is spoken of to its sender.
pub(super) fn file_name(part: &MessagePart<'_>, index: usize) -> String {
    name_of(part, index).0
}

/// The name as the message has it.
pub(super) fn name_as_written(part: &MessagePart<'_>) -> Option<String> {
    name_written(part, HeaderName::ContentDisposition, "filename")
        .or_else(|| name_written(part, HeaderName::ContentType, "name"))
}

/// The name that Content-Type gives the part, where Content-Disposition gives it another one.
pub(super) fn alias(part: &MessagePart<'_>, name: &str) -> Option<String> {
    let written = name_written(part, HeaderName::ContentType, "name")?;
    names::safe(&written).filter(|alias| alias != name)
}

/// The safe name, and whether it had to be changed into one.
fn name_of(part: &MessagePart<'_>, index: usize) -> (String, bool) {
    let written = name_as_written(part);
    let media_type = media_type(part);
    let safe = written.as_deref().and_then(names::safe);
    let changed = written.as_deref().is_some_and(|written| Some(written.trim()) != safe.as_deref());
    let is_message = matches!(part.kind(), PartKind::Message(_)) || media_type == "message/rfc822";
    let name = match safe {
        Some(name) if is_message && !name.to_lowercase().ends_with(".eml") => names::safe(&format!("{name}.eml")),
        None if matches!(&*media_type, "text/vcard" | "text/x-vcard" | "text/directory") => {
            calendar::whose(&part.decoded()).and_then(|name| names::safe(&format!("{name}.vcf")))
        }
        None => part.nested().and_then(|nested| {
            // A slash in a subject is no path.
            let subject = fields::subject(nested.headers()).replace(['/', '\\'], "_");
            names::safe(&subject).and_then(|subject| names::safe(&format!("{subject}.eml")))
        }),
        safe => safe,
    };
    (name.unwrap_or_else(|| names::default(index, &media_type)), changed)
}

/// A parameter of the last such field, RFC 2231, RFC 2047 or 8-bit as it may be.
fn name_written(part: &MessagePart<'_>, field: HeaderName<'static>, parameter: &str) -> Option<String> {
    let header = part.headers().get(field)?;
    let name: Option<Cow<'_, str>> = fields::with_value(header, HeaderForm::ContentType, |value| {
        value.as_content_type().and_then(|t| t.attribute(parameter)).map(|name| name.to_owned().into())
    });
    name.map(Cow::into_owned).filter(|name| !name.trim().is_empty())
}
