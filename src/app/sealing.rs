//! Our keys for sealed messages, and the roots, from their files.

use std::fs;
use std::path::Path;

use super::CannotStart;
use crate::config::Smime;
use crate::inbound::Sealing;
use crate::smime::{Keyring, OwnKey, Roots};

/// Reads all files of `[smime]`.
///
/// # Errors
/// The first that is of no use.
pub(super) fn sealing(from: &Smime) -> Result<Sealing, CannotStart> {
    let mut own = Vec::with_capacity(from.keys.len());
    for (at, named) in from.keys.iter().enumerate() {
        let at = |name: &str| format!("smime.key[{at}].{name}");
        let (certificate, key) = (read(&named.certificate, &at("certificate"))?, read(&named.key, &at("key"))?);
        own.push(OwnKey::read(&certificate, &key, named.office.clone()).map_err(|fault| {
            let remedy = "name a certificate and its private key, in PEM and without a passphrase";
            CannotStart::new(at("key"), format!("{}: {fault}", named.key.display()), remedy)
        })?);
    }
    let roots = match &from.roots {
        Some(file) => Roots::read(&read(file, "smime.roots")?).ok_or_else(|| {
            let remedy = "a certificate in PEM begins with -----BEGIN CERTIFICATE-----";
            CannotStart::new("smime.roots", format!("{} holds no authority", file.display()), remedy)
        })?,
        None => Roots::default(),
    };
    Ok(Sealing { keyring: Keyring::of_keys(own), roots })
}

fn read(file: &Path, key: &str) -> Result<Vec<u8>, CannotStart> {
    fs::read(file)
        .map_err(|e| CannotStart::new(key, format!("{}: {e}", file.display()), "name a file that can be read"))
}
