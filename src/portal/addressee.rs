//! Whom a citizen is shown as the recipient of a message: the address by which it came to this mailbox, and no other.

use crate::domain::address::Mailbox;
use crate::domain::keys::Keys;
use crate::domain::record::{Person, Record};

/// The address by which a record came.
pub(super) enum Addressee {
    /// Anybody: a stranger's message, which only the postmaster gets.
    Anybody,
    /// The one with this keyed hash.
    Hashed(String),
}

impl Addressee {
    pub(super) fn of(record: &Record) -> Self {
        match record.office {
            Some(_) => Self::Hashed(record.addressed.clone()),
            None => Self::Anybody,
        }
    }

    /// Whether this is the address.
    pub(super) fn is(&self, mailbox: &Mailbox, keys: &Keys) -> bool {
        match self {
            Self::Anybody => true,
            Self::Hashed(hash) => !hash.is_empty() && keys.trace_hash(&mailbox.folded()) == *hash,
        }
    }

    /// Those of the people who are it.
    pub(super) fn among(&self, people: Vec<Person>, keys: &Keys) -> Vec<Person> {
        let is = |person: &Person| match self {
            Self::Anybody => true,
            Self::Hashed(_) => Mailbox::parse(person.address.trim()).is_ok_and(|mailbox| self.is(&mailbox, keys)),
        };
        people.into_iter().filter(is).collect()
    }
}
