//! What every test needs: a message, a relay with short patience, certificates.

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use brevbro::clock::{Clock, Ids};
use brevbro::domain::address::{Domain, Mailbox, ReversePath};
use brevbro::domain::office::{RelayRule, RelayTls, RelayTo};
use brevbro::domain::reply::Composed;
use brevbro::relay::{ClientIdentity, Relay, Settings};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::PrivateKeyDer;
use rustls::server::WebPkiClientVerifier;
use tempfile::TempDir;
use tokio_rustls::TlsAcceptor;

use crate::dns::{self, Fact};
use crate::peer::Peer;

/// The name under which tests know 127.0.0.1.
pub const HOST: &str = "mx.test";

/// An authority, in a folder of its own.
pub struct Authority {
    folder: TempDir,
    issuer: Issuer<'static, KeyPair>,
    certificate: rcgen::Certificate,
}

impl Authority {
    pub fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let certificate = params.self_signed(&key).unwrap();
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("ca.pem"), certificate.pem()).unwrap();
        Self { folder, issuer: Issuer::new(params, key), certificate }
    }

    fn issue(&self, name: &str) -> (rcgen::Certificate, KeyPair) {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        (params.signed_by(&key, &self.issuer).unwrap(), key)
    }

    /// A server with a certificate for this name.
    pub fn acceptor(&self, name: &str) -> TlsAcceptor {
        self.server(name, false)
    }

    /// A server that also asks the client for a certificate of this authority.
    pub fn asking_acceptor(&self, name: &str) -> TlsAcceptor {
        self.server(name, true)
    }

    fn server(&self, name: &str, asks: bool) -> TlsAcceptor {
        let (certificate, key) = self.issue(name);
        let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let builder = ServerConfig::builder_with_provider(Arc::clone(&provider)).with_safe_default_protocol_versions();
        let builder = if asks {
            let mut roots = rustls::RootCertStore::empty();
            roots.add(self.certificate.der().clone()).unwrap();
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build().unwrap();
            builder.unwrap().with_client_cert_verifier(verifier)
        } else {
            builder.unwrap().with_no_client_auth()
        };
        TlsAcceptor::from(Arc::new(builder.with_single_cert(vec![certificate.der().clone()], key).unwrap()))
    }

    /// Certificate and key files for a client.
    pub fn client(&self, name: &str) -> ClientIdentity {
        let (certificate, key) = self.issue(name);
        let files = ["client.pem", "client.key"].map(|file| self.folder.path().join(file));
        std::fs::write(&files[0], certificate.pem()).unwrap();
        std::fs::write(&files[1], key.serialize_pem()).unwrap();
        let [certificates, key] = files;
        ClientIdentity { certificates, key }
    }

    /// Settings that trust this authority.
    pub fn settings(&self) -> Settings {
        Settings { ca_file: Some(self.folder.path().join("ca.pem")), ..impatient() }
    }
}

/// No phase takes longer than a fifth of a second.
pub fn impatient() -> Settings {
    let mut settings = Settings::new(Domain::parse("gateway.konto.example").unwrap());
    let limits = &mut settings.timeouts;
    let each = [
        &mut limits.greeting,
        &mut limits.command,
        &mut limits.recipient,
        &mut limits.data,
        &mut limits.block,
        &mut limits.message,
    ];
    for limit in each {
        *limit = Duration::from_millis(200);
    }
    // A handshake in a debug build, beside other tests.
    limits.command = Duration::from_secs(2);
    limits.whole = Duration::from_secs(20);
    settings
}

/// A relay for which [`HOST`] is 127.0.0.1.
pub async fn relay(settings: Settings) -> Relay {
    relay_knowing(settings, vec![(HOST, Fact::Address(Ipv4Addr::LOCALHOST))]).await
}

pub async fn relay_knowing(settings: Settings, facts: Vec<(&'static str, Fact)>) -> Relay {
    Relay::new(settings, dns::resolver(facts).await, Ids::system(Clock::system())).unwrap()
}

/// To this peer, by name.
pub fn rule(peer: &Peer, tls: RelayTls) -> RelayRule {
    let host = Domain::parse(HOST).unwrap();
    RelayRule { to: RelayTo::Host { host, port: peer.address.port(), implicit_tls: false }, tls }
}

pub fn message(text: &str) -> Composed {
    let body = format!("From: <re-x@konto.example>\r\nSubject: x\r\n\r\n{text}");
    Composed {
        reverse_path: ReversePath::Mailbox(Mailbox::parse("b-token@konto.example").unwrap()),
        to: Mailbox::parse("registrator@hel.example").unwrap(),
        bytes: body.into(),
    }
}
