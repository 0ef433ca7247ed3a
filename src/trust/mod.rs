//! Is this really that office? Facts in, proof out: [`TrustedOffice`](crate::domain::TrustedOffice) is made here and
//! nowhere else.
//!
//! Promises: an office is proved by all the proofs of one of its trust rules, never by its own word; a rule that cannot
//! be judged counts as not met; the author whom the citizen sees is the one that was proved; whatever cannot be proved
//! is [`Stranger`](crate::domain::envelope::Sender).
//! Leaves out: how the facts are found. Knows neither store nor routing, and does no I/O.

pub mod message;
pub mod sender;

pub use sender::{Asked, Verdict};
