//! Transparency of DATA (RFC 5321 §4.5.2): the other side of `smtp::body`.

use std::borrow::Cow;

use memchr::memmem;

/// The message with a dot before every line that begins with one (RFC 5321 §4.5.2); itself where none does.
pub(super) fn stuffed(message: &[u8]) -> Cow<'_, [u8]> {
    let finder = memmem::Finder::new(b"\r\n.");
    let mut starts = finder.find_iter(message).map(|at| at + 2).peekable();
    let first = message.starts_with(b".");
    if !first && starts.peek().is_none() {
        return Cow::Borrowed(message);
    }
    let mut out = Vec::with_capacity(message.len() + message.len() / 64 + 16);
    let mut from = 0;
    for at in first.then_some(0).into_iter().chain(starts) {
        out.extend_from_slice(&message[from..at]);
        out.push(b'.');
        from = at;
    }
    out.extend_from_slice(&message[from..]);
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::smtp::body::DataReader;

    #[test]
    fn dots_are_doubled_where_a_line_begins() {
        for (message, wire) in
            [("", ""), (".", ".."), ("a.\r\n.b\r\n..\r\n", "a.\r\n..b\r\n...\r\n"), (".\r\n.\r\n", "..\r\n..\r\n")]
        {
            assert_eq!(*stuffed(message.as_bytes()), *wire.as_bytes());
        }
        assert!(matches!(stuffed(b"a.b\r\nc.\r\n"), Cow::Borrowed(_)), "nothing to do is nothing done");
    }

    proptest! {
        /// The server's own reader finds the message again, and its end, and leaves what comes after.
        #[test]
        fn the_reader_undoes_it(lines in proptest::collection::vec("[.]{0,3}[a-z.]{0,3}\r\n", 0..50)) {
            let message = lines.concat();
            let wire = [&stuffed(message.as_bytes())[..], b".\r\nQUIT\r\n"].concat();
            let (mut reader, mut read) = (DataReader::default(), Vec::new());
            let progress = reader.read(&wire, &mut read);
            prop_assert!(progress.ended);
            prop_assert_eq!(&wire[progress.consumed..], b"QUIT\r\n");
            prop_assert_eq!(read, message.into_bytes());
            prop_assert_eq!(reader.fault(), None);
        }
    }
}
