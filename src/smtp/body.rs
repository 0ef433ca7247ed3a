//! The octets of a message: after DATA up to CRLF.CRLF, with the dots undone (RFC 5321 §4.5.2), and after BDAT by
//! count (RFC 3030 §2). A lone CR or LF is a fault of the whole body. It never ends anything: the body is read to its
//! true end, so that nothing of it is ever taken for a command (SMTP smuggling).

use memchr::memchr2;

use crate::domain::status::{Class, Refusal};

/// What must not stand in a body (RFC 5321 §2.3.8).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BodyFault {
    /// A CR that no LF follows.
    #[error("a lone CR in the body")]
    LoneCr,
    /// An LF that no CR goes before.
    #[error("a lone LF in the body")]
    LoneLf,
}

impl From<BodyFault> for Refusal {
    fn from(fault: BodyFault) -> Self {
        Self::new(Class::LineEnds, fault.to_string())
    }
}

/// How far one piece of input brought the body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DataProgress {
    /// So many octets of the input belonged to the body; the rest are the client's next commands.
    pub consumed: usize,
    /// The end was among them.
    pub ended: bool,
}

/// Reads one body after DATA. One reader a body.
#[derive(Debug, Clone, Default)]
pub struct DataReader {
    at: At,
    fault: Option<BodyFault>,
}

/// What stands just before the next octet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum At {
    /// A CRLF; at first, the one of the DATA command itself.
    #[default]
    LineStart,
    /// CRLF and a dot, which is held back.
    Dot,
    /// CRLF, a dot and a CR, both held back.
    DotCr,
    /// Something else of a line.
    Middle,
    /// A CR within a line, held back.
    Cr,
}

impl DataReader {
    /// Takes the body's octets off the front of `input` and appends what they mean to `out`. After a fault, what
    /// lies in `out` is of no use, and nothing is added to it. How the input is cut into pieces makes no difference.
    pub fn read(&mut self, input: &[u8], out: &mut Vec<u8>) -> DataProgress {
        // Octets from `kept` up to `at` are the body's and not yet copied: ordinary lines go over in one piece.
        let (mut kept, mut at) = (0, 0);
        while let Some(&octet) = input.get(at) {
            match (self.at, octet) {
                (At::LineStart, b'.') => {
                    self.put(&input[kept..at], out);
                    (kept, at) = (at + 1, at + 1);
                    self.at = At::Dot;
                }
                (At::LineStart | At::Middle, _) => {
                    let rest = &input[at..];
                    match memchr2(b'\r', b'\n', rest) {
                        None => {
                            at = input.len();
                            self.at = At::Middle;
                        }
                        Some(cr) if rest[cr..].starts_with(b"\r\n") => {
                            at += cr + 2;
                            self.at = At::LineStart;
                        }
                        Some(end) if rest[end] == b'\n' => {
                            self.blame(BodyFault::LoneLf);
                            at += end + 1;
                            self.at = At::Middle;
                        }
                        Some(cr) => {
                            self.put(&input[kept..at + cr], out);
                            (kept, at) = (at + cr + 1, at + cr + 1);
                            self.at = At::Cr;
                        }
                    }
                }
                (At::Cr, b'\n') => {
                    self.put(b"\r\n", out);
                    (kept, at) = (at + 1, at + 1);
                    self.at = At::LineStart;
                }
                (At::Dot, b'\r') => {
                    (kept, at) = (at + 1, at + 1);
                    self.at = At::DotCr;
                }
                // The dot goes, whatever else stands on the line; a second dot stays.
                (At::Dot, _) => self.at = At::Middle,
                (At::DotCr, b'\n') => return DataProgress { consumed: at + 1, ended: true },
                (At::Cr | At::DotCr, _) => {
                    self.blame(BodyFault::LoneCr);
                    self.at = At::Middle;
                }
            }
        }
        self.put(&input[kept..at], out);
        DataProgress { consumed: at, ended: false }
    }

    /// The first fault so far.
    #[must_use]
    pub fn fault(&self) -> Option<BodyFault> {
        self.fault
    }

    fn put(&self, octets: &[u8], out: &mut Vec<u8>) {
        if self.fault.is_none() {
            out.extend_from_slice(octets);
        }
    }

    fn blame(&mut self, fault: BodyFault) {
        self.fault.get_or_insert(fault);
    }
}

/// Reads the chunks of one body after BDAT (RFC 3030 §2). One reader a body: a CRLF may be cut by a chunk's end.
#[derive(Debug, Clone, Default)]
pub struct ChunkReader {
    left: u64,
    after_cr: bool,
    fault: Option<BodyFault>,
}

impl ChunkReader {
    /// A chunk of so many octets begins.
    pub fn begin(&mut self, size: u64) {
        self.left = size;
    }

    /// Takes the chunk's octets off the front of `input` and appends them to `out`; after a fault, nothing more is
    /// appended. `ended` is the end of the chunk: a chunk of no octets has ended at once.
    pub fn read(&mut self, input: &[u8], out: &mut Vec<u8>) -> DataProgress {
        let taken = usize::try_from(self.left).map_or(input.len(), |left| left.min(input.len()));
        let octets = &input[..taken];
        if self.fault.is_none() {
            self.inspect(octets);
        }
        if self.fault.is_none() {
            out.extend_from_slice(octets);
        }
        self.left -= taken as u64;
        DataProgress { consumed: taken, ended: self.left == 0 }
    }

    /// The last chunk has ended: a CR at its very end stands alone.
    pub fn finish(&mut self) {
        if std::mem::take(&mut self.after_cr) {
            self.fault.get_or_insert(BodyFault::LoneCr);
        }
    }

    /// The first fault so far.
    #[must_use]
    pub fn fault(&self) -> Option<BodyFault> {
        self.fault
    }

    fn inspect(&mut self, octets: &[u8]) {
        let mut at = 0;
        while at < octets.len() {
            if std::mem::take(&mut self.after_cr) {
                if octets[at] != b'\n' {
                    self.fault = Some(BodyFault::LoneCr);
                    return;
                }
                at += 1;
                continue;
            }
            let Some(found) = memchr2(b'\r', b'\n', &octets[at..]) else { return };
            at += found + 1;
            if octets[at - 1] == b'\n' {
                self.fault = Some(BodyFault::LoneLf);
                return;
            }
            self.after_cr = true;
        }
    }
}

#[cfg(test)]
mod tests;
