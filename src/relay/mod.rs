//! Outbox item → e-mail at the office, or an arrival notice at the citizen's own mailbox.
//!
//! [`compose::compose`] writes the message, [`Relay::deliver`] carries it: `target` says which hosts, `tls` what they
//! must prove, `connection` speaks to one, `send` is one message on one connection, `pool` keeps connections for the
//! next. Whatever happens becomes an [`Outcome`](crate::domain::outcome::Outcome), whose detail holds no address.
//!
//! Promised: no word of a message leaves before TLS meets the rule; a rule is never met by less; a connection lost while
//! the server may already have the whole message is `Unsure` and never tried on another host at once.
//! Left out: queueing, retries and their schedule (`store`, `domain`); DKIM signing; MTA-STS and DANE, which are refused
//! and not weakened.

mod answer;
mod codes;
pub mod compose;
mod connection;
mod deliver;
mod dots;
mod fault;
mod pool;
mod resolver;
mod send;
mod settings;
mod target;
mod tls;
mod words;

pub use compose::{Identity, compose};
pub use deliver::Relay;
pub use resolver::resolver;
pub use settings::{ClientIdentity, Limits, Settings, Timeouts};
pub use tls::TlsFault;
