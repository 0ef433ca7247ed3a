//! Others' vectors for SPF, DKIM and ARC (`testdata/authentication`), played over DNS against the room itself.

mod support;

use std::collections::BTreeMap;
use std::fs;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use brevbro::authentication::{Authenticator, Need, Settings};
use brevbro::domain::address::{Domain, Mailbox, ReversePath};
use brevbro::domain::authentication::{Authentication, Signature, Spf, Verdict};
use brevbro::domain::office::Peer;
use bytes::Bytes;
use hickory_server::proto::rr::{Name, Record, RecordType};
use support::dns::{self, Dns};

fn authenticator(dns: &Dns) -> Authenticator {
    let settings = Settings {
        nameservers: vec![dns.address],
        dnssec: true,
        trust_anchors: Some(dns.anchors.clone()),
        timeout: Duration::from_millis(500),
        cache: 1000,
    };
    Authenticator::new(&settings, Domain::parse("mail1.konto.example").unwrap()).unwrap()
}

fn files(kind: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/authentication").join(kind);
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

/// Records, and the tests over them as (helo, sender, address, expected).
#[derive(Default)]
struct Piece {
    name: String,
    records: BTreeMap<(Name, RecordType), Vec<Record>>,
    tests: Vec<[String; 4]>,
}

impl Piece {
    /// The pieces of a file: records that stand after tests begin a new one, and take the place of those before.
    fn all(text: &str) -> Vec<Self> {
        let (mut pieces, mut piece) = (Vec::new(), Self::default());
        let mut test: [String; 4] = Default::default();
        for line in text.lines().map(|line| line.trim().trim_start_matches("- ").trim()) {
            let Some((key, value)) = line.split_once(':') else { continue };
            let value = value.trim();
            let two = || value.split_once(' ').unwrap();
            if ["spf", "exp", "a", "aaaa", "ptr", "mx"].contains(&key) && !piece.tests.is_empty() {
                let next = Self { records: piece.records.clone(), name: piece.name.clone(), ..Self::default() };
                pieces.push(std::mem::replace(&mut piece, next));
            }
            match key {
                "name" => value.clone_into(&mut piece.name),
                "spf" | "exp" => piece.add(two().0, &[format!("TXT {}", two().1)]),
                "a" => piece.add(two().0, &list(two().1, "A")),
                "aaaa" => piece.add(two().0, &list(two().1, "AAAA")),
                "ptr" => {
                    let ip: IpAddr = two().0.parse().unwrap();
                    piece.add(&Name::from(ip).to_ascii(), &list(two().1, "PTR"));
                }
                "mx" => piece.mx(two().0, two().1),
                "domain" => value.clone_into(&mut test[0]),
                "sender" => value.clone_into(&mut test[1]),
                "ip" => value.clone_into(&mut test[2]),
                "expect" => {
                    value.split(' ').next().unwrap().clone_into(&mut test[3]);
                    piece.tests.push(test.clone());
                }
                _ => {}
            }
        }
        pieces.push(piece);
        pieces
    }

    fn add(&mut self, name: &str, data: &[String]) {
        // Names that DNS cannot hold are in the suite so that they are not found.
        if Name::from_str_relaxed(name).is_ok() {
            let records: Vec<_> = data.iter().flat_map(|data| dns::records(&format!("{name} {data}"))).collect();
            let key = (records[0].name.clone(), records[0].record_type());
            self.records.insert(key, records);
        }
    }

    /// Exchanges are given by their addresses.
    fn mx(&mut self, name: &str, ips: &str) {
        let mut exchanges = Vec::new();
        for (at, ip) in ips.split(',').map(str::trim).enumerate() {
            let host = format!("mx{at}.{name}");
            self.add(&host, &[if ip.contains(':') { format!("AAAA {ip}") } else { format!("A {ip}") }]);
            exchanges.push(format!("MX {at} {host}"));
        }
        self.add(name, &exchanges);
    }
}

fn list(values: &str, kind: &str) -> Vec<String> {
    values.split(',').map(|value| format!("{kind} {}", value.trim())).collect()
}

/// The verdict, or nothing where the address is none that SMTP lets through.
async fn spf(authenticator: &Authenticator, helo: &str, sender: &str, ip: &str) -> Option<Spf> {
    let peer = Peer { ip: ip.parse().unwrap(), helo: helo.to_owned(), tls: None, login: None };
    let path = match sender {
        "" => ReversePath::Null,
        sender => ReversePath::Mailbox(Mailbox::parse(sender).ok()?),
    };
    // The suite has HELO asked first.
    let of_helo = authenticator.spf(&peer, &ReversePath::Null, Need::Proof).await;
    if of_helo.verdict == Verdict::Fail {
        return Some(of_helo);
    }
    Some(authenticator.spf(&peer, &path, Need::Proof).await)
}

/// The suite that these were taken from has no limit of names that do not exist (RFC 7208 §4.6.4 recommends two).
const TOO_MANY_VOID: [(&str, &str); 2] = [("sender@ok.test.org", "172.168.0.1"), ("sender@ptr.test.org", "10.0.0.11")];

#[test]
fn spf_suite() {
    let (mut asked, mut wrong) = (0, Vec::new());
    for piece in files("spf").iter().flat_map(|file| Piece::all(&fs::read_to_string(file).unwrap())) {
        let dns = Dns::of(piece.records.into_values().flatten().collect());
        run(async {
            let authenticator = authenticator(&dns);
            for [helo, sender, ip, expected] in &piece.tests {
                let Some(found) = spf(&authenticator, helo, sender, ip).await else { continue };
                let void = TOO_MANY_VOID.contains(&(sender, ip));
                let expected = if void { "permerror" } else { expected };
                asked += 1;
                if found.verdict.word() != expected {
                    wrong.push(format!("{}: {sender} at {helo} from {ip}: {expected}, not {found:?}", piece.name));
                }
            }
        });
    }
    assert!(wrong.is_empty(), "{asked} asked, wrong:\n{}", wrong.join("\n"));
    assert!(asked > 150, "only {asked} cases");
}

/// The records and the message of a file.
fn signed(file: &Path) -> (Vec<Record>, Bytes) {
    let text = fs::read_to_string(file).unwrap();
    let (records, message) = text.split_once("\n\n").unwrap();
    let record = |line: &str| {
        let (name, text) = line.split_once(' ').unwrap();
        dns::records(&format!("{name} TXT {text}"))
    };
    (records.lines().flat_map(record).collect(), Bytes::from(message.replace('\n', "\r\n")))
}

async fn look_at(authenticator: &Authenticator, message: Bytes) -> Authentication {
    let peer = Peer { ip: "192.0.2.1".parse().unwrap(), helo: "x.example".to_owned(), tls: None, login: None };
    let spf = authenticator.spf(&peer, &ReversePath::Null, Need::Proof).await;
    authenticator.message(message, spf, Need::Proof).await
}

fn words(found: &Authentication) -> Vec<String> {
    let word = |signature: &Signature| {
        format!("{} {} {}", signature.verdict.word(), signature.domain.wire(), signature.algorithm)
    };
    found.signatures.iter().map(word).collect()
}

#[test]
fn dkim_vectors() {
    let expected: [&[&str]; 6] = [
        &["pass football.example.com ed25519-sha256", "pass football.example.com rsa-sha256"],
        &["pass example.com rsa-sha256"],
        // The same one twice.
        &["pass ietf.org rsa-sha256", "pass ietf.org rsa-sha256"],
        &["pass facebookmail.com rsa-sha256"],
        // Its x= has passed.
        &["fail topicbox.com rsa-sha256"],
        &["pass github.com rsa-sha256"],
    ];
    for (file, expected) in files("dkim").iter().zip(expected) {
        let (records, message) = signed(file);
        let dns = Dns::of(records);
        run(async {
            let authenticator = authenticator(&dns);
            let found = look_at(&authenticator, message.clone()).await;
            assert_eq!(words(&found), expected, "{}", file.display());
            // A change anywhere that is signed ends it: the body's last letter, From's first.
            let mut body = message.to_vec();
            let last = body.iter().rposition(u8::is_ascii_alphanumeric).unwrap();
            body[last] ^= 1;
            let mut from = message.to_vec();
            let first = memchr::memmem::find(&from, b"\r\nFrom:").unwrap() + 7;
            let first = first + from[first..].iter().position(u8::is_ascii_alphanumeric).unwrap();
            from[first] ^= 1;
            for changed in [body, from] {
                let found = look_at(&authenticator, changed.into()).await;
                assert!(found.signatures.iter().all(|s| s.verdict != Verdict::Pass), "{}: {found:?}", file.display());
            }
        });
    }
}

#[test]
fn arc_vectors() {
    for file in files("arc") {
        let (records, message) = signed(&file);
        let dns = Dns::of(records);
        run(async {
            let authenticator = authenticator(&dns);
            assert_eq!(look_at(&authenticator, message.clone()).await.arc, Verdict::Pass, "{}", file.display());
            let mut changed = message.to_vec();
            let last = changed.iter().rposition(u8::is_ascii_alphanumeric).unwrap();
            changed[last] ^= 1;
            assert_eq!(look_at(&authenticator, changed.into()).await.arc, Verdict::Fail, "{}", file.display());
        });
    }
}
