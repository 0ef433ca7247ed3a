//! What is sealed of a message, in S/MIME (RFC 8551) or OpenPGP (RFC 3156, RFC 9580): which part, what its signature
//! covers, what stays shut, and which Subject is the protected one (RFC 9788).

use std::borrow::Cow;

use jiff::Timestamp;
use mail_parser::{MessagePart, PartKind};

use super::limits::Limits;
use super::opened::Opened;
use super::tree::{Fate, Node, Tree};
use super::unpack::{Packing, Unpacked};
use super::{attachments, defects, fields, openpgp};
use crate::domain::seal::{ContentKey, Encryption, Seals, Shut, Signature};
use crate::smime::{self, Evidence, Keyring, Roots, Trust};

/// What a sealed part was.
#[derive(Debug)]
pub(super) enum Seal {
    /// Encrypted, and opened.
    Opened { encryption: Encryption, key: ContentKey },
    /// Encrypted, and not opened.
    Shut(Shut),
    /// Signed, the content within.
    Signed,
}

/// Whether a part may hold CMS. Some gateways rename the type; the file's name stays.
pub(super) fn may_be_smime(part: &MessagePart<'_>, media_type: &str) -> bool {
    match media_type {
        "application/pkcs7-mime" | "application/x-pkcs7-mime" => true,
        "application/octet-stream" if !matches!(part.kind(), PartKind::Multipart) => {
            attachments::file_name(part, 0).to_ascii_lowercase().ends_with(".p7m")
        }
        _ => false,
    }
}

fn is_multipart(part: &MessagePart<'_>, subtype: &str) -> bool {
    part.content_type().is_some_and(|t| {
        t.ctype().eq_ignore_ascii_case("multipart") && t.subtype().is_some_and(|s| s.eq_ignore_ascii_case(subtype))
    })
}

/// Opens a part that may hold CMS.
pub(super) fn unpack(part: &MessagePart<'_>, keyring: &Keyring, room: usize) -> Unpacked {
    let closed = |code, detail: &str, seal| Unpacked {
        entity: None,
        faults: vec![(code, detail.to_owned())],
        offered: true,
        seal,
        wrapped: false,
    };
    let (entity, seal) = match smime::open(&part.decoded(), keyring, room) {
        smime::Opened::Decrypted { entity, encryption, key } => (entity, Seal::Opened { encryption, key }),
        smime::Opened::Signed { entity } => (entity, Seal::Signed),
        smime::Opened::Shut(shut) => return closed(defects::SEALED, shut.word(), Some(Seal::Shut(shut))),
        smime::Opened::Compressed => return closed(defects::SEALED, "compressed", None),
        smime::Opened::NoContent => return Unpacked { offered: true, ..Unpacked::default() },
        smime::Opened::Foreign => return closed(defects::SEALED, "malformed", None),
    };
    let (entity, wrapped) = unwrapped(entity);
    Unpacked { entity: Some(entity), seal: Some(seal), wrapped, ..Unpacked::default() }
}

/// A whole message that was put into the seal to protect its header (RFC 8551 §3.1).
fn unwrapped(entity: Vec<u8>) -> (Vec<u8>, bool) {
    let inner = || {
        let message = Limits::default().parse(&entity)?;
        let root = message.root_part();
        let is_message = matches!(&*attachments::media_type(&root), "message/rfc822" | "message/global");
        // A forwarded message is marked as one (RFC 9788 calls what is not the old way of protecting).
        let forwarded = root.content_type().and_then(|t| t.attribute("forwarded")).is_some_and(|f| f != "no");
        let octets = match root.kind() {
            PartKind::Message(_) => Cow::Borrowed(root.raw_body()),
            _ => root.decoded(),
        };
        (is_message && !forwarded && Limits::default().parse(&octets).is_some()).then(|| octets.into_owned())
    };
    match inner() {
        Some(inner) => (inner, true),
        None => (entity, false),
    }
}

impl Opened<'_> {
    /// The keys that opened what was encrypted, to be kept with the verdict.
    #[must_use]
    pub fn seals(&self, signature: Option<Signature>) -> Seals {
        let keys = self.packed.iter().filter_map(|packed| match &packed.seal {
            Some(Seal::Opened { key, .. }) => Some(key.clone()),
            _ => None,
        });
        Seals { keys: keys.collect(), signature }
    }

    /// How each encrypted part was encrypted that was opened.
    pub fn encryptions(&self) -> impl Iterator<Item = &Encryption> {
        self.packed.iter().filter_map(|packed| match &packed.seal {
            Some(Seal::Opened { encryption, .. }) => Some(encryption),
            _ => None,
        })
    }

    /// What was found of the message's signature: of several inside one another the innermost, which is its author's.
    #[must_use]
    pub fn evidence(&self) -> Option<Evidence> {
        let parsed = self.parsed();
        evidence(&Tree::of(self, &parsed))
    }

    /// The verdict of whoever trusts nobody: what can be said of a message by itself.
    #[must_use]
    pub fn signature_alone(&self, author: &str) -> Option<Signature> {
        // Where nobody is trusted, no certificate is asked for its days.
        let trust = Trust { roots: &Roots::default(), pinned: &[], at: Timestamp::UNIX_EPOCH, author };
        self.evidence().map(|evidence| smime::judge(&evidence, &trust))
    }

    /// Why a part stays shut that the citizen could not open either.
    pub(super) fn shut(&self, tree: &Tree<'_>) -> Option<Shut> {
        let smime = self.packed.iter().find_map(|packed| match packed.seal {
            Some(Seal::Shut(shut)) => Some(shut),
            _ => None,
        });
        let openpgp = || {
            let armoured = self.layers.iter().any(|layer| openpgp::may_be_encrypted(&layer.octets));
            tree.nodes.iter().any(|node| is_openpgp(node, armoured, self.limits.body_bytes)).then_some(Shut::OpenPgp)
        };
        smime.or_else(openpgp)
    }
}

fn is_openpgp(node: &Node<'_>, armoured: bool, longest: usize) -> bool {
    let part = &node.part;
    if is_multipart(part, "encrypted") || &*attachments::media_type(part) == "application/pgp-encrypted" {
        return true;
    }
    if !armoured {
        return false;
    }
    match node.fate {
        Fate::Shown { .. } => openpgp::is_encrypted(&super::text::decoded(part, longest).0),
        Fate::Offered if part.children().len() == 0 => openpgp::begins_encrypted(&part.decoded()),
        _ => false,
    }
}

/// The parts from the outside in, as long as nothing stands beside them: each sealed one, and what was in it.
fn chain<'n, 't>(tree: &'n Tree<'t>) -> impl Iterator<Item = (&'n Node<'t>, Option<&'n Node<'t>>)> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let node = tree.nodes.get(at)?;
        let sealed = node.packed.is_some_and(|p| p.packing == Packing::Smime && p.inner.is_some())
            || is_multipart(&node.part, "signed");
        at = if sealed { at + 1 } else { usize::MAX };
        // What was in it is the next.
        Some((node, if sealed { tree.nodes.get(at) } else { None }))
    })
}

pub(super) fn evidence(tree: &Tree<'_>) -> Option<Evidence> {
    let whole = chain(tree).filter_map(|(node, _)| signed(node, true)).last();
    let partial = || tree.nodes.iter().find_map(|node| signed(node, false));
    whole.or_else(partial)
}

/// The signature that this part bears. `whole`: nothing of the message stands outside it, as far as the parts before say.
fn signed(node: &Node<'_>, whole: bool) -> Option<Evidence> {
    if matches!(node.fate, Fate::Enclosed) {
        return None;
    }
    let part = &node.part;
    if let Some(packed) = node.packed {
        return matches!(packed.seal, Some(Seal::Signed)).then(|| smime::check(&part.decoded(), None, whole));
    }
    if !is_multipart(part, "signed") {
        return None;
    }
    let mut children = part.children();
    let (content, signature) = (children.next()?, children.next()?);
    // A third part would be shown, and nobody has signed it.
    let whole = whole && children.next().is_none();
    match &*attachments::media_type(&signature) {
        "application/pgp-signature" => Some(Evidence::openpgp(whole)),
        "application/pkcs7-signature" | "application/x-pkcs7-signature" => {
            let (octets, raw) = (signature.decoded(), content.raw());
            let evidence = smime::check(&octets, Some(raw), whole);
            // A file that was saved with other line ends (RFC 8551 §3.1.1: they are CRLF when it is signed).
            let bare = !evidence.holds() && memchr::memchr(b'\r', raw).is_none();
            Some(if bare { smime::check(&octets, Some(&with_crlf(raw)), whole) } else { evidence })
        }
        _ => None,
    }
}

fn with_crlf(octets: &[u8]) -> Vec<u8> {
    octets.split(|octet| *octet == b'\n').collect::<Vec<_>>().join(&b"\r\n"[..])
}

/// The Subject that stands inside the seal, where the sender says that it is the one (RFC 9788 §4, and the older ways:
/// `protected-headers`, a whole message inside).
pub(super) fn subject(tree: &Tree<'_>) -> Option<String> {
    chain(tree)
        .filter_map(|(node, inner)| {
            let inner = inner?;
            let said = inner
                .part
                .content_type()
                .is_some_and(|t| t.attribute("hp").is_some() || t.attribute("protected-headers").is_some());
            let protected = said || node.packed.is_some_and(|packed| packed.wrapped);
            let subject = fields::subject(inner.part.headers());
            (protected && !subject.is_empty()).then_some(subject)
        })
        .last()
}
