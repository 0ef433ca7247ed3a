//! The certificate with its intermediates and its key, in one file: so that both change at once.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;

use jiff::Timestamp;
use x509_cert::Certificate;
use x509_cert::der::{Decode, pem};
use x509_cert::ext::pkix::SubjectAltName;
use x509_cert::ext::pkix::name::GeneralName;

use super::{Fault, Settings};
use crate::domain::address::Domain;

/// What is known of a certificate.
pub(super) struct Held {
    pub begins: Timestamp,
    pub ends: Timestamp,
    names: Vec<Domain>,
}

impl Held {
    /// Whether it names all of these.
    pub fn is_for(&self, names: &[Domain]) -> bool {
        names.iter().all(|name| self.names.contains(name))
    }

    /// The first certificate of a text in PEM.
    fn of(text: &str) -> Option<Self> {
        let end = "-----END CERTIFICATE-----";
        let block = &text[..text.find(end)? + end.len()];
        let (_, der) = pem::decode_vec(block.as_bytes()).ok()?;
        let certificate = Certificate::from_der(&der).ok()?;
        let own = certificate.tbs_certificate();
        let time = |time: x509_cert::time::Time| Timestamp::UNIX_EPOCH.checked_add(time.to_unix_duration()).ok();
        let (_, names) = own.get_extension::<SubjectAltName>().ok()??;
        let domain = |name: &GeneralName| match name {
            GeneralName::DnsName(name) => Domain::parse(AsRef::<str>::as_ref(name)).ok(),
            _ => None,
        };
        let names = names.0.iter().filter_map(domain).collect();
        Some(Self { begins: time(own.validity().not_before)?, ends: time(own.validity().not_after)?, names })
    }
}

/// The certificate in this file, if there is one that can be read.
pub(super) fn read(file: &Path) -> Option<Held> {
    Held::of(&fs::read_to_string(file).ok()?)
}

/// Puts certificate and key in their place, durably, once it is sure that they are what was asked for.
pub(super) fn write(settings: &Settings, pem: &str) -> Result<Held, Fault> {
    let held = Held::of(pem).ok_or(Fault::Unusable("it is no certificate in PEM"))?;
    if !held.is_for(&settings.names) {
        return Err(Fault::Unusable("it is for other names"));
    }
    private(&settings.certificate, pem.as_bytes()).map_err(|e| Fault::File(settings.certificate.clone(), e))?;
    Ok(held)
}

/// Writes a file that only its owner reads, whole or not at all; makes its folder.
pub(super) fn private(file: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = file.parent().unwrap_or(Path::new("."));
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let beside = file.with_extension("new");
    // What a killed process left there may have other rights.
    match fs::remove_file(&beside) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut new = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&beside)?;
    new.write_all(bytes)?;
    new.sync_all()?;
    fs::rename(&beside, file)?;
    fs::File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn settings(folder: &Path, names: &[&str]) -> Settings {
        Settings {
            directory: String::new(),
            contact: Vec::new(),
            names: names.iter().map(|name| Domain::parse(name).unwrap()).collect(),
            external_account: None,
            ca_file: None,
            folder: folder.to_owned(),
            certificate: folder.join("acme/certificate.pem"),
        }
    }

    #[test]
    fn only_what_was_asked_for_is_put_in_place() {
        let folder = tempfile::tempdir().unwrap();
        let own = rcgen::generate_simple_self_signed(["mail.konto.example".to_owned()]).unwrap();
        let pem = own.cert.pem() + &own.signing_key.serialize_pem();
        let settings = settings(folder.path(), &["mail.konto.example"]);
        assert!(read(&settings.certificate).is_none());
        assert!(matches!(write(&settings, "nothing"), Err(Fault::Unusable(_))));
        let other = Settings { names: vec![Domain::parse("other.example").unwrap()], ..settings.clone() };
        assert!(matches!(write(&other, &pem), Err(Fault::Unusable(_))));
        assert!(!settings.certificate.exists());

        assert!(write(&settings, &pem).unwrap().is_for(&settings.names));
        assert!(read(&settings.certificate).unwrap().begins < Timestamp::MAX);
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&settings.certificate), 0o600);
        assert_eq!(mode(settings.certificate.parent().unwrap()), 0o700);
        assert!(!read(&settings.certificate).unwrap().is_for(&other.names));
    }

    proptest::proptest! {
        #[test]
        fn nothing_in_the_file_makes_it_fall(text in "(-----BEGIN CERTIFICATE-----)?\\PC*(-----END CERTIFICATE-----)?\\PC*") {
            drop(Held::of(&text));
        }
    }
}
