//! Where listeners have their certificates from: files, or the authority of `[acme]`.

use std::path::Path;

use super::fault::Wrong;
use super::network::url;
use super::section::Section;
use super::values::{domain, mailbox, private, readable, socket, text};
use super::{Acme, ServerTls};
use crate::domain::address::Domain;

pub(super) const CERTIFICATE: &str = "name a PEM file with the certificate and its intermediates";
pub(super) const KEY: &str = "name a PEM file with the certificate's private key";

pub(super) fn server_tls(section: &mut Section<'_>, acme: Option<&Acme>) -> Option<ServerTls> {
    let folder = section.folder().to_owned();
    let none = "or set tls = \"none\" where nobody else can listen in";
    let certificate = section.required("certificate", &format!("{CERTIFICATE}, {none}"), |node| match text(node)? {
        "acme" => Ok(Err(node.place.clone())),
        _ => readable(&folder, CERTIFICATE)(node).map(Ok),
    });
    let client_ca = section.optional("client_ca", readable(&folder, "name a PEM file with the issuers' certificates"));
    if let Some(Err(place)) = certificate {
        if let Some(place) = section.optional("key", |node| Ok(node.place.clone())) {
            let wrong = Wrong::new("a certificate from [acme] has a key of its own", "take the key out");
            section.fault(&place, "key", wrong);
        }
        let Some(acme) = acme else {
            let remedy = "name an authority: [acme] with directory, or a PEM file here";
            section.fault(&place, "certificate", Wrong::new("nothing is said of who gives this certificate", remedy));
            return None;
        };
        let file = acme.folder.join(Acme::CERTIFICATE);
        return Some(ServerTls { certificate: file.clone(), key: file, client_ca, acme: true });
    }
    let key = section.required("key", &format!("{KEY}, {none}"), private(&folder, KEY));
    Some(ServerTls { certificate: certificate?.ok()?, key: key?, client_ca, acme: false })
}

/// `[acme]`; `None` where no directory is named.
pub(super) fn acme(mut section: Section<'_>, node: Option<Domain>, data: &Path) -> Option<Acme> {
    let folder = section.folder().to_owned();
    let directory = section.optional("directory", |node| match url(node)? {
        url if url.starts_with("https://") => Ok(url),
        _ => Err(Wrong::new("this is no https:// URL", "write the one that the authority names as its directory")),
    });
    let contact = section.list("contact", mailbox).unwrap_or_default();
    let names = section.list("names", domain).filter(|names| !names.is_empty());
    let names = names.or_else(|| node.map(|name| vec![name]));
    let address = section.optional("address", socket);
    let ca_file = section.optional("ca_file", readable(&folder, "name a PEM file with the authority's root"));
    Some(Acme { directory: directory?, contact, names: names?, address, ca_file, folder: data.join("acme") })
}
