//! Sockets and TLS. Binds, lets peers in as far as the permits go, speaks TLS, and carries bytes between a socket and
//! the session machine of `smtp`, whose actions it performs.
//!
//! Promises: constant memory for a body of any size; a deadline on every wait; nothing typed before TLS survives
//! STARTTLS; on stop no new connection, 421 between commands, and whatever is being kept is finished.
//!
//! Leaves out: what a command means (`smtp`), and what becomes of a message (`inbound`).

pub mod accept;
mod admission;
mod connection;
mod linger;
pub mod proxy;
pub mod spool;
pub mod tls;

pub use accept::{Handle, Listener, Settings, Timeouts, TlsMode};
