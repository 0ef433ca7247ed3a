//! One type per thing that has an id. An id is 128 bits: 48 bits of Unix milliseconds, then 80 bits of chance, so
//! that ids sort by time and neighbours in time are neighbours in an index. Written as 26 characters of lower-case
//! Crockford base32, they may stand in logs, addresses and URLs: they say nothing of a person.

use std::fmt;
use std::str::FromStr;

use super::base32;

/// The text is not an id: 26 characters of Crockford base32 were expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an id (26 characters of letters and digits)")]
pub struct NotAnId;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(u128);

        impl $name {
            /// Makes an id of the time, in Unix milliseconds (its low 48 bits count), and ten bytes of chance.
            #[must_use]
            pub fn new(millis: i64, chance: [u8; 10]) -> Self {
                let mut bytes = [0; 16];
                bytes[..6].copy_from_slice(&millis.to_be_bytes()[2..]);
                bytes[6..].copy_from_slice(&chance);
                Self(u128::from_be_bytes(bytes))
            }

            /// The id of these sixteen bytes.
            #[must_use]
            pub fn from_bytes(bytes: [u8; 16]) -> Self {
                Self(u128::from_be_bytes(bytes))
            }

            /// The sixteen bytes, most significant first: their order is the ids' order.
            #[must_use]
            pub fn to_bytes(self) -> [u8; 16] {
                self.0.to_be_bytes()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&base32::encode(&self.to_bytes()))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self)
            }
        }

        impl FromStr for $name {
            type Err = NotAnId;

            fn from_str(text: &str) -> Result<Self, NotAnId> {
                let bytes = base32::decode(text).ok_or(NotAnId)?;
                Ok(Self::from_bytes(bytes.try_into().map_err(|_| NotAnId)?))
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }
    )+};
}

ids! {
    /// One message as it arrived, for however many recipients: the queue id in the 250.
    ArrivalId,
    /// One message in one mailbox.
    RecordId,
    /// The thread of records between one citizen and one office.
    ConversationId,
    /// What a citizen wrote to an office.
    ReplyId,
    /// One way out: a reply or an arrival notice to one address.
    OutboxId,
}

macro_rules! slugs {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Box<str>);

        impl $name {
            /// The slug as written.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl FromStr for $name {
            type Err = NotASlug;

            fn from_str(text: &str) -> Result<Self, NotASlug> {
                let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '_' | '.');
                let first = text.chars().next().is_some_and(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
                if first && text.len() <= 64 && text.chars().all(plain) {
                    Ok(Self(text.into()))
                } else {
                    Err(NotASlug)
                }
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }
    )+};
}

/// The text is not a slug.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a slug: 1 to 64 of a-z, 0-9, '-', '_' and '.', beginning with a letter or digit")]
pub struct NotASlug;

slugs! {
    /// An office, as the admin named it: `hel-social`.
    OfficeId,
    /// An account, as the admin named it: `anna`. Never an identity code.
    AccountId,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_its_text_and_sorts_by_time() {
        let early = RecordId::new(1, [0xff; 10]);
        let late = RecordId::new(2, [0; 10]);
        assert!(early < late);
        assert!(early.to_string() < late.to_string());
        assert_eq!(early.to_string().parse(), Ok(early));
        assert_eq!(early.to_string().len(), 26);
        assert_eq!("no".parse::<RecordId>(), Err(NotAnId));
    }

    #[test]
    fn a_slug_is_plain() {
        assert!("hel-social".parse::<OfficeId>().is_ok());
        for bad in ["", "-a", "A", "å", "a b", "131052+308T"] {
            assert!(bad.parse::<AccountId>().is_err(), "{bad}");
        }
    }
}
