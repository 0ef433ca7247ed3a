//! What a refusal is called: it stands at the end of the SMTP answer, a clerk reads it to an admin, and `trace` finds
//! the event by it.

use std::fmt;
use std::str::FromStr;

use super::base32;

/// Fifty bits of chance, written as ten characters of Crockford base32: `7k2mx-4q9tb`. Says nothing of anybody.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Reference(u64);

/// Characters.
const LENGTH: u32 = 10;

/// The text is not a reference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a reference (ten letters and digits)")]
pub struct NotAReference;

impl Reference {
    /// Makes one of chance; the low fifty bits count.
    #[must_use]
    pub fn new(chance: [u8; 8]) -> Self {
        Self(u64::from_be_bytes(chance) & ((1 << (5 * LENGTH)) - 1))
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for at in (0..LENGTH).rev() {
            // Five bits: no truncation.
            write!(f, "{}", base32::character((self.0 >> (5 * at) & 31) as u8))?;
            if at == LENGTH / 2 {
                f.write_str("-")?;
            }
        }
        Ok(())
    }
}

impl fmt::Debug for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Reference({self})")
    }
}

impl FromStr for Reference {
    type Err = NotAReference;

    /// In any case, with hyphens anywhere, and o for 0, i or l for 1: as people read it out.
    fn from_str(text: &str) -> Result<Self, NotAReference> {
        let (mut read, mut length) = (0, 0);
        for c in text.bytes().filter(|c| *c != b'-') {
            read = read << 5 | u64::from(base32::value(c).ok_or(NotAReference)?);
            length += 1;
            if length > LENGTH {
                return Err(NotAReference);
            }
        }
        if length == LENGTH { Ok(Self(read)) } else { Err(NotAReference) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_is_its_text_however_it_is_read_out() {
        let reference = Reference::new([0xff, 0xfe, 0x5d, 1, 2, 3, 4, 5]);
        let text = reference.to_string();
        assert_eq!(text.len(), 11, "{text}");
        assert_eq!(text.as_bytes()[5], b'-');
        assert_eq!(text.parse(), Ok(reference));
        assert_eq!(text.to_uppercase().replace('-', "").parse(), Ok(reference));
        assert_eq!("oil00-00000".parse(), "01100-00000".parse::<Reference>());
        assert_eq!(Reference::new([0; 8]).to_string(), "00000-00000");
        for none in ["", "7k2mx-4q9t", "7k2mx-4q9tbb", "7k2mx-4q9tu", "anna@x.y", "<a@b>"] {
            assert_eq!(none.parse::<Reference>(), Err(NotAReference), "{none}");
        }
    }
}
