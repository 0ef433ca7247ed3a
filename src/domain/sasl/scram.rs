//! SCRAM-SHA-256 and SCRAM-SHA-256-PLUS (RFC 5802, RFC 7677), the server's half: the password itself is never sent,
//! the server proves that it knows its keys, and PLUS binds both proofs to the TLS connection.
//!
//! 1. client: `n,,n=NAME,r=NONCE` → [`First::read`]; whose keys these are, the caller looks up by [`First::name`]
//! 2. server: `r=NONCE+OURS,s=SALT,i=ITERATIONS` ← [`First::challenge`]
//! 3. client: `c=BINDING,r=NONCE+OURS,p=PROOF` → [`Exchange::finish`]
//! 4. server: `v=SIGNATURE`

use std::fmt;
use std::num::NonZeroU32;

use aws_lc_rs::{digest, hmac, pbkdf2};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use subtle::ConstantTimeEq;

use super::{Binding, Fault, Mechanism, plain_text};

/// The least that RFC 7677 §4 allows. More would cost clients time and win nothing: our passwords are 160 bits of
/// chance, which no number of guesses reaches.
pub const ITERATIONS: NonZeroU32 = match NonZeroU32::new(4096) {
    Some(iterations) => iterations,
    None => NonZeroU32::MIN,
};
/// Octets of a salt.
pub const SALT: usize = 16;
/// Octets of our half of the nonce, before base64.
pub const NONCE: usize = 18;
/// Octets of the client's half that are taken.
const CLIENT_NONCE: usize = 256;
/// The one binding that we know.
const EXPORTER: &str = "tls-exporter";

/// What the server keeps of a password (RFC 5802 §3): enough to check a proof, not to make one.
#[derive(Clone, PartialEq, Eq)]
pub struct Keys {
    /// Of this password alone.
    pub salt: [u8; SALT],
    /// Of PBKDF2.
    pub iterations: NonZeroU32,
    /// `StoredKey`.
    pub stored: [u8; 32],
    /// `ServerKey`.
    pub server: [u8; 32],
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Keys(…)")
    }
}

impl Keys {
    /// The keys of a password: some milliseconds of work.
    #[must_use]
    pub fn derive(password: &str, salt: [u8; SALT], iterations: NonZeroU32) -> Self {
        let mut salted = [0; 32];
        pbkdf2::derive(pbkdf2::PBKDF2_HMAC_SHA256, iterations, &salt, password.as_bytes(), &mut salted);
        let key = |purpose: &str| mac(&salted, purpose.as_bytes());
        Self { salt, iterations, stored: sha256(&key("Client Key")), server: key("Server Key") }
    }
}

/// The client's first message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct First {
    name: String,
    nonce: String,
    /// `client-first-message-bare`, as sent: both proofs are over it.
    bare: String,
    /// `gs2-header`, as sent: it comes again in the last message, so that nobody can change it on the way.
    header: String,
    bound: bool,
}

impl First {
    /// Reads it. `offers_binding`: PLUS was offered on this connection.
    ///
    /// # Errors
    /// See [`Fault`]; [`Fault::Binding`] also where the client could bind and was told that we cannot (RFC 5802 §6).
    pub fn read(message: &[u8], mechanism: Mechanism, offers_binding: bool) -> Result<Self, Fault> {
        let text = std::str::from_utf8(message).map_err(|_| Fault::Form)?;
        let mut parts = text.splitn(3, ',');
        let (Some(flag), Some(authorize), Some(bare)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(Fault::Form);
        };
        let plus = mechanism == Mechanism::ScramSha256Plus;
        match flag.strip_prefix("p=") {
            Some(EXPORTER) if plus => {}
            Some(_) => return Err(Fault::Binding),
            None if plus => return Err(Fault::Binding),
            None if flag == "n" => {}
            // The client can bind, and believes that we cannot: who told it so?
            None if flag == "y" && offers_binding => return Err(Fault::Binding),
            None if flag == "y" => {}
            None => return Err(Fault::Form),
        }
        // What follows the nonce are extensions, which may be passed over; one before the name (m=) may not.
        let mut fields = bare.split(',');
        let field = |field: Option<&str>, key: &str| field?.strip_prefix(key).map(str::to_owned);
        let name = unescaped(&field(fields.next(), "n=").ok_or(Fault::Form)?)?;
        let nonce = field(fields.next(), "r=").ok_or(Fault::Form)?;
        if !(1..=CLIENT_NONCE).contains(&nonce.len()) || !nonce.bytes().all(|c| (0x21..0x7f).contains(&c)) {
            return Err(Fault::Form);
        }
        match authorize.strip_prefix("a=") {
            // GNU SASL writes none as an empty one.
            Some("") => {}
            Some(other) if unescaped(other)? != name => return Err(Fault::Authorization),
            None if !authorize.is_empty() => return Err(Fault::Form),
            _ => {}
        }
        let header = text[..text.len() - bare.len()].to_owned();
        Ok(Self { name, nonce, bare: bare.to_owned(), header, bound: plus })
    }

    /// Whose keys to look up.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The server's first message, and what stays until the answer. `chance`: never used before.
    #[must_use]
    pub fn challenge(self, keys: Keys, chance: [u8; NONCE]) -> (String, Exchange) {
        self.challenge_with(keys, &BASE64.encode(chance))
    }

    fn challenge_with(self, keys: Keys, ours: &str) -> (String, Exchange) {
        let Self { name, nonce, bare, header, bound } = self;
        let nonce = format!("{nonce}{ours}");
        let said = format!("r={nonce},s={},i={}", BASE64.encode(keys.salt), keys.iterations);
        let so_far = format!("{bare},{said},");
        (said, Exchange { name, nonce, so_far, header, bound, keys })
    }
}

/// An exchange of which the last message is awaited.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exchange {
    name: String,
    nonce: String,
    /// `AuthMessage` but for the last message's part.
    so_far: String,
    header: String,
    bound: bool,
    keys: Keys,
}

impl Exchange {
    /// Whose password is being proved.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Checks the proof: the server's last message, which proves us in turn. `binding`: of this connection.
    ///
    /// # Errors
    /// See [`Fault`].
    pub fn finish(&self, message: &[u8], binding: Option<&Binding>) -> Result<String, Fault> {
        let text = std::str::from_utf8(message).map_err(|_| Fault::Form)?;
        // The proof is the last, and what stands before it is what it is over.
        let (without_proof, proof) = text.rsplit_once(",p=").ok_or(Fault::Form)?;
        let proof: [u8; 32] = decoded(proof)?.try_into().map_err(|_| Fault::Form)?;
        let mut fields = without_proof.split(',');
        let channel = decoded(fields.next().and_then(|field| field.strip_prefix("c=")).ok_or(Fault::Form)?)?;
        let nonce = fields.next().and_then(|field| field.strip_prefix("r=")).ok_or(Fault::Form)?;
        if fields.any(|extension| extension.starts_with("m=")) {
            return Err(Fault::Form);
        }
        if nonce != self.nonce {
            return Err(Fault::Nonce);
        }
        let binding: &[u8] = match (self.bound, binding) {
            (true, Some(binding)) => binding,
            (true, None) => return Err(Fault::Binding),
            (false, _) => &[],
        };
        if !same(&channel, &[self.header.as_bytes(), binding].concat()) {
            return Err(Fault::Binding);
        }
        let whole = format!("{}{without_proof}", self.so_far);
        let mut client = mac(&self.keys.stored, whole.as_bytes());
        for (octet, proof) in client.iter_mut().zip(proof) {
            *octet ^= proof;
        }
        if !same(&sha256(&client), &self.keys.stored) {
            return Err(Fault::Proof);
        }
        Ok(format!("v={}", BASE64.encode(mac(&self.keys.server, whole.as_bytes()))))
    }
}

/// `saslname` (RFC 5802 §5.1): `=2C` stands for a comma, `=3D` for an equals sign, and nothing else is written so.
fn unescaped(name: &str) -> Result<String, Fault> {
    let mut parts = name.split('=');
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (sign, rest) = match (part.strip_prefix("2C"), part.strip_prefix("3D")) {
            (Some(rest), _) => (',', rest),
            (_, Some(rest)) => ('=', rest),
            _ => return Err(Fault::Form),
        };
        plain.push(sign);
        plain.push_str(rest);
    }
    plain_text(plain.as_bytes())?;
    Ok(plain)
}

fn decoded(text: &str) -> Result<Vec<u8>, Fault> {
    BASE64.decode(text).map_err(|_| Fault::Form)
}

fn sha256(octets: &[u8]) -> [u8; 32] {
    array(digest::digest(&digest::SHA256, octets).as_ref())
}

fn mac(key: &[u8], octets: &[u8]) -> [u8; 32] {
    array(hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), octets).as_ref())
}

fn array(octets: &[u8]) -> [u8; 32] {
    let mut array = [0; 32];
    array.copy_from_slice(octets);
    array
}

fn same(a: &[u8], b: &[u8]) -> bool {
    bool::from(a.ct_eq(b))
}

#[cfg(test)]
mod tests;
