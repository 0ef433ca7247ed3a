//! The file as a whole: every section is read, whatever was wrong in those before it.

use std::ffi::OsString;
use std::fs;
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use super::fault::{Fault, Wrong};
use super::node::Named;
use super::section::{Reading, Section};
use super::values::unreadable;
use super::{
    Acme, Attachments, Blobs, Config, Database, Limits, Listener, Logging, Mail, Node, Portal, Rates, Relay, Resolver,
    Scanner, Smime, Timeouts, certificates, file, limits, network, node, scanner, smime,
};

/// The sections of a file as far as they could be read: for `check`, which looks on where something is wrong. The
/// names are [`Config`]'s.
#[derive(Debug, Clone)]
#[allow(missing_docs)]
pub struct Sections {
    pub node: Named,
    pub mail: Option<Mail>,
    pub listeners: Vec<Listener>,
    pub acme: Option<Acme>,
    pub smime: Smime,
    pub limits: Limits,
    pub timeouts: Timeouts,
    pub rates: Rates,
    pub database: Database,
    pub blobs: Blobs,
    pub spool: PathBuf,
    pub portal: Portal,
    pub metrics: SocketAddr,
    pub relay: Option<Relay>,
    pub resolver: Resolver,
    pub scanner: Scanner,
    pub attachments: Attachments,
    pub logging: Logging,
}

impl Sections {
    /// The configuration, if nothing is missing.
    fn whole(self, file: &Path) -> Option<Config> {
        let Named { name, id, keys, data } = self.node;
        Some(Config {
            file: file.to_owned(),
            node: Node { name: name?, id: id?, keys: keys?, data },
            mail: self.mail?,
            listeners: self.listeners,
            acme: self.acme,
            smime: self.smime,
            limits: self.limits,
            timeouts: self.timeouts,
            rates: self.rates,
            database: self.database,
            blobs: self.blobs,
            spool: self.spool,
            portal: self.portal,
            metrics: self.metrics,
            relay: self.relay?,
            resolver: self.resolver,
            scanner: self.scanner,
            attachments: self.attachments,
            logging: self.logging,
        })
    }
}

impl Config {
    /// Reads the file and the environment, and opens every file that they name.
    ///
    /// # Errors
    /// Every fault there is, in the order of the file.
    pub fn load(path: &Path) -> Result<Self, Vec<Fault>> {
        let (sections, faults) = Self::examine(path);
        Self::decide(sections, faults, path)
    }

    /// What could be read, beside everything that is wrong with it. `None`: it is no file, or not TOML.
    #[must_use]
    pub fn examine(path: &Path) -> (Option<Sections>, Vec<Fault>) {
        let text = match fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) => {
                let remedy = "name one with --config; config/brevbro.toml in the sources explains every key";
                let wrong = match error.kind() {
                    ErrorKind::InvalidData => Wrong::new("the file is not UTF-8", "save it as UTF-8"),
                    _ => unreadable(path, &error, remedy),
                };
                return (None, vec![Fault::new(&path.display().to_string(), "", wrong.sentence, wrong.remedy)]);
            }
        };
        let utf8 = |(name, value): (OsString, OsString)| Some((name.into_string().ok()?, value.into_string().ok()?));
        Self::sections(&text, path, std::env::vars_os().filter_map(utf8))
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
        let (sections, faults) = Self::sections(text, path, variables);
        Self::decide(sections, faults, path)
    }

    fn decide(sections: Option<Sections>, faults: Vec<Fault>, path: &Path) -> Result<Self, Vec<Fault>> {
        match sections.and_then(|sections| sections.whole(path)) {
            Some(config) if faults.is_empty() => Ok(config),
            _ => Err(faults),
        }
    }

    fn sections(
        text: &str,
        path: &Path,
        variables: impl IntoIterator<Item = (String, String)>,
    ) -> (Option<Sections>, Vec<Fault>) {
        let reading = Reading { folder: path.parent().unwrap_or(Path::new("")).to_owned(), ..Reading::default() };
        let sections = gather(text, path, variables, &reading);
        (sections, reading.faults.into_sorted())
    }
}

pub(super) fn gather(
    text: &str,
    path: &Path,
    variables: impl IntoIterator<Item = (String, String)>,
    reading: &Reading,
) -> Option<Sections> {
    let name = path.display().to_string();
    let mut table = file::parse(text, &name, &reading.faults)?;
    file::overlay(&mut table, variables, &reading.faults);
    let mut root = Section::root(reading, table, &name);

    let own = node::node(root.section("node"));
    let acme = certificates::acme(root.section("acme"), own.name.clone(), &own.data);
    let (mail, listeners) = (node::mail(root.section("mail")), network::listeners(&mut root, acme.as_ref()));
    let limits = limits::of(root.section("limits"));
    Some(Sections {
        mail,
        listeners,
        acme,
        smime: smime::smime(root.section("smime")),
        limits: limits.0,
        timeouts: network::timeouts(root.section("timeouts")),
        rates: limits.1,
        database: node::database(root.section("database"), &own.data),
        blobs: node::blobs(root.section("blobs"), &own.data),
        spool: node::spool(root.section("spool"), &own.data),
        portal: network::portal(root.section("portal")),
        metrics: network::metrics(root.section("metrics")),
        relay: network::relay(root.section("relay"), own.name.clone()),
        resolver: network::resolver(root.section("resolver")),
        scanner: scanner::scanner(root.section("scanner")),
        attachments: scanner::attachments(root.section("attachments")),
        logging: node::logging(root.section("logging")),
        node: own,
    })
}
