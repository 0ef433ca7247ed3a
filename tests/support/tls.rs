//! A client that speaks TLS from the first octet, and believes one authority.

use std::io::{BufRead, BufReader, Result};
use std::net::TcpStream;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

/// An open session.
pub type Session = BufReader<StreamOwned<ClientConnection, TcpStream>>;

/// Connects and reads the greeting, if the server's certificate is for this name and comes from this authority.
pub fn connect(port: u16, name: &str, ca: &Path) -> Result<Session> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(ca).unwrap()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let config = Arc::new(config.with_root_certificates(roots).with_no_client_auth());
    let tls = ClientConnection::new(config, ServerName::try_from(name.to_owned()).unwrap()).unwrap();
    let stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.set_read_timeout(Some(Duration::from_secs(60)))?;
    let mut session = BufReader::new(StreamOwned::new(tls, stream));
    let greeting = line(&mut session)?;
    assert!(greeting.starts_with("220 "), "{greeting}");
    Ok(session)
}

/// The next line.
pub fn line(session: &mut Session) -> Result<String> {
    let mut line = String::new();
    session.read_line(&mut line)?;
    Ok(line)
}

/// The certificate that the server showed.
pub fn shown(session: &Session) -> Vec<u8> {
    session.get_ref().conn.peer_certificates().unwrap()[0].to_vec()
}
