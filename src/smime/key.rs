//! Our own keys: what is encrypted to their certificates can be opened.

use std::fmt;

use aws_lc_rs::agreement::{ECDH_P256, ECDH_P384, ECDH_P521, PrivateKey, X25519};
use aws_lc_rs::encoding::{AsDer, PublicKeyX509Der};
use aws_lc_rs::hmac;
use aws_lc_rs::rsa::{OaepPrivateDecryptingKey, Pkcs1PrivateDecryptingKey, PrivateDecryptingKey};
use jiff::Timestamp;

use super::ber::{OCTET_STRING, Reader, SEQUENCE, write};
use super::certificate::{Certificate, PublicKey, algorithm, sha256};
use super::{oid, pem};
use crate::domain::ids::OfficeId;

/// A certificate of ours and its private key.
pub struct OwnKey {
    certificate: Vec<u8>,
    pub(super) issuer: Vec<u8>,
    pub(super) serial: Vec<u8>,
    pub(super) key_id: Option<Vec<u8>>,
    pub(super) secret: Secret,
    /// Makes the key that is used where RSA's padding is wrong.
    pub(super) instead: hmac::Key,
    pub(super) office: Option<OfficeId>,
}

/// The private half.
pub(super) enum Secret {
    Rsa { pkcs1: Box<Pkcs1PrivateDecryptingKey>, oaep: Box<OaepPrivateDecryptingKey> },
    Curve(Box<PrivateKey>),
}

/// Why certificate and key are of no use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyFault {
    /// Of the first file.
    #[error("the file holds no certificate")]
    NoCertificate,
    /// Of the second file.
    #[error("the file holds no private key")]
    NoKey,
    /// The key is encrypted.
    #[error("the private key has a passphrase")]
    Passphrase,
    /// Neither RSA nor a curve that we have.
    #[error("the private key is of a kind that cannot decrypt (RSA, P-256, P-384, P-521 and X25519 can)")]
    Kind,
    /// They are not a pair.
    #[error("the key is not the certificate's")]
    DoesNotFit,
}

impl OwnKey {
    /// Reads both from PEM: the first certificate of the one, the private key of the other (PKCS #8, PKCS #1 or SEC 1).
    ///
    /// # Errors
    /// See [`KeyFault`].
    pub fn read(certificate: &[u8], key: &[u8], office: Option<OfficeId>) -> Result<Self, KeyFault> {
        let der = pem::certificates(certificate).into_iter().next().ok_or(KeyFault::NoCertificate)?;
        let own = Certificate::read(&der).map_err(|_| KeyFault::NoCertificate)?;
        let (label, secret) =
            pem::blocks(key, |label| label.ends_with("PRIVATE KEY")).into_iter().next().ok_or(KeyFault::NoKey)?;
        // PKCS #1 with a passphrase has it in fields inside the block.
        if label.starts_with("ENCRYPTED") || secret.is_empty() {
            return Err(KeyFault::Passphrase);
        }
        let secret = if label == "RSA PRIVATE KEY" { pkcs8_of_pkcs1(&secret) } else { secret };
        let instead = hmac::Key::new(hmac::HMAC_SHA256, &sha256(&secret));
        let secret = read_secret(&secret, &own.key)?;
        Ok(Self {
            issuer: own.issuer.to_vec(),
            serial: own.serial.to_vec(),
            key_id: own.key_id.map(<[u8]>::to_vec),
            certificate: der,
            secret,
            instead,
            office,
        })
    }

    /// When the certificate begins and ends.
    #[must_use]
    pub fn validity(&self) -> Option<(Timestamp, Timestamp)> {
        Certificate::read(&self.certificate).ok().map(|certificate| certificate.validity())
    }

    /// Whether the certificate says that it is for encryption, or says nothing.
    #[must_use]
    pub fn may_receive(&self) -> bool {
        Certificate::read(&self.certificate).is_ok_and(|certificate| certificate.may_receive())
    }

    /// SHA-256 of the certificate.
    #[must_use]
    pub fn fingerprint(&self) -> [u8; 32] {
        sha256(&self.certificate)
    }
}

impl fmt::Debug for OwnKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OwnKey(…)")
    }
}

/// `PrivateKeyInfo` around an `RSAPrivateKey` (RFC 5958).
fn pkcs8_of_pkcs1(key: &[u8]) -> Vec<u8> {
    let algorithm = write(SEQUENCE, &[&write(super::ber::OID, &[oid::RSA]), &[5, 0]]);
    write(SEQUENCE, &[&[2, 1, 0], &algorithm, &write(OCTET_STRING, &[key])])
}

fn read_secret(der: &[u8], public: &PublicKey<'_>) -> Result<Secret, KeyFault> {
    if let Ok(key) = PrivateDecryptingKey::from_pkcs8(der) {
        let own: PublicKeyX509Der<'_> = key.public_key().as_der().map_err(|_| KeyFault::Kind)?;
        let own = Reader::new(own.as_ref()).expect(SEQUENCE).map_err(|_| KeyFault::Kind)?;
        let own = PublicKey::read(&own).map_err(|_| KeyFault::Kind)?;
        if own.octets != public.octets {
            return Err(KeyFault::DoesNotFit);
        }
        return Ok(Secret::Rsa {
            pkcs1: Box::new(Pkcs1PrivateDecryptingKey::new(key.clone()).map_err(|_| KeyFault::Kind)?),
            oaep: Box::new(OaepPrivateDecryptingKey::new(key).map_err(|_| KeyFault::Kind)?),
        });
    }
    let curves = [&ECDH_P256, &ECDH_P384, &ECDH_P521];
    let curve = curves.into_iter().find_map(|curve| PrivateKey::from_private_key_der(curve, der).ok());
    let key = curve.or_else(|| x25519(der)).ok_or(KeyFault::Kind)?;
    let own = key.compute_public_key().map_err(|_| KeyFault::Kind)?;
    if own.as_ref() == public.octets { Ok(Secret::Curve(Box::new(key))) } else { Err(KeyFault::DoesNotFit) }
}

/// RFC 8410 §7.
fn x25519(der: &[u8]) -> Option<PrivateKey> {
    let mut fields = Reader::new(der).expect(SEQUENCE).ok()?.reader();
    fields.any().ok()?;
    let (id, _) = algorithm(&fields.expect(SEQUENCE).ok()?).ok()?;
    let seed = fields.expect(OCTET_STRING).ok()?.reader().expect(OCTET_STRING).ok()?.content;
    (id == oid::X25519).then(|| PrivateKey::from_private_key(&X25519, seed).ok())?
}
