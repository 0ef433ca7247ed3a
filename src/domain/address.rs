//! Addresses, parsed once at the edge (RFC 5321 §4.1.2, RFC 6531 §3.3). Past the edge no function takes an address as
//! text. To show is not to send: [`Mailbox::wire`] goes into commands and headers, [`Mailbox::shown`] onto a screen.
//! There is no `Display`, so that an address does not slip into a log.

use std::fmt;
use std::net::IpAddr;

/// Why a text is not an address. The sentence is for the person who wrote it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AddressFault {
    /// No `@`, or nothing on one side of it.
    #[error("an address has the form name@domain")]
    Shape,
    /// Octets or characters that may not stand in a local part, or more than 64 octets.
    #[error("the part before @ is not valid")]
    LocalPart,
    /// Not a host name (RFC 5321 §2.3.5), not an internationalised one (RFC 5890), not an address literal.
    #[error("the part after @ is not a valid domain")]
    Domain,
}

/// A domain name, kept as lower-case A-labels, or an address literal.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Domain(Box<str>);

impl Domain {
    /// Parses a host name of one or more labels, in A- or U-labels, or a literal such as `[192.0.2.1]` or
    /// `[IPv6:2001:db8::1]`.
    ///
    /// # Errors
    /// [`AddressFault::Domain`].
    pub fn parse(text: &str) -> Result<Self, AddressFault> {
        if let Some(literal) = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            let ip = match literal.get(..5) {
                Some(tag) if tag.eq_ignore_ascii_case("ipv6:") => literal[5..].parse().map(IpAddr::V6),
                _ => literal.parse().map(IpAddr::V4),
            };
            return match ip.map_err(|_| AddressFault::Domain)? {
                IpAddr::V4(ip) => Ok(Self(format!("[{ip}]").into())),
                IpAddr::V6(ip) => Ok(Self(format!("[IPv6:{ip}]").into())),
            };
        }
        let plain = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, b'-' | b'.');
        let ascii = if text.bytes().all(plain) && !text.contains("xn--") {
            text.to_owned()
        } else {
            idna::domain_to_ascii_strict(text).map_err(|_| AddressFault::Domain)?
        };
        let label = |l: &str| {
            (1..=63).contains(&l.len())
                && !l.starts_with('-')
                && !l.ends_with('-')
                && l.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'-')
        };
        if ascii.len() <= 253 && ascii.split('.').all(label) {
            Ok(Self(ascii.into()))
        } else {
            Err(AddressFault::Domain)
        }
    }

    /// A-labels, lower case: for commands, look-ups and comparison.
    #[must_use]
    pub fn wire(&self) -> &str {
        &self.0
    }

    /// U-labels: for a screen.
    #[must_use]
    pub fn shown(&self) -> String {
        if self.is_literal() { self.0.to_string() } else { idna::domain_to_unicode(&self.0).0 }
    }

    /// Whether this is an address literal and not a name.
    #[must_use]
    pub fn is_literal(&self) -> bool {
        self.0.starts_with('[')
    }

    /// Whether this is `other` or a name below it.
    #[must_use]
    pub fn is_within(&self, other: &Domain) -> bool {
        self.0.strip_suffix(&*other.0).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    }
}

impl fmt::Debug for Domain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What stands before the `@`, as its meaning: without the quotes and backslashes of a quoted string.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LocalPart(Box<str>);

impl LocalPart {
    /// Takes a dot-string or a quoted-string as written on the wire (RFC 5321 §4.1.2), at most 64 octets.
    ///
    /// # Errors
    /// [`AddressFault::LocalPart`].
    pub fn parse(text: &str) -> Result<Self, AddressFault> {
        if text.is_empty() || text.len() > 64 {
            return Err(AddressFault::LocalPart);
        }
        let Some(inner) = text.strip_prefix('"') else {
            let atom = |a: &str| !a.is_empty() && a.chars().all(is_atext);
            return if text.split('.').all(atom) { Ok(Self(text.into())) } else { Err(AddressFault::LocalPart) };
        };
        let mut meaning = String::with_capacity(inner.len());
        let mut chars = inner.chars();
        loop {
            match chars.next() {
                Some('"') if chars.as_str().is_empty() => return Ok(Self(meaning.into())),
                Some('\\') => match chars.next() {
                    Some(c @ ' '..='~') => meaning.push(c),
                    _ => return Err(AddressFault::LocalPart),
                },
                Some(c) if c != '"' && (matches!(c, ' '..='~') || (!c.is_ascii() && !c.is_control())) => {
                    meaning.push(c);
                }
                _ => return Err(AddressFault::LocalPart),
            }
        }
    }

    /// The meaning, unquoted.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The form for commands and headers: quoted only where it must be.
    #[must_use]
    pub fn wire(&self) -> String {
        if !self.0.is_empty() && self.0.split('.').all(|a| !a.is_empty() && a.chars().all(is_atext)) {
            return self.0.to_string();
        }
        let mut quoted = String::from('"');
        for c in self.0.chars() {
            if matches!(c, '"' | '\\') {
                quoted.push('\\');
            }
            quoted.push(c);
        }
        quoted.push('"');
        quoted
    }
}

/// `atext` of RFC 5322 §3.2.3, widened by RFC 6532 §3.2.
fn is_atext(c: char) -> bool {
    c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~".contains(c) || (!c.is_ascii() && !c.is_control())
}

/// An address of one person or thing: `local-part@domain`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Mailbox {
    /// Before the `@`.
    pub local: LocalPart,
    /// After the `@`.
    pub domain: Domain,
}

impl Mailbox {
    /// Parses `local-part@domain`, at most 254 octets (RFC 5321 §4.5.3.1.3, without the brackets).
    ///
    /// # Errors
    /// What is wrong, in words.
    pub fn parse(text: &str) -> Result<Self, AddressFault> {
        let (local, domain) = text.rsplit_once('@').ok_or(AddressFault::Shape)?;
        if local.is_empty() || domain.is_empty() || text.len() > 254 {
            return Err(AddressFault::Shape);
        }
        Ok(Self { local: LocalPart::parse(local)?, domain: Domain::parse(domain)? })
    }

    /// For commands and headers: the local part quoted where it must be, the domain in A-labels. Not ASCII where the
    /// local part is not: see [`Mailbox::needs_smtputf8`].
    #[must_use]
    pub fn wire(&self) -> String {
        format!("{}@{}", self.local.wire(), self.domain.wire())
    }

    /// For a screen: the domain in U-labels.
    #[must_use]
    pub fn shown(&self) -> String {
        format!("{}@{}", self.local.wire(), self.domain.shown())
    }

    /// The form under which addresses are the same to us: the local part in lower case. RFC 5321 §2.4 leaves case to
    /// the receiving host; ours, and every office's we know of, takes no notice of it.
    #[must_use]
    pub fn folded(&self) -> String {
        format!("{}@{}", self.local.as_str().to_lowercase(), self.domain.wire())
    }

    /// Whether a next hop must offer SMTPUTF8 to be sent this address (RFC 6531 §3.3).
    #[must_use]
    pub fn needs_smtputf8(&self) -> bool {
        !self.local.as_str().is_ascii()
    }
}

impl fmt::Debug for Mailbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "…@{:?}", self.domain)
    }
}

/// Where reports of a failure go: MAIL's argument.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReversePath {
    /// `<>`: a report or an automatic answer, never to be answered (RFC 5321 §4.5.5).
    Null,
    /// A sender.
    Mailbox(Mailbox),
}

impl ReversePath {
    /// Without the brackets; empty for the null path.
    #[must_use]
    pub fn wire(&self) -> String {
        match self {
            Self::Null => String::new(),
            Self::Mailbox(mailbox) => mailbox.wire(),
        }
    }
}

/// To whom: RCPT's argument.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ForwardPath {
    /// Bare `<postmaster>`, in any case, without a domain (RFC 5321 §4.5.1).
    Postmaster,
    /// Anybody else.
    Mailbox(Mailbox),
}

impl ForwardPath {
    /// Without the brackets.
    #[must_use]
    pub fn wire(&self) -> String {
        match self {
            Self::Postmaster => "postmaster".to_owned(),
            Self::Mailbox(mailbox) => mailbox.wire(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_that_are_addresses() {
        for (text, wire) in [
            ("anna@Konto.Example", "anna@konto.example"),
            ("a.b+beslut@x.y", "a.b+beslut@x.y"),
            ("\"a b\"@x", "\"a b\"@x"),
            ("\"a\"@x", "a@x"),
            ("\"a\\\"@\"@x", "\"a\\\"@\"@x"),
            ("u@[192.0.2.1]", "u@[192.0.2.1]"),
            ("u@[IPv6:2001:DB8::1]", "u@[IPv6:2001:db8::1]"),
            ("åsa@hel.example", "åsa@hel.example"),
            ("x@räksmörgås.example", "x@xn--rksmrgs-5wao1o.example"),
        ] {
            assert_eq!(Mailbox::parse(text).map(|m| m.wire()), Ok(wire.to_owned()), "{text}");
        }
        assert_eq!(Mailbox::parse("x@xn--rksmrgs-5wao1o.example").map(|m| m.shown()).unwrap(), "x@räksmörgås.example");
    }

    #[test]
    fn addresses_that_are_not() {
        use AddressFault as F;
        for (text, fault) in [
            ("anna", F::Shape),
            ("@x", F::Shape),
            ("a@", F::Shape),
            (".a@x", F::LocalPart),
            ("a..b@x", F::LocalPart),
            ("a b@x", F::LocalPart),
            ("\"a\"b\"@x", F::LocalPart),
            ("a\r@x", F::LocalPart),
            ("\"\u{85}\"@x", F::LocalPart),
            ("a@-x", F::Domain),
            ("a@x..y", F::Domain),
            ("a@[300.1.1.1]", F::Domain),
            ("a@x_y", F::Domain),
            ("a@x y", F::Domain),
        ] {
            assert_eq!(Mailbox::parse(text), Err(fault), "{text}");
        }
        assert_eq!(Mailbox::parse(&format!("{}@x", "a".repeat(65))), Err(F::LocalPart));
    }

    #[test]
    fn within() {
        let d = |t| Domain::parse(t).unwrap();
        assert!(d("a.hel.example").is_within(&d("hel.example")));
        assert!(d("hel.example").is_within(&d("hel.example")));
        assert!(!d("ahel.example").is_within(&d("hel.example")));
    }
}
