//! The commands as a person meets them: the binary is run, and what it prints and how it ends is compared.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};

use rcgen::{CertificateParams, KeyPair, date_time_ymd};
use tempfile::TempDir;

/// What a command printed, and its exit code.
struct Ran {
    out: String,
    err: String,
    code: i32,
}

/// A folder with all that a gateway needs, on ports that the system chooses.
struct Installation(TempDir);

const CONFIG: &str = r#"[node]
name = "mail1.konto.example"
key_file = "brevbro.key"
data = "data"

[mail]
domains = ["konto.example"]
identity_domains = { "hetu.konto.example" = "hetu" }

[[listener]]
address = "127.0.0.1:0"
certificate = "certificate.pem"
key = "certificate.key"

[portal]
address = "127.0.0.1:0"
url = "https://post.konto.example"

[metrics]
address = "127.0.0.1:0"

[relay]
ca_file = "certificate.pem"
"#;

impl Installation {
    fn new() -> Self {
        let here = Self(tempfile::tempdir().unwrap());
        here.put("brevbro.toml", CONFIG);
        here.put("brevbro.key", "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=\n");
        let (certificate, key) = certificate("mail1.konto.example", 2100);
        here.put("certificate.pem", &certificate);
        here.put("certificate.key", &key);
        here
    }

    fn put(&self, name: &str, content: &str) {
        let path = self.0.path().join(name);
        fs::write(&path, content).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    }

    fn change(&self, from: &str, to: &str) {
        assert!(CONFIG.contains(from), "{from}");
        self.put("brevbro.toml", &CONFIG.replace(from, to));
    }

    fn run(&self, arguments: &str) -> Ran {
        let mut command = Command::new(env!("CARGO_BIN_EXE_brevbro"));
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("BREVBRO")) {
            command.env_remove(name);
        }
        command.current_dir(self.0.path()).env("BREVBRO_CONFIG", "brevbro.toml").stdin(Stdio::null());
        let done = command.args(arguments.split_whitespace()).output().unwrap();
        let text = |octets| String::from_utf8(octets).unwrap();
        Ran { out: text(done.stdout), err: text(done.stderr), code: done.status.code().unwrap() }
    }

    fn enrolled() -> Self {
        let here = Self::new();
        let offices = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("config/offices.toml")).unwrap();
        here.put("offices.toml", &offices);
        let ran = here.run("apply offices.toml");
        assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
        here
    }
}

fn certificate(name: &str, until: i32) -> (String, String) {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new([name.to_owned()]).unwrap();
    params.not_before = date_time_ymd(2020, 1, 1);
    params.not_after = date_time_ymd(until, 1, 1);
    (params.self_signed(&key).unwrap().pem(), key.serialize_pem())
}

#[test]
fn check_of_what_is_good() {
    let here = Installation::enrolled();
    let ran = here.run("check");
    let looked = "configuration, certificates, folders, ports, database, offices, scanner";
    let note = "note: brevbro.toml: scanner.clamd: nothing is scanned for malware\n    install clamav-daemon, and set \
                clamd = [\"unix:/run/clamav/clamd.ctl\"]\n";
    assert_eq!(ran.out, format!("{note}brevbro.toml is good. Looked at: {looked}.\n"));
    assert_eq!((ran.err.as_str(), ran.code), ("", 0));
    let ran = here.run("check --json");
    let json: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!((json["faults"].as_array().unwrap().len(), json["checked"][4].as_str()), (0, Some("database")));
}

#[test]
fn check_changes_nothing() {
    let here = Installation::new();
    let ran = here.run("check");
    assert!(ran.out.starts_with("note: brevbro.toml: database.url: sqlite:data/brevbro.sqlite holds nothing yet"));
    assert_eq!(ran.code, 0);
    assert!(!here.0.path().join("data").exists());
}

#[test]
fn check_of_all_that_can_be_wrong_at_once() {
    let here = Installation::new();
    let (expired, _) = certificate("other.example", 2021);
    here.put("certificate.pem", &expired);
    here.put("data", "a file where a folder should be");
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    here.put(
        "brevbro.toml",
        &(CONFIG.replace("127.0.0.1:0\"\nurl", &format!("127.0.0.1:{port}\"\nurl")) + "colour = 1\n"),
    );
    let ran = here.run("check");
    let expected = "\
note: brevbro.toml: database.url: sqlite:data/brevbro.sqlite holds nothing yet: it is made at the first start
    enrol an office: brevbro apply config/offices.toml
note: brevbro.toml: scanner.clamd: nothing is scanned for malware
    install clamav-daemon, and set clamd = [\"unix:/run/clamav/clamd.ctl\"]
brevbro.toml:24:1: relay.colour: there is no such key
    known here: hostname, notices, ca_file, certificate, key, connections, connections_per_host, schedule, timeouts
brevbro.toml: listener[0].certificate: certificate.pem ended on 2021-01-01
    renew it, and see that what renews it runs
brevbro.toml: listener[0].certificate: certificate.pem is for other.example, not for mail1.konto.example
    get a certificate for node.name, or set node.name to a name that it has
brevbro.toml: listener[0].key: certificate.key is not the key of certificate.pem
    name the key with which the certificate was asked for
brevbro.toml: node.data: data cannot be written in: data is a file
    name another folder, or move the file away
brevbro.toml: portal.address: 127.0.0.1:PORT is in use
    `ss -ltnp sport = :PORT` shows by whom; if it is this gateway, check --running
6 faults. Looked at: configuration, certificates, folders, ports, database, scanner.
";
    assert_eq!(ran.out.replace(&port.to_string(), "PORT"), expected);
    assert_eq!(ran.code, 1);
    assert_eq!(here.run("check --running").out.matches("in use").count(), 0);
}

#[test]
fn check_of_keys() {
    let here = Installation::new();
    here.put("certificate.key", "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n");
    assert!(here.run("check").out.contains("certificate.key holds a private key with a passphrase\n"));
    here.put("certificate.key", "no key");
    assert!(here.run("check").out.contains("certificate.key holds no private key\n"));
    here.put("certificate.pem", "no certificate");
    assert!(here.run("check").out.contains("listener[0].certificate: certificate.pem holds no certificate\n"));
}

#[test]
fn a_database_of_a_newer_version() {
    let here = Installation::enrolled();
    let url = format!("sqlite:{}", here.0.path().join("data/brevbro.sqlite").display());
    let newer = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
                 VALUES (9999, 'later', TRUE, x'00', 0)";
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        use sqlx::{Connection, Executor};
        let mut connection = sqlx::SqliteConnection::connect(&url).await.unwrap();
        connection.execute(newer).await.unwrap();
        connection.close().await.unwrap();
    });
    let ran = here.run("check");
    let words = "database.url: sqlite:data/brevbro.sqlite: the database was written by a newer version of Brevbro";
    assert!(ran.out.contains(words), "{}", ran.out);
    assert_eq!(ran.code, 1);
    let ran = here.run("stats");
    assert!(ran.err.contains("newer version"), "{}", ran.err);
    assert_eq!((ran.out.as_str(), ran.code), ("", 1));
}

#[test]
fn a_plan_then_the_change_then_nothing() {
    let here = Installation::new();
    let offices = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("config/offices.toml")).unwrap();
    here.put("offices.toml", &offices);
    let plan = "+ office hel-social\n+ address begaran.social@konto.example\n+ account anna\n+ account mikko\n";
    let ran = here.run("apply offices.toml --dry-run");
    assert_eq!(ran.out, format!("{plan}4 changes would be made.\n"), "{}", ran.err);
    assert!(!here.0.path().join("data").exists(), "a dry run left something behind");
    assert_eq!(here.run("apply offices.toml").out, format!("{plan}4 changes made.\n"));
    assert_eq!(here.run("apply offices.toml").out, "Nothing to change.\n");

    here.put("exported.toml", &here.run("export").out);
    assert_eq!(here.run("apply exported.toml --dry-run").out, "Nothing to change.\n");
    here.put("exported.toml", &offices.replace("state = \"waiting\"", "state = \"active\""));
    let json = here.run("apply exported.toml --json").out;
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["changes"][0]["what"], "account mikko");
    assert_eq!(json["changes"][0]["keys"][0], "state");
}

#[test]
fn apply_refuses_before_it_writes() {
    let here = Installation::new();
    here.put("one.toml", "[[account]]\nid = \"anna\"\nname = \"Anna\"\naliases = [\"anna@elsewhere.example\"]\n");
    let ran = here.run("apply one.toml");
    let expected = "brevbro.toml: mail.domains: an alias of account anna is on elsewhere.example, which is not served here\n    \
                    correct the address, or add \"elsewhere.example\" to the list\n";
    assert_eq!((ran.err.as_str(), ran.code), (expected, 1));
    here.put("two.toml", "[[account]]\nid = \"anna\"\nname = \"Another\"\n");
    let ran = here.run("apply one.toml two.toml none.toml");
    assert!(
        ran.err.starts_with("two.toml:1:1: account[0] anna: id: this stands in another account already"),
        "{}",
        ran.err
    );
    assert!(ran.err.contains("none.toml: there is no file none.toml"), "{}", ran.err);
    assert!(!here.0.path().join("data").exists());
}

#[test]
fn route_test_tells_rules_and_answers() {
    let here = Installation::enrolled();
    let ran = here.run("route test --from registry@hel.example --to anna.virtanen+beslut@konto.example");
    let expected = "\
yes    hel-social: senders (MAIL FROM is one of the senders)
yes    hel-social: network (127.0.0.1 is in 127.0.0.0/8)
no     hel-social: client-certificate (no client certificate)
yes    hel-social: tls = required (TLSv1.3)

MAIL FROM: office hel-social
    250 2.1.0 Sender OK

RCPT TO: alias: account anna, kind decision, replies allowed
    250 2.1.5 Recipient OK
";
    assert_eq!((ran.out.as_str(), ran.code), (expected, 0), "{}", ran.err);

    let ran = here.run("route test --from registry@hel.example --to mikko.lehtinen@konto.example");
    assert!(ran.out.contains("\n    550 5.2.1 "), "{}", ran.out);
    assert_eq!(ran.code, 1);
    // To a stranger an address that exists is like one that does not.
    let stranger = |to: &str| here.run(&format!("route test --from x@spam.example --ip 203.0.113.9 --to {to}")).out;
    assert!(stranger("anna.virtanen@konto.example").contains("\n    550 5.7.1 "));
    assert_eq!(stranger("anna.virtanen@konto.example"), stranger("nobody@konto.example"));
    let json = here.run("route test --clear --from x@hel.example --to postmaster --json").out;
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert!(json["sender"]["answer"][0].as_str().unwrap().starts_with("530"), "{json}");
}

#[test]
fn tokens_queue_stats_and_trace() {
    let here = Installation::enrolled();
    let ran = here.run("token create --account anna");
    assert!(ran.out.starts_with("bb_") && ran.out.lines().count() == 1, "{}", ran.out);
    let ran = here.run("token create --account nobody");
    assert_eq!((ran.err.as_str(), ran.code), ("there is no account nobody\n", 1));
    assert_eq!(here.run("queue list").out, "There is nothing.\n");
    assert_eq!(here.run("queue list --json").out, "[]\n");
    let ran = here.run("queue show 01kb2qyjt8csh5k9e3vxa4m6nw");
    assert!(ran.err.contains("there is no such item") && ran.code == 1, "{}", ran.err);
    assert!(here.run("stats").out.contains("accounts          1 active, 1 waiting\n"));
    let ran = here.run("trace 01kb2qyjt8csh5k9e3vxa4m6nw");
    assert!(ran.err.contains("nothing is known of it here") && ran.code == 1, "{}", ran.err);
}

#[test]
fn parse_needs_no_installation() {
    let here = Installation(tempfile::tempdir().unwrap());
    here.put("a.eml", "From: a@hel.example\r\nSubject: [beslut] Hej\r\n\r\nText\r\n");
    let ran = here.run("parse a.eml");
    let json: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!((json["kind"].as_str(), json["subject"].as_str()), (Some("decision"), Some("Hej")));
    let ran = here.run("parse --explain a.eml");
    assert_eq!(ran.out, "0  text/plain            6  shown\n      ! date-unreadable\n");
    let ran = here.run("parse none.eml");
    assert_eq!(ran.err, "none.eml: there is no such file\n    name a message file, or - for standard input\n");
    assert_eq!(ran.code, 1);
}

#[test]
fn what_cannot_be_asked() {
    let here = Installation::new();
    let ran = here.run("stats");
    assert!(ran.err.contains("there is no database data/brevbro.sqlite yet"), "{}", ran.err);
    for usage in ["", "chek", "queue", "route test --from a@b.example", "token create", "queue list --state lost"] {
        assert_eq!(here.run(usage).code, 2, "{usage}");
    }
    assert_eq!(here.run("--help").code, 0);
    here.change("\"brevbro.key\"", "\"lost.key\"");
    let ran = here.run("stats");
    assert!(
        ran.err.starts_with("brevbro.toml:3:12: node.key_file: there is no file lost.key\n    make one: "),
        "{}",
        ran.err
    );
}
