//! Certificates from an authority that really looks: pebble, with its own DNS, on loopback.

mod support;

use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use support::gateway::{Gateway, Setup, said};
use support::tls::{self, line, shown};
use support::{certificate, peers};

const NAME: &str = "mail1.konto.example";
/// A customer of the authority, and the key in base64url.
const KNOWN: (&str, &str) = ("kid-1", "zWNDZM6eQGHWpSRTPal5eIUYFTu7EajVIoguysqZ9wG44nMEtx3MUAsUDkMTQ12W");

/// The authority and its DNS, in which every name is this machine's.
struct Authority {
    folder: tempfile::TempDir,
    port: u16,
    management: u16,
    /// Where it looks for our answers.
    http: u16,
    children: Vec<Child>,
}

impl Authority {
    /// Its certificates live this long.
    fn start(life: Duration) -> Self {
        Self::with(life, false)
    }

    /// `known`: it takes those alone that it knows beforehand, with [`KNOWN`].
    fn with(life: Duration, known: bool) -> Self {
        let folder = peers::folder("pebble");
        certificate::write(folder.path());
        let [port, management, http, dns, dns_management] = [(); 5].map(|()| peers::free_port());
        let config = serde_json::json!({ "pebble": {
            "listenAddress": format!("127.0.0.1:{port}"),
            "managementListenAddress": format!("127.0.0.1:{management}"),
            "certificate": folder.path().join("server.pem"),
            "privateKey": folder.path().join("server.key"),
            "httpPort": http,
            "tlsPort": 1,
            "ocspResponderURL": "",
            "externalAccountBindingRequired": known,
            "externalAccountMACKeys": { (KNOWN.0): KNOWN.1 },
            "certificateValidityPeriod": life.as_secs(),
        }});
        fs::write(folder.path().join("pebble.json"), config.to_string()).unwrap();
        let log = fs::File::create(folder.path().join("log")).unwrap();
        let child = |program: &str, words: &[String]| {
            let mut command = Command::new(program);
            command.args(words).env("PEBBLE_VA_NOSLEEP", "1").stdin(Stdio::null());
            command.stdout(log.try_clone().unwrap()).stderr(log.try_clone().unwrap());
            command.spawn().unwrap_or_else(|error| panic!("{program}: {error}; tests/peers/install pebble"))
        };
        let word = str::to_owned;
        let dns_words = [
            ["-dns01", &format!("127.0.0.1:{dns}")],
            ["-management", &format!("127.0.0.1:{dns_management}")],
            ["-defaultIPv6", ""],
            ["-http01", ""],
            ["-https01", ""],
            ["-tlsalpn01", ""],
        ]
        .concat()
        .into_iter()
        .map(word)
        .collect::<Vec<_>>();
        let config = folder.path().join("pebble.json").display().to_string();
        let children = vec![
            child("pebble-challtestsrv", &dns_words),
            child("pebble", &[word("-config"), config, word("-dnsserver"), format!("127.0.0.1:{dns}")]),
        ];
        let authority = Self { folder, port, management, http, children };
        let end = Instant::now() + Duration::from_secs(30);
        while authority.root().is_none() {
            assert!(Instant::now() < end, "{}", authority.log());
            std::thread::sleep(Duration::from_millis(50));
        }
        authority
    }

    fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }

    /// The file with the root of what it gives; a new one at each start.
    fn root(&self) -> Option<PathBuf> {
        let url = format!("https://localhost:{}/roots/0", self.management);
        let file = self.folder.path().join("root.pem");
        let got = Command::new("curl").args(["-sfk", "--noproxy", "*", "-o"]).arg(&file).arg(url).status().unwrap();
        got.success().then_some(file)
    }

    /// A gateway whose certificates come from here.
    fn gateway(&self) -> Gateway {
        let gateway = Gateway::prepare(Setup::default());
        fs::copy(self.folder.path().join("ca.pem"), gateway.path("authority.pem")).unwrap();
        edit(&gateway, |text| {
            let text = text.replace("certificate = \"server.pem\"\nkey = \"server.key\"\n", "certificate = \"acme\"\n");
            let acme = format!(
                "[acme]\ndirectory = \"https://localhost:{}/dir\"\ncontact = [\"admin@konto.example\"]\n\
                 address = \"127.0.0.1:{}\"\nca_file = \"authority.pem\"\n",
                self.port, self.http
            );
            text + "\n" + &acme
        });
        let applied = gateway.run(&["apply", &gateway.path("offices.toml")]);
        assert!(applied.status.success(), "{}", said(&applied));
        gateway
    }
}

impl Drop for Authority {
    fn drop(&mut self) {
        for child in &mut self.children {
            let _ = child.kill();
            let _ = child.wait();
        }
        if std::thread::panicking() {
            let log = self.log();
            eprintln!("pebble's log ends:\n{}", log.lines().rev().take(40).collect::<Vec<_>>().join("\n"));
        }
    }
}

fn edit(gateway: &Gateway, change: impl FnOnce(String) -> String) {
    let file = gateway.path("brevbro.toml");
    fs::write(&file, change(fs::read_to_string(&file).unwrap())).unwrap();
}

#[track_caller]
fn until(what: &str, gateway: &Gateway, mut done: impl FnMut() -> bool) {
    let end = Instant::now() + Duration::from_secs(60);
    while !done() {
        assert!(Instant::now() < end, "{what}: not within a minute\n{}", gateway.log());
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn certificate_shown(gateway: &Gateway, name: &str, root: &Path) -> Option<Vec<u8>> {
    tls::connect(gateway.smtps_port, name, root).ok().map(|session| shown(&session))
}

#[test]
fn a_first_certificate_and_one_that_is_refused() {
    let authority = Authority::start(Duration::from_hours(24 * 90));
    let root = authority.root().unwrap();
    let mut gateway = authority.gateway();
    let checked = gateway.run(&["check"]);
    assert!(checked.status.success(), "{}", said(&checked));
    assert!(said(&checked).contains("no certificate has been given yet"), "{}", said(&checked));

    gateway.serve();
    until("a certificate", &gateway, || certificate_shown(&gateway, NAME, &root).is_some());
    let first = certificate_shown(&gateway, NAME, &root).unwrap();
    assert!(gateway.log().contains("one of our own making is shown until then"));
    for name in ["certificate.pem", "account.json", "interim.pem"] {
        let mode = fs::metadata(gateway.path(&format!("data/acme/{name}"))).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
    let events = said(&gateway.run(&["trace", "certificate"]));
    assert!(events.contains("certificate=renewed"), "{events}");
    let checked = gateway.run(&["check", "--running"]);
    assert!(checked.status.success() && !said(&checked).contains("given yet"), "{}", said(&checked));

    // A restart asks for nothing.
    let orders = |authority: &Authority| authority.log().matches("POST /order-plz").count();
    let before = orders(&authority);
    assert!(before > 0);
    assert!(gateway.stop().success());
    gateway.serve();
    assert_eq!(certificate_shown(&gateway, NAME, &root), Some(first.clone()));
    assert_eq!(orders(&authority), before);

    // Another name is wanted, and the authority finds nobody where it looks.
    let elsewhere = peers::free_port();
    edit(&gateway, |text| {
        text.replace(&format!("127.0.0.1:{}", authority.http), &format!("127.0.0.1:{elsewhere}"))
            + "names = [\"mail1.konto.example\", \"mail2.konto.example\"]\n"
    });
    let reloaded = gateway.run(&["reload"]);
    assert!(reloaded.status.success(), "{}", said(&reloaded));
    until("a failure", &gateway, || gateway.log().contains("no certificate was given; the one before stays"));
    assert_eq!(certificate_shown(&gateway, NAME, &root), Some(first.clone()));
    until("an event", &gateway, || said(&gateway.run(&["trace", "certificate"])).contains("certificate=not-renewed"));

    // Mended: a reload tries again at once, with the account that is there.
    edit(&gateway, |text| text.replace(&elsewhere.to_string(), &authority.http.to_string()));
    let reloaded = gateway.run(&["reload"]);
    assert!(reloaded.status.success(), "{}", said(&reloaded));
    until("both names", &gateway, || certificate_shown(&gateway, "mail2.konto.example", &root).is_some());
    assert_ne!(certificate_shown(&gateway, NAME, &root), Some(first));
    assert_eq!(gateway.log().matches("an account was made").count(), 1);
    assert!(gateway.stop().success());
}

#[test]
fn renewed_in_time_under_an_open_session_and_kept_without_the_authority() {
    let mut authority = Authority::start(Duration::from_secs(12));
    let root = authority.root().unwrap();
    let mut gateway = authority.gateway();
    gateway.serve();
    until("a certificate", &gateway, || certificate_shown(&gateway, NAME, &root).is_some());
    let first = certificate_shown(&gateway, NAME, &root).unwrap();
    let mut old = tls::connect(gateway.smtps_port, NAME, &root).unwrap();
    until("another", &gateway, || certificate_shown(&gateway, NAME, &root).is_some_and(|now| now != first));
    old.get_mut().write_all(b"NOOP\r\n").unwrap();
    assert!(line(&mut old).unwrap().starts_with("250 "));

    // The authority is gone: what is there is shown to its end, and the log says so.
    for child in &mut authority.children {
        child.kill().unwrap();
        child.wait().unwrap();
    }
    until("a failure", &gateway, || gateway.log().contains("no certificate was given; the one before stays"));
    let lasting = fs::read(gateway.path("data/acme/certificate.pem")).unwrap();
    assert!(gateway.run(&["reload"]).status.success());
    assert_eq!(fs::read(gateway.path("data/acme/certificate.pem")).unwrap(), lasting);
    assert!(gateway.log().contains("the certificate ends soon") || gateway.log().contains("has ended"));
    assert!(gateway.stop().success());
}

#[test]
fn through_the_portal_as_a_known_customer() {
    let authority = Authority::with(Duration::from_hours(24), true);
    let root = authority.root().unwrap();
    let mut gateway = authority.gateway();
    // What a web server before it would pass on is looked for at the portal itself.
    edit(&gateway, |text| {
        text.replace(&format!("address = \"127.0.0.1:{}\"\nca_file", authority.http), "ca_file")
            .replace(&gateway.http_port.to_string(), &authority.http.to_string())
    });
    gateway.serve();
    until("a refusal", &gateway, || gateway.log().contains("externalAccountBinding"));
    certificate::private(&gateway.folder().join("acme.key"), KNOWN.1.as_bytes());
    edit(&gateway, |text| text + "external_account = \"kid-1\"\nexternal_account_key_file = \"acme.key\"\n");
    let reloaded = gateway.run(&["reload"]);
    assert!(reloaded.status.success(), "{}", said(&reloaded));
    until("a certificate", &gateway, || certificate_shown(&gateway, NAME, &root).is_some());
    assert!(gateway.stop().success());
}
