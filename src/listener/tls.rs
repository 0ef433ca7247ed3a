//! TLS towards peers that send to us: certificates, and what a handshake proved (RFC 8314, RFC 9325).

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use aws_lc_rs::digest;
use jiff::Timestamp;
use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::{CryptoProvider, aws_lc_rs as provider};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::server::{NoServerSessionStorage, WebPkiClientVerifier};
use rustls::{DigitallySignedStruct, DistinguishedName, RootCertStore, ServerConfig, SignatureScheme};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use x509_cert::der::Decode;
use x509_cert::ext::pkix::{SubjectAltName, name::GeneralName};

use crate::domain::address::Domain;
use crate::domain::office::{ClientCertificate, TlsFacts};
use crate::domain::sasl::Binding;

/// The files of a listener's TLS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Files {
    /// PEM: our certificate, then its intermediates.
    pub certificate: PathBuf,
    /// PEM: its key.
    pub key: PathBuf,
    /// PEM: authorities whose client certificates speak by name. Without it, certificates speak by fingerprint alone.
    pub client_ca: Option<PathBuf>,
}

/// A file of TLS that cannot be used, in words for an admin.
#[derive(Debug, thiserror::Error)]
#[error("{file}: {what}")]
pub struct TlsFault {
    /// Which file.
    pub file: String,
    /// What is wrong with it.
    pub what: String,
}

/// Speaks TLS with peers, and tells what they proved.
#[derive(Clone)]
pub struct Tls {
    acceptor: TlsAcceptor,
    client_ca: Option<Arc<dyn ClientCertVerifier>>,
    ends: Option<Timestamp>,
}

impl Tls {
    /// Reads the files.
    ///
    /// # Errors
    /// Which file, and what is wrong with it.
    pub fn load(files: &Files) -> Result<Self, TlsFault> {
        let fault = |file: &Path, what: String| TlsFault { file: file.display().to_string(), what };
        let chain = certificates(&files.certificate)?;
        let key = PrivateKeyDer::from_pem_file(&files.key)
            .map_err(|e| fault(&files.key, format!("no private key in PEM ({e})")))?;
        let ends = chain.first().and_then(expires);
        let crypto = Arc::new(provider::default_provider());
        let mut config = ServerConfig::builder_with_provider(crypto.clone())
            .with_safe_default_protocol_versions()
            .map_err(|e| fault(&files.certificate, e.to_string()))?
            .with_client_cert_verifier(Arc::new(AnyCertificate(crypto.clone())))
            .with_single_cert(chain, key)
            .map_err(|e| fault(&files.key, format!("does not fit the certificate ({e})")))?;
        // Ours: the strongest first, whatever an old client would rather have.
        config.ignore_client_order = true;
        // Exchange Online breaks off the handshake when it is given session tickets.
        config.send_tls13_tickets = 0;
        config.session_storage = Arc::new(NoServerSessionStorage {});
        let client_ca = match &files.client_ca {
            None => None,
            Some(path) => {
                let mut roots = RootCertStore::empty();
                for certificate in certificates(path)? {
                    roots.add(certificate).map_err(|e| fault(path, e.to_string()))?;
                }
                let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), crypto)
                    .build()
                    .map_err(|e| fault(path, e.to_string()))?;
                Some(verifier)
            }
        };
        Ok(Self { acceptor: TlsAcceptor::from(Arc::new(config)), client_ca, ends })
    }

    /// When our certificate ends. `None`: nobody can read that, and rustls did not mind.
    #[must_use]
    pub fn ends(&self) -> Option<Timestamp> {
        self.ends
    }

    /// Does the handshake.
    ///
    /// # Errors
    /// When the peer does not manage it.
    pub async fn accept<S: AsyncRead + AsyncWrite + Unpin>(&self, stream: S) -> io::Result<(TlsStream<S>, TlsFacts)> {
        let stream = self.acceptor.accept(stream).await?;
        let session = stream.get_ref().1;
        let facts = TlsFacts {
            version: match session.protocol_version() {
                Some(rustls::ProtocolVersion::TLSv1_2) => "TLSv1.2".to_owned(),
                Some(rustls::ProtocolVersion::TLSv1_3) => "TLSv1.3".to_owned(),
                other => format!("{other:?}"),
            },
            cipher: session.negotiated_cipher_suite().map(|s| format!("{:?}", s.suite())).unwrap_or_default(),
            certificate: session.peer_certificates().and_then(|chain| self.certificate(chain)),
        };
        Ok((stream, facts))
    }

    /// What the client's certificate says: its fingerprint always, its names only where the client CA vouches.
    fn certificate(&self, chain: &[CertificateDer<'_>]) -> Option<ClientCertificate> {
        let (own, intermediates) = chain.split_first()?;
        let vouched = self
            .client_ca
            .as_ref()
            .is_some_and(|ca| ca.verify_client_cert(own, intermediates, UnixTime::now()).is_ok());
        let names = if vouched { dns_names(own) } else { Vec::new() };
        let mut sha256 = [0; 32];
        sha256.copy_from_slice(digest::digest(&digest::SHA256, own).as_ref());
        Some(ClientCertificate { sha256, names, expires: expires(own)? })
    }
}

/// What a login can be bound to on this connection: `tls-exporter` (RFC 9266). Under TLS 1.3 alone, since TLS 1.2 has it
/// only with an extended master secret (§4.2), which may or may not be there.
pub fn binding<S>(stream: &TlsStream<S>) -> Option<Binding> {
    let session = stream.get_ref().1;
    if session.protocol_version() != Some(rustls::ProtocolVersion::TLSv1_3) {
        return None;
    }
    session.export_keying_material([0; 32], b"EXPORTER-Channel-Binding", Some(b"")).ok()
}

/// The certificates of a PEM file; at least one.
fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsFault> {
    let fault = |what: String| TlsFault { file: path.display().to_string(), what };
    let chain = CertificateDer::pem_file_iter(path)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|e| fault(format!("no certificate in PEM ({e})")))?;
    if chain.is_empty() { Err(fault("no certificate in PEM".to_owned())) } else { Ok(chain) }
}

/// The DNS names of the subject's alternative names (RFC 5280 §4.2.1.6). The common name is not looked at (RFC 9525).
fn dns_names(certificate: &CertificateDer<'_>) -> Vec<Domain> {
    let read = || {
        let certificate = x509_cert::Certificate::from_der(certificate).ok()?;
        let (_, names) = certificate.tbs_certificate().get_extension::<SubjectAltName>().ok()??;
        let domain = |name: &GeneralName| match name {
            GeneralName::DnsName(name) => Domain::parse(AsRef::<str>::as_ref(name)).ok(),
            _ => None,
        };
        Some(names.0.iter().filter_map(domain).collect())
    };
    read().unwrap_or_default()
}

/// The end of its validity. A certificate that cannot be read has none, and proves nothing.
fn expires(certificate: &CertificateDer<'_>) -> Option<Timestamp> {
    let certificate = x509_cert::Certificate::from_der(certificate).ok()?;
    let seconds = certificate.tbs_certificate().validity().not_after.to_unix_duration().as_secs();
    Timestamp::from_second(i64::try_from(seconds).ok()?).ok()
}

/// Asks for a certificate and takes any, as long as the client holds its key: which office it speaks for, `trust`
/// decides by its fingerprint, or by its names where the client CA vouches for them.
#[derive(Debug)]
struct AnyCertificate(Arc<CryptoProvider>);

impl ClientCertVerifier for AnyCertificate {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn client_auth_mandatory(&self) -> bool {
        false
    }

    fn verify_client_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: UnixTime,
    ) -> Result<ClientCertVerified, rustls::Error> {
        Ok(ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        rustls::crypto::verify_tls12_signature(message, certificate, signed, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        rustls::crypto::verify_tls13_signature(message, certificate, signed, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
