//! What a certificate says (RFC 5280), as far as mail asks: whose it is, which addresses, for what, from when until when.
//! The octets stay as they are; who vouches for them is `verdict`'s question.

use std::borrow::Cow;

use jiff::Timestamp;
use jiff::civil;
use jiff::tz::TimeZone;

use super::ber::{
    BIT_STRING, BMP_STRING, Element, GENERALIZED_TIME, INTEGER, Malformed, OCTET_STRING, OID, Reader, SEQUENCE, SET,
    UTC_TIME, UTF8_STRING, context,
};
use super::oid;
use crate::domain::record::Person;

/// Extensions of one certificate that are looked at.
const EXTENSIONS: usize = 64;
/// Names in one.
const NAMES: usize = 100;
/// Octets of a name that are shown.
const LONGEST: usize = 200;

/// A certificate, taken apart.
#[derive(Debug, Clone)]
pub(super) struct Certificate<'a> {
    /// The whole.
    pub(super) der: &'a [u8],
    /// The issuer's name, as it is encoded.
    pub(super) issuer: &'a [u8],
    /// The serial number's octets.
    pub(super) serial: &'a [u8],
    pub(super) key: PublicKey<'a>,
    pub(super) key_id: Option<&'a [u8]>,
    not_before: Timestamp,
    not_after: Timestamp,
    /// The first octet of keyUsage; `None`: any use.
    usage: Option<u8>,
    name: Option<String>,
    addresses: Vec<String>,
}

/// `SubjectPublicKeyInfo`.
#[derive(Debug, Clone, Copy)]
pub(super) struct PublicKey<'a> {
    pub(super) algorithm: &'a [u8],
    /// The curve's identifier, where there is one.
    pub(super) curve: Option<&'a [u8]>,
    pub(super) octets: &'a [u8],
}

/// `AlgorithmIdentifier`: identifier, and parameters where they are no NULL.
pub(super) fn algorithm<'a>(element: &Element<'a>) -> Result<(&'a [u8], Option<Element<'a>>), Malformed> {
    if element.tag != SEQUENCE {
        return Err(Malformed);
    }
    let mut fields = element.reader();
    let id = fields.expect(OID)?.content;
    Ok((id, fields.next()?.filter(|parameters| parameters.tag != 0x05)))
}

impl<'a> PublicKey<'a> {
    pub(super) fn read(info: &Element<'a>) -> Result<Self, Malformed> {
        let mut fields = info.reader();
        let (id, parameters) = algorithm(&fields.expect(SEQUENCE)?)?;
        let octets = fields.expect(BIT_STRING)?.bits()?;
        let curve = parameters.filter(|p| p.tag == OID).map(|p| p.content);
        Ok(Self { algorithm: id, curve, octets })
    }

    /// Bits of an RSA modulus.
    pub(super) fn rsa_bits(&self) -> Option<usize> {
        let mut key = Reader::new(self.octets).expect(SEQUENCE).ok()?.reader();
        let modulus = key.expect(INTEGER).ok()?.content;
        let first = modulus.iter().position(|octet| *octet != 0)?;
        let top = modulus.get(first)?.leading_zeros() as usize;
        Some((modulus.len() - first) * 8 - top)
    }
}

impl<'a> Certificate<'a> {
    /// Reads it; octets behind it do not belong to it and are no certificate.
    pub(super) fn read(der: &'a [u8]) -> Result<Self, Malformed> {
        let mut whole = Reader::new(der);
        let certificate = whole.expect(SEQUENCE)?;
        if !whole.is_empty() {
            return Err(Malformed);
        }
        let mut fields = certificate.reader().expect(SEQUENCE)?.reader();
        fields.optional(context(0))?;
        let serial = fields.expect(INTEGER)?.content;
        fields.expect(SEQUENCE)?;
        let issuer = fields.expect(SEQUENCE)?.raw;
        let mut validity = fields.expect(SEQUENCE)?.reader();
        let not_before = time(&validity.any()?).ok_or(Malformed)?;
        let not_after = time(&validity.any()?).ok_or(Malformed)?;
        let subject = fields.expect(SEQUENCE)?;
        let key = PublicKey::read(&fields.expect(SEQUENCE)?)?;
        let mut read = Self {
            der: certificate.raw,
            issuer,
            serial,
            key,
            key_id: None,
            not_before,
            not_after,
            usage: None,
            name: None,
            addresses: Vec::new(),
        };
        fields.optional(0x81)?;
        fields.optional(0x82)?;
        if let Some(extensions) = fields.optional(context(3))? {
            for extension in extensions.reader().expect(SEQUENCE)?.reader().all(EXTENSIONS)? {
                read.extension(&extension)?;
            }
        }
        read.subject(&subject)?;
        Ok(read)
    }

    fn extension(&mut self, extension: &Element<'a>) -> Result<(), Malformed> {
        let mut fields = extension.reader();
        let id = fields.expect(OID)?.content;
        fields.optional(0x01)?;
        let mut value = fields.expect(OCTET_STRING)?.reader();
        match id {
            oid::KEY_USAGE => {
                let bits = value.expect(BIT_STRING)?.content;
                self.usage = Some(bits.get(1).copied().unwrap_or(0));
            }
            oid::SUBJECT_KEY_ID => self.key_id = Some(value.expect(OCTET_STRING)?.content),
            oid::SUBJECT_ALT_NAME => {
                for name in value.expect(SEQUENCE)?.reader().all(NAMES)? {
                    match name.tag {
                        0x81 => self.address(String::from_utf8_lossy(name.content).into_owned()),
                        0xa0 => {
                            let mut other = name.reader();
                            if other.expect(OID)?.content == oid::SMTP_UTF8_MAILBOX {
                                let value = other.expect(context(0))?.reader().expect(UTF8_STRING)?;
                                self.address(String::from_utf8_lossy(value.content).into_owned());
                            }
                        }
                        _ => {}
                    }
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn address(&mut self, address: String) {
        if !address.is_empty() && address.len() <= 320 && !address.contains(char::is_control) {
            self.addresses.push(address);
        }
    }

    /// Common name, else organisation; and the address that old certificates have in the subject.
    fn subject(&mut self, subject: &Element<'a>) -> Result<(), Malformed> {
        let mut organisation = None;
        for (id, value) in attributes(subject)? {
            match id {
                oid::COMMON_NAME => self.name = shown(&value),
                oid::ORGANIZATION => organisation = shown(&value),
                oid::EMAIL_ADDRESS => {
                    self.address(text(&value).into_owned());
                }
                _ => {}
            }
        }
        self.name = self.name.take().or(organisation);
        Ok(())
    }

    /// Whom it names.
    pub(super) fn person(&self) -> Person {
        Person { name: self.name.clone(), address: self.addresses.first().cloned().unwrap_or_default() }
    }

    /// Whether it is for this address. Local parts are compared without case, as mail servers do.
    pub(super) fn is_for(&self, address: &str) -> bool {
        !address.is_empty() && self.addresses.iter().any(|own| own.to_lowercase() == address.to_lowercase())
    }

    pub(super) fn holds_at(&self, at: Timestamp) -> bool {
        self.not_before <= at && at <= self.not_after
    }

    /// Begin and end.
    pub(super) fn validity(&self) -> (Timestamp, Timestamp) {
        (self.not_before, self.not_after)
    }

    /// digitalSignature or nonRepudiation (RFC 8550 §4.4.2).
    pub(super) fn may_sign(&self) -> bool {
        self.usage.is_none_or(|usage| usage & 0b1100_0000 != 0)
    }

    /// keyEncipherment for RSA, keyAgreement for curves.
    pub(super) fn may_receive(&self) -> bool {
        self.usage.is_none_or(|usage| usage & 0b0010_1000 != 0)
    }

    pub(super) fn sha256(&self) -> [u8; 32] {
        sha256(self.der)
    }
}

/// The name of whoever an encoded name names: common name, else organisation.
pub(super) fn name_of(name: &[u8]) -> Option<String> {
    // A trust anchor has it without its own header.
    let element = Element { tag: SEQUENCE, raw: name, content: name };
    let mut organisation = None;
    for (id, value) in attributes(&element).ok()? {
        match id {
            oid::COMMON_NAME => return shown(&value),
            oid::ORGANIZATION => organisation = shown(&value),
            _ => {}
        }
    }
    organisation
}

/// The attributes of a name (RFC 5280 §4.1.2.4).
fn attributes<'a>(name: &Element<'a>) -> Result<Vec<(&'a [u8], Element<'a>)>, Malformed> {
    let mut found = Vec::new();
    for set in name.reader().all(NAMES)? {
        if set.tag != SET {
            return Err(Malformed);
        }
        for pair in set.reader().all(NAMES)? {
            let mut fields = pair.reader();
            found.push((fields.expect(OID)?.content, fields.any()?));
        }
    }
    Ok(found)
}

/// A directory string. Of what is no UTF-8, octets are taken for Latin-1, as in T.61 that is meant so.
fn text<'a>(value: &Element<'a>) -> Cow<'a, str> {
    match (value.tag, std::str::from_utf8(value.content)) {
        (BMP_STRING, _) => {
            let units = value.content.chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]]));
            char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
        }
        (_, Ok(text)) => Cow::Borrowed(text),
        (_, Err(_)) => value.content.iter().map(|octet| char::from(*octet)).collect(),
    }
}

/// The same as one short line without controls; `None` where nothing is left.
fn shown(value: &Element<'_>) -> Option<String> {
    let text = text(value);
    let hidden = |c: char| {
        c.is_control()
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
    };
    let line: String = text.chars().filter(|c| !hidden(*c)).take(LONGEST).collect();
    let line = line.trim();
    (!line.is_empty()).then(|| line.to_owned())
}

/// `UTCTime` or `GeneralizedTime`, in UTC and with seconds or without (RFC 5280 §4.1.2.5, RFC 5652 §11.3).
pub(super) fn time(element: &Element<'_>) -> Option<Timestamp> {
    let text = std::str::from_utf8(element.content).ok()?.strip_suffix('Z')?;
    let (year, rest) = match element.tag {
        UTC_TIME => {
            let (year, rest) = text.split_at_checked(2)?;
            let year: i16 = number(year)?.into();
            (if year < 50 { 2000 + year } else { 1900 + year }, rest)
        }
        GENERALIZED_TIME => {
            let (century, rest) = text.split_at_checked(2)?;
            let (year, rest) = rest.split_at_checked(2)?;
            (i16::from(number(century)?) * 100 + i16::from(number(year)?), rest)
        }
        _ => return None,
    };
    let mut pairs = rest.as_bytes().chunks(2).map(|pair| std::str::from_utf8(pair).ok().and_then(number));
    let mut next = || pairs.next()?;
    let (month, day, hour, minute) = (next()?, next()?, next()?, next()?);
    let second = if rest.len() >= 10 { next()? } else { 0 };
    let at = civil::DateTime::new(year, month, day, hour, minute, second, 0).ok()?;
    TimeZone::UTC.to_timestamp(at).ok()
}

/// Two digits.
fn number(text: &str) -> Option<i8> {
    (text.len() == 2 && text.bytes().all(|c| c.is_ascii_digit())).then(|| text.parse().ok())?
}

pub(super) fn sha256(octets: &[u8]) -> [u8; 32] {
    let mut hash = [0; 32];
    hash.copy_from_slice(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, octets).as_ref());
    hash
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_both_kinds() {
        let read = |tag, text: &str| time(&Element { tag, raw: b"", content: text.as_bytes() }).map(|t| t.to_string());
        assert_eq!(read(UTC_TIME, "491231235959Z").as_deref(), Some("2049-12-31T23:59:59Z"));
        assert_eq!(read(UTC_TIME, "500101000000Z").as_deref(), Some("1950-01-01T00:00:00Z"));
        assert_eq!(read(UTC_TIME, "2001010000Z").as_deref(), Some("2020-01-01T00:00:00Z"));
        assert_eq!(read(GENERALIZED_TIME, "20991231235959Z").as_deref(), Some("2099-12-31T23:59:59Z"));
        for bad in ["", "Z", "20", "201301000000Z", "2001010000", "20010100-1Z", "ååååååååååååZ"] {
            assert_eq!(read(UTC_TIME, bad), None, "{bad}");
            assert_eq!(read(GENERALIZED_TIME, bad), None, "{bad}");
        }
    }
}
