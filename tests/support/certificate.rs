//! An authority of the tests' own, and a server certificate from it.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};

/// The names that the server certificate is for.
pub const NAMES: [&str; 3] = ["localhost", "mail1.konto.example", "mail.hel.example"];

/// Writes `ca.pem`, `server.pem` and `server.key` (for [`NAMES`]) into the folder.
pub fn write(folder: &Path) {
    let authority_key = KeyPair::generate().unwrap();
    let mut authority = CertificateParams::default();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    authority.distinguished_name.push(DnType::CommonName, "Tests' authority");
    let ca = authority.self_signed(&authority_key).unwrap();
    let issuer = Issuer::new(authority, authority_key);

    let key = KeyPair::generate().unwrap();
    let mut server = CertificateParams::new(NAMES.map(str::to_owned)).unwrap();
    server.distinguished_name.push(DnType::CommonName, NAMES[0]);
    let certificate = server.signed_by(&key, &issuer).unwrap();

    fs::write(folder.join("ca.pem"), ca.pem()).unwrap();
    fs::write(folder.join("server.pem"), certificate.pem()).unwrap();
    private(&folder.join("server.key"), key.serialize_pem().as_bytes());
}

/// Takes over what [`write`] wrote.
pub fn copy(from: &Path, to: &Path) {
    for name in ["ca.pem", "server.pem", "server.key"] {
        fs::copy(from.join(name), to.join(name)).unwrap();
    }
}

/// Writes a file that only its owner may read.
pub fn private(path: &Path, bytes: &[u8]) {
    fs::write(path, bytes).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
}
