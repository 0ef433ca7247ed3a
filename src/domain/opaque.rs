//! Opaque aliases: `k7m2-xq4d-9tfa`, ten characters of chance and two that check them, so that a mistyped address
//! reaches nobody instead of somebody else. Crockford's base32: case and hyphens do not matter, o reads as 0, i and l
//! as 1.
//!
//! The check characters are those of a Reed-Solomon code over the field of 32 elements. Any two addresses differ in
//! three characters or more: whoever gets one or two of them wrong, wherever they stand, or swaps any two, is told so.
//! Of worse errors, one in 1024 goes unseen.
//!
//! An opaque alias always holds a digit from 2 to 9, and so is never taken for a name of twelve letters.

use std::fmt;

use super::base32;

const DATA: usize = 10;
const ALL: usize = DATA + 2;
/// Added to the remainder, so that twelve times the same character is no alias.
const OFFSET: [u8; 2] = [7, 16];

/// An opaque alias whose check characters fit.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Opaque([u8; ALL]);

/// Why a text is not an opaque alias.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OpaqueFault {
    /// Not twelve characters of base32, or without a digit from 2 to 9: a name, perhaps.
    #[error("an opaque alias is twelve letters and digits, such as k7m2-xq4d-9tfa")]
    Form,
    /// It has the form, and the check characters do not fit: mistyped.
    #[error("the check characters do not fit: is it mistyped?")]
    Check,
}

impl Opaque {
    /// The alias of ten bytes of chance: the low five bits of each count.
    #[must_use]
    pub fn generate(chance: [u8; DATA]) -> Self {
        let mut data = chance.map(|c| c & 31);
        let mut values = with_check(data);
        if !values.iter().any(|v| is_telling(*v)) {
            data[DATA - 1] = 2 + (data[DATA - 1] & 7);
            values = with_check(data);
        }
        Self(values)
    }

    /// Reads an alias in any case, with hyphens anywhere.
    ///
    /// # Errors
    /// [`OpaqueFault`].
    pub fn parse(text: &str) -> Result<Self, OpaqueFault> {
        let mut values = [0; ALL];
        let mut length = 0;
        for c in text.bytes().filter(|c| *c != b'-') {
            *values.get_mut(length).ok_or(OpaqueFault::Form)? = base32::value(c).ok_or(OpaqueFault::Form)?;
            length += 1;
        }
        if length != ALL || !values.iter().any(|v| is_telling(*v)) {
            return Err(OpaqueFault::Form);
        }
        let mut data = [0; DATA];
        data.copy_from_slice(&values[..DATA]);
        if with_check(data) == values { Ok(Self(values)) } else { Err(OpaqueFault::Check) }
    }

    /// Twelve characters, lower case, no hyphens: the form to keep and to look up.
    #[must_use]
    pub fn canonical(&self) -> String {
        self.0.iter().map(|v| base32::character(*v)).collect()
    }

    /// `k7m2-xq4d-9tfa`: the form for a person and for an address.
    #[must_use]
    pub fn shown(&self) -> String {
        let text = self.canonical();
        format!("{}-{}-{}", &text[..4], &text[4..8], &text[8..])
    }
}

impl fmt::Debug for Opaque {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Opaque(…)")
    }
}

/// A digit that is no look-alike of a letter.
fn is_telling(value: u8) -> bool {
    (2..=9).contains(&value)
}

/// The data, then the remainder of its division by (x + 1)(x + α) = x² + (α + 1)x + α, in GF(32) with α⁵ = α² + 1.
fn with_check(data: [u8; DATA]) -> [u8; ALL] {
    let [mut high, mut low] = [0; 2];
    for c in data {
        let fed = c ^ high;
        (high, low) = (low ^ times_alpha(fed) ^ fed, times_alpha(fed));
    }
    let mut values = [0; ALL];
    values[..DATA].copy_from_slice(&data);
    values[DATA..].copy_from_slice(&[high ^ OFFSET[0], low ^ OFFSET[1]]);
    values
}

fn times_alpha(a: u8) -> u8 {
    let doubled = a << 1;
    if doubled & 32 == 0 { doubled } else { doubled ^ 0b10_0101 }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn samples() -> impl Iterator<Item = Opaque> {
        let chance = |n: u8| [1, 3, 7, 11, 19, 23, 29, 31, 37, 41].map(|step: u8| n.wrapping_mul(step));
        (0..=60).map(move |n| Opaque::generate(chance(n)))
    }

    /// The values, without regard to whether they check.
    fn text(values: [u8; ALL]) -> String {
        values.iter().map(|v| base32::character(*v)).collect()
    }

    #[test]
    fn reads_as_people_type() {
        let opaque = Opaque::parse("k7m2-xq4d-9tfa").unwrap();
        assert_eq!(opaque.shown(), "k7m2-xq4d-9tfa");
        assert_eq!(opaque.canonical(), "k7m2xq4d9tfa");
        for same in ["K7M2XQ4D9TFA", "k7-m2-xq-4d-9t-fa", "k7m2xq4d-9tfa"] {
            assert_eq!(Opaque::parse(same), Ok(opaque), "{same}");
        }
        let looks = Opaque::generate([0, 1, 0, 1, 0, 1, 0, 1, 0, 2]);
        assert_eq!(Opaque::parse(&looks.shown().replace('0', "O").replace('1', "l")), Ok(looks));
        assert_eq!(format!("{opaque:?}"), "Opaque(…)");
    }

    #[test]
    fn what_has_not_the_form_is_a_name() {
        for name in
            ["", "anna", "mariakoskela", "k7m2-xq4d-9tf", "k7m2-xq4d-9tfaa", "k7m2.xq4d9tf", "k7m2xq4d9tfu", "åå"]
        {
            assert_eq!(Opaque::parse(name), Err(OpaqueFault::Form), "{name}");
        }
        for same in '2'..='9' {
            assert_eq!(Opaque::parse(&String::from(same).repeat(ALL)), Err(OpaqueFault::Check), "{same}");
        }
    }

    #[test]
    fn one_wrong_character_is_seen() {
        for opaque in samples() {
            for at in 0..ALL {
                for wrong in (0..32).filter(|w| *w != opaque.0[at]) {
                    let mut typed = opaque.0;
                    typed[at] = wrong;
                    assert!(Opaque::parse(&text(typed)).is_err(), "{} as {}", opaque.shown(), text(typed));
                }
            }
        }
    }

    #[test]
    fn two_characters_swapped_are_seen() {
        for opaque in samples() {
            for (a, b) in (0..ALL).flat_map(|a| (0..a).map(move |b| (a, b))) {
                let mut typed = opaque.0;
                typed.swap(a, b);
                let expected = typed == opaque.0;
                assert_eq!(Opaque::parse(&text(typed)).is_ok(), expected, "{} as {}", opaque.shown(), text(typed));
            }
        }
    }

    #[test]
    fn two_wrong_characters_are_seen() {
        let opaque = Opaque::parse("k7m2-xq4d-9tfa").unwrap();
        for (a, b) in (0..ALL).flat_map(|a| (0..a).map(move |b| (a, b))) {
            for (x, y) in (1..32).flat_map(|x| (1..32).map(move |y| (x, y))) {
                let mut typed = opaque.0;
                typed[a] ^= x;
                typed[b] ^= y;
                assert!(Opaque::parse(&text(typed)).is_err(), "{}", text(typed));
            }
        }
    }

    proptest! {
        #[test]
        fn whatever_is_made_is_read(chance: [u8; DATA]) {
            let made = Opaque::generate(chance);
            prop_assert_eq!(Opaque::parse(&made.shown()), Ok(made));
            prop_assert_eq!(Opaque::parse(&made.canonical()), Ok(made));
        }

        #[test]
        fn any_text_is_read(text in "\\PC{0,20}") {
            let _ = Opaque::parse(&text);
        }
    }
}
