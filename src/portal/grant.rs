//! Links to the pictures inside a message. The message's HTML is shown in a sandbox, which has an origin of its own and
//! so sends no session cookie; the link itself says, sealed, whose picture it is and until when.

use std::fmt;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;

use crate::clock::{Clock, Ids};
use crate::domain::ids::{AccountId, RecordId};
use crate::domain::keys::Keys;

/// How long a link holds: as long as a page may reasonably stay open.
const SECONDS: i64 = 60 * 60;

/// The right to the pictures of one record.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Grant {
    pub account: AccountId,
    pub record: RecordId,
}

impl fmt::Debug for Grant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Grant({})", self.record)
    }
}

impl Grant {
    /// The grant as one segment of a path. `None` if the cipher will not work at all.
    pub(super) fn seal(&self, keys: &Keys, clock: &Clock, ids: &Ids) -> Option<String> {
        let until = clock.now().as_second() + SECONDS;
        let mut bytes = Vec::with_capacity(120);
        bytes.extend_from_slice(&until.to_be_bytes());
        bytes.extend_from_slice(&self.record.to_bytes());
        bytes.extend_from_slice(self.account.as_str().as_bytes());
        let nonce: [u8; NONCE_LEN] = ids.bytes();
        key(keys)?.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::empty(), &mut bytes).ok()?;
        Some(URL_SAFE_NO_PAD.encode([&nonce[..], &bytes].concat()))
    }

    /// Reads a grant of ours that still holds.
    pub(super) fn open(sealed: &str, keys: &Keys, now: Timestamp) -> Option<Self> {
        let mut bytes = URL_SAFE_NO_PAD.decode(sealed).ok()?;
        let (nonce, rest) = bytes.split_at_mut_checked(NONCE_LEN)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let plain = key(keys)?.open_in_place(nonce, Aad::empty(), rest).ok()?;
        let (until, rest) = plain.split_first_chunk::<8>()?;
        let (record, account) = rest.split_first_chunk::<16>()?;
        let grant =
            Self { account: std::str::from_utf8(account).ok()?.parse().ok()?, record: RecordId::from_bytes(*record) };
        (i64::from_be_bytes(*until) > now.as_second()).then_some(grant)
    }
}

fn key(keys: &Keys) -> Option<LessSafeKey> {
    let secret = hmac::sign(&keys.portal, b"pictures in messages");
    UnboundKey::new(&AES_256_GCM, secret.as_ref()).ok().map(LessSafeKey::new)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_grant_holds_an_hour_and_for_its_record_alone() {
        let now: Timestamp = "2026-11-23T12:00:00Z".parse().unwrap();
        let clock = Clock::of(move || now);
        let ids = Ids::of(clock.clone(), |bytes| bytes.fill(7));
        let keys = Keys::derive(&[1; 32]);
        let grant = Grant { account: "anna".parse().unwrap(), record: RecordId::new(5, [1; 10]) };
        let sealed = grant.seal(&keys, &clock, &ids).unwrap();
        assert!(!sealed.contains("anna"));
        assert_eq!(Grant::open(&sealed, &keys, now), Some(grant));
        assert_eq!(Grant::open(&sealed, &keys, "2026-11-23T13:00:00Z".parse().unwrap()), None);
        assert_eq!(Grant::open(&sealed, &Keys::derive(&[2; 32]), now), None);
        assert_eq!(Grant::open(&sealed[1..], &keys, now), None);
        assert_eq!(Grant::open("", &keys, now), None);
        let mut changed = sealed.into_bytes();
        changed[20] ^= 1;
        assert_eq!(Grant::open(&String::from_utf8(changed).unwrap(), &keys, now), None);
    }
}
