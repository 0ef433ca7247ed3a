//! TNEF, the `winmail.dat` in which Outlook and Exchange pack a message (MS-OXTNEF): octets in, a MIME entity out, with
//! text, HTML, files, enclosed messages, and meetings, tasks and contacts in the forms that phones know.
//!
//! What is damaged is read as far as it goes, and what was wrong is said. Nothing here fails, recurses deeper than
//! [`DEEPEST`] messages, or holds more than it was given room for; files are copied once, into the entity.

mod cards;
mod content;
mod dates;
mod entity;
mod file;
mod letter;
mod lzfu;
mod property;
mod recurrence;
mod stream;

use mail_parser::{MessagePart, PartKind};

use super::attachments;
use super::defects::{TNEF_DAMAGED, TNEF_ELSEWHERE};
use super::text::encoding_faults;
use super::unpack::Unpacked;
use content::Unpacking;
use letter::Letter;

/// Messages inside one another.
const DEEPEST: usize = 8;
/// How the signature begins in base64.
const SIGNATURE_BASE64: &[u8] = b"eJ8+I";

/// Whether a part is TNEF: it says so, or is a file without a better type that begins as one.
pub(super) fn is_one(part: &MessagePart<'_>) -> bool {
    let media_type = attachments::media_type(part);
    if matches!(&*media_type, "application/ms-tnef" | "application/vnd.ms-tnef") {
        return true;
    }
    let raw = part.raw_body().trim_ascii_start();
    matches!(part.kind(), PartKind::Binary)
        && (media_type.starts_with("application/") || media_type.starts_with("text/"))
        && (raw.starts_with(&stream::SIGNATURE) || raw.starts_with(SIGNATURE_BASE64))
}

/// Opens it, into at most `room` octets.
pub(super) fn unpack(part: &MessagePart<'_>, room: usize) -> Unpacked {
    let (octets, problems) = part.decoded_checked();
    let mut faults = encoding_faults(part, problems);
    let Opened { entity, damage, elsewhere } = open(&octets, room);
    faults.extend(damage.into_iter().map(|detail| (TNEF_DAMAGED, detail)));
    let offered = entity.is_none() || !faults.is_empty();
    faults.extend(elsewhere.then(|| (TNEF_ELSEWHERE, String::new())));
    Unpacked { entity, faults, offered, ..Unpacked::default() }
}

/// What came of some octets.
#[derive(Debug, Default)]
struct Opened {
    entity: Option<Vec<u8>>,
    /// In words.
    damage: Vec<String>,
    /// A file was not sent along, only where it lies.
    elsewhere: bool,
}

fn open(octets: &[u8], room: usize) -> Opened {
    let Some(letter) = Letter::of(octets) else {
        return Opened { damage: vec!["it does not begin as TNEF does".to_owned()], ..Opened::default() };
    };
    let mut unpacking = Unpacking::new(room);
    let entity = unpacking.content(letter, 1);
    let Unpacking { mut damage, elsewhere, .. } = unpacking;
    if entity.size() > room {
        damage.push(format!("more than {room} octets"));
        return Opened { entity: None, damage, elsewhere };
    }
    damage.dedup();
    Opened { entity: Some(entity.written(|| attachments::sha256(octets))), damage, elsewhere }
}

#[cfg(test)]
mod tests;
