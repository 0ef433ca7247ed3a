//! Who may write: offices, what proves them, and how they want to be answered.

use std::net::{IpAddr, Ipv6Addr};
use std::sync::Arc;

use ipnet::IpNet;
use jiff::Timestamp;

use super::address::{Domain, Mailbox};
use super::ids::OfficeId;
use super::language::{Language, Names};
use super::record::Kind;

/// An authority's unit that may send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Office {
    /// The admin's name for it.
    pub id: OfficeId,
    /// What the citizen sees.
    pub name: Names,
    /// Of answers to the office.
    pub language: Language,
    /// Domains and addresses that may stand in MAIL FROM and in From.
    pub senders: Vec<SenderRule>,
    /// Any one of these suffices. None: the office is proved by nothing, and cannot write.
    pub trust: Vec<TrustRule>,
    /// For [`Proof::Network`].
    pub networks: Vec<IpNet>,
    /// For [`Proof::ClientCertificate`].
    pub certificates: Vec<CertificateRule>,
    /// The certificates with which it signs letters (S/MIME), by fingerprint: they need nobody else's word.
    pub signing_certificates: Vec<CertificateRule>,
    /// Whether mail from it must come over TLS.
    pub tls: TlsDemand,
    /// Whether citizens may answer, where a message does not say otherwise.
    pub replies_allowed: bool,
    /// Of a message that does not say.
    pub kind: Kind,
    /// Where a citizen's reply goes: the first that takes it.
    pub reply_routes: Vec<ReplyRoute>,
    /// How it goes there.
    pub relay: RelayRule,
    /// Of a whole message, in octets.
    pub max_message: u64,
}

impl Office {
    /// Whether this address speaks for the office. A domain in the list covers itself and not the names below it.
    #[must_use]
    pub fn speaks_with(&self, address: &Mailbox) -> bool {
        self.senders.iter().any(|rule| match rule {
            SenderRule::Domain(domain) => address.domain == *domain,
            SenderRule::Mailbox(mailbox) => mailbox.folded() == address.folded(),
        })
    }
}

/// What may stand in MAIL FROM and From.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SenderRule {
    /// Anybody at this domain, not below it.
    Domain(Domain),
    /// This one address.
    Mailbox(Mailbox),
}

/// Proofs that suffice when all of them are there: `network+dmarc`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrustRule(pub Vec<Proof>);

/// One way to prove that a message comes from an office.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Proof {
    /// The peer's address lies in the office's networks.
    Network,
    /// The peer showed one of the office's TLS certificates.
    ClientCertificate,
    /// DMARC passes for From (RFC 9989).
    Dmarc,
    /// A valid DKIM signature of this domain (RFC 6376).
    Dkim(Domain),
    /// The peer logged in with the office's password.
    Login,
}

/// Which certificate speaks for the office.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CertificateRule {
    /// SHA-256 of the certificate's DER; the end of its validity, where the certificate itself was shown at `apply`.
    Sha256([u8; 32], Option<Timestamp>),
    /// A DNS name in the certificate, which chains to the listener's client CA.
    Name(Domain),
}

/// Of mail coming in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TlsDemand {
    /// 530 without it.
    Required,
    /// Taken with or without.
    Optional,
}

/// Of whoever sends mail to a listener.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LoginDemand {
    /// No login: servers talk to servers.
    Off,
    /// Under TLS, for those who have a password.
    Offered,
    /// 530 without it: a submission listener (RFC 6409 §4.3).
    Required,
}

/// One place that a reply may go to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReplyRoute {
    /// Whoever wrote the message that is answered.
    Sender,
    /// A fixed address.
    Mailbox(Mailbox),
}

/// How a reply reaches the office's server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RelayRule {
    /// Which server.
    pub to: RelayTo,
    /// What TLS is demanded of it.
    pub tls: RelayTls,
}

/// Which server takes mail for the office.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RelayTo {
    /// The MX hosts of the address's domain (RFC 5321 §5.1).
    Mx,
    /// One server: `smtp://host:port` with STARTTLS, `smtps://host:port` with TLS from the start.
    Host {
        /// A name, which the certificate must bear, or an address literal.
        host: Domain,
        /// 25 for smtp, 465 for smtps, when not written.
        port: u16,
        /// TLS from the start.
        implicit_tls: bool,
    },
}

/// What a next hop must prove before it is given a citizen's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RelayTls {
    /// STARTTLS with a certificate for the host's name from an authority we trust.
    Verified,
    /// As the domain's MTA-STS policy says (RFC 8461), and verified without one.
    MtaSts,
    /// DANE (RFC 7672).
    Dane,
    /// TLS of any certificate. For a network of one's own, never a default.
    Unverified,
    /// Clear text. Only to a loopback address: a smarthost on the same machine.
    Clear,
}

/// What is known of the peer before its message is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Peer {
    /// Where the connection comes from.
    pub ip: IpAddr,
    /// EHLO's or HELO's argument, as said.
    pub helo: String,
    /// What TLS proved; `None` in clear.
    pub tls: Option<TlsFacts>,
    /// As whom it logged in (RFC 4954).
    pub login: Option<Login>,
}

impl Peer {
    /// Where it comes from, as far as one peer can be told from another.
    #[must_use]
    pub fn network(&self) -> IpAddr {
        network_of(self.ip)
    }
}

/// What counts as one network: an IPv4 address; of IPv6 the /64, which one customer has whole.
#[must_use]
pub fn network_of(ip: IpAddr) -> IpAddr {
    match ip.to_canonical() {
        IpAddr::V4(ip) => IpAddr::V4(ip),
        IpAddr::V6(ip) => IpAddr::V6(Ipv6Addr::from_bits(ip.to_bits() & !u128::from(u64::MAX))),
    }
}

/// A login that succeeded: whose password it was. One name is one password for ever.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Login {
    /// The office that the password was made for.
    pub office: OfficeId,
    /// The password's label: which program or person of the office.
    pub label: String,
}

/// What a TLS handshake established.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsFacts {
    /// `TLSv1.3`, as in a Received field.
    pub version: String,
    /// The suite's IANA name.
    pub cipher: String,
    /// The client's certificate, if it showed one.
    pub certificate: Option<ClientCertificate>,
}

/// A certificate that the client showed, and for which it holds the key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientCertificate {
    /// SHA-256 of the DER.
    pub sha256: [u8; 32],
    /// DNS names in it. Empty unless it chains to the listener's client CA: only then do names say anything.
    pub names: Vec<Domain>,
    /// The end of its validity. One that has ended proves nothing.
    pub expires: Timestamp,
}

/// An office that has been proved for this connection and sender. Only `trust` makes one; the door of the store asks
/// for it. (`tests/rooms.rs` holds that no other room names [`TrustedOffice::attest`].)
#[derive(Debug, Clone)]
pub struct TrustedOffice {
    office: Arc<Office>,
    proofs: Vec<Proof>,
    asked: Arc<str>,
}

impl TrustedOffice {
    /// States that these proofs were found good. For `trust` alone. `asked`: every proof that was asked, with its result
    /// and reason, in words for the event.
    #[must_use]
    pub fn attest(office: Arc<Office>, proofs: Vec<Proof>, asked: &str) -> Self {
        Self { office, proofs, asked: asked.into() }
    }

    /// Which office.
    #[must_use]
    pub fn office(&self) -> &Arc<Office> {
        &self.office
    }

    /// By what.
    #[must_use]
    pub fn proofs(&self) -> &[Proof] {
        &self.proofs
    }

    /// Every proof that was asked, in words.
    #[must_use]
    pub fn asked(&self) -> &str {
        &self.asked
    }
}
