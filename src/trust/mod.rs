//! Is this really that office? Facts in, proof out: [`TrustedOffice`](crate::domain::TrustedOffice) is made here and
//! nowhere else.
//!
//! Promises: an office is proved by all the proofs of one of its trust rules, never by its own word; a rule that cannot
//! be judged yet counts as not met; whatever cannot be proved is [`Stranger`](crate::domain::envelope::Sender).
//! Leaves out, for now: proofs that need the message or the DNS (DMARC, DKIM) or a login. Knows neither store nor
//! routing, and does no I/O.

pub mod sender;

pub use sender::{Asked, Verdict};
