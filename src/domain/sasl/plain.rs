//! PLAIN (RFC 4616): `authzid NUL authcid NUL password`.

use std::fmt;

use super::{Fault, plain_text};

/// Name and password, as sent.
#[derive(Clone, PartialEq, Eq)]
pub struct Plain<'a> {
    /// Whose password it is said to be.
    pub name: &'a str,
    /// The password.
    pub password: &'a str,
}

impl fmt::Debug for Plain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Plain(…)")
    }
}

impl<'a> Plain<'a> {
    /// Reads the one message there is.
    ///
    /// # Errors
    /// See [`Fault`]. Nobody may act for another name.
    pub fn read(message: &'a [u8]) -> Result<Self, Fault> {
        let mut parts = message.split(|&c| c == 0);
        let (Some(authorize), Some(name), Some(password), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(Fault::Form);
        };
        if !authorize.is_empty() && authorize != name {
            return Err(Fault::Authorization);
        }
        Ok(Self { name: plain_text(name)?, password: plain_text(password)? })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_forms_there_are() {
        // RFC 4616 §4, its examples.
        let read = |text: &'static [u8]| Plain::read(text).map(|plain| (plain.name, plain.password));
        assert_eq!(read(b"\0tim\0tanstaaftanstaaf"), Ok(("tim", "tanstaaftanstaaf")));
        assert_eq!(read(b"Ursel\0Kurt\0xipj3plmq"), Err(Fault::Authorization));
        assert_eq!(read(b"hel/case\0hel/case\0x"), Ok(("hel/case", "x")));
        for form in [&b""[..], b"tim", b"\0tim", b"\0tim\0a\0", b"\0tim\0a\0b"] {
            assert_eq!(Plain::read(form), Err(Fault::Form), "{form:?}");
        }
        for characters in [&b"\0\0a"[..], b"\0tim\0", b"\0t m\0a", b"\0tim\0\xc3\xa4", b"\0tim\0a\x7f"] {
            assert_eq!(Plain::read(characters), Err(Fault::Characters), "{characters:?}");
        }
    }

    proptest! {
        #[test]
        fn whatever_is_taken_was_sent(message in proptest::collection::vec(any::<u8>(), 0..80)) {
            if let Ok(plain) = Plain::read(&message) {
                let whole = [b"\0", plain.name.as_bytes(), b"\0", plain.password.as_bytes()].concat();
                prop_assert!(message.ends_with(&whole));
            }
        }
    }
}
