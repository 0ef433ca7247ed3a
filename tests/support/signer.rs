//! Signs letters as an office's server does (RFC 6376, RFC 8463).

use std::sync::LazyLock;
use std::time::Duration;

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der, PublicKeyX509Der};
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::KeyPair as _;
use base64::Engine;
use mail_auth::crypto::{Ed25519Key, RsaKey, Sha256};
use mail_auth::dkim::DkimSigner;
use mail_auth::headers::HeaderWriter;
use mail_auth::signer::Ready;
use rustls::pki_types::PrivateKeyDer;

/// What a careful server signs.
pub const FIELDS: [&str; 9] =
    ["From", "To", "Cc", "Subject", "Date", "Message-ID", "MIME-Version", "Content-Type", "Content-Transfer-Encoding"];

/// PKCS #8, and `p=`.
static RSA: LazyLock<(Vec<u8>, String)> = LazyLock::new(|| {
    let key = KeyPair::generate(KeySize::Rsa2048).unwrap();
    let private: Pkcs8V1Der<'_> = key.as_der().unwrap();
    let public: PublicKeyX509Der<'_> = key.public_key().as_der().unwrap();
    (private.as_ref().to_vec(), base64::engine::general_purpose::STANDARD.encode(public.as_ref()))
});
static ED25519: LazyLock<(Vec<u8>, String)> = LazyLock::new(|| {
    let private = Ed25519Key::generate_pkcs8().unwrap();
    let public = Ed25519Key::from_pkcs8_der(&private).unwrap().public_key();
    (private, base64::engine::general_purpose::STANDARD.encode(public))
});

/// The record of `SELECTOR._domainkey.DOMAIN` for letters that [`rsa`] has signed.
pub fn rsa_record() -> String {
    format!("v=DKIM1; k=rsa; p={}", RSA.1)
}

/// The same for [`ed25519`].
pub fn ed25519_record() -> String {
    format!("v=DKIM1; k=ed25519; p={}", ED25519.1)
}

/// How a letter is signed otherwise than well.
#[derive(Debug, Clone, Default)]
pub struct Signing {
    /// `h=`; none: [`FIELDS`].
    pub fields: Option<Vec<&'static str>>,
    /// `l=`.
    pub length: bool,
    /// `x=`, from now.
    pub lasts: Option<Duration>,
}

/// The letter with a signature of the domain by RSA on top; selector `r`.
pub fn rsa(letter: &str, domain: &str, signing: &Signing) -> String {
    let key = RsaKey::<Sha256>::from_key_der(PrivateKeyDer::Pkcs8(RSA.0.as_slice().into())).unwrap();
    let signer = DkimSigner::from_key(key).domain(domain).selector("r").headers(fields(signing));
    let signature = finished(signer, signing).sign(letter.as_bytes()).unwrap();
    signature.to_header() + letter
}

/// The same by Ed25519; selector `e`.
pub fn ed25519(letter: &str, domain: &str, signing: &Signing) -> String {
    let key = Ed25519Key::from_pkcs8_der(&ED25519.0).unwrap();
    let signer = DkimSigner::from_key(key).domain(domain).selector("e").headers(fields(signing));
    let signature = finished(signer, signing).sign(letter.as_bytes()).unwrap();
    signature.to_header() + letter
}

fn fields(signing: &Signing) -> Vec<&'static str> {
    signing.fields.clone().unwrap_or_else(|| FIELDS.to_vec())
}

fn finished<K: mail_auth::crypto::SigningKey>(signer: DkimSigner<K, Ready>, signing: &Signing) -> DkimSigner<K, Ready> {
    let signer = signer.body_length(signing.length);
    match signing.lasts {
        Some(lasts) => signer.expiration(lasts),
        None => signer,
    }
}
