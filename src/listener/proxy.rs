//! Who a proxy speaks for: the header of the PROXY protocol, versions 1 and 2, with which the connection of a listed
//! proxy begins. It comes before TLS, and before any octet of the peer's own; from anybody else it is junk like other
//! junk.
//!
//! <https://www.haproxy.org/download/3.0/doc/proxy-protocol.txt>

use std::io;
use std::net::SocketAddr;

use ppp::{HeaderResult, v1, v2};
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;

/// Octets of a header that are taken, of both versions. Version 2 could say 65,551; what goes beyond the least packet of
/// IPv4 (§2) are certificates and other things that nobody here reads.
pub const MAX: usize = 536;
/// Octets of a header of version 1 (§2.1).
const MAX_TEXT: usize = 107;
/// What a header of version 1 begins with.
const TEXT: &[u8] = b"PROXY ";
/// What a header of version 2 begins with (§2.2).
const BINARY: &[u8] = b"\r\n\r\n\0\r\nQUIT\n";
/// Signature, version and command, family, length (§2.2).
const BINARY_FIXED: usize = 16;

/// On whose behalf a proxy connects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Behalf {
    /// This peer's.
    Of(SocketAddr),
    /// Its own, as health checks are made (LOCAL), or it does not say whose (UNKNOWN, UNSPEC, a socket of UNIX).
    Own,
}

/// A proxy that does not say for whom it speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ProxyFault {
    /// What came is no header.
    #[error("no PROXY header")]
    Absent,
    /// More than [`MAX`] octets, or a line without end.
    #[error("a PROXY header that is too long")]
    TooLong,
    /// It begins like a header, and is none.
    #[error("a PROXY header that cannot be read")]
    Unreadable,
}

impl From<ProxyFault> for io::Error {
    fn from(fault: ProxyFault) -> Self {
        Self::new(io::ErrorKind::InvalidData, fault)
    }
}

/// How many octets the header has; `None` while that cannot be told, and then all of `octets` belong to it.
///
/// # Errors
/// What comes is no header, or one too long.
pub fn extent(octets: &[u8]) -> Result<Option<usize>, ProxyFault> {
    let begins = |signature: &[u8]| octets.iter().zip(signature).all(|(octet, wanted)| octet == wanted);
    if begins(BINARY) {
        let Some(length) = octets.get(BINARY_FIXED - 2..BINARY_FIXED) else { return Ok(None) };
        let whole = BINARY_FIXED + usize::from(length[0]) * 256 + usize::from(length[1]);
        return if whole > MAX { Err(ProxyFault::TooLong) } else { Ok(Some(whole)) };
    }
    if !begins(TEXT) {
        return Err(ProxyFault::Absent);
    }
    match memchr::memchr(b'\n', octets) {
        Some(end) if end < MAX_TEXT => Ok(Some(end + 1)),
        None if octets.len() < MAX_TEXT => Ok(None),
        _ => Err(ProxyFault::TooLong),
    }
}

/// Reads a whole header, of [`extent`] octets.
///
/// # Errors
/// It cannot be read, or is for datagrams.
pub fn read(header: &[u8]) -> Result<Behalf, ProxyFault> {
    match HeaderResult::parse(header) {
        HeaderResult::V1(Ok(read)) => Ok(match read.addresses {
            v1::Addresses::Tcp4(of) => Behalf::Of((of.source_address, of.source_port).into()),
            v1::Addresses::Tcp6(of) => Behalf::Of((of.source_address, of.source_port).into()),
            v1::Addresses::Unknown => Behalf::Own,
        }),
        HeaderResult::V2(Ok(read)) => match (read.command, read.protocol, read.addresses) {
            (v2::Command::Local, ..)
            | (_, _, v2::Addresses::Unspecified | v2::Addresses::Unix(_))
            | (_, v2::Protocol::Unspecified, _) => Ok(Behalf::Own),
            (_, v2::Protocol::Datagram, _) => Err(ProxyFault::Unreadable),
            (_, _, v2::Addresses::IPv4(of)) => Ok(Behalf::Of((of.source_address, of.source_port).into())),
            (_, _, v2::Addresses::IPv6(of)) => Ok(Behalf::Of((of.source_address, of.source_port).into())),
        },
        HeaderResult::V1(Err(_)) | HeaderResult::V2(Err(_)) => Err(ProxyFault::Unreadable),
    }
}

/// Takes the header off a connection, and not one octet more: what follows is TLS, or SMTP. How long it may take is
/// for the caller to say.
///
/// # Errors
/// The connection is over, or [`ProxyFault`].
pub(super) async fn introduction(stream: &mut TcpStream) -> io::Result<Behalf> {
    let mut header = [0; MAX];
    let mut have = 0;
    loop {
        // Looked at before it is taken: only then is it known how much of it is the header's.
        let seen = stream.peek(&mut header[have..]).await?;
        if seen == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let whole = extent(&header[..have + seen])?;
        let until = whole.unwrap_or(have + seen);
        if until > have {
            let until_now = until.min(have + seen);
            stream.read_exact(&mut header[have..until_now]).await?;
            have = until_now;
        }
        if whole == Some(have) {
            return Ok(read(&header[..have])?);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn peer(text: &str) -> Behalf {
        Behalf::Of(text.parse().unwrap())
    }

    fn whole(octets: &[u8]) -> Result<Behalf, ProxyFault> {
        assert_eq!(extent(octets), Ok(Some(octets.len())));
        read(octets)
    }

    /// A header of version 2.
    fn binary(command: u8, family: u8, rest: &[u8]) -> Vec<u8> {
        let length = u16::try_from(rest.len()).unwrap().to_be_bytes();
        [BINARY, &[0x20 | command, family], &length, rest].concat()
    }

    const FOUR: [u8; 12] = [192, 0, 2, 1, 198, 51, 100, 1, 0xdc, 0x04, 0, 25];

    #[test]
    fn both_versions() {
        let long = "PROXY TCP6 ffff:f...f:ffff ffff:f...f:ffff 65535 65535\r\n";
        assert_eq!(whole(long.as_bytes()), Err(ProxyFault::Unreadable), "the document's own example is none");
        assert_eq!(whole(b"PROXY TCP4 192.0.2.1 198.51.100.1 56324 25\r\n"), Ok(peer("192.0.2.1:56324")));
        assert_eq!(whole(b"PROXY TCP6 2001:db8::1 2001:db8::2 56324 25\r\n"), Ok(peer("[2001:db8::1]:56324")));
        assert_eq!(whole(b"PROXY UNKNOWN\r\n"), Ok(Behalf::Own));
        assert_eq!(whole(b"PROXY UNKNOWN 192.0.2.1 198.51.100.1 56324 25\r\n"), Ok(Behalf::Own));
        assert_eq!(whole(&binary(1, 0x11, &FOUR)), Ok(peer("192.0.2.1:56324")));
        let more = [&FOUR[..], &[0x04, 0, 3, 1, 2, 3]].concat();
        assert_eq!(whole(&binary(1, 0x11, &more)), Ok(peer("192.0.2.1:56324")), "what nobody reads is passed over");
        let mut six = [0; 36];
        six[..4].copy_from_slice(&[0x20, 1, 0x0d, 0xb8]);
        (six[15], six[32], six[33]) = (1, 0xdc, 0x04);
        assert_eq!(whole(&binary(1, 0x21, &six)), Ok(peer("[2001:db8::1]:56324")));
        for (command, family) in [(0, 0), (0, 0x11), (1, 0)] {
            assert_eq!(whole(&binary(command, family, &FOUR)), Ok(Behalf::Own), "{command} {family}");
        }
        assert_eq!(whole(&binary(1, 0x31, &[b'/'; 216])), Ok(Behalf::Own));
    }

    #[test]
    fn what_is_none() {
        for (octets, fault) in [
            (b"EHLO a\r\n".to_vec(), ProxyFault::Absent),
            (b"PROXX".to_vec(), ProxyFault::Absent),
            (b"proxy TCP4".to_vec(), ProxyFault::Absent),
            (b"\x16\x03\x01".to_vec(), ProxyFault::Absent),
            (b"\r\n\r\n\0\r\nQUIT\r".to_vec(), ProxyFault::Absent),
            ([TEXT, &[b'1'; 200]].concat(), ProxyFault::TooLong),
            ([TEXT, &[b'1'; 101], b"\r\n"].concat(), ProxyFault::TooLong),
            (binary(1, 0x11, &[0; MAX]), ProxyFault::TooLong),
        ] {
            assert_eq!(extent(&octets), Err(fault), "{}", octets.escape_ascii());
        }
        for octets in [
            b"PROXY TCP4 192.0.2.1 198.51.100.1 56324 25\n".to_vec(),
            b"PROXY TCP4 192.0.2.1 198.51.100.1 56324\r\n".to_vec(),
            b"PROXY TCP4 2001:db8::1 198.51.100.1 56324 25\r\n".to_vec(),
            b"PROXY TCP4 192.0.2.1 198.51.100.1 56324 99999\r\n".to_vec(),
            b"PROXY UDP4 192.0.2.1 198.51.100.1 1 2\r\n".to_vec(),
            b"PROXY \r\n".to_vec(),
            binary(2, 0x11, &FOUR),
            binary(1, 0x12, &FOUR),
            binary(1, 0x41, &FOUR),
            binary(1, 0x11, &FOUR[..11]),
        ] {
            assert_eq!(whole(&octets), Err(ProxyFault::Unreadable), "{}", octets.escape_ascii());
        }
        let mut wrong_version = binary(1, 0x11, &FOUR);
        wrong_version[12] = 0x31;
        assert_eq!(whole(&wrong_version), Err(ProxyFault::Unreadable));
    }

    proptest! {
        /// However the header is cut, its extent is the same, and never beyond what is taken.
        #[test]
        fn cutting_makes_no_difference(
            begin in prop_oneof![Just(TEXT), Just(BINARY), Just(&b""[..]), Just(&b"PROXY TCP4 "[..])],
            rest in proptest::collection::vec(prop_oneof![any::<u8>(), Just(0), Just(b'\n'), Just(b'\r')], 0..700),
        ) {
            let octets = [begin, &rest].concat();
            let told = (0..=octets.len()).map(|n| extent(&octets[..n])).find(|told| *told != Ok(None));
            match told {
                Some(Ok(Some(whole))) => {
                    prop_assert!(whole <= MAX);
                    if whole <= octets.len() {
                        prop_assert_eq!(extent(&octets), Ok(Some(whole)));
                        let _ = read(&octets[..whole]);
                    }
                }
                Some(told) => prop_assert_eq!(extent(&octets), told),
                None => prop_assert!(octets.len() < MAX_TEXT),
            }
            let _ = read(&octets);
        }

        #[test]
        fn who_is_written_is_read(ip: std::net::IpAddr, port: u16) {
            let kind = if ip.is_ipv4() { "TCP4" } else { "TCP6" };
            let line = format!("PROXY {kind} {ip} {ip} {port} 25\r\n");
            prop_assert_eq!(whole(line.as_bytes()), Ok(Behalf::Of((ip, port).into())));
        }
    }
}
