//! For whom? Pure: facts in, decision out. [`Route`](crate::domain::Route) is made here and nowhere else.
//!
//! An address is read in two steps, so that the store is asked once and by whoever does I/O: [`recipient::read`] says
//! what the address means and which question that raises; [`recipient::decide`] takes the answer and gives a route or a
//! refusal.
//!
//! Promises: a stranger gets one refusal, the same value for every address there is or is not, here or elsewhere, but
//! for the postmaster and the signed return paths of our own mail; an address that is mistyped and can be known to be
//! is told so, and never reaches another person; a conversation serves the office that it is with.
//! Leaves out: rate limits, and whatever the message itself says. Knows neither store nor trust.

mod mapped;
pub mod recipient;

pub use mapped::Mapped;
