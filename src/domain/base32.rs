//! Crockford's base32, lower case: digits and letters without i, l, o, u, read in any case and with hyphens anywhere.
//! What people type wrong most (o for 0, i and l for 1) reads as what was meant.

const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// Five bits to a character, most significant first; the last character is filled up with zero bits.
#[must_use]
pub fn encode(bytes: &[u8]) -> String {
    let mut text = String::with_capacity((bytes.len() * 8).div_ceil(5));
    let (mut held, mut bits) = (0_u32, 0);
    for &byte in bytes {
        held = held << 8 | u32::from(byte);
        bits += 8;
        while bits >= 5 {
            bits -= 5;
            text.push(char::from(ALPHABET[(held >> bits & 31) as usize]));
        }
    }
    if bits > 0 {
        text.push(char::from(ALPHABET[(held << (5 - bits) & 31) as usize]));
    }
    text
}

/// The whole bytes that the text holds. `None` where a character is foreign or the filling bits are not zero, so
/// that no two texts of one length and without hyphens, but for case and look-alikes, read as the same bytes.
#[must_use]
pub fn decode(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() * 5 / 8);
    let (mut held, mut bits) = (0_u32, 0);
    for c in text.bytes().filter(|&c| c != b'-') {
        held = held << 5 | u32::from(value(c)?);
        bits += 5;
        if bits >= 8 {
            bits -= 8;
            bytes.push((held >> bits & 0xff) as u8);
        }
    }
    (bits < 5 && held & ((1 << bits) - 1) == 0).then_some(bytes)
}

/// The value, 0 to 31, of one character.
#[must_use]
pub fn value(c: u8) -> Option<u8> {
    let c = match c.to_ascii_lowercase() {
        b'o' => b'0',
        b'i' | b'l' => b'1',
        c => c,
    };
    ALPHABET.iter().position(|&a| a == c).and_then(|at| u8::try_from(at).ok())
}

/// The character of a value; only its low five bits count.
#[must_use]
pub fn character(value: u8) -> char {
    char::from(ALPHABET[usize::from(value & 31)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_come_back() {
        for n in 0..40 {
            let bytes: Vec<u8> = (0..n).map(|i: u8| i.wrapping_mul(37)).collect();
            assert_eq!(decode(&encode(&bytes)), Some(bytes));
        }
    }

    #[test]
    fn reads_what_people_type() {
        assert_eq!(decode("k7m2-XQ4D"), decode("K7M2xq4d"));
        assert_eq!(decode("o1"), decode("0l"));
        assert_eq!(decode("u0"), None);
        assert_eq!(decode("01"), None, "filling bits");
    }
}
