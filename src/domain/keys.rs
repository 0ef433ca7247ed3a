//! Keys for every purpose, drawn from the one secret in the key file by HKDF (RFC 5869).

use std::fmt;

use aws_lc_rs::hkdf;
use aws_lc_rs::hmac;

/// The gateway's secret. Every gateway on one database has the same. It cannot be printed.
#[derive(Clone)]
pub struct Keys {
    /// For the keyed hash by which an identity code is found.
    pub identity_index: hmac::Key,
    /// AES-256-GCM, for identity codes at rest.
    pub identity_cipher: [u8; 32],
    /// AES-256-GCM, for the keys of sealed messages.
    pub seals_cipher: [u8; 32],
    /// For the addresses that we generate: conversation and return path.
    pub addresses: hmac::Key,
    /// For hashes of addresses in traces.
    pub traces: hmac::Key,
    /// For what a login under a name that is not ours is answered with: the same each time, and like any other.
    pub logins: hmac::Key,
    /// For whatever the portal signs.
    pub portal: hmac::Key,
}

impl Keys {
    /// Octets of the secret.
    pub const SECRET_LEN: usize = 32;

    /// Derives all keys.
    #[must_use]
    pub fn derive(secret: &[u8; Self::SECRET_LEN]) -> Self {
        let base = hkdf::Salt::new(hkdf::HKDF_SHA256, b"brevbro").extract(secret);
        let key = |purpose: &str| -> [u8; 32] {
            let mut key = [0; 32];
            // Thirty-two octets are one block of HKDF-SHA256, whose limit is 255: neither step can fail.
            if let Ok(okm) = base.expand(&[purpose.as_bytes()], hkdf::HKDF_SHA256) {
                let _ = okm.fill(&mut key);
            }
            key
        };
        let mac = |purpose: &str| hmac::Key::new(hmac::HMAC_SHA256, &key(purpose));
        Self {
            identity_index: mac("identity code index"),
            identity_cipher: key("identity code cipher"),
            seals_cipher: key("seals cipher"),
            addresses: mac("addresses"),
            traces: mac("traces"),
            logins: mac("logins"),
            portal: mac("portal"),
        }
    }

    /// Eight bytes in hex that stand for an address in traces: the same address, the same hash, on this installation.
    #[must_use]
    pub fn trace_hash(&self, address: &str) -> String {
        use fmt::Write;
        hmac::sign(&self.traces, address.as_bytes()).as_ref()[..8].iter().fold(String::new(), |mut hex, b| {
            let _ = write!(hex, "{b:02x}");
            hex
        })
    }
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Keys(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_purpose_has_a_key_of_its_own() {
        let keys = Keys::derive(&[7; 32]);
        assert_ne!(keys.identity_cipher, [0; 32]);
        let tag = |key| hmac::sign(key, b"x").as_ref().to_vec();
        assert_ne!(tag(&keys.addresses), tag(&keys.portal));
        assert_eq!(format!("{keys:?}"), "Keys(…)");
    }
}
