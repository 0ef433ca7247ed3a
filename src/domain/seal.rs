//! What was sealed of a message (S/MIME, RFC 8551; OpenPGP, RFC 3156): the keys that opened it at the door, and what was
//! said there of its signature. Both are kept beside the octets, so that a message stays readable when keys and
//! certificates have long been replaced, and its verdict stays what it was when it came.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::ids::OfficeId;
use super::record::Person;

/// What must be known to read a sealed message again.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Seals {
    /// One for each sealed part that was opened.
    #[serde(default)]
    pub keys: Vec<ContentKey>,
    /// What was said of the signature; `None`: it has none.
    #[serde(default)]
    pub signature: Option<Signature>,
}

impl Seals {
    /// Whether there is nothing to keep: the message was neither encrypted nor signed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty() && self.signature.is_none()
    }
}

/// The key of one encrypted part: of its content, never of a person or office. It cannot be printed.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContentKey {
    /// SHA-256 of the part, decoded: which one it opens.
    pub part: [u8; 32],
    /// The key; its length is the cipher's.
    pub key: Vec<u8>,
}

impl fmt::Debug for ContentKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ContentKey(…)")
    }
}

/// How a part was encrypted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Encryption {
    /// `aes-256-gcm`, `des-ede3-cbc`.
    pub cipher: &'static str,
    /// Whether the cipher itself tells a change (RFC 5083). Without it, only a signature does.
    pub authenticated: bool,
    /// For which office alone the key is that opened it; `None`: for all.
    #[serde(skip)]
    pub office: Option<OfficeId>,
}

/// Why a sealed part stays closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shut {
    /// It could not be decrypted. Whether a key, its unwrapping or the content was at fault is not said to anybody: a
    /// difference would open other messages (Bleichenbacher, padding oracles).
    Undecryptable,
    /// In a way that we do not have.
    Unsupported,
    /// Beyond what may come of what is packed.
    TooLarge,
    /// OpenPGP, of which we have no keys.
    OpenPgp,
}

impl Shut {
    /// The word in defects, events and logs.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Undecryptable => "undecryptable",
            Self::Unsupported => "unsupported",
            Self::TooLarge => "too-large",
            Self::OpenPgp => "openpgp",
        }
    }
}

/// What a signature is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SignatureState {
    /// It holds over the whole message, somebody whom we trust vouches for the certificate, and the certificate is the
    /// author's.
    Valid,
    /// It holds over the whole message; who signed is not known, or not known well enough: see the problems.
    ValidUnknownSigner,
    /// It holds over a part of the message, and says nothing of the rest.
    Partial,
    /// OpenPGP: nobody has looked at it.
    OpenpgpUnchecked,
    /// It could not be checked.
    Unreadable,
    /// It does not hold: the message was changed after it was signed, or somebody else's signature was put to it.
    Invalid,
}

impl SignatureState {
    /// The word in the API, events and translation files.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Valid => "valid",
            Self::ValidUnknownSigner => "valid-unknown-signer",
            Self::Partial => "partial",
            Self::OpenpgpUnchecked => "openpgp-unchecked",
            Self::Unreadable => "unreadable",
            Self::Invalid => "invalid",
        }
    }
}

/// What keeps a signature from being taken for more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SignatureProblem {
    /// Neither a root nor the office vouches for the certificate.
    UnknownIssuer,
    /// The certificate had ended, or not begun, when the message came.
    NotOfToday,
    /// The certificate is for something else than signing e-mail.
    WrongUse,
    /// The certificate is not for the address in From.
    OtherAddress,
    /// SHA-1: such a signature can be forged.
    WeakDigest,
    /// RSA below 2048 bits.
    WeakKey,
    /// The certificate is not in the message.
    NoCertificate,
    /// An algorithm that we do not have.
    Unsupported,
    /// Its structure cannot be read.
    Malformed,
    /// The content is not what was signed.
    ContentChanged,
    /// The signature is not of this key.
    SignatureWrong,
}

impl SignatureProblem {
    /// The word in the API and translation files.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::UnknownIssuer => "unknown-issuer",
            Self::NotOfToday => "not-of-today",
            Self::WrongUse => "wrong-use",
            Self::OtherAddress => "other-address",
            Self::WeakDigest => "weak-digest",
            Self::WeakKey => "weak-key",
            Self::NoCertificate => "no-certificate",
            Self::Unsupported => "unsupported",
            Self::Malformed => "malformed",
            Self::ContentChanged => "content-changed",
            Self::SignatureWrong => "signature-wrong",
        }
    }
}

/// Who vouches for a signer's certificate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Voucher {
    /// A root of `[smime]`, by the name of whoever it is.
    Root(String),
    /// The office itself: the certificate is one of its `signing_certificates`.
    Office,
}

/// What was said of a message's signature when it came.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signature {
    /// What it is worth.
    pub state: SignatureState,
    /// Whom the certificate names: name and first address.
    pub signer: Option<Person>,
    /// When, as the signer says.
    #[serde(with = "time")]
    pub signed: Option<Timestamp>,
    /// SHA-256 of the certificate, in hex.
    pub certificate: Option<String>,
    /// Who vouches for it.
    pub vouched: Option<Voucher>,
    /// What keeps it from more.
    pub problems: Vec<SignatureProblem>,
}

impl Signature {
    /// One of which nothing more is known.
    #[must_use]
    pub fn plain(state: SignatureState, problems: Vec<SignatureProblem>) -> Self {
        Self { state, signer: None, signed: None, certificate: None, vouched: None, problems }
    }
}

/// A time as RFC 3339 has it.
mod time {
    use jiff::Timestamp;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    #[allow(clippy::ref_option, reason = "so serde calls it")]
    pub(super) fn serialize<S: Serializer>(time: &Option<Timestamp>, serializer: S) -> Result<S::Ok, S::Error> {
        time.map(|time| time.to_string()).serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Timestamp>, D::Error> {
        let text = Option::<String>::deserialize(deserializer)?;
        Ok(text.and_then(|text| text.parse().ok()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_what_the_api_says() {
        use SignatureProblem as P;
        use SignatureState as S;
        for state in [S::Valid, S::ValidUnknownSigner, S::Partial, S::OpenpgpUnchecked, S::Unreadable, S::Invalid] {
            assert_eq!(serde_json::to_value(state).unwrap(), state.word());
        }
        for problem in [P::UnknownIssuer, P::NotOfToday, P::WrongUse, P::OtherAddress, P::WeakDigest, P::WeakKey] {
            assert_eq!(serde_json::to_value(problem).unwrap(), problem.word());
        }
        for problem in [P::NoCertificate, P::Unsupported, P::Malformed, P::ContentChanged, P::SignatureWrong] {
            assert_eq!(serde_json::to_value(problem).unwrap(), problem.word());
        }
    }

    #[test]
    fn a_key_is_never_printed() {
        let seals = Seals { keys: vec![ContentKey { part: [1; 32], key: vec![77; 16] }], signature: None };
        assert!(!format!("{seals:?}").contains("77"));
        assert!(!seals.is_empty() && Seals::default().is_empty());
    }
}
