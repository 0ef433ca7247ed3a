//! The real binary at the other end of a real socket, for conversations as files.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

use super::gateway::Gateway;
use super::transcript::Connection;

/// How long an answer may take: a sync, on a busy machine.
const ANSWER: Duration = Duration::from_secs(20);
/// How long is waited to hear that nothing is said.
const QUIET: Duration = Duration::from_millis(40);

enum Line {
    Clear(TcpStream),
    Tls(Box<StreamOwned<ClientConnection, TcpStream>>),
    Between,
}

/// A connection to a gateway's STARTTLS listener.
pub struct Wire {
    line: Line,
    config: Arc<ClientConfig>,
    /// Octets to a write: the network's cuts.
    cut: usize,
    /// What lets the gateway go on that was stopped so that the client could speak first.
    go_on: Option<Command>,
    /// The handshake failed, and with it the connection. So it must where octets in clear come where TLS is awaited:
    /// which is when what was sent behind STARTTLS comes in a packet of its own.
    pub handshake_failed: bool,
}

impl Wire {
    pub fn to(gateway: &Gateway, cut: usize) -> Self {
        let stream = TcpStream::connect(("127.0.0.1", gateway.smtp_port)).unwrap();
        stream.set_nodelay(true).unwrap();
        Self::over(gateway, stream, cut)
    }

    /// The same over a connection that is there.
    pub fn over(gateway: &Gateway, stream: TcpStream, cut: usize) -> Self {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_file(gateway.path("ca.pem")).unwrap()).unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
        let config = Arc::new(config.with_root_certificates(roots).with_no_client_auth());
        Self { line: Line::Clear(stream), config, cut, go_on: None, handshake_failed: false }
    }

    /// A connection whose first octets are there before the gateway has seen it.
    pub fn early(gateway: &Gateway, cut: usize) -> Self {
        let signal = |name: &str| {
            let mut kill = Command::new("kill");
            kill.args([name, &gateway.pid().to_string()]);
            kill
        };
        assert!(signal("-STOP").status().unwrap().success());
        Self { go_on: Some(signal("-CONT")), ..Self::to(gateway, cut) }
    }

    fn socket(&self) -> &TcpStream {
        match &self.line {
            Line::Clear(stream) => stream,
            Line::Tls(stream) => stream.get_ref(),
            Line::Between => unreachable!("a handshake ends in one of the others"),
        }
    }

    /// What comes within the time; `None`: nothing, and the connection stands.
    fn read_within(&mut self, time: Duration) -> Option<Vec<u8>> {
        self.socket().set_read_timeout(Some(time)).unwrap();
        let mut octets = vec![0; 64 * 1024];
        let read = match &mut self.line {
            Line::Clear(stream) => stream.read(&mut octets),
            Line::Tls(stream) => stream.read(&mut octets),
            Line::Between => unreachable!("a handshake ends in one of the others"),
        };
        match read {
            Ok(n) => {
                octets.truncate(n);
                Some(octets)
            }
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => None,
            // A server that closes on octets it has not read resets: closed all the same.
            Err(_) => Some(Vec::new()),
        }
    }
}

impl Connection for Wire {
    fn send(&mut self, octets: &[u8]) {
        for piece in octets.chunks(self.cut) {
            // A server that has closed is found out by what it does not answer.
            let _ = match &mut self.line {
                Line::Clear(stream) => stream.write_all(piece),
                Line::Tls(stream) => stream.write_all(piece).and_then(|()| stream.flush()),
                Line::Between => unreachable!("a handshake ends in one of the others"),
            };
        }
        if let Some(mut go_on) = self.go_on.take() {
            assert!(go_on.status().unwrap().success());
        }
    }

    fn receive(&mut self) -> Vec<u8> {
        self.read_within(ANSWER).unwrap_or_default()
    }

    fn is_quiet(&mut self) -> bool {
        self.read_within(QUIET).is_none_or(|octets| octets.is_empty())
    }

    fn is_closed(&mut self) -> bool {
        self.read_within(ANSWER).is_some_and(|octets| octets.is_empty())
    }

    fn leave(&mut self) {
        let _ = self.socket().shutdown(Shutdown::Both);
    }

    fn end(&mut self) {
        if let Line::Tls(stream) = &mut self.line {
            stream.conn.send_close_notify();
            let _ = stream.flush();
        }
        let _ = self.socket().shutdown(Shutdown::Write);
    }

    fn handshake(&mut self) {
        let Line::Clear(stream) = std::mem::replace(&mut self.line, Line::Between) else { panic!("TLS within TLS") };
        stream.set_read_timeout(Some(ANSWER)).unwrap();
        let name = ServerName::try_from("localhost").unwrap();
        let client = ClientConnection::new(self.config.clone(), name).unwrap();
        let mut stream = Box::new(StreamOwned::new(client, stream));
        while stream.conn.is_handshaking() {
            if stream.conn.complete_io(&mut stream.sock).is_err() {
                self.handshake_failed = true;
                break;
            }
        }
        self.line = Line::Tls(stream);
    }
}
