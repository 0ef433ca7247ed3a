//! Ciphers of the content: AES-GCM (RFC 5084), AES-CBC (RFC 3565), 3DES-CBC (RFC 3370), and the unwrapping of keys
//! (RFC 3394).

use aws_lc_rs::aead::{self, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::cipher::{
    AES_128, AES_192, AES_256, DecryptingKey, DecryptionContext, PaddedBlockDecryptingKey, UnboundCipherKey,
};
use cbc::cipher::block_padding::Pkcs7;
use cbc::cipher::{BlockModeDecrypt, KeyIvInit};

use super::ber::{Element, OCTET_STRING, SEQUENCE};
use super::oid;

/// It did not open; why is nobody's business.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Closed;

impl From<aws_lc_rs::error::Unspecified> for Closed {
    fn from(_: aws_lc_rs::error::Unspecified) -> Self {
        Self
    }
}

impl From<super::ber::Malformed> for Closed {
    fn from(_: super::ber::Malformed) -> Self {
        Self
    }
}

/// A cipher of the content.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cipher {
    pub(super) name: &'static str,
    /// Octets.
    pub(super) key: usize,
    mode: Mode,
}

#[derive(Debug, Clone, Copy)]
enum Mode {
    Gcm(&'static aead::Algorithm),
    Cbc(&'static aws_lc_rs::cipher::Algorithm),
    TripleDes,
}

impl Cipher {
    /// The cipher of an identifier.
    pub(super) fn of(id: &[u8]) -> Option<Self> {
        let (name, key, mode) = match id {
            oid::AES128_GCM => ("aes-128-gcm", 16, Mode::Gcm(&aead::AES_128_GCM)),
            oid::AES192_GCM => ("aes-192-gcm", 24, Mode::Gcm(&aead::AES_192_GCM)),
            oid::AES256_GCM => ("aes-256-gcm", 32, Mode::Gcm(&aead::AES_256_GCM)),
            oid::AES128_CBC => ("aes-128-cbc", 16, Mode::Cbc(&AES_128)),
            oid::AES192_CBC => ("aes-192-cbc", 24, Mode::Cbc(&AES_192)),
            oid::AES256_CBC => ("aes-256-cbc", 32, Mode::Cbc(&AES_256)),
            oid::DES_EDE3_CBC => ("des-ede3-cbc", 24, Mode::TripleDes),
            _ => return None,
        };
        Some(Self { name, key, mode })
    }

    pub(super) fn is_authenticated(&self) -> bool {
        matches!(self.mode, Mode::Gcm(_))
    }

    /// Decrypts in place. `beside`: what is authenticated beside the content, and the tag.
    pub(super) fn open(
        &self,
        key: &[u8],
        parameters: Option<&Element<'_>>,
        mut octets: Vec<u8>,
        beside: Option<(&[u8], &[u8])>,
    ) -> Result<Vec<u8>, Closed> {
        let parameters = parameters.ok_or(Closed)?;
        match (self.mode, beside) {
            (Mode::Gcm(algorithm), Some((additional, tag))) => gcm(algorithm, key, parameters, octets, additional, tag),
            (Mode::Cbc(algorithm), None) => {
                let iv: [u8; 16] = iv(parameters)?;
                let key = PaddedBlockDecryptingKey::cbc_pkcs7(UnboundCipherKey::new(algorithm, key)?)?;
                let length = key.decrypt(&mut octets, DecryptionContext::Iv128(iv.into()))?.len();
                octets.truncate(length);
                Ok(octets)
            }
            (Mode::TripleDes, None) => {
                let iv: [u8; 8] = iv(parameters)?;
                let cipher = cbc::Decryptor::<des::TdesEde3>::new_from_slices(key, &iv).map_err(|_| Closed)?;
                let length = cipher.decrypt_padded::<Pkcs7>(&mut octets).map_err(|_| Closed)?.len();
                octets.truncate(length);
                Ok(octets)
            }
            _ => Err(Closed),
        }
    }
}

fn iv<const N: usize>(parameters: &Element<'_>) -> Result<[u8; N], Closed> {
    if parameters.tag != OCTET_STRING {
        return Err(Closed);
    }
    parameters.content.try_into().map_err(|_| Closed)
}

/// The tag's length is the sender's choice, from 12 octets on (RFC 5084 §3.2).
fn gcm(
    algorithm: &'static aead::Algorithm,
    key: &[u8],
    parameters: &Element<'_>,
    mut octets: Vec<u8>,
    additional: &[u8],
    tag: &[u8],
) -> Result<Vec<u8>, Closed> {
    if parameters.tag != SEQUENCE {
        return Err(Closed);
    }
    let mut fields = parameters.reader();
    let nonce: [u8; 12] = fields.expect(OCTET_STRING)?.content.try_into().map_err(|_| Closed)?;
    let length = match fields.next()? {
        Some(length) => length.number().and_then(|length| usize::try_from(length).ok()).ok_or(Closed)?,
        None => 12,
    };
    if !(12..=16).contains(&length) || tag.len() != length {
        return Err(Closed);
    }
    let key = LessSafeKey::new(UnboundKey::new(algorithm, key)?);
    let nonce = || Nonce::assume_unique_for_key(nonce);
    if length == 16 {
        key.open_in_place_separate_tag(nonce(), Aad::from(additional), tag, &mut octets)?;
        return Ok(octets);
    }
    // A shortened tag: in counter mode encrypting is decrypting, and encrypting once more gives the whole tag.
    let _ = key.seal_in_place_separate_tag(nonce(), Aad::empty(), &mut octets)?;
    let whole = key.seal_in_place_separate_tag(nonce(), Aad::from(additional), &mut octets)?;
    let begin = whole.as_ref().get(..length).ok_or(Closed)?;
    aws_lc_rs::constant_time::verify_slices_are_equal(begin, tag)?;
    let _ = key.seal_in_place_separate_tag(nonce(), Aad::empty(), &mut octets)?;
    Ok(octets)
}

/// Opens a key that AES has wrapped (RFC 3394 §2.2.2).
pub(super) fn unwrap(wrapping: &[u8], wrapped: &[u8]) -> Result<Vec<u8>, Closed> {
    let algorithm = match wrapping.len() {
        16 => &AES_128,
        24 => &AES_192,
        32 => &AES_256,
        _ => return Err(Closed),
    };
    let cipher = DecryptingKey::ecb(UnboundCipherKey::new(algorithm, wrapping)?)?;
    let (first, rest) = wrapped.split_first_chunk::<8>().ok_or(Closed)?;
    if rest.len() < 16 || rest.len() > 64 || rest.len() % 8 != 0 {
        return Err(Closed);
    }
    let (mut a, mut r) = (*first, rest.to_vec());
    let many = (r.len() / 8) as u64;
    for round in (0..6).rev() {
        for (at, block) in r.chunks_exact_mut(8).enumerate().rev() {
            let counter = many * round + at as u64 + 1;
            let mut both = [0; 16];
            let mask = counter.to_be_bytes();
            both.iter_mut().zip(a.iter().zip(mask)).for_each(|(to, (a, mask))| *to = a ^ mask);
            both[8..].copy_from_slice(block);
            cipher.decrypt(&mut both, DecryptionContext::None)?;
            a.copy_from_slice(&both[..8]);
            block.copy_from_slice(&both[8..]);
        }
    }
    aws_lc_rs::constant_time::verify_slices_are_equal(&a, &[0xa6; 8])?;
    Ok(r)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::smime::ber::{INTEGER, Reader, write};

    fn hex(text: &str) -> Vec<u8> {
        (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
    }

    /// RFC 3394 §4.1, §4.4 and §4.6.
    #[test]
    fn wrapped_keys_of_the_rfc() {
        for (wrapping, key, wrapped) in [
            (
                "000102030405060708090A0B0C0D0E0F",
                "00112233445566778899AABBCCDDEEFF",
                "1FA68B0A8112B447AEF34BD8FB5A7B829D3E862371D2CFE5",
            ),
            (
                "000102030405060708090A0B0C0D0E0F1011121314151617",
                "00112233445566778899AABBCCDDEEFF0001020304050607",
                "031D33264E15D33268F24EC260743EDCE1C6C7DDEE725A936BA814915C6762D2",
            ),
            (
                "000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F",
                "00112233445566778899AABBCCDDEEFF000102030405060708090A0B0C0D0E0F",
                "28C9F404C4B810F4CBCCB35CFB87F8263F5786E2D80ED326CBC7F0E71A99F43BFB988B9B7A02DD21",
            ),
        ] {
            let mut wrapped = hex(wrapped);
            assert_eq!(unwrap(&hex(wrapping), &wrapped), Ok(hex(key)));
            wrapped[9] ^= 1;
            assert_eq!(unwrap(&hex(wrapping), &wrapped), Err(Closed));
        }
        assert_eq!(unwrap(&[0; 16], &[0; 23]), Err(Closed));
        assert_eq!(unwrap(&[0; 16], &[0; 8]), Err(Closed));
        assert_eq!(unwrap(&[0; 15], &[0; 24]), Err(Closed));
    }

    #[test]
    fn a_short_tag_is_checked_as_far_as_it_goes() {
        let (key, nonce, text) = ([7; 16], [9; 12], b"Content-Type: text/plain\r\n\r\nHej".to_vec());
        let mut octets = text.clone();
        let cipher = LessSafeKey::new(UnboundKey::new(&aead::AES_128_GCM, &key).unwrap());
        let nonced = Nonce::assume_unique_for_key(nonce);
        let tag = cipher.seal_in_place_separate_tag(nonced, Aad::from(b"beside"), &mut octets).unwrap();
        let open = |many: u8, tag: &[u8], additional: &[u8]| {
            let nonce = write(OCTET_STRING, &[&nonce]);
            let parameters = write(SEQUENCE, &[&nonce, &write(INTEGER, &[&[many]])]);
            let parameters = Reader::new(&parameters).any().unwrap();
            let cipher = Cipher::of(oid::AES128_GCM).unwrap();
            cipher.open(&key, Some(&parameters), octets.clone(), Some((additional, tag)))
        };
        for many in 12..=16 {
            let tag = &tag.as_ref()[..usize::from(many)];
            assert_eq!(open(many, tag, b"beside"), Ok(text.clone()));
            assert_eq!(open(many, tag, b"other"), Err(Closed));
            assert_eq!(open(many, &tag[1..], b"beside"), Err(Closed));
        }
        assert_eq!(open(11, &tag.as_ref()[..11], b"beside"), Err(Closed));
        assert_eq!(open(0, b"", b"beside"), Err(Closed));
    }
}
