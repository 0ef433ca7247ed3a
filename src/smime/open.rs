//! The opening of one part (RFC 8551 §3.3 to §3.5): what is sealed in it becomes a MIME entity.

use std::borrow::Cow;

use super::Keyring;
use super::ber::{Element, INTEGER, Malformed, OCTET_STRING, OID, Reader, SEQUENCE, SET, context, write};
use super::certificate::{algorithm, sha256};
use super::cipher::{Cipher, Closed};
use super::recipient::{self, recipients};
use super::{oid, signed};
use crate::domain::seal::{ContentKey, Encryption, Shut};

/// What came out of a part.
#[derive(Debug)]
pub enum Opened {
    /// It was encrypted.
    Decrypted {
        /// Header fields and body.
        entity: Vec<u8>,
        /// How it was encrypted.
        encryption: Encryption,
        /// Opens it again.
        key: ContentKey,
    },
    /// It was signed, not encrypted.
    Signed {
        /// Header fields and body.
        entity: Vec<u8>,
    },
    /// It is encrypted and stays so.
    Shut(Shut),
    /// It is compressed (RFC 3274), which we do not open.
    Compressed,
    /// It holds certificates, or a signature over something else.
    NoContent,
    /// No S/MIME at all.
    Foreign,
}

/// `ContentInfo`: the content's type, and the content.
pub(super) fn content_info(octets: &[u8]) -> Result<(&[u8], Element<'_>), Malformed> {
    let mut fields = Reader::new(octets).expect(SEQUENCE)?.reader();
    let id = fields.expect(OID)?.content;
    Ok((id, fields.expect(context(0))?.reader().any()?))
}

/// Opens a part's octets, into at most `room` octets.
#[must_use]
pub fn open(octets: &[u8], keyring: &Keyring, room: usize) -> Opened {
    let Ok((id, content)) = content_info(octets) else { return Opened::Foreign };
    match id {
        oid::SIGNED_DATA => match signed::SignedData::read(&content) {
            Ok(signed) => match signed.content {
                Some(content) if content.len() <= room => {
                    Opened::Signed { entity: entity(signed.content_type, content) }
                }
                Some(_) => Opened::Shut(Shut::TooLarge),
                None => Opened::NoContent,
            },
            Err(Malformed) => Opened::Foreign,
        },
        oid::ENVELOPED_DATA | oid::AUTH_ENVELOPED_DATA => {
            let authenticated = id == oid::AUTH_ENVELOPED_DATA;
            match Enveloped::read(&content, authenticated) {
                Ok(enveloped) => enveloped.open(octets, keyring, room).unwrap_or_else(Opened::Shut),
                Err(Closed) => Opened::Shut(Shut::Undecryptable),
            }
        }
        oid::COMPRESSED_DATA => Opened::Compressed,
        _ => Opened::Foreign,
    }
}

/// What a content of this type is as an entity: data is one, and other CMS is put into one.
fn entity(content_type: &[u8], content: Cow<'_, [u8]>) -> Vec<u8> {
    if content_type == oid::DATA {
        return content.into_owned();
    }
    let inner = write(SEQUENCE, &[&write(OID, &[content_type]), &write(context(0), &[&content])]);
    let head = b"Content-Type: application/pkcs7-mime; name=\"smime.p7m\"\r\nContent-Transfer-Encoding: binary\r\n\r\n";
    [&head[..], &inner].concat()
}

/// `EnvelopedData` and `AuthEnvelopedData`.
struct Enveloped<'a> {
    recipients: Vec<recipient::Recipient<'a>>,
    content_type: &'a [u8],
    cipher: (&'a [u8], Option<Element<'a>>),
    octets: Cow<'a, [u8]>,
    /// What is authenticated beside the content, and the tag.
    beside: Option<(Vec<u8>, Cow<'a, [u8]>)>,
}

impl<'a> Enveloped<'a> {
    fn read(content: &Element<'a>, authenticated: bool) -> Result<Self, Closed> {
        let mut fields = content.reader();
        fields.expect(INTEGER)?;
        fields.optional(context(0))?;
        let recipients = recipients(&fields.expect(SET)?)?;
        let mut info = fields.expect(SEQUENCE)?.reader();
        let content_type = info.expect(OID)?.content;
        let cipher = algorithm(&info.expect(SEQUENCE)?)?;
        let octets = info.string(0x80)?;
        let beside = if authenticated {
            let attributes = fields.optional(context(1))?;
            // As DER has a set: only the identifier octet differs (RFC 5083 §2.2).
            let additional = attributes.map(|set| write(SET, &[set.content])).unwrap_or_default();
            Some((additional, fields.string(OCTET_STRING)?))
        } else {
            None
        };
        Ok(Self { recipients, content_type, cipher, octets, beside })
    }

    fn open(self, part: &[u8], keyring: &Keyring, room: usize) -> Result<Opened, Shut> {
        if self.octets.len() > room {
            return Err(Shut::TooLarge);
        }
        let cipher = Cipher::of(self.cipher.0).ok_or(Shut::Unsupported)?;
        let part = sha256(part);
        let authenticated = cipher.is_authenticated();
        let opened = |entity, key: Vec<u8>, office| Opened::Decrypted {
            entity,
            encryption: Encryption { cipher: cipher.name, authenticated, office },
            key: ContentKey { part, key },
        };
        for known in keyring.content_keys.iter().filter(|known| known.part == part) {
            if let Ok(entity) = self.content(&cipher, &known.key) {
                return Ok(opened(entity, known.key.clone(), None));
            }
        }
        let ours = self
            .recipients
            .iter()
            .flat_map(|recipient| keyring.own.iter().filter(|own| recipient.is(own)).map(move |own| (recipient, own)));
        for (recipient, own) in ours.take(recipient::TRIED) {
            let key = recipient.content_key(own, cipher.key);
            if let Ok((entity, key)) = key.and_then(|key| Ok((self.content(&cipher, &key)?, key))) {
                return Ok(opened(entity, key, own.office.clone()));
            }
        }
        Err(Shut::Undecryptable)
    }

    fn content(&self, cipher: &Cipher, key: &[u8]) -> Result<Vec<u8>, Closed> {
        let beside = self.beside.as_ref().map(|(additional, tag)| (&additional[..], &tag[..]));
        let octets = cipher.open(key, self.cipher.1.as_ref(), self.octets.to_vec(), beside)?;
        // A wrong key may happen to end in what looks like padding.
        if self.content_type == oid::DATA && !cipher.is_authenticated() && !begins_like_an_entity(&octets) {
            return Err(Closed);
        }
        Ok(entity(self.content_type, Cow::Owned(octets)))
    }
}

/// A header field, or none and the blank line.
fn begins_like_an_entity(octets: &[u8]) -> bool {
    let name = octets.iter().take_while(|octet| matches!(octet, 33..=57 | 59..=126)).count();
    let after = octets.get(name..).unwrap_or_default().trim_ascii_start();
    octets.is_empty()
        || octets.starts_with(b"\r\n")
        || octets.starts_with(b"\n")
        || (name > 0 && after.starts_with(b":"))
}
