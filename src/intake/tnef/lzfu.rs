//! Compressed RTF (MS-OXRTFCP).

/// What every dictionary begins with (§2.2.1.1.1).
pub(super) const PRELOADED: &[u8] =
    b"{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \\fmodern \\fscript \
\\fdecor MS Sans SerifSymbolArialTimes New RomanCourier{\\colortbl\\red0\\green0\\blue0\r\n\\par \
\\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx";
const DICTIONARY: usize = 4096;
const COMPRESSED: u32 = 0x7546_5A4C;
const PLAIN: u32 = 0x414C_454D;
/// Lengths, type and CRC.
const HEADER: usize = 16;
/// The most that comes of one octet: 17 of two, and a flag of eighth an octet.
const GROWTH: usize = 9;

/// RTF, as far as it could be read, and what was wrong.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Expanded {
    pub(super) rtf: Vec<u8>,
    pub(super) fault: Option<&'static str>,
}

/// Expands it, to at most `longest` octets. Nothing is allocated on the header's word alone.
pub(super) fn expanded(octets: &[u8], longest: usize) -> Expanded {
    let Some((header, data)) = octets.split_at_checked(HEADER) else {
        return Expanded { fault: Some("compressed text without a header"), ..Expanded::default() };
    };
    let field = |at: usize| {
        let octets = header.get(at..).and_then(<[u8]>::first_chunk);
        octets.map_or(0, |octets| u32::from_le_bytes(*octets))
    };
    let (packed, size, kind, crc) = (field(0), field(4), field(8), field(12));
    // The first length counts what follows it, the rest of the header too.
    let said = usize::try_from(packed).unwrap_or(usize::MAX).saturating_sub(HEADER - 4);
    let cut = said > data.len();
    let data = &data[..said.min(data.len())];
    let size = usize::try_from(size).unwrap_or(usize::MAX);
    let most = size.min(longest);
    let (rtf, whole) = match kind {
        COMPRESSED => decompressed(data, most),
        PLAIN => (data[..most.min(data.len())].to_vec(), true),
        _ => return Expanded { fault: Some("compressed text of an unknown kind"), ..Expanded::default() },
    };
    let fault = if cut || !whole {
        Some("compressed text cut short")
    } else if size > longest {
        Some("compressed text too long")
    } else if kind == COMPRESSED && crc32(data) != crc {
        Some("compressed text with a wrong checksum")
    } else {
        None
    };
    Expanded { rtf, fault }
}

/// §2.2.2; the flag tells whether its end was found, or all of `most`.
fn decompressed(data: &[u8], most: usize) -> (Vec<u8>, bool) {
    let mut out = Vec::with_capacity(most.min(data.len().saturating_mul(GROWTH)));
    let mut dictionary = [0; DICTIONARY];
    dictionary.iter_mut().zip(PRELOADED).for_each(|(to, from)| *to = *from);
    let mut at = PRELOADED.len();
    let mut octets = data.iter().copied();
    while let Some(flags) = octets.next() {
        for bit in 0..8 {
            if out.len() >= most {
                return (out, true);
            }
            if flags >> bit & 1 == 0 {
                let Some(literal) = octets.next() else { return (out, false) };
                out.push(literal);
                dictionary[at % DICTIONARY] = literal;
                at += 1;
                continue;
            }
            let (Some(high), Some(low)) = (octets.next(), octets.next()) else { return (out, false) };
            let offset = usize::from(high) << 4 | usize::from(low >> 4);
            let length = usize::from(low & 0xF) + 2;
            // A reference to where the next would be written: the end.
            if offset == at % DICTIONARY {
                return (out, true);
            }
            for step in 0..length.min(most - out.len()) {
                let octet = dictionary[(offset + step) % DICTIONARY];
                out.push(octet);
                dictionary[at % DICTIONARY] = octet;
                at += 1;
            }
        }
    }
    let whole = out.len() >= most;
    (out, whole)
}

/// §2.2.1.3.1: the polynomial of Ethernet, from 0, not inverted.
pub(super) fn crc32(octets: &[u8]) -> u32 {
    const TABLE: [u32; 256] = table();
    octets.iter().fold(0, |crc, octet| TABLE[usize::from(*octet ^ crc.to_le_bytes()[0])] ^ crc >> 8)
}

const fn table() -> [u32; 256] {
    let mut table = [0; 256];
    let mut at = 0_u32;
    while at < 256 {
        let (mut value, mut bit) = (at, 0);
        while bit < 8 {
            value = if value & 1 == 1 { 0xEDB8_8320 ^ value >> 1 } else { value >> 1 };
            bit += 1;
        }
        table[at as usize] = value;
        at += 1;
    }
    table
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// MS-OXRTFCP §4.1 and §4.2.
    const EXAMPLES: [(&[u8], &[u8]); 2] = [
        (
            b"\x2d\0\0\0\x2b\0\0\0\x4c\x5a\x46\x75\xf1\xc5\xc7\xa7\x03\x00\x0a\x00rcpg125B2\x0a\xf3 hel\x09\0\x20bw\x05\xb0ld}\x0a\x80\x0f\xa0",
            b"{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n",
        ),
        (
            b"\x1a\0\0\0\x1c\0\0\0\x4c\x5a\x46\x75\xe2\xd4\x4b\x51\x41\0\x04\x20WXYZ\x0d\x6e\x7d\x01\x0e\xb0",
            b"{\\rtf1 WXYZWXYZWXYZWXYZWXYZ}",
        ),
    ];

    #[test]
    fn examples_of_the_standard() {
        assert_eq!(PRELOADED.len(), 207);
        for (packed, rtf) in EXAMPLES {
            assert_eq!(expanded(packed, 1 << 20), Expanded { rtf: rtf.to_vec(), fault: None });
        }
    }

    #[test]
    fn plain_is_as_it_stands() {
        let plain = [&26_u32.to_le_bytes()[..], &5_u32.to_le_bytes(), b"MELA", &[0; 4], b"{\\rtf}trailing"].concat();
        assert_eq!(expanded(&plain, 100), Expanded { rtf: b"{\\rtf".to_vec(), fault: None });
    }

    #[test]
    fn damage_keeps_what_can_be_read() {
        let (packed, rtf) = EXAMPLES[0];
        for end in 0..packed.len() {
            let read = expanded(&packed[..end], 1 << 20);
            assert!(read.fault.is_some(), "{end}");
            assert!(rtf.starts_with(&read.rtf), "{end}");
        }
        let mut wrong = packed.to_vec();
        wrong[12] ^= 1;
        assert_eq!(expanded(&wrong, 1 << 20).fault, Some("compressed text with a wrong checksum"));
        assert_eq!(expanded(packed, 10).fault, Some("compressed text too long"));
        // Four gigabytes of nothing.
        let hostile = [&[0xFF; 8][..], b"LZFu", &[0; 4]].concat();
        assert_eq!(expanded(&hostile, usize::MAX).rtf, b"");
    }

    proptest! {
        #[test]
        fn any_bytes_expand_within_bounds(bytes in proptest::collection::vec(any::<u8>(), 0..200), size in any::<u32>()) {
            let header = [&u32::MAX.to_le_bytes()[..], &size.to_le_bytes(), b"LZFu", &[0; 4]].concat();
            let read = expanded(&[header, bytes.clone()].concat(), 1000);
            prop_assert!(read.rtf.len() <= 1000 && read.rtf.len() <= bytes.len() * GROWTH);
        }
    }
}
