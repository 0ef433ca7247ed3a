//! ASN.1 in its basic encoding (X.690), as mailers write it: indefinite lengths, strings in pieces. Elements are views of
//! the octets; nothing is copied but strings that came in pieces. Nothing recurses, and each element is walked once.

use std::borrow::Cow;

/// Universal identifier octets.
pub(super) const INTEGER: u8 = 0x02;
pub(super) const BIT_STRING: u8 = 0x03;
pub(super) const OCTET_STRING: u8 = 0x04;
pub(super) const OID: u8 = 0x06;
pub(super) const UTF8_STRING: u8 = 0x0c;
pub(super) const BMP_STRING: u8 = 0x1e;
pub(super) const UTC_TIME: u8 = 0x17;
pub(super) const GENERALIZED_TIME: u8 = 0x18;
pub(super) const SEQUENCE: u8 = 0x30;
pub(super) const SET: u8 = 0x31;
/// The bit of whatever holds other elements.
const CONSTRUCTED: u8 = 0x20;

/// Not the structure that was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Malformed;

/// A context-specific identifier octet, constructed.
pub(super) const fn context(number: u8) -> u8 {
    0xa0 | number
}

/// One element.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Element<'a> {
    /// The identifier octet: class, form and number.
    pub(super) tag: u8,
    /// With identifier and length, and the end of an indefinite one.
    pub(super) raw: &'a [u8],
    /// Without them.
    pub(super) content: &'a [u8],
}

/// Elements one after another.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reader<'a> {
    rest: &'a [u8],
}

/// Identifier and length.
struct Header {
    tag: u8,
    /// Octets of the header itself.
    size: usize,
    /// `None`: until the end-of-contents octets.
    length: Option<usize>,
}

fn header(octets: &[u8]) -> Result<Header, Malformed> {
    let (&tag, rest) = octets.split_first().ok_or(Malformed)?;
    // Numbers above 30 occur in no structure of ours.
    if tag & 0x1f == 0x1f {
        return Err(Malformed);
    }
    let (&first, rest) = rest.split_first().ok_or(Malformed)?;
    match first {
        0..=0x7f => Ok(Header { tag, size: 2, length: Some(first.into()) }),
        0x80 if tag & CONSTRUCTED != 0 => Ok(Header { tag, size: 2, length: None }),
        _ => {
            let many = usize::from(first & 0x7f);
            let digits = rest.get(..many).filter(|_| (1..=8).contains(&many)).ok_or(Malformed)?;
            let length = digits.iter().fold(0u64, |length, digit| (length << 8) | u64::from(*digit));
            Ok(Header { tag, size: 2 + many, length: Some(usize::try_from(length).map_err(|_| Malformed)?) })
        }
    }
}

impl<'a> Reader<'a> {
    pub(super) fn new(octets: &'a [u8]) -> Self {
        Self { rest: octets }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// The next element; `None` at the end.
    pub(super) fn next(&mut self) -> Result<Option<Element<'a>>, Malformed> {
        if self.rest.is_empty() {
            return Ok(None);
        }
        let Header { tag, size, length } = header(self.rest)?;
        let (end, content) = match length {
            Some(length) => {
                let end = size.checked_add(length).ok_or(Malformed)?;
                (end, self.rest.get(size..end).ok_or(Malformed)?)
            }
            None => {
                let content = until_end(self.rest.get(size..).ok_or(Malformed)?)?;
                (size + content.len() + 2, content)
            }
        };
        let (raw, rest) = self.rest.split_at_checked(end).ok_or(Malformed)?;
        self.rest = rest;
        Ok(Some(Element { tag, raw, content }))
    }

    /// The next element, which must be there.
    pub(super) fn any(&mut self) -> Result<Element<'a>, Malformed> {
        self.next()?.ok_or(Malformed)
    }

    /// The next element, which must be this.
    pub(super) fn expect(&mut self, tag: u8) -> Result<Element<'a>, Malformed> {
        self.any().and_then(|element| if element.tag == tag { Ok(element) } else { Err(Malformed) })
    }

    /// The next element if it is this.
    pub(super) fn optional(&mut self, tag: u8) -> Result<Option<Element<'a>>, Malformed> {
        if self.rest.first() == Some(&tag) { self.next() } else { Ok(None) }
    }

    /// The next element, a string that may have come in pieces, whose primitive identifier octet is this.
    pub(super) fn string(&mut self, tag: u8) -> Result<Cow<'a, [u8]>, Malformed> {
        let element = self.any()?;
        if element.tag & !CONSTRUCTED == tag { element.string() } else { Err(Malformed) }
    }

    /// The rest, one by one, at most so many.
    pub(super) fn all(mut self, most: usize) -> Result<Vec<Element<'a>>, Malformed> {
        let mut all = Vec::new();
        while let Some(element) = self.next()? {
            if all.len() == most {
                return Err(Malformed);
            }
            all.push(element);
        }
        Ok(all)
    }
}

/// What stands before the end-of-contents octets that belong here.
fn until_end(octets: &[u8]) -> Result<&[u8], Malformed> {
    let (mut at, mut inside) = (0usize, 0usize);
    loop {
        let rest = octets.get(at..).ok_or(Malformed)?;
        if rest.starts_with(&[0, 0]) {
            if inside == 0 {
                return octets.get(..at).ok_or(Malformed);
            }
            inside -= 1;
            at += 2;
            continue;
        }
        let Header { size, length, .. } = header(rest)?;
        inside += usize::from(length.is_none());
        at = at.checked_add(size).and_then(|at| at.checked_add(length.unwrap_or(0))).ok_or(Malformed)?;
    }
}

impl<'a> Element<'a> {
    pub(super) fn reader(&self) -> Reader<'a> {
        Reader::new(self.content)
    }

    /// The octets of a string, put together where it came in pieces (X.690 §8.7.3).
    pub(super) fn string(&self) -> Result<Cow<'a, [u8]>, Malformed> {
        if self.tag & CONSTRUCTED == 0 {
            return Ok(Cow::Borrowed(self.content));
        }
        let mut whole = Vec::with_capacity(self.content.len());
        let mut rest = self.content;
        while !rest.is_empty() {
            let Header { tag, size, length } = header(rest)?;
            rest = rest.get(size..).ok_or(Malformed)?;
            match (tag, length) {
                (OCTET_STRING, Some(length)) => {
                    let (piece, after) = rest.split_at_checked(length).ok_or(Malformed)?;
                    whole.extend_from_slice(piece);
                    rest = after;
                }
                // A piece in pieces, and the end of one.
                (0x24, _) | (0, Some(0)) => {}
                _ => return Err(Malformed),
            }
        }
        Ok(Cow::Owned(whole))
    }

    /// A small number.
    pub(super) fn number(&self) -> Option<u64> {
        let small = self.tag == INTEGER && self.content.len() <= 8 && self.content.first().is_some_and(|b| *b < 0x80);
        small.then(|| self.content.iter().fold(0, |number, digit| (number << 8) | u64::from(*digit)))
    }

    /// The octets of a bit string that has none to spare.
    pub(super) fn bits(&self) -> Result<&'a [u8], Malformed> {
        match (self.tag, self.content.split_first()) {
            (BIT_STRING, Some((0, octets))) => Ok(octets),
            _ => Err(Malformed),
        }
    }
}

/// An element as DER writes it.
pub(super) fn write(tag: u8, content: &[&[u8]]) -> Vec<u8> {
    let length: usize = content.iter().map(|piece| piece.len()).sum();
    let mut octets = Vec::with_capacity(length + 10);
    octets.push(tag);
    match u8::try_from(length) {
        Ok(short) if short < 0x80 => octets.push(short),
        _ => {
            let digits = length.to_be_bytes();
            let digits = &digits[digits.iter().take_while(|digit| **digit == 0).count()..];
            octets.push(0x80 | u8::try_from(digits.len()).unwrap_or(8));
            octets.extend_from_slice(digits);
        }
    }
    content.iter().for_each(|piece| octets.extend_from_slice(piece));
    octets
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn lengths_of_every_kind() {
        let long = write(OCTET_STRING, &[&[7; 300]]);
        assert_eq!(&long[..4], [4, 0x82, 1, 44]);
        assert_eq!(Reader::new(&long).string(OCTET_STRING).unwrap().len(), 300);
        // Indefinite, with an indefinite one inside, and something behind.
        let octets = [0x30, 0x80, 0x31, 0x80, 2, 1, 5, 0, 0, 0, 0, 2, 1, 6];
        let mut reader = Reader::new(&octets);
        let first = reader.expect(SEQUENCE).unwrap();
        assert_eq!(first.raw, &octets[..11]);
        assert_eq!(first.reader().expect(SET).unwrap().content, [2, 1, 5]);
        assert_eq!(reader.any().unwrap().number(), Some(6));
        assert!(reader.is_empty());
        for bad in [&[0x30][..], &[0x30, 0x80], &[0x30, 5, 0], &[0x1f, 1, 0], &[4, 0x80, 0, 0], &[4, 0x89], &[4, 0x88]]
        {
            assert_eq!(Reader::new(bad).next(), Err(Malformed), "{bad:?}");
        }
        let huge = [0x30, 0x88, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff];
        assert_eq!(Reader::new(&huge).next(), Err(Malformed));
    }

    #[test]
    fn strings_in_pieces_are_put_together() {
        let octets = [0x24, 0x80, 4, 2, 1, 2, 0x24, 0x80, 4, 1, 3, 0, 0, 0x24, 3, 4, 1, 4, 0, 0];
        assert_eq!(&*Reader::new(&octets).string(OCTET_STRING).unwrap(), [1, 2, 3, 4]);
        assert!(Reader::new(&[0x24, 0x80, 2, 1, 2, 0, 0]).string(OCTET_STRING).is_err());
    }

    #[test]
    fn a_million_that_begin_and_never_end_are_walked_once() {
        let deep = [0x30, 0x80].repeat(1 << 20);
        assert_eq!(Reader::new(&deep).next(), Err(Malformed));
        assert!(Reader::new(&[0x24, 0x80].repeat(1 << 20)).string(OCTET_STRING).is_err());
    }

    proptest! {
        #[test]
        fn any_octets(octets in proptest::collection::vec(any::<u8>(), 0..200)) {
            let mut reader = Reader::new(&octets);
            while let Ok(Some(element)) = reader.next() {
                let _ = (element.string(), element.number(), element.bits(), element.reader().all(9));
            }
        }

        #[test]
        fn what_is_written_is_read(content in proptest::collection::vec(any::<u8>(), 0..70_000)) {
            let octets = write(OCTET_STRING, &[&content]);
            let element = Reader::new(&octets).expect(OCTET_STRING).unwrap();
            prop_assert_eq!(element.content, &content[..]);
            prop_assert_eq!(element.raw, &octets[..]);
        }
    }
}
