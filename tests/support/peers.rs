//! The real servers of `tests/peers`, started in a folder and stopped when dropped.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use super::certificate;
use super::mailbox::Mailbox;

/// A folder on a real disk, readable for the users that servers run as; gone when dropped.
pub fn folder(purpose: &str) -> tempfile::TempDir {
    use std::os::unix::fs::PermissionsExt;
    let base = std::env::var_os("BREVBRO_SCRATCH").map_or_else(|| PathBuf::from("/var/tmp"), PathBuf::from);
    let folder = tempfile::Builder::new().prefix(&format!("brevbro-{purpose}.")).tempdir_in(base).unwrap();
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
    folder
}

/// A port of 127.0.0.1 that nobody listens on now. Below those that the system gives to connections that leave: one of
/// these could be taken by some other test's client before a server listens there.
pub fn free_port() -> u16 {
    use std::hash::{BuildHasher, RandomState};
    let chance = RandomState::new().hash_one(std::process::id());
    let ports = (0..1000).map(|step| 20_000 + u16::try_from((chance % 12_000 + step) % 12_000).unwrap());
    let mut free = ports.filter(|port| std::net::TcpListener::bind(("127.0.0.1", *port)).is_ok());
    free.next().expect("one of a thousand ports is free")
}

/// Runs a script of `tests/peers`, and gives what it prints.
pub fn script(name: &str, words: &[&str]) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/peers").join(name);
    // A server that lives on must not hold our pipe open: what it says goes to a file of its own, or nowhere.
    let output = Command::new(path).args(words).stderr(Stdio::inherit()).output().unwrap();
    assert!(output.status.success(), "tests/peers/{name} {words:?} failed; tests/peers/install installs what it needs");
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// A PostgreSQL of a test's own, that it may crash.
pub struct Postgres {
    folder: tempfile::TempDir,
    /// Of its database `postgres`.
    pub url: String,
}

impl Postgres {
    /// Makes and starts it.
    pub fn start() -> Self {
        let folder = folder("postgres");
        let url = script("postgres", &["start", &place(&folder)]);
        Self { folder, url }
    }

    /// Stops it at once, as a power cut would, and starts it again.
    pub fn crash(&self) {
        script("postgres", &["crash", &place(&self.folder)]);
        script("postgres", &["again", &place(&self.folder)]);
    }

    /// Stops it at once. [`Postgres::again`] starts it again.
    pub fn go_away(&self) {
        script("postgres", &["crash", &place(&self.folder)]);
    }

    /// Starts it again.
    pub fn again(&self) {
        script("postgres", &["again", &place(&self.folder)]);
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        script("postgres", &["stop", &place(&self.folder)]);
        clear(&self.folder);
    }
}

/// A new database on the PostgreSQL that `tests/run` started; `None` where there is none.
pub fn new_database() -> Option<String> {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let server = std::env::var("BREVBRO_TEST_POSTGRES").ok()?;
    let name = format!("box_{}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
    let made = Command::new("psql").args(["-qX", &server, "-c", &format!("CREATE DATABASE {name}")]).status().unwrap();
    assert!(made.success(), "psql could not make a database");
    let (base, _) = server.rsplit_once('/').unwrap();
    Some(format!("{base}/{name}"))
}

/// An office's mail server: Postfix with STARTTLS before Dovecot. Every address at `hel.example` is one mailbox.
pub struct OfficeServer {
    folder: tempfile::TempDir,
    /// Postfix's.
    pub smtp_port: u16,
    imaps_port: u16,
}

impl OfficeServer {
    /// Starts both, with a certificate of the tests' authority.
    pub fn start() -> Self {
        let folder = folder("office");
        certificate::write(folder.path());
        let (certificate, key) = (place_below(&folder, "server.pem"), place_below(&folder, "server.key"));
        let (certificate, key) = (certificate.as_str(), key.as_str());
        let (dovecot, postfix) = (folder.path().join("dovecot"), folder.path().join("postfix"));
        let imaps = script("dovecot", &["start", dovecot.to_str().unwrap(), certificate, key]);
        let lines = [
            "smtpd_tls_security_level = encrypt".to_owned(),
            format!("smtpd_tls_cert_file = {certificate}"),
            format!("smtpd_tls_key_file = {key}"),
        ];
        let socket = dovecot.join("lmtp");
        let mut words = vec!["start", postfix.to_str().unwrap(), socket.to_str().unwrap()];
        words.extend(lines.iter().map(String::as_str));
        let smtp = script("postfix", &words);
        Self { folder, smtp_port: smtp.parse().unwrap(), imaps_port: imaps.parse().unwrap() }
    }

    /// The files of [`certificate::write`].
    pub fn certificates(&self) -> &Path {
        self.folder.path()
    }

    /// Its one mailbox.
    pub fn mailbox(&self) -> Mailbox {
        Mailbox { port: self.imaps_port, ca: self.folder.path().join("ca.pem") }
    }

    /// Postfix's log, for a failure's report.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("postfix/log")).unwrap_or_default()
    }
}

impl Drop for OfficeServer {
    fn drop(&mut self) {
        for name in ["postfix", "dovecot"] {
            script(name, &["stop", &place_below(&self.folder, name)]);
        }
        clear(&self.folder);
    }
}

/// A Postfix that hands on what it is given.
pub struct Relay {
    folder: tempfile::TempDir,
    /// In clear, for this machine.
    pub smtp_port: u16,
}

impl Relay {
    /// Starts it with these lines of main.cf.
    pub fn start(lines: &[String]) -> Self {
        let folder = folder("relay");
        let place = place(&folder);
        let mut words = vec!["start", &place, "maildir"];
        words.extend(lines.iter().map(String::as_str));
        let smtp = script("postfix", &words);
        Self { smtp_port: smtp.parse().unwrap(), folder }
    }

    /// What became of what.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        script("postfix", &["stop", &place(&self.folder)]);
        clear(&self.folder);
    }
}

/// Some files in it are root's or the server's own: they go first, so that the rest can.
pub fn clear(folder: &tempfile::TempDir) {
    let path = folder.path().to_str().unwrap();
    let program = if is_root() { ["rm", "-rf"].as_slice() } else { ["sudo", "-n", "rm", "-rf"].as_slice() };
    let _ = Command::new(program[0]).args(&program[1..]).arg(path).status();
}

/// Whether this process may do what only root may.
pub fn is_root() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout == b"0\n")
}

fn place(folder: &tempfile::TempDir) -> String {
    folder.path().to_str().unwrap().to_owned()
}

fn place_below(folder: &tempfile::TempDir, name: &str) -> String {
    folder.path().join(name).to_str().unwrap().to_owned()
}
