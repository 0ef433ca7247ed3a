//! Octets → lines. Only CRLF ends a line (RFC 5321 §2.3.8): what other servers take for a line end is a fault here, so
//! that no two servers can disagree about where a command begins.

use bytes::{Buf, Bytes, BytesMut};
use memchr::{memchr, memchr3};

/// Why a line is no command. The whole line, up to its CRLF, is one fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LineFault {
    /// A CR or LF stands alone in it.
    #[error("a lone CR or LF in a line")]
    LineEnds,
    /// A NUL stands in it.
    #[error("a NUL in a line")]
    Nul,
    /// More octets than it may have: [`LineReader::MAX`], for a command.
    #[error("a line of too many octets")]
    TooLong,
    /// More than [`LineReader::ENDLESS`] octets: nobody waits for its end. The connection is to be closed.
    #[error("a line of more than {} octets", LineReader::ENDLESS)]
    Endless,
    /// It begins as a TLS handshake does, which has no lines. The connection is to be closed.
    #[error("a TLS handshake where a command was awaited")]
    Tls,
}

/// Takes lines off the front of what has been read. Keeps at most [`LineReader::MAX`] octets of an unfinished line.
#[derive(Debug, Clone, Default)]
pub struct LineReader {
    /// So many octets in front hold no CRLF.
    scanned: usize,
    /// So many octets of this line have been thrown away.
    dropped: usize,
    /// A fault was told after which there are no lines.
    over: bool,
}

impl LineReader {
    /// Octets of a line, CRLF included. RFC 5321 §4.5.3.1.4 asks for 512, and the parameters we offer add 60.
    pub const MAX: usize = 1024;
    /// The same of an answer in an AUTH exchange (RFC 4954 §4).
    pub const MAX_RESPONSE: usize = 12288;
    /// Octets after which a line's end is not awaited any more.
    pub const ENDLESS: usize = 1 << 20;
    /// The content type of a TLS record that holds a handshake (RFC 8446 §5.1). No command begins with it.
    const HANDSHAKE: u8 = 22;

    /// The next line, without its CRLF; `None` until there is a whole one. How the input was cut into pieces makes no
    /// difference.
    pub fn next(&mut self, input: &mut BytesMut) -> Option<Result<Bytes, LineFault>> {
        self.next_within(input, Self::MAX)
    }

    /// The same for a line of at most `max` octets.
    pub fn next_within(&mut self, input: &mut BytesMut, max: usize) -> Option<Result<Bytes, LineFault>> {
        if self.over {
            input.clear();
            return None;
        }
        if self.dropped == 0 && input.first() == Some(&Self::HANDSHAKE) {
            self.over = true;
            return Some(Err(LineFault::Tls));
        }
        while let Some(at) = input.get(self.scanned..).and_then(|rest| memchr(b'\n', rest)) {
            let lf = self.scanned + at;
            self.scanned = lf + 1;
            if lf > 0 && input[lf - 1] == b'\r' {
                let mut line = input.split_to(lf + 1).freeze();
                line.truncate(lf - 1);
                let Self { dropped, .. } = std::mem::take(self);
                let line = checked(line, dropped, max);
                self.over = line == Err(LineFault::Endless);
                return Some(line);
            }
        }
        if input.len() >= max {
            // Whatever comes, the line is too long. A last CR may still be half of its end.
            let keep = usize::from(input.last() == Some(&b'\r'));
            self.dropped += input.len() - keep;
            input.advance(input.len() - keep);
        }
        self.scanned = input.len();
        if self.dropped + input.len() > Self::ENDLESS {
            self.over = true;
            return Some(Err(LineFault::Endless));
        }
        None
    }

    /// Whether a fault was told after which there are no lines: what still comes is dropped.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.over
    }
}

/// One fault a line, and always the same one: the length goes before the octets.
fn checked(line: Bytes, dropped: usize, max: usize) -> Result<Bytes, LineFault> {
    let octets = dropped + line.len() + 2;
    if octets > LineReader::ENDLESS {
        return Err(LineFault::Endless);
    }
    if octets > max {
        return Err(LineFault::TooLong);
    }
    match memchr3(b'\r', b'\n', 0, &line) {
        None => Ok(line),
        Some(_) if memchr::memchr2(b'\r', b'\n', &line).is_some() => Err(LineFault::LineEnds),
        Some(_) => Err(LineFault::Nul),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    type Lines = Vec<Result<Vec<u8>, LineFault>>;

    /// Reads the pieces one after another; also gives what stays unread.
    fn read(pieces: &[&[u8]]) -> (Lines, usize) {
        let (mut reader, mut buffer, mut lines) = (LineReader::default(), BytesMut::new(), Vec::new());
        for piece in pieces {
            buffer.extend_from_slice(piece);
            while let Some(line) = reader.next(&mut buffer) {
                lines.push(line.map(|l| l.to_vec()));
            }
            assert!(buffer.len() < LineReader::MAX, "memory is bounded");
        }
        (lines, buffer.len())
    }

    #[allow(clippy::unnecessary_wraps)] // reads as what it is compared with
    fn ok(line: &[u8]) -> Result<Vec<u8>, LineFault> {
        Ok(line.to_vec())
    }

    #[test]
    fn only_crlf_ends_a_line() {
        use LineFault::{LineEnds, Nul};
        assert_eq!(read(&[b"NOOP\r\n\r\nQUIT\r\nrest"]), (vec![ok(b"NOOP"), ok(b""), ok(b"QUIT")], 4));
        assert_eq!(read(&[b"NOOP\nQUIT\r\nNOOP\r\n"]).0, [Err(LineEnds), ok(b"NOOP")]);
        assert_eq!(read(&[b"NOOP\rQUIT\r\nNOOP\r\n"]).0, [Err(LineEnds), ok(b"NOOP")]);
        assert_eq!(read(&[b"NOOP\r\r\nNOOP\r\n"]).0, [Err(LineEnds), ok(b"NOOP")]);
        assert_eq!(read(&[b"\n\r\nNOOP\r\n"]).0, [Err(LineEnds), ok(b"NOOP")]);
        assert_eq!(read(&[b"NO\0OP\r\n"]).0, [Err(Nul)]);
        assert_eq!(read(&[b"NOOP\n", b"\r", b"QUIT"]), (vec![], 10));
    }

    #[test]
    fn the_limit_is_exact_and_a_long_line_is_one_fault() {
        let line = |len: usize| [vec![b'a'; len], b"\r\n".to_vec()].concat();
        assert_eq!(read(&[&line(LineReader::MAX - 2)]).0, [Ok(vec![b'a'; LineReader::MAX - 2])]);
        assert_eq!(read(&[&line(LineReader::MAX - 1)]).0, [Err(LineFault::TooLong)]);
        let long = [line(100_000), b"NOOP\r\n".to_vec()].concat();
        let pieces: Vec<&[u8]> = long.chunks(700).collect();
        assert_eq!(read(&pieces).0, [Err(LineFault::TooLong), ok(b"NOOP")]);
    }

    #[test]
    fn the_limit_may_be_another() {
        let mut reader = LineReader::default();
        for (length, fits) in [(2998, true), (2999, false)] {
            let mut input = BytesMut::from(&[vec![b'a'; length], b"\r\n".to_vec()].concat()[..]);
            assert_eq!(reader.next_within(&mut input, 3000).unwrap().is_ok(), fits, "{length}");
        }
    }

    #[test]
    fn what_never_ends_is_not_awaited() {
        for (len, fault) in [(0, LineFault::TooLong), (1, LineFault::Endless)] {
            let line = [vec![b'\n'; LineReader::ENDLESS - 2 + len], b"\r\n".to_vec()].concat();
            for size in [1000, 4096, line.len()] {
                let pieces: Vec<&[u8]> = line.chunks(size).collect();
                assert_eq!(read(&pieces).0, [Err(fault)], "{len} {size}");
            }
        }
    }

    #[test]
    fn a_tls_handshake_is_known_by_its_first_octet() {
        assert_eq!(read(&[b"\x16"]).0, [Err(LineFault::Tls)]);
        assert_eq!(read(&[b"NOOP\r\n\x16\x03\x01\r\n"]).0, [ok(b"NOOP"), Err(LineFault::Tls)]);
        assert_eq!(read(&[b"NOOP \x16\r\n"]).0, [ok(b"NOOP \x16")]);
        let inside = [vec![b'a'; LineReader::MAX], b"\x16\r\n".to_vec()].concat();
        assert_eq!(read(&[&inside[..LineReader::MAX], &inside[LineReader::MAX..]]).0, [Err(LineFault::TooLong)]);
    }

    proptest! {
        #[test]
        fn cutting_makes_no_difference(
            parts in proptest::collection::vec(prop_oneof![
                Just(b"\r\n".to_vec()), Just(b"\r".to_vec()), Just(b"\n".to_vec()), Just(b"\0".to_vec()),
                Just(b"NOOP".to_vec()), (900..1100usize).prop_map(|n| vec![b'x'; n]),
                Just(b"\x16".to_vec()), Just(vec![b'y'; LineReader::ENDLESS / 2]),
            ], 0..30),
            size in 1..40usize,
        ) {
            let input = parts.concat();
            let pieces: Vec<&[u8]> = input.chunks(size).collect();
            let mut whole = BytesMut::from(&input[..]);
            let (mut reader, mut lines) = (LineReader::default(), Vec::new());
            while let Some(line) = reader.next(&mut whole) {
                lines.push(line.map(|l| l.to_vec()));
            }
            prop_assert_eq!(read(&pieces).0, lines);
        }
    }
}
