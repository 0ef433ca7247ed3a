//! Signatures (RFC 5652 §5): does each hold over the content, and with which certificate. Who vouches for that one is
//! `verdict`'s question.

use std::borrow::Cow;

use aws_lc_rs::digest;
use aws_lc_rs::signature::{self, UnparsedPublicKey, VerificationAlgorithm};
use jiff::Timestamp;

use super::ber::{Element, INTEGER, Malformed, OCTET_STRING, OID, SEQUENCE, SET, context, write};
use super::certificate::{Certificate, PublicKey, algorithm, sha256, time};
use super::oid;
use super::open::content_info;
use super::recipient::{KeyId, key_id};
use crate::domain::seal::SignatureProblem as Problem;

/// Certificates of one message that are looked at.
const CERTIFICATES: usize = 64;
/// Signers of one message that are looked at.
const SIGNERS: usize = 8;
/// Attributes of one signer.
const ATTRIBUTES: usize = 64;

/// `SignedData`.
pub(super) struct SignedData<'a> {
    pub(super) content_type: &'a [u8],
    /// `None`: it stands beside.
    pub(super) content: Option<Cow<'a, [u8]>>,
    certificates: Vec<&'a [u8]>,
    signers: Vec<Element<'a>>,
}

impl<'a> SignedData<'a> {
    pub(super) fn read(content: &Element<'a>) -> Result<Self, Malformed> {
        let mut fields = content.reader();
        fields.expect(INTEGER)?;
        fields.expect(SET)?;
        let mut info = fields.expect(SEQUENCE)?.reader();
        let content_type = info.expect(OID)?.content;
        let content = match info.optional(context(0))? {
            // PKCS #7 has other content as it is; CMS has all in a string.
            Some(content) => Some(content.reader().string(OCTET_STRING)?),
            None => None,
        };
        let mut certificates = Vec::new();
        if let Some(set) = fields.optional(context(0))? {
            certificates =
                set.reader().all(CERTIFICATES)?.iter().filter(|c| c.tag == SEQUENCE).map(|c| c.raw).collect();
        }
        fields.optional(context(1))?;
        let signers = fields.expect(SET)?.reader().all(SIGNERS)?;
        Ok(Self { content_type, content, certificates, signers })
    }
}

/// What was found of one signer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Signer {
    /// The certificate with which the signature holds, or should.
    pub(super) certificate: Option<Vec<u8>>,
    /// When, as the signer says.
    pub(super) signed: Option<Timestamp>,
    /// `Err`: it does not hold, or could not be looked at. `Ok`: it holds, with weaknesses.
    pub(super) found: Result<Vec<Problem>, Problem>,
}

/// What was found of a message's signature, before anybody is asked who vouches for it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Evidence {
    pub(super) signers: Vec<Signer>,
    /// Every certificate in the message.
    pub(super) certificates: Vec<Vec<u8>>,
    /// Whether the signature covers the whole message.
    pub whole: bool,
    /// It is OpenPGP, and nobody has looked.
    pub openpgp: bool,
}

impl Evidence {
    /// Whether every signature holds, whoever vouches for it.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.signers.iter().all(|signer| signer.found.is_ok())
    }

    /// An OpenPGP signature.
    #[must_use]
    pub fn openpgp(whole: bool) -> Self {
        Self { whole, openpgp: true, ..Self::default() }
    }
}

/// Checks a signature's octets over a content that stands beside them or, `None`, in them. `whole`: what it covers is the
/// whole message.
#[must_use]
pub fn check(octets: &[u8], beside: Option<&[u8]>, whole: bool) -> Evidence {
    let unreadable = || Evidence {
        signers: vec![Signer { certificate: None, signed: None, found: Err(Problem::Malformed) }],
        whole,
        ..Evidence::default()
    };
    let Ok((oid::SIGNED_DATA, content)) = content_info(octets) else { return unreadable() };
    let Ok(signed) = SignedData::read(&content) else { return unreadable() };
    let Some(content) = beside.or(signed.content.as_deref()) else { return unreadable() };
    if signed.signers.is_empty() {
        return unreadable();
    }
    let signers = signed.signers.iter().map(|signer| signed.signer(signer, content)).collect();
    Evidence { signers, certificates: signed.certificates.iter().map(|c| c.to_vec()).collect(), whole, openpgp: false }
}

/// `SignerInfo`.
struct SignerInfo<'a> {
    id: KeyId<'a>,
    digest: &'a [u8],
    attributes: Option<Element<'a>>,
    way: (&'a [u8], Option<Element<'a>>),
    signature: Cow<'a, [u8]>,
}

impl<'a> SignerInfo<'a> {
    fn read(element: &Element<'a>) -> Option<Self> {
        let mut fields = element.reader();
        fields.expect(INTEGER).ok()?;
        let id = key_id(&mut fields).ok()?;
        let digest = algorithm(&fields.expect(SEQUENCE).ok()?).ok()?.0;
        let attributes = fields.optional(context(0)).ok()?;
        let way = algorithm(&fields.expect(SEQUENCE).ok()?).ok()?;
        Some(Self { id, digest, attributes, way, signature: fields.string(OCTET_STRING).ok()? })
    }
}

impl SignedData<'_> {
    fn signer(&self, element: &Element<'_>, content: &[u8]) -> Signer {
        let mut signer = Signer { certificate: None, signed: None, found: Err(Problem::Malformed) };
        let Some(info) = SignerInfo::read(element) else { return signer };
        let named = |certificate: &Certificate<'_>| match &info.id {
            KeyId::Issued { issuer, serial } => certificate.issuer == *issuer && certificate.serial == *serial,
            KeyId::Key(id) => certificate.key_id == Some(id),
        };
        let certificate = self.certificates.iter().filter_map(|der| Certificate::read(der).ok()).find(named);
        let Some(certificate) = certificate else {
            signer.found = Err(Problem::NoCertificate);
            return signer;
        };
        signer.certificate = Some(certificate.der.to_vec());
        signer.found = self.holds(&info, &certificate, content, &mut signer.signed);
        signer
    }

    fn holds(
        &self,
        info: &SignerInfo<'_>,
        certificate: &Certificate<'_>,
        content: &[u8],
        signed: &mut Option<Timestamp>,
    ) -> Result<Vec<Problem>, Problem> {
        let mut weak = Vec::new();
        let digest = digest_of(info.digest).ok_or(Problem::Unsupported)?;
        if info.digest == oid::SHA1 {
            weak.push(Problem::WeakDigest);
        }
        let algorithm = verification(info, &certificate.key)?;
        if certificate.key.algorithm == oid::RSA && certificate.key.rsa_bits().is_none_or(|bits| bits < 2048) {
            weak.push(Problem::WeakKey);
        }
        let holds = |message: &[u8]| {
            UnparsedPublicKey::new(algorithm, certificate.key.octets).verify(message, &info.signature).is_ok()
        };
        let Some(attributes) = &info.attributes else {
            // What reads as a set of attributes may be those of another message, whose signature they bear.
            let other = content.first() == Some(&SET);
            return if !other && self.content_type == oid::DATA && holds(content) {
                Ok(weak)
            } else {
                Err(Problem::ContentChanged)
            };
        };
        let all = attributes.reader().all(ATTRIBUTES).map_err(|_| Problem::Malformed)?;
        *signed = attribute(&all, oid::SIGNING_TIME)?.and_then(|value| time(&value));
        let stated = attribute(&all, oid::CONTENT_TYPE)?.ok_or(Problem::Malformed)?;
        if stated.tag != OID || stated.content != self.content_type {
            return Err(Problem::Malformed);
        }
        // An old certificate's key under a new certificate's name, or the other way round (RFC 5035).
        if let Some(named) = attribute(&all, oid::SIGNING_CERTIFICATE_V2)?
            && names_another(&named, certificate)
        {
            return Err(Problem::SignatureWrong);
        }
        let stated = attribute(&all, oid::MESSAGE_DIGEST)?.ok_or(Problem::Malformed)?;
        if stated.content != digest::digest(digest, content).as_ref() {
            return Err(Problem::ContentChanged);
        }
        // Signed is the DER of the set; some mailers sign it in the order in which they write it.
        let as_written = write(SET, &[attributes.content]);
        let mut sorted: Vec<&[u8]> = all.iter().map(|attribute| attribute.raw).collect();
        sorted.sort_unstable();
        if holds(&as_written) || holds(&write(SET, &sorted)) { Ok(weak) } else { Err(Problem::SignatureWrong) }
    }
}

/// The one value of the one attribute of this name; several are a fault (RFC 5652 §11).
fn attribute<'a>(all: &[Element<'a>], wanted: &[u8]) -> Result<Option<Element<'a>>, Problem> {
    let mut found = None;
    for attribute in all {
        let mut fields = attribute.reader();
        if fields.expect(OID).is_ok_and(|id| id.content == wanted) {
            let values = fields.expect(SET).and_then(|set| set.reader().all(2)).map_err(|_| Problem::Malformed)?;
            let [value] = values[..] else { return Err(Problem::Malformed) };
            if found.replace(value).is_some() {
                return Err(Problem::Malformed);
            }
        }
    }
    Ok(found)
}

/// Whether `SigningCertificateV2` begins with the SHA-256 of another certificate. Other digests are not looked at.
fn names_another(value: &Element<'_>, certificate: &Certificate<'_>) -> bool {
    let first = || value.reader().expect(SEQUENCE).ok()?.reader().expect(SEQUENCE).ok();
    let Some(first) = first() else { return false };
    let mut fields = first.reader();
    match fields.any() {
        Ok(hash) if hash.tag == OCTET_STRING => hash.content != sha256(certificate.der),
        _ => false,
    }
}

fn digest_of(id: &[u8]) -> Option<&'static digest::Algorithm> {
    match id {
        oid::SHA1 => Some(&digest::SHA1_FOR_LEGACY_USE_ONLY),
        oid::SHA256 => Some(&digest::SHA256),
        oid::SHA384 => Some(&digest::SHA384),
        oid::SHA512 => Some(&digest::SHA512),
        _ => None,
    }
}

/// How the signature is verified: what the signer says, which must fit the certificate's key and the digest.
fn verification(info: &SignerInfo<'_>, key: &PublicKey<'_>) -> Result<&'static dyn VerificationAlgorithm, Problem> {
    use signature as s;
    let (way, parameters) = info.way;
    let small = key.rsa_bits().is_some_and(|bits| (1024..2048).contains(&bits));
    let algorithm: &'static dyn VerificationAlgorithm = match (way, key.algorithm, info.digest) {
        (oid::RSA | oid::RSA_SHA1, oid::RSA, oid::SHA1) => &s::RSA_PKCS1_1024_8192_SHA1_FOR_LEGACY_USE_ONLY,
        (oid::RSA | oid::RSA_SHA256, oid::RSA, oid::SHA256) if small => {
            &s::RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY
        }
        (oid::RSA | oid::RSA_SHA512, oid::RSA, oid::SHA512) if small => {
            &s::RSA_PKCS1_1024_8192_SHA512_FOR_LEGACY_USE_ONLY
        }
        (oid::RSA | oid::RSA_SHA256, oid::RSA, oid::SHA256) => &s::RSA_PKCS1_2048_8192_SHA256,
        (oid::RSA | oid::RSA_SHA384, oid::RSA, oid::SHA384) => &s::RSA_PKCS1_2048_8192_SHA384,
        (oid::RSA | oid::RSA_SHA512, oid::RSA, oid::SHA512) => &s::RSA_PKCS1_2048_8192_SHA512,
        (oid::RSA_PSS, oid::RSA | oid::RSA_PSS, digest) => pss(digest, parameters.as_ref())?,
        (oid::ED25519, oid::ED25519, _) => &s::ED25519,
        (_, oid::EC, digest) => ecdsa(way, key.curve, digest)?,
        _ => return Err(Problem::Unsupported),
    };
    Ok(algorithm)
}

/// Hash, mask and salt of one digest (RFC 4056); other salts nobody writes.
fn pss(digest: &[u8], parameters: Option<&Element<'_>>) -> Result<&'static dyn VerificationAlgorithm, Problem> {
    let stated = || {
        let mut fields = parameters?.reader();
        let hash = fields.optional(context(0)).ok()?.and_then(|hash| hash.reader().any().ok())?;
        let mask = fields.optional(context(1)).ok()?.and_then(|mask| mask.reader().any().ok())?;
        let salt = fields.optional(context(2)).ok()?.and_then(|salt| salt.reader().any().ok()?.number());
        let (mgf, of) = algorithm(&mask).ok()?;
        (mgf == oid::MGF1).then_some((algorithm(&hash).ok()?.0, algorithm(&of?).ok()?.0, salt.unwrap_or(20)))
    };
    let (hash, mask, salt) = stated().ok_or(Problem::Unsupported)?;
    if hash != digest || mask != digest {
        return Err(Problem::Unsupported);
    }
    match (digest, salt) {
        (oid::SHA256, 32) => Ok(&signature::RSA_PSS_2048_8192_SHA256),
        (oid::SHA384, 48) => Ok(&signature::RSA_PSS_2048_8192_SHA384),
        (oid::SHA512, 64) => Ok(&signature::RSA_PSS_2048_8192_SHA512),
        _ => Err(Problem::Unsupported),
    }
}

/// Some name the key's algorithm in place of the signature's.
fn ecdsa(way: &[u8], curve: Option<&[u8]>, digest: &[u8]) -> Result<&'static dyn VerificationAlgorithm, Problem> {
    use signature as s;
    let fits = match way {
        oid::EC => true,
        oid::ECDSA_SHA1 => digest == oid::SHA1,
        oid::ECDSA_SHA256 => digest == oid::SHA256,
        oid::ECDSA_SHA384 => digest == oid::SHA384,
        oid::ECDSA_SHA512 => digest == oid::SHA512,
        _ => false,
    };
    let algorithm: &'static dyn VerificationAlgorithm = match (curve, digest) {
        _ if !fits => return Err(Problem::Unsupported),
        (Some(oid::P256), oid::SHA1) => &s::ECDSA_P256_SHA1_ASN1,
        (Some(oid::P256), oid::SHA256) => &s::ECDSA_P256_SHA256_ASN1,
        (Some(oid::P256), oid::SHA384) => &s::ECDSA_P256_SHA384_ASN1,
        (Some(oid::P256), oid::SHA512) => &s::ECDSA_P256_SHA512_ASN1,
        (Some(oid::P384), oid::SHA256) => &s::ECDSA_P384_SHA256_ASN1,
        (Some(oid::P384), oid::SHA384) => &s::ECDSA_P384_SHA384_ASN1,
        (Some(oid::P384), oid::SHA512) => &s::ECDSA_P384_SHA512_ASN1,
        (Some(oid::P521), oid::SHA1) => &s::ECDSA_P521_SHA1_ASN1,
        (Some(oid::P521), oid::SHA256) => &s::ECDSA_P521_SHA256_ASN1,
        (Some(oid::P521), oid::SHA384) => &s::ECDSA_P521_SHA384_ASN1,
        (Some(oid::P521), oid::SHA512) => &s::ECDSA_P521_SHA512_ASN1,
        _ => return Err(Problem::Unsupported),
    };
    Ok(algorithm)
}
