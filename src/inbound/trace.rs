//! The fields that the gateway adds on top of a message (RFC 5321 §4.4).

use jiff::Timestamp;

use crate::authentication::results;
use crate::domain::address::Domain;
use crate::domain::authentication::Authentication;
use crate::domain::ids::ArrivalId;
use crate::domain::office::Peer;

/// Received and Authentication-Results, each with its CRLF. Received has no `for`: it would show who else a message is
/// to, or an identity code.
pub(super) fn fields(
    host: &Domain,
    id: ArrivalId,
    peer: &Peer,
    smtputf8: bool,
    at: Timestamp,
    found: &Authentication,
) -> String {
    let tls = peer.tls.as_ref().map(|tls| format!(" ({} {})", tls.version, tls.cipher)).unwrap_or_default();
    let ip = match peer.ip {
        std::net::IpAddr::V4(ip) => format!("[{ip}]"),
        std::net::IpAddr::V6(ip) => format!("[IPv6:{ip}]"),
    };
    let date = at.strftime("%a, %d %b %Y %H:%M:%S +0000");
    let received = format!(
        "Received: from {} ({ip})\r\n\tby {} with {}{tls}\r\n\tid {id}; {date}\r\n",
        peer.helo,
        host.wire(),
        protocol(peer, smtputf8),
    );
    results::header(host, found) + &received
}

/// The keyword of RFC 3848, RFC 6531 §4.3.
fn protocol(peer: &Peer, smtputf8: bool) -> &'static str {
    match (smtputf8, peer.tls.is_some(), peer.login.is_some()) {
        (false, false, false) => "ESMTP",
        (false, true, false) => "ESMTPS",
        (false, false, true) => "ESMTPA",
        (false, true, true) => "ESMTPSA",
        (true, false, false) => "UTF8SMTP",
        (true, true, false) => "UTF8SMTPS",
        (true, false, true) => "UTF8SMTPA",
        (true, true, true) => "UTF8SMTPSA",
    }
}
