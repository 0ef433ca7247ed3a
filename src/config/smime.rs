//! `[smime]`: our keys for encrypted messages, and whose word for a signature is taken.

use std::path::{Path, PathBuf};

use super::section::Section;
use super::values::{parsed, private, readable};
use crate::domain::ids::OfficeId;

/// What opens sealed messages, and who vouches for signatures. The files were readable when the configuration was.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Smime {
    /// PEM: authorities for the certificates of whoever signs. Without it, only offices' own certificates are known.
    pub roots: Option<PathBuf>,
    /// Certificates of ours.
    pub keys: Vec<SmimeKey>,
}

/// A certificate of ours for encryption, and its key: PEM files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SmimeKey {
    /// The certificate.
    pub certificate: PathBuf,
    /// Its private key.
    pub key: PathBuf,
    /// The one office whose messages it opens; `None`: everybody's.
    pub office: Option<OfficeId>,
}

pub(super) fn smime(mut section: Section<'_>) -> Smime {
    let folder = section.folder().to_owned();
    let roots = section.optional("roots", readable(&folder, "name a PEM file with the authorities' certificates"));
    let keys = section.sections("key").iter_mut().filter_map(|section| key(section, &folder)).collect();
    Smime { roots, keys }
}

fn key(section: &mut Section<'_>, folder: &Path) -> Option<SmimeKey> {
    const CERTIFICATE: &str = "name a PEM file with the certificate that offices encrypt to";
    const KEY: &str = "name a PEM file with that certificate's private key";
    let certificate = section.required("certificate", CERTIFICATE, readable(folder, CERTIFICATE));
    let key = section.required("key", KEY, private(folder, KEY));
    let office = section.optional("office", parsed::<OfficeId>);
    Some(SmimeKey { certificate: certificate?, key: key?, office })
}
