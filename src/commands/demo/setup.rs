//! What the demonstration leaves behind in its folder: a configuration that `serve` runs on from, a key, and
//! certificates of its own authority. The shortest way to a first installation.

use std::fs;
use std::io::{self, Write};
use std::net::{SocketAddr, TcpListener};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use base64::Engine;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, KeyUsagePurpose};

use crate::clock::Ids;

/// The demonstration's folder.
pub struct Folder {
    /// Where it is.
    pub path: PathBuf,
    /// SMTP of the gateway.
    pub smtp: SocketAddr,
    /// The portal.
    pub http: SocketAddr,
}

impl Folder {
    /// A file in it.
    #[must_use]
    pub fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// Makes what is not there yet. A folder that has served before keeps its key, its certificates and its data;
    /// the configuration is written anew, since ports may have changed.
    ///
    /// # Errors
    /// What cannot be written.
    pub fn prepare(path: &Path, ids: &Ids) -> io::Result<Self> {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(path)?;
        let folder = Self { path: path.to_owned(), smtp: free_port(2525)?, http: free_port(8025)? };
        if !folder.file("brevbro.key").exists() {
            let secret: [u8; crate::domain::keys::Keys::SECRET_LEN] = ids.bytes();
            private(&folder.file("brevbro.key"), base64::prelude::BASE64_STANDARD.encode(secret).as_bytes())?;
        }
        if !folder.file("ca.pem").exists() {
            folder.certificates().map_err(io::Error::other)?;
        }
        fs::write(folder.file("brevbro.toml"), folder.config())?;
        Ok(folder)
    }

    /// Writes the offices, now that it is known where the office's server listens.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn offices(&self, office_server: SocketAddr) -> io::Result<()> {
        let text = include_str!("offices.toml").replace("OFFICE_PORT", &office_server.port().to_string());
        fs::write(self.file("offices.toml"), text)
    }

    fn config(&self) -> String {
        include_str!("brevbro.toml")
            .replace("SMTP_ADDRESS", &self.smtp.to_string())
            .replace("HTTP_ADDRESS", &self.http.to_string())
    }

    /// An authority of our own and a certificate for everything on this machine.
    fn certificates(&self) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        let mut authority = CertificateParams::default();
        authority.distinguished_name.push(DnType::CommonName, "Brevbro demonstration authority");
        authority.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        authority.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate()?)?;
        let key = KeyPair::generate()?;
        let names = ["localhost", "mail.konto.example", "mail.hel.example", "127.0.0.1"];
        let mut own = CertificateParams::new(names.map(str::to_owned))?;
        own.distinguished_name.push(DnType::CommonName, "mail.konto.example");
        let certificate = own.signed_by(&key, &authority)?;
        fs::write(self.file("certificate.pem"), certificate.pem())?;
        private(&self.file("certificate.key"), key.serialize_pem().as_bytes())?;
        // Last: its presence says that all three are there.
        Ok(fs::write(self.file("ca.pem"), authority.pem())?)
    }
}

/// A file that only its owner reads.
fn private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)?.write_all(bytes)
}

/// The port that the documentation names, else any that is free.
fn free_port(wanted: u16) -> io::Result<SocketAddr> {
    let socket = TcpListener::bind(("127.0.0.1", wanted)).or_else(|_| TcpListener::bind(("127.0.0.1", 0)))?;
    socket.local_addr()
}
