//! The file as a whole, and the sections about this machine: node, mail, database, blobs, spool, logging.

use std::ffi::OsString;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use base64::Engine;

use super::fault::{Fault, Wrong};
use super::section::{Reading, Section};
use super::values::{domain, mailbox, number, one_of, parsed, path, private, size, text, unreadable};
use super::{Blobs, Config, Database, LogFormat, LogTarget, Logging, Mail, Node, Secret, defaults, file, network};
use crate::domain::address::Domain;
use crate::domain::directory::Served;
use crate::domain::identity::Scheme;
use crate::domain::keys::Keys;

impl Config {
    /// Reads the file and the environment, and opens every file that they name.
    ///
    /// # Errors
    /// Every fault there is, in the order of the file.
    pub fn load(path: &Path) -> Result<Self, Vec<Fault>> {
        match Self::examine(path) {
            (Some(config), faults) if faults.is_empty() => Ok(config),
            (_, faults) => Err(faults),
        }
    }

    /// The same for whoever looks for more faults: the configuration comes beside its faults, where enough of it could
    /// be read. It is not fit to run on.
    #[must_use]
    pub fn examine(path: &Path) -> (Option<Self>, Vec<Fault>) {
        let text = match fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) => {
                let wrong = if error.kind() == ErrorKind::InvalidData {
                    Wrong::new("the file is not UTF-8", "save it as UTF-8")
                } else {
                    unreadable(
                        path,
                        &error,
                        "name one with --config; config/brevbro.toml in the sources explains every key",
                    )
                };
                return (None, vec![Fault::new(&path.display().to_string(), "", wrong.sentence, wrong.remedy)]);
            }
        };
        let utf8 = |(name, value): (OsString, OsString)| Some((name.into_string().ok()?, value.into_string().ok()?));
        Self::read_partly(&text, path, std::env::vars_os().filter_map(utf8))
    }

    /// Reads a text as if it stood in this file, with these variables over it.
    ///
    /// # Errors
    /// As [`Config::load`].
    pub fn read(
        text: &str,
        path: &Path,
        variables: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, Vec<Fault>> {
        match Self::read_partly(text, path, variables) {
            (Some(config), faults) if faults.is_empty() => Ok(config),
            (_, faults) => Err(faults),
        }
    }

    fn read_partly(
        text: &str,
        path: &Path,
        variables: impl IntoIterator<Item = (String, String)>,
    ) -> (Option<Self>, Vec<Fault>) {
        let reading = Reading { folder: path.parent().unwrap_or(Path::new("")).to_owned(), ..Reading::default() };
        let config = Self::gather(text, path, variables, &reading);
        (config, reading.faults.into_sorted())
    }

    /// Every section is read, whatever was wrong in those before it.
    pub(super) fn gather(
        text: &str,
        path: &Path,
        variables: impl IntoIterator<Item = (String, String)>,
        reading: &Reading,
    ) -> Option<Self> {
        let name = path.display().to_string();
        let mut table = file::parse(text, &name, &reading.faults)?;
        file::overlay(&mut table, variables, &reading.faults);
        let mut root = Section::root(reading, table, &name);

        let node = node(root.section("node"));
        let mail = mail(root.section("mail"));
        let listeners = network::listeners(&mut root);
        let timeouts = network::timeouts(root.section("timeouts"));
        let database = database(root.section("database"), &node.data);
        let blobs = blobs(root.section("blobs"), &node.data);
        let spool = spool(root.section("spool"), &node.data);
        let portal = network::portal(root.section("portal"));
        let metrics = network::metrics(root.section("metrics"));
        let relay = network::relay(root.section("relay"), node.name.clone());
        let nameservers = network::resolver(root.section("resolver"));
        let logging = logging(root.section("logging"));
        Some(Self {
            file: path.to_owned(),
            node: node.whole()?,
            mail: mail?,
            listeners,
            timeouts,
            database,
            blobs,
            spool,
            portal,
            metrics,
            relay: relay?,
            nameservers,
            logging,
        })
    }
}

/// `[node]` as far as it could be read: other sections' defaults come from it.
struct Named {
    name: Option<Domain>,
    id: Option<String>,
    keys: Option<Keys>,
    data: PathBuf,
}

impl Named {
    fn whole(self) -> Option<Node> {
        Some(Node { name: self.name?, id: self.id?, keys: self.keys?, data: self.data })
    }
}

fn node(mut section: Section<'_>) -> Named {
    let folder = section.folder().to_owned();
    let name = section.required(
        "name",
        "write the host's name, as in its certificate: name = \"mail1.konto.example\"",
        domain,
    );
    let own = name.as_ref().map(|name| name.wire().to_owned());
    let id = section.optional("id", |node| parsed::<NodeId>(node)).map(|id| id.0).or(own);
    let keys = section.required("key_file", &make_key("brevbro.key"), |node| keys(&folder, node));
    let data = section.or("data", PathBuf::from(defaults::DATA), path(&folder));
    Named { name, id, keys, data }
}

/// A node's id stands in events and leases, one word.
struct NodeId(String);

impl std::str::FromStr for NodeId {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_');
        if (1..=253).contains(&text.len()) && text.chars().all(plain) {
            Ok(Self(text.to_owned()))
        } else {
            Err("an id is made of letters, digits, '-', '.' and '_'")
        }
    }
}

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

fn mail(mut section: Section<'_>) -> Option<Mail> {
    let remedy = "write the domains of the citizens' addresses: domains = [\"konto.example\"]";
    let domains = section.required_list("domains", remedy, domain);
    let identity_domains = identity_domains(&mut section, domains.as_deref().unwrap_or_default());
    let postmaster = section.optional("postmaster", mailbox);
    let max_message = section.or("max_message", defaults::MAX_MESSAGE, size(64 << 10));
    let max_recipients = section.or("max_recipients", defaults::MAX_RECIPIENTS, number(1, 10_000));
    let served = Served { domains: domains?, identity_domains };
    Some(Mail { served, postmaster, max_message, max_recipients: max_recipients as usize })
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

fn database(mut section: Section<'_>, data: &Path) -> Database {
    let folder = section.folder().to_owned();
    let password = section.optional("password_file", |node| {
        let remedy = "write the password into it, and nothing else";
        let file = private(&folder, remedy)(node)?;
        let password = fs::read_to_string(&file).map_err(|error| unreadable(&file, &error, remedy))?;
        Ok((password.trim_end_matches(['\r', '\n']).to_owned(), node.place.clone()))
    });
    let password_of = password.as_ref().map(|(password, _)| password.as_str());
    let own = format!("sqlite:{}", data.join("brevbro.sqlite").display());
    let (url, shown) = section
        .or("url", (Secret::new(own.clone()), own), |node| text(node).and_then(|text| url(text, &folder, password_of)));
    let pool = section.or("pool", defaults::POOL, number(1, 1000));
    if let Some((_, place)) = password.filter(|_| shown.starts_with("sqlite:")) {
        section.fault(&place, "password_file", Wrong::new("SQLite has no password", "take the key out"));
    }
    Database { url, shown, pool }
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

fn blobs(mut section: Section<'_>, data: &Path) -> Blobs {
    let folder = section.folder().to_owned();
    Blobs {
        folder: section.or("folder", data.join("blobs"), path(&folder)),
        inline_limit: section.or("inline_limit", defaults::INLINE_LIMIT, size(0)),
    }
}

fn spool(mut section: Section<'_>, data: &Path) -> PathBuf {
    let folder = section.folder().to_owned();
    section.or("folder", data.join("spool"), path(&folder))
}

fn logging(mut section: Section<'_>) -> Logging {
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
