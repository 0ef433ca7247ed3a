//! RTF in its smallest pieces (Rich Text Format 1.9.1, "RTF Syntax").

/// The longest control word; what is longer is read as two.
const WORD: usize = 32;
/// Digits of a parameter. More would not fit 32 bits anyway.
const DIGITS: usize = 10;

/// One piece.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Token<'r> {
    /// `{`
    Open,
    /// `}`
    Close,
    /// `\name12`
    Word(&'r [u8], Option<i32>),
    /// `\~`: a backslash and what is no letter.
    Symbol(u8),
    /// `\'e4`
    Octet(u8),
    /// As it stands, without line ends.
    Text(&'r [u8]),
}

/// The pieces of some RTF, in order; whatever the octets, they end.
#[derive(Debug, Clone)]
pub(super) struct Tokens<'r> {
    rest: &'r [u8],
}

impl<'r> Tokens<'r> {
    /// All of them.
    pub(super) fn of(octets: &'r [u8]) -> Self {
        Self { rest: octets }
    }

    fn take(&mut self, count: usize) -> &'r [u8] {
        let (taken, rest) = self.rest.split_at(count.min(self.rest.len()));
        self.rest = rest;
        taken
    }

    fn run(&mut self, most: usize, is: impl Fn(&u8) -> bool) -> &'r [u8] {
        let count = self.rest.iter().take(most).take_while(|octet| is(octet)).count();
        self.take(count)
    }

    /// Behind the backslash. `None`: nothing to be said of it.
    fn control(&mut self) -> Option<Token<'r>> {
        match *self.rest.first()? {
            octet if octet.is_ascii_alphabetic() => {
                let name = self.run(WORD, u8::is_ascii_alphabetic);
                let value = self.number();
                if self.rest.first() == Some(&b' ') {
                    self.take(1);
                }
                if name == b"bin" {
                    self.take(usize::try_from(value.unwrap_or(0)).unwrap_or(0));
                    return None;
                }
                Some(Token::Word(name, value))
            }
            b'\'' => {
                self.take(1);
                let digit = |at: usize| self.rest.get(at).and_then(|octet| char::from(*octet).to_digit(16));
                let (high, low) = (digit(0)?, digit(1)?);
                self.take(2);
                u8::try_from(high << 4 | low).ok().map(Token::Octet)
            }
            b'\r' | b'\n' => {
                self.take(1);
                Some(Token::Word(b"par", None))
            }
            octet => {
                self.take(1);
                Some(Token::Symbol(octet))
            }
        }
    }

    fn number(&mut self) -> Option<i32> {
        let negative = self.rest.first() == Some(&b'-') && self.rest.get(1).is_some_and(u8::is_ascii_digit);
        if negative {
            self.take(1);
        }
        let digits = self.run(DIGITS, u8::is_ascii_digit);
        let value = digits.iter().fold(0_i64, |value, digit| value * 10 + i64::from(digit - b'0'));
        let value = if negative { -value } else { value };
        (!digits.is_empty()).then(|| i32::try_from(value).unwrap_or(if negative { i32::MIN } else { i32::MAX }))
    }
}

impl<'r> Iterator for Tokens<'r> {
    type Item = Token<'r>;

    fn next(&mut self) -> Option<Token<'r>> {
        loop {
            let token = match *self.rest.first()? {
                b'{' => {
                    self.take(1);
                    Token::Open
                }
                b'}' => {
                    self.take(1);
                    Token::Close
                }
                b'\\' => {
                    self.take(1);
                    match self.control() {
                        Some(token) => token,
                        None => continue,
                    }
                }
                b'\r' | b'\n' | 0 => {
                    self.take(1);
                    continue;
                }
                _ => {
                    let end = |octet: &u8| matches!(octet, b'{' | b'}' | b'\\' | b'\r' | b'\n' | 0);
                    Token::Text(self.run(usize::MAX, |octet| !end(octet)))
                }
            };
            return Some(token);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces() {
        let read = |rtf: &'static [u8]| Tokens::of(rtf).collect::<Vec<_>>();
        assert_eq!(
            read(b"{\\b0 a\r\nb\\'e4\\~\\u-12?}"),
            [
                Token::Open,
                Token::Word(b"b", Some(0)),
                Token::Text(b"a"),
                Token::Text(b"b"),
                Token::Octet(0xE4),
                Token::Symbol(b'~'),
                Token::Word(b"u", Some(-12)),
                Token::Text(b"?"),
                Token::Close,
            ]
        );
        assert_eq!(read(b"\\bin3 }}}a"), [Token::Text(b"a")]);
        assert_eq!(read(b"\\bin99999999999 abc"), []);
        assert_eq!(read(b"\\"), []);
        assert_eq!(read(b"\\'"), []);
        assert_eq!(read(b"\\'zz"), [Token::Text(b"zz")]);
        assert_eq!(read(b"\\b99999999999"), [Token::Word(b"b", Some(i32::MAX)), Token::Text(b"9")]);
        assert_eq!(read(b"\\par-x"), [Token::Word(b"par", None), Token::Text(b"-x")]);
    }
}
