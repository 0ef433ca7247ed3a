//! Where listeners have their certificates from: files, or the authority of `[acme]`.

use std::fs;
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::fault::Wrong;
use super::network::url;
use super::section::Section;
use super::values::{domain, mailbox, private, readable, socket, text, unreadable, words};
use super::{Acme, ExternalAccount, ServerTls};
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
    let external_account = external_account(&mut section, &folder);
    let address = section.optional("address", socket);
    let ca_file = section.optional("ca_file", readable(&folder, "name a PEM file with the authority's root"));
    let folder = data.join("acme");
    Some(Acme { directory: directory?, contact, names: names?, external_account, address, ca_file, folder })
}

fn external_account(section: &mut Section<'_>, folder: &Path) -> Option<ExternalAccount> {
    let remedy = "write the key into it as the authority gave it, in base64";
    let id = section.optional("external_account", |node| Ok((words(node)?, node.place.clone())));
    let key = section.optional("external_account_key_file", |node| {
        let file = private(folder, remedy)(node)?;
        let text = fs::read_to_string(&file).map_err(|error| unreadable(&file, &error, remedy))?;
        // Authorities write it for URLs; some of their pages show it otherwise.
        let text = text.trim().trim_end_matches('=').replace('+', "-").replace('/', "_");
        let key = URL_SAFE_NO_PAD.decode(text).ok().filter(|key| !key.is_empty());
        let key = key.ok_or_else(|| Wrong::new(format!("{} holds no base64", file.display()), remedy))?;
        Ok((key, node.place.clone()))
    });
    match (id, key) {
        (Some((id, _)), Some((key, _))) => Some(ExternalAccount { id, key }),
        (Some((_, place)), None) => {
            let wrong = Wrong::new("there is no key with it", "name its file: external_account_key_file");
            section.fault(&place, "external_account", wrong);
            None
        }
        (None, Some((_, place))) => {
            let wrong = Wrong::new("there is no id with it", "write it: external_account");
            section.fault(&place, "external_account_key_file", wrong);
            None
        }
        (None, None) => None,
    }
}
