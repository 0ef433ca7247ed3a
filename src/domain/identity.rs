//! National personal numbers: accepted as a first address where the admin allows it, and never sent out again.

use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;

/// Which country's number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scheme {
    /// Finland's henkilötunnus.
    Hetu,
}

impl Scheme {
    /// The word in configuration and database.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Hetu => "hetu",
        }
    }
}

impl FromStr for Scheme {
    type Err = IdentityFault;

    fn from_str(text: &str) -> Result<Self, IdentityFault> {
        if text == "hetu" { Ok(Self::Hetu) } else { Err(IdentityFault::Scheme) }
    }
}

/// Why a text is not an identity code. It does not repeat the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum IdentityFault {
    /// Not a scheme we know.
    #[error("unknown scheme; known: hetu")]
    Scheme,
    /// Not of the scheme's form, or not a day of the calendar.
    #[error("not of the form of an identity code")]
    Form,
    /// The check character does not fit: mistyped.
    #[error("the check character does not fit")]
    Check,
}

/// A valid identity code. Neither `Display` nor `Debug` shows it.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct IdentityCode {
    scheme: Scheme,
    canonical: Box<str>,
}

impl IdentityCode {
    /// Reads a code of this scheme, in any case.
    ///
    /// # Errors
    /// [`IdentityFault::Form`] and [`IdentityFault::Check`].
    pub fn parse(scheme: Scheme, text: &str) -> Result<Self, IdentityFault> {
        match scheme {
            Scheme::Hetu => hetu(text),
        }
        .map(|canonical| Self { scheme, canonical })
    }

    /// Which country's.
    #[must_use]
    pub fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// Upper case, as the register has it. For the store's cipher and keyed hash alone.
    #[must_use]
    pub fn canonical(&self) -> &str {
        &self.canonical
    }
}

impl fmt::Debug for IdentityCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:…", self.scheme.word())
    }
}

impl FromStr for IdentityCode {
    type Err = IdentityFault;

    /// `scheme:code`, as in `offices.toml`.
    fn from_str(text: &str) -> Result<Self, IdentityFault> {
        let (scheme, code) = text.split_once(':').ok_or(IdentityFault::Scheme)?;
        Self::parse(scheme.parse()?, code)
    }
}

/// `ddmmyyCnnnq`: C is the century, widened in 2023 (Finnish decree 1044/2022), q the rest of a division by 31.
fn hetu(text: &str) -> Result<Box<str>, IdentityFault> {
    let upper = text.to_ascii_uppercase();
    let bytes = upper.as_bytes();
    if bytes.len() != 11 || !upper.is_ascii() {
        return Err(IdentityFault::Form);
    }
    let number = |from: usize, to: usize| -> Result<u32, IdentityFault> {
        let digits = &upper[from..to];
        if digits.bytes().all(|c| c.is_ascii_digit()) {
            digits.parse().map_err(|_| IdentityFault::Form)
        } else {
            Err(IdentityFault::Form)
        }
    };
    let century = match bytes[6] {
        b'+' => 1800,
        b'-' | b'U'..=b'Y' => 1900,
        b'A'..=b'F' => 2000,
        _ => return Err(IdentityFault::Form),
    };
    let (day, month, year) = (number(0, 2)?, number(2, 4)?, century + number(4, 6)?);
    let small = |n: u32| i8::try_from(n).map_err(|_| IdentityFault::Form);
    let year = i16::try_from(year).map_err(|_| IdentityFault::Form)?;
    Date::new(year, small(month)?, small(day)?).map_err(|_| IdentityFault::Form)?;
    let individual = number(7, 10)?;
    if individual < 2 {
        return Err(IdentityFault::Form);
    }
    let rest = (number(0, 6)? * 1000 + individual) % 31;
    let check = b"0123456789ABCDEFHJKLMNPRSTUVWXY"[rest as usize];
    if check == bytes[10] { Ok(upper.into()) } else { Err(IdentityFault::Check) }
}

/// Every scheme that addresses know.
const SCHEMES: [Scheme; 1] = [Scheme::Hetu];
/// Characters that a code of any country has, with and without its separator.
const LENGTHS: std::ops::RangeInclusive<usize> = 9..=13;

/// The length of the valid code that begins at this octet, between characters that are neither letters nor digits.
#[must_use]
pub fn code_at(text: &str, at: usize) -> Option<usize> {
    let bounded = |c: Option<char>| !c.is_some_and(char::is_alphanumeric);
    let rest = text.get(at..)?;
    if !rest.starts_with(|c: char| c.is_ascii_digit()) || !bounded(text[..at].chars().next_back()) {
        return None;
    }
    LENGTHS.rev().find(|&len| {
        let Some((code, after)) = rest.split_at_checked(len) else { return false };
        bounded(after.chars().next()) && SCHEMES.into_iter().any(|scheme| IdentityCode::parse(scheme, code).is_ok())
    })
}

/// Every valid code that stands in a text.
pub fn codes_in(text: &str) -> impl Iterator<Item = &str> {
    (0..text.len()).filter_map(|at| text.get(at..at + code_at(text, at)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hetu_is_checked() {
        let parse = |t| IdentityCode::parse(Scheme::Hetu, t).map(|c| c.canonical().to_owned());
        assert_eq!(parse("131052-308t"), Ok("131052-308T".to_owned()));
        assert_eq!(parse("131052X308T"), Ok("131052X308T".to_owned()));
        assert_eq!(parse("131052-308U"), Err(IdentityFault::Check));
        assert_eq!(parse("311152-308T"), Err(IdentityFault::Form), "no such day");
        assert_eq!(parse("131052-308"), Err(IdentityFault::Form));
        assert_eq!(parse("1310å2-308"), Err(IdentityFault::Form));
        assert_eq!(format!("{:?}", "hetu:131052-308T".parse::<IdentityCode>().unwrap()), "hetu:…");
    }
}
