//! Nouns and rules: no async, no I/O, no SQL, no wire format. Imports nothing of ours.
//!
//! The values that carry a proof are made in one room each, and asked for by whoever needs the proof:
//! [`TrustedOffice`] by `trust`, [`Route`] by `routing`, [`Receipt`] by `store`.

pub mod account;
pub mod address;
pub mod appointment;
pub mod arrival;
pub mod authentication;
pub mod base32;
pub mod directory;
pub mod endpoint;
pub mod envelope;
pub mod event;
pub mod identity;
pub mod ids;
pub mod keys;
pub mod language;
pub mod lookup;
pub mod office;
pub mod opaque;
pub mod outcome;
pub mod record;
pub mod reference;
pub mod reply;
pub mod sasl;
pub mod schedule;
pub mod seal;
pub mod status;
pub mod tags;
pub mod token;
pub mod wanted;

pub use arrival::Receipt;
pub use envelope::Route;
pub use office::TrustedOffice;
