//! S/MIME (RFC 8551): what is sealed is opened, and who signed is said. Bytes and keys in, bytes and verdicts out.
//!
//! - [`open`] makes a MIME entity of what was encrypted, or signed in one piece with its content.
//! - [`check`] says whether a signature holds, and [`judge`] what it is worth: at which time, for whom, vouched by whom.
//! - [`OwnKey`] and [`Roots`] are what an admin names.
//!
//! CMS (RFC 5652) is read by [`ber`], which takes what mailers write; ciphers and signatures are the library's. Of what does
//! not open nothing is told but that: neither words nor, as far as we can, time say why (`docs/security.md`).
//!
//! Leaves out: where keys are kept (`config`), which part of a message is sealed (`intake`), what is refused (`inbound`),
//! revocation.

mod ber;
mod certificate;
mod cipher;
mod key;
mod oid;
mod open;
mod pem;
mod recipient;
mod signed;
mod verdict;

use std::sync::Arc;

pub use self::key::{KeyFault, OwnKey};
pub use self::open::{Opened, open};
pub use self::signed::{Evidence, check};
pub use self::verdict::{Roots, Trust, judge};
use crate::domain::seal::ContentKey;

/// What opens sealed messages: at the door our own keys, and later the content's keys that were kept.
#[derive(Debug, Clone, Default)]
pub struct Keyring {
    own: Arc<[OwnKey]>,
    content_keys: Vec<ContentKey>,
}

impl Keyring {
    /// Of the door.
    #[must_use]
    pub fn of_keys(own: Vec<OwnKey>) -> Self {
        Self { own: own.into(), content_keys: Vec::new() }
    }

    /// Of a message that was opened before.
    #[must_use]
    pub fn of_content_keys(content_keys: &[ContentKey]) -> Self {
        Self { own: Arc::default(), content_keys: content_keys.to_vec() }
    }
}
