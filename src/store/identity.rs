//! Identity codes at rest: sealed with AES-256-GCM for one account, and found by a keyed hash.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::hmac;

use super::error::StoreError;
use crate::clock::Ids;
use crate::domain::identity::IdentityCode;
use crate::domain::ids::AccountId;
use crate::domain::keys::Keys;

/// Seals, opens and hashes identity codes.
pub(super) struct Sealer {
    keys: Keys,
    ids: Ids,
}

impl Sealer {
    pub(super) fn new(keys: Keys, ids: Ids) -> Self {
        Self { keys, ids }
    }

    /// Under which the keys of sealed messages are kept.
    pub(super) fn seals_key(&self) -> &[u8] {
        &self.keys.seals_cipher
    }

    fn cipher(&self) -> Result<LessSafeKey, StoreError> {
        let key = UnboundKey::new(&AES_256_GCM, &self.keys.identity_cipher)
            .map_err(|_| broken("the identity key is not usable"))?;
        Ok(LessSafeKey::new(key))
    }

    /// Under which the code is found: the same code, the same hash, with the same key.
    pub(super) fn hash(&self, code: &IdentityCode) -> [u8; 32] {
        let mut context = hmac::Context::with_key(&self.keys.identity_index);
        context.update(code.scheme().word().as_bytes());
        context.update(b":");
        context.update(code.canonical().as_bytes());
        let mut hash = [0; 32];
        hash.copy_from_slice(context.sign().as_ref());
        hash
    }

    /// Nonce, then the sealed code. Bound to the account: moved to another row, it does not open.
    pub(super) fn seal(&self, account: &AccountId, code: &IdentityCode) -> Result<Vec<u8>, StoreError> {
        let nonce: [u8; NONCE_LEN] = self.ids.bytes();
        let mut text = format!("{}:{}", code.scheme().word(), code.canonical()).into_bytes();
        self.cipher()?
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(account.as_str()), &mut text)
            .map_err(|_| broken("an identity code could not be sealed"))?;
        Ok([&nonce[..], &text].concat())
    }

    /// The code.
    pub(super) fn open(&self, account: &AccountId, sealed: &[u8]) -> Result<IdentityCode, StoreError> {
        let fault = || broken("a sealed identity code does not open: was the key file replaced?");
        let (nonce, sealed) = sealed.split_first_chunk::<NONCE_LEN>().ok_or_else(fault)?;
        let mut text = sealed.to_vec();
        let text = self
            .cipher()?
            .open_in_place(Nonce::assume_unique_for_key(*nonce), Aad::from(account.as_str()), &mut text)
            .map_err(|_| fault())?;
        std::str::from_utf8(text).ok().and_then(|text| text.parse().ok()).ok_or_else(fault)
    }
}

fn broken(what: &str) -> StoreError {
    StoreError::Contradiction(what.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Clock;

    #[test]
    fn a_code_opens_for_its_account_alone() {
        let sealer = Sealer::new(Keys::derive(&[1; 32]), Ids::system(Clock::system()));
        let (anna, bo): (AccountId, AccountId) = ("anna".parse().unwrap(), "bo".parse().unwrap());
        let code: IdentityCode = "hetu:131052-308T".parse().unwrap();
        let text = sealer.seal(&anna, &code).unwrap();
        assert_ne!(text, sealer.seal(&anna, &code).unwrap());
        assert!(!text.windows(6).any(|w| w == b"131052"));
        assert_eq!(sealer.open(&anna, &text).unwrap(), code);
        assert!(sealer.open(&bo, &text).is_err());
        assert!(sealer.open(&anna, &text[..20]).is_err());
        let other = Sealer::new(Keys::derive(&[2; 32]), Ids::system(Clock::system()));
        assert!(other.open(&anna, &text).is_err());
        assert_ne!(other.hash(&code), sealer.hash(&code));
    }
}
