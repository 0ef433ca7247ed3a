//! TLS towards a next hop: what is demanded of its certificate, and the stream that comes of it.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::BytesMut;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, aws_lc_rs, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use rustls_platform_verifier::BuilderVerifierExt;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::domain::address::Domain;
use crate::relay::settings::{ClientIdentity, Settings};
use crate::relay::target;

/// Why no TLS can be had with these settings.
#[derive(Debug, thiserror::Error)]
pub enum TlsFault {
    /// A file cannot be read, or holds no PEM of the kind.
    #[error("{path}: {cause}")]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        cause: String,
    },
    /// A key that does not fit its certificate, or no system authorities at all.
    #[error("TLS for the relay: {0}")]
    Config(#[from] rustls::Error),
}

/// The two ways to meet a next hop. Each keeps its own sessions: one begun unverified is not resumed as verified.
#[derive(Clone)]
pub(super) struct Tls {
    verified: TlsConnector,
    unverified: TlsConnector,
}

impl Tls {
    /// Reads the files that the settings name.
    pub(super) fn new(settings: &Settings) -> Result<Self, TlsFault> {
        let provider = Arc::new(aws_lc_rs::default_provider());
        let builder =
            || ClientConfig::builder_with_provider(Arc::clone(&provider)).with_safe_default_protocol_versions();
        let verified = match &settings.ca_file {
            Some(path) => builder()?.with_root_certificates(roots(path)?),
            None => builder()?.with_platform_verifier()?,
        };
        let unverified =
            builder()?.dangerous().with_custom_certificate_verifier(Arc::new(AnyCertificate(Arc::clone(&provider))));
        let finish = |config: rustls::ConfigBuilder<ClientConfig, rustls::client::WantsClientCert>| {
            let config = match &settings.client_identity {
                Some(identity) => {
                    let (chain, key) = read_identity(identity)?;
                    config.with_client_auth_cert(chain, key)?
                }
                None => config.with_no_client_auth(),
            };
            Ok::<_, TlsFault>(TlsConnector::from(Arc::new(config)))
        };
        Ok(Self { verified: finish(verified)?, unverified: finish(unverified)? })
    }

    /// Shakes hands. `verified`: with a certificate for `host` from an authority that we trust; else with any.
    pub(super) async fn connect(&self, socket: TcpStream, host: &Domain, verified: bool) -> io::Result<Stream> {
        let name = match target::literal(host) {
            Some(ip) => ServerName::IpAddress(ip.into()),
            None => ServerName::try_from(host.wire().to_owned()).map_err(io::Error::other)?,
        };
        let connector = if verified { &self.verified } else { &self.unverified };
        Ok(Stream::Tls(Box::new(connector.connect(name, socket).await?)))
    }
}

fn file_fault(path: &Path) -> impl Fn(rustls::pki_types::pem::Error) -> TlsFault {
    move |cause| TlsFault::File { path: path.to_owned(), cause: cause.to_string() }
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsFault> {
    let all: Vec<_> = CertificateDer::pem_file_iter(path).and_then(Iterator::collect).map_err(file_fault(path))?;
    if all.is_empty() {
        return Err(TlsFault::File { path: path.to_owned(), cause: "no certificate in it".to_owned() });
    }
    Ok(all)
}

fn roots(path: &Path) -> Result<RootCertStore, TlsFault> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates(path)? {
        roots.add(certificate)?;
    }
    Ok(roots)
}

fn read_identity(
    identity: &ClientIdentity,
) -> Result<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>), TlsFault> {
    let key = PrivateKeyDer::from_pem_file(&identity.key).map_err(file_fault(&identity.key))?;
    Ok((certificates(&identity.certificates)?, key))
}

/// Takes any certificate, but only from a server that holds its key.
#[derive(Debug)]
struct AnyCertificate(Arc<CryptoProvider>);

impl ServerCertVerifier for AnyCertificate {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signed, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signed, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

/// The octets of a connection, in clear or under TLS.
pub(super) enum Stream {
    Clear(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

impl Stream {
    /// `TLSv1.3`; `None` in clear.
    pub(super) fn tls_version(&self) -> Option<&'static str> {
        match self {
            Self::Clear(_) => None,
            Self::Tls(stream) => stream.get_ref().1.protocol_version()?.as_str(),
        }
    }

    /// Appends what has come; 0 at the end.
    pub(super) async fn read(&mut self, input: &mut BytesMut) -> io::Result<usize> {
        match self {
            Self::Clear(socket) => socket.read_buf(input).await,
            Self::Tls(stream) => stream.read_buf(input).await,
        }
    }

    /// Hands all of it to the socket.
    pub(super) async fn write(&mut self, octets: &[u8]) -> io::Result<()> {
        match self {
            Self::Clear(socket) => socket.write_all(octets).await,
            Self::Tls(stream) => {
                stream.write_all(octets).await?;
                stream.flush().await
            }
        }
    }

    /// Ends our side.
    pub(super) async fn shutdown(&mut self) -> io::Result<()> {
        match self {
            Self::Clear(socket) => socket.shutdown().await,
            Self::Tls(stream) => stream.shutdown().await,
        }
    }
}
