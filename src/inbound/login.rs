//! Logins: whose password it is (RFC 4954). A name that is not ours is answered as any other, in the same time; whoever
//! fails waits, longer each time, and at last is not listened to for a while.

mod attempts;
pub mod password;

use std::fmt::Display;

use tracing::{info, warn};

use self::attempts::Attempts;
pub use self::attempts::FailedLogins;
use self::password::{Checker, canonical};
use super::Inbound;
use crate::domain::keys::Keys;
use crate::domain::office::{Login, Peer};
use crate::domain::sasl::plain::Plain;
use crate::domain::sasl::scram::{self, First};
use crate::domain::sasl::{Attempt, Binding, Exchange, Fault, Mechanism, Response, Step};
use crate::domain::status::{Class, Refusal};
use crate::store::Kept;

/// What logins share.
#[derive(Default)]
pub(super) struct Logins {
    attempts: Attempts,
    checker: Checker,
}

impl Inbound {
    /// A step of a login. `binding`: of this TLS connection, where PLUS is offered on it.
    ///
    /// # Errors
    /// [`Class::LoginFailed`], the same for all that can be wrong; [`Class::TooManyLogins`], which closes.
    pub async fn login(&self, peer: &Peer, binding: Option<&Binding>, attempt: Attempt) -> Result<Step, Refusal> {
        match attempt {
            Attempt::Begin(Mechanism::Plain, Response(octets)) => match Plain::read(&octets) {
                Ok(plain) => self.plain(peer, &plain).await.map(Step::Done),
                Err(fault) => Err(self.failed(peer, None, &fault).await),
            },
            Attempt::Begin(mechanism, Response(octets)) => match First::read(&octets, mechanism, binding.is_some()) {
                Ok(first) => self.challenge(peer, first).await,
                Err(fault) => Err(self.failed(peer, None, &fault).await),
            },
            Attempt::GoOn(exchange, response) => match (*exchange, response) {
                (Exchange::Scram(exchange), Response(octets)) => {
                    match (exchange.finish(&octets, binding), named(exchange.name())) {
                        (Ok(words), Some(login)) => {
                            Ok(Step::Challenge(words.into_bytes(), Box::new(Exchange::Proved(login))))
                        }
                        (Err(fault), _) => Err(self.failed(peer, Some(exchange.name()), &fault).await),
                        (Ok(_), None) => Err(self.failed(peer, Some(exchange.name()), &Fault::Form).await),
                    }
                }
                (Exchange::Proved(login), Response(octets)) if octets.is_empty() => {
                    self.succeeded(peer, &login).await;
                    Ok(Step::Done(login))
                }
                (Exchange::Proved(_), _) => Err(self.failed(peer, None, &Fault::Form).await),
            },
        }
    }

    async fn plain(&self, peer: &Peer, plain: &Plain<'_>) -> Result<Login, Refusal> {
        self.listens_to(peer, plain.name)?;
        let login = named(plain.name);
        let kept = self.kept(login.as_ref()).await?;
        let hash = match &kept {
            Some(Kept::Good(secrets)) => Some(secrets.argon2.clone()),
            _ => None,
        };
        let right = self.logins.checker.is_right(canonical(plain.password), hash).await;
        match (right.map_err(super::unavailable)?, login) {
            (true, Some(login)) => {
                self.succeeded(peer, &login).await;
                Ok(login)
            }
            _ => Err(self.failed(peer, Some(plain.name), &why(kept.as_ref())).await),
        }
    }

    async fn challenge(&self, peer: &Peer, first: First) -> Result<Step, Refusal> {
        self.listens_to(peer, first.name())?;
        let keys = match self.kept(named(first.name()).as_ref()).await? {
            Some(Kept::Good(secrets)) => secrets.scram,
            _ => nobodys(&self.keys, first.name()),
        };
        let (words, exchange) = first.challenge(keys, self.ids.bytes());
        Ok(Step::Challenge(words.into_bytes(), Box::new(Exchange::Scram(exchange))))
    }

    /// What is kept of this password. A name that none of ours can have is asked after as well: it takes its time.
    async fn kept(&self, login: Option<&Login>) -> Result<Option<Kept>, Refusal> {
        let kept = match login {
            Some(login) => self.store.password(login).await,
            None => self.store.no_password().await,
        };
        kept.map_err(|error| Refusal::from(&error))
    }

    /// However it is written: case makes no other name.
    fn name_hash(&self, name: &str) -> String {
        self.keys.trace_hash(&name.to_ascii_lowercase())
    }

    fn listens_to(&self, peer: &Peer, name: &str) -> Result<(), Refusal> {
        if self.logins.attempts.are_too_many(peer.network(), &self.name_hash(name), self.failed_logins) {
            return Err(Refusal::new(Class::TooManyLogins, "too many failed logins"));
        }
        Ok(())
    }

    async fn succeeded(&self, peer: &Peer, login: &Login) {
        let Login { office, label } = login;
        info!(ip = %peer.ip, %office, label, "logged in");
        self.logins.attempts.forget(peer.network(), &self.name_hash(&format!("{office}/{label}")));
        if let Err(error) = self.store.password_used(login).await {
            warn!(%office, label, %error, "the password's use could not be noted");
        }
    }

    /// Counts it, and waits. The event is to have the name as it is where it is one of ours, else its hash: people type
    /// passwords and identity codes into the wrong field.
    async fn failed(&self, peer: &Peer, name: Option<&str>, why: &(dyn Display + Sync)) -> Refusal {
        let hash = self.name_hash(name.unwrap_or_default());
        let wait = self.logins.attempts.count(peer.network(), name.map(|_| &*hash));
        let login = name.and_then(named);
        let ours = match &login {
            Some(login) => self.store.password(login).await.is_ok_and(|kept| kept.is_some()),
            None => false,
        };
        let cause = match (login, ours, name) {
            (Some(Login { office, label }), true, _) => format!("{office}/{label}: {why}"),
            (_, _, Some(_)) => format!("{hash}: {why}"),
            (_, _, None) => why.to_string(),
        };
        tokio::time::sleep(wait).await;
        Refusal::new(Class::LoginFailed, cause)
    }

    /// MAIL after a login: whether its password is still one.
    ///
    /// # Errors
    /// [`Class::LoginNeeded`]: the login has ended with its password.
    pub(super) async fn login_holds(&self, peer: &Peer) -> Result<(), Refusal> {
        let Some(login) = &peer.login else { return Ok(()) };
        if self.store.password_holds(login).await.map_err(|error| Refusal::from(&error))? {
            return Ok(());
        }
        let Login { office, label } = login;
        info!(ip = %peer.ip, %office, label, "the login has ended with its password");
        Err(Refusal::new(Class::LoginNeeded, format!("the password {office}/{label} has ended")))
    }
}

fn why(kept: Option<&Kept>) -> &'static str {
    match kept {
        None => "no such name",
        Some(Kept::Good(_)) => "wrong password",
        Some(Kept::Revoked) => "the password was revoked",
        Some(Kept::Ended) => "the password has ended",
    }
}

/// `OFFICE/LABEL`, in any case: many a phone begins a name with a capital.
#[must_use]
pub fn named(name: &str) -> Option<Login> {
    let lower = name.to_ascii_lowercase();
    let (office, label) = lower.split_once('/')?;
    // A label is written as an office's name is.
    let label: crate::domain::ids::OfficeId = label.parse().ok()?;
    Some(Login { office: office.parse().ok()?, label: label.as_str().to_owned() })
}

/// Keys for a name that is not ours: the same at each try, so that they look like any other's, and of no password.
fn nobodys(keys: &Keys, name: &str) -> scram::Keys {
    let drawn = |purpose: &str| -> [u8; 32] {
        let mut context = aws_lc_rs::hmac::Context::with_key(&keys.logins);
        context.update(purpose.as_bytes());
        context.update(name.to_ascii_lowercase().as_bytes());
        let mut drawn = [0; 32];
        drawn.copy_from_slice(context.sign().as_ref());
        drawn
    };
    let mut salt = [0; scram::SALT];
    salt.copy_from_slice(&drawn("salt")[..scram::SALT]);
    scram::Keys { salt, iterations: scram::ITERATIONS, stored: drawn("stored key"), server: drawn("server key") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        let login = named("Hel-Social/Case-System.2").unwrap();
        assert_eq!((login.office.as_str(), &*login.label), ("hel-social", "case-system.2"));
        for none in ["", "hel", "/", "hel/", "/x", "hel/x/y", "hel/å", "131052-308T"] {
            assert_eq!(named(none), None, "{none}");
        }
    }

    #[test]
    fn a_name_that_is_not_ours_has_its_own_salt_each_time_the_same() {
        let keys = Keys::derive(&[1; 32]);
        let (a, b) = (nobodys(&keys, "a/b"), nobodys(&keys, "a/c"));
        assert_eq!(a, nobodys(&keys, "A/B"));
        assert_ne!(a.salt, b.salt);
        assert_ne!(a.salt, nobodys(&Keys::derive(&[2; 32]), "a/b").salt);
        assert_eq!(a.iterations, scram::ITERATIONS);
    }
}
