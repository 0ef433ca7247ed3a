//! The sections about this machine: node, mail, database, blobs, spool, logging.

use std::fs;
use std::path::{Path, PathBuf};

use base64::Engine;

use super::fault::Wrong;
use super::section::Section;
use super::values::{domain, number, one_of, path, private, size, text, unreadable};
use super::{Blobs, Database, LogFormat, LogTarget, Logging, Mail, Secret, defaults, file};
use crate::domain::address::Domain;
use crate::domain::directory::Served;
use crate::domain::identity::Scheme;
use crate::domain::keys::Keys;

/// `[node]` as far as it could be read: other sections' defaults come from it.
#[derive(Debug, Clone)]
#[allow(missing_docs)] // as in super::Node
pub struct Named {
    pub name: Option<Domain>,
    pub id: Option<String>,
    pub keys: Option<Keys>,
    pub data: PathBuf,
}

pub(super) fn node(mut section: Section<'_>) -> Named {
    let folder = section.folder().to_owned();
    let name = section.required(
        "name",
        "write the host's name, as in its certificate: name = \"mail1.konto.example\"",
        domain,
    );
    let own = name.as_ref().map(|name| name.wire().to_owned());
    let id = section.optional("id", domain).map(|id| id.wire().to_owned()).or(own);
    if id.as_ref().is_some_and(|id| id.len() > ID_LENGTH) {
        let wrong = Wrong::new(format!("the id is longer than {ID_LENGTH} octets"), "set id to a short name");
        section.fault(&section.place().clone(), "id", wrong);
    }
    let keys = section.required("key_file", &make_key("brevbro.key"), |node| keys(&folder, node));
    let data = section.or("data", PathBuf::from(defaults::DATA), path(&folder));
    Named { name, id, keys, data }
}

/// An id stands in every event and in the Message-IDs that we make. Octets.
const ID_LENGTH: usize = 64;

fn make_key(file: &str) -> String {
    format!("make one: (umask 077; head -c 32 /dev/urandom | base64 > {file}), and keep a copy in a safe place")
}

/// Thirty-two octets, as they are or in base64.
fn keys(folder: &Path, node: &file::Node) -> Result<Keys, Wrong> {
    let make = make_key(&path(folder)(node)?.display().to_string());
    let file = private(folder, &make)(node)?;
    let bytes = fs::read(&file).map_err(|error| unreadable(&file, &error, &make))?;
    let decoded = || {
        let text = std::str::from_utf8(&bytes).ok()?.trim();
        base64::engine::general_purpose::STANDARD.decode(text).ok()
    };
    let secret = <[u8; Keys::SECRET_LEN]>::try_from(bytes.as_slice()).ok();
    let secret = secret.or_else(|| decoded()?.try_into().ok());
    secret.map(|secret| Keys::derive(&secret)).ok_or_else(|| {
        Wrong::new(format!("{} does not hold 32 octets, as they are or in base64", file.display()), make)
    })
}

pub(super) fn mail(mut section: Section<'_>) -> Option<Mail> {
    let remedy = "write the domains of the citizens' addresses: domains = [\"konto.example\"]";
    let domains = section.required_list("domains", remedy, domain);
    let identity_domains = identity_domains(&mut section, domains.as_deref().unwrap_or_default());
    let max_message = section.or("max_message", defaults::MAX_MESSAGE, size(64 << 10));
    let max_recipients = section.or("max_recipients", defaults::MAX_RECIPIENTS, number(1, 10_000));
    let served = Served { domains: domains?, identity_domains };
    Some(Mail { served, max_message, max_recipients: max_recipients as usize })
}

/// `identity_domains = { "hetu.konto.example" = "hetu" }`.
fn identity_domains(section: &mut Section<'_>, domains: &[Domain]) -> Vec<(Domain, Scheme)> {
    let mut read = Vec::new();
    for entry in section.entries("identity_domains") {
        let key = format!("identity_domains.\"{}\"", entry.key);
        let name =
            Domain::parse(&entry.key).map_err(|_| Wrong::new("this is not a domain name", "")).and_then(|name| {
                if domains.contains(&name) {
                    let remedy = "a domain's local parts are either names or identity codes: use a domain of its own";
                    return Err(Wrong::new("the domain stands in mail.domains as well", remedy));
                }
                Ok(name)
            });
        let scheme = one_of(&[("hetu", Scheme::Hetu)], &entry.node);
        match (name, scheme) {
            (Ok(name), Ok(scheme)) => read.push((name, scheme)),
            (name, scheme) => {
                name.err().into_iter().for_each(|wrong| section.fault(&entry.place, &key, wrong));
                scheme.err().into_iter().for_each(|wrong| section.fault(&entry.node.place, &key, wrong));
            }
        }
    }
    read
}

pub(super) fn database(mut section: Section<'_>, data: &Path) -> Database {
    let folder = section.folder().to_owned();
    let password = section.optional("password_file", |node| {
        let remedy = "write the password into it, and nothing else";
        let file = private(&folder, remedy)(node)?;
        let password = fs::read_to_string(&file).map_err(|error| unreadable(&file, &error, remedy))?;
        Ok((password.trim_end_matches(['\r', '\n']).to_owned(), node.place.clone()))
    });
    let password_of = password.as_ref().map(|(password, _)| password.as_str());
    let own = format!("sqlite:{}", data.join("brevbro.sqlite").display());
    let own_is_used = !section.is_written("url");
    let url = section.optional("url", |node| text(node).and_then(|text| url(text, &folder, password_of)));
    let is_sqlite = own_is_used || url.as_ref().is_some_and(|(_, shown)| shown.starts_with("sqlite:"));
    let (url, shown) = url.unwrap_or_else(|| (Secret::new(own.clone()), own));
    if let Some((_, place)) = password.filter(|_| is_sqlite) {
        section.fault(&place, "password_file", Wrong::new("SQLite has no password", "take the key out"));
    }
    Database { url, shown }
}

/// The URL with its password, and without one.
fn url(text: &str, folder: &Path, password: Option<&str>) -> Result<(Secret, String), Wrong> {
    if let Some(path) = text.strip_prefix("sqlite:") {
        let path = path.strip_prefix("//").unwrap_or(path);
        if path.is_empty() || path.starts_with(':') {
            return Err(Wrong::new("a database in memory forgets the mail", "write sqlite: and the path of a file"));
        }
        let url = format!("sqlite:{}", folder.join(path).display());
        return Ok((Secret::new(url.clone()), url));
    }
    let remedy = "write \"sqlite:brevbro.sqlite\" or \"postgres://brevbro@db.example/brevbro\"";
    let rest = text.strip_prefix("postgres://").or_else(|| text.strip_prefix("postgresql://"));
    // The text itself is not repeated: a password may stand in it.
    let rest = rest.ok_or_else(|| Wrong::new("this is not the URL of a database that is known", remedy))?;
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    let (user, host) = authority.rsplit_once('@').map_or((None, authority), |(user, host)| (Some(user), host));
    let (name, written) = user.map_or((None, None), |user| match user.split_once(':') {
        Some((name, password)) => (Some(name), Some(password)),
        None => (Some(user), None),
    });
    if written.is_some() && password.is_some() {
        return Err(Wrong::new("the password stands here and in password_file", "take it out of the URL"));
    }
    let shown = format!("postgres://{}{host}{path}", name.map(|name| format!("{name}@")).unwrap_or_default());
    let secret = match (name, password.map(escaped).as_deref().or(written)) {
        (Some(name), Some(password)) => format!("postgres://{name}:{password}@{host}{path}"),
        (None, Some(_)) => {
            return Err(Wrong::new("there is a password and no user", "write postgres://USER@HOST/DATABASE"));
        }
        _ => shown.clone(),
    };
    Ok((Secret::new(secret), shown))
}

/// Percent-encoding of RFC 3986 §2.1, for everything that is not unreserved.
fn escaped(text: &str) -> String {
    use std::fmt::Write;
    text.bytes().fold(String::new(), |mut escaped, octet| {
        if octet.is_ascii_alphanumeric() || b"-._~".contains(&octet) {
            escaped.push(char::from(octet));
        } else {
            let _ = write!(escaped, "%{octet:02X}");
        }
        escaped
    })
}

pub(super) fn blobs(mut section: Section<'_>, data: &Path) -> Blobs {
    let folder = section.folder().to_owned();
    Blobs {
        folder: section.or("folder", data.join("blobs"), path(&folder)),
        inline_limit: section.or("inline_limit", defaults::INLINE_LIMIT, size(0)),
    }
}

pub(super) fn spool(mut section: Section<'_>, data: &Path) -> PathBuf {
    let folder = section.folder().to_owned();
    section.or("folder", data.join("spool"), path(&folder))
}

pub(super) fn logging(mut section: Section<'_>) -> Logging {
    use tracing::Level;
    const LEVELS: [(&str, Level); 5] = [
        ("error", Level::ERROR),
        ("warn", Level::WARN),
        ("info", Level::INFO),
        ("debug", Level::DEBUG),
        ("trace", Level::TRACE),
    ];
    const FORMATS: [(&str, LogFormat); 2] = [("text", LogFormat::Text), ("json", LogFormat::Json)];
    const TARGETS: [(&str, LogTarget); 2] = [("stderr", LogTarget::Stderr), ("stdout", LogTarget::Stdout)];
    Logging {
        level: section.or("level", Level::INFO, |node| one_of(&LEVELS, node)),
        format: section.or("format", LogFormat::Text, |node| one_of(&FORMATS, node)),
        target: section.or("target", LogTarget::Stderr, |node| one_of(&TARGETS, node)),
    }
}
