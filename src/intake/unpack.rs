//! What may have been packed into one part, and its opening: octets in, a MIME entity out (RFC 2045 §2.4), which is then
//! read like any other.

use mail_parser::{MessagePart, PartKind};

use super::sealed::{self, Seal};
use super::text::Faults;
use super::{attachments, tnef, uuencode};
use crate::smime::Keyring;

/// How a part is packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Packing {
    /// A whole message with a transfer encoding, which RFC 2046 §5.2.1 forbids and mailers do.
    EncodedMessage,
    /// Outlook's and Exchange's winmail.dat.
    Tnef,
    /// Files written into the text, or a transfer encoding that says so.
    Uuencoded,
    /// CMS: encrypted, or signed in one with its content (RFC 8551).
    Smime,
}

/// An opened part.
#[derive(Debug, Default)]
pub(super) struct Unpacked {
    /// Header fields and body; `None`: nothing could be made of it.
    pub(super) entity: Option<Vec<u8>>,
    pub(super) faults: Faults,
    /// The packed part stays downloadable as it came.
    pub(super) offered: bool,
    /// How it was sealed.
    pub(super) seal: Option<Seal>,
    /// The entity is a whole message, whose header the seal protects.
    pub(super) wrapped: bool,
}

/// How the part is packed, if it is.
pub(super) fn packing(part: &MessagePart<'_>) -> Option<Packing> {
    let media_type = attachments::media_type(part);
    match &*media_type {
        "message/rfc822" | "message/global" if matches!(part.kind(), PartKind::Binary) => Some(Packing::EncodedMessage),
        _ if sealed::may_be_smime(part, &media_type) => Some(Packing::Smime),
        _ if tnef::is_one(part) => Some(Packing::Tnef),
        _ if uuencode::is_likely(part) => Some(Packing::Uuencoded),
        _ => None,
    }
}

/// Opens it, into at most `room` octets.
pub(super) fn unpack(packing: Packing, part: &MessagePart<'_>, keyring: &Keyring, room: usize) -> Unpacked {
    match packing {
        Packing::EncodedMessage => {
            let octets = part.decoded();
            let entity = (octets.len() <= room).then(|| octets.into_owned());
            Unpacked { entity, offered: true, ..Unpacked::default() }
        }
        Packing::Tnef => tnef::unpack(part, room),
        Packing::Uuencoded => uuencode::unpack(part, room),
        Packing::Smime => sealed::unpack(part, keyring, room),
    }
}
