//! Real mail servers and programs as clients, over TLS, with the office's certificate and without: the certificate alone
//! proves the office, and decides what is answered.

mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use support::certificate;
use support::gateway::{Gateway, Setup, file, said};
use support::peers;

const FROM: &str = "clerk@hel.example";
const TO: &str = "anna.virtanen@konto.example";

/// An office's client certificate, and a gateway at which it alone proves the office.
struct World {
    gateway: Gateway,
    certificate: PathBuf,
    key: PathBuf,
}

impl World {
    fn new() -> Self {
        let mut gateway = Gateway::prepare(Setup { tls: "required", ..Setup::default() });
        let folder = gateway.folder().to_owned();
        let key = rcgen::KeyPair::generate().unwrap();
        let own =
            rcgen::CertificateParams::new(vec!["mail.hel.example".to_owned()]).unwrap().self_signed(&key).unwrap();
        let certificate = file(&folder, "client.pem", own.pem().as_bytes());
        let key_file = folder.join("client.key");
        certificate::private(&key_file, key.serialize_pem().as_bytes());
        let offices = fs::read_to_string(folder.join("offices.toml")).unwrap();
        let fingerprint = support::hash::sha256(own.der());
        let proof = format!("trust = [\"client-certificate\"]\ncertificates = [\"sha256:{fingerprint}\"]");
        fs::write(folder.join("offices.toml"), offices.replace("trust = [\"network\"]", &proof)).unwrap();
        let applied = gateway.run(&["apply", &gateway.path("offices.toml")]);
        assert!(applied.status.success(), "{}", said(&applied));
        gateway.serve();
        Self { gateway, certificate, key: key_file }
    }

    /// Lets the client send a letter, once with the certificate and once without; it says whether it was taken, and what
    /// it was told.
    fn plays(&self, name: &str, send: impl Fn(&Letter<'_>) -> (bool, String)) {
        for with in [true, false] {
            let before = self.gateway.api("anna").inbox().len();
            let text = format!(
                "From: {FROM}\nTo: {TO}\nSubject: {name}\nDate: Mon, 23 Nov 2026 10:00:00 +0200\n\
                 Message-ID: <{name}.{with}@hel.example>\n\nHej Anna,\n.\nmed en ensam punkt.\n"
            );
            let path = file(self.gateway.folder(), &format!("{name}.eml"), text.as_bytes());
            let client = with.then_some((self.certificate.as_path(), self.key.as_path()));
            let letter = Letter { gateway: &self.gateway, path: &path, text: &text, client };
            let (taken, told) = send(&letter);
            assert_eq!(taken, with, "{name}, certificate: {with}: {told}");
            let inbox = self.gateway.api("anna").inbox();
            assert_eq!(inbox.len(), before + usize::from(with), "{name}: {told}");
            if with {
                assert_eq!(inbox[0]["subject"], name);
                let record = self.gateway.api("anna").get(&format!("messages/{}", inbox[0]["id"].as_str().unwrap()));
                assert_eq!(record.json()["text"], "Hej Anna,\n.\nmed en ensam punkt.", "{name}");
            } else {
                assert!(told.contains("5.7.1"), "{name}: {told}");
            }
        }
    }
}

struct Letter<'a> {
    gateway: &'a Gateway,
    path: &'a Path,
    text: &'a str,
    client: Option<(&'a Path, &'a Path)>,
}

impl Letter<'_> {
    fn ca(&self) -> String {
        self.gateway.path("ca.pem")
    }

    /// The client's words, with those that show its certificate.
    fn words(&self, certificate: &str, key: &str) -> Vec<String> {
        let both = |(file, own): (&Path, &Path)| {
            [format!("{certificate}{}", file.display()), format!("{key}{}", own.display())]
        };
        self.client.map(both).into_iter().flatten().collect()
    }
}

fn ended(output: &Output) -> (bool, String) {
    (output.status.success(), said(output))
}

#[test]
fn smtplib() {
    const PROGRAM: &str = r"
import smtplib, ssl, sys
port, ca, sender, to, path = sys.argv[1:6]
context = ssl.create_default_context(cafile=ca)
if len(sys.argv) > 6:
    context.load_cert_chain(*sys.argv[6:8])
with smtplib.SMTP('localhost', int(port)) as server:
    server.starttls(context=context)
    server.sendmail(sender, [to], open(path).read())
";
    World::new().plays("smtplib", |letter| {
        let mut command = Command::new("python3");
        command.args(["-c", PROGRAM, &letter.gateway.smtp_port.to_string(), &letter.ca(), FROM, TO]);
        ended(&command.arg(letter.path).args(letter.words("", "")).output().unwrap())
    });
}

#[test]
fn msmtp() {
    World::new().plays("msmtp", |letter| {
        let settings = format!(
            "account default\nhost localhost\nport {}\nfrom {FROM}\ntls on\ntls_starttls on\ntls_trust_file {}\n{}\n",
            letter.gateway.smtp_port,
            letter.ca(),
            letter.words("tls_cert_file ", "tls_key_file ").join("\n"),
        );
        let settings_file = letter.gateway.folder().join("msmtprc");
        certificate::private(&settings_file, settings.as_bytes());
        let input = fs::File::open(letter.path).unwrap();
        let mut command = Command::new("msmtp");
        ended(&command.arg("-C").arg(settings_file).args(["--", TO]).stdin(input).output().unwrap())
    });
}

#[test]
fn exim() {
    World::new().plays("exim", |letter| {
        let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/peers/exim");
        let folder = peers::folder("exim");
        let mut command = Command::new(program);
        command.arg("send").arg(folder.path()).arg(letter.gateway.smtp_port.to_string()).args([FROM, TO]);
        let ended = ended(&command.arg(letter.path).arg(letter.ca()).args(letter.words("", "")).output().unwrap());
        peers::clear(&folder);
        ended
    });
}

#[test]
fn postfix() {
    World::new().plays("postfix", |letter| {
        let lines = [
            "virtual_mailbox_domains =".to_owned(),
            format!("relayhost = [localhost]:{}", letter.gateway.smtp_port),
            "smtp_host_lookup = native".to_owned(),
            "smtp_tls_security_level = verify".to_owned(),
            "smtp_tls_verify_cert_match = nexthop".to_owned(),
            format!("smtp_tls_CAfile = {}", letter.ca()),
        ];
        let office =
            peers::Relay::start(&[&lines[..], &letter.words("smtp_tls_cert_file = ", "smtp_tls_key_file = ")].concat());
        let sent = support::clerk::submit(office.smtp_port, FROM, TO, letter.text);
        assert!(sent.status.success(), "{}", said(&sent));
        let end = Instant::now() + Duration::from_secs(30);
        loop {
            let log = office.log();
            match (log.contains("status=sent"), log.contains("status=bounced")) {
                (false, false) => assert!(Instant::now() < end, "Postfix does not end: {log}"),
                (sent, _) => return (sent, log),
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    });
}
