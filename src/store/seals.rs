//! What must be known to read a sealed message again ([`Seals`]), beside its octets: sealed in its turn with AES-256-GCM
//! for this one arrival, since it opens the message.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use bytes::Bytes;

use super::error::StoreError;
use super::open::Store;
use super::rows::contradiction;
use super::sql::{Row, values};
use crate::domain::ids::{AccountId, ArrivalId, RecordId};
use crate::domain::seal::Seals;

/// A message as it was received, and what it takes to read it.
#[derive(Debug, Clone)]
pub struct Letter {
    /// The octets.
    pub raw: Bytes,
    /// Empty where nothing of it was sealed.
    pub seals: Seals,
}

impl Store {
    /// A message with what it takes to read it.
    ///
    /// # Errors
    /// When the database or the blob folder is away, or the key file is another one.
    pub async fn letter(&self, account: &AccountId, id: RecordId) -> Result<Option<Letter>, StoreError> {
        let text = "SELECT v.blob, v.raw, v.id, v.seals FROM record r JOIN arrival v ON v.id = r.arrival \
                    WHERE r.account = $1 AND r.id = $2";
        self.letter_of(self.read().fetch_option(text, values![account.as_str(), id.to_bytes()]).await?).await
    }

    /// The message of an arrival, whoever has it; `None`: there is no such one.
    ///
    /// # Errors
    /// As of [`Store::letter`].
    pub async fn arrived(&self, arrival: ArrivalId) -> Result<Option<Letter>, StoreError> {
        let text = "SELECT blob, raw, id, seals FROM arrival WHERE id = $1";
        self.letter_of(self.read().fetch_option(text, values![arrival.to_bytes()]).await?).await
    }

    /// Of a row of blob, raw, id, seals.
    async fn letter_of(&self, row: Option<Row>) -> Result<Option<Letter>, StoreError> {
        let Some(row) = row else { return Ok(None) };
        let seals = match row.bytes_option(3)? {
            Some(sealed) => self.unseal(ArrivalId::from_bytes(row.id(2)?), sealed)?,
            None => Seals::default(),
        };
        let raw = self.octets_of(row.text_option(0)?, row.bytes_option(1)?).await?;
        Ok(Some(Letter { raw, seals }))
    }

    fn seals_cipher(&self) -> Result<LessSafeKey, StoreError> {
        let key = UnboundKey::new(&AES_256_GCM, self.sealer().seals_key());
        Ok(LessSafeKey::new(key.map_err(|_| contradiction("the key for seals is not usable"))?))
    }

    /// Nonce, then the sealed text; `None` where there is nothing to keep.
    pub(super) fn seal(&self, arrival: ArrivalId, seals: &Seals) -> Result<Option<Vec<u8>>, StoreError> {
        if seals.is_empty() {
            return Ok(None);
        }
        let broken = || contradiction("a message's keys could not be sealed");
        let nonce: [u8; NONCE_LEN] = self.ids().bytes();
        let mut text = serde_json::to_vec(seals).map_err(|_| broken())?;
        self.seals_cipher()?
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(arrival.to_bytes()), &mut text)
            .map_err(|_| broken())?;
        Ok(Some([&nonce[..], &text].concat()))
    }

    fn unseal(&self, arrival: ArrivalId, mut sealed: Vec<u8>) -> Result<Seals, StoreError> {
        let broken = || contradiction("a message's keys do not open: was the key file replaced?");
        let (nonce, text) = sealed.split_first_chunk_mut::<NONCE_LEN>().ok_or_else(broken)?;
        let text = self
            .seals_cipher()?
            .open_in_place(Nonce::assume_unique_for_key(*nonce), Aad::from(arrival.to_bytes()), text)
            .map_err(|_| broken())?;
        serde_json::from_slice(text).map_err(|_| broken())
    }
}
