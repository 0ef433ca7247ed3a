//! The client's side: a server's octets → its answer (RFC 5321 §4.2.1). As strict as the server's side.

use bytes::BytesMut;
use memchr::{memchr, memchr2};

use super::Enhanced;

/// What a server answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerReply {
    /// 200 to 599.
    pub code: u16,
    /// The enhanced code of the first line that has one, if its class is the code's.
    pub enhanced: Option<Enhanced>,
    /// The texts without codes. What is not UTF-8 is replaced.
    pub lines: Vec<String>,
}

impl ServerReply {
    /// 2xx.
    #[must_use]
    pub fn is_positive(&self) -> bool {
        self.code / 100 == 2
    }

    /// 4xx: another attempt may do better.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        self.code / 100 == 4
    }
}

/// Why the octets are no answer. The connection is good for nothing more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ReplyFault {
    /// A line that does not begin with a code, or another code than the lines before.
    #[error("the answer has a line that is none")]
    Form,
    /// A lone CR or LF.
    #[error("the answer has a lone CR or LF")]
    LineEnds,
    /// A line or a number of lines that no server needs.
    #[error("the answer is too long")]
    TooLong,
}

/// Takes answers off the front of what has been read. After a fault, only that fault comes.
#[derive(Debug, Clone, Default)]
pub struct ReplyReader {
    scanned: usize,
    lines: Vec<String>,
    begun: Option<(u16, Option<Enhanced>)>,
    fault: Option<ReplyFault>,
}

impl ReplyReader {
    /// Octets of one line, CRLF included. RFC 5321 says 512; many servers say more.
    pub const MAX_LINE: usize = 4096;
    /// Lines of one answer.
    pub const MAX_LINES: usize = 256;

    /// The next answer; `None` until there is a whole one.
    pub fn next(&mut self, input: &mut BytesMut) -> Option<Result<ServerReply, ReplyFault>> {
        if let Some(fault) = self.fault {
            return Some(Err(fault));
        }
        match self.take(input) {
            Ok(reply) => reply.map(Ok),
            Err(fault) => {
                self.fault = Some(fault);
                Some(Err(fault))
            }
        }
    }

    /// Whether an answer has begun and not ended.
    #[must_use]
    pub fn is_amid(&self) -> bool {
        self.begun.is_some() || self.scanned > 0
    }

    fn take(&mut self, input: &mut BytesMut) -> Result<Option<ServerReply>, ReplyFault> {
        while let Some(at) = memchr(b'\n', &input[self.scanned..]) {
            let lf = self.scanned + at;
            self.scanned = 0;
            if lf >= Self::MAX_LINE || self.lines.len() == Self::MAX_LINES {
                return Err(ReplyFault::TooLong);
            }
            let line = input.split_to(lf + 1);
            let line = line.strip_suffix(b"\r\n").ok_or(ReplyFault::LineEnds)?;
            if memchr2(b'\r', 0, line).is_some() {
                return Err(ReplyFault::LineEnds);
            }
            if let Some(reply) = self.line(line)? {
                return Ok(Some(reply));
            }
        }
        self.scanned = input.len();
        if input.len() >= Self::MAX_LINE { Err(ReplyFault::TooLong) } else { Ok(None) }
    }

    fn line(&mut self, line: &[u8]) -> Result<Option<ServerReply>, ReplyFault> {
        let (code, rest) = line.split_at_checked(3).ok_or(ReplyFault::Form)?;
        let &[first @ b'2'..=b'5', second @ b'0'..=b'5', third @ b'0'..=b'9'] = code else {
            return Err(ReplyFault::Form);
        };
        let code = u16::from(first - b'0') * 100 + u16::from(second - b'0') * 10 + u16::from(third - b'0');
        let (more, text) = match rest {
            [b'-', text @ ..] => (true, text),
            [b' ', text @ ..] => (false, text),
            [] => (false, rest),
            _ => return Err(ReplyFault::Form),
        };
        let text = String::from_utf8_lossy(text);
        let (enhanced, text) = enhanced(&text, first - b'0');
        let begun = self.begun.get_or_insert((code, enhanced));
        if begun.0 != code {
            return Err(ReplyFault::Form);
        }
        begun.1 = begun.1.or(enhanced);
        self.lines.push(text.to_owned());
        if more {
            return Ok(None);
        }
        let lines = std::mem::take(&mut self.lines);
        Ok(self.begun.take().map(|(code, enhanced)| ServerReply { code, enhanced, lines }))
    }
}

/// `5.1.1 text` → the code and the text. What is not one stays text.
fn enhanced(text: &str, class: u8) -> (Option<Enhanced>, &str) {
    let (word, rest) = text.split_once(' ').unwrap_or((text, ""));
    let mut numbers = word.split('.').map(|digits| {
        let plain = (1..=3).contains(&digits.len()) && digits.bytes().all(|c| c.is_ascii_digit());
        plain.then(|| digits.parse::<u8>().ok()).flatten()
    });
    match (numbers.next(), numbers.next(), numbers.next(), numbers.next()) {
        (Some(Some(first)), Some(Some(subject)), Some(Some(detail)), None) if first == class && class != 3 => {
            (Some((class, subject, detail)), rest)
        }
        _ => (None, text),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(pieces: &[&[u8]]) -> Vec<Result<ServerReply, ReplyFault>> {
        let (mut reader, mut buffer, mut replies) = (ReplyReader::default(), BytesMut::new(), Vec::new());
        for piece in pieces {
            buffer.extend_from_slice(piece);
            while let Some(reply) = reader.next(&mut buffer) {
                let stop = reply.is_err();
                replies.push(reply);
                if stop {
                    return replies;
                }
            }
        }
        replies
    }

    fn reply(code: u16, enhanced: Option<Enhanced>, lines: &[&str]) -> ServerReply {
        ServerReply { code, enhanced, lines: lines.iter().map(|&l| l.to_owned()).collect() }
    }

    #[test]
    fn answers() {
        assert_eq!(read(&[b"250 OK\r\n"]), [Ok(reply(250, None, &["OK"]))]);
        assert_eq!(read(&[b"250\r\n"]), [Ok(reply(250, None, &[""]))]);
        assert_eq!(
            read(&[b"250-a.example\r\n250-SIZE 5\r\n250 HELP\r\n220 x\r\n"]),
            [Ok(reply(250, None, &["a.example", "SIZE 5", "HELP"])), Ok(reply(220, None, &["x"]))]
        );
        assert_eq!(read(&[b"550-5.1.1 No\r\n550 5.1.1 such\r\n"]), [Ok(reply(550, Some((5, 1, 1)), &["No", "such"]))]);
        assert_eq!(read(&[b"550 4.1.1 No\r\n"]), [Ok(reply(550, None, &["4.1.1 No"]))]);
        assert_eq!(read(&[b"550 5.1.1234 No\r\n"]), [Ok(reply(550, None, &["5.1.1234 No"]))]);
        assert_eq!(read(&[b"250 \xff\r\n"]), [Ok(reply(250, None, &["\u{fffd}"]))]);
    }

    #[test]
    fn what_is_no_answer() {
        for bad in
            ["hello\r\n", "25\r\n", "150 a\r\n", "600 a\r\n", "260 a\r\n", "250_a\r\n", "250-a\r\n251 b\r\n", "\r\n"]
        {
            assert_eq!(read(&[bad.as_bytes()]), [Err(ReplyFault::Form)], "{bad:?}");
        }
        for bad in ["250 a\n", "250 a\r\r\n", "250 a\rb\r\n", "250 a\0\r\n"] {
            assert_eq!(read(&[bad.as_bytes()]), [Err(ReplyFault::LineEnds)], "{bad:?}");
        }
        assert_eq!(read(&[&[b'2'; 5000]]), [Err(ReplyFault::TooLong)]);
        assert_eq!(read(&["250-x\r\n".repeat(300).as_bytes()]), [Err(ReplyFault::TooLong)]);
    }

    #[test]
    fn a_fault_stays() {
        let (mut reader, mut input) = (ReplyReader::default(), BytesMut::from(&b"x\n250 OK\r\n"[..]));
        assert_eq!(reader.next(&mut input), Some(Err(ReplyFault::LineEnds)));
        assert_eq!(reader.next(&mut input), Some(Err(ReplyFault::LineEnds)));
    }

    proptest! {
        #[test]
        fn any_octets_in_any_pieces(input in "([245][0-5]0[- ](5.1.1 )?[a-z]{0,5}(\r\n|\r|\n)){0,8}", size in 1..9usize) {
            let pieces: Vec<&[u8]> = input.as_bytes().chunks(size).collect();
            prop_assert_eq!(read(&pieces), read(&[input.as_bytes()]));
        }

        #[test]
        fn no_octets_panic(input in proptest::collection::vec(any::<u8>(), 0..200)) {
            read(&[&input]);
        }
    }
}
