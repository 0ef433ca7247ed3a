//! Passwords: made here, of chance, and never chosen; kept as Argon2id and as SCRAM's keys.

use argon2::password_hash::phc::PasswordHash;
use argon2::{Argon2, PasswordHasher, PasswordVerifier};
use tokio::sync::Semaphore;

use crate::clock::Ids;
use crate::domain::base32;
use crate::domain::sasl::scram;
use crate::store::Secrets;

/// Octets of chance: 160 bits, 32 characters.
const CHANCE: usize = 20;
/// Characters of a group.
const GROUP: usize = 4;
/// Checked at once: each takes 19 MiB and some 20 ms of one core.
const AT_ONCE: usize = 2;
/// What is checked where nothing is kept, for the time it takes: as every other, but of no password.
const NOBODYS: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// The password could not be made or checked: no memory, or no thread.
#[derive(Debug, thiserror::Error)]
#[error("Argon2: {0}")]
pub struct HashFault(String);

/// A new password, and what is to be kept of it: some tens of milliseconds of work.
///
/// # Errors
/// See [`HashFault`].
pub fn make(ids: &Ids) -> Result<(String, Secrets), HashFault> {
    let password = grouped(&base32::encode(&ids.bytes::<CHANCE>()));
    let salt = ids.bytes::<{ scram::SALT }>();
    let argon2: PasswordHash = Argon2::default()
        .hash_password_with_salt(password.as_bytes(), &salt)
        .map_err(|error| HashFault(error.to_string()))?;
    // Another salt, for SCRAM's is told to whoever asks.
    let scram = scram::Keys::derive(&password, ids.bytes(), scram::ITERATIONS);
    Ok((password, Secrets { argon2: argon2.to_string(), scram }))
}

fn grouped(characters: &str) -> String {
    let mut text = String::with_capacity(characters.len() * 5 / GROUP);
    for (at, character) in characters.chars().enumerate() {
        if at > 0 && at % GROUP == 0 {
            text.push('-');
        }
        text.push(character);
    }
    text
}

/// As we wrote it, where it was typed in another case, without hyphens, or with o for 0. (SCRAM cannot forgive: the
/// client hashes what was typed.)
pub(super) fn canonical(typed: &str) -> String {
    match base32::decode(typed) {
        Some(octets) if octets.len() == CHANCE => grouped(&base32::encode(&octets)),
        _ => typed.to_owned(),
    }
}

/// Checks passwords aside from the sessions, few at once.
pub(super) struct Checker(Semaphore);

impl Default for Checker {
    fn default() -> Self {
        Self(Semaphore::new(AT_ONCE))
    }
}

impl Checker {
    /// Whether it is the password of this hash. Without one it takes as long, and is not.
    pub(super) async fn is_right(&self, password: String, hash: Option<String>) -> Result<bool, HashFault> {
        let fault = |error: &dyn std::fmt::Display| HashFault(error.to_string());
        let _permit = self.0.acquire().await.map_err(|error| fault(&error))?;
        let check = move || {
            let hash = PasswordHash::new(hash.as_deref().unwrap_or(NOBODYS));
            hash.is_ok_and(|hash| Argon2::default().verify_password(password.as_bytes(), &hash).is_ok())
        };
        tokio::task::spawn_blocking(check).await.map_err(|error| fault(&error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Clock;

    fn ids() -> Ids {
        Ids::system(Clock::system())
    }

    #[tokio::test]
    async fn a_password_is_its_own_and_no_other() {
        let (password, secrets) = make(&ids()).unwrap();
        let (other, _) = make(&ids()).unwrap();
        assert_eq!(password.len(), 39);
        assert_eq!(password.split('-').filter(|group| group.len() == 4).count(), 8);
        assert_ne!(password, other);
        let checker = Checker::default();
        let is_right = |typed: &str| checker.is_right(canonical(typed), Some(secrets.argon2.clone()));
        assert!(is_right(&password).await.unwrap());
        assert!(is_right(&password.replace('-', "").to_uppercase()).await.unwrap());
        assert!(!is_right(&other).await.unwrap());
        assert!(!is_right("").await.unwrap());
        assert!(!checker.is_right(password.clone(), None).await.unwrap());
        assert_eq!(secrets.scram, scram::Keys::derive(&password, secrets.scram.salt, scram::ITERATIONS));
        // It takes as long where there is none: the same cost, the same lengths.
        let cost = |hash: &str| hash.rsplitn(3, '$').last().unwrap().to_owned();
        assert_eq!(cost(NOBODYS), cost(&secrets.argon2));
        assert_eq!(NOBODYS.len(), secrets.argon2.len());
        assert!(PasswordHash::new(NOBODYS).is_ok());
    }
}
