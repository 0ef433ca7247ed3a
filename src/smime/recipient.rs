//! For whom something is encrypted, and the content's key for whoever of them we are: key transport by RSA (RFC 3370,
//! RFC 3560), key agreement by elliptic curves (RFC 5753, RFC 8418).

use std::borrow::Cow;

use aws_lc_rs::agreement::{self, UnparsedPublicKey};
use aws_lc_rs::digest::{self, Context};
use aws_lc_rs::hmac;
use aws_lc_rs::rsa::{
    OAEP_SHA1_MGF1SHA1, OAEP_SHA256_MGF1SHA256, OAEP_SHA384_MGF1SHA384, OAEP_SHA512_MGF1SHA512, OaepAlgorithm,
};

use super::ber::{Element, INTEGER, OCTET_STRING, Reader, SEQUENCE, context, write};
use super::certificate::{PublicKey, algorithm};
use super::cipher::{Closed, unwrap};
use super::key::{OwnKey, Secret};
use super::oid;

/// Recipients of one message that are looked at.
const RECIPIENTS: usize = 1000;
/// Of them, those that may be tried: each costs an operation with a private key.
pub(super) const TRIED: usize = 4;

/// One recipient: how a key is named, and what is in it for its owner.
pub(super) struct Recipient<'a> {
    id: KeyId<'a>,
    /// Identifier and parameters of the way in which the key is encrypted.
    way: (&'a [u8], Option<Element<'a>>),
    key: Cow<'a, [u8]>,
    agreement: Option<Agreement<'a>>,
}

/// How a certificate is named (RFC 5652 §6.2).
pub(super) enum KeyId<'a> {
    Issued { issuer: &'a [u8], serial: &'a [u8] },
    Key(Cow<'a, [u8]>),
}

struct Agreement<'a> {
    /// The sender's public key, made for this message.
    public: &'a [u8],
    /// User keying material.
    material: Option<Cow<'a, [u8]>>,
}

/// `IssuerAndSerialNumber`, or a key's id under this identifier octet.
pub(super) fn key_id<'a>(fields: &mut Reader<'a>) -> Result<KeyId<'a>, Closed> {
    let element = fields.any()?;
    if element.tag == SEQUENCE {
        let mut fields = element.reader();
        return Ok(KeyId::Issued { issuer: fields.expect(SEQUENCE)?.raw, serial: fields.expect(INTEGER)?.content });
    }
    if element.tag & 0xdf == 0x80 { Ok(KeyId::Key(element.string()?)) } else { Err(Closed) }
}

/// Reads them; kinds that we do not have are left out.
pub(super) fn recipients<'a>(set: &Element<'a>) -> Result<Vec<Recipient<'a>>, Closed> {
    let mut found = Vec::new();
    for element in set.reader().all(RECIPIENTS)? {
        let mut fields = element.reader();
        match element.tag {
            SEQUENCE => {
                fields.expect(INTEGER)?;
                let id = key_id(&mut fields)?;
                let way = algorithm(&fields.expect(SEQUENCE)?)?;
                found.push(Recipient { id, way, key: fields.string(OCTET_STRING)?, agreement: None });
            }
            // A list for one key agreement: [1].
            0xa1 => {
                fields.expect(INTEGER)?;
                let originator = fields.expect(context(0))?.reader().any()?;
                let material = match fields.optional(context(1))? {
                    Some(material) => Some(material.reader().string(OCTET_STRING)?),
                    None => None,
                };
                let way = algorithm(&fields.expect(SEQUENCE)?)?;
                // Only the public key itself is of use: a sender's static key stands in no message that mailers write.
                if originator.tag != context(1) {
                    continue;
                }
                let public = PublicKey::read(&originator)?.octets;
                for key in fields.expect(SEQUENCE)?.reader().all(RECIPIENTS)? {
                    let mut fields = key.reader();
                    let named = fields.any()?;
                    let id = match named.tag {
                        // RecipientKeyIdentifier begins with the key's id.
                        0xa0 => KeyId::Key(named.reader().string(OCTET_STRING)?),
                        _ => key_id(&mut Reader::new(named.raw))?,
                    };
                    let agreement = Some(Agreement { public, material: material.clone() });
                    found.push(Recipient { id, way, key: fields.string(OCTET_STRING)?, agreement });
                }
            }
            _ => {}
        }
    }
    Ok(found)
}

impl Recipient<'_> {
    /// Whether it is for this key.
    pub(super) fn is(&self, own: &OwnKey) -> bool {
        match &self.id {
            KeyId::Issued { issuer, serial } => own.issuer == *issuer && own.serial == *serial,
            KeyId::Key(id) => own.key_id.as_deref() == Some(id),
        }
    }

    /// The content's key, of `length` octets.
    pub(super) fn content_key(&self, own: &OwnKey, length: usize) -> Result<Vec<u8>, Closed> {
        let key = match (&own.secret, &self.agreement) {
            (Secret::Rsa { pkcs1, oaep }, None) => {
                let mut octets = vec![0; pkcs1.min_output_size()];
                match self.way {
                    (oid::RSA, _) => {
                        // Whoever sends us variants of another's message learns nothing of whether the padding was right
                        // (Bleichenbacher): a wrong one gives a key too, which opens nothing.
                        let opened = pkcs1.decrypt(&self.key, &mut octets).ok().filter(|key| key.len() == length);
                        match opened {
                            Some(key) => key.to_vec(),
                            None => instead(own, &self.key, length),
                        }
                    }
                    (oid::RSA_OAEP, parameters) => {
                        let (way, label) = oaep_parameters(parameters.as_ref())?;
                        oaep.decrypt(way, &self.key, &mut octets, label)?.to_vec()
                    }
                    _ => return Err(Closed),
                }
            }
            (Secret::Curve(secret), Some(with)) => {
                let (scheme, wrapping) = self.way;
                let digest = match scheme {
                    oid::ECDH_SHA1 => &digest::SHA1_FOR_LEGACY_USE_ONLY,
                    oid::ECDH_SHA256 => &digest::SHA256,
                    oid::ECDH_SHA384 => &digest::SHA384,
                    oid::ECDH_SHA512 => &digest::SHA512,
                    _ => return Err(Closed),
                };
                let wrapping = wrapping.ok_or(Closed)?;
                let size = match algorithm(&wrapping)?.0 {
                    oid::AES128_WRAP => 16usize,
                    oid::AES192_WRAP => 24,
                    oid::AES256_WRAP => 32,
                    _ => return Err(Closed),
                };
                let shared = shared_info(wrapping.raw, with.material.as_deref(), size);
                let public = UnparsedPublicKey::new(secret.algorithm(), with.public);
                let wrapping = agreement::agree(secret, public, Closed, |z| Ok(derived(digest, z, &shared, size)))?;
                unwrap(&wrapping, &self.key)?
            }
            _ => return Err(Closed),
        };
        if key.len() == length { Ok(key) } else { Err(Closed) }
    }
}

/// A key that depends on ours and on what was sent, and on nothing that can be seen from outside.
fn instead(own: &OwnKey, sent: &[u8], length: usize) -> Vec<u8> {
    hmac::sign(&own.instead, sent).as_ref().iter().copied().cycle().take(length).collect()
}

/// `RSAES-OAEP-params`: hash and mask must be of one digest; the label may be anything.
fn oaep_parameters<'a>(parameters: Option<&Element<'a>>) -> Result<(&'static OaepAlgorithm, Option<&'a [u8]>), Closed> {
    let mut fields = match parameters {
        Some(parameters) if parameters.tag == SEQUENCE => parameters.reader(),
        None => Reader::new(&[]),
        Some(_) => return Err(Closed),
    };
    let hash = match fields.optional(context(0))? {
        Some(hash) => algorithm(&hash.reader().any()?)?.0,
        None => oid::SHA1,
    };
    let mask = match fields.optional(context(1))? {
        Some(mask) => match algorithm(&mask.reader().any()?)? {
            (oid::MGF1, Some(hash)) => algorithm(&hash)?.0,
            _ => return Err(Closed),
        },
        None => oid::SHA1,
    };
    let label = match fields.optional(context(2))? {
        Some(source) => match algorithm(&source.reader().any()?)? {
            (oid::P_SPECIFIED, Some(label)) => Some(label.content).filter(|label| !label.is_empty()),
            _ => return Err(Closed),
        },
        None => None,
    };
    match (hash, mask) {
        (oid::SHA1, oid::SHA1) => Ok((&OAEP_SHA1_MGF1SHA1, label)),
        (oid::SHA256, oid::SHA256) => Ok((&OAEP_SHA256_MGF1SHA256, label)),
        (oid::SHA384, oid::SHA384) => Ok((&OAEP_SHA384_MGF1SHA384, label)),
        (oid::SHA512, oid::SHA512) => Ok((&OAEP_SHA512_MGF1SHA512, label)),
        _ => Err(Closed),
    }
}

/// `ECC-CMS-SharedInfo` (RFC 5753 §7.2).
fn shared_info(wrapping: &[u8], material: Option<&[u8]>, size: usize) -> Vec<u8> {
    let bits = u32::try_from(size * 8).unwrap_or(u32::MAX).to_be_bytes();
    let public = write(context(2), &[&write(OCTET_STRING, &[&bits])]);
    let party = material.map(|material| write(context(0), &[&write(OCTET_STRING, &[material])])).unwrap_or_default();
    write(SEQUENCE, &[wrapping, &party, &public])
}

/// ANSI X9.63's key derivation (SEC 1 §3.6.1).
fn derived(digest: &'static digest::Algorithm, secret: &[u8], shared: &[u8], size: usize) -> Vec<u8> {
    let mut key = Vec::with_capacity(size + digest.output_len());
    let mut counter = 1u32;
    while key.len() < size {
        let mut context = Context::new(digest);
        context.update(secret);
        context.update(&counter.to_be_bytes());
        context.update(shared);
        key.extend_from_slice(context.finish().as_ref());
        counter += 1;
    }
    key.truncate(size);
    key
}
