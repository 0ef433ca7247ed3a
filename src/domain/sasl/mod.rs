//! How a client proves that it knows a password (RFC 4422): messages in, answers out, of whichever protocol carries
//! them. Nothing here waits, guesses or remembers: whose password it is, the caller looks up, and gives the keys.

pub mod plain;
pub mod scram;

use std::fmt;

use super::office::Login;

/// The ways that we take. Passwords are made by us, of chance: SCRAM keeps them from a server that only pretends to be
/// ours, and its binding to TLS from one that stands between.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mechanism {
    /// RFC 4616: name and password, under TLS.
    Plain,
    /// RFC 7677: proofs in both directions.
    ScramSha256,
    /// The same, bound to this very TLS connection (RFC 5802 §6, RFC 9266).
    ScramSha256Plus,
}

impl Mechanism {
    /// All, the strongest first: clients take the first that they know.
    pub const ALL: [Self; 3] = [Self::ScramSha256Plus, Self::ScramSha256, Self::Plain];

    /// The registered name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Plain => "PLAIN",
            Self::ScramSha256 => "SCRAM-SHA-256",
            Self::ScramSha256Plus => "SCRAM-SHA-256-PLUS",
        }
    }

    /// The mechanism of this name, in any case (RFC 4954 §4).
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|mechanism| mechanism.name().eq_ignore_ascii_case(name))
    }
}

/// What a client sent, decoded. It may hold a password, and cannot be printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Response(pub Vec<u8>);

impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Response({} octets)", self.0.len())
    }
}

/// What a client asks of whoever knows the passwords.
#[derive(Debug)]
pub enum Attempt {
    /// The first message.
    Begin(Mechanism, Response),
    /// The next one of an exchange that has begun.
    GoOn(Box<Exchange>, Response),
}

/// An exchange that has begun, and waits for the client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Exchange {
    /// For its proof.
    Scram(scram::Exchange),
    /// For a sign that it has taken ours: an empty message (RFC 4422 §5, at the end).
    Proved(Login),
}

/// What an attempt comes to, if it is not refused.
#[derive(Debug)]
pub enum Step {
    /// This is said, and answered.
    Challenge(Vec<u8>, Box<Exchange>),
    /// It was the password.
    Done(Login),
}

/// Octets that only the two ends of a TLS connection know: `tls-exporter` (RFC 9266).
pub type Binding = [u8; 32];

/// Why a message is none, or proves nothing. For the event: no word of what the client said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// Not the mechanism's grammar.
    #[error("not of the mechanism's form")]
    Form,
    /// A character that no name or password of ours has.
    #[error("characters that no name or password here has")]
    Characters,
    /// To act as somebody else than whose password it is.
    #[error("asks to act for another name")]
    Authorization,
    /// Bound to another connection, or to none where it must be: somebody may stand between.
    #[error("not bound to this TLS connection")]
    Binding,
    /// The nonce is not the one of this exchange.
    #[error("another nonce")]
    Nonce,
    /// The proof was made with another password.
    #[error("wrong password")]
    Proof,
}

/// Names and passwords of ours are plain ASCII, so that there is nothing to prepare (RFC 4013) and no two texts look
/// the same.
fn plain_text(octets: &[u8]) -> Result<&str, Fault> {
    match std::str::from_utf8(octets) {
        Ok(text) if !text.is_empty() && text.len() <= 255 && text.bytes().all(|c| (0x21..0x7f).contains(&c)) => {
            Ok(text)
        }
        _ => Err(Fault::Characters),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_nothing_of_what_was_said() {
        assert_eq!(Mechanism::named("scram-sha-256-plus"), Some(Mechanism::ScramSha256Plus));
        assert_eq!(Mechanism::named("LOGIN"), None);
        assert_eq!(format!("{:?}", Response(b"secret".to_vec())), "Response(6 octets)");
    }
}
