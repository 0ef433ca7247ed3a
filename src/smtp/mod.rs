//! SMTP as a value: octets and events in, answers and things to do out. No socket, no clock, no database, no waiting.
//!
//! | file | is |
//! |---|---|
//! | [`line`] | octets → lines, and only CRLF ends one |
//! | [`command`] | a line → a command, by the grammar of RFC 5321 §4.1 and nothing beside it |
//! | [`body`] | octets → a message's octets, after DATA and BDAT, to the true end |
//! | [`session`] | one connection's session: state and event → state and actions |
//! | [`reply`] | the one place that words an answer, writes one, and reads another server's |
//!
//! # Promises
//! - A lone CR or LF ends nothing and is never kept. A body that has one is read to its true end, then refused.
//! - How the network cuts the octets makes no difference to anything.
//! - `250` after a body needs a [`Receipt`](crate::domain::arrival::Receipt), which only the store's commit gives.
//! - Octets that were sent as a chunk are never read as commands, whatever was wrong with the BDAT; where nobody can
//!   say how many they are, the connection ends.
//! - A refusal is one [`reply::Reply`], which carries what is refused, at which step and of whom, for its event.
//! - Nothing that a client sent in clear is left after STARTTLS.
//! - Any octets, any events in any order: no panic, no unbounded memory, one well-formed answer to each command.
//!
//! # Spoken here
//! RFC 5321 with HELP, VRFY (252 for everybody) and bare `<postmaster>`; PIPELINING (2920), SIZE (1870), 8BITMIME
//! (6152), SMTPUTF8 (6531), ENHANCEDSTATUSCODES (2034), CHUNKING (3030), STARTTLS (3207), AUTH under TLS
//! (4954; what its answers prove, [`crate::domain::sasl`] says), LIMITS (9422).
//!
//! # For whoever holds the socket
//! 1. Make a [`session::State`], feed [`session::Event::Opened`], and perform what comes back, in order.
//! 2. While [`session::State::awaits_line`], feed lines. Otherwise something is outstanding: bring its answer, and leave
//!    the octets where they are.
//! 3. A body has one reader. It, and what it has read, belong to the transaction until
//!    [`session::Action::Keep`] or [`session::Action::Discard`]; several chunks go through one
//!    [`body::ChunkReader`], for a CRLF may lie across their border.
//! 4. After [`session::Action::StartTls`], drop what has been read and begin with a new [`line::LineReader`].
//!
//! # Left out
//! BINARYMIME and DSN; ETRN and EXPN; who may send ([`crate::trust`]), and where an address leads
//! ([`crate::routing`]): both are asked by an action and answered by an event.

pub mod body;
pub mod command;
pub mod line;
pub mod reply;
pub mod session;
