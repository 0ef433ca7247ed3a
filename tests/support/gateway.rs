//! The real binary, with its configuration, certificates, database and log in a folder of its own.

use std::fmt::Write as _;
use std::fs::{self, File, OpenOptions};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::time::{Duration, Instant};

use super::api::Api;
use super::{certificate, peers};

/// The program under test.
pub const BINARY: &str = env!("CARGO_BIN_EXE_brevbro");

/// What a gateway is started with.
#[derive(Debug, Clone)]
pub struct Setup {
    /// Where the office takes replies, as in `relay.to`.
    pub relay: String,
    /// `verified`, or `clear` for a sink.
    pub relay_tls: &'static str,
    /// `required` or `optional`, for what the office sends.
    pub tls: &'static str,
    /// A database's URL; `None`: SQLite in the folder.
    pub database: Option<String>,
    /// Where mail is kept; `None`: in the folder.
    pub data: Option<PathBuf>,
    /// A folder with the files of `certificate::write`; `None`: new ones.
    pub certificates: Option<PathBuf>,
    /// `MAIL__MAX_MESSAGE` and its like: put over the file as `BREVBRO__…`.
    pub over: Vec<(&'static str, String)>,
}

impl Default for Setup {
    /// Replies go nowhere (port 9, discard), the office writes in clear if it likes.
    fn default() -> Self {
        Self {
            relay: "smtp://127.0.0.1:9".to_owned(),
            relay_tls: "clear",
            tls: "optional",
            database: None,
            data: None,
            certificates: None,
            over: Vec::new(),
        }
    }
}

/// A gateway that runs, or was stopped and can be started again.
pub struct Gateway {
    folder: tempfile::TempDir,
    setup: Setup,
    child: Option<Child>,
    /// STARTTLS.
    pub smtp_port: u16,
    /// TLS from the start.
    pub smtps_port: u16,
    /// Portal and API.
    pub http_port: u16,
    /// Health and metrics.
    pub metrics_port: u16,
}

impl Gateway {
    /// Writes the files, applies the offices, starts the server, and waits until it is ready.
    pub fn start(setup: Setup) -> Self {
        let mut gateway = Self::prepare(setup);
        let applied = gateway.run(&["apply", &gateway.path("offices.toml")]);
        assert!(applied.status.success(), "apply: {}", said(&applied));
        gateway.serve();
        gateway
    }

    /// Writes the files and starts nothing.
    pub fn prepare(setup: Setup) -> Self {
        let folder = peers::folder("gateway");
        match &setup.certificates {
            Some(from) => certificate::copy(from, folder.path()),
            None => certificate::write(folder.path()),
        }
        certificate::private(&folder.path().join("brevbro.key"), &[7; 32]);
        let gateway = Self {
            folder,
            setup,
            child: None,
            smtp_port: peers::free_port(),
            smtps_port: peers::free_port(),
            http_port: peers::free_port(),
            metrics_port: peers::free_port(),
        };
        fs::write(gateway.path("brevbro.toml"), gateway.config()).unwrap();
        fs::write(gateway.path("offices.toml"), gateway.offices()).unwrap();
        gateway
    }

    /// The whole of a file in the folder.
    pub fn path(&self, name: &str) -> String {
        self.folder.path().join(name).to_str().unwrap().to_owned()
    }

    /// The folder: certificates lie in it.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    fn config(&self) -> String {
        let mut text = format!(
            r#"[node]
name = "mail1.konto.example"
key_file = "brevbro.key"
data = "{data}"

[mail]
domains = ["konto.example"]
identity_domains = {{ "hetu.konto.example" = "hetu" }}

[[listener]]
address = "127.0.0.1:{smtp}"
certificate = "server.pem"
key = "server.key"

[[listener]]
address = "127.0.0.1:{smtps}"
tls = "implicit"
certificate = "server.pem"
key = "server.key"

# The tests' clerks write faster than people.
[limits]
messages_per_office = 1000000000
messages_per_pair = 1000000000

[portal]
address = "127.0.0.1:{http}"

[metrics]
address = "127.0.0.1:{metrics}"

# Nobody is there: nothing that a test does asks anything beyond this machine.
[resolver]
nameservers = ["127.0.0.1:9"]

[relay]
ca_file = "ca.pem"
notices = {{ to = "{relay}", tls = "{tls}" }}
schedule = {{ first = "1 s", longest = "2 s" }}
"#,
            data = self.setup.data.clone().unwrap_or_else(|| "data".into()).display(),
            smtp = self.smtp_port,
            smtps = self.smtps_port,
            http = self.http_port,
            metrics = self.metrics_port,
            relay = self.setup.relay,
            tls = self.setup.relay_tls,
        );
        if let Some(url) = &self.setup.database {
            let _ = write!(text, "\n[database]\nurl = \"{url}\"\n");
        }
        text
    }

    fn offices(&self) -> String {
        let Setup { relay, relay_tls, tls, .. } = &self.setup;
        format!(
            r#"[[office]]
id = "hel-social"
name = {{ sv = "Helsingfors socialtjänst", fi = "Helsingin sosiaalipalvelut", en = "Helsinki Social Services" }}
language = "sv"
senders = ["hel.example"]
trust = ["network"]
networks = ["127.0.0.0/8"]
tls = "{tls}"
replies = "allowed"
kind = "message"
reply_routes = ["sender"]
relay = {{ to = "{relay}", tls = "{relay_tls}" }}

[[account]]
id = "anna"
identity = "hetu:131052-308T"
name = "Anna Virtanen"
state = "active"
aliases = ["anna.virtanen@konto.example"]
language = "sv"

[[account]]
id = "carla"
name = "Carla Nyman"
state = "active"
aliases = ["carla.nyman@konto.example"]
language = "fi"

[[account]]
id = "berit"
name = "Berit Nyman"
state = "waiting"
aliases = ["berit.nyman@konto.example"]
language = "sv"

[[account]]
id = "carl"
name = "Carl Lindqvist"
state = "closed"
aliases = ["carl.lindqvist@konto.example"]
language = "sv"
"#
        )
    }

    /// Runs a command of the binary to its end.
    pub fn run(&self, words: &[&str]) -> Output {
        self.command(words).output().unwrap()
    }

    fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(BINARY);
        command.args(words).args(["--config", &self.path("brevbro.toml")]).current_dir(self.folder.path());
        command.envs(self.setup.over.iter().map(|(key, value)| (format!("BREVBRO__{key}"), value)));
        command
    }

    /// Starts the server, and waits until it is ready.
    pub fn serve(&mut self) {
        self.spawn();
        let end = Instant::now() + Duration::from_secs(30);
        while !self.is_ready() {
            if let Some(status) = self.child.as_mut().and_then(|child| child.try_wait().unwrap()) {
                panic!("the gateway ended with {status}:\n{}", self.log());
            }
            assert!(Instant::now() < end, "the gateway does not get ready:\n{}", self.log());
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Starts the server, and does not wait.
    pub fn spawn(&mut self) {
        let log = OpenOptions::new().create(true).append(true).open(self.path("log")).unwrap();
        let spawned =
            self.command(&["serve"]).stdout(log.try_clone().unwrap()).stderr(log).stdin(Stdio::null()).spawn();
        self.child = Some(spawned.unwrap());
    }

    fn is_ready(&self) -> bool {
        use std::io::{Read, Write};
        let ask = || -> std::io::Result<bool> {
            let mut stream = TcpStream::connect(("127.0.0.1", self.metrics_port))?;
            stream.set_read_timeout(Some(Duration::from_secs(5)))?;
            stream.write_all(b"GET /health/ready HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
            let mut answer = [0; 12];
            stream.read_exact(&mut answer)?;
            Ok(answer.ends_with(b"200"))
        };
        ask().unwrap_or(false)
    }

    /// The process, while it runs.
    pub fn pid(&self) -> u32 {
        self.child.as_ref().expect("it runs").id()
    }

    /// Ends it at once, as a power cut would, but for what the kernel already has.
    pub fn kill9(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }

    /// Asks it to stop, and waits.
    pub fn stop(&mut self) -> ExitStatus {
        let mut child = self.child.take().expect("it runs");
        let told = Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap();
        assert!(told.success());
        let end = Instant::now() + Duration::from_secs(60);
        loop {
            if let Some(status) = child.try_wait().unwrap() {
                return status;
            }
            assert!(Instant::now() < end, "it does not stop:\n{}", self.log());
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// What it logged since the folder was made.
    pub fn log(&self) -> String {
        fs::read_to_string(self.path("log")).unwrap_or_default()
    }

    /// The API as this account.
    pub fn api(&self, account: &str) -> Api {
        let made = self.run(&["token", "create", "--account", account]);
        assert!(made.status.success(), "token create: {}", said(&made));
        let printed = String::from_utf8(made.stdout).unwrap();
        let token = printed.split_whitespace().last().expect("a token").to_owned();
        Api { base: format!("http://127.0.0.1:{}", self.http_port), token }
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        self.kill9();
        if std::thread::panicking() {
            let log = self.log();
            let from = log.len().saturating_sub(8000);
            let from = (from..log.len()).find(|at| log.is_char_boundary(*at)).unwrap_or(log.len());
            eprintln!("the gateway's log ends:\n{}", &log[from..]);
        }
    }
}

/// What a person would have read.
pub fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// A file with these octets in the folder.
pub fn file(folder: &Path, name: &str, octets: &[u8]) -> PathBuf {
    let path = folder.join(name);
    File::create(&path).and_then(|mut file| std::io::Write::write_all(&mut file, octets)).unwrap();
    path
}
